"""Forms of the titres screens."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from core.money import AmountError, euros, parse_euros
from funding.exports import registry


class ExportForm(forms.Form):
    """Which year, in which format."""

    year = forms.IntegerField(label="Exercice", min_value=2000, max_value=2100)
    file_format = forms.ChoiceField(
        label="Format",
        choices=registry.choices,
        error_messages={"invalid_choice": "Choisissez un format de la liste."},
    )


class AmountField(forms.CharField):
    """Euros as typed in French; its error says how to write them."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        try:
            return parse_euros(text)
        except AmountError as error:
            raise forms.ValidationError(str(error)) from error


def day_input() -> forms.DateInput:
    """The browser's own calendar."""
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class IssueForm(forms.Form):
    """What the finance software gave back."""

    number = forms.CharField(label="Numéro du titre", max_length=20)
    slip_number = forms.CharField(label="Numéro du bordereau", max_length=20, required=False)
    issued_on = forms.DateField(
        label="Date d'émission", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def clean_issued_on(self) -> Any:
        day = self.cleaned_data["issued_on"]
        if day > timezone.localdate():
            raise forms.ValidationError("La date d'émission est dans l'avenir.")
        return day


class ReceiptForm(forms.Form):
    """What was received so far."""

    received = AmountField(label="Total encaissé à ce jour (euros)", help_text="Par exemple 8 352,08.")
    received_on = forms.DateField(label="Date du dernier encaissement", widget=day_input())

    def __init__(self, *args: Any, amount: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if amount is not None:
            self.fields["received"].help_text = f"Le titre est de {euros(amount)}."
