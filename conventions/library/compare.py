"""Two models side by side, clause by clause: what was added, removed, moved, and the words that changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from conventions.library.typed import readable, type_blocks
from conventions.library.words import condition_words, mandatory_words
from conventions.redline import Change, Paragraph, compare_words, redline

Json = dict[str, Any]


@dataclass(frozen=True)
class VariantChange:
    """What became of one wording; ``label``, ``when`` and ``text`` are redlines, ``when`` empty when unchanged."""

    key: str
    name: str
    change: Change
    label: Paragraph
    when: Paragraph
    text: list[Paragraph]


@dataclass(frozen=True)
class ModelChange:
    """What became of one clause. ``before`` and ``after`` are its ranks from 1, None where it is not."""

    kind: str
    name: str
    change: Change
    moved: bool
    before: int | None
    after: int | None
    title: Paragraph
    #: (what the condition is about, redline of its words) when it changed.
    conditions: list[tuple[str, Paragraph]] = field(default_factory=list)
    variants: list[VariantChange] = field(default_factory=list)

    @property
    def same(self) -> bool:
        return self.change is Change.SAME and not self.moved


def compare_models(old: Json, new: Json) -> list[ModelChange]:
    """Every clause of ``new`` in its order, then those of ``old`` that are gone. Both as ``library.data`` has them."""
    before = {clause["kind"]: (rank, clause) for rank, clause in enumerate(old["clauses"], start=1)}
    after = {clause["kind"]: (rank, clause) for rank, clause in enumerate(new["clauses"], start=1)}
    titles = {clause["kind"]: clause["title"] for clause in (*old["clauses"], *new["clauses"])}
    moved = _moved([kind for kind in before if kind in after], [kind for kind in after if kind in before])
    changes = [_clause(kind, before.get(kind), found, kind in moved, titles) for kind, found in after.items()]
    changes += [_clause(kind, found, None, False, titles) for kind, found in before.items() if kind not in after]
    return changes


def _moved(old: Sequence[str], new: Sequence[str]) -> set[str]:
    """Kinds outside the longest run both orders share: moving one clause marks that one, not all it passed over."""
    stay: set[str] = set()
    for match in SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
        stay.update(old[match.a : match.a + match.size])
    return set(new) - stay


_Found = tuple[int, Mapping[str, Any]]


def _clause(
    kind: str, before: _Found | None, after: _Found | None, moved: bool, titles: Mapping[str, str]
) -> ModelChange:
    one: Mapping[str, Any] = before[1] if before else {}
    two: Mapping[str, Any] = after[1] if after else {}
    conditions = [
        (label, tuple(compare_words(words(one.get(key) or []), words(two.get(key) or []))))
        for key, label, words in (
            ("when", "Employée", lambda c: condition_words(c) or "toujours"),
            ("mandatory_when", "Obligatoire", lambda c: mandatory_words(c) or "non"),
        )
        if before and after and (one.get(key) or []) != (two.get(key) or [])
    ]
    variants = _variants(one.get("variants", ()), two.get("variants", ()), titles)
    title_changed = one.get("title") != two.get("title")
    if before is None:
        change = Change.ADDED
    elif after is None:
        change = Change.REMOVED
    else:
        touched = title_changed or conditions or any(v.change is not Change.SAME for v in variants)
        change = Change.CHANGED if touched else Change.SAME
    return ModelChange(
        kind=kind,
        name=str(two.get("title") or one.get("title", "")),
        change=change,
        moved=moved,
        before=before[0] if before else None,
        after=after[0] if after else None,
        title=tuple(compare_words(one["title"], two["title"])) if before and after and title_changed else (),
        conditions=conditions,
        variants=variants,
    )


def _variants(
    old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]], titles: Mapping[str, str]
) -> list[VariantChange]:
    before, after = {v["key"]: v for v in old}, {v["key"]: v for v in new}
    changes = [_variant(key, before.get(key), found, titles) for key, found in after.items()]
    return changes + [_variant(key, found, None, titles) for key, found in before.items() if key not in after]


def _variant(
    key: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, titles: Mapping[str, str]
) -> VariantChange:
    one, two = _typed(before, titles), _typed(after, titles)
    if before is None:
        change = Change.ADDED
    elif after is None:
        change = Change.REMOVED
    else:
        change = Change.SAME if one == two else Change.CHANGED
    changed = change is Change.CHANGED
    return VariantChange(
        key=key,
        name=two[0] or one[0],
        change=change,
        label=tuple(compare_words(one[0], two[0])) if changed and one[0] != two[0] else (),
        when=tuple(compare_words(one[1], two[1])) if changed and one[1] != two[1] else (),
        text=redline(one[2], two[2]) if change is not Change.SAME else [],
    )


def _typed(variant: Mapping[str, Any] | None, titles: Mapping[str, str]) -> tuple[str, str, str]:
    """The label, the conditions and the text of a wording, as people read them."""
    if variant is None:
        return "", "", ""
    when = condition_words(variant.get("when") or []) or "dans tous les cas"
    return str(variant["label"]), when, readable(type_blocks(variant["blocks"]).text, titles)
