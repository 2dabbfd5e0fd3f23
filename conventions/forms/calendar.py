"""Forms of the calendar: filters, reminders, dated rules."""

from __future__ import annotations

from collections.abc import Iterable

from django import forms

from conventions.calendar.obligation import Body
from conventions.enums import CalendarRuleKind, ObligationKind


class CalendarFilter(forms.Form):
    """``?q=…&convention=…&organisation=…&nature=…&retard=on&passe=on``. Choices come from what is shown."""

    convention = forms.ChoiceField(label="Convention", required=False)
    organisation = forms.TypedChoiceField(label="Organisation", required=False, coerce=int, empty_value=None)
    nature = forms.ChoiceField(label="Nature", required=False, choices=[("", "Toutes"), *ObligationKind.choices])
    retard = forms.BooleanField(label="En retard seulement", required=False)
    passe = forms.BooleanField(label="Avec ce qui est fait ou passé", required=False)

    def __init__(self, *args: object, conventions: Iterable[str], bodies: Iterable[Body], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        known = sorted(set(conventions))
        names = sorted({(body.pk, body.label) for body in bodies}, key=lambda pair: pair[1])
        self.fields["convention"].choices = [("", "Toutes"), *((name, name) for name in known)]  # type: ignore[attr-defined]
        self.fields["organisation"].choices = [("", "Toutes"), *names]  # type: ignore[attr-defined]


class RemindersForm(forms.Form):
    due_soon = forms.BooleanField(
        label="M'écrire quand une échéance approche ou est dépassée",
        required=False,
        help_text="Deux semaines avant, puis une fois si elle est dépassée. Jamais deux fois pour la même.",
    )
    weekly = forms.BooleanField(
        label="M'écrire chaque lundi ce qui vient",
        required=False,
        help_text="Ce qui est en retard et les trente jours à venir.",
    )


class CalendarRuleForm(forms.Form):
    kind = forms.ChoiceField(label="Règle", choices=CalendarRuleKind.choices)
    value = forms.CharField(
        label="Valeur", max_length=20, help_text="Un jour et un mois (31/03), ou un nombre de jours pour un délai."
    )
    valid_from = forms.DateField(label="À partir du", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    source = forms.CharField(
        label="Origine", max_length=240, help_text="L'appel à projets, la circulaire ou la décision qui la fixe."
    )
