"""How long a convention binds: its period, what avenants made of it, its tacit renewals, what ended it. Reads only.

A tacit renewal is a value typed for the convention (``variables["tacit_renewal"]``): ``months``, the length of each new
period, and ``limit``, how many may follow (absent: without limit). Who may leave tells it before the exit deadline.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from conventions.avenants import SignedAvenant, signed_avenants
from conventions.enums import ChangeKind
from conventions.models import Avenant, Convention, ConventionEnding
from core.errors import InvalidInput
from core.french import add_months, date_long
from core.french.numbers import counted

ONE_DAY = dt.timedelta(days=1)
#: Months between the exit reminder and the end of a term, when the convention sets no notice.
DEFAULT_NOTICE = 3


@dataclass(frozen=True)
class Renewal:
    """Tacit renewal: each new period's ``months``; ``limit`` renewals at most (None: no limit)."""

    months: int
    limit: int | None = None
    #: Keys of the organisations that may leave; empty: each party.
    leavers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Effect:
    """When a denunciation takes effect, and how that was found, in French. ``late``: too late for the coming term."""

    last_day: dt.date
    notice_months: int
    working: str
    late: bool = False


@dataclass(frozen=True)
class Term:
    """One period of the agreement, first (``rank`` 0) or renewed. ``exit_by``: last day to leave at its end."""

    rank: int
    start: dt.date
    end: dt.date
    exit_by: dt.date

    @property
    def is_renewed(self) -> bool:
        return self.rank > 0


def renewal_of(convention: Convention) -> Renewal | None:
    """The convention's tacit renewal; None when it needs an express one."""
    typed = convention.variables.get("tacit_renewal") or {}
    months = typed.get("months") if isinstance(typed, dict) else None
    if not isinstance(months, int) or months < 1:
        return None
    limit = typed.get("limit")
    leavers = typed.get("leavers") or []
    return Renewal(months, limit if isinstance(limit, int) and limit > 0 else None, tuple(str(key) for key in leavers))


def notice_of(convention: Convention) -> int:
    """Months of notice: the convention's own, else three."""
    return convention.notice_months or DEFAULT_NOTICE


def period_end_on(convention: Convention, day: dt.date, signed: list[SignedAvenant] | None = None) -> dt.date:
    """The end of the first period, with the avenants in effect on ``day``."""
    end, _by = period_change_on(convention, day, signed)
    return end


def period_change_on(
    convention: Convention, day: dt.date, signed: list[SignedAvenant] | None = None
) -> tuple[dt.date, Avenant | None]:
    """As :func:`period_end_on`, with the avenant that set it."""
    end, by = convention.period_end, None
    for item in in_effect(signed_avenants(convention) if signed is None else signed, day):
        for change in item.changes:
            if change["kind"] == ChangeKind.PERIOD:
                end, by = dt.date.fromisoformat(change["after"]["end"]), item.avenant
    return end, by


def in_effect(signed: list[SignedAvenant], day: dt.date) -> list[SignedAvenant]:
    """Avenants whose changes count on ``day``, in the order they apply: those repealed by then are left out."""
    active = [item for item in signed if item.avenant.effective_on <= day]
    repealed = {number for item in active for number in item.repeals}
    kept = [item for item in active if item.avenant.number not in repealed]
    return sorted(kept, key=lambda item: (item.avenant.effective_on, item.avenant.number))


def terms(convention: Convention, *, until: dt.date, signed: list[SignedAvenant] | None = None) -> list[Term]:
    """The first period and the renewals that start by ``until``, whatever was denounced."""
    return list(_terms(convention, until, signed))


def _terms(convention: Convention, until: dt.date, signed: list[SignedAvenant] | None) -> Iterator[Term]:
    start, end = convention.period_start, period_end_on(convention, dt.date.max, signed)
    renewal, notice, rank = renewal_of(convention), notice_of(convention), 0
    while rank == 0 or start <= until:
        yield Term(rank, start, end, add_months(end + ONE_DAY, -notice) - ONE_DAY)
        if renewal is None or (renewal.limit is not None and rank >= renewal.limit):
            return
        rank, start = rank + 1, end + ONE_DAY
        end = add_months(start, renewal.months) - ONE_DAY


