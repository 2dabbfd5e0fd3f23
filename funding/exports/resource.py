"""The titres file as a django-import-export resource, written by :mod:`core.sheets`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.utils import timezone
from import_export.fields import Field
from import_export.resources import Resource

from core import sheets
from funding.exports.columns import COLUMNS, Entry
from funding.models import Titre


class TitreResource(Resource):
    """One row per titre, one field per column of :data:`COLUMNS`. Values stay typed: the writer formats them."""

    def __init__(self, *, proposed_on: dt.date, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.proposed_on = proposed_on
        for column in COLUMNS:
            self.fields[column.header] = Field(column_name=column.header, dehydrate_method=column.read)

    def export_resource(self, instance: Titre, selected_fields: Any = None, **kwargs: Any) -> list[Any]:
        return super().export_resource(Entry(instance, self.proposed_on), selected_fields, **kwargs)


def titres_file(titres: Iterable[Titre], *, file_format: str, year: int, moment: dt.datetime) -> bytes:
    """The file of ``titres`` ("csv" or "xlsx"), dated ``moment``. Reads issuer, debtor and plan of each."""
    resource = TitreResource(proposed_on=timezone.localdate(moment))
    dataset = resource.export(list(titres))
    return sheets.write_sheet(file_format, COLUMNS, dataset, title=f"Titres {year}", created=moment)
