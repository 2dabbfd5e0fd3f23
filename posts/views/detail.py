"""One month of one post in detail: quick tables, the month before beside, validation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from core.errors import BusinessError
from core.french import month_name
from parties.access import ActorRequest, member_required
from posts.enums import MonthAct
from posts.indicators import DEFINITIONS, INDICATORS, Cell, Indicator, Item, cells_of
from posts.models import MonthStep, Post
from posts.relations import Breach
from posts.services.activity import may_record
from posts.services.detail import (
    cells_held,
    labels,
    lists_on,
    month_breaches,
    record_detail,
    reopen_month,
    validate_month,
)
from posts.services.periods import closing_breaches, told
from posts.services.surroundings import split_of
from posts.timeline import month_bounds
from posts.views.activity import FIRST_YEAR, LAST_YEAR, zone_asked, zone_tabs
from posts.views.posts import get_post, page
from posts.views.shown import life


@dataclass(frozen=True)
class Box:
    """One cell as the page shows it: ``before`` is the month before, "" when unknown."""

    name: str
    label: str
    value: str
    before: str
    error: str = ""


@dataclass(frozen=True)
class Line:
    label: str
    boxes: list[Box]


@dataclass(frozen=True)
class TableView:
    indicator: Indicator
    definition: str
    columns: list[Item]
    lines: list[Line]
    breaches: list[Breach]


class MonthPage:
    """What one month's page shows, as held or as typed."""

    def __init__(self, request: ActorRequest, post: Post, year: int, month: int, zone: str) -> None:
        self.post, self.year, self.month, self.zone = post, year, month, zone
        self.lists = lists_on(year, month)
        self.held = cells_held(post=post, year=year, month=month, zone=zone)
        earlier = (year, month - 1) if month > 1 else (year - 1, 12)
        self.before = cells_held(post=post, year=earlier[0], month=earlier[1], zone=zone)
        self.row = post.activity.filter(year=year, month=month, zone=zone).prefetch_related("cells").first()
        self.may_write = may_record(post=post, by=request.actor)
        self.typed = request.POST if request.method == "POST" else None
        self.errors: dict[str, str] = {}
        self.refused = ""

    @property
    def last(self) -> MonthStep | None:
        return self.steps[0] if self.steps else None

    @property
    def validated(self) -> bool:
        return self.last is not None and self.last.act == MonthAct.VALIDATED

    @property
    def open(self) -> bool:
        return self.may_write and not self.validated

    @property
    def title(self) -> str:
        return f"{month_name(self.month)} {self.year}"

    @property
    def note(self) -> str:
        if self.typed is not None:
            return str(self.typed.get("note", ""))
        return self.row.note if self.row else ""

    @cached_property
    def tables(self) -> list[TableView]:
        """The page's tables; asked for once what was typed has been read, so that mistakes are beside their box."""
        broken = month_breaches(self.row) if self.row else []
        return [self._table(indicator, broken) for indicator in INDICATORS.values()]

    def _table(self, indicator: Indicator, broken: list[Breach]) -> TableView:
        columns = self.lists.get(indicator.columns, []) if indicator.columns else []
        lines = [
            Line(row.label, [self._box((indicator.code, row.code, c.code)) for c in columns or [Item("", "")]])
            for row in self.lists.get(indicator.rows, [])
        ]
        mine = [breach for breach in broken if breach.place[0] == indicator.code]
        return TableView(indicator, DEFINITIONS[indicator.unit], columns, lines, mine)

    def _box(self, cell: Cell) -> Box:
        name = ":".join(cell)
        held = self.held.get(cell)
        value = self.typed.get(name, "") if self.typed is not None else "" if held is None else str(held)
        before = str(self.before.get(cell, ""))
        return Box(name, labels(cell, self.lists), value, before, self.errors.get(name, ""))

    def cells(self) -> dict[Cell, int | None]:
        """What was typed; mistakes go to ``errors``."""
        found: dict[Cell, int | None] = {}
        for indicator in INDICATORS.values():
            for cell in cells_of(indicator, self.lists):
                box = self._box(cell)
                text = box.value.replace("\u202f", "").replace(" ", "")
                if text and not (text.isascii() and text.isdigit() and len(text) < 6):
                    self.errors[box.name] = f"{box.label} : « {box.value} » n'est pas un nombre entier."
                    continue
                found[cell] = int(text) if text else None
        return found

    @property
    def around(self) -> list[dict[str, str]]:
        """The months before and after, to go from one to the other."""
        today = timezone.localdate()
        found = []
        for year, month in ((self.year, self.month - 1), (self.year, self.month + 1)):
            year, month = (year - 1, 12) if month == 0 else (year + 1, 1) if month == 13 else (year, month)
            if month_bounds(year, month)[0] <= today:
                url = reverse("activity-detail", args=[self.post.uuid, year, month])
                found.append({"label": f"{month_name(month).capitalize()} {year}", "url": f"{url}?zone={self.zone}"})
        return found

    @property
    def zone_tabs(self) -> list[dict[str, Any]]:
        return zone_tabs(self.post, self.zone)

    @property
    def vacant(self) -> bool:
        """Whether nobody held the post on any day of the month: nothing is expected then."""
        return life(self.post).vacant_month(self.year, self.month)

    @cached_property
    def steps(self) -> list[MonthStep]:
        """Who validated or reopened the month, the last one first."""
        rows = self.post.month_steps.filter(year=self.year, month=self.month)
        return list(rows.order_by("-pk"))

    @cached_property
    def of_the_post(self) -> list[str]:
        """What concerns the month as a whole: the people of a period it ends, the zones of a mixed post."""
        rows = self.post.activity.filter(year=self.year, month=self.month).prefetch_related("cells")
        found = [told(one, self.year) for one in closing_breaches(post=self.post, year=self.year, month=self.month)]
        return [*found, *(breach.message for breach in split_of(self.post, rows))]


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def activity_detail(request: ActorRequest, uuid: UUID, year: int, month: int) -> HttpResponse:
    post, shown = _page(request, uuid, year, month)
    if request.method == "POST":
        cells = shown.cells()
        if not shown.errors:
            answer = _save(request, shown, cells)
            if answer is not None:
                return answer
    response = page(request, "posts/activity_detail.html", {"post": post, "shown": shown})
    response.status_code = 422 if shown.errors or shown.refused else 200
    return response


