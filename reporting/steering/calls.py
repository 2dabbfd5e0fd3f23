"""What was asked, received and is late of each share: titres of public employers, grants of associations."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field

from django.utils import timezone

from conventions.calendar.rules import CalendarRules
from core.french import date_long
from core.money import euros
from funding.enums import PlanStatus, TitreKind, TitreStatus
from funding.models import Advance, FundingPlan, Grant, Share, Titre

from .facts import ZERO, Called

#: A public body pays within thirty days (décret n° 2013-269 du 29 mars 2013, article 1): later is late.
DAYS_TO_PAY = 30
SENT = (TitreStatus.EXPORTE, TitreStatus.EMIS, TitreStatus.ENCAISSE)


@dataclass
class Calls:
    titres: dict[tuple[int, str], list[Titre]] = field(default_factory=lambda: defaultdict(list))
    advances: dict[tuple[int, str], list[Advance]] = field(default_factory=lambda: defaultdict(list))
    grants: dict[tuple[int, str], Grant] = field(default_factory=dict)
    today: dt.date = dt.date.min
    rules: CalendarRules | None = None


def read_calls(plans: dict[int, FundingPlan], *, today: dt.date, rules: CalendarRules, sees: bool) -> Calls:
    """Five queries. ``sees``: whether the reader is shown titres at all."""
    found = Calls(today=today, rules=rules)
    if not sees:
        return found
    titres = Titre.objects.filter(plan__in=plans, kind=TitreKind.TITRE).exclude(status=TitreStatus.ABANDONNE)
    for titre in titres.select_related("batch").order_by("pk"):
        found.titres[titre.plan_id, titre.share_ref].append(titre)
    standing = Advance.objects.filter(plan__in=plans, reverses__isnull=True, reversal__isnull=True)
    for advance in standing.order_by("received_on", "pk"):
        found.advances[advance.plan_id, advance.share_ref].append(advance)
    for grant in Grant.objects.alive().for_list().filter(plan__in=plans):  # type: ignore[attr-defined]
        found.grants[grant.plan_id, grant.share_ref] = grant
    return found


def called_of(calls: Calls, plan: FundingPlan, share: Share) -> Called:
    key = (plan.pk, share.ref)
    if not plan.employer.issues_titres:
        return _granted(calls, plan, calls.grants.get(key))
    advanced = sum((each.amount for each in calls.advances.get(key, [])), ZERO)
    titres = calls.titres.get(key, [])
    sent = [titre for titre in titres if titre.status in SENT]
    late = [titre for titre in sent if titre.balance > 0 and _since(titre, calls.today) is not None]
    waiting = next((titre for titre in titres if titre.status not in SENT), None)
    first = late[0] if late else None
    return Called(
        claimed=advanced + sum((titre.net for titre in sent), ZERO),
        received=advanced + sum((titre.received for titre in sent), ZERO),
        late=sum((titre.balance for titre in late), ZERO),
        late_since=_since(first, calls.today) if first else None,
        words=_late_words(first) if first else "",
        url=(first or waiting or plan).get_absolute_url(),
    )


def _since(titre: Titre, today: dt.date) -> dt.date | None:
    """The last day it could be paid in time; None while that day is to come, or when it has not left."""
    left = titre.issued_on or (timezone.localdate(titre.batch.created_at) if titre.batch else None)
    due = left + dt.timedelta(days=DAYS_TO_PAY) if left else None
    return due if due is not None and due < today else None


def _late_words(titre: Titre) -> str:
    name = f"Titre n° {titre.number}" if titre.number else f"Écriture {titre.entry_id}"
    moment = f"émis le {date_long(titre.issued_on)}" if titre.issued_on else "exporté, sans numéro en retour"
    return f"{name} {moment} : {euros(titre.net)} demandés, {euros(titre.received)} encaissés."


def _granted(calls: Calls, plan: FundingPlan, grant: Grant | None) -> Called:
    """What an association was promised: its instalments, else the day the rules give."""
    if grant is None:
        return Called(url=plan.get_absolute_url())
    paid = grant.paid
    instalments = list(grant.instalments.all())
    for each in instalments:
        each.grant = grant
    late = [each for each in instalments if each.is_late(calls.today)]
    assert calls.rules is not None
    day = late[0].due_on if late else calls.rules.grant_day("payment_day", plan.year)[0]
    amount = sum((each.remaining for each in late), ZERO)
    settled = plan.status in (PlanStatus.ENGAGE, PlanStatus.SOLDE)
    if not instalments and settled and day < calls.today:
        amount = max(grant.amount - paid, ZERO)
    return Called(
        # A grant nobody awarded yet asks for nothing.
        claimed=grant.amount if grant.is_committed else paid,
        received=paid,
        late=amount,
        late_since=day if amount else None,
        words=f"Versement attendu le {date_long(day)} : {euros(paid)} versés sur {euros(grant.amount)}.",
        url=grant.get_absolute_url(),
    )
