"""Checks on a vote: R04 (attributions and budget line) and R28 (counts it states)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from django.urls import reverse

from conventions.enums import DecisionKind
from conventions.models import Deliberation
from core.findings import Finding, Severity
from core.money import euros


def _place(deliberation: Deliberation, path: str) -> str:
    return f"deliberations[{deliberation.key}]{path}"


def attributions_total(deliberation: Deliberation) -> Decimal:
    """Sum of the attribution articles, in euros."""
    return sum(
        (
            decision.amount
            for decision in deliberation.decisions.all()
            if decision.kind == DecisionKind.ATTRIBUTION and decision.amount is not None
        ),
        start=Decimal(0),
    )


def r04_attributions(deliberation: Deliberation) -> Iterator[Finding]:
    """The attributions add up to what the budget article charges, within the credits available."""
    total = attributions_total(deliberation)
    charged = [
        decision.amount
        for decision in deliberation.decisions.all()
        if decision.kind == DecisionKind.IMPUTATION and decision.amount is not None
    ]
    url = reverse("deliberation", args=[deliberation.uuid])
    if charged and sum(charged) != total:
        yield Finding(
            code="R04",
            severity=Severity.BLOCKING,
            place=_place(deliberation, ".decisions"),
            message=f"Les attributions font {euros(total)}, l'article d'imputation {euros(sum(charged))}.",
            stated=str(sum(charged)),
            computed=str(total),
            source="Contrôle R04 de Cosigne",
            url=url,
        )
    line = deliberation.budget_line
    if line is not None and line.available is not None and total > line.available:
        yield Finding(
            code="R04",
            severity=Severity.BLOCKING,
            place=_place(deliberation, ".budget_line"),
            message=f"Les attributions ({euros(total)}) dépassent le disponible ({euros(line.available)}).",
            stated=str(line.available),
            computed=str(total),
            source="Contrôle R04 de Cosigne",
            url=url,
        )


def r28_deliberation_counts(deliberation: Deliberation) -> Iterator[Finding]:
    """Numbers of posts and of annexes the vote states, against the conventions it approves."""
    conventions = {
        link.convention
        for decision in deliberation.decisions.all()
        for link in decision.links.select_related("convention").all()
    }
    posts = {link.post_id for c in conventions if c.parent_id is None for link in c.convention_posts.all()}
    absent = sorted(c.reference for c in conventions if c.stated.get("absent"))
    stated_posts = deliberation.stated.get("posts")
    if isinstance(stated_posts, int) and conventions and stated_posts != len(posts):
        yield Finding(
            code="R28",
            severity=Severity.BLOCKING,
            place=_place(deliberation, ".stated.posts"),
            message=f"La délibération compte {stated_posts} postes, ses conventions en portent {len(posts)}.",
            stated=str(stated_posts),
            computed=str(len(posts)),
            source="Contrôle R28 de Cosigne",
            url=reverse("deliberation", args=[deliberation.uuid]),
        )
    if absent:
        yield Finding(
            code="R28",
            severity=Severity.BLOCKING,
            place=_place(deliberation, ".stated.annexes"),
            message=f"Des conventions approuvées en annexe ne figurent pas au document publié : {', '.join(absent)}.",
            stated=str(deliberation.stated.get("annexes", "")),
            computed=str(len(conventions) - len(absent)),
            source="Contrôle R28 de Cosigne",
            url=reverse("deliberation", args=[deliberation.uuid]),
        )
