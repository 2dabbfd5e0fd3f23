"""Files signed elsewhere, paper that comes back, and circuits that mix everything."""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader, PdfWriter

from conventions import services
from conventions.enums import Channel, Status
from core.errors import Conflict, InvalidInput
from parties.models import Job
from reporting.audit import build_bundle
from reporting.circuit import bringing, opening, paper
from reporting.circuit.files import current_file
from reporting.enums import CircuitState, Mode, PageVerdict
from reporting.models import PaperCopy, ScanBatch, ScanPage, SignatureCircuit, SignatureEvidence, SignedFile
from reporting.seal import keys
from reporting.seal.pdf import sign_field, verify
from reporting.services_documents import kept_bytes
from reporting.tasks import remind_signatories
from tests.reporting import circuit_world
from tests.reporting.circuit_world import (
    PARTIES,
    CircuitWorld,
    page_pictures,
    pictures_pdf,
    scanned,
    sign_on_page,
)
from tests.reporting.pki import Authority, make_authority

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file .*sRGB2014:ResourceWarning")

shared_world, world = circuit_world.shared_world, circuit_world.world


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("autorite"))


@pytest.fixture
def trusted(settings: Any, authority: Authority):
    """The site knows the authority."""
    settings.COSIGNE_TRUST_ROOTS = str(Path(authority.folder) / "autorite.pem")
    keys.forget()
    yield authority
    settings.COSIGNE_TRUST_ROOTS = ""
    keys.forget()


def document_of(world: CircuitWorld, address: str = "") -> bytes:
    """What the person downloads from their link, or the staff from the convention."""
    if address:
        return Client().get(f"{address}document.pdf").content
    url = reverse("convention-circuit-file", args=[world.convention.uuid])
    return world.cast.client("gestionnaire").get(url).content


def upload(address: str, data: bytes, client: Client | None = None, **fields: str) -> Any:
    body = {"acte": "deposer", "file": SimpleUploadedFile("signe.pdf", data, "application/pdf"), **fields}
    return (client or Client()).post(address, body)


def count(world: CircuitWorld, model: Any) -> int:
    with world.cast.acting("gestionnaire"):
        return model.objects.count()


# --- With one's own certificate ---------------------------------------------------------------------------------------


def test_a_person_signs_with_their_certificate_and_brings_the_file(world: CircuitWorld, trusted: Authority):
    world.open({"epci_a": Mode.CERTIFICATE})
    address = world.address("epci_a")
    data = document_of(world, address)
    signed = sign_field(data, field="sig-4", signer=trusted.signer("Camille Epci"))
    answer = upload(address, signed)
    assert answer.status_code == 302, answer.content.decode()
    with world.cast.acting("gestionnaire"):
        assert current_file(world.version).data == signed
        proof = SignatureEvidence.objects.get()
        assert world.version.signatures.get().channel == Channel.ELECTRONIC
    certificate = proof.content["certificat"]
    assert (certificate["person"], certificate["issuer"]) == ("Camille Epci", "Autorité d'essai")
    tab = world.cast.client("gestionnaire").get(f"{world.convention.get_absolute_url()}?onglet=signatures")
    assert "certificat délivré par Autorité d&#x27;essai" in tab.content.decode()
    # The next one, by code, signs over these very bytes.
    sign_on_page(Client(), world.address("departement"))
    with world.cast.acting("gestionnaire"):
        last = current_file(world.version).data
    assert last.startswith(signed)
    assert all(field.bottom_line for field in verify(last).fields)


