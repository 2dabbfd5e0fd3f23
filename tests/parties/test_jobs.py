"""Long works: done once, seen while they run, stopped on demand, taken up again when their process dies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import connection

from core import rls
from core.errors import Conflict, InvalidInput
from parties import jobs
from parties.actors import Actor
from parties.enums import JobState
from parties.jobs import running
from parties.jobs.line import Line
from parties.models import Job, Organisation, Territory
from tests.cast import Cast, build_cast
from tests.jobs import Jobs


@pytest.fixture
def runners() -> Iterator[dict[str, Any]]:
    """The registry, given back as it was."""
    before = dict(running.RUNNERS)
    yield running.RUNNERS
    running.RUNNERS.clear()
    running.RUNNERS.update(before)


def rename(work: jobs.Work) -> None:
    """Changes one name in the transaction that also ends the job."""
    with work.acting():
        Organisation.objects.filter(key=work.params["key"]).update(short_name=work.params["name"])
        for step in range(1, 4):
            work.progress(step, 3, f"Étape {step}")
        work.finish(url="/annuaire/", label="Voir l'annuaire", message="Un nom changé.", changed=1)


def started(cast: Cast, kind: str = "rename", who: str = "gestionnaire", **params: Any) -> Job:
    values = {"key": cast.org["epci_a"].key, "name": "Renommée"} | params
    with cast.acting(who):
        return jobs.start_job(kind=kind, label="Renommer", by=cast.actor(who), params=values)


def short_name(cast: Cast) -> str:
    with cast.acting("gestionnaire"):
        return Organisation.objects.get(pk=cast.org["epci_a"].pk).short_name


def fresh(cast: Cast, job: Job) -> Job:
    with cast.acting("gestionnaire"):
        return Job.objects.get(pk=job.pk)


def test_a_job_is_done_by_the_queue_and_kept_with_its_result(cast: Cast, jobs: Jobs, runners):
    runners["rename"] = rename
    job = started(cast)
    assert job.state == JobState.WAITING
    page = cast.client("gestionnaire").get(job.get_absolute_url())
    assert "En attente" in page.text
    assert f'hx-get="{job.get_absolute_url()}etat/"' in page.text
    assert jobs.run() == 1
    done = fresh(cast, job)
    assert (done.state, done.done, done.total, done.attempts) == (JobState.DONE, 3, 3, 1)
    assert done.result == {"url": "/annuaire/", "label": "Voir l'annuaire", "changed": 1}
    assert short_name(cast) == "Renommée"
    page = cast.client("gestionnaire").get("/travaux/")
    assert "Terminé" in page.text
    assert "Voir l'annuaire" in page.content.decode().replace("&#x27;", "'")
    assert "hx-get" not in cast.client("gestionnaire").get(f"{job.get_absolute_url()}etat/").text


def test_running_a_finished_job_again_changes_nothing(cast: Cast, jobs: Jobs, runners):
    runners["rename"] = rename
    job = started(cast)
    jobs.run()
    with cast.acting("gestionnaire"):
        Organisation.objects.filter(pk=cast.org["epci_a"].pk).update(short_name="Autre")
    running.run_job(territory_id=job.territory_id, job_id=job.pk)
    assert short_name(cast) == "Autre"


def test_a_refusal_is_told_in_words_and_undoes_everything(cast: Cast, jobs: Jobs, runners):
    def refuse(work: Any) -> None:
        with work.acting():
            Organisation.objects.filter(key=work.params["key"]).update(short_name="À moitié")
            raise InvalidInput("Ligne 3 : le montant manque.")

    runners["rename"] = refuse
    job = started(cast)
    jobs.run()
    failed = fresh(cast, job)
    assert (failed.state, failed.message) == (JobState.FAILED, "Ligne 3 : le montant manque.")
    assert short_name(cast) == "Sud-Artois"
    runners["rename"] = rename
    client = cast.client("gestionnaire")
    assert "Reprendre ce travail" in client.get(job.get_absolute_url()).text
    assert client.post(f"{job.get_absolute_url()}reprendre/").status_code == 302
    jobs.run()
    assert fresh(cast, job).state == JobState.DONE
    assert short_name(cast) == "Renommée"


def test_an_unexpected_error_is_logged_by_the_queue_and_told_without_its_words(cast: Cast, jobs: Jobs, runners):
    def break_down(work: Any) -> None:
        raise RuntimeError("secret detail")

    runners["rename"] = break_down
    job = started(cast)
    with pytest.raises(RuntimeError):
        jobs.run()
    failed = fresh(cast, job)
    assert failed.state == JobState.FAILED
    assert "secret" not in failed.message


def test_stopping_before_and_during_the_work(cast: Cast, jobs: Jobs, runners):
    waiting = started(cast)
    client = cast.client("gestionnaire")
    assert client.post(f"{waiting.get_absolute_url()}annuler/").status_code == 302
    assert fresh(cast, waiting).state == JobState.CANCELLED
    jobs.run()
    assert short_name(cast) == "Sud-Artois"

    def stopped_meanwhile(work: Any) -> None:
        with work.acting():
            Organisation.objects.filter(key=work.params["key"]).update(short_name="À moitié")
            client.post(f"{work.job.get_absolute_url()}annuler/")
            work.progress(1, 3)

    runners["rename"] = stopped_meanwhile
    job = started(cast)
    jobs.run()
    # What asked to stop was in the same transaction here, so it is undone with the rest: only the end is looked at.
    assert fresh(cast, job).state == JobState.CANCELLED
    assert short_name(cast) == "Sud-Artois"


def test_a_done_job_cannot_be_asked_again(cast: Cast, jobs: Jobs, runners):
    from parties.jobs import resume_job

    runners["rename"] = rename
    job = started(cast)
    jobs.run()
    with cast.acting("gestionnaire"), pytest.raises(Conflict):
        resume_job(job=job, by=cast.actor("gestionnaire"))


def test_a_job_does_what_its_asker_may_do_when_it_runs(cast: Cast, jobs: Jobs, runners):
    def say_who(work: Any) -> None:
        with work.acting():
            work.finish(label=work.actor.label, scope=rls.current_context().scope)

    runners["who"] = say_who
    job = started(cast, "who", "finances_a")
    jobs.run()
    done = fresh(cast, job)
    assert done.result["label"] == cast.actor("finances_a").label
    assert done.result["scope"] == "organisation"
    closed = started(cast, "who", "finances_a")
    with cast.acting("gestionnaire"):
        cast.membership["finances_a"].closed_at = closed.created_at
        cast.membership["finances_a"].save()
    jobs.run()
    refused = fresh(cast, closed)
    assert refused.state == JobState.FAILED
    assert "accès" in refused.message


def test_the_result_file_is_given_to_who_asked_only(cast: Cast, jobs: Jobs, runners):
    from parties.jobs import keep_file

    def make_file(work: Any) -> None:
        with work.acting():
            name = keep_file(content=b"a;b\r\n", by=work.actor, suffix=".csv")
            assert keep_file(content=b"a;b\r\n", by=work.actor, suffix=".csv") == name
            work.finish(file=name, filename="plans.csv")

    runners["file"] = make_file
    job = started(cast, "file", "finances_a")
    url = f"{job.get_absolute_url()}fichier/"
    assert cast.client("finances_a").get(url).status_code == 404
    jobs.run()
    answer = cast.client("finances_a").get(url)
    assert (answer.content, answer["Content-Disposition"]) == (b"a;b\r\n", 'attachment; filename="plans.csv"')
    for other in ("admin_a", "finances_b", "gestionnaire", "gestionnaire_there"):
        assert cast.client(other).get(url).status_code == 404, other
    default_storage.delete(fresh(cast, job).result_file)


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_same_number_of_queries(cast: Cast, count: int, django_assert_max_num_queries):
    for _ in range(count):
        started(cast)
    client = cast.client("gestionnaire")
    with django_assert_max_num_queries(16):
        assert client.get("/travaux/").status_code == 200


# --- A killed process -------------------------------------------------------------------------------------------------


class Died(BaseException):
    """What stands for a killed process: nothing after it runs, not even the job's own last words."""


