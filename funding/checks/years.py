"""R13, R16, R17, R24, R37 and R43: a plan against its own period, its other years and the plans of the same posts."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from core.findings import Finding, Mark, Severity, show
from core.french import date_range, enumerate_fr
from core.money import euros, percent
from funding.checks.facts import LineFacts, PlanFacts

SCOPE = "Deux coûts ne se comparent que s'ils couvrent les mêmes dépenses."
PART = "Une année incomplète ne coûte que ses mois ou ses jours."
ONCE = "Une même journée d'un poste ne se finance pas deux fois."
EQUAL, FIXED, KEY = "equal", "fixed", "key"
#: Years a steady rise must last before it is asked about: two amounts are no trend.
TREND = 3


def cost_scope(facts: PlanFacts) -> list[Finding]:
    """R13: what the cost, or the printed total, covers is not what it covered the year before."""
    before, now = facts.near.previous, facts.near.current
    if before is None or now is None or not (before.shared | before.borne) or not (now.shared | now.borne):
        return []
    if (before.shared, before.borne) != (now.shared, now.borne):
        message = f"Le coût comprend {now.words}, alors que celui de {before.year} comprenait {before.words}."
        return [_finding(facts, "R13", message, now.words, before.words, SCOPE)]
    if None not in (before.with_travel, now.with_travel) and before.with_travel != now.with_travel:
        words = {True: "déplacements compris", False: "hors déplacements", None: ""}
        message = (
            f"Le total écrit est {words[now.with_travel]}, celui de {before.year} était {words[before.with_travel]}."
        )
        return [_finding(facts, "R13", message, words[now.with_travel], words[before.with_travel], SCOPE)]
    return []


def whole_cost_for_a_part(facts: PlanFacts) -> list[Finding]:
    """R16: the plan pays a part of the year and its costs are counted for the whole of it."""
    if not facts.is_partial or facts.fraction != 1 or facts.shared_cost is None:
        return []
    message = (
        f"Le plan court {date_range(facts.start, facts.end)} sans prorata : il compte "
        f"{euros(facts.total_cost or facts.shared_cost)}, le coût de l'année entière. Choisissez un prorata, ou dites "
        "que le coût saisi est celui de la période."
    )
    return [_finding(facts, "R16", message, show(facts.total_cost), "", PART)]


def prorated_parts(facts: PlanFacts) -> list[Finding]:
    """R17: printed parts of a partial year that are not the yearly ones × the prorata, one by one."""
    if facts.fraction == 1:
        return []
    findings = []
    for line in facts.leaves:
        if line.stated is None or line.exact is None or line.mode in (FIXED, KEY):
            continue  # a typed amount says itself what it is, a key's amount is R12's
        exact = line.exact + Fraction(line.borne)
        if abs(Fraction(line.stated) - exact) < 1:
            continue
        message = (
            f"{line.label} : le document porte {euros(line.stated)}, la part de la période est de "
            f"{euros(line.amount or Decimal(0))}."
        )
        findings.append(_finding(facts, "R17", message, show(line.stated), show(line.amount), PART, line.ref))
    return findings


def years_of_the_period(facts: PlanFacts) -> list[Finding]:
    """R17: the years of one period no longer make what was agreed for it, or one of them has no plan."""
    if facts.near.missing_years:
        years = enumerate_fr(str(year) for year in facts.near.missing_years)
        message = f"La période convenue court aussi en {years}, sans plan pour cette année : faites-le, ou changez-la."
        return [_finding(facts, "R17", message, "", years, PART)]
    gaps = [part for part in facts.near.agreed if part.agreed != part.stored]
    if not gaps:
        return []
    rows = enumerate_fr(f"{p.label} {euros(p.stored)} au lieu de {euros(p.agreed)}" for p in gaps)
    message = f"Les plans des années de la période ne font pas ce que ce plan convient pour elle : {rows}."
    stored, agreed = (sum((getattr(p, name) for p in gaps), Decimal(0)) for name in ("stored", "agreed"))
    return [_finding(facts, "R17", message, show(stored), show(agreed), PART, severity=Severity.BLOCKING)]


def equal_shares(facts: PlanFacts) -> list[Finding]:
    """R24: parts said equal, and printed amounts that differ by more than the rounding."""
    findings = []
    for parent in sorted({line.parent or "" for line in facts.leaves}):
        rows = [line for line in facts.leaves if (line.parent or "") == parent and line.mode == EQUAL]
        printed = [(line, line.stated - line.borne) for line in rows if line.stated is not None]
        if len(printed) < 2 or len(printed) < len(rows):
            continue
        amounts = [amount for _, amount in printed]
        if max(amounts) - min(amounts) <= 1:
            continue
        words = enumerate_fr(f"{line.label} {euros(amount)}" for line, amount in printed)
        message = f"Les parts sont dites égales, et le document porte {words} (hors frais supportés par un seul)."
        figures = " / ".join(show(amount) for amount in amounts)
        equal = " / ".join(show(_own(line)) for line, _ in printed)
        source = "Des parts égales ne s'écartent que de l'arrondi."
        findings.append(_finding(facts, "R24", message, figures, equal, source, parent))
    return findings


def _own(line: LineFacts) -> Decimal:
    return (line.amount or Decimal(0)) - line.borne


def steady_rise(facts: PlanFacts) -> list[Finding]:
    """R24: one amount moves by the same step every year while nobody else's moves at all."""
    steps = {name: _steps(amounts) for name, amounts in facts.near.history.items()}
    if len(steps) < 2 or any(len(found) < TREND - 1 for found in steps.values()):
        return []
    moving = [name for name, found in steps.items() if any(found)]
    if len(moving) != 1 or len(set(steps[moving[0]])) != 1:
        return []
    name, step = moving[0], steps[moving[0]][0]
    amounts = facts.near.history[name]
    path = ", ".join(f"{euros(amounts[year])} en {year}" for year in sorted(amounts))
    message = (
        f"{name} {'augmente' if step > 0 else 'baisse'} de {euros(abs(step))} chaque année ({path}), quand les autres "
        "parts ne bougent pas : est-ce convenu ?"
    )
    source = "Une part qui change seule, toujours d'autant, vient parfois d'un tableau recopié."
    return [_finding(facts, "R24", message, show(amounts[max(amounts)]), show(step), source)]


