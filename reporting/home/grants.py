"""What grants to associations ask of people. Amounts in euros. The number of queries does not grow with the rows."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import cached_property

from django.urls import reverse

from core.french import plural
from core.french.dates import add_months
from funding import grants as reads
from funding.grant_opendata import publications
from funding.grant_rules import Rules, rules_of
from funding.models import Grant, GrantAccount, GrantInstalment
from parties.actors import Actor

from .items import DateItem, TodoItem

#: As the other deadlines of the page.
HORIZON_MONTHS = 3
ZERO = Decimal(0)


class Read:
    """Grants, their instalments and comptes rendus, read once for what is late and for what comes. Lazy."""

    def __init__(self, by: Actor, today: dt.date) -> None:
        self.by, self.today = by, today
        self.last = add_months(today, HORIZON_MONTHS)

    @cached_property
    def rules(self) -> Rules:
        return rules_of(self.by.territory_id)

    @cached_property
    def instalments(self) -> list[GrantInstalment]:
        return reads.due_instalments(self.by, until=self.last)

    @cached_property
    def requests(self) -> list[Grant]:
        return reads.late_requests(self.by, until=self.last)

    @cached_property
    def accounts(self) -> list[reads.AccountDue]:
        return reads.accounts_due(self.by, self.rules)


def late(read: Read) -> list[TodoItem]:
    """Payments, requests and comptes rendus past their day: one line of each kind."""
    today = read.today
    items = []
    if rows := [row for row in read.instalments if row.due_on < today]:
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
    if asked := [row for row in read.requests if row.request_deadline and row.request_deadline < today]:
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
    for due in read.accounts:
        if due.is_late(today):
            url = due.account.get_absolute_url() if due.account else reverse("grant-accounts")
            title = f"Remettre le compte rendu financier de « {due.plan.label} »"
            items.append(TodoItem(title, url, "Six mois après l’exercice.", "En retard", "warning", due=due.due_on))
    return items


def unpublished(read: Read) -> list[TodoItem]:
    """Signed conventions whose essential data should be online."""
    rows = [each for each in publications(read.by, read.rules) if each.is_late(read.today)]
    if not rows:
        return []
    title = f"Publier les données de {len(rows)} {plural(len(rows), 'subvention')}"
    text = "Trois mois après la signature, à partir du seuil de convention obligatoire."
    return [TodoItem(title, reverse("grants-publication"), text, "En retard", "warning", due=rows[0].due_on)]


def to_review(by: Actor) -> list[TodoItem]:
    """Comptes rendus handed in that wait for the decision of the person's own body."""
    if not by.can("grant.pay"):
        return []
    rows = GrantAccount.objects.visible_to(by).filter(status="soumis")  # type: ignore[attr-defined]
    rows = rows.exclude(beneficiary=by.organisation).filter(lines__financer=by.organisation).distinct()
    return [
        _review(row, row.plan.label, row.beneficiary.label)
        for row in rows.select_related("plan", "beneficiary").order_by("submitted_on", "pk")
    ]


def to_review_all(read: Read) -> list[TodoItem]:
    """The same for who runs the scheme: every one handed in, among those already read."""
    rows = [(due.account, due.plan) for due in read.accounts if due.account and due.account.status == "soumis"]
    rows.sort(key=lambda row: (row[0].submitted_on or dt.date.max, row[0].pk))
    return [_review(account, plan.label, plan.employer.label) for account, plan in rows]


def _review(row: GrantAccount, plan: str, beneficiary: str) -> TodoItem:
    title = f"Examiner le compte rendu financier de « {plan} »"
    url = f"{row.get_absolute_url()}#examiner"
    return TodoItem(title, url, f"{beneficiary}, exercice {row.year}.", "Remis", "info")


def calendar(read: Read) -> list[DateItem]:
    """Requests, payments and comptes rendus of the coming months."""
    today, last = read.today, read.last
    dates = [
        DateItem(
            row.due_on, f"Versement de {row.grant.financer.label}", row.grant.get_absolute_url(), row.grant.plan.label
        )
        for row in read.instalments
        if row.due_on >= today
    ]
    for grant in read.requests:
        if grant.request_deadline and grant.request_deadline >= today:
            label = f"Demande de subvention à {grant.financer.label}"
            dates.append(DateItem(grant.request_deadline, label, grant.get_absolute_url(), grant.plan.label))
    for due in read.accounts:
        if not due.is_done and today <= due.due_on <= last:
            url = due.account.get_absolute_url() if due.account else reverse("grant-accounts")
            dates.append(DateItem(due.due_on, "Compte rendu financier à remettre", url, due.plan.label))
    return sorted(dates, key=lambda item: (item.date, item.label))
