"""The rows of one plan, once read, as the plan they make; and what it changes in the stored one. No writing here."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from core.money import euros, percent
from funding.adapter import CostData, KeyData, PlanData, ShareData, allocate_data
from funding.editor import USUAL_SOURCE
from funding.enums import KeySource, ShareMode, Source
from funding.plan_sheets.layout import BLOCK, COST, MEMBER, word
from funding.services.keys import Populations
from parties.enums import OrganisationKind


class Entry:
    """One row of the file, read: its line number, and one attribute per column."""

    line: int = 0

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name == "pk":
            raise AttributeError(name)
        return ""

    def __str__(self) -> str:
        return f"ligne {self.line}"


@dataclass(frozen=True)
class Problem:
    """What is wrong in the rows of a plan, where: the sheet's line, the column's name ("" for the row)."""

    line: int
    column: str
    message: str


@dataclass
class Built:
    """``places``: place of a service's refusal → (line, column). ``line`` is the plan's first one."""

    line: int = 0
    data: PlanData | None = None
    problems: list[Problem] = field(default_factory=list)
    places: dict[str, tuple[int, str]] = field(default_factory=dict)


#: Field of a refusal → column of the file.
_FIELDS = {
    "financer": "financeur",
    "fixed_amount": "montant",
    "percent": "pourcentage",
    "percent_of": "pourcentage_de",
    "mode": "mode",
    "ref": "repere",
    "footnote": "note",
    "label": "libelle",
    "amount": "montant",
    "borne_by": "supporte_par",
    "posts": "postes",
    "period_start": "du",
    "period_end": "au",
    "year": "annee",
    "employer": "employeur",
    "key_vintage": "millesime",
}
_HEAD = (
    "libelle_du_plan",
    "annee",
    "employeur",
    "postes",
    "du",
    "au",
    "prorata",
    "arrondi",
    "methode_d_arrondi",
    "ecart_a",
)


def build(entries: list[Entry], stored: PlanData | None, populations: Populations) -> Built:
    """The plan of these rows, on the ground of the stored one: what no column says stays."""
    first = entries[0]
    built = Built(line=first.line)
    for entry in entries[1:]:
        for name in _HEAD:
            if getattr(entry, name) != getattr(first, name):
                built.problems.append(
                    Problem(entry.line, name, f"Cette case dit autre chose que la ligne {first.line} du même plan.")
                )
    costs, shares = _costs(entries, built), _shares(entries, stored, built, populations)
    if built.problems:
        return built
    year = first.annee
    head: dict[str, Any] = {
        "label": first.libelle_du_plan or (stored.label if stored else f"Plan {first.plan}"),
        "year": year,
        "employer": first.employeur,
        "posts": first.postes,
        "period_start": first.du or dt.date(year, 1, 1),
        "period_end": first.au or dt.date(year, 12, 31),
        "prorata": first.prorata,
        "rounding_unit": first.arrondi,
        "rounding_method": first.methode_d_arrondi,
        "residue_ref": first.ecart_a,
        "costs": costs,
        "shares": shares,
    }
    built.data = replace(stored, **head) if stored else PlanData(**head)
    if stored is not None and set(stored.posts) == set(first.postes):
        built.data = replace(built.data, posts=stored.posts)  # their order says nothing
    return built


def where(built: Built, place: str) -> tuple[int, str]:
    """Line and column of a service's refusal."""
    found = re.match(r"((?:shares|costs)\[[^\]]+\])(?:\.(\w+))?", place)
    if found and found[1] in built.places:
        line, column = built.places[found[1]]
        return line, _FIELDS.get(found[2] or "", column)
    return built.line, _FIELDS.get(place, "plan")


def _costs(entries: list[Entry], built: Built) -> tuple[CostData, ...]:
    found: list[CostData] = []
    for entry in entries:
        if entry.ligne == COST:
            if entry.montant is None:
                built.problems.append(Problem(entry.line, "montant", "Indiquez le coût annuel."))
            built.places[f"costs[{len(found)}]"] = (entry.line, "montant")
            found.append(CostData(entry.nature, entry.libelle, entry.montant, entry.supporte_par))
    return tuple(found)


