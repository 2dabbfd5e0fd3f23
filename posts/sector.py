"""Communes a post's units serve that belong to none of the EPCI it covers: « hors secteur » (§4, rule 11)."""

from __future__ import annotations

from dataclasses import dataclass

from parties.models import RefCommuneYear, RefEpciYear
from posts.models import Post


@dataclass(frozen=True)
class OutOfSector:
    """Names of communes, by code, against the list of EPCI members of ``vintage``."""

    vintage: int
    communes: tuple[str, ...]


def out_of_sector(post: Post) -> OutOfSector | None:
    """What the units serve beyond the EPCI covered, by the newest vintage loaded; None when nothing can be told.

    Nothing is told of a post without a commune, nor while one EPCI it covers has no SIREN or no members known: what
    is missing from the reference would look out of sector. Six queries at most.
    """
    codes = {code for link in post.post_units.select_related("unit") for code in link.unit.communes}
    sirens = {link.organisation.siren for link in post.coverage.select_related("organisation")}
    vintage = RefEpciYear.objects.of_sirens(sirens).order_by("-vintage").values_list("vintage", flat=True).first()
    if not codes or not sirens or "" in sirens or vintage is None:
        return None
    known = set(RefEpciYear.objects.of_vintage(vintage).of_sirens(sirens).values_list("epci_id", flat=True))
    if known != sirens:
        return None
    rows = (
        RefCommuneYear.objects.of_vintage(vintage).of_communes(codes).select_related("commune").order_by("commune_id")
    )
    return OutOfSector(vintage, tuple(str(row.commune) for row in rows if row.epci_id not in sirens))
