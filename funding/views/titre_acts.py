"""What a finance officer does on one titre: issue, receipts, corrections. Each act is one service."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from core.errors import BusinessError
from core.money import euros
from funding import forms_titres
from funding.models import Titre
from funding.services import titre_corrections, titre_receipts, titres
from funding.views.titres import actor_of, show_titre, to_issue
from parties.access import ability_required


def mine(request: HttpRequest, uuid: UUID) -> Titre:
    """A titre of the person's own organisation: the one that owes it acts on nothing."""
    return get_object_or_404(to_issue(actor_of(request)).for_list(), uuid=uuid)


def done(
    request: HttpRequest, titre: Titre, name: str, form: Form, act: Callable[[dict[str, Any]], tuple[str, Titre]]
) -> HttpResponse:
    """Do ``act`` with what was typed, then show its message; refused, the page comes back as it was filled in."""
    if form.is_valid():
        try:
            message, target = act(form.cleaned_data)
        except BusinessError as error:
            form.add_error(error.place if error.place in form.fields else None, error.message)
        else:
            messages.success(request, message)
            return redirect(target)
    return show_titre(request, titre, **{name: form})


@require_POST
@ability_required("titre.export")
def issue(request: HttpRequest, uuid: UUID) -> HttpResponse:
    titre = mine(request, uuid)

    def act(data: dict[str, Any]) -> tuple[str, Titre]:
        titres.record_issue(titre=titre, by=actor_of(request), **data)
        return f"Titre n° {data['number']} enregistré.", titre

    return done(request, titre, "issue", forms_titres.IssueForm(request.POST), act)


@require_POST
@ability_required("titre.export")
def receive(request: HttpRequest, uuid: UUID) -> HttpResponse:
    titre = mine(request, uuid)

    def act(data: dict[str, Any]) -> tuple[str, Titre]:
        titre_receipts.record_receipt(titre=titre, by=actor_of(request), **data)
        return f"Encaissement de {euros(data['amount'])} enregistré.", titre

    return done(request, titre, "receipt", forms_titres.ReceiptForm(request.POST, left=titre.balance), act)


@require_POST
@ability_required("titre.export")
def reverse_receipt(request: HttpRequest, uuid: UUID) -> HttpResponse:
    titre = mine(request, uuid)

    def act(data: dict[str, Any]) -> tuple[str, Titre]:
        receipt = get_object_or_404(titre.receipts.select_related("titre__issuer"), uuid=data["receipt"])
        titre_receipts.reverse_receipt(receipt=receipt, reason=data["reason"], by=actor_of(request))
        return f"Encaissement de {euros(receipt.amount)} contre-passé.", titre

    return done(request, titre, "reversal", forms_titres.ReceiptReversalForm(request.POST), act)


@require_POST
@ability_required("titre.export")
def reduce(request: HttpRequest, uuid: UUID) -> HttpResponse:
    titre = mine(request, uuid)

    def act(data: dict[str, Any]) -> tuple[str, Titre]:
        row = titre_corrections.reduce_titre(titre=titre, by=actor_of(request), **data)
        return f"{row.get_kind_display()} de {euros(row.amount)} : à exporter comme un titre.", row

    return done(request, titre, "reduce", forms_titres.CorrectionForm(request.POST), act)


@require_POST
@ability_required("titre.export")
def cancel(request: HttpRequest, uuid: UUID) -> HttpResponse:
    titre = mine(request, uuid)

    def act(data: dict[str, Any]) -> tuple[str, Titre]:
        row = titre_corrections.cancel_titre(titre=titre, by=actor_of(request), **data)
        return f"{row.get_kind_display()} de {euros(row.amount)} : à exporter comme un titre.", row

    return done(request, titre, "cancel", forms_titres.ReasonForm(request.POST, prefix="annulation"), act)


@require_POST
@ability_required("titre.export")
def withdraw(request: HttpRequest, uuid: UUID) -> HttpResponse:
    titre = mine(request, uuid)

    def act(data: dict[str, Any]) -> tuple[str, Titre]:
        titre_corrections.withdraw_correction(correction=titre, by=actor_of(request), **data)
        return "Correction abandonnée : le titre réclame de nouveau ce montant.", titre.original or titre

    return done(request, titre, "withdraw", forms_titres.ReasonForm(request.POST), act)


@require_POST
@ability_required("titre.export")
def reissue(request: HttpRequest, uuid: UUID) -> HttpResponse:
    titre = mine(request, uuid)

    def act(data: dict[str, Any]) -> tuple[str, Titre]:
        row = titre_corrections.reissue_titre(titre=titre, by=actor_of(request), **data)
        return f"Nouveau titre de {euros(row.amount)} : vérifiez-le, puis exportez-le.", row

    return done(request, titre, "reissue", forms_titres.ReasonForm(request.POST, prefix="reemission"), act)
