"""Fields of the pages of allocation keys."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms

from funding.editor_state import amount_text
from funding.enums import KeyBasis, KeySource
from funding.forms import AmountField, Choices, PercentField
from funding.models import AllocationKey
from funding.stored_keys import KeySpec
from parties.models import Organisation


@dataclass(frozen=True)
class MemberFields:
    chosen: forms.BoundField
    percent: forms.BoundField


class KeyForm(forms.Form):
    """One box and one percentage per body that may be a member. A percentage typed counts as the box ticked."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    label = forms.CharField(
        label="Libellé",
        max_length=160,
        help_text="Celui qu'on lira dans les plans : « Saint-Omer et Lumbres, 2021 ».",
        error_messages={"required": "Donnez un libellé à la clé."},
    )
    source = forms.ChoiceField(label="Origine des pourcentages", choices=KeySource.choices, initial=KeySource.OFFICIAL)
    basis = forms.ChoiceField(
        label="Habitants comptés",
        choices=KeyBasis.choices,
        help_text="En zone gendarmerie : les communes de toutes les unités de gendarmerie du territoire.",
    )
    vintage = forms.TypedChoiceField(
        label="Millésime",
        coerce=int,
        empty_value=None,
        required=False,
        help_text="L'année des populations officielles.",
    )
    base = AmountField(
        label="Montant à partager, pour voir", required=False, help_text="Il n'est pas enregistré avec la clé."
    )

    def __init__(self, *args: Any, bodies: Iterable[Organisation], vintages: Iterable[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.bodies = list(bodies)
        self.fields["vintage"].choices = vintage_choices(vintages)  # type: ignore[attr-defined]
        for body in self.bodies:
            self.fields[f"member-{body.uuid}"] = forms.BooleanField(label=body.label, required=False)
            self.fields[f"percent-{body.uuid}"] = PercentField(label=f"Pourcentage de {body.label}", required=False)

    @property
    def members(self) -> list[MemberFields]:
        return [MemberFields(self[f"member-{body.uuid}"], self[f"percent-{body.uuid}"]) for body in self.bodies]

    def spec(self) -> KeySpec:
        """What is typed. The form is valid."""
        data = self.cleaned_data
        typed = data["source"] == KeySource.TYPED
        members: list[tuple[Organisation, Decimal | None]] = []
        for body in self.bodies:
            percent = data.get(f"percent-{body.uuid}") if typed else None
            if data.get(f"member-{body.uuid}") or percent is not None:
                members.append((body, percent))
        return KeySpec(data["label"], data["basis"], data["source"], data["vintage"], tuple(members))

    def refuse(self, place: str, message: str) -> None:
        """A service's refusal, beside the field it names or above the form."""
        name = place.replace("percent[", "percent-").removesuffix("]")
        self.add_error(name if name in self.fields else None, message)


class DuplicateKeyForm(forms.Form):
    label = forms.CharField(label="Libellé de la nouvelle clé", max_length=160)
    vintage = forms.TypedChoiceField(
        label="Millésime", coerce=int, error_messages={"required": "Choisissez le millésime."}
    )

    def __init__(self, *args: Any, vintages: Iterable[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["vintage"].choices = vintage_choices(vintages)  # type: ignore[attr-defined]


def vintage_choices(vintages: Iterable[int]) -> Choices:
    return [("", "Choisissez…"), *((str(year), str(year)) for year in sorted(vintages, reverse=True))]


def key_initial(key: AllocationKey) -> dict[str, Any]:
    """A stored key as the form shows it."""
    found: dict[str, Any] = {"label": key.label, "basis": key.basis, "source": key.source, "vintage": key.vintage}
    for line in key.lines.all():
        found[f"member-{line.organisation.uuid}"] = True
        found[f"percent-{line.organisation.uuid}"] = amount_text(line.percent)
    return found
