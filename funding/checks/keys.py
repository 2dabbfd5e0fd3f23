"""R12: keys against the amounts they give, against 100 %, against official populations, against the zone served."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from core.findings import Finding, Mark, Severity, show
from core.money import euros, number_fr, percent
from funding.allocation.arithmetic import half_up, to_decimal
from funding.checks.facts import KEY, KeyFacts, LineFacts, PlanFacts
from funding.enums import KeyBasis
from posts.enums import Zone

RULE = "La clé appliquée à la part du bloc donne le montant de chaque membre."
POPULATIONS = "Populations municipales officielles (paquet public decoupage-administratif)."
#: Percentages printed with two decimals may miss 100 by this much without hiding a mistake (3 × 33,33 %).
PRINTED_TOLERANCE = Decimal("0.05")


def key_amounts(facts: PlanFacts) -> list[Finding]:
    """R12: a stated amount is not what the key gives on the group's part."""
    findings = []
    for line in facts.leaves:
        if line.mode != KEY or line.stated is None or line.amount is None or line.exact is None:
            continue
        exact = line.exact + Fraction(line.borne)
        unit = Decimal(1) if line.stated == line.stated.to_integral_value() else Decimal("0.01")
        if line.stated in (line.amount, to_decimal(half_up(exact, Fraction(unit)))):
            continue
        findings.append(_amount_finding(facts, line, exact, unit))
    return findings


def _amount_finding(facts: PlanFacts, line: LineFacts, exact: Fraction, unit: Decimal) -> Finding:
    assert line.stated is not None
    assert line.amount is not None
    rounding_only = abs(Fraction(line.stated) - exact) < Fraction(unit)
    share = f"{_weight_words(facts, line)} de {euros(_base(facts, line))}"
    message = f"{line.label} : {share} donne {euros(line.amount)}, le document porte {euros(line.stated)}."
    if rounding_only:
        message += " L'écart tient dans l'arrondi : dites quelle règle a été suivie."
    severity = Severity.EXPLAIN if rounding_only else Severity.BLOCKING
    return _finding(facts, line.ref, severity, message, show(line.stated), show(line.amount), RULE)


def _weight_words(facts: PlanFacts, line: LineFacts) -> str:
    weights = [other.weight or Decimal(0) for other in facts.lines if other.parent == line.parent and other.mode == KEY]
    total = sum(weights, Decimal(0))
    weight = line.weight or Decimal(0)
    return percent(weight, 4) if abs(total - 100) <= PRINTED_TOLERANCE else f"{_plain(weight)}/{_plain(total)}"


def _plain(value: Decimal) -> str:
    return number_fr(value, 0 if value == value.to_integral_value() else 2)


def _base(facts: PlanFacts, line: LineFacts) -> Decimal:
    if line.parent is not None:
        return facts.line(line.parent).amount or Decimal(0)
    members = (o.amount or Decimal(0) for o in facts.lines if o.parent is None and o.mode == KEY)
    return sum(members, Decimal(0))


def key_sums(facts: PlanFacts) -> list[Finding]:
    """R12: typed percentages that do not sum to 100."""
    findings = []
    for key in facts.keys:
        total = sum(key.percents.values(), Decimal(0))
        if not key.percents or total == 100:
            continue
        near = abs(total - 100) <= PRINTED_TOLERANCE
        message = f"{key.label} : les pourcentages de la clé font {percent(total, 4)} au lieu de 100 %."
        severity = Severity.EXPLAIN if near else Severity.BLOCKING
        findings.append(_finding(facts, key.group, severity, message, show(total), "100", RULE))
    return findings


def key_populations(facts: PlanFacts) -> list[Finding]:
    """R12: typed percentages that are not those of the official populations of the vintage the key names."""
    findings = []
    for key in facts.keys:
        if not key.percents or set(key.official) != set(key.percents):
            continue
        computed = official_percents(key)
        if computed == dict(key.percents):
            continue
        rows = ", ".join(
            f"{facts.line(ref).label} {percent(key.percents[ref], 4)} au lieu de {percent(computed[ref], 4)}"
            for ref in key.percents
            if key.percents[ref] != computed[ref]
        )
        year = f" de {key.vintage}" if key.vintage else ""
        message = f"{key.label} : la clé s'écarte des populations officielles{year} ({rows})."
        findings.append(
            _finding(
                facts,
                key.group,
                Severity.EXPLAIN,
                message,
                _list(key.percents.values()),
                _list(computed.values()),
                POPULATIONS,
                Mark.VERIFIED,
            )
        )
    return findings


def official_percents(key: KeyFacts) -> dict[str, Decimal]:
    """Percentages of the official populations, with as many decimals as the typed ones carry (two at least)."""
    total = sum(key.official.values())
    decimals = max(2, *(_decimals(value) for value in key.percents.values()))
    step = Decimal(1).scaleb(-decimals)
    return {
        ref: (Decimal(key.official[ref]) * 100 / total).quantize(step, rounding=ROUND_HALF_UP) for ref in key.percents
    }


def _decimals(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _list(values: Iterable[Decimal]) -> str:
    return " / ".join(percent(value, 4) for value in values)


def key_zone(facts: PlanFacts) -> list[Finding]:
    """R12: a key on gendarmerie-zone communes for a post that also works, or only works, in police zone."""
    zones = frozenset().union(*(post.zones for post in facts.posts)) if facts.posts else frozenset()
    if Zone.POLICE.value not in zones:
        return []
    served = "en zone police et en zone gendarmerie" if Zone.GENDARMERIE.value in zones else "en zone police"
    return [
        _finding(
            facts,
            key.group,
            Severity.EXPLAIN,
            f"{key.label} : la clé compte les seuls habitants de la zone gendarmerie, alors que le poste travaille "
            f"{served}.",
            str(KeyBasis(key.basis).label),
            served,
            "La base d'une clé suit la zone où le poste travaille.",
        )
        for key in facts.keys
        if key.basis == KeyBasis.GENDARMERIE
    ]


def _finding(
    facts: PlanFacts,
    ref: str,
    severity: Severity,
    message: str,
    stated: str,
    computed: str,
    source: str,
    mark: Mark = Mark.STATED,
) -> Finding:
    return Finding(
        code="R12",
        severity=severity,
        place=facts.share_place(ref),
        message=message,
        stated=stated,
        computed=computed,
        source=source,
        mark=mark,
        url=facts.share_url(ref),
    )
