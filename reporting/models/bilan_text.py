"""What people write in the bilan of a post: the words that no count gives."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from parties.models import TerritoryQuerySet, TerritoryRecord, User
from posts.models import Post
from reporting.enums import BilanSection


class BilanText(TerritoryRecord):
    """One section of one post's bilan of one year: paragraphs and lists, nothing else.

    ``reviewed_at``: somebody read it again and answered that it points at nobody; only then does it enter a version
    that leaves. Writing again undoes that. The opinion of the functional authority never leaves.
    """

    territory_from = "post"

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="bilan_texts", verbose_name="poste")
    year = models.PositiveSmallIntegerField("année", validators=[MinValueValidator(2000), MaxValueValidator(2100)])
    section = models.CharField("rubrique", max_length=12, choices=BilanSection)
    text = models.TextField("texte", blank=True)
    lock_version = models.PositiveIntegerField("version d'enregistrement", default=1)
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="auteur")
    written_by_label = models.CharField("auteur", max_length=200)
    written_at = models.DateTimeField("écrit le")
    reviewed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="relecteur"
    )
    reviewed_by_label = models.CharField("relecteur", max_length=200, blank=True)
    reviewed_at = models.DateTimeField("relu le", null=True, blank=True)

    objects = TerritoryQuerySet.as_manager()

    class Meta:
        verbose_name = "texte du bilan d'un poste"
        verbose_name_plural = "textes des bilans des postes"
        ordering = ["post", "year", "section"]
        constraints = [
            models.UniqueConstraint(fields=["post", "year", "section"], name="reporting_bilantext_once"),
            models.CheckConstraint(
                condition=Q(reviewed_at__isnull=True) | (~Q(section="avis") & ~Q(text="")),
                name="reporting_bilantext_reviewed",
                violation_error_message="Seul un texte destiné à sortir se relit.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.post} {self.year} {self.get_section_display()}"
