"""The calendar of reports of one convention, as it is set on its page."""

from __future__ import annotations

from typing import Any

from django import forms

from conventions.enums import DueMode, ReportEvery
from conventions.models import ReportSchedule
from conventions.services.report_schedule import typed_day

from .fields import DayField, LinesField


class ReportScheduleForm(forms.Form):
    every = forms.TypedChoiceField(label="Périodicité", choices=ReportEvery.choices, coerce=int)
    valid_from = DayField(
        label="Pour les périodes qui commencent à partir du",
        help_text="La prise d'effet de la convention, ou la date de l'avenant qui change le calendrier.",
    )
    asked = forms.TypedChoiceField(
        label="Ce compte rendu est",
        choices=[("oui", "demandé"), ("non", "plus demandé à partir de cette date")],
        coerce=lambda text: text == "oui",
    )
    mode = forms.ChoiceField(label="Échéance", choices=DueMode.choices)
    day = forms.IntegerField(
        label="Jour du mois", required=False, min_value=1, max_value=31, help_text="31 : le dernier jour du mois."
    )
    after = forms.IntegerField(
        label="Nombre de mois ou de jours après la période",
        required=False,
        min_value=0,
        max_value=365,
        help_text="1 et le jour 20 : le 20 du mois suivant.",
    )
    days = LinesField(
        label="Dates, une par ligne",
        required=False,
        help_text="15/04 revient chaque année ; 15/04/2024 ne sert qu'une fois.",
    )
    anchored = forms.BooleanField(
        label="Les périodes se comptent depuis la prise d'effet, pas depuis le 1er janvier", required=False
    )
    note_asked = forms.BooleanField(label="Une note qualitative est demandée", required=False)
    source = forms.CharField(
        label="Origine", max_length=240, help_text="L'article, l'avenant ou la décision qui le fixe."
    )

    @classmethod
    def initial_of(cls, row: ReportSchedule) -> dict[str, Any]:
        names = ("every", "valid_from", "mode", "day", "after", "anchored", "note_asked", "source")
        return {name: getattr(row, name) for name in names} | {
            "asked": "oui" if row.asked else "non",
            "days": [typed_day(day) for day in row.days],
        }
