"""Ordering the committee's pack: what is asked, and the work that makes it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import transaction

from conventions.enums import Status
from conventions.models import Convention
from core.errors import InvalidInput
from parties.actors import Actor
from parties.jobs import start_job
from parties.models import Job

KIND = "steering.copil"
FIRST_YEAR, LAST_YEAR = 2000, 2100


class CopilForm(forms.Form):
    """The year, and one convention or the whole territory."""

    annee = forms.IntegerField(
        label="Année",
        min_value=FIRST_YEAR,
        max_value=LAST_YEAR,
        error_messages={
            "required": "Indiquez l'année du dossier.",
            "invalid": "L'année s'écrit avec quatre chiffres, par exemple 2026.",
            "min_value": f"Indiquez une année à partir de {FIRST_YEAR}.",
            "max_value": f"Indiquez une année jusqu'à {LAST_YEAR}.",
        },
    )
    convention = forms.ModelChoiceField(
        label="Convention",
        queryset=Convention.objects.none(),
        to_field_name="uuid",
        required=False,
        empty_label="Tout le département",
        error_messages={"invalid_choice": "Cette convention n'existe pas, ou vous ne la voyez pas."},
    )

    def __init__(self, *args: Any, by: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Convention.objects.visible_to(by).exclude(status=Status.ABANDONNEE).order_by("reference")
        self.fields["convention"].queryset = rows  # type: ignore[attr-defined]

    @property
    def chosen(self) -> Convention | None:
        """The convention asked for; None: the whole territory."""
        found: Convention | None = self.cleaned_data["convention"]
        return found


@transaction.atomic
def order_copil(*, year: int, convention: Convention | None, by: Actor) -> Job:
    """Have the pack made by a work. Raises ``NotAllowed``, ``InvalidInput`` for a convention of another territory."""
    by.require("copil.prepare")
    if convention is not None and convention.territory_id != by.territory_id:
        raise InvalidInput("Cette convention n'est pas de votre territoire.", place="convention")
    about = f" – {convention.reference}" if convention else ""
    params = {"year": year, "convention": convention.pk if convention else None}
    return start_job(kind=KIND, label=f"Dossier du comité de pilotage {year}{about}", params=params, by=by)
