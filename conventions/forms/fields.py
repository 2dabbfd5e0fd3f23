"""Fields the forms of this app share."""

from __future__ import annotations

from typing import Any

from django import forms


class DayField(forms.DateField):
    """A date typed or picked; browsers send and want the ISO form."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
        options.setdefault("input_formats", ["%Y-%m-%d", "%d/%m/%Y"])
        messages = {"invalid": "Écrivez une date, par exemple 03/07/2023."}
        options["error_messages"] = messages | options.get("error_messages", {})
        super().__init__(**options)


class LinesField(forms.CharField):
    """A list typed one item a line; empty lines do not count."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", forms.Textarea(attrs={"rows": 3}))
        super().__init__(**options)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return [line.strip() for line in (value or "").splitlines() if line.strip()]

    def validate(self, value: Any) -> None:
        if self.required and not value:
            raise forms.ValidationError(self.error_messages["required"], code="required")

    def run_validators(self, value: Any) -> None:
        """The validators of a text do not apply to a list."""


class LockedForm(forms.Form):
    """A form that says which version of the convention it was opened on."""

    lock_version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    @property
    def expected(self) -> int | None:
        value: int | None = self.cleaned_data.get("lock_version")
        return value
