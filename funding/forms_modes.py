"""Fields of the pages beside the editor: the division among posts, the State's schedule."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from funding.enums import Breakdown, RuleMark
from funding.forms import AmountField, PercentField
from posts.models import Post


class BreakdownForm(forms.Form):
    """How the parts divide among the plan's posts; one cost per post, read only when costs are what divides."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    basis = forms.ChoiceField(label="Répartir les parts", choices=Breakdown.choices)

    def __init__(self, *args: Any, posts: Iterable[Post], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.posts = list(posts)
        for post in self.posts:
            self.fields[self.name_of(post)] = AmountField(label=f"Coût annuel de « {post.label} »", required=False)

    @staticmethod
    def name_of(post: Post) -> str:
        return f"poids-{post.uuid}"

    @property
    def costs(self) -> list[forms.BoundField]:
        return [self[self.name_of(post)] for post in self.posts]

    def weights(self) -> dict[int, Decimal]:
        found = {post.pk: self.cleaned_data.get(self.name_of(post)) for post in self.posts}
        return {pk: value for pk, value in found.items() if value is not None}

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        for post in self.posts:
            name = self.name_of(post)
            if data.get("basis") == Breakdown.COST and data.get(name) is None and name not in self.errors:
                self.add_error(name, "Indiquez le coût annuel de ce poste, 0 s'il n'en a pas.")
        return data


class _RateFields(forms.Form):
    source = forms.CharField(
        label="Source", max_length=200, help_text="Le document qui l'annonce : lettre, appel à projets, convention."
    )
    mark = forms.ChoiceField(label="Fiabilité", choices=RuleMark.choices, initial=RuleMark.UNVERIFIED)


class RatesForm(_RateFields):
    """Several years at once: "80 / 50 / 30" from a first year."""

    post = forms.ChoiceField(label="Poste", required=False)
    first_year = forms.IntegerField(
        label="Première année",
        validators=[MinValueValidator(2000), MaxValueValidator(2100)],
        widget=forms.TextInput(attrs={"inputmode": "numeric", "maxlength": 4}),
        error_messages={"invalid": "Écrivez l'année en quatre chiffres, par exemple 2024."},
    )
    percents = forms.CharField(
        label="Pourcentages, un par année",
        help_text="Séparés par une barre : 80 / 50 / 30.",
        max_length=120,
        error_messages={"required": "Indiquez au moins un pourcentage."},
    )

    field_order = ("post", "first_year", "percents", "source", "mark")

    def __init__(self, *args: Any, posts: Iterable[Post], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "Tout le territoire"), *((str(post.uuid), post.label) for post in posts)]
        self.fields["post"].choices = choices  # type: ignore[attr-defined]

    def clean_percents(self) -> list[Decimal]:
        reader = PercentField(required=False)
        parts = [part.strip() for part in re.split(r"[/;|]", self.cleaned_data["percents"])]
        values = [reader.clean(part) for part in parts if part]
        if not values or any(value is None for value in values):
            raise forms.ValidationError("Écrivez les pourcentages ainsi : 80 / 50 / 30.")
        return [value for value in values if value is not None]


class RateForm(_RateFields):
    percent = PercentField(label="Pourcentage du coût")

    field_order = ("percent", "source", "mark")
