"""Where the journal begins, once its oldest entries were kept long enough."""

from __future__ import annotations

from django.db import models

from .territory import Territory, TerritoryQuerySet


class JournalCut(models.Model):
    """The entries of a chain up to ``seq`` were removed; the next one follows ``hash``.

    Written by the database function ``cosigne_journal_cut`` alone; ``territory`` is null for the chain of none.
    """

    territory = models.ForeignKey(Territory, on_delete=models.PROTECT, null=True, db_constraint=False, related_name="+")
    at = models.DateTimeField("fait le")
    before = models.DateTimeField("écritures antérieures au")
    seq = models.BigIntegerField("dernier numéro retiré")
    hash = models.CharField("son empreinte", max_length=64)
    count = models.BigIntegerField("écritures retirées")

    objects = TerritoryQuerySet.as_manager()

    class Meta:
        verbose_name = "début du journal"
        verbose_name_plural = "débuts du journal"
        ordering = ["-seq"]

    def __str__(self) -> str:
        return f"jusqu'au n° {self.seq}"