def _page(request: ActorRequest, uuid: UUID, year: int, month: int) -> tuple[Post, MonthPage]:
    if (
        not (FIRST_YEAR <= year <= LAST_YEAR and 1 <= month <= 12)
        or month_bounds(year, month)[0] > timezone.localdate()
    ):
        raise Http404("Ce mois n'est pas possible.")
    post = get_post(request, uuid)
    return post, MonthPage(request, post, year, month, zone_asked(request, post, year))


def _save(request: ActorRequest, shown: MonthPage, cells: dict[Cell, int | None]) -> HttpResponse | None:
    """Where to go once saved, and validated if asked; None when refused: nothing is kept, the page says why."""
    post, year, month = shown.post, shown.year, shown.month
    validating = "validate" in request.POST
    try:
        with transaction.atomic():
            done = record_detail(
                post=post, year=year, month=month, zone=shown.zone, cells=cells, note=shown.note, by=request.actor
            )
            if validating:
                validate_month(post=post, year=year, month=month, by=request.actor)
    except BusinessError as error:
        shown.refused = error.message
        return None
    messages.success(request, f"{shown.title.capitalize()} est {'validé' if validating else 'enregistré'}.")
    for warning in done.recorded.warnings:
        messages.warning(request, warning)
    return redirect(f"{request.path}?zone={shown.zone}")


@require_POST
@member_required
def activity_reopen(request: ActorRequest, uuid: UUID, year: int, month: int) -> HttpResponse:
    post, shown = _page(request, uuid, year, month)
    try:
        reopen_month(post=post, year=year, month=month, reason=request.POST.get("reason", ""), by=request.actor)
    except BusinessError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"{shown.title.capitalize()} est rouvert : corrigez-le, puis validez-le de nouveau.")
    return redirect(f"{reverse('activity-detail', args=[uuid, year, month])}?zone={shown.zone}")
