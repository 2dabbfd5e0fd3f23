"""What was planned for a post in a year, and what was claimed and received: as far as the reader may see it."""

from __future__ import annotations

from decimal import Decimal

from core.french import plural
from funding.costs import cost_of
from funding.enums import PlanStatus, TitreStatus
from funding.models import FundingPlan, Titre
from funding.titre_facts import facts_of
from parties.actors import Actor
from posts.models import Post
from reporting.bilan_post.grid import Box, Column, DataTable, Kind, Line

#: A claim that left for the debtor.
ISSUED = (TitreStatus.EXPORTE, TitreStatus.EMIS, TitreStatus.ENCAISSE)


def funding_tables(*, post: Post, year: int, by: Actor) -> tuple[DataTable, ...]:
    """One table a plan of the year ``by`` may see. Euros; nothing for who may not read plans.

    What was claimed is shown to who may read every titre of the plan: the managers, or the employer's finance officers.
    """
    if not by.can("plan.view"):
        return ()
    plans = (
        FundingPlan.objects.visible_to(by)
        .filter(posts=post, year=year)
        .select_related("employer")
        .prefetch_related("posts", "shares__financer", "costs")
        .order_by("period_start", "pk")
    )
    found = []
    for number, plan in enumerate(plans, start=1):
        owns = by.is_staff or (by.organisation is not None and plan.employer_id == by.organisation.pk)
        found.append(_table(plan, number, claims=owns and by.can("titre.view")))
    return tuple(found)


def _table(plan: FundingPlan, number: int, *, claims: bool) -> DataTable:
    titres = list(Titre.objects.filter(plan=plan)) if claims else []
    lines, totals = [], [Decimal(0)] * 3
    for share in plan.shares.all():
        if share.is_group or share.amount is None:
            continue
        mine = [titre for titre in titres if titre.share_ref == share.ref and not titre.is_correction]
        left = [titre for titre in mine if titre.status in ISSUED]
        amounts = [
            share.amount,
            sum((titre.net for titre in left), Decimal(0)),
            sum((titre.received for titre in left), Decimal(0)),
        ]
        totals = [total + amount for total, amount in zip(totals, amounts, strict=True)]
        lines.append(Line(share.display_label, _boxes(amounts, claims)))
    lines.append(Line("Total", _boxes(totals, claims), total=True))
    columns = [Column("Prévu", Kind.EUROS)]
    if claims:
        columns += [Column(label, Kind.EUROS, inside=True) for label in ("Appelé par titres", "Encaissé")]
    return DataTable(
        "financement" if number == 1 else f"financement-{number}",
        f"Financement : {plan.label}",
        "Financeur",
        tuple(columns),
        tuple(lines),
        tuple(_notes(plan)),
        tuple(_worked(plan) if claims else ()),
    )


def _boxes(amounts: list[Decimal], claims: bool) -> tuple[Box, ...]:
    return tuple(Box(amount, Kind.EUROS) for amount in (amounts if claims else amounts[:1]))


def _notes(plan: FundingPlan) -> list[str]:
    notes = []
    cost = cost_of(plan)
    if cost is not None:
        notes.append(f"Coût prévu : {Box(cost, Kind.EUROS).text}.")
    if plan.status == PlanStatus.PROJET:
        notes.append("Ce plan est encore un projet.")
    posts = len(plan.posts.all())
    if posts > 1:
        notes.append(f"Ce plan réunit {posts} {plural(posts, 'poste')} : ses montants sont ceux de tous.")
    return notes


def _worked(plan: FundingPlan) -> list[str]:
    """What the occupancy makes of the cost, by the same rules as the titres."""
    cost = cost_of(plan)
    if cost is None:
        return []
    worked = facts_of(plan).claim(cost, "")
    unit = "jours" if worked.basis == "days" else "mois"
    notes = [
        f"Au prorata de l'occupation : {worked.ratio} {unit}, soit {Box(worked.gross, Kind.EUROS).text} de ce coût."
    ]
    if any(each.presumed for each in worked.posts):
        notes.append("L'occupation n'est pas renseignée : le poste est supposé pourvu.")
    return notes
