"""Pages of posts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from core import sheets
from core.errors import BusinessError
from parties.access import ActorRequest, ability_required, member_required
from posts import services
from posts.filters import PostFilter
from posts.forms import OccupancyForm, PostForm, show_error, unit_formset
from posts.models import Occupancy, Post
from posts.services.activity import may_record
from posts.views import shown

PER_PAGE = 50


@require_safe
@member_required
def posts(request: ActorRequest) -> HttpResponse:
    everything = Post.objects.visible_to(request.actor).for_list()
    filtered = PostFilter(request.GET, queryset=everything, by=request.actor)
    found = filtered.qs
    file_format = request.GET.get("format", "")
    if file_format in sheets.MEDIA_TYPES:
        return shown.posts_file(found, file_format)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    lines = [shown.PostLine(post, timezone.localdate()) for post in page]
    context = {
        "filter": filtered,
        "page_obj": page,
        "lines": lines,
        "can_edit": request.actor.can("post.edit"),
        "count": f"{page.paginator.count} poste" + ("s" if page.paginator.count > 1 else ""),
        "any_post": bool(lines) or everything.exists(),
    }
    return render(request, "posts/posts.html", context)


@require_safe
@member_required
def post(request: ActorRequest, uuid: UUID) -> HttpResponse:
    found = get_post(request, uuid)
    context = {
        "post": found,
        "page": shown.PostPage(found, timezone.localdate()),
        "can_edit": request.actor.can("post.edit"),
        "can_record": may_record(post=found, by=request.actor),
        "can_see_plans": request.actor.can("plan.view"),
        "can_plan": request.actor.can("plan.edit"),
        "year": timezone.localdate().year,
    }
    return render(request, "posts/post.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@ability_required("post.edit")
def create(request: ActorRequest) -> HttpResponse:
    form = PostForm(request.POST or None, by=request.actor)
    units = unit_formset(by=request.actor, data=request.POST or None)
    if request.method == "POST" and form.is_valid() & units.is_valid():
        try:
            created = services.create_post(
                by=request.actor, units=units.shares, epcis=list(form.cleaned_data["epcis"]), **form.values
            )
        except BusinessError as error:
            show_error(form, error)
        else:
            messages.success(request, f"Le poste « {created} » est créé.")
            return redirect(created)
    return edit_page(request, form, units, None)


@require_http_methods(["GET", "HEAD", "POST"])
@ability_required("post.edit")
def edit(request: ActorRequest, uuid: UUID) -> HttpResponse:
    found = get_post(request, uuid)
    form = PostForm(request.POST or None, instance=found, by=request.actor)
    units = unit_formset(by=request.actor, post=found, data=request.POST or None)
    if request.method == "POST" and form.is_valid() & units.is_valid():
        epcis = list(form.cleaned_data["epcis"])
        try:
            services.update_post(
                post=found, by=request.actor, units=units.shares, epcis=epcis, seen_at=form.seen, **form.values
            )
        except BusinessError as error:
            show_error(form, error)
        else:
            messages.success(request, "Le poste est enregistré.")
            return redirect(found)
    return edit_page(request, form, units, get_post(request, uuid))


@require_http_methods(["GET", "HEAD", "POST"])
@ability_required("post.edit")
def occupancy_add(request: ActorRequest, uuid: UUID) -> HttpResponse:
    found = get_post(request, uuid)
    form = OccupancyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.add_occupancy(post=found, by=request.actor, **form.cleaned_data)
        except BusinessError as error:
            show_error(form, error)
        else:
            messages.success(request, "La période est enregistrée.")
            return redirect(found)
    return page(request, "posts/occupancy_form.html", {"form": form, "post": found})


@require_http_methods(["GET", "HEAD", "POST"])
@ability_required("post.edit")
def occupancy_edit(request: ActorRequest, uuid: UUID, period: UUID) -> HttpResponse:
    found = get_post(request, uuid)
    occupancy = get_object_or_404(Occupancy.objects.visible_to(request.actor), post=found, uuid=period)
    form = OccupancyForm.of(occupancy, request.POST or None)
    if request.method == "POST":
        try:
            if "retirer" in request.POST:
                services.remove_occupancy(occupancy=occupancy, by=request.actor)
                messages.success(request, "La période est retirée.")
                return redirect(found)
            if form.is_valid():
                services.update_occupancy(occupancy=occupancy, by=request.actor, **form.cleaned_data)
                messages.success(request, "La période est enregistrée.")
                return redirect(found)
        except BusinessError as error:
            show_error(form, error)
    return page(request, "posts/occupancy_form.html", {"form": form, "post": found, "occupancy": occupancy})


def get_post(request: ActorRequest, uuid: UUID) -> Post:
    """The post, if the person may see it; 404 otherwise."""
    visible = Post.objects.visible_to(request.actor).select_related("employer")
    return get_object_or_404(visible.prefetch_related("coverage__organisation"), uuid=uuid)


def edit_page(request: ActorRequest, form: PostForm, units: Any, found: Post | None) -> HttpResponse:
    return page(request, "posts/post_form.html", {"form": form, "units": units, "post": found})


def page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """A form's page: 422 when it comes back with errors, so that a partial update of the page shows them too."""
    return render(request, template, context, status=422 if request.method == "POST" else 200)
