"""The « Situation » tab: the convention as in force on a day, and each avenant's part in it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from conventions.enums import Status
from conventions.forms.fields import DayField
from conventions.models import Avenant, Convention
from conventions.presentation.avenants import TONES, labelled
from conventions.situation import Situation, situation_on
from conventions.terms import renewal_of, terms
from core.french import add_months


def asked_day(text: str) -> tuple[dt.date, str]:
    """The day typed in the address, else today; with what is wrong with it, in French."""
    today = timezone.localdate()
    if not text.strip():
        return today, ""
    try:
        day: dt.date = DayField().clean(text.strip())
    except ValidationError:
        return (
            today,
            f"« {text} » n'est pas une date : écrivez par exemple 03/07/2023. Voici la situation d'aujourd'hui.",
        )
    return day, ""


def situation_panel(convention: Convention, text: str) -> dict[str, Any]:
    """What the tab shows."""
    day, problem = asked_day(text)
    situation = situation_on(convention, day)
    renewal = renewal_of(convention)
    return {
        "situation": situation,
        "day": day,
        "day_problem": problem,
        "renewal": renewal,
        "terms": terms(convention, until=add_months(max(day, timezone.localdate()), 24)) if renewal else [],
        "avenants": [_row(avenant, situation) for avenant in convention.avenants.order_by("number")],
        "without_end": situation.last_day == dt.date.max,
    }


def _row(avenant: Avenant, situation: Situation) -> dict[str, Any]:
    avenant.convention = situation.convention
    applied = {item.avenant.pk for item in situation.applied}
    repealed = {item.avenant.pk for item in situation.repealed}
    if avenant.pk in applied:
        state, tone = "En vigueur", "success"
    elif avenant.pk in repealed:
        state, tone = "Abrogé", "neutral"
    elif avenant.signed_on is not None:
        state, tone = "Signé, à venir", "info"
    else:
        state, tone = str(avenant.get_status_display()), TONES[avenant.status]
    sentences = [c["sentence"] for item in situation.signed if item.avenant.pk == avenant.pk for c in item.changes]
    return {"avenant": avenant, "label": labelled(avenant), "state": state, "tone": tone, "sentences": sentences}


def shows_situation(convention: Convention) -> bool:
    """Once signed, there is a situation to read."""
    return convention.status in (Status.SIGNEE, Status.DENONCEE, Status.RESILIEE)
