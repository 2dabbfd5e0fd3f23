"""Where a finding stands, in the path notation of the dossier, and the page that mends it."""

from __future__ import annotations

from django.urls import reverse

from conventions.models import Convention


def place(convention: Convention, path: str = "") -> str:
    return f"conventions[{convention.reference}]{path}"


def tab(convention: Convention, name: str, anchor: str = "") -> str:
    url = f"{reverse('convention', args=[convention.uuid])}?onglet={name}"
    return f"{url}#{anchor}" if anchor else url
