"""Asking ProConnect who somebody is, and reading its answer."""

from __future__ import annotations

import json
import logging
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import requests
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.internal import statekit
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from core.errors import BusinessError
from parties.proconnect import tokens

logger = logging.getLogger("cosigne.proconnect")

PROVIDER = "proconnect"
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")

REPLAYED = "Cette réponse de ProConnect ne répond à aucune demande en cours, ou a déjà servi. Recommencez la connexion."
CANCELLED = "La connexion par ProConnect a été abandonnée."
UNVERIFIED = (
    "La réponse de ProConnect n'a pas pu être vérifiée : rien n'a été ouvert. Recommencez ; si cela se répète, "
    "prévenez la personne qui administre le service."
)
TOO_WEAK = (
    "ProConnect vous a reconnu, mais par un moyen trop faible pour ce service. Recommencez en choisissant un moyen de "
    "connexion plus sûr auprès de votre fournisseur d'identité, par exemple avec un second facteur."
)
UNREACHABLE = "ProConnect ne répond pas. Réessayez dans quelques minutes, ou connectez-vous avec votre mot de passe."


class Refused(BusinessError):
    """The sign-in stops here; the message says why in words that teach nothing to whoever forges an answer."""

    status = 403


@dataclass(frozen=True)
class Identity:
    """Whom ProConnect vouches for. ``email_verified``: the provider answers for the address."""

    subject: str
    email: str
    email_verified: bool
    siret: str
    acr: str
    two_factors: bool
    id_token: str


def config() -> dict[str, Any]:
    """The settings of docs/operations.md, « ProConnect »."""
    return dict(settings.COSIGNE_PROCONNECT)


def configured() -> bool:
    return bool(config()["client_id"])


class Adapter(OpenIDConnectOAuth2Adapter):
    """allauth's adapter, with our callback address, the endpoints of the settings, and a userinfo that is signed."""

    def __init__(self, request: HttpRequest) -> None:
        self._provider = Provider(request)
        super().__init__(request, PROVIDER)

    def get_provider(self) -> Provider:
        return self._provider

    @property
    def openid_config(self) -> dict[str, Any]:
        if not hasattr(self, "_openid_config"):
            issuer = config()["issuer"]
            given = config()["endpoints"]
            # Everything given: the provider need not be asked.
            found = (
                {} if set(ENDPOINTS) <= set(given) else _get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            )
            if found and found.get("issuer") != issuer:
                raise tokens.Unverified("the discovery document is another issuer's")
            self._openid_config: dict[str, Any] = {"issuer": issuer, **found, **given}
        return self._openid_config

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        return request.build_absolute_uri(reverse("proconnect-callback"))

    def keys(self) -> list[dict[str, Any]]:
        return list(_get(self.openid_config["jwks_uri"])["keys"])

    def userinfo(self, access_token: str, keys: list[dict[str, Any]]) -> dict[str, Any]:
        """What the provider says of the person, signed by it; plain JSON is refused when a signature is required."""
        headers = {"Authorization": f"Bearer {access_token}"}
        with get_adapter().get_requests_session() as session:
            response = session.get(self.openid_config["userinfo_endpoint"], headers=headers)
        response.raise_for_status()
        if response.headers.get("Content-Type", "").partition(";")[0].strip().lower() == "application/jwt":
            return tokens.verify(
                response.text.strip(),
                keys=keys,
                issuer=self.openid_config["issuer"],
                audience=config()["client_id"],
                required=("sub",),
            )
        if config()["signed_userinfo"]:
            raise tokens.Unverified("userinfo is not signed")
        return dict(response.json())


class Provider(OpenIDConnectProvider):
    """The one provider of the settings; no table is read to find it."""

    id = name = PROVIDER
    oauth2_adapter_class = Adapter

    def __init__(self, request: HttpRequest) -> None:
        known = config()
        app = SocialApp(
            provider=PROVIDER, provider_id=PROVIDER, name="ProConnect", client_id=known["client_id"],
            secret=known["client_secret"],
            settings={"server_url": known["issuer"], "oauth_pkce_enabled": True, "scope": known["scope"]},
        )  # fmt: skip
        super().__init__(request, app)

    def get_oauth2_adapter(self, request: HttpRequest) -> Adapter:
        return Adapter(request)


