"""Forms of the titres screens."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from core import uploads
from core.money import AmountError, euros, parse_euros
from funding.exports import registry
from funding.models import TitrePolicy
from funding.titre_returns import FIELDS


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
    """One payment received."""

    amount = AmountField(label="Montant encaissé (euros)", help_text="Ce paiement seul, par exemple 8 352,08.")
    received_on = forms.DateField(label="Date de l'encaissement", widget=day_input())
    reference = forms.CharField(
        label="Référence",
        max_length=80,
        required=False,
        help_text="Numéro du virement ou de l'écriture. Elle distingue deux paiements du même jour.",
    )

    def __init__(self, *args: Any, left: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if left is not None:
            self.fields["amount"].help_text = f"Ce paiement seul. Reste à encaisser : {euros(left)}."


class ReasonForm(forms.Form):
    """Why; it is written in the titre's history."""

    reason = forms.CharField(label="Motif", max_length=240, widget=forms.Textarea(attrs={"rows": 2}))


class CorrectionForm(ReasonForm):
    """A reduction: of what is given, or of the difference with today's computation."""

    amount = AmountField(
        label="Montant de la réduction (euros)",
        required=False,
        help_text="Laissez vide pour réduire le titre à ce que donne l'occupation actuelle du poste.",
    )


class ReceiptReversalForm(ReasonForm):
    """Which receipt, and why it is wrong."""

    receipt = forms.UUIDField(widget=forms.HiddenInput)


class PolicyForm(forms.ModelForm):
    """Dated rules; ``scope`` is "territory" or "issuer"."""

    scope = forms.ChoiceField(label="Pour", choices=())
    minimum = AmountField(label="Seuil de recouvrement (euros)", help_text="15 euros : décret 2017-509.")

    class Meta:
        model = TitrePolicy
        fields = [
            "valid_from",
            "basis",
            "tolerated_days",
            "month_threshold",
            "minimum",
            "needs_siret",
            "needs_address",
            "needs_code",
            "needs_occupancy",
            "needs_settings",
            "needs_clean_plan",
        ]
        widgets = {"valid_from": day_input()}

    field_order = ["scope"]

    def __init__(self, *args: Any, scopes: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scope"].choices = scopes  # type: ignore[attr-defined]

    def validate_constraints(self) -> None:
        """Saying the same day again replaces: the service sees to it."""


class ClosingForm(forms.Form):
    """When an exercice was closed."""

    year = forms.IntegerField(label="Exercice", min_value=2000, max_value=2100)
    closed_on = forms.DateField(label="Clos le", widget=day_input())


class AdvanceForm(forms.Form):
    """Money paid before the titre."""

    share_ref = forms.ChoiceField(label="Financeur", choices=())
    amount = AmountField(label="Montant reçu (euros)", help_text="Par exemple 5 000,00.")
    received_on = forms.DateField(label="Reçue le", widget=day_input())
    reference = forms.CharField(label="Référence", max_length=80, required=False)

    def __init__(self, *args: Any, shares: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["share_ref"].choices = shares  # type: ignore[attr-defined]


class ReturnFileForm(forms.Form):
    """The file given back."""

    file = uploads.UploadField(
        label="Fichier de retour",
        kinds=(uploads.CSV, uploads.XLSX, uploads.XML),
        largest=20 * uploads.MEGABYTE,
        help_text="CSV ou XLSX : le fichier exporté, ses dernières colonnes remplies, ou une extraction de votre "
        "logiciel portant l'identifiant d'écriture. XML : un PES_ACQUIT ou un PES Retour du comptable.",
    )


class ReturnMappingForm(forms.Form):
    """Which column is what."""

    MEANINGS = (("total", "Le total encaissé à ce jour"), ("paiement", "Un paiement parmi d'autres"))

    meaning = forms.ChoiceField(label="Le montant encaissé est", choices=MEANINGS)

    def __init__(self, *args: Any, headers: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "Aucune colonne"), *((heading, heading) for heading in headers if heading)]
        for name, (_ours, label) in FIELDS.items():
            self.fields[name] = forms.ChoiceField(label=label, choices=choices, required=name == "entry_id")
        self.order_fields([*FIELDS, "meaning"])

    @property
    def mapping(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in FIELDS if self.cleaned_data.get(name)}

    @property
    def is_total(self) -> bool:
        return bool(self.cleaned_data["meaning"] == "total")
