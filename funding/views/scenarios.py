"""Scenarios: the list, one study with its assumptions, several side by side, one adopted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core import sheets
from core.errors import BusinessError
from core.french import plural
from core.sheets import Kind, SheetColumn
from funding.forms_scenarios import AssumptionForm, ScenarioForm
from funding.grid.series import series_of
from funding.models import FundingPlan, Scenario
from funding.scenarios.study import Line, Study, side_by_side, study
from funding.services import scenarios as services
from funding.views.plan_import import file_answer
from parties.access import ActorRequest, ability_required

#: Scenarios one table can compare and still be read.
MOST_COMPARED = 4


def found_scenario(request: ActorRequest, uuid: UUID) -> Scenario:
    return get_object_or_404(Scenario.objects.visible_to(request.actor), uuid=uuid)


@require_GET
@ability_required("plan.edit")
def scenario_list(request: ActorRequest) -> HttpResponse:
    page = Paginator(Scenario.objects.visible_to(request.actor).for_list(), 50).get_page(request.GET.get("page"))
    count = page.paginator.count
    return render(
        request, "funding/scenarios.html", {"page_obj": page, "count": f"{count} {plural(count, 'scénario')}"}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@ability_required("plan.edit")
def scenario_create(request: ActorRequest) -> HttpResponse:
    """From the plans of a grid (``?plan=uuid``), or from every plan of the territory."""
    plans, anchor = studied(request)
    years = sorted({plan.year for plan in plans})
    form = ScenarioForm(request.POST or None, years=years, initial={"years": [str(y) for y in years] if anchor else []})
    if request.method == "POST" and form.is_valid():
        kept = [plan for plan in plans if str(plan.year) in form.cleaned_data["years"]]
        data = form.cleaned_data
        try:
            made = services.create_scenario(label=data["label"], note=data["note"], plans=kept, by=request.actor)
            return redirect(made)
        except BusinessError as error:
            form.add_error("label" if error.place == "label" else "years", error.message)
    context = {"form": form, "anchor": anchor, "plans": plans}
    return render(request, "funding/scenario_form.html", context, status=422 if form.is_bound else 200)


def studied(request: ActorRequest) -> tuple[list[FundingPlan], FundingPlan | None]:
    asked = request.GET.get("plan", "")
    every = FundingPlan.objects.visible_to(request.actor).select_related("employer")
    if not asked:
        return list(every.order_by("year", "label", "pk")), None
    try:
        anchor = get_object_or_404(every, uuid=UUID(asked))
    except ValueError:
        return [], None
    return series_of(anchor, request.actor), anchor


@require_http_methods(["GET", "HEAD"])
@ability_required("plan.edit")
def scenario(request: ActorRequest, uuid: UUID) -> HttpResponse:
    found = found_scenario(request, uuid)
    return show(request, found, AssumptionForm(plans=plans_of(found), by=request.actor))


def show(request: ActorRequest, found: Scenario, form: AssumptionForm, *, status: int = 200) -> HttpResponse:
    studies = compared(request, found)
    others = Scenario.objects.visible_to(request.actor).exclude(pk=found.pk)[:50]
    context = {
        "scenario": found,
        "study": studies[0],
        "studies": studies,
        "lines": side_by_side(studies),
        "form": form,
        "others": others,
        "compared": [s.scenario.uuid for s in studies[1:]],
        "obstacles": services.obstacles(found) if studies[0].assumptions else [],
        "query": request.GET.urlencode(),
    }
    return render(request, "funding/scenario.html", context, status=status)


def plans_of(found: Scenario) -> list[FundingPlan]:
    return [row.plan for row in found.plans.filter(added=False).select_related("plan")]


def compared(request: ActorRequest, found: Scenario) -> list[Study]:
    """The scenario and those asked beside it (``?avec=uuid``, several)."""
    wanted = [text for text in request.GET.getlist("avec") if len(text) == 36][: MOST_COMPARED - 1]
    visible = (
        {str(s.uuid): s for s in Scenario.objects.visible_to(request.actor).exclude(pk=found.pk)} if wanted else {}
    )
    return [study(s) for s in [found, *(visible[text] for text in dict.fromkeys(wanted) if text in visible)]]


@require_POST
@ability_required("plan.edit")
def scenario_suppose(request: ActorRequest, uuid: UUID) -> HttpResponse:
    found = found_scenario(request, uuid)
    form = AssumptionForm(request.POST, plans=plans_of(found), by=request.actor)
    if not form.is_valid():
        return show(request, found, form, status=422)
    try:
        services.suppose(scenario=found, assumption=form.assumption(), by=request.actor)
    except BusinessError as error:
        form.add_error(error.place if error.place in form.fields else None, error.message)
        return show(request, found, form, status=422)
    messages.success(request, "L'hypothèse est ajoutée.")
    return redirect(found)


@require_POST
@ability_required("plan.edit")
def scenario_forget(request: ActorRequest, uuid: UUID) -> HttpResponse:
    found, rank = found_scenario(request, uuid), request.POST.get("rank", "")
    try:
        services.forget(scenario=found, rank=int(rank) if rank.isdecimal() else -1, by=request.actor)
    except BusinessError as error:
        messages.error(request, error.message)
    return redirect(found)


@require_POST
@ability_required("plan.edit")
def scenario_adopt(request: ActorRequest, uuid: UUID) -> HttpResponse:
    found = found_scenario(request, uuid)
    try:
        written = services.adopt(scenario=found, by=request.actor)
    except BusinessError as error:
        messages.error(request, error.message)
    else:
        count = len(written)
        told = f"{count} {plural(count, 'plan')} en projet {plural(count, 'suit', 'suivent')} maintenant ce scénario."
        messages.success(request, told if written else "Les plans suivaient déjà ce scénario : rien n'a changé.")
    return redirect(found)


@require_POST
@ability_required("plan.edit")
def scenario_remove(request: ActorRequest, uuid: UUID) -> HttpResponse:
    found = found_scenario(request, uuid)
    services.remove_scenario(scenario=found, by=request.actor)
    messages.success(request, f"Le scénario « {found.label} » est supprimé. Les plans n'ont pas bougé.")
    return redirect("scenarios")


@require_GET
@ability_required("plan.edit")
def scenario_sheet(request: ActorRequest, uuid: UUID) -> HttpResponse:
    """The comparison shown, as a workbook."""
    studies = compared(request, found_scenario(request, uuid))
    columns = comparison_columns(studies)
    rows = sheets.values(columns, side_by_side(studies))
    content = sheets.write_xlsx(columns, rows, title="Comparaison", created=timezone.localtime())
    return file_answer(content, f"scenario-{timezone.localdate():%Y-%m-%d}.xlsx", sheets.XLSX)


def comparison_columns(studies: list[Study]) -> list[SheetColumn]:
    columns = [
        SheetColumn("Financeur", lambda line: line.financer, width=34),
        SheetColumn("Année", lambda line: str(line.year or "Total"), width=8),
        SheetColumn("Aujourd'hui (euros)", lambda line: line.base, Kind.AMOUNT),
    ]
    for rank, one in enumerate(studies):
        name = one.scenario.label
        columns += [
            SheetColumn(f"{name} (euros)", _figure(rank, "after"), Kind.AMOUNT, 20),
            SheetColumn(f"{name} : écart (euros)", _figure(rank, "difference"), Kind.AMOUNT, 20),
            SheetColumn(f"{name} : écart (%)", _figure(rank, "percent"), Kind.AMOUNT, 14),
        ]
    return columns


def _figure(rank: int, what: str) -> Any:
    def read(line: Line) -> Any:
        return getattr(line.figures[rank], what)

    return read