def _shares(
    entries: list[Entry], stored: PlanData | None, built: Built, populations: Populations
) -> tuple[ShareData, ...]:
    before = {share.ref: share for share in stored.all_shares()} if stored else {}
    top: list[ShareData] = []
    members: dict[str, list[ShareData]] = {}
    seen: dict[str, int] = {}
    blocks = {entry.repere for entry in entries if entry.ligne == BLOCK}
    for entry in entries:
        if entry.ligne == COST:
            continue
        ref = entry.repere
        if not ref:
            built.problems.append(Problem(entry.line, "repere", "Donnez un repère à cette part, par exemple « etat »."))
            continue
        if ref in seen:
            message = f"Le repère « {ref} » est déjà celui de la ligne {seen[ref]} : donnez-en un autre."
            built.problems.append(Problem(entry.line, "repere", message))
            continue
        seen[ref] = entry.line
        built.places[f"shares[{ref}]"] = (entry.line, "repere")
        share = _share(entry, before.get(ref), built)
        if entry.ligne != MEMBER:
            top.append(share)
        elif entry.bloc in blocks:
            members.setdefault(entry.bloc, []).append(share)
        else:
            message = f"Aucune ligne « bloc » de ce plan n'a le repère « {entry.bloc} »."
            built.problems.append(Problem(entry.line, "bloc", message))
    result = []
    for share in top:
        children = tuple(members.get(share.ref, ()))
        if share.ref in blocks and not children:
            built.problems.append(
                Problem(seen[share.ref], "repere", "Ce bloc n'a aucun membre : ajoutez-en, ou retirez-le.")
            )
        result.append(_settled(replace(share, children=children), before.get(share.ref), entries, populations))
    return tuple(result)


def _share(entry: Entry, before: ShareData | None, built: Built) -> ShareData:
    keyed, block = entry.mode == ShareMode.KEY, entry.ligne == BLOCK
    for wanted, column, words in (
        (not entry.mode, "mode", "Indiquez le mode de calcul."),
        (not block and entry.financeur is None, "financeur", "Indiquez le financeur."),
        (block and entry.financeur is not None, "financeur", "Un bloc n'a pas de financeur : laissez cette case vide."),
        (entry.mode == ShareMode.FIXED and entry.montant is None, "montant", "Indiquez le montant fixe."),
        (entry.mode == ShareMode.PERCENTAGE and entry.pourcentage is None, "pourcentage", "Indiquez le pourcentage."),
    ):
        if wanted:
            built.problems.append(Problem(entry.line, column, words))
    source = entry.credit
    if not source:
        usual = OrganisationKind(entry.financeur.kind) if entry.financeur else None
        source = before.source if before else USUAL_SOURCE.get(usual, Source.OTHER) if usual else Source.OTHER
    fixed = entry.mode == ShareMode.FIXED
    base = before or ShareData(ref=entry.repere)
    weight: Decimal | None = entry.pourcentage if keyed else None
    population: int | None = None
    if keyed and entry.pourcentage is None and before is not None:
        weight, population = before.weight, before.population
    return replace(
        base,
        ref=entry.repere,
        label=entry.libelle,
        financer=entry.financeur,
        source=source,
        mode=entry.mode or ShareMode.EQUAL,
        fixed_amount=entry.montant if fixed else None,
        fixed_is_annual=bool(entry.annee_pleine) and fixed,
        percent=None if fixed else entry.pourcentage if not keyed else base.percent,
        percent_of=entry.pourcentage_de if entry.mode == ShareMode.PERCENTAGE else "",
        weight=weight if keyed else base.weight if entry.pourcentage == base.percent else entry.pourcentage,
        population=population,
        key=_key(entry, base) if block else None,
        footnote=entry.note,
        children=(),
    )


def _key(entry: Entry, base: ShareData) -> KeyData:
    old = base.key or KeyData()
    new = replace(old, basis=entry.base_de_la_cle, source=entry.origine_de_la_cle, vintage=entry.millesime)
    # What the file changes of a key kept for several plans becomes the plan's own.
    return new if new == old else replace(new, stored_id=None)


def _settled(share: ShareData, before: ShareData | None, entries: list[Entry], populations: Populations) -> ShareData:
    """The stored share itself when the file says nothing new of it; official populations put in their place."""
    share = _still_held(share, before)
    if share.key is not None and share.key.source == KeySource.OFFICIAL and share.key.vintage:
        bodies = [child.financer for child in share.children if child.financer]
        unchanged = before is not None and before.key == share.key
        if not unchanged or any(child.weight is None for child in share.children):
            found = populations.of(
                basis=share.key.basis, vintage=share.key.vintage, financers=bodies, posts=entries[0].postes
            )
            share = replace(share, children=tuple(_populated(child, found) for child in share.children))
    if before is None:
        return share
    old = {child.ref: child for child in before.children}
    children = tuple(
        old[child.ref] if child.ref in old and visible(old[child.ref]) == visible(child) else child
        for child in share.children
    )
    share = replace(share, children=children)
    if not share.children and not before.children:
        return before if visible(before) == visible(share) else share
    same = visible(before) == visible(share) and before.children == children
    return before if same else share


