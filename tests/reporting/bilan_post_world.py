"""A mixed post with two full years of detailed months, for the tests of its bilan: the demonstration's generator."""

from __future__ import annotations

from parties.actors import Actor
from posts.models import ActivityCell, ActivityReturn, Post
from posts.relations import derived
from reporting.demo_detail import month_cells


def fill_year(post: Post, year: int, *, size: int = 30, zones: tuple[str, ...] = ("",), months=range(1, 13)) -> None:
    """Every month of ``year`` as the service writes it: the cells, and the counts derived from them. As staff."""
    cells, returns = [], []
    for month in months:
        for rank, zone in enumerate(zones):
            found = month_cells(year=year, month=month, zone=zone, size=size // (rank + 1))
            counts = {name: value for name, value in vars(derived(found)).items() if value is not None}
            row = ActivityReturn(territory_id=post.territory_id, post=post, year=year, month=month, zone=zone, **counts)
            returns.append(row)
            cells += [
                ActivityCell(
                    territory_id=post.territory_id, activity=row, indicator=code, row=line, column=column, value=value
                )
                for (code, line, column), value in found.items()
            ]
    ActivityReturn.objects.bulk_create(returns)
    ActivityCell.objects.bulk_create(cells)


def staff_of(post: Post) -> Actor:
    return Actor.system(post.territory)
