"""« Produire les PDF »: many documents in one file, by worker processes; and the worker pool itself."""

from __future__ import annotations

import io
import zipfile
from contextlib import closing
from datetime import UTC, datetime

import pytest
from django.core.files.storage import default_storage
from django.urls import reverse

from parties.models import Job
from reporting import batch
from reporting.batch import PROBLEMS, Aside, produce_pdfs
from reporting.models import Document
from reporting.pdf.convention import render_convention
from reporting.pdf.pool import Order, Rendered, render_all
from reporting.services_documents import approve_and_publish, convention_pdf, stored_bytes
from tests.conventions.pages import make_draft, submitted
from tests.reporting.sample import osartis_content

WHEN = datetime(2023, 7, 3, 9, 0, tzinfo=UTC)


def short(number: int):
    return osartis_content(reference=f"62-{number}", articles=[], annexes=[], preamble=[])


class TestPool:
    def test_workers_give_the_bytes_this_process_gives(self):
        orders = [Order(str(n), short(n), WHEN) for n in range(3)]
        found = {ready.key: ready.data for ready in render_all(orders, workers=2)}
        assert found == {str(n): render_convention(content=short(n), created=WHEN) for n in range(3)}

    def test_one_that_cannot_be_printed_does_not_stop_the_others(self):
        orders = [Order("a", short(1) | {"title": "Titre ☃"}, WHEN), Order("b", short(2), WHEN)]
        found = {ready.key: ready for ready in render_all(orders, workers=1)}
        assert found["a"].data is None
        assert "Caractères absents" in found["a"].problem
        assert found["b"].data

    def test_orders_are_read_as_they_are_rendered_and_no_further_once_stopped(self):
        read = []

        def orders():
            for number in range(100):
                read.append(number)
                yield Order(str(number), short(number), WHEN)

        with closing(render_all(orders(), workers=1)) as rendering:
            next(rendering)
        assert len(read) < 10


@pytest.mark.django_db
class TestWork:
    @pytest.fixture
    def conventions(self, cast, jobs):
        """An approved one, its files kept, and a draft."""
        approved = submitted(cast)
        with cast.acting("instructeur"):
            approve_and_publish(convention=approved, by=cast.actor("instructeur"))
        jobs.run()
        with cast.acting("gestionnaire"):
            approved.refresh_from_db()
            draft = make_draft(cast, reference="62-PROJET")
        return approved, draft

    def files(self, cast, job) -> dict[str, bytes]:
        with cast.acting("gestionnaire"):
            job.refresh_from_db()
        assert job.state == "done", job.message
        with default_storage.open(job.result_file) as file, zipfile.ZipFile(io.BytesIO(file.read())) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    def test_the_zip_holds_what_each_convention_would_give(self, cast, jobs, conventions):
        _approved, draft = conventions
        with cast.acting("gestionnaire"):
            job = produce_pdfs(conventions=conventions, by=cast.actor("gestionnaire"))
        jobs.run()
        files = self.files(cast, job)
        with cast.acting("gestionnaire"):
            sealed = stored_bytes(Document.objects.get(kind="cachet"))
            expected = {
                "convention-62-NEUVE-v1.pdf": sealed,
                "convention-62-PROJET-projet.pdf": convention_pdf(draft)[0],
            }
        assert files == expected
        assert job.message == "2 PDF produits."
        assert not Aside(job).has("x")
        assert default_storage.listdir(f"travaux/{job.territory.uuid}/pdf/{job.uuid}")[1] == []

    def test_those_that_give_nothing_are_listed(self, cast, jobs, conventions):
        with cast.acting("gestionnaire"):
            job = produce_pdfs(conventions=[*conventions, cast.convention["a"]], by=cast.actor("gestionnaire"))
        jobs.run()
        files = self.files(cast, job)
        assert len(files) == 3
        assert "est incomplet" in files[PROBLEMS].decode()
        assert "1 impossible :" in job.message

    def test_a_work_taken_up_again_renders_nothing_twice(self, cast, jobs, conventions, monkeypatch):
        with cast.acting("gestionnaire"):
            job = produce_pdfs(conventions=conventions, by=cast.actor("gestionnaire"))

        def stop_before_the_end(*args):
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(batch, "_finish", stop_before_the_end)
            with pytest.raises(KeyboardInterrupt):
                jobs.run()
        rendered = []

        def seen(orders):
            rendered.extend(orders)
            yield from ()

        monkeypatch.setattr(batch, "render_all", seen)
        jobs.run()
        assert rendered == []
        assert len(self.files(cast, job)) == 2

    def test_it_stops_when_asked(self, cast, jobs, conventions, monkeypatch):
        with cast.acting("gestionnaire"):
            job = produce_pdfs(conventions=conventions, by=cast.actor("gestionnaire"))

        def ask_to_stop(orders):
            with cast.acting("gestionnaire"):
                Job.objects.filter(pk=job.pk).update(cancel_asked_at=WHEN)
            yield Rendered(next(iter(orders)).key, b"%PDF")

        monkeypatch.setattr(batch, "render_all", ask_to_stop)
        # The progress is told by another connection, which does not see what this test has not committed: it is then
        # told in the context of the moment.
        with cast.acting("gestionnaire"):
            jobs.run()
        with cast.acting("gestionnaire"):
            job.refresh_from_db()
        assert job.state == "cancelled"

    def test_the_page_offers_what_one_sees_and_starts_the_work(self, cast, conventions):
        client = cast.client("gestionnaire")
        address = reverse("conventions-pdf")
        assert address in client.get(reverse("conventions")).content.decode()
        page = client.get(address).content.decode()
        assert page.count("checked") >= 2
        filtered = client.get(address, {"q": "62-PROJET"}).content.decode()
        assert "62-PROJET" in filtered
        assert "62-NEUVE" not in filtered
        assert "Cochez au moins une convention" in client.post(address, {}).content.decode()
        answer = client.post(address, {"conventions": [str(conventions[1].uuid)]})
        with cast.acting("gestionnaire"):
            job = Job.objects.get(kind=batch.BATCH)
        assert answer.status_code == 302
        assert answer["Location"] == job.get_absolute_url()
        assert job.params == {"conventions": [conventions[1].pk]}

    def test_a_party_does_not_produce_what_it_does_not_see(self, cast, conventions):
        client = cast.client("finances_b")
        answer = client.post(reverse("conventions-pdf"), {"conventions": [str(conventions[1].uuid)]})
        assert answer.status_code == 422
        assert "inconnue" in answer.content.decode()