def _steps(amounts: Mapping[int, Decimal]) -> list[Decimal]:
    return [amounts[after] - amounts[before] for before, after in pairwise(sorted(amounts))]


def announced_rate(facts: PlanFacts) -> list[Finding]:
    """R37 (unverified, it only warns): a line that follows the State's schedule no longer has its rate."""
    findings = []
    for ref, rate in facts.near.rates.items():
        line = facts.line(ref)
        if line.percent is None or rate == line.percent:
            continue
        now = "n'a plus de taux pour cette année" if rate is None else f"donne {percent(rate)}"
        message = f"{line.label} : le plan applique {percent(line.percent)}, le barème de l'État {now}."
        findings.append(
            _finding(
                facts,
                "R37",
                message,
                show(line.percent),
                show(rate),
                "Barème de la part de l'État du territoire.",
                ref,
                severity=Severity.WATCH,
                mark=Mark.UNVERIFIED,
            )
        )
    return findings


def funded_twice(facts: PlanFacts) -> list[Finding]:
    """R43: another plan pays one of the posts on some of the same days."""
    return [
        _finding(
            facts,
            "R43",
            f"Le plan « {other.label} » finance déjà un de ces postes {date_range(other.start, other.end)} : la même "
            "journée serait appelée deux fois.",
            date_range(facts.start, facts.end),
            date_range(other.start, other.end),
            ONCE,
            severity=Severity.BLOCKING,
        )
        for other in facts.near.overlaps
    ]


RULES = (
    cost_scope,
    whole_cost_for_a_part,
    prorated_parts,
    years_of_the_period,
    equal_shares,
    steady_rise,
    announced_rate,
    funded_twice,
)


def _finding(
    facts: PlanFacts,
    code: str,
    message: str,
    stated: str,
    computed: str,
    source: str,
    ref: str = "",
    *,
    severity: Severity = Severity.EXPLAIN,
    mark: Mark = Mark.STATED,
) -> Finding:
    return Finding(
        code=code,
        severity=severity,
        place=facts.share_place(ref),
        message=message,
        stated=stated,
        computed=computed,
        source=source,
        mark=mark,
        url=facts.share_url(ref),
    )
