"""The signature circuit of one approved version: who signs how, the links and codes sent, the proofs and files kept."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from conventions.models import ConventionVersion, Signatory
from parties.models import Mandate, Organisation, TerritoryQuerySet, TerritoryRecord, User
from reporting.enums import CircuitAct, CircuitState, Mode

#: States in which somebody is still awaited.
LIVE = (CircuitState.OPEN, CircuitState.SUSPENDED)


class CircuitQuerySet(TerritoryQuerySet):
    def live(self) -> CircuitQuerySet:
        return self.filter(state__in=LIVE)


class SignatureCircuit(TerritoryRecord):
    """The collecting of signatures on one version. A version has at most one at a time; those cancelled stay.

    ``held_since``: the file is out, in a parapheur of somebody else; signing it here meanwhile would make two files.
    """

    territory_from = "version"

    version = models.ForeignKey(
        ConventionVersion, on_delete=models.PROTECT, related_name="circuits", verbose_name="version"
    )
    in_sequence = models.BooleanField("l'un après l'autre", default=False)
    state = models.CharField("état", max_length=10, choices=CircuitState, default=CircuitState.OPEN)
    remind_days = models.PositiveSmallIntegerField("jours entre deux relances", default=7)
    opened_at = models.DateTimeField("ouvert le", default=timezone.now)
    closed_at = models.DateTimeField("fermé le", null=True, blank=True)
    #: "https://cosigne.example": where the addresses sent by mail lead.
    site = models.CharField("adresse du site", max_length=200)
    held_since = models.DateTimeField("au parapheur depuis", null=True, blank=True)
    held_by_label = models.CharField("confié par", max_length=200, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="ouvert par")
    by_label = models.CharField("ouvert par", max_length=200)

    objects = CircuitQuerySet.as_manager()

    class Meta:
        verbose_name = "circuit de signature"
        verbose_name_plural = "circuits de signature"
        ordering = ["-opened_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["version"], condition=Q(state__in=LIVE), name="reporting_circuit_one_live_per_version"
            )
        ]

    def __str__(self) -> str:
        return f"Signatures de {self.version}"

    @property
    def is_live(self) -> bool:
        return self.state in LIVE


class SignatureStep(TerritoryRecord):
    """One signature awaited. ``field`` is the signature field of the PDF; ``mandate`` who signs, a delegate maybe.

    ``signatory`` goes with the convention's own row: a party taken out of a later draft leaves the step readable.
    """

    territory_from = "circuit"

    circuit = models.ForeignKey(
        SignatureCircuit, on_delete=models.PROTECT, related_name="steps", verbose_name="circuit"
    )
    signatory = models.ForeignKey(
        Signatory, on_delete=models.SET_NULL, null=True, related_name="steps", verbose_name="signataire"
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", verbose_name="organisation"
    )
    mandate = models.ForeignKey(Mandate, on_delete=models.PROTECT, related_name="+", verbose_name="mandat")
    field = models.CharField("champ du document", max_length=20)
    position = models.PositiveSmallIntegerField("ordre", default=0)
    mode = models.CharField("façon de signer", max_length=12, choices=Mode, default=Mode.CODE)
    awaited_since = models.DateTimeField("attendue depuis", null=True, blank=True)
    reminded_at = models.DateTimeField("dernière relance", null=True, blank=True)
    signed_at = models.DateTimeField("signée le", null=True, blank=True)
    refused_at = models.DateTimeField("refusée le", null=True, blank=True)

    class Meta:
        verbose_name = "signature attendue"
        verbose_name_plural = "signatures attendues"
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["circuit", "field"], name="reporting_step_field")]

    def __str__(self) -> str:
        return f"{self.mandate.person} ({self.organisation})"

    @property
    def is_pending(self) -> bool:
        return self.signed_at is None


class SigningLink(TerritoryRecord):
    """The personal address one signatory received. Only the digest of its secret is kept; sending again keeps it."""

    territory_from = "step"

    step = models.ForeignKey(SignatureStep, on_delete=models.PROTECT, related_name="links", verbose_name="signature")
    email = models.EmailField("adresse électronique")
    token_hash = models.CharField("empreinte du lien", max_length=64, unique=True, editable=False)
    sent_at = models.DateTimeField("envoyé le")
    expires_at = models.DateTimeField("expire le")
    revoked_at = models.DateTimeField("révoqué le", null=True, blank=True)

    class Meta:
        verbose_name = "lien de signature"
        verbose_name_plural = "liens de signature"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.email

    @property
    def state(self) -> str:
        """« usable », « expired » or « revoked »."""
        if self.revoked_at:
            return "revoked"
        return "expired" if self.expires_at <= timezone.now() else "usable"


class OneTimeCode(TerritoryRecord):
    """Six digits sent to a person's address: their keyed digest, how many times somebody tried, when they served."""

    territory_from = "step"

    step = models.ForeignKey(SignatureStep, on_delete=models.PROTECT, related_name="codes", verbose_name="signature")
    email = models.EmailField("adresse électronique")
    code_hash = models.CharField("empreinte du code", max_length=64, editable=False)
    sent_at = models.DateTimeField("envoyé le")
    expires_at = models.DateTimeField("expire le")
    attempts = models.PositiveSmallIntegerField("essais", default=0)
    used_at = models.DateTimeField("utilisé le", null=True, blank=True)

    class Meta:
        verbose_name = "code de signature"
        verbose_name_plural = "codes de signature"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.email


