"""Import of a grid: the file fills the cells, the page says what changes, and saving stays the person's act."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from core.errors import BusinessError
from core.uploads import CSV, XLSX, UploadField
from funding.grid.importing import read_into
from funding.views.grid import Desk, show
from parties.access import ActorRequest, ability_required
from posts.reading import read_table


class GridFileForm(forms.Form):
    file = UploadField(
        kinds=(XLSX, CSV),
        label="Fichier",
        help_text="Le fichier XLSX de ce tableau, complété. Rien n'est enregistré avant votre accord.",
        error_messages={"required": "Choisissez le fichier à importer."},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@ability_required("plan.edit")
def plan_grid_import(request: ActorRequest, uuid: UUID) -> HttpResponse:
    desk = Desk.of(request, uuid)
    form = GridFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file, grid = form.cleaned_data["file"], desk.grid
        try:
            table = read_table(filename=file.name, content=file.read())
            found = read_into(grid, table, editable=desk.editable, organisations=desk.organisations)
        except BusinessError as error:
            form.add_error("file", error.message)
        else:
            return show(request, desk, grid, status=422 if found.errors else 200, imported=found)
    context = {"form": form, "plan": desk.anchor}
    return render(request, "funding/grid_import.html", context, status=422 if form.is_bound else 200)
