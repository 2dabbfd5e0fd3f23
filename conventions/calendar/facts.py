"""What the calendar needs to know of one convention: plain values, no query."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from .obligation import Body
from .schedule import Asked

Month = tuple[int, int]


@dataclass(frozen=True)
class PartyFacts:
    """``voted_on``: the vote that authorises it; ``enforceable_on``: from when its executive may sign."""

    body: Body
    must_vote: bool
    voted_on: dt.date | None = None
    enforceable_on: dt.date | None = None
    url: str = ""


@dataclass(frozen=True)
class GrantFacts:
    """A share of an association's plan, as the grants' pages follow it. ``instalments``: day, wholly paid."""

    uuid: str
    financer: Body
    url: str
    is_state: bool
    request_deadline: dt.date | None
    requested_on: dt.date | None
    instalments: tuple[tuple[dt.date, bool], ...] = ()
    publish_by: dt.date | None = None
    published_on: dt.date | None = None


@dataclass(frozen=True)
class TitreFacts:
    debtor: Body
    sent: bool


@dataclass(frozen=True)
class PlanFacts:
    """One year of financing. ``payers``: who owes something to the employer; ``fipd``: the State pays through it."""

    key: str
    label: str
    url: str
    year: int
    employer: Body
    is_association: bool
    issues_titres: bool
    settled: bool
    fipd: bool
    payers: tuple[Body, ...]
    titres: tuple[TitreFacts, ...] = ()
    #: Payers whose titres the reader sees: of the others, nothing can be said.
    claims_seen: frozenset[int] = frozenset()
    grants: tuple[GrantFacts, ...] = ()
    account_by: dt.date | None = None
    account_on: dt.date | None = None
    account_url: str = ""


@dataclass(frozen=True)
class PostFacts:
    """``months``: those whose figures are known; ``years``: those known as a whole.

    ``handed``: the reports handed in, by the key of their period.
    """

    key: str
    label: str
    url: str
    employer: Body
    months: frozenset[Month]
    years: frozenset[int]
    handed: frozenset[str] = frozenset()
    pk: int = 0
    #: The convention's own line for this post, which all its parties read; it is in the report's address.
    link: str = ""
    #: The reader does not see the post itself.
    hidden: bool = False


@dataclass(frozen=True)
class StepFacts:
    """The State's share falls on ``day``: from ``before`` to ``after`` per cent."""

    day: dt.date
    words: str
    source: str
    mark: str


@dataclass(frozen=True)
class AmendmentFacts:
    uuid: str
    label: str
    effect_on: dt.date
    signed: bool
    url: str


@dataclass(frozen=True)
class TacitFacts:
    """Renewed by itself for ``months`` more, ``limit`` times at most (None: without limit). ``leavers``: who may leave.

    ``until``: the last day known, once somebody ended it.
    """

    months: int
    limit: int | None = None
    leavers: tuple[Body, ...] = ()
    until: dt.date | None = None


@dataclass(frozen=True)
class ConventionFacts:
    """``signed``: all have signed and it runs; ``unsigned``: who has not signed the approved version yet."""

    uuid: str
    reference: str
    url: str
    start: dt.date
    end: dt.date
    signed: bool
    bipartite: bool
    parties: tuple[PartyFacts, ...]
    plans: tuple[PlanFacts, ...] = ()
    posts: tuple[PostFacts, ...] = ()
    reports: tuple[str, ...] = ()
    schedules: tuple[Asked, ...] = ()
    pk: int = 0
    committee: str = ""
    budget_deadline: dt.date | None = None
    payment_deadline: dt.date | None = None
    notice_months: int | None = None
    tacit: TacitFacts | None = None
    renewed: bool = False
    #: A partnership with a network head (family F6).
    network: bool = False
    approved_on: dt.date | None = None
    circulating: bool = False
    signatures: tuple[tuple[Body, dt.date | None], ...] = ()
    steps: tuple[StepFacts, ...] = ()
    amendments: tuple[AmendmentFacts, ...] = ()
