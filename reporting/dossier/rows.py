"""Writing one row: only when something changes, and with the database's constraints told in French at their place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.core.exceptions import ValidationError
from django.db import models

from parties.models import Territory

from .fields import Field
from .paths import at
from .reader import DossierError
from .structure import Children, Section, flat, value_of

Record = dict[str, Any]


class Rows:
    """Creates and changes rows of one territory, counting them and collecting what the models refuse."""

    def __init__(self, territory: Territory) -> None:
        self.territory = territory
        self.errors: list[DossierError] = []
        self.created = 0
        self.updated = 0
        self.removed = 0

    @property
    def changes(self) -> int:
        return self.created + self.updated + self.removed

    def write(
        self, row: models.Model | None, model: type[models.Model], values: dict[str, Any], path: str, names: Record
    ) -> tuple[models.Model | None, bool]:
        """The row with ``values`` (created when None) and whether it changed; (None, False) when refused."""
        new = row is None
        target: Any = model(territory=self.territory) if row is None else row
        before = {name: getattr(target, _column(target, name)) for name in values}
        for name, value in values.items():
            setattr(target, name, value)
        changed = new or any(before[name] != getattr(target, _column(target, name)) for name in values)
        if not changed:
            return target, False
        if not self._accepted(target, path, names):
            return None, False
        if not new and "lock_version" in {f.name for f in target._meta.fields}:
            target.lock_version += 1
        target.save()
        self.created += new
        self.updated += not new
        return target, True

    def remove(self, rows: Iterable[models.Model]) -> bool:
        gone = False
        for row in rows:
            row.delete()
            self.removed += 1
            gone = True
        return gone

    def refuse(self, path: str, message: str) -> None:
        self.errors.append(DossierError(path, message))

    def _accepted(self, row: models.Model, path: str, names: Record) -> bool:
        """References are already resolved and the public identifier is the program's: the rest is checked."""
        known = [f.name for f in row._meta.fields if f.is_relation or f.name == "uuid"]
        try:
            row.clean_fields(exclude=known)
            _check_constraints(row)
        except ValidationError as error:
            by_name = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
            for name, messages in by_name.items():
                place = at(path, names[name]) if name in names else path
                for message in messages:
                    self.refuse(place, message)
            return False
        return True


def _check_constraints(row: models.Model) -> None:
    """As ``validate_constraints``, but for exclusions: Django compares occupancies across posts (it does not see
    ``post_id`` in the expression), and the rules of the file already tell overlaps."""
    for model, constraints in row.get_constraints():
        for constraint in constraints:
            if not isinstance(constraint, ExclusionConstraint):
                constraint.validate(model, row)


def _column(row: models.Model, name: str) -> str:
    return row._meta.get_field(name).attname  # type: ignore[union-attr]


def given(fields: Iterable[tuple[str, Field]], record: Record) -> list[tuple[str, Field, Any]]:
    """The properties the file writes: an absent one leaves what is stored as it is."""
    absent = object()
    found = [(group, field, value_of(record, group, field.name, absent)) for group, field in fields]
    return [(group, field, value) for group, field, value in found if value is not absent]


def places(holder: Section | Children) -> dict[str, str]:
    """Model attribute → the property's place below its object."""
    return {field.attr: at(group, field.name) if group else field.name for group, field in flat(holder.fields)}
