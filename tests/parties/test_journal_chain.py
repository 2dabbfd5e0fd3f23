"""`verify_journal` finds what the owner of the database, who can switch triggers off, did to the journal."""

from __future__ import annotations

import threading
import time
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from core import rls
from funding.models import CostComponent, FundingPlan, Share
from parties.journal import verify_journal
from parties.models import JournalEntry, JournalHead
from tests.cast import Cast, build_cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> Cast:
    return build_cast()


def verify(*arguments: str) -> tuple[str, str, bool]:
    """(standard output, error output, sound)."""
    out, err = StringIO(), StringIO()
    try:
        call_command("verify_journal", *arguments, stdout=out, stderr=err)
    except CommandError:
        return out.getvalue(), err.getvalue(), False
    return out.getvalue(), err.getvalue(), True


def tamper(owner: psycopg.Connection, statement: str, *params: Any) -> None:
    """As the owner, triggers off."""
    with owner.transaction():
        owner.execute("ALTER TABLE parties_journalentry DISABLE TRIGGER USER")
        assert owner.execute(statement, params).rowcount > 0
        owner.execute("SET CONSTRAINTS ALL IMMEDIATE")
        owner.execute("ALTER TABLE parties_journalentry ENABLE TRIGGER USER")


def here(world: Cast) -> int:
    return world.territory["here"].pk


def test_what_was_committed_is_numbered_chained_and_sound(world: Cast):
    with world.acting("gestionnaire"):
        Share.objects.filter(plan=world.plan["d"]).update(footnote="Voté")
    with world.acting("gestionnaire"):
        seqs = list(JournalEntry.objects.order_by("id").values_list("seq", flat=True))
        assert seqs == list(range(1, len(seqs) + 1))
        assert JournalHead.objects.get().seq == len(seqs) > 100
    for territory in (world.territory["here"], world.territory["there"], None):
        found = verify_journal(territory)
        assert found.problems == []
        assert found.count > 0
    out, err, sound = verify()
    assert sound
    assert not err
    assert "Journal Pas-de-Calais (62) :" in out
    assert "Journal hors territoire :" in out
    assert "intact" in out


def test_an_entry_changed_is_named(world: Cast, owner_connection: psycopg.Connection):
    tamper(
        owner_connection,
        "UPDATE parties_journalentry SET changes = '{}' WHERE territory_id = %s AND seq = 7",
        here(world),
    )
    _, err, sound = verify("--territory", "62")
    assert not sound
    assert "Écriture n° 7 (" in err
    assert "modifiée" in err
    assert len(err.strip().splitlines()) == 1
    assert verify("--territory", "80")[2], "the other territory's chain is its own"


@pytest.mark.parametrize(
    "change",
    [
        "actor = 'Personne'",
        "at = at + interval '1 microsecond'",
        "user_id = 1",
        "row_id = row_id + 1",
        "transaction = 1",
        "hash = repeat('0', 64)",
        "previous_hash = repeat('0', 64)",
    ],
)
def test_any_column_changed_is_found(world: Cast, owner_connection: psycopg.Connection, change: str):
    tamper(
        owner_connection,
        f"UPDATE parties_journalentry SET {change} WHERE territory_id = %s AND seq = 7",
        here(world),
    )
    assert "Écriture n° 7 (" in verify("--territory", "62")[1]


def test_a_changed_entry_with_its_hash_made_again_breaks_the_next(world: Cast, owner_connection: psycopg.Connection):
    tamper(
        owner_connection,
        "UPDATE parties_journalentry SET actor = 'Un autre' WHERE territory_id = %s AND seq = 7",
        here(world),
    )
    tamper(
        owner_connection,
        "UPDATE parties_journalentry e SET hash = encode(sha256(convert_to(cosigne_journal_text(e), 'UTF8')), 'hex')"
        " WHERE territory_id = %s AND seq = 7",
        here(world),
    )
    _, err, sound = verify("--territory", "62")
    assert not sound
    assert "Écriture n° 8 (" in err
    assert "ne suit pas l'écriture n° 7" in err


def test_entries_removed_are_named(world: Cast, owner_connection: psycopg.Connection):
    tamper(
        owner_connection,
        "DELETE FROM parties_journalentry WHERE territory_id = %s AND seq BETWEEN 5 AND 6",
        here(world),
    )
    _, err, sound = verify("--territory", "62")
    assert not sound
    assert "Écritures n° 5 à 6, chacune : retirée du journal." in err


def test_the_end_removed_is_found(world: Cast, owner_connection: psycopg.Connection):
    last = verify_journal(world.territory["here"]).count
    tamper(
        owner_connection,
        "DELETE FROM parties_journalentry WHERE territory_id = %s AND seq >= %s",
        here(world),
        last,
    )
    _, err, sound = verify("--territory", "62")
    assert not sound
    assert f"Écriture n° {last} : retirée de la fin du journal." in err


