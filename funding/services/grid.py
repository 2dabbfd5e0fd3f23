"""Writing several years at once: save, undo the last save, add a year. All or nothing."""

from __future__ import annotations

import calendar
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from core.errors import BusinessError, Conflict, InvalidInput
from core.french import date_long
from core.money import percent
from funding.adapter import PlanData, data_of
from funding.enums import ProrataBasis, ShareMode, Source
from funding.frozen_data import frozen, thawed_plans
from funding.models import FundingPlan
from funding.models.versions import PlanVersion
from funding.services.plans import copy_plan_to_year, save_plan
from parties.actors import Actor


class YearRefused(BusinessError):
    """One year's plan was refused; the message and the place are the plan service's own."""

    def __init__(self, error: BusinessError, year: int) -> None:
        super().__init__(error.message, place=error.place)
        self.status, self.year, self.stale = error.status, year, isinstance(error, Conflict)


@transaction.atomic
def save_years(
    *, plans: Sequence[FundingPlan], data: Mapping[int, PlanData], versions: Mapping[int, int], by: Actor
) -> list[FundingPlan]:
    """Save the years whose content changes, each if nobody saved it meanwhile; gives those saved.

    ``versions`` are the plans' versions the person was looking at. A year that does not change is left alone, its
    version included. Raises :class:`YearRefused`; nothing is then written.
    """
    by.require("plan.edit")
    reference, saved = uuid.uuid4(), []
    for plan in plans:
        before = data_of(plan)
        if plan.year not in data or data[plan.year] == before:
            continue
        try:
            done = save_plan(plan=plan, data=data[plan.year], expected_version=versions.get(plan.year, 0), by=by)
        except BusinessError as error:
            raise YearRefused(error, plan.year) from error
        PlanVersion.objects.create(
            plan=plan, territory_id=plan.territory_id, save_ref=reference, before=done.version - 1,
            after=done.version, content=frozen(before), by=by.user, by_label=by.label,
        )  # fmt: skip
        saved.append(done)
    return saved


@dataclass(frozen=True)
class LastSave:
    """The save that can be undone, in words."""

    versions: tuple[PlanVersion, ...]
    obstacle: str

    @property
    def words(self) -> str:
        first = self.versions[0]
        at = timezone.localtime(first.created_at)
        years = ", ".join(str(v.plan.year) for v in self.versions)
        return f"{first.by_label}, le {date_long(at.date())} à {at:%H:%M} (années : {years})"


def last_save(plans: Sequence[FundingPlan]) -> LastSave | None:
    """The last save of these plans made from the grid, and why it cannot be undone ("" when it can)."""
    last = PlanVersion.objects.last_of(list(plans))
    if last is None:
        return None
    versions = tuple(PlanVersion.objects.filter(save_ref=last.save_ref).select_related("plan").order_by("plan__year"))
    return LastSave(versions, next((why for v in versions if (why := _obstacle(v))), ""))


def _obstacle(version: PlanVersion) -> str:
    plan = version.plan
    if not plan.is_editable:
        return f"Le plan {plan.year} est {plan.get_status_display().lower()} : ses montants ne changent plus."
    if plan.version != version.after:
        return f"Le plan {plan.year} a été enregistré de nouveau depuis : reprenez-le à la main."
    return ""


@transaction.atomic
def undo_last_save(*, plans: Sequence[FundingPlan], save_ref: uuid.UUID, by: Actor) -> list[FundingPlan]:
    """Put back what the plans held before the save ``save_ref``, all its years together.

    Undoing is a save like another: it can be undone in turn. Raises :class:`Conflict` when it is not the last save any
    more, or when a plan was frozen or saved again since.
    """
    by.require("plan.edit")
    found = last_save(plans)
    if found is None or found.versions[0].save_ref != save_ref:
        raise Conflict("Un autre enregistrement a eu lieu depuis : rien n'a été annulé. Relisez le tableau.")
    if found.obstacle:
        raise Conflict(f"Cet enregistrement ne peut plus être annulé. {found.obstacle}")
    data = thawed_plans(version.content for version in found.versions)
    return save_years(
        plans=[version.plan for version in found.versions],
        data={content.year: content for content in data},
        versions={version.plan.year: version.after for version in found.versions},
        by=by,
    )


# --- One more year ----------------------------------------------------------------------------------------------------


@transaction.atomic
def add_year(*, plans: Sequence[FundingPlan], by: Actor) -> tuple[FundingPlan, list[str]]:
    """The year after the last one, copied from it; with what to look at again, in French.

    Raises :class:`InvalidInput` when a plan already pays for one of the posts that year.
    """
    by.require("plan.edit")
    if not plans:
        raise InvalidInput("Il n'y a aucune année à prolonger.")
    last = max(plans, key=lambda plan: plan.year)
    source = data_of(last)
    added = copy_plan_to_year(plan=last, year=last.year + 1, by=by)
    return added, _to_look_at(source, plans)


def _to_look_at(source: PlanData, plans: Sequence[FundingPlan]) -> list[str]:
    words = []
    if source.prorata != ProrataBasis.NONE:
        days = (source.period_end - source.period_start).days + 1
        whole = 366 if calendar.isleap(source.year) else 365
        words.append(
            f"Le plan {source.year} ne paie que {days} jours sur {whole} : celui de {source.year + 1} est ouvert pour "
            "l'année entière. Vérifiez sa période et les montants fixes."
        )
    rates = _state_rates([data_of(plan) for plan in sorted(plans, key=lambda plan: plan.year)])
    if len(set(rates)) > 1:
        seen = ", ".join(percent(rate, 4) for rate in rates)
        words.append(
            f"La part de l'État est dégressive ({seen}) : {source.year + 1} reprend le taux de {source.year}, "
            "saisissez celui du barème."
        )
    fixed = any(share.mode == ShareMode.FIXED for share in source.all_shares())
    if fixed:
        words.append(f"Les montants fixes sont ceux de {source.year} : actualisez-les avec les coûts.")
    return words


def _state_rates(years: Sequence[PlanData]) -> list[Decimal]:
    """The State's percentage of each year, where it is one."""
    return [
        share.percent
        for data in years
        for share in data.shares
        if share.source in (Source.FIPD, Source.STATE) and share.percent is not None
    ]
