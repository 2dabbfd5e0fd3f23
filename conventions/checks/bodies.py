"""R30: no body, court or plan that no longer exists on the day the convention takes effect. The table is data."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from django.conf import settings

from conventions.text.dossier import Draft
from core.findings import Finding, Mark, Severity
from core.french.dates import date_long

from .around import life, mapping, plain, texts
from .places import place, tab


@dataclass(frozen=True)
class Ended:
    """``names`` are written plain (no case, accent or punctuation); ``last_day`` is the last one it existed."""

    names: tuple[str, ...]
    label: str
    last_day: dt.date
    successor: str
    source: str
    mark: Mark

    @property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(rf"\b(?:{'|'.join(re.escape(name) for name in self.names)})\b")


@cache
def ended_bodies() -> tuple[Ended, ...]:
    """The shipped table, ``fixtures/rules/bodies.json``."""
    data = json.loads((settings.BASE_DIR / "fixtures" / "rules" / "bodies.json").read_text(encoding="utf-8"))
    return tuple(
        Ended(
            tuple(plain(name) for name in row["names"]),
            row["label"],
            dt.date.fromisoformat(row["last_day"]),
            row["successor"],
            row["source"],
            Mark(row["mark"]),
        )
        for row in data
    )


def r30_ended(draft: Draft) -> Iterator[Finding]:
    days = life(draft.convention)
    if days is None:
        return
    for ended in ended_bodies():
        if ended.last_day >= days[0]:
            continue
        pattern = ended.pattern
        for path, anchor, text in _named(draft):
            if not pattern.search(plain(text)):
                continue
            yield Finding(
                code="R30",
                severity=Severity.EXPLAIN,
                place=place(draft.convention, path),
                message=(
                    f"« {text} » : {ended.label} n'existe plus depuis le"
                    f" {date_long(ended.last_day + dt.timedelta(days=1))}, et la convention prend effet le"
                    f" {date_long(days[0])}. Écrivez : {ended.successor}."
                ),
                stated=text,
                computed=ended.successor,
                source=ended.source,
                mark=ended.mark,
                url=tab(draft.convention, *anchor),
            )


def _named(draft: Draft) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Every name the convention's data carries: place, tab and anchor, words."""
    for party in draft.parties:
        anchor = ("parties", f"partie-{party.uuid}")
        key = party.organisation.key
        yield f".parties[{key}]", anchor, party.organisation.name
        printed = party.stated.get("name")
        if isinstance(printed, str) and plain(printed) != plain(party.organisation.name):
            yield f".parties[{key}].stated.name", anchor, printed
    variables, stated = draft.convention.variables, draft.convention.stated
    committee = mapping(variables.get("committee"))
    names = [committee.get("name"), variables.get("tribunal"), variables.get("base")]
    for text in (name for name in names if isinstance(name, str) and name):
        yield ".variables", ("texte",), text
    # What a published text prints replaces how its reader understood it.
    members = texts(stated.get("committee_members"))
    path = ".stated.committee_members" if members else ".variables.committee.members"
    for rank, text in enumerate(members or texts(committee.get("members"))):
        yield f"{path}[{rank}]", ("texte",), text
    for text in texts(stated.get("plans")):
        yield ".stated.plans", ("texte",), text
    for post in draft.posts:
        for name, text in (
            ("functional_authority", post.functional_authority),
            ("hierarchical_authority", post.hierarchical_authority),
        ):
            if text:
                yield f".posts[{post.key}].{name}", ("texte",), text
