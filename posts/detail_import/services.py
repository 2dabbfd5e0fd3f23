"""The import of detailed counts: a preview that writes nothing, then all of the file or none of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db import transaction

from core.errors import BusinessError, Conflict, InvalidInput
from core.french import month_name
from parties.actors import Actor
from parties.models.reference import searchable
from posts.detail_import.columns import ColumnMap, Guess, Vocabulary, checked, propose
from posts.detail_import.parsing import Defaults, Entry, Reader
from posts.enums import FileLayout, Zone
from posts.indicators import Cell, Item
from posts.models import ActivityReturn, ImportMapping, ListItem, Post
from posts.reading import Table
from posts.services.detail import Detailed, month_breaches, record_detail
from posts.sheets import CellError, Change, ImportPlan, editable_posts

#: Post id, year, month, zone → what is held.
Held = dict[tuple[int, int, int, str], tuple[dict[Cell, int], str]]


@dataclass(frozen=True)
class Reading:
    """A file, what its columns hold, and what the page said for the whole of it."""

    table: Table
    columns: tuple[str, ...]
    post: str = ""
    year: int | None = None
    month: int | None = None


@dataclass
class _Done:
    changes: list[Change] = field(default_factory=list)
    errors: list[CellError] = field(default_factory=list)
    unchanged: int = 0


def vocabulary() -> Vocabulary:
    """The closed lists with all their wordings. One query."""
    found: dict[str, list[Item]] = {}
    for item in ListItem.objects.order_by("list", "position", "since", "pk"):
        found.setdefault(item.list, []).append(Item(item.code, item.label))
    return Vocabulary(found)


def guesses(*, table: Table, mapping: ImportMapping | None) -> list[Guess]:
    """What each column seems to hold; ``mapping``: what was remembered, believed first."""
    return propose(table.titles, vocabulary(), mapping.columns if mapping else None)


def own_mappings(by: Actor) -> list[ImportMapping]:
    """What the organisation of ``by`` remembered, by name."""
    if by.organisation is None:
        return []
    return list(ImportMapping.objects.visible_to(by).filter(organisation=by.organisation))


@transaction.atomic
def save_mapping(*, name: str, table: Table, columns: Iterable[str], by: Actor) -> ImportMapping:
    """Remember under ``name`` what the columns of a file hold; the same name again replaces it. Idempotent."""
    by.require("activity.edit")
    if by.organisation is None:
        raise InvalidInput("Aucune organisation ne garde cette correspondance : choisissez-en une.", place="name")
    name = " ".join(name.split())
    if not name or len(name) > 80:
        raise InvalidInput("Donnez un nom de 80 signes au plus à cette correspondance.", place="name")
    wanted = ColumnMap(tuple(columns))
    values = {
        "layout": FileLayout.LONG if wanted.is_long else FileLayout.WIDE,
        "columns": {searchable(title): target for title, target in zip(table.titles, wanted.targets, strict=True)},
    }
    held = ImportMapping.objects.select_for_update(of=("self",)).filter(organisation=by.organisation, name=name).first()
    if held is None:
        return ImportMapping.objects.create(organisation=by.organisation, name=name, **values)
    if any(getattr(held, one) != value for one, value in values.items()):
        for one, value in values.items():
            setattr(held, one, value)
        held.save()
    return held


@transaction.atomic
def forget_mapping(*, mapping: ImportMapping, by: Actor) -> None:
    """Remembered columns are a convenience: forgetting them changes no count."""
    by.require("activity.edit")
    if by.organisation is None or mapping.organisation_id != by.organisation.pk:
        raise InvalidInput("Cette correspondance n'est pas celle de votre organisation.")
    mapping.delete()


def preview_detail(*, reading: Reading, by: Actor) -> ImportPlan:
    """What the file would change, its errors by line and column, what deserves a second look. Writes nothing.

    Raises ``InvalidInput`` when the columns do not say enough.
    """
    return _run(reading, by, write=False)


@transaction.atomic
def apply_detail(*, reading: Reading, by: Actor, expected: str) -> ImportPlan:
    """Write all the file or nothing. ``expected`` is the digest of the preview that was agreed to.

    Raises ``Conflict`` when the figures moved since that preview, ``InvalidInput`` when the file has errors.
    """
    plan = _run(reading, by, write=True)
    if plan.errors:
        raise InvalidInput(str(plan.errors[0]))
    if plan.digest != expected:
        raise Conflict("Des chiffres ont changé depuis l'aperçu. Rien n'a été enregistré : vérifiez le nouvel aperçu.")
    return plan


def _run(reading: Reading, by: Actor, *, write: bool) -> ImportPlan:
    by.require("activity.edit")
    words = vocabulary()
    posts = editable_posts(by)
    said = Defaults(_post_said(posts, reading.post), reading.year, reading.month)
    columns = checked(
        reading.columns, reading.table, words, has_post=said.post is not None, has_month=said.month is not None
    )
    reader = Reader(reading.table, columns, words, _by_name(posts), said)
    entries = reader.read()
    done = _Done(errors=reader.errors)
    with transaction.atomic():
        held = _held(entries)
        for entry in entries:
            _apply(entry, held, words, by, done)
        if done.errors or not write:
            transaction.set_rollback(True)
    changes = tuple(sorted(done.changes, key=lambda change: change.line))
    return ImportPlan(
        changes=changes,
        errors=tuple(sorted(done.errors, key=lambda error: error.line)),
        unchanged=done.unchanged,
        ignored=len(reading.table.rows) - len({line for entry in entries for line in _lines(entry)}),
        digest=_digest(changes),
    )


def _post_said(posts: list[Post], uuid: str) -> Post | None:
    if uuid:
        return next((post for post in posts if str(post.uuid) == uuid), None)
    return posts[0] if len(posts) == 1 else None


def _by_name(posts: list[Post]) -> Mapping[str, list[Post]]:
    found: dict[str, list[Post]] = {}
    for post in posts:
        for name in {post.key, searchable(post.label)}:
            found.setdefault(name, []).append(post)
    return found


def _lines(entry: Entry) -> set[int]:
    return {line for _value, line, _title in entry.cells.values()} | {entry.line}


def _held(entries: list[Entry]) -> Held:
    """The cells of every month the file speaks of. Two queries."""
    rows = ActivityReturn.objects.filter(
        post__in={entry.post.pk for entry in entries}, year__in={entry.year for entry in entries}, month__isnull=False
    ).prefetch_related("cells")
    return {
        (row.post_id, row.year, row.month or 0, row.zone): (
            {(cell.indicator, cell.row, cell.column): cell.value for cell in row.cells.all()},
            row.note,
        )
        for row in rows.order_by("pk")
    }


def _apply(entry: Entry, held: Held, words: Vocabulary, by: Actor, done: _Done) -> None:
    """One month: what the file does not speak of stays as it is."""
    before, note = held.get((entry.post.pk, entry.year, entry.month, entry.zone), ({}, ""))
    merged: dict[Cell, int | None] = dict(before)
    merged |= {cell: value for cell, (value, _line, _title) in entry.cells.items()}
    after = {cell: value for cell, value in merged.items() if value is not None}
    wanted_note = note if entry.note is None else entry.note
    if after == before and wanted_note == note:
        done.unchanged += 1
        return
    try:
        with transaction.atomic():
            found = record_detail(
                post=entry.post,
                year=entry.year,
                month=entry.month,
                zone=entry.zone,
                cells=merged,
                note=wanted_note,
                by=by,
            )
    except BusinessError as error:
        done.errors.append(_located(entry, error))
        return
    done.changes.append(_change(entry, found, words, (before, note), (after, wanted_note)))


def _change(
    entry: Entry,
    found: Detailed,
    words: Vocabulary,
    before: tuple[dict[Cell, int], str],
    after: tuple[dict[Cell, int], str],
) -> Change:
    """What one month becomes, and what deserves a second look; ``before`` and ``after`` are cells and remark."""
    saved = found.recorded.activity
    surprises = month_breaches(saved) if saved is not None else []
    # That the post was vacant is among the warnings of the save already.
    warnings = (*found.recorded.warnings, *(breach.message for breach in surprises if breach.rule != 12))
    differences = [
        (words.label(cell), _shown(before[0].get(cell)), _shown(after[0].get(cell)))
        for cell in words.cells.values()
        if before[0].get(cell) != after[0].get(cell)
    ]
    if before[1] != after[1]:
        differences.append(("observation", before[1], after[1]))
    zone = str(Zone(entry.zone).label) if entry.zone else ""
    period = f"{month_name(entry.month)} {entry.year}"
    return Change(entry.line, str(entry.post), period, zone, tuple(differences), warnings)


def _located(entry: Entry, error: BusinessError) -> CellError:
    """Where the file says what the service refuses: the cell's own line and column when it is one."""
    parts = error.place.split(":")
    told = entry.cells.get((parts[0], parts[1], parts[2])) if len(parts) == 3 else None
    if told is None:
        return CellError(entry.line, "", error.message)
    return CellError(told[1], told[2], error.message)


def _shown(value: int | None) -> str:
    return "vide" if value is None else str(value)


def _digest(changes: tuple[Change, ...]) -> str:
    text = json.dumps([[c.post, c.period, c.zone, c.differences] for c in changes], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
