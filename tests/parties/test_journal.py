"""The journal writes itself, says who acted, and cannot be written, changed or forged by the application."""

from __future__ import annotations

from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import Error, connection, transaction
from django.urls import reverse

from core import rls
from funding.models import FundingPlan, Share
from parties.actors import Actor
from parties.models import JournalEntry, Organisation, User
from posts.models import Post
from tests.api.test_acts import plan_body
from tests.cast import Cast

#: Protected tables that are not followed, and why.
NOT_FOLLOWED = {
    "conventions_avenanttransition": "append-only by its own trigger: a log itself",
    "conventions_calendarfeed": "a person's own address; frozen by its own trigger, its revocation is dated in the row",
    "conventions_calendarpreference": "which mails a person wants, theirs alone",
    "conventions_calendarreminder": "append-only by its own trigger",
    "conventions_comment": "a discussion about a text, not the text",
    "conventions_conventionending": "append-only by its own trigger",
    "conventions_approvalrule": "append-only by its own trigger: a log itself",
    "conventions_commentmessage": "append-only by its own trigger: a discussion",
    "conventions_deliberationfile": "append-only by its own trigger, addressed by its own hash",
    "conventions_readingreply": "append-only by its own trigger: an answer",
    "conventions_reviewsheet": "append-only by its own trigger: what was submitted",
    "conventions_conventionversion": "append-only by its own trigger, sealed by its own hash",
    "conventions_formdraft": "what somebody types before saving, theirs alone",
    "conventions_signature": "append-only by its own trigger",
    "conventions_transition": "append-only by its own trigger: a log itself",
    "funding_advance": "append-only by its own trigger",
    "funding_batchcancellation": "append-only by its own trigger",
    "funding_batchline": "append-only by its own trigger",
    "funding_exportbatch": "append-only by its own trigger",
    "funding_findinganswer": "append-only by its own trigger",
    "funding_grantaccountevent": "append-only by its own trigger: a log itself",
    "funding_grantevent": "append-only by its own trigger: a log itself",
    "funding_grantpayment": "append-only by its own trigger",
    "funding_grantrepayment": "append-only by its own trigger",
    "funding_planamendment": "append-only by its own trigger",
    "funding_planevent": "append-only by its own trigger: a log itself",
    "funding_planversion": "append-only by its own trigger: what a plan was before a save",
    "funding_scenario": "a study, not money: its adoption goes through the plans, which are followed",
    "funding_scenarioplan": "a study: what the plans it reads were",
    "funding_shareamendment": "append-only by its own trigger",
    "funding_receipt": "append-only by its own trigger",
    "funding_returnfile": "append-only by its own trigger, addressed by its own hash",
    "funding_returnimport": "append-only by its own trigger",
    "funding_titreevent": "append-only by its own trigger: a log itself",
    "posts_activitycell": "counts of a return, which is followed with the totals computed from them",
    "posts_monthstep": "append-only by its own trigger: a log itself",
    "parties_apitoken": "frozen by its own trigger; its revocation is dated in the row",
    "parties_invitation": "what happens to it is in parties_memberevent",
    "parties_job": "how far a long work is; what it changes is followed where it changes it",
    "parties_journalentry": "the journal",
    "parties_journalcut": "the journal",
    "parties_journalhead": "the journal",
    "parties_memberevent": "append-only by its own trigger: a log itself",
    "parties_signinrule": "append-only by its own trigger: a log itself",
    "reporting_bilantext": "words, not figures: who wrote them and who read them again is in the row",
    "reporting_forecaststatement": "append-only by its own trigger, addressed by its own hash",
    "reporting_circuitevent": "append-only by its own trigger: a log itself",
    "reporting_signatureevidence": "append-only by its own trigger, sealed by its own hash",
    "reporting_signedfile": "append-only by its own trigger, addressed by its own hash",
    "reporting_papercopy": "append-only by its own trigger, addressed by its own hash",
    "reporting_signaturecircuit": "what happens to it is in reporting_circuitevent",
    "reporting_signaturestep": "what happens to it is in reporting_circuitevent",
    "reporting_signinglink": "what happens to it is in reporting_circuitevent",
    "reporting_delegation": "what happens to it is in reporting_circuitevent",
    "reporting_onetimecode": "secrets of a few minutes; sending and use are in reporting_circuitevent",
    "reporting_scanbatch": "a file received, addressed by its own hash",
    "reporting_scanpage": "how the pages of a scan were read; the copy kept from them is append-only",
    "reporting_reportstep": "append-only by its own trigger: a log itself",
    "reporting_document": "append-only by its own trigger, addressed by its own hash",
}


