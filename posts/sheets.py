"""Activity in spreadsheets: the file to fill, and its import in two steps through django-import-export.

The resource parses and locates; every row is written by the service, so a file obeys the same rules as a page.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import tablib
from django.core.exceptions import ValidationError
from django.db import transaction
from import_export import fields, resources, widgets

from core import sheets
from core.errors import BusinessError, Conflict, InvalidInput
from core.french import MONTHS, enumerate_fr, month_name, plural
from parties.actors import Actor
from parties.models.reference import searchable
from posts.enums import Zone
from posts.models import ActivityReturn, Post
from posts.models.activity import COUNTS
from posts.reading import Table
from posts.services.activity import Recorded, count_label, may_record, record_activity

#: attribute → (column of the file, width in characters).
COLUMNS: dict[str, str] = {
    "post": "poste",
    "year": "annee",
    "month": "mois",
    "zone": "zone",
    "women": "femmes",
    "men": "hommes",
    "children": "enfants",
    "interviews_in_person": "entretiens_physiques",
    "interviews_phone": "entretiens_telephoniques",
    "interviews_partners": "dont_partenaires",
    "interviews_total": "entretiens_total",
    "vif_count": "violences_intrafamiliales",
    "vif_base": "situations_comptees",
    "note": "observation",
}
REQUIRED = ("poste", "annee", "mois")
UNKNOWN = {"", "nd", "n d", "nc", "n c", "non saisi"}
WHOLE_YEAR = "année"


# --- Cells ------------------------------------------------------------------------------------------------------------


class CountWidget(widgets.Widget):
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> int | None:
        text = str(value or "").replace("\u202f", "").replace("\u00a0", "").replace(" ", "")
        if searchable(str(value or "")) in UNKNOWN:
            return None
        if not text.isdecimal():
            raise ValueError(f"« {value} » n'est pas un nombre entier : indiquez 0 ou plus, ou laissez vide.")
        return int(text)


class YearWidget(widgets.Widget):
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> int:
        text = str(value or "").strip()
        if not (text.isdecimal() and len(text) == 4):
            raise ValueError(f"« {text} » n'est pas une année : indiquez quatre chiffres, par exemple 2023.")
        return int(text)


class MonthWidget(widgets.Widget):
    """1 to 12, a French name, or « année » (None) for the year as a whole."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> int | None:
        text = searchable(str(value or ""))
        if text in ("annee", "an", "annuel"):
            return None
        if text.isdecimal() and 1 <= int(text) <= 12:
            return int(text)
        for number, name in enumerate(MONTHS, start=1):
            if text == searchable(name):
                return number
        raise ValueError(
            f"« {value} » n'est pas un mois : indiquez 1 à 12, son nom, ou « année » pour un total annuel."
        )


class ZoneWidget(widgets.Widget):
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        text = searchable(str(value or "")).removeprefix("zone ")
        if text in ("", "ensemble"):
            return ""
        if text in Zone.values:
            return text
        raise ValueError(f"« {value} » n'est pas une zone : indiquez police, gendarmerie, ou laissez vide.")


