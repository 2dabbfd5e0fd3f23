"""Verifying the journal: is each chain whole, and does each entry still say what was sealed?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import connection
from django.utils import timezone

from core import rls
from parties.actors import Actor
from parties.models import JournalCut, JournalHead, Territory

#: Entries read at a time.
CHUNK = 2000

# The text the database hashed (``cosigne_journal_text``), written here again: the check must not trust the function
# it checks.
_TEXT = """jsonb_build_array(
    previous_hash, territory_id, seq, id, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
    action, table_name, row_id, row_uuid, root_table, root_id, changes, user_id, actor, transaction)::text"""
_PAGE = f"""SELECT coalesce(seq, 0), id, at, actor, table_name, previous_hash, hash, {_TEXT}
    FROM parties_journalentry
    WHERE territory_id IS NOT DISTINCT FROM %s AND (seq, id) > (%s, %s) ORDER BY seq, id LIMIT %s"""
_UNSEALED = f"""SELECT 0, id, at, actor, table_name, previous_hash, hash, {_TEXT}
    FROM parties_journalentry WHERE territory_id IS NOT DISTINCT FROM %s AND seq IS NULL ORDER BY id"""


@dataclass
class Verified:
    """What was found in one chain; sound when ``problems`` (French sentences) is empty."""

    label: str
    count: int = 0
    last_hash: str = ""
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Row:
    seq: int
    id: int
    at: Any
    actor: str
    table_name: str
    previous_hash: str | None
    hash: str | None
    text: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def label(self) -> str:
        """« n° 12 (part, 20/11/2026, Camille Durand) »"""
        return f"n° {self.seq} ({table_label(self.table_name)}, {timezone.localtime(self.at):%d/%m/%Y}, {self.actor})"


def table_label(table: str) -> str:
    """The French name of what a table holds; the table's own name for one that no longer exists."""
    return next((str(m._meta.verbose_name) for m in apps.get_models() if m._meta.db_table == table), table)


def verify_journal(territory: Territory | None) -> Verified:
    """Check the chain of a territory, or that of the entries of no territory (None)."""
    if territory is None:
        context, label = rls.Context(scope="platform"), "hors territoire"
    else:
        context, label = Actor.system(territory).context, str(territory)
    with rls.acting(context):
        return _verify(Verified(label), territory.pk if territory else None)


def _verify(found: Verified, territory_id: int | None) -> Verified:
    cut = JournalCut.objects.filter(territory=territory_id).first()
    expected, previous = (cut.seq + 1, cut.hash) if cut else (1, "")
    for row in _rows(territory_id):
        found.count += 1
        if row.seq > expected:
            found.problems.append(f"{_numbers(expected, row.seq - 1)} : retirée du journal.")
        if row.seq < expected:
            found.problems.append(f"Écriture {row.label} : insérée, ce numéro existe déjà.")
        elif row.digest != row.hash:
            found.problems.append(f"Écriture {row.label} : modifiée ou insérée, son empreinte ne correspond pas.")
        elif row.seq == expected and row.previous_hash != previous:
            found.problems.append(f"Écriture {row.label} : ne suit pas l'écriture n° {row.seq - 1} du journal.")
        expected, previous = max(expected, row.seq + 1), row.hash or ""
    for row in _fetch(_UNSEALED, [territory_id]):
        found.count += 1
        found.problems.append(f"Écriture sans numéro, ligne {row.id} : insérée hors du mécanisme du journal.")
    _check_end(found, JournalHead.objects.filter(territory=territory_id).first(), expected - 1, previous)
    found.last_hash = previous
    return found


def _check_end(found: Verified, head: JournalHead | None, last: int, last_hash: str) -> None:
    sealed = head.seq if head else 0
    if sealed > last:
        found.problems.append(f"{_numbers(last + 1, sealed)} : retirée de la fin du journal.")
    elif sealed < last:
        found.problems.append(f"{_numbers(sealed + 1, last)} : ajoutée après la dernière écriture scellée.")
    elif head and head.hash != last_hash:
        found.problems.append(f"Écriture n° {last} : ce n'est plus la dernière écriture scellée.")


def _numbers(first: int, last: int) -> str:
    return f"Écriture n° {first}" if first == last else f"Écritures n° {first} à {last}, chacune"


def _rows(territory_id: int | None) -> Iterator[_Row]:
    """The numbered entries in order, a page at a time: a journal may be longer than memory."""
    seq, last_id = -1, 0
    while page := _fetch(_PAGE, [territory_id, seq, last_id, CHUNK]):
        yield from page
        seq, last_id = page[-1].seq, page[-1].id


def _fetch(sql: str, params: list[Any]) -> list[_Row]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [_Row(*row) for row in cursor.fetchall()]
