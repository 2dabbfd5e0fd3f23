"""« Vérifier un document »: what anybody is told of a file or of a printed page, and what nobody is told."""

from __future__ import annotations

import io
import re
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader, PdfWriter

from conventions import services
from core import rls
from reporting.models import Document
from reporting.pdf.convention import render_convention
from reporting.seal import pdf as sealing
from reporting.seal import read_mark
from reporting.seal.marks import printed_mark
from reporting.services_documents import approve_and_publish, stored_bytes
from reporting.verification import Finding, verify_file, verify_mark
from tests.cast import build_cast
from tests.conventions.pages import submitted
from tests.jobs import Jobs
from tests.reporting.pki import make_authority
from tests.reporting.sample import osartis_content
from tests.routes import undone


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """Convention 62-NEUVE approved, its files stored, once for the module: (cast, jobs, version, base, sealed)."""
    with django_db_blocker.unblock():
        outer = transaction.atomic()
        outer.__enter__()
        try:
            cast, jobs = build_cast(), Jobs()
            convention = submitted(cast)
            with cast.acting("instructeur"):
                version = approve_and_publish(convention=convention, by=cast.actor("instructeur"))
            jobs.run()
            with cast.acting("gestionnaire"):
                files = [stored_bytes(Document.objects.get(kind=kind)) for kind in ("convention", "cachet")]
            yield cast, jobs, version, *files
        finally:
            transaction.set_rollback(True)
            outer.__exit__(None, None, None)
            connection.close()


@pytest.fixture(autouse=True)
def each_test_is_undone(world):
    with undone():
        yield


@pytest.fixture
def cast(world):
    return world[0]


@pytest.fixture
def published(world):
    """(version, base, sealed)"""
    return world[2:]


def judge(data: bytes):
    """As a visitor: in no context."""
    rls.set_context(rls.NOBODY)
    return verify_file(data)


def ask(data: bytes, name: str = "convention.pdf"):
    return Client().post(reverse("verify"), {"file": SimpleUploadedFile(name, data, "application/pdf")})


def text_of(response) -> str:
    words = re.sub(r"<[^>]+>", " ", response.content.decode())
    return " ".join(words.replace("’", "'").split())


class TestGenuineFiles:
    def test_the_stored_files_are_recognised_to_the_byte(self, published):
        version, base, sealed = published
        for data, kind in ((base, "convention"), (sealed, "cachet")):
            answer = judge(data)
            assert answer.finding == Finding.KEPT
            assert (answer.facts.version, answer.facts.document) == (version.uuid, kind)

    def test_all_signatures_on_the_sealed_file_are_told(self, published):
        _version, _base, sealed = published
        everything = sealed
        for field in sorted(sealing.empty_fields(sealed)):
            everything = sealing.sign_field(everything, field=field)
        answer = judge(everything)
        assert answer.finding == Finding.SIGNED
        assert [field.name for field in answer.signatures] == sorted(sealing.empty_fields(sealed))
        page = text_of(ask(everything))
        assert "Document authentique" in page
        assert page.count("Valable") == len(answer.signatures)

    def test_a_signature_nobody_here_vouches_for_is_told_apart(self, published, tmp_path):
        stranger = make_authority(tmp_path).signer("Inconnu")
        data = sealing.sign_field(published[2], field="sig-1", signer=stranger)
        answer = judge(data)
        assert answer.finding == Finding.DOUBTFUL
        assert [field.signer for field in answer.signatures] == ["Inconnu"]
        assert "Certificat non reconnu" in text_of(ask(data))


