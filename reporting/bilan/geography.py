"""Communes, EPCI and inhabitants of a département, as the public reference data count them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from parties.models import RefCommuneYear
from posts.models import Post
from reporting.bilan.coverage import Coverage, Reach, coverage_of
from reporting.protection.communes import Commune


@dataclass(frozen=True)
class Geography:
    """The communes of a département and its EPCI in one vintage; inhabitants are the municipal population."""

    vintage: int
    communes: dict[str, Commune]
    epcis: dict[str, str]

    def members(self, siren: str) -> frozenset[str]:
        return frozenset(code for code, commune in self.communes.items() if commune.epci == siren)

    def population(self, codes: Iterable[str]) -> int | None:
        """Inhabitants of ``codes``; None when none of them is known."""
        known = [self.communes[code].population for code in set(codes) if code in self.communes]
        return sum(known) if known else None

    def reach(self, post: Post) -> Reach:
        """What a post covers: the communes of its units by zone, else those of the EPCI it is said to cover."""
        by_zone: dict[str, set[str]] = {}
        for link in post.post_units.all():
            by_zone.setdefault(link.unit.zone, set()).update(link.unit.communes)
        listed = {zone: frozenset(codes) for zone, codes in by_zone.items() if codes}
        if listed:
            return Reach(post.key, post.label, listed)
        codes = frozenset().union(*(self.members(link.organisation.siren) for link in post.coverage.all()))
        return Reach(post.key, post.label, dict.fromkeys(sorted(post.zones), codes) if codes else {}, declared=True)

    def coverage(self, posts: Iterable[Post]) -> Coverage:
        reaches = [self.reach(post) for post in posts]
        return coverage_of(self.communes.values(), reaches, epcis=self.epcis, vintage=self.vintage)


def geography_of(code: str, year: int) -> Geography | None:
    """The département's geography in the vintage of ``year``, or the nearest before it, else the oldest known.

    Two queries. None when the reference data hold nothing of the département.
    """
    rows = RefCommuneYear.objects.filter(commune__departement_id=code)
    vintages = sorted(rows.order_by().values_list("vintage", flat=True).distinct())
    if not vintages:
        return None
    vintage = max((each for each in vintages if each <= year), default=vintages[0])
    found = rows.of_vintage(vintage).order_by("commune_id")
    communes, epcis = {}, {}
    columns = ("commune_id", "commune__name", "population", "epci_id", "epci__name")
    for insee, name, population, siren, epci in found.values_list(*columns):
        communes[insee] = Commune(insee, name, population, siren or "")
        if siren:
            epcis[siren] = epci
    return Geography(vintage, communes, epcis)


def populations(geography: Geography | None, post: Post) -> dict[str, int]:
    """Inhabitants a post serves, in all ("") and by zone where its units list their communes."""
    if geography is None:
        return {}
    reach = geography.reach(post)
    found = {"": geography.population(reach.all_communes)}
    if not reach.declared:
        found |= {zone: geography.population(codes) for zone, codes in reach.communes.items()}
    return {zone: count for zone, count in found.items() if count}


def time_shares(post: Post) -> dict[str, Decimal]:
    """Part of the post's time in each zone; empty unless every unit says its own."""
    shares: dict[str, Decimal] = {}
    for link in post.post_units.all():
        if link.percent is None:
            return {}
        shares[link.unit.zone] = shares.get(link.unit.zone, Decimal(0)) + link.percent
    total = sum(shares.values(), Decimal(0))
    return {zone: percent / total for zone, percent in shares.items()}
