"""A vote: what it says and when it became enforceable."""

from __future__ import annotations

from typing import Any

from django import forms

from conventions.enums import DecisionKind
from conventions.models import Convention, Deliberation
from core import uploads
from core.uploads import UploadField
from funding.forms import AmountField
from parties.actors import Actor
from parties.models import Organisation

from .fields import DayField


class DeliberationForm(forms.ModelForm):
    date = DayField(label="Date du vote")
    transmitted_on = DayField(
        label="Transmise au préfet le",
        required=False,
        help_text="Sans transmission ni publication, la délibération n'est pas exécutoire et personne ne peut signer.",
    )
    published_on = DayField(label="Publiée le", required=False)

    class Meta:
        model = Deliberation
        fields = [
            "organisation",
            "body",
            "number",
            "date",
            "title",
            "transmitted_on",
            "published_on",
            "present",
            "delegations",
            "votes_for",
            "votes_against",
            "abstentions",
        ]
        widgets = {"title": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, by: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["organisation"]
        assert isinstance(field, forms.ModelChoiceField)
        field.empty_label = "Choisir"
        field.queryset = Organisation.objects.filter(territory_id=by.territory_id).local_authorities()
        if self.instance.pk:
            # A vote does not move from one assembly to another: parties rest on it.
            field.disabled = True


class DecisionForm(forms.Form):
    position = forms.IntegerField(
        label="Article", min_value=1, max_value=9999, error_messages={"required": "Donnez le numéro de l'article."}
    )
    kind = forms.ChoiceField(label="Décision", choices=DecisionKind.choices)
    subject = forms.CharField(label="Objet", max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    amount = AmountField(label="Montant", required=False)
    beneficiary = forms.ModelChoiceField(
        queryset=Organisation.objects.none(), label="Bénéficiaire", required=False, empty_label="Aucun"
    )
    annex = forms.CharField(label="Annexe", max_length=40, required=False)
    conventions = forms.ModelMultipleChoiceField(
        queryset=Convention.objects.none(),
        label="Conventions visées",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, by: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, rows in (
            ("beneficiary", Organisation.objects.filter(territory_id=by.territory_id)),
            ("conventions", Convention.objects.filter(territory_id=by.territory_id).order_by("reference")),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = rows


class AttachForm(forms.Form):
    document = UploadField(
        kinds=(uploads.PDF,),
        largest=10 * uploads.MEGABYTE,
        label="Délibération (PDF)",
        help_text="Telle que l'assemblée l'a transmise, 10 Mo au plus.",
        error_messages={"required": "Choisissez le fichier PDF."},
    )
