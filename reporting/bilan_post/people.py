"""The people of a year by age, sex and role, and what social services knew of them: counted over the year as such.

Months do not give it: somebody seen in March and in May is one person of the year. The cells hang on the return of the
year as a whole, whose own counts they leave alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from core.errors import InvalidInput
from parties.actors import Actor
from posts.figures import HIGHEST_COUNT
from posts.indicators import INDICATORS, Cell, cells_of
from posts.models import ActivityCell, ActivityReturn, Post
from posts.models.activity import COUNTS
from posts.periods import file_active
from posts.relations import breaches, derived
from posts.services.activity import record_activity
from reporting.bilan_post.counts import PEOPLE_TABLES
from reporting.bilan_post.service import lists_of


def held_people(*, post: Post, year: int) -> dict[Cell, int]:
    """The cells of the year; empty when nobody entered any."""
    rows = ActivityCell.objects.filter(
        activity__post=post, activity__year=year, activity__month=None, activity__zone="", indicator__in=PEOPLE_TABLES
    )
    return {(cell.indicator, cell.row, cell.column): cell.value for cell in rows}


@transaction.atomic
def record_people_detail(*, post: Post, year: int, cells: Mapping[Cell, int | None], by: Actor) -> bool:
    """Save the detail of the year's people, replacing the one held; whether anything changed: doing it twice is once.

    ``cells``: (I4, I4R or I6; line; column) → people, None for unknown. Each table must make the same people, and those
    of the file active when it was entered. Raises as ``record_activity``; ``InvalidInput`` with ``place``
    "indicator:line:column".
    """
    given = {cell: value for cell, value in cells.items() if value is not None}
    _check(post, year, given)
    held = ActivityReturn.objects.filter(post=post, year=year, month=None, zone="").first()
    counts = {name: getattr(held, name) if held else None for name in COUNTS}
    note = held.note if held else ""
    kept = record_activity(post=post, year=year, month=None, counts=counts, note=note, by=by, keep=bool(given)).activity
    if kept is None:
        return False
    # The default order joins the post, which an employer's people may read but not lock.
    ActivityReturn.objects.select_for_update(of=("self",)).order_by("pk").get(pk=kept.pk)
    if held_people(post=post, year=year) == given:
        return False
    kept.cells.filter(indicator__in=PEOPLE_TABLES).delete()
    ActivityCell.objects.bulk_create(
        ActivityCell(territory_id=kept.territory_id, activity=kept, indicator=c, row=r, column=k, value=value)
        for (c, r, k), value in given.items()
    )
    return True


def _check(post: Post, year: int, given: Mapping[Cell, int]) -> None:
    lists = lists_of(year)
    known = {cell for code in PEOPLE_TABLES for cell in cells_of(INDICATORS[code], lists)}
    for cell, value in given.items():
        if cell not in known:
            raise InvalidInput("Cette case n'existe pas cette année : rechargez la page.", place=":".join(cell))
        if not 0 <= value <= HIGHEST_COUNT:
            raise InvalidInput(f"{value} n'est pas vraisemblable : vérifiez le nombre saisi.", place=":".join(cell))
    active = file_active(post, year=year)
    tables = {code: sum(v for cell, v in given.items() if cell[0] == code) for code in {cell[0] for cell in given}}
    # Without a file active entered, the tables must still say the same number as one another.
    whole = active.people if active.people is not None else next(iter(sorted(tables.values())), 0)
    found = breaches({**given, ("I0", "personnes", ""): whole})
    if found:
        raise InvalidInput(found[0].message, place=":".join(found[0].place))
    trio = derived(given)
    for name, words in (("women", "femmes"), ("men", "hommes"), ("children", "enfants")):
        stated, computed = getattr(active, name), getattr(trio, name)
        if None not in (stated, computed) and stated != computed:
            raise InvalidInput(
                f"Le tableau des âges fait {computed} {words}, la file active de l'année en dit {stated}.", place="I4"
            )
