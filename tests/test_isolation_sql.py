"""Isolation, tried with raw SQL on the application's own connection.

What this protects against: a query that forgets its filter, an injected condition, a raw UPDATE or an INSERT of a whole
row stay inside what the acting person may see and change. What it does not: a program that may run *any* SQL as the
runtime role can call ``set_config`` and say it acts for somebody else, since that is how the application says it. The
wall is against mistakes of our code and injected fragments of a statement, not against whoever holds the database's
password; that one still cannot lift the policies, own anything, reach the system or empty a table: see
tests/test_runtime_role.py.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import Error, connection, transaction
from django.db.utils import ProgrammingError

from conventions.enums import AnnexKind, ConventionAct, Status
from conventions.models import (
    Annex,
    ApprovalRule,
    Avenant,
    AvenantChange,
    AvenantTransition,
    CalendarFeed,
    CalendarPreference,
    CalendarReminder,
    CalendarRule,
    CommentMessage,
    CommissionFile,
    ConventionClause,
    ConventionEnding,
    Decision,
    DecisionConvention,
    Deliberation,
    FormDraft,
    ModelChoice,
    ReadingReply,
    ReportSchedule,
    ReviewSheet,
    SigningPractice,
    Transition,
)
from core import rls
from funding.enums_grants import RuleKind
from funding.models import (
    Advance,
    BatchCancellation,
    BatchLine,
    BudgetImputation,
    BudgetLine,
    ExerciseClosing,
    FindingAnswer,
    GrantAccountEvent,
    GrantPayment,
    GrantRepayment,
    GrantRule,
    PlanAmendment,
    PlanEvent,
    PlanVersion,
    Receipt,
    ReturnImport,
    Share,
    ShareAmendment,
    Titre,
    TitreEvent,
    TitrePolicy,
)
from parties.models import Job, Membership, SignInRule
from posts.models import ActivityCell, ImportMapping, MonthStep, PeriodPeople, PostCoverage
from reporting.models import BilanText, Delegation, Document, OneTimeCode, ReportStep, SignedFile
from tests.cast import YEAR, make_titre
from tests.routes import EPCI, OWNERS, PAST, STAFF, Scene, shared_scene, undone  # noqa: F401

#: Tables everybody of the territory reads: the directory and the models of text. Nobody but staff writes them.
SHARED = {
    "parties_organisation",
    "parties_mandate",
    "posts_serviceunit",
    "conventions_template",
    "conventions_calendarrule",
    "conventions_clause",
    "conventions_modelchoice",
    "funding_grantrule",
    "parties_signinrule",
}
CONVENTION = "convention_id IN (SELECT id FROM conventions_convention WHERE uuid = %(convention)s)"
POST = "post_id IN (SELECT id FROM posts_post WHERE uuid = %(post)s)"
PLAN = "plan_id IN (SELECT id FROM funding_fundingplan WHERE uuid = %(plan)s)"
VERSION = f"(SELECT id FROM conventions_conventionversion WHERE {CONVENTION})"
CIRCUIT = f"(SELECT id FROM reporting_signaturecircuit WHERE version_id IN {VERSION})"
STEP = f"(SELECT id FROM reporting_signaturestep WHERE circuit_id IN {CIRCUIT})"
AVENANT = f"(SELECT id FROM conventions_avenant WHERE {CONVENTION})"
GRANT = "grant_id IN (SELECT id FROM funding_grant WHERE financer_id = %(epci)s)"
ACCOUNT = "plan_id IN (SELECT plan_id FROM funding_grant WHERE financer_id = %(epci)s)"
OF_ACCOUNT = f"account_id IN (SELECT id FROM funding_grantaccount WHERE {ACCOUNT})"
#: What an EPCI pays to an association: theirs, and the association's.
GRANTS = {
    "funding_grant": "financer_id = %(epci)s",
    "funding_grantinstalment": GRANT,
    "funding_grantevent": GRANT,
    "funding_grantpayment": GRANT,
    "funding_grantrepayment": GRANT,
    "funding_dedicatedfund": "financer_id = %(epci)s",
    "funding_grantaccount": ACCOUNT,
    "funding_grantaccountline": OF_ACCOUNT,
    "funding_grantaccountevent": OF_ACCOUNT,
}
#: Every other protected table → its rows that belong to one EPCI. A new table must say which these are.
SENT_AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
MEMBERSHIP = "membership_id IN (SELECT id FROM parties_membership WHERE organisation_id = %(epci)s)"
OWN = {
    "parties_membership": "organisation_id = %(epci)s",
    "parties_apitoken": "organisation_id = %(epci)s",
    "parties_job": "organisation_id = %(epci)s",
    "posts_post": "uuid = %(post)s",
    "posts_postunit": POST,
    "posts_postcoverage": POST,
    "posts_occupancy": POST,
    "posts_activityreturn": POST,
    "posts_activitycell": f"activity_id IN (SELECT id FROM posts_activityreturn WHERE {POST})",
    "posts_monthstep": POST,
    "posts_periodpeople": POST,
    "posts_importmapping": "organisation_id = %(epci)s",
    "funding_allocationkey": "uuid = %(key)s",
    "funding_allocationkeyline": "allocation_key_id IN (SELECT id FROM funding_allocationkey WHERE uuid = %(key)s)",
    "funding_budgetline": "organisation_id = %(epci)s",
    "funding_budgetimputation": (
        "budget_line_id IN (SELECT id FROM funding_budgetline WHERE organisation_id = %(epci)s)"
    ),
    "funding_fundingplan": "uuid = %(plan)s",
    "funding_planpost": PLAN,
    "funding_costcomponent": PLAN,
    "funding_share": PLAN,
    "funding_planevent": PLAN,
    "funding_planamendment": PLAN,
    "funding_shareamendment": f"amendment_id IN (SELECT id FROM funding_planamendment WHERE {PLAN})",
    "funding_planversion": PLAN,
    "funding_scenarioplan": PLAN,
    "funding_scenario": f"id IN (SELECT scenario_id FROM funding_scenarioplan WHERE {PLAN})",
    "funding_staterate": POST,
    **GRANTS,
    "funding_findinganswer": "code = 'R01'",
    "funding_exportbatch": "issuer_id = %(epci)s",
    "funding_titre": "issuer_id = %(epci)s",
    "funding_titreevent": "titre_id IN (SELECT id FROM funding_titre WHERE issuer_id = %(epci)s)",
    "funding_advance": PLAN,
    "funding_batchcancellation": "batch_id IN (SELECT id FROM funding_exportbatch WHERE issuer_id = %(epci)s)",
    "funding_batchline": "batch_id IN (SELECT id FROM funding_exportbatch WHERE issuer_id = %(epci)s)",
    "funding_exerciseclosing": "issuer_id = %(epci)s",
    "funding_receipt": "titre_id IN (SELECT id FROM funding_titre WHERE issuer_id = %(epci)s)",
    "funding_returnfile": "issuer_id = %(epci)s",
    "funding_returnimport": "issuer_id = %(epci)s",
    "funding_titrepolicy": "issuer_id = %(epci)s",
    "parties_invitation": "organisation_id = %(epci)s",
    "parties_memberevent": "organisation_id = %(epci)s",
    "conventions_deliberation": "organisation_id = %(epci)s",
    "conventions_commissionfile": (
        "deliberation_id IN (SELECT id FROM conventions_deliberation WHERE organisation_id = %(epci)s)"
    ),
    "conventions_decision": "beneficiary_id = %(epci)s",
    "conventions_decisionconvention": CONVENTION,
    "conventions_convention": "uuid = %(convention)s",
    "conventions_conventionpost": CONVENTION,
    "conventions_conventionplan": CONVENTION,
    "conventions_party": CONVENTION,
    "conventions_signatory": CONVENTION,
    "conventions_conventionclause": CONVENTION,
    "conventions_annex": CONVENTION,
    # One person's typing: of the managers who type, whatever EPCI the convention binds.
    "conventions_formdraft": CONVENTION,
    "conventions_transition": CONVENTION,
    "conventions_conventionversion": CONVENTION,
    "conventions_signature": f"version_id IN {VERSION}",
    "conventions_comment": CONVENTION,
    "conventions_avenant": CONVENTION,
    "conventions_avenantchange": f"avenant_id IN {AVENANT}",
    "conventions_avenanttransition": f"avenant_id IN {AVENANT}",
    "conventions_conventionending": CONVENTION,
    "conventions_commentmessage": f"comment_id IN (SELECT id FROM conventions_comment WHERE {CONVENTION})",
    "conventions_approvalrule": "levels = 2",
    "conventions_reviewsheet": CONVENTION,
    "conventions_readingrequest": CONVENTION,
    "conventions_readingreply": f"request_id IN (SELECT id FROM conventions_readingrequest WHERE {CONVENTION})",
    "conventions_signingdelegation": "organisation_id = %(epci)s",
    "conventions_signingpractice": "organisation_id = %(epci)s",
    "conventions_deliberationfile": "deliberation_id IN"
    " (SELECT id FROM conventions_deliberation WHERE organisation_id = %(epci)s)",
    "conventions_reportschedule": CONVENTION,
    "reporting_reportstep": CONVENTION,
    "conventions_calendarfeed": MEMBERSHIP,
    "conventions_calendarpreference": MEMBERSHIP,
    "conventions_calendarreminder": MEMBERSHIP,
    "reporting_forecaststatement": "debtor_id = %(epci)s",
    "reporting_bilantext": POST,
    "reporting_signaturecircuit": f"version_id IN {VERSION}",
    "reporting_signaturestep": f"circuit_id IN {CIRCUIT}",
    "reporting_circuitevent": f"circuit_id IN {CIRCUIT}",
    "reporting_signinglink": f"step_id IN {STEP}",
    "reporting_onetimecode": f"step_id IN {STEP}",
    "reporting_delegation": f"step_id IN {STEP}",
    "reporting_signatureevidence": f"version_id IN {VERSION}",
    "reporting_signedfile": f"version_id IN {VERSION}",
    "reporting_papercopy": f"version_id IN {VERSION}",
    "reporting_scanpage": f"version_id IN {VERSION}",
    "reporting_scanbatch": f"id IN (SELECT batch_id FROM reporting_scanpage WHERE version_id IN {VERSION})",
    # The territory's, and its managers' alone.
    "reporting_contribution": f"year = {PAST}",
    "reporting_document": f"convention_version_id IN {VERSION}",
}


#: Written by triggers only and read by staff only: tried in tests/parties/test_journal.py.
JOURNAL = {"parties_journalentry", "parties_journalhead", "parties_journalcut"}
#: Between a territory's staff and one platform administrator: tried in tests/parties/test_accesses.py.
ACCESSES = {"parties_exceptionalaccess", "parties_accessuse"}


@dataclass
class Rows:
    """The rows of one owner, by table: their ids, and the first one whole, as JSON."""

    ids: dict[str, list[int]] = field(default_factory=dict)
    sample: dict[str, str] = field(default_factory=dict)


def sql(statement: str, params: Any = None) -> Any:
    """Rows of a query, or how many rows a statement touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall() if cursor.description else cursor.rowcount


