"""After a circuit and after an avenant: what anybody is told of the files, and what the audit bundle holds of them."""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile

import pytest
from django.test import Client

from conventions.models import ConventionVersion
from core import rls
from reporting.audit import build_bundle, check_bundle
from reporting.circuit.files import current_file
from reporting.models import SignatureEvidence
from reporting.seal import keys
from reporting.seal.marks import version_code
from reporting.services_documents import version_pdf
from reporting.verification import Finding, known_version, verify_file
from tests.cast import YEAR
from tests.conventions.avenant_cast import signed_avenant, signed_convention
from tests.conventions.test_avenants import MARCH, TODAY, amount
from tests.reporting import circuit_world
from tests.reporting.circuit_world import sign_on_page

shared_world, world = circuit_world.shared_world, circuit_world.world


def files_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_file_signed_by_code_is_authentic_and_its_proofs_are_in_the_bundle(world):
    world.open()
    for key in ("epci_a", "departement"):
        sign_on_page(Client(), world.address(key))
    with world.cast.acting("gestionnaire"):
        data = current_file(world.version).data
        made = build_bundle(convention=world.convention, by=world.cast.actor("gestionnaire"))
        proofs = {proof.sha256 for proof in SignatureEvidence.objects.all()}
    rls.set_context(rls.NOBODY)
    answer = verify_file(data)
    assert answer.finding == Finding.SIGNED
    assert len(answer.signatures) == 2
    assert [one.signed_on is not None for one in answer.facts.signatories].count(True) == 2
    changed = bytearray(data)
    changed[len(data) - 5000] ^= 1
    assert verify_file(bytes(changed)).finding == Finding.ALTERED

    files = files_of(made.data)
    assert data in files.values()
    kept = [name for name in files if name.startswith("signatures/v1/preuve-")]
    assert len(kept) == len(proofs) == 2
    listed = json.loads(files["manifest.json"])["files"]
    assert {listed[name]["sha256"] for name in kept} == proofs
    assert "signatures/v1/circuit-1.json" in files
    assert check_bundle(made.data).problems == []


def test_a_party_finds_its_own_proof_only(world):
    world.open()
    for key in ("epci_a", "departement"):
        sign_on_page(Client(), world.address(key))
    with world.cast.acting("finances_a"):
        files = files_of(build_bundle(convention=world.convention, by=world.cast.actor("finances_a")).data)
    assert len([name for name in files if "/preuve-" in name]) == 1


@pytest.fixture
def own_seal(settings, tmp_path):
    """A seal drawn by this test, whatever the one of the machine."""
    settings.VAR_DIR = tmp_path
    keys.forget()
    yield
    keys.forget()


@pytest.mark.django_db
def test_an_avenant_changes_what_is_said_of_the_convention_and_has_its_own_answer(cast, time_machine, own_seal):
    time_machine.move_to(TODAY, tick=False)
    with cast.acting("gestionnaire"):
        convention = signed_convention(cast)
        avenant = signed_avenant(cast, convention, amount("13000.00"), amount("11000.00", "plan-e/epci-a"), on=MARCH)
        base = ConventionVersion.objects.get(convention=convention, avenant=None)
        added = avenant.versions.get()
        pages = version_pdf(added)
    day = dt.date(YEAR, 6, 1)
    rls.set_context(rls.NOBODY)
    facts = known_version(base.uuid, version_code(base.sha256))
    assert facts.replaced_by is None
    assert facts.state(day) == ("En vigueur, modifiée par avenant.", "success")
    assert [(one.title, one.signed) for one in facts.avenants] == [("Avenant n° 1 à la convention 62-NEUVE", True)]
    told = known_version(added.uuid, version_code(added.sha256))
    assert told.is_avenant
    assert told.starts == MARCH
    assert told.state(day)[1] == "success"
    assert f"{added.uuid}/{version_code(added.sha256)}/1-1-1".encode() in pages
    with cast.acting("gestionnaire"):
        files = files_of(build_bundle(convention=convention, by=cast.actor("gestionnaire")).data)
    assert files["avenants/1/v1/avenant-1-62-NEUVE-v1.pdf"] == pages
    assert "versions/v1/contenu.json" in files
