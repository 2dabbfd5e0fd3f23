"""From clause texts and computed values to numbered articles. Pure: no database, no template engine, no evaluation.

The text of a model is written by users, so the language has exactly two tags: ``{{ path.to.value }}`` replaced by a
string already computed in French, and ``{{ ref:kind }}`` replaced by « article 6 ». A replaced value is never read
again, so nothing a person types can become a tag. Every problem is collected and located before anything is refused.
"""

import re
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from conventions.clauses.conditions import Condition, holds, mandatory

# Block types left for the caller, who owns the figures.
PLACEHOLDERS = ("funding_table",)

_TAG = re.compile(r"\{\{\s*(.*?)\s*\}\}", re.DOTALL)
_PATH = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_REFERENCE = "ref:"


@dataclass(frozen=True)
class ListItem:
    text: str
    when: Condition = field(default_factory=list)


@dataclass(frozen=True)
class Block:
    """``p`` has a text, ``ul`` has items, a placeholder has neither."""

    type: str
    text: str = ""
    items: tuple[ListItem, ...] = ()
    when: Condition = field(default_factory=list)


@dataclass(frozen=True)
class ClauseVariant:
    key: str
    label: str
    blocks: tuple[Block, ...]
    when: Condition = field(default_factory=list)


@dataclass(frozen=True)
class ClauseText:
    """One clause of a model: its kind, when it belongs to a convention, and the wordings to choose from."""

    kind: str
    title: str
    variants: tuple[ClauseVariant, ...]
    when: Condition = field(default_factory=list)
    mandatory_when: Condition = field(default_factory=list)
    numbered: bool = True


@dataclass(frozen=True)
class Article:
    """A rendered clause. ``number`` is None for the visas and the preamble. ``blocks`` are plain JSON-able dicts."""

    number: int | None
    kind: str
    title: str
    variant: str
    blocks: tuple[dict[str, Any], ...]

    def as_dict(self) -> dict[str, Any]:
        return {"number": self.number, "kind": self.kind, "title": self.title, "blocks": list(self.blocks)}


@dataclass(frozen=True)
class ClauseProblem:
    """One thing to mend: the clause's kind, the place inside it, and what is wrong, in French."""

    clause: str
    place: str
    message: str

    def __str__(self) -> str:
        return f"Clause « {self.clause} », {self.place} : {self.message}"


