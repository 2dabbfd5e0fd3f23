"""The people of a post's quarters and year, each counted once."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from core.errors import BusinessError
from core.french import month_name
from parties.access import ActorRequest, member_required
from posts.models import PeriodPeople, Post
from posts.periods import PERIODS, closing_month, months_of, people_by_month, period_name, place_of
from posts.services.activity import is_validated, may_record
from posts.services.periods import COUNTED, people_breaches, record_people
from posts.timeline import month_bounds
from posts.views.activity import FIRST_YEAR, LAST_YEAR
from posts.views.posts import get_post, page

LABELS = {"people": "Personnes", "women": "Femmes", "men": "Hommes", "children": "Enfants"}


@dataclass(frozen=True)
class Box:
    name: str
    #: « Femmes », and « 1er trimestre 2024, femmes » where it stands alone.
    short: str
    label: str
    value: str
    error: str = ""


@dataclass(frozen=True)
class Line:
    """One period: its boxes, the people of each of its months, what it breaks, and why it is closed to typing."""

    title: str
    boxes: list[Box]
    months: str
    breaches: list[str]
    closed: str = ""


class PeoplePage:
    """The five periods of one year, as held or as typed."""

    def __init__(self, request: ActorRequest, post: Post, year: int) -> None:
        self.post, self.year = post, year
        self.may_write = may_record(post=post, by=request.actor)
        self.typed = request.POST if request.method == "POST" else None
        self.held = {row.quarter: row for row in PeriodPeople.objects.filter(post=post, year=year)}
        self.months = people_by_month(post, year=year)
        self.errors: dict[str, str] = {}
        self.refused = ""

    @property
    def lines(self) -> list[Line]:
        held = {one: {name: getattr(row, name) for name in COUNTED} for one, row in self.held.items()}
        broken = people_breaches(post=self.post, year=self.year, people=held)
        return [
            Line(
                period_name(quarter, self.year).capitalize(),
                [self._box(quarter, name) for name in COUNTED],
                self._months(quarter),
                [breach.message for breach in broken if breach.place[1] == place_of(quarter)],
                self._closed(quarter),
            )
            for quarter in PERIODS
        ]

    def _box(self, quarter: int | None, name: str) -> Box:
        key = f"{place_of(quarter)}:{name}"
        held = getattr(self.held.get(quarter), name, None)
        value = self.typed.get(key, "") if self.typed is not None else "" if held is None else str(held)
        label = f"{period_name(quarter, self.year).capitalize()}, {LABELS[name].lower()}"
        return Box(key, LABELS[name], label, value, self.errors.get(key, ""))

    def _months(self, quarter: int | None) -> str:
        """« janvier 10, février 12 »; of the year, nothing: twelve months do not help."""
        if quarter is None:
            return ""
        known = [(month, self.months[month]) for month in months_of(quarter) if month in self.months]
        return ", ".join(f"{month_name(month)} {'n.d.' if value is None else value.most}" for month, value in known)

    def _closed(self, quarter: int | None) -> str:
        """Why the period is not open to typing; "" when it is."""
        if not self.may_write:
            return "Lecture seule."
        if month_bounds(self.year, months_of(quarter)[0])[0] > timezone.localdate():
            return "À venir."
        if quarter in self.held and is_validated(self.post, self.year, closing_month(quarter)):
            return f"{month_name(closing_month(quarter)).capitalize()} est validé : rouvrez-le pour corriger."
        return ""

    def counts(self) -> dict[int | None, dict[str, int | None]]:
        """What was typed in the periods open; mistakes go to ``errors``."""
        found: dict[int | None, dict[str, int | None]] = {}
        for quarter, line in zip(PERIODS, self.lines, strict=True):
            if line.closed:
                continue
            found[quarter] = {box.name.split(":")[1]: self._number(box) for box in line.boxes}
        return found

    def _number(self, box: Box) -> int | None:
        text = box.value.replace("\u202f", "").replace(" ", "")
        if text and not (text.isascii() and text.isdigit() and len(text) < 6):
            self.errors[box.name] = f"{box.label} : « {box.value} » n'est pas un nombre entier."
            return None
        return int(text) if text else None


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def activity_people(request: ActorRequest, uuid: UUID, year: int) -> HttpResponse:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Http404("Cette année n'est pas possible.")
    post = get_post(request, uuid)
    shown = PeoplePage(request, post, year)
    if request.method == "POST":
        people = shown.counts()
        if not shown.errors:
            try:
                changed = record_people(post=post, year=year, people=people, by=request.actor)
            except BusinessError as error:
                shown.refused = error.message
                shown.errors |= {error.place: error.message} if ":" in error.place else {}
            else:
                messages.success(request, "La file active est enregistrée." if changed else "Rien n'a changé.")
                return redirect(request.path)
    response = page(request, "posts/activity_people.html", {"post": post, "year": year, "shown": shown})
    response.status_code = 422 if shown.errors or shown.refused else 200
    return response
