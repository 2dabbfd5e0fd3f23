"""Read a clause set (one family's model) from its JSON form, refusing and locating every mistake.

The same door serves the models shipped in ``fixtures/models/`` and those a territory imports.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from conventions.clauses.conditions import Condition, unknown_terms
from conventions.clauses.engine import LISTS, PLACEHOLDERS, Block, ClauseText, ClauseVariant, ListItem, tags
from conventions.clauses.variables import VARIABLES
from conventions.clauses.writer import TAG, unpaired_bold

Item = TypeVar("Item")

MODELS = Path(__file__).resolve().parents[2] / "fixtures" / "models"

_SET_KEYS = {"family", "name", "version", "numbering", "clauses"}
_CLAUSE_KEYS = {"kind", "title", "when", "mandatory_when", "numbered", "variants"}
_VARIANT_KEYS = {"key", "label", "when", "blocks"}
_BLOCK_KEYS = {"type", "when", "text", "items"}
_ITEM_KEYS = {"when", "text"}
#: The two clauses printed before the articles.
UNNUMBERED = ("visas", "preambule")
#: Kinds and keys stand in addresses and in references.
_SLUG = re.compile(r"[A-Za-z0-9_]{1,40}")
_SLUGS = {"kind", "key"}
#: Lengths the tables give, in characters; paragraphs are only kept from being unreasonable.
_LONGEST = {"family": 2, "name": 160, "title": 160, "label": 160, "text": 20_000}
_MOST = {"clauses": 120, "variants": 40, "blocks": 200, "items": 100}
#: What looks like a tag of another language: it would be printed as it is.
_FOREIGN_TAG = re.compile(r"\{%|%\}|\{#|#\}")
_BRACES = re.compile(r"\{\{|\}\}")


@dataclass(frozen=True)
class ClauseSet:
    family: str
    name: str
    version: int
    clauses: tuple[ClauseText, ...]


@dataclass(frozen=True)
class Mistake:
    """One thing to mend. ``path`` is the place as told, ``at`` its JSON path, ``character`` where in that text, from 1
    (0: the whole of it).
    """

    path: str
    message: str
    at: str
    character: int = 0

    def __str__(self) -> str:
        return f"{self.path} : {self.message}"


class ClauseSetError(ValueError):
    """``errors`` are French sentences, each beginning with the JSON path of the mistake."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = list(mistakes)
        self.errors = [str(mistake) for mistake in mistakes]
        super().__init__("\n".join(self.errors))


def shipped_files(directory: Path = MODELS) -> list[Path]:
    """Every model shipped, one file per family and version: the latest at the top, earlier ones in ``v<number>/``.

    A published version never changes: an older file stays for the conventions that came from it.
    """
    return sorted(directory.glob("v*/F*.json")) + sorted(directory.glob("F*.json"))


def shipped_set(family: str, version: int | None = None) -> ClauseSet:
    """The national model of ``family`` (F0 to F6) shipped with the product: the latest, or the ``version`` asked for.

    Raises FileNotFoundError when that version was never shipped.
    """
    older = MODELS / f"v{version}" / f"{family}.json"
    path = older if older.exists() else MODELS / f"{family}.json"
    found = read_clause_set(json.loads(path.read_text(encoding="utf-8")))
    if version not in (None, found.version):
        raise FileNotFoundError(f"no version {version} of {family} was ever shipped")
    return found


def read_clause_set(data: dict[str, Any]) -> ClauseSet:
    """The clause set described by ``data``; raises ``ClauseSetError`` naming every place and what to do."""
    result, mistakes = examine_clause_set(data)
    if mistakes:
        raise ClauseSetError(mistakes)
    return result


def examine_clause_set(data: Any) -> tuple[ClauseSet, list[Mistake]]:
    """What can be read of ``data``, and every mistake: a draft is shown with them, a published model has none."""
    reader = _Reader()
    return reader.clause_set(data), reader.mistakes


