"""The dated rules of titres, the closing of exercices, and the advances of a plan."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from core.errors import BusinessError
from core.money import euros
from funding.forms_titres import AdvanceForm, ClosingForm, PolicyForm
from funding.models import Advance, ExerciseClosing, FundingPlan, TitrePolicy
from funding.services import titre_policies
from funding.views.titres import actor_of, as_uuid, titre_tabs
from parties.access import ability_required
from parties.actors import Actor


def plan_asked(request: HttpRequest) -> FundingPlan | None:
    """``?plan=<uuid>``: the page also sets the rules of this plan alone."""
    wanted = request.POST.get("plan") or request.GET.get("plan")
    return own_plan(request, as_uuid(wanted)) if wanted else None


def scopes(actor: Actor, plan: FundingPlan | None = None) -> list[tuple[str, str]]:
    """For whom the person may set rules."""
    own = [("issuer", f"Les titres de {actor.organisation.label}")] if actor.organisation else []
    alone = [("plan", f"Le plan « {plan.label} » seul")] if plan else []
    return [*alone, *([("territory", "Tout le territoire")] if actor.is_staff else []), *own]


@require_http_methods(["GET", "HEAD", "POST"])
@ability_required("titre.propose")
def rules(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    initial: dict[str, Any] = {"valid_from": timezone.localdate().replace(month=1, day=1)}
    plan = plan_asked(request)
    initial |= {"scope": "plan", "valid_from": plan.period_start} if plan else {}
    form = PolicyForm(request.POST or None, scopes=scopes(actor, plan), initial=initial)
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        scope = data.pop("scope")
        issuer = actor.organisation if scope == "issuer" else None
        try:
            policy = titre_policies.set_policy(issuer=issuer, plan=plan if scope == "plan" else None, by=actor, **data)
        except BusinessError as error:
            form.add_error(error.place if error.place in form.fields else None, error.message)
        else:
            messages.success(request, f"Règle enregistrée : {policy}. Actualisez les titres pour l'appliquer.")
            return redirect("titre-rules")
    return show_rules(request, form=form)


def show_rules(request: HttpRequest, *, form: Any = None, closing: Any = None) -> HttpResponse:
    actor = actor_of(request)
    policies = TitrePolicy.objects.visible_to(actor).select_related("issuer", "plan")
    closings = ExerciseClosing.objects.visible_to(actor).select_related("issuer")
    if not actor.is_staff:
        policies = policies.filter(Q(issuer=None) | Q(issuer=actor.organisation))
        closings = closings.filter(issuer=actor.organisation)
    context = {
        "form": form or PolicyForm(scopes=scopes(actor)),
        "plan": plan_asked(request),
        "closing": closing or (ClosingForm() if actor.can("titre.export") else None),
        "policies": policies.order_by("-valid_from", "pk"),
        "closings": closings,
        "tabs": titre_tabs(actor, "titre-rules"),
    }
    refused = any(each is not None and each.errors for each in (form, closing))
    return render(request, "funding/titre_rules.html", context, status=422 if refused else 200)


@require_POST
@ability_required("titre.export")
def close(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    form = ClosingForm(request.POST)
    if actor.organisation is None:
        raise BusinessError("Choisissez l'organisation pour laquelle vous agissez.")
    if form.is_valid():
        try:
            row = titre_policies.close_exercise(issuer=actor.organisation, by=actor, **form.cleaned_data)
        except BusinessError as error:
            form.add_error(error.place if error.place in form.fields else None, error.message)
        else:
            messages.success(request, f"Exercice {row.year} clos le {row.closed_on:%d/%m/%Y}.")
            return redirect("titre-rules")
    return show_rules(request, closing=form)


# --- Advances ---------------------------------------------------------------------------------------------------------


def own_plan(request: HttpRequest, uuid: UUID) -> FundingPlan:
    actor = actor_of(request)
    plans = FundingPlan.objects.visible_to(actor).select_related("employer")
    plans = plans if actor.is_staff else plans.filter(employer=actor.organisation)
    return get_object_or_404(plans, uuid=uuid)


def payers(plan: FundingPlan) -> list[tuple[str, str]]:
    shares = plan.shares.select_related("financer").exclude(financer=plan.employer).exclude(amount=None)
    return [(share.ref, f"{share.display_label} ({euros(share.amount)})") for share in shares if share.amount]


@require_http_methods(["GET", "HEAD", "POST"])
@ability_required("titre.propose")
def advances(request: HttpRequest, uuid: UUID) -> HttpResponse:
    plan = own_plan(request, uuid)
    if request.method == "POST" and "reverse" in request.POST:
        return reverse_advance(request, plan)
    form = AdvanceForm(request.POST or None, shares=payers(plan))
    if request.method == "POST" and form.is_valid():
        try:
            row = titre_policies.record_advance(plan=plan, by=actor_of(request), **form.cleaned_data)
        except BusinessError as error:
            form.add_error(error.place if error.place in form.fields else None, error.message)
        else:
            messages.success(request, f"Avance de {euros(row.amount)} enregistrée : actualisez les titres du plan.")
            return redirect("plan-advances", uuid=plan.uuid)
    context = {
        "plan": plan,
        "form": form,
        "advances": Advance.objects.filter(plan=plan).select_related("reversal"),
        "names": dict(payers(plan)),
    }
    return render(request, "funding/plan_advances.html", context, status=422 if form.errors else 200)


def reverse_advance(request: HttpRequest, plan: FundingPlan) -> HttpResponse:
    advance = get_object_or_404(plan.advances.select_related("plan__employer"), uuid=as_uuid(request.POST["reverse"]))
    try:
        titre_policies.reverse_advance(advance=advance, by=actor_of(request))
    except BusinessError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"Avance de {euros(advance.amount)} contre-passée.")
    return redirect("plan-advances", uuid=plan.uuid)