@pytest.mark.django_db(transaction=True)
def test_a_job_whose_process_died_is_taken_up_again_and_done_once(runners):
    cast = build_cast()
    system = Actor.system(Territory.objects.get(code="62")).context
    seen: list[tuple[int, str, bool]] = []

    def die(work: Any) -> None:
        with work.acting():
            Organisation.objects.filter(key=work.params["key"]).update(short_name="À moitié")
            work.progress(2, 2, "Presque fini")
            look(work.job.pk)
            raise Died

    def look(job_id: int) -> None:
        """What another process sees while the work's transaction is open."""
        with Line(job_id=job_id, context=system) as other:
            with other.connection.cursor() as cursor:
                cursor.execute("SELECT done, message FROM parties_job WHERE id = %s", [job_id])
                done, message = cursor.fetchone()
            seen.append((done, message, other.hold()))

    runners["rename"] = die
    job = started(cast)
    with pytest.raises(Died):
        running.run_job(territory_id=job.territory_id, job_id=job.pk)
    assert seen == [(2, "Presque fini", False)], "progress is seen at once, and nobody else may take the work"
    assert short_name(cast) == "Sud-Artois"
    assert fresh(cast, job).state == JobState.RUNNING, "nobody was there to say otherwise"

    runners["rename"] = rename
    assert running.resume_interrupted() == 1
    assert running.resume_interrupted() == 0, "once is enough"
    assert fresh(cast, job).state == JobState.WAITING
    running.run_job(territory_id=job.territory_id, job_id=job.pk)
    done = fresh(cast, job)
    assert (done.state, done.attempts) == (JobState.DONE, 2)
    assert short_name(cast) == "Renommée"
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE (args->>'job_id')::bigint = %s", [job.pk])
        assert cursor.fetchone() == (2,)


def test_a_job_that_kills_its_process_each_time_is_left_to_a_person(cast: Cast, runners):
    def die(work: Any) -> None:
        raise Died

    runners["rename"] = die
    job = started(cast)
    for _ in range(running.MOST_ATTEMPTS):
        with pytest.raises(Died):
            running.run_job(territory_id=job.territory_id, job_id=job.pk)
        running.resume_interrupted()
    left = fresh(cast, job)
    assert (left.state, left.attempts) == (JobState.INTERRUPTED, running.MOST_ATTEMPTS)
    assert "Reprendre ce travail" in cast.client("gestionnaire").get(job.get_absolute_url()).text
