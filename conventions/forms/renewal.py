"""Choosing the conventions to carry on into a year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import QuerySet

from conventions.models import Convention


@dataclass(frozen=True)
class Row:
    """A convention of the list: ``done`` is what it was already renewed into."""

    convention: Convention
    done: Convention | None
    ticked: bool


class RenewalForm(forms.Form):
    conventions = forms.ModelMultipleChoiceField(
        queryset=Convention.objects.none(),
        to_field_name="uuid",
        label="Conventions à renouveler",
        error_messages={
            "required": "Choisissez au moins une convention à renouveler.",
            "invalid_choice": "L'une de ces conventions ne se renouvelle pas pour cette année : rechargez la page.",
            "invalid_pk_value": "L'une de ces conventions n'existe pas : rechargez la page.",
        },
    )
    copy_plans = forms.BooleanField(
        label="Reconduire les plans manquants",
        required=False,
        initial=True,
        help_text="Le plan de l'année passée est copié en projet : mêmes coûts, mêmes parts. À actualiser ensuite.",
    )

    def __init__(self, *args: Any, found: QuerySet[Convention], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["conventions"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = found
        self.found = found

    def rows(self) -> list[Row]:
        """All of them, ticked as typed; at first, those not renewed yet."""
        typed = set(self.data.getlist("conventions")) if self.is_bound else None  # type: ignore[attr-defined]
        rows = []
        for convention in self.found:
            done = next(iter(convention.live_renewals), None)  # type: ignore[attr-defined]
            ticked = str(convention.uuid) in typed if typed is not None else done is None
            rows.append(Row(convention, done, ticked))
        return rows
