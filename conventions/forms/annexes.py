"""A file attached to a convention."""

from __future__ import annotations

from django import forms

from conventions.services.annexes import LARGEST
from core.uploads import MEGABYTE, PDF, UploadField

from .fields import LockedForm


class AttachForm(LockedForm):
    title = forms.CharField(
        label="Titre de l'annexe",
        max_length=200,
        help_text="Comme le texte la citera : « Règlement intérieur du comité ». Le numéro s'ajoute seul.",
    )
    file = UploadField(
        kinds=(PDF,),
        largest=LARGEST,
        label="Fichier PDF",
        help_text=f"{LARGEST // MEGABYTE} Mo au plus. Il est gardé tel quel ; son empreinte est écrite dans l'acte.",
        error_messages={"required": "Choisissez un fichier PDF."},
    )
