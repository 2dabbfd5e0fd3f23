"""« Compléter » : what the text is missing, a field each, with why and where it is printed."""

from __future__ import annotations

import uuid as uuidlib

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from conventions import services
from conventions.forms.holes import ASKED, HolesForm
from conventions.models import Convention
from conventions.presentation.clauses import TextView
from conventions.presentation.holes import Hole, convention_holes, holes_in
from core.errors import BusinessError
from parties.access import ActorRequest, ability_required

from .common import find, refresh_lock, tab_url, try_form


@require_http_methods(["GET", "POST"])
@ability_required("convention.edit")
def convention_fill(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    convention = find(uuid)
    back = tab_url(convention, "texte")
    if not convention.is_editable:
        messages.error(request, "Le texte n'est plus en rédaction : rien n'y manque qui se complète ici.")
        return redirect(back)
    try:
        holes = convention_holes(convention)
    except BusinessError as error:
        messages.error(request, error.message)
        return redirect("convention-edit", uuid=convention.uuid)
    form = HolesForm(request.POST or None, variables=_asked(request, holes), initial=_lock(convention))
    status = 422 if request.method == "POST" else 200
    if form.is_valid():
        data, expected = form.changes(convention), form.expected
        status = try_form(
            form,
            lambda: services.update_convention(convention=convention, data=data, by=request.actor, expected=expected),
        )
        if not status:
            messages.success(request, "C'est complété : le texte est à jour.")
            return redirect(_next(request, convention, back))
        if status == 409:
            refresh_lock(form, convention)
    _put_fields(holes, form)
    return render(
        request, "conventions/fill.html", {"form": form, "convention": convention, "holes": holes}, status=status
    )


def _asked(request: ActorRequest, holes: list[Hole]) -> list[str]:
    """All that is missing; of a small form beside a clause, what it sent."""
    wanted = [hole.variable for hole in holes if hole.variable in ASKED]
    return [v for v in wanted if ASKED[v][0] in request.POST] if request.method == "POST" else wanted


def _lock(convention: Convention) -> dict[str, int]:
    return {"lock_version": convention.lock_version}


def _next(request: ActorRequest, convention: Convention, back: str) -> str:
    """Back to the clause the field was beside."""
    kind = request.POST.get("clause", "")
    known = {clause.kind for clause in convention.template.clauses.all()} if convention.template else set()
    return tab_url(convention, "texte", f"clause-{kind}") if kind in known else back


def _put_fields(holes: list[Hole], form: HolesForm) -> None:
    for hole in holes:
        name = ASKED[hole.variable][0] if hole.variable in ASKED else ""
        hole.control = form[name] if name in form.fields else None


def put_holes(text: TextView, convention: Convention) -> None:
    """Give each clause of the page the fields it misses, each where it is first used."""
    titles = {view.section.kind: view.section.heading for view in text.clauses}
    problems = [problem for view in text.clauses for problem in view.problems]
    holes = holes_in(problems, convention, titles)
    for view in text.clauses:
        mine = [hole for hole in holes if hole.places[0][0] == view.section.kind]
        if mine:
            form = HolesForm(
                variables=[hole.variable for hole in mine if hole.variable in ASKED],
                initial=_lock(convention),
                auto_id=f"{view.section.kind}_%s",
            )
            _put_fields(mine, form)
            view.holes.extend(mine)
