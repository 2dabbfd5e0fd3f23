"""The information a text asks for and nobody gave: one field each, wherever it is used."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django import forms

from conventions.models import Convention

from .fields import DayField, LockedForm

#: Variable → the field that gives it: its name in the heading of the convention or among its own variables, and itself.
ASKED: dict[str, tuple[str, Callable[[], forms.Field]]] = {
    "notice.months_words": (
        "notice_months",
        lambda: forms.IntegerField(label="Préavis (mois)", min_value=1, max_value=24, required=False),
    ),
    "notice.form": ("notice_form", lambda: forms.CharField(label="Forme du préavis", max_length=240, required=False)),
    "post.base": (
        "base",
        lambda: forms.CharField(
            label="Lieu principal d'exercice",
            max_length=200,
            required=False,
            help_text="Avec l'article : « la brigade de Bapaume ».",
        ),
    ),
    "tribunal": (
        "tribunal",
        lambda: forms.CharField(
            label="Tribunal compétent",
            max_length=120,
            required=False,
            help_text="Sans article : « tribunal administratif de Lille ».",
        ),
    ),
    "dates.budget_deadline": (
        "budget_deadline",
        lambda: DayField(label="Budget prévisionnel transmis avant le", required=False),
    ),
    "dates.payment_deadline": ("payment_deadline", lambda: DayField(label="Versement avant le", required=False)),
    "software.name": ("software", lambda: forms.CharField(label="Logiciel utilisé", max_length=120, required=False)),
    "board.seats_words": (
        "board_seats",
        lambda: forms.IntegerField(label="Sièges au comité", min_value=1, max_value=99, required=False),
    ),
}
#: Columns of the convention; the others are kept among its variables.
COLUMNS = ("notice_months", "notice_form")


class HolesForm(LockedForm):
    """Fields for some variables only: what is left empty stays as it was."""

    def __init__(self, *args: Any, variables: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for variable in variables:
            name, build = ASKED[variable]
            self.fields[name] = build()

    def changes(self, convention: Convention) -> dict[str, Any]:
        """What ``update_convention`` takes."""
        given = {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}
        given.pop("lock_version", None)
        head = {name: given.pop(name) for name in COLUMNS if name in given}
        typed = {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in given.items()}
        return head | ({"variables": {**convention.variables, **typed}} if typed else {})
