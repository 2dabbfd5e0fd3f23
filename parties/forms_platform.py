"""Forms of the platform's administrators: opening and suspending a territory, asking to read one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings

from core.errors import BusinessError
from core.french.departements import DEPARTEMENTS
from parties.models import RefDepartement

EMAIL_ERRORS = {
    "required": "Indiquez l'adresse électronique de la personne.",
    "invalid": "Cette adresse électronique n'est pas complète : « prenom.nom@organisme.fr ».",
}


class RefusedForm(forms.Form):
    """A form that shows where the service refused."""

    def refuse(self, error: BusinessError) -> None:
        self.add_error(error.place if error.place in self.fields else None, error.message)


class OpeningForm(RefusedForm):
    """Which département, its SIREN, and who will manage the scheme there."""

    code = forms.ChoiceField(
        label="Département",
        error_messages={
            "required": "Choisissez un département.",
            "invalid_choice": "Choisissez un département de la liste.",
        },
    )
    siren = forms.CharField(
        label="SIREN du Département",
        max_length=20,
        help_text="Neuf chiffres. Le référentiel ne donne pas celui des Départements.",
        error_messages={"required": "Indiquez le SIREN du Département."},
    )
    admin_email = forms.EmailField(
        label="Adresse du premier gestionnaire",
        max_length=254,
        help_text="Un message d'invitation y part à l'ouverture. Cette personne invitera les autres.",
        error_messages=EMAIL_ERRORS,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = RefDepartement.objects.filter(code__in=DEPARTEMENTS).order_by("code")
        self.fields["code"].choices = [("", "Choisir"), *((d.code, f"{d.code} – {d.name}") for d in rows)]  # type: ignore[attr-defined]


class FirstManagerForm(RefusedForm):
    admin_email = forms.EmailField(label="Adresse du premier gestionnaire", max_length=254, error_messages=EMAIL_ERRORS)


class SuspensionForm(RefusedForm):
    reason = forms.CharField(
        label="Raison de la suspension",
        max_length=400,
        help_text="Gardée au journal de la plateforme.",
        error_messages={"required": "Écrivez pourquoi : les administrateurs de la plateforme le reliront."},
    )


class AccessForm(RefusedForm):
    """Why, for what incident, and for how long."""

    incident = forms.CharField(
        label="Référence de l'incident",
        max_length=80,
        help_text="Le numéro du ticket ou du signalement.",
        error_messages={"required": "Indiquez la référence de l'incident : un accès ne s'ouvre pas sans elle."},
    )
    justification = forms.CharField(
        label="Justification",
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Ce qu'il faut vérifier, et pourquoi cela ne peut se faire autrement. Les gestionnaires la lisent.",
        error_messages={"required": "Écrivez ce qu'il faut vérifier, et pourquoi."},
    )
    hours = forms.TypedChoiceField(
        label="Durée",
        coerce=int,
        error_messages={
            "required": "Choisissez une durée.",
            "invalid_choice": "Choisissez une durée de la liste.",
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        most = settings.COSIGNE_ACCESS_HOURS
        self.fields["hours"].choices = [(h, f"{h} h") for h in range(1, most + 1)]  # type: ignore[attr-defined]
