"""Settings of people's accounts: sessions, second factor, ProConnect. All names are explained in docs/operations.md."""

import os
from typing import Any


def _yes(name: str, default: bool) -> bool:
    value = os.environ.get(name, "").strip().lower()
    return value in {"1", "true", "yes", "oui"} if value else default


def _words(name: str, default: str = "") -> list[str]:
    """A list separated by spaces: the values themselves are addresses."""
    return (os.environ.get(name) or default).split()


# --- Sessions ---------------------------------------------------------------------------------------------------------

#: Minutes without any request after which a session ends; hours after which it ends whatever was done in it.
COSIGNE_SESSION_IDLE_MINUTES = int(os.environ.get("SESSION_IDLE_MINUTES") or 30)
COSIGNE_SESSION_HOURS = int(os.environ.get("SESSION_HOURS") or 10)
SESSION_COOKIE_AGE = COSIGNE_SESSION_HOURS * 3600

# --- Second factor (django-allauth) -----------------------------------------------------------------------------------

#: Keys that encrypt what must be read again (seeds of one-time codes); SECRET_KEY serves when there is none.
COSIGNE_VAULT_KEY = os.environ.get("VAULT_KEY", "")
COSIGNE_VAULT_KEY_FALLBACKS = [key for key in os.environ.get("VAULT_KEY_FALLBACKS", "").split(",") if key]

ACCOUNT_ADAPTER = "parties.adapters.AccountAdapter"
MFA_ADAPTER = "parties.adapters.SecondFactorAdapter"
SOCIALACCOUNT_ADAPTER = "parties.adapters.FederationAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]  # nobody signs up: people are invited (no such address is routed)
ACCOUNT_EMAIL_VERIFICATION = "none"  # an invitation's link already proved who reads the mailbox
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600  # seconds an act on one's own security may follow a proof of identity
# Attempts are counted by parties.throttle, in the database: allauth's own counters live in each process.
ACCOUNT_RATE_LIMITS = False
MFA_RATE_LIMITS = False
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Cosigne"
MFA_TOTP_TOLERANCE = 1  # periods of 30 s before and after: telephones are not on time to the second

# --- ProConnect (OpenID Connect), off unless PROCONNECT_CLIENT_ID is set ----------------------------------------------

SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_REQUESTS_TIMEOUT = 10
#: Levels that prove two factors, by default those ProConnect publishes.
_TWO_FACTORS = (
    "eidas2 eidas3 eidas0-mfa eidas1-mfa https://proconnect.gouv.fr/assurance/self-asserted-2fa"
    " https://proconnect.gouv.fr/assurance/consistency-checked-2fa"
)
_ONE_FACTOR = (
    "eidas1 https://proconnect.gouv.fr/assurance/self-asserted https://proconnect.gouv.fr/assurance/consistency-checked"
)
COSIGNE_PROCONNECT: dict[str, Any] = {
    "client_id": os.environ.get("PROCONNECT_CLIENT_ID", ""),
    "client_secret": os.environ.get("PROCONNECT_CLIENT_SECRET", ""),
    "issuer": os.environ.get("PROCONNECT_ISSUER", ""),
    "scope": _words("PROCONNECT_SCOPE", "openid given_name usual_name email siret"),
    # What is asked for, what is enough to come in, what counts as two factors.
    "acr_values": _words("PROCONNECT_ACR_VALUES"),
    "accepted_acr": _words("PROCONNECT_ACCEPTED_ACR", f"{_ONE_FACTOR} {_TWO_FACTORS}"),
    "two_factor_acr": _words("PROCONNECT_TWO_FACTOR_ACR", _TWO_FACTORS),
    "signed_userinfo": _yes("PROCONNECT_SIGNED_USERINFO", default=True),
    # Whether the provider answers for the addresses it gives without saying "email_verified".
    "trust_email": _yes("PROCONNECT_TRUST_EMAIL", default=False),
    # Addresses read from the issuer's discovery document, unless given here.
    "endpoints": {
        name: os.environ[variable]
        for name, variable in {
            "authorization_endpoint": "PROCONNECT_AUTHORIZATION_URL",
            "token_endpoint": "PROCONNECT_TOKEN_URL",
            "userinfo_endpoint": "PROCONNECT_USERINFO_URL",
            "jwks_uri": "PROCONNECT_JWKS_URL",
            "end_session_endpoint": "PROCONNECT_LOGOUT_URL",
        }.items()
        if os.environ.get(variable)
    },
}