def sql(statement: str, *params: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall() if cursor.description else cursor.rowcount


def entries(table: str, **conditions: Any) -> list[JournalEntry]:
    """Oldest first, of the acting territory."""
    return list(JournalEntry.objects.filter(table_name=table, **conditions).order_by("id"))


def test_every_protected_table_is_followed_or_not_for_a_written_reason(db):
    protected = {
        name
        for (name,) in sql(
            "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
            " WHERE a.attname = 'territory_id' AND c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace"
        )
    }
    followed = {
        table
        for (table,) in sql(
            "SELECT t.tgrelid::regclass::text FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid"
            " WHERE p.proname = 'cosigne_journal'"
        )
    }
    assert followed - protected == {"parties_user", "parties_platformmembership", "parties_platformevent"}
    assert protected - followed == set(NOT_FOLLOWED), "a new table: follow it (core.journal.journalled) or say why not"


# --- What is written --------------------------------------------------------------------------------------------------


def test_a_change_says_before_and_after_of_what_changed_only(cast: Cast):
    with cast.acting("gestionnaire"):
        share = Share.objects.filter(plan=cast.plan["d"]).order_by("pk").first()
        assert share is not None
        before = share.amount
        share.amount = Decimal("15000.10")
        share.save()
        entry = entries("funding_share", row_id=share.pk, action="update")[-1]
        assert entry.changes == {"amount": [before, Decimal("15000.10")]}
        assert all(isinstance(value, Decimal) for value in entry.changes["amount"])
        assert (entry.root_table, entry.root_id) == ("funding_fundingplan", cast.plan["d"].pk)
        assert entry.row_uuid == share.uuid
        count = JournalEntry.objects.count()
        share.save()
        assert JournalEntry.objects.count() == count, "nothing changed but the date of the save"


def test_a_creation_and_a_deletion_keep_every_value(cast: Cast):
    with cast.acting("gestionnaire"):
        made = Organisation.objects.create(territory=cast.territory["here"], kind="other", name="Maison", key="m")
        pk = made.pk
        made.delete()
        created, removed = entries("parties_organisation", row_id=pk)
        assert (created.action, removed.action) == ("insert", "delete")
        assert created.changes["name"] == [None, "Maison"]
        assert removed.changes["name"] == ["Maison", None]
        assert "territory_id" not in created.changes


def test_bulk_and_raw_updates_are_written_too(cast: Cast):
    with cast.acting("gestionnaire"):
        shares = Share.objects.filter(plan=cast.plan["d"])
        assert shares.update(footnote="Voté") == 2
        written = entries("funding_share", root_id=cast.plan["d"].pk, action="update")
        assert [entry.changes for entry in written] == [{"footnote": ["", "Voté"]}] * 2
        assert sql("UPDATE funding_fundingplan SET note = 'à la main' WHERE id = %s", cast.plan["d"].pk) == 1
        [raw] = entries("funding_fundingplan", row_id=cast.plan["d"].pk, action="update")
        assert raw.changes == {"note": ["", "à la main"]}
        assert raw.actor == cast.actor("gestionnaire").label
        Post.objects.bulk_update([Post(pk=cast.post["d"].pk, label="Poste renommé")], ["label"])
        assert entries("posts_post", action="update")[-1].changes == {"label": ["Poste D", "Poste renommé"]}


def test_what_is_undone_leaves_no_entry(cast: Cast):
    with cast.acting("gestionnaire"):
        count = JournalEntry.objects.count()
        with transaction.atomic():
            Share.objects.filter(plan=cast.plan["d"]).update(footnote="Voté")
            assert JournalEntry.objects.count() == count + 2
            transaction.set_rollback(True)
        assert JournalEntry.objects.count() == count


def test_a_password_is_never_written(cast: Cast):
    person = cast.user["gestionnaire"]
    with cast.acting("gestionnaire"):
        person.set_password("un autre mot de passe 62")
        person.save()
        [entry] = entries("parties_user", row_id=person.pk)
        assert entry.changes == {"password": ["***", "***"]}
        assert entry.territory == cast.territory["here"]
        User.objects.filter(pk=person.pk).update(last_login="2026-01-01 00:00Z")
        assert len(entries("parties_user", row_id=person.pk)) == 1, "a sign-in is not a change of the account"
    with rls.acting(rls.Context(scope="platform")):
        created = JournalEntry.objects.get(table_name="parties_user", row_id=person.pk)
        assert created.changes["password"] == [None, "***"]


# --- Who acted --------------------------------------------------------------------------------------------------------


def test_the_person_behind_a_page_is_written(cast: Cast):
    client = cast.client("gestionnaire")
    url = reverse("organisation-edit", args=[cast.org["association"].uuid])
    form = client.get(url).context["form"]
    data = {name: value for name in form.fields if (value := form[name].value()) is not None}
    response = client.post(url, {**data, "name": "France Victimes du Nord"})
    assert response.status_code == 302, response.content.decode()
    with cast.acting("gestionnaire"):
        [entry] = entries("parties_organisation", row_id=cast.org["association"].pk, action="update")
        assert entry.changes == {"name": ["France Victimes 62", "France Victimes du Nord"]}
        assert (entry.user, entry.actor) == (cast.user["gestionnaire"], "Gestionnaire (Département)")


def test_the_person_behind_the_api_is_written(cast: Cast):
    client = cast.client("gestionnaire")
    response = client.post(reverse("api-plan-list"), plan_body(cast), content_type="application/json")
    assert response.status_code == 201, response.content.decode()
    with cast.acting("gestionnaire"):
        plan = FundingPlan.objects.latest("pk")
        written = JournalEntry.objects.filter(root_table="funding_fundingplan", root_id=plan.pk)
        assert {"funding_fundingplan", "funding_planpost", "funding_costcomponent", "funding_share"} == set(
            written.values_list("table_name", flat=True).order_by()
        )
        by = {(entry.user, entry.actor) for entry in written.select_related("user")}
        assert by == {(cast.user["gestionnaire"], "Gestionnaire (Département)")}


def test_a_command_says_so(cast: Cast, tmp_path: Path):
    where = {"organisation": "200035442", "year": 2026, "format": "csv", "output": tmp_path / "titres.csv"}
    call_command("export_titres", territory="62", stdout=StringIO(), stderr=StringIO(), **where)
    with cast.acting("gestionnaire"):
        entry = entries("funding_titre", row_id=cast.titre["a_departement"].pk, action="update")[-1]
        assert entry.changes["status"] == ["pret", "exporte"]
        assert (entry.user, entry.actor) == (None, "Commande d'exploitation")


def test_a_job_says_so_even_when_a_person_s_request_started_it(cast: Cast):
    """What jobs do (reporting/tasks.py): they enter their territory as the system, whoever acted around."""
    with cast.acting("gestionnaire"), rls.acting(Actor.system(cast.territory["here"]).context):
        FundingPlan.objects.filter(pk=cast.plan["d"].pk).update(note="Tâche")
        entry = entries("funding_fundingplan", row_id=cast.plan["d"].pk, action="update")[-1]
        assert (entry.user, entry.actor) == (None, "Commande d'exploitation")


def test_a_context_without_words_gives_the_account_s_name(cast: Cast):
    by = cast.actor("gestionnaire").context
    with rls.acting(rls.Context(by.territory_id, by.scope, by.organisation_id, by.user_id)):
        Share.objects.filter(plan=cast.plan["d"]).update(footnote="Voté")
        assert entries("funding_share", action="update")[-1].actor == "Gestionnaire"


# --- Who reads it, and nobody writes it -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["instructeur", "finances_a", "partenaire", "employeur_a"])
def test_only_the_managers_of_the_territory_read_it(cast: Cast, name: str):
    with cast.acting("gestionnaire"):
        assert JournalEntry.objects.exists()
        assert not JournalEntry.objects.exclude(territory=cast.territory["here"]).exists()
    with cast.acting(name):
        assert not JournalEntry.objects.exists()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE parties_journalentry SET actor = 'Un autre'",
        "DELETE FROM parties_journalentry",
        "TRUNCATE parties_journalentry",
        "INSERT INTO parties_journalentry SELECT * FROM parties_journalentry LIMIT 1",
        "UPDATE parties_journalhead SET seq = 0",
        "DELETE FROM parties_journalhead",
        "ALTER TABLE funding_share DISABLE TRIGGER funding_share_journal",
        "DROP TRIGGER funding_share_journal ON funding_share",
        "SET session_replication_role = replica",
        # A temporary table is the runtime role's own: a trigger of its making on it would forge entries.
        "CREATE TEMPORARY TABLE forged (id bigint); CREATE TRIGGER t AFTER INSERT ON forged FOR EACH ROW"
        " EXECUTE FUNCTION cosigne_journal('', '', '', '')",
        "CREATE TEMPORARY TABLE sealed (id bigint); CREATE TRIGGER t AFTER INSERT ON sealed FOR EACH ROW"
        " EXECUTE FUNCTION cosigne_journal_seal()",
        "CREATE TEMPORARY TABLE queued (id bigint); CREATE TRIGGER t AFTER INSERT ON queued FOR EACH ROW"
        " EXECUTE FUNCTION cosigne_journal_queue()",
    ],
)
def test_the_application_cannot_touch_it(cast: Cast, statement: str):
    with (
        cast.acting("gestionnaire"),
        pytest.raises(Error, match=r"permission denied|must be owner"),
        transaction.atomic(),
    ):
        sql(statement)