class _Reader:
    def __init__(self) -> None:
        self.mistakes: list[Mistake] = []

    def clause_set(self, data: Any) -> ClauseSet:
        data = self._object(data, "$", _SET_KEYS, required={"family", "name", "clauses"})
        version = data.get("version", 1)
        if not isinstance(version, int) or isinstance(version, bool) or version < 1:
            self._error("version", "attendu : un nombre entier à partir de 1.")
        if data.get("numbering", "article") != "article":
            self._error("numbering", "seule la numérotation « article » existe.")
        clauses = tuple(self._each(data.get("clauses"), "clauses", self._clause))
        kinds = [clause.kind for clause in clauses]
        for kind in sorted({kind for kind in kinds if kind and kinds.count(kind) > 1}):
            self._error("clauses", f"la clause « {kind} » figure plusieurs fois.")
        self._tags(clauses)
        return ClauseSet(self._text(data, "family", "$"), self._text(data, "name", "$"), version, clauses)

    def _clause(self, data: Any, path: str) -> ClauseText:
        data = self._object(data, path, _CLAUSE_KEYS, required={"kind", "title", "variants"})
        variants = tuple(self._each(data.get("variants"), f"{path}.variants", self._variant))
        keys = [variant.key for variant in variants]
        if not isinstance(data.get("numbered", True), bool):
            self._error(f"{path}.numbered", "attendu : true ou false.")
        elif data.get("numbered", True) is (data.get("kind") in UNNUMBERED):
            self._error(f"{path}.numbered", "seuls les visas et le préambule n'ont pas de numéro d'article.")
        for key in sorted({key for key in keys if key and keys.count(key) > 1}):
            self._error(f"{path}.variants", f"la variante « {key} » figure plusieurs fois.")
        return ClauseText(
            kind=self._text(data, "kind", path),
            title=self._text(data, "title", path),
            variants=variants,
            when=self._condition(data, "when", path),
            mandatory_when=self._condition(data, "mandatory_when", path),
            numbered=data.get("numbered", True) is True,
        )

    def _variant(self, data: Any, path: str) -> ClauseVariant:
        data = self._object(data, path, _VARIANT_KEYS, required={"key", "label", "blocks"})
        return ClauseVariant(
            key=self._text(data, "key", path),
            label=self._text(data, "label", path),
            blocks=tuple(self._each(data.get("blocks"), f"{path}.blocks", self._block)),
            when=self._condition(data, "when", path),
        )

    def _block(self, data: Any, path: str) -> Block:
        data = self._object(data, path, _BLOCK_KEYS, required={"type"})
        kind = data.get("type")
        when = self._condition(data, "when", path)
        if kind == "p":
            return Block("p", text=self._text(data, "text", path), when=when)
        if kind in LISTS:
            return Block(kind, items=tuple(self._each(data.get("items"), f"{path}.items", self._item)), when=when)
        if kind not in PLACEHOLDERS:
            self._error(
                f"{path}.type", f"type « {kind} » inconnu ; types admis : {', '.join(('p', *LISTS, *PLACEHOLDERS))}."
            )
        return Block(str(kind), when=when)

    def _item(self, data: Any, path: str) -> ListItem:
        data = self._object(data, path, _ITEM_KEYS, required={"text"})
        return ListItem(self._text(data, "text", path), self._condition(data, "when", path))

    def _tags(self, clauses: Sequence[ClauseText]) -> None:
        numbered = {clause.kind for clause in clauses if clause.numbered}
        for rank, clause in enumerate(clauses):
            for at, text in _texts(clause, f"clauses[{rank}]"):
                for character, message in mistakes_of(text, numbered):
                    self.mistakes.append(Mistake(f"clause « {clause.kind} »", message, at, character))

    def _condition(self, data: dict[str, Any], key: str, path: str) -> Condition:
        value = data.get(key, [])
        flat = isinstance(value, list) and all(isinstance(item, str) for item in value)
        nested = isinstance(value, list) and all(
            isinstance(item, list) and all(isinstance(term, str) for term in item) for item in value
        )
        if not flat and not nested:
            self._error(f"{path}.{key}", "attendu : une liste de conditions, ou une liste de telles listes.")
            return []
        for term in unknown_terms(value, VARIABLES):
            self._error(f"{path}.{key}", f"condition « {term} » inconnue.")
        return value

    def _object(self, data: Any, path: str, allowed: set[str], *, required: set[str]) -> dict[str, Any]:
        if not isinstance(data, dict):
            self._error(path, "attendu : un objet JSON.")
            return {}
        for key in sorted(set(data) - allowed):
            self._error(f"{path}.{key}", "champ inconnu, à retirer.")
        for key in sorted(required - set(data)):
            self._error(f"{path}.{key}", "champ obligatoire manquant.")
        return data

    def _each(self, data: Any, path: str, read: Callable[[Any, str], Item]) -> list[Item]:
        if not isinstance(data, list) or not data:
            self._error(path, "attendu : une liste d'au moins un élément.")
            return []
        most = _MOST[path.rpartition(".")[2]]
        if len(data) > most:
            self._error(path, f"{len(data)} éléments : {most} au plus.")
            return []
        return [read(item, f"{path}[{rank}]") for rank, item in enumerate(data)]

    def _text(self, data: dict[str, Any], key: str, path: str) -> str:
        value, at = data.get(key), f"{path}.{key}"
        if isinstance(value, str) and value.strip():
            if not _storable(value):
                self._error(at, "ce texte contient un signe qui ne s'écrit pas : retapez-le.")
            elif key in _SLUGS and not _SLUG.fullmatch(value):
                self._error(at, "attendu : lettres sans accent, chiffres ou souligné, 40 signes au plus.")
            elif len(value) > _LONGEST.get(key, 40):
                self._error(at, f"{len(value)} signes : {_LONGEST.get(key, 40)} au plus.")
            return value
        if key in data:
            self._error(at, "attendu : un texte non vide.")
        return ""

    def _error(self, path: str, message: str) -> None:
        self.mistakes.append(Mistake(path, message, path))


