"""The life of a convention, act by act, as services see it."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from django.db import DatabaseError, connection, transaction

from conventions import services
from conventions.enums import Status
from conventions.models import ConventionVersion, Transition
from conventions.services.drafting import next_reference
from conventions.services.models_library import load_shipped_models
from conventions.services.signing import awaited, current_version
from conventions.text import canonical_bytes, content_hash
from conventions.workflow import ACTS, advance
from core.errors import BusinessError, Conflict, InvalidInput, NotAllowed
from funding.enums import PlanStatus
from funding.models import Titre
from funding.services.plans import recompute_plan
from tests.cast import YEAR, Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def drafted(cast: Cast):
    """A convention drafted from a balanced plan of an EPCI employer, all mandates known."""
    load_shipped_models()
    with cast.acting("gestionnaire"):
        plan = cast.plan["e"]
        recompute_plan(plan=plan)
        cast.convention["e"].convention_plans.all().delete()
        yield services.create_convention(
            by=cast.actor("gestionnaire"),
            reference="62-NEUVE",
            plans=[plan],
            period_start=dt.date(YEAR, 1, 1),
            period_end=dt.date(YEAR, 12, 31),
            place="Bapaume",
        )


def vote(cast: Cast, convention, *, published: dt.date | None = dt.date(YEAR, 1, 20)) -> None:
    """Every local authority votes; the vote is enforceable when ``published``."""
    from conventions.models import Deliberation

    by = cast.actor("gestionnaire")
    for party in convention.parties.select_related("organisation", "representative"):
        if not party.organisation.is_local_authority:
            continue
        deliberation = services.save_deliberation(
            deliberation=Deliberation(organisation=party.organisation),
            data={
                "number": f"{YEAR}-12",
                "date": dt.date(YEAR, 1, 12),
                "transmitted_on": published,
                "published_on": published,
            },
            by=by,
        )
        party.refresh_from_db()
        services.save_party(
            party=party,
            roles=party.roles,
            representative=party.representative,
            signatory=party.representative,
            deliberation=deliberation,
            by=by,
        )


def approved(cast: Cast, convention) -> ConventionVersion:
    services.submit_convention(convention=convention, by=cast.actor("gestionnaire"))
    with cast.acting("instructeur"):
        return services.approve_convention(convention=convention, by=cast.actor("instructeur"))


def test_draft_takes_parties_roles_and_signatories_from_the_plan(cast, drafted):
    roles = {party.organisation.key: set(party.roles) for party in drafted.parties.all()}
    assert roles == {
        "prefecture": {"financeur"},
        "gendarmerie": {"service_accueil", "autorite_fonctionnelle"},
        "departement": {"financeur"},
        "epci-a": {"employeur", "financeur"},
    }
    assert drafted.signatories.count() == 4
    assert all(signatory.mandate is not None for signatory in drafted.signatories.all())
    assert drafted.template.family == drafted.family == "F2"


def test_whole_circuit_commits_the_plan_and_proposes_titres(cast, drafted, time_machine):
    time_machine.move_to(dt.datetime(YEAR, 3, 10, 12, tzinfo=dt.UTC))
    vote(cast, drafted)
    version = approved(cast, drafted)
    assert version.sha256 == content_hash(version.content)
    gestionnaire = cast.actor("gestionnaire")
    services.start_signature(convention=drafted, by=gestionnaire)
    for signatory in awaited(drafted, version):
        services.record_signature(
            convention=drafted, signatory=signatory, signed_on=dt.date(YEAR, 3, 10), by=gestionnaire
        )
    drafted.refresh_from_db()
    plan = cast.plan["e"]
    plan.refresh_from_db()
    assert drafted.status == Status.SIGNEE
    assert drafted.signed_on == dt.date(YEAR, 3, 10)
    assert plan.status == PlanStatus.ENGAGE
    assert plan.legal_basis["reference"] == "62-NEUVE"
    assert plan.legal_basis["sha256"] == version.sha256
    titres = Titre.objects.filter(plan=plan)
    assert {titre.debtor.key for titre in titres} == {"prefecture", "departement"}
    assert [t.act for t in Transition.objects.filter(convention=drafted)] == [
        "submit",
        "approve",
        "circulate",
        "complete",
    ]


def test_approval_freezes_the_plan_and_the_text(cast, drafted):
    version = approved(cast, drafted)
    cast.plan["e"].refresh_from_db()
    assert cast.plan["e"].status == PlanStatus.ARRETE
    before = canonical_bytes(version.content)
    with pytest.raises(BusinessError, match="ne se modifie plus"):
        services.save_clause(
            convention=drafted, kind="objet", title="", text="Autre chose.", by=cast.actor("gestionnaire")
        )
    version.refresh_from_db()
    assert canonical_bytes(version.content) == before
    assert version.content["draft"] is False
    assert version.content["version"] == 1
    assert version.content["closing"]["copies"] == 4


def test_approved_version_cannot_be_rewritten_even_by_sql(cast, drafted):
    version = approved(cast, drafted)
    with pytest.raises(DatabaseError, match="ne se modifie pas"), transaction.atomic():
        ConventionVersion.objects.filter(pk=version.pk).update(sha256="f" * 64)
    with pytest.raises(DatabaseError, match="ne se modifie pas"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM conventions_transition WHERE convention_id = %s", [drafted.pk])


def test_sending_back_needs_a_reason_and_is_told(cast, drafted):
    services.submit_convention(convention=drafted, by=cast.actor("gestionnaire"))
    with cast.acting("instructeur"):
        by = cast.actor("instructeur")
        with pytest.raises(InvalidInput, match="motif"):
            services.send_back_convention(convention=drafted, reason=" ", by=by)
        services.send_back_convention(convention=drafted, reason="Le préavis manque à l'article 12.", by=by)
    drafted.refresh_from_db()
    assert drafted.status == Status.A_CORRIGER
    last = drafted.transitions.last()
    assert (last.act, last.reason) == ("send_back", "Le préavis manque à l'article 12.")


def test_database_refuses_a_sending_back_without_reason(cast, drafted):
    with pytest.raises(DatabaseError, match="conventions_transition_reason"), transaction.atomic():
        Transition.objects.create(
            convention=drafted, act="send_back", from_status="soumise", to_status="a_corriger", by_label="x", reason=""
        )


def test_open_comment_holds_back_approval_until_answered(cast, drafted):
    services.submit_convention(convention=drafted, by=cast.actor("gestionnaire"))
    with cast.acting("instructeur"):
        by = cast.actor("instructeur")
        comment = services.add_comment(
            convention=drafted_again(drafted), text="Pourquoi trois mois ?", by=by, anchor="clause", target="duree"
        )
        with pytest.raises(BusinessError, match="attendent une réponse"):
            services.approve_convention(convention=drafted, by=by)
    services.answer_comment(comment=comment, answer="Usage local.", by=cast.actor("gestionnaire"))
    with cast.acting("instructeur"):
        assert services.approve_convention(convention=drafted, by=cast.actor("instructeur")).number == 1


def drafted_again(convention):
    convention.refresh_from_db()
    return convention


@pytest.mark.parametrize(
    ("act", "who"),
    [
        (services.submit_convention, "instructeur"),
        (services.submit_convention, "finances_a"),
        (services.start_signature, "instructeur"),
    ],
)
def test_acts_are_refused_to_other_roles(cast, drafted, act, who):
    with pytest.raises(NotAllowed):
        act(convention=drafted, by=cast.actor(who))
    drafted.refresh_from_db()
    assert drafted.status == Status.BROUILLON


def test_gestionnaire_does_not_approve(cast, drafted):
    services.submit_convention(convention=drafted, by=cast.actor("gestionnaire"))
    with pytest.raises(NotAllowed):
        services.approve_convention(convention=drafted, by=cast.actor("gestionnaire"))


def test_unbalanced_plan_blocks_submission_and_is_named(cast, drafted):
    plan = cast.plan["e"]
    plan.shares.filter(ref="departement").update(mode="fixed", fixed_amount=1)
    plan.shares.exclude(ref="departement").update(mode="fixed", fixed_amount=2)
    recompute_plan(plan=plan)
    with pytest.raises(BusinessError, match="R01"):
        services.submit_convention(convention=drafted, by=cast.actor("gestionnaire"))
    assert not drafted.transitions.exists()


def test_stale_form_is_told_and_writes_nothing(cast, drafted):
    opened = drafted.lock_version
    by = cast.actor("gestionnaire")
    services.update_convention(convention=drafted, data={"place": "Arras"}, by=by, expected=opened)
    with pytest.raises(Conflict, match=r"modifiée pendant .* par Gestionnaire \(Département\)"):
        services.update_convention(convention=drafted, data={"place": "Lens"}, by=by, expected=opened)
    drafted.refresh_from_db()
    assert drafted.place == "Arras"


def test_a_stale_form_names_who_saved_not_who_acted_last(cast, drafted):
    """The last act of the log is the préfecture's sending back; the save in between is another person's."""
    opened = drafted.lock_version
    with cast.acting("gestionnaire"):
        services.submit_convention(convention=drafted, by=cast.actor("gestionnaire"))
    with cast.acting("instructeur"):
        services.send_back_convention(convention=drafted, reason="Revoir le siège.", by=cast.actor("instructeur"))
    drafted.refresh_from_db()
    assert "Instructeur" in drafted.saved_by_label
    with cast.acting("gestionnaire"):
        services.update_convention(
            convention=drafted, data={"place": "Arras"}, by=cast.actor("gestionnaire"), expected=drafted.lock_version
        )
    with pytest.raises(Conflict, match=r"modifiée pendant .* par Gestionnaire"):
        services.update_convention(
            convention=drafted, data={"place": "Lens"}, by=cast.actor("gestionnaire"), expected=opened
        )


def test_signature_waits_for_an_enforceable_vote(cast, drafted, time_machine):
    time_machine.move_to(dt.datetime(YEAR, 3, 10, 12, tzinfo=dt.UTC))
    vote(cast, drafted, published=None)
    version = approved(cast, drafted)
    by = cast.actor("gestionnaire")
    services.start_signature(convention=drafted, by=by)
    signatory = drafted.signatories.get(party__organisation=cast.org["epci_a"])
    with pytest.raises(BusinessError, match="n'est pas exécutoire"):
        services.record_signature(convention=drafted, signatory=signatory, signed_on=dt.date(YEAR, 3, 10), by=by)
    assert not version.signatures.exists()
    state = drafted.signatories.get(party__organisation=cast.org["prefecture"])
    services.record_signature(convention=drafted, signatory=state, signed_on=dt.date(YEAR, 3, 10), by=by)
    again = services.record_signature(convention=drafted, signatory=state, signed_on=dt.date(YEAR, 3, 10), by=by)
    assert version.signatures.count() == 1
    assert again.signatory == state


def test_signature_outside_the_mandate_is_refused(cast, drafted, time_machine):
    time_machine.move_to(dt.datetime(YEAR, 3, 10, 12, tzinfo=dt.UTC))
    vote(cast, drafted)
    approved(cast, drafted)
    by = cast.actor("gestionnaire")
    services.start_signature(convention=drafted, by=by)
    signatory = drafted.signatories.get(party__organisation=cast.org["prefecture"])
    signatory.mandate.end = dt.date(YEAR, 2, 1)
    signatory.mandate.save()
    with pytest.raises(InvalidInput, match="ne couvre pas"):
        services.record_signature(convention=drafted, signatory=signatory, signed_on=dt.date(YEAR, 3, 10), by=by)


def test_reopening_makes_a_second_version_and_keeps_the_first_one_s_signatures(cast, drafted, time_machine):
    time_machine.move_to(dt.datetime(YEAR, 3, 10, 12, tzinfo=dt.UTC))
    vote(cast, drafted)
    first = approved(cast, drafted)
    by = cast.actor("gestionnaire")
    services.start_signature(convention=drafted, by=by)
    state = drafted.signatories.get(party__organisation=cast.org["prefecture"])
    services.record_signature(convention=drafted, signatory=state, signed_on=dt.date(YEAR, 3, 10), by=by)
    services.reopen_convention(convention=drafted, reason="Erreur sur le siège.", by=by)
    cast.plan["e"].refresh_from_db()
    assert cast.plan["e"].status == PlanStatus.PROJET
    second = approved(cast, drafted)
    drafted.refresh_from_db()
    assert (first.number, second.number) == (1, 2)
    assert first.signatures.count() == 1
    assert not second.signatures.exists()
    assert len(awaited(drafted, current_version(drafted))) == 4


def test_renewal_carries_text_edits_and_parties_over(cast, drafted):
    by = cast.actor("gestionnaire")
    services.save_clause(
        convention=drafted, kind="litiges", title="Litiges", text="Les parties se rencontrent d'abord.", by=by
    )
    services.add_party(convention=drafted, organisation=cast.org["police"], roles=["associe"], by=by)
    renewed = services.renew_convention(
        convention=drafted,
        reference=next_reference(by, YEAR + 1),
        plans=[cast.plan["e"]],
        period_start=dt.date(YEAR + 1, 1, 1),
        period_end=dt.date(YEAR + 1, 12, 31),
        by=by,
    )
    assert renewed.reference == f"62-{YEAR + 1}-01"
    assert renewed.previous == drafted
    assert renewed.is_renewal
    assert renewed.clauses.get(kind="litiges").edited_text == "Les parties se rencontrent d'abord."
    assert set(renewed.parties.values_list("organisation__key", flat=True)) == set(
        drafted.parties.values_list("organisation__key", flat=True)
    )


def test_unknown_variable_in_an_edited_clause_is_located(cast, drafted):
    with pytest.raises(InvalidInput, match=r"paragraphe 1.*employeur\.nom"):
        services.save_clause(
            convention=drafted,
            kind="objet",
            title="Objet",
            text="Le poste de {{ employeur.nom }}.",
            by=cast.actor("gestionnaire"),
        )


def test_every_act_is_reachable_and_named():
    reached = {act.target for act in ACTS.values()}
    assert reached | {Status.BROUILLON} == set(Status.values)
    assert all(act.label and act.past for act in ACTS.values())


def test_advance_refuses_an_act_from_the_wrong_state(cast, drafted):
    with pytest.raises(BusinessError, match="n'est plus possible"):
        advance(drafted, "complete", by=cast.actor("gestionnaire"))


@pytest.mark.django_db(transaction=True)
def test_two_people_submitting_at_once_one_wins_and_the_other_is_told():
    from core import rls
    from tests.cast import build_cast

    with transaction.atomic():
        cast = build_cast()
    load_shipped_models()
    by = cast.actor("gestionnaire")
    with rls.acting(by.context):
        recompute_plan(plan=cast.plan["e"])
        cast.convention["e"].convention_plans.all().delete()
        convention = services.create_convention(
            by=by,
            reference="62-COURSE",
            plans=[cast.plan["e"]],
            period_start=dt.date(YEAR, 1, 1),
            period_end=dt.date(YEAR, 12, 31),
        )
    barrier = threading.Barrier(2, timeout=20)
    outcomes: list[str] = []

    def press() -> None:
        try:
            barrier.wait()
            with rls.acting(by.context):
                services.submit_convention(convention=convention, by=by, expected=convention.lock_version)
            outcomes.append("won")
        except (BusinessError, Conflict) as error:
            outcomes.append(type(error).__name__)
        finally:
            connection.close()

    people = [threading.Thread(target=press) for _ in range(2)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert sorted(outcomes) == ["Conflict", "won"]
    with rls.acting(by.context):
        assert Transition.objects.filter(convention=convention).count() == 1


def test_setting_printed_mentions_aside_ends_the_comparison_and_stays_in_the_log(cast, drafted):
    by = cast.actor("gestionnaire")
    drafted.stated = {"originals": 7}
    drafted.save()
    plan = cast.plan["e"]
    plan.stated = {"total": "58044.00"}
    plan.save()
    with pytest.raises(BusinessError, match="R02"):
        services.submit_convention(convention=drafted, by=by)
    with pytest.raises(InvalidInput, match="pourquoi"):
        services.set_stated_aside(convention=drafted, reason="", by=by)
    services.set_stated_aside(convention=drafted, reason="Nouvelle rédaction.", by=by)
    drafted.refresh_from_db()
    assert not services.has_stated(drafted)
    assert "originals = 7" in drafted.transitions.last().reason
    assert "58044.00" in plan.events.last().reason
    assert services.submit_convention(convention=drafted, by=by).status == Status.SOUMISE


@pytest.mark.parametrize("act", [services.abandon_convention, services.reopen_convention])
def test_a_plan_another_approved_convention_stands_on_stays_frozen(cast, drafted, act):
    by, plan = cast.actor("gestionnaire"), cast.plan["e"]
    second = services.create_convention(
        by=by,
        reference="62-SECONDE",
        plans=[plan],
        period_start=dt.date(YEAR, 1, 1),
        period_end=dt.date(YEAR, 12, 31),
    )
    approved(cast, drafted)
    approved(cast, second)
    act(convention=drafted, reason="Une seule suffit.", by=by)
    plan.refresh_from_db()
    assert plan.status == PlanStatus.ARRETE
    act(convention=second, reason="Finalement non.", by=by)
    plan.refresh_from_db()
    assert plan.status == PlanStatus.PROJET
