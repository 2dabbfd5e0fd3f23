"""The plans' file as a django-import-export resource: rows are read and located here, services write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import tablib
from django.core.exceptions import ValidationError
from import_export import fields, resources

from core.errors import BusinessError
from funding.adapter import PlanData, data_of_plans
from funding.editor import choosable_posts, financers
from funding.models import FundingPlan
from funding.plan_sheets import cells
from funding.plan_sheets.building import Built, Entry, Problem, build, differences, where
from funding.plan_sheets.layout import BY_NAME, COLUMNS
from funding.services.keys import Populations
from funding.services.plan_rules import check_data
from funding.services.plan_writing import PlanWrite, refusals
from funding.services.schedules import apply_schedule, rates_of
from parties.actors import Actor
from parties.models.reference import searchable
from posts.reading import Table

ADDED, CHANGED, UNCHANGED = "added", "changed", "unchanged"
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class PlanChange:
    """What the file does to one plan: ``differences`` are (what, old, new) in words."""

    kind: str
    key: str
    label: str
    line: int
    version: int
    differences: tuple[tuple[str, str, str], ...] = ()


class PlanResource(resources.ModelResource):
    """Rows of the file as plans of the territory of ``by``. A plan is settled when its last row is read.

    Nothing is written: ``writes`` is what the plans' service would be asked, ``built`` where each plan comes from.
    """

    def __init__(self, *, by: Actor, table: Table, progress: Progress) -> None:
        super().__init__()
        self.by, self.table, self.progress = by, table, progress
        self.changes: list[PlanChange] = []
        self.problems: list[Problem] = []
        self.entries: dict[str, list[Entry]] = {}
        at = table.headers.index("plan") if "plan" in table.headers else 0
        self.left = Counter(cells.bare(row[at]) for row in table.rows)
        self.invalid: set[str] = set()
        # All that the plans of the file need is read here: a row, then a plan, costs no query.
        plans = FundingPlan.objects.visible_to(by).filter(key__in=self.left).select_related("employer")
        self.stored = {plan.key: plan for plan in plans}
        self.contents = data_of_plans(list(self.stored.values()))
        self.bodies, self.posts = financers(by), choosable_posts(by)
        self.populations = Populations(self.bodies, self.posts)
        self.rates = rates_of(territory_id=by.territory_id, years=range(2000, 2101))
        self.writes: list[PlanWrite] = []
        self.built: dict[str, Built] = {}
        for name, widget in self._widgets().items():
            self.fields[name] = fields.Field(attribute=name, column_name=name, widget=widget)

    class Meta:
        model = FundingPlan
        fields: tuple[str, ...] = ()
        import_id_fields: tuple[str, ...] = ()
        skip_diff = True
        report_skipped = True
        use_transactions = False

    def _widgets(self) -> dict[str, Any]:
        bodies: dict[str, list[Any]] = {}
        for body in self.bodies:
            for name in {body.key, searchable(body.name), searchable(body.label)}:
                bodies.setdefault(name, []).append(body)
        posts: dict[str, list[Any]] = {}
        for post in self.posts:
            for name in {post.key, searchable(post.label)}:
                posts.setdefault(name, []).append(post)
        found: dict[str, Any] = {
            "plan": _PlanKey(80, required=True),
            "annee": cells.Year(required=True),
            "millesime": cells.Year(required=False),
            "employeur": cells.Body(bodies, required=True),
            "financeur": cells.Body(bodies, required=False),
            "postes": cells.Posts(posts),
            "du": cells.Day(),
            "au": cells.Day(),
            "ligne": cells.Line(),
            "montant": cells.Amount(),
            "pourcentage": cells.Rate(),
            "note": cells.Text(300),
            "libelle": cells.Text(160),
            "libelle_du_plan": cells.Text(160),
        }
        for name in ("repere", "bloc", "supporte_par", "ecart_a", "pourcentage_de"):
            found[name] = cells.Name(40) if name != "pourcentage_de" else cells.Text(40)
        for name in ("prorata", "arrondi", "methode_d_arrondi", "nature", "credit", "mode", "annee_pleine"):
            found[name] = cells.Word(name)
        for name in ("origine_de_la_cle", "base_de_la_cle"):
            found[name] = cells.Word(name)
        return found

    # --- What the library calls ---------------------------------------------------------------------------------------

    def get_instance(self, instance_loader: Any, row: Any) -> None:
        """Rows are not rows of a table: plans are found by their key once their rows are gathered."""
        return

    def init_instance(self, row: Any = None) -> Entry:  # type: ignore[override]
        return Entry()

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        self.progress(kwargs.get("row_number", 0), len(self.table.rows))
        self.left[cells.bare(row.get("plan"))] -= 1

    def after_import_row(self, row: Any, row_result: Any, **kwargs: Any) -> None:
        if row_result.validation_error:
            self.invalid.add(cells.bare(row.get("plan")))

    def save_instance(self, instance: Any, is_create: bool, row: Any, **kwargs: Any) -> None:
        """Gather the rows of a plan; at the last one, compare it."""
        instance.line = self.table.lines[kwargs["row_number"] - 1]
        rows = self.entries.setdefault(instance.plan, [])
        rows.append(instance)
        if self.left[instance.plan] or instance.plan in self.invalid:
            return
        before = len(self.problems)
        self._settle(rows)
        if len(self.problems) > before:
            self.invalid.add(instance.plan)
        del self.entries[instance.plan]

    def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
        """Nothing: the library would realign identity sequences, which the runtime role rightly may not do."""

    # --- One plan -----------------------------------------------------------------------------------------------------

    def _settle(self, rows: list[Entry]) -> None:
        key = rows[0].plan
        plan = self.stored.get(key)
        stored: PlanData | None = self.contents[plan.pk] if plan else None
        built = build(rows, stored, self.populations)
        self.problems += built.problems
        if built.data is None:
            return
        data = built.data
        version, label, line = plan.version if plan else 0, data.label, rows[0].line
        if data == stored:
            self.changes.append(PlanChange(UNCHANGED, key, label, line, version))
            return
        if plan is not None and not plan.is_editable:
            status = plan.get_status_display().lower()
            message = (
                f"Ce plan est {status} : ses montants ne changent plus. Retirez ses lignes ou remettez ses valeurs."
            )
            self.problems.append(Problem(line, "plan", message))
            return
        try:
            data = apply_schedule(data, self.by.territory_id, self.rates)
            check_data(data)
        except BusinessError as error:
            self.problems.append(Problem(*where(built, error.place), error.message))
            return
        if data == stored:  # only the schedule's own percentage was typed otherwise
            self.changes.append(PlanChange(UNCHANGED, key, label, line, version))
            return
        self.writes.append(PlanWrite(data, plan, version, key))
        self.built[key] = built
        self.changes.append(
            PlanChange(CHANGED if plan else ADDED, key, label, line, version, differences(stored, data))
        )

    def refused(self, write: PlanWrite, error: BusinessError) -> Problem:
        """A refusal of the plans' service, placed in the file."""
        return Problem(*where(self.built[write.key], error.place), error.message)


