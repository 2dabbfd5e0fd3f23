"""Applying a dossier: all or nothing, twice the same as once. What is absent from the file is left alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, models, transaction

from conventions.enums import AvenantStatus, Status
from conventions.models import Template
from conventions.services.drafting import latest_template
from core.findings import Finding
from funding.enums import PlanStatus
from funding.models import Share
from funding.services.plans import recompute_plan
from parties.actors import Actor

from .activity import MONTH_STEPS
from .avenants import apply_acts
from .exporter import Source
from .findings import findings_of
from .frozen import difference
from .months import apply_steps, check_cells, is_answered, sorted_cells, validated_months
from .paths import at
from .reader import DossierError, DossierRefused, parse, validate
from .rows import Record, Rows, given, places
from .sections import CONVENTIONS, PLANS, SECTIONS
from .structure import LOCAL_PARTY, TEMPLATES, Children, Links, Section, flat

#: What an unapproved import may bring in: anything further would skip the préfecture's approval.
FIRST_STATES = {
    "plans": PlanStatus.PROJET,
    "conventions": Status.BROUILLON,
    "avenants": AvenantStatus.BROUILLON,
}
FIRST_STATE_MESSAGE = (
    "Seule la commande d'exploitation reprend des actes déjà approuvés ou signés : "
    "mettez « {state} », puis suivez le circuit."
)


@dataclass(frozen=True)
class Outcome:
    """What an accepted dossier did (or would do), and what the checks find in it."""

    created: int
    updated: int
    removed: int
    findings: list[Finding] = field(default_factory=list)

    @property
    def changes(self) -> int:
        """Rows written; 0 when everything was already there."""
        return self.created + self.updated + self.removed


def import_dossier(*, content: bytes, by: Actor, check_only: bool = False) -> Outcome:
    """Apply the file to ``by``'s territory, in the isolation context already in force.

    ``check_only`` does the same work and undoes it. Raises :class:`DossierRefused` with every error, nothing written;
    :class:`NotAllowed` when the role may not exchange dossiers.
    """
    by.require("dossier.exchange")
    data = parse(content)
    errors = validate(data, known_keys(by))
    code = (data.get("territory") or {}).get("code") if isinstance(data.get("territory"), dict) else None
    if isinstance(code, str) and code != by.territory.code:
        errors.append(
            DossierError(
                "territory.code",
                f"Ce dossier est celui du territoire {code}, pas du {by.territory.code} : changez de fichier.",
            )
        )
    if errors:
        raise DossierRefused(errors)
    with transaction.atomic():
        outcome = Import(data, by).run()
        if check_only:
            transaction.set_rollback(True)
    return outcome


def known_keys(by: Actor) -> dict[str, list[str]]:
    """Keys already in the territory: a file may point at them without repeating the objects."""
    return {
        section.name: list(
            section.model._default_manager.filter(territory=by.territory).values_list(section.key, flat=True)
        )
        for section in SECTIONS
        if section.key
    }


class Import:
    """One application of a valid file."""

    def __init__(self, data: Record, by: Actor) -> None:
        self.data = data
        self.by = by
        self.rows = Rows(by.territory)
        self.objects: dict[str, dict[str, models.Model]] = {}
        self.later: list[Callable[[], None]] = []
        self.source = Source(by.territory)
        self.recompute: dict[int, Any] = {}
        self.touched_keys: set[int] = set()
        self.validated = validated_months(by.territory)
        self.lists: dict[tuple[int, int], Any] = {}

    def run(self) -> Outcome:
        for section in SECTIONS:
            if section is not MONTH_STEPS:
                self._section(section)
        for step in self.later:
            step()
        self._recompute_plans()
        if not self.rows.errors:
            apply_steps(self.data.get(MONTH_STEPS.name, []), self.objects["posts"], self.by, self.rows)
        if self.rows.errors:
            raise DossierRefused(self.rows.errors)
        apply_acts(self.by)
        _check_deferred_constraints()
        return Outcome(
            self.rows.created,
            self.rows.updated,
            self.rows.removed,
            findings_of(self.data, self.objects),
        )

    # --- Objects -------------------------------------------------------------------------------------------------

    def _section(self, section: Section) -> None:
        stored = list(section.model._default_manager.filter(territory=self.by.territory))
        if section.key:
            self.objects[section.name] = {getattr(row, section.key): row for row in stored}
        for path, record in self._parents_first(section):
            if section.key:
                row = self.objects[section.name].get(record[section.key])
            else:
                wanted = self._identity(section, record, path, None)
                row = next((r for r in stored if _identity_of(section, r) == wanted), None)
            self._object(section, record, path, row)

    def _parents_first(self, section: Section) -> list[tuple[str, Record]]:
        """Objects in an order where what they point at in the same section comes before."""
        rows = [(at(section.name, rank), record) for rank, record in enumerate(self.data.get(section.name, []))]
        if not section.self_refs:
            return rows
        by_key = {record[section.key]: (path, record) for path, record in rows}
        ordered: dict[str, tuple[str, Record]] = {}

        def visit(name: str) -> None:
            if name in ordered or name not in by_key:
                return
            for prop in section.self_refs:
                if by_key[name][1].get(prop):
                    visit(by_key[name][1][prop])
            ordered[name] = by_key[name]

        for name in by_key:
            visit(name)
        return list(ordered.values())

    def _object(self, section: Section, record: Record, path: str, row: Any) -> None:
        if row is not None and (_is_frozen(section, row) or is_answered(section, row, self.validated)):
            found = difference(section, sorted_cells(record), self.source.record(section, row), path)
            if found:
                self.rows.refuse(*found)
            return
        if row is None and not self._may_start(section, record, path):
            return
        if section.name == "activity" and not check_cells(record, path, self.rows, self.lists):
            return
        before = self.rows.changes
        values = self._values(section, record, path, row, new=row is None)
        if values is None:
            return
        if section is CONVENTIONS and row is None and "template" not in record:
            values["template"] = latest_template(record["family"], self.by)
        saved, _ = self.rows.write(row, section.model, values, path, places(section))
        if saved is None:
            return
        if section.key:
            self.objects[section.name][record[section.key]] = saved
        self._owned(section, saved, record, path)
        self._after(section, saved, row is not None, self.rows.changes != before)

    def _owned(self, section: Section, saved: models.Model, record: Record, path: str) -> None:
        for links in section.links:
            self._links(links, saved, record, path)
        for children in section.children:
            if children.name in record:
                self._children(children, saved, record[children.name], at(path, children.name))

    def _may_start(self, section: Section, record: Record, path: str) -> bool:
        state = FIRST_STATES.get(section.name)
        if state is None or record.get("status", state) == state or self.by.can("convention.approve"):
            return True
        self.rows.refuse(at(path, "status"), FIRST_STATE_MESSAGE.format(state=state.value))
        return False

    def _after(self, section: Section, saved: Any, existed: bool, changed: bool) -> None:
        if not changed:
            return
        if section is PLANS:
            if existed:
                saved.version += 1
                saved.save(update_fields=["version", "updated_at"])
            self.recompute[saved.pk] = saved
        if section.name == "allocation_keys":
            self.touched_keys.add(saved.pk)

    # --- Values --------------------------------------------------------------------------------------------------

    def _values(
        self, holder: Section | Children, record: Record, path: str, parent: Any, *, new: bool
    ) -> dict[str, Any] | None:
        """Model attributes of one record; None when something it points at was refused."""
        values: dict[str, Any] = {}
        for group, item, value in given(flat(holder.fields), record):
            if item.on_create_only and not new:
                continue
            if item.ref and value is not None:
                resolved = self._resolve(item.ref, value, at(at(path, group) if group else path, item.name), parent)
                if resolved is None:
                    return None
                values[item.attr] = resolved
            else:
                values[item.attr] = item.to_python(value)
        return values

    def _resolve(self, section: str, value: Any, path: str, parent: Any) -> models.Model | None:
        if section == TEMPLATES:
            return self._template(value, path)
        if section == LOCAL_PARTY:
            return parent.parties.filter(organisation__key=value).first()
        found = self.objects[section].get(value)
        if found is None and not self.rows.errors:
            self.rows.refuse(path, f"« {value} » ne désigne rien dans « {section} ».")
        return found

    def _template(self, value: Record, path: str) -> Template | None:
        """The national model, or the territory's own when the record says so: their versions count apart."""
        named = Template.objects.published().filter(family=value["family"], version=value["version"])
        own = bool(value.get("own"))
        found = named.filter(territory=self.by.territory).first() if own else named.national().first()
        if found is None:
            name = f"{value['family']} version {value['version']}"
            remedy = "importez-le dans les modèles et publiez-le" if own else "bin/manage load_models"
            self.rows.refuse(path, f"Le modèle {name} n'est pas chargé ici : {remedy}, ou mettez null.")
        return found

    # --- Owned rows ----------------------------------------------------------------------------------------------

    def _links(self, links: Links, parent: models.Model, record: Record, path: str) -> None:
        if links.name not in record:
            return
        if links.later:
            self.later.append(lambda: self._write_links(links, parent, record[links.name], at(path, links.name)))
        else:
            self._write_links(links, parent, record[links.name], at(path, links.name))

    def _write_links(self, links: Links, parent: models.Model, keys: list[str], path: str) -> None:
        manager: Any = links.model._default_manager
        stored = list(manager.filter(**{links.parent: parent}).order_by("pk"))
        targets = [self._resolve(links.section, key, at(path, rank), parent) for rank, key in enumerate(keys)]
        if None in targets or [getattr(row, f"{links.attr}_id") for row in stored] == [t.pk for t in targets if t]:
            return
        # The order of the list is that of the rows: rewritten whole when it differs.
        self.rows.remove(stored)
        for rank, target in enumerate(targets):
            values = {links.parent: parent, links.attr: target}
            self.rows.write(None, links.model, values, at(path, rank), {})

    def _children(self, children: Children, parent: models.Model, records: list[Record], path: str) -> None:
        manager: Any = children.model._default_manager
        stored = {_identity_of(children, row): row for row in manager.filter(**{children.parent: parent})}
        todo = list(self._flattened(children, records, path, None))
        wanted = [self._identity(children, record, place, parent, rank) for rank, place, record, _ in todo]
        self.rows.remove(row for name, row in stored.items() if name not in wanted)
        written: dict[str, models.Model | None] = {}
        for (rank, place, record, above), name in zip(todo, wanted, strict=True):
            values = self._values(children, record, place, parent, new=True)
            if values is None:
                continue
            values[children.parent] = parent
            if children.position:
                values[children.position] = rank
            if children.tree:
                values["parent"] = written.get(above) if above else None
            row, _ = self.rows.write(stored.get(name), children.model, values, place, places(children))
            written[place] = row
            for links in children.links:
                if row is not None:
                    self._links(links, row, record, place)

    def _flattened(self, children: Children, records: list[Record], path: str, above: str | None) -> Any:
        """(rank among its siblings, path, record, path of the one above) for each row of a list or a tree."""
        for rank, record in enumerate(records):
            place = at(path, rank)
            yield rank, place, record, above
            if children.tree and record.get(children.tree):
                yield from self._flattened(children, record[children.tree], at(place, children.tree), place)

    def _identity(
        self, holder: Section | Children, record: Record, path: str, parent: Any, rank: int = 0
    ) -> tuple[Any, ...]:
        by_attr = {item.attr: (group, item) for group, item in flat(holder.fields)}
        parts: list[Any] = []
        for attr in holder.identity:
            if attr not in by_attr:
                parts.append(rank)
                continue
            group, item = by_attr[attr]
            value = (record.get(group) or {}).get(item.name) if group else record.get(item.name)
            if item.ref and value is not None:
                found = self._resolve(item.ref, value, at(path, item.name), parent)
                value = found.pk if found is not None else value
            else:
                value = item.to_python(value)
            parts.append(value if value is not None else "")
        return tuple(parts)

    def _recompute_plans(self) -> None:
        if self.touched_keys:
            shares = Share.objects.filter(allocation_key__in=self.touched_keys).select_related("plan")
            self.recompute |= {share.plan_id: share.plan for share in shares if share.plan.is_editable}
        if not self.rows.errors:
            for plan in self.recompute.values():
                recompute_plan(plan=plan)


def _identity_of(holder: Section | Children, row: Any) -> tuple[Any, ...]:
    values = [getattr(row, row._meta.get_field(attr).attname) for attr in holder.identity]
    return tuple(value if value is not None else "" for value in values)


def _is_frozen(section: Section, row: Any) -> bool:
    if section.name == "report_steps":
        return True
    if section.name in FIRST_STATES:
        return not row.is_editable
    if section.name == "allocation_keys":
        return Share.objects.filter(allocation_key=row).exclude(plan__status=PlanStatus.PROJET).exists()
    return False


def _check_deferred_constraints() -> None:
    """Foreign keys are checked at commit: asked for now, a check without writing says the same as an import."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
