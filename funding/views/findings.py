"""The reason given for a finding, from whichever page shows it (plan, convention, dossier)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from core.errors import BusinessError
from funding.checks.answers import FindingRef, read_token
from funding.services.findings import explain_finding
from parties.access import ability_required


@require_POST
@ability_required("finding.answer")
def finding_explain(request: HttpRequest) -> HttpResponse:
    finding = read_token(request.GET.get("constat", ""))
    if finding is None or finding.fingerprint != request.POST.get("fingerprint", finding.fingerprint):
        messages.error(request, "Ce constat n'est plus à jour : rechargez la page et recommencez.")
        return redirect(next_page(request, None))
    try:
        explain_finding(finding=finding, reason=request.POST.get("reason", ""), by=request.actor)  # type: ignore[attr-defined]
    except BusinessError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"L'explication du constat {finding.code} est enregistrée.")
    return redirect(next_page(request, finding))


def next_page(request: HttpRequest, finding: FindingRef | None) -> str:
    """Where to come back: the form's ``next``, the finding's page, the page one came from; on this site only."""
    candidates = (request.POST.get("next"), finding.next_url if finding else "", request.headers.get("Referer"))
    for url in candidates:
        if url and url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure()):
            return url
    return reverse("plans")
