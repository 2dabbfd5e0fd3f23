"""From clause texts and computed values to numbered articles. Pure: no database, no template engine, no evaluation.

The text of a model is written by users, so the language has exactly two tags: ``{{ path.to.value }}`` replaced by a
string already computed in French, and ``{{ ref:kind }}`` replaced by « article 6 »; and one mark, ``**…**``, printed in
bold. A replaced value is never read again, so nothing a person types can become a tag. Every problem is collected and
located before anything is refused.
"""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from conventions.clauses.conditions import Condition, holds, mandatory
from conventions.clauses.writer import TAG, ClauseProblem, Writer, Written

# Block types left for the caller, who owns the figures: one table per plan, the table of financers by year, its detail
# post by post, and the list of posts.
PLACEHOLDERS = ("funding_table", "funding_years", "funding_posts", "posts_list")
# Block types made of points: with dashes, and numbered.
LISTS = ("ul", "ol")


@dataclass(frozen=True)
class ListItem:
    text: str
    when: Condition = field(default_factory=list)


@dataclass(frozen=True)
class Block:
    """``p`` has a text, ``ul`` and ``ol`` have items, a placeholder has neither."""

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
        writer = Writer(clause.kind, values, numbers, problems)
        blocks = tuple(_blocks(variant.blocks, writer, lambda condition: holds(condition, flags, known)))
        if not blocks:
            problems.append(
                ClauseProblem(clause.kind, f"variante « {variant.label} »", "aucun paragraphe ne s'applique.")
            )
        title = _title(writer, clause.title)
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
    return TAG.findall(text)


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


def _blocks(blocks: Sequence[Block], writer: Writer, applies: Callable[[Condition], bool]) -> list[dict[str, Any]]:
    rendered: list[dict[str, Any]] = []
    for position, block in enumerate(blocks, start=1):
        if not applies(block.when):
            continue
        place = f"paragraphe {position}"
        if block.type == "p":
            rendered.append(_paragraph(writer.fill(block.text, place)))
        elif block.type in LISTS:
            items = [
                writer.fill(item.text, f"{place}, point {rank}")
                for rank, item in enumerate(block.items, start=1)
                if applies(item.when)
            ]
            if items:
                rendered.append(_list(block.type, _punctuated(items)))
        else:
            rendered.append({"type": block.type})
    return rendered


def _title(writer: Writer, text: str) -> str:
    written = writer.fill(text, "titre")
    if written.bold:
        writer.problems.append(ClauseProblem(writer.kind, "titre", "un titre ne se met pas en gras : retirez les **."))
    return written.text


def _paragraph(written: Written) -> dict[str, Any]:
    block: dict[str, Any] = {"type": "p", "text": written.text}
    return block | {"bold": written.ranges()} if written.bold else block


def _list(kind: str, items: Sequence[Written]) -> dict[str, Any]:
    """``bold`` has one list of stretches per point, and is absent when nothing is bold."""
    block: dict[str, Any] = {"type": kind, "items": [item.text for item in items]}
    return block | {"bold": [item.ranges() for item in items]} if any(item.bold for item in items) else block


def _punctuated(items: Sequence[Written]) -> list[Written]:
    """End the list with a full stop and the others with a semicolon, whichever points the conditions kept."""
    bare = [item.ending(item.text.rstrip(" ;.")) for item in items]
    last = len(bare) - 1
    return [Written(f"{item.text}{'.' if rank == last else ' ;'}", item.bold) for rank, item in enumerate(bare)]
