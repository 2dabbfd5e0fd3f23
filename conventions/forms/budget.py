"""A budget line: its codes, its credits, and what a published act says of it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.dateparse import parse_datetime

from funding.forms import AmountField
from funding.models import BudgetLine
from funding.services.budget import CODES
from parties.actors import Actor
from parties.models import Organisation

from .fields import DayField

#: Field of the form → what the published act prints (``BudgetLine.stated``).
STATED = {
    "stated_proposed": ("proposed", "Proposition"),
    "stated_balance": ("balance", "Solde"),
    "stated_own_posts": ("own_posts", "Coût des postes propres"),
    "stated_expected_revenue": ("expected_revenue", "Recette attendue"),
}
FIELDSETS = (
    ("Ligne", ("organisation", "year", "label", "operation", "imputation")),
    ("Imputation, partie par partie", ("since", *CODES)),
    ("Crédits", ("voted", "available", "engaged", "liquidated", "paid", "situation_on", "source")),
    ("Ce qu’imprime l’acte publié", tuple(STATED)),
)


class BudgetLineForm(forms.Form):
    """Nothing here says what is proposed: the attributions do."""

    organisation = forms.ModelChoiceField(queryset=Organisation.objects.none(), label="Collectivité", empty_label=None)
    year = forms.IntegerField(label="Exercice", min_value=2000, max_value=2100)
    label = forms.CharField(label="Libellé", max_length=200)
    operation = forms.CharField(
        label="Code opération", max_length=40, required=False, help_text="Tel que l’écrivent vos actes : C02-421K01."
    )
    imputation = forms.CharField(
        label="Imputation écrite dans les actes", max_length=40, required=False, help_text="Par exemple 6568//934213."
    )
    since = DayField(
        label="Imputation à compter du",
        required=False,
        help_text="Une nouvelle date garde l’ancienne imputation dans l’historique ; la même date la corrige.",
    )
    nature = forms.CharField(label="Nature", max_length=12, required=False, help_text="Compte par nature : 6568.")
    function = forms.CharField(label="Fonction", max_length=10, required=False, help_text="Par exemple 4213.")
    chapter = forms.CharField(label="Chapitre", max_length=10, required=False, help_text="Par exemple 934.")
    programme = forms.CharField(label="Programme", max_length=40, required=False)
    envelope = forms.CharField(label="Enveloppe", max_length=40, required=False)
    service = forms.CharField(label="Service gestionnaire", max_length=40, required=False)
    voted = AmountField(label="Crédits de paiement votés", required=False)
    available = AmountField(
        label="Disponible", required=False, help_text="Avant les attributions proposées sur cette ligne."
    )
    engaged = AmountField(label="Engagé", required=False, help_text="D’après votre logiciel de gestion financière.")
    liquidated = AmountField(label="Liquidé", required=False)
    paid = AmountField(label="Payé", required=False)
    situation_on = DayField(label="Situation de ces montants au", required=False)
    source = forms.CharField(
        label="Origine de ces montants", max_length=200, required=False, help_text="Budget primitif, rapport, édition…"
    )
    stated_proposed = AmountField(label=STATED["stated_proposed"][1], required=False)
    stated_balance = AmountField(label=STATED["stated_balance"][1], required=False)
    stated_own_posts = AmountField(label=STATED["stated_own_posts"][1], required=False)
    stated_expected_revenue = AmountField(label=STATED["stated_expected_revenue"][1], required=False)
    seen_at = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, by: Actor, line: BudgetLine | None = None, year: int | None = None) -> None:
        self.line = line
        super().__init__(data, initial=initial_of(line) if line else {"year": year})
        field = self.fields["organisation"]
        assert isinstance(field, forms.ModelChoiceField)
        bodies = Organisation.objects.visible_to(by).local_authorities()
        field.queryset = bodies if by.is_staff else bodies.filter(pk=by.organisation.pk if by.organisation else None)
        if line is not None:
            # Attributions name a line of one body and one year: it does not move.
            field.disabled = self.fields["year"].disabled = True
        elif by.organisation is not None:
            field.initial = by.organisation.pk

    @property
    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        return [(title, [self[name] for name in names]) for title, names in FIELDSETS]

    @property
    def seen(self) -> dt.datetime | None:
        try:
            return parse_datetime(self.cleaned_data.get("seen_at") or "")
        except ValueError:
            return None

    @property
    def values(self) -> dict[str, Any]:
        """The fields as the services take them."""
        data = {name: value for name, value in self.cleaned_data.items() if name not in (*STATED, "seen_at")}
        data.pop("organisation", None)
        data.pop("year", None)
        stated = dict(self.line.stated) if self.line else {}
        for name, (key, _) in STATED.items():
            stated.pop(key, None)
            if self.cleaned_data[name] is not None:
                stated[key] = f"{self.cleaned_data[name]:.2f}"
        return data | {"stated": stated}

    def shown_again(self, line: BudgetLine) -> None:
        """After a refusal: what was typed stays, and sending it again now bears on the present line."""
        data = QueryDict(mutable=True)
        data.update(self.data)
        data["seen_at"] = line.updated_at.isoformat()
        self.data = data

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("since") and any(data.get(name) for name in CODES):
            self.add_error("since", "Indiquez à partir de quel jour cette imputation vaut.")
        return data


def initial_of(line: BudgetLine) -> dict[str, Any]:
    codes = line.imputation_on()
    found: dict[str, Any] = {name: getattr(codes, name, "") for name in CODES}
    for name in ("label", "operation", "imputation", "situation_on", "source", "year"):
        found[name] = getattr(line, name)
    for name in ("voted", "available", "engaged", "liquidated", "paid"):
        found[name] = typed(getattr(line, name))
    for name, (key, _) in STATED.items():
        text = line.stated.get(key)
        found[name] = typed(Decimal(text)) if text else ""
    found |= {"organisation": line.organisation_id, "seen_at": line.updated_at.isoformat()}
    return found | {"since": codes.since if codes else dt.date(line.year, 1, 1)}


def typed(value: Decimal | None) -> str:
    """An amount as one types it: "172500,00"."""
    return "" if value is None else f"{value:.2f}".replace(".", ",")
