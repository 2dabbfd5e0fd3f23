"""What stands between a draft model and its publication, each problem at its exact place.

Two sources: the reader every model goes through (tags, conditions, shape), and what only a whole model tells: a variant
nothing can choose, a situation no variant fits, a clause the national model makes mandatory and this one drops.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from conventions.clauses.conditions import Condition
from conventions.clauses.engine import Block, ClauseText, ClauseVariant, tags
from conventions.clauses.logic import Situation, situation
from conventions.clauses.sets import ClauseSet, Mistake, examine_clause_set
from conventions.library.typed import UNCLOSED, type_blocks
from conventions.library.words import condition_words, term_label
from core.french import upper_first

_AT = re.compile(
    r"clauses\[(?P<clause>\d+)\](?:\.variants\[(?P<variant>\d+)\](?:\.blocks\[(?P<block>\d+)\]"
    r"(?:\.items\[(?P<item>\d+)\])?)?)?(?:\.(?P<field>\w+))?"
)
#: Characters shown on each side of a mistake.
_AROUND = 40
#: Clauses whose content is printed paragraph by paragraph before the articles.
_VISAS = "visas"


@dataclass(frozen=True)
class Problem:
    """``kind`` and ``variant`` say where ("" for the whole model or clause); ``offset`` is the place in the text as
    typed in the editor, from 0. ``blocking`` problems forbid publication; others are for the writer to weigh.
    """

    message: str
    kind: str = ""
    variant: str = ""
    place: str = ""
    offset: int | None = None
    excerpt: tuple[str, str, str] = ("", "", "")
    blocking: bool = True


def problems_of(data: dict[str, Any], national: ClauseSet | None) -> list[Problem]:
    """Every problem of a model given as data (``conventions.library.data``), in the order of its clauses.

    ``national`` is the national model of the same family, which says what is mandatory (R33); None when there is none.
    """
    model, mistakes = examine_clause_set(data)
    found = [_located(mistake, data) for mistake in mistakes]
    for clause in model.clauses:
        found += _clause_problems(clause, model.clauses, data)
    found += _mandatory_problems(model.clauses, national)
    order = {clause.kind: rank for rank, clause in enumerate(model.clauses)}
    return sorted(found, key=lambda p: (order.get(p.kind, -1), not p.blocking))


# --- From the reader's mistakes ---------------------------------------------------------------------------------------


def _located(mistake: Mistake, data: dict[str, Any]) -> Problem:
    message = upper_first(mistake.message)
    found = _AT.fullmatch(mistake.at)
    if found is None:
        return Problem(message=_WHOLE.get(mistake.at, message))
    clause = data["clauses"][int(found["clause"])]
    kind = str(clause.get("kind", ""))
    if found["variant"] is None:
        return Problem(message, kind, place=_FIELDS.get(found["field"] or "", ""))
    variant = clause["variants"][int(found["variant"])]
    key = str(variant.get("key", ""))
    if found["block"] is None:
        if found["field"] == "blocks":
            return Problem("Cette variante n'a pas de texte.", kind, key)
        return Problem(message, kind, key, place=_FIELDS.get(found["field"] or "", ""))
    block, item = int(found["block"]), int(found["item"]) if found["item"] else -1
    place = f"paragraphe {block + 1}" + (f", point {item + 1}" if item >= 0 else "")
    typed = type_blocks(variant["blocks"])
    start = typed.places.get((block, item), 0)
    if found["field"] == "when":
        return Problem(message, kind, key, f"{place}, condition", start)
    offset = start + max(mistake.character - 1, 0)
    place += f", caractère {mistake.character}" if mistake.character else ""
    return Problem(message, kind, key, place, offset, _excerpt(typed.text, offset))


_FIELDS = {
    "title": "titre",
    "when": "conditions d'emploi",
    "mandatory_when": "clause obligatoire",
    "label": "nom de la variante",
    "variants": "variantes",
}
_WHOLE = {
    "clauses": "Le modèle n'a pas de clause, ou l'une d'elles figure deux fois.",
    "$.name": "Le modèle n'a pas de nom.",
}


def _excerpt(text: str, offset: int) -> tuple[str, str, str]:
    """The words before, the wrong ones, the words after."""
    rest = text[offset:]
    tag = re.match(r"\{\{.*?\}\}|\{%.*?%\}|\S+", rest, re.DOTALL)
    wrong = tag[0] if tag else rest[:1]
    before = text[max(0, offset - _AROUND) : offset].rpartition("\n")[2]
    after = rest[len(wrong) : len(wrong) + _AROUND].partition("\n")[0]
    return before, wrong, after


# --- What a whole clause tells ----------------------------------------------------------------------------------------


def _clause_problems(clause: ClauseText, others: Sequence[ClauseText], data: dict[str, Any]) -> Iterator[Problem]:
    if situation([clause.when]) is None:
        yield Problem("Ses conditions se contredisent : cette clause ne serait jamais employée.", clause.kind)
        return
    yield from _unreachable(clause)
    for variant in clause.variants:
        yield from _variant_problems(clause, variant, others, data)
    if clause.variants and (case := situation([clause.when], [v.when for v in clause.variants])) is not None:
        yield Problem(
            f"Aucune variante ne convient {_case(case)} : il faudra en choisir une à la main, ou ajoutez une variante"
            " sans condition en dernier.",
            clause.kind,
            blocking=False,
        )
    if clause.mandatory_when and situation([clause.mandatory_when], [clause.when]) is not None:
        yield Problem(
            "Elle est obligatoire dans des cas où ses conditions d'emploi l'écartent : accordez les deux.", clause.kind
        )


def _unreachable(clause: ClauseText) -> Iterator[Problem]:
    for rank, variant in enumerate(clause.variants):
        before = [v.when for v in clause.variants[:rank]]
        if situation([clause.when, variant.when]) is None:
            message = (
                "Ses conditions se contredisent, ou contredisent celles de la clause : elle ne sera jamais choisie."
            )
        elif situation([clause.when, variant.when], before) is None:
            message = (
                "Elle ne sera jamais choisie : une variante placée avant convient dans les mêmes cas. Remontez-la, ou"
                " changez les conditions."
            )
        else:
            continue
        yield Problem(message, clause.kind, variant.key, "conditions de la variante")


def _variant_problems(
    clause: ClauseText, variant: ClauseVariant, others: Sequence[ClauseText], data: dict[str, Any]
) -> Iterator[Problem]:
    typed = type_blocks(_variant_data(data, clause.kind, variant.key))
    by_kind = {other.kind: other for other in others}
    for rank, block in enumerate(variant.blocks):
        place = f"paragraphe {rank + 1}"
        start = typed.places.get((rank, -1), 0)
        for item, text, when in _texts(block):
            where = place + (f", point {item + 1}" if item >= 0 else "")
            offset = typed.places.get((rank, item), start)
            yield from _reference_problems(clause, variant, [block.when, when], text, by_kind, (where, offset))
            if UNCLOSED.match(text):
                yield Problem(
                    "La condition n'est pas fermée par « ] ».", clause.kind, variant.key, where, offset,
                    _excerpt(typed.text, offset),
                )  # fmt: skip
            if situation([clause.when, variant.when, block.when, when]) is None:
                yield Problem(
                    "Ce texte ne sera jamais imprimé : sa condition contredit celles de la variante ou de la clause.",
                    clause.kind, variant.key, where, offset,
                )  # fmt: skip
        if clause.kind == _VISAS and block.type != "p":
            yield Problem("Les visas sont des paragraphes : ni liste ni tableau.", _VISAS, variant.key, place, start)


def _texts(block: Block) -> Iterator[tuple[int, str, Condition]]:
    if block.items:
        yield from ((rank, item.text, item.when) for rank, item in enumerate(block.items))
    else:
        yield -1, block.text, []


def _reference_problems(
    clause: ClauseText,
    variant: ClauseVariant,
    conditions: Sequence[Condition],
    text: str,
    by_kind: dict[str, ClauseText],
    where: tuple[str, int],
) -> Iterator[Problem]:
    """A reference printed in a convention that leaves out the clause it names."""
    for tag in tags(text):
        target = by_kind.get(tag.removeprefix("ref:").strip()) if tag.startswith("ref:") else None
        if target is None or not target.when:
            continue
        case = situation([clause.when, variant.when, *conditions], [target.when])
        if case is not None:
            yield Problem(
                f"Le renvoi vise « {target.title} », absente {_case(case)} : mettez la même condition à ce texte.",
                clause.kind, variant.key, *where, blocking=False,
            )  # fmt: skip


def _variant_data(data: dict[str, Any], kind: str, key: str) -> list[dict[str, Any]]:
    for clause in data["clauses"]:
        if clause.get("kind") == kind:
            for variant in clause.get("variants", ()):
                if variant.get("key") == key:
                    return list(variant.get("blocks", ()))
    return []


def _case(made: Situation) -> str:
    """ "quand l'employeur est une association et hors le cas où…": an example of a situation, in words."""
    if not made:
        return "dans certains cas"
    up = [term_label(name) for name, value in made.items() if value]
    down = [term_label(name) for name, value in made.items() if not value]
    return " ".join(
        [f"quand {' et '.join(up)}" if up else "", f"sauf si {' ou si '.join(down)}" if down else ""]
    ).strip()


# --- Against the national model ---------------------------------------------------------------------------------------


def _mandatory_problems(clauses: Sequence[ClauseText], national: ClauseSet | None) -> Iterator[Problem]:
    """R33; loi n° 2000-321, art. 10, for grants over 23 000 €: what the national model makes mandatory stays."""
    own = {clause.kind: clause for clause in clauses}
    for clause in national.clauses if national else ():
        if not clause.mandatory_when:
            continue
        mine = own.get(clause.kind)
        when = condition_words(clause.mandatory_when) or "toujours"
        if mine is None:
            yield Problem(
                f"La clause « {clause.title} » manque : elle est obligatoire {when}. Ajoutez-la du catalogue."
            )
        elif not mine.mandatory_when or situation([clause.mandatory_when], [mine.mandatory_when]) is not None:
            yield Problem(f"Elle doit rester marquée obligatoire {when}.", clause.kind, place="clause obligatoire")
        elif situation([clause.mandatory_when], [mine.when]) is not None:
            yield Problem(
                f"Ses conditions d'emploi l'écartent de conventions où elle est obligatoire ({when}).",
                clause.kind, place="conditions d'emploi",
            )  # fmt: skip


def blocking(problems: Sequence[Problem]) -> list[Problem]:
    return [problem for problem in problems if problem.blocking]
