"""What the money at risk is computed from: plain values, no query. Amounts in euros, days inclusive."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True)
class Ref:
    """Something a line names and leads to. ``uuid`` is what the filters of the address use."""

    uuid: str
    label: str
    url: str = ""


@dataclass(frozen=True)
class Agreement:
    """A convention that carries the share. ``ends`` as known today; ``vote`` is None when no vote is missing."""

    reference: str
    url: str
    starts: dt.date
    ends: dt.date
    binding: bool
    circulating: bool = False
    notice_months: int = 3
    #: What the financer's vote lacks, in words; empty: nothing, or no vote is needed.
    vote: str = ""
    vote_url: str = ""


@dataclass(frozen=True)
class Late:
    """A report that should have been given."""

    label: str
    due_on: dt.date
    url: str


@dataclass(frozen=True)
class Called:
    """What a titre or a grant says of the share.

    ``claimed``: what is asked, advances included; ``received``: what came, advances included; ``url``: where it is.
    ``late``: what should have come by now, ``late_since`` its day.
    """

    claimed: Decimal = ZERO
    received: Decimal = ZERO
    late: Decimal = ZERO
    late_since: dt.date | None = None
    words: str = ""
    url: str = ""


@dataclass(frozen=True)
class ShareFacts:
    """One financer's part of one plan (or of a stretch without plan: ``assumed``).

    ``due``: what the occupancy leaves due; ``covered``: of which before the agreement ended, None when no end cuts it.
    """

    plan: Ref
    posts: tuple[Ref, ...]
    #: What each post counts for in the share, same order.
    weights: tuple[Decimal, ...]
    employer: Ref
    financer: Ref | None
    amount: Decimal
    due: Decimal
    start: dt.date
    end: dt.date
    due_words: str = ""
    covered: Decimal | None = None
    ended: Agreement | None = None
    committed: bool = False
    closed: bool = False
    is_own: bool = False
    agreements: tuple[Agreement, ...] = ()
    late: tuple[Late, ...] = ()
    called: Called = Called()
    #: Whether the reader sees what was claimed: of the others nothing can be said.
    sees_claims: bool = True
    issues_titres: bool = True
    titre_by: dt.date | None = None
    #: No plan says this amount: it is the last one known, said apart from the totals.
    assumed: bool = False
    words: str = ""
