"""Which conventions of a year can be renewed, and what they were already renewed into."""

from __future__ import annotations

import datetime as dt

from django.db.models import F, Prefetch, QuerySet
from django.utils import timezone

from conventions.enums import Status
from conventions.models import Convention
from parties.actors import Actor

#: What no longer binds anybody is not carried on.
ENDED = (Status.ABANDONNEE, Status.DENONCEE, Status.RESILIEE)


def eligible_conventions(*, from_year: int, by: Actor) -> QuerySet[Convention]:
    """Conventions whose last day is in ``from_year``, or in the first days of the next, oldest parents first.

    ``live_renewals`` on each holds the conventions, not given up, that carry it on.
    """
    last = dt.date(from_year + 1, 1, 31)
    renewals = Convention.objects.exclude(status=Status.ABANDONNEE).order_by("pk")
    return (
        Convention.objects.visible_to(by)
        .filter(period_end__gte=dt.date(from_year, 1, 1), period_end__lte=last, period_start__year__lte=from_year)
        .exclude(status__in=ENDED)
        .prefetch_related("parties__organisation", "posts", Prefetch("renewals", renewals, to_attr="live_renewals"))
        .order_by(F("parent_id").asc(nulls_first=True), "reference")
    )


def renewal_of(convention: Convention) -> Convention | None:
    """The convention, not given up, that carries this one on."""
    return convention.renewals.exclude(status=Status.ABANDONNEE).order_by("pk").first()


def years_to_renew(by: Actor) -> list[int]:
    """The years one may renew into: those after the last year of a convention, the most recent first."""
    live = Convention.objects.visible_to(by).exclude(status__in=ENDED)
    ends = live.dates("period_end", "year", order="DESC")
    return sorted({day.year + 1 for day in ends} or {timezone.localdate().year + 1}, reverse=True)