class ClauseError(ValueError):
    """The text cannot be produced; ``problems`` lists every reason."""

    def __init__(self, problems: Sequence[ClauseProblem]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def render_clauses(
    *,
    clauses: Sequence[ClauseText],
    context: Mapping[str, Any],
    flags: Set[str],
    choices: Mapping[str, str] | None = None,
) -> list[Article]:
    """The articles of a convention, in the model's order, numbered, with references resolved.

    ``context`` holds strings under dotted names, flat (``{"post.base": …}``) or nested; ``choices`` maps a clause kind
    to the key of the variant a person chose. Raises ``ClauseError`` listing every unknown or empty variable, dangling
    reference, malformed tag, missing variant and empty article.
    """
    values = flatten(context)
    known = frozenset(name for name, value in values.items() if value)
    kept = [clause for clause in clauses if holds(clause.when, flags, known)]
    numbers = _numbers(kept)
    problems: list[ClauseProblem] = []
    articles = []
    for clause in kept:
        variant = _variant(clause, (choices or {}).get(clause.kind), flags, known)
        if isinstance(variant, ClauseProblem):
            problems.append(variant)
            continue
        writer = _Writer(clause.kind, values, numbers, problems)
        blocks = tuple(_blocks(variant.blocks, writer, lambda condition: holds(condition, flags, known)))
        if not blocks:
            problems.append(
                ClauseProblem(clause.kind, f"variante « {variant.label} »", "aucun paragraphe ne s'applique.")
            )
        title = writer.fill(clause.title, "titre")
        articles.append(Article(numbers.get(clause.kind), clause.kind, title, variant.key, blocks))
    if problems:
        raise ClauseError(problems)
    return articles


def mandatory_kinds(clauses: Sequence[ClauseText], flags: Set[str]) -> set[str]:
    """Kinds of clause this convention must contain (rule R33; loi 2000-321, art. 10 for grants over 23 000 €)."""
    return {clause.kind for clause in clauses if mandatory(clause.mandatory_when, flags)}


def flatten(context: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested mappings as one level of dotted names."""
    flat: dict[str, Any] = {}
    for name, value in context.items():
        if isinstance(value, Mapping):
            flat.update(flatten(value, f"{prefix}{name}."))
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def tags(text: str) -> list[str]:
    """Content of every ``{{ … }}`` of ``text``, in order: what a checker needs without rendering."""
    return _TAG.findall(text)


def _numbers(clauses: Sequence[ClauseText]) -> dict[str, int]:
    numbered = [clause.kind for clause in clauses if clause.numbered]
    return {kind: number for number, kind in enumerate(numbered, start=1)}


def _variant(clause: ClauseText, chosen: str | None, flags: Set[str], known: Set[str]) -> ClauseVariant | ClauseProblem:
    if chosen is not None:
        by_key = {variant.key: variant for variant in clause.variants}
        return by_key.get(chosen) or ClauseProblem(clause.kind, "variante", f"la variante « {chosen} » n'existe pas.")
    for variant in clause.variants:
        if holds(variant.when, flags, known):
            return variant
    return ClauseProblem(clause.kind, "variante", "aucune variante ne convient à cette convention : choisissez-en une.")


def _blocks(blocks: Sequence[Block], writer: "_Writer", applies: Callable[[Condition], bool]) -> list[dict[str, Any]]:
    rendered: list[dict[str, Any]] = []
    for position, block in enumerate(blocks, start=1):
        if not applies(block.when):
            continue
        place = f"paragraphe {position}"
        if block.type == "p":
            rendered.append({"type": "p", "text": writer.fill(block.text, place)})
        elif block.type == "ul":
            items = [
                writer.fill(item.text, f"{place}, point {rank}")
                for rank, item in enumerate(block.items, start=1)
                if applies(item.when)
            ]
            if items:
                rendered.append({"type": "ul", "items": _punctuated(items)})
        else:
            rendered.append({"type": block.type})
    return rendered


def _punctuated(items: list[str]) -> list[str]:
    """End the list with a full stop and the others with a semicolon, whichever points the conditions kept."""
    bare = [item.rstrip(" ;.") for item in items]
    return [f"{item} ;" for item in bare[:-1]] + [f"{bare[-1]}."]


@dataclass
class _Writer:
    """Fills the tags of one clause, noting problems instead of stopping at the first."""

    kind: str
    values: Mapping[str, Any]
    numbers: Mapping[str, int]
    problems: list[ClauseProblem]

    def fill(self, text: str, place: str) -> str:
        if "{{" in (rest := _TAG.sub("", text)) or "}}" in rest:
            self._note(place, "une balise {{ … }} est mal fermée.")
        return _TAG.sub(lambda match: self._value(match[1], f"{place}, caractère {match.start() + 1}"), text)

    def _value(self, tag: str, place: str) -> str:
        if tag.startswith(_REFERENCE):
            return self._reference(tag.removeprefix(_REFERENCE).strip(), place)
        if not _PATH.fullmatch(tag):
            return self._note(place, f"« {tag} » n'est pas un nom de variable.")
        if tag not in self.values:
            return self._note(place, f"la variable « {tag} » n'existe pas.")
        value = self.values[tag]
        if not isinstance(value, str):
            return self._note(place, f"la variable « {tag} » n'est pas un texte.")
        if not value.strip():
            return self._note(place, f"la variable « {tag} » n'est pas renseignée.")
        return value

    def _reference(self, kind: str, place: str) -> str:
        number = self.numbers.get(kind)
        if number is None:
            return self._note(
                place, f"le renvoi vise la clause « {kind} », qui n'est pas un article de cette convention."
            )
        return f"article {number}"

    def _note(self, place: str, message: str) -> str:
        self.problems.append(ClauseProblem(self.kind, place, message))
        return ""
