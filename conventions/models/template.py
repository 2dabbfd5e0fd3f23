"""Models of convention: ordered clause kinds, each with variants."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from conventions.enums import Family
from core.models import Record
from parties.models import Territory, TerritoryRecord


class TemplateQuerySet(models.QuerySet["Template"]):
    def visible_to(self, actor: Any) -> TemplateQuerySet:
        """National models and the territory's own; row-level security hides drafts from all but its staff."""
        return self.filter(Q(territory_id=actor.territory_id) | Q(territory__isnull=True))

    def published(self) -> TemplateQuerySet:
        return self.filter(published_at__isnull=False)

    def drafts(self) -> TemplateQuerySet:
        return self.filter(published_at__isnull=True)

    def national(self) -> TemplateQuerySet:
        return self.filter(territory__isnull=True)

    def own_first(self) -> TemplateQuerySet:
        """By family: the territory's own, then the national ones; the latest version first."""
        return self.order_by("family", F("territory").asc(nulls_last=True), "-version")


class Template(Record):
    """A national model (no territory) or a territory's own. A published version never changes.

    Versions of a family are one line per territory, with one draft at a time. ``lock_version`` counts the saves of a
    draft, its clauses' included. ``based_on`` is the published version it was copied from.
    """

    territory = models.ForeignKey(
        Territory, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="territoire"
    )
    family = models.CharField("famille", max_length=2, choices=Family)
    name = models.CharField("nom", max_length=160)
    version = models.PositiveSmallIntegerField("version", default=1)
    title = models.TextField("intitulé", blank=True)
    note = models.TextField("ce qui change", blank=True)
    based_on = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="repris de"
    )
    published_at = models.DateTimeField("publié le", null=True, blank=True)
    published_by_label = models.CharField("publié par", max_length=240, blank=True)
    lock_version = models.PositiveIntegerField("version d'enregistrement", default=1)

    objects = TemplateQuerySet.as_manager()

    class Meta:
        verbose_name = "modèle"
        verbose_name_plural = "modèles"
        ordering = ["family", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["territory", "family", "version"], nulls_distinct=False, name="conventions_template_version"
            ),
            models.UniqueConstraint(
                fields=["territory", "family"],
                condition=Q(published_at__isnull=True),
                name="conventions_template_one_draft",
                violation_error_message="Cette famille a déjà un brouillon de modèle.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} (version {self.version})"

    def get_absolute_url(self) -> str:
        return reverse("model", args=[self.uuid])

    @property
    def is_national(self) -> bool:
        return self.territory_id is None

    @property
    def is_draft(self) -> bool:
        return self.published_at is None


class Clause(Record):
    """One clause kind of a template. ``variants`` is the JSON the clause engine reads (see conventions/clauses).

    ``lock_version`` counts the saves of this clause: two people may write two clauses of one draft at the same time.
    """

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
    lock_version = models.PositiveIntegerField("version d'enregistrement", default=1)

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


class ModelChoice(TerritoryRecord):
    """Which model new conventions of a family follow; without a row: the territory's latest published, else the
    national one. ``template`` empty: always the latest national one.
    """

    family = models.CharField("famille", max_length=2, choices=Family)
    template = models.ForeignKey(
        Template, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="modèle"
    )

    class Meta:
        verbose_name = "modèle des nouvelles conventions"
        verbose_name_plural = "modèles des nouvelles conventions"
        constraints = [models.UniqueConstraint(fields=["territory", "family"], name="conventions_modelchoice_once")]

    def __str__(self) -> str:
        return f"{self.get_family_display()} : {self.template or 'modèle national'}"
