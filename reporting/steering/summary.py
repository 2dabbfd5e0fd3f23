"""Totals of the money at risk by reason, financer and post, and the votes to gather. Pure; amounts in euros."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from core.money import euros
from parties.actors import Actor

from .facts import ZERO, Agreement, Ref, ShareFacts
from .reading import Reading, read_year
from .reasons import MEANING, ORDER, Reason
from .risk import RiskLine, risk_lines


@dataclass(frozen=True)
class Total:
    """What one reason, financer or post amounts to. ``key`` is what the filters of the address use."""

    key: str
    label: str
    amount: Decimal
    lines: int
    note: str = ""
    url: str = ""


@dataclass(frozen=True)
class Gathering:
    """The votes a convention waits for (domain, case 13): without one financer the action stops.

    ``by_day``: all must exist by then; ``amount``: what the financers of its plans pay together for the year.
    """

    agreement: Agreement
    missing: tuple[str, ...]
    posts: tuple[Ref, ...]
    amount: Decimal

    @property
    def by_day(self) -> dt.date:
        return self.agreement.starts


@dataclass(frozen=True)
class Picture:
    """The money at risk of a year as one reader sees it; ``expected``: all that the financers owe or would owe."""

    reading: Reading
    lines: tuple[RiskLine, ...]
    today: dt.date

    @property
    def year(self) -> int:
        return self.reading.year

    @property
    def firm(self) -> list[RiskLine]:
        return [line for line in self.lines if not line.is_assumed]

    @property
    def assumed(self) -> list[RiskLine]:
        """Amounts no plan says: shown, in no total."""
        return [line for line in self.lines if line.is_assumed]

    @property
    def total(self) -> Decimal:
        return total(self.firm)

    @property
    def total_assumed(self) -> Decimal:
        return total(self.assumed)

    @property
    def expected(self) -> Decimal:
        shares = [share for share in self.reading.shares if not share.assumed and not share.is_own]
        return sum((share.amount for share in shares), ZERO)

    @property
    def received(self) -> Decimal:
        shares = [share for share in self.reading.shares if not share.assumed and not share.is_own]
        return sum((min(share.called.received, share.amount) for share in shares), ZERO)

    def by_reason(self) -> list[Total]:
        found = _grouped(self.firm, lambda line: line.reason, lambda line: (str(line.reason), str(line.reason.label)))
        rows = [replace(row, note=MEANING[Reason(row.key)]) for row in found]
        return sorted(rows, key=lambda row: ORDER.index(Reason(row.key)))

    def by_financer(self) -> list[Total]:
        found = _grouped(self.firm, _financer_key, lambda line: (_financer_key(line), line.financer))
        return sorted(found, key=lambda row: (-row.amount, row.label))

    def by_post(self) -> list[Total]:
        split = [narrowed(line, post.uuid) for line in self.firm for post in line.share.posts]
        found = _grouped(split, lambda line: line.share.posts[0].uuid, _post_key)
        urls = {post.uuid: post.url for line in self.firm for post in line.share.posts}
        return sorted((replace(row, url=urls[row.key]) for row in found), key=lambda row: (-row.amount, row.label))

    def kept(self, *, reason: str = "", financer: str = "", post: str = "") -> Picture:
        """Only the lines that answer the filters; a line over several posts keeps the part of the post asked for."""
        rows = [line for line in self.lines if not reason or line.reason == reason]
        rows = [line for line in rows if not financer or _financer_key(line) == financer]
        if post:
            rows = [narrowed(line, post) for line in rows if any(each.uuid == post for each in line.share.posts)]
        return replace(self, lines=tuple(rows))

    def gatherings(self) -> list[Gathering]:
        """Unsigned conventions of the year that wait for a vote, the nearest day first."""
        found: dict[str, list[tuple[ShareFacts, Agreement]]] = {}
        for share in self.reading.shares:
            for each in share.agreements:
                if not each.binding and not share.assumed:
                    found.setdefault(each.reference, []).append((share, each))
        rows = [_gathering(pairs) for pairs in found.values()]
        return sorted((row for row in rows if row.missing), key=lambda row: (row.by_day, row.agreement.reference))


def picture(by: Actor, *, year: int, today: dt.date) -> Picture:
    """The money at risk of ``year``. Raises ``NotAllowed`` for who does not see the plans."""
    by.require("plan.view")
    reading = read_year(by, year=year, today=today)
    return Picture(reading, tuple(risk_lines(reading.shares, today)), today)


def narrowed(line: RiskLine, post: str) -> RiskLine:
    """The part of the line that is this post's; the line itself when it has no other."""
    if len(line.share.posts) < 2:
        return line
    ref, amount = next(pair for pair in line.by_post if pair[0].uuid == post)
    share = replace(line.share, posts=(ref,), weights=(Decimal(1),))
    formula = f"{line.formula} Dont {euros(amount)} pour {ref.label}."
    return replace(line, share=share, amount=amount, formula=formula)


def total(lines: Iterable[RiskLine]) -> Decimal:
    return sum((line.amount for line in lines), ZERO)


def _financer_key(line: RiskLine) -> str:
    return line.share.financer.uuid if line.share.financer else "aucun"


def _post_key(line: RiskLine) -> tuple[str, str]:
    post = line.share.posts[0]
    return post.uuid, post.label


def _grouped(
    lines: Sequence[RiskLine], key: Callable[[RiskLine], Hashable], named: Callable[[RiskLine], tuple[str, str]]
) -> list[Total]:
    groups: dict[Hashable, list[RiskLine]] = {}
    for line in lines:
        groups.setdefault(key(line), []).append(line)
    return [Total(*named(rows[0]), total(rows), len(rows)) for rows in groups.values()]


def _gathering(pairs: Sequence[tuple[ShareFacts, Agreement]]) -> Gathering:
    missing = dict.fromkeys(share.financer.label for share, each in pairs if each.vote and share.financer)
    posts = {post.uuid: post for share, _each in pairs for post in share.posts}
    amount = sum((share.amount for share, _each in pairs), ZERO)
    return Gathering(pairs[0][1], tuple(missing), tuple(posts.values()), amount)
