"""Pages of activity: the year at a glance, and the grid of one post."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from core import charts
from core.errors import BusinessError
from parties.access import ActorRequest, member_required
from posts import services
from posts.enums import Zone
from posts.figures import MonthState, people, year_disagreement, year_states
from posts.forms import MonthForm
from posts.models import Post
from posts.models.activity import COUNTS
from posts.services.activity import may_record, reported_years
from posts.timeline import month_bounds
from posts.views import shown
from posts.views.posts import get_post, page

FIRST_YEAR, LAST_YEAR = 2000, 2100


def year_asked(request: ActorRequest, default: int) -> int:
    """The year of the address (``?annee=``), or the default when it is not one."""
    text = request.GET.get("annee", "")
    return int(text) if text.isdecimal() and FIRST_YEAR <= int(text) <= LAST_YEAR else default


@require_safe
@member_required
def activity(request: ActorRequest) -> HttpResponse:
    today = timezone.localdate()
    years = reported_years(by=request.actor, today=today)
    year = year_asked(request, today.year)
    first, last = month_bounds(year, 1)[0], month_bounds(year, 12)[1]
    posts = Post.objects.visible_to(request.actor).for_list().prefetch_related("activity")
    lines = [
        shown.MatrixLine(summary, editable=may_record(post=post, by=request.actor))
        for post in posts
        if (summary := shown.YearSummary(post, year, today)).returns or shown.life(post).exists_in(first, last)
    ]
    context = {
        "year": year,
        "years": sorted({*years, year}, reverse=True),
        "lines": lines,
        "months": charts.MONTHS,
        "can_import": any(line.editable for line in lines),
        "missing": sum(len(line.summary.missing) for line in lines),
    }
    return render(request, "posts/activity.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def activity_edit(request: ActorRequest, uuid: UUID, year: int) -> HttpResponse:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Http404("Cette année n'est pas possible.")
    post = get_post(request, uuid)
    zone = zone_asked(request, post, year)
    grid = Grid(request, post, year, zone)
    if request.method == "POST" and grid.is_valid():
        try:
            done = services.record_year(post=post, year=year, zone=zone, months=grid.rows, by=request.actor)
        except BusinessError as error:
            grid.refused = error.message
        else:
            changed = sum(1 for one in done if one.changed)
            messages.success(request, f"{changed} mois enregistrés." if changed > 1 else said(changed))
            for warning in [warning for one in done for warning in one.warnings]:
                messages.warning(request, warning)
            return redirect(f"{reverse('activity-edit', args=[post.uuid, year])}?zone={zone}")
    return page(request, "posts/activity_form.html", {"post": post, "year": year, "grid": grid})


def said(changed: int) -> str:
    return "Un mois enregistré." if changed else "Rien n'a changé : ces chiffres étaient déjà enregistrés."


def zone_asked(request: ActorRequest, post: Post, year: int) -> str:
    """The zone of the address; a post with two zones opens on the one already used, else on the first."""
    wanted = request.GET.get("zone")
    if wanted is not None and (wanted == "" or wanted in post.zones):
        return wanted
    if len(post.zones) < 2:
        return ""
    used = set(post.activity.filter(year=year).values_list("zone", flat=True))
    return "" if used == {""} else sorted(used - {""} or post.zones, reverse=True)[0]


def zone_tabs(post: Post, shown_zone: str) -> list[dict[str, Any]]:
    """One tab per zone of a mixed post, and one for those who do not tell them apart; none for the others."""
    if len(post.zones) < 2:
        return []
    choices = [(zone, str(Zone(zone).label)) for zone in sorted(post.zones, reverse=True)]
    choices.append(("", "Sans distinction"))
    return [{"label": label, "url": f"?zone={zone}", "active": zone == shown_zone} for zone, label in choices]


class Grid:
    """The thirteen lines of one post, one year, one zone: twelve months, then the year as a whole."""

    def __init__(self, request: ActorRequest, post: Post, year: int, zone: str) -> None:
        self.post, self.year, self.zone = post, year, zone
        self.may_write = may_record(post=post, by=request.actor)
        self.refused = ""
        if request.method == "POST" and not self.may_write:
            self.refused = "Vous pouvez lire ces chiffres, pas les saisir."
        self.held = {a.month: a for a in post.activity.filter(year=year, zone=zone)}
        data = request.POST if request.method == "POST" else None
        filled = {month: self.people(month) for month in self.held if month and self.held[month].has_counts}
        states = year_states(year=year, life=shown.life(post), filled=filled, today=timezone.localdate())
        self.disagreement = year_disagreement(states, self.people(None))
        self.forms = [self.form(data, month.number, month.state) for month in states]
        self.forms.append(self.form(data, None, MonthState.FILLED if None in self.held else None))

    def form(self, data: Any, month: int | None, state: MonthState | None) -> MonthForm:
        held = self.held.get(month)
        initial = {name: getattr(held, name) for name in (*COUNTS, "note")} if held else {}
        begun = month is None or month_bounds(self.year, month)[0] <= timezone.localdate()
        closed = not begun or state is MonthState.OUTSIDE or not self.may_write
        made = MonthForm(data, initial=initial, month=month, state=state or "", read_only=closed)
        if month is not None and begun and state is not MonthState.OUTSIDE:
            made.detail_url = f"{reverse('activity-detail', args=[self.post.uuid, self.year, month])}?zone={self.zone}"
        return made

    def is_valid(self) -> bool:
        return self.may_write and all(form.is_valid() for form in self.forms)

    @property
    def rows(self) -> dict[int | None, tuple[dict[str, int | None], str]]:
        """What the service takes: the lines open to typing."""
        return {form.month: form.row for form in self.forms if not form.fields["note"].disabled}

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [{"form": form, "people": self.people(form.month)} for form in self.forms]

    def people(self, month: int | None) -> int | None:
        held = self.held.get(month)
        return people(shown.counts_of(held)) if held else None

    @property
    def total(self) -> int | None:
        known = [value for month in self.held if month and (value := self.people(month)) is not None]
        return sum(known) if known else None

    @property
    def zone_tabs(self) -> list[dict[str, Any]]:
        return zone_tabs(self.post, self.zone)

    @property
    def years(self) -> list[dict[str, Any]]:
        """The previous and next years, to go from one grid to another."""
        today = timezone.localdate()
        around = [year for year in (self.year - 1, self.year + 1) if FIRST_YEAR <= year <= today.year]
        return [{"year": year, "url": reverse("activity-edit", args=[self.post.uuid, year])} for year in around]
