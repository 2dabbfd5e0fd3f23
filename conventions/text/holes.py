"""Rendering a text that is not finished: what is missing is said between brackets, in its place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace

from conventions.clauses.engine import Article, Block, ClauseError, ClauseProblem, ClauseText, render_clauses
from conventions.clauses.variables import VARIABLES
from core.french import lower_first

_EMPTY = re.compile(r"la variable « ([\w.]+) » n'est pas renseignée")
_UNKNOWN = re.compile(r"la variable « (.+?) » n'existe pas")
_DANGLING = re.compile(r"le renvoi vise la clause « (\w+) »")
_IMPOSSIBLE = ("aucun paragraphe ne s'applique", "aucune variante ne convient", "n'existe pas.")
#: Mending one problem can uncover another (a clause left out makes a reference dangle), never endlessly.
_PASSES = 4


def render_with_holes(
    *, clauses: Sequence[ClauseText], context: Mapping[str, str], flags: Set[str], choices: Mapping[str, str]
) -> tuple[list[Article], list[ClauseProblem]]:
    """The articles as they stand and every problem. Holes read « [à compléter : …] » or « [à corriger : …] ».

    Only what a rendered sentence asks for is filled: paragraphs kept for known values stay out.
    """
    texts, values = list(clauses), dict(context)
    problems: list[ClauseProblem] = []
    for _ in range(_PASSES):
        try:
            return render_clauses(clauses=texts, context=values, flags=flags, choices=choices), problems
        except ClauseError as error:
            problems += [p for p in error.problems if p not in problems]
            for problem in error.problems:
                texts = _mend(problem, texts, values)
    return [], problems


def _mend(problem: ClauseProblem, texts: list[ClauseText], values: dict[str, str]) -> list[ClauseText]:
    for name in _EMPTY.findall(problem.message):
        description = VARIABLES[name].description
        values[name] = f"[à compléter : {lower_first(description)}]"
        return texts
    wrong = _UNKNOWN.findall(problem.message) or [f"ref:{kind}" for kind in _DANGLING.findall(problem.message)]
    if wrong:
        hole = "[à corriger : renvoi à une clause retirée]" if wrong[0].startswith("ref:") else "[à corriger : balise]"
        tag = re.compile(r"\{\{\s*" + re.escape(wrong[0]).replace("ref:", r"ref:\s*") + r"\s*\}\}")
        return [_replaced(t, tag, hole) if t.kind == problem.clause else t for t in texts]
    if any(words in problem.message for words in _IMPOSSIBLE):
        return [t for t in texts if t.kind != problem.clause]
    if "**" in problem.message:
        # Emphasis nobody closed: the words stay, the marks go.
        return [_replaced(t, re.compile(r"\*\*"), "") if t.kind == problem.clause else t for t in texts]
    # A malformed tag: both ends are shown as typed, without being read.
    braces = re.compile(r"\{\{|\}\}")
    return [_replaced(t, braces, "[à corriger : balise]") if t.kind == problem.clause else t for t in texts]


def _replaced(clause: ClauseText, tag: re.Pattern[str], hole: str) -> ClauseText:
    def block(old: Block) -> Block:
        items = tuple(replace(item, text=tag.sub(hole, item.text)) for item in old.items)
        return replace(old, text=tag.sub(hole, old.text), items=items)

    variants = tuple(replace(v, blocks=tuple(block(b) for b in v.blocks)) for v in clause.variants)
    return replace(clause, title=tag.sub(hole, clause.title), variants=variants)
