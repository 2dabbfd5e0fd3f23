"""What separates a convention from the one it renews: figures, employer, signatories, dates, clauses."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from conventions.models import Convention
from conventions.text.clauses import EDITED, chosen_clauses
from conventions.text.dossier import Draft, read
from core.french.dates import date_long, date_range
from core.money import euros
from parties.models import Mandate

from .wordings import RawClause, raw_clauses


@dataclass(frozen=True)
class Difference:
    """One change. ``expected``: what a new year changes by itself, which nobody needs to read again."""

    kind: str
    label: str
    before: str
    after: str
    expected: bool = False

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def differences(old: Convention, new: Convention) -> list[Difference]:
    """Every difference between ``old`` and ``new``, the convention that renews it, in the order people check them."""
    before, after = read(old), read(new)
    return [
        *_figures(before, after),
        *_employer(before, after),
        *_people(before, after),
        *_dates(before, after),
        *_clauses(before, after),
    ]


def _figures(before: Draft, after: Draft) -> Iterator[Difference]:
    """Line by line, by post and financer: labels of lines change, who pays for which post does not."""
    old, new = _lines(before), _lines(after)
    for key in [*old, *(k for k in new if k not in old)]:
        was, now = old.get(key), new.get(key)
        if was != now:
            yield Difference("figures", f"{key[1]} – {key[0]}", _amount(was, key in old), _amount(now, key in new))


def _lines(draft: Draft) -> dict[tuple[str, str], Decimal | None]:
    """Of the last year each post is paid for: a convention over two years is compared by its latest figures."""
    found: dict[tuple[str, str], Decimal | None] = {}
    for view in sorted(draft.plans, key=lambda view: view.plan.year):
        posts = " et ".join(sorted(post.label for post in view.plan.posts.all()))
        latest = {
            (posts, share.financer.label if share.financer else share.display_label): share.amount
            for share in view.leaves
        }
        found = {key: amount for key, amount in found.items() if key[0] != posts} | latest
    return found


def _amount(amount: Decimal | None, there: bool) -> str:
    if not there:
        return "aucune part"
    return "non chiffré" if amount is None else euros(amount)


def _employer(before: Draft, after: Draft) -> Iterator[Difference]:
    was, now = before.employer, after.employer
    if was != now:
        yield Difference("employeur", "Employeur", was.label if was else "aucun", now.label if now else "aucun")


def _people(before: Draft, after: Draft) -> Iterator[Difference]:
    old = {p.organisation_id: p for p in before.parties}
    new = {p.organisation_id: p for p in after.parties}
    for pk, party in new.items():
        if pk not in old:
            yield Difference("parties", party.organisation.label, "absente", "partie à la convention")
    for pk, party in old.items():
        if pk not in new:
            yield Difference("parties", party.organisation.label, "partie à la convention", "absente")
    signs_before = {s.party.organisation_id: s.mandate for s in before.signatories}
    for signatory in after.signatories:
        organisation = signatory.party.organisation
        was = signs_before.get(organisation.pk)
        if organisation.pk in signs_before and was != signatory.mandate:
            yield Difference(
                "signataires", f"Signataire – {organisation.label}", _person(was), _person(signatory.mandate)
            )


def _person(mandate: Mandate | None) -> str:
    return f"{mandate.person}, {mandate.function}" if mandate else "à désigner"


def _dates(before: Draft, after: Draft) -> Iterator[Difference]:
    old, new = before.convention, after.convention
    yield Difference(
        "dates",
        "Période",
        date_range(old.period_start, old.period_end),
        date_range(new.period_start, new.period_end),
        expected=before.months == after.months,
    )
    for name, label in (("budget_deadline", "Budget prévisionnel"), ("payment_deadline", "Versement avant le")):
        was, now = old.variables.get(name), new.variables.get(name)
        if was != now:
            yield Difference("dates", label, _day(was), _day(now), expected=True)


def _day(text: str | None) -> str:
    return date_long(dt.date.fromisoformat(text)) if text else "aucune date"


def _clauses(before: Draft, after: Draft) -> Iterator[Difference]:
    """Clauses whose conditions chose another wording; « crée » become « reconduit » is what a renewal is."""
    old, new = raw_clauses(before), raw_clauses(after)
    carried = raw_clauses(before, as_renewal=True)
    for kind, clause in new.items():
        if kind not in old:
            yield Difference("clauses", clause.title, "absente", "ajoutée", expected=kind in carried)
        elif old[kind] != clause:
            expected = carried.get(kind) == clause
            yield Difference("clauses", clause.title, *_apart(old[kind], clause), expected=expected)
    for kind, clause in old.items():
        if kind not in new:
            yield Difference("clauses", clause.title, "présente", "absente", expected=kind not in carried)
    yield from _years_typed(before, after)


def _apart(old: RawClause, new: RawClause) -> tuple[str, str]:
    """The sentences each has and the other does not."""
    gone = " ".join(text for text in old.texts if text not in new.texts)
    come = " ".join(text for text in new.texts if text not in old.texts)
    return gone or "rien de plus", come or ("rien de plus" if gone else "autre mise en forme")


def _years_typed(before: Draft, after: Draft) -> Iterator[Difference]:
    """A wording adapted by hand and carried over may still name the year before."""
    past = set(range(before.convention.period_start.year, after.convention.period_start.year))
    chosen = chosen_clauses(after.convention)
    for row in after.convention.clauses.all():
        named = sorted({int(y) for y in re.findall(r"\b20\d{2}\b", row.edited_text)} & past)
        if named and chosen.choices.get(row.kind) == EDITED:
            title = next((c.title for c in chosen.texts if c.kind == row.kind), row.kind)
            years = " et ".join(str(year) for year in named)
            yield Difference("clauses", title, "adaptée à la main", f"cite encore {years} : relisez-la")
