"""Steering pages: money at risk, what posts cost, the committee's pack. What they show is in ``reporting.steering``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from core import sheets
from core.charts import bars
from core.errors import BusinessError
from core.french import plural
from funding.models import FundingPlan
from parties.access import ActorRequest, ability_required
from parties.actors import Actor
from reporting.home.board import usual_year
from reporting.steering.copil_order import CopilForm, order_copil
from reporting.steering.costs import YearCosts
from reporting.steering.costs_reading import MOST_YEARS, cost_years, costs_of
from reporting.steering.reasons import PRECEDENCE, Reason
from reporting.steering.sheet import cost_sheet, risk_sheet
from reporting.steering.summary import picture

#: Years the application can know something of.
YEARS = range(2000, 2101)
#: The part of the home page that fetches its total and its reasons by itself.
HOME_SECTION = "a-risque"


def tabs(active: str) -> list[dict[str, Any]]:
    pages = (("steering", "Vue d’ensemble"), ("steering-risks", "Argent à risque"), ("steering-costs", "Coûts"))
    return [{"label": label, "url": reverse(name), "active": name == active} for name, label in pages]


def plan_years(by: Actor) -> list[int]:
    """Years with a plan and the one after the last, newest first: what comes next is what steering is for."""
    found = set(FundingPlan.objects.visible_to(by).order_by().values_list("year", flat=True))
    return sorted(found | ({max(found) + 1} if found else set()), reverse=True)


def asked_year(request: ActorRequest, years: Sequence[int]) -> int:
    """``?annee=``; else the current year, or the last that has a plan. 404 for what is no year."""
    text = request.GET.get("annee", "")
    if not text:
        known = [year for year in years if year != max(years)] if years else []
        return usual_year(known, timezone.localdate())
    if not (text.isascii() and text.isdigit() and int(text) in YEARS):
        raise Http404("Indiquez une année, par exemple ?annee=2026.")
    return int(text)


@require_safe
@ability_required("plan.view")
def overview(request: ActorRequest) -> HttpResponse:
    """What to look at first: the money at risk of ``?annee=``, where the other pages are, the committee's pack."""
    return show_overview(request)


def show_overview(request: ActorRequest, form: CopilForm | None = None) -> HttpResponse:
    """The page, with the pack's form as it was sent when something in it is refused."""
    years = plan_years(request.actor)
    year = asked_year(request, years)
    found = picture(request.actor, year=year, today=timezone.localdate())
    initial = {"annee": year, "convention": request.GET.get("convention", "")}
    context = {"found": found, "year": year, "years": sorted({*years, year}, reverse=True)}
    context |= {"tabs": tabs("steering"), "reasons": found.by_reason(), "posts": found.by_post()[:5]}
    context |= {"form": form or CopilForm(initial=initial, by=request.actor)}
    return render(request, "reporting/steering/overview.html", context, status=422 if form else 200)


@require_POST
@ability_required("copil.prepare")
def copil_produce(request: ActorRequest) -> HttpResponse:
    """Have the committee's pack made aside: its pages take a while."""
    form = CopilForm(request.POST, by=request.actor)
    if not form.is_valid():
        return show_overview(request, form)
    try:
        job = order_copil(year=form.cleaned_data["annee"], convention=form.chosen, by=request.actor)
    except BusinessError as error:
        form.add_error(None, error.message)
        return show_overview(request, form)
    messages.success(request, "Le dossier du comité se prépare : suivez-le ici.")
    return redirect(job)


@require_safe
@ability_required("plan.view")
def risks(request: ActorRequest) -> HttpResponse:
    """Every euro at risk; ``?annee=``, ``raison=``, ``financeur=`` and ``poste=`` narrow it, ``format=`` writes it."""
    years = plan_years(request.actor)
    year = asked_year(request, years)
    whole = picture(request.actor, year=year, today=timezone.localdate())
    if request.headers.get("HX-Target") == HOME_SECTION:
        return render(request, "reporting/steering/_home.html", {"found": whole, "reasons": whole.by_reason()})
    wanted = {name: request.GET.get(name, "") for name in ("raison", "financeur", "poste")}
    shown = whole.kept(reason=wanted["raison"], financer=wanted["financeur"], post=wanted["poste"])
    if request.GET.get("format") in sheets.MEDIA_TYPES:
        file_format = request.GET["format"]
        content = risk_sheet(shown.lines, year=year, file_format=file_format, created=timezone.localtime())
        return as_file(content, f"argent-a-risque-{year}.{file_format}", sheets.MEDIA_TYPES[file_format])
    count = f"{len(shown.lines)} {plural(len(shown.lines), 'ligne')}"
    context = {"whole": whole, "shown": shown, "wanted": wanted, "filtered": any(wanted.values()), "count": count}
    context |= {"year": year, "years": sorted({*years, year}, reverse=True), "tabs": tabs("steering-risks")}
    context |= {"reasons": Reason.choices, "precedence": PRECEDENCE}
    return render(request, "reporting/steering/risks.html", context)


def as_file(content: bytes, filename: str, media_type: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
    return HttpResponse(content, content_type=media_type, headers=headers)


@require_safe
@ability_required("plan.view")
def costs(request: ActorRequest) -> HttpResponse:
    """What posts cost in ``?annee=``, beside the other years; ``format=`` writes every year shown."""
    by = request.actor
    known = cost_years(by)
    year = asked_year(request, [*known, max(known) + 1] if known else [])
    wanted = sorted({*known[:MOST_YEARS], year}, reverse=True)[:MOST_YEARS] if known else [year]
    found = costs_of(by, years=sorted({*wanted, year}, reverse=True), today=timezone.localdate())
    if request.GET.get("format") in sheets.MEDIA_TYPES:
        file_format = request.GET["format"]
        content = cost_sheet(found, file_format=file_format, created=timezone.localtime())
        return as_file(content, f"couts-{year}.{file_format}", sheets.MEDIA_TYPES[file_format])
    shown = next((row for row in found if row.year == year), YearCosts(year, ()))
    context = {"shown": shown, "found": found, "year": year, "years": sorted({*known, year}, reverse=True)}
    context |= {"tabs": tabs("steering-costs"), "charts": cost_charts(shown, found), "whole": by.can("bilan.view")}
    return render(request, "reporting/steering/costs.html", context)


def cost_charts(shown: YearCosts, found: Sequence[YearCosts]) -> list[tuple[str, Any]]:
    """Titles and drawings; their figures are in the tables of the page."""
    posts = [post for post in shown.posts if post.cost.value is not None]
    charts = []
    if posts:
        title = f"Coût par personne reçue en {shown.year}, par poste"
        drawn = bars(
            chart_id="couts-postes", title=title, categories=[post.label for post in posts],
            values=[post.per_person.value for post in posts], unit="€",
        )  # fmt: skip
        charts.append((title, drawn))
    years = sorted(found, key=lambda row: row.year)
    if len(years) > 1:
        title = "Coût par personne reçue, d’une année à l’autre"
        drawn = bars(
            chart_id="couts-annees", title=title, categories=[str(row.year) for row in years],
            values=[row.per_person.value for row in years], unit="€",
        )  # fmt: skip
        charts.append((title, drawn))
    return charts
