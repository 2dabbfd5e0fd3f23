"""Writing scenarios: create, suppose, forget, remove, adopt."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from core.errors import Conflict, InvalidInput
from funding.adapter import PlanData, ShareData, data_of
from funding.enums import Breakdown, ProrataBasis, ShareMode
from funding.frozen_data import frozen
from funding.models import FundingPlan, Scenario, ScenarioPlan
from funding.plan_sheets.building import visible
from funding.scenarios.assumptions import Assumption
from funding.scenarios.study import Outcome, study
from funding.services.plans import create_plan, save_plan
from parties.actors import Actor

MOST_PLANS, MOST_ASSUMPTIONS = 200, 20


@transaction.atomic
def create_scenario(*, label: str, plans: Sequence[FundingPlan], note: str = "", by: Actor) -> Scenario:
    """A study of these plans as they stand now, without any assumption yet."""
    by.require("plan.edit")
    if not label.strip():
        raise InvalidInput("Donnez un nom à ce scénario.", place="label")
    if not plans:
        raise InvalidInput("Aucun plan à étudier : choisissez une année qui en a.", place="year")
    if len(plans) > MOST_PLANS:
        raise InvalidInput(
            f"Un scénario porte sur {MOST_PLANS} plans au plus : choisissez moins d'années.", place="year"
        )
    made = Scenario.objects.create(
        territory_id=by.territory_id, label=label.strip()[:160], note=note, created_by=by.user, by_label=by.label
    )
    for plan in plans:
        ScenarioPlan.objects.create(
            scenario=made, territory_id=made.territory_id, plan=plan, source_version=plan.version,
            content=frozen(data_of(plan)),
        )  # fmt: skip
    return made


@transaction.atomic
def suppose(*, scenario: Scenario, assumption: Assumption, by: Actor) -> Scenario:
    """One more assumption, after the others. Raises :class:`InvalidInput` when a plan cannot follow it."""
    by.require("plan.edit")
    locked = _open(scenario)
    if len(locked.assumptions) >= MOST_ASSUMPTIONS:
        raise InvalidInput(f"Un scénario porte {MOST_ASSUMPTIONS} hypothèses au plus.")
    before = len(study(locked).problems)
    locked.assumptions = [*locked.assumptions, assumption.as_json()]
    problems = study(locked).problems
    if len(problems) > before:
        raise InvalidInput(problems[-1], place="rule")
    locked.save()
    return locked


@transaction.atomic
def forget(*, scenario: Scenario, rank: int, by: Actor) -> Scenario:
    """Without the assumption number ``rank`` (0 first); nothing when there is none."""
    by.require("plan.edit")
    locked = _open(scenario)
    locked.assumptions = [value for n, value in enumerate(locked.assumptions) if n != rank]
    locked.save()
    return locked


@transaction.atomic
def remove_scenario(*, scenario: Scenario, by: Actor) -> None:
    """A study is a draft: it can go. The plans, adopted or not, are not touched."""
    by.require("plan.edit")
    Scenario.objects.select_for_update(of=("self",)).get(pk=scenario.pk).delete()


def obstacles(scenario: Scenario) -> list[str]:
    """Why the scenario cannot be adopted today, in French; empty when it can."""
    found = study(scenario)
    return found.problems + [why for outcome in found.outcomes if (why := _obstacle(outcome, scenario))]


@transaction.atomic
def adopt(*, scenario: Scenario, by: Actor) -> list[FundingPlan]:
    """Write the scenario into the draft plans, all of it or nothing; gives the plans written.

    Adopting again changes nothing. Raises :class:`Conflict` naming every plan frozen or saved since the study.
    """
    by.require("plan.edit")
    locked = Scenario.objects.select_for_update(of=("self",)).get(pk=scenario.pk)
    ids = locked.plans.values("plan_id")
    list(FundingPlan.objects.filter(pk__in=ids).order_by("pk").select_for_update(of=("self",)))
    found = obstacles(locked)
    if found:
        raise Conflict("Ce scénario ne peut pas être retenu. " + " ".join(found))
    written = []
    for outcome in study(locked).outcomes:
        if _held(outcome, locked):
            continue
        written.append(_write(outcome, locked, by))
    if locked.adopted_at is None or written:
        locked.adopted_at, locked.adopted_by = timezone.now(), by.label
        locked.save()
    return written


def _write(outcome: Outcome, scenario: Scenario, by: Actor) -> FundingPlan:
    if outcome.row is None:
        made = create_plan(data=outcome.after, by=by)
        ScenarioPlan.objects.create(
            scenario=scenario, territory_id=scenario.territory_id, plan=made, source_version=0,
            adopted_version=made.version, added=True, content=frozen(outcome.after),
        )  # fmt: skip
        return made
    row = outcome.row
    saved = save_plan(plan=row.plan, data=outcome.after, expected_version=row.source_version, by=by)
    row.adopted_version = saved.version
    row.save(update_fields=["adopted_version", "updated_at"])
    return saved


def _obstacle(outcome: Outcome, scenario: Scenario) -> str:
    if _held(outcome, scenario):
        return ""
    if outcome.row is None:
        taken = FundingPlan.objects.filter(year=outcome.after.year, posts__in=outcome.after.posts).first()
        return f"Le plan « {taken.label} » finance déjà ce poste en {taken.year}." if taken else ""
    plan = FundingPlan.objects.get(pk=outcome.row.plan_id)
    if not plan.is_editable:
        return f"Le plan « {plan.label} » est {plan.get_status_display().lower()} : ses montants ne changent plus."
    if plan.version != outcome.row.source_version:
        return (
            f"Le plan « {plan.label} » a été enregistré depuis cette étude : refaites le scénario sur sa version "
            "d'aujourd'hui."
        )
    return ""


def _held(outcome: Outcome, scenario: Scenario) -> bool:
    """The plan of today already says what the scenario says."""
    if outcome.row is not None:
        return same(outcome.after, outcome.before) or same(
            data_of(FundingPlan.objects.select_related("employer").get(pk=outcome.row.plan_id)), outcome.after
        )
    rows = scenario.plans.filter(added=True, plan__year=outcome.after.year, plan__posts__in=outcome.after.posts)
    return any(same(data_of(row.plan), outcome.after) for row in rows.select_related("plan"))


def same(a: PlanData, b: PlanData | None) -> bool:
    """Whether two plans say the same to whoever reads them."""
    if b is None:
        return False

    def share(told: ShareData) -> tuple[object, ...]:
        parts = told.parts if told.mode == ShareMode.EQUAL else None
        note = told.percent_note if told.mode == ShareMode.SCHEDULE else ""
        return visible(told), parts, note, [share(child) for child in told.children]

    def told(data: PlanData) -> tuple[object, ...]:
        head = (data.year, data.employer, set(data.posts), data.period_start, data.period_end, data.prorata)
        spans = data.prorata == ProrataBasis.SPAN
        span = (data.span_start, data.span_end) if spans else None
        # Working time is that of the posts; a cost typed for each is the plan's.
        weights = dict(data.post_weights) if data.breakdown == Breakdown.COST else None
        rounding = (data.rounding_unit, data.rounding_method, data.residue_ref)
        return (*head, span, *rounding, data.breakdown, weights, data.note, data.costs, [share(s) for s in data.shares])

    return told(a) == told(b)


def _open(scenario: Scenario) -> Scenario:
    locked = Scenario.objects.select_for_update(of=("self",)).get(pk=scenario.pk)
    if locked.adopted_at is not None:
        raise Conflict("Ce scénario a été retenu : ses hypothèses ne changent plus. Faites-en un autre.")
    return locked
