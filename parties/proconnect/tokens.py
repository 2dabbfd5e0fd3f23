"""Signed tokens (JWT): nothing of one is believed before its signature, its issuer and its audience are checked."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import jwt

#: The two algorithms ProConnect signs with; "none" and shared secrets are not among them.
ALGORITHMS = {"RS256": "RSA", "ES256": "EC"}
#: Seconds two clocks may differ by.
LEEWAY = 60


class Unverified(Exception):
    """Why a token is not believed, in English, for the log. Holds nothing of the token."""


def verify(
    token: str, *, keys: list[dict[str, Any]], issuer: str, audience: str, required: tuple[str, ...]
) -> dict[str, Any]:
    """The claims of a token signed by one of ``keys`` (JWK), from ``issuer``, for ``audience``, in its time.

    ``required``: claims that must be there, besides issuer and audience. Raises :class:`Unverified`.
    OpenID Connect Core 1.0, sections 3.1.3.7 and 5.3.2.
    """
    try:
        header = jwt.get_unverified_header(token)
        algorithm = header.get("alg", "")
        if algorithm not in ALGORITHMS:
            raise Unverified("algorithm not accepted")
        claims: dict[str, Any] = jwt.decode(
            token,
            _key(keys, header.get("kid"), algorithm),
            algorithms=[algorithm],
            audience=audience,
            issuer=issuer,
            leeway=LEEWAY,
            options={"require": ["iss", "aud", *required]},
        )
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError) as error:
        raise Unverified(type(error).__name__) from error
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if several else audience) != audience:
        raise Unverified("issued to another client (azp)")
    return claims


def check_access_token(claims: dict[str, Any], access_token: str) -> None:
    """``at_hash`` ties the access token to the identity token, when the provider gives it (section 3.1.3.6).

    Both accepted algorithms hash with SHA-256, of which the left half is kept.
    """
    expected = claims.get("at_hash")
    if expected is None:
        return
    digest = hashlib.sha256(access_token.encode()).digest()[:16]
    if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != expected:
        raise Unverified("at_hash is another access token's")


def _key(keys: list[dict[str, Any]], kid: str | None, algorithm: str) -> Any:
    """The provider's key that the header names; without a name, its only key of that type."""
    fit = [key for key in keys if key.get("kty") == ALGORITHMS[algorithm] and key.get("use", "sig") == "sig"]
    named = [key for key in fit if key.get("kid") == kid] if kid else fit
    if len(named) != 1:
        raise Unverified("no such key of the issuer")
    return jwt.PyJWK(named[0], algorithm=algorithm).key
