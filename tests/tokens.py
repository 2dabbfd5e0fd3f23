"""API tokens for tests, and programs that present them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.test import Client
from django.utils import timezone

from core import rls
from parties import tokens
from parties.models import ApiToken
from parties.roles import abilities_by_token
from tests.api.world import Caller
from tests.cast import Cast


def make_token(
    cast: Cast, person: str, *, scopes: Iterable[str] | None = None, name: str = "Logiciel", days: int = 30
) -> tuple[ApiToken, str]:
    """A token the person made for their organisation, with all the role allows unless ``scopes`` says less."""
    by = cast.actor(person)
    given = abilities_by_token(by.role) if scopes is None else scopes
    with rls.acting(by.context):
        last_day = timezone.localdate() + dt.timedelta(days=days)
        return tokens.create_token(name=name, scopes=given, last_day=last_day, by=by)


def program(secret: str, *, client: Client | None = None) -> Caller:
    """A caller that presents ``secret``, CSRF checks on."""
    client = client or Client(enforce_csrf_checks=True)
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
    return Caller(client)
