"""Remarks, answers, reasons."""

from __future__ import annotations

from django import forms

from conventions.enums import Anchor

from .fields import LockedForm


class CommentForm(forms.Form):
    anchor = forms.ChoiceField(choices=Anchor.choices, widget=forms.HiddenInput)
    target = forms.CharField(max_length=80, required=False, widget=forms.HiddenInput)
    text = forms.CharField(
        label="Commentaire",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Écrivez votre commentaire."},
    )


class AnswerForm(forms.Form):
    answer = forms.CharField(
        label="Réponse",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Dites ce qui a été fait : le commentaire sera alors marqué comme traité."},
    )


class ReasonForm(LockedForm):
    reason = forms.CharField(max_length=4000, required=False)
