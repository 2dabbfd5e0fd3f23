"""The changes between an approved content and another, each with what it bears on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from conventions.redline import Wording
from conventions.text.reading import wordings
from core.money import euros

from .wording import only_form


class Kind(StrEnum):
    TEXT = "text"
    FIGURE = "figure"
    PARTY = "party"
    SIGNATORY = "signatory"
    VOTE = "vote"
    DATES = "dates"
    ANNEX = "annex"

    @property
    def label(self) -> str:
        return _KINDS[self]


_KINDS = {
    Kind.TEXT: "Texte",
    Kind.FIGURE: "Chiffre",
    Kind.PARTY: "Partie",
    Kind.SIGNATORY: "Signataire",
    Kind.VOTE: "Délibération",
    Kind.DATES: "Dates",
    Kind.ANNEX: "Annexe",
}


@dataclass(frozen=True)
class Change:
    """One change. ``form_only``: the typing of a text, nothing of what it says. ``who``: the body it concerns."""

    kind: Kind
    label: str
    before: str
    after: str
    form_only: bool = False
    who: str = ""


def changes_between(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """What ``new`` prints that ``old``, approved, does not, and the other way round. Empty: the same act."""
    return [
        *_figures(old, new),
        *_dates(old, new),
        *_parties(old, new),
        *_signatories(old, new),
        *_visas(old, new),
        *_texts(old, new),
        *_annexes(old, new),
    ]


def _figures(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    before, after = _amounts(old), _amounts(new)
    for key in [*before, *(key for key in after if key not in before)]:
        if before.get(key) != after.get(key):
            year, _plan, ref = key
            yield Change(Kind.FIGURE, f"{ref} ({year})", _amount(before, key), _amount(after, key))


def _amounts(content: Mapping[str, Any]) -> dict[tuple[int, str, str], str | None]:
    return {
        (figure["year"], figure["plan"], line["financer"] or line["ref"]): line["amount"]
        for figure in content.get("figures", [])
        for line in figure["lines"]
    }


def _amount(amounts: Mapping[Any, str | None], key: Any) -> str:
    if key not in amounts:
        return "aucune part"
    value = amounts[key]
    return "non chiffré" if value is None else euros(Decimal(value))


def _dates(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    one, two = str(old.get("subtitle", "")), str(new.get("subtitle", ""))
    if one != two:
        yield Change(Kind.DATES, "Période", one, two)


#: A designation: who, by whom represented, by what vote allowed, and the short name used afterwards.
_DESIGNATION = re.compile(
    r"^(?P<body>.*?)(?P<person>, représentée?s? par .*?)?(?P<vote>, dûment habilitée?s? .*?)?"
    r"(?P<short>, ci-après .*)?$",
    re.DOTALL,
)


def _parts(designation: str) -> dict[str, str]:
    found = _DESIGNATION.match(designation)
    return {name: value or "" for name, value in found.groupdict().items()} if found else {"body": designation}


def _parties(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    before, after = _by_name(old), _by_name(new)
    for name in [*before, *(name for name in after if name not in before)]:
        if name not in after or name not in before:
            yield Change(Kind.PARTY, name, *_present(name in before), who=name)
            continue
        yield from _one_party(name, before[name], after[name])


def _by_name(content: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {str(party["name_le"]): party for party in content.get("parties", [])}


def _present(there: bool) -> tuple[str, str]:
    return ("partie à l'acte", "absente") if there else ("absente", "partie à l'acte")


def _one_party(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    one, two = _parts(str(before["designation"])), _parts(str(after["designation"]))
    for part, kind, label in (
        ("body", Kind.PARTY, "désignation"),
        ("short", Kind.PARTY, "nom abrégé"),
        ("person", Kind.SIGNATORY, "représentant"),
        ("vote", Kind.VOTE, "habilitation"),
    ):
        was, now = one.get(part, "").removeprefix(", "), two.get(part, "").removeprefix(", ")
        if was != now:
            yield Change(kind, f"{name} : {label}", was, now, only_form(was, now), who=name)
    if before.get("roles_label") != after.get("roles_label"):
        yield Change(Kind.PARTY, f"{name} : qualités", str(before["roles_label"]), str(after["roles_label"]), who=name)


def _signatories(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    before, after = _signers(old), _signers(new)
    for name in before.keys() | after.keys():
        if before.get(name) != after.get(name) and name in before and name in after:
            yield Change(Kind.SIGNATORY, name, before[name], after[name], who=name.removeprefix("Pour "))


def _signers(content: Mapping[str, Any]) -> dict[str, str]:
    return {
        str(row["organisation"]): ", ".join(part for part in (row["name"], row["function"], row["mention"]) if part)
        for row in content.get("signatories", [])
    }


_OF_A_VOTE = re.compile(r"^Vu la délibération\b")


def _visas(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    """The votes recited: they are the bodies' own acts, which the préfecture does not approve again."""
    one, two = ([text for text in content.get("visas", []) if _OF_A_VOTE.match(text)] for content in (old, new))
    for text in one:
        if text not in two:
            yield Change(Kind.VOTE, "Visas", text, "")
    for text in two:
        if text not in one:
            yield Change(Kind.VOTE, "Visas", "", text)


def _texts(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    before, after = wordings(_without_votes(old)), wordings(_without_votes(new))
    for kind in [*before, *(kind for kind in after if kind not in before)]:
        one, two = before.get(kind), after.get(kind)
        if one == two:
            continue
        title = (two or one or Wording(kind, "")).title
        form = one is not None and two is not None and only_form(one.title, two.title) and only_form(one.text, two.text)
        yield Change(Kind.TEXT, f"Clause « {title} »", one.text if one else "", two.text if two else "", form)
    for name, label in (("title", "Intitulé"), ("place", "Fait à")):
        was, now = _head(old, name), _head(new, name)
        if was != now:
            yield Change(Kind.TEXT, label, was, now, only_form(was, now))


def _without_votes(content: Mapping[str, Any]) -> dict[str, Any]:
    return dict(content) | {"visas": [text for text in content.get("visas", []) if not _OF_A_VOTE.match(text)]}


def _head(content: Mapping[str, Any], name: str) -> str:
    return str((content.get("closing") or {}).get("place", "") if name == "place" else content.get(name, ""))


def _annexes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    """Compared whole: a generated annex that follows a figure has changed, as the figure has."""
    before, after = _by_title(old), _by_title(new)
    for title in [*before, *(title for title in after if title not in before)]:
        if before.get(title) == after.get(title):
            continue
        yield Change(
            Kind.ANNEX,
            f"Annexe « {title} »",
            "présente" if title in before else "absente",
            ("contenu modifié" if title in before else "ajoutée") if title in after else "retirée",
        )
    if set(before) == set(after) and list(before) != list(after):
        yield Change(Kind.ANNEX, "Ordre des annexes", ", ".join(before), ", ".join(after))


def _by_title(content: Mapping[str, Any]) -> dict[str, Any]:
    return {str(a["title"]): {k: v for k, v in a.items() if k != "number"} for a in content.get("annexes", [])}
