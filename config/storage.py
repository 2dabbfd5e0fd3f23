"""Where documents are kept in a deployment: a folder, or any Django storage named by the environment."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured

FOLDER = "django.core.files.storage.FileSystemStorage"


def storage_settings(environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """STORAGES["default"]: STORAGE_BACKEND is a class's path, STORAGE_OPTIONS its arguments as a JSON object.

    Without them, files go to MEDIA_ROOT. Raises ImproperlyConfigured when the options are not an object.
    """
    try:
        options = json.loads(environment.get("STORAGE_OPTIONS") or "{}")
    except ValueError as error:
        raise _malformed(str(error)) from error
    if not isinstance(options, dict):
        raise _malformed("ce n'est pas un objet")
    return {"BACKEND": environment.get("STORAGE_BACKEND") or FOLDER, "OPTIONS": options}


def _malformed(reason: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(
        f'STORAGE_OPTIONS ({reason}) : forme attendue un objet JSON, par exemple {{"bucket_name": "cosigne"}}.'
    )
