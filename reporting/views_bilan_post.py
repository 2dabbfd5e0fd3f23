"""Pages and files of the yearly bilan of one post, and the form its words are written in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from core.errors import BusinessError, Conflict, NotAllowed
from parties.access import ActorRequest, ability_required
from posts.models import Post
from posts.screening import screened
from posts.services.activity import may_record
from posts.views.posts import get_post
from reporting.bilan.publication import Version
from reporting.bilan.service import FIRST_YEAR
from reporting.bilan_post.documents import FORMATS, bilan_file, bilan_pdf, filename
from reporting.bilan_post.people import record_people_detail
from reporting.bilan_post.people_entry import PeopleEntry
from reporting.bilan_post.present import chapters, words
from reporting.bilan_post.publication import published
from reporting.bilan_post.sections import (
    LONGEST,
    blocks,
    confirm_text,
    held_text,
    may_review,
    may_write,
    save_text,
)
from reporting.bilan_post.service import PostBilan, post_bilan, require_reading
from reporting.enums import BilanSection
from reporting.views_bilan import as_file


@require_safe
@ability_required("bilan.shared")
def bilan(request: ActorRequest, year: int, uuid: UUID, version: str = "") -> HttpResponse:
    """The bilan of a post: whole, or in one of the versions that may leave (``version``)."""
    post = get_post(request, uuid)
    found = get_bilan(request, post, year, version)
    writes = {section for section in BilanSection.values if may_write(post=post, section=section, by=request.actor)}
    context = {
        "bilan": found,
        "post": post,
        "version": version,
        "versions": versions_for(request, post, year),
        "chapters": chapters(found),
        "words": [(each, each.section in writes and not version) for each in words(found)],
        "years": years_of(post, year),
        "can_count": may_record(post=post, by=request.actor) and not version,
    }
    return render(request, "reporting/bilan_post.html", context)


@require_safe
@ability_required("bilan.shared")
def pdf(request: ActorRequest, year: int, uuid: UUID, version: str = "") -> HttpResponse:
    found = get_bilan(request, get_post(request, uuid), year, version)
    try:
        content = bilan_pdf(found)
    except BusinessError as error:
        messages.error(request, error.message)
        return redirect(page_of(found.post, year, version))
    return as_file(content, filename(found, "pdf"), "application/pdf")


@require_safe
@ability_required("bilan.shared")
def export(request: ActorRequest, year: int, uuid: UUID, file_format: str, version: str = "") -> HttpResponse:
    """The tables; ``?tableau=`` names the one a CSV file holds."""
    if file_format not in FORMATS:
        raise Http404("Formats disponibles : xlsx, csv et json.")
    found = get_bilan(request, get_post(request, uuid), year, version)
    table = request.GET.get("tableau", "") if file_format == "csv" else ""
    try:
        content = bilan_file(found, file_format=file_format, table=table)
    except BusinessError as error:
        raise Http404(error.message) from error
    return as_file(content, filename(found, file_format, table), FORMATS[file_format])


@require_http_methods(["GET", "HEAD", "POST"])
@ability_required("bilan.write")
def write(request: ActorRequest, year: int, uuid: UUID, section: str) -> HttpResponse:
    """One written section: typed, saved, then read again by somebody who answers for it."""
    post = get_post(request, uuid)
    if section not in BilanSection.values or not FIRST_YEAR <= year <= timezone.localdate().year:
        raise Http404("Cette rubrique n'existe pas.")
    typed: dict[str, Any] = {"text": request.POST.get("text", ""), "error": ""} if request.method == "POST" else {}
    if typed:
        try:
            return done(request, post, year, section)
        except BusinessError as error:
            typed |= {"error": error.message, "status": error.status, "conflict": isinstance(error, Conflict)}
    held = held_text(post=post, year=year, section=section)
    status = {403: 403, 409: 409}.get(typed.get("status", 200), 422) if typed else 200
    return render(
        request, "reporting/bilan_post_write.html", form(request, post, year, section, held, typed), status=status
    )


@require_http_methods(["GET", "HEAD", "POST"])
@ability_required("activity.edit")
def people(request: ActorRequest, year: int, uuid: UUID) -> HttpResponse:
    """The people of the year by age, sex and role, and whether social services knew them."""
    post = get_post(request, uuid)
    if not FIRST_YEAR <= year <= timezone.localdate().year:
        raise Http404("Cette année n'est pas possible.")
    if not may_record(post=post, by=request.actor):
        raise NotAllowed("Les personnes de l'année sont saisies par l'employeur du poste ou le gestionnaire.")
    entry = PeopleEntry(post, year, request.POST if request.method == "POST" else None)
    if request.method == "POST":
        try:
            changed = record_people_detail(post=post, year=year, cells=entry.cells(), by=request.actor)
        except BusinessError as error:
            entry.error = error.message
        else:
            messages.success(request, "Les personnes de l'année sont enregistrées." if changed else "Rien n'a changé.")
            return redirect(page_of(post, year))
    context = {"post": post, "year": year, "entry": entry, "back": page_of(post, year)}
    return render(request, "reporting/bilan_post_people.html", context, status=422 if entry.error else 200)


def done(request: ActorRequest, post: Post, year: int, section: str) -> HttpResponse:
    """Save, or confirm what was saved; where to go next."""
    what: dict[str, Any] = {"post": post, "year": year, "section": section, "by": request.actor}
    seen = request.POST.get("lock_version", "")
    expected = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else 0
    if "relu" in request.POST:
        confirm_text(**what, expected=expected)
        messages.success(request, "Le texte est relu : il entre dans les versions à partager et publique.")
        return redirect(f"{page_of(post, year)}#texte-{section}")
    saved = save_text(**what, text=request.POST.get("text", ""), expected=expected)
    messages.success(request, "Le texte est enregistré." if saved.changed else "Rien n'a changé.")
    if saved.text.text and may_review(post=post, section=section, by=request.actor):
        return redirect("bilan-post-write", year=year, uuid=post.uuid, section=section)
    return redirect(f"{page_of(post, year)}#texte-{section}")


def form(
    request: ActorRequest, post: Post, year: int, section: str, held: Any, typed: dict[str, Any]
) -> dict[str, Any]:
    """What the page shows: what was typed when it was refused, else what is held."""
    text = typed["text"] if typed else held.text if held else ""
    return {
        "post": post,
        "year": year,
        "section": BilanSection(section),
        "held": held,
        # What a save answers to: after a conflict, the text shown beside.
        "seen": held.lock_version if held else 0,
        "held_blocks": blocks(held.text) if held else [],
        "text": text,
        "suspicions": screened(text),
        "longest": LONGEST,
        "typed": typed,
        "may_write": may_write(post=post, section=section, by=request.actor),
        "may_review": may_review(post=post, section=section, by=request.actor) and bool(held and held.text),
        "back": page_of(post, year),
    }


def get_bilan(request: ActorRequest, post: Post, year: int, version: str) -> PostBilan:
    """The bilan in the version asked; 404 for an impossible year or version, 403 for one that is not theirs."""
    if version and version not in {one.value for one in Version}:
        raise Http404("Versions disponibles : partagee et publique.")
    asked = Version(version) if version else None
    require_reading(post, request.actor, asked)
    try:
        found = post_bilan(post=post, year=year, by=request.actor)
    except BusinessError as error:
        raise Http404(error.message) from error
    return published(found, asked, by=request.actor) if asked else found


def versions_for(request: ActorRequest, post: Post, year: int) -> list[dict[str, str]]:
    """The versions this reader may open."""
    found = []
    for value, label, version in (("", "Version complète", None), *((v.value, v.label, v) for v in Version)):
        try:
            require_reading(post, request.actor, version)
        except BusinessError:
            continue
        found.append({"value": value, "label": label, "url": page_of(post, year, value)})
    return found


def page_of(post: Post, year: int, version: str = "") -> str:
    if version:
        return reverse("bilan-post-version", args=[year, post.uuid, version])
    return reverse("bilan-post", args=[year, post.uuid])


def years_of(post: Post, year: int) -> list[int]:
    """The other years of which something is known."""
    found = set(post.activity.values_list("year", flat=True))
    return sorted(found - {year}, reverse=True)
