"""Plans, returns and populations as what posts cost, over several years, in a number of queries per year."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from django.db.models import Prefetch, Q

from core.french import plural
from core.money import CENT
from funding.costs import cost_of
from funding.models import FundingPlan, Share
from funding.titre_facts import PlanFacts, facts_by_plan
from funding.titre_rules import to_cents
from parties.actors import Actor
from parties.models import RefCommuneYear, RefEpciYear
from posts.models import Post
from posts.timeline import life_of
from reporting.bilan.service import territory_bilan

from .costs import Covered, Measured, PostCost, YearCosts
from .occupied import as_lived
from .refs import weights
from .risk import parts
from .shared import shared_bilan

#: Years side by side.
MOST_YEARS = 5


def costs_of(by: Actor, *, years: Sequence[int], today: dt.date, shared: bool = False) -> list[YearCosts]:
    """What each post the reader sees costs, year by year. Raises ``NotAllowed`` for who does not see the plans.

    Who may read the whole bilan gets its counts; the others those of the version shared between partners, where small
    numbers are hidden: a ratio over one of them is not given. ``shared``: everyone gets that one.
    """
    by.require("plan.view")
    posts = _posts(by)
    money = _money(by, years)
    people = _People(by, today, shared)
    inhabitants = _Inhabitants(posts)
    found = []
    for year in list(years)[:MOST_YEARS]:
        rows = [
            _post_cost(post, year, money.get((post.pk, year)), people.of(year, post), inhabitants.of(year, post))
            for post in posts
            if (post.pk, year) in money or _existed(post, year)
        ]
        found.append(YearCosts(year, tuple(rows), people.notice(year)))
    return found


def cost_years(by: Actor) -> list[int]:
    """Years with a plan, newest first."""
    rows = FundingPlan.objects.visible_to(by).order_by().values_list("year", flat=True)
    return sorted(set(rows), reverse=True)


def _posts(by: Actor) -> list[Post]:
    rows = Post.objects.visible_to(by).select_related("employer")
    related = ("occupancies", "post_units__unit", "coverage__organisation")
    return list(rows.prefetch_related(*related).order_by("employer__name", "label", "pk"))


def _existed(post: Post, year: int) -> bool:
    life = life_of(post.created_on, post.closed_on, list(post.occupancies.all()))
    return life.begins is not None and life.exists_in(dt.date(year, 1, 1), dt.date(year, 12, 31))


# --- Money ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Money:
    """A post's part of its plans of one year; None when a cost is not known. ``periods``: what they finance."""

    planned: Decimal | None
    cost: Decimal | None
    periods: tuple[tuple[dt.date, dt.date], ...]


def _money(by: Actor, years: Sequence[int]) -> dict[tuple[int, int], Money]:
    rows = (
        FundingPlan.objects.visible_to(by)
        .filter(year__in=years)
        .select_related("employer")
        .prefetch_related(
            "costs",
            "plan_posts",
            Prefetch("shares", Share.objects.order_by("position", "pk")),
            Prefetch("posts", Post.objects.order_by("label", "pk").prefetch_related("occupancies")),
        )
    )
    plans = {plan.pk: plan for plan in rows}
    facts = facts_by_plan(plans.values())
    found: dict[tuple[int, int], Money] = {}
    for plan in plans.values():
        for post, money in _of_plan(plan, as_lived(facts[plan.pk], plan)):
            key = (post.pk, plan.year)
            found[key] = _added(found[key], money) if key in found else money
    return found


def _of_plan(plan: FundingPlan, facts: PlanFacts) -> Iterable[tuple[Post, Money]]:
    """Each post's part of the plan's cost, and what of it is due for the time it was filled."""
    posts = list(plan.posts.all())
    cost = cost_of(plan)
    period = ((plan.period_start, plan.period_end),)
    if cost is None:
        return [(post, Money(None, None, period)) for post in posts]
    divided = parts(cost, weights(plan, None)) if posts else []
    dues = [item.due.of_period for item in facts.claim(cost, "").posts]
    return [
        (post, Money(part, to_cents(Fraction(part) * due), period))
        for post, part, due in zip(posts, divided, dues, strict=True)
    ]


def _added(one: Money, other: Money) -> Money:
    def both(a: Decimal | None, b: Decimal | None) -> Decimal | None:
        return None if a is None or b is None else a + b

    return Money(both(one.planned, other.planned), both(one.cost, other.cost), one.periods + other.periods)


# --- People -----------------------------------------------------------------------------------------------------------


