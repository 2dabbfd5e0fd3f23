"""Signatories, delegations of signature, and acts approved before the territory came here."""

from __future__ import annotations

from typing import Any

from django import forms

from conventions.models import Party, Signatory, SigningDelegation
from parties.actors import Actor
from parties.models import Mandate, Organisation

from .fields import DayField, LockedForm


class SignatoryForm(LockedForm):
    signatory = forms.ModelChoiceField(
        queryset=Signatory.objects.none(),
        label="Signataire à changer",
        required=False,
        empty_label="Aucun : en ajouter un",
    )
    mandate = forms.ModelChoiceField(
        queryset=Mandate.objects.none(),
        label="Personne qui signe",
        empty_label="Choisir",
        error_messages={"required": "Choisissez la personne qui signe."},
    )
    delegation = forms.ModelChoiceField(
        queryset=SigningDelegation.objects.none(),
        label="Par délégation",
        required=False,
        empty_label="Non : signe en son nom propre",
        help_text="La délégation que cette personne a reçue du représentant de la partie.",
    )

    def __init__(self, *args: Any, party: Party, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, rows in (
            ("signatory", party.signatories.select_related("mandate")),
            ("mandate", Mandate.objects.filter(organisation=party.organisation_id)),
            (
                "delegation",
                SigningDelegation.objects.filter(organisation=party.organisation_id).select_related("delegate"),
            ),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = rows


class DelegationForm(forms.ModelForm):
    date = DayField(label="Date de l'arrêté", error_messages={"required": "Indiquez la date de l'arrêté."})
    start = DayField(label="À partir du", error_messages={"required": "Indiquez le premier jour."})
    end = DayField(label="Jusqu'au", required=False, help_text="Vide : jusqu'à la fin du mandat du délégant.")

    class Meta:
        model = SigningDelegation
        fields = ["organisation", "delegator", "delegate", "number", "date", "scope", "start", "end"]
        widgets = {"scope": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, delegation: SigningDelegation, by: Actor, **kwargs: Any) -> None:
        # The service writes: the form only reads, on a copy, so that a refusal leaves the row as it was.
        initial = {name: getattr(delegation, f"{name}_id", None) for name in ("organisation", "delegator", "delegate")}
        initial |= {name: getattr(delegation, name) for name in ("number", "date", "scope", "start", "end")}
        kwargs["initial"] = initial if delegation.pk else None
        super().__init__(*args, **kwargs)
        bodies = Organisation.objects.filter(territory_id=by.territory_id)
        people = Mandate.objects.filter(organisation__in=bodies).select_related("organisation")
        for name, rows in (("organisation", bodies), ("delegator", people), ("delegate", people)):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = rows
            field.empty_label = "Choisir"
            if name != "organisation":
                field.label_from_instance = _person  # type: ignore[assignment]

    def _post_clean(self) -> None:
        """What must hold between fields is checked by the service, which says it in words."""


def _person(mandate: Mandate) -> str:
    return f"{mandate.person}, {mandate.function} ({mandate.organisation.label})"


class TakeOverForm(LockedForm):
    approved_on = DayField(
        label="Texte approuvé le",
        help_text="La date de l'acte publié. Elle précède l'arrivée du territoire dans Cosigne.",
        error_messages={"required": "Indiquez la date de l'acte."},
    )
    source = forms.CharField(
        label="Acte d'où le texte est repris",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Par exemple : délibération n° 12 du conseil communautaire, annexe 3.",
        error_messages={"required": "Citez l'acte : délibération, arrêté, document publié."},
    )