def complete(scene: Scene, owner: str) -> None:
    """One row in the tables the scene leaves empty. In the context of the owner's managers."""
    cast, convention = scene.cast, scene.cast.convention[owner]
    epci, plan = cast.org[EPCI[owner]], cast.plan[owner]
    Job.objects.create(territory=epci.territory, organisation=epci, role="finances", label="X")
    if owner == "b":
        make_titre(cast, "b", plan="b", debtor="departement", amount=plan.shares.get(position=0).amount)
    titre = {"a": "a_departement"}.get(owner, owner)
    state = {"from_status": "pret", "to_status": "pret", "by_label": "X"}
    TitreEvent.objects.create(titre=cast.titre[titre], act="preparer", **state)
    complete_titres(scene, owner, cast.titre[titre])
    PlanEvent.objects.create(plan=plan, from_status=plan.status, to_status=plan.status, act="arreter", by_label="X")
    line = BudgetLine.objects.create(organisation=epci, key=f"ligne-{owner}", year=2026, label="Intervenants sociaux")
    BudgetImputation.objects.create(budget_line=line, since=dt.date(2026, 1, 1), nature="6568")
    PlanVersion.objects.create(plan=plan, save_ref=uuid.uuid4(), before=1, after=2, content={}, by_label="X")
    grant, account = scene.grant[owner], scene.account[owner]
    GrantPayment.objects.create(grant=grant, amount=1, paid_on=dt.date(2026, 7, 1), by_label="X")
    GrantRepayment.objects.create(grant=grant, amount=1, asked_on=dt.date(2026, 7, 1), reason="X", by_label="X")
    GrantAccountEvent.objects.create(account=account, act="ouvrir", to_status=account.status, by_label="X")
    FindingAnswer.objects.create(
        territory=epci.territory, code="R01", place="plan", fingerprint=f"{owner:0>64}", reason="Voté", by_label="X"
    )
    ConventionClause.objects.create(convention=convention, kind="duree", edited_text="Un an.")
    Annex.objects.create(convention=convention, kind=AnnexKind.FUNDING, title="Financement")
    FormDraft.objects.create(convention=convention, user=cast.user[STAFF[owner]], form="head", seen=1)
    CommentMessage.objects.create(comment=scene.comment[owner], side="gestionnaire", text="Vu", by_label="X")
    ReviewSheet.objects.create(convention=convention, content={}, sha256="0" * 64)
    ReadingReply.objects.create(request=scene.reading[owner], outcome="lu", by_label="X")
    SigningPractice.objects.create(organisation=epci)
    written = {"text": "X", "written_by_label": "X", "written_at": SENT_AT}
    BilanText.objects.create(post=cast.post[owner], year=2025, section="partenariat", **written)
    ApprovalRule.objects.create(territory=epci.territory, levels=2, second_label="Bureau", by_label="X")
    PostCoverage.objects.create(post=cast.post[owner], organisation=epci)
    returned = cast.post[owner].activity.first()
    assert returned is not None
    ActivityCell.objects.create(activity=returned, indicator="I0", row="saisines", value=3)
    MonthStep.objects.create(post=cast.post[owner], year=2024, month=1, act="valide", by_label="X")
    PeriodPeople.objects.create(post=cast.post[owner], year=2024, people=3)
    ImportMapping.objects.create(organisation=epci, name="X", layout="long")
    avenant = Avenant.objects.create(
        convention=convention, number=2, title="X", status="signee", effective_on=dt.date(2026, 7, 1)
    )
    AvenantChange.objects.create(avenant=avenant, kind="periode", data={"end": "2026-12-31"})
    AvenantTransition.objects.create(
        avenant=avenant, act="create", from_status="brouillon", to_status="brouillon", by_label="X"
    )
    ConventionEnding.objects.create(
        convention=convention, kind="denonciation", received_on=dt.date(2026, 1, 15), cause="X",
        last_day=dt.date(2026, 12, 31), working="X", by_label="X",
    )  # fmt: skip
    amendment = PlanAmendment.objects.create(
        plan=plan, source="avenant:x", text="avenant n° 1", effective_on=dt.date(2026, 7, 1), by_label="X"
    )
    amended = plan.shares.get(position=0)
    ShareAmendment.objects.create(
        amendment=amendment, share_ref=amended.ref, committed=amended.amount, before=amended.amount, after=1
    )
    decision = Decision.objects.filter(deliberation__in=Deliberation.objects.filter(organisation=epci)).first()
    assert decision is not None
    DecisionConvention.objects.create(decision=decision, convention=convention)
    CommissionFile.objects.create(deliberation=decision.deliberation)
    member = Membership.objects.filter(organisation=epci).order_by("pk").first()
    assert member is not None
    CalendarPreference.objects.create(membership=member, user=member.user)
    CalendarFeed.objects.create(
        membership=member, user=member.user, digest=f"{owner.encode().hex():0>64}", revoked_at=SENT_AT
    )
    ReportSchedule.objects.create(
        convention=convention, every=3, valid_from=dt.date(2026, 1, 1), day=20, after=1, source="X"
    )
    ReportStep.objects.create(
        convention=convention, post=cast.post[owner], period="trimestriel-2026-01-01", act="remis", digest="0" * 64,
        salt="x", period_start=dt.date(2026, 1, 1), period_end=dt.date(2026, 3, 31), by_label="X",
    )  # fmt: skip
    CalendarReminder.objects.create(membership=member, obligation="X", stage="retard", due_on=dt.date(2026, 7, 1))
    Document.objects.create(
        convention_version=convention.versions.first(), kind="convention", title="X", filename="x.pdf",
        sha256="0" * 64, size=1,
    )  # fmt: skip
    step = scene.link[owner].step
    now = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    OneTimeCode.objects.create(step=step, email="x@exemple.fr", code_hash="0" * 64, sent_at=now, expires_at=now)
    SignedFile.objects.create(
        version=step.circuit.version, sequence=1, mode="code", fields=["sig-1"], sha256="0" * 64, size=1, by_label="X"
    )
    Delegation.objects.create(
        step=step, from_mandate=step.mandate, to_mandate=step.mandate, email="x@exemple.fr", asked_by_label="X"
    )


