"""What surrounds the writing of a convention: its annexes, and what somebody typed and has not saved yet."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.urls import reverse

from conventions.enums import AnnexKind
from parties.models import TerritoryRecord, User
from posts.models import Post

from .agreement import Convention


class Annex(TerritoryRecord):
    """One annex. Those generated follow the data; an attached file is the one stored under ``sha256``.

    The number printed is the rank among the convention's annexes, never stored: moving one renumbers the others.
    """

    territory_from = "convention"

    convention = models.ForeignKey(
        Convention, on_delete=models.CASCADE, related_name="annexes", verbose_name="convention"
    )
    kind = models.CharField("nature", max_length=12, choices=AnnexKind)
    title = models.CharField("titre", max_length=200)
    position = models.PositiveSmallIntegerField("ordre", default=0)
    post = models.ForeignKey(
        Post, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="poste"
    )
    sha256 = models.CharField("empreinte du fichier", max_length=64, blank=True)
    filename = models.CharField("nom du fichier", max_length=160, blank=True)
    size = models.PositiveIntegerField("taille (octets)", null=True, blank=True)
    pages = models.PositiveSmallIntegerField("pages", null=True, blank=True)

    class Meta:
        verbose_name = "annexe"
        verbose_name_plural = "annexes"
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=(Q(kind=AnnexKind.FILE) & ~Q(sha256="")) | (~Q(kind=AnnexKind.FILE) & Q(sha256="")),
                name="conventions_annex_file",
                violation_error_message="Une pièce jointe a un fichier ; une annexe établie par Cosigne n'en a pas.",
            ),
            models.UniqueConstraint(
                fields=["convention", "kind", "post"],
                condition=~Q(kind=AnnexKind.FILE),
                nulls_distinct=False,
                name="conventions_annex_once",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_file(self) -> bool:
        return self.kind == AnnexKind.FILE

    @property
    def file_url(self) -> str:
        return reverse("convention-annex-file", args=[self.convention.uuid, self.uuid]) if self.is_file else ""


class FormDraft(TerritoryRecord):
    """What one person typed in one form of a convention and has not saved: theirs alone, nobody else reads it.

    ``seen`` is the ``lock_version`` the form was opened on. Gone once the form is saved or given up.
    """

    territory_from = "convention"

    convention = models.ForeignKey(Convention, on_delete=models.CASCADE, related_name="+", verbose_name="convention")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", verbose_name="personne")
    form = models.CharField("formulaire", max_length=60)
    values = models.JSONField("saisie", default=dict)
    seen = models.PositiveIntegerField("version lue")

    class Meta:
        verbose_name = "saisie en cours"
        verbose_name_plural = "saisies en cours"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["convention", "user", "form"], name="conventions_formdraft_once")
        ]

    def __str__(self) -> str:
        return f"{self.convention} – {self.form}"
