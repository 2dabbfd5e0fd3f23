"""R01 and R35: what is added up, and what cannot be."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from core.findings import Finding, Mark, Severity, show
from core.money import euros, round_cent
from funding.allocation.arithmetic import half_up, to_decimal
from funding.checks.facts import REMAINDER, LineFacts, PlanFacts, StatedTotal

SUMS = "Le tableau de financement additionne ce que chacun paie : son total doit être exact."
#: Problems of the allocation that another rule reports in its own words.
REPORTED_ELSEWHERE = frozenset({"cost_unknown", "remainder_without_cost", "unbalanced", "group_not_covered"})


def stated_total(facts: PlanFacts) -> list[Finding]:
    """R01: the printed lines do not add up to the printed total, given what the total covers."""
    total = facts.stated_total
    printed = [line.printed for line in facts.leaves]
    if total is None or not printed or any(value is None for value in printed):
        return []
    found = sum((value for value in printed if value is not None), Decimal(0))
    accepted = _accepted(facts, total)
    if found in accepted:
        return []
    expected = min(accepted, key=lambda value: abs(value - found))
    gap = expected - found
    message = (
        f"Les parts font {euros(found)} alors que {_total_words(facts, total, expected)} : {_gap_words(gap)}."
        f"{_where(facts, gap)}"
    )
    return [_finding(facts, "", "R01", Severity.BLOCKING, message, found, expected, SUMS)]


def _accepted(facts: PlanFacts, total: StatedTotal) -> list[Decimal]:
    """What the lines may add up to, in euros for the period the plan pays: with or without travel."""
    base = total.amount
    if total.annual:
        base = to_decimal(half_up(facts.fraction * Fraction(base)))
    if total.with_travel is True:
        return [base]
    return [base + facts.travel] if total.with_travel is False else [base, base + facts.travel]


def _total_words(facts: PlanFacts, total: StatedTotal, expected: Decimal) -> str:
    written = f"le total écrit est de {euros(total.amount)}"
    if total.annual and facts.fraction != 1:
        return f"{written} par an, soit {euros(expected)} pour la période du plan"
    if total.with_travel is True:
        return f"{written}, frais de déplacement compris"
    if expected == total.amount + facts.travel and facts.travel:
        return f"{written} hors frais de déplacement et ces frais sont de {euros(facts.travel)}, soit {euros(expected)}"
    return f"{written}, sans que le document dise s'il comprend les déplacements" if facts.travel else written


def _gap_words(gap: Decimal) -> str:
    return f"il manque {euros(gap)}" if gap > 0 else f"il y a {euros(-gap)} de trop"


def _where(facts: PlanFacts, gap: Decimal) -> str:
    """Name the group that loses the whole gap, if one does."""
    for line in facts.lines:
        group_gap = _group_gap(facts, line)
        if group_gap is not None and group_gap[1] - group_gap[0] == gap:
            return f" L'écart vient de « {line.label} » : {euros(group_gap[0])} répartis sur {euros(group_gap[1])}."
    return ""


def groups(facts: PlanFacts) -> list[Finding]:
    """R01: the printed parts of a group's members do not add up to the group's part."""
    explained = {finding.computed for finding in stated_total(facts)}
    findings = []
    for line in facts.lines:
        gap = _group_gap(facts, line)
        if gap is None or gap[0] == gap[1]:
            continue
        if explained and _where(facts, gap[1] - gap[0]):
            continue  # the plan's own total already says it, and where
        message = (
            f"« {line.label} » doit {euros(gap[1])}, mais les parts de ses membres font {euros(gap[0])} : "
            f"{_gap_words(gap[1] - gap[0])}."
        )
        findings.append(_finding(facts, line.ref, "R01", Severity.BLOCKING, message, gap[0], gap[1], SUMS))
    return findings


def _group_gap(facts: PlanFacts, line: LineFacts) -> tuple[Decimal, Decimal] | None:
    """(printed by the members, due by the group) when something is printed inside; None otherwise."""
    members = [other for other in facts.lines if other.parent == line.ref]
    if not members or line.printed is None or all(member.stated is None for member in members):
        return None
    printed = [member.printed for member in members]
    if any(value is None for value in printed):
        return None
    return sum((value for value in printed if value is not None), Decimal(0)), line.printed


def balance(facts: PlanFacts) -> list[Finding]:
    """R01: the computed shares do not cover the cost, or something typed prevents computing them."""
    findings = []
    if facts.imbalance:
        size = euros(abs(facts.imbalance))
        what = (
            f"il manque {size} pour couvrir le coût"
            if facts.imbalance > 0
            else f"les parts dépassent le coût de {size}"
        )
        paid = None if facts.total_cost is None else facts.total_cost - facts.imbalance
        message = f"Le plan n'est pas équilibré : {what}."
        findings.append(_finding(facts, "", "R01", Severity.BLOCKING, message, paid, facts.total_cost, SUMS))
    for trouble in facts.troubles:
        without_cost = trouble.code.endswith("_without_cost")
        if trouble.code not in REPORTED_ELSEWHERE:
            severity = Severity.EXPLAIN if trouble.code == "sub_cent" else Severity.BLOCKING
            source = "Sans le coût, une part calculée n'a pas de montant." if without_cost else SUMS
            findings.append(_finding(facts, trouble.ref, "R01", severity, trouble.message, None, None, source))
    return findings


def remainder_without_cost(facts: PlanFacts) -> list[Finding]:
    """R35: the employer takes the remainder of a cost nobody states, so its part cannot be shown."""
    if facts.shared_cost is not None:
        return []
    known = sum((round_cent(line.printed) for line in facts.leaves if line.printed is not None), Decimal(0))
    return [
        _finding(
            facts,
            line.ref,
            "R35",
            Severity.EXPLAIN,
            f"{line.label} prend le reste à charge, mais le coût du poste n'est pas indiqué : seuls {euros(known)} "
            "sont connus. Demandez le coût annuel à l'employeur.",
            None,
            None,
            "Un reste à charge se calcule sur un coût connu (conventions à parts fixes).",
        )
        for line in facts.leaves
        if line.mode == REMAINDER and line.printed is None
    ]


def _finding(
    facts: PlanFacts,
    ref: str,
    code: str,
    severity: Severity,
    message: str,
    stated: Decimal | None,
    computed: Decimal | None,
    source: str,
) -> Finding:
    return Finding(
        code=code,
        severity=severity,
        place=facts.share_place(ref),
        message=message,
        stated=show(stated),
        computed=show(computed),
        source=source,
        mark=Mark.STATED,
        url=facts.share_url(ref),
    )
