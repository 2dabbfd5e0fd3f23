"""What ends a convention: a denunciation received, a termination decided."""

from __future__ import annotations

from typing import Any

from django import forms

from conventions.situation import Situation
from parties.models import Organisation

from .fields import DayField, LockedForm


class EndingForm(LockedForm):
    by_organisation = forms.ModelChoiceField(
        queryset=Organisation.objects.none(),
        label="À l'initiative de",
        required=False,
        empty_label="D'un commun accord",
    )
    cause = forms.CharField(
        label="Motif",
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Écrivez le motif : il reste au dossier."},
    )

    def __init__(self, *args: Any, situation: Situation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["by_organisation"]
        assert isinstance(field, forms.ModelChoiceField)
        bound = [party.organisation.pk for party in situation.parties]
        field.queryset = Organisation.objects.filter(pk__in=bound)


class DenunciationForm(EndingForm):
    received_on = DayField(label="Reçue le", error_messages={"required": "Indiquez le jour de la réception."})
    form = forms.CharField(
        label="Forme", max_length=240, required=False, help_text="Lettre recommandée, délibération notifiée…"
    )
    field_order = ("by_organisation", "received_on", "form", "cause")


class TerminationForm(EndingForm):
    decided_on = DayField(label="Décidée le", error_messages={"required": "Indiquez le jour de la décision."})
    breach_notice_on = DayField(
        label="Mise en demeure reçue le",
        required=False,
        help_text="En cas de manquement d'une partie. Vide : résiliation d'un commun accord.",
    )
    last_day = DayField(label="Dernier jour", error_messages={"required": "Indiquez le dernier jour de la convention."})
    field_order = ("by_organisation", "decided_on", "breach_notice_on", "last_day", "cause")
