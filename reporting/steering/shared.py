"""The bilan shared between partners: one version for the whole territory, the same for whoever reads a part of it.

Protecting each reader's own posts apart would hide other cells than the territory's table does; a reader of both would
get the hidden ones back. So the whole table is protected once, and each reader takes the rows of the posts they see.
"""

from __future__ import annotations

import datetime as dt

from core import rls
from parties.actors import Actor
from reporting.bilan.publication import Version
from reporting.bilan.service import TerritoryBilan, territory_bilan


def shared_bilan(by: Actor, *, year: int, today: dt.date) -> tuple[TerritoryBilan, frozenset[str]]:
    """The shared version of ``year`` for the whole territory, and the keys of the posts some months of which lack.

    Callers show of it the rows of the posts ``by`` may see, nothing else.
    """
    # Which cells to hide depends on posts the reader does not see; their figures stay here.
    everything = Actor.system(by.territory)
    with rls.acting(everything.context):
        whole = territory_bilan(year=year, by=everything, today=today)
    return whole.for_readers(Version.INTERNAL), frozenset(row.key for row in whole.bilan.rows if row.missing)