class SignatureEvidence(TerritoryRecord):
    """What proves one signature: the facts as data, and the SHA-256 of their canonical JSON. Written once."""

    territory_from = "step"

    step = models.ForeignKey(SignatureStep, on_delete=models.PROTECT, related_name="evidence", verbose_name="signature")
    version = models.ForeignKey(
        ConventionVersion, on_delete=models.PROTECT, related_name="evidence", verbose_name="version"
    )
    mode = models.CharField("façon de signer", max_length=12, choices=Mode)
    content = models.JSONField("contenu")
    sha256 = models.CharField("empreinte", max_length=64)

    class Meta:
        verbose_name = "preuve de signature"
        verbose_name_plural = "preuves de signature"
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["step"], name="reporting_evidence_once")]

    def __str__(self) -> str:
        return f"Preuve {self.sha256[:12]}"


class SignedFile(TerritoryRecord):
    """The document after one more signature: it begins with every byte of the file before it. Never rewritten."""

    territory_from = "version"

    version = models.ForeignKey(
        ConventionVersion, on_delete=models.PROTECT, related_name="signed_files", verbose_name="version"
    )
    sequence = models.PositiveSmallIntegerField("rang")
    mode = models.CharField("origine", max_length=12, choices=Mode)
    fields = ArrayField(models.CharField(max_length=20), verbose_name="champs signés")
    sha256 = models.CharField("empreinte", max_length=64)
    size = models.PositiveIntegerField("taille")
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="déposé par")
    by_label = models.CharField("déposé par", max_length=200)

    class Meta:
        verbose_name = "fichier signé"
        verbose_name_plural = "fichiers signés"
        ordering = ["version", "sequence"]
        constraints = [models.UniqueConstraint(fields=["version", "sequence"], name="reporting_signedfile_sequence")]

    def __str__(self) -> str:
        return f"{self.version}, fichier signé {self.sequence}"


class Delegation(TerritoryRecord):
    """A signatory asks that somebody else of their organisation signs; the scheme's staff says yes or no."""

    territory_from = "step"

    step = models.ForeignKey(
        SignatureStep, on_delete=models.PROTECT, related_name="delegations", verbose_name="signature"
    )
    from_mandate = models.ForeignKey(Mandate, on_delete=models.PROTECT, related_name="+", verbose_name="de")
    to_mandate = models.ForeignKey(Mandate, on_delete=models.PROTECT, related_name="+", verbose_name="à")
    email = models.EmailField("adresse du délégataire")
    reason = models.CharField("motif", max_length=400, blank=True)
    asked_by_label = models.CharField("demandée par", max_length=200)
    decided_at = models.DateTimeField("décidée le", null=True, blank=True)
    accepted = models.BooleanField("confirmée", null=True)

    class Meta:
        verbose_name = "délégation de signature"
        verbose_name_plural = "délégations de signature"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["step"], condition=Q(decided_at__isnull=True), name="reporting_delegation_one_pending"
            )
        ]

    def __str__(self) -> str:
        return f"{self.from_mandate.person} → {self.to_mandate.person}"


class CircuitEvent(TerritoryRecord):
    """One act in a circuit. Rows are only ever added (a trigger refuses anything else)."""

    territory_from = "circuit"

    circuit = models.ForeignKey(
        SignatureCircuit, on_delete=models.PROTECT, related_name="events", verbose_name="circuit"
    )
    step = models.ForeignKey(
        SignatureStep, on_delete=models.PROTECT, null=True, related_name="events", verbose_name="signature"
    )
    act = models.CharField("acte", max_length=20, choices=CircuitAct)
    text = models.CharField("détail", max_length=600, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="auteur")
    by_label = models.CharField("auteur", max_length=200)

    class Meta:
        verbose_name = "acte du circuit"
        verbose_name_plural = "actes du circuit"
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.get_act_display()} {self.text}".strip()
