"""Pages beside the editor: the division of a merged plan among its posts, the State's degressive schedule."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from core.errors import BusinessError
from funding.adapter import data_of
from funding.breakdown import weights_of
from funding.editor_state import amount_text
from funding.enums import Breakdown
from funding.forms_modes import BreakdownForm, RateForm, RatesForm
from funding.models import FundingPlan, StateRate
from funding.services import plan_years, schedules
from funding.tables import plan_table
from parties.access import ability_required
from parties.actors import Actor
from posts.models import Post

# --- Posts of a merged plan -------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@ability_required("plan.edit")
def plan_breakdown(request: HttpRequest, uuid: str) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    plan = get_object_or_404(FundingPlan.objects.visible_to(actor).select_related("employer"), uuid=uuid)
    posts = [link.post for link in plan.plan_posts.select_related("post")]
    form = BreakdownForm(request.POST or None, posts=posts, initial=breakdown_initial(plan, posts))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            plan_years.set_breakdown(
                plan=plan, basis=data["basis"], weights=form.weights(), expected_version=data["version"], by=actor
            )
        except BusinessError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, "La répartition par poste est enregistrée.")
            return redirect(f"{plan.get_absolute_url()}#par-poste")
    status = 422 if form.errors else 200
    return render(
        request, "funding/plan_breakdown.html", {"plan": plan, "form": form, "table": plan_table(plan)}, status=status
    )


def breakdown_initial(plan: FundingPlan, posts: list[Post]) -> dict[str, object]:
    weights = weights_of(data_of(plan)) if plan.breakdown == Breakdown.COST else {}
    costs = {BreakdownForm.name_of(post): amount_text(weights.get(post.pk)) for post in posts}
    return {"version": plan.version, "basis": plan.breakdown, **costs}


# --- The State's schedule ---------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@ability_required("plan.edit")
def rate_list(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    posts = {str(post.uuid): post for post in Post.objects.visible_to(actor).order_by("label")}
    form = RatesForm(request.POST or None, posts=posts.values(), initial={"first_year": timezone.localdate().year})
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        post = posts.get(data.pop("post"))
        try:
            rows = schedules.add_rates(post=post, by=actor, **data)
        except BusinessError as error:
            form.add_error(error.place if error.place in form.fields else None, error.message)
        else:
            messages.success(request, f"Le barème compte {len(rows)} taux de plus.")
            return redirect("state-rates")
    context = {
        "form": form,
        "rates": StateRate.objects.visible_to(actor).select_related("post"),
        "steps": schedules.steps_ahead(by=actor, today=timezone.localdate()),
    }
    return render(request, "funding/state_rates.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@ability_required("plan.edit")
def rate_edit(request: HttpRequest, uuid: str) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    rate = get_object_or_404(StateRate.objects.visible_to(actor).select_related("post"), uuid=uuid)
    if request.POST.get("geste") == "retirer":
        schedules.remove_rate(rate=rate, by=actor)
        messages.success(request, f"Le taux de {rate.year} est retiré du barème.")
        return redirect("state-rates")
    initial = {"percent": amount_text(rate.percent), "source": rate.source, "mark": rate.mark}
    form = RateForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            schedules.change_rate(rate=rate, value=data["percent"], source=data["source"], mark=data["mark"], by=actor)
        except BusinessError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, f"Le taux de {rate.year} est enregistré ; les plans en projet le suivent.")
            return redirect("state-rates")
    return render(request, "funding/state_rate.html", {"rate": rate, "form": form}, status=422 if form.errors else 200)