def complete_titres(scene: Scene, owner: str, titre: Titre) -> None:
    """What surrounds a titre: batches, receipts, returns, rules."""
    epci, plan, batch = scene.cast.org[EPCI[owner]], scene.cast.plan[owner], scene.world.batch[owner]
    day = dt.date(2026, 1, 15)
    BatchLine.objects.create(batch=batch, titre=titre, amount=titre.amount)
    BatchCancellation.objects.create(batch=batch, reason="X", by_label="X")
    Receipt.objects.create(titre=titre, amount=1, received_on=day, by_label="X")
    Advance.objects.create(plan=plan, share_ref="etat", amount=1, received_on=day, by_label="X")
    ReturnImport.objects.create(issuer=epci, source="csv", by_label="X")
    TitrePolicy.objects.create(territory=epci.territory, issuer=epci, plan=plan, valid_from=day, by_label="X")
    ExerciseClosing.objects.create(issuer=epci, year=2024, closed_on=day, by_label="X")


@pytest.fixture(scope="module")
def owned(shared_scene: Scene) -> dict[str, Rows]:  # noqa: F811
    """What belongs to each owner, read by the managers of their territory."""
    found: dict[str, Rows] = {}
    cast = shared_scene.cast
    for owner in OWNERS:
        with cast.acting(STAFF[owner]):
            complete(shared_scene, owner)
            # Checked now: the end of the transaction, where it would be, never comes.
            sql("SET CONSTRAINTS ALL IMMEDIATE")
            sql("SET CONSTRAINTS ALL DEFERRED")
            about = {
                "epci": cast.org[EPCI[owner]].pk,
                "post": cast.post[owner].uuid,
                "plan": cast.plan[owner].uuid,
                "convention": cast.convention[owner].uuid,
                "key": shared_scene.world.key[owner].uuid,
            }
            rows = found[owner] = Rows()
            for table, condition in OWN.items():
                # Explanations of findings are the territory's: staff and préfecture.
                got = sql(f"SELECT id, row_to_json(t)::text FROM {table} t WHERE {condition} ORDER BY id", about)
                assert got or (table == "conventions_signature" and owner == "b"), f"{table}: {owner} has no row"
                rows.ids[table] = [pk for pk, _ in got]
                rows.sample[table] = got[0][1] if got else found["a"].sample[table]
    return found


