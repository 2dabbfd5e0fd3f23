"""What a bulk renewal did, convention by convention, with what each has become since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conventions.models import Convention

#: State → (label, tone, icon).
STATES = {
    "ready": ("Prête à soumettre", "success", "check-circle-fill"),
    "changed": ("À relire", "warning", "pencil"),
    "problem": ("À compléter", "danger", "exclamation-triangle-fill"),
    "refused": ("Non renouvelée", "danger", "x-octagon-fill"),
}
KINDS = {
    "figures": "Montants",
    "employeur": "Employeur",
    "parties": "Parties",
    "signataires": "Signataires",
    "dates": "Dates",
    "clauses": "Clauses",
}


@dataclass(frozen=True)
class RenewedRow:
    """One convention: ``made`` as it is now (None when refused), what changed, what stands in the way."""

    reference: str
    title: str
    state: str
    made: Convention | None
    changes: list[dict[str, Any]]
    expected: list[dict[str, Any]]
    problems: list[dict[str, str]]

    @property
    def status(self) -> tuple[str, str, str]:
        return STATES[self.state]

    @property
    def submittable(self) -> bool:
        return self.made is not None and self.made.is_editable and self.state in ("ready", "changed")


@dataclass(frozen=True)
class RenewalPage:
    year: int
    rows: list[RenewedRow] = field(default_factory=list)

    def count(self, state: str) -> int:
        return sum(1 for row in self.rows if row.state == state)

    @property
    def counts(self) -> list[tuple[str, int]]:
        return [(label, self.count(state)) for state, (label, _tone, _icon) in STATES.items()]

    @property
    def submittable(self) -> bool:
        return any(row.submittable for row in self.rows)

    @property
    def to_read(self) -> list[RenewedRow]:
        """Those somebody has to look at, the most urgent first."""
        order = ("refused", "problem", "changed")
        return sorted((row for row in self.rows if row.state in order), key=lambda row: order.index(row.state))

    @property
    def ready(self) -> list[RenewedRow]:
        return [row for row in self.rows if row.state == "ready"]


def renewal_page(result: Mapping[str, Any]) -> RenewalPage:
    """The rows a renewal kept, with the present state of each convention: one query whatever their number."""
    kept = result.get("rows", [])
    made = {
        str(convention.uuid): convention
        for convention in Convention.objects.filter(uuid__in=[row["uuid"] for row in kept if row.get("uuid")])
    }
    return RenewalPage(result.get("to_year", 0), [_row(row, made) for row in kept])


def _row(row: Mapping[str, Any], made: Mapping[str, Convention]) -> RenewedRow:
    changes = [change | {"kind_label": KINDS.get(change["kind"], change["kind"])} for change in row.get("changes", [])]
    return RenewedRow(
        reference=row["source_reference"],
        title=row.get("title", ""),
        state=row["state"],
        made=made.get(row.get("uuid", "")),
        changes=[change for change in changes if not change["expected"]],
        expected=[change for change in changes if change["expected"]],
        problems=row.get("problems", []),
    )
