"""What is about people is kept as long as the register says, then erased; acts keep their author's words."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import StringIO

import psycopg
import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from asgiref.sync import async_to_sync
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.db.utils import IntegrityError, ProgrammingError
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from core import rls
from core.tasks import retry_stalled_jobs
from funding.models import Share
from parties.journal import verify_journal
from parties.models import Invitation, JournalCut, JournalEntry, Membership, SignIn, User
from parties.retention import rules
from parties.services import apply_retention
from parties.tasks import send_password_reset
from tests.cast import Cast, build_cast

YEAR = dt.timedelta(days=366)


def later(months: int) -> dt.datetime:
    return timezone.now() + dt.timedelta(days=31 * months)


def test_nothing_young_is_touched(cast: Cast):
    assert set(apply_retention().values()) == {0}


def test_ended_sessions_and_counters_go(cast: Cast):
    client = cast.client("finances_a")
    Client().post("/connexion/", {"username": "personne@exemple.fr", "password": "faux"})
    assert client.get("/").status_code == 200
    apply_retention(now=later(12))
    assert client.get("/").status_code == 302
    with rls.acting(rls.Context(user_id=cast.membership["finances_a"].user.pk)):
        assert not SignIn.objects.exists()


def test_the_address_of_an_old_invitation_goes(cast: Cast):
    with cast.acting("gestionnaire"):
        organisation = cast.membership["finances_a"].organisation
        now = timezone.now()
        invitation = Invitation.objects.create(
            organisation=organisation, email="venue@exemple.fr", role="finances", token_hash="0" * 64, sent_at=now,
            expires_at=now + dt.timedelta(days=14),
        )  # fmt: skip
    assert apply_retention(now=later(12))["invitations"] == 0
    assert apply_retention(now=later(14))["invitations"] == 1
    assert apply_retention(now=later(14))["invitations"] == 0
    with cast.acting("gestionnaire"):
        invitation.refresh_from_db()
        assert invitation.email == f"invitation-{invitation.pk}@efface.invalid"


def test_an_account_that_opens_nothing_is_erased_and_its_acts_stay(cast: Cast):
    user = cast.membership["finances_a"].user
    name = user.name
    with cast.acting("gestionnaire"):
        Membership.objects.filter(user=user).update(closed_at=timezone.now())
    with rls.acting(rls.Context(user_id=user.pk)):
        Authenticator.objects.create(user=user, type=Authenticator.Type.RECOVERY_CODES, data={})
        SocialAccount.objects.create(user=user, provider="proconnect", uid="abc")
    assert apply_retention(now=later(23))["accounts"] == 0
    with rls.acting(rls.Context(user_id=user.pk)):
        assert Authenticator.objects.filter(user_id=user.pk).exists()
    erased = apply_retention(now=later(26))["accounts"]
    user.refresh_from_db()
    assert (user.name, user.email, user.is_active) == (
        f"Personne effacée (n° {user.pk})", f"compte-{user.pk}@efface.invalid", False,
    )  # fmt: skip
    assert name != user.name
    assert not user.has_usable_password()
    with rls.acting(rls.Context(user_id=user.pk)):
        assert not Authenticator.objects.filter(user_id=user.pk).exists()
        assert not SocialAccount.objects.filter(user_id=user.pk).exists()
    # Whoever still has an access in force stays, however long ago they came.
    assert User.objects.filter(is_active=False).count() == erased
    assert cast.membership["gestionnaire"].user in User.objects.filter(is_active=True)
    assert apply_retention(now=later(26))["accounts"] == 0


def test_a_recent_visit_keeps_an_account(cast: Cast):
    user = cast.membership["finances_a"].user
    with cast.acting("gestionnaire"):
        Membership.objects.filter(user=user).update(closed_at=timezone.now())
    User.objects.filter(pk=user.pk).update(last_login=later(20))
    apply_retention(now=later(26))
    assert User.objects.get(pk=user.pk).is_active


def test_finished_jobs_go_and_waiting_ones_stay(cast: Cast):
    done = send_password_reset.defer(user_id=None, site="https://exemple.fr")
    waiting = send_password_reset.defer(user_id=None, site="https://exemple.fr")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'succeeded' WHERE id = %s", [done])
    assert apply_retention(now=later(1))["jobs"] == 0
    assert apply_retention(now=later(5))["jobs"] >= 1
    assert set(ProcrastinateJob.objects.filter(id__in=[done, waiting]).values_list("id", flat=True)) == {waiting}


def test_the_command_counts_without_erasing(cast: Cast):
    with cast.acting("gestionnaire"):
        Membership.objects.filter(user=cast.membership["finances_a"].user).update(closed_at=timezone.now() - 4 * YEAR)
    User.objects.update(created_at=timezone.now() - 4 * YEAR, last_login=None)
    trial, real = StringIO(), StringIO()
    call_command("apply_retention", "--dry-run", stdout=trial)
    assert "Essai seulement" in trial.getvalue()
    assert re.search(r"2 ans\) : [1-9]", trial.getvalue())
    assert User.objects.get(pk=cast.membership["finances_a"].user.pk).is_active
    call_command("apply_retention", stdout=real)
    assert trial.getvalue().startswith(real.getvalue())
    assert not User.objects.get(pk=cast.membership["finances_a"].user.pk).is_active


def test_each_rule_says_how_long_in_words():
    lengths = {code: rule.length for code, rule in rules().items()}
    assert lengths == {
        "sessions": "aucune", "invitations": "un an", "accounts": "2 ans", "jobs": "3 mois", "journal": "10 ans",
    }  # fmt: skip


# --- The journal's beginning ------------------------------------------------------------------------------------------


def cut(territory: int | None, before: dt.datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT cosigne_journal_cut(%s, %s)", [territory, before])
        return int(cursor.fetchone()[0])


def test_the_application_cannot_cut_what_is_young_nor_write_a_cut(cast: Cast):
    with cast.acting("gestionnaire"):
        with pytest.raises(IntegrityError, match="cinq ans"), transaction.atomic():
            cut(cast.territory["here"].pk, timezone.now() - 4 * YEAR)
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            JournalCut.objects.create(at=timezone.now(), before=timezone.now(), seq=3, hash="", count=3)
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            connection.cursor().execute("SET LOCAL cosigne.journal_cut = 'on'; DELETE FROM parties_journalentry")


@pytest.mark.django_db(transaction=True)
def test_the_oldest_entries_go_and_the_rest_still_verifies(owner_connection: psycopg.Connection):
    owner, world = owner_connection, build_cast()
    here = world.territory["here"]
    with world.acting("gestionnaire"):
        Share.objects.filter(plan=world.plan["d"]).update(footnote="Voté")
        before = JournalEntry.objects.count()
    # Ten years later: nobody can write an old date, so the limit is moved instead of the entries' dates.
    age(owner, here.pk, 40)
    assert verify_journal(here).problems != []  # the seals tell that they were aged by hand
    reseal(owner, here.pk)
    assert verify_journal(here).problems == []
    assert apply_retention()["journal"] == 40
    with world.acting("gestionnaire"):
        assert JournalEntry.objects.count() == before - 40
        assert JournalCut.objects.get().seq == 40
    assert verify_journal(here).problems == []
    assert apply_retention()["journal"] == 0
    # Who removes one more entry is still found out.
    with owner.transaction():
        owner.execute("ALTER TABLE parties_journalentry DISABLE TRIGGER USER")
        owner.execute("DELETE FROM parties_journalentry WHERE territory_id = %s AND seq = 41", [here.pk])
        owner.execute("SET CONSTRAINTS ALL IMMEDIATE")
        owner.execute("ALTER TABLE parties_journalentry ENABLE TRIGGER USER")
    assert "n° 41 : retirée" in verify_journal(here).problems[0]


def age(owner: psycopg.Connection, territory: int, last: int) -> None:
    with owner.transaction():
        owner.execute("ALTER TABLE parties_journalentry DISABLE TRIGGER USER")
        owner.execute(
            "UPDATE parties_journalentry SET at = at - interval '11 years' WHERE territory_id = %s AND seq <= %s",
            [territory, last],
        )
        owner.execute("SET CONSTRAINTS ALL IMMEDIATE")
        owner.execute("ALTER TABLE parties_journalentry ENABLE TRIGGER USER")


def reseal(owner: psycopg.Connection, territory: int) -> None:
    """What the database's owner can do and nobody else: seal a whole chain again."""
    with owner.transaction():
        owner.execute("ALTER TABLE parties_journalentry DISABLE TRIGGER USER")
        previous = ""
        numbers = owner.execute(
            "SELECT seq FROM parties_journalentry WHERE territory_id = %s ORDER BY seq", [territory]
        ).fetchall()
        for (seq,) in numbers:
            owner.execute(
                "UPDATE parties_journalentry SET previous_hash = %s WHERE territory_id = %s AND seq = %s",
                [previous, territory, seq],
            )
            [(previous,)] = owner.execute(
                "UPDATE parties_journalentry e SET hash ="
                " encode(sha256(convert_to(cosigne_journal_text(e), 'UTF8')), 'hex')"
                " WHERE territory_id = %s AND seq = %s RETURNING hash",
                [territory, seq],
            ).fetchall()
        owner.execute("UPDATE parties_journalhead SET hash = %s WHERE territory_id = %s", [previous, territory])
        owner.execute("SET CONSTRAINTS ALL IMMEDIATE")
        owner.execute("ALTER TABLE parties_journalentry ENABLE TRIGGER USER")


# --- A worker that died -----------------------------------------------------------------------------------------------


def in_another_thread(act: Callable[[], None]) -> None:
    """A browser test may have left an event loop in this one, where Django's asynchronous bridge refuses to work."""

    def run() -> None:
        try:
            act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(run).result()


@pytest.mark.django_db(transaction=True)
def test_the_job_of_a_dead_worker_goes_back_to_the_queue():
    taken, held = (send_password_reset.defer(user_id=None, site="https://exemple.fr") for _ in range(2))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat)"
            " VALUES (now() - interval '5 minutes'), (now()) RETURNING id"
        )
        (dead,), (alive,) = cursor.fetchall()
        for worker, job in ((dead, taken), (alive, held)):
            cursor.execute(
                "UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s WHERE id = %s", [worker, job]
            )
    in_another_thread(lambda: async_to_sync(retry_stalled_jobs.func)(timestamp=0))
    states = dict(ProcrastinateJob.objects.filter(id__in=[taken, held]).values_list("id", "status"))
    assert states == {taken: "todo", held: "doing"}
