"""What every page's frame needs, from the request alone."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

SITE_NAME = "Cosigne"


def site(request: HttpRequest) -> dict[str, Any]:
    """Context processor: the product's name, demo mode, and what the tenancy middleware put on the request.

    ``nav`` is a list of ``{label, url, icon, active}`` (and ``count``, if any), at most seven entries.
    ``held_choices`` is what the account may act for, ``acting_as`` the one in use, ``reading_under`` the exceptional
    access in use, if any.
    """
    return {
        "site_name": SITE_NAME,
        "demo": settings.COSIGNE_DEMO,
        "nav": getattr(request, "nav", []),
        "membership": getattr(request, "membership", None),
        "acting_as": getattr(request, "choice", None),
        "held_choices": getattr(getattr(request, "held", None), "choices", ()),
        "reading_under": getattr(request, "access", None),
    }
