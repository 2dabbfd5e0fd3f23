"""Money at risk: each expected euro under one reason, explained to the cent. Pure: facts in, lines out.

The rule of precedence is that of :mod:`reporting.steering.reasons`; ADR 24 says why.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from core.french import date_long, enumerate_fr, plural
from core.french.dates import add_months
from core.money import euros
from funding.allocation.arithmetic import CENT, largest_remainder, to_decimal

from .facts import ZERO, Agreement, Ref, ShareFacts
from .reasons import ORDER, Reason


@dataclass(frozen=True)
class Risk:
    """A reason that applies to a share, before precedence: the place to mend it, its sentence, and since when."""

    reason: Reason
    why: str
    url: str
    since: dt.date | None = None


@dataclass(frozen=True)
class RiskLine:
    """An amount at risk under one reason. ``others``: the reasons that would count if this one were mended."""

    reason: Reason
    amount: Decimal
    share: ShareFacts
    why: str
    formula: str
    url: str
    others: tuple[Reason, ...] = ()
    since: dt.date | None = None

    @property
    def is_assumed(self) -> bool:
        return self.share.assumed

    @property
    def financer(self) -> str:
        return self.share.financer.label if self.share.financer else "Sans financeur"

    @property
    def posts(self) -> str:
        return ", ".join(post.label for post in self.share.posts)

    @property
    def explanation(self) -> str:
        return f"{self.formula} {self.why}".strip()

    @property
    def by_post(self) -> list[tuple[Ref, Decimal]]:
        """The amount over the posts, to the cent."""
        return list(zip(self.share.posts, parts(self.amount, self.share.weights), strict=True))


def parts(amount: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """``amount`` by weights, summing exactly to it; equal parts when no weight is known."""
    known = [Fraction(weight) for weight in weights]
    total = sum(known, Fraction(0))
    if not total:
        known, total = [Fraction(1)] * len(known), Fraction(len(known))
    exact = {f"{rank:04}": Fraction(amount) * weight / total for rank, weight in enumerate(known)}
    rounded = largest_remainder(exact, Fraction(amount), CENT)
    return [to_decimal(rounded[ref]) for ref in sorted(rounded)]


def risk_lines(shares: Iterable[ShareFacts], today: dt.date) -> list[RiskLine]:
    """Every line, the surest reason first, then the largest amounts."""
    found = [line for share in shares for line in lines_of(share, today)]
    return sorted(found, key=lambda row: (ORDER.index(row.reason), -row.amount, row.posts, row.financer))


def lines_of(share: ShareFacts, today: dt.date) -> Iterator[RiskLine]:
    """The amount of one share cut into disjoint parts, each under its first reason; what is safe gives no line."""
    if share.is_own or share.amount <= 0:
        return
    left = max(share.amount - min(share.called.received, share.amount), ZERO)
    received = f" - {euros(share.called.received)} encaissés" if share.called.received else ""
    lost = min(share.amount - share.due, left)
    if lost > 0:
        yield _vacancy(share, lost)
        left -= lost
    covered = share.due if share.covered is None else share.covered
    ended = min(share.due - covered, left)
    after = [*_expired(share, today), *_vote_after(share, today)]
    if ended > 0 and after:
        formula = f"{euros(share.due)} dus sur l’année - {euros(covered)} jusqu’à la fin de la convention"
        yield _line(share, ended, after, share.words or f"{formula} = {euros(share.due - covered)}.")
    left -= ended
    risks = [risk for check in CHECKS for risk in check(share, today)]
    if left <= 0 or not risks:
        return
    if share.words:
        yield _line(share, left, risks, share.words)
        return
    for amount, applying in _halves(share, left, risks):
        start = f"{euros(covered)} dus{received}" if amount == left else f"Sur {euros(left)} restant à recevoir"
        yield _line(share, amount, applying, f"{start} : {euros(amount)}.")


def _halves(share: ShareFacts, left: Decimal, risks: list[Risk]) -> Iterator[tuple[Decimal, list[Risk]]]:
    """What applies to all that is left; else what is not called, and what is called and late, apart."""
    whole = [risk for risk in risks if risk.reason not in (Reason.NOT_ISSUED, Reason.UNPAID, Reason.GRANT_LATE)]
    if whole:
        yield left, risks
        return
    late = min(share.called.late, left)
    to_call = min(max(left - max(share.called.claimed - share.called.received, ZERO), ZERO), left - late)
    for reason, amount in ((Reason.NOT_ISSUED, to_call), (Reason.UNPAID, late), (Reason.GRANT_LATE, late)):
        mine = [risk for risk in risks if risk.reason is reason]
        if amount > 0 and mine:
            yield amount, mine


def _line(share: ShareFacts, amount: Decimal, risks: list[Risk], formula: str) -> RiskLine:
    first, *others = sorted(risks, key=lambda risk: ORDER.index(risk.reason))
    said = tuple(dict.fromkeys(risk.reason for risk in others if risk.reason is not first.reason))
    return RiskLine(first.reason, amount, share, first.why, formula, first.url, said, first.since)


def _vacancy(share: ShareFacts, lost: Decimal) -> RiskLine:
    formula = f"{euros(share.amount)} - {euros(share.due)} dus = {euros(share.amount - share.due)}."
    return RiskLine(Reason.VACANCY, lost, share, share.due_words, formula, share.posts[0].url if share.posts else "")


# --- One question each ------------------------------------------------------------------------------------------------


def _no_financer(share: ShareFacts, today: dt.date) -> Iterator[Risk]:
    if share.financer is None:
        why = "Personne ne s’est engagé à payer cette part : sans financeur, l’action s’arrête."
        yield Risk(Reason.NO_FINANCER, why, share.plan.url, share.start)


def _expired(share: ShareFacts, today: dt.date) -> Iterator[Risk]:
    """The agreement stops before the money does: at once when it has ended, from its notice on when it has not."""
    ended = share.ended
    if ended is None or today < add_months(ended.ends, -ended.notice_months):
        return
    following = [each for each in share.agreements if not each.binding and each.ends > ended.ends]
    if following:
        yield Risk(Reason.UNSIGNED, _after(ended, today, following[0]), following[0].url, ended.ends)
    else:
        yield Risk(Reason.EXPIRED, _after(ended, today, None), ended.url, ended.ends)


def _after(ended: Agreement, today: dt.date, following: Agreement | None) -> str:
    verb = "a pris fin" if ended.ends < today else "prend fin"
    said = f"La convention {ended.reference} {verb} le {date_long(ended.ends)} et le poste continue."
    if following:
        return f"{said} Celle qui la suit, {following.reference}, n’est pas signée."
    return f"{said} Aucune autre convention ne la suit."


def _unpriced(share: ShareFacts, today: dt.date) -> Iterator[Risk]:
    if share.assumed and share.ended is None and any(each.binding for each in share.agreements):
        first = next(each for each in share.agreements if each.binding)
        why = f"La convention {first.reference} court, mais aucun plan ne chiffre cette période."
        yield Risk(Reason.UNPRICED, why, first.url, share.start)


def _deliberation(share: ShareFacts, today: dt.date) -> Iterator[Risk]:
    """The vote that lets the financer sign: asked for once the year runs or the text goes round.

    Of the signed agreement when there is one: the next one's vote is about what comes after it.
    """
    signed = [each for each in share.agreements if each.binding]
    for each in signed or share.agreements:
        if each.vote and (share.start <= today or each.binding or each.circulating):
            yield _lacking(each)
            return


def _vote_after(share: ShareFacts, today: dt.date) -> Iterator[Risk]:
    """The same for what comes after the signed agreement, once its end is near."""
    following = [each for each in share.agreements if not each.binding and each.vote]
    if following and any(_expired(share, today)):
        yield _lacking(following[0])


def _lacking(each: Agreement) -> Risk:
    return Risk(Reason.DELIBERATION, f"Convention {each.reference} : {each.vote}", each.vote_url, each.starts)


def _unsigned(share: ShareFacts, today: dt.date) -> Iterator[Risk]:
    if share.committed or share.ended or share.financer is None or today < share.start:
        return
    if any(each.binding for each in share.agreements):
        return
    since = f"La période financée court depuis le {date_long(share.start)}"
    if not share.agreements:
        yield Risk(Reason.UNSIGNED, f"{since} et aucune convention signée ne la porte.", share.plan.url, share.start)
        return
    names = enumerate_fr([each.reference for each in share.agreements])
    url = f"{share.agreements[0].url}?onglet=signatures"
    yield Risk(Reason.UNSIGNED, f"{since} et la convention {names} n’est pas signée.", url, share.start)


def _report(share: ShareFacts, today: dt.date) -> Iterator[Risk]:
    missing = [late for late in share.late if late.due_on < today]
    if missing:
        first = min(missing, key=lambda late: late.due_on)
        others = len(missing) - 1
        more = f" (et {others} {plural(others, 'autre')})" if others else ""
        why = f"{first.label} : attendu le {date_long(first.due_on)}{more}."
        yield Risk(Reason.REPORT, why, first.url, first.due_on)


def _not_issued(share: ShareFacts, today: dt.date) -> Iterator[Risk]:
    if not (share.committed and share.issues_titres and share.sees_claims) or share.closed or today < share.start:
        return
    if share.called.claimed >= (share.due if share.covered is None else share.covered):
        return
    why = "Le plan est engagé et cette part n’est pas demandée."
    if share.titre_by:
        verb = "devait l’être" if share.titre_by < today else "est à demander"
        why = f"Le plan est engagé et cette part n’est pas demandée : elle {verb} avant le {date_long(share.titre_by)}."
    late = share.titre_by if share.titre_by and share.titre_by < today else None
    yield Risk(Reason.NOT_ISSUED, why, share.called.url or share.plan.url, late)


def _unpaid(share: ShareFacts, today: dt.date) -> Iterator[Risk]:
    if share.called.late > 0 and share.sees_claims:
        reason = Reason.UNPAID if share.issues_titres else Reason.GRANT_LATE
        yield Risk(reason, share.called.words, share.called.url, share.called.late_since)


CHECKS: tuple[Callable[[ShareFacts, dt.date], Iterator[Risk]], ...] = (
    _no_financer,
    _unpriced,
    _deliberation,
    _unsigned,
    _report,
    _not_issued,
    _unpaid,
)
