"""The journal: what changed in the money, contract and people tables, written by PostgreSQL itself (docs/adr/0006).

Nothing here is written by the application. The trigger ``cosigne_journal`` (migration 0002) adds the entries, whatever
changed the row; ``cosigne_journal_seal`` numbers and chains them when the transaction ends.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from django.db import models

from parties.enums import JournalAction

from .people import User
from .territory import Territory, TerritoryQuerySet


class ExactDecoder(json.JSONDecoder):
    """Amounts come back as ``Decimal``, with the cents they were written with: money is never a float."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "parse_float": Decimal})


class JournalEntry(models.Model):
    """One row inserted, changed or deleted: for each field that changed, ``[before, after]``.

    ``root_table`` and ``root_id`` name the object whose page tells this story: a share's plan, a signatory's
    convention.
    ``territory`` is null for what belongs to none (national models, accounts changed outside any territory); those
    entries have their own chain. ``seq`` and the hashes are null until the transaction ends.
    """

    # No constraint: the row journalled was checked already, and a check here would lock the territory's row.
    territory = models.ForeignKey(Territory, on_delete=models.PROTECT, null=True, db_constraint=False, related_name="+")
    seq = models.BigIntegerField("numéro", null=True)
    at = models.DateTimeField("date et heure")
    action = models.CharField("acte", max_length=6, choices=JournalAction)
    table_name = models.CharField("table", max_length=63)
    row_id = models.BigIntegerField("ligne")
    row_uuid = models.UUIDField("identifiant", null=True)
    root_table = models.CharField("table de l'objet", max_length=63)
    root_id = models.BigIntegerField("objet")
    changes = models.JSONField("changements", decoder=ExactDecoder)
    # No constraint: the journal outlives the account, whose name ``actor`` keeps.
    user = models.ForeignKey(User, on_delete=models.DO_NOTHING, null=True, db_constraint=False, related_name="+")
    actor = models.CharField("auteur", max_length=200)
    transaction = models.BigIntegerField("transaction")
    previous_hash = models.CharField("empreinte précédente", max_length=64, null=True)
    hash = models.CharField("empreinte", max_length=64, null=True)

    objects = TerritoryQuerySet.as_manager()

    class Meta:
        verbose_name = "écriture du journal"
        verbose_name_plural = "écritures du journal"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["territory", "seq"], name="parties_journal_seq"),
        ]
        indexes = [
            models.Index(fields=["root_table", "root_id"], name="parties_journal_root"),
            models.Index(fields=["transaction"], condition=models.Q(seq=None), name="parties_journal_unsealed"),
        ]

    def __str__(self) -> str:
        return f"n° {self.seq}"


class JournalHead(models.Model):
    """The last sealed entry of a chain: without it, removing the end of the journal would leave a sound chain."""

    territory = models.ForeignKey(Territory, on_delete=models.PROTECT, null=True, db_constraint=False, related_name="+")
    seq = models.BigIntegerField("dernier numéro")
    hash = models.CharField("dernière empreinte", max_length=64)

    class Meta:
        verbose_name = "tête du journal"
        verbose_name_plural = "têtes du journal"
        constraints = [
            models.UniqueConstraint(fields=["territory"], nulls_distinct=False, name="parties_journalhead_once"),
        ]

    def __str__(self) -> str:
        return f"n° {self.seq}"
