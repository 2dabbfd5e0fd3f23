"""The circuit of an avenant: its own signatories, its own text, beside the convention's."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from conventions.enums import AvenantStatus
from conventions.services.signing import signatories_of, version_to_sign
from reporting.circuit import links
from reporting.circuit.files import current_file
from reporting.circuit.opening import Way, open_circuit
from reporting.enums import CircuitState
from reporting.models import SignatureCircuit, SignatureEvidence
from tests.cast import YEAR
from tests.conventions.avenant_cast import approve, draft_avenant, signed_convention
from tests.conventions.test_avenants import amount
from tests.reporting.circuit_world import SITE, sign_on_page

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:unclosed file .*sRGB2014:ResourceWarning"),
]


def test_an_avenant_is_signed_by_its_own_circuit(cast, jobs):
    convention = signed_convention(cast)
    by = cast.actor("gestionnaire")
    with cast.acting("gestionnaire"):
        avenant = draft_avenant(cast, convention, amount("13000.00"), on=dt.date(YEAR, 3, 1))
        approve(cast, avenant)
        avenant.refresh_from_db()
    page = cast.client("gestionnaire").get(avenant.get_absolute_url()).content.decode()
    opening = f"{reverse('convention-circuit', args=[convention.uuid])}?avenant=1"
    assert opening in page
    assert "Ouvrir le circuit" in cast.client("gestionnaire").get(opening).content.decode()
    with cast.acting("gestionnaire"):
        version = version_to_sign(avenant)
        ways = [Way(s, "code", f"s{s.pk}@exemple.fr") for s in signatories_of(version)]
        assert len(ways) == 4
        circuit = open_circuit(version=version, ways=ways, by=by, site=SITE)
        assert current_file(version).filename.startswith("avenant-1-")
        avenant.refresh_from_db()
        assert avenant.status == AvenantStatus.EN_SIGNATURE
    jobs.run()
    assert "62-NEUVE, avenant n° 1" in mail.outbox[0].subject
    assert "62-NEUVE, avenant n° 1" in cast.client("gestionnaire").get(reverse("signatures")).content.decode()
    addresses = []
    with cast.acting("gestionnaire"):
        for step in circuit.steps.all():
            addresses.append(f"/signer/{links.token_of(step.links.get())}/")
    for address in addresses:
        answer = sign_on_page(Client(), address)
        assert answer.status_code == 302, answer.content.decode()
    with cast.acting("gestionnaire"):
        avenant.refresh_from_db()
        assert avenant.status == AvenantStatus.SIGNEE
        assert SignatureCircuit.objects.get().state == CircuitState.DONE
        assert {p.content["convention"]["reference"] for p in SignatureEvidence.objects.all()} == {
            "62-NEUVE, avenant n° 1"
        }
        # The base text, signed before, keeps its own signatures and no circuit.
        base = convention.versions.get()
        assert base.signatures.count() == 4
        assert not SignatureCircuit.objects.filter(version=base).exists()
    assert "Circuit de signature" in cast.client("finances_a").get(avenant.get_absolute_url()).content.decode()
