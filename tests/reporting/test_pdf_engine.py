"""The print engine: conformance claims, reproducibility, what it refuses, and the signature fields."""

import io
import json
import re
import subprocess
import sys
import unicodedata
from datetime import UTC, datetime

import pytest
from fontTools.ttLib import TTFont
from pypdf import PdfReader

from reporting.pdf import MissingGlyphs, PdfAttachment, PdfUnavailable, engine, render_pdf
from reporting.pdf.assets import FACES, FONTS, STATIC, is_allowed, printable_codepoints
from reporting.pdf.convention import ATTACHMENT_NAME, printable, render_convention
from reporting.pdf.engine import ForbiddenAsset
from reporting.pdf.glyphs import check_glyphs
from tests.reporting.sample import calais_content, osartis_content

# WeasyPrint leaves its colour profile to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed file .*sRGB2014:ResourceWarning")

WHEN = datetime(2023, 7, 3, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def osartis() -> bytes:
    return render_convention(content=osartis_content(), created=WHEN)


@pytest.fixture(scope="module")
def reader(osartis) -> PdfReader:
    return PdfReader(io.BytesIO(osartis))


def page(body: str) -> str:
    return f'<!doctype html><html lang="fr"><head><title>T</title></head><body>{body}</body></html>'


@pytest.fixture
def render_body(monkeypatch):
    """Render a page whose text has not been through a template, as if an escaping mistake had let markup in."""

    def render(body: str, **options) -> bytes:
        monkeypatch.setattr(engine, "render_to_string", lambda template, context: page(body))
        return render_pdf(template="any.html", context={}, title="T", created=WHEN, **options)

    return render


class TestConformance:
    def test_both_standards_are_claimed(self, reader):
        xmp = reader.root_object["/Metadata"].get_data().decode()
        assert re.search(r'pdfaid:part="3"', xmp)
        assert re.search(r'pdfaid:conformance="A"', xmp)
        assert re.search(r'pdfuaid:part="1"', xmp)

    def test_the_document_is_tagged_named_and_in_french(self, reader):
        assert reader.root_object["/MarkInfo"]["/Marked"]
        assert reader.root_object["/Lang"] == "fr"
        assert reader.root_object["/ViewerPreferences"]["/DisplayDocTitle"]
        assert reader.trailer["/Info"]["/Title"].endswith("62-A13")

    def test_only_the_projects_fonts_are_embedded(self, reader):
        names = {
            font.get_object()["/BaseFont"] for page in reader.pages for font in page["/Resources"]["/Font"].values()
        }
        assert names
        assert all("Source-Sans-3" in name for name in names)

    def test_a_draft_has_a_watermark_and_a_final_version_has_not(self):
        draft = render_convention(content=osartis_content(draft=True), created=WHEN)
        final = render_convention(content=osartis_content(draft=False), created=WHEN)
        # A picture drawn inside an artifact: assistive technology does not read it on every page.
        watermark = re.compile(rb"/Artifact\nBMC\n[^E]*/x\d+ Do\nEMC")
        for page in PdfReader(io.BytesIO(draft)).pages:
            assert watermark.search(page.get_contents().get_data())
        assert not any(b" Do\n" in page.get_contents().get_data() for page in PdfReader(io.BytesIO(final)).pages)

    def test_print_styles_keep_the_rules_conformance_rests_on(self):
        css = re.sub(r"/\*.*?\*/", "", "".join(p.read_text() for p in (STATIC / "pdf").glob("*.css")), flags=re.DOTALL)
        assert "opacity" not in css
        assert "crisp-edges" in css
        assert re.search(r"tfoot\s*{\s*display:\s*table-row-group", css)


class TestReproducibility:
    def test_same_content_same_bytes(self, osartis):
        assert render_convention(content=osartis_content(), created=WHEN) == osartis

    def test_another_document_in_between_changes_nothing(self, osartis):
        render_convention(content=calais_content(), created=WHEN)
        assert render_convention(content=osartis_content(), created=WHEN) == osartis

    def test_the_date_written_is_the_one_given(self, osartis, reader):
        assert reader.trailer["/Info"]["/CreationDate"] == "D:20230703090000Z"
        assert render_convention(content=osartis_content(), created=WHEN.replace(year=2024)) != osartis

    def test_a_date_without_time_zone_is_refused(self):
        with pytest.raises(ValueError, match="fuseau horaire"):
            render_convention(content=osartis_content(), created=datetime(2023, 7, 3))  # noqa: DTZ001


class TestAttachments:
    def test_the_data_of_the_convention_travels_with_it(self, reader):
        names = reader.root_object["/Names"]["/EmbeddedFiles"]["/Names"]
        attached = names[1].get_object()
        assert attached["/UF"] == ATTACHMENT_NAME
        assert attached["/AFRelationship"] == "/Data"
        assert json.loads(attached["/EF"]["/F"].get_object().get_data()) == osartis_content()

    def test_a_further_attachment(self):
        sheet = PdfAttachment("plan.csv", b"a;b\n", "Plan de financement", WHEN, "Source")
        data = render_convention(content=osartis_content(), created=WHEN, attachments=[sheet])
        names = PdfReader(io.BytesIO(data)).root_object["/Names"]["/EmbeddedFiles"]["/Names"]
        assert {names[i].get_object()["/UF"] for i in range(1, len(names), 2)} == {ATTACHMENT_NAME, "plan.csv"}


class TestSignatureFields:
    def test_one_empty_field_per_signatory(self, reader):
        fields = {field.get_object()["/T"]: field.get_object() for field in reader.root_object["/AcroForm"]["/Fields"]}
        assert set(fields) == {"sig-1", "sig-2", "sig-3", "sig-4"}
        assert all(field["/FT"] == "/Sig" and "/V" not in field for field in fields.values())
        assert fields["sig-2"]["/TU"] == "Signature – Jean-Claude LEROY, Pour le Département du Pas-de-Calais"

    def test_fields_have_the_size_of_their_box(self, reader):
        for field in reader.root_object["/AcroForm"]["/Fields"]:
            left, bottom, right, top = (float(value) for value in field.get_object()["/Rect"])
            assert 0 < left < right < 595
            assert 0 < bottom < top < 842
            assert top - bottom == pytest.approx(22 / 25.4 * 72, abs=1)

    def test_boxes_do_not_overlap(self, reader):
        boxes = [
            (field.get_object()["/P"].get_object()["/StructParents"], *map(float, field.get_object()["/Rect"]))
            for field in reader.root_object["/AcroForm"]["/Fields"]
        ]
        for n, (sheet, left, bottom, right, top) in enumerate(boxes):
            for other, left2, bottom2, right2, top2 in boxes[n + 1 :]:
                assert sheet != other or right <= left2 or right2 <= left or top <= bottom2 or top2 <= bottom

    def test_each_field_is_in_the_structure_tree_as_a_form(self, reader):
        numbers = reader.root_object["/StructTreeRoot"]["/ParentTree"]["/Nums"]
        parents = {numbers[i]: numbers[i + 1] for i in range(0, len(numbers), 2)}
        for reference in reader.root_object["/AcroForm"]["/Fields"]:
            element = parents[reference.get_object()["/StructParent"]].get_object()
            assert element["/S"] == "/Form"
            assert element["/K"]["/Type"] == "/OBJR"

    def test_no_field_unless_asked(self, render_body):
        plain = PdfReader(io.BytesIO(render_body('<h1>T</h1><div id="sig-1">x</div>')))
        assert "/AcroForm" not in plain.root_object

    def test_an_ordinary_anchor_is_not_a_field(self, render_body):
        data = render_body('<h1 id="sig-title">T</h1><div id="sig-1">x</div>', signature_fields=True)
        assert len(PdfReader(io.BytesIO(data)).root_object["/AcroForm"]["/Fields"]) == 1


class TestRefusals:
    @pytest.mark.parametrize(
        "url",
        ["file:///etc/passwd", "http://exemple.fr/a.png", "https://exemple.fr/a.png", "../../manage.py", "ftp://x/y"],
    )
    def test_foreign_resources_stop_the_rendering(self, render_body, url):
        with pytest.raises(ForbiddenAsset, match="ressource extérieure"):
            render_body(f'<h1>T</h1><img alt="x" src="{url}">')

    @pytest.mark.parametrize(
        ("url", "expected"),
        [
            ("data:image/png;base64,AA", True),
            ((FONTS / FACES[0]).as_uri(), True),
            ((STATIC / "pdf" / "base.css").as_uri(), True),
            ((STATIC / "css" / "theme.css").as_uri(), False),
            ((STATIC / "pdf").as_uri() + "/../css/theme.css", False),
            ((STATIC / "pdf").as_uri() + "/%2e%2e/css/theme.css", False),
            ("file://serveur/partage", False),
            ("pdf/base.css", False),
        ],
    )
    def test_allowed_addresses(self, url, expected):
        assert is_allowed(url) is expected

    def test_missing_characters_are_listed_with_their_place(self):
        content = osartis_content()
        content["articles"][1]["blocks"][0]["text"] = "Un travail social 漢 de proximité ☃."
        with pytest.raises(MissingGlyphs) as caught:
            render_convention(content=content, created=WHEN)
        assert [(item.character, item.where.replace("’", "'")) for item in caught.value.missing] == [
            ("漢", "Article 2 – Missions de l'intervenant social"),
            ("☃", "Article 2 – Missions de l'intervenant social"),
        ]
        assert "U+6F22" in str(caught.value)
        assert "travail social" in str(caught.value)

    def test_markup_typed_in_a_text_is_printed_as_text(self, osartis):
        content = osartis_content()
        content["articles"][1]["blocks"][0]["text"] = '<img src="file:///etc/passwd"> <b>gras</b>'
        assert render_convention(content=content, created=WHEN) != osartis

    def test_decomposed_accents_are_composed(self, render_body):
        assert render_body("<h1>" + unicodedata.normalize("NFD", "été") + "</h1>") == render_body("<h1>été</h1>")

    def test_missing_system_libraries_give_a_plain_message(self, monkeypatch, render_body):
        class Broken:
            def find_spec(self, name, path=None, target=None):
                if name == "weasyprint":
                    raise OSError("cannot load library 'libpango-1.0-0'")

        monkeypatch.delitem(sys.modules, "weasyprint", raising=False)
        monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
        with pytest.raises(PdfUnavailable, match=r"libpango-1\.0-0"):
            render_body("<h1>T</h1>")

    def test_importing_the_engine_does_not_import_weasyprint(self):
        script = "import sys, reporting.pdf.engine; sys.exit('weasyprint' in sys.modules)"
        assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


class TestGlyphs:
    def test_every_face_prints_the_characters_of_french_administration(self):
        needed = "ÀÂÇÉÈÊËÎÏÔŒÙÛÜŸàâçéèêëîïôœùûüÿæÆ«»’“”–—…€°№½²³•×−\u00a0\u202f\u2010\u2011"
        assert {ord(character) for character in needed} <= printable_codepoints()

    def test_faces_fit_signature_stamps(self):
        for face in FACES:
            with TTFont(FONTS / face, lazy=True) as font:
                assert font["head"].unitsPerEm == 1000

    def test_invisible_and_silent_text_is_not_checked(self):
        check_glyphs("<title>☃</title><svg><desc>☃</desc></svg><p>a\u00adb\n\tc</p>", {ord("a"), ord("b"), ord("c")})

    def test_text_in_an_unfinished_element_is_checked(self):
        with pytest.raises(MissingGlyphs):
            check_glyphs("<p>abc ☃", printable_codepoints())


class TestLayout:
    def test_cells_take_their_columns_alignment(self):
        table = {
            "type": "table",
            "caption": "",
            "head": ["a", "b"],
            "rows": [["c", "d"]],
            "foot": [],
            "align": ["l", "r"],
        }
        content = osartis_content(articles=[{"number": 1, "kind": "k", "title": "T", "blocks": [table]}])
        printed = printable(content)["articles"][0]["blocks"][0]
        assert printed["rows"] == [[{"text": "c", "align": "left"}, {"text": "d", "align": "right"}]]

    def test_a_row_of_the_wrong_length_is_refused(self):
        table = {"type": "table", "caption": "", "head": ["a", "b"], "rows": [["c"]], "align": ["l", "r"]}
        with pytest.raises(ValueError, match="zip"):
            printable(osartis_content(articles=[{"number": 1, "kind": "k", "title": "T", "blocks": [table]}]))

    def test_what_announces_a_list_stays_with_it(self):
        blocks = [{"type": "p", "text": "a"}, {"type": "p", "text": "b :"}, {"type": "ul", "items": ["c"]}]
        content = osartis_content(articles=[{"number": 1, "kind": "k", "title": "T", "blocks": blocks}])
        printed = printable(content)["articles"][0]["blocks"]
        assert [block.get("announces") for block in printed] == [False, True, None]

    def test_the_original_content_is_left_alone(self):
        content = osartis_content()
        printable(content)
        assert content == osartis_content()

    def test_headings_are_bookmarks_and_skip_no_level(self, reader):
        outline = reader.root_object["/Outlines"]
        assert outline["/First"]["/Title"].startswith("Convention relative")
        titles, item = [], outline["/First"]["/First"]
        while item:
            titles.append(item["/Title"])
            item = item.get("/Next")
        articles = [title for title in titles if title.startswith("Article")]
        assert [int(title.split()[1]) for title in articles] == list(range(1, len(articles) + 1))
        assert titles[-1] == "Signatures"

    def test_signature_anchor_format_of_the_pinned_renderer(self):
        from weasyprint import HTML

        (sheet,) = HTML(string=page('<div id="sig-1" style="height:10px">x</div>')).render().pages
        assert len(sheet.anchors["sig-1"]) == 4