def tampered(data: bytes) -> bytes:
    """The same document written again by another program, a page more."""
    writer = PdfWriter(clone_from=io.BytesIO(data))
    writer.add_blank_page(200, 200)
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def appended(data: bytes) -> bytes:
    """An update that is no signature: another title, added after the end."""
    writer = PdfWriter(io.BytesIO(data), incremental=True)
    writer.add_metadata({"/Title": "Autre"})
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def test_a_title_rewritten_after_the_seal_is_seen(world: CircuitWorld):
    """What completes a signature (certificates, timestamps) may follow it; a change of the document's title may not."""
    world.open(Mode.CODE)
    sealed = document_of(world)
    assert verify(sealed).untouched
    assert not verify(appended(sealed)).untouched


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda data, a: data, "aucune signature n&#x27;y a été ajoutée"),
        (lambda data, a: tampered(data), "a été modifié"),
        (lambda data, a: b"%PDF-1.7 rien", "pas le document à signer"),
        (lambda data, a: sign_field(data, field="sig-1", signer=a.signer("Camille Epci")), "« sig-1 »"),
        (lambda data, a: sign_field(data, field="sig-4"), "cachet du site"),
        (
            lambda data, a: sign_field(data, field="sig-4", signer=a.signer("Autre Personne")),
            "au nom de Autre Personne",
        ),
        (lambda data, a: appended(data), "Autre chose qu&#x27;une signature"),
        (lambda data, a: appended(sign_field(data, field="sig-4", signer=a.signer("X"))), "Autre chose"),
        (lambda data, a: sign_field(data, field="sig-4", signer=a.signer("X"))[:-40], "pas"),
    ],
    ids=[
        "untouched",
        "rewritten",
        "other",
        "other-field",
        "the-seal-s-key",
        "other-person",
        "appended",
        "signed-then-appended",
        "cut",
    ],
)
def test_a_file_that_is_not_ours_with_that_one_signature_is_refused(
    world: CircuitWorld, trusted: Authority, make: Any, words: str
):
    world.open({"epci_a": Mode.CERTIFICATE})
    address = world.address("epci_a")
    page = upload(address, make(document_of(world, address), trusted))
    assert page.status_code == 422
    assert words in page.content.decode()
    assert count(world, SignedFile) == count(world, SignatureEvidence) == 0


def test_an_unknown_authority_is_refused_and_named(world: CircuitWorld, authority: Authority):
    world.open({"epci_a": Mode.CERTIFICATE})
    address = world.address("epci_a")
    signed = sign_field(document_of(world, address), field="sig-4", signer=authority.signer("Inconnue Personne"))
    page = upload(address, signed)
    assert page.status_code == 422
    assert "Inconnue Personne" in page.content.decode()
    assert "autorité reconnue" in page.content.decode()


def test_a_file_left_behind_by_another_signature_is_told_to_start_again(world: CircuitWorld, trusted: Authority):
    world.open({"epci_a": Mode.CERTIFICATE})
    address = world.address("epci_a")
    signed = sign_field(document_of(world, address), field="sig-4", signer=trusted.signer("Camille Epci"))
    sign_on_page(Client(), world.address("departement"))
    page = upload(address, signed)
    assert page.status_code == 422
    assert "Une autre signature est arrivée" in page.content.decode()
    again = sign_field(document_of(world, address), field="sig-4", signer=trusted.signer("Camille Epci"))
    assert upload(address, again).status_code == 302
    assert count(world, SignedFile) == 2


# --- Parapheur outside ------------------------------------------------------------------------------------------------


def test_a_parapheur_brings_several_signatures_back_at_once(world: CircuitWorld, trusted: Authority):
    circuit = world.open({"prefecture": Mode.OUTSIDE, "gendarmerie": Mode.OUTSIDE})
    client = world.cast.client("gestionnaire")
    act = reverse("convention-circuit-act", args=[world.convention.uuid])
    client.post(act, {"acte": "confier"})
    page = Client().post(world.address("epci_a"), {"acte": "code"}, follow=True).content.decode()
    assert "dans un parapheur extérieur" in page
    pack = client.get(reverse("convention-circuit-pack", args=[world.convention.uuid]))
    with zipfile.ZipFile(io.BytesIO(pack.content)) as archive:
        manifest = json.loads(archive.read(bringing.MANIFEST))
        data = archive.read(manifest["fichier"])
    assert [entry["champ"] for entry in manifest["champs_a_signer"]] == ["sig-1", "sig-2", "sig-3", "sig-4"]
    signed = sign_field(data, field="sig-1", signer=trusted.signer("Camille Prefecture"))
    signed = sign_field(signed, field="sig-2", signer=trusted.signer("Camille Gendarmerie"))
    bring = reverse("convention-circuit-bring", args=[world.convention.uuid])
    assert upload(bring, data, client).status_code == 422
    assert upload(bring, signed, client).status_code == 302
    with world.cast.acting("gestionnaire"):
        assert world.version.signatures.count() == 2
        assert SignatureEvidence.objects.filter(mode=Mode.OUTSIDE).count() == 2
        assert SignedFile.objects.get().fields == ["sig-1", "sig-2"]
        circuit.refresh_from_db()
        assert circuit.held_since is None
    assert sign_on_page(Client(), world.address("epci_a")).status_code == 302