def _still_held(share: ShareData, before: ShareData | None) -> ShareData:
    """A block that points at a stored key keeps it while the file says its members and percentages as they are."""
    if share.key is None or share.key.stored_id is None or before is None:
        return share
    old = {child.ref: child for child in before.children}
    same = len(share.children) == len(old) and all(
        child.ref in old and visible(child) == visible(old[child.ref]) for child in share.children
    )
    if same:
        return replace(share, children=tuple(old[child.ref] for child in share.children))
    return replace(share, key=replace(share.key, stored_id=None))


def _populated(child: ShareData, found: dict[int, int]) -> ShareData:
    count = found.get(child.financer.pk) if child.financer and child.mode == ShareMode.KEY else None
    return child if count is None else replace(child, weight=Decimal(count), population=count, percent=None)


def visible(share: ShareData) -> tuple[Any, ...]:
    """What the file says of a share, its members apart."""
    keyed = share.mode == ShareMode.KEY
    rate = share.weight if keyed and share.population is None else None if keyed else share.percent
    block = (share.key or KeyData()) if share.financer is None else None
    return (
        share.ref, share.label, share.financer, share.source, share.mode, share.fixed_amount, share.fixed_is_annual,
        rate, share.population if keyed else None, share.percent_of, share.footnote, block,
    )  # fmt: skip


# --- What changes -----------------------------------------------------------------------------------------------------


def differences(before: PlanData | None, after: PlanData) -> tuple[tuple[str, str, str], ...]:
    """(what, old, new) in words, amounts computed on both sides."""
    found: list[tuple[str, str, str]] = []
    old_amounts = _amounts(before) if before else {}
    new_amounts = _amounts(after)
    if before is not None:
        for title, name in (("libellé", "label"), ("année", "year"), ("employeur", "employer"), ("du", "period_start"),
                            ("au", "period_end"), ("prorata", "prorata"), ("arrondi", "rounding_unit"),
                            ("méthode d'arrondi", "rounding_method"), ("écart d'arrondi à", "residue_ref"),
                            ("postes", "posts")):  # fmt: skip
            a, b = getattr(before, name), getattr(after, name)
            if a != b:
                found.append((title, _word(name, a), _word(name, b)))
    old_costs = [f"{c.title} : {euros(c.amount or 0)}" for c in before.costs] if before else []
    new_costs = [f"{c.title} : {euros(c.amount or 0)}" for c in after.costs]
    if old_costs != new_costs:
        found.append(("coûts", " ; ".join(old_costs), " ; ".join(new_costs)))
    old = {share.ref: share for share in before.all_shares()} if before else {}
    new = {share.ref: share for share in after.all_shares()}
    for ref in [*new, *(ref for ref in old if ref not in new)]:
        a_text, b_text = _said(old.get(ref), old_amounts), _said(new.get(ref), new_amounts)
        changed = ref not in old or ref not in new or visible(old[ref]) != visible(new[ref])
        if changed or a_text != b_text:
            found.append(((new.get(ref) or old[ref]).title, a_text, b_text))
    return tuple(found)


def _amounts(data: PlanData) -> dict[str, Decimal | None]:
    return {ref: line.amount for ref, line in allocate_data(data).lines.items()}


def _said(share: ShareData | None, amounts: dict[str, Decimal | None]) -> str:
    if share is None:
        return ""
    rate = share.weight if share.mode == ShareMode.KEY else share.percent
    rule = word("mode", share.mode) + (
        f" {percent(rate, 4)}" if rate is not None and rate <= 100 and share.population is None else ""
    )
    amount = amounts.get(share.ref)
    return f"{rule} = {euros(amount) if amount is not None else 'à chiffrer'}" + (
        f" (note : {share.footnote})" if share.footnote else ""
    )


def _word(name: str, value: Any) -> str:
    if name == "posts":
        return ", ".join(post.label for post in value)
    if name == "employer":
        return str(value.name)
    if isinstance(value, dt.date):
        return f"{value:%d/%m/%Y}"
    columns = {"prorata": "prorata", "rounding_unit": "arrondi", "rounding_method": "methode_d_arrondi"}
    return word(columns[name], value) if name in columns else str(value)
