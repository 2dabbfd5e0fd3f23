"""Comptes rendus financiers: the list, one of them, typing it, handing it in, reviewing it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import BoundField, Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from funding import grants as reads
from funding.enums_grants import RuleKind
from funding.forms_grants import AccountForm, CertifyForm, ReviewForm
from funding.grant_accounts import due_date, must_explain, totals
from funding.grant_rules import rules_of
from funding.models import FundingPlan, GrantAccount
from funding.services import grant_accounts as services
from funding.views.grants import attempt, grant_tabs
from funding.views.titres import actor_of, as_uuid
from parties.access import ability_required
from parties.actors import Actor

TONES = {"a_etablir": "neutral", "soumis": "info", "renvoye": "warning", "accepte": "success"}


@require_safe
@ability_required("grant.view")
def account_list(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    context = {
        "tabs": grant_tabs(actor, "grant-accounts"),
        "lines": [
            {"due": due, "late": due.is_late(timezone.localdate()), "may_open": may_open(actor, due.plan)}
            for due in reads.accounts_due(actor)
        ],
        "tones": TONES,
    }
    return render(request, "funding/grant_accounts.html", context)


def may_open(actor: Actor, plan: FundingPlan) -> bool:
    return actor.can("grant.request") and actor.organisation == plan.employer


@require_POST
@ability_required("grant.request")
def account_open(request: HttpRequest) -> HttpResponse:
    """``plan``: the uuid of the funded plan. An account already begun is shown again."""
    plans = FundingPlan.objects.visible_to(actor_of(request)).select_related("employer")
    plan = get_object_or_404(plans, uuid=as_uuid(request.POST.get("plan", "")))
    refused = attempt(None, lambda: services.open_account(plan=plan, by=actor_of(request)))
    if refused:
        messages.error(request, refused)
        return redirect("grant-accounts")
    return redirect("grant-account-edit", uuid=GrantAccount.objects.get(plan=plan).uuid)


def find(request: HttpRequest, uuid: UUID) -> GrantAccount:
    rows = GrantAccount.objects.visible_to(actor_of(request)).select_related("plan", "beneficiary")  # type: ignore[attr-defined]
    return get_object_or_404(rows, uuid=uuid)


@require_safe
@ability_required("grant.view")
def account(request: HttpRequest, uuid: UUID) -> HttpResponse:
    return show(request, find(request, uuid))


def show(request: HttpRequest, found: GrantAccount, certify: Form | None = None, review: Form | None = None) -> Any:
    """The page, with the forms as they came back when something was refused."""
    actor = actor_of(request)
    mine = may_open(actor, found.plan)
    writes = mine and found.is_editable
    reviews = may_review(actor, found)
    context = summary(found) | {
        "account": found,
        "tone": TONES[found.status],
        "mine": mine,
        "writes": writes,
        "obstacles": services.obstacles(found) if writes else [],
        "certify_form": certify or (CertifyForm(account=found) if writes else None),
        "review_form": review or (ReviewForm() if reviews else None),
        "awaited": awaited(found),
        "events": history(found),
    }
    status = 422 if certify is not None or review is not None else 200
    return render(request, "funding/grant_account.html", context, status=status)


def summary(found: GrantAccount) -> dict[str, Any]:
    """Lines and totals, as page and document print them."""
    lines = list(found.lines.select_related("financer"))
    rules = rules_of(found.territory_id)
    percent = rules.for_year(RuleKind.EXPLANATION_PERCENT, found.year).number
    shown = [line for line in lines if line.planned or line.realised or line.explanation]
    flagged = {line.pk for line in lines if must_explain(line, percent)}
    return {
        "charges": [line for line in shown if line.code.startswith("6")],
        "products": [line for line in shown if line.code.startswith("7")],
        "in_kind": [line for line in shown if line.code.startswith("8")],
        "flagged": flagged,
        "percent": percent,
        "total_charges": totals(lines, "6"),
        "total_products": totals(lines, "7"),
        "result": totals(lines, "7").realised - totals(lines, "6").realised,
        "due_on": due_date(found.year, rules),
    }


def may_review(actor: Actor, found: GrantAccount) -> bool:
    if found.status != "soumis" or not actor.can("grant.pay"):
        return False
    mine = actor.organisation.pk if actor.organisation else 0
    return actor.is_staff or (mine in services.financers_of(found) and mine not in services.accepted_by(found))


def awaited(found: GrantAccount) -> list[str]:
    """Financers whose decision is awaited."""
    if found.status != "soumis":
        return []
    done = set(services.accepted_by(found))
    return [body.label for pk, body in services.financers_of(found).items() if pk not in done]


def history(found: GrantAccount) -> list[dict[str, Any]]:
    tones = {"remettre": "info", "accepter": "success", "renvoyer": "warning"}
    return [
        {
            "title": services.LABELS.get(event.act, event.act),
            "at": event.created_at,
            "by": event.by_label,
            "text": event.reason,
            "tone": tones.get(event.act, "neutral"),
        }
        for event in found.events.order_by("-pk")
    ]


# --- Typing -----------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@ability_required("grant.request")
def account_edit(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found = find(request, uuid)
    if not may_open(actor_of(request), found.plan) or not found.is_editable:
        messages.info(request, "Ce compte rendu ne se modifie pas : il est remis, ou il est celui d'une association.")
        return redirect(found)
    form = AccountForm(request.POST or None, account=found)
    if form.is_bound and form.is_valid() and not attempt(form, lambda: save(request, found, form)):
        messages.success(request, "Compte rendu enregistré.")
        return redirect(found)
    context = {"account": found, "form": form, "sides": sides(form), "percent": summary(found)["percent"]}
    return render(request, "funding/grant_account_form.html", context, status=422 if form.is_bound else 200)


def save(request: HttpRequest, found: GrantAccount, form: AccountForm) -> None:
    data = form.cleaned_data
    entries = {
        str(line.uuid): services.Entry(data[f"realised-{line.uuid}"], data[f"explanation-{line.uuid}"])
        for line in form.lines
    }
    services.save_account(
        account=found, entries=entries, narrative=data["narrative"], expected=data["version"], by=actor_of(request)
    )


def sides(form: AccountForm) -> list[tuple[str, list[tuple[Any, BoundField, BoundField]]]]:
    """The two tables of the form, then contributions in kind."""
    rows = [(line, form[f"realised-{line.uuid}"], form[f"explanation-{line.uuid}"]) for line in form.lines]
    names = {"6": "Charges", "7": "Produits", "8": "Contributions volontaires en nature"}
    return [(name, [row for row in rows if row[0].code.startswith(first)]) for first, name in names.items()]


# --- Handing in and reviewing -----------------------------------------------------------------------------------------


@require_POST
@ability_required("grant.request")
def account_submit(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found = find(request, uuid)
    form = CertifyForm(request.POST, account=found)
    if form.is_valid():
        data = form.cleaned_data
        if not attempt(
            form,
            lambda: services.submit_account(
                account=found, mandate=data["mandate"], certified_on=data["certified_on"], by=actor_of(request)
            ),
        ):
            messages.success(request, "Compte rendu remis aux financeurs : il ne se modifie plus.")
            return redirect(found)
    return show(request, found, certify=form)


@require_POST
@ability_required("grant.pay")
def account_review(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """``decision``: "accepter" or "renvoyer"."""
    found, form = find(request, uuid), ReviewForm(request.POST)
    accept = request.POST.get("decision") == "accepter"
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        if not attempt(
            form,
            lambda: services.review_account(account=found, accept=accept, reason=reason, by=actor_of(request)),
        ):
            messages.success(request, "Acceptation enregistrée." if accept else "Compte rendu renvoyé à l'association.")
            return redirect(found)
    return show(request, found, review=form)
