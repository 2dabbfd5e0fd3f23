"""Settings of the tests: fast, strict, on the embedded PostgreSQL (see tests/conftest.py), never on DATABASE_URL."""

import copy
import logging
import tempfile
from pathlib import Path
from typing import Any

from config.database import OWNER, RUNTIME, server_settings
from config.postgres import Server

from .base import *  # noqa: F403
from .base import DATABASES as _DATABASES
from .base import REST_FRAMEWORK as _REST_FRAMEWORK
from .base import TEMPLATES as _TEMPLATES
from .base import VAR_DIR

SECRET_KEY = "tests-only"
DEBUG = False
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
COSIGNE_GUARD_GET = True
COSIGNE_DEMO = True

TEST_SERVER = Server(VAR_DIR / "postgres-test", durable=False)
DATABASES = {
    "default": _DATABASES["default"] | server_settings(TEST_SERVER, user=RUNTIME) | {"CONN_MAX_AGE": 0},
    # The mirror setting tells Django's test cases that both aliases are one database, to be emptied once.
    "owner": _DATABASES["owner"] | server_settings(TEST_SERVER, user=OWNER) | {"TEST": {"MIRROR": "default"}},
}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Hundreds of requests a second come from one address; the tests about rates set theirs.
REST_FRAMEWORK = _REST_FRAMEWORK | {"DEFAULT_THROTTLE_RATES": {"caller": None, "wrong-token": None}}
MEDIA_ROOT = Path(tempfile.gettempdir())  # nothing is written there: the default storage is in memory
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True


class UndefinedVariable(str):
    """Makes a template that prints an undefined variable fail, where Django would print nothing."""

    # Django asks `"%s" in string_if_invalid` before formatting it with the variable's name.
    def __contains__(self, item: object) -> bool:
        return item == "%s"

    def __mod__(self, name: Any) -> str:
        raise AssertionError(f"Undefined template variable: {name}")


# A private copy: the production settings are imported from the same base in one of the tests.
TEMPLATES = copy.deepcopy(_TEMPLATES)
TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = UndefinedVariable("%s")  # type: ignore[index]

logging.disable(logging.WARNING)
