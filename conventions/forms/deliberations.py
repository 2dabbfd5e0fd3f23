"""A vote: what it says and when it became enforceable."""

from __future__ import annotations

from typing import Any

from django import forms

from conventions.models import Deliberation
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
