"""What Django tells when somebody signs in or out: the list of one's open sessions follows."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest

from parties import services, sessions
from parties.models import User


@receiver(user_logged_in, dispatch_uid="parties.signed_in")
def signed_in(sender: type, request: HttpRequest, user: User, **kwargs: Any) -> None:
    sessions.begin(request)
    key = request.session.session_key
    if key:
        services.record_sign_in(user=user, session_key=key, user_agent=request.META.get("HTTP_USER_AGENT", ""))


@receiver(user_logged_out, dispatch_uid="parties.signed_out")
def signed_out(sender: type, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    key = request.session.session_key
    if user is not None and key:
        services.forget_sign_in(user=user, session_key=key)
