"""R03, R04, R05, R28 and R42 across a vote, the conventions it adopts and what is really attached."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.urls import reverse

from conventions.checks import check_deliberation
from conventions.commission.plan import share_of
from conventions.enums import DecisionKind
from conventions.models import Decision
from core.findings import Finding, Severity, ordered, show
from core.money import euros
from reporting.commission.reading import Commission


def commission_findings(commission: Commission) -> list[Finding]:
    """What does not agree in the dossier; nothing when every figure and every annex does."""
    found = [
        *check_deliberation(commission.deliberation),
        *r03_attributions(commission),
        *r05_votes(commission),
        *r42_annexes(commission),
    ]
    return ordered(found)


def _finding(
    commission: Commission, code: str, severity: Severity, path: str, message: str, stated: object, computed: object
) -> Finding:
    return Finding(
        code=code,
        severity=severity,
        place=f"deliberations[{commission.deliberation.key}]{path}",
        message=message,
        stated=show(stated),
        computed=show(computed),
        source=f"Contrôle {code} de Cosigne",
        url=reverse("deliberation", args=[commission.deliberation.uuid]),
    )


def _path(decision: Decision) -> str:
    return f".decisions[{decision.position}]"


def r03_attributions(commission: Commission) -> Iterator[Finding]:
    """R03: what an article attributes is what the convention's plans make the body pay."""
    for decision in commission.decisions:
        if decision.kind != DecisionKind.ATTRIBUTION:
            continue
        drafts = [commission.drafts[c.pk] for c in decision.conventions.all() if c.pk in commission.drafts]
        shares = [share_of(draft, commission.deliberation.organisation) for draft in drafts if not draft.is_bipartite]
        known = [share for share in shares if share is not None]
        if not drafts or len(known) != len(shares):
            continue
        total = sum(known)
        if decision.amount != total:
            said = "rien" if decision.amount is None else euros(decision.amount)
            yield _finding(
                commission,
                "R03",
                Severity.BLOCKING,
                f"{_path(decision)}.amount",
                f"L'article {decision.position} attribue {said} ; les plans de"
                f" {', '.join(d.convention.reference for d in drafts)} donnent {euros(total)}.",
                decision.amount,
                total,
            )


def r05_votes(commission: Commission) -> Iterator[Finding]:
    """R05: those who voted are those present and those who gave a proxy, when all three are known."""
    vote = commission.deliberation
    votes = (vote.votes_for, vote.votes_against, vote.abstentions)
    proxies = getattr(vote, "delegations", None)
    if vote.present is None or proxies is None or any(count is None for count in votes):
        return
    voters = sum(count for count in votes if count is not None)
    if voters != vote.present + proxies:
        yield _finding(
            commission,
            "R05",
            Severity.EXPLAIN,
            ".votes",
            f"{voters} voix exprimées ou abstentions pour {vote.present} présents et {proxies} pouvoirs.",
            voters,
            vote.present + proxies,
        )


def r42_annexes(commission: Commission) -> Iterator[Finding]:
    """R42: each convention adopted has a text to attach, and an article cites it by its place among the annexes."""
    for annex in commission.annexes:
        if annex.convention is not None and annex.content is None:
            yield _finding(
                commission,
                "R42",
                Severity.BLOCKING,
                f".annexes[{annex.number}]",
                f"La convention {annex.convention.reference} est adoptée sans texte à joindre : choisissez son modèle.",
                annex.convention.reference,
                "",
            )
    wrong = [
        (decision, attached)
        for decision in commission.decisions
        if (cited := [int(number) for number in re.findall(r"\d+", decision.annex)])
        and cited != (attached := sorted(commission.annex_numbers[c.pk] for c in decision.conventions.all()))
    ]
    if not wrong:
        return
    # One finding: an annex taken off shifts all those after it.
    details = [
        f"article {decision.position} : annexe {decision.annex} citée, {_numbers(attached)}"
        for decision, attached in wrong
    ]
    yield _finding(
        commission,
        "R42",
        Severity.BLOCKING,
        ".decisions.annex",
        f"Les annexes citées ne sont pas celles qui sont jointes ({' ; '.join(details)}).",
        ", ".join(decision.annex for decision, _attached in wrong),
        ", ".join(str(number) for _decision, attached in wrong for number in attached),
    )


def _numbers(attached: list[int]) -> str:
    return f"jointe en {', '.join(map(str, attached))}" if attached else "non jointe"
