"""The one place where a web request, page or API, gets its isolation context."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from core import rls
from parties.actors import Actor
from parties.models import Membership, Organisation
from parties.roles import NAVIGATION

SESSION_KEY = "membership"


class TenancyMiddleware:
    """Opens the request's transaction, says who acts, and gives views ``request.actor``.

    The transaction here is the outer one: it carries the context to the error pages too. ``ATOMIC_REQUESTS`` adds an
    inner savepoint around the view, so that what a failed view wrote is undone while the context stays.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with transaction.atomic():
            rls.set_context(rls.NOBODY)
            self.identify(request)
            if settings.COSIGNE_GUARD_GET and request.method in ("GET", "HEAD"):
                with connection.execute_wrapper(refuse_writes):
                    return self.get_response(request)
            return self.get_response(request)

    def identify(self, request: HttpRequest) -> None:
        request.actor = None  # type: ignore[attr-defined]
        request.membership = None  # type: ignore[attr-defined]
        request.memberships = []  # type: ignore[attr-defined]
        request.nav = []  # type: ignore[attr-defined]
        if not request.user.is_authenticated:
            return
        # First only the account is known: it may read its own memberships and nothing else.
        rls.set_context(rls.Context(user_id=request.user.pk))
        memberships = list(
            Membership.objects.filter(user=request.user)
            .in_force_on(timezone.localdate())
            .select_related("territory", "user")
            .order_by("pk")
        )
        if not memberships:
            return
        read_organisations(memberships)
        request.memberships = memberships  # type: ignore[attr-defined]
        wanted = request.session.get(SESSION_KEY)
        enter(request, next((m for m in memberships if str(m.uuid) == wanted), memberships[0]))


def read_organisations(memberships: list[Membership]) -> None:
    """Fill ``organisation`` in: each is a row of its own territory, which shows it only under that territory's context.

    Leaves the context of the last territory read: the caller sets the right one next.
    """
    territories: dict[int, list[Membership]] = {}
    for membership in memberships:
        territories.setdefault(membership.territory_id, []).append(membership)
    for territory_id, held in territories.items():
        rls.set_context(rls.Context(territory_id, rls.ORGANISATION, held[0].organisation_id, held[0].user_id))
        found = Organisation.objects.in_bulk({membership.organisation_id for membership in held})
        for membership in held:
            membership.organisation = found[membership.organisation_id]


def enter(request: HttpRequest, membership: Membership) -> None:
    """Put the request under the context of one membership."""
    actor = Actor.of(membership)
    rls.set_context(actor.context)
    request.membership = membership  # type: ignore[attr-defined]
    request.actor = actor  # type: ignore[attr-defined]
    request.nav = navigation(request, actor)  # type: ignore[attr-defined]


def navigation(request: HttpRequest, actor: Actor) -> list[dict[str, object]]:
    entries = []
    for name, label, icon, ability in NAVIGATION:
        if ability and not actor.can(ability):
            continue
        url = reverse(name)
        active = request.path == url if name == "home" else request.path.startswith(url)
        entries.append({"label": label, "url": url, "icon": icon, "active": active})
    return entries


WRITES = ("INSERT", "UPDATE", "DELETE")


def refuse_writes(execute, sql, params, many, context):  # type: ignore[no-untyped-def]
    """A GET never writes: said loudly in development and tests, where this wrapper is installed."""
    head = str(sql).lstrip().upper()
    if head.startswith(WRITES) and "DJANGO_SESSION" not in head:
        raise RuntimeError(f"a GET request tried to write: {str(sql)[:120]}")
    return execute(sql, params, many, context)
