"""What grants to associations ask of people. Amounts in euros. The number of queries does not grow with the rows."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.urls import reverse

from core.french import plural
from core.french.dates import add_months
from funding import grants as reads
from funding.grant_opendata import publications
from funding.models import GrantAccount
from parties.actors import Actor

from .items import DateItem, TodoItem

#: As the other deadlines of the page.
HORIZON_MONTHS = 3
ZERO = Decimal(0)


def late(by: Actor, today: dt.date) -> list[TodoItem]:
    """Payments, requests and comptes rendus past their day: one line of each kind."""
    before = today - dt.timedelta(days=1)
    items = []
    if rows := reads.due_instalments(by, until=before):
        items.append(
            TodoItem(
                f"Verser {len(rows)} {plural(len(rows), 'échéance')} de subvention",
                f"{reverse('grants-due')}#retards",
                "La date limite de versement est passée.",
                "En retard",
                "danger",
                sum((row.remaining for row in rows), ZERO),
                rows[0].due_on,
            )
        )
    if asked := reads.late_requests(by, until=before):
        items.append(
            TodoItem(
                f"Demander {len(asked)} {plural(len(asked), 'subvention')}",
                f"{reverse('grants-due')}#demandes",
                "La date limite de demande est passée.",
                "En retard",
                "warning",
                sum((row.amount for row in asked), ZERO),
                asked[0].request_deadline,
            )
        )
    for due in reads.accounts_due(by):
        if due.is_late(today):
            url = due.account.get_absolute_url() if due.account else reverse("grant-accounts")
            title = f"Remettre le compte rendu financier de « {due.plan.label} »"
            items.append(TodoItem(title, url, "Six mois après l’exercice.", "En retard", "warning", due=due.due_on))
    return items


def unpublished(by: Actor, today: dt.date) -> list[TodoItem]:
    """Signed conventions whose essential data should be online."""
    rows = [each for each in publications(by) if each.is_late(today)]
    if not rows:
        return []
    title = f"Publier les données de {len(rows)} {plural(len(rows), 'subvention')}"
    text = "Trois mois après la signature, à partir du seuil de convention obligatoire."
    return [TodoItem(title, reverse("grants-publication"), text, "En retard", "warning", due=rows[0].due_on)]


def to_review(by: Actor) -> list[TodoItem]:
    """Comptes rendus handed in that wait for a decision."""
    if not by.can("grant.pay"):
        return []
    rows = GrantAccount.objects.visible_to(by).filter(status="soumis")  # type: ignore[attr-defined]
    if not by.is_staff:
        rows = rows.exclude(beneficiary=by.organisation).filter(lines__financer=by.organisation).distinct()
    return [
        TodoItem(
            f"Examiner le compte rendu financier de « {row.plan.label} »",
            f"{row.get_absolute_url()}#examiner",
            f"{row.beneficiary.label}, exercice {row.year}.",
            "Remis",
            "info",
        )
        for row in rows.select_related("plan", "beneficiary").order_by("submitted_on", "pk")
    ]


def calendar(by: Actor, today: dt.date) -> list[DateItem]:
    """Requests, payments and comptes rendus of the coming months."""
    last = add_months(today, HORIZON_MONTHS)
    dates = [
        DateItem(
            row.due_on, f"Versement de {row.grant.financer.label}", row.grant.get_absolute_url(), row.grant.plan.label
        )
        for row in reads.due_instalments(by, until=last)
        if row.due_on >= today
    ]
    for grant in reads.late_requests(by, until=last):
        if grant.request_deadline and grant.request_deadline >= today:
            label = f"Demande de subvention à {grant.financer.label}"
            dates.append(DateItem(grant.request_deadline, label, grant.get_absolute_url(), grant.plan.label))
    for due in reads.accounts_due(by):
        if not due.is_done and today <= due.due_on <= last:
            url = due.account.get_absolute_url() if due.account else reverse("grant-accounts")
            dates.append(DateItem(due.due_on, "Compte rendu financier à remettre", url, due.plan.label))
    return sorted(dates, key=lambda item: (item.date, item.label))
