"""The annexes of a convention: added, ordered, taken out, read."""

from __future__ import annotations

import uuid as uuidlib

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from conventions import services
from conventions.forms.annexes import AttachForm
from conventions.models import Annex, Convention
from conventions.services.annexes import FILES
from parties.access import ActorRequest, ability_required, member_required

from .common import act, expected_version, find, refresh_lock, tab_url, try_form


def _annex(convention: Convention, annex: uuidlib.UUID) -> Annex:
    return get_object_or_404(convention.annexes.select_related("convention"), uuid=annex)


@require_POST
@ability_required("convention.edit")
def annex_add(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    """One of the annexes built from the data: ``kind``, and ``post`` for a job description."""
    convention = find(uuid)
    key = request.POST.get("post", "")
    post = convention.posts.filter(pk=key).first() if key.isascii() and key.isdigit() else None
    return act(
        request,
        lambda: services.add_annex(
            convention=convention,
            kind=request.POST.get("kind", ""),
            post=post,
            by=request.actor,
            expected=expected_version(request),
        ),
        done="L'annexe est ajoutée : elle suit les données.",
        then=tab_url(convention, "annexes"),
    )


@require_http_methods(["GET", "POST"])
@ability_required("convention.edit")
def annex_attach(request: ActorRequest, uuid: uuidlib.UUID) -> HttpResponse:
    convention = find(uuid)
    back = tab_url(convention, "annexes")
    if not convention.is_editable:
        messages.error(request, "Les annexes ne changent plus : passez par « Changer les annexes ».")
        return redirect(back)
    form = AttachForm(request.POST or None, request.FILES or None, initial={"lock_version": convention.lock_version})
    status = 422 if request.method == "POST" else 200
    if form.is_valid():
        data = form.cleaned_data
        status = try_form(
            form,
            lambda: services.attach_annex(
                convention=convention,
                title=data["title"],
                file=data["file"],
                by=request.actor,
                expected=form.expected,
            ),
        )
        if not status:
            messages.success(request, f"« {data['title']} » est jointe à la convention.")
            return redirect(back)
        if status == 409:
            refresh_lock(form, convention)
    return render(request, "conventions/annex.html", {"form": form, "convention": convention}, status=status)


@require_POST
@ability_required("convention.edit")
def annex_move(request: ActorRequest, uuid: uuidlib.UUID, annex: uuidlib.UUID) -> HttpResponse:
    convention = find(uuid)
    moved = _annex(convention, annex)
    return act(
        request,
        lambda: services.move_annex(
            annex=moved, up=request.POST.get("sens") == "haut", by=request.actor, expected=expected_version(request)
        ),
        done=f"« {moved.title} » a changé de rang : les numéros suivent.",
        then=tab_url(convention, "annexes"),
    )


@require_POST
@ability_required("convention.edit")
def annex_remove(request: ActorRequest, uuid: uuidlib.UUID, annex: uuidlib.UUID) -> HttpResponse:
    convention = find(uuid)
    removed = _annex(convention, annex)
    return act(
        request,
        lambda: services.remove_annex(annex=removed, by=request.actor, expected=expected_version(request)),
        done=f"« {removed.title} » n'est plus une annexe de la convention.",
        then=tab_url(convention, "annexes"),
    )


@require_safe
@member_required
def annex_file(request: ActorRequest, uuid: uuidlib.UUID, annex: uuidlib.UUID) -> HttpResponse:
    """The file as it was given: the same bytes, or nothing."""
    found = _annex(find(uuid), annex)
    content = FILES.read(found.sha256) if found.is_file else None
    if content is None:
        raise Http404("Ce fichier n'est plus dans le stockage, ou n'est plus celui qui a été joint.")
    name = "".join(c if c.isalnum() or c in " -_." else "-" for c in found.filename)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type="application/pdf", headers=headers)
