"""Who is bound, who signs, and the vote that allows it."""

from __future__ import annotations

from typing import Any

from django import forms

from conventions.enums import PartyRole
from conventions.models import Convention, Deliberation, Party
from parties.models import Mandate, Organisation

from .fields import DayField, LockedForm


def _roles() -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label="Qualités",
        choices=PartyRole.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Dites à quel titre l'organisation est partie."},
    )


class PartyAddForm(LockedForm):
    organisation = forms.ModelChoiceField(
        queryset=Organisation.objects.none(),
        label="Organisation",
        empty_label="Choisir",
        help_text="Absente de la liste ? Ajoutez-la d'abord à l'annuaire.",
    )
    roles = _roles()

    def __init__(self, *args: Any, convention: Convention, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        bound = convention.parties.values("organisation_id")
        field = self.fields["organisation"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Organisation.objects.filter(territory_id=convention.territory_id).exclude(pk__in=bound)


class VoteForm(LockedForm):
    """The deliberation that lets a party sign: a known one, or one typed here (number, date, assembly, dates)."""

    deliberation = forms.ModelChoiceField(
        queryset=Deliberation.objects.none(),
        label="Délibération qui autorise la signature",
        required=False,
        empty_label="Aucune, ou celle saisie ci-dessous",
    )
    new_number = forms.CharField(label="Numéro", max_length=40, required=False)
    new_date = DayField(label="Date du vote", required=False)
    new_body = forms.CharField(
        label="Assemblée", max_length=200, required=False, help_text="Conseil communautaire, commission permanente…"
    )
    new_transmitted_on = DayField(
        label="Transmise au préfet le",
        required=False,
        help_text="Ces deux dates peuvent attendre : la signature, non.",
    )
    new_published_on = DayField(label="Publiée le", required=False)

    NEW = ("new_number", "new_date", "new_body", "new_transmitted_on", "new_published_on")

    def __init__(self, *args: Any, party: Party, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: Only a local authority's assembly authorises its executive (R32): others are not asked for a vote.
        self.asks_vote = party.organisation.is_local_authority or party.deliberation_id is not None
        if not self.asks_vote:
            for name in ("deliberation", *self.NEW):
                del self.fields[name]
            return
        field = self.fields["deliberation"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Deliberation.objects.filter(organisation=party.organisation)

    def new_fields(self) -> list[Any]:
        return [self[name] for name in self.NEW]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        typed = any(data.get(name) for name in self.NEW)
        if typed and data.get("deliberation"):
            self.add_error("deliberation", "Choisissez une délibération connue ou saisissez-en une, pas les deux.")
        if typed and not data.get("new_date") and "new_date" not in self.errors:
            self.add_error("new_date", "Indiquez la date du vote.")
        for name, label in (("new_transmitted_on", "La transmission"), ("new_published_on", "La publication")):
            if data.get("new_date") and data.get(name) and data[name] < data["new_date"]:
                self.add_error(name, f"{label} ne précède pas le vote.")
        return data

    def new_deliberation(self) -> dict[str, Any] | None:
        """The fields of the deliberation typed here, None when there is none."""
        if not self.cleaned_data.get("new_date"):
            return None
        return {name.removeprefix("new_"): self.cleaned_data[name] for name in self.NEW}


class PartyForm(VoteForm):
    """A party's roles, people and vote."""

    roles = _roles()
    representative = forms.ModelChoiceField(
        queryset=Mandate.objects.none(),
        label="Représentée par",
        required=False,
        empty_label="Personne pour l'instant",
        help_text="La personne nommée en tête de l'acte.",
    )
    signatory = forms.ModelChoiceField(
        queryset=Mandate.objects.none(),
        label="Signataire",
        required=False,
        empty_label="Personne pour l'instant",
        help_text="La personne qui signe, si ce n'est pas la même.",
    )

    def __init__(self, *args: Any, party: Party, **kwargs: Any) -> None:
        super().__init__(*args, party=party, **kwargs)
        for name in ("representative", "signatory"):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = Mandate.objects.filter(organisation=party.organisation)
