"""Checks on an avenant: that it changes something, that its dates and sums hold, that its votes exist."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from conventions.checks import authorisation_problem
from conventions.enums import ChangeKind
from conventions.models import Avenant
from conventions.situation import PlanNow, Situation, before_avenant
from conventions.text.avenant import Told, told_changes
from core.errors import InvalidInput
from core.findings import Finding, Severity, ordered
from core.french.dates import date_long
from core.money import euros

SOURCE = "Contrôle des avenants de Cosigne"


def check_avenant(avenant: Avenant) -> list[Finding]:
    """Every finding, worst first. One that ``blocks_signature_only`` does not hold back submission or approval."""
    before = before_avenant(avenant)
    try:
        told = told_changes(avenant, before)
    except InvalidInput as error:
        return [_finding(avenant, "A01", Severity.BLOCKING, error.message)]
    return ordered(
        [
            *_something(avenant, told),
            *_signatories(avenant),
            *_later(avenant, before, told),
            *_sums(avenant, before, told),
            *_past(avenant),
            *_votes(avenant),
        ]
    )


def _something(avenant: Avenant, told: list[Told]) -> Iterator[Finding]:
    if not told:
        yield _finding(avenant, "A01", Severity.BLOCKING, "L'avenant ne change rien : ajoutez au moins un changement.")


def _signatories(avenant: Avenant) -> Iterator[Finding]:
    for signatory in avenant.signatories.filter(mandate=None).select_related("party__organisation"):
        message = f"Personne n'est désigné pour signer au nom de {signatory.party.organisation}."
        yield _finding(avenant, "A02", Severity.BLOCKING, message)


def _later(avenant: Avenant, before: Situation, told: list[Told]) -> Iterator[Finding]:
    """A signed avenant of a later date that changes the same thing prevails from its date."""
    mine = {(item.kind, item.target) for item in told}
    repealed = {item.after["number"] for item in told if item.kind == ChangeKind.REPEAL}
    for item in before.upcoming:
        same = [c for c in item.changes if (c["kind"], c["target"]) in mine]
        if same and item.avenant.number not in repealed:
            yield _finding(
                avenant,
                "A03",
                Severity.EXPLAIN,
                f"L'{item.label}, qui prend effet plus tard ({date_long(item.avenant.effective_on)}), change aussi cet"
                f" élément : à partir de cette date c'est lui qui s'applique. « {same[0]['sentence']} » Pour l'écarter,"
                " abrogez-le.",
            )


def _sums(avenant: Avenant, before: Situation, told: list[Told]) -> Iterator[Finding]:
    """The new amounts beside the cost the plan was made of: a difference is said, to the cent."""
    changed = {
        (i.after["plan"], i.after["ref"]): Decimal(i.after["amount"]) for i in told if i.kind == ChangeKind.SHARE
    }
    for plan in before.plans:
        if not any(key == plan.plan.key for key, _ in changed):
            continue
        total, was = _total(plan, changed), plan.total
        if total is not None and was is not None and total != was:
            verb = "augmente" if total > was else "diminue"
            yield _finding(
                avenant,
                "A04",
                Severity.EXPLAIN,
                f"Le total de « {plan.plan.label} » {verb} de {euros(abs(total - was))} : {euros(was)} avant l'avenant,"
                f" {euros(total)} après. Vérifiez que c'est le coût convenu.",
                stated=str(total),
                computed=str(was),
            )


def _total(plan: PlanNow, changed: dict[tuple[str, str], Decimal]) -> Decimal | None:
    amounts = [changed.get((plan.plan.key, figure.ref), figure.amount) for figure in plan.figures]
    return None if None in amounts else sum((a for a in amounts if a is not None), Decimal(0))


def _past(avenant: Avenant) -> Iterator[Finding]:
    """A retroactive effect is allowed, and said."""
    votes = [p.deliberation.date for p in avenant.parties.select_related("deliberation") if p.deliberation]
    if votes and avenant.effective_on < max(votes):
        days = (max(votes) - avenant.effective_on).days
        yield _finding(
            avenant,
            "A05",
            Severity.EXPLAIN,
            f"Prise d'effet rétroactive : le {date_long(avenant.effective_on)}, soit {days} jours avant le vote du"
            f" {date_long(max(votes))}.",
        )


def _votes(avenant: Avenant) -> Iterator[Finding]:
    for party in avenant.parties.select_related("organisation", "deliberation"):
        problem = authorisation_problem(party, avenant.effective_on) if party.deliberation is None else ""
        if problem:
            yield _finding(avenant, "R32", Severity.BLOCKING, problem, signature=True)


def _finding(
    avenant: Avenant,
    code: str,
    severity: Severity,
    message: str,
    *,
    stated: str = "",
    computed: str = "",
    signature: bool = False,
) -> Finding:
    return Finding(
        code=code,
        severity=severity,
        place=f"conventions[{avenant.convention.reference}].avenants[{avenant.number}]",
        message=message,
        stated=stated,
        computed=computed,
        source=SOURCE,
        url=f"{avenant.get_absolute_url()}#{'parties' if signature else 'changements'}",
        blocks_signature_only=signature,
    )
