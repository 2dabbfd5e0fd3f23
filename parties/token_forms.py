"""The form of an API token."""

from __future__ import annotations

from typing import Any

from django import forms

from core.french import upper_first
from parties.actors import Actor
from parties.roles import ABILITIES, abilities_by_token
from parties.tokens import longest_day


class TokenForm(forms.Form):
    """A name, a last day, and among the role's abilities those the program is given: none at first."""

    name = forms.CharField(
        label="Nom",
        max_length=80,
        help_text="Le logiciel qui emploiera ce jeton, par exemple « Gestion financière ».",
        error_messages={"required": "Donnez un nom : celui du logiciel qui emploiera ce jeton."},
    )
    last_day = forms.DateField(
        label="Valable jusqu'au",
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"required": "Indiquez le dernier jour de validité : un an au plus."},
    )
    scopes = forms.MultipleChoiceField(
        label="Ce que le logiciel pourra faire",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Sans case cochée, il lit seulement ce que tous les rôles lisent : annuaire, postes, conventions.",
    )

    def __init__(self, *args: Any, by: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        given = abilities_by_token(by.role)
        self.fields["scopes"].choices = [  # type: ignore[attr-defined]
            (name, upper_first(label)) for name, label in ABILITIES.items() if name in given
        ]
        self.fields["last_day"].initial = longest_day()
        self.fields["last_day"].widget.attrs["max"] = longest_day().isoformat()
