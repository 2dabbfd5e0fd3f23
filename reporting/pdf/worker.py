"""Imported once by the process rendering workers are forked from: Django's templates and WeasyPrint, ready to serve."""

import contextlib
import os

import django
from django.apps import apps

if not apps.ready:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    django.setup()

from reporting.pdf import convention  # noqa: F401
from reporting.pdf.assets import printable_codepoints

# Its absence is said by the rendering itself, in words.
with contextlib.suppress(OSError):
    import weasyprint  # noqa: F401

printable_codepoints()
