"""A draft model tried out: on a convention of the territory, or on the example value of each variable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from conventions.clauses.engine import PLACEHOLDERS, Article, ClauseProblem, ClauseText
from conventions.clauses.logic import raised, situation
from conventions.clauses.variables import example_context
from conventions.enums import Family
from conventions.models import Convention
from conventions.text.clauses import TABLE_NAMES
from conventions.text.content import content_with
from conventions.text.context import context_of
from conventions.text.dossier import read
from conventions.text.flags import flags_of
from conventions.text.holes import render_with_holes
from conventions.text.reading import Section, sections_of

#: What holds in the example, whatever the clause tried needs besides.
_EXAMPLE = (
    "!several_employers",
    "gendarmerie",
    "creation",
    "single_epci",
    "state_financer",
    "under_one_year",
    "remainder_known",
)
_EMPLOYER: Mapping[str, tuple[str, ...]] = {
    Family.F0: ("employer_epci", "titre"),
    Family.F1: ("employer_departement", "titre"),
    Family.F2: ("employer_epci", "titre"),
    Family.F3: ("employer_association", "association", "grant", "over_23000"),
    Family.F4: ("several_employers", "several_posts", "multi_year", "titre"),
    Family.F5: ("has_parent",),
    Family.F6: ("association", "grant"),
}


@dataclass(frozen=True)
class Tried:
    """The clauses as they would be read, and what is missing or wrong in them."""

    sections: list[Section]
    problems: list[ClauseProblem]

    def only(self, kind: str) -> Tried:
        return Tried(
            [section for section in self.sections if section.kind == kind],
            [problem for problem in self.problems if problem.clause == kind],
        )


def try_model(
    clauses: Sequence[ClauseText],
    *,
    family: str,
    convention: Convention | None = None,
    focus: tuple[str, str] = ("", ""),
) -> Tried:
    """The model's text on ``convention``, or on the examples. ``focus``: the (kind, variant) to show in any case."""
    kind, variant = focus
    choices = {kind: variant} if kind else {}
    if convention is not None:
        draft = read(convention)
        shown = [_always(clause) if clause.kind == kind else clause for clause in clauses]
        articles, problems = render_with_holes(
            clauses=shown, context=context_of(draft), flags=flags_of(draft), choices=choices
        )
        return Tried(sections_of(content_with(draft, [_visas_alone(article) for article in articles])), problems)
    flags = _example_flags(clauses, family, focus)
    articles, problems = render_with_holes(clauses=clauses, context=example_context(), flags=flags, choices=choices)
    return Tried([_section(article) for article in articles], problems)


def _visas_alone(article: Article) -> Article:
    """The visas are printed paragraph by paragraph: a list left among them is a problem told, not a crash."""
    if article.kind != "visas":
        return article
    return replace(article, blocks=tuple(block for block in article.blocks if block["type"] == "p"))


def _always(clause: ClauseText) -> ClauseText:
    return replace(clause, when=[])


def _example_flags(clauses: Sequence[ClauseText], family: str, focus: tuple[str, str]) -> frozenset[str]:
    """The usual case of the family, bent as little as the wording in focus asks for."""
    kind, key = focus
    needed = [[name] for name in (*_EMPLOYER.get(family, ()), *_EXAMPLE)]
    clause = next((c for c in clauses if c.kind == kind), None)
    variant = next((v for v in clause.variants if v.key == key), None) if clause else None
    conditions = [clause.when, variant.when] if clause and variant else []
    kept: list[list[str]] = []
    if (found := situation(conditions)) is None:
        return frozenset(name for [name] in needed if not name.startswith("!"))
    for condition in needed:
        if (made := situation([*conditions, *kept, condition])) is not None:
            kept.append(condition)
            found = made
    return raised(found)


def _section(article: Article) -> Section:
    blocks: list[dict[str, Any]] = [
        {"type": "p", "text": f"{TABLE_NAMES.get(block['type'], '[tableau]')}"}
        if block["type"] in PLACEHOLDERS
        else dict(block)
        for block in article.blocks
    ]
    return Section(article.kind, article.number, article.title, blocks)
