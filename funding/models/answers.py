"""Answers to findings: who explained which figures, when and why."""

from django.db import models

from parties.models import TerritoryRecord, User


class FindingAnswer(TerritoryRecord):
    """An explanation holds for the exact figures it was given for (``fingerprint``)."""

    code = models.CharField("contrôle", max_length=5)
    place = models.CharField("endroit", max_length=240)
    fingerprint = models.CharField("empreinte des chiffres", max_length=64)
    reason = models.TextField("explication")
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="auteur")
    by_label = models.CharField("auteur", max_length=200)

    class Meta:
        verbose_name = "explication d'un constat"
        verbose_name_plural = "explications de constats"
        constraints = [
            models.UniqueConstraint(fields=["territory", "fingerprint"], name="funding_findinganswer_once"),
            models.CheckConstraint(condition=~models.Q(reason=""), name="funding_findinganswer_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.place}"
