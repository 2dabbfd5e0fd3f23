"""The national bilan as its page and its PDF show it, and the PDF itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from core import charts, sheets
from core.errors import InvalidInput
from core.money import number_fr
from parties.actors import PlatformActor
from reporting.contributions.definitions import GROUPS, MODES, PROBLEMS, REFERRALS
from reporting.national.bilan import NationalBilan, Rate, Table, national_bilan, years_given
from reporting.national.reading import contributions_in_force, open_territories
from reporting.national.tables import ACTIVITY, compared, notes, rate_text, sum_text, table
from reporting.pdf.engine import PdfAttachment, render_pdf

TEMPLATE = "pdf/national.html"
#: Tables drawn as bars; each chart is followed by its table.
CHARTED = (MODES, PROBLEMS, REFERRALS)
#: Years set side by side, the one asked for included.
MOST_YEARS = 5


def bilans_of(*, year: int, by: PlatformActor) -> list[NationalBilan]:
    """The bilan of ``year``, then those of earlier years somebody contributed, latest first. Two queries.

    Raises ``NotAllowed``, ``InvalidInput`` for a year nobody contributed.
    """
    given, opened = contributions_in_force(by=by), open_territories()
    years = [one for one in years_given(given) if one <= year][:MOST_YEARS]
    if year not in years:
        raise InvalidInput(f"Aucun territoire n'a contribué pour {year}.", place="year")
    return [national_bilan(year=one, given=given, opened=opened) for one in years]


@dataclass(frozen=True)
class Block:
    """One table of activity, its rows written, and its chart when it has one."""

    table: Table
    rows: tuple[tuple[str, str, str, bool], ...]
    chart: SafeString | str


def context_of(bilans: Sequence[NationalBilan]) -> dict[str, Any]:
    """What both templates read."""
    bilan, years = bilans[0], [one.year for one in bilans]
    return {
        "bilan": bilan,
        "years": years,
        "blocks": [_block(one, bilan.year) for one in bilan.tables],
        "people": sum_text(bilan.people()),
        "rates": [(rate, rate_text(rate), _of(rate)) for rate in bilan.rates],
        "months": rate_text(bilan.months),
        "months_of": _of(bilan.months),
        "response": rate_text(bilan.response),
        "groups": [
            (title, [(line, number_fr(line.etp, 2)) for line in bilan.posts if line.group == group])
            for group, title in GROUPS.items()
        ],
        "compared": [(line.label, list(zip(years, line.texts, strict=True))) for line in compared(bilans)],
        "notes": notes(bilans),
    }


def _of(rate: Rate) -> str:
    return f"{number_fr(rate.part, 0)} sur {number_fr(rate.whole, 0)}" if rate.territories else ""


def _block(found: Table, year: int) -> Block:
    rows = tuple((row.label, sum_text(row), _told(row.told, row.hidden), row.is_total) for row in found.rows)
    drawn = [row for row in found.rows if row.value and not row.is_total] if found.code in CHARTED else []
    chart: SafeString | str = ""
    if drawn:
        chart = charts.bars(
            chart_id=f"national-{found.code}",
            title=f"{found.label}, {year} (nombres connus)",
            categories=[row.label for row in drawn],
            values=[row.value for row in drawn],
        )
    return Block(found, rows, chart)


def _told(told: int, hidden: int) -> str:
    return f"{told} ({hidden} le masque{'nt' if hidden > 1 else ''})" if hidden else str(told)


def national_pdf(bilans: Sequence[NationalBilan]) -> bytes:
    """PDF/A-3a and PDF/UA-1, dated by the last contribution, with the activity table as CSV inside."""
    bilan = bilans[0]
    created = bilan.data_at or dt.datetime(bilan.year, 12, 31, tzinfo=dt.UTC)
    columns, lines = table(bilans, "activite")
    assert columns is ACTIVITY
    data = PdfAttachment(
        name=f"observatoire-{bilan.year}-activite.csv",
        content=sheets.write_csv(columns, sheets.values(columns, lines)),
        description="Données des tableaux d'activité, une ligne par nombre",
        moment=created,
    )
    return render_pdf(
        template=TEMPLATE,
        context={**context_of(bilans), "created": created},
        title=f"Bilan national {bilan.year} des intervenants sociaux en commissariat et gendarmerie",
        created=created,
        attachments=[data],
    )
