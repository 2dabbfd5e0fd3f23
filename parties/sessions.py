"""How long a session lasts, and who is in the middle of signing in."""

from __future__ import annotations

import time

from allauth.account.internal.stagekit import LOGIN_SESSION_KEY
from allauth.account.utils import url_str_to_user_pk
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import ValidationError
from django.http import HttpRequest

OPENED, SEEN = "opened_at", "seen_at"
#: Seconds between two writings of the last request's time: the session's row is not rewritten at each page.
EVERY = 60


def begin(request: HttpRequest) -> None:
    """The session that was just opened counts from now."""
    request.session[OPENED] = request.session[SEEN] = int(time.time())


def follow(request: HttpRequest) -> None:
    """End a session that lasted too long or was left; else note that it serves."""
    if not request.user.is_authenticated:
        return
    now = int(time.time())
    opened, seen = request.session.get(OPENED, now), request.session.get(SEEN, now)
    idle, most = settings.COSIGNE_SESSION_IDLE_MINUTES, settings.COSIGNE_SESSION_HOURS
    if now - seen > idle * 60 + EVERY:
        _end(request, f"Votre session s'est fermée après {idle} minutes sans activité. Connectez-vous de nouveau.")
    elif now - opened > most * 3600:
        _end(request, f"Votre session s'est fermée : elle dure {most} heures au plus. Connectez-vous de nouveau.")
    elif OPENED not in request.session or now - seen >= EVERY:
        # Without a beginning: opened before sessions had one.
        request.session[OPENED], request.session[SEEN] = opened, now


def signing_in(request: HttpRequest) -> int | None:
    """The account whose password was given in this session and whose second factor is awaited."""
    pending = request.session.get(LOGIN_SESSION_KEY)
    if not isinstance(pending, dict) or not pending.get("user_pk"):
        return None
    try:
        return int(url_str_to_user_pk(pending["user_pk"]))
    except (ValidationError, ValueError, TypeError):
        return None


def _end(request: HttpRequest, why: str) -> None:
    logout(request)
    messages.info(request, why)
