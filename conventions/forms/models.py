"""Writing a territory's own model."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from conventions.clauses.conditions import Condition, alternatives
from conventions.library.palette import condition_choices
from conventions.library.words import simplified
from conventions.models import Clause
from core import uploads

from .fields import LockedForm

#: Rows offered beyond those filled: save to get more.
SPARE_ROWS = 2
MOST_ROWS = 24


class TitleForm(LockedForm):
    """The name of a model and what its next version changes."""

    name = forms.CharField(label="Nom du modèle", max_length=160)
    note = forms.CharField(
        label="Ce qui change dans cette version",
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
        max_length=4000,
        help_text="Pour vos collègues et la préfecture : visible dans la liste des versions.",
    )


class NewClauseForm(forms.Form):
    """A clause of the catalogue, or one's own."""

    source = forms.ModelChoiceField(
        queryset=Clause.objects.none(),
        label="Clause du catalogue",
        required=False,
        empty_label="Aucune : écrire la mienne",
        help_text="Clauses des modèles nationaux que ce modèle n'a pas, avec leurs rédactions.",
    )
    title = forms.CharField(
        label="Titre de votre clause",
        max_length=160,
        required=False,
        help_text="Laissez vide si vous prenez une clause du catalogue.",
    )

    def __init__(self, *args: Any, catalogue: Iterable[Clause], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["source"]
        assert isinstance(field, forms.ModelChoiceField)
        rows = list(catalogue)
        field.queryset = Clause.objects.filter(pk__in=[row.pk for row in rows])
        field.choices = [("", str(field.empty_label)), *((row.pk, row.title) for row in rows)]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if bool(data.get("source")) == bool((data.get("title") or "").strip()):
            self.add_error("title", "Choisissez une clause du catalogue, ou donnez un titre à la vôtre.")
        return data


class ClauseSettingsForm(LockedForm):
    title = forms.CharField(label="Titre", max_length=160, help_text="Tel qu'il s'imprime après « Article 6 – ».")
    always_mandatory = forms.BooleanField(label="Obligatoire dans toutes les conventions", required=False)


class VariantForm(LockedForm):
    label = forms.CharField(
        label="Nom de la variante",
        max_length=160,
        help_text="Pour la reconnaître dans les listes : il ne s'imprime pas.",
    )
    text = forms.CharField(
        label="Texte",
        max_length=60_000,
        widget=forms.Textarea(attrs={"rows": 18, "spellcheck": "true", "class": "model-source"}),
        help_text=(
            "Une ligne vide sépare deux paragraphes ; « - » ou « 1. » en début de ligne fait une liste ; **mots** met"
            " en gras ; [si …] en tête d'un paragraphe dit quand il s'imprime."
        ),
        error_messages={"required": "Une variante a un texte : pour l'écarter, retirez-la."},
    )


class ImportForm(forms.Form):
    file = uploads.UploadField(
        kinds=(uploads.JSON,),
        largest=2 * uploads.MEGABYTE,
        label="Fichier du modèle",
        help_text="Le fichier JSON donné par « Exporter », ici ou dans un autre territoire. 2 Mo au plus.",
    )


class ChoiceForm(forms.Form):
    """Which model new conventions of a family follow; the views check the version."""

    family = forms.CharField(widget=forms.HiddenInput)
    model = forms.CharField(required=False, max_length=40)


# --- Conditions -------------------------------------------------------------------------------------------------------


class ConditionRowForm(forms.Form):
    """One term. A row without a term does not count."""

    link = forms.ChoiceField(label="Lien", choices=[("et", "et"), ("ou", "ou bien")], required=False)
    sense = forms.ChoiceField(label="Sens", choices=[("si", "si"), ("sauf", "sauf si")], required=False)
    term = forms.ChoiceField(label="Condition", required=False)

    def __init__(self, *args: Any, terms: list[tuple[str, Any]], **kwargs: Any) -> None:
        # Every row is read, those a formset takes for untouched too.
        super().__init__(*args, **(kwargs | {"empty_permitted": False}))
        field = self.fields["term"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "(aucune)"), *terms]
        field.error_messages["invalid_choice"] = "Choisissez une condition de la liste."


class _Rows(forms.BaseFormSet):
    """Rows read as an OR of ANDs: « ou bien » begins another alternative."""

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        return {**super().get_form_kwargs(index), "terms": self.form_kwargs["terms"]}

    @property
    def condition(self) -> Condition:
        groups: list[list[str]] = [[]]
        for row in self.cleaned_data:
            term = row.get("term")
            if not term:
                continue
            if row.get("link") == "ou":
                groups.append([])
            groups[-1].append(f"!{term}" if row.get("sense") == "sauf" else term)
        return simplified(groups)


def condition_rows(prefix: str, condition: Condition, data: Any = None) -> Any:
    """The formset that writes ``condition``; ``.condition`` is what was chosen once valid."""
    terms = [term for group in alternatives(condition) for term in group]
    rows = [
        {
            "link": "ou" if rank and not position else "et",
            "sense": "sauf" if term.startswith("!") else "si",
            "term": term.removeprefix("!"),
        }
        for rank, group in enumerate(alternatives(condition))
        for position, term in enumerate(group)
    ]
    factory = forms.formset_factory(
        ConditionRowForm, formset=_Rows, extra=SPARE_ROWS, max_num=MOST_ROWS, absolute_max=MOST_ROWS
    )
    return factory(data, prefix=prefix, initial=rows, form_kwargs={"terms": condition_choices(terms)})
