"""A post with full years of detailed months, for the tests of its bilan: the demonstration's generator."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from posts.indicators import Item
from posts.models import ActivityCell, ActivityReturn, Post
from posts.relations import derived
from reporting.bilan.compute import PostYear, Return, year_bilan
from reporting.bilan_post.counts import Counts, Year
from reporting.bilan_post.detail import Entry, year_detail
from reporting.bilan_post.grid import Ledger
from reporting.bilan_post.tables import Tables
from reporting.demo_detail import month_cells

ZONES = ("police", "gendarmerie")
_SHIPPED = json.loads((Path(settings.BASE_DIR) / "fixtures/reference/activity_lists.json").read_text(encoding="utf-8"))
LISTS = {name: [Item(code, label) for code, label in items] for name, items in _SHIPPED["lists"].items()}


def entries(year: int, *, size: int, zones: Iterable[str] = ("",), months: Iterable[int] = range(1, 13)) -> list[Entry]:
    """A year of detailed months."""
    return [
        Entry(month, month_cells(year=year, month=month, zone=zone, size=size), zone)
        for month in months
        for zone in zones
    ]


def pure_year(year: int, *, size: int, zones: Iterable[str] = ("",), extra: Iterable[Entry] = ()) -> Year:
    """As the service reads it, without a database."""
    given = [*entries(year, size=size, zones=zones), *extra]
    returns = [
        Return(each.month, each.zone, {n: v for n, v in vars(derived(each.cells)).items() if v is not None})
        for each in given
        if each.month
    ]
    post = PostYear("post-a", "Poste A", "Employeur", "Postes", None, {}, tuple(returns))
    apart = {zone: year_detail([e for e in given if e.zone == zone], lists=LISTS) for zone in zones if zone}
    return Year(year, year_detail(given, lists=LISTS), year_bilan(year=year, posts=[post]).rows, apart)


def pure_tables(now: Year, before: Year) -> tuple[Ledger, Tables]:
    ledger = Ledger()
    return ledger, Tables(ledger, Counts(ledger, now, LISTS), Counts(ledger, before, LISTS))


def fill_year(post: Post, year: int, *, size: int = 30, zones: tuple[str, ...] = ("",)) -> None:
    """Every month of ``year`` as the service writes it: the cells, and the counts derived from them. As staff."""
    cells, returns = [], []
    for each in entries(year, size=size, zones=zones):
        counts = {name: value for name, value in vars(derived(each.cells)).items() if value is not None}
        where = {"territory_id": post.territory_id, "post": post, "year": year, "month": each.month, "zone": each.zone}
        row = ActivityReturn(**where, **counts)
        returns.append(row)
        cells += [
            ActivityCell(
                territory_id=post.territory_id, activity=row, indicator=code, row=line, column=column, value=value
            )
            for (code, line, column), value in each.cells.items()
        ]
    ActivityReturn.objects.bulk_create(returns)
    ActivityCell.objects.bulk_create(cells)
