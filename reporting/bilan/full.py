"""The whole bilan of a territory: the table of the act and every other part, as one version's readers may see it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from django.conf import settings
from django.utils import timezone

from core import rls
from core.findings import Finding
from parties.actors import Actor
from posts.models import Post
from reporting.bilan.activity_parts import quarters, quarters_by_post, ratios
from reporting.bilan.checks import checks, known_of
from reporting.bilan.compute import year_bilan
from reporting.bilan.copil_parts import copil_part, written_points
from reporting.bilan.coverage import Coverage
from reporting.bilan.coverage_parts import coverage_parts
from reporting.bilan.geography import Geography, geography_of
from reporting.bilan.model import Bilan
from reporting.bilan.money_parts import money_parts, read_money
from reporting.bilan.parts import Part
from reporting.bilan.publication import Version, publication
from reporting.bilan.report_parts import report_part
from reporting.bilan.service import TerritoryBilan, bilan_of, covers_all, post_years, posts_in, posts_read
from reporting.campaigns.reading import reports_of


@dataclass(frozen=True)
class FullBilan:
    """``document``: the annexe-like table; ``parts``: what follows it; ``before``: the year before, same version.

    ``checks``: what to look at before it leaves; empty in the versions that do.
    """

    document: TerritoryBilan
    parts: tuple[Part, ...]
    before: Bilan | None
    checks: tuple[Finding, ...]

    @property
    def bilan(self) -> Bilan:
        return self.document.bilan

    def part(self, key: str) -> Part | None:
        return next((part for part in self.parts if part.key == key), None)


def full_bilan(*, year: int, by: Actor, version: Version | None = None, today: dt.date | None = None) -> FullBilan:
    """The bilan of ``year`` with all its parts, whole or as ``version`` may leave. Errors: see ``territory_bilan``.

    The number of queries does not depend on that of posts or years.
    """
    day = today or timezone.localdate()
    posts = posts_read(by=by)
    geography = geography_of(by.territory.code, year)
    found = bilan_of(posts, year=year, by=by, today=day, geography=geography)
    whole = found.bilan
    before = _before(posts, year, day, geography)
    everyone = _everyone(by, year, day) if version and not covers_all(by) else {}
    shown = found if version is None else replace(found, whole=everyone.get(year)).for_readers(version)
    kept = posts_in(posts, year)
    money = read_money(year=year, by=by, posts=[post.pk for post in kept])
    if money is not None and money.changed is not None:
        shown = replace(shown, data_at=max(shown.data_at, money.changed))
    reports = reports_of(by, year=year, today=day)
    coverage = geography.coverage(kept) if geography else None
    pks = [post.pk for post in kept]
    parts = [
        ratios(shown.bilan, full=whole, inhabitants=_inhabitants(whole, kept, geography)),
        quarters(shown.bilan),
        quarters_by_post(shown.bilan),
        *_coverage(coverage, by, version),
        report_part(reports, year=year),
        *money_parts(money, safe=version is not None),
    ]
    if version is not Version.PUBLISHED:
        parts.append(
            copil_part(
                shown.bilan,
                coverage=coverage if covers_all(by) else None,
                reports=reports,
                written=written_points(year=year, posts=pks, safe=version is not None),
                safe=version is not None,
            )
        )
    earlier = before
    if before is not None and version is not None:
        earlier = publication(before, version, whole=everyone.get(year - 1)).bilan
    return FullBilan(
        document=shown,
        parts=tuple(parts),
        before=earlier,
        checks=() if version else _checks(posts, year, day, geography, whole, before),
    )


def _everyone(by: Actor, year: int, day: dt.date) -> dict[int, Bilan]:
    """The bilans of every post of the territory, for the year and the one before.

    The whole territory decides what is hidden of a post, whoever asks: a part of it published beside the whole would
    give figures back. Only that decision comes out of what is read here.
    """
    system = Actor.system(by.territory)
    with rls.acting(system.context):
        posts = posts_read(by=system)
        return {
            each: year_bilan(year=each, posts=[row for _, row in post_years(posts, each, day)])
            for each in (year, year - 1)
        }


def _before(posts: list[Post], year: int, day: dt.date, geography: Geography | None) -> Bilan | None:
    found = year_bilan(year=year - 1, posts=[row for _, row in post_years(posts, year - 1, day, geography)])
    return None if found.is_empty else found


def _checks(
    posts: list[Post], year: int, day: dt.date, geography: Geography | None, whole: Bilan, before: Bilan | None
) -> tuple[Finding, ...]:
    known = known_of(row for _, row in post_years(posts, year, day, geography))
    return checks(whole, known=known, before=before, threshold=Version.PUBLISHED.threshold)


def _inhabitants(whole: Bilan, posts: list[Post], geography: Geography | None) -> int | None:
    """Those of the communes of the posts that report, each counted once; None when one post's are not known."""
    if geography is None:
        return None
    reporting = {row.key for row in whole.rows if row.reports}
    reaches = [geography.reach(post) for post in posts if post.key in reporting]
    if not reaches or not all(reach.communes for reach in reaches):
        return None
    return geography.population(frozenset().union(*(reach.all_communes for reach in reaches)))


def _coverage(coverage: Coverage | None, by: Actor, version: Version | None) -> list[Part]:
    if not covers_all(by):
        # White zones are the département's business: one body's posts would show the rest as white.
        return []
    return coverage_parts(coverage, code=by.territory.code, under=settings.COSIGNE_SMALL_COMMUNE if version else 0)
