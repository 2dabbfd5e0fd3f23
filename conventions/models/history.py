"""What is never rewritten: states, approved versions, signatures, review comments."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from conventions.enums import Anchor, Channel, ConventionAct, Side, Status
from parties.models import Mandate, Organisation, TerritoryQuerySet, TerritoryRecord, User

from .agreement import BaseTextManager, Convention, Signatory, avenant_key


class Transition(TerritoryRecord):
    """One act on a convention. Sending back needs a reason: the database says so."""

    territory_from = "convention"

    convention = models.ForeignKey(
        Convention, on_delete=models.CASCADE, related_name="transitions", verbose_name="convention"
    )
    act = models.CharField("acte", max_length=24)
    from_status = models.CharField("de", max_length=12, choices=Status)
    to_status = models.CharField("à", max_length=12, choices=Status)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="auteur")
    by_label = models.CharField("auteur", max_length=200)
    reason = models.TextField("motif", blank=True)

    class Meta:
        verbose_name = "acte"
        verbose_name_plural = "actes"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(to_status="a_corriger") | ~Q(reason=""),
                name="conventions_transition_reason",
                violation_error_message="Dites ce qui est à corriger.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.convention} {self.act}"

    def get_act_label(self) -> str:
        """The act in the past, for people: "Soumise à la préfecture"."""
        return str(ConventionAct(self.act).label)


class ConventionVersion(TerritoryRecord):
    """The canonical content frozen at approval and its SHA-256 (of its canonical JSON bytes).

    The base text and each avenant (``avenant``) are versions of the same convention, each with its own numbering.
    """

    territory_from = "convention"

    convention = models.ForeignKey(
        Convention, on_delete=models.CASCADE, related_name="versions", verbose_name="convention"
    )
    number = models.PositiveSmallIntegerField("numéro")
    content = models.JSONField("contenu")
    sha256 = models.CharField("empreinte", max_length=64)
    approved_by_label = models.CharField("approuvée par", max_length=200)
    approved_at = models.DateTimeField("approuvée le")
    #: Not empty: approved on paper before the territory came to Cosigne; the act it was taken from, in words.
    taken_from = models.TextField("reprise de", blank=True)
    avenant = avenant_key()

    objects = TerritoryQuerySet.as_manager()
    of_base = BaseTextManager()

    class Meta:
        verbose_name = "version approuvée"
        verbose_name_plural = "versions approuvées"
        ordering = ["number"]
        default_manager_name = "of_base"
        constraints = [
            models.UniqueConstraint(
                fields=["convention", "avenant", "number"], nulls_distinct=False, name="conventions_version_number"
            )
        ]

    def __str__(self) -> str:
        return f"{self.avenant or self.convention} v{self.number}"


class Signature(TerritoryRecord):
    """A signature recorded on one approved version.

    ``mandate``: who signed, when somebody else of the party signed in the signatory's place; null otherwise.
    """

    territory_from = "version"

    version = models.ForeignKey(
        ConventionVersion, on_delete=models.PROTECT, related_name="signatures", verbose_name="version"
    )
    signatory = models.ForeignKey(
        Signatory, on_delete=models.PROTECT, related_name="signatures", verbose_name="signataire"
    )
    mandate = models.ForeignKey(
        Mandate, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="signée par délégation"
    )
    signed_on = models.DateField("signé le")
    channel = models.CharField("circuit", max_length=12, choices=Channel, default=Channel.PAPER)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="enregistrée par")
    by_label = models.CharField("enregistrée par", max_length=200)

    class Meta:
        verbose_name = "signature"
        verbose_name_plural = "signatures"
        ordering = ["signed_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "signatory"],
                name="conventions_signature_once",
                violation_error_message="Cette signature est déjà enregistrée.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.signatory} {self.signed_on}"


class Comment(TerritoryRecord):
    """A reviewer's remark, anchored to what it is about. ``target`` is a clause kind, a share ref, a party's uuid."""

    territory_from = "convention"

    convention = models.ForeignKey(
        Convention, on_delete=models.CASCADE, related_name="comments", verbose_name="convention"
    )
    anchor = models.CharField("porte sur", max_length=12, choices=Anchor, default=Anchor.CONVENTION)
    target = models.CharField("élément", max_length=80, blank=True)
    text = models.TextField("commentaire")
    #: Set when a party asked to read the draft wrote it; empty for the préfecture's remarks.
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="relecteur"
    )
    #: Whether the préfecture reads it: always for its own, for a party's when the party said so.
    to_review = models.BooleanField("montré à la préfecture", default=True)
    resolved = models.BooleanField("traité", default=False)
    resolved_at = models.DateTimeField("traité le", null=True, blank=True)
    resolved_by_label = models.CharField("traité par", max_length=200, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="auteur")
    by_label = models.CharField("auteur", max_length=200)

    class Meta:
        verbose_name = "commentaire"
        verbose_name_plural = "commentaires"
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="conventions_comment_text")]

    def __str__(self) -> str:
        return self.text[:60]

    @property
    def answer(self) -> str:
        """The last message of the gestionnaire; empty while nobody answered."""
        said = [message.text for message in self.messages.all() if message.side == Side.MANAGER]
        return said[-1] if said else ""

    @property
    def is_answered(self) -> bool:
        """Whether the gestionnaire spoke last: the other side has now to say if that settles it."""
        messages = list(self.messages.all())
        return bool(messages) and messages[-1].side == Side.MANAGER
