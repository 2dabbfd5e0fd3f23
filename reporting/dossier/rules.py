"""What a schema cannot say of a dossier: references, doubles, dates in order, percentages that add up.

Works on data already well formed: a badly formed value has been replaced by None, which every rule passes over.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any

from .fields import Field
from .paths import at
from .sections import SECTIONS
from .structure import LOCAL_PARTY, TEMPLATES, Children, Section, flat, value_of

Mistake = tuple[str, str]
Record = dict[str, Any]
HUNDRED = Decimal(100)
WHOLE_COST = "*"


def mistakes(data: Record, known: Mapping[str, Iterable[str]]) -> Iterator[Mistake]:
    """(path, French message) for every mistake; ``known``: section → keys already in the territory."""
    keys = {section.name: {*known.get(section.name, ()), *_keys(data, section)} for section in SECTIONS}
    for section in SECTIONS:
        yield from _doubles(section.name, items(data, section.name), _identity(section))
        yield from _loops(data, section)
        for path, record in items(data, section.name):
            yield from _in_record(section, path, record, keys)
    yield from _organisations(data)
    yield from _posts(data)
    for path, record in items(data, "allocation_keys"):
        yield from _sum(items(record, "lines", path), f"La clé « {record.get('key')} »")
    yield from _plans(data)
    yield from _conventions(data)
    yield from _dated(data)
    yield from _activity(data)


def items(holder: Record, name: str, path: str = "") -> Iterator[tuple[str, Record]]:
    """(path, record) for each well-formed record of a list."""
    rows = holder.get(name)
    for rank, row in enumerate(rows if isinstance(rows, list) else []):
        if isinstance(row, dict):
            yield at(at(path, name), rank), row


def tree(holder: Record, children: Children, path: str) -> Iterator[tuple[str, Record]]:
    """The rows of ``children``, and those below them when they make a tree."""
    yield from _below(holder, children.name, children.tree, path)


def _below(holder: Record, name: str, tree_name: str, path: str) -> Iterator[tuple[str, Record]]:
    for place, row in items(holder, name, path):
        yield place, row
        if tree_name:
            yield from _below(row, tree_name, tree_name, place)


def _keys(data: Record, section: Section) -> set[str]:
    if not section.key:
        return set()
    return {row[section.key] for _, row in items(data, section.name) if isinstance(row.get(section.key), str)}


def _identity(holder: Section | Children) -> tuple[str, ...]:
    """The properties (not attributes) that name a row."""
    if isinstance(holder, Section) and holder.key:
        return (holder.key,)
    names = {field.attr: field.name for _, field in flat(holder.fields)}
    return tuple(names[attr] for attr in holder.identity if attr in names)


def _doubles(what: str, rows: Iterable[tuple[str, Record]], identity: tuple[str, ...]) -> Iterator[Mistake]:
    seen: dict[tuple[Any, ...], str] = {}
    for path, row in rows:
        name = tuple(row.get(prop) or None for prop in identity)
        if not identity or all(part is None for part in name):
            continue
        if name in seen:
            shown = " / ".join(str(part) for part in name if part is not None)
            place = at(path, identity[0])
            yield place, f"« {shown} » figure déjà dans {seen[name]} : donnez une autre valeur ou retirez ce doublon."
        seen.setdefault(name, path)


def _loops(data: Record, section: Section) -> Iterator[Mistake]:
    for prop in section.self_refs:
        above = {row.get(section.key): row.get(prop) for _, row in items(data, section.name)}
        for path, row in items(data, section.name):
            start, walked = row.get(section.key), set()
            current = row.get(prop)
            while isinstance(current, str) and current not in walked:
                if current == start:
                    yield at(path, prop), f"« {start} » finit par dépendre de lui-même : corrigez cette propriété."
                    break
                walked.add(current)
                current = above.get(current)


def _in_record(section: Section, path: str, record: Record, keys: Mapping[str, set[str]]) -> Iterator[Mistake]:
    yield from _references(section, path, record, keys, set())
    for children in section.children:
        rows = list(tree(record, children, path))
        yield from _doubles(children.name, rows, _identity(children))
        parties = {row.get("organisation") for _, row in items(record, LOCAL_PARTY)}
        for place, row in rows:
            yield from _references(children, place, row, keys, parties)


def _references(
    holder: Section | Children, path: str, record: Record, keys: Mapping[str, set[str]], parties: set[Any]
) -> Iterator[Mistake]:
    for group, field in flat(holder.fields):
        value = value_of(record, group, field.name)
        if field.ref and field.ref != TEMPLATES and isinstance(value, str):
            place = at(at(path, group) if group else path, field.name)
            yield from _reference(field, value, place, keys, parties)
    for links in holder.links:
        for rank, value in enumerate(record.get(links.name) or []):
            if isinstance(value, str) and value not in keys[links.section]:
                yield at(at(path, links.name), rank), unknown(links.section, value, keys[links.section])


def _reference(
    field: Field, value: str, place: str, keys: Mapping[str, set[str]], parties: set[Any]
) -> Iterator[Mistake]:
    if field.ref == LOCAL_PARTY:
        if value not in parties:
            yield place, f"« {value} » n'est pas une partie de cette convention : ajoutez-la à « parties »."
    elif value not in keys[field.ref]:
        yield place, unknown(field.ref, value, keys[field.ref])


def unknown(section: str, value: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(value, list(known), n=1, cutoff=0.6)
    remedy = f"vouliez-vous écrire « {near[0]} » ?" if near else f"ajoutez-le à « {section} » ou corrigez la clé."
    return f"« {value} » ne désigne rien dans « {section} » : {remedy}"


# --- Rules of each section --------------------------------------------------------------------------------------------


def _organisations(data: Record) -> Iterator[Mistake]:
    rows = list(items(data, "organisations"))
    yield from _doubles("organisations", rows, ("siren",))
    for path, row in rows:
        if row.get("kind") == "epci" and not row.get("legal_form"):
            yield at(path, "legal_form"), "La forme juridique de l'EPCI manque : CU, CA, CC ou ME."
        siren, siret = row.get("siren"), row.get("siret")
        if siren and siret and not siret.startswith(siren):
            yield at(path, "siret"), f"Le SIRET {siret} ne commence pas par le SIREN {siren} : corrigez l'un des deux."


def _posts(data: Record) -> Iterator[Mistake]:
    for path, post in items(data, "posts"):
        yield from _sum(items(post, "units", path), f"Le temps du poste « {post.get('key')} »")
        for name in ("etp", "weekly_hours"):
            yield from _above_zero(post, name, path)
        filled = sorted(items(post, "occupancies", path), key=lambda item: item[1].get("start") or "")
        for place, row in filled:
            yield from _above_zero(row, "working_time", place)
        for (_, before), (place, after) in pairwise(filled):
            end, start = before.get("end"), after.get("start")
            if start and before.get("start") and (end is None or end >= start):
                until = f"jusqu'au {end}" if end else "sans date de fin"
                yield (
                    at(place, "start"),
                    f"Le poste est déjà pourvu depuis le {before['start']} {until} : ces périodes se chevauchent.",
                )


def _above_zero(row: Record, name: str, path: str) -> Iterator[Mistake]:
    if isinstance(row.get(name), str) and Decimal(row[name]) == 0:
        yield at(path, name), "La valeur est nulle : écrivez un nombre supérieur à 0."


def _sum(rows: Iterable[tuple[str, Record]], what: str) -> Iterator[Mistake]:
    """Percentages of one level never exceed 100; the last that does is where the mistake is shown."""
    total = Decimal(0)
    for path, row in rows:
        if isinstance(row.get("percent"), str):
            total += Decimal(row["percent"])
            if total > HUNDRED:
                yield (
                    at(path, "percent"),
                    f"{what} : les pourcentages atteignent {total.normalize():f} %, plus de 100 %.",
                )
                return


def _plans(data: Record) -> Iterator[Mistake]:
    lines = {
        row.get("key"): {line.get("organisation") for _, line in items(row, "lines")}
        for _, row in items(data, "allocation_keys")
    }
    for path, plan in items(data, "plans"):
        refs = {row.get("ref") for _, row in _below(plan, "shares", "children", path)}
        yield from _level(plan, "shares", path, f"Le plan « {plan.get('key')} »")
        for place, share in _below(plan, "shares", "children", path):
            yield from _share(place, share, refs, lines)
        for place, cost in items(plan, "costs", path):
            if cost.get("borne_by") and cost["borne_by"] not in refs:
                yield at(place, "borne_by"), unknown("shares", cost["borne_by"], [r for r in refs if r])
        if "post_weights" in plan:
            weighed = [row.get("post") for _, row in items(plan, "post_weights", path)]
            if sorted(map(str, weighed)) != sorted(map(str, plan.get("posts") or [])):
                yield at(path, "post_weights"), "Donnez un poids à chaque poste de « posts », et à eux seuls."
        span = plan.get("span") or {}
        if plan.get("prorata") == "span" and not (span.get("start") and span.get("end")):
            yield at(path, "span"), "Indiquez le début et la fin de la période convenue."
        rounding = plan.get("rounding") or {}
        if rounding.get("residue") and rounding["residue"] not in refs:
            yield at(at(path, "rounding"), "residue"), unknown("shares", rounding["residue"], [r for r in refs if r])
        elif rounding.get("method", "largest_remainder") != "largest_remainder" and not rounding.get("residue"):
            place = at(at(path, "rounding"), "residue")
            yield place, "Cette méthode d'arrondi laisse un écart : dites quelle part le prend."


def _level(holder: Record, name: str, path: str, what: str) -> Iterator[Mistake]:
    """Percentages of the shares of one level, when they apply to the same amount."""
    rows = list(items(holder, name, path))
    own = [(p, r) for p, r in rows if r.get("mode") == "percentage" and not r.get("percent_of")]
    yield from _sum(own, what)
    for place, row in rows:
        yield from _level(row, "children", place, f"{what}, bloc « {row.get('ref')} »")


def _share(path: str, share: Record, refs: set[Any], lines: Mapping[Any, set[Any]]) -> Iterator[Mistake]:
    children = share.get("children") or []
    financer, mode = share.get("financer"), share.get("mode", "equal")
    if children and financer:
        yield at(path, "financer"), "Un bloc n'a pas de financeur : ses parts en ont. Mettez null."
    if not children and "financer" not in share:
        yield at(path, "financer"), "Le financeur de cette part manque : ajoutez sa clé."
    if mode == "fixed" and share.get("fixed_amount") is None and "fixed_amount" not in share:
        yield at(path, "fixed_amount"), "Le montant fixe de cette part manque : ajoutez-le, ou changez de mode."
    if mode in ("percentage", "schedule") and "percent" not in share:
        yield at(path, "percent"), "Le pourcentage de cette part manque : ajoutez-le, ou changez de mode."
    of = share.get("percent_of")
    if of and of != WHOLE_COST and of not in refs:
        yield at(path, "percent_of"), unknown("shares", of, [r for r in refs if r])
    key = share.get("allocation_key")
    if mode == "key" and not children and not key:
        yield at(path, "allocation_key"), "La clé de répartition de cette part manque : ajoutez sa clé."
    if mode == "key" and key in lines and financer and financer not in lines[key]:
        yield at(path, "financer"), f"« {financer} » n'a pas de ligne dans la clé « {key} » : ajoutez-la à la clé."


def _conventions(data: Record) -> Iterator[Mistake]:
    for path, row in items(data, "conventions"):
        if row.get("status") == "signee" and not row.get("signed_on"):
            yield at(path, "signed_on"), "Une convention signée porte la date de sa dernière signature : ajoutez-la."


ORDERED = {
    "mandates": ("", "start", "end", "la fin du mandat", "son début"),
    "posts": ("", "created_on", "closed_on", "la fermeture du poste", "sa création"),
    "plans": ("period", "start", "end", "la fin de la période", "son début"),
    "conventions": ("period", "start", "end", "la fin de la convention", "sa prise d'effet"),
}


def _dated(data: Record) -> Iterator[Mistake]:
    for name, (group, first, last, end_label, start_label) in ORDERED.items():
        for path, row in items(data, name):
            holder = (row.get(group) or {}) if group else row
            yield from _after(holder, first, last, at(path, group) if group else path, end_label, start_label)
    for path, post in items(data, "posts"):
        for place, row in items(post, "occupancies", path):
            yield from _after(row, "start", "end", place, "la fin de l'occupation", "son début")
    for path, row in items(data, "deliberations"):
        for name, label in (("transmitted_on", "la transmission"), ("published_on", "la publication")):
            yield from _after(row, "date", name, path, label, "le vote")
    for path, plan in items(data, "plans"):
        for name in ("start", "end"):
            day, year = (plan.get("period") or {}).get(name), plan.get("year")
            if day and year and int(day[:4]) != year:
                place = at(at(path, "period"), name)
                yield place, f"Le {day} n'est pas dans l'année {year} du plan : faites un plan par année civile."


def _after(holder: Record, first: str, last: str, path: str, end_label: str, start_label: str) -> Iterator[Mistake]:
    start, end = holder.get(first), holder.get(last)
    if start and end and end < start:
        said = end_label[0].upper() + end_label[1:]
        yield at(path, last), f"{said} ({end}) précède {start_label} ({start}) : corrigez l'une des deux dates."


def _activity(data: Record) -> Iterator[Mistake]:
    for path, row in items(data, "activity"):
        for part, whole, text in (
            ("vif_count", "vif_base", "Les situations de violences dépassent les situations comptées"),
            (
                "interviews_partners",
                "interviews_phone",
                "Les entretiens avec des partenaires dépassent ceux au téléphone",
            ),
        ):
            if row.get(part) is not None and row.get(whole) is not None and row[part] > row[whole]:
                yield at(path, part), f"{text} ({row[part]} pour {row[whole]}) : corrigez l'un des deux."
