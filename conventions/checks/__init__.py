"""Checks on conventions and deliberations: one small pure function per rule, gathered here.

A finding with ``blocks_signature_only`` does not hold back submission or approval: it must be settled when the pen is
taken (R32).
"""

from __future__ import annotations

from collections.abc import Iterable

from conventions.models import Convention, Deliberation
from conventions.text.dossier import read
from core.findings import Finding, Severity, ordered
from funding.checks import check_plan, with_answers

from .annexes import r42_annexes
from .bodies import r30_ended
from .counts import r02_originals, r28_counts
from .deadlines import r39_committee, r39_dates, r39_reports, r45_deadlines, r49_breach_notice
from .deliberation import r04_attributions, r28_deliberation_counts
from .money import r15_continuity, r15_funded_days, r20_grants, r43_same_plan
from .names import r29_names
from .others import r34_votes, r36_third_parties
from .people import r22_interested, r23_mandates, r23_printed_people
from .period import r14_period, r14_retroactive
from .references import r48_edited, r48_imported
from .statements import r26_edited, r26_printed, r26_totals
from .text import r33_printed, t01_text
from .units import r46_articles, r46_shared
from .votes import authorisation_problem, r32_votes

__all__ = [
    "authorisation_problem",
    "blocking",
    "blocking_now",
    "check_convention",
    "check_convention_fully",
    "check_deliberation",
]

RULES = (
    r02_originals,
    r14_period,
    r14_retroactive,
    r15_funded_days,
    r15_continuity,
    r20_grants,
    r22_interested,
    r23_printed_people,
    r23_mandates,
    r26_printed,
    r26_totals,
    r26_edited,
    r28_counts,
    r29_names,
    r30_ended,
    r32_votes,
    r33_printed,
    r34_votes,
    r36_third_parties,
    r39_reports,
    r39_committee,
    r39_dates,
    r42_annexes,
    r43_same_plan,
    r45_deadlines,
    r46_articles,
    r46_shared,
    r48_imported,
    r48_edited,
    r49_breach_notice,
)


def check_convention(convention: Convention) -> list[Finding]:
    """Findings on the agreement itself: parties, counts, dates, names, votes."""
    draft = read(convention)
    return ordered(finding for rule in RULES for finding in rule(draft))


def check_convention_fully(convention: Convention) -> list[Finding]:
    """With those of its text and of its plans, and the explanations already given."""
    draft = read(convention)
    findings: list[Finding] = [finding for rule in RULES for finding in rule(draft)]
    findings.extend(t01_text(draft))
    for view in draft.plans:
        if view.only_financer_id is None:
            findings.extend(check_plan(view.plan))
    return ordered(with_answers(findings, convention.territory))


#: Rules that can forbid submission or approval; the others warn, or wait for the signature.
BEFORE_SIGNATURE = (r02_originals, r14_period, r28_counts, r29_names, r42_annexes, r48_imported, r48_edited, t01_text)


def blocking_now(convention: Convention) -> list[Finding]:
    """What forbids submitting: the same as ``blocking(check_convention_fully(…), at_signature=False)``, read quicker.

    A blocking finding cannot be answered: no answer is read. Nothing else than these rules and the plans' can block.
    """
    draft = read(convention)
    found: list[Finding] = [finding for rule in BEFORE_SIGNATURE for finding in rule(draft)]
    for view in draft.plans:
        if view.only_financer_id is None:
            found.extend(check_plan(view.plan))
    return blocking(found, at_signature=False)


def check_deliberation(deliberation: Deliberation) -> list[Finding]:
    """Findings on a vote: attributions against the budget line, counts it states."""
    return ordered([*r04_attributions(deliberation), *r28_deliberation_counts(deliberation)])


def blocking(findings: Iterable[Finding], *, at_signature: bool) -> list[Finding]:
    """Those that forbid the act: all blocking ones at signature, those of the text and figures before."""
    return [f for f in findings if f.severity is Severity.BLOCKING and (at_signature or not f.blocks_signature_only)]
