"""Load the reference files into their tables, whole, quickly, as often as one likes.

Rows travel as arrays (`unnest`) in INSERT … ON CONFLICT: a few seconds for all France, with no temporary table, so that
the runtime role needs no more than its rights on the tables. A row that already says the same is left alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from django.db import connection, models, transaction

from parties.models.reference import RefCommune, RefCommuneYear, RefDepartement, RefEpci, RefEpciYear, searchable
from parties.reference.files import DEFAULT_DIRECTORY, Reference, Vintage, read_reference, read_vintages

BATCH = 20_000
# Two loads at once could deadlock on each other's rows: the second waits. An arbitrary constant of our own.
LOCK = 0x5EF_DA7A


@dataclass(frozen=True)
class LoadReport:
    """What a load did: rows in the files, rows really written, rows removed because the files no longer hold them."""

    vintages: list[Vintage]
    departements: int
    epci: int
    epci_years: int
    communes: int
    commune_years: int
    written: int
    removed: int


def missing_vintages(*, vintages: Sequence[int] = (), directory: Path = DEFAULT_DIRECTORY) -> list[int]:
    """Vintages of the files (or those asked for) that the tables do not hold yet, oldest first."""
    wanted = sorted(vintages) or [vintage.year for vintage in read_vintages(directory)]
    held = set(RefEpciYear.objects.vintages()) & set(
        RefCommuneYear.objects.order_by().values_list("vintage", flat=True).distinct()
    )
    return [year for year in wanted if year not in held]


def load_reference(*, vintages: Sequence[int] = (), directory: Path = DEFAULT_DIRECTORY) -> LoadReport:
    """Make the tables say what the files say, for the vintages given (all by default), in one transaction.

    Vintages not asked for are left as they are. Raises `ReferenceDataError` when a file cannot be read or a vintage is
    not in it; nothing is written then.
    """
    reference = read_reference(directory)
    if vintages:
        reference = reference.only(vintages)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        removed = _remove_stale(cursor, reference)
        written = _write(cursor, reference)
    return LoadReport(
        vintages=reference.vintages,
        departements=len(reference.departements),
        epci=len(reference.epci),
        epci_years=len(reference.epci_years),
        communes=len(reference.communes),
        commune_years=len(reference.commune_years),
        written=written,
        removed=removed,
    )


def _write(cursor: Any, reference: Reference) -> int:
    figures_of = {vintage.year: vintage.figures_of for vintage in reference.vintages}
    epci = [(*row, searchable(row.name)) for row in reference.epci]
    communes = [(*row, searchable(row.name)) for row in reference.communes]
    epci_years = [
        (
            row.siren,
            row.vintage,
            row.name,
            row.legal_form,
            row.source_form,
            row.population_municipale,
            row.population_totale,
            row.members_count,
            figures_of[row.vintage],
        )
        for row in reference.epci_years
    ]
    epci_year_columns = (
        "epci",
        "vintage",
        "name",
        "legal_form",
        "source_form",
        "population_municipale",
        "population_totale",
        "members_count",
        "source_vintage",
    )
    # Parents before children, so that every reference exists when its row arrives.
    return (
        _upsert(cursor, RefDepartement, ("code",), ("code", "name", "region"), reference.departements)
        + _upsert(cursor, RefEpci, ("siren",), ("siren", "name", "legal_form", "departement", "search_name"), epci)
        + _upsert(cursor, RefEpciYear, ("epci", "vintage"), epci_year_columns, epci_years)
        + _upsert(cursor, RefCommune, ("code",), ("code", "name", "siren", "departement", "search_name"), communes)
        + _upsert(
            cursor,
            RefCommuneYear,
            ("commune", "vintage"),
            ("commune", "vintage", "population", "epci"),
            reference.commune_years,
        )
    )


def _upsert(
    cursor: Any,
    model: type[models.Model],
    key: Sequence[str],
    fields: Sequence[str],
    rows: Sequence[Sequence[object]],
) -> int:
    """Insert or correct the rows; returns how many were written, those already right left out."""
    table, columns = _table(model), [_column(model, field) for field in fields]
    keys = [_column(model, field) for field in key]
    others = [column for column in columns if column not in keys]
    arrays = ", ".join(f"%s::{_array_type(model, field)}[]" for field in fields)
    statement = (
        f"INSERT INTO {table} AS held ({', '.join(columns)}) SELECT * FROM unnest({arrays}) "
        f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET "
        f"{', '.join(f'{column} = EXCLUDED.{column}' for column in others)} "
        f"WHERE ({', '.join(f'held.{column}' for column in others)}) "
        f"IS DISTINCT FROM ({', '.join(f'EXCLUDED.{column}' for column in others)})"
    )
    written = 0
    for start in range(0, len(rows), BATCH):
        cursor.execute(statement, [list(column) for column in zip(*rows[start : start + BATCH], strict=True)])
        written += cursor.rowcount
    return written


def _remove_stale(cursor: Any, reference: Reference) -> int:
    """Delete the yearly rows of the loaded vintages that the files no longer hold (a corrected release)."""
    removed = 0
    for model, owner, pairs in (
        (RefEpciYear, "epci", [(row.siren, row.vintage) for row in reference.epci_years]),
        (RefCommuneYear, "commune", [(row.code, row.vintage) for row in reference.commune_years]),
    ):
        column = _column(model, owner)
        for year in reference.years:
            kept = [code for code, vintage in pairs if vintage == year]
            cursor.execute(
                f"DELETE FROM {_table(model)} held WHERE held.vintage = %s AND NOT EXISTS "
                f"(SELECT 1 FROM unnest(%s::text[]) AS kept(code) WHERE kept.code = held.{column})",
                [year, kept],
            )
            removed += cursor.rowcount
    return removed


def _table(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _column(model: type[models.Model], field: str) -> str:
    column = cast("models.Field[Any, Any]", model._meta.get_field(field)).column
    return connection.ops.quote_name(str(column))


def _array_type(model: type[models.Model], field: str) -> str:
    return "integer" if isinstance(model._meta.get_field(field), models.IntegerField) else "text"
