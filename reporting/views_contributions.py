"""« Contribuer à l'observatoire »: what would leave, the confirmation, the withdrawal, and what left."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from conventions.text.content import canonical_bytes
from core.errors import BusinessError, InvalidInput
from parties.access import ActorRequest, ability_required
from reporting.bilan.service import years_available
from reporting.contributions import present
from reporting.contributions.services import ABILITY, Prepared, contribute, history, prepare, withdraw
from reporting.views_bilan import as_file


@require_http_methods(["GET", "POST"])
@ability_required(ABILITY)
def contribution(request: ActorRequest, year: int) -> HttpResponse:
    """What would leave; a POST confirms what was shown (``sha256``)."""
    prepared = _prepared(request, year)
    if request.method == "GET":
        return _page(request, prepared)
    try:
        row, is_new = contribute(year=year, by=request.actor, seen=request.POST.get("sha256", "?"))
    except BusinessError as error:
        messages.error(request, error.message)
        return _page(request, prepared, status=422)
    said = "est transmise à l'observatoire" if is_new else "est déjà transmise : rien n'a changé"
    messages.success(request, f"La contribution {row.year} {said}.")
    return redirect("contribution", year=year)


@require_POST
@ability_required(ABILITY)
def withdrawal(request: ActorRequest, year: int) -> HttpResponse:
    try:
        withdraw(year=year, reason=request.POST.get("reason", ""), by=request.actor)
    except InvalidInput as error:
        return _page(
            request, _prepared(request, year), reason=request.POST.get("reason", ""), refused=error, status=422
        )
    except BusinessError as error:
        messages.error(request, error.message)
        return redirect("contribution", year=year)
    messages.success(request, f"La contribution {year} est retirée : l'observatoire ne la voit plus.")
    return redirect("contribution", year=year)


@require_safe
@ability_required(ABILITY)
def contribution_file(request: ActorRequest, year: int) -> HttpResponse:
    """The contribution in force, byte for byte as its SHA-256 was taken."""
    row = _prepared(request, year).in_force
    if row is None:
        raise Http404(f"Aucune contribution n'est en vigueur pour {year}.")
    name = f"contribution-{request.actor.territory.code}-{year}.json"
    return as_file(canonical_bytes(row.content), name, "application/json; charset=utf-8")


def _prepared(request: ActorRequest, year: int) -> Prepared:
    try:
        return prepare(year=year, by=request.actor)
    except InvalidInput as error:
        raise Http404(error.message) from error


def _page(
    request: ActorRequest,
    prepared: Prepared,
    *,
    reason: str = "",
    refused: InvalidInput | None = None,
    status: int = 200,
) -> HttpResponse:
    content = prepared.content
    context = {
        "prepared": prepared,
        "content": content,
        "tables": present.tables(content),
        "posts": present.posts(content),
        "shares": present.shares(content),
        "vacancy": present.vacancy(content),
        "history": history(year=prepared.year, by=request.actor),
        "years": [year for year in years_available(by=request.actor) if year != prepared.year],
        "reason": reason,
        "refused": refused,
    }
    return render(request, "reporting/contribution.html", context, status=status)
