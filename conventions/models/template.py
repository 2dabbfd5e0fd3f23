"""Models of convention: ordered clause kinds, each with variants."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from conventions.enums import Family
from core.models import Record
from parties.models import Territory


class Template(Record):
    """A national model (no territory) or a territory's own. A published version never changes."""

    territory = models.ForeignKey(
        Territory, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="territoire"
    )
    family = models.CharField("famille", max_length=2, choices=Family)
    name = models.CharField("nom", max_length=160)
    version = models.PositiveSmallIntegerField("version", default=1)
    title = models.TextField("intitulé", blank=True)

    class Meta:
        verbose_name = "modèle"
        verbose_name_plural = "modèles"
        ordering = ["family", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["territory", "family", "version"], nulls_distinct=False, name="conventions_template_version"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} (version {self.version})"


class Clause(Record):
    """One clause kind of a template. ``variants`` is the JSON the clause engine reads (see conventions/clauses)."""

    territory = models.ForeignKey(
        Territory, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="territoire"
    )
    template = models.ForeignKey(Template, on_delete=models.CASCADE, related_name="clauses", verbose_name="modèle")
    position = models.PositiveSmallIntegerField("ordre")
    kind = models.CharField("nature", max_length=40)
    title = models.CharField("titre", max_length=160)
    numbered = models.BooleanField("numérotée", default=True)
    when = models.JSONField("conditions d'emploi", default=list, blank=True)
    mandatory_when = models.JSONField("obligatoire si", default=list, blank=True)
    variants = models.JSONField("variantes", default=list)

    class Meta:
        verbose_name = "clause"
        verbose_name_plural = "clauses"
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["template", "kind"], name="conventions_clause_kind"),
            models.CheckConstraint(condition=~Q(kind=""), name="conventions_clause_kind_given"),
        ]

    def __str__(self) -> str:
        return self.title
