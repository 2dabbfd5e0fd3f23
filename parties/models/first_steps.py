"""How far a newcomer is in the first steps of their role."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from core.models import Record

from .people import Membership, User
from .platform import PlatformMembership


class FirstSteps(Record):
    """What a person ticked themselves, and whether they put the list away, in one membership or one platform role.

    Steps that the data show to be done are not here: they are read (reporting.first_steps). Without a row: nothing is
    ticked and the list is shown.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", verbose_name="compte")
    membership = models.OneToOneField(
        Membership, on_delete=models.CASCADE, null=True, related_name="first_steps", verbose_name="appartenance"
    )
    platform_membership = models.OneToOneField(
        PlatformMembership, on_delete=models.CASCADE, null=True, related_name="first_steps", verbose_name="rôle"
    )
    ticked = ArrayField(models.SlugField(max_length=40), verbose_name="étapes cochées", default=list)
    hidden_at = models.DateTimeField("masqué le", null=True)

    class Meta:
        verbose_name = "premiers pas"
        verbose_name_plural = "premiers pas"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(membership=None, platform_membership__isnull=False)
                | Q(membership__isnull=False, platform_membership=None),
                name="parties_firststeps_one",
            ),
        ]

    def __str__(self) -> str:
        return str(self.membership or self.platform_membership)
