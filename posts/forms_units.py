"""The form of a service unit. Communes are typed one a line, by INSEE code or by name."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from django import forms
from django.utils.dateparse import parse_datetime

from core.errors import BusinessError
from parties.actors import Actor
from parties.models import Organisation, RefCommune
from parties.models.reference import searchable
from posts.enums import UnitKind
from posts.models import ServiceUnit
from posts.services.units import HOSTS, known_communes

_CODE = re.compile(r"[0-9][0-9AB][0-9]{3}", re.IGNORECASE)
#: How many communes a search shows, and how many lines a unit may list.
MOST_FOUND, MOST_LINES = 20, 2000
#: What is said beside a field left empty.
MISSING = {
    "organisation": "Choisissez la direction de police ou le groupement de gendarmerie.",
    "kind": "Choisissez le type d'unité.",
    "name": "Indiquez le nom de l'unité.",
}


def communes_text(codes: list[str]) -> str:
    """One commune a line, as the form shows it: « 62080 Bapaume »."""
    names = dict(RefCommune.objects.filter(code__in=codes).values_list("code", "name"))
    return "\n".join(f"{code} {names.get(code, '')}".strip() for code in codes)


def read_communes(text: str, *, departement: str) -> list[str]:
    """The INSEE codes meant by ``text``: codes, names of communes of the département, or both on a line.

    Raises ``forms.ValidationError`` naming each line that is not understood and how to write it.
    """
    items = [" ".join(item.split()) for item in re.split(r"[\n\r,;]+", text)]
    items = [item for item in items if item]
    if len(items) > MOST_LINES:
        raise forms.ValidationError(f"Une unité dessert {MOST_LINES} communes au plus : la liste en compte davantage.")
    codes: list[str] = []
    problems: list[str] = []
    for item in items:
        try:
            codes.extend(_codes_of(item, departement))
        except forms.ValidationError as error:
            problems.extend(error.messages)
    try:
        codes = known_communes(codes)
    except BusinessError as error:
        problems.append(error.message)
    if problems:
        raise forms.ValidationError(problems)
    return codes


def _codes_of(item: str, departement: str) -> list[str]:
    words = item.split()
    if all(_CODE.fullmatch(word) for word in words):
        return [word.upper() for word in words]
    if not _CODE.fullmatch(words[0]):
        return [_code_named(item, departement)]
    code, name = words[0].upper(), " ".join(words[1:])
    found = RefCommune.objects.filter(code=code).first()
    if found is not None and found.search_name != searchable(name):
        raise forms.ValidationError(f"« {item} » : le code {code} est celui de {found.name}.")
    return [code]


def _code_named(name: str, departement: str) -> str:
    found = list(RefCommune.objects.in_departement(departement).filter(search_name=searchable(name))[:2])
    if len(found) == 1:
        return found[0].code
    if not found:
        raise forms.ValidationError(
            f"« {name} » n'est pas le nom d'une commune du département : cherchez-la au bas de la page, ou écrivez son "
            "code INSEE."
        )
    codes = ", ".join(commune.code for commune in found)
    raise forms.ValidationError(f"« {name} » est le nom de plusieurs communes ({codes}) : écrivez le code INSEE.")


def found_communes(text: str, *, departement: str) -> list[RefCommune]:
    """Communes named like ``text``, those of the département first."""
    # Control characters mean nothing here, and PostgreSQL refuses the null one.
    text = "".join(char if char.isprintable() else " " for char in text)
    if len(searchable(text)) < 2:
        return []
    found = RefCommune.objects.named_like(text).select_related("departement")
    here = list(found.in_departement(departement).order_by("name")[:MOST_FOUND])
    elsewhere = found.exclude(departement_id=departement).order_by("name")
    return here + list(elsewhere[: MOST_FOUND - len(here)])


class UnitForm(forms.ModelForm):
    communes = forms.CharField(
        label="Communes desservies",
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text="Une par ligne : le code INSEE (62080), ou le nom de la commune. Laissez vide si vous ne savez pas.",
    )
    seen_at = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = ServiceUnit
        fields = ("kind", "name", "organisation", "parent")
        labels = {"organisation": "Direction ou groupement", "parent": "Unité supérieure"}
        help_texts = {
            "kind": "La zone, police ou gendarmerie, en découle.",
            "name": "Le nom complet, par exemple « Brigade de Bapaume ».",
            "organisation": "Le service de police ou de gendarmerie de l'annuaire dont l'unité relève.",
            "parent": "La compagnie d'une brigade, par exemple. Elle relève de la même direction.",
        }

    def __init__(self, *args: Any, by: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.departement = by.territory.code
        units = ServiceUnit.objects.visible_to(by).exclude(pk=self.instance.pk).order_by("organisation__name", "name")
        hosts = Organisation.objects.visible_to(by).filter(kind__in=HOSTS)
        self.fields["organisation"].queryset = hosts  # type: ignore[attr-defined]
        self.fields["organisation"].empty_label = "Choisir"  # type: ignore[attr-defined]
        self.fields["kind"].choices = [("", "Choisir"), *UnitKind.choices]  # type: ignore[attr-defined]
        self.fields["parent"].queryset = units  # type: ignore[attr-defined]
        self.fields["parent"].empty_label = "Aucune"  # type: ignore[attr-defined]
        for name, message in MISSING.items():
            self.fields[name].error_messages["required"] = message
        if self.instance.pk:
            self.initial["seen_at"] = self.instance.updated_at.isoformat()
            self.initial["communes"] = communes_text(self.instance.communes)

    def clean_communes(self) -> list[str]:
        return read_communes(self.cleaned_data["communes"], departement=self.departement)

    def _post_clean(self) -> None:
        """The rules of a unit are the service's: nothing more is checked on the instance here."""

    @property
    def values(self) -> dict[str, Any]:
        """What the services take."""
        names = (*(self._meta.fields or ()), "communes")
        return {name: self.cleaned_data[name] for name in names}

    @property
    def seen(self) -> dt.datetime | None:
        """When the version shown was saved; an unreadable date is taken as none."""
        try:
            return parse_datetime(self.cleaned_data["seen_at"] or "")
        except ValueError:
            return None
