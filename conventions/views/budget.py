"""Budget lines: what was voted, what the attributions draw on it, what is left; and the posts a body employs itself."""

from __future__ import annotations

import uuid as uuidlib
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from conventions.budget import LineFigures, OwnPosts, figures_of, own_posts_of, unassigned_shares
from conventions.checks.budget import check_line_figures
from conventions.forms.budget import BudgetLineForm
from conventions.presentation.budget import CHARGE_COLUMNS, LINE_COLUMNS, line_kpis, totals_of
from core import sheets
from core.findings import Finding, count_by_severity
from core.french import plural
from funding.checks import with_answers
from funding.models import BudgetImputation, BudgetLine, Share
from funding.services.budget import charge_shares, create_budget_line, update_budget_line
from parties.access import ActorRequest, ability_required
from parties.actors import Actor
from parties.models import Organisation

from .common import act, try_form

HORIZON = range(2000, 2101)
#: Figures a published act prints about a line.
PRINTED = ("proposed", "balance")


def lines_visible_to(actor: Actor) -> Any:
    """Lines with all their page reads beside the attributions."""
    imputations = Prefetch("imputations", BudgetImputation.objects.order_by("since"))
    return BudgetLine.objects.visible_to(actor).select_related("organisation").prefetch_related(imputations)


def checked(figures: LineFigures, own: OwnPosts, actor: Actor) -> list[Finding]:
    """Findings as the page shows them: explained by the staff, read by the others."""
    found = check_line_figures(figures, own)
    if actor.can("finding.answer"):
        return with_answers(found, actor.territory, next_url=figures.line.get_absolute_url() + "#constats")
    return found


# --- List -----------------------------------------------------------------------------------------------------------


@require_safe
@ability_required("budget.edit")
def budget(request: ActorRequest) -> HttpResponse:
    """``?annee=`` and ``?organisation=``; without a year, the current one, or the last that has a line."""
    actor = request.actor
    lines = lines_visible_to(actor)
    years = sorted(set(lines.order_by().values_list("year", flat=True)), reverse=True)
    year = chosen_year(request.GET, years)
    bodies = list(Organisation.objects.filter(budget_lines__in=lines).distinct().order_by("name"))
    body = next((each for each in bodies if str(each.uuid) == request.GET.get("organisation")), None)
    found = lines.filter(year=year) if body is None else lines.filter(year=year, organisation=body)
    rows = table(list(found.order_by("organisation__name", "operation", "label", "pk")), actor)
    if request.GET.get("format") in sheets.MEDIA_TYPES:
        return as_sheet(LINE_COLUMNS, [row["figures"] for row in rows], request.GET["format"], f"budget-{year}")
    context = {
        "year": year,
        "years": sorted({*years, year}, reverse=True),
        "bodies": bodies if len(bodies) > 1 else [],
        "body": body,
        "rows": rows,
        "totals": totals_of([row["figures"] for row in rows]),
        "count": f"{len(rows)} {plural(len(rows), 'ligne')}",
        "one": rows[0] if len(rows) == 1 else None,
        "kpis": line_kpis(rows[0]["figures"], rows[0]["own"]) if len(rows) == 1 else [],
    }
    return render(request, "conventions/budget.html", context)


def chosen_year(params: QueryDict, years: list[int]) -> int:
    text = params.get("annee", "")
    if text.isascii() and text.isdigit() and int(text) in HORIZON:
        return int(text)
    today = timezone.localdate().year
    return today if today in years or not years else max(years)


def table(lines: list[BudgetLine], actor: Actor) -> list[dict[str, Any]]:
    """The lines with their figures and the number of findings on each."""
    own = own_posts_of({(line.organisation, line.year) for line in lines})
    rows = []
    for figures in figures_of(lines, compare=actor.is_staff):
        mine = own[figures.line.organisation_id, figures.line.year]
        counts = count_by_severity(check_line_figures(figures, mine))
        rows.append({"figures": figures, "line": figures.line, "own": mine, "counts": counts})
    return rows