def last_day_of(convention: Convention, signed: list[SignedAvenant] | None = None) -> dt.date:
    """The last day the convention binds as known today; ``dt.date.max`` when renewals follow without limit."""
    renewal = renewal_of(convention)
    signed = signed_avenants(convention) if signed is None else signed
    end = period_end_on(convention, dt.date.max, signed)
    if renewal is not None:
        end = dt.date.max if renewal.limit is None else _after(end, renewal)
    ended = [ending.last_day for ending in convention.endings.all()]
    return min([end, *ended])


def _after(end: dt.date, renewal: Renewal) -> dt.date:
    for _ in range(renewal.limit or 0):
        end = add_months(end + ONE_DAY, renewal.months) - ONE_DAY
    return end


def current_term(convention: Convention, day: dt.date) -> Term:
    """The period ``day`` falls in: the last one for a day after them all, the first for a day before."""
    found = terms(convention, until=day)
    return next(
        (term for term in found if term.start <= day <= term.end), found[-1] if day >= found[0].start else found[0]
    )


def ending_of(convention: Convention) -> ConventionEnding | None:
    """The act that ends it, the earliest last day first; None while it runs to its term."""
    return min(convention.endings.all(), key=lambda ending: (ending.last_day, ending.pk), default=None)


def denunciation_effect(convention: Convention, received_on: dt.date) -> Effect:
    """The last day of a convention denounced by a letter received on ``received_on``.

    With tacit renewals it stops the first term whose exit deadline is not past. Otherwise the notice runs from the
    reception, date to date. InvalidInput, which explains it, when the convention ends by itself before.
    """
    notice = notice_of(convention)
    final = last_day_of(convention)
    if not convention.period_start <= received_on <= final:
        raise InvalidInput(
            f"La convention n'est pas en vigueur le {date_long(received_on)} : elle ne se dénonce pas.",
            place="received_on",
        )
    if renewal_of(convention) is not None:
        return _leave_at_term(convention, received_on, notice, final)
    last = add_months(received_on, notice)
    if last >= final:
        raise InvalidInput(
            f"Reçue le {date_long(received_on)} avec un préavis de {counted(notice, 'mois', 'mois')}, elle ne prendrait"
            f" effet que le {date_long(last)} : la convention prend déjà fin le {date_long(final)}, sans dénonciation.",
            place="received_on",
        )
    working = (
        f"Reçue le {date_long(received_on)} ; préavis de {counted(notice, 'mois', 'mois')} : la convention lie les"
        f" parties jusqu'au {date_long(last)} inclus."
    )
    return Effect(last, notice, working)


def _leave_at_term(convention: Convention, received_on: dt.date, notice: int, final: dt.date) -> Effect:
    known = terms(convention, until=add_months(received_on, 12 * 10))
    coming = next(term for term in known if received_on <= term.end)
    stopped = next((term for term in known if received_on <= term.exit_by), None)
    if stopped is None or stopped.end >= final:
        raise InvalidInput(
            f"La dernière date utile, le {date_long(coming.exit_by)}, est passée, et la convention ne se renouvelle"
            f" plus ensuite : elle prend fin le {date_long(final)}, sans dénonciation.",
            place="received_on",
        )
    told = f"Reçue le {date_long(received_on)} ; préavis de {counted(notice, 'mois', 'mois')} avant l'échéance"
    if stopped == coming:
        working = (
            f"{told} : reçue au plus tard le {date_long(stopped.exit_by)}, elle empêche le renouvellement. La"
            f" convention prend fin le {date_long(stopped.end)}."
        )
        return Effect(stopped.end, notice, working)
    working = (
        f"{told} : trop tard pour l'échéance du {date_long(coming.end)}, qu'il fallait dénoncer au plus tard le"
        f" {date_long(coming.exit_by)}. La convention est renouvelée et prend fin à l'échéance suivante, le"
        f" {date_long(stopped.end)}."
    )
    return Effect(stopped.end, notice, working, late=True)
