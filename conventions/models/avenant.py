"""What changes a signed convention: avenants, and the acts that end it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q, QuerySet
from django.urls import reverse

from conventions.enums import AvenantAct, AvenantStatus, ChangeKind, EndingKind
from parties.models import Organisation, TerritoryQuerySet, TerritoryRecord, User

from .agreement import CIRCULATED, EDITABLE, Convention, Party, Signatory
from .history import ConventionVersion


class AvenantQuerySet(TerritoryQuerySet):
    def signed(self) -> AvenantQuerySet:
        return self.filter(status=AvenantStatus.SIGNEE)

    def open(self) -> AvenantQuerySet:
        """Neither signed nor given up."""
        return self.exclude(status__in=[AvenantStatus.SIGNEE, AvenantStatus.ABANDONNEE])

    def awaiting_review(self) -> AvenantQuerySet:
        return self.filter(status=AvenantStatus.SOUMISE)


class Avenant(TerritoryRecord):
    """A dated set of changes to a signed convention, reviewed, approved and signed as the convention was.

    From ``effective_on`` :func:`conventions.situation.situation_on` folds its changes in. Its parties and
    signatories are rows of its own: those who sign it, with their vote and their representative of the day.
    """

    territory_from = "convention"

    convention = models.ForeignKey(
        Convention, on_delete=models.CASCADE, related_name="avenants", verbose_name="convention"
    )
    number = models.PositiveSmallIntegerField("numéro")
    title = models.TextField("objet")
    motive = models.TextField("motif", blank=True, help_text="Une phrase, en tête du texte : « Considérant que … ».")
    status = models.CharField("état", max_length=12, choices=AvenantStatus, default=AvenantStatus.BROUILLON)
    effective_on = models.DateField("prend effet le")
    place = models.CharField("fait à", max_length=80, blank=True)
    submitted_at = models.DateTimeField("première soumission", null=True, blank=True)
    signed_on = models.DateField("signé le", null=True, blank=True)
    lock_version = models.PositiveIntegerField("version d'enregistrement", default=1)

    objects = AvenantQuerySet.as_manager()

    class Meta:
        verbose_name = "avenant"
        verbose_name_plural = "avenants"
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["convention", "number"], name="conventions_avenant_number")]

    def __str__(self) -> str:
        return f"avenant n° {self.number} à la convention {self.convention.reference}"

    def get_absolute_url(self) -> str:
        return reverse("avenant", args=[self.uuid])

    @property
    def is_editable(self) -> bool:
        return self.status in EDITABLE

    @property
    def is_circulated(self) -> bool:
        return self.status in CIRCULATED

    @property
    def parties(self) -> QuerySet[Party]:
        """Those who sign it."""
        return Party.objects.filter(avenant=self)

    @property
    def signatories(self) -> QuerySet[Signatory]:
        return Signatory.objects.filter(avenant=self)

    @property
    def versions(self) -> QuerySet[ConventionVersion]:
        return ConventionVersion.objects.filter(avenant=self)


class AvenantChange(TerritoryRecord):
    """One thing an avenant changes. ``target`` names it (clause, share, organisation), ``data`` its new value.

    What it was before is read from the situation on the avenant's date, and frozen with the approved text.
    """

    territory_from = "avenant"

    avenant = models.ForeignKey(Avenant, on_delete=models.CASCADE, related_name="changes", verbose_name="avenant")
    position = models.PositiveSmallIntegerField("ordre", default=0)
    kind = models.CharField("nature", max_length=20, choices=ChangeKind)
    target = models.CharField("élément", max_length=130, blank=True)
    data = models.JSONField("nouvelle valeur", default=dict, blank=True)
    #: As approved: kind, target, before, after and the sentence. Empty while it is written.
    told = models.JSONField("tel qu'approuvé", default=dict, blank=True)

    class Meta:
        verbose_name = "changement d'un avenant"
        verbose_name_plural = "changements d'un avenant"
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["avenant", "kind", "target"],
                name="conventions_avenantchange_once",
                violation_error_message="Cet avenant change déjà cet élément.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.target}".strip()


class AvenantTransition(TerritoryRecord):
    """One act on an avenant: the append-only log of its life."""

    territory_from = "avenant"

    avenant = models.ForeignKey(Avenant, on_delete=models.CASCADE, related_name="transitions", verbose_name="avenant")
    act = models.CharField("acte", max_length=24)
    from_status = models.CharField("de", max_length=12, choices=AvenantStatus)
    to_status = models.CharField("à", max_length=12, choices=AvenantStatus)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="auteur")
    by_label = models.CharField("auteur", max_length=200)
    reason = models.TextField("motif", blank=True)

    class Meta:
        verbose_name = "acte sur un avenant"
        verbose_name_plural = "actes sur les avenants"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(to_status="a_corriger") | ~Q(reason=""),
                name="conventions_avenanttransition_reason",
                violation_error_message="Dites ce qui est à corriger.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.avenant} {self.act}"

    def get_act_label(self) -> str:
        return str(AvenantAct(self.act).label)


class ConventionEnding(TerritoryRecord):
    """A denunciation or a termination, as it was received or decided. Written once.

    ``last_day`` is the last day the convention binds; ``working`` says how it was found (notice, terms) in French.
    """

    territory_from = "convention"

    convention = models.ForeignKey(
        Convention, on_delete=models.CASCADE, related_name="endings", verbose_name="convention"
    )
    kind = models.CharField("nature", max_length=16, choices=EndingKind)
    by_organisation = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="à l'initiative de",
    )
    received_on = models.DateField("reçue le")
    form = models.CharField("forme", max_length=240, blank=True)
    cause = models.TextField("motif")
    notice_months = models.PositiveSmallIntegerField("préavis (mois)", default=0)
    last_day = models.DateField("dernier jour")
    working = models.TextField("calcul")
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="auteur")
    by_label = models.CharField("auteur", max_length=200)

    class Meta:
        verbose_name = "fin d'une convention"
        verbose_name_plural = "fins de conventions"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(cause=""), name="conventions_ending_cause"),
            models.CheckConstraint(
                condition=Q(last_day__gte=models.F("received_on")) | Q(kind="resiliation"),
                name="conventions_ending_notice",
                violation_error_message="Une dénonciation prend effet après sa réception.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.convention}"
