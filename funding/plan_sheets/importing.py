"""The import in two steps: what the file would change, then, if agreed, all of it or nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from core import sheets
from core.errors import Conflict, InvalidInput
from core.french import enumerate_fr, plural
from core.sheets import SheetColumn
from funding.adapter import data_of_plans
from funding.models import FundingPlan, Share
from funding.plan_sheets.building import Problem
from funding.plan_sheets.cells import bare
from funding.plan_sheets.layout import BY_NAME, COLUMNS, REQUIRED, example, rows_of, sheet_columns
from funding.plan_sheets.resource import ADDED, CHANGED, UNCHANGED, PlanChange, PlanResource, Progress, read
from funding.services.plan_writing import save_plans
from parties.actors import Actor
from posts.reading import Table, read_table

MOST_ROWS = 20000


def _silent(done: int, total: int) -> None:
    """Nobody watches."""


@dataclass
class Review:
    """What a file would do. ``digest`` names exactly that: another state of the plans gives another one."""

    changes: list[PlanChange] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    rows: int = 0

    def of(self, kind: str) -> list[PlanChange]:
        return [change for change in self.changes if change.kind == kind]

    @property
    def added(self) -> list[PlanChange]:
        return self.of(ADDED)

    @property
    def changed(self) -> list[PlanChange]:
        return self.of(CHANGED)

    @property
    def unchanged(self) -> list[PlanChange]:
        return self.of(UNCHANGED)

    @property
    def acts(self) -> bool:
        """There is something to apply, and nothing against it."""
        return not self.problems and bool(self.added or self.changed)

    @property
    def digest(self) -> str:
        content = [[c.kind, c.key, c.version, c.differences] for c in self.changes if c.kind != UNCHANGED]
        return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


def table_of(*, filename: str, content: bytes) -> Table:
    """The file's rows. Raises :class:`InvalidInput` for another layout."""
    table = read_table(filename=filename, content=content, most_rows=MOST_ROWS)
    lacking = [BY_NAME[name].header for name in REQUIRED if name not in table.headers]
    if lacking:
        columns = plural(len(lacking), "la colonne", "les colonnes")
        raise InvalidInput(f"Il manque {columns} {enumerate_fr(lacking)} sur la première ligne : partez du modèle.")
    for position, name in enumerate(table.headers, start=1):
        if name not in BY_NAME:
            raise InvalidInput(f"Colonne {position} : « {name or 'sans titre'} » n'est pas un titre du modèle.")
        if name in table.headers[: position - 1]:
            raise InvalidInput(f"Colonne {position} : le titre « {BY_NAME[name].header} » figure deux fois.")
    return table


def review(*, table: Table, by: Actor, progress: Progress = _silent) -> Review:
    """What the file would change, and every mistake with its line and column. Writes nothing."""
    by.require("plan.edit")
    return _review(read(table, by, progress))


def _review(found: PlanResource) -> Review:
    return Review(found.changes, found.problems, len(found.table.rows))


@transaction.atomic
def apply(*, table: Table, by: Actor, expected: str, progress: Progress = _silent) -> Review:
    """Write all the file or nothing. ``expected`` is the digest of the review that was agreed to.

    Raises :class:`Conflict` when a plan moved since that review, :class:`InvalidInput` when the file has mistakes.
    Applying a file again changes nothing: there is then nothing to agree to.
    """
    by.require("plan.edit")
    rows = len(table.rows)
    # Nobody writes these plans between the comparison and the writing.
    keys = {bare(row[table.headers.index("plan")]) for row in table.rows}
    plans = FundingPlan.objects.visible_to(by).filter(key__in=keys).order_by("pk")
    list(plans.select_for_update(of=("self",)).values_list("pk"))
    reading = read(table, by, lambda done, _: progress(done, 2 * rows))
    found = _review(reading)
    if found.problems:
        raise InvalidInput(said(found.problems[0]))
    if found.digest != expected:
        raise Conflict("Des plans ont changé depuis l'aperçu. Rien n'a été enregistré : vérifiez le nouvel aperçu.")
    save_plans(
        writes=reading.writes,
        by=by,
        refusal=lambda write, error: InvalidInput(said(reading.refused(write, error))),
        progress=lambda done, total: progress(rows + rows * done // total, 2 * rows),
    )
    progress(2 * rows, 2 * rows)
    return found


def said(problem: Problem) -> str:
    column = BY_NAME[problem.column].header if problem.column in BY_NAME else ""
    place = f"Ligne {problem.line}, colonne {column}" if column else f"Ligne {problem.line}"
    return f"{place} : {problem.message}"


# --- Files we write ---------------------------------------------------------------------------------------------------


def plans_file(plans: Iterable[FundingPlan], *, file_format: str) -> bytes:
    """The file of these plans, which can be imported back. In as many queries for many plans as for one."""
    return _written(_rows(plans), file_format)


def template_file(plans: Iterable[FundingPlan], *, file_format: str) -> bytes:
    """The file to fill in: a plan as an example."""
    return _written(example(_rows(plans)), file_format)


def _rows(plans: Iterable[FundingPlan]) -> list[dict[str, Any]]:
    found = list(plans)
    contents = data_of_plans(found)
    amounts: dict[int, dict[str, Any]] = {}
    stored = Share.objects.filter(plan__in=list(contents)).values_list("plan_id", "ref", "amount")
    for plan_id, ref, amount in stored:
        amounts.setdefault(plan_id, {})[ref] = amount
    return [row for plan in found for row in rows_of(plan, contents[plan.pk], amounts.get(plan.pk, {}))]


def _written(rows: list[dict[str, Any]], file_format: str) -> bytes:
    columns = sheet_columns()
    values = sheets.values(columns, rows)
    return sheets.write_sheet(file_format, columns, values, title="Plans", created=timezone.localtime())


def problems_file(problems: Iterable[Problem]) -> bytes:
    """Every mistake of a file, one per row (CSV)."""
    columns = [
        SheetColumn("ligne", lambda p: p.line, sheets.Kind.NUMBER),
        SheetColumn("colonne", lambda p: BY_NAME[p.column].header if p.column in BY_NAME else ""),
        SheetColumn("à corriger", lambda p: p.message),
    ]
    return sheets.write_csv(columns, sheets.values(columns, problems))


def meanings() -> list[tuple[str, str, bool]]:
    """(header, meaning, mandatory) of each column, for the page."""
    return [(column.header, column.meaning, column.name in REQUIRED) for column in COLUMNS]