def protected() -> set[str]:
    """Tables of the schema with a ``territory_id``."""
    found = sql(
        "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attname = 'territory_id'"
    )
    return {name for (name,) in found}


def test_every_protected_table_is_tried(shared_scene: Scene):  # noqa: F811
    known = set(OWN) | SHARED | JOURNAL | ACCESSES
    assert protected() == known, "tests/test_isolation_sql.py: say in OWN whose rows the new table holds"


#: Who looks → whose rows they must neither see nor touch.
OUTSIDERS = [
    ("finances_a", "b"),
    ("finances_b", "a"),
    ("admin_a", "b"),
    ("employeur_a", "b"),
    ("employeur_d", "a"),
    ("partenaire", "a"),
    ("finances_a", "there"),
    ("finances_there", "a"),
    ("gestionnaire_there", "a"),
    ("gestionnaire", "there"),
    ("instructeur_there", "b"),
    ("instructeur", "there"),
]


@pytest.mark.parametrize(("person", "owner"), OUTSIDERS)
def test_rows_of_others_are_neither_seen_nor_touched(
    shared_scene: Scene,  # noqa: F811
    owned: dict[str, Rows],
    person: str,
    owner: str,
):
    # The association these grants go to reads them, whoever pays.
    theirs = set(GRANTS) if (person, owner) == ("employeur_d", "a") else set()
    with shared_scene.cast.acting(person):
        refuse_everything(owned[owner], but=theirs)


