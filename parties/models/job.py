"""A long work someone asked for, and how far it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.urls import reverse

from parties.enums import JobState, Role

from .organisation import Organisation
from .people import User
from .territory import TerritoryQuerySet, TerritoryRecord
from .token import ApiToken

if TYPE_CHECKING:
    from parties.actors import Actor

#: States a job leaves by itself.
LIVE = (JobState.WAITING, JobState.RUNNING)


class JobQuerySet(TerritoryQuerySet):
    def mine(self, actor: Actor) -> JobQuerySet:
        """Those this person, or this token, asked for while acting for this organisation."""
        return self.visible_to(actor).filter(organisation=actor.organisation, user=actor.user, token=actor.token)


class Job(TerritoryRecord):
    """One long work: what (``kind``, ``params``), for whom, how far, and what came out of it.

    ``params`` holds ids and choices, never a territory's content; a file to read is ``source``, a file made is
    ``result_file`` (names in the default storage). ``checkpoint`` is what the runner wants to find again when it starts
    over. ``result`` is what the page shows at the end: ``url`` and ``label`` of where to look, plus the runner's own.
    """

    kind = models.CharField("nature", max_length=40, editable=False)
    label = models.CharField("libellé", max_length=200)
    state = models.CharField("état", max_length=12, choices=JobState, default=JobState.WAITING)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="organisation"
    )
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="demandé par")
    token = models.ForeignKey(ApiToken, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="jeton")
    role = models.CharField("rôle", max_length=20, choices=Role)
    params = models.JSONField("paramètres", default=dict, blank=True)
    source = models.CharField("fichier reçu", max_length=200, blank=True)
    done = models.PositiveIntegerField("fait", default=0)
    total = models.PositiveIntegerField("à faire", null=True, blank=True)
    message = models.CharField("message", max_length=500, blank=True)
    checkpoint = models.JSONField("point de reprise", default=dict, blank=True)
    result = models.JSONField("résultat", default=dict, blank=True)
    result_file = models.CharField("fichier produit", max_length=200, blank=True)
    result_name = models.CharField("nom du fichier produit", max_length=120, blank=True)
    attempts = models.PositiveSmallIntegerField("essais", default=0)
    queue_id = models.BigIntegerField("numéro dans la file", null=True, blank=True, editable=False)
    started_at = models.DateTimeField("commencé le", null=True, blank=True)
    beat_at = models.DateTimeField("dernier signe", null=True, blank=True)
    finished_at = models.DateTimeField("terminé le", null=True, blank=True)
    cancel_asked_at = models.DateTimeField("annulation demandée le", null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = "travail"
        verbose_name_plural = "travaux"
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["territory", "state"], name="parties_job_state")]

    def __str__(self) -> str:
        return self.label

    def get_absolute_url(self) -> str:
        return reverse("job", args=[self.uuid])

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def can_resume(self) -> bool:
        return self.state in (JobState.FAILED, JobState.INTERRUPTED, JobState.CANCELLED)
