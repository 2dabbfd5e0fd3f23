"""What plans and titres ask of people. Amounts in euros. The number of queries does not grow with the rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, Sum
from django.urls import reverse

from core.french import plural
from core.money import euros_short
from funding.costs import cost_of
from funding.debts import debts_of
from funding.enums import PlanStatus, TitreStatus
from funding.filters import with_amounts
from funding.models import FundingPlan, Share, Titre
from funding.services.schedules import steps_ahead
from parties.actors import Actor
from parties.enums import PUBLIC_EMPLOYERS
from parties.models import Organisation

from .items import TodoItem

ZERO = Decimal(0)
SENT = (TitreStatus.EXPORTE, TitreStatus.EMIS, TitreStatus.ENCAISSE)


def waiting_plans(by: Actor, year: int) -> list[Any]:
    """Plans something may be asked of: drafts of the year and after, committed ones without any titre. Two queries."""
    drafts = Q(status=PlanStatus.PROJET, year__gte=year)
    uncalled = Q(status=PlanStatus.ENGAGE, employer__kind__in=PUBLIC_EMPLOYERS) & ~Exists(
        Titre.objects.filter(plan=OuterRef("pk"))
    )
    unknown = Share.objects.filter(plan=OuterRef("pk"), financer__isnull=False, amount=None)
    rows = with_amounts(FundingPlan.objects.visible_to(by).filter(drafts | uncalled)).annotate(
        unknown=Exists(unknown), own_amount=Sum("shares__amount", filter=Q(shares__financer=F("employer")))
    )
    return list(rows.select_related("employer").prefetch_related("costs").order_by("year", "label", "pk"))


def unbalanced(plans: Iterable[Any]) -> list[TodoItem]:
    """Draft plans whose stored shares do not make the cost; the gap is the amount at stake."""
    items = []
    for row in plans:
        if row.status != PlanStatus.PROJET:
            continue
        cost = cost_of(row)
        gap = None if cost is None else cost - row.total_amount
        if gap == 0 and not row.unknown:
            continue
        if gap is None:
            text = "Son coût n’est pas renseigné : l’équilibre ne peut pas être vérifié."
        elif gap > 0:
            text = f"Il manque {euros_short(gap)} pour couvrir le coût."
        elif gap < 0:
            text = f"Les parts dépassent le coût de {euros_short(-gap)}."
        else:
            text = "Une part n’a pas encore de montant."
        amount = abs(gap) if gap else None
        url = reverse("plan-edit", args=[row.uuid])
        status, tone = ("À compléter", "warning") if gap is None else ("À équilibrer", "danger")
        items.append(TodoItem(f"Équilibrer « {row.label} »", url, text, status, tone, amount))
    return items


def state_steps(by: Actor, today: dt.date) -> list[TodoItem]:
    """Changes announced in the State's share within a year (M9): time to find who takes over."""
    url = reverse("state-rates")
    return [
        TodoItem("Préparer la baisse de la part de l’État", url, f"{step.words}.", "Palier", "warning", due=step.date)
        if step.after < step.before
        else TodoItem("Noter la hausse de la part de l’État", url, f"{step.words}.", "Palier", "neutral", due=step.date)
        for step in steps_ahead(by=by, today=today)
    ]


def titres_to_propose(plans: Iterable[Any], employer: Organisation | None = None) -> list[TodoItem]:
    """Committed plans of public employers for which no titre was prepared; the amount is what others owe."""
    items = []
    for row in plans:
        if row.status != PlanStatus.ENGAGE or (employer is not None and row.employer_id != employer.pk):
            continue
        due = row.total_amount - (row.own_amount or ZERO)
        if due > 0:
            url = row.get_absolute_url()
            text = "Le plan est engagé et rien n’est encore appelé."
            items.append(TodoItem(f"Préparer les titres de « {row.label} »", url, text, "À appeler", "warning", due))
    return items


def titres_ready(by: Actor, issuer: Organisation | None) -> list[TodoItem]:
    """One line: what can be exported now."""
    rows = Titre.objects.visible_to(by).exportable()
    if issuer is not None:
        rows = rows.issued_by(issuer)
    totals = rows.order_by().aggregate(count=Count("pk"), total=Sum("amount"))
    count = totals["count"]
    if not count:
        return []
    title = f"Exporter {count} {plural(count, 'titre')} {plural(count, 'prêt')}"
    text = "Pour le logiciel de gestion financière ; un titre ne s’exporte qu’une fois."
    return [
        TodoItem(
            title, f"{reverse('titres')}?statut=pret", text, "Prêt" if count == 1 else "Prêts", "info", totals["total"]
        )
    ]


def titres_blocked(by: Actor, issuer: Organisation | None) -> list[TodoItem]:
    """Titres that something prevents from leaving, each with what it is."""
    rows = Titre.objects.visible_to(by).filter(status=TitreStatus.A_PREPARER).select_related("debtor", "issuer")
    if issuer is not None:
        rows = rows.issued_by(issuer)
    return [
        TodoItem(
            f"Compléter le titre à {row.debtor.label} ({row.year})",
            row.get_absolute_url(),
            row.blocked_reason or "À préparer.",
            "Bloqué",
            "warning",
            row.amount,
        )
        for row in rows.order_by("year", "entry_id")
    ]


def titres_unpaid(by: Actor, issuer: Organisation) -> list[TodoItem]:
    """One line: issued and not wholly received."""
    rows = Titre.objects.visible_to(by).issued_by(issuer).unpaid()
    totals = rows.order_by().aggregate(count=Count("pk"), total=Sum("left"))
    count = totals["count"]
    if not count:
        return []
    title = f"Suivre {count} {plural(count, 'titre')} émis et non {plural(count, 'encaissé')}"
    url = reverse("titre-reminders") if by.can("titre.propose") else f"{reverse('titres')}?statut=emis"
    return [TodoItem(title, url, "Reste à encaisser.", "À encaisser", "info", totals["total"])]


def owed(organisation: Organisation, year: int) -> list[TodoItem]:
    """One line: what the organisation still has to pay for the year, as the page « À payer » counts it."""
    found = next(iter(debts_of(organisation, year=year)), None)
    if found is None or not found.remaining:
        return []
    count = len({debt.plan.pk for debt in found.debts})
    text = f"Dans {count} {plural(count, 'plan')} de financement."
    if found.received:
        text += f" {euros_short(found.received)} sont déjà payés."
    url = f"{reverse('debts')}#annee-{year}"
    return [TodoItem(f"Prévoir ce que vous devez pour {year}", url, text, amount=found.remaining)]


def committed(by: Actor) -> dict[int, Decimal]:
    """What the plans visible to the person bind, by year; every year that has a plan is there. One query."""
    binding = Q(status__in=[PlanStatus.ENGAGE, PlanStatus.SOLDE], shares__financer__isnull=False)
    rows = (
        FundingPlan.objects.visible_to(by)
        .order_by()
        .values("year")
        .annotate(total=Sum("shares__amount", filter=binding))
    )
    return {row["year"]: row["total"] or ZERO for row in rows}


def exported(by: Actor, year: int) -> tuple[int, Decimal]:
    """Titres of the year that left for the finance software: how many, and their total."""
    rows = Titre.objects.visible_to(by).claims().filter(year=year, status__in=SENT)
    totals = rows.order_by().aggregate(count=Count("pk"), total=Sum("amount"))
    return totals["count"], totals["total"] or ZERO