# --- Paper ------------------------------------------------------------------------------------------------------------


def receive(world: CircuitWorld, data: bytes, name: str = "lot.pdf") -> ScanBatch:
    with world.cast.acting("gestionnaire"):
        batch, _job = paper.receive_scan(data=data, filename=name, by=world.cast.actor("gestionnaire"))
    world.jobs.run()
    with world.cast.acting("gestionnaire"):
        return ScanBatch.objects.get(pk=batch.pk)


def verdicts(world: CircuitWorld, batch: ScanBatch) -> list[tuple[str, int | None]]:
    with world.cast.acting("gestionnaire"):
        return [(page.verdict, page.page) for page in batch.pages.all()]


def test_a_scan_in_disorder_turned_and_noisy_is_put_together(world: CircuitWorld):
    world.open(Mode.PAPER)
    pdf = document_of(world)
    total = len(PdfReader(io.BytesIO(pdf)).pages)
    order = [(number, (0, 90, 180, 270)[number % 4]) for number in range(total, 0, -1)]
    client = world.cast.client("gestionnaire")
    answer = upload(reverse("scans"), scanned(pdf, order), client)
    assert answer.status_code == 302
    world.jobs.run()
    with world.cast.acting("gestionnaire"):
        batch, job = ScanBatch.objects.get(), Job.objects.latest("pk")
    assert answer["Location"] == job.get_absolute_url()
    assert job.state == "done"
    assert f"{total} pages lues." in job.message
    assert verdicts(world, batch) == [("reconnue", number) for number, _turned in order]
    page = client.get(batch.get_absolute_url()).content.decode()
    assert "Complet" in page
    with world.cast.acting("gestionnaire"):
        steps = list(SignatureCircuit.objects.get().steps.all())
    body = {"acte": "enregistrer", "version": str(world.version.uuid), "step": [str(s.uuid) for s in steps]}
    body |= {f"signed_on-{s.uuid}": timezone.localdate().isoformat() for s in steps}
    assert (
        "date de chaque signature"
        in client.post(
            batch.get_absolute_url(), body | {f"signed_on-{steps[0].uuid}": ""}, follow=True
        ).content.decode()
    )
    assert count(world, PaperCopy) == 0
    client.post(batch.get_absolute_url(), body)
    assert world.fresh().status == Status.SIGNEE
    with world.cast.acting("gestionnaire"):
        copy = PaperCopy.objects.get()
        data = kept_bytes(copy.sha256)
        assert {s.channel for s in world.version.signatures.all()} == {Channel.PAPER}
        proof = SignatureEvidence.objects.first()
        assert proof is not None
        # The sealed file is as it was: paper is beside it.
        assert current_file(world.version).data == pdf
    assert data is not None
    assert proof.content["exemplaire"]["sha256"] == copy.sha256
    assert len(PdfReader(io.BytesIO(data)).pages) == total
    # Put together in order and upright, the copy reads as the document does.
    from reporting.circuit.scanning import Scan
    from reporting.seal.marks import read_mark

    with Scan(data) as opened:
        marks = [read_mark(opened.read(number)[0]) for number in range(1, total + 1)]
        assert [mark.page for mark in marks if mark] == list(range(1, total + 1))
        assert {opened.read(number)[1] for number in (1, total)} == {0}
    assert client.get(reverse("paper-copy", args=[copy.uuid])).content == data


