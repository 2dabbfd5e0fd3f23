"""The import of activity in two steps: what the file would change, then, if agreed, all of it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core import signing
from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from core import sheets
from core.errors import BusinessError, Conflict
from parties.access import ActorRequest, ability_required
from posts.forms import ActivityFileForm
from posts.reading import Table, read_table
from posts.sheets import ImportPlan, apply_import, preview_import, template_sheet
from posts.views.activity import year_asked
from posts.views.posts import page
from posts.views.shown import file_response

SALT = "posts.activity-import"
#: Seconds during which a preview can be agreed to.
AGREEMENT = 24 * 3600


@require_safe
@ability_required("activity.edit")
def template(request: ActorRequest) -> HttpResponse:
    """The file to fill, ``?annee=2023&format=xlsx|csv``."""
    file_format = request.GET.get("format", sheets.XLSX)
    if file_format not in sheets.MEDIA_TYPES:
        raise Http404("Formats disponibles : xlsx et csv.")
    year = year_asked(request, timezone.localdate().year)
    content = template_sheet(year=year, by=request.actor, file_format=file_format, created=timezone.now())
    return file_response(content, f"activite-{year}.{file_format}", sheets.MEDIA_TYPES[file_format])


@require_http_methods(["GET", "HEAD", "POST"])
@ability_required("activity.edit")
def activity_import(request: ActorRequest) -> HttpResponse:
    if "agreed" in request.POST:
        return confirm(request)
    form = ActivityFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            table = read_table(filename=file.name, content=file.read())
            return preview(request, table, preview_import(table=table, by=request.actor))
        except BusinessError as error:
            form.add_error("file", error.message)
    context = {"form": form, "year": year_asked(request, timezone.localdate().year), "plan": None}
    return page(request, "posts/activity_import.html", context)


def preview(request: ActorRequest, table: Table, plan: ImportPlan, refused: str = "") -> HttpResponse:
    """What the file would change. The file travels signed in the page: nothing is kept on the server meanwhile."""
    agreed = "" if plan.errors or not plan.changes else seal(table, plan.digest)
    context = {"form": None, "plan": plan, "agreed": agreed, "refused": refused, "year": timezone.localdate().year}
    response = page(request, "posts/activity_import.html", context)
    response.status_code = 422 if plan.errors or refused else 200
    return response


def confirm(request: ActorRequest) -> HttpResponse:
    table, digest = unseal(request.POST["agreed"])
    try:
        plan = apply_import(table=table, by=request.actor, expected=digest)
    except Conflict as error:
        return preview(request, table, preview_import(table=table, by=request.actor), error.message)
    except BusinessError:
        # What was fine at the preview is refused now: the new preview says where.
        return preview(request, table, preview_import(table=table, by=request.actor))
    number = len(plan.changes)
    messages.success(request, f"{number} relevés enregistrés." if number > 1 else "Un relevé enregistré.")
    for warning in plan.warnings:
        messages.warning(request, warning)
    return redirect(reverse("activity"))


def seal(table: Table, digest: str) -> str:
    content: list[Any] = [table.headers, table.rows, table.lines, digest]
    return signing.dumps(content, salt=SALT, compress=True)


def unseal(text: str) -> tuple[Table, str]:
    try:
        headers, rows, lines, digest = signing.loads(text, salt=SALT, max_age=AGREEMENT)
    except signing.BadSignature as error:
        raise BadRequest("Cet aperçu n'est plus valable : choisissez de nouveau votre fichier.") from error
    return Table(tuple(headers), tuple(tuple(row) for row in rows), tuple(lines)), digest
