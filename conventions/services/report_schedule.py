"""Setting how often one convention asks for a report, and for which day: a dated rule with its source."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable

from django.db import transaction

from conventions.enums import DueMode, ReportEvery
from conventions.models import Convention, ReportSchedule
from conventions.models.agreement import BINDING
from core.errors import BusinessError, InvalidInput
from parties.actors import Actor

_DAY = re.compile(r"(\d{1,2})/(\d{1,2})(?:/(20\d\d))?")
#: Days one schedule may list: a day a month for five years.
MOST_DAYS = 60


@transaction.atomic
def set_report_schedule(
    *,
    convention: Convention,
    every: int,
    valid_from: dt.date,
    source: str,
    asked: bool = True,
    anchored: bool = False,
    mode: str = DueMode.MONTH,
    day: int | None = None,
    after: int | None = None,
    days: Iterable[str] = (),
    note_asked: bool = False,
    by: Actor,
) -> ReportSchedule:
    """The calendar of one frequency, for the periods that begin on or after ``valid_from``; the same day corrects it.

    ``days`` are « 15/04 » (every year) or « 15/04/2024 » (once). ``asked`` False: this frequency is no longer asked.
    Raises ``NotAllowed``; ``InvalidInput`` with ``place`` the field.
    """
    by.require("convention.edit")
    if every not in ReportEvery.values:
        raise InvalidInput("Choisissez la périodicité.", place="every")
    if not source.strip():
        raise InvalidInput("Indiquez l'article, l'avenant ou la décision qui fixe ce calendrier.", place="source")
    if convention.known_end is not None and valid_from > convention.known_end:
        raise InvalidInput(
            f"Cette date est après la fin de la convention ({convention.known_end:%d/%m/%Y}) : aucune période n'y"
            " commence.",
            place="valid_from",
        )
    due = _due(asked, mode, day, after, days)
    row, _ = ReportSchedule.objects.update_or_create(
        convention=convention,
        every=every,
        valid_from=valid_from,
        defaults={
            "territory_id": convention.territory_id,
            "asked": asked,
            "anchored": anchored,
            "note_asked": note_asked,
            "source": source.strip()[:240],
            **due,
        },
    )
    return row


@transaction.atomic
def remove_report_schedule(*, schedule: ReportSchedule, by: Actor) -> None:
    """Take away a calendar set by mistake: the words of the convention and the dated rules serve again.

    Reports already handed in stay, and say when no calendar asks for them any more.
    """
    by.require("convention.edit")
    if schedule.convention.status not in BINDING and not schedule.convention.is_editable:
        raise BusinessError("Cette convention est entre les mains de la préfecture : son calendrier ne change plus.")
    schedule.delete()


def _due(asked: bool, mode: str, day: int | None, after: int | None, days: Iterable[str]) -> dict[str, object]:
    """What the mode needs, and nothing else."""
    empty: dict[str, object] = {"mode": mode, "day": None, "after": None, "days": []}
    if not asked:
        return empty | {"mode": DueMode.MONTH}
    if mode == DueMode.MONTH:
        if day is None or not 1 <= day <= 31:
            raise InvalidInput("Indiquez le jour du mois, de 1 à 31 (31 : le dernier jour).", place="day")
        if after is None or not 1 <= after <= 12:
            raise InvalidInput("Indiquez combien de mois après la période : 1 pour le mois suivant.", place="after")
        return empty | {"day": day, "after": after}
    if mode == DueMode.DAYS:
        if after is None or not 0 <= after <= 365:
            raise InvalidInput("Indiquez le nombre de jours après la période, de 0 à 365.", place="after")
        return empty | {"after": after}
    if mode == DueMode.LISTED:
        return empty | {"days": read_days(days)}
    raise InvalidInput("Choisissez comment l'échéance est fixée.", place="mode")


def read_days(texts: Iterable[str]) -> list[str]:
    """« 15/04 » as "04-15", « 15/04/2024 » as "2024-04-15", in their order. Raises ``InvalidInput``."""
    found: list[str] = []
    for text in (each.strip() for each in texts):
        if not text:
            continue
        match = _DAY.fullmatch(text)
        if match is None:
            raise InvalidInput(f"« {text} » n'est pas une date : écrivez 15/04 ou 15/04/2024.", place="days")
        try:
            day = dt.date(int(match[3] or 2024), int(match[2]), int(match[1]))
        except ValueError as error:
            raise InvalidInput(f"« {text} » n'existe pas : écrivez 15/04 ou 15/04/2024.", place="days") from error
        found.append(day.isoformat() if match[3] else f"{day:%m-%d}")
    if not found:
        raise InvalidInput("Donnez au moins une date : 15/04, ou 15/04/2024.", place="days")
    if len(found) > MOST_DAYS:
        raise InvalidInput(
            f"{MOST_DAYS} dates au plus : donnez celles qui reviennent chaque année (15/04).", place="days"
        )
    return list(dict.fromkeys(found))


def typed_day(stored: str) -> str:
    """The contrary of :func:`read_days` for one day."""
    if len(stored) == 10:
        return f"{dt.date.fromisoformat(stored):%d/%m/%Y}"
    month, day = stored.split("-")
    return f"{day}/{month}"
