"""Bases every business table stands on. This floor knows no business word."""

import uuid as uuidlib

from django.db import models


class Record(models.Model):
    """A row with a public identifier (the only one shown in addresses) and its dates."""

    uuid = models.UUIDField(default=uuidlib.uuid4, unique=True, editable=False)
    created_at = models.DateTimeField("créé le", auto_now_add=True)
    updated_at = models.DateTimeField("modifié le", auto_now=True)

    class Meta:
        abstract = True


def new_key() -> str:
    """A natural key for a row born in a screen; rows imported from a file bring their own."""
    return f"k-{uuidlib.uuid4().hex[:12]}"
