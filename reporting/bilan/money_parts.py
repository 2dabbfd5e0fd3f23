"""The year's money: who planned, bound, was asked and paid what, and what each post costs. Euros, exact sums."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from core.french import counted
from core.sheets import Kind
from funding.allocation.arithmetic import CENT, largest_remainder, to_decimal
from funding.costs import cost_of
from funding.enums import CORRECTIONS, PlanStatus, TitreKind, TitreStatus
from funding.models import FundingPlan, Share, Titre
from parties.actors import Actor
from reporting.bilan.parts import Column, Part, amount, text, unknown

ZERO = Decimal(0)
COMMITTED = (PlanStatus.ENGAGE, PlanStatus.SOLDE)
CALLED = (TitreStatus.EXPORTE, TitreStatus.EMIS, TitreStatus.ENCAISSE)


@dataclass
class Financer:
    """What one body pays for the year. ``prorated``: not called, as the post was not filled all the time."""

    name: str
    planned: Decimal = ZERO
    committed: Decimal = ZERO
    called: Decimal = ZERO
    prorated: Decimal = ZERO
    received: Decimal = ZERO
    unknown: int = 0


@dataclass(frozen=True)
class PostCost:
    """A post's cost and what others bring; None: not typed."""

    label: str
    employer: str
    plan: str
    cost: Decimal | None
    committed: bool


@dataclass(frozen=True)
class Money:
    """``titres``: whether the reader may see what was called and received."""

    year: int
    financers: tuple[Financer, ...]
    costs: tuple[PostCost, ...]
    titres: bool
    #: When any of it last changed; None: there is nothing.
    changed: dt.datetime | None = None


def read_money(*, year: int, by: Actor, posts: Collection[int]) -> Money | None:
    """The money of the plans of ``year`` over ``posts``; None for whoever may not see plans. Six queries."""
    if not by.can("plan.view"):
        return None
    plans = list(
        FundingPlan.objects.visible_to(by)
        .filter(year=year, posts__in=list(posts))
        .distinct()
        .select_related("employer")
        .prefetch_related("plan_posts__post", "costs", "shares__financer")
        .order_by("employer__name", "label", "pk")
    )
    titres: list[Titre] = []
    if by.can("titre.view"):
        found = Titre.objects.visible_to(by).filter(plan__in=plans, status__in=CALLED).select_related("debtor")
        titres = list(found.exclude(kind__in=CORRECTIONS))
    financers: dict[int, Financer] = {}
    shares: dict[tuple[int, str], Share] = {}
    for plan in plans:
        for share in plan.shares.all():
            if share.financer is None:
                continue
            shares[plan.pk, share.ref] = share
            _count_share(financers.setdefault(share.financer.pk, Financer(share.financer.label)), share, plan)
    for titre in titres:
        owed = shares.get((titre.plan_id, titre.share_ref))
        body = owed.financer if owed is not None and owed.financer is not None else titre.debtor
        _count_titre(financers.setdefault(body.pk, Financer(body.label)), titre)
    costs = tuple(line for plan in plans for line in _costs(plan))
    ordered = tuple(sorted(financers.values(), key=lambda one: (-one.planned, one.name)))
    rows = [*plans, *titres, *(share for plan in plans for share in plan.shares.all())]
    changed = max((row.updated_at for row in rows), default=None)
    return Money(year, ordered, costs, by.can("titre.view"), changed)


def _count_share(line: Financer, share: Share, plan: FundingPlan) -> None:
    if share.amount is None:
        line.unknown += 1
        return
    line.planned += share.amount
    if plan.status in COMMITTED:
        line.committed += share.amount


def _count_titre(line: Financer, titre: Titre) -> None:
    line.called += titre.net
    line.received += titre.received
    if titre.kind == TitreKind.TITRE and titre.due < titre.planned:
        line.prorated += titre.base - titre.amount - titre.advances


def _costs(plan: FundingPlan) -> Iterable[PostCost]:
    """The plan's cost, shared among its posts as its breakdown weighs them, to the cent."""
    cost = cost_of(plan)
    links = list(plan.plan_posts.all())
    weights = {str(link.pk): Fraction(link.weight) for link in links}
    if not any(weights.values()):
        weights = dict.fromkeys(weights, Fraction(1))
    parts: dict[str, Fraction] = {}
    if cost is not None and weights:
        total = sum(weights.values(), Fraction(0))
        exact = {ref: Fraction(cost) * weight / total for ref, weight in weights.items()}
        parts = largest_remainder(exact, Fraction(cost), CENT)
    for link in links:
        part = to_decimal(parts[str(link.pk)]) if parts else None
        yield PostCost(link.post.label, plan.employer.label, plan.label, part, plan.status in COMMITTED)


def money_parts(money: Money | None, *, safe: bool) -> list[Part]:
    """``safe``: for readers outside, without what was not called, which dates an absence."""
    if money is None:
        return []
    return [_financers(money, safe), _post_costs(money)]


def _financers(money: Money, safe: bool) -> Part:
    names = [("prevu", "Prévu", "planned"), ("engage", "Engagé", "committed")]
    if money.titres:
        names.append(("appele", "Appelé", "called"))
        names += [] if safe else [("proratise", "Non appelé (vacances)", "prorated")]
        names.append(("encaisse", "Encaissé", "received"))
    columns = (Column("financeur", "Financeur"), *(Column(n, label, Kind.AMOUNT, "euros") for n, label, _ in names))
    notes = [
        "Prévu : parts des plans de l'année. Engagé : celles des plans dont la convention lie les parties. "
        + ("Appelé : titres exportés ou émis, corrections déduites." if money.titres else "")
    ]
    if not safe and money.titres:
        notes.append("Non appelé : ce que les titres déduisent parce que le poste n'était pas pourvu tout le temps dû.")
    if unknown_shares := sum(one.unknown for one in money.financers):
        notes.append(f"{counted(unknown_shares, 'part', gender='f').capitalize()} sans montant connu : non comptées.")
    return Part(
        key="financement",
        title="Financement par financeur",
        columns=columns,
        rows=tuple((text(one.name), *(amount(getattr(one, name)) for _, _, name in names)) for one in money.financers),
        total=(
            text("Total"),
            *(amount(sum((getattr(one, name) for one in money.financers), ZERO)) for _, _, name in names),
        )
        if money.financers
        else (),
        intro="" if money.financers else f"Aucun plan de financement {money.year} ne porte sur ces postes.",
        notes=tuple(note.strip() for note in notes) if money.financers else (),
    )


def _post_costs(money: Money) -> Part:
    columns = (
        Column("poste", "Poste"),
        Column("employeur", "Employeur"),
        Column("plan", "Plan de financement"),
        Column("cout", "Coût", Kind.AMOUNT, "euros"),
        Column("etat", "État"),
    )
    known = [one.cost for one in money.costs if one.cost is not None]
    return Part(
        key="couts",
        title="Coût de chaque poste",
        columns=columns,
        rows=tuple(
            (
                text(one.label),
                text(one.employer),
                text(one.plan),
                amount(one.cost, "coût non renseigné dans le plan"),
                text("Engagé" if one.committed else "Prévu"),
            )
            for one in money.costs
        ),
        total=(text("Total"), text(""), text(""), amount(sum(known, ZERO)) if known else unknown(), text(""))
        if money.costs
        else (),
        intro="" if money.costs else f"Aucun coût connu pour {money.year}.",
        notes=("Le coût d'un plan commun à plusieurs postes est partagé entre eux comme le plan le dit, au centime.",)
        if money.costs
        else (),
    )
