"""Pages of the grants to associations: the list, one grant, its schedule. Payments are in ``grants_payments``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import rls, sheets
from core.errors import BusinessError, NotAllowed
from core.sheets import Kind, SheetColumn
from funding import grant_display, grant_workflow
from funding.forms_grants import (
    AwardForm,
    DeadlinesForm,
    PaymentForm,
    ReclaimForm,
    RepaymentForm,
    RequestForm,
    ScheduleFormSet,
)
from funding.grants import grant_findings
from funding.models import Grant, Share
from funding.services import grants as services
from funding.services.grant_payments import owed_back
from funding.views.titres import actor_of, sheet
from parties.access import ability_required
from parties.actors import Actor

COLUMNS = (
    SheetColumn("Exercice", lambda g: g.year, Kind.NUMBER, 9),
    SheetColumn("Association", lambda g: g.beneficiary.name, width=30),
    SheetColumn("Financeur", lambda g: g.financer.name, width=34),
    SheetColumn("Plan", lambda g: g.plan.label, width=36),
    SheetColumn("Convention", lambda g: g.reference),
    SheetColumn("Montant (euros)", lambda g: g.amount, Kind.AMOUNT),
    SheetColumn("Versé (euros)", lambda g: g.paid, Kind.AMOUNT),
    SheetColumn("Reste (euros)", lambda g: g.remaining, Kind.AMOUNT),
    SheetColumn("Reversé (euros)", lambda g: g.repaid, Kind.AMOUNT),
    SheetColumn("Demande avant le", lambda g: g.request_deadline, Kind.DATE),
    SheetColumn("Dernière échéance", lambda g: max((i.due_on for i in g.instalments.all()), default=None), Kind.DATE),
    SheetColumn("État", lambda g: g.get_status_display(), width=20),
)


def grant_tabs(actor: Actor, active: str) -> list[dict[str, Any]]:
    """The faces of the subject; those of the person's role."""
    pages = [
        ("grants", "Subventions"),
        ("grants-due", "Échéances"),
        ("grant-funds", "Fonds dédiés"),
        ("grant-accounts", "Comptes rendus"),
    ]
    if actor.can("plan.view"):
        pages += [("grant-authorities", "Par autorité"), ("grants-publication", "Publication")]
    if actor.can("grant.manage"):
        pages += [("grant-rules", "Règles")]
    return [{"label": label, "url": reverse(name), "active": name == active} for name, label in pages]


def find(request: HttpRequest, uuid: UUID) -> Grant:
    return get_object_or_404(Grant.objects.visible_to(actor_of(request)).for_list(), uuid=uuid)  # type: ignore[attr-defined]


def asked_year(request: HttpRequest) -> int | None:
    text = request.GET.get("annee", "")
    return int(text) if text.isascii() and text.isdigit() and 2000 <= int(text) <= 2100 else None


def attempt(form: forms.BaseForm | None, do: Callable[[], object]) -> str:
    """Carry out an act: "" when done; else the message, put on the form when there is one. Nothing half-written."""
    try:
        with transaction.atomic():
            do()
    except NotAllowed as error:
        raise PermissionDenied(error.message) from error
    except BusinessError as error:
        if isinstance(form, forms.Form):
            form.add_error(error.place if error.place in form.fields else None, error.message)
        return error.message
    return ""


# --- List -------------------------------------------------------------------------------------------------------------


