"""An approved convention of four parties, its sealed document made once for a module; each test is undone."""

from __future__ import annotations

import io
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.core import mail
from django.db import connection, transaction
from django.test import Client

from conventions.models import Convention, ConventionVersion, Signatory
from reporting.circuit import links
from reporting.circuit.acting import Signer
from reporting.circuit.opening import Way, open_circuit
from reporting.enums import Mode
from reporting.models import SignatureCircuit, SignatureStep
from reporting.services_documents import store_sealed_document
from tests.cast import Cast, build_cast
from tests.conventions.pages import approved
from tests.jobs import Jobs

SITE = "https://cosigne.example"
#: Parties in order of the convention.
PARTIES = ("prefecture", "gendarmerie", "departement", "epci_a")


def email_of(key: str) -> str:
    return f"signataire.{key}@exemple.fr"


@dataclass
class CircuitWorld:
    cast: Cast
    convention: Convention
    version: ConventionVersion
    signatory: dict[str, Signatory] = field(default_factory=dict)
    jobs: Jobs = field(default_factory=Jobs)

    def open(self, modes: dict[str, str] | str = Mode.CODE, **options: Any) -> SignatureCircuit:
        """A circuit; ``modes`` by party, or the same for everybody. The mails have left."""
        with self.cast.acting("gestionnaire"):
            ways = [
                Way(s, modes if isinstance(modes, str) else modes.get(key, Mode.CODE), email_of(key))
                for key, s in self.signatory.items()
            ]
            circuit = open_circuit(
                version=self.version, ways=ways, by=self.cast.actor("gestionnaire"), site=SITE, **options
            )
        self.jobs.run()
        return circuit

    def step(self, key: str) -> SignatureStep:
        with self.cast.acting("gestionnaire"):
            return links.whole_steps().filter(signatory=self.signatory[key]).latest("pk")

    def signer(self, key: str) -> Signer:
        """The holder of the party's link."""
        step = self.step(key)
        with self.cast.acting("gestionnaire"):
            link = step.links.latest("pk")
            link.step = step
        return Signer.of_link(link, address="203.0.113.77", agent="Firefox")

    def address(self, key: str) -> str:
        """The path of the personal link."""
        with self.cast.acting("gestionnaire"):
            link = self.step(key).links.filter(revoked_at__isnull=True).latest("pk")
            return f"/signer/{links.token_of(link)}/"

    def fresh(self) -> Convention:
        with self.cast.acting("gestionnaire"):
            return Convention.objects.get(pk=self.convention.pk)


def build_world(cast: Cast) -> CircuitWorld:
    convention = approved(cast)
    with cast.acting("gestionnaire"):
        version = convention.versions.get()
        store_sealed_document(version=version)
        names = {cast.org[key].pk: key for key in PARTIES}
        rows = convention.signatories.select_related("party__organisation", "mandate").order_by("position", "pk")
        signatory = {names[s.party.organisation_id]: s for s in rows}
    return CircuitWorld(cast, convention, version, signatory)


@pytest.fixture(scope="module")
def shared_world(django_db_setup: None, django_db_blocker: Any) -> Iterator[CircuitWorld]:
    """Built once: what the tests of this module do is undone one by one, and the whole at the end."""
    with django_db_blocker.unblock():
        outer = transaction.atomic()
        outer.__enter__()
        try:
            yield build_world(build_cast())
        finally:
            transaction.set_rollback(True)
            outer.__exit__(None, None, None)
            connection.close()


@pytest.fixture
def world(shared_world: CircuitWorld) -> Iterator[CircuitWorld]:
    mail.outbox.clear()
    with transaction.atomic():
        with shared_world.cast.acting("gestionnaire"):
            shared_world.version = shared_world.convention.versions.select_related("convention").get()
        yield shared_world
        transaction.set_rollback(True)


def code_in(box: Sequence[Any]) -> str:
    """The six digits of the last mail."""
    found = re.search(r"^(\d{6})$", str(box[-1].body), re.MULTILINE)
    assert found, box[-1].body
    return found[1]


def sign_on_page(client: Client, address: str) -> Any:
    """As a person does: ask for a code, read the mail, type it, accept."""
    client.post(address, {"acte": "code"})
    return client.post(address, {"acte": "signer", "code": code_in(mail.outbox), "consent": "on"})


def scanned(pdf: bytes, pages: Sequence[tuple[int, int]], *, dpi: int = 120, noise: int = 40) -> bytes:
    """A scan of some pages (number from 1, degrees turned): pictures, grey, slightly askew, noisy, in one PDF."""
    return pictures_pdf(list(page_pictures(pdf, pages, dpi=dpi, noise=noise)))


def page_pictures(pdf: bytes, pages: Sequence[tuple[int, int]], *, dpi: int = 120, noise: int = 40) -> Iterator[Any]:
    import pypdfium2
    from PIL import Image

    chance = random.Random(62)
    document = pypdfium2.PdfDocument(pdf)
    for number, turned in pages:
        picture = document[number - 1].render(scale=dpi / 72, grayscale=True, may_draw_forms=True).to_pil()
        grain = Image.frombytes("L", picture.size, chance.randbytes(picture.size[0] * picture.size[1]))
        picture = Image.blend(picture, grain, noise / 255)
        picture = picture.rotate(chance.uniform(-1.5, 1.5), fillcolor=225)
        yield picture.rotate(-turned, expand=True)
    document.close()


def pictures_pdf(pictures: Sequence[Any]) -> bytes:
    stream = io.BytesIO()
    pictures[0].save(stream, "PDF", save_all=True, append_images=list(pictures[1:]), resolution=120)
    return stream.getvalue()
