"""Annexes: built from the data or attached, numbered by their order, printed or cited by their digest."""

from __future__ import annotations

import hashlib
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from pypdf import PdfWriter

from conventions import services
from conventions.models import Convention
from conventions.services.annexes import FILES
from conventions.text import build_content
from core.errors import BusinessError, InvalidInput
from tests.cast import Cast
from tests.conventions.pages import approved, make_draft

pytestmark = pytest.mark.django_db


def pdf(pages: int = 2, *, password: str = "", width: int = 200) -> bytes:
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(width=width, height=200)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def upload(content: bytes, name: str = "reglement.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="application/pdf")


@pytest.fixture
def draft(cast: Cast) -> Convention:
    with cast.acting("gestionnaire"):
        return make_draft(cast)


@pytest.fixture
def staff(cast: Cast):
    return cast.client("gestionnaire")


def text(response) -> str:
    return response.content.decode()


def test_they_are_numbered_cited_and_printed_in_their_order(cast: Cast, draft: Convention):
    by = cast.actor("gestionnaire")
    content = pdf(3)
    with cast.acting("gestionnaire"):
        services.add_annex(convention=draft, kind="financement", by=by)
        services.attach_annex(convention=draft, title="Règlement du comité", file=upload(content), by=by)
        described = services.add_annex(convention=draft, kind="fiche_poste", post=cast.post["e"], by=by)
        assert services.add_annex(convention=draft, kind="fiche_poste", post=cast.post["e"], by=by) == described
        services.move_annex(annex=described, up=True, by=by)
        draft.refresh_from_db()
        built = build_content(draft)
        assert [(a["number"], a["title"]) for a in built["annexes"]] == [
            (1, "Plan de financement"), (2, "Fiche de poste – Poste E"), (3, "Règlement du comité"),
        ]  # fmt: skip
        financing, post, file = built["annexes"]
        assert post["blocks"][0]["caption"] == "Le poste"
        cells = [
            cell for block in financing["blocks"] if block["type"] == "table" for row in block["rows"] for cell in row
        ]
        assert "12\u202f000,00\u202f€" in cells
        digest = hashlib.sha256(content).hexdigest()
        assert (file["sha256"], file["size"]) == (digest, len(content))
        assert "3 pages" in file["blocks"][0]["text"]
        assert file["blocks"][1]["text"].replace(" ", "") == digest
        clause = next(a for a in built["articles"] if a["kind"] == "annexes")
        assert "annexe 1, plan de financement" in str(clause["blocks"])
        assert "annexe 3, règlement du comité" in str(clause["blocks"])
        services.remove_annex(annex=draft.annexes.get(kind="financement"), by=by)
        draft.refresh_from_db()
        assert [(a["number"], a["kind"]) for a in build_content(draft)["annexes"]] == [(1, "fiche_poste"), (2, "piece")]
        assert FILES.read(digest) == content


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"bonjour", "reglement.pdf", "n'est pas un fichier PDF"),
        (b"%PDF-1.7 abc", "reglement.pdf", "abîmé"),
        (b"", "reglement.pdf", "vide"),
        (pdf(1, password="secret"), "reglement.pdf", "mot de passe"),
        (pdf(1), "reglement.docx", "format PDF"),
    ],
)
def test_what_is_no_readable_pdf_is_refused_with_the_remedy(cast: Cast, draft: Convention, content, name, words):
    with cast.acting("gestionnaire"):
        with pytest.raises(InvalidInput, match=words):
            services.attach_annex(
                convention=draft, title="Règlement", file=upload(content, name), by=cast.actor("gestionnaire")
            )
        assert not draft.annexes.exists()


def test_the_same_file_is_not_attached_twice_and_a_post_of_another_convention_is_not_described(
    cast: Cast, draft: Convention
):
    by = cast.actor("gestionnaire")
    with cast.acting("gestionnaire"):
        services.attach_annex(convention=draft, title="Règlement", file=upload(pdf()), by=by)
        with pytest.raises(InvalidInput, match="déjà joint"):
            services.attach_annex(convention=draft, title="Autre titre", file=upload(pdf()), by=by)
        with pytest.raises(InvalidInput, match="un poste de cette convention"):
            services.add_annex(convention=draft, kind="fiche_poste", post=cast.post["b"], by=by)


def test_once_approved_annexes_do_not_change_and_the_file_is_the_same_bytes(cast: Cast):
    by = cast.actor("gestionnaire")
    convention = approved(cast)
    with cast.acting("gestionnaire"), pytest.raises(BusinessError, match="Reprenez la rédaction"):
        services.add_annex(convention=convention, kind="financement", by=by)


def test_the_page_adds_orders_attaches_and_gives_back_the_file(cast: Cast, draft: Convention, staff):
    tab = f"{draft.get_absolute_url()}?onglet=annexes"
    assert "Aucune annexe" in text(staff.get(tab))
    lock = {"lock_version": draft.lock_version}
    staff.post(reverse("convention-annex-add", args=[draft.uuid]), lock | {"kind": "financement"})
    empty = staff.post(reverse("convention-annex-attach", args=[draft.uuid]), {"title": "Règlement"})
    assert (empty.status_code, "Choisissez un fichier PDF." in text(empty)) == (422, True)
    assert "Règlement" in text(empty)
    sent = staff.post(
        reverse("convention-annex-attach", args=[draft.uuid]), {"title": "Règlement", "file": upload(pdf(), "r-é.pdf")}
    )
    assert sent.status_code == 302
    with cast.acting("gestionnaire"):
        draft.refresh_from_db()
        attached = draft.annexes.get(kind="piece")
        lock = {"lock_version": draft.lock_version}
    staff.post(reverse("convention-annex-move", args=[draft.uuid, attached.uuid]), lock | {"sens": "haut"})
    page = text(staff.get(tab))
    assert page.index("r-é.pdf") < page.index("Établie à partir des données")
    assert "Annexe 2 – Plan de financement" in page
    file = staff.get(reverse("convention-annex-file", args=[draft.uuid, attached.uuid]))
    assert file.content == pdf()
    assert cast.client("finances_b").get(file.wsgi_request.path).status_code == 404
    stale = staff.post(reverse("convention-annex-remove", args=[draft.uuid, attached.uuid]), lock, follow=True)
    assert "modifiée pendant" in text(stale)
    staff.post(reverse("convention-annex-remove", args=[draft.uuid, attached.uuid]))
    with cast.acting("gestionnaire"):
        assert draft.annexes.count() == 1
