"""The grid financer × year: read, edit in place, recompute, save, undo. Every gesture also works as a plain POST."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import BusinessError, InvalidInput
from funding.adapter import PlanData, data_of
from funding.editor import financers
from funding.grid import sheet
from funding.grid.cells import HELP
from funding.grid.columns import GridError, Reading, located, read_grid
from funding.grid.importing import Imported
from funding.grid.series import series_of
from funding.grid.state import NEW, CellState, CostRow, Grid, Row, merged, paste, posted_grid, stored_grid
from funding.grid.table import grid_view, kinds
from funding.models import FundingPlan
from funding.services import grid as services
from parties.access import ActorRequest, ability_required
from parties.actors import Actor
from parties.models import Organisation

PAGE, FIGURES = "funding/grid.html", "funding/grid_figures.html"


@dataclass
class Desk:
    """The plans of one grid, what is stored of them, and who looks at them."""

    actor: Actor
    plans: list[FundingPlan]
    anchor: FundingPlan
    stored: dict[int, PlanData] = field(default_factory=dict)
    organisations: dict[str, Organisation] = field(default_factory=dict)

    @classmethod
    def of(cls, request: ActorRequest, uuid: UUID) -> Desk:
        actor = request.actor
        anchor = get_object_or_404(FundingPlan.objects.visible_to(actor).select_related("employer"), uuid=uuid)
        desk = cls(actor, series_of(anchor, actor), anchor)
        desk.read()
        if actor.can("plan.edit"):
            desk.organisations = {str(org.uuid): org for org in financers(actor)}
        return desk

    def read(self) -> None:
        self.stored = {plan.year: data_of(plan) for plan in self.plans}

    def reload(self) -> None:
        self.anchor.refresh_from_db()
        self.plans = series_of(self.anchor, self.actor)
        self.read()

    @property
    def editable(self) -> set[int]:
        return {p.year for p in self.plans if p.is_editable} if self.actor.can("plan.edit") else set()

    @property
    def grid(self) -> Grid:
        return stored_grid(self.plans, self.stored)

    @property
    def url(self) -> str:
        return reverse("plan-grid", args=[self.anchor.uuid])


@require_http_methods(["GET", "HEAD", "POST"])
@ability_required("plan.view")
def plan_grid(request: ActorRequest, uuid: UUID) -> HttpResponse:
    desk = Desk.of(request, uuid)
    if request.method != "POST":
        return show(request, desk, desk.grid)
    if not request.actor.can("plan.edit"):
        raise PermissionDenied("Votre rôle ne permet pas de modifier les plans de financement.")
    grid = posted_grid(request.POST, desk.grid, desk.organisations, desk.editable)
    gesture = request.POST.get("geste", "")
    return apply_gesture(request, desk, grid, gesture) if gesture else save(request, desk, grid)


def save(request: ActorRequest, desk: Desk, grid: Grid) -> HttpResponse:
    """All the years that changed, or nothing; what was typed comes back with whatever prevents it."""
    reading = read_grid(grid, desk.stored, desk.organisations)
    if reading.errors:
        return show(request, desk, grid, reading, status=422)
    try:
        saved = services.save_years(plans=desk.plans, data=reading.data, versions=grid.versions, by=desk.actor)
    except services.YearRefused as error:
        if error.stale:
            return stale(request, desk, grid, error)
        place = located(error.place, error.message, year=error.year, data=reading.data[error.year], grid=grid)
        reading.errors.append(place)
        return show(request, desk, grid, reading, status=422)
    years = ", ".join(str(plan.year) for plan in saved)
    messages.success(request, f"Le tableau est enregistré : {years}." if saved else "Rien n'avait changé.")
    return redirect(desk.url)


def stale(request: ActorRequest, desk: Desk, grid: Grid, error: services.YearRefused) -> HttpResponse:
    """Somebody saved first: what was typed stays; their values are taken where nothing was typed, shown elsewhere."""
    desk.reload()
    stored = desk.grid
    conflicts = merged(grid, stored)
    texts = stored.texts()
    theirs = {place: texts.get(place) or "(vide)" for place in conflicts}
    return show(request, desk, grid, status=409, stale=error.message, theirs=theirs)


def apply_gesture(request: ActorRequest, desk: Desk, grid: Grid, gesture: str) -> HttpResponse:
    verb, _, target = gesture.partition(":")
    try:
        if verb == "ajouter-annee":
            return with_one_more_year(request, desk, grid)
        if verb == "ajouter-financeur":
            grid.rows.append(Row(NEW, "Nouveau financeur", cells={y: CellState() for y in desk.editable}))
        elif verb == "ajouter-cout":
            grid.costs.append(CostRow(NEW, cells={y: CellState() for y in desk.editable}))
        elif verb == "coller":
            paste_asked(request, grid, desk)
        elif verb == "retirer":
            clear_row(grid, target, desk.editable)
    except BusinessError as error:
        refusal = GridError("", -1, desk.anchor.year, "Tableau", error.message)
        return show(request, desk, grid, extra=refusal, status=422)
    return show(request, desk, grid)


def with_one_more_year(request: ActorRequest, desk: Desk, grid: Grid) -> HttpResponse:
    added, to_look_at = services.add_year(plans=desk.plans, by=desk.actor)
    messages.success(request, f"L'année {added.year} reprend les coûts et les parts de {added.year - 1}, en projet.")
    for message in to_look_at:
        messages.warning(request, message)
    desk.reload()
    stored = desk.grid
    grown = posted_grid(request.POST, stored, desk.organisations, desk.editable)
    grown.versions[added.year] = added.version
    grown.opened |= {place: text for place, text in stored.texts().items() if place.startswith(f"{added.year}|")}
    return show(request, desk, grown)


def paste_asked(request: ActorRequest, grid: Grid, desk: Desk) -> None:
    row, year, block = (request.POST.get(name, "") for name in ("paste-row", "paste-year", "paste"))
    if not block.strip():
        raise InvalidInput("Collez d'abord un bloc de cellules dans la zone de texte.")
    if not (row.isdecimal() and year.isdecimal()):
        raise InvalidInput("Choisissez la case où commence le bloc.")
    paste(grid, block=block, row=int(row), year=int(year), editable=desk.editable)


def clear_row(grid: Grid, target: str, years: set[int]) -> None:
    """Empty a row in every year one may write in; a row not saved yet goes away."""
    section, rank = target[:1], int(target[1:]) if target[1:].isdecimal() else -1
    rows: list[Any] = grid.costs if section == "c" else grid.rows
    if not 0 <= rank < len(rows):
        return
    if rows[rank].is_new:
        del rows[rank]
        return
    for year in years & set(rows[rank].cells):
        rows[rank].cells[year] = CellState()


@require_POST
@ability_required("plan.edit")
def plan_grid_preview(request: ActorRequest, uuid: UUID) -> HttpResponse:
    """The figures of what is being typed; nothing is written."""
    desk = Desk.of(request, uuid)
    grid = posted_grid(request.POST, desk.grid, desk.organisations, desk.editable)
    return render(request, FIGURES, context_of(desk, grid) | {"swapped": True})


@require_POST
@ability_required("plan.edit")
def plan_grid_undo(request: ActorRequest, uuid: UUID) -> HttpResponse:
    """Put back what the last save replaced."""
    desk = Desk.of(request, uuid)
    try:
        reference = UUID(request.POST.get("save", ""))
        undone = services.undo_last_save(plans=desk.plans, save_ref=reference, by=desk.actor)
    except ValueError:
        messages.error(request, "Cet enregistrement est inconnu : relisez le tableau.")
    except BusinessError as error:
        messages.error(request, error.message)
    else:
        years = ", ".join(str(plan.year) for plan in undone)
        messages.success(request, f"Le dernier enregistrement est annulé : {years} comme avant.")
    return redirect(desk.url)


@require_GET
@ability_required("plan.view")
def plan_grid_sheet(request: ActorRequest, uuid: UUID) -> HttpResponse:
    """The grid as a workbook that can be filled in and imported back."""
    desk = Desk.of(request, uuid)
    view = context_of(desk, desk.grid)["view"]
    return sheet.workbook_response(view, f"tableau-{desk.anchor.key}.xlsx", desk.anchor.employer.name)


def context_of(
    desk: Desk,
    grid: Grid,
    reading: Reading | None = None,
    *,
    theirs: dict[str, str] | None = None,
    extra: GridError | None = None,
) -> dict[str, Any]:
    reading = reading or read_grid(grid, desk.stored, desk.organisations)
    errors = [*reading.errors, *([extra] if extra else [])]
    view = grid_view(grid, reading, desk.plans, editable=desk.editable, errors=errors, theirs=theirs)
    return {"view": view, "grid": grid, "plan": desk.anchor, "can_edit": bool(desk.editable)}


def show(
    request: ActorRequest,
    desk: Desk,
    grid: Grid,
    reading: Reading | None = None,
    *,
    status: int = 200,
    stale: str = "",
    theirs: dict[str, str] | None = None,
    extra: GridError | None = None,
    imported: Imported | None = None,
) -> HttpResponse:
    """The page. ``stale``: somebody saved first; ``theirs``: place → what they wrote."""
    context = context_of(desk, grid, reading, theirs=theirs, extra=extra) | {
        "opened": json.dumps(grid.opened, ensure_ascii=False),
        "versions": grid.versions,
        "stale": stale,
        "conflicts": len(theirs or {}),
        "imported": imported,
        "last_save": services.last_save(desk.plans) if desk.actor.can("plan.edit") else None,
        "may_add": desk.actor.can("plan.edit"),
        "help": HELP,
        "kinds": kinds(),
        "financers": sorted((org.name, key) for key, org in desk.organisations.items()),
    }
    return render(request, PAGE, context, status=status)
