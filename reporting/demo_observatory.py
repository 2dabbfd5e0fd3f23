"""The demonstration's observatoire: a second territory that contributes, a third that does not.

Everything of the second one is invented and says so in its name: the published act is of one département only. Its
counts follow a rule, not chance, so that two loadings give the same contribution.
"""

from __future__ import annotations

import datetime as dt

from core import rls
from parties.actors import Actor
from parties.enums import OrganisationKind
from parties.models import Organisation, Territory
from posts.enums import PostKind
from posts.indicators import MAIN, PROPOSED, Cell
from posts.models import Occupancy, Post
from posts.models.activity import COUNTS
from posts.services.activity import record_activity
from posts.services.detail import record_detail
from reporting.contributions.services import contribute, history

EXAMPLE = ("80", "Somme (exemple fictif)")
SILENT = ("02", "Aisne (exemple, sans contribution)")
YEARS = (2022, 2023)
#: A day by which both years are over.
GIVEN_ON = dt.date(2024, 1, 22)
POSTS = (
    ("exemple-amiens", "Amiens, commissariat (exemple)", PostKind.ISC),
    ("exemple-abbeville", "Abbeville, compagnie (exemple)", PostKind.ISG),
    ("exemple-peronne", "Péronne, mixte (exemple)", PostKind.ISCG),
)
#: Annual figures of the first year: (women, men, children, VIF, situations).
ANNUAL = ((210, 74, 48, 160, 270), (150, 51, 30, 118, 190), (96, 33, 21, 70, 125))


def load_observatory(act: Territory, by: Actor) -> None:
    """The act's territory contributes 2022, the invented one both years. What is there already stays."""
    with rls.acting(by.context):
        if not history(year=YEARS[0], by=by):
            contribute(year=YEARS[0], by=by, today=GIVEN_ON)
    Territory.objects.get_or_create(code=SILENT[0], defaults={"name": SILENT[1]})
    actor = load_example()
    with rls.acting(actor.context):
        for year in YEARS:
            if not history(year=year, by=actor):
                contribute(year=year, by=actor, today=GIVEN_ON)


def load_example() -> Actor:
    """The invented territory with its posts and their activity; its system actor. Nothing where it has a post."""
    territory, _ = Territory.objects.get_or_create(code=EXAMPLE[0], defaults={"name": EXAMPLE[1]})
    actor = Actor.system(territory)
    with rls.acting(actor.context):
        if Post.objects.visible_to(actor).exists():
            return actor
        employer, _ = Organisation.objects.get_or_create(
            territory=territory,
            key="departement-80",
            defaults={"kind": OrganisationKind.DEPARTEMENT, "name": "Département de la Somme", "siren": "228000014"},
        )
        for rank, (key, label, kind) in enumerate(POSTS):
            post = Post.objects.create(
                territory=territory, key=key, label=label, kind=kind, employer=employer, created_on=dt.date(2021, 9, 1)
            )
            # The last one was vacant for the first two months of the second year.
            left = dt.date(2022, 12, 31) if rank == 2 else None
            Occupancy.objects.create(post=post, start=dt.date(2021, 9, 1), end=left)
            if left:
                Occupancy.objects.create(post=post, start=dt.date(2023, 3, 1))
            _record_year(post, rank, actor)
            _record_months(post, rank, actor)
    return actor


def _record_year(post: Post, rank: int, by: Actor) -> None:
    women, men, children, vif, situations = ANNUAL[rank]
    counts = dict.fromkeys(COUNTS) | {
        "women": women,
        "men": men,
        "children": children,
        "vif_count": vif,
        "vif_base": situations,
    }
    record_activity(post=post, year=YEARS[0], month=None, zone="", counts=counts, note="Exemple", by=by)


def _record_months(post: Post, rank: int, by: Actor) -> None:
    for month in range(1, 13):
        if rank == 2 and month < 3:
            continue
        cells = month_cells(rank, month)
        record_detail(post=post, year=YEARS[1], month=month, cells=dict(cells), note="Exemple", by=by)


def month_cells(rank: int, month: int) -> dict[Cell, int]:
    """A month's detail, in which every relation holds; busier in some months and on some posts."""
    size = 6 - rank + (month * 3 + rank) % 4
    saisines = 3 * size
    return {
        ("I0", "saisines", ""): saisines,
        ("I0", "situations", ""): 2 * size,
        ("I0", "prises_en_charge", ""): 2 * size,
        ("I0", "personnes", ""): 3 * size,
        ("I1", "plainte", ""): size - 1,
        ("I1", "intervention", ""): size + 1,
        ("I1", "personne", ""): size - 1,
        ("I1", "mairie", ""): 1,
        ("I3", "24h", ""): size + 1,
        ("I3", "72h", ""): size,
        ("I3", "7j", ""): size - 1,
        ("I4", "26_40", "f"): 2 * size - 2,
        ("I4", "41_60", "h"): size,
        ("I4", "13_17", "f"): 2,
        ("I6", "suivie", ""): size - 1,
        ("I6", "non_suivie", ""): 1,
        ("I6", "inconnue", ""): 2 * size - 1,
        ("I6", "nr", ""): 1,
        ("I7", "conjugales", MAIN): size,
        ("I7", "intrafamiliales", MAIN): size - 3,
        ("I7", "logement", MAIN): 2,
        ("I7", "voisinage", MAIN): 1,
        ("I11", "unite", ""): 2 * size,
        ("I11", "telephone", ""): size,
        ("I14", "social", PROPOSED): size,
        ("I14", "aide_victimes", PROPOSED): size - 2,
        ("I14", "cidff", PROPOSED): 1 if month % 4 == 0 else 0,
    }
