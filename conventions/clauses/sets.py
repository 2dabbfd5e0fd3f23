"""Read a clause set (one family's model) from its JSON form, refusing and locating every mistake.

The same door serves the models shipped in ``fixtures/models/`` and those a territory imports.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from conventions.clauses.conditions import Condition, unknown_terms
from conventions.clauses.engine import LISTS, PLACEHOLDERS, Block, ClauseText, ClauseVariant, ListItem, tags
from conventions.clauses.variables import VARIABLES

Item = TypeVar("Item")

MODELS = Path(__file__).resolve().parents[2] / "fixtures" / "models"

_SET_KEYS = {"family", "name", "version", "numbering", "clauses"}
_CLAUSE_KEYS = {"kind", "title", "when", "mandatory_when", "numbered", "variants"}
_VARIANT_KEYS = {"key", "label", "when", "blocks"}
_BLOCK_KEYS = {"type", "when", "text", "items"}
_ITEM_KEYS = {"when", "text"}


@dataclass(frozen=True)
class ClauseSet:
    family: str
    name: str
    version: int
    clauses: tuple[ClauseText, ...]


class ClauseSetError(ValueError):
    """``errors`` are French sentences, each beginning with the JSON path of the mistake."""

    def __init__(self, errors: Sequence[str]) -> None:
        self.errors = list(errors)
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
    reader = _Reader()
    result = reader.clause_set(data)
    if reader.errors:
        raise ClauseSetError(reader.errors)
    return result


class _Reader:
    def __init__(self) -> None:
        self.errors: list[str] = []

    def clause_set(self, data: Any) -> ClauseSet:
        data = self._object(data, "$", _SET_KEYS, required={"family", "name", "clauses"})
        version = data.get("version", 1)
        if not isinstance(version, int) or isinstance(version, bool) or version < 1:
            self._error("version", "attendu : un nombre entier à partir de 1.")
        if data.get("numbering", "article") != "article":
            self._error("numbering", "seule la numérotation « article » existe.")
        clauses = tuple(self._each(data.get("clauses"), "clauses", self._clause))
        kinds = [clause.kind for clause in clauses]
        for kind in sorted({kind for kind in kinds if kinds.count(kind) > 1}):
            self._error("clauses", f"la clause « {kind} » figure plusieurs fois.")
        self._tags(clauses)
        return ClauseSet(self._text(data, "family", "$"), self._text(data, "name", "$"), version, clauses)

    def _clause(self, data: Any, path: str) -> ClauseText:
        data = self._object(data, path, _CLAUSE_KEYS, required={"kind", "title", "variants"})
        return ClauseText(
            kind=self._text(data, "kind", path),
            title=self._text(data, "title", path),
            variants=tuple(self._each(data.get("variants"), f"{path}.variants", self._variant)),
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
        for clause in clauses:
            for tag in clause_tags(clause):
                name, is_reference = tag.removeprefix("ref:").strip(), tag.startswith("ref:")
                if is_reference and name not in numbered:
                    self._error(f"clause « {clause.kind} »", f"renvoi à une clause absente : « {name} ».")
                elif not is_reference and name not in VARIABLES:
                    self._error(f"clause « {clause.kind} »", f"variable inconnue : « {name} ».")

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
        return [read(item, f"{path}[{rank}]") for rank, item in enumerate(data)]

    def _text(self, data: dict[str, Any], key: str, path: str) -> str:
        value = data.get(key)
        if isinstance(value, str) and value.strip():
            return value
        if key in data:
            self._error(f"{path}.{key}", "attendu : un texte non vide.")
        return ""

    def _error(self, path: str, message: str) -> None:
        self.errors.append(f"{path} : {message}")


def clause_tags(clause: ClauseText) -> list[str]:
    """Every tag of a clause: its title, its paragraphs and its list points, whatever their conditions."""
    blocks = [block for variant in clause.variants for block in variant.blocks]
    texts = [clause.title, *(block.text for block in blocks), *(item.text for block in blocks for item in block.items)]
    return [tag for text in texts for tag in tags(text)]
