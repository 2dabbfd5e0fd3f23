"""The text for a word processor: what it holds, what it warns of, what it cannot be made to read."""

from __future__ import annotations

import io
import json
import re
import subprocess
import zipfile
from datetime import UTC, datetime

import pypandoc
import pytest
from django.urls import reverse

from reporting.docx import WORKING_COPY, convention_docx, convert
from reporting.docx.convert import DocxUnavailable, html_to_docx
from tests.conventions.pages import approved, make_draft
from tests.reporting.sample import osartis_content

WHEN = datetime(2023, 7, 3, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def docx() -> bytes:
    return convention_docx(content=osartis_content(), moment=WHEN)


def parts(data: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist() if name.endswith((".xml", ".rels"))}


def read_back(data: bytes) -> list[dict]:
    """The blocks pandoc reads in the file: headings, paragraphs, lists, tables."""
    command = [pypandoc.get_pandoc_path(), "--from", "docx", "--to", "json"]
    return json.loads(subprocess.run(command, input=data, capture_output=True, check=True).stdout)["blocks"]


def test_headings_lists_and_tables_are_real(docx):
    blocks = read_back(docx)
    kinds = [block["t"] for block in blocks]
    assert kinds.count("Header") > 10
    assert "BulletList" in kinds
    assert kinds.count("Table") == 2  # the contributions, the signatories
    headings = [block["c"][2] for block in blocks if block["t"] == "Header"]
    titles = ["".join(part.get("c", " ") for part in title) for title in headings]
    numbers = [int(found[1]) for found in (re.match(r"Article\W+(\d+)", title) for title in titles) if found]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) > 10


def test_every_page_warns_that_only_the_approved_pdf_counts(docx):
    found = parts(docx)
    assert "PROJET – seul le PDF approuvé fait foi" in found["word/header1.xml"]
    assert 'w:type="default" r:id="rIdHeader1"' in found["word/document.xml"]
    assert 'Id="rIdHeader1"' in found["word/_rels/document.xml.rels"]
    assert "/word/header1.xml" in found["[Content_Types].xml"]


def test_the_same_content_gives_the_same_bytes(docx):
    assert convention_docx(content=osartis_content(), moment=WHEN) == docx
    assert convention_docx(content=osartis_content(), moment=WHEN, warning=WORKING_COPY) != docx


def test_a_text_reads_no_file_and_fetches_nothing(tmp_path):
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"\x89PNG\r\n\x1a\nsecret")
    page = (
        f'<p>avant</p><img src="{secret}"><img src="http://127.0.0.1:9/x.png"><iframe src="file://{secret}"></iframe>'
    )
    with zipfile.ZipFile(io.BytesIO(html_to_docx(f"<html><body>{page}</body></html>", moment=0))) as archive:
        assert not [name for name in archive.namelist() if "media" in name]
        assert b"secret" not in b"".join(archive.read(name) for name in archive.namelist() if "media" in name)


def test_markup_and_forbidden_signs_typed_in_a_text_are_text(docx):
    content = osartis_content()
    content["articles"][1]["blocks"][0]["text"] = "<b>gras</b> \x07 {=openxml} $x$"
    blocks = read_back(convention_docx(content=content, moment=WHEN))
    assert "<b>gras</b>" in json.dumps(blocks)


def test_a_converter_that_fails_is_said(monkeypatch):
    monkeypatch.setattr(convert, "_pandoc", lambda: "/nulle/part/pandoc")
    with pytest.raises(DocxUnavailable, match="réessayez"):
        html_to_docx("<p>a</p>", moment=0)


@pytest.mark.django_db
class TestDownload:
    def test_a_draft_by_page_and_api(self, cast):
        with cast.acting("gestionnaire"):
            draft = make_draft(cast)
        client = cast.client("gestionnaire")
        page = client.get(reverse("convention-docx", args=[draft.uuid]))
        assert page["Content-Disposition"] == 'attachment; filename="convention-62-NEUVE-projet.docx"'
        assert "PROJET" in parts(page.content)["word/header1.xml"]
        assert client.get(f"/api/v1/conventions/{draft.uuid}/docx/").content == page.content
        documents = client.get(reverse("convention-documents", args=[draft.uuid])).content.decode()
        assert reverse("convention-docx", args=[draft.uuid]) in documents
        assert (
            reverse("convention-documents", args=[draft.uuid]) in client.get(draft.get_absolute_url()).content.decode()
        )

    def test_an_approved_text_is_a_working_copy(self, cast):
        convention = approved(cast)
        response = cast.client("finances_a").get(reverse("convention-docx", args=[convention.uuid]))
        assert response["Content-Disposition"].endswith('"convention-62-NEUVE-v1-copie-de-travail.docx"')
        assert "COPIE DE TRAVAIL" in parts(response.content)["word/header1.xml"]

    def test_nobody_else_gets_it(self, cast):
        with cast.acting("gestionnaire"):
            draft = make_draft(cast)
        assert cast.client("finances_a").get(reverse("convention-docx", args=[draft.uuid])).status_code == 404
