"""The fields of the plan editor. Rows are put together by :mod:`funding.editor`."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from core import money
from funding.enums import (
    CostKind,
    KeyBasis,
    KeySource,
    ProrataBasis,
    RoundingMethod,
    RoundingUnit,
    ShareMode,
    Source,
)

BLANK = ("", "—")
Choices = list[tuple[str, str]]


class AmountField(forms.CharField):
    """Euros as French people type them ("12 345,67 €"); gives a Decimal or None."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        super().__init__(**kwargs)

    def clean(self, value: Any) -> Decimal | None:  # type: ignore[override]
        text = super().clean(value)
        if not text:
            return None
        try:
            amount = money.parse_euros(text)
        except money.AmountError as error:
            raise forms.ValidationError(str(error)) from error
        if amount < 0:
            raise forms.ValidationError("Un montant n'est pas négatif : indiquez ce qui est payé.")
        if amount >= 10**10:
            raise forms.ValidationError("Ce montant dépasse dix milliards d'euros : vérifiez-le.")
        return amount


class PercentField(forms.CharField):
    """A percentage between 0 and 100, four decimals at most ("81,32 %"); gives a Decimal or None."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        super().__init__(**kwargs)

    def clean(self, value: Any) -> Decimal | None:  # type: ignore[override]
        text = "".join(super().clean(value).split()).removesuffix("%").replace(",", ".")
        if not text:
            return None
        try:
            number = Decimal(text)
        except InvalidOperation as error:
            raise forms.ValidationError(f"« {value} » n'est pas un pourcentage : écrivez par exemple 81,32.") from error
        if not number.is_finite() or not 0 <= number <= 100:
            raise forms.ValidationError("Un pourcentage est compris entre 0 et 100.")
        if number != round(number, 4):
            raise forms.ValidationError("Un pourcentage a quatre décimales au plus.")
        return number


def day_field(label: str) -> forms.DateField:
    return forms.DateField(
        label=label,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        input_formats=["%Y-%m-%d", "%d/%m/%Y"],
        error_messages={"required": "Indiquez cette date.", "invalid": "Écrivez la date ainsi : 31/12/2024."},
    )


class PlanForm(forms.Form):
    """What is true of the whole plan."""

    label = forms.CharField(
        label="Libellé", max_length=160, required=False, help_text="Vide : le nom du poste et l'année."
    )
    posts = forms.MultipleChoiceField(
        label="Postes financés",
        widget=forms.CheckboxSelectMultiple,
        help_text="Un poste ; ou plusieurs quand la convention les finance d'un seul montant.",
        error_messages={"required": "Choisissez au moins un poste."},
    )
    year = forms.IntegerField(
        label="Année",
        validators=[MinValueValidator(2000), MaxValueValidator(2100)],
        widget=forms.TextInput(attrs={"inputmode": "numeric", "maxlength": 4}),
        error_messages={
            "required": "Indiquez l'année du plan.",
            "invalid": "Écrivez l'année en quatre chiffres, par exemple 2024.",
        },
    )
    employer = forms.ChoiceField(label="Employeur", error_messages={"required": "Choisissez l'employeur."})
    period_start = day_field("Du")
    period_end = day_field("Au")
    prorata = forms.ChoiceField(
        label="Prorata",
        choices=ProrataBasis.choices,
        help_text="Ce que l'année finance, si elle n'est pas complète. À cheval sur plusieurs années : « Du » et "
        "« Au » sont la période convenue, coûts et parts ceux de la période ; un plan est fait par année.",
    )
    rounding_unit = forms.ChoiceField(label="Arrondi des parts", choices=RoundingUnit.choices)
    rounding_method = forms.ChoiceField(label="Méthode d'arrondi", choices=RoundingMethod.choices)
    residue_ref = forms.ChoiceField(
        label="L'écart d'arrondi va à", required=False, help_text="Sans choix : à qui prend le reste à charge."
    )
    note = forms.CharField(label="Note interne", required=False, widget=forms.Textarea(attrs={"rows": 2}))
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, posts: Choices, organisations: Choices, lines: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["posts"].choices = posts  # type: ignore[attr-defined]
        self.fields["employer"].choices = [BLANK, *organisations]  # type: ignore[attr-defined]
        self.fields["residue_ref"].choices = [BLANK, *lines]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        start, end, year = data.get("period_start"), data.get("period_end"), data.get("year")
        if start and end and end < start:
            self.add_error("period_end", "La fin précède le début de la période.")
        if data.get("prorata") == ProrataBasis.SPAN:
            if start and end and year and not start.year <= year <= end.year:
                self.add_error("year", f"La période convenue ne touche pas l'année {year}.")
            return data
        for name, day in (("period_start", start), ("period_end", end)):
            if year and day and day.year != year:
                self.add_error(name, f"La période tient dans l'année {year} : faites un plan par année.")
        return data


class CostForm(forms.Form):
    """One component of the cost; a row left without an amount is ignored."""

    kind = forms.ChoiceField(label="Nature du coût", choices=CostKind.choices)
    label = forms.CharField(label="Libellé du coût", max_length=120, required=False)
    amount = AmountField(label="Montant annuel", required=False)
    borne_by = forms.ChoiceField(label="Supporté par", required=False)

    def __init__(self, *args: Any, lines: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["borne_by"].choices = [("", "Tous, dans le coût partagé"), *lines]  # type: ignore[attr-defined]

    @property
    def is_blank(self) -> bool:
        return not self["amount"].value() and not self["label"].value()

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not self.is_blank and "amount" in data and data["amount"] is None:
            self.add_error("amount", "Indiquez le montant annuel, ou retirez cette ligne.")
        return data


class ShareForm(forms.Form):
    """A financer's part, or the head of a block ("EPCI") whose members follow. Blank rows are ignored."""

    ref = forms.SlugField(widget=forms.HiddenInput, max_length=40)
    parent = forms.CharField(widget=forms.HiddenInput, required=False)
    block = forms.CharField(widget=forms.HiddenInput, required=False)
    financer = forms.ChoiceField(label="Financeur", required=False)
    label = forms.CharField(label="Libellé", max_length=160, required=False)
    source = forms.ChoiceField(label="Crédit", required=False, choices=[("", "Selon le financeur"), *Source.choices])
    mode = forms.ChoiceField(label="Mode de calcul", choices=ShareMode.choices)
    fixed_amount = AmountField(label="Montant fixe", required=False)
    fixed_is_annual = forms.BooleanField(label="Montant d'année pleine, à proratiser", required=False)
    percent = PercentField(label="Pourcentage", required=False)
    percent_of = forms.ChoiceField(label="Pourcentage de", required=False)
    parts = forms.IntegerField(
        label="Une part sur",
        required=False,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        widget=forms.TextInput(attrs={"inputmode": "numeric", "maxlength": 3}),
        help_text="Vide : autant que d'inscrites. 3 : un tiers, même si les autres tiers ne figurent pas au plan.",
        error_messages={"invalid": "Écrivez un nombre entier, par exemple 3."},
    )
    footnote = forms.CharField(label="Note de bas de tableau", max_length=300, required=False)
    key_stored = forms.ChoiceField(
        label="Clé du territoire",
        required=False,
        help_text="Une clé gardée pour plusieurs plans ; sinon, celle de ce plan seul, décrite à côté.",
    )
    key_source = forms.ChoiceField(label="Clé des membres", choices=KeySource.choices, required=False)
    key_basis = forms.ChoiceField(label="Base de la clé", choices=KeyBasis.choices, required=False)
    key_vintage = forms.IntegerField(
        label="Millésime des populations",
        required=False,
        validators=[MinValueValidator(2000), MaxValueValidator(2100)],
        widget=forms.TextInput(attrs={"inputmode": "numeric", "maxlength": 4}),
        error_messages={"invalid": "Écrivez l'année en quatre chiffres, par exemple 2023."},
    )

    def __init__(
        self, *args: Any, organisations: Choices, lines: Choices, keys: Choices | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        ref = self["ref"].value()
        self.fields["key_stored"].choices = [("", "Clé de ce plan seul"), *(keys or [])]  # type: ignore[attr-defined]
        self.fields["financer"].choices = [("", "Choisissez…"), *organisations]  # type: ignore[attr-defined]
        others = [("", "du coût partagé"), *((key, label) for key, label in lines if key != ref)]
        self.fields["percent_of"].choices = others  # type: ignore[attr-defined]

    @property
    def is_block(self) -> bool:
        return bool(self["block"].value())

    @property
    def is_blank(self) -> bool:
        """Nothing was chosen nor typed: the row was offered, not used."""
        names = ("financer", "label", "fixed_amount", "percent", "footnote")
        return not self.is_block and not any(self[name].value() for name in names)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if self.is_blank:
            return data
        if not self.is_block and not data.get("financer") and "financer" not in self.errors:
            self.add_error("financer", "Choisissez le financeur, ou retirez cette ligne.")
        mode = data.get("mode")
        if mode == ShareMode.FIXED and data.get("fixed_amount") is None and "fixed_amount" not in self.errors:
            self.add_error("fixed_amount", "Indiquez le montant de cette part.")
        if mode == ShareMode.PERCENTAGE and data.get("percent") is None and "percent" not in self.errors:
            self.add_error("percent", "Indiquez le pourcentage de cette part.")
        official = self.is_block and data.get("key_source") == KeySource.OFFICIAL and not data.get("key_stored")
        if official and not data.get("key_vintage") and "key_vintage" not in self.errors:
            self.add_error("key_vintage", "Indiquez le millésime des populations, par exemple 2023.")
        return data