def test_nobody_sees_and_touches_nothing(shared_scene: Scene, owned: dict[str, Rows]):  # noqa: F811
    for context in (rls.NOBODY, rls.Context(user_id=shared_scene.cast.user["sans_role"].pk)):
        with rls.acting(context):
            refuse_everything(owned["a"])
            for table in SHARED:
                assert sql(f"SELECT count(*) FROM {table}") == [(0,)], table


def test_a_scope_that_does_not_exist_opens_nothing(shared_scene: Scene, owned: dict[str, Rows]):  # noqa: F811
    with rls.acting(rls.Context(shared_scene.cast.territory["here"].pk, "administrateur")):
        refuse_everything(owned["b"])


def refuse_everything(rows: Rows, but: Collection[str] = ()) -> None:
    for table, ids in rows.ids.items():
        if table in but:
            continue
        assert sql(f"SELECT count(*) FROM {table} WHERE id = ANY(%s)", [ids]) == [(0,)], f"{table}: seen"
        with undone():
            # No matter the condition: a policy is applied before it.
            touched = sql(f"UPDATE {table} SET updated_at = updated_at WHERE id = ANY(%s)", [ids])
            assert touched == 0, f"{table}: {touched} rows updated"
            assert sql(f"DELETE FROM {table} WHERE id = ANY(%s)", [ids]) == 0, f"{table}: deleted"
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            insert(table, rows.sample[table])


