"""The register of what is done with people's data, and one's own copy of it."""

from __future__ import annotations

import json

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from parties.personal_data import personal_data
from parties.retention import rules


@require_GET
@login_not_required
def privacy(request: HttpRequest) -> HttpResponse:
    """The register, for anyone: it holds nobody's data."""
    context = {"rules": rules().values(), "contact": settings.COSIGNE_PRIVACY_CONTACT}
    return render(request, "parties/privacy.html", context)


@require_GET
def own_data(request: HttpRequest) -> HttpResponse:
    """The signed-in person's own data, as a JSON file."""
    text = json.dumps(personal_data(request.user), ensure_ascii=False, indent=2)  # type: ignore[arg-type]
    name = f"mes-donnees-{timezone.localdate():%Y-%m-%d}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(text, content_type="application/json; charset=utf-8", headers=headers)
