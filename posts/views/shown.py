"""What the pages of posts and activity show, prepared from the models. No request here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from core import money, sheets
from core.french import date_long, month_name
from posts import figures
from posts.enums import Zone
from posts.figures import Month, MonthState, year_states
from posts.models import ActivityReturn, Post
from posts.models.activity import COUNTS
from posts.sector import OutOfSector, out_of_sector
from posts.timeline import PostLife, Span, life_of

UNKNOWN_STATE = ("Non renseigné", "neutral")


def life(post: Post) -> PostLife:
    return life_of(post.created_on, post.closed_on, sorted(post.occupancies.all(), key=lambda o: o.start))


def days_fr(number: int) -> str:
    """« 1 jour », « 1 234 jours »."""
    return f"{money.number_fr(number, 0)} {'jour' if number < 2 else 'jours'}"


def plain_fr(value: Decimal) -> str:
    """« 35 », « 0,8 »: no decimal that says nothing."""
    return money.number_fr(value).rstrip("0").rstrip(",")


class PostLine:
    """One line of the list of posts."""

    def __init__(self, post: Post, today: dt.date) -> None:
        self.post = post
        self.today = today

    @cached_property
    def state(self) -> tuple[str, str]:
        """(word, tone) of the post today."""
        if self.post.closed_on and self.post.closed_on < self.today:
            return "Fermé", "neutral"
        spans = life(self.post).spans()
        now = next((s for s in spans if s.start <= self.today and (s.end is None or s.end >= self.today)), None)
        if now is None:
            return ("À venir", "info") if spans and spans[0].start > self.today else UNKNOWN_STATE
        return ("Pourvu", "success") if now.filled else (f"Vacant depuis {days_fr(now.days(self.today))}", "warning")

    @property
    def zones(self) -> str:
        labels = [str(Zone(zone).label).removeprefix("Zone ") for zone in sorted(self.post.zones, reverse=True)]
        return " et ".join(labels).capitalize()

    @property
    def units(self) -> str:
        parts = []
        for link in self.post.post_units.all():
            share = f" ({money.percent(link.percent)})" if link.percent else ""
            parts.append(f"{link.unit.name}{share}")
        return ", ".join(parts)


def posts_file(posts: Iterable[Post], file_format: str) -> HttpResponse:
    """The list as shown, as a spreadsheet."""
    lines = [PostLine(post, timezone.localdate()) for post in posts]
    columns = [
        sheets.SheetColumn("cle", lambda line: line.post.key, width=20),
        sheets.SheetColumn("poste", lambda line: line.post.label, width=36),
        sheets.SheetColumn("type", lambda line: line.post.kind, width=8),
        sheets.SheetColumn("employeur", lambda line: line.post.employer.name, width=36),
        sheets.SheetColumn("etp", lambda line: line.post.etp, sheets.Kind.NUMBER, 8),
        sheets.SheetColumn("zone", lambda line: line.zones, width=22),
        sheets.SheetColumn("unites", lambda line: line.units, width=60),
        sheets.SheetColumn("etat", lambda line: line.state[0], width=24),
        sheets.SheetColumn("cree_le", lambda line: line.post.created_on, sheets.Kind.DATE, 12),
        sheets.SheetColumn("ferme_le", lambda line: line.post.closed_on, sheets.Kind.DATE, 12),
    ]
    rows = sheets.values(columns, lines)
    content = sheets.write_sheet(file_format, columns, rows, title="Postes", created=timezone.now())
    return file_response(content, f"postes.{file_format}", sheets.MEDIA_TYPES[file_format])


def file_response(content: bytes, filename: str, media_type: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
    return HttpResponse(content, content_type=media_type, headers=headers)


@dataclass(frozen=True)
class SpanLine:
    """A period of the post's life, filled or vacant, with its length in days until today."""

    span: Span
    today: dt.date

    @property
    def days(self) -> str:
        number = self.span.days(self.today)
        if self.span.start > self.today:
            return "à venir"
        return days_fr(number) + (" à ce jour" if self.span.end is None else "")

    @property
    def occupancy(self) -> Any:
        return self.span.source


