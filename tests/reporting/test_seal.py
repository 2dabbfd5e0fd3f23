"""The seal and the signatures of a PDF: what they add, what they prove, what they refuse; the settings of the seal."""

from __future__ import annotations

import asyncio
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.core.checks import run_checks
from pypdf import PdfReader

from reporting.pdf.convention import render_convention
from reporting.seal import Mark, keys, page_mark, read_mark
from reporting.seal import pdf as sealing
from reporting.seal.marks import PrintedMark
from reporting.seal.stamp import render_stamp
from tests.reporting.pki import DAY, NOW, PASSWORD, Authority, make_authority
from tests.reporting.sample import osartis_content

WHEN = datetime(2023, 7, 3, 9, 0, tzinfo=UTC)
MARK = PrintedMark(UUID("6f1c1f5e-95b3-4a39-8a0e-0f6f6f1d2a11"), 1, "0123456789ab", "https://cosigne.example.org")
VERSION = "6f1c1f5e-95b3-4a39-8a0e-0f6f6f1d2a11"


@pytest.fixture(scope="module")
def base() -> bytes:
    return render_convention(content=osartis_content(draft=False, version=1), created=WHEN, mark=MARK)


@pytest.fixture(scope="module")
def sealed(base) -> bytes:
    return sealing.seal(base)


@pytest.fixture(scope="module")
def signed(sealed) -> bytes:
    return sealing.sign_field(sealed, field="sig-2")


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("autorite"))


@pytest.fixture
def configured(settings):
    """Settings of the seal, read afresh, and forgotten afterwards."""

    def configure(**values: object) -> None:
        for name, value in values.items():
            setattr(settings, f"COSIGNE_{name}", str(value))
        keys.forget()

    # The functions themselves: a test may replace one, and is undone after this.
    cached = [keys.seal_signer, keys.trust_roots, keys.revocation_lists, keys.timestamper]
    keys.forget()
    yield configure
    for function in cached:
        function.cache_clear()


class TestMarks:
    @pytest.mark.parametrize("address", ["https://cosigne.example.org", "https://exemple.fr/cosigne", ""])
    def test_what_is_printed_is_what_is_read(self, address):
        text = page_mark(VERSION, 3, 2, 9, code="0123456789ab", address=address)
        assert text.startswith(address)
        mark = read_mark(text)
        assert mark == Mark(version=mark.version, number=3, page=2, pages=9, code="0123456789ab")
        assert str(mark.version) == VERSION

    @pytest.mark.parametrize(
        "text",
        ["", "https://exemple.fr", "WIFI:S:bureau;;", "COSIGNE:zz/aa/1-1-1", page_mark(VERSION, 1, 4, 3, address="")],
    )
    def test_other_codes_are_not_marks(self, text):
        assert read_mark(text) is None

    def test_each_page_carries_its_own_mark_outside_the_text(self, base):
        import pypdfium2
        import zxingcpp

        document = pypdfium2.PdfDocument(base)
        for number, sheet in enumerate(document, start=1):
            (code,) = zxingcpp.read_barcodes(sheet.render(scale=150 / 72).to_pil())
            mark = read_mark(code.text)
            assert (str(mark.version), mark.page, mark.pages) == (VERSION, number, len(document))
            assert code.text.startswith("https://cosigne.example.org/verifier/")
            corner = sheet.get_textpage().get_text_bounded(left=0, bottom=0, right=57, top=57)
            assert corner.strip() == ""

    def test_the_mark_is_an_artifact_and_drafts_have_none(self, base):
        drawing = PdfReader(io.BytesIO(base)).pages[0].get_contents().get_data()
        assert b"/Artifact <</Type /Pagination>> BDC" in drawing
        draft = render_convention(content=osartis_content(draft=True), created=WHEN)
        assert b"/Pagination" not in PdfReader(io.BytesIO(draft)).pages[0].get_contents().get_data()


