"""Territories with an activity of a year, for tests of contributions and of the national bilan."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from core import rls
from parties.actors import Actor
from parties.enums import OrganisationKind
from parties.models import Organisation, Territory
from posts.enums import PostKind
from posts.models import ActivityCell, ActivityReturn, Post
from tests.posts.builders import add_return, make_organisation, make_post, occupy, staff

YEAR = 2024
#: After the year, so that it can be contributed.
TODAY = dt.date(2025, 1, 20)
Cells = Mapping[tuple[str, str, str], int]
#: A year's detail without a small count but one: three people sent by the town hall.
DETAIL: dict[tuple[str, str, str], int] = {
    ("I1", "plainte", ""): 40,
    ("I1", "intervention", ""): 57,
    ("I1", "mairie", ""): 3,
    ("I3", "24h", ""): 30,
    ("I3", "72h", ""): 40,
    ("I3", "7j", ""): 20,
    ("I3", "nr", ""): 10,
    ("I6", "suivie", ""): 30,
    ("I6", "inconnue", ""): 60,
    ("I6", "nr", ""): 20,
    ("I7", "conjugales", "principale"): 45,
    ("I7", "intrafamiliales", "principale"): 20,
    ("I7", "logement", "principale"): 25,
    ("I14", "social", "proposee"): 33,
    ("I14", "sante", "proposee"): 14,
}


def territory_with(code: str, name: str, posts: int = 1) -> tuple[Actor, list[Post]]:
    """A territory, its Département's staff, and posts filled since the year before. Their context is the caller's."""
    territory = Territory.objects.create(code=code, name=name)
    with rls.acting(Actor.system(territory).context):
        department = make_organisation(territory, name, OrganisationKind.DEPARTEMENT)
        made = [make_post(department, f"Poste {n} {name}", PostKind.ISC) for n in range(1, posts + 1)]
        for post in made:
            occupy(post, dt.date(YEAR - 1, 1, 1))
    return staff(department), made


def give_activity(
    by: Actor, post: Post, *, women: int, men: int, children: int, cells: Cells = DETAIL, **more: Any
) -> None:
    """The post's whole year on one line, and its detail in March."""
    with rls.acting(by.context):
        vif: dict[str, Any] = {"vif_count": 65, "vif_base": 90, **more}
        add_return(post, YEAR, None, women=women, men=men, children=children, **vif)
        month = add_return(post, YEAR, 3)
        keep_cells(month, cells)


def keep_cells(activity: ActivityReturn, cells: Cells) -> None:
    ActivityCell.objects.bulk_create(
        ActivityCell(
            territory_id=activity.territory_id, activity=activity, indicator=code, row=row, column=column, value=value
        )
        for (code, row, column), value in cells.items()
    )


def department_of(by: Actor) -> Organisation:
    assert by.organisation is not None
    return by.organisation