class _PlanKey(cells.Name):
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        text = super().clean(value, row, **kwargs)
        if not text:
            raise ValueError("Indiquez la clé du plan, la même sur toutes ses lignes.")
        return text


def read(table: Table, by: Actor, progress: Progress) -> PlanResource:
    """Run the file through the resource, then ask the plans' service what it would refuse. Writes nothing.

    Errors are in the order of the file, each with its line and column.
    """
    resource = PlanResource(by=by, table=table, progress=progress)
    missing = [c.name for c in COLUMNS if c.name not in table.headers]
    dataset = tablib.Dataset(headers=[*table.headers, *missing])
    for row in table.rows:
        dataset.append([*row, *[""] * len(missing)])
    # No trial run for the library: it would open a savepoint per row. ``save_instance`` writes nothing anyway.
    result = resource.import_data(dataset, dry_run=False, use_transactions=False, raise_errors=False)
    if result.base_errors:
        raise result.base_errors[0].error
    for failed in result.error_rows:
        raise failed.errors[0].error  # not the file's fault
    problems = resource.problems
    for write, refusal in refusals(writes=resource.writes, by=by):
        problems.append(resource.refused(write, refusal))
    for invalid in result.invalid_rows:
        line = table.lines[invalid.number - 1]
        error: ValidationError = invalid.error
        for name, messages in error.message_dict.items():
            problems += [Problem(line, name if name in BY_NAME else "", message) for message in messages]
    order = {column.name: rank for rank, column in enumerate(COLUMNS)}
    problems.sort(key=lambda p: (p.line, order.get(p.column, -1)))
    return resource
