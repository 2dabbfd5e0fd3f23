"""What a scenario supposes, one assumption at a time: plain data, the plan it makes of a plan. No writing here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import Any

from core.errors import InvalidInput
from core.french import upper_first
from core.money import euros, number_fr, percent, round_cent
from funding.adapter import CostData, KeyData, PlanData, ShareData, allocate_data
from funding.allocation import WHOLE_COST
from funding.enums import CostKind, KeySource, ProrataBasis, ShareMode, Source
from funding.scenarios.rules import MODES, RULES, rebalanced
from funding.services.keys import official_populations
from parties.models import Organisation
from posts.models import Post

STATE, LEAVES, COST, POST, KEY = "state", "leaves", "cost", "post", "key"
KINDS: dict[str, str] = {
    STATE: "La part de l'État change",
    LEAVES: "Un financeur s'en va",
    COST: "Un coût change",
    POST: "Un poste s'ajoute",
    KEY: "Les clés passent à un autre millésime",
}
TO, BY = "to", "by"
STATE_SOURCES = (Source.FIPD, Source.STATE)


@dataclass(frozen=True)
class Assumption:
    """``how``: "to" a value or "by" a percentage; ``rate`` out of 100, signed for "by"; ``amount`` in euros.

    ``rule`` says who bears or gains the difference, ``taker`` (organisation id) when one financer is named. Applied to
    the years from ``from_year`` on (None: all).
    """

    kind: str
    how: str = BY
    rate: Decimal | None = None
    amount: Decimal | None = None
    financer: int | None = None
    post: int | None = None
    like: int | None = None
    cost_kind: str = CostKind.PAYROLL
    vintage: int | None = None
    from_year: int | None = None
    rule: str = MODES
    taker: int | None = None

    def as_json(self) -> dict[str, Any]:
        return {k: str(v) if isinstance(v, Decimal) else v for k, v in asdict(self).items() if v is not None}

    @classmethod
    def of_json(cls, value: Mapping[str, Any]) -> Assumption:
        found = dict(value)
        for name in ("rate", "amount"):
            if name in found:
                found[name] = Decimal(found[name])
        return cls(**{k: v for k, v in found.items() if k in cls.__dataclass_fields__})


@dataclass(frozen=True)
class Known:
    """Bodies and posts that assumptions name, by id."""

    organisations: Mapping[int, Organisation]
    posts: Mapping[int, Post]

    def body(self, pk: int | None) -> str:
        found = self.organisations.get(pk or 0)
        return found.label if found else "un organisme retiré de l'annuaire"

    def post_label(self, pk: int | None) -> str:
        found = self.posts.get(pk or 0)
        return found.label if found else "un poste supprimé"


def known_by(assumptions: Sequence[Assumption]) -> Known:
    """Two queries, whatever the number of assumptions."""
    bodies = {pk for a in assumptions for pk in (a.financer, a.taker) if pk}
    posts = {a.post for a in assumptions if a.post}
    return Known(Organisation.objects.in_bulk(bodies), Post.objects.select_related("employer").in_bulk(posts))


def words(assumption: Assumption, known: Known) -> str:
    """The assumption in one sentence."""
    since = f", à partir de {assumption.from_year}" if assumption.from_year else ""
    if assumption.kind == STATE:
        told = f"la part de l'État passe à {percent(assumption.rate or 0, 4)} du coût"
        if assumption.how == BY:
            told = f"la part de l'État varie de {signed(assumption.rate)}"
    elif assumption.kind == LEAVES:
        told = f"{known.body(assumption.financer)} ne finance plus"
    elif assumption.kind == COST:
        name = str(CostKind(assumption.cost_kind).label)
        told = f"{name} : {signed(assumption.rate)}"
        if assumption.how == TO:
            told = f"{name} : {euros(assumption.amount or Decimal(0))} par an"
    elif assumption.kind == POST:
        cost = euros(assumption.amount or Decimal(0))
        told = f"{known.post_label(assumption.post)} s'ajoute, {cost} par an, financé comme le plan choisi"
    else:
        told = f"les clés sont calculées sur les populations de {assumption.vintage}"
    rule = ""
    if assumption.kind in (STATE, LEAVES, COST) and assumption.rule != MODES:
        rule = f" ; {RULES[assumption.rule].lower()}"
        if assumption.taker:
            rule += f" ({known.body(assumption.taker)})"
    return f"{upper_first(told)}{since}{rule}."


def signed(rate: Decimal | None) -> str:
    """« + 3 % », « − 10 % »."""
    value = rate or Decimal(0)
    text = number_fr(abs(value), 4).rstrip("0").rstrip(",")
    return f"{'+' if value >= 0 else '−'} {text} %"


# --- Applying ---------------------------------------------------------------------------------------------------------


def applied(data: PlanData, assumption: Assumption, known: Known) -> PlanData:
    """The plan if the assumption held. Raises :class:`InvalidInput` when its rule cannot be followed in this plan."""
    if assumption.from_year and data.year < assumption.from_year:
        return data
    if assumption.kind == STATE:
        return _state(data, assumption, known)
    if assumption.kind == LEAVES:
        return _without(data, assumption, known)
    if assumption.kind == COST:
        return _cost(data, assumption, known)
    return _rekeyed(data, assumption) if assumption.kind == KEY else data


def _state(data: PlanData, assumption: Assumption, known: Known) -> PlanData:
    lines = allocate_data(data).lines
    changed: set[str] = set()

    def change(share: ShareData, level: int) -> ShareData:
        if share.source not in STATE_SOURCES or share.financer is None:
            return share
        rate = assumption.rate or Decimal(0)
        found = lines[share.ref].share
        if assumption.how == BY and found is None:
            return share
        changed.add(share.ref)
        if assumption.how == BY:
            assert found is not None
            return fixed(share, round_cent(found * (100 + rate) / 100))
        whole = WHOLE_COST if level else ""
        return replace(
            share, mode=ShareMode.PERCENTAGE, percent=rate, percent_of=whole, fixed_amount=None, fixed_is_annual=False,
            weight=None, population=None,
        )  # fmt: skip

    after = replace(data, shares=mapped(data.shares, change))
    return rebalanced(data, after, changed, assumption.rule, assumption.taker, known.body(assumption.taker))


def _without(data: PlanData, assumption: Assumption, known: Known) -> PlanData:
    gone = {s.ref for s in data.all_shares() if s.financer is not None and s.financer.pk == assumption.financer}
    if not gone:
        return data

    def kept(shares: tuple[ShareData, ...]) -> tuple[ShareData, ...]:
        found = []
        for share in shares:
            children = kept(share.children)
            if share.ref in gone or (share.children and not children):
                gone.add(share.ref)
                continue
            found.append(share if children == share.children else replace(share, children=children))
        return tuple(found)

    shares = kept(data.shares)
    if not shares:
        raise InvalidInput(f"« {data.label} » n'aurait plus aucun financeur : retirez cette hypothèse ou une année.")
    loose = mapped(shares, lambda s, _: replace(s, percent_of="") if s.percent_of in gone else s)
    # What the one who leaves bore alone is everybody's again.
    costs = tuple(replace(cost, borne_by="") if cost.borne_by in gone else cost for cost in data.costs)
    residue = "" if data.residue_ref in gone else data.residue_ref
    after = replace(data, shares=loose, costs=costs, residue_ref=residue)
    return rebalanced(data, after, set(), assumption.rule, assumption.taker, known.body(assumption.taker))


def _cost(data: PlanData, assumption: Assumption, known: Known) -> PlanData:
    costs, first = [], True
    for cost in data.costs:
        if cost.kind != assumption.cost_kind or cost.amount is None:
            costs.append(cost)
            continue
        amount = round_cent(cost.amount * (100 + (assumption.rate or Decimal(0))) / 100)
        if assumption.how == TO:
            # The stated amount is the whole of this nature: it stands once.
            amount, first = (assumption.amount or Decimal(0)) if first else Decimal(0), False
        if amount < 0:
            raise InvalidInput(f"« {data.label} » : un coût ne peut pas devenir négatif.")
        costs.append(replace(cost, amount=amount))
    if assumption.how == TO and first:
        costs.append(CostData(assumption.cost_kind, "", assumption.amount))
    after = replace(data, costs=tuple(costs))
    return rebalanced(data, after, set(), assumption.rule, assumption.taker, known.body(assumption.taker))


def _rekeyed(data: PlanData, assumption: Assumption) -> PlanData:
    """Blocks shared by key, computed on the official populations of another vintage."""

    def change(share: ShareData, level: int) -> ShareData:
        members = [child for child in share.children if child.mode == ShareMode.KEY and child.financer]
        if not members or assumption.vintage is None:
            return share
        key = replace(share.key or KeyData(), source=KeySource.OFFICIAL, vintage=assumption.vintage, stored_id=None)
        bodies = [child.financer for child in members if child.financer]
        found = official_populations(basis=key.basis, vintage=assumption.vintage, financers=bodies, posts=data.posts)
        missing = next((c for c in members if c.financer and c.financer.pk not in found), None)
        if missing is not None:
            raise InvalidInput(
                f"« {data.label} » : aucune population officielle de {assumption.vintage} pour {missing.title}."
            )
        children = tuple(
            replace(child, weight=Decimal(found[child.financer.pk]), population=found[child.financer.pk], percent=None)
            if child.mode == ShareMode.KEY and child.financer
            else child
            for child in share.children
        )
        return replace(share, key=key, children=children)

    return replace(data, shares=mapped(data.shares, change))


def added_plan(pattern: PlanData, assumption: Assumption, known: Known) -> PlanData:
    """The plan of one more post, financed like ``pattern``: the same modes, fixed amounts in proportion to the cost."""
    post = known.posts.get(assumption.post or 0)
    if post is None:
        raise InvalidInput("Le poste ajouté n'existe plus : retirez cette hypothèse.")
    cost = assumption.amount or Decimal(0)
    whole = sum((c.amount or Decimal(0) for c in pattern.costs if not c.borne_by), Decimal(0))

    def change(share: ShareData, level: int) -> ShareData:
        clean = replace(share, stated={}, budget_line_id=None, footnote="")
        if share.mode != ShareMode.FIXED or share.fixed_amount is None:
            return clean
        if not whole:
            raise InvalidInput(
                f"« {pattern.label} » n'a pas de coût : ses montants fixes ne peuvent pas être transposés."
            )
        return replace(clean, fixed_amount=round_cent(share.fixed_amount * cost / whole))

    return replace(
        pattern,
        label=f"{post.label[:150]} – {pattern.year}",
        employer=post.employer,
        posts=(post,),
        costs=(CostData(CostKind.PAYROLL, "", cost),),
        shares=mapped(pattern.shares, change),
        note="",
        period_start=pattern.period_start.replace(month=1, day=1),
        period_end=pattern.period_end.replace(month=12, day=31),
        prorata=ProrataBasis.NONE,
    )


def fixed(share: ShareData, amount: Decimal) -> ShareData:
    """The share, paying exactly ``amount`` over the plan's period."""
    return replace(
        share, mode=ShareMode.FIXED, fixed_amount=amount, fixed_is_annual=False, percent=None, percent_of="",
        weight=None, population=None,
    )  # fmt: skip


def mapped(shares: tuple[ShareData, ...], change: Any, level: int = 0) -> tuple[ShareData, ...]:
    """Each share through ``change(share, level)``, members first."""
    return tuple(change(replace(s, children=mapped(s.children, change, level + 1)), level) for s in shares)