class NoteWidget(widgets.Widget):
    """Text, without the apostrophe our own files put before what a spreadsheet would take for a formula."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        text = str(value or "").strip()
        bare = text.removeprefix("'")
        return bare if bare != text and sheets.neutralise(bare) == text else text


class PostWidget(widgets.Widget):
    """A post by its key, or by its label when one post only bears it."""

    def __init__(self, posts: Mapping[str, list[Post]]) -> None:
        super().__init__()
        self.posts = posts

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Post:
        text = str(value or "").strip()
        found = self.posts.get(text) or self.posts.get(searchable(text)) or []
        if len(found) == 1:
            return found[0]
        if found:
            keys = ", ".join(post.key for post in found)
            raise ValueError(f"Plusieurs postes portent le libellé « {text} » : indiquez la clé ({keys}).")
        raise ValueError(f"« {text} » n'est pas un poste que vous pouvez saisir : reprenez le libellé du modèle.")


# --- The resource -----------------------------------------------------------------------------------------------------


class ActivityResource(resources.ModelResource):
    """Rows of a file as activity returns of the posts ``by`` may enter."""

    def __init__(self, *, by: Actor, posts: list[Post], table: Table) -> None:
        super().__init__()
        self.by = by
        self.lines = table.lines
        self.absent = [name for name, column in COLUMNS.items() if column not in table.headers]
        self.recorded: dict[int, tuple[ActivityReturn, Recorded]] = {}
        self.first_seen: dict[tuple[Any, ...], int] = {}
        by_name: dict[str, list[Post]] = {}
        for post in posts:
            by_name.setdefault(post.key, []).append(post)
            by_name.setdefault(searchable(post.label), []).append(post)
        makers = {
            "post": PostWidget(by_name),
            "year": YearWidget(),
            "month": MonthWidget(),
            "zone": ZoneWidget(),
            "note": NoteWidget(),
        }
        for attribute, column in COLUMNS.items():
            widget = makers.get(attribute) or CountWidget()
            self.fields[attribute] = fields.Field(attribute=attribute, column_name=column, widget=widget)

    class Meta:
        model = ActivityReturn
        fields: tuple[str, ...] = ()
        import_id_fields: tuple[str, ...] = ()
        skip_diff = True
        report_skipped = True

    def get_instance(self, instance_loader: Any, row: Any) -> None:
        """The service finds the row that exists, by post, period and zone; here rows are only parsed."""
        return

    def save_instance(self, instance: ActivityReturn, is_create: bool, row: Any, **kwargs: Any) -> None:
        number = kwargs["row_number"]
        identity = (instance.post.pk, instance.year, instance.month, instance.zone)
        line = self.lines[number - 1]
        earlier = self.first_seen.setdefault(identity, line)
        if earlier != line:
            raise ValidationError({"month": f"Cette période figure déjà à la ligne {earlier} : n'en gardez qu'une."})
        counts = {name: getattr(instance, name) for name in COUNTS}
        if not instance.note and all(value is None for value in counts.values()):
            return  # a line of the model left blank says nothing: it empties nothing either
        self.keep_absent(instance)
        try:
            done = record_activity(
                post=instance.post,
                year=instance.year,
                month=instance.month,
                zone=instance.zone,
                counts={name: getattr(instance, name) for name in COUNTS},
                note=instance.note or "",
                by=self.by,
            )
        except BusinessError as error:
            raise ValidationError({error.place or "post": error.message}) from error
        self.recorded[number] = (instance, done)

    def keep_absent(self, instance: ActivityReturn) -> None:
        """A column the file does not have changes nothing; an empty cell of a column it has says « unknown »."""
        place = {name: getattr(instance, name) for name in ("year", "month", "zone")}
        held = instance.post.activity.filter(**place).first()
        for name in self.absent:
            if held is not None and name in (*COUNTS, "note"):
                setattr(instance, name, getattr(held, name))

    def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
        """Nothing: the library would realign identity sequences, which the runtime role rightly may not do."""


# --- The two steps ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CellError:
    line: int
    column: str
    message: str

    def __str__(self) -> str:
        where = f"Ligne {self.line}, colonne {self.column}" if self.column else f"Ligne {self.line}"
        return f"{where} : {self.message}"


@dataclass(frozen=True)
class Change:
    """What one line will change: (label, before, after) texts."""

    line: int
    post: str
    period: str
    zone: str
    differences: tuple[tuple[str, str, str], ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class ImportPlan:
    changes: tuple[Change, ...] = ()
    errors: tuple[CellError, ...] = ()
    unchanged: int = 0
    ignored: int = 0
    digest: str = field(default="", compare=False)

    @property
    def warnings(self) -> list[str]:
        return [f"Ligne {change.line} – {warning}" for change in self.changes for warning in change.warnings]


def preview_import(*, table: Table, by: Actor) -> ImportPlan:
    """What the file would change, and its errors by line and column. Writes nothing."""
    return _run(table, by, dry_run=True)


@transaction.atomic
def apply_import(*, table: Table, by: Actor, expected: str) -> ImportPlan:
    """Write all the file or nothing. ``expected`` is the digest of the preview that was agreed to.

    Raises ``Conflict`` when the figures moved since that preview, ``InvalidInput`` when the file has errors.
    """
    plan = _run(table, by, dry_run=True)
    if plan.errors:
        raise InvalidInput(str(plan.errors[0]))
    if plan.digest != expected:
        raise Conflict("Des chiffres ont changé depuis l'aperçu. Rien n'a été enregistré : vérifiez le nouvel aperçu.")
    done = _run(table, by, dry_run=False)
    if done.errors:
        raise InvalidInput(str(done.errors[0]))
    return done


def editable_posts(by: Actor) -> list[Post]:
    """Posts whose activity ``by`` may enter, with what showing their year needs."""
    posts = Post.objects.visible_to(by).for_list()
    return [post for post in posts if may_record(post=post, by=by)]


def _run(table: Table, by: Actor, *, dry_run: bool) -> ImportPlan:
    by.require("activity.edit")
    _check_headers(table.headers)
    missing = [name for name in COLUMNS.values() if name not in table.headers]
    dataset = tablib.Dataset(headers=[*table.headers, *missing])
    for row in table.rows:
        dataset.append([*row, *[""] * len(missing)])
    resource = ActivityResource(by=by, posts=editable_posts(by), table=table)
    result = resource.import_data(
        dataset, dry_run=dry_run, use_transactions=True, rollback_on_validation_errors=True, raise_errors=False
    )
    if result.base_errors:
        raise result.base_errors[0].error
    errors = [error for invalid in result.invalid_rows for error in _located(invalid, table)]
    for failed in result.error_rows:
        raise failed.errors[0].error  # not the file's fault
    changes = tuple(
        _change(table.lines[number - 1], instance, done)
        for number, (instance, done) in sorted(resource.recorded.items())
        if done.changed
    )
    return ImportPlan(
        changes=changes,
        errors=tuple(sorted(errors, key=lambda error: error.line)),
        unchanged=sum(1 for _, done in resource.recorded.values() if not done.changed),
        ignored=len(table.rows) - len(resource.recorded) - len(result.invalid_rows),
        digest=_digest(changes),
    )


def _check_headers(headers: tuple[str, ...]) -> None:
    lacking = [name for name in REQUIRED if name not in headers]
    if lacking:
        columns = plural(len(lacking), "la colonne", "les colonnes")
        raise InvalidInput(
            f"Il manque {columns} {enumerate_fr(lacking)} sur la première ligne : partez du modèle à télécharger."
        )
    for position, name in enumerate(headers, start=1):
        if name not in COLUMNS.values():
            raise InvalidInput(f"Colonne {position} : « {name or 'sans titre'} » n'est pas un titre connu du modèle.")
        if name in headers[: position - 1]:
            raise InvalidInput(f"Colonne {position} : le titre « {name} » figure deux fois.")


def _located(invalid: Any, table: Table) -> list[CellError]:
    line = table.lines[invalid.number - 1]
    found = []
    for name, messages in invalid.error.message_dict.items():
        found += [CellError(line, COLUMNS.get(name, ""), message) for message in messages]
    return found


def _change(line: int, instance: ActivityReturn, done: Recorded) -> Change:
    differences = []
    for name in COUNTS:
        before, after = done.before.get(name), getattr(instance, name)
        if before != after:
            differences.append((count_label(name), _shown(before), _shown(after)))
    if not differences:
        differences.append(("observation", "", instance.note))
    period = f"{month_name(instance.month)} {instance.year}" if instance.month else f"année {instance.year}"
    zone = str(Zone(instance.zone).label) if instance.zone else ""
    return Change(line, str(instance.post), period, zone, tuple(differences), done.warnings)


def _shown(value: int | None) -> str:
    return "vide" if value is None else str(value)


def _digest(changes: tuple[Change, ...]) -> str:
    text = json.dumps([[c.post, c.period, c.zone, c.differences] for c in changes], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


# --- The file to fill -------------------------------------------------------------------------------------------------


def activity_columns() -> list[sheets.SheetColumn]:
    """Columns of the file to fill, read from an :class:`ActivityReturn`."""

    def month(activity: ActivityReturn) -> str:
        return month_name(activity.month) if activity.month else WHOLE_YEAR

    columns = [
        sheets.SheetColumn("poste", lambda activity: activity.post.label, width=34),
        sheets.SheetColumn("annee", lambda activity: activity.year, sheets.Kind.NUMBER, 8),
        sheets.SheetColumn("mois", month, width=12),
        sheets.SheetColumn("zone", lambda activity: activity.zone, width=13),
    ]
    for name in COUNTS:
        columns.append(sheets.SheetColumn(COLUMNS[name], _reader(name), sheets.Kind.NUMBER, 14))
    columns.append(sheets.SheetColumn("observation", lambda activity: activity.note, width=40))
    return columns


def _reader(name: str) -> Any:
    return lambda activity: getattr(activity, name)


def template_sheet(*, year: int, by: Actor, file_format: str, created: dt.datetime) -> bytes:
    """The file to fill for ``year``: twelve lines per post (per zone where there are two), known figures filled in."""
    rows = []
    for post in editable_posts(by):
        held = {(a.month, a.zone): a for a in post.activity.of_year(year)}
        whole = any(zone == "" and month for month, zone in held)
        zones = sorted(post.zones, reverse=True) if len(post.zones) > 1 and not whole else [""]
        for month in range(1, 13):
            for zone in zones:
                blank = ActivityReturn(post=post, year=year, month=month, zone=zone)
                rows.append(held.get((month, zone)) or blank)
    columns = activity_columns()
    values = sheets.values(columns, rows)
    return sheets.write_sheet(file_format, columns, values, title=f"Activité {year}", created=created)
