"""The convention's PDF: made once approved, stored once, the same bytes everywhere; commands."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.urls import reverse
from pypdf import PdfReader

from conventions import services
from reporting import services_documents
from reporting.models import Document
from reporting.pdf import recent
from reporting.services_documents import (
    approve_and_publish,
    convention_filename,
    storage_name,
    store_sealed_document,
    store_version_document,
    stored_bytes,
    version_pdf,
)
from tests.conventions.pages import approved, make_draft, submitted, vote

pytestmark = [
    pytest.mark.django_db,
    # WeasyPrint leaves its colour profile to the garbage collector.
    pytest.mark.filterwarnings("ignore:unclosed file .*sRGB2014:ResourceWarning"),
]


def read(data: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)


def download(cast, person: str, convention):
    return cast.client(person).get(reverse("convention-pdf", args=[convention.uuid]))


def test_approving_enqueues_one_job_that_stores_the_document_once(cast, jobs):
    convention = submitted(cast)
    with cast.acting("instructeur"):
        version = approve_and_publish(convention=convention, by=cast.actor("instructeur"))
        assert not Document.objects.exists()
    expected = {"territory_id": version.territory_id, "version_id": version.pk}
    assert jobs.waiting() == [("reporting.publish_version", expected)]
    assert jobs.run() == 1
    with cast.acting("gestionnaire"):
        document = Document.objects.get(kind="convention")
        with default_storage.open(storage_name(document.sha256)) as file:
            data = file.read()
        assert hashlib.sha256(data).hexdigest() == document.sha256
        assert document.size == len(data)
        assert document.filename == "convention-62-NEUVE-v1.pdf"
        assert store_version_document(version=version) == document
        sealed = Document.objects.get(kind="cachet")
        assert stored_bytes(sealed).startswith(data)
        assert sealed.filename == "convention-62-NEUVE-v1-cachet.pdf"
        assert store_sealed_document(version=version) == sealed
        assert Document.objects.count() == 2


def test_a_refused_approval_leaves_no_job(cast, jobs):
    with cast.acting("gestionnaire"):
        draft = make_draft(cast)
    cast.client("instructeur").post(reverse("convention-approve", args=[draft.uuid]))
    assert jobs.waiting() == []


def write_snowman(cast, convention) -> None:
    clause = "La convention porte sur ☃ et sur le poste."
    services.save_clause(convention=convention, kind="objet", title="Objet", text=clause, by=cast.actor("gestionnaire"))


def test_a_text_the_fonts_cannot_print_is_not_approved_and_says_where(cast, jobs):
    with cast.acting("gestionnaire"):
        convention = make_draft(cast)
        vote(cast, convention)
        convention.refresh_from_db()
        write_snowman(cast, convention)
        convention.refresh_from_db()
        services.submit_convention(convention=convention, by=cast.actor("gestionnaire"))
    client = cast.client("instructeur")
    page = client.post(reverse("convention-approve", args=[convention.uuid]), follow=True).content.decode()
    assert "Caractères absents des polices" in page
    assert "☃" in page
    answer = client.post(f"/api/v1/conventions/{convention.uuid}/approve/", content_type="application/json")
    assert answer.status_code == 400, answer.content
    convention.refresh_from_db()
    assert convention.status == "soumise"
    assert jobs.waiting() == []


def test_a_draft_that_cannot_be_printed_sends_back_to_its_page(cast):
    with cast.acting("gestionnaire"):
        convention = make_draft(cast)
        write_snowman(cast, convention)
    address = reverse("convention-pdf", args=[convention.uuid])
    page = cast.client("gestionnaire").get(address, follow=True)
    assert page.redirect_chain == [(convention.get_absolute_url(), 302)]
    assert "Caractères absents des polices" in page.content.decode()


def test_everybody_downloads_the_same_bytes_stored_or_not(cast, jobs):
    convention = submitted(cast)
    with cast.acting("instructeur"):
        approve_and_publish(convention=convention, by=cast.actor("instructeur"))
    before = download(cast, "gestionnaire", convention)
    assert before["Content-Disposition"] == 'attachment; filename="convention-62-NEUVE-v1.pdf"'
    jobs.run()
    for person in ("gestionnaire", "instructeur", "finances_a"):
        assert download(cast, person, convention).content == before.content


def test_a_file_changed_behind_our_back_is_not_served(cast, jobs):
    convention = submitted(cast)
    with cast.acting("instructeur"):
        version = approve_and_publish(convention=convention, by=cast.actor("instructeur"))
    jobs.run()
    with cast.acting("gestionnaire"):
        name = storage_name(Document.objects.get(kind="convention").sha256)
        good = version_pdf(version)
    default_storage.delete(name)
    default_storage.save(name, io.BytesIO(b"%PDF-autre"))
    assert download(cast, "gestionnaire", convention).content == good


def test_a_draft_asked_twice_is_laid_out_once_and_again_when_it_changes(cast, monkeypatch):
    with cast.acting("gestionnaire"):
        draft = make_draft(cast)
    first = download(cast, "gestionnaire", draft).content
    rendered = []
    monkeypatch.setattr(recent, "render_convention", lambda **given: rendered.append(given) or b"%PDF-nouveau")
    assert download(cast, "gestionnaire", draft).content == first
    assert rendered == []
    with cast.acting("gestionnaire"):
        services.remove_clause(convention=draft, kind="litiges", by=cast.actor("gestionnaire"))
    assert download(cast, "gestionnaire", draft).content == b"%PDF-nouveau"
    assert len(rendered) == 1


def test_a_draft_is_marked_and_shows_its_holes(cast):
    with cast.acting("gestionnaire"):
        draft = make_draft(cast)
        services.remove_clause(convention=draft, kind="financement", by=cast.actor("gestionnaire"))
    response = download(cast, "gestionnaire", draft)
    assert response["Content-Disposition"] == 'attachment; filename="convention-62-NEUVE-projet.pdf"'
    words = read(response.content)
    assert "Projet" in words
    assert "renvoi à une clause retirée" in words.replace("\n", " ")


def test_the_printed_convention_is_complete(cast):
    convention = approved(cast)
    words = " ".join(read(download(cast, "gestionnaire", convention).content).split()).replace("\u202f", " ")
    for expected in (
        "Communauté de communes du Sud-Artois",
        "Camille Epci",
        "Vu la délibération",
        "Article 1",
        "douze mille euros",
        "en quatre exemplaires originaux",
        "1 / ",
    ):
        assert expected in words, expected
    assert "Projet" not in words


def test_reopened_what_is_downloaded_is_the_draft(cast):
    convention = approved(cast)
    with cast.acting("gestionnaire"):
        services.reopen_convention(convention=convention, reason="Montant.", by=cast.actor("gestionnaire"))
    assert "projet" in download(cast, "gestionnaire", convention)["Content-Disposition"]


def test_an_incomplete_version_is_said_and_not_served(cast):
    response = cast.client("gestionnaire").get(reverse("convention-pdf", args=[cast.convention["a"].uuid]), follow=True)
    assert "est incomplet" in response.content.decode()


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("62-A03", "convention-62-A03-projet.pdf"),
        ("été 2023/4", "convention-ete-2023-4-projet.pdf"),
        ('a"; b\r\n', "convention-a-b-projet.pdf"),
        ("…", "convention-sans-reference-projet.pdf"),
    ],
)
def test_file_names_are_plain(cast, reference, name):
    convention = cast.convention["d"]
    convention.reference = reference
    assert convention_filename(convention, None) == name


class TestCommand:
    def test_writes_the_draft_then_the_approved_version(self, cast, tmp_path: Path, capsys):
        convention = submitted(cast)
        output = tmp_path / "dossier" / "c.pdf"
        call_command("render_convention", "62-NEUVE", output=output, territory="62")
        assert "(projet)" in capsys.readouterr().out
        with cast.acting("instructeur"):
            version = services.approve_convention(convention=convention, by=cast.actor("instructeur"))
        call_command("render_convention", "62-NEUVE", output=output, territory="62")
        assert "(version approuvée)" in capsys.readouterr().out
        with cast.acting("gestionnaire"):
            assert output.read_bytes() == version_pdf(version)
        assert [path.name for path in output.parent.iterdir()] == ["c.pdf"]

    @pytest.mark.parametrize(
        ("reference", "options", "message", "code"),
        [
            ("62-ZZ", {"territory": "62"}, "inconnue dans le territoire 62", 2),
            ("62-A", {"territory": "99"}, "Territoire 99 inconnu", 2),
            ("62-A", {}, "Précisez --territory", 2),
            ("62-D", {"territory": "62"}, "pas de modèle", 1),
        ],
    )
    def test_what_cannot_be_done_is_said(self, cast, tmp_path, reference, options, message, code):
        with pytest.raises(CommandError, match=message) as raised:
            call_command("render_convention", reference, output=tmp_path / "c.pdf", **options)
        assert raised.value.returncode == code
        assert not list(tmp_path.iterdir())

    def test_another_extension_is_refused(self, cast, tmp_path):
        with pytest.raises(CommandError, match="finir par"):
            call_command("render_convention", "62-A", output=tmp_path / "c.doc", territory="62")

    def test_a_folder_that_cannot_be_written_is_said(self, cast, tmp_path, monkeypatch):
        submitted(cast)
        monkeypatch.setattr(services_documents, "render_convention", lambda **options: b"%PDF")
        (tmp_path / "fichier").write_text("")
        with pytest.raises(CommandError, match="ne peut pas être écrit"):
            call_command("render_convention", "62-NEUVE", output=tmp_path / "fichier" / "c.pdf", territory="62")
