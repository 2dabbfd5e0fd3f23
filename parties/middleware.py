"""The one place where a web request, page or API, gets its isolation context."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve, reverse

from core import rls
from parties import factors, services, sessions
from parties.actors import Actor, PlatformActor
from parties.models import ExceptionalAccess, Membership, PlatformMembership, User
from parties.roles import NAVIGATION, PLATFORM_NAVIGATION, REACHED_FROM, WITHIN
from parties.switch import Choice, Held, held_by

SESSION_KEY = "membership"
#: What may be asked with a POST under an exceptional access: leaving it.
LEAVING = frozenset({"logout", "switch-membership", "access-end"})
#: Pages open to somebody whose territory requires a second factor that this session has not proved.
BEFORE_SECOND_FACTOR = frozenset(
    {
        *("login", "logout", "confirm-identity", "second-factor-check", "proconnect-login", "proconnect-callback"),
        *("second-factor", "second-factor-app", "second-factor-key", "second-factor-codes", "second-factor-remove"),
        *("account", "session-end", "switch-membership", "password-forgotten", "password-choose", "invitation"),
        *("help", "guide", "accessibility", "privacy", "api-schema", "api-docs", "proconnect-logged-out"),
        *("proconnect-forget", "access-end"),
    }
)
SECOND_FACTOR_MISSING = (
    "Votre territoire exige un second facteur. Connectez-vous au site pour le donner ou en ajouter un à votre compte."
)
READ_ONLY = (
    "Vous consultez ce territoire sous un accès exceptionnel, en lecture seule : rien ne peut y être enregistré."
)


class TenancyMiddleware:
    """Opens the request's transaction, says who acts, and gives views ``request.actor``.

    The transaction here is the outer one: it carries the context to the error pages too. ``ATOMIC_REQUESTS`` adds an
    inner savepoint around the view, so that what a failed view wrote is undone while the context stays.

    Outside any territory ``request.actor`` is None, so that every page of a territory refuses, and ``request.platform``
    is who acts. Under an exceptional access the request is first written down, for good, then answered in a
    transaction that PostgreSQL keeps read-only.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with transaction.atomic():
            rls.set_context(rls.NOBODY)
            self.identify(request)
            access: ExceptionalAccess | None = request.access  # type: ignore[attr-defined]
            if access is None:
                return self.respond(request)
            services.record_use(access=access, method=request.method or "", route=route_of(request), path=request.path)
            if request.method not in SAFE:
                # The views that leave an access need the account only.
                return self.respond(request) if route_of(request) in LEAVING else refuse_to_write(request)
        with transaction.atomic():
            rls.refuse_writing()
            act_as(request, Actor.under(access), access=access)
            if lacks_second_factor(request, access.territory_id, access.user):
                act_as(request, None, access=access)
                rls.set_context(rls.Context(user_id=access.user_id))
            else:
                request.nav = navigation(request, request.actor)  # type: ignore[attr-defined]
            return self.respond(request)

    def respond(self, request: HttpRequest) -> HttpResponse:
        guarded = settings.COSIGNE_GUARD_GET and request.method in ("GET", "HEAD") and not writes_by_nature(request)
        if guarded:
            with connection.execute_wrapper(refuse_writes):
                response = self.get_response(request)
        else:
            response = self.get_response(request)
        if request.user.is_authenticated or getattr(request, "actor", None) is not None:
            # A shared computer's browser, or a proxy, keeps nothing of what was shown to somebody.
            response["Cache-Control"] = "private, no-store"
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Nothing before the second factor, where it is required. A program's token is not a person's session."""
        match = request.resolver_match
        if not request.second_factor_missing or (match and match.url_name in BEFORE_SECOND_FACTOR):  # type: ignore[attr-defined]
            return None
        if request.path.startswith("/api/"):
            if request.headers.get("Authorization", "").lower().startswith("bearer "):
                return None
            return JsonResponse({"detail": SECOND_FACTOR_MISSING, "place": ""}, status=403)
        if factors.protects(request.user):  # type: ignore[arg-type]
            return redirect(f"{reverse('confirm-identity')}?next={request.path}")
        return redirect("second-factor")

    def identify(self, request: HttpRequest) -> None:
        blank(request)
        request.held = Held()  # type: ignore[attr-defined]
        request.second_factor_required = request.second_factor_missing = False  # type: ignore[attr-defined]
        sessions.follow(request)
        if not request.user.is_authenticated:
            # Between the password and the second factor: that account's factors, and nothing else of it.
            rls.set_context(rls.Context(signing_in_id=sessions.signing_in(request)))
            return
        held = request.held = held_by(request.user)  # type: ignore[attr-defined,arg-type]
        chosen = held.chosen(request.session.get(SESSION_KEY))
        # A token beside the session decides alone (parties.api_auth): nothing is read under the access.
        if chosen is None or (chosen.is_access and "Authorization" in request.headers):
            rls.set_context(rls.Context(user_id=request.user.pk))
        else:
            enter(request, chosen)


def enter(request: HttpRequest, choice: Choice) -> None:
    """Put the request under what was chosen. An exceptional access is only noted: the transaction must change first.

    Where a second factor is required and this session has not proved one, the person stays what they were before: an
    account, which sees itself.
    """
    source = choice.source
    if isinstance(source, Membership):
        act_as(request, Actor.of(source))
        if lacks_second_factor(request, source.territory_id, source.user):
            blank(request)
            rls.set_context(rls.Context(user_id=source.user_id))
            return
        request.membership = source  # type: ignore[attr-defined]
        request.nav = navigation(request, request.actor)  # type: ignore[attr-defined]
    elif isinstance(source, PlatformMembership):
        platform = PlatformActor.of(source)
        rls.set_context(platform.context)
        request.platform = platform  # type: ignore[attr-defined]
        request.nav = navigation(request, platform)  # type: ignore[attr-defined]
    else:
        rls.set_context(rls.Context(user_id=source.user_id))
        request.access = source  # type: ignore[attr-defined]
    request.choice = choice  # type: ignore[attr-defined]


def lacks_second_factor(request: HttpRequest, territory_id: int, user: User) -> bool:
    """Note what the territory requires of the session, and say whether it is missing. Needs the territory's context."""
    rule = services.rule_of(territory_id)
    required = rule is not None and rule.second_factor
    request.second_factor_required = required  # type: ignore[attr-defined]
    request.second_factor_missing = required and not factors.proven(request, user)  # type: ignore[attr-defined]
    return bool(request.second_factor_missing)  # type: ignore[attr-defined]


