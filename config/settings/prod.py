"""Real deployments. Everything specific to a site comes from environment variables (docs/operations.md lists them)."""

import copy
import os

from config.storage import storage_settings

from .base import *  # noqa: F403
from .base import LOGGING as _LOGGING
from .base import VAR_DIR, env_bool, env_list, env_required

env_required("DATABASE_URL")  # read by the base settings, which fall back on the embedded server for development

SECRET_KEY = env_required("SECRET_KEY")
SECRET_KEY_FALLBACKS = env_list("SECRET_KEY_FALLBACKS")
DEBUG = False
env_required("ALLOWED_HOSTS")
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS")
ADMINS = [("Cosigne", address) for address in env_list("ADMIN_EMAILS")]

# HTTPS everywhere. Behind a proxy that ends TLS, SECURE_PROXY_SSL_HEADER names the header it sets (and strips from
# visitors), for example X-Forwarded-Proto.
if os.environ.get("SECURE_PROXY_SSL_HEADER"):
    _header = os.environ["SECURE_PROXY_SSL_HEADER"].upper().replace("-", "_")
    SECURE_PROXY_SSL_HEADER = (f"HTTP_{_header}", "https")
SECURE_SSL_REDIRECT = env_bool("SECURE_SSL_REDIRECT", default=True)
SECURE_HSTS_SECONDS = int(os.environ.get("SECURE_HSTS_SECONDS") or 365 * 24 * 3600)
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-cosigne_session"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-cosigne_csrf"

STORAGES = {
    "default": storage_settings(),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# Shared by the processes of one machine: the API's rates are counted once for all of them.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": os.environ.get("CACHE_DIR") or VAR_DIR / "cache",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = os.environ.get("EMAIL_HOST") or "localhost"
EMAIL_PORT = int(os.environ.get("EMAIL_PORT") or 25)
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env_bool("EMAIL_USE_TLS")
EMAIL_TIMEOUT = 10

# One JSON object per line, for whatever gathers the logs of the deployment (docs/operations.md, "Logs").
LOGGING = copy.deepcopy(_LOGGING)
LOGGING["handlers"]["console"]["formatter"] = "json"