def as_sheet(columns: Any, objects: Any, file_format: str, name: str) -> HttpResponse:
    rows = sheets.values(columns, objects)
    content = sheets.write_sheet(file_format, columns, rows, title=name.capitalize(), created=timezone.localtime())
    headers = {"Content-Disposition": f'attachment; filename="{name}.{file_format}"'}
    return HttpResponse(content, content_type=sheets.MEDIA_TYPES[file_format], headers=headers)


# --- A line -----------------------------------------------------------------------------------------------------------


def find(request: ActorRequest, uuid: uuidlib.UUID) -> BudgetLine:
    found: BudgetLine = get_object_or_404(lines_visible_to(request.actor), uuid=uuid)
    return found


@require_safe
@ability_required("budget.edit")
def budget_line(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    line = find(request, uuid)
    (figures,) = figures_of([line], compare=request.actor.is_staff)
    if request.GET.get("format") in sheets.MEDIA_TYPES:
        name = f"ligne-{line.year}-{line.uuid.hex[:8]}"
        return as_sheet(CHARGE_COLUMNS, figures.charges, request.GET["format"], name)
    own = own_posts_of([(line.organisation, line.year)])[line.organisation_id, line.year]
    context = {
        "line": line,
        "figures": figures,
        "own": own,
        "kpis": line_kpis(figures, own),
        "findings": checked(figures, own, request.actor),
        "codes": line.imputation_on(),
        "unassigned": unassigned_shares(line.organisation, line.year),
        "stated": {name: Decimal(text) if (text := line.stated.get(name)) else None for name in PRINTED},
        "sees_all": request.actor.is_staff,
    }
    return render(request, "conventions/budget_line.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@ability_required("budget.edit")
def budget_line_create(request: ActorRequest) -> HttpResponse:
    year = chosen_year(request.GET, [])
    form = BudgetLineForm(request.POST or None, by=request.actor, year=year)
    made: list[BudgetLine] = []

    def create() -> None:
        body, asked = form.cleaned_data["organisation"], form.cleaned_data["year"]
        made.append(create_budget_line(organisation=body, year=asked, by=request.actor, **form.values))

    status = 422 if request.method == "POST" else 200
    if form.is_valid():
        status = try_form(form, create)
        if not status:
            messages.success(request, "La ligne est créée : imputez-lui les parts que la collectivité attribue.")
            return redirect(made[0])
    context = {"form": form, "heading": "Créer une ligne budgétaire", "back_url": reverse("budget")}
    return render(request, "conventions/budget_form.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@ability_required("budget.edit")
def budget_line_edit(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    line = find(request, uuid)
    form = BudgetLineForm(request.POST or None, by=request.actor, line=line)
    status = 422 if request.method == "POST" else 200
    if form.is_valid():
        status = try_form(
            form, lambda: update_budget_line(line=line, by=request.actor, seen_at=form.seen, **form.values)
        )
        if not status:
            messages.success(request, "La ligne est enregistrée.")
            return redirect(line)
        form.shown_again(find(request, uuid))
    context = {"form": form, "heading": f"Modifier « {line.label} »", "line": line, "back_url": line.get_absolute_url()}
    return render(request, "conventions/budget_form.html", context, status=status)


@require_POST
@ability_required("budget.edit")
def budget_line_charge(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    """``part`` (several): shares the line pays from now on; with ``retirer``, no longer."""
    line = find(request, uuid)
    wanted = [part for part in request.POST.getlist("part") if _is_uuid(part)]
    shares = list(Share.objects.select_related("plan", "financer").filter(uuid__in=wanted))
    if not shares:
        messages.info(request, "Cochez au moins une part.")
        return redirect(line)
    remove = "retirer" in request.POST
    if remove:
        shares = [share for share in shares if share.budget_line_id == line.pk]
    count = f"{len(shares)} {plural(len(shares), 'part')}"
    done = f"{count} {plural(len(shares), 'retirée')} de la ligne." if remove else f"{count} sur la ligne."
    return act(
        request,
        lambda: charge_shares(shares=shares, line=None if remove else line, by=request.actor),
        done=done,
        then=line.get_absolute_url() + "#attributions",
    )


def _is_uuid(text: str) -> bool:
    try:
        uuidlib.UUID(text)
    except ValueError:
        return False
    return True
