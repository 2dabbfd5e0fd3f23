"""Forms of posts and activity. They parse and point at fields; the rules that matter are in the services."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from core import uploads
from core.errors import BusinessError
from core.french import month_name
from core.uploads import UploadField
from parties.actors import Actor
from parties.enums import PUBLIC_EMPLOYERS, OrganisationKind
from parties.models import Organisation
from posts import figures
from posts.enums import PostKind
from posts.models import ImportMapping, Occupancy, Post, ServiceUnit
from posts.models.activity import COUNTS
from posts.services.activity import count_label
from posts.services.posts import UnitShare, check_units

EMPLOYERS = PUBLIC_EMPLOYERS | {OrganisationKind.ASSOCIATION, OrganisationKind.OTHER}


def show_error(form: forms.BaseForm, error: BusinessError) -> None:
    """Put a service's refusal beside its field, or on top of the form when it has none."""
    form.add_error(error.place if error.place in form.fields else None, error.message)


class DayInput(forms.DateInput):
    """The browser's own date picker, which wants ISO dates whatever the language."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class DecimalInput(forms.TextInput):
    """A decimal number with a comma: the browser's number box follows the browser's language, not the page's."""

    def __init__(self) -> None:
        super().__init__(attrs={"inputmode": "decimal", "autocomplete": "off"})


