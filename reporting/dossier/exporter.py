"""A territory as a dossier: every property written, in a fixed order, so that two exports of the same data agree."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

from django.db import models

from parties.models import Territory

from .fields import Field, Group
from .schema import FORMAT, VERSION
from .sections import BY_NAME, SECTIONS
from .structure import LOCAL_PARTY, TEMPLATES, Children, Links, Section

Record = dict[str, Any]


def export_territory(territory: Territory) -> Record:
    """The whole dossier of ``territory``, in an isolation context that sees all of it (a command, a gestionnaire)."""
    source = Source(territory)
    return {
        "format": FORMAT,
        "version": VERSION,
        "source": "",
        "territory": {
            "code": territory.code,
            "name": territory.name,
            "administrative_court": territory.administrative_court,
        },
        **{section.name: source.records(section) for section in SECTIONS},
    }


def dumps(dossier: Record) -> str:
    """The file's text: indented, ended by a newline, accents as they are."""
    return json.dumps(dossier, ensure_ascii=False, indent=1) + "\n"


class Source:
    """Reads a territory, one query per table whatever its size."""

    def __init__(self, territory: Territory) -> None:
        self.territory = territory
        self.names: dict[str, dict[int, str]] = {}
        self.owned: dict[type[models.Model], dict[int, list[models.Model]]] = {}

    def records(self, section: Section) -> list[Record]:
        rows = section.model._default_manager.filter(territory=self.territory).order_by(*section.order)
        return [self.record(section, row) for row in rows]

    def record(self, section: Section, row: models.Model) -> Record:
        """One object with everything it owns."""
        record = self._properties(section.fields, row)
        for links in section.links:
            record[links.name] = self._keys(links, row)
        for children in section.children:
            rows = self._rows_of(children.model, children.parent, children.order).get(row.pk, [])
            record[children.name] = self._tree(children, rows, None) if children.tree else self._list(children, rows)
        return record

    def _properties(self, fields: tuple[Field | Group, ...], row: models.Model) -> Record:
        record: Record = {}
        for item in fields:
            if isinstance(item, Group):
                record[item.name] = self._properties(item.fields, row)
            else:
                record[item.name] = self._value(item, row)
        return record

    def _value(self, field: Field, row: models.Model) -> Any:
        if field.ref == TEMPLATES:
            template = getattr(row, field.attr)
            if template is None:
                return None
            name = {"family": template.family, "version": template.version}
            return name if template.is_national else name | {"own": True}
        if field.ref == LOCAL_PARTY:
            return self._name("organisations", getattr(row, field.attr).organisation_id)
        if field.ref:
            return self._name(field.ref, getattr(row, f"{field.attr}_id"))
        return field.to_json(getattr(row, field.attr))

    def _list(self, children: Children, rows: list[models.Model]) -> list[Record]:
        records = []
        for row in rows:
            record = self._properties(children.fields, row)
            records.append(record | {links.name: self._keys(links, row) for links in children.links})
        return records

    def _tree(self, children: Children, rows: list[models.Model], parent: int | None) -> list[Record]:
        here = [row for row in rows if getattr(row, "parent_id", None) == parent]
        return [
            self._properties(children.fields, row) | {children.tree: self._tree(children, rows, row.pk)} for row in here
        ]

    def _keys(self, links: Links, row: models.Model) -> list[str | None]:
        rows = self._rows_of(links.model, links.parent, ("pk",)).get(row.pk, [])
        return [self._name(links.section, getattr(link, f"{links.attr}_id")) for link in rows]

    def _rows_of(self, model: Any, parent: str, order: tuple[str, ...]) -> dict[int, list[models.Model]]:
        if model not in self.owned:
            rows: dict[int, list[models.Model]] = defaultdict(list)
            related = ["party"] if any(f.name == "party" for f in model._meta.fields) else []
            for row in (
                model._default_manager.filter(territory=self.territory).select_related(*related).order_by(*order)
            ):
                rows[getattr(row, f"{parent}_id")].append(row)
            self.owned[model] = rows
        return self.owned[model]

    def _name(self, section: str, pk: int | None) -> str | None:
        """The natural key of an object; None for none."""
        if pk is None:
            return None
        if section not in self.names:
            holder = BY_NAME[section]
            rows = holder.model._default_manager.filter(territory=self.territory)
            self.names[section] = dict(rows.values_list("pk", holder.key))
        return self.names[section][pk]
