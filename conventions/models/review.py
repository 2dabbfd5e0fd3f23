"""What the préfecture's review and the partners' reading leave behind: rules, sheets, threads, requests."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from conventions.enums import ReadingOutcome, Side
from parties.models import Organisation, TerritoryRecord, User

from .agreement import Convention
from .history import Comment


class ApprovalRule(TerritoryRecord):
    """How many people of the préfecture approve, one after the other. The latest row is in force; none: one level."""

    levels = models.PositiveSmallIntegerField(
        "niveaux d'approbation", validators=[MinValueValidator(1), MaxValueValidator(2)], default=1
    )
    first_label = models.CharField("premier niveau", max_length=80, default="Instructeur")
    second_label = models.CharField("second niveau", max_length=80, blank=True)
    #: Accounts that may give the second approval; empty: any reviewer but the first.
    second_users = ArrayField(models.BigIntegerField(), default=list, blank=True, verbose_name="approbateurs")
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="auteur")
    by_label = models.CharField("auteur", max_length=200)

    class Meta:
        verbose_name = "niveaux d'approbation"
        verbose_name_plural = "niveaux d'approbation"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(levels__in=(1, 2)), name="conventions_approvalrule_levels"),
        ]

    def __str__(self) -> str:
        return f"{self.levels} niveau(x)"


class ReviewSheet(TerritoryRecord):
    """What was submitted, and how it differs from what the reviewer knows: written once, at each submission.

    ``content`` is the text as it stood; ``verdict`` what :func:`conventions.verdict.verdict_of` computed of it.
    """

    territory_from = "convention"

    convention = models.ForeignKey(
        Convention, on_delete=models.CASCADE, related_name="sheets", verbose_name="convention"
    )
    content = models.JSONField("contenu soumis")
    sha256 = models.CharField("empreinte", max_length=64)
    verdict = models.JSONField("verdict", default=dict)

    class Meta:
        verbose_name = "fiche d'instruction"
        verbose_name_plural = "fiches d'instruction"
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.convention} {self.sha256[:8]}"


class CommentMessage(TerritoryRecord):
    """One message of the thread a remark opens. Written once."""

    territory_from = "comment"

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="messages", verbose_name="commentaire")
    side = models.CharField("côté", max_length=12, choices=Side)
    text = models.TextField("message")
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="auteur")
    by_label = models.CharField("auteur", max_length=200)

    class Meta:
        verbose_name = "message"
        verbose_name_plural = "messages"
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="conventions_commentmessage_text")]

    def __str__(self) -> str:
        return self.text[:60]


class ReadingRequest(TerritoryRecord):
    """A party asked to read a draft before it is submitted. While it is open, and only then, it sees that draft."""

    territory_from = "convention"

    convention = models.ForeignKey(
        Convention, on_delete=models.CASCADE, related_name="readings", verbose_name="convention"
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", verbose_name="organisation"
    )
    deadline = models.DateField("à lire avant le", null=True, blank=True)
    message = models.TextField("message", blank=True)
    closed_at = models.DateTimeField("close le", null=True, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="auteur")
    by_label = models.CharField("auteur", max_length=200)

    class Meta:
        verbose_name = "demande de relecture"
        verbose_name_plural = "demandes de relecture"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["convention", "organisation"],
                condition=Q(closed_at=None),
                name="conventions_readingrequest_once",
                violation_error_message="Une relecture est déjà demandée à cette organisation.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.convention} – {self.organisation}"


class ReadingReply(TerritoryRecord):
    """What a reader declared. Written once; a later one of the same person says more."""

    territory_from = "request"

    request = models.ForeignKey(
        ReadingRequest, on_delete=models.CASCADE, related_name="replies", verbose_name="demande"
    )
    outcome = models.CharField("réponse", max_length=12, choices=ReadingOutcome)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="auteur")
    by_label = models.CharField("auteur", max_length=200)

    class Meta:
        verbose_name = "réponse d'un relecteur"
        verbose_name_plural = "réponses des relecteurs"
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.by_label} : {self.get_outcome_display()}"