class PostForm(forms.ModelForm):
    epcis = forms.ModelMultipleChoiceField(
        queryset=Organisation.objects.none(),
        label="EPCI couverts",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Les intercommunalités dont le poste reçoit les habitants.",
    )
    seen_at = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Post
        fields = (
            "label",
            "kind",
            "employer",
            "etp",
            "weekly_hours",
            "residence",
            "hierarchical_authority",
            "functional_authority",
            "created_on",
            "closed_on",
            "note",
        )
        # "0,8" as French people type it; "0.8" is read too.
        localized_fields = ("etp", "weekly_hours")
        widgets = {
            "etp": DecimalInput(),
            "weekly_hours": DecimalInput(),
            "created_on": DayInput(),
            "closed_on": DayInput(),
            "note": forms.Textarea(attrs={"rows": 3}),
        }
        help_texts = {
            "label": "Le nom d'usage, par exemple « Poste ISG Boulonnais ». Ne nommez jamais l'agent.",
            "etp": "1 pour un temps plein, 0,8 pour 80 %.",
            "residence": "Le lieu où l'agent est affecté, tel que l'écrit la convention.",
            "hierarchical_authority": "La fonction de la personne, pas son nom.",
            "functional_authority": "La fonction de la personne, pas son nom.",
            "note": "Visible des seules personnes qui voient ce poste. Aucune donnée nominative.",
        }

    def __init__(self, *args: Any, by: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        here = Organisation.objects.visible_to(by)
        self.fields["employer"].queryset = here.filter(kind__in=EMPLOYERS)  # type: ignore[attr-defined]
        self.fields["employer"].empty_label = "Choisir"  # type: ignore[attr-defined]
        self.fields["kind"].choices = [("", "Choisir"), *PostKind.choices]  # type: ignore[attr-defined]
        self.fields["epcis"].queryset = here.filter(kind=OrganisationKind.EPCI)  # type: ignore[attr-defined]
        if self.instance.pk:
            self.initial["seen_at"] = self.instance.updated_at.isoformat()
            self.initial["epcis"] = [link.organisation_id for link in self.instance.coverage.all()]

    @property
    def values(self) -> dict[str, Any]:
        """What the services take as fields."""
        return {name: self.cleaned_data[name] for name in self._meta.fields or ()}

    @property
    def seen(self) -> dt.datetime | None:
        """When the version shown was saved."""
        return parse_datetime(self.cleaned_data["seen_at"]) if self.cleaned_data["seen_at"] else None


class UnitRowForm(forms.Form):
    unit = forms.ModelChoiceField(
        queryset=ServiceUnit.objects.none(), label="Unité", required=False, empty_label="Aucune unité"
    )
    percent = forms.DecimalField(
        label="Part du temps (%)",
        required=False,
        min_value=0,
        max_value=100,
        max_digits=5,
        decimal_places=2,
        localize=True,
        widget=DecimalInput,
    )

    def __init__(self, *args: Any, by: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = ServiceUnit.objects.visible_to(by).select_related("organisation")
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("percent") is not None and not values.get("unit"):
            self.add_error("unit", "Choisissez l'unité à laquelle cette part du temps revient.")
        return values


class BaseUnitFormSet(forms.BaseFormSet):
    """The rows of units: an empty row is no unit."""

    @property
    def shares(self) -> list[UnitShare]:
        rows = [form.cleaned_data for form in self.forms if form.cleaned_data.get("unit")]
        return [UnitShare(row["unit"], row.get("percent")) for row in rows]

    def clean(self) -> None:
        if any(form.errors for form in self.forms):
            return
        try:
            check_units(self.shares)
        except BusinessError as error:
            raise forms.ValidationError(error.message) from error


UnitFormSet = forms.formset_factory(UnitRowForm, formset=BaseUnitFormSet, extra=3)


def unit_formset(*, by: Actor, post: Post | None = None, data: Any = None) -> Any:
    initial = [{"unit": link.unit_id, "percent": link.percent} for link in (post.post_units.all() if post else [])]
    return UnitFormSet(data, initial=initial, prefix="units", form_kwargs={"by": by})


class OccupancyForm(forms.Form):
    """A period. Not a model form: validating the overlap constraint there would not compare the post, absent here."""

    start = forms.DateField(label="Pourvu du", widget=DayInput())
    end = forms.DateField(
        label="Au (inclus)", required=False, widget=DayInput(), help_text="Laissez vide tant que le poste est pourvu."
    )
    working_time = forms.DecimalField(
        label="Quotité de travail",
        min_value=Decimal("0.01"),
        max_value=1,
        max_digits=4,
        decimal_places=2,
        initial=1,
        localize=True,
        widget=DecimalInput,
        help_text="Part du temps du poste réellement travaillée : 1 quand il est pleinement pourvu, 0,5 à mi-temps.",
    )
    note = forms.CharField(label="Précision", required=False, max_length=240, help_text="Ne nommez jamais l'agent.")

    @classmethod
    def of(cls, occupancy: Occupancy, data: Any) -> OccupancyForm:
        """The form filled with a period."""
        return cls(data, initial={name: getattr(occupancy, name) for name in cls.base_fields})


class CountField(forms.IntegerField):
    """A count typed with or without spaces between thousands."""

    widget = forms.TextInput
    default_error_messages = {"invalid": "Indiquez un nombre entier, 0 ou plus, ou laissez vide."}

    def to_python(self, value: Any) -> int | None:
        if isinstance(value, str):
            value = value.replace("\u202f", "").replace("\u00a0", "").replace(" ", "")
        return super().to_python(value)


class MonthForm(forms.Form):
    """One line of the grid: the counts of one month, or of the year when ``month`` is None."""

    note = forms.CharField(label="Observation", required=False, max_length=400)

    def __init__(self, *args: Any, month: int | None, state: str = "", read_only: bool = False, **kwargs: Any) -> None:
        kwargs["prefix"] = f"m{month or 0}"
        super().__init__(*args, **kwargs)
        self.month = month
        self.state = state
        #: Where the month is entered in detail; empty when it has no page.
        self.detail_url = ""
        self.title = month_name(month).capitalize() if month else "Année entière"
        for name in COUNTS:
            label = f"{count_label(name).capitalize()}, {self.title.lower()}"
            attrs = {"inputmode": "numeric", "class": "form-control", "autocomplete": "off", "aria-label": label}
            self.fields[name] = CountField(label=label, required=False, widget=forms.TextInput(attrs=attrs))
        self.fields["note"].label = f"Observation, {self.title.lower()}"
        self.fields["note"].widget.attrs.update({"class": "form-control", "aria-label": self.fields["note"].label})
        for field in self.fields.values():
            field.disabled = read_only

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        for name, message in figures.problems(self.counts_of(values)):
            self.add_error(name, message)
        return values

    @staticmethod
    def counts_of(values: Mapping[str, Any]) -> dict[str, int | None]:
        return {name: values.get(name) for name in COUNTS}

    @property
    def row(self) -> tuple[dict[str, int | None], str]:
        """What ``record_year`` takes for this month."""
        return self.counts_of(self.cleaned_data), self.cleaned_data["note"]

    @property
    def cells(self) -> list[tuple[str, forms.BoundField]]:
        """(label of the column, field) of each count."""
        return [(count_label(name).capitalize(), self[name]) for name in COUNTS]

    @property
    def wrong(self) -> list[forms.BoundField]:
        return [field for field in self if field.errors] if self.is_bound else []


class ActivityFileForm(forms.Form):
    file = UploadField(
        kinds=(uploads.CSV, uploads.XLSX),
        label="Fichier à importer",
        help_text="CSV ou XLSX, 5 Mo au plus. Rien n'est enregistré avant votre accord.",
    )


class DetailFileForm(forms.Form):
    """A file of detailed counts, and what it does not say itself."""

    file = UploadField(
        kinds=(uploads.CSV, uploads.XLSX),
        label="Fichier à importer",
        help_text="CSV ou XLSX, 5 Mo au plus, avec vos propres colonnes. Rien n'est enregistré avant votre accord.",
    )
    mapping = forms.ChoiceField(
        label="Correspondance des colonnes",
        required=False,
        help_text="Celle d'un fichier déjà importé évite de la refaire.",
    )
    post = forms.ChoiceField(
        label="Poste de tout le fichier", required=False, help_text="Si aucune colonne ne dit le poste."
    )
    year = forms.TypedChoiceField(
        label="Année de tout le fichier", required=False, coerce=int, empty_value=None,
        help_text="Si aucune colonne ne dit l'année.",
    )  # fmt: skip
    month = forms.TypedChoiceField(
        label="Mois de tout le fichier", required=False, coerce=int, empty_value=None,
        help_text="Si aucune colonne ne dit le mois.",
    )  # fmt: skip

    def __init__(self, *args: Any, mappings: list[ImportMapping], posts: list[Post], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.mappings = {str(mapping.uuid): mapping for mapping in mappings}
        this_year = timezone.localdate().year
        said = ("", "Dans le fichier")
        choices = {
            "mapping": [("", "Proposée d'après les titres"), *((key, m.name) for key, m in self.mappings.items())],
            "post": [said, *((str(post.uuid), post.label) for post in posts)],
            "year": [said, *((year, str(year)) for year in range(this_year, this_year - 6, -1))],
            "month": [said, *((month, month_name(month).capitalize()) for month in range(1, 13))],
        }
        for name, values in choices.items():
            self.fields[name].choices = values  # type: ignore[attr-defined]
        if mappings:
            # The last one used is most likely this month's.
            self.fields["mapping"].initial = str(max(mappings, key=lambda m: m.updated_at).uuid)

    @property
    def remembered(self) -> ImportMapping | None:
        return self.mappings.get(self.cleaned_data["mapping"])

    @property
    def said(self) -> dict[str, Any]:
        """What holds for the whole file."""
        return {name: self.cleaned_data[name] for name in ("post", "year", "month")}
