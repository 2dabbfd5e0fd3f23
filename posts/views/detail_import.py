"""The import of detailed counts: the file, what its columns hold, what it would change, then all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core import signing
from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import sheets
from core.errors import BusinessError, Conflict
from parties.access import ActorRequest, ability_required
from posts.detail_import.columns import FIELDS, Guess, Vocabulary
from posts.detail_import.services import (
    Reading,
    apply_detail,
    forget_mapping,
    guesses,
    own_mappings,
    preview_detail,
    save_mapping,
    vocabulary,
)
from posts.detail_import.template import template_detail
from posts.forms import DetailFileForm
from posts.indicators import INDICATORS
from posts.models import ImportMapping
from posts.reading import Table, read_table
from posts.sheets import ImportPlan, editable_posts
from posts.views.activity import year_asked
from posts.views.posts import page
from posts.views.shown import file_response

SALT = "posts.detail-import"
#: Seconds during which a file, once sent, can be gone on with.
AGREEMENT = 24 * 3600
MOST_ROWS, MOST_COLUMNS = 12_000, 400
#: Values of a column shown beside its header, to tell what it holds.
SAMPLES = 3


@require_safe
@ability_required("activity.edit")
def template(request: ActorRequest) -> HttpResponse:
    """The file to fill, ``?annee=2024&mois=2&format=xlsx|csv``; without a month, the year."""
    file_format = request.GET.get("format", sheets.XLSX)
    if file_format not in sheets.MEDIA_TYPES:
        raise Http404("Formats disponibles : xlsx et csv.")
    year, text = year_asked(request, timezone.localdate().year), request.GET.get("mois", "")
    month = int(text) if text.isdecimal() and 1 <= int(text) <= 12 else None
    now = timezone.now()
    content = template_detail(year=year, month=month, by=request.actor, file_format=file_format, created=now)
    when = f"{year}-{month:02}" if month else str(year)
    return file_response(content, f"detail-{when}.{file_format}", sheets.MEDIA_TYPES[file_format])


@require_http_methods(["GET", "HEAD", "POST"])
@ability_required("activity.edit")
def detail_import(request: ActorRequest) -> HttpResponse:
    if "agreed" in request.POST:
        return confirm(request)
    if "table" in request.POST:
        return columns_told(request)
    mappings, posts = own_mappings(request.actor), editable_posts(request.actor)
    form = DetailFileForm(request.POST or None, request.FILES or None, mappings=mappings, posts=posts)
    if request.method == "POST" and form.is_valid():
        try:
            return file_sent(request, form)
        except BusinessError as error:
            form.add_error("file", error.message)
    today = timezone.localdate()
    context = {"form": form, "step": "file", "year": year_asked(request, today.year), "mappings": mappings}
    response = page(request, "posts/detail_import.html", context)
    response.status_code = 422 if form.errors else 200
    return response


def file_sent(request: ActorRequest, form: DetailFileForm) -> HttpResponse:
    """Straight to the preview when every column is known, else to the choice of what they hold."""
    file, mapping = form.cleaned_data["file"], form.remembered
    table = read_table(filename=file.name, content=file.read(), most_rows=MOST_ROWS, most_columns=MOST_COLUMNS)
    found = guesses(table=table, mapping=mapping)
    reading = Reading(table, tuple(guess.target for guess in found), **form.said)
    name = mapping.name if mapping else ""
    if all(guess.certain for guess in found):
        try:
            return preview(request, reading, name)
        except BusinessError as error:
            return choose(request, reading, found, name, error)
    return choose(request, reading, found, name)


def columns_told(request: ActorRequest) -> HttpResponse:
    """What the person says the columns hold: remembered if named, then the preview."""
    sent = unseal(request.POST["table"])
    if "correct" in request.POST:
        return choose(request, sent, guesses_of(sent), request.POST.get("name", ""))
    told = tuple(request.POST.get(f"c-{rank}", "") for rank in range(len(sent.table.titles)))
    reading = Reading(sent.table, told, sent.post, sent.year, sent.month)
    name = request.POST.get("name", "").strip()
    try:
        plan = preview_detail(reading=reading, by=request.actor)
        if name:
            save_mapping(name=name, table=reading.table, columns=told, by=request.actor)
    except BusinessError as error:
        return choose(request, reading, guesses_of(reading), name, error)
    return shown_plan(request, reading, plan, name)


def guesses_of(reading: Reading) -> list[Guess]:
    return [Guess(target) for target in reading.columns]


def choose(
    request: ActorRequest, reading: Reading, found: Sequence[Guess], name: str, error: BusinessError | None = None
) -> HttpResponse:
    words, wrong = vocabulary(), error.place if error else ""
    context = {
        "step": "columns",
        "columns": [
            Column(rank, title, samples(reading.table, rank), guess.target, wrong == f"c-{rank}")
            for rank, (title, guess) in enumerate(zip(reading.table.titles, found, strict=True))
        ],
        "choices": choices(words),
        "table": seal(reading),
        "name": name,
        "refused": error.message if error else "",
    }
    response = page(request, "posts/detail_import.html", context)
    response.status_code = 422 if error else 200
    return response


def preview(request: ActorRequest, reading: Reading, name: str, refused: str = "") -> HttpResponse:
    return shown_plan(request, reading, preview_detail(reading=reading, by=request.actor), name, refused)


def shown_plan(request: ActorRequest, reading: Reading, plan: ImportPlan, name: str, refused: str = "") -> HttpResponse:
    """What the file would change. The file travels signed in the page: nothing is kept on the server meanwhile."""
    sealed = seal(reading)
    agreed = "" if plan.errors or not plan.changes else signing.dumps(plan.digest, salt=SALT)
    context = {"step": "preview", "plan": plan, "table": sealed, "agreed": agreed, "name": name, "refused": refused}
    response = page(request, "posts/detail_import.html", context)
    response.status_code = 422 if plan.errors or refused else 200
    return response


def confirm(request: ActorRequest) -> HttpResponse:
    reading, name = unseal(request.POST.get("table", "")), request.POST.get("name", "")
    try:
        digest = signing.loads(request.POST["agreed"], salt=SALT, max_age=AGREEMENT)
    except signing.BadSignature as error:
        raise BadRequest("Cet aperçu n'est plus valable : choisissez de nouveau votre fichier.") from error
    try:
        plan = apply_detail(reading=reading, by=request.actor, expected=digest)
    except Conflict as error:
        return preview(request, reading, name, error.message)
    except BusinessError:
        # What was fine at the preview is refused now: the new preview says where.
        return preview(request, reading, name)
    number = len(plan.changes)
    messages.success(request, f"{number} mois enregistrés." if number > 1 else "Un mois enregistré.")
    return redirect(reverse("activity"))


@require_POST
@ability_required("activity.edit")
def mapping_forget(request: ActorRequest, uuid: UUID) -> HttpResponse:
    mapping = get_object_or_404(ImportMapping.objects.visible_to(request.actor), uuid=uuid)
    try:
        forget_mapping(mapping=mapping, by=request.actor)
    except BusinessError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"La correspondance « {mapping.name} » est oubliée ; aucun chiffre n'a changé.")
    return redirect("activity-detail-import")


# --- What the page shows ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Column:
    """One column of the file: its title, some of its values, what it is thought to hold."""

    rank: int
    title: str
    samples: str
    target: str
    wrong: bool = False

    @property
    def label(self) -> str:
        return self.title or f"Colonne {self.rank + 1}, sans titre"


def samples(table: Table, rank: int) -> str:
    values = dict.fromkeys(row[rank] for row in table.rows if row[rank])
    return ", ".join(value[:30] for value in list(values)[:SAMPLES])


def choices(words: Vocabulary) -> list[tuple[str, list[tuple[str, str]]]]:
    """Groups of a list: the fields, then each table's cells."""
    groups = [("Champs", [(code, label) for code, (label, _names) in FIELDS.items()])]
    for indicator in INDICATORS.values():
        held = [(target, cell) for target, cell in words.cells.items() if cell[0] == indicator.code]
        # The table is said again: a closed list shows its option only.
        options = [(target, " – ".join([indicator.label, *words.words(indicator, cell)])) for target, cell in held]
        groups.append((indicator.label, options))
    return groups


def seal(reading: Reading) -> str:
    table = reading.table
    content: list[Any] = [table.headers, table.rows, table.lines, table.titles, reading.columns]
    return signing.dumps([*content, reading.post, reading.year, reading.month], salt=SALT, compress=True)


def unseal(text: str) -> Reading:
    try:
        headers, rows, lines, titles, columns, post, year, month = signing.loads(text, salt=SALT, max_age=AGREEMENT)
    except (signing.BadSignature, ValueError) as error:
        raise BadRequest("Ce fichier n'est plus valable : choisissez-le de nouveau.") from error
    table = Table(tuple(headers), tuple(tuple(row) for row in rows), tuple(lines), tuple(titles))
    return Reading(table, tuple(columns), post, year, month)
