"""« Situation au … »: a convention as in force on a day, with the signed avenants folded in. Reads only.

The base text is the approved version; its parties and period are the convention's own rows, which do not change once
it is signed; amounts are funding's (:mod:`funding.amendments`); everything else is what the avenants in effect say, in
the order of their dates (docs/adr/0014).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

from conventions.avenants import SignedAvenant, signed_by_convention
from conventions.enums import ChangeKind, PartyRole
from conventions.models import Avenant, Convention, ConventionEnding, ConventionVersion, Party
from conventions.terms import Term, current_term, in_effect, last_day_of, period_change_on
from funding.amendments import Figure, figures_on
from funding.models import FundingPlan
from parties.models import Mandate, Organisation


@dataclass(frozen=True)
class PartyNow:
    """An organisation bound that day; ``by`` is the avenant it comes from (None: the base text)."""

    organisation: Organisation
    roles: tuple[str, ...]
    representative: Mandate | None
    by: Avenant | None = None

    @property
    def role_labels(self) -> list[str]:
        return [str(PartyRole(role).label) for role in self.roles]


@dataclass(frozen=True)
class ArticleNow:
    """An article that day. ``label``: « 5 », « 5-1 »; ``by``: the avenant that wrote, added or removed it."""

    label: str
    kind: str
    title: str
    blocks: tuple[dict[str, Any], ...]
    by: Avenant | None = None
    removed: bool = False

    @property
    def heading(self) -> str:
        return f"Article {self.label} – {self.title}" if self.label else self.title


@dataclass(frozen=True)
class PlanNow:
    """A plan that day: its leaves, each with what it was committed with and who changed it. Euros."""

    plan: FundingPlan
    figures: tuple[Figure, ...]
    by: Avenant | None = None

    @property
    def total(self) -> Decimal | None:
        return _sum(figure.amount for figure in self.figures)

    @property
    def committed(self) -> Decimal | None:
        return _sum(figure.committed for figure in self.figures)

    @property
    def is_changed(self) -> bool:
        return any(figure.is_changed for figure in self.figures)


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    values = list(amounts)
    if not values or any(value is None for value in values):
        return None
    return sum((value for value in values if value is not None), Decimal(0))


@dataclass(frozen=True)
class Situation:
    """The convention on ``day``. Build with :func:`situation_on`."""

    convention: Convention
    day: dt.date
    applied: list[SignedAvenant] = field(default_factory=list)
    signed: list[SignedAvenant] = field(default_factory=list)
    version: ConventionVersion | None = None
    ending: ConventionEnding | None = None

    @cached_property
    def period(self) -> tuple[dt.date, dt.date]:
        """Of the term ``day`` falls in, cut short by an end."""
        term = self.term
        return term.start, min(term.end, self.last_day) if self.last_day >= term.start else term.end

    @cached_property
    def term(self) -> Term:
        return current_term(self.convention, self.day)

    @cached_property
    def period_by(self) -> Avenant | None:
        return period_change_on(self.convention, self.day, self.signed)[1]

    @cached_property
    def last_day(self) -> dt.date:
        return last_day_of(self.convention, self.signed)

    @property
    def in_force(self) -> bool:
        return self.convention.in_force_on(self.day) and self.day <= self.last_day

    @property
    def upcoming(self) -> list[SignedAvenant]:
        """Signed, and not yet in effect that day."""
        return [item for item in self.signed if item.avenant.effective_on > self.day]

    @property
    def repealed(self) -> list[SignedAvenant]:
        """Their date has come, and another one repealed them."""
        return [item for item in self.signed if item not in self.applied and item not in self.upcoming]

    @cached_property
    def parties(self) -> list[PartyNow]:
        """Those bound that day, in the order of the text."""
        parties = self.convention.parties.select_related("organisation", "representative")
        found = {
            party.organisation.key: PartyNow(party.organisation, tuple(party.roles), party.representative)
            for party in parties.order_by("position", "pk")
        }
        for item in self.applied:
            _fold_parties(found, item)
        return list(found.values())

    @cached_property
    def left(self) -> list[tuple[Organisation, Avenant]]:
        """Parties of the base text or of an avenant that no longer are, and the avenant that says so."""
        gone = {
            change["target"]: item.avenant
            for item in self.applied
            for change in item.changes
            if change["kind"] in (ChangeKind.PARTY_REMOVED, ChangeKind.PARTY_REPLACED)
        }
        present = {party.organisation.key for party in self.parties}
        rows = Organisation.objects.filter(territory_id=self.convention.territory_id, key__in=set(gone) - present)
        return [(row, gone[row.key]) for row in rows.order_by("name")]

    @cached_property
    def articles(self) -> list[ArticleNow]:
        """The articles that day, those removed included (marked), numbered as the signed texts number them."""
        content = self.version.content if self.version else {}
        rows = [
            ArticleNow(str(a["number"] or ""), a["kind"], a["title"], tuple(a["blocks"]))
            for a in content.get("articles", [])
        ]
        for item in self.applied:
            rows = list(_fold_articles(rows, item))
        return rows

    @cached_property
    def plans(self) -> list[PlanNow]:
        """The plans bound that day, with their figures."""
        added = {
            change["target"]: item
            for item in self.signed
            for change in item.changes
            if change["kind"] == ChangeKind.PLAN_ADDED
        }
        rows = []
        links = self.convention.convention_plans.select_related("plan__employer").order_by("plan__year", "pk")
        for link in links.prefetch_related("plan__amendments__lines"):
            item = added.get(link.plan.key)
            if item is not None and item not in self.applied:
                continue
            rows.append(
                PlanNow(link.plan, _leaves(link.plan, self.day, link.only_financer_id), item.avenant if item else None)
            )
        return rows

    @property
    def changes(self) -> list[tuple[Avenant, list[dict[str, Any]]]]:
        """What each avenant in effect says, in the order they apply."""
        return [(item.avenant, item.changes) for item in self.applied]


def situation_on(convention: Convention, day: dt.date) -> Situation:
    """The convention as in force on ``day``."""
    return situations_on([convention], day)[0]


def situations_on(conventions: Iterable[Convention], day: dt.date) -> list[Situation]:
    """As :func:`situation_on`, of many: parties, articles and plans are read when asked for."""
    rows = list(conventions)
    signed = signed_by_convention(rows)
    versions: dict[int, ConventionVersion] = {}
    for version in ConventionVersion.of_base.filter(convention__in=rows).order_by("number"):
        versions[version.convention_id] = version
    endings: dict[int, ConventionEnding] = {}
    for ending in ConventionEnding.objects.filter(convention__in=rows).order_by("-last_day", "-pk"):
        endings[ending.convention_id] = ending
    return [
        Situation(row, day, in_effect(signed[row.pk], day), signed[row.pk], versions.get(row.pk), endings.get(row.pk))
        for row in rows
    ]


def before_avenant(avenant: Avenant) -> Situation:
    """What an avenant changes: the situation on its date, without itself."""
    found = situation_on(avenant.convention, avenant.effective_on)
    signed = [item for item in found.signed if item.avenant.pk != avenant.pk]
    return replace(found, signed=signed, applied=in_effect(signed, avenant.effective_on))


def _leaves(plan: FundingPlan, day: dt.date, only_financer_id: int | None) -> tuple[Figure, ...]:
    figures = figures_on(plan, day)
    shares = [share for share in plan.shares.all() if not share.is_group]
    if only_financer_id:
        shares = [share for share in shares if share.financer_id == only_financer_id]
    return tuple(figures[share.ref] for share in shares)


def _fold_parties(found: dict[str, PartyNow], item: SignedAvenant) -> None:
    rows = {row.organisation.key: row for row in item.avenant.parties.select_related("organisation", "representative")}
    for change in item.changes:
        kind, target, after = change["kind"], change["target"], change["after"]
        if kind == ChangeKind.PARTY_ADDED:
            joined = _joined(target, rows, after.get("roles") or [], item.avenant)
            found |= {target: joined} if joined else {}
        elif kind == ChangeKind.PARTY_REMOVED:
            found.pop(target, None)
        elif kind == ChangeKind.PARTY_REPLACED:
            joined = _joined(after["by"], rows, after.get("roles") or [], item.avenant)
            if joined:
                _replace_party(found, target, after["by"], joined)
        elif kind == ChangeKind.SIGNATORY and target in found:
            mandate = Mandate.objects.filter(organisation=found[target].organisation, key=after["mandate"]).first()
            found[target] = replace(found[target], representative=mandate, by=item.avenant)


def _replace_party(found: dict[str, PartyNow], old: str, new: str, party: PartyNow) -> None:
    """The newcomer takes the place of the one it replaces."""
    pairs = [(new, party) if key == old else (key, value) for key, value in found.items() if key != new or key == old]
    found.clear()
    found.update(pairs)
    found.setdefault(new, party)


def _joined(key: str, rows: dict[str, Party], roles: list[str], avenant: Avenant) -> PartyNow | None:
    """Who joins, as the avenant's own row says; an avenant read from a dossier has none, the directory is enough."""
    row = rows.get(key)
    if row is not None:
        return PartyNow(row.organisation, tuple(roles or row.roles), row.representative, avenant)
    organisation = Organisation.objects.filter(territory_id=avenant.territory_id, key=key).first()
    return PartyNow(organisation, tuple(roles), None, avenant) if organisation else None


def _fold_articles(rows: list[ArticleNow], item: SignedAvenant) -> Iterator[ArticleNow]:
    """The articles once the avenant's clauses are folded in; an added one follows the article it names."""
    changes = {(change["kind"], change["target"]): change["after"] for change in item.changes}
    added = [change for change in item.changes if change["kind"] == ChangeKind.CLAUSE_ADDED]
    for row in rows:
        replaced = changes.get((ChangeKind.CLAUSE_REPLACED, row.kind))
        if replaced is not None:
            yield replace(
                row, title=replaced["title"], blocks=tuple(replaced["blocks"]), by=item.avenant, removed=False
            )
        elif (ChangeKind.CLAUSE_REMOVED, row.kind) in changes:
            yield replace(row, by=item.avenant, removed=True)
        else:
            yield row
        yield from (_added(change, item) for change in added if change["after"].get("follows") == row.kind)
    known = {row.kind for row in rows}
    yield from (_added(change, item) for change in added if change["after"].get("follows") not in known)


def _added(change: dict[str, Any], item: SignedAvenant) -> ArticleNow:
    after = change["after"]
    return ArticleNow(after["label"], change["target"], after["title"], tuple(after["blocks"]), item.avenant)
