"""R15, R20 and R43: a convention against what its plans pay and against the other conventions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

from conventions.enums import Family, Status
from conventions.models import Convention, ConventionPlan
from conventions.text.clauses import chosen_clauses
from conventions.text.dossier import Draft
from core.findings import Finding, Mark, Severity
from core.french import plural
from core.french.dates import date_range
from core.french.numbers import enumerate_fr
from core.money import euros
from funding.models import FundingPlan
from parties.enums import OrganisationKind

from .around import date_of, life, plain, texts
from .places import place, tab

ONE_DAY = dt.timedelta(days=1)
#: What a convention of grant must say above the threshold, by kind of clause.
GRANT_CLAUSES = {
    "objet": "l'objet",
    "financement": "le montant",
    "versement": "le versement",
    "emploi_fonds": "l'emploi des fonds",
}


def r15_funded_days(draft: Draft) -> Iterator[Finding]:
    """The days of the convention are the days its plans pay."""
    convention, days = draft.convention, life(draft.convention)
    if not draft.plans or days is None:
        return
    start, end = days
    unpaid = _count(start, end, lambda day: not any(_holds(v.plan, day) for v in draft.plans))
    first = min(view.plan.period_start for view in draft.plans)
    last = max(view.plan.period_end for view in draft.plans)
    extra = _count(first, last, lambda day: not start <= day <= end and any(_holds(v.plan, day) for v in draft.plans))
    if not unpaid and not extra:
        return
    parts = []
    if unpaid:
        parts.append(f"{unpaid} {plural(unpaid, 'jour')} de la convention {plural(unpaid, 'est', 'sont')} sans plan")
    if extra:
        parts.append(f"{extra} {plural(extra, 'jour')} {plural(extra, 'est financé', 'sont financés')} hors d'elle")
    yield Finding(
        code="R15",
        severity=Severity.EXPLAIN,
        place=place(convention, ".period"),
        message=(
            f"La convention court {date_range(start, end)}, ses plans paient {date_range(first, last)} :"
            f" {enumerate_fr(parts)}."
        ),
        stated=f"{start.isoformat()}/{end.isoformat()}",
        computed=f"{first.isoformat()}/{last.isoformat()}",
        source="Contrôle R15 de Cosigne",
        url=tab(convention, "plan"),
    )


def _holds(plan: FundingPlan, day: dt.date) -> bool:
    return plan.period_start <= day <= plan.period_end


def _count(start: dt.date, end: dt.date, wanted: Callable[[dt.date], bool]) -> int:
    return sum(1 for rank in range((end - start).days + 1) if wanted(start + dt.timedelta(days=rank)))


def r15_continuity(draft: Draft) -> Iterator[Finding]:
    """No gap and no overlap with the convention of the same posts that comes before."""
    convention = draft.convention
    if draft.is_bipartite or not draft.posts or life(convention) is None:
        return
    others = (
        Convention.objects.filter(
            territory_id=convention.territory_id, convention_posts__post__in=draft.posts, parent=None
        )
        .exclude(pk=convention.pk)
        .exclude(pk__in=[pk for pk in (convention.parent_id,) if pk])
        .exclude(status=Status.ABANDONNEE)
        # Ended by an act whose last day is not known: nothing to compare with.
        .exclude(status__in=[Status.DENONCEE, Status.RESILIEE], runs_until__isnull=True)
        .exclude(family=Family.F5)
        .filter(period_start__lt=convention.period_start)
        .distinct()
        .with_last_day()
        .order_by("-last_day", "-pk")
    )
    before = others.first()
    if before is None or before.final_day + ONE_DAY == convention.period_start:
        return
    overlap = before.final_day >= convention.period_start
    first, last = (
        (convention.period_start, min(before.final_day, convention.period_end))
        if overlap
        else (before.final_day + ONE_DAY, convention.period_start - ONE_DAY)
    )
    days = (last - first).days + 1
    what = "se chevauchent" if overlap else "laissent un vide"
    yield Finding(
        code="R15",
        severity=Severity.EXPLAIN,
        place=place(convention, ".period.start"),
        message=(
            f"La convention {before.reference} et celle-ci {what} {date_range(first, last)} ({days}"
            f" {plural(days, 'jour')}), pour les mêmes postes."
        ),
        stated=convention.period_start.isoformat(),
        computed=(before.final_day + ONE_DAY).isoformat(),
        source="Contrôle R15 de Cosigne",
        url=tab(convention, "plan"),
    )


def r20_grants(draft: Draft) -> Iterator[Finding]:
    """Above 23 000 € a year from one authority, over all conventions: object, amount, payment and use are written."""
    convention, over = draft.convention, draft.grants_over_threshold
    if not over:
        return
    receiving = enumerate_fr(o.french.le() for o in draft.employers if o.kind == OrganisationKind.ASSOCIATION)
    kept = {clause.kind for clause in chosen_clauses(convention).texts} if convention.template else _printed(convention)
    missing = [words for kind, words in GRANT_CLAUSES.items() if kind not in kept]
    printed = bool(convention.stated) and not any(
        stated.get(name) for stated in (convention.stated, *(v.plan.stated for v in draft.plans)) for name in _TOTALS
    )
    if printed and "le montant" not in missing:
        missing.append("le montant")
    if not missing:
        return
    rows = enumerate_fr(
        f"{found.authority.french.le()} verse {euros(found.amount)} en {found.year}"
        f" ({found.plans} {plural(found.plans, 'plan')})"
        for found in over
    )
    yield Finding(
        code="R20",
        severity=Severity.BLOCKING,
        place=place(convention, ".clauses"),
        message=(
            f"Toutes conventions comprises, {rows} à {receiving}, plus de {euros(over[0].threshold)} : la"
            f" convention doit écrire {enumerate_fr(missing)}."
        ),
        stated=", ".join(missing),
        computed=str(max(found.amount for found in over)),
        source="Loi 2000-321, art. 10 ; décret 2001-495",
        mark=Mark.VERIFIED,
        url=tab(convention, "texte"),
        blocks_signature_only=True,
    )


def _printed(convention: Convention) -> set[str]:
    """What a published text has of these clauses, from the titles of its articles and the dates it sets."""
    titles = plain(" ; ".join(texts(convention.stated.get("articles"))))
    found = {
        "objet": "objet" in titles,
        "financement": "financement" in titles,
        "versement": "versement" in titles or date_of(convention.variables.get("payment_deadline")) is not None,
        "emploi_fonds": "emploi des fonds" in titles or "compte rendu financier" in titles,
    }
    return {kind for kind, there in found.items() if there}


_TOTALS = ("total", "annual_total")


def r43_same_plan(draft: Draft) -> Iterator[Finding]:
    """A plan is committed by one convention; a bipartite child commits nothing more than its parent does."""
    convention = draft.convention
    own = {view.plan.pk for view in draft.plans if view.only_financer_id is None}
    links = (
        ConventionPlan.objects.filter(plan__in=own, only_financer=None)
        .exclude(convention=convention)
        .exclude(convention__in=[pk for pk in (convention.parent_id,) if pk])
        .exclude(convention__parent=convention)
        .filter(convention__status__in=[Status.APPROUVEE, Status.EN_SIGNATURE, Status.SIGNEE])
        .select_related("convention", "plan")
        .order_by("convention__reference", "pk")
    )
    for link in links:
        yield Finding(
            code="R43",
            severity=Severity.BLOCKING,
            place=place(convention, f".plans[{link.plan.key}]"),
            message=(
                f"Le plan « {link.plan.label} » est déjà porté par la convention {link.convention.reference}"
                f" ({link.convention.get_status_display().lower()}) : le même argent ne s'engage pas deux fois."
            ),
            stated=convention.reference,
            computed=link.convention.reference,
            source="Contrôle R43 de Cosigne",
            url=tab(convention, "plan"),
            blocks_signature_only=True,
        )
