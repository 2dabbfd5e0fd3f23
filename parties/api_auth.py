"""The API for programs: ``Authorization: Bearer cosigne_<prefix>_<secret>`` instead of a session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request

from core.api.throttling import WrongTokenThrottle
from parties import tokens
from parties.middleware import act_as
from parties.models import ApiToken

KEYWORD = "Bearer"
#: One message whatever is wrong: it does not say whether such a token ever existed.
REFUSED = "Ce jeton n'est pas valable : inconnu, révoqué ou expiré. Demandez-en un autre à votre organisation."


@dataclass(frozen=True)
class TokenUser:
    """What stands for the account in a request made with a token: signed in, but nobody in particular."""

    token: ApiToken
    is_authenticated: bool = True
    is_anonymous: bool = False
    is_active: bool = True
    pk: None = None

    def __str__(self) -> str:
        return f"Jeton {self.token.prefix}"


class ApiTokenAuthentication(BaseAuthentication):
    """Sets the same context and the same ``request.actor`` as the tenancy middleware does for a session.

    A token that is presented counts, right or wrong: a browser's session beside it is not looked at. Nothing sends this
    header on a person's behalf, so no CSRF token is asked for.
    """

    def authenticate(self, request: Request) -> tuple[TokenUser, ApiToken] | None:
        keyword, _, text = get_authorization_header(request).decode("latin-1").partition(" ")
        if keyword.lower() != KEYWORD.lower():
            return None
        wrong = WrongTokenThrottle()
        wait = wrong.wait_before(request)
        act_as(request._request, None)
        if wait is not None:
            raise Throttled(wait)
        actor = tokens.recognise(text.strip())
        if actor is None or actor.token is None:
            wrong.note(request)
            raise AuthenticationFailed(REFUSED)
        act_as(request._request, actor)
        tokens.note_use(actor.token)
        return TokenUser(actor.token), actor.token

    def authenticate_header(self, request: Request) -> str:
        return f'{KEYWORD} realm="api"'


class ApiTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the published schema presents it."""

    target_class = ApiTokenAuthentication
    name = "jeton"
    priority = 1

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "cosigne_<début>_<secret>",
            "description": "Jeton d'API d'une organisation, créé sur la page « Jetons d'API » du site.",
        }