class _People:
    """People met, from the bilan of each year, in the version the reader may have."""

    def __init__(self, by: Actor, today: dt.date, shared: bool) -> None:
        self.by, self.whole, self.today = by, by.can("bilan.view") and not shared, today
        self.years: dict[int, dict[str, Measured]] = {}
        self.notices: dict[int, str] = {}

    def of(self, year: int, post: Post) -> Measured:
        return self._year(year).get(post.key, Measured(None, "aucun relevé d’activité"))

    def notice(self, year: int) -> str:
        self._year(year)
        return self.notices[year]

    def _year(self, year: int) -> dict[str, Measured]:
        if year not in self.years:
            if self.whole:
                shown = territory_bilan(year=year, by=self.by, today=self.today)
                short = frozenset(row.key for row in shown.bilan.rows if row.missing)
            else:
                shown, short = shared_bilan(self.by, year=year, today=self.today)
            rows: dict[str, list[Measured]] = defaultdict(list)
            for row in shown.bilan.rows:
                figure = row.figures["people"]
                value = None if figure.value is None else Decimal(figure.value)
                rows[row.key].append(Measured(value, _why(figure.hidden, figure.reason)))
            self.years[year] = {key: _sum(measured, key in short) for key, measured in rows.items()}
            self.notices[year] = shown.bilan.notice
        return self.years[year]


def _why(hidden: bool, reason: str) -> str:
    if hidden:
        return "effectif masqué : petit nombre"
    return f"personnes non renseignées ({reason})" if reason else "personnes non renseignées"


def _sum(rows: Sequence[Measured], short: bool) -> Measured:
    """Both zones of a mixed post together; a year some months of which are missing divides nothing."""
    unknown = next((row for row in rows if row.value is None), None)
    if unknown is not None:
        return unknown
    if short:
        return Measured(None, "des mois d’activité manquent")
    return Measured(sum((row.value or Decimal(0) for row in rows), Decimal(0)), source="bilan de l’année")


# --- Inhabitants and time worked --------------------------------------------------------------------------------------


class _Inhabitants:
    """Inhabitants covered: the communes of the units when every unit lists them, else those of the EPCI covered.

    By commune, so that two posts that share some do not count them twice together.
    """

    def __init__(self, posts: Sequence[Post]) -> None:
        self.vintages = RefEpciYear.objects.vintages()
        self.sirens = {link.organisation.siren for post in posts for link in post.coverage.all()}
        self.codes = {code for post in posts for link in post.post_units.all() for code in link.unit.communes}
        self.communes: dict[int, dict[str, int]] = {}
        self.members: dict[int, dict[str, set[str]]] = {}

    def of(self, year: int, post: Post) -> Covered:
        vintage = max((each for each in self.vintages if each <= year), default=min(self.vintages, default=None))
        if vintage is None:
            return Covered(reason="populations de référence non chargées")
        self._load(vintage)
        known, members = self.communes[vintage], self.members[vintage]
        units = [link.unit for link in post.post_units.all()]
        if units and all(unit.communes for unit in units):
            codes = {code for unit in units for code in unit.communes}
            if not codes <= set(known):
                return Covered(reason=f"communes inconnues du millésime {vintage}")
            source = f"{len(codes)} {plural(len(codes), 'commune')}, population municipale {vintage}"
            return Covered({code: known[code] for code in codes}, source=source)
        bodies = [link.organisation for link in post.coverage.all()]
        if not bodies:
            return Covered(reason="territoire couvert non renseigné")
        unknown = [body.label for body in bodies if body.siren not in members]
        if unknown:
            return Covered(reason=f"pas de population publiée pour {unknown[0]}")
        codes = {code for body in bodies for code in members[body.siren]}
        source = f"{len(bodies)} EPCI, population municipale {vintage}"
        return Covered({code: known[code] for code in codes}, source=source)

    def _load(self, vintage: int) -> None:
        if vintage in self.communes:
            return
        rows = RefCommuneYear.objects.of_vintage(vintage).filter(Q(epci__in=self.sirens) | Q(commune__in=self.codes))
        self.communes[vintage], self.members[vintage] = {}, defaultdict(set)
        for code, siren, population in rows.values_list("commune_id", "epci_id", "population"):
            self.communes[vintage][code] = population
            if siren in self.sirens:
                self.members[vintage][siren].add(code)


def _worked(post: Post, money: Money | None, year: int) -> Measured:
    """Full-time equivalents worked over the days financed: working time × days filled / days of the year."""
    if money is None:
        return Measured(None, "aucun plan de financement")
    rows = list(post.occupancies.all())
    if not rows:
        return Measured(None, "occupation du poste non renseignée")
    days = (dt.date(year, 12, 31) - dt.date(year, 1, 1)).days + 1
    total = Fraction(0)
    for first, last in money.periods:
        for row in rows:
            start, end = max(row.start, first), min(row.end or last, last)
            if start <= end:
                total += Fraction(row.working_time) * Fraction(post.etp) * ((end - start).days + 1)
    worked = total / days
    value = (Decimal(worked.numerator) / Decimal(worked.denominator)).quantize(CENT, ROUND_HALF_UP)
    return Measured(value, source="occupation du poste")


def _post_cost(post: Post, year: int, money: Money | None, people: Measured, inhabitants: Covered) -> PostCost:
    reason = "aucun plan de financement" if money is None else "coût non renseigné dans le plan"
    planned = Measured(money.planned if money else None, reason)
    cost = Measured(money.cost if money else None, reason)
    return PostCost(
        key=str(post.uuid),
        label=post.label,
        url=post.get_absolute_url(),
        employer=post.employer.label,
        year=year,
        planned=planned,
        cost=cost,
        people=people,
        covered=inhabitants,
        etp=_worked(post, money, year),
    )