class TestSeal:
    def test_the_approved_bytes_begin_every_file_made_from_them(self, base, sealed, signed):
        assert sealing.extends(base, sealed)
        assert sealing.extends(sealed, signed)
        assert not sealing.extends(sealed, base)

    def test_a_genuine_file_holds_in_every_respect(self, signed):
        found = sealing.verify(signed)
        assert [field.name for field in found.fields] == ["cachet", "sig-2"]
        assert all(field.bottom_line for field in found.fields)
        assert found.untouched
        assert found.sealed
        assert found.field("cachet").signer == keys.seal_name()

    def test_an_unsigned_file_says_so(self, base):
        found = sealing.verify(base)
        assert found.fields == ()
        assert not found.untouched

    def test_every_field_can_be_signed_one_after_the_other(self, signed):
        assert set(sealing.empty_fields(signed)) == {"sig-1", "sig-3", "sig-4"}
        everything = signed
        for name in ("sig-4", "sig-1", "sig-3"):
            everything = sealing.sign_field(everything, field=name)
        assert sealing.verify(everything).untouched
        assert sealing.empty_fields(everything) == {}

    @pytest.mark.parametrize("field", ["sig-2", "sig-9", "cachet"])
    def test_a_field_taken_or_unknown_is_refused(self, signed, field):
        with pytest.raises(sealing.SigningFailed, match="déjà signé"):
            sealing.sign_field(signed, field=field)

    def test_the_stamp_shows_in_the_frame_with_the_documents_fonts(self, sealed):
        box = sealing.empty_fields(sealed)["sig-1"]
        stamp = render_stamp(title="Signé électroniquement", lines=["Jacques BILLANT"], moment=WHEN, box=box)
        assert [float(side) for side in PdfReader(io.BytesIO(stamp)).pages[0].mediabox[2:]] == pytest.approx(box, abs=1)
        shown = sealing.sign_field(sealed, field="sig-1", stamp=stamp)
        widgets = (note.get_object() for note in PdfReader(io.BytesIO(shown)).pages[-1]["/Annots"])
        (widget,) = (widget for widget in widgets if widget["/T"] == "sig-1")
        background = widget["/AP"]["/N"]["/Resources"]["/XObject"]
        (picture,) = background.values()
        fonts = picture.get_object()["/Resources"]["/Font"].values()
        assert all("Source-Sans-3" in font.get_object()["/BaseFont"] for font in fonts)
        assert sealing.verify(shown).untouched


def test_in_a_thread_that_runs_an_event_loop(base):
    """As under an ASGI server."""

    async def served() -> bytes:
        return sealing.seal(base)

    # In a thread without one: after browser tests, this one already runs a loop.
    with ThreadPoolExecutor(max_workers=1) as pool:
        made = pool.submit(lambda: asyncio.run(served())).result()
    assert sealing.verify(made).untouched


class TestTampering:
    @pytest.mark.parametrize("place", ["stream", "/StructElem", "/Producer", "/CheckSum", "/Rect", "%PDF"])
    def test_one_altered_bit_is_seen(self, base, signed, place):
        altered = bytearray(signed)
        altered[base.index(place.encode()) + len(place) + 12] ^= 1
        assert not sealing.verify(bytes(altered)).untouched

    def test_one_altered_byte_of_the_seal_itself_is_seen(self, base, signed):
        altered = bytearray(signed)
        altered[signed.index(b"/Contents <", len(base)) + 400] ^= 1
        assert not sealing.verify(bytes(altered)).untouched

    def test_appended_content_is_seen_though_every_signature_is_intact(self, signed):
        from pyhanko.pdf_utils.generic import StreamObject
        from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

        writer = IncrementalPdfFileWriter(io.BytesIO(signed))
        words = b"BT /F1 12 Tf 72 72 Td (Montant : 90 000) Tj ET"
        writer.add_stream_to_page(0, writer.add_object(StreamObject(stream_data=words)))
        output = io.BytesIO()
        writer.write(output)
        found = sealing.verify(output.getvalue())
        assert all(field.intact for field in found.fields)
        assert not all(field.allowed for field in found.fields)
        assert not found.untouched

    @pytest.mark.parametrize("change", [lambda data: data + b"\n% rien", lambda data: data[:-300], lambda data: b""])
    def test_bytes_added_or_removed_at_the_end_are_seen(self, signed, change):
        assert not sealing.verify(change(signed)).untouched

    def test_a_file_that_is_no_pdf_is_said_unreadable(self):
        assert not sealing.verify(b"PK\x03\x04 un tableur").readable

    def test_somebody_elses_seal_is_intact_but_not_believed(self, base, authority, configured):
        configured(SEAL_PKCS12=authority.folder / "cachet.p12", SEAL_PASSWORD=PASSWORD)
        foreign = sealing.seal(base)
        configured(SEAL_PKCS12="", SEAL_PASSWORD="")
        found = sealing.verify(foreign)
        assert found.untouched
        assert not found.sealed