COPY = (
    "INSERT INTO parties_journalentry (territory_id, seq, at, action, table_name, row_id, row_uuid, root_table,"
    " root_id, changes, user_id, actor, transaction, previous_hash, hash) SELECT territory_id, {seq}, at, action,"
    " table_name, row_id, row_uuid, root_table, root_id, changes, user_id, actor, transaction, previous_hash, hash"
    " FROM parties_journalentry WHERE territory_id = %s AND seq = {copied}"
)


def test_an_entry_inserted_at_the_end_or_without_a_number_is_found(world: Cast, owner_connection: psycopg.Connection):
    last = verify_journal(world.territory["here"]).count
    tamper(owner_connection, COPY.format(seq=last + 1, copied=last), here(world))
    _, err, sound = verify("--territory", "62")
    assert not sound
    assert f"Écriture n° {last + 1} (" in err
    assert "ajoutée après la dernière écriture scellée" in err
    tamper(owner_connection, COPY.format(seq="NULL", copied=last), here(world))
    assert "Écriture sans numéro" in verify("--territory", "62")[1]


def test_an_entry_inserted_in_the_middle_is_found(world: Cast, owner_connection: psycopg.Connection):
    # Renumbered from the end, as unicity demands.
    tamper(
        owner_connection,
        "UPDATE parties_journalentry SET seq = -seq - 1 WHERE territory_id = %s AND seq >= 7",
        here(world),
    )
    tamper(
        owner_connection, "UPDATE parties_journalentry SET seq = -seq WHERE territory_id = %s AND seq < 0", here(world)
    )
    tamper(owner_connection, COPY.format(seq=7, copied=3), here(world))
    _, err, sound = verify("--territory", "62")
    assert not sound
    assert "Écriture n° 7 (" in err
    assert "insérée" in err


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE parties_journalentry SET actor = 'X'",
        "DELETE FROM parties_journalentry",
        COPY.format(seq="NULL", copied=3).replace("%s", "territory_id"),
    ],
)
def test_the_owner_does_not_touch_it_by_accident(world: Cast, owner_connection: psycopg.Connection, statement: str):
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="ne s'écrit pas et ne se modifie pas"):
        owner_connection.execute(statement)


def test_a_change_made_outside_the_application_is_written_as_such(world: Cast, owner_connection: psycopg.Connection):
    owner_connection.execute("UPDATE funding_titre SET amount = 1 WHERE entry_id = 'titre-a_departement'")
    with world.acting("gestionnaire"):
        entry = JournalEntry.objects.filter(table_name="funding_titre").latest("id")
        assert entry.actor == "SQL direct (cosigne_owner)"
        assert [str(value) for value in entry.changes["amount"]] == ["14000.00", "1.00"]
    assert verify()[2]


def test_two_transactions_at_once_make_one_chain(world: Cast):
    """Each writes many entries before either commits: numbers are given at the end, without a hole."""
    from tests.funding.test_titre_concurrency import together

    by = world.actor("gestionnaire")

    def change() -> int:
        return Share.objects.filter(plan=world.plan["d"]).update(footnote="Voté")

    together(by, change)
    assert verify()[2]


def test_sealing_waits_for_nothing_a_writer_of_the_territory_holds(world: Cast):
    """One holds a plan's row; the other, ending, waits for it to check a foreign key; the first ends: no deadlock."""
    plan, context = world.plan["d"], world.actor("gestionnaire").context
    held, outcome = threading.Event(), []

    def add_costs() -> None:
        try:
            held.wait(30)
            with rls.acting(context):
                # Sealed as it comes, this first entry would hold the chain during the check of the second row.
                Share.objects.filter(plan=world.plan["a"]).update(footnote="Voté")
                CostComponent.objects.create(plan=plan, label="Véhicule", amount=1)
            outcome.append("done")
        except Exception as error:
            outcome.append(repr(error))
        finally:
            connection.close()

    other = threading.Thread(target=add_costs)
    other.start()
    with rls.acting(context):
        FundingPlan.objects.select_for_update().get(pk=plan.pk)
        FundingPlan.objects.filter(pk=plan.pk).update(note="Voté")
        held.set()
        wait_until_blocked()
    other.join(60)
    assert outcome == ["done"]
    assert verify()[2]


def wait_until_blocked() -> None:
    """Until another connection of this database waits for a lock of ours."""
    for _ in range(600):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
            )
            if cursor.fetchone() != (0,):
                return
        time.sleep(0.05)
    pytest.fail("the other transaction never waited: the test proves nothing")


def test_an_unknown_territory_is_said(world: Cast):
    with pytest.raises(CommandError, match=r"Le territoire 99 n'existe pas ici\. Territoires ouverts : 62, 80\."):
        call_command("verify_journal", "--territory", "99")