def ask(request: HttpRequest, *, next_url: str) -> HttpResponse:
    """Send the person to ProConnect: state, nonce and PKCE are drawn and kept in their session. Raises ``Refused``."""
    nonce, acr = secrets.token_urlsafe(32), config()["acr_values"]
    params = {"nonce": nonce}
    if acr:
        params["acr_values"] = " ".join(acr)
        params["claims"] = json.dumps({"id_token": {"acr": {"essential": True, "values": acr}}})
    try:
        answer: HttpResponse = Provider(request).redirect(
            request, process="login", next_url=next_url, data={"nonce": nonce}, auth_params=params
        )
    except (requests.RequestException, tokens.Unverified, KeyError, ValueError) as error:
        logger.warning("not reachable as configured: %s", type(error).__name__)
        raise Refused(UNREACHABLE) from error
    return answer


def receive(request: HttpRequest) -> tuple[Identity, str]:
    """The identity an answer proves, and where the person was going. Each answer is read once. Raises ``Refused``."""
    state = statekit.unstash_state(request, provider_id=PROVIDER, state_id=request.GET.get("state", ""))
    if state is None:
        raise Refused(REPLAYED)
    if request.GET.get("error") == "access_denied":
        raise Refused(CANCELLED)
    if "code" not in request.GET or not state.get("data"):
        logger.warning("error of the provider: %.40s", request.GET.get("error", "no code"))
        raise Refused(UNVERIFIED)
    try:
        identity = _read(request, state)
    except requests.RequestException as error:
        logger.warning("no answer: %s", type(error).__name__)
        raise Refused(UNREACHABLE) from error
    except (tokens.Unverified, OAuth2Error, KeyError, ValueError, TypeError) as error:
        # An OAuth2Error quotes the provider's answer: its type is enough here.
        reason = str(error) if isinstance(error, tokens.Unverified) else type(error).__name__
        logger.warning("answer refused: %s", reason)
        raise Refused(UNVERIFIED) from error
    if identity.acr not in config()["accepted_acr"]:
        logger.warning("level refused: %.80s", identity.acr)
        raise Refused(TOO_WEAK)
    return identity, state.get("next") or ""


def logout_address(request: HttpRequest, *, id_token: str, state: str) -> str:
    """Where the provider ends its own session (RP-Initiated Logout 1.0), "" when it does not say or answer."""
    try:
        endpoint = Adapter(request).openid_config.get("end_session_endpoint")
    except (requests.RequestException, tokens.Unverified, ValueError):
        return ""
    if not endpoint:
        return ""
    back = request.build_absolute_uri(reverse("proconnect-logged-out"))
    values = {"id_token_hint": id_token, "post_logout_redirect_uri": back, "state": state}
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(values)}"


def _read(request: HttpRequest, state: dict[str, Any]) -> Identity:
    known, adapter = config(), Adapter(request)
    given = adapter.get_client(request, adapter.get_provider().app).get_access_token(
        request.GET["code"], pkce_code_verifier=state["pkce_code_verifier"]
    )
    keys, access = adapter.keys(), str(given["access_token"])
    claims = tokens.verify(
        given["id_token"],
        keys=keys,
        issuer=adapter.openid_config["issuer"],
        audience=known["client_id"],
        required=("sub", "exp", "iat", "nonce"),
    )
    if not secrets.compare_digest(str(claims["nonce"]), state["data"]["nonce"]):
        raise tokens.Unverified("nonce of another request")
    tokens.check_access_token(claims, access)
    person = adapter.userinfo(access, keys)
    if not claims["sub"] or person.get("sub") != claims["sub"]:
        raise tokens.Unverified("userinfo is another person's")
    acr, verified = str(claims.get("acr") or ""), person.get("email_verified")
    return Identity(
        subject=str(claims["sub"]),
        email=str(person.get("email") or "").strip().lower(),
        email_verified=verified is True or (verified is None and known["trust_email"]),
        siret="".join(character for character in str(person.get("siret") or "") if character.isdigit()),
        acr=acr,
        two_factors=acr in known["two_factor_acr"],
        id_token=given["id_token"],
    )


def _get(address: str) -> dict[str, Any]:
    with get_adapter().get_requests_session() as session:
        response = session.get(address)
    response.raise_for_status()
    return dict(response.json())