def writes_by_nature(request: HttpRequest) -> bool:
    """The view says its protocol imposes GET (``writes_on_get``): the way back from an identity provider."""
    try:
        return bool(getattr(resolve(request.path_info).func, "writes_on_get", False))
    except Resolver404:
        return False


def blank(request: HttpRequest) -> None:
    request.actor = None  # type: ignore[attr-defined]
    request.platform = None  # type: ignore[attr-defined]
    request.membership = None  # type: ignore[attr-defined]
    request.access = None  # type: ignore[attr-defined]
    request.choice = None  # type: ignore[attr-defined]
    request.nav = []  # type: ignore[attr-defined]


def act_as(request: HttpRequest, actor: Actor | None, *, access: ExceptionalAccess | None = None) -> None:
    """From here on the request is this actor's, for PostgreSQL too; None: nobody's, whatever its session says."""
    rls.set_context(actor.context if actor else rls.NOBODY)
    choice = getattr(request, "choice", None)
    blank(request)
    request.actor = actor  # type: ignore[attr-defined]
    if access is not None:
        request.access, request.choice = access, choice  # type: ignore[attr-defined]


SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")


def route_of(request: HttpRequest) -> str:
    """The name of the page asked for; "" for an address that leads nowhere."""
    try:
        return resolve(request.path_info).view_name
    except Resolver404:
        return ""


def refuse_to_write(request: HttpRequest) -> HttpResponse:
    if request.path_info.startswith("/api/"):
        return JsonResponse({"detail": READ_ONLY, "place": ""}, status=403)
    raise PermissionDenied(READ_ONLY)


def navigation(request: HttpRequest, actor: Actor | PlatformActor) -> list[dict[str, object]]:
    entries: list[dict[str, object]] = []
    home: dict[str, object] = {}
    for name, label, icon, ability in NAVIGATION if isinstance(actor, Actor) else PLATFORM_NAVIGATION:
        if ability and not actor.can(ability):
            continue
        if name in REACHED_FROM and (actor.can(REACHED_FROM[name]) or employs_publicly(actor)):
            continue
        url = reverse(name)
        active = request.path == url if name == "home" else request.path.startswith(url)
        entries.append({"label": label, "url": url, "icon": icon, "active": active})
        if request.path.startswith(WITHIN.get(name, ())):
            home = entries[-1]
    if home and not any(entry["active"] for entry in entries):
        home["active"] = True
    return entries


def employs_publicly(actor: Actor | PlatformActor) -> bool:
    """An employer that recovers by titre de recettes has no grant to ask for."""
    return isinstance(actor, Actor) and actor.organisation is not None and actor.organisation.issues_titres


WRITES = ("INSERT", "UPDATE", "DELETE")
#: Keeping track of who came in, which a reading request does too: the session, the day a token last served.
BOOKKEEPING = ("DJANGO_SESSION", 'UPDATE "PARTIES_APITOKEN" SET "LAST_USED_ON" = ')


def refuse_writes(execute, sql, params, many, context):  # type: ignore[no-untyped-def]
    """A GET never writes: said loudly in development and tests, where this wrapper is installed."""
    head = str(sql).lstrip().upper()
    if head.startswith(WRITES) and not any(kept in head for kept in BOOKKEEPING):
        raise RuntimeError(f"a GET request tried to write: {str(sql)[:120]}")
    return execute(sql, params, many, context)
