"""Two people signing in the same second: no signature is lost, the file holds both."""

from __future__ import annotations

import threading

import pytest
from django.core import mail
from django.db import connection, transaction

from core import rls
from parties.actors import Actor
from reporting.circuit.answering import send_one_time_code, sign_by_code
from reporting.circuit.files import current_file
from reporting.circuit.opening import Way, open_circuit
from reporting.models import SignatureEvidence, SignedFile
from reporting.seal.pdf import verify
from tests.cast import build_cast
from tests.reporting.circuit_world import SITE, build_world, code_in, email_of

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:unclosed file .*sRGB2014:ResourceWarning"),
]


def test_two_simultaneous_signers_both_sign():
    with transaction.atomic():
        world = build_world(build_cast())
        with world.cast.acting("gestionnaire"):
            ways = [Way(s, "code", email_of(key)) for key, s in world.signatory.items()]
            open_circuit(version=world.version, ways=ways, by=world.cast.actor("gestionnaire"), site=SITE)
    system = Actor.system(world.cast.territory["here"]).context
    ready = []
    for key in ("departement", "epci_a"):
        with transaction.atomic():
            step, signer = world.step(key), world.signer(key)
            send_one_time_code(step=step, signer=signer)
        ready.append((step, signer, code_in(mail.outbox)))
    barrier = threading.Barrier(2, timeout=30)
    results: list[object] = []

    def sign(step, signer, code) -> None:
        try:
            with rls.acting(system):
                barrier.wait()
                results.append(sign_by_code(step=step, signer=signer, code=code, consent=True))
        except Exception as error:
            results.append(error)
        finally:
            connection.close()

    people = [threading.Thread(target=sign, args=one) for one in ready]
    for person in people:
        person.start()
    for person in people:
        person.join(timeout=120)
    assert [type(result).__name__ for result in results] == ["SignatureEvidence", "SignatureEvidence"], results
    with rls.acting(system):
        first, second = SignedFile.objects.order_by("sequence")
        data = current_file(world.version).data
        shown = {proof.content["document"]["sha256_presente"] for proof in SignatureEvidence.objects.all()}
        assert world.version.signatures.count() == 2
    assert sorted([*first.fields, *second.fields]) == ["sig-3", "sig-4"]
    # The second was given on the file of the first, not on the same one.
    assert first.sha256 in shown
    assert len(shown) == 2
    found = verify(data)
    assert found.untouched
    assert {field.name for field in found.fields if field.bottom_line} == {"cachet", "sig-3", "sig-4"}