def test_what_a_scan_lacks_doubles_or_does_not_say(world: CircuitWorld):
    world.open(Mode.PAPER)
    pdf = document_of(world)
    total = len(PdfReader(io.BytesIO(pdf)).pages)
    pictures = list(page_pictures(pdf, [(1, 0), (1, 90), (2, 0)]))
    blank = pictures[0].copy()
    blank.paste(255, (0, 0, *blank.size))
    # Pages 3 and after are unreadable: their code is hidden.
    hidden = []
    for picture in page_pictures(pdf, [(number, 0) for number in range(3, total + 1)]):
        width, height = picture.size
        picture.paste(255, (0, int(height * 0.86), width, height))
        picture.paste(255, (0, 0, width, int(height * 0.12)))
        hidden.append(picture)
    batch = receive(world, pictures_pdf([*pictures, *hidden, blank]))
    read = verdicts(world, batch)
    assert read[:3] == [("reconnue", 1), ("double", 1), ("reconnue", 2)]
    assert {verdict for verdict, _page in read[3:]} == {"illisible"}
    by = world.cast.actor("gestionnaire")
    today = timezone.localdate()
    with world.cast.acting("gestionnaire"):
        [group] = paper.groups_of(batch)
        assert group.missing == list(range(3, total + 1))
        step = world.step("epci_a")
        with pytest.raises(Conflict, match="n'est pas complet"):
            paper.record_paper(batch=batch, version=world.version, signed={str(step.uuid): today}, by=by)
        pages = list(batch.pages.filter(verdict=PageVerdict.UNREADABLE))
        with pytest.raises(InvalidInput, match="compte"):
            paper.assign_page(page=pages[0], version=world.version, number=total + 1, by=by)
        with pytest.raises(Conflict, match="déjà dans ce fichier"):
            paper.assign_page(page=pages[0], version=world.version, number=1, by=by)
    client = world.cast.client("gestionnaire")
    shown = client.get(batch.get_absolute_url()).content.decode()
    assert "Incomplet" in shown
    assert client.get(reverse("scan-page", args=[batch.uuid, pages[0].number])).content[:4] == b"\x89PNG"
    for page, number in zip(pages, range(3, total + 1), strict=False):
        body = {"acte": "rattacher", "number": page.number, "version": str(world.version.uuid), "page": number}
        client.post(batch.get_absolute_url(), body)
    client.post(batch.get_absolute_url(), {"acte": "ecarter", "number": pages[-1].number})
    with world.cast.acting("gestionnaire"):
        assert paper.groups_of(batch)[0].missing == []
        copy = paper.record_paper(batch=batch, version=world.version, signed={str(step.uuid): today}, by=by)
        # Again: the same copy, nothing twice.
        assert paper.record_paper(batch=batch, version=world.version, signed={str(step.uuid): today}, by=by) == copy
        assert world.version.signatures.count() == SignatureEvidence.objects.count() == 1


def test_a_superseded_version_and_another_territory_s_page_are_refused(world: CircuitWorld):
    world.open(Mode.PAPER)
    pdf = document_of(world)
    one = scanned(pdf, [(1, 0)])
    cast, by = world.cast, world.cast.actor("gestionnaire")
    there = cast.actor("gestionnaire_there")
    with cast.acting("gestionnaire_there"):
        paper.receive_scan(data=one, filename="ailleurs.pdf", by=there)
    world.jobs.run()
    with cast.acting("gestionnaire_there"):
        [page] = ScanPage.objects.all()
        assert (page.verdict, page.version) == (PageVerdict.FOREIGN, None)
    with cast.acting("gestionnaire"):
        assert not ScanBatch.objects.exists()
        services.reopen_convention(convention=world.fresh(), reason="Montant.", by=by)
        services.submit_convention(convention=world.fresh(), by=by)
    with cast.acting("instructeur"):
        services.approve_convention(convention=world.fresh(), by=cast.actor("instructeur"))
    batch = receive(world, one)
    assert verdicts(world, batch) == [("remplacee", 1)]
    with cast.acting("gestionnaire"):
        [page] = batch.pages.all()
        assert "la version 2" in page.note
        assert paper.groups_of(batch) == []
        with pytest.raises(InvalidInput, match="remplacée"):
            paper.assign_page(page=page, version=world.version, number=1, by=by)


def test_a_scan_is_refused_in_words(world: CircuitWorld):
    by = world.cast.actor("gestionnaire")
    with world.cast.acting("gestionnaire"):
        with pytest.raises(InvalidInput, match="abîmé"):
            paper.receive_scan(data=b"%PDF-1.7 casse", filename="x.pdf", by=by)
        blank = io.BytesIO()
        writer = PdfWriter()
        writer.add_blank_page(100, 100)
        writer.write(blank)
        paper.receive_scan(data=blank.getvalue(), filename="premier.pdf", by=by)
        with pytest.raises(Conflict, match="premier"):
            paper.receive_scan(data=blank.getvalue(), filename="autre.pdf", by=by)
    client = world.cast.client("gestionnaire")
    page = client.post(reverse("scans"), {"file": SimpleUploadedFile("x.png", b"\x89PNG", "image/png")})
    assert page.status_code == 422
    assert world.cast.client("finances_a").get(reverse("scans")).status_code == 403