def _storable(text: str) -> bool:
    """A zero byte or half a character cannot be kept in the database."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _texts(clause: ClauseText, path: str) -> Iterator[tuple[str, str]]:
    """Every text of a clause with its JSON path: its title, its paragraphs and its list points."""
    yield f"{path}.title", clause.title
    for v, variant in enumerate(clause.variants):
        for b, block in enumerate(variant.blocks):
            at = f"{path}.variants[{v}].blocks[{b}]"
            yield f"{at}.text", block.text
            yield from ((f"{at}.items[{i}].text", item.text) for i, item in enumerate(block.items))


def mistakes_of(text: str, references: Set[str]) -> Iterator[tuple[int, str]]:
    """What is wrong with the tags of a text, each with its character (from 1; 0: the text as a whole).

    ``references`` are the kinds of clause one may refer to.
    """
    for tag in TAG.finditer(text):
        name = tag[1]
        if name.startswith("ref:"):
            kind = name.removeprefix("ref:").strip()
            if kind not in references:
                yield tag.start() + 1, f"renvoi à une clause absente : « {kind} »."
        elif name not in VARIABLES:
            yield tag.start() + 1, f"variable inconnue : « {name} »."
    taken = [tag.span() for tag in TAG.finditer(text)]
    for brace in _BRACES.finditer(text):
        if not any(start <= brace.start() < end for start, end in taken):
            yield brace.start() + 1, "une balise {{ … }} est mal fermée."
    for tag in _FOREIGN_TAG.finditer(text):
        yield (
            tag.start() + 1,
            f"« {tag[0]} » n'est pas une balise : seules {{{{ variable }}}} et {{{{ ref:clause }}}} le sont.",
        )
    if unpaired_bold(text):
        yield text.rfind("**") + 1, "une mise en gras ** … ** n'est pas fermée."


def clause_tags(clause: ClauseText) -> list[str]:
    """Every tag of a clause: its title, its paragraphs and its list points, whatever their conditions."""
    blocks = [block for variant in clause.variants for block in variant.blocks]
    texts = [clause.title, *(block.text for block in blocks), *(item.text for block in blocks for item in block.items)]
    return [tag for text in texts for tag in tags(text)]
