"""The State's degressive share: the rows people edit, what they make of a plan, the steps they announce (M9)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

from django.core.exceptions import ValidationError
from django.db import transaction

from core.errors import Conflict, InvalidInput
from core.french import add_months
from core.money import percent
from funding.adapter import PlanData, ShareData, data_of
from funding.enums import PlanStatus, RuleMark, ShareMode
from funding.models import FundingPlan, Share, StateRate
from parties.actors import Actor
from posts.models import Post

MARK_WORDS = {
    RuleMark.VERIFIED: "taux vérifié",
    RuleMark.STATED: "taux lu dans un acte",
    RuleMark.UNVERIFIED: "taux non vérifié",
}
MOST_YEARS = 10


@transaction.atomic
def add_rates(
    *, post: Post | None, first_year: int, percents: Sequence[Decimal], source: str, mark: str, by: Actor
) -> list[StateRate]:
    """One row per year from ``first_year``: 80, 50, 30 over three years. ``post`` None: the whole territory.

    Raises :class:`InvalidInput` on what is missing or out of bounds, :class:`Conflict` when a year has a row already.
    """
    by.require("plan.edit")
    if not percents or len(percents) > MOST_YEARS:
        raise InvalidInput(f"Indiquez de un à {MOST_YEARS} pourcentages, un par année.", place="percents")
    rows = []
    for rank, value in enumerate(percents):
        year = first_year + rank
        if StateRate.objects.filter(territory_id=by.territory_id, post=post, year=year).exists():
            raise Conflict(f"Le barème a déjà un taux pour {year} : modifiez-le.", place="first_year")
        row = StateRate(
            territory_id=by.territory_id, post=post, year=year, percent=value, source=source.strip(), mark=mark
        )
        _save(row)
        rows.append(row)
    _refresh_drafts({row.year for row in rows}, by)
    return rows


@transaction.atomic
def change_rate(*, rate: StateRate, value: Decimal, source: str, mark: str, by: Actor) -> StateRate:
    """Correct a row; draft plans that follow the schedule follow it, settled ones keep what they were settled with."""
    by.require("plan.edit")
    locked = StateRate.objects.select_for_update(of=("self",)).get(pk=rate.pk)
    locked.percent, locked.source, locked.mark = value, source.strip(), mark
    _save(locked)
    _refresh_drafts({locked.year}, by)
    return locked


@transaction.atomic
def remove_rate(*, rate: StateRate, by: Actor) -> None:
    """Take a row away. Plans keep the percentage they were computed with: the check says it no longer has a source."""
    by.require("plan.edit")
    StateRate.objects.select_for_update(of=("self",)).get(pk=rate.pk).delete()


def _save(row: StateRate) -> None:
    try:
        row.full_clean()
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        places = {"year": "first_year", "percent": "percents"}
        raise InvalidInput(messages[0], place=places.get(name, "" if name == "__all__" else name)) from error
    row.save()


def _refresh_drafts(years: Iterable[int], by: Actor) -> None:
    from funding.services.plans import save_plan  # the plan's door: it applies the schedule

    followed = Share.objects.filter(mode=ShareMode.SCHEDULE).values("plan_id")
    drafts = FundingPlan.objects.filter(
        territory_id=by.territory_id, status=PlanStatus.PROJET, year__in=list(years), pk__in=followed
    )
    for plan in drafts.select_related("employer").order_by("pk"):
        save_plan(plan=plan, data=data_of(plan), expected_version=plan.version, by=by)


# --- What a plan takes from it ----------------------------------------------------------------------------------------


def rates_of(*, territory_id: int, years: Iterable[int]) -> list[StateRate]:
    """The schedule's rows of these years, for :func:`rate_for` to choose from."""
    rows = StateRate.objects.filter(territory_id=territory_id, year__in=set(years))
    return list(rows.select_related("post").order_by("pk"))


def rate_for(
    *, territory_id: int, posts: Iterable[Post], year: int, rates: Iterable[StateRate] | None = None
) -> StateRate | None:
    """The row in force for a plan: that of its posts when they have the same, else the territory's.

    ``rates`` spares reading them when they are at hand (:func:`rates_of`).
    Raises :class:`InvalidInput` when the posts of a merged plan have different rates: one line cannot follow both.
    """
    known = rates_of(territory_id=territory_id, years=[year]) if rates is None else rates
    ids = [post.pk for post in posts]
    rows = {row.post_id: row for row in known if row.year == year and (row.post_id is None or row.post_id in ids)}
    found = [rows.get(pk) or rows.get(None) for pk in ids] or [rows.get(None)]
    if len({row.percent if row else None for row in found}) > 1:
        raise InvalidInput(
            f"Les postes de ce plan n'ont pas le même taux au barème de l'État en {year} : faites un plan par poste, "
            "ou indiquez un pourcentage.",
            place="posts",
        )
    return found[0]


def note_of(rate: StateRate) -> str:
    """What an explanation says of the percentage: "barème de l'État 2024, taux non vérifié : <source>"."""
    return f"barème de l'État {rate.year}, {MARK_WORDS[RuleMark(rate.mark)]} : {rate.source}"


def follows_schedule(data: PlanData) -> bool:
    return any(share.mode == ShareMode.SCHEDULE for share in data.all_shares())


def apply_schedule(data: PlanData, territory_id: int, rates: Iterable[StateRate] | None = None) -> PlanData:
    """The plan with the percentages of its schedule lines read from the rows of its year."""
    if not follows_schedule(data):
        return data
    rate = rate_for(territory_id=territory_id, posts=data.posts, year=data.year, rates=rates)
    return replace(data, shares=tuple(_applied(share, rate, data.year) for share in data.shares))


def _applied(share: ShareData, rate: StateRate | None, year: int) -> ShareData:
    children = tuple(_applied(child, rate, year) for child in share.children)
    if share.mode != ShareMode.SCHEDULE:
        return replace(share, children=children)
    if rate is None:
        raise InvalidInput(
            f"{share.title} : le barème de l'État n'a pas de taux pour {year}. Ajoutez-le au barème, ou indiquez un "
            "pourcentage.",
            place=f"shares[{share.ref}].mode",
        )
    return replace(share, percent=rate.percent, percent_note=note_of(rate)[:400], children=children)


# --- The steps ahead --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RateStep:
    """The State's share changes on 1 January of ``year``, from ``before`` to ``after`` percent."""

    post: Post | None
    year: int
    before: Decimal
    after: Decimal
    mark: str
    source: str

    @property
    def date(self) -> dt.date:
        return dt.date(self.year, 1, 1)

    @property
    def words(self) -> str:
        who = f"« {self.post.label} »" if self.post else "tous les postes"
        return f"{who} : la part de l'État passe de {percent(self.before)} à {percent(self.after)} en {self.year}"


def steps_ahead(*, by: Actor, today: dt.date, months: int = 12) -> list[RateStep]:
    """Changes of the State's share within a year from ``today``, soonest first: time to vote who takes over."""
    rows = list(StateRate.objects.visible_to(by).select_related("post").order_by("post_id", "year"))
    limit = add_months(today, months)
    steps = []
    for before, after in pairwise(rows):
        follows = before.post_id == after.post_id and after.year == before.year + 1
        if follows and before.percent != after.percent and today < dt.date(after.year, 1, 1) <= limit:
            step = RateStep(after.post, after.year, before.percent, after.percent, after.mark, after.source)
            steps.append(step)
    return sorted(steps, key=lambda step: (step.year, step.post.label if step.post else ""))