class TestLevels:
    def test_a_certificate_of_the_organisation(self, base, authority, configured):
        configured(SEAL_PKCS12=authority.folder / "cachet.p12", SEAL_PASSWORD=PASSWORD)
        assert keys.problems() == []
        assert keys.seal_level() == "B-B"
        found = sealing.verify(sealing.seal(base))
        assert found.sealed
        assert found.field("cachet").signer == "Conseil départemental d'essai"

    @pytest.mark.parametrize("level", ["B-T", "B-LT", "B-LTA"])
    def test_with_a_timestamp_service(self, base, authority, configured, monkeypatch, level):
        configured(
            SEAL_KEY=authority.folder / "cachet.key",
            SEAL_CERTIFICATE=authority.folder / "cachet.pem",
            TRUST_ROOTS=authority.folder / "autorite.pem",
            CRL_FOLDER=_folder_of(authority, "liste.crl"),
            SEAL_LEVEL=level,
        )
        service = authority.timestamper()
        monkeypatch.setattr(keys, "timestamper", lambda: service)
        data = sealing.sign_field(sealing.seal(base), field="sig-1", signer=authority.signer("Marie Dupont"))
        found = sealing.verify(data)
        assert found.untouched
        assert [field.bottom_line for field in found.fields] == [True, True]
        assert all(field.stamped for field in found.fields)
        catalog = PdfReader(io.BytesIO(data)).root_object
        assert ("/DSS" in catalog) == (level != "B-T")
        assert data.startswith(base)
        assert not sealing.verify(data + b" ").untouched


class TestSettings:
    def test_without_any_setting_the_server_makes_its_own_seal_once(self, settings, tmp_path, configured):
        settings.VAR_DIR = tmp_path
        configured()
        assert keys.is_self_signed()
        first = keys.seal_signer().signing_cert.dump()
        configured()
        assert keys.seal_signer().signing_cert.dump() == first
        assert (tmp_path / "cachet" / "cle.pem").stat().st_mode & 0o077 == 0

    @pytest.mark.parametrize(
        ("values", "expected"),
        [
            ({"SEAL_PKCS12": "/nulle/part.p12"}, "SEAL_PKCS12 : « /nulle/part.p12 » ne se lit pas"),
            ({"SEAL_PKCS12": "{folder}/cachet.p12", "SEAL_PASSWORD": "faux"}, "SEAL_PASSWORD est le bon mot de passe"),
            ({"SEAL_KEY": "{folder}/cachet.key"}, "SEAL_KEY et SEAL_CERTIFICATE vont ensemble"),
            ({"SEAL_KEY": "{folder}/perime.key", "SEAL_CERTIFICATE": "{folder}/perime.pem"}, "vaut du"),
            ({"TRUST_ROOTS": "{folder}/liste.crl"}, "TRUST_ROOTS : "),
            ({"CRL_FOLDER": "{folder}/autorite.pem"}, "n'est pas une liste de révocation"),
            ({"TSA_URL": "horodatage"}, "TSA_URL : « horodatage » n'est pas une adresse"),
            ({"SEAL_LEVEL": "B-LT"}, "il faut un service d'horodatage"),
            ({"SEAL_LEVEL": "OR"}, "SEAL_LEVEL : « OR » n'est pas un niveau"),
        ],
    )
    def test_a_wrong_setting_stops_the_site_with_its_name(self, authority, configured, values, expected):
        authority.write("perime", *authority.issue("Périmé", until=NOW - DAY))
        configured(**{name: value.format(folder=authority.folder) for name, value in values.items()})
        (problem,) = keys.problems()
        assert expected in problem
        assert problem in [message.msg for message in run_checks() if message.id == "cosigne.E010"]


def _folder_of(authority: Authority, name: str):
    folder = authority.folder / "listes"
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes((authority.folder / name).read_bytes())
    return folder
