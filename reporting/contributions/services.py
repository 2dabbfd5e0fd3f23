"""Preparing, giving and withdrawing a contribution. Nothing leaves but by ``contribute``."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils import timezone

from core.errors import BusinessError, InvalidInput
from parties.actors import Actor
from reporting.bilan.publication import Version
from reporting.contributions.content import Content, cells, content_hash, content_of, former_of
from reporting.contributions.definitions import DEFINITIONS
from reporting.contributions.measure import measure
from reporting.contributions.protection import cells_to_hide
from reporting.models import Contribution, ContributionAct

ABILITY = "observatory.contribute"
#: First half of the advisory lock's key: any number of its own.
LOCK_CLASS = 1129270099


@dataclass(frozen=True)
class Prepared:
    """What would leave, and what is in force.

    ``exposed``: what would betray a small count to who lays it beside the contribution, whatever is hidden.
    """

    year: int
    content: Content
    sha256: str
    in_force: Contribution | None
    last: Contribution | None
    exposed: tuple[str, ...]
    is_empty: bool
    is_over: bool

    @property
    def is_same(self) -> bool:
        return self.in_force is not None and self.in_force.sha256 == self.sha256

    @property
    def hidden(self) -> int:
        return sum(1 for row in cells(self.content).values() if row["hidden"])


def prepare(*, year: int, by: Actor, today: dt.date | None = None) -> Prepared:
    """Exactly what ``contribute`` would freeze now. Writes nothing. Raises ``NotAllowed``, ``InvalidInput``."""
    by.require(ABILITY)
    day = today or timezone.localdate()
    if year > day.year:
        raise InvalidInput(f"L'année {year} n'a pas commencé.", place="year")
    measured = measure(year=year, by=by, today=day)
    threshold = Version.PUBLISHED.threshold
    given = Contribution.objects.filter(territory_id=by.territory_id, year=year).order_by("pk")
    rows = list(given)
    last = rows[-1] if rows else None
    # A withdrawn contribution was read too: a correction is held against the last that left.
    read = next((row for row in reversed(rows) if row.is_given), None)
    former = former_of(read.content) if read else None
    hidden = cells_to_hide(measured, threshold=threshold, former=former)
    content = content_of(territory=by.territory, measured=measured, hidden=hidden, threshold=threshold)
    return Prepared(
        year=year,
        content=content,
        sha256=content_hash(content),
        in_force=last if last is not None and last.is_given else None,
        last=last,
        exposed=hidden.exposed,
        is_empty=measured.is_empty,
        is_over=year < day.year,
    )


@transaction.atomic
def contribute(*, year: int, by: Actor, seen: str = "", today: dt.date | None = None) -> tuple[Contribution, bool]:
    """Give the year's protected aggregates to the observatoire: (the contribution in force, whether it is new).

    ``seen``: SHA-256 of what was shown before confirming; refused when the figures changed since. Given again without
    a change, nothing is written; with a change, a new row replaces the former one. Raises ``BusinessError`` when there
    is nothing to give.
    """
    by.require(ABILITY)
    _lock(by)
    prepared = prepare(year=year, by=by, today=today)
    if seen and seen != prepared.sha256:
        raise BusinessError("Les chiffres ont changé depuis leur affichage : relisez-les, puis confirmez de nouveau.")
    if not prepared.is_over:
        raise BusinessError(f"L'année {year} n'est pas finie : sa contribution se transmet à partir de janvier.")
    if prepared.is_empty:
        raise BusinessError(f"Aucune activité n'est connue pour {year} : il n'y a rien à transmettre.")
    if prepared.in_force is not None and prepared.is_same:
        return prepared.in_force, False
    row = _write(year, by, prepared.last, act=ContributionAct.GIVEN, content=prepared.content, sha256=prepared.sha256)
    return row, True


@transaction.atomic
def withdraw(*, year: int, reason: str, by: Actor) -> Contribution:
    """Take the contribution in force back, with the reason. Withdrawing twice is withdrawing once.

    Raises ``InvalidInput`` without a reason, ``BusinessError`` when nothing was ever given for the year.
    """
    by.require(ABILITY)
    if not reason.strip():
        raise InvalidInput("Dites pourquoi la contribution est retirée.", place="reason")
    if len(reason.strip()) > 400:
        raise InvalidInput("Le motif dépasse 400 caractères.", place="reason")
    _lock(by)
    last = Contribution.objects.filter(territory_id=by.territory_id, year=year).order_by("-pk").first()
    if last is None:
        raise BusinessError(f"Aucune contribution n'a été transmise pour {year}.")
    if not last.is_given:
        return last
    return _write(year, by, last, act=ContributionAct.WITHDRAWN, reason=reason.strip())


def history(*, year: int, by: Actor) -> list[Contribution]:
    """Every act about the year, newest first. Raises ``NotAllowed``."""
    by.require(ABILITY)
    return list(Contribution.objects.filter(territory_id=by.territory_id, year=year).order_by("-pk"))


def _lock(by: Actor) -> None:
    """Two people confirming at once write one after the other, until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK_CLASS, by.territory_id])


def _write(year: int, by: Actor, last: Contribution | None, *, act: ContributionAct, **given: object) -> Contribution:
    return Contribution.objects.create(
        territory=by.territory,
        year=year,
        act=act,
        definitions=DEFINITIONS,
        replaces=last,
        by=by.user,
        by_label=by.label,
        **given,
    )
