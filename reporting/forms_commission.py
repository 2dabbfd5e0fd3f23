"""What a person says to have a vote prepared, and what they write for its session."""

from __future__ import annotations

from typing import Any

from django import forms

from conventions.enums import Status
from conventions.forms.fields import DayField, LockedForm
from conventions.models import CommissionFile, Convention
from core.french import date_range
from funding.models import BudgetLine
from parties.actors import Actor
from parties.models import Organisation
from reporting.bilan.publication import Version
from reporting.bilan.service import years_available

WHOLE = ("", "Chiffres complets")


class ConventionChoice(forms.ModelMultipleChoiceField):
    """Conventions by reference and title, with their period and state."""

    def label_from_instance(self, obj: Any) -> str:
        period = date_range(obj.period_start, obj.period_end)
        return f"{obj.reference} – {obj.title}, {period} ({obj.get_status_display()})"


class BudgetLineChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.year} – {obj.label} ({obj.organisation.label})"


class PrepareForm(forms.Form):
    """Which body votes, when, on which conventions."""

    organisation = forms.ModelChoiceField(
        Organisation.objects.none(),
        label="Collectivité",
        empty_label="Choisir",
        help_text="Celle dont l'assemblée vote.",
    )
    date = DayField(label="Date de la séance", help_text="La date prévue ; elle se corrige après le vote.")
    body = forms.CharField(
        label="Assemblée", max_length=200, required=False, help_text="Vide : l'assemblée habituelle de la collectivité."
    )
    title = forms.CharField(
        label="Objet",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Vide : un objet est proposé.",
    )
    budget_line = BudgetLineChoice(
        BudgetLine.objects.none(), label="Ligne budgétaire", required=False, empty_label="Aucune"
    )
    conventions = ConventionChoice(
        Convention.objects.none(),
        label="Conventions adoptées",
        widget=forms.CheckboxSelectMultiple,
        help_text="Les articles et les annexes suivent de ce choix.",
        error_messages={"required": "Choisissez au moins une convention."},
    )

    def __init__(self, *args: Any, by: Actor, organisation: Organisation | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = {"territory_id": by.territory_id}
        self._choose("organisation", Organisation.objects.filter(**mine).local_authorities())
        self._choose("budget_line", BudgetLine.objects.filter(**mine).select_related("organisation"))
        living = Convention.objects.filter(**mine).exclude(status__in=[Status.ABANDONNEE, Status.RESILIEE])
        self._choose("conventions", living.order_by("-period_start", "reference"))
        if organisation is not None:
            # A vote does not move from one assembly to another.
            self.fields["organisation"].disabled = True

    def _choose(self, name: str, rows: Any) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = rows


class CommissionForm(LockedForm):
    """The typed part of a dossier."""

    context = forms.CharField(
        label="Présentation",
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="Imprimée au début du rapport, avant le tableau des postes. Une ligne par paragraphe.",
    )
    points = forms.CharField(
        label="Points d'attention",
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Les prises d'effet antérieures à la séance et les parts non chiffrées sont signalées d'office.",
    )
    visas = forms.CharField(
        label="Visas particuliers",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Un par ligne, par exemple « la délibération n° 2021-257 du 1er juillet 2021 »."
        " Les textes généraux y sont déjà.",
    )
    bilan_year = forms.TypedChoiceField(
        label="Bilan joint en annexe 1", required=False, coerce=int, empty_value=None, choices=[]
    )
    bilan_version = forms.ChoiceField(
        label="Chiffres du bilan",
        required=False,
        choices=[*((v.value, v.label) for v in Version), WHOLE],
        help_text="Un dossier de séance devient public : la version publique masque les petits effectifs.",
    )

    def __init__(self, data: Any = None, *, by: Actor, file: CommissionFile) -> None:
        names = ("context", "points", "visas", "bilan_year", "bilan_version", "lock_version")
        initial = {name: getattr(file, name) for name in names}
        super().__init__(data, initial=initial | {"bilan_year": file.bilan_year or ""})
        field = self.fields["bilan_year"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "Aucun"), *((str(year), str(year)) for year in years_available(by=by))]
