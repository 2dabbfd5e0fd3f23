"""Secrets that must be read again: encrypted before they reach the database.

The key is derived (HKDF-SHA256) from ``COSIGNE_VAULT_KEY``, or from ``SECRET_KEY`` when there is none. Former keys
still open what they closed; `bin/manage reencrypt_secrets` closes everything again with the current one.
"""

from __future__ import annotations

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class Unreadable(Exception):
    """None of the keys of the settings opens this text: they were changed without keeping the former one."""


def seal(text: str) -> str:
    """``text`` encrypted and authenticated (Fernet: AES-128-CBC and HMAC-SHA256), in ASCII."""
    return _keys().encrypt(text.encode()).decode("ascii")


def unseal(sealed: str) -> str:
    """The text of :func:`seal`. Raises :class:`Unreadable`."""
    try:
        return _keys().decrypt(sealed.encode("ascii")).decode()
    except (InvalidToken, UnicodeEncodeError) as error:
        raise Unreadable("SECRET_KEY or VAULT_KEY changed without its former value in the fallbacks") from error


def reseal(sealed: str) -> str:
    """The same text under the current key. Raises :class:`Unreadable`."""
    try:
        return _keys().rotate(sealed.encode("ascii")).decode("ascii")
    except (InvalidToken, UnicodeEncodeError) as error:
        raise Unreadable("SECRET_KEY or VAULT_KEY changed without its former value in the fallbacks") from error


def _keys() -> MultiFernet:
    named = (
        settings.COSIGNE_VAULT_KEY,
        *settings.COSIGNE_VAULT_KEY_FALLBACKS,
        settings.SECRET_KEY,
        *settings.SECRET_KEY_FALLBACKS,
    )
    return MultiFernet([_fernet(key) for key in named if key])


@lru_cache(maxsize=8)
def _fernet(key: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"cosigne.vault").derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
