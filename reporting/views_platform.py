"""The register of territories as the platform's administrators see it: technical facts, never its content."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.french import plural
from parties.access import PlatformRequest, platform_required
from parties.forms_platform import FirstManagerForm, SuspensionForm
from parties.models import ExceptionalAccess, PlatformEvent, Territory
from parties.views.accesses import line_of
from reporting.home.platform import platform_items

EVENTS = 20


@dataclass(frozen=True)
class Facts:
    """One territory: how many people may enter it, when something last changed there, bytes of stored documents."""

    territory: Territory
    members: int
    managers: int
    last_activity: dt.date | None
    documents_bytes: int

    @property
    def status(self) -> tuple[str, str]:
        return ("Suspendu", "danger") if self.territory.suspended_at else ("Ouvert", "success")


def facts() -> list[Facts]:
    """Of every territory, by code. Two queries; nothing unless a platform administrator acts."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM cosigne_platform_territories()")
        told = {row[0]: row[1:] for row in cursor.fetchall()}
    return [Facts(row, *told[row.pk]) for row in Territory.objects.order_by("code") if row.pk in told]


@require_safe
@platform_required("platform.manage")
def territories(request: PlatformRequest) -> HttpResponse:
    lines = facts()
    mine = ExceptionalAccess.objects.filter(user=request.platform.user).select_related("territory")
    context = {
        "lines": lines,
        "count": f"{len(lines)} {plural(len(lines), 'territoire')}",
        "accesses": mine.current(),
        "items": platform_items(lines, mine.waiting(), today=timezone.localdate()),
    }
    return render(request, "reporting/platform.html", context)


@require_safe
@platform_required("platform.manage")
def territory(request: PlatformRequest, uuid: UUID) -> HttpResponse:
    """One territory: its facts, and what may be done about it."""
    row = get_object_or_404(Territory, uuid=uuid)
    mine = ExceptionalAccess.objects.filter(user=request.platform.user, territory=row)[:EVENTS]
    context = {
        "fact": next(fact for fact in facts() if fact.territory == row),
        "suspension": SuspensionForm(),
        "manager": FirstManagerForm(),
        "accesses": [line_of(access) for access in mine],
        "events": PlatformEvent.objects.filter(about=row)[:EVENTS],
    }
    return render(request, "reporting/platform_territory.html", context)
