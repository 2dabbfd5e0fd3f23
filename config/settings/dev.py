"""What bin/run and bin/manage use: one machine, demo accounts, mails on the console.

DEBUG is off unless COSIGNE_DEBUG=1, so that the French error pages are the ones seen.
"""

import os
import secrets
from pathlib import Path

from .base import *  # noqa: F403
from .base import VAR_DIR, env_bool, env_list


def _secret_key(path: Path) -> str:
    """The key of this checkout, drawn at the first start and kept out of the repository."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Written aside then linked: two processes starting together agree on one key.
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(50))
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        return path.read_text().strip()


SECRET_KEY = _secret_key(VAR_DIR / "secret_key")
DEBUG = env_bool("COSIGNE_DEBUG")
ALLOWED_HOSTS = ["localhost", ".localhost", "127.0.0.1", "[::1]", *env_list("ALLOWED_HOSTS")]
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
COSIGNE_GUARD_GET = True
COSIGNE_DEMO = env_bool("COSIGNE_DEMO", default=True)

# Serve static/ as it is, without collectstatic.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
