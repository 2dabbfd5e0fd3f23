"""R16 and R37: what is billed for time nobody worked, and a State share above its ceiling."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from core.findings import Finding, Mark, Severity, show
from core.french import date_range, enumerate_fr
from core.money import euros, percent
from funding.allocation.arithmetic import half_up, to_decimal
from funding.checks.facts import LineFacts, PlanFacts, PostFacts


def vacancy(facts: PlanFacts) -> list[Finding]:
    """R16: a post stood vacant during the plan's period, and the plan bills the whole of it."""
    findings = []
    for post in facts.posts:
        if post.due is None or post.due.of_period >= 1:
            continue
        billed = [line for line in facts.leaves if not line.is_employer and line.printed]
        rows = [(line, line.printed or Decimal(0), _due(facts, line, post)) for line in billed]
        # One amount for every financer reads better than their sum.
        same = len({(amount, owed) for _, amount, owed in rows}) == 1
        stated = rows[0][1] if same else _total(amount for _, amount, _ in rows)
        computed = rows[0][2] if same else _total(owed for _, _, owed in rows)
        detail = enumerate_fr(f"{line.label} {euros(amount)}, dont {euros(owed)} dus" for line, amount, owed in rows)
        gaps = enumerate_fr(date_range(absence.start, absence.end) for absence in post.due.absences)
        message = f"Le poste « {post.label} » est vacant {gaps}, et le plan compte la période entière"
        message += f" : {detail}." if rows else "."
        findings.append(
            Finding(
                code="R16",
                severity=Severity.EXPLAIN,
                place=f"{facts.place}.posts[{post.key}]",
                message=message,
                stated=show(stated),
                computed=show(computed),
                source="Un titre ne réclame que le temps où le poste est pourvu ; la convention, elle, ne change pas.",
                mark=Mark.STATED,
                url=facts.url,
            )
        )
    return findings


def _total(values: Iterable[Decimal]) -> Decimal:
    return sum(values, Decimal(0))


def _weight(facts: PlanFacts, post: PostFacts) -> Fraction:
    """The part of a grouped plan that one post stands for: as the plan divides it, else by working time."""
    total = sum((_own_weight(other) for other in facts.posts), Fraction(0))
    return _own_weight(post) / total if total else Fraction(1)


def _own_weight(post: PostFacts) -> Fraction:
    return Fraction(post.etp if post.weight is None else post.weight)


def _due(facts: PlanFacts, line: LineFacts, post: PostFacts) -> Decimal:
    """What is left of a line once the post's own part is reduced to the time it was filled."""
    assert post.due is not None
    amount = Fraction(line.printed or 0)
    own = facts.parts.get(line.ref, {}).get(post.key)
    part = Fraction(own) if own is not None and line.printed == line.amount else amount * _weight(facts, post)
    return to_decimal(half_up(amount - part * (1 - post.due.of_period)))


def state_share(facts: PlanFacts) -> list[Finding]:
    """R37 (unverified rule: it warns only): the State pays more than the ceiling in use."""
    ceiling = facts.state_ceiling
    if ceiling is None or not facts.total_cost:
        return []
    paid = _total(line.printed for line in facts.leaves if line.is_state and line.printed is not None)
    rate = (paid * 100 / facts.total_cost).quantize(Decimal("0.01"))
    if paid * 100 <= ceiling.percent * facts.total_cost:
        return []
    return [
        Finding(
            code="R37",
            severity=Severity.WATCH,
            place=facts.place,
            message=f"L'État paie {percent(rate)} du coût ({euros(paid)} sur {euros(facts.total_cost)}), "
            f"au-delà du plafond usuel de {percent(ceiling.percent)}.",
            stated=percent(rate),
            computed=percent(ceiling.percent),
            source=ceiling.source,
            mark=ceiling.mark,
            url=facts.url,
        )
    ]
