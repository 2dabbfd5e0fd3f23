"""Recording one signature."""

from __future__ import annotations

from django import forms

from conventions.enums import Channel

from .fields import DayField


class SignatureForm(forms.Form):
    signed_on = DayField(label="Signé le", error_messages={"required": "Indiquez la date de signature."})
    channel = forms.ChoiceField(label="Circuit", choices=Channel.choices)
