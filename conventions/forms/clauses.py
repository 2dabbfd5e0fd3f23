"""The wording of one clause."""

from __future__ import annotations

from django import forms

from .fields import LockedForm


class ClauseForm(LockedForm):
    title = forms.CharField(label="Titre", max_length=160)
    text = forms.CharField(
        label="Texte",
        widget=forms.Textarea(attrs={"rows": 16}),
        help_text=(
            "Une ligne vide sépare deux paragraphes ; « - » en début de ligne fait un point de liste ;"
            " [tableau de financement] place le tableau."
        ),
        error_messages={"required": "Une clause a un texte : pour l'écarter, retirez-la."},
    )
