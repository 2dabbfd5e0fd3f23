"""Dedicated funds: what an association holds of each financer, year after year."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from core import sheets
from core.sheets import Kind, SheetColumn
from funding.forms_grants import FundForm, ReasonForm
from funding.grants import fund_findings
from funding.models import DedicatedFund, Grant
from funding.services import grant_funds as services
from funding.views.grants import attempt, grant_tabs
from funding.views.titres import actor_of, as_uuid, sheet
from parties.access import ability_required
from parties.models import Organisation

COLUMNS = (
    SheetColumn("Exercice", lambda f: f.year, Kind.NUMBER, 9),
    SheetColumn("Association", lambda f: f.beneficiary.name, width=30),
    SheetColumn("Financeur", lambda f: f.financer.name, width=34),
    SheetColumn("Report à l'ouverture (euros)", lambda f: f.opening, Kind.AMOUNT),
    SheetColumn("Reçu (euros)", lambda f: f.received, Kind.AMOUNT),
    SheetColumn("Utilisé (euros)", lambda f: f.used, Kind.AMOUNT),
    SheetColumn("Reversé (euros)", lambda f: f.repaid, Kind.AMOUNT),
    SheetColumn("À reporter (euros)", lambda f: f.closing, Kind.AMOUNT),
    SheetColumn("État", lambda f: f.get_status_display()),
    SheetColumn("Précision", lambda f: f.note, width=40),
)


@require_safe
@ability_required("grant.view")
def fund_list(request: HttpRequest) -> HttpResponse:
    return show(request)


def show(request: HttpRequest, refused: tuple[tuple[int, int, int], FundForm] | None = None) -> HttpResponse:
    """``refused``: the line (association, financer, year) whose form came back."""
    actor = actor_of(request)
    rows = DedicatedFund.objects.visible_to(actor).select_related("financer", "beneficiary")  # type: ignore[attr-defined]
    funds = list(rows.order_by("-year", "beneficiary__name", "financer__name"))
    if request.GET.get("format") in sheets.MEDIA_TYPES:
        return sheet(COLUMNS, funds, request.GET["format"], "fonds-dedies")
    grants = list(Grant.objects.visible_to(actor).committed().for_list())  # type: ignore[attr-defined]
    paid = received(grants)
    context = {
        "tabs": grant_tabs(actor, "grant-funds"),
        "funds": funds,
        "findings": fund_findings(funds, paid),
        "todo": to_type(actor, grants, funds, paid, refused),
        "may_write": actor.can("grant.request"),
        "may_reopen": actor.can("grant.manage"),
        "mine": actor.organisation,
        "is_staff": actor.is_staff,
    }
    return render(request, "funding/grant_funds.html", context, status=422 if refused else 200)


def received(grants: list[Grant]) -> dict[tuple[int, int, int], Any]:
    """(association, financer, year) → paid, as the payments recorded say today."""
    found: dict[tuple[int, int, int], Any] = {}
    for grant in grants:
        key = (grant.beneficiary_id, grant.financer_id, grant.year)
        found[key] = found.get(key, services.ZERO) + grant.paid
    return found


def to_type(actor: Any, grants: list[Grant], funds: list[DedicatedFund], paid: Any, refused: Any) -> list[Any]:
    """One form per association, financer and year with a grant, while the year is not closed."""
    if not actor.can("grant.request"):
        return []
    known = {(fund.beneficiary_id, fund.financer_id, fund.year): fund for fund in funds}
    lines = {}
    for grant in grants:
        key = (grant.beneficiary_id, grant.financer_id, grant.year)
        fund = known.get(key)
        mine = actor.is_staff or actor.organisation == grant.beneficiary
        if key in lines or not mine or (fund is not None and fund.is_closed):
            continue
        prefix = f"f{key[0]}-{key[1]}-{key[2]}"
        initial = {"opening": shown(fund.opening), "used": shown(fund.used), "note": fund.note} if fund else {}
        form = refused[1] if refused and refused[0] == key else FundForm(initial=initial, auto_id=f"id_{prefix}_%s")
        previous = known.get((key[0], key[1], key[2] - 1))
        lines[key] = {
            "grant": grant,
            "title": f"{grant.financer.label}, {grant.year}",
            "fund": fund,
            "form": form,
            "paid": paid.get(key, services.ZERO),
            "previous": previous,
            "open": bool(form.errors),
        }
    return sorted(lines.values(), key=lambda line: (-line["grant"].year, line["grant"].financer.name))


def shown(amount: Any) -> str:
    return f"{amount:f}".replace(".", ",")


@require_POST
@ability_required("grant.request")
def fund_save(request: HttpRequest) -> HttpResponse:
    """``beneficiary``, ``financer`` (uuids) and ``year`` say which line."""
    actor = actor_of(request)
    bodies = Organisation.objects.visible_to(actor)
    beneficiary = get_object_or_404(bodies, uuid=as_uuid(request.POST.get("beneficiary", "")))
    financer = get_object_or_404(bodies, uuid=as_uuid(request.POST.get("financer", "")))
    rows = Grant.objects.visible_to(actor).committed()  # type: ignore[attr-defined]
    text = request.POST.get("year", "")
    year = int(text) if text.isascii() and text.isdigit() and len(text) == 4 else 0
    get_object_or_404(rows.filter(beneficiary=beneficiary, financer=financer, year=year)[:1])
    key = (beneficiary.pk, financer.pk, year)
    form = FundForm(request.POST, auto_id=f"id_f{key[0]}-{key[1]}-{key[2]}_%s")
    if form.is_valid() and not attempt(
        form,
        lambda: services.save_fund(
            beneficiary=beneficiary, financer=financer, year=year, by=actor, **form.cleaned_data
        ),
    ):
        messages.success(request, f"Fonds dédiés de {financer.label} en {year} enregistrés.")
        return redirect("grant-funds")
    return show(request, (key, form))


def find(request: HttpRequest, uuid: UUID) -> DedicatedFund:
    rows = DedicatedFund.objects.visible_to(actor_of(request)).select_related("financer", "beneficiary")  # type: ignore[attr-defined]
    return get_object_or_404(rows, uuid=uuid)


@require_POST
@ability_required("grant.request")
def fund_close(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found = find(request, uuid)
    refused = attempt(None, lambda: services.close_fund(fund=found, by=actor_of(request)))
    if refused:
        messages.error(request, refused)
    else:
        messages.success(request, f"Fonds dédiés de {found.financer.label} en {found.year} arrêtés.")
    return redirect("grant-funds")


@require_POST
@ability_required("grant.manage")
def fund_reopen(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found, form = find(request, uuid), ReasonForm(request.POST)
    refused = "Dites pourquoi ces fonds dédiés sont rouverts."
    if form.is_valid():
        refused = attempt(
            None, lambda: services.reopen_fund(fund=found, reason=form.cleaned_data["reason"], by=actor_of(request))
        )
    if refused:
        messages.error(request, refused)
    else:
        messages.success(request, f"Fonds dédiés de {found.financer.label} en {found.year} rouverts.")
    return redirect("grant-funds")
