"""The sentences of a deliberation's articles, from its decisions and from what is really attached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from conventions.enums import DecisionKind
from conventions.models import Convention, Decision
from conventions.text.dossier import Draft
from core.french import date_range, enumerate_fr, lower_first
from core.money import euros, in_words

from .assembly import Assembly

TO_FILL = "…………"


def article_texts(
    *,
    decisions: Sequence[Decision],
    assembly: Assembly,
    drafts: Mapping[int, Draft],
    annexes: Mapping[int, int],
    budget_line: str,
) -> list[tuple[int, str]]:
    """(article number, sentence) for each decision, in order.

    ``drafts`` and ``annexes`` give the reading and the annex number of each convention by its primary key; a convention
    that is not attached is named by its reference, without an annex.
    """
    paid = [d.position for d in decisions if d.kind == DecisionKind.ATTRIBUTION]
    return [(d.position, _sentence(d, assembly, drafts, annexes, budget_line, paid)) for d in decisions]


def _sentence(
    decision: Decision,
    assembly: Assembly,
    drafts: Mapping[int, Draft],
    annexes: Mapping[int, int],
    budget_line: str,
    paid: Sequence[int],
) -> str:
    conventions = sorted(decision.conventions.all(), key=lambda c: (annexes.get(c.pk, 0), c.reference))
    match decision.kind:
        case DecisionKind.RENEWAL:
            return f"De reconduire {decision.subject}."
        case DecisionKind.VALIDATION:
            return f"De valider la création de l'intervention suivante : {decision.subject}."
        case DecisionKind.ATTRIBUTION:
            return _attribution(decision, conventions, drafts)
        case DecisionKind.AUTHORISATION:
            return _authorisation(decision, assembly, conventions, drafts, annexes)
        case DecisionKind.IMPUTATION:
            return _charge(decision, budget_line, paid)
    return decision.subject


def _attribution(decision: Decision, conventions: Sequence[Convention], drafts: Mapping[int, Draft]) -> str:
    amount = TO_FILL if decision.amount is None else f"{euros(decision.amount)} ({in_words(decision.amount)})"
    to = decision.beneficiary.french.a() if decision.beneficiary else TO_FILL
    years = _years(conventions)
    # What is paid for is read from the convention: the words an act was imported with may only repeat who is paid.
    purpose = _posts(conventions, drafts) or decision.subject
    return f"D'attribuer {to} une participation de {amount}{years}{f', pour {purpose}' if purpose else ''}."


def _years(conventions: Sequence[Convention]) -> str:
    years = sorted({link.plan.year for c in conventions for link in c.convention_plans.all()})
    if not years:
        return ""
    return (
        f" au titre de l'année {years[0]}"
        if len(years) == 1
        else f" au titre des années {enumerate_fr(list(map(str, years)))}"
    )


def _authorisation(
    decision: Decision,
    assembly: Assembly,
    conventions: Sequence[Convention],
    drafts: Mapping[int, Draft],
    annexes: Mapping[int, int],
) -> str:
    if not conventions:
        return f"{_may_sign(assembly)} : {decision.subject}."
    many = len(conventions) > 1
    names = enumerate_fr([_named(convention, annexes) for convention in conventions])
    others = _others(assembly, conventions, drafts)
    first = conventions[0]
    period = date_range(first.period_start, first.period_end)
    posts = _posts(conventions, drafts)
    what = "les conventions" if many else "la convention"
    return (
        f"{_may_sign(assembly)}, {what} {names}"
        f"{f' avec {others}' if others else ''}{f', pour {posts}' if posts else ''}, {period}."
    )


def _may_sign(assembly: Assembly) -> str:
    return f"D'autoriser {assembly.executive.le()} à signer, au nom {assembly.organisation.french.de()}"


def _named(convention: Convention, annexes: Mapping[int, int]) -> str:
    number = annexes.get(convention.pk)
    return f"{convention.reference} jointe en annexe {number}" if number else convention.reference


def _others(assembly: Assembly, conventions: Sequence[Convention], drafts: Mapping[int, Draft]) -> str:
    names = [
        party.organisation.french.le()
        for convention in conventions
        if convention.pk in drafts
        for party in drafts[convention.pk].parties
        if party.organisation_id != assembly.organisation.pk
    ]
    return enumerate_fr(list(dict.fromkeys(names)))


def _posts(conventions: Sequence[Convention], drafts: Mapping[int, Draft]) -> str:
    labels = [post.label for c in conventions if c.pk in drafts for post in drafts[c.pk].posts]
    return enumerate_fr(
        [f"le {lower_first(label)}" if label.lower().startswith("poste") else label for label in dict.fromkeys(labels)]
    )


def _charge(decision: Decision, budget_line: str, paid: Sequence[int]) -> str:
    amount = TO_FILL if decision.amount is None else euros(decision.amount)
    articles = enumerate_fr([str(position) for position in paid])
    what = "les dépenses décidées aux articles" if len(paid) > 1 else "la dépense décidée à l'article"
    where = f"D'imputer {what} {articles}"
    if not paid:
        where = "D'imputer la dépense"
    line = f" sur la ligne budgétaire {budget_line}" if budget_line else f" sur la ligne budgétaire {TO_FILL}"
    return f"{where}, soit {amount},{line}."


def vote_sentence(
    *,
    present: int | None,
    delegations: int | None,
    votes_for: int | None,
    against: int | None,
    abstentions: int | None,
) -> str:
    """The result of the vote, with blanks while it has not been held."""
    blank = TO_FILL
    parts = [
        f"Présents : {blank if present is None else present}",
        *([] if delegations is None else [f"pouvoirs : {delegations}"]),
        f"pour : {blank if votes_for is None else votes_for}",
        f"contre : {blank if against is None else against}",
        f"abstentions : {blank if abstentions is None else abstentions}",
    ]
    return " ; ".join(parts) + "."