def insert(table: str, row: str) -> Any:
    """A whole new row, copied from an existing one."""
    values = {**json.loads(row), "uuid": str(uuid.uuid4())}
    [(pk,)] = sql("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [table])
    values["id"] = pk
    return sql(f"INSERT INTO {table} SELECT (json_populate_record(NULL::{table}, %s)).*", [json.dumps(values)])


def test_the_attempts_above_are_well_formed(shared_scene: Scene, owned: dict[str, Rows]):  # noqa: F811
    """For the managers of the territory no policy stands in the way: other rules may, and say so differently."""
    told = set()
    with shared_scene.cast.acting("gestionnaire"):
        for table, ids in owned["a"].ids.items():
            assert sql(f"SELECT count(*) FROM {table} WHERE id = ANY(%s)", [ids]) == [(len(ids),)]
            told.add(refusal(lambda: insert(table, owned["a"].sample[table])))  # noqa: B023
            update = f"UPDATE {table} SET updated_at = updated_at WHERE id = ANY(%s)"
            told.add(refusal(lambda: sql(update, [ids]) == len(ids) or pytest.fail(table)))  # noqa: B023
    # Done, or: something is unique, something is append-only, a period overlaps, the key of a settled plan is frozen.
    assert told == {"", "UniqueViolation", "IntegrityConstraintViolation", "ExclusionViolation", "CheckViolation"}


def refusal(do: Callable[[], Any]) -> str:
    """What PostgreSQL answered, in its own words; "" when it was done (and undone)."""
    try:
        with undone():
            do()
    except Error as error:
        return type(error.__cause__).__name__
    return ""


@pytest.mark.parametrize("person", ["finances_a", "employeur_a", "partenaire", "instructeur", "gestionnaire_there"])
def test_the_directory_and_the_models_are_read_only_for_all_but_its_managers(shared_scene: Scene, person: str):  # noqa: F811
    cast = shared_scene.cast
    here = {"territory": cast.territory["here"]}
    with cast.acting("gestionnaire"), undone():
        GrantRule.objects.create(**here, kind=RuleKind.THRESHOLD, value="23000", valid_from="2026-01-01", source="X")
        SignInRule.objects.create(**here, second_factor=False, by_label="X")
        ModelChoice.objects.create(**here, family="F2")
        CalendarRule.objects.create(**here, kind="fipd_day", value="01-31", valid_from="2026-01-01", source="X")
        samples = {
            table: sql(f"SELECT row_to_json(t)::text FROM {table} t ORDER BY territory_id NULLS LAST LIMIT 1")[0][0]
            for table in SHARED
        }
    with cast.acting(person):
        for table, sample in samples.items():
            row = json.loads(sample)
            if row["territory_id"] is None:
                row["territory_id"] = cast.territory["here"].pk
            with undone():
                here = [cast.territory["here"].pk]
                where = "WHERE territory_id = %s OR territory_id IS NULL"
                # Of the directory, an organisation's people change their own finance settings, and that only.
                own = table == "parties_organisation" and cast.actor(person).context.scope == rls.ORGANISATION
                assert sql(f"UPDATE {table} SET updated_at = updated_at {where}", here) == int(own), table
                assert sql(f"DELETE FROM {table} {where}", here) == 0, table
            with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
                insert(table, json.dumps(row))


def test_of_its_own_record_an_organisation_changes_the_finance_settings_only(shared_scene: Scene):  # noqa: F811
    cast = shared_scene.cast
    mine, other = cast.org["epci_a"].pk, cast.org["epci_b"].pk
    change = "UPDATE parties_organisation SET {} WHERE id = %s"
    with undone(), cast.acting("finances_a"):
        assert sql(change.format('finance = \'{"budget": "00"}\''), [mine]) == 1
        assert sql(change.format("finance = '{}'"), [other]) == 0
        for column in ("name = 'Autre'", "siret = '22620001200012'", "kind = 'commune'", "territory_id = 0"):
            with pytest.raises(Error), transaction.atomic():
                sql(change.format(column), [mine])
        assert sql("SELECT name FROM parties_organisation WHERE id = %s", [mine]) == [(cast.org["epci_a"].name,)]


# --- Between those who share an object --------------------------------------------------------------------------------


def test_a_debtor_reads_the_log_of_what_it_owes_and_writes_nothing_in_it(shared_scene: Scene, owned: dict[str, Rows]):  # noqa: F811
    cast = shared_scene.cast
    with cast.acting("gestionnaire"):
        log = {"titre": cast.titre["c_epci_b"], "from_status": "pret", "to_status": "pret", "by_label": "X"}
        TitreEvent.objects.create(act="preparer", **log)
    with cast.acting("finances_b"):
        assert TitreEvent.objects.filter(titre=cast.titre["c_epci_b"]).exists()
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            TitreEvent.objects.create(act="encaisser", **log)


def test_an_issuer_hangs_no_titre_on_another_s_plan(shared_scene: Scene, owned: dict[str, Rows]):  # noqa: F811
    """B funds plan c, which the département employs under: B may not recover anything on it, nor on A's."""
    cast = shared_scene.cast
    row = json.loads(owned["b"].sample["funding_titre"])
    with cast.acting("finances_b"):
        for plan in ("a", "c"):
            stolen = {**row, "plan_id": cast.plan[plan].pk, "entry_id": f"VOL-{plan}", "share_ref": "vol"}
            with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
                insert("funding_titre", json.dumps(stolen))
        with undone():
            insert("funding_titre", json.dumps({**row, "entry_id": "PROPRE", "share_ref": "propre"}))


def test_the_prefecture_removes_nothing_of_what_it_reviews(shared_scene: Scene, owned: dict[str, Rows]):  # noqa: F811
    with shared_scene.cast.acting("instructeur"), undone():
        for table in ("conventions_comment", "conventions_convention"):
            ids = owned["a"].ids[table]
            assert sql(f"SELECT count(*) FROM {table} WHERE id = ANY(%s)", [ids]) == [(len(ids),)]
            assert sql(f"DELETE FROM {table} WHERE id = ANY(%s)", [ids]) == 0


def test_why_a_text_was_sent_back_is_between_staff_and_prefecture(shared_scene: Scene):  # noqa: F811
    cast = shared_scene.cast
    back = {"act": ConventionAct.SEND_BACK, "from_status": Status.SOUMISE, "to_status": Status.A_CORRIGER}
    with undone(), cast.acting("gestionnaire"):
        Transition.objects.create(convention=cast.convention["b"], reason="Le conseil hésite", by_label="X", **back)
        Transition.objects.create(
            convention=cast.convention["b"], act=ConventionAct.SET_ASIDE, from_status=Status.A_CORRIGER,
            to_status=Status.BROUILLON, reason="Le conseil hésite", by_label="X",
        )  # fmt: skip
        seen = {}
        for person in ("gestionnaire", "instructeur", "finances_b", "partenaire"):
            with cast.acting(person):
                reasons = Transition.objects.filter(convention=cast.convention["b"]).values_list("reason", flat=True)
                seen[person] = (list(reasons).count("Le conseil hésite"), len(reasons))
    assert seen["gestionnaire"][0] == seen["instructeur"][0] == 2
    assert seen["finances_b"] == seen["partenaire"] == (0, seen["gestionnaire"][1] - 2)
    assert seen["finances_b"][1] > 0


def charge(share: Share, line: BudgetLine | None) -> bool:
    [(done,)] = sql("SELECT cosigne_charge_share(%s, %s)", [share.pk, line.pk if line else None])
    return bool(done)


def test_a_body_says_which_of_its_lines_pays_its_own_shares_and_nothing_else(shared_scene: Scene):  # noqa: F811
    """B pays a third of C's plan. It charges that on its own line of the year; nobody does it for it, nor elsewhere."""
    cast, line = shared_scene.cast, shared_scene.line
    with cast.acting("gestionnaire"):
        paid = Share.objects.get(plan=cast.plan["c"], financer=cast.org["epci_b"])
        other = Share.objects.get(plan=cast.plan["c"], financer=cast.org["prefecture"])
        own = Share.objects.get(plan=cast.plan["b"], financer=cast.org["epci_b"])
        late = BudgetLine.objects.create(organisation=cast.org["epci_b"], year=YEAR + 1, label="Exercice suivant")
    with undone():
        for person in ("finances_a", "instructeur", "partenaire", "gestionnaire_there"):
            with cast.acting(person):
                assert not charge(paid, line["b"]), person
        with cast.acting("finances_b"):
            assert not charge(paid, line["a"]), "another body's line"
            assert not charge(paid, late), "another year's line"
            assert not charge(other, line["b"]), "another body's share"
            assert not charge(own, line["b"]), "a post of its own is not an attribution"
            assert sql("UPDATE funding_share SET amount = 1 WHERE id = %s", [paid.pk]) == 0
            assert charge(paid, line["b"])
        with cast.acting("gestionnaire"):
            before, after = paid, Share.objects.get(pk=paid.pk)
            assert (after.budget_line_id, after.amount) == (line["b"].pk, before.amount)