@require_safe
@ability_required("grant.view")
def grant_list(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    everything = Grant.objects.visible_to(actor)  # type: ignore[attr-defined]
    years = list(everything.order_by("-year").values_list("year", flat=True).distinct())
    year = asked_year(request) or next(iter(years), None)
    rows = list(everything.for_list().filter(year=year).order_by("beneficiary__name", "plan__label", "share_ref"))
    if request.GET.get("format") in sheets.MEDIA_TYPES:
        return sheet(COLUMNS, rows, request.GET["format"], "subventions")
    context = {
        "tabs": grant_tabs(actor, "grants"),
        "years": years,
        "year": year,
        "groups": grant_display.by_financer(rows, actor),
        "totals": grant_display.sums(rows),
        "tones": grant_workflow.TONES,
        "waiting": grant_display.without_grants(actor) if actor.can("grant.manage") else [],
        "findings": grant_findings(rows, shares_of(rows)) if actor.context.scope != rls.ORGANISATION else [],
    }
    return render(request, "funding/grants.html", context)


def shares_of(grants: list[Grant]) -> dict[tuple[int, str], Share]:
    rows = Share.objects.filter(plan__in={grant.plan_id for grant in grants})
    return {(row.plan_id, row.ref): row for row in rows}


# --- One grant --------------------------------------------------------------------------------------------------------


@require_safe
@ability_required("grant.view")
def grant(request: HttpRequest, uuid: UUID) -> HttpResponse:
    return show_grant(request, find(request, uuid))


def show_grant(request: HttpRequest, found: Grant, **refused: forms.Form) -> HttpResponse:
    """The page; ``refused``: the form that came back, by the name the template knows it by."""
    actor = actor_of(request)
    acts = possible_acts(actor, found)
    new: dict[str, Callable[[], forms.Form]] = {
        "request_form": lambda: RequestForm(initial={"requested_on": timezone.localdate()}),
        "award_form": lambda: AwardForm(initial={"awarded_on": timezone.localdate()}),
        "payment_form": lambda: PaymentForm(grant=found),
        "reclaim_form": ReclaimForm,
        "repayment_form": RepaymentForm,
    }
    context: dict[str, Any] = {name: make() if acts[name] else None for name, make in new.items()}
    context |= refused | {
        "grant": found,
        "tone": grant_workflow.TONES[found.status],  # type: ignore[index]
        "owed_back": owed_back(found),
        "requests": list(found.repayments.select_related("cancelled_by")),
        "payments": list(found.payments.select_related("instalment", "reverses", "reversed_by").order_by("pk")),
        "instalments": list(found.instalments.all()),
        "today": timezone.localdate(),
        "events": grant_display.history(found),
        "carry": grant_display.carried(found.beneficiary, found.financer, found.year),
        "may_pay": acts["pays"],
        "may_schedule": actor.can("grant.manage") and found.is_open,
        "sees_plan": actor.can("plan.view"),
        "sees_forms": acts["receives"] or actor.is_staff,
        "findings": grant_findings([found], shares_of([found])),
    }
    return render(request, "funding/grant.html", context, status=422 if refused else 200)


def possible_acts(actor: Actor, found: Grant) -> dict[str, bool]:
    """What the person may do on this grant now."""
    pays = actor.can("grant.pay") and (actor.is_staff or actor.organisation == found.financer)
    receives = actor.can("grant.request") and (actor.is_staff or actor.organisation == found.beneficiary)
    held = found.paid - found.repaid - owed_back(found)
    return {
        "pays": pays,
        "receives": receives,
        "request_form": receives and found.status == "a_demander",
        "award_form": pays and found.is_open,
        "payment_form": pays and found.is_committed and found.remaining > 0,
        "reclaim_form": pays and found.is_committed and held > 0,
        "repayment_form": pays and owed_back(found) > 0,
    }


@require_POST
@ability_required("grant.request")
def grant_request(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found, form = find(request, uuid), RequestForm(request.POST)
    if form.is_valid() and not attempt(
        form, lambda: services.request_grant(grant=found, by=actor_of(request), **form.cleaned_data)
    ):
        messages.success(request, f"Demande à {found.financer.label} enregistrée.")
        return redirect(found)
    return show_grant(request, found, request_form=form)


@require_POST
@ability_required("grant.pay")
def grant_award(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found, form = find(request, uuid), AwardForm(request.POST)
    if form.is_valid() and not attempt(
        form, lambda: services.award_grant(grant=found, by=actor_of(request), **form.cleaned_data)
    ):
        messages.success(request, "Attribution enregistrée : l'échéancier ne change plus.")
        return redirect(found)
    return show_grant(request, found, award_form=form)


# --- Schedule ---------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@ability_required("grant.manage")
def grant_schedule(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found = find(request, uuid)
    data = request.POST if request.method == "POST" else None
    head = DeadlinesForm(data, initial=vars(found))
    lines = ScheduleFormSet(data, prefix="echeances", initial=grant_display.schedule_initial(found))
    if data is not None and head.is_valid() and lines.is_valid():
        payments = [form.term for form in lines if form.term is not None]
        refused = attempt(
            head,
            lambda: services.set_schedule(grant=found, payments=payments, by=actor_of(request), **head.cleaned_data),
        )
        if not refused:
            messages.success(request, "Échéancier enregistré.")
            return redirect(found)
    context = {"grant": found, "head": head, "lines": lines}
    return render(request, "funding/grant_schedule.html", context, status=422 if data is not None else 200)