# --- Everything at once -----------------------------------------------------------------------------------------------


def test_half_on_paper_half_electronic(world: CircuitWorld, trusted: Authority):
    """Four parties, four channels: the State on paper, the force in a parapheur, a certificate, a code."""
    world.open(
        {
            "prefecture": Mode.PAPER,
            "gendarmerie": Mode.OUTSIDE,
            "departement": Mode.CERTIFICATE,
            "epci_a": Mode.CODE,
        }
    )
    client = world.cast.client("gestionnaire")
    sealed = document_of(world)
    sign_on_page(Client(), world.address("epci_a"))
    address = world.address("departement")
    upload(
        address, sign_field(document_of(world, address), field="sig-3", signer=trusted.signer("DÉPARTEMENT Camille"))
    )
    bring = reverse("convention-circuit-bring", args=[world.convention.uuid])
    upload(bring, sign_field(document_of(world), field="sig-2", signer=trusted.signer("Camille Gend")), client)
    assert world.fresh().status == Status.EN_SIGNATURE
    total = len(PdfReader(io.BytesIO(sealed)).pages)
    batch = receive(world, scanned(sealed, [(n, 0) for n in range(1, total + 1)], dpi=150))
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    with world.cast.acting("gestionnaire"):
        step = world.step("prefecture")
        paper.record_paper(
            batch=batch, version=world.version, signed={str(step.uuid): yesterday},
            by=world.cast.actor("gestionnaire"),
        )  # fmt: skip
    assert world.fresh().status == Status.SIGNEE
    with world.cast.acting("gestionnaire"):
        found = {p.step.field: p.mode for p in SignatureEvidence.objects.select_related("step")}
        data = current_file(world.version).data
        channels = {s.signatory_id: s.channel for s in world.version.signatures.all()}
    assert found == {"sig-1": "papier", "sig-2": "parapheur", "sig-3": "certificat", "sig-4": "code"}
    assert channels[world.signatory["prefecture"].pk] == Channel.PAPER
    assert data.startswith(sealed)
    result = verify(data)
    assert result.untouched
    assert {field.name for field in result.fields} == {"cachet", "sig-2", "sig-3", "sig-4"}
    assert all(field.bottom_line for field in result.fields)
    with world.cast.acting("gestionnaire"):
        assert len(PARTIES) == world.version.signatures.count()
        bundle = build_bundle(convention=world.fresh(), by=world.cast.actor("gestionnaire"))
    with zipfile.ZipFile(io.BytesIO(bundle.data)) as archive:
        names = [name for name in archive.namelist() if "signatures/v1/" in name]
        signed = next(name for name in names if name.endswith("-signe.pdf"))
        assert archive.read(signed) == data
    assert sum("/preuve-" in name for name in names) == 4
    assert sum("/papier-" in name for name in names) == 1
    assert any(name.endswith("circuit-1.json") for name in names)
    world.jobs.run()
    assert [m for m in mail.outbox if "signée par toutes les parties" in m.subject]


def test_a_signature_recorded_on_the_convention_s_page_is_known_to_the_circuit(world: CircuitWorld):
    world.open(Mode.PAPER, in_sequence=True)
    by = world.cast.actor("gestionnaire")
    with world.cast.acting("gestionnaire"):
        services.record_signature(
            convention=world.fresh(), signatory=world.signatory["prefecture"], signed_on=timezone.localdate(), by=by
        )
        step = world.step("gendarmerie")
        opening.change_way(step=step, mode=Mode.CODE, email="g@exemple.fr", by=by)
        assert world.step("gendarmerie").awaited_since is not None
        for key in PARTIES[1:]:
            services.record_signature(
                convention=world.fresh(), signatory=world.signatory[key], signed_on=timezone.localdate(), by=by
            )
    remind_signatories(timestamp=0)
    with world.cast.acting("gestionnaire"):
        assert SignatureCircuit.objects.get().state == CircuitState.DONE
