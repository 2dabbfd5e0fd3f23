"""Conditions in plain French: written for people, and read back from what they typed or chose."""

from __future__ import annotations

import re
from collections.abc import Sequence

from conventions.clauses.conditions import FLAGS, HAS, Condition, alternatives
from conventions.clauses.variables import VARIABLES

_KNOWN = re.compile(r"\{\{\s*([\w.]+)\s*\}\}\s+est\s+renseignée?", re.IGNORECASE)
#: Between two terms: "… et si …", "…, ou sauf si …".
_LINK = re.compile(r",?\s+(et|ou)\s+(?=(?:sauf\s+)?si\s)", re.IGNORECASE)
_TERM = re.compile(r"(?P<not>sauf\s+)?si\s+(?P<words>.+)", re.IGNORECASE | re.DOTALL)


def _plain(words: str) -> str:
    """What makes two wordings the same: neither case, nor sort of space or apostrophe."""
    return " ".join(words.replace("’", "'").split()).lower()


_FLAG_NAMED = {_plain(label): name for name, label in FLAGS.items()} | {name: name for name in FLAGS}


def term_words(term: str) -> str:
    """A term without its negation: « le poste est partagé… », « {{ post.base }} est renseigné »."""
    name = term.removeprefix("!")
    if name.startswith(HAS):
        return f"{{{{ {name.removeprefix(HAS)} }}}} est renseigné"
    return FLAGS.get(name, name)


def term_label(term: str) -> str:
    """The same for people who choose in a list: the variable by its French name."""
    name = term.removeprefix("!")
    variable = VARIABLES.get(name.removeprefix(HAS)) if name.startswith(HAS) else None
    return f"« {variable.description.partition(' ;')[0]} » est renseigné" if variable else term_words(name)


def condition_words(condition: Condition, *, tags: bool = False) -> str:
    """ "si A et sauf si B, ou si C"; "" for an empty condition. ``tags``: variables as typed in a text, not by name."""
    named = term_words if tags else term_label
    groups = [
        " et ".join(f"{'sauf si' if term.startswith('!') else 'si'} {named(term)}" for term in terms)
        for terms in alternatives(condition)
        if terms
    ]
    return ", ou ".join(groups)


def mandatory_words(condition: Condition) -> str:
    """When a clause must be there: "" never, « toujours », or a condition."""
    if not condition:
        return ""
    return "toujours" if any(not terms for terms in alternatives(condition)) else condition_words(condition)


def read_condition(words: str) -> Condition:
    """The condition typed as :func:`condition_words` writes it. An unknown term stays as typed: the checks say so."""
    groups: list[list[str]] = [[]]
    parts = _LINK.split(words.strip())
    for link, part in zip(["", *parts[1::2]], parts[0::2], strict=True):
        if link.lower() == "ou":
            groups.append([])
        found = _TERM.fullmatch(part.strip())
        groups[-1].append(_read_term(found["words"], negated=bool(found["not"])) if found else part.strip())
    return simplified(groups)


def _read_term(words: str, *, negated: bool) -> str:
    known = _KNOWN.fullmatch(words.strip())
    name = f"{HAS}{known[1]}" if known else _FLAG_NAMED.get(_plain(words), words.strip())
    return f"!{name}" if negated else name


def both(first: Condition, second: Condition) -> Condition:
    """A condition that holds when both do."""
    if not first or not second:
        return first or second
    return simplified([[*a, *b] for a in alternatives(first) for b in alternatives(second)])


def simplified(groups: Sequence[Sequence[str]]) -> Condition:
    """Alternatives in the shortest form the clause language has: ``["a"]`` rather than ``[["a"]]``."""
    kept = [list(dict.fromkeys(terms)) for terms in groups if terms]
    if not kept:
        return []
    return kept[0] if len(kept) == 1 else kept