class TestTampering:
    def test_one_bit_changed_anywhere_is_never_authentic(self, published):
        _version, base, sealed = published
        signed = sealing.sign_field(sealed, field="sig-1")
        for data in (base, sealed, signed):
            for place in (9, len(base) // 3, len(base) // 2, len(base) - 40, len(data) - 60, len(data) - 2):
                changed = bytearray(data)
                changed[place] ^= 1
                assert judge(bytes(changed)).is_false, (len(data), place)

    @pytest.mark.parametrize("kind", ["base", "sealed", "signed"])
    def test_text_appended_by_an_incremental_update_is_seen(self, published, kind):
        from pyhanko.pdf_utils.generic import StreamObject
        from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

        _version, base, sealed = published
        data = {"base": base, "sealed": sealed, "signed": sealing.sign_field(sealed, field="sig-1")}[kind]
        writer = IncrementalPdfFileWriter(io.BytesIO(data))
        words = StreamObject(stream_data=b"BT /F1 12 Tf 72 72 Td (Montant porte a 90 000 euros) Tj ET")
        writer.add_stream_to_page(0, writer.add_object(words))
        output = io.BytesIO()
        writer.write(output)
        assert output.getvalue().startswith(data)
        answer = judge(output.getvalue())
        assert answer.finding == Finding.ALTERED
        assert answer.facts.reference == "62-NEUVE"
        assert "Document modifié" in text_of(ask(output.getvalue()))

    def test_bytes_after_the_end_or_missing_are_seen(self, published):
        for data in published[1:]:
            assert judge(data + b"\n% ").is_false
            assert judge(data + data).is_false
            assert judge(data[:-7]).is_false
            assert judge(data[: len(data) // 2]).is_false

    def test_an_altered_copy_is_told_what_it_claims_to_be(self, published):
        changed = bytearray(published[1])
        changed[len(changed) // 2] ^= 1
        answer = judge(bytes(changed))
        assert answer.finding == Finding.IMITATION
        assert answer.facts.reference == "62-NEUVE"
        assert "Document non authentique" in text_of(ask(bytes(changed)))

    def test_a_file_saved_again_by_another_program_is_no_longer_it(self, published):
        output = io.BytesIO()
        PdfWriter(clone_from=PdfReader(io.BytesIO(published[1]))).write(output)
        assert judge(output.getvalue()).is_false

    def test_pages_of_another_convention_are_not_this_one(self, published):
        mixed = PdfWriter(clone_from=PdfReader(io.BytesIO(published[1])))
        other = render_convention(content=osartis_content(), created=published[0].approved_at)
        mixed.insert_page(PdfReader(io.BytesIO(other)).pages[1], index=1)
        output = io.BytesIO()
        mixed.write(output)
        assert judge(output.getvalue()).is_false

    @pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"%PDF-1.7 %%EOF", b"%%EOF" * 5000, b"PK\x03\x04"])
    def test_anything_else_is_unknown(self, data):
        assert judge(data).finding == Finding.UNKNOWN

    def test_a_strange_file_is_never_interpreted(self, monkeypatch):
        monkeypatch.setattr("reporting.verification.answers.verify", lambda data: pytest.fail("read"))
        assert judge(b"%PDF-1.7\n1 0 obj << /Length 99999999999 >> stream\n%%EOF\n").finding == Finding.UNKNOWN


class TestVersions:
    def test_a_later_version_makes_the_first_one_superseded(self, cast, world):
        _cast, jobs, version, base, sealed = world
        with cast.acting("gestionnaire"):
            convention = version.convention
            convention.refresh_from_db()
            services.reopen_convention(convention=convention, reason="Montant.", by=cast.actor("gestionnaire"))
            answer = judge(sealed)
        assert "repris en rédaction" in answer.facts.state(timezone.localdate())[0]
        with cast.acting("gestionnaire"):
            convention.refresh_from_db()
            services.submit_convention(convention=convention, by=cast.actor("gestionnaire"))
        with cast.acting("instructeur"):
            approve_and_publish(convention=convention, by=cast.actor("instructeur"))
        jobs.run()
        assert judge(base).facts.replaced_by.number == 2
        assert judge(base).facts.state(timezone.localdate()) == (
            "Remplacée par la version 2 : ne vous en servez plus.",
            "danger",
        )
        with cast.acting("gestionnaire"):
            newer = stored_bytes(Document.objects.get(kind="convention", convention_version__number=2))
        answer = judge(newer)
        assert answer.finding == Finding.KEPT
        assert not answer.facts.is_signed
        assert "pas encore signée" in answer.facts.state(timezone.localdate())[0]

    def test_signatures_recorded_are_told_by_function(self, cast, published):
        version, base, _sealed = published
        with cast.acting("gestionnaire"):
            convention = version.convention
            convention.refresh_from_db()
            services.start_signature(convention=convention, by=cast.actor("gestionnaire"))
            signatory = convention.signatories.select_related("mandate").first()
            services.record_signature(
                convention=convention, signatory=signatory, signed_on=timezone.localdate(),
                by=cast.actor("gestionnaire"),
            )  # fmt: skip
        facts = judge(base).facts
        assert [one.signed_on is not None for one in facts.signatories].count(True) == 1
        page = text_of(ask(base))
        assert facts.signatories[0].function in page
        assert signatory.mandate.person not in page

    @pytest.mark.parametrize(
        ("status", "days", "words"),
        [
            ("signee", (-10, 10), "En vigueur."),
            ("signee", (5, 10), "pas encore pris effet"),
            ("signee", (-20, -10), "Arrivée à son terme"),
            ("denoncee", (-10, 10), "dénoncée"),
            ("resiliee", (-10, 10), "résiliée"),
        ],
    )
    def test_the_state_of_the_convention(self, cast, published, status, days, words):
        version, base, _sealed = published
        today = timezone.localdate()
        with cast.acting("gestionnaire"):
            convention = version.convention
            convention.refresh_from_db()
            start, end = (today + timezone.timedelta(days=n) for n in days)
            type(convention).objects.filter(pk=convention.pk).update(
                status=status, period_start=start, period_end=end, signed_on=today
            )
        assert words in judge(base).facts.state(today)[0]


class TestMarks:
    def test_the_mark_of_a_page_leads_to_its_version(self, published):
        version, base, _sealed = published
        pages = len(PdfReader(io.BytesIO(base)).pages)
        text = printed_mark(version).pages(pages)[1]
        response = Client().get(reverse("verify"), {"mark": text}, follow=True)
        page = text_of(response)
        assert "Version reconnue" in page
        assert f"62-NEUVE, version 1 – page 2 sur {pages}" in page
        assert verify_mark(read_mark(text)).facts.version == version.uuid

    def test_without_the_code_nothing_is_told(self, published):
        version = published[0]
        for code in ("0" * 12, version.sha256[:8], "", "%"):
            address = f"/verifier/{version.uuid}/{code or 'x'}/1-1-3/"
            response = Client().get(address)
            assert response.status_code == 404, code
            assert "62-NEUVE" not in response.content.decode()
        unknown = reverse("verify-page", args=[uuid4(), version.sha256[:12], 1, 1, 3])
        assert Client().get(unknown).status_code == 404
        wrong_number = reverse("verify-page", args=[version.uuid, version.sha256[:12], 2, 1, 3])
        assert Client().get(wrong_number).status_code == 404

    def test_another_code_is_refused_in_words(self):
        response = Client().get(reverse("verify"), {"mark": "https://exemple.fr/"})
        assert response.status_code == 422
        assert "pas le code d'une page" in text_of(response)


class TestWhatIsNotTold:
    def test_no_amount_and_no_name_of_a_person(self, cast, published):
        version, base, _sealed = published
        page = text_of(ask(base))
        content = version.content
        for line in (line for plan in content["figures"] for line in plan["lines"]):
            assert str(line["amount"]).split(".")[0] not in page.replace("\u202f", "")
        for signatory in content["signatories"]:
            assert signatory["name"] not in page
        assert version.approved_by_label not in page

    def test_the_function_gives_a_closed_list_of_facts_to_who_holds_something(self, published):
        version, _base, _sealed = published
        rls.set_context(rls.NOBODY)
        with connection.cursor() as cursor:
            nothing = [(None, None, None), ([], None, None), (None, version.uuid, ""), ([""], version.uuid, "0" * 12)]
            for values in nothing:
                cursor.execute("SELECT cosigne_verify(%s, %s, %s)", values)
                assert cursor.fetchone()[0] is None, values
            named = [version.uuid, version.sha256[:12]]
            cursor.execute("SELECT jsonb_object_keys(cosigne_verify(NULL, %s, %s))", named)
            told = {row[0] for row in cursor.fetchall()}
        assert told == {
            *("version", "number", "code", "reference", "title", "territory", "approved_at", "approved_by", "status"),
            *("document", "document_sha256", "base_sha256", "starts", "ends", "signed_on", "is_avenant"),
            *("parties", "signatories", "later"),
        }

    def test_nothing_of_the_file_is_kept(self, published):
        before = default_storage.listdir("documents")
        assert ask(published[2] + b"secret").status_code == 200
        assert default_storage.listdir("documents") == before


class TestPage:
    def test_it_opens_without_account_and_says_what_to_do(self):
        response = Client().get(reverse("verify"))
        assert response.status_code == 200
        assert "Sans compte" in text_of(response)
        assert reverse("verify") in Client().get(reverse("login")).content.decode()

    @pytest.mark.parametrize(("name", "data"), [("a.docx", b"PK"), ("a.pdf", b"GIF89a")])
    def test_what_is_not_a_pdf_is_refused_in_words(self, name, data):
        response = ask(data, name)
        assert response.status_code == 422
        assert "PDF" in text_of(response)

    def test_it_cannot_be_asked_without_end(self, monkeypatch):
        from parties import throttle

        monkeypatch.setattr("reporting.views_verification.FILES", (throttle.Limit(("address",), 2),))
        assert [ask(b"%PDF-1.7 autre").status_code for _ in range(3)] == [200, 200, 429]

    def test_marks_are_counted_too(self, monkeypatch):
        monkeypatch.setattr("reporting.views_verification.MARKS", 2)
        cache.clear()
        address = reverse("verify-page", args=[uuid4(), "0" * 12, 1, 1, 1])
        assert [Client().get(address).status_code for _ in range(3)] == [404, 404, 429]
        cache.clear()
