"""The titres file as a spreadsheet: the columns of :mod:`funding.exports.columns`, as CSV and as XLSX."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import IO, Any

from django.utils import timezone
from import_export.fields import Field
from import_export.resources import Resource

from core import sheets
from funding.exports.base import BatchHead, ExportFormat
from funding.exports.columns import COLUMNS, Entry


class TitreResource(Resource):
    """One row per entry, one field per column of :data:`COLUMNS`. Values stay typed: the writer formats them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for column in COLUMNS:
            self.fields[column.header] = Field(column_name=column.header, dehydrate_method=column.read)


def values_of(rows: Iterable[Entry]) -> Iterator[list[Any]]:
    """The cells of each entry, as they come."""
    resource = TitreResource()
    # Not ``export_resource``: it looks the fields up again for every row.
    fields = resource.get_export_fields()
    for entry in rows:
        yield [resource.export_field(field, entry) for field in fields]


class CsvFormat(ExportFormat):
    name = sheets.CSV
    label = "CSV (logiciel financier)"
    extension = "csv"
    media_type = sheets.MEDIA_TYPES[sheets.CSV]

    def write(self, stream: IO[bytes], rows: Iterable[Entry], batch: BatchHead) -> None:
        sheets.stream_csv(stream, COLUMNS, values_of(rows))


class XlsxFormat(ExportFormat):
    name = sheets.XLSX
    label = "XLSX (tableur)"
    extension = "xlsx"
    media_type = sheets.MEDIA_TYPES[sheets.XLSX]

    def write(self, stream: IO[bytes], rows: Iterable[Entry], batch: BatchHead) -> None:
        moment = timezone.localtime(batch.moment)
        sheets.stream_xlsx(stream, COLUMNS, values_of(rows), title=f"Titres {batch.year}", created=moment)