class PostPage:
    """What the page of one post shows besides its own fields."""

    def __init__(self, post: Post, today: dt.date) -> None:
        self.post = post
        self.today = today
        self.line = PostLine(post, today)

    @property
    def identity(self) -> list[tuple[str, Any]]:
        post = self.post
        return [
            ("Type", post.get_kind_display()),
            ("Employeur", post.employer.name),
            ("Temps de travail", f"{plain_fr(post.etp)} ETP"),
            ("Durée hebdomadaire", f"{plain_fr(post.weekly_hours)} heures" if post.weekly_hours else None),
            ("Résidence administrative", post.residence),
            ("Autorité hiérarchique", post.hierarchical_authority),
            ("Autorité fonctionnelle", post.functional_authority),
            ("Créé le", date_long(post.created_on) if post.created_on else None),
            *([("Fermé le", date_long(post.closed_on))] if post.closed_on else []),
        ]

    @cached_property
    def units(self) -> list[Any]:
        return list(self.post.post_units.select_related("unit__organisation"))

    @cached_property
    def out_of_sector(self) -> OutOfSector | None:
        return out_of_sector(self.post)

    @cached_property
    def spans(self) -> list[SpanLine]:
        """The newest first: the present situation is what one looks for."""
        return [SpanLine(span, self.today) for span in reversed(life(self.post).spans())]

    @property
    def vacant_days(self) -> str:
        """Days of vacancy since the beginning of the year, in words; "" when there is none."""
        number = life(self.post).vacant_days(dt.date(self.today.year, 1, 1), self.today)
        return days_fr(number) if number else ""

    @cached_property
    def activity(self) -> YearSummary | None:
        newest = self.post.activity.order_by("-year").values_list("year", flat=True).first()
        return YearSummary(self.post, newest, self.today) if newest else None


class YearSummary:
    """One post, one year: its months and what they add up to. The bilan applies the full rules; this is a glance."""

    def __init__(self, post: Post, year: int, today: dt.date) -> None:
        self.post = post
        self.year = year
        self.returns = [activity for activity in post.activity.all() if activity.year == year]
        self.months = year_states(year=year, life=life(post), filled=self.people_by_month(), today=today)

    def people_by_month(self) -> dict[int, int | None]:
        """Month → people over its zones; None when given but incomplete."""
        found: dict[int, int | None] = {}
        for activity in self.returns:
            if activity.month is None or not activity.has_counts:
                continue
            people = figures.people(counts_of(activity))
            if activity.month in found:
                before = found[activity.month]
                people = None if before is None or people is None else before + people
            found[activity.month] = people
        return found

    @property
    def annual(self) -> int | None:
        """People of the annual returns, over the zones."""
        values = [figures.people(counts_of(a)) for a in self.returns if a.month is None]
        known = [value for value in values if value is not None]
        return sum(known) if known else None

    @property
    def annual_only(self) -> bool:
        return self.annual is not None and not self.people_by_month()

    @property
    def reason(self) -> str:
        return next((a.missing_reason for a in self.returns if a.missing_reason), "")

    @property
    def missing(self) -> list[str]:
        """Names of the months expected and not entered."""
        if self.annual_only:
            return []
        return [month_name(number) for number in figures.missing_months(self.months)]

    @property
    def total(self) -> int | None:
        if self.annual_only:
            return self.annual
        known = [month.people for month in self.months if month.people is not None]
        return sum(known) if known else None

    @property
    def sentence(self) -> str:
        if self.annual_only:
            return "Chiffres annuels, sans détail par mois."
        filled = sum(1 for month in self.months if month.state is MonthState.FILLED)
        return f"{filled} mois sur 12." if filled else "Aucun mois saisi."


def counts_of(activity: ActivityReturn) -> dict[str, int | None]:
    return {name: getattr(activity, name) for name in COUNTS}


class MatrixLine:
    """One post in the year's matrix."""

    def __init__(self, summary: YearSummary, *, editable: bool) -> None:
        self.summary = summary
        self.editable = editable
        self.cells = month_cells(summary.months)


def month_cells(months: Iterable[Month]) -> list[dict[str, Any]]:
    """The twelve cells of a line of the matrix: figure, word and tone."""
    tones = {
        MonthState.FILLED: "success",
        MonthState.MISSING: "warning",
        MonthState.VACANT: "neutral",
        MonthState.FUTURE: "neutral",
        MonthState.OUTSIDE: "neutral",
    }
    return [
        {
            "label": month_name(month.number).capitalize(),
            "figure": "" if month.people is None else money.number_fr(month.people, 0),
            "word": "incomplet" if month.state is MonthState.FILLED and month.people is None else month.state.value,
            "tone": "warning" if month.surprising else tones[month.state],
            "surprising": month.surprising,
        }
        for month in months
    ]
