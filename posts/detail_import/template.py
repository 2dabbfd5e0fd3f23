"""The file to fill: the detail of a month (one count a line) or of a year (one month a line, one count a column)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from core import sheets
from core.french import month_name
from parties.actors import Actor
from posts.detail_import.columns import Vocabulary
from posts.detail_import.services import vocabulary
from posts.indicators import INDICATORS, Cell, cells_of
from posts.models import ActivityReturn, Post
from posts.services.detail import lists_on
from posts.services.periods import expected_months
from posts.sheets import editable_posts


@dataclass(frozen=True)
class Line:
    """One month of one post and zone, with the counts known."""

    post: Post
    year: int
    month: int
    zone: str
    cells: dict[Cell, int]
    note: str


def template_detail(*, year: int, month: int | None, by: Actor, file_format: str, created: dt.datetime) -> bytes:
    """The detail of ``month``, or of all the months of ``year`` when None, known counts filled in.

    Months a post was vacant or not yet there are left out unless something was entered. Raises as ``write_sheet``.
    """
    by.require("activity.edit")
    words = vocabulary()
    lines = list(_lines(year, month, editable_posts(by)))
    if month is None:
        return _wide(lines, year, words, file_format, created)
    return _long(lines, year, month, words, file_format, created)


def _lines(year: int, month: int | None, posts: list[Post]) -> Iterator[Line]:
    rows = ActivityReturn.objects.filter(post__in=[post.pk for post in posts], year=year, month__isnull=False)
    held = {(row.post_id, row.month, row.zone): row for row in rows.prefetch_related("cells").order_by("pk")}
    for post in posts:
        expected = expected_months(post, year)
        for number in [month] if month else range(1, 13):
            zones = sorted(zone for pk, of, zone in held if (pk, of) == (post.pk, number))
            if not zones and number in expected:
                zones = sorted(post.zones, reverse=True) if len(post.zones) > 1 else [""]
            for zone in zones:
                row = held.get((post.pk, number, zone))
                cells = {(c.indicator, c.row, c.column): c.value for c in row.cells.all()} if row else {}
                yield Line(post, year, number, zone, cells, row.note if row else "")


def _period_columns() -> list[sheets.SheetColumn]:
    return [
        sheets.SheetColumn("poste", lambda line: line.post.label, width=34),
        sheets.SheetColumn("annee", lambda line: line.year, sheets.Kind.NUMBER, 8),
        sheets.SheetColumn("mois", lambda line: month_name(line.month), width=12),
        sheets.SheetColumn("zone", lambda line: line.zone, width=13),
    ]


def _wide(lines: list[Line], year: int, words: Vocabulary, file_format: str, created: dt.datetime) -> bytes:
    columns = _period_columns()
    lists = lists_on(year, 12)
    for indicator in INDICATORS.values():
        for cell in cells_of(indicator, lists):
            # No comma between its words: a CSV file's separator is told by counting.
            header = " – ".join([f"{':'.join(cell)} {indicator.label}", *words.words(indicator, cell)])
            columns.append(sheets.SheetColumn(header, _count_of(cell), sheets.Kind.NUMBER))
    columns.append(sheets.SheetColumn("observation", lambda line: line.note, width=40))
    values = sheets.values(columns, lines)
    return sheets.write_sheet(file_format, columns, values, title=f"Détail {year}", created=created)


def _long(lines: list[Line], year: int, month: int, words: Vocabulary, file_format: str, created: dt.datetime) -> bytes:
    lists = lists_on(year, month)
    columns = [
        *(sheets.SheetColumn(c.header, _of_line(c), c.kind, c.width) for c in _period_columns()),
        sheets.SheetColumn("indicateur", lambda pair: INDICATORS[pair[1][0]].label, width=30),
        sheets.SheetColumn("ligne", lambda pair: words.words(INDICATORS[pair[1][0]], pair[1])[0], width=40),
        sheets.SheetColumn("colonne", lambda pair: "".join(words.words(INDICATORS[pair[1][0]], pair[1])[1:]), width=22),
        sheets.SheetColumn("nombre", lambda pair: pair[0].cells.get(pair[1]), sheets.Kind.NUMBER, 10),
    ]
    pairs = [(line, cell) for line in lines for one in INDICATORS.values() for cell in cells_of(one, lists)]
    values = sheets.values(columns, pairs)
    title = f"{month_name(month).capitalize()} {year}"
    return sheets.write_sheet(file_format, columns, values, title=title, created=created)


def _count_of(cell: Cell) -> Callable[[Line], int | None]:
    return lambda line: line.cells.get(cell)


def _of_line(column: sheets.SheetColumn) -> Callable[[tuple[Line, Cell]], Any]:
    """The same column, read from a line and one of its cells."""
    return lambda pair: column.read(pair[0])
