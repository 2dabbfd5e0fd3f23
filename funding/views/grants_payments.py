"""What a financer records on a grant: payments, what undoes them, money asked back. And the list of what is due."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from core import sheets
from core.money import euros
from core.sheets import Kind, SheetColumn
from funding import grants as reads
from funding.forms_grants import PaymentForm, ReasonForm, ReclaimForm, RepaymentForm
from funding.services import grant_payments as services
from funding.views.grants import attempt, find, grant_tabs, show_grant
from funding.views.titres import actor_of, as_uuid, sheet
from parties.access import ability_required

DUE_COLUMNS = (
    SheetColumn("Au plus tard le", lambda i: i.due_on, Kind.DATE),
    SheetColumn("Financeur", lambda i: i.grant.financer.name, width=34),
    SheetColumn("Association", lambda i: i.grant.beneficiary.name, width=30),
    SheetColumn("Plan", lambda i: i.grant.plan.label, width=36),
    SheetColumn("Convention", lambda i: i.grant.reference),
    SheetColumn("Échéance (euros)", lambda i: i.amount, Kind.AMOUNT),
    SheetColumn("Versé (euros)", lambda i: i.paid, Kind.AMOUNT),
    SheetColumn("Reste (euros)", lambda i: i.remaining, Kind.AMOUNT),
    SheetColumn("Condition", lambda i: i.condition, width=40),
    SheetColumn("Jours de retard", lambda i: max((timezone.localdate() - i.due_on).days, 0), Kind.NUMBER),
)
#: Payments are announced this long ahead.
AHEAD = dt.timedelta(days=92)


@require_safe
@ability_required("grant.view")
def grants_due(request: HttpRequest) -> HttpResponse:
    """What is to be paid: late, then within three months; and the requests whose deadline has passed."""
    actor, today = actor_of(request), timezone.localdate()
    rows = reads.due_instalments(actor, until=today + AHEAD)
    if request.GET.get("format") in sheets.MEDIA_TYPES:
        return sheet(DUE_COLUMNS, rows, request.GET["format"], "echeances-de-subventions")
    late = [row for row in rows if row.due_on < today]
    context = {
        "tabs": grant_tabs(actor, "grants-due"),
        "late": late,
        "late_total": sum((row.remaining for row in late), services.ZERO),
        "coming": [row for row in rows if row.due_on >= today],
        "requests": reads.late_requests(actor, until=today + AHEAD),
        "today": today,
    }
    return render(request, "funding/grants_due.html", context)


@require_POST
@ability_required("grant.pay")
def grant_pay(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found = find(request, uuid)
    form = PaymentForm(request.POST, grant=found)
    if form.is_valid() and not attempt(
        form, lambda: services.record_payment(grant=found, by=actor_of(request), **form.cleaned_data)
    ):
        messages.success(request, f"Versement de {euros(form.cleaned_data['amount'])} enregistré.")
        return redirect(found)
    return show_grant(request, found, payment_form=form)


@require_POST
@ability_required("grant.pay")
def grant_reverse(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """``payment``: the line to undo; ``reason``: why."""
    found = find(request, uuid)
    line = get_object_or_404(found.payments.all(), uuid=as_uuid(request.POST.get("payment", "")))
    return said(
        request,
        found,
        lambda reason: services.reverse_payment(payment=line, reason=reason, by=actor_of(request)),
        "Écriture annulée : les deux lignes restent.",
    )


@require_POST
@ability_required("grant.pay")
def grant_reclaim(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found, form = find(request, uuid), ReclaimForm(request.POST)
    if form.is_valid() and not attempt(
        form, lambda: services.ask_repayment(grant=found, by=actor_of(request), **form.cleaned_data)
    ):
        messages.success(request, f"Reversement de {euros(form.cleaned_data['amount'])} demandé.")
        return redirect(found)
    return show_grant(request, found, reclaim_form=form)


@require_POST
@ability_required("grant.pay")
def grant_withdraw(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """``repayment``: the request given up; ``reason``: why."""
    found = find(request, uuid)
    line = get_object_or_404(found.repayments.all(), uuid=as_uuid(request.POST.get("repayment", "")))
    return said(
        request,
        found,
        lambda reason: services.withdraw_repayment(repayment=line, reason=reason, by=actor_of(request)),
        "Demande de reversement retirée.",
    )


@require_POST
@ability_required("grant.pay")
def grant_repay(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found, form = find(request, uuid), RepaymentForm(request.POST)
    if form.is_valid() and not attempt(
        form, lambda: services.record_repayment(grant=found, by=actor_of(request), **form.cleaned_data)
    ):
        messages.success(request, f"Reversement de {euros(form.cleaned_data['amount'])} enregistré.")
        return redirect(found)
    return show_grant(request, found, repayment_form=form)


def said(request: HttpRequest, found: Any, do: Any, done: str) -> HttpResponse:
    """An act whose only field is its reason: the outcome is a message on the grant's page."""
    form = ReasonForm(request.POST)
    refused = "Indiquez le motif : il reste dans l'historique."
    if form.is_valid():
        refused = attempt(None, lambda: do(form.cleaned_data["reason"]))
    if refused:
        messages.error(request, refused)
    else:
        messages.success(request, done)
    return redirect(found)
