"""Applying detailed activity: cells that exist, months answered for left alone, histories gone on with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from parties.actors import Actor
from parties.models import Territory
from posts.enums import MonthAct
from posts.indicators import INDICATORS, Item
from posts.models import MonthStep, Post
from posts.periods import closing_month
from posts.services.detail import lists_on

from .activity import PEOPLE
from .paths import at
from .rows import Record, Rows
from .structure import Section

HISTORY = (
    "L'historique de validation de ce mois diffère de celui du fichier : il ne se récrit pas. Retirez ces lignes du "
    "fichier, ou rouvrez et validez le mois dans l'application."
)
#: As for acts already approved or signed: somebody here would be made to answer for what they did not.
ACTS = (
    "Seule la commande d'exploitation reprend des mois déjà validés : retirez ces lignes du fichier, puis validez les "
    "mois dans l'application."
)


def validated_months(territory: Territory) -> set[tuple[int, int, int]]:
    """(post id, year, month) of the months answered for. One query."""
    last: dict[tuple[int, int, int], str] = {}
    for step in MonthStep.objects.filter(territory=territory).order_by("pk"):
        last[step.post_id, step.year, step.month] = step.act
    return {month for month, act in last.items() if act == MonthAct.VALIDATED}


def is_answered(section: Section, row: Any, validated: set[tuple[int, int, int]]) -> bool:
    """Whether a row of activity or of people belongs to a month somebody answered for."""
    if section.name == "activity":
        return (row.post_id, row.year, row.month) in validated
    return section is PEOPLE and (row.post_id, row.year, closing_month(row.quarter)) in validated


def sorted_cells(record: Record) -> Record:
    """The record with its cells in the order they are exported in: a file may write them in another."""
    if "cells" not in record:
        return record
    cells = [{"column": "", **cell} for cell in record["cells"]]
    return record | {"cells": sorted(cells, key=lambda c: (c["indicator"], c["row"], c["column"]))}


def check_cells(
    record: Record, path: str, rows: Rows, lists: dict[tuple[int, int], Mapping[str, Sequence[Item]]]
) -> bool:
    """Whether every cell exists in its month; ``lists`` remembers the closed lists by month."""
    if not record.get("cells"):
        return True
    year, month = record["year"], record.get("month")
    if month is None:
        rows.refuse(at(path, "cells"), "Le détail se compte par mois : retirez-le de cette ligne, ou dites le mois.")
        return False
    if (year, month) not in lists:
        lists[year, month] = lists_on(year, month)
    held = {name: {item.code for item in items} for name, items in lists[year, month].items()}
    fine = True
    for rank, cell in enumerate(record["cells"]):
        table, column = INDICATORS[cell["indicator"]], cell.get("column", "")
        for name, code, place in ((table.rows, cell["row"], "row"), (table.columns, column, "column")):
            if code not in (held.get(name, set()) if name else {""}):
                message = f"« {code} » n'est pas dans « {table.label} » ce mois-là : prenez un code de ses listes."
                rows.refuse(at(at(at(path, "cells"), rank), place), message)
                fine = False
    return fine


def apply_steps(records: Sequence[Record], posts: Mapping[str, Any], by: Actor, rows: Rows) -> None:
    """Add the steps the territory lacks; the shorter of the two histories of a month must begin the longer."""
    stored: dict[tuple[int, int, int], list[tuple[str, str, str]]] = {}
    for step in MonthStep.objects.filter(territory=by.territory).order_by("pk"):
        held = stored.setdefault((step.post_id, step.year, step.month), [])
        held.append((step.act, step.reason, step.by_label))
    seen: dict[tuple[int, int, int], int] = {}
    for rank, record in enumerate(records):
        path, post = at("month_steps", rank), posts.get(record["post"])
        if post is None:
            continue  # refused where the post is
        month = (post.pk, record["year"], record["month"])
        position = seen[month] = seen.get(month, -1) + 1
        wanted = (record["act"], record.get("reason", ""), record["recorded_by"])
        held = stored.setdefault(month, [])
        if position < len(held):
            if held[position] != wanted:
                rows.refuse(path, HISTORY)
                return
            continue
        if not by.can("convention.approve"):
            rows.refuse(path, ACTS)
            return
        held.append(wanted)
        _add(post, record, wanted, path, rows)


def _add(post: Post, record: Record, wanted: tuple[str, str, str], path: str, rows: Rows) -> None:
    act, reason, label = wanted
    values = {
        "post": post,
        "year": record["year"],
        "month": record["month"],
        "act": act,
        "reason": reason,
        "by_label": label,
    }
    names = {"by_label": "recorded_by", "reason": "reason", "act": "act"}
    rows.write(None, MonthStep, values, path, names)
