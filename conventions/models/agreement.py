"""The agreement itself: parties, signatories, clauses, and the posts and plans it covers."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce
from django.urls import reverse

from conventions.enums import Channel, Family, PartyRole, Status
from core import rls
from funding.models import FundingPlan
from parties.models import Mandate, Organisation, TerritoryQuerySet, TerritoryRecord
from posts.models import Post

from .delegation import SigningDelegation
from .deliberation import Deliberation
from .template import Template

if TYPE_CHECKING:
    from parties.actors import Actor

#: States in which text, figures, parties and signatories may change.
EDITABLE = (Status.BROUILLON, Status.A_CORRIGER)
#: Signed: it binds the parties from its first to its last day, even once its end is announced.
BINDING = (Status.SIGNEE, Status.DENONCEE, Status.RESILIEE)
#: States in which the préfecture has the text in hand: submitted, then given a first favourable opinion.
UNDER_REVIEW = (Status.SOUMISE, Status.VISEE)
#: States from which the parties read the approved text.
CIRCULATED = (Status.APPROUVEE, Status.EN_SIGNATURE, Status.SIGNEE, Status.DENONCEE, Status.RESILIEE)


class BaseTextManager(models.Manager):
    """Rows of the convention itself: those an avenant brings are asked of the avenant.

    It is the default manager of what hangs below a convention, so that ``convention.parties`` are those of the signed
    text; ``objects`` gives them all.
    """

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().filter(avenant__isnull=True)


def avenant_key() -> models.ForeignKey:
    """The avenant a row belongs to; null: the convention's own text. Reached from the avenant by its properties."""
    return models.ForeignKey(
        "conventions.Avenant", on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name="avenant"
    )


class ConventionQuerySet(TerritoryQuerySet):
    def visible_to(self, actor: Actor) -> Self:
        """What the pages, the API and the search of this actor list.

        PostgreSQL also shows a party the draft it was asked to read: that is for its reading page only.
        """
        mine = super().visible_to(actor)
        return mine.filter(status__in=CIRCULATED) if actor.context.scope == rls.ORGANISATION else mine

    def editable(self) -> ConventionQuerySet:
        return self.filter(status__in=EDITABLE)

    def awaiting_review(self) -> ConventionQuerySet:
        return self.filter(status__in=UNDER_REVIEW)

    def with_last_day(self) -> ConventionQuerySet:
        """``last_day``: when the agreement ends as known today, avenants, tacit renewals and ends folded in."""
        return self.annotate(last_day=Coalesce("runs_until", "period_end"))

    def expiring_before(self, day: dt.date) -> ConventionQuerySet:
        """Signed, and over before ``day`` by itself: the avenants that extend or shorten it are counted."""
        return self.with_last_day().filter(status=Status.SIGNEE, last_day__lt=day)

    def running_on(self, day: dt.date) -> ConventionQuerySet:
        """In force that day, as :meth:`Convention.in_force_on` says of one."""
        bound = Q(status=Status.SIGNEE) | Q(status__in=BINDING, runs_until__isnull=False)
        return self.with_last_day().filter(bound, period_start__lte=day, last_day__gte=day)

    def covering_year(self, year: int) -> ConventionQuerySet:
        """Those whose period, as known today, has a day of ``year``."""
        return self.with_last_day().filter(period_start__year__lte=year, last_day__gte=dt.date(year, 1, 1))

    def with_party(self, organisation: Organisation) -> ConventionQuerySet:
        return self.filter(Exists(Party.objects.filter(convention=OuterRef("pk"), organisation=organisation)))

    def matching(self, text: str) -> ConventionQuerySet:
        party = Party.objects.filter(convention=OuterRef("pk"), organisation__name__icontains=text)
        return self.filter(Q(reference__icontains=text) | Q(title__icontains=text) | Exists(party))

    def for_list(self) -> ConventionQuerySet:
        return self.prefetch_related("parties__organisation", "posts")


class Convention(TerritoryRecord):
    """One convention. ``lock_version`` counts saves; a stale form is refused.

    ``variables`` feed the clauses (committee, reports, deadlines…); ``stated`` keeps what a published text prints.
    """

    reference = models.CharField("référence", max_length=40)
    title = models.TextField("intitulé")
    family = models.CharField("famille", max_length=2, choices=Family)
    template = models.ForeignKey(
        Template, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="modèle"
    )
    status = models.CharField("état", max_length=12, choices=Status, default=Status.BROUILLON)
    submitted_at = models.DateTimeField("première soumission", null=True, blank=True)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children", verbose_name="convention mère"
    )
    previous = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="renewals", verbose_name="renouvelle"
    )
    is_renewal = models.BooleanField("renouvellement", default=False)
    period_start = models.DateField("prend effet le")
    period_end = models.DateField("prend fin le")
    notice_months = models.PositiveSmallIntegerField("préavis (mois)", null=True, blank=True)
    notice_form = models.CharField("forme du préavis", max_length=240, blank=True)
    place = models.CharField("fait à", max_length=80, blank=True)
    posts = models.ManyToManyField(Post, through="ConventionPost", related_name="conventions", verbose_name="postes")
    plans = models.ManyToManyField(
        FundingPlan, through="ConventionPlan", related_name="conventions", verbose_name="plans"
    )
    variables = models.JSONField("variables", default=dict, blank=True)
    stated = models.JSONField("mentions publiées", default=dict, blank=True)
    lock_version = models.PositiveIntegerField("version d'enregistrement", default=1)
    #: Who saved last, written by the database from the context: see docs/adr/0012.
    saved_by_label = models.CharField("enregistrée par", max_length=400, blank=True, editable=False)
    signed_on = models.DateField("signée le", null=True, blank=True)
    #: The last day known today, when it is not ``period_end``: kept by conventions.services.terms.
    runs_until = models.DateField("dernier jour", null=True, blank=True)

    objects = ConventionQuerySet.as_manager()

    class Meta:
        verbose_name = "convention"
        verbose_name_plural = "conventions"
        ordering = ["reference"]
        constraints = [
            models.UniqueConstraint(
                fields=["territory", "reference"],
                name="conventions_convention_reference",
                violation_error_message="Une convention de ce territoire porte déjà cette référence.",
            ),
            models.CheckConstraint(
                condition=Q(period_end__gte=F("period_start")),
                name="conventions_convention_period",
                violation_error_message="La fin de la convention précède sa prise d'effet.",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    def get_absolute_url(self) -> str:
        return reverse("convention", args=[self.uuid])

    @property
    def is_editable(self) -> bool:
        return self.status in EDITABLE

    @property
    def final_day(self) -> dt.date:
        """The last day as known today; ``dt.date.max`` while tacit renewals follow one another without limit."""
        return self.runs_until or self.period_end

    @property
    def known_end(self) -> dt.date | None:
        """:attr:`final_day`, or None without one."""
        return None if self.final_day == dt.date.max else self.final_day

    def in_force_on(self, day: dt.date) -> bool:
        """Denounced or terminated, it still binds until its last day, when that day is known."""
        if self.status not in BINDING or (self.status != Status.SIGNEE and self.runs_until is None):
            return False
        return self.period_start <= day <= self.final_day

    def expired_on(self, day: dt.date) -> bool:
        return self.status == Status.SIGNEE and self.final_day < day


class ConventionPost(TerritoryRecord):
    territory_from = "convention"

    convention = models.ForeignKey(
        Convention, on_delete=models.CASCADE, related_name="convention_posts", verbose_name="convention"
    )
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="convention_posts", verbose_name="poste")

    class Meta:
        verbose_name = "poste conventionné"
        verbose_name_plural = "postes conventionnés"
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["convention", "post"], name="conventions_post_once")]

    def __str__(self) -> str:
        return str(self.post)


class ConventionPlan(TerritoryRecord):
    """A plan a convention makes binding; ``only_financer`` narrows it to one financer's line (bipartite child, F5)."""

    territory_from = "convention"

    convention = models.ForeignKey(
        Convention, on_delete=models.CASCADE, related_name="convention_plans", verbose_name="convention"
    )
    plan = models.ForeignKey(
        FundingPlan, on_delete=models.PROTECT, related_name="convention_plans", verbose_name="plan"
    )
    only_financer = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="seul financeur"
    )

    class Meta:
        verbose_name = "plan conventionné"
        verbose_name_plural = "plans conventionnés"
        ordering = ["plan__year", "pk"]
        constraints = [models.UniqueConstraint(fields=["convention", "plan"], name="conventions_plan_once")]

    def __str__(self) -> str:
        return str(self.plan)


class Party(TerritoryRecord):
    """An organisation bound by the convention, its representative and the vote that authorises it."""

    territory_from = "convention"

    convention = models.ForeignKey(
        Convention, on_delete=models.CASCADE, related_name="parties", verbose_name="convention"
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="parties", verbose_name="organisation"
    )
    position = models.PositiveSmallIntegerField("ordre", default=0)
    roles = ArrayField(models.CharField(max_length=24, choices=PartyRole), verbose_name="qualités", default=list)
    representative = models.ForeignKey(
        Mandate, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="représentant"
    )
    deliberation = models.ForeignKey(
        Deliberation, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="délibération"
    )
    stated = models.JSONField("mentions publiées", default=dict, blank=True)
    avenant = avenant_key()

    objects = TerritoryQuerySet.as_manager()
    of_base = BaseTextManager()

    class Meta:
        verbose_name = "partie"
        verbose_name_plural = "parties"
        ordering = ["position", "pk"]
        default_manager_name = "of_base"
        constraints = [
            models.UniqueConstraint(
                fields=["convention", "organisation", "avenant"],
                nulls_distinct=False,
                name="conventions_party_once",
                violation_error_message="Cette organisation est déjà partie à la convention.",
            )
        ]

    def __str__(self) -> str:
        return str(self.organisation)

    @property
    def role_labels(self) -> list[str]:
        return [str(PartyRole(role).label) for role in self.roles]


class Signatory(TerritoryRecord):
    """Who signs for a party, in which order and by which channel."""

    territory_from = "convention"

    convention = models.ForeignKey(
        Convention, on_delete=models.CASCADE, related_name="signatories", verbose_name="convention"
    )
    party = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="signatories", verbose_name="partie")
    mandate = models.ForeignKey(
        Mandate, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="mandat"
    )
    #: Set when this person signs in the name of the representative (CGCT L.2122-18, L.3221-3, L.5211-9).
    delegation = models.ForeignKey(
        SigningDelegation, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="délégation"
    )
    position = models.PositiveSmallIntegerField("ordre", default=0)
    channel = models.CharField("circuit", max_length=12, choices=Channel, default=Channel.PAPER)
    stated = models.JSONField("mentions publiées", default=dict, blank=True)
    avenant = avenant_key()

    objects = TerritoryQuerySet.as_manager()
    of_base = BaseTextManager()

    class Meta:
        verbose_name = "signataire"
        verbose_name_plural = "signataires"
        ordering = ["position", "pk"]
        default_manager_name = "of_base"
        constraints = [models.UniqueConstraint(fields=["party", "mandate"], name="conventions_signatory_once")]

    def __str__(self) -> str:
        return str(self.mandate or self.party)


class ConventionClause(TerritoryRecord):
    """A clause of the convention: a variant of the template's, possibly edited here (edits show as edits)."""

    territory_from = "convention"

    convention = models.ForeignKey(
        Convention, on_delete=models.CASCADE, related_name="clauses", verbose_name="convention"
    )
    kind = models.CharField("nature", max_length=40)
    position = models.PositiveSmallIntegerField("ordre", default=0)
    variant = models.CharField("variante", max_length=40, blank=True, help_text="Vide : choisie par les conditions.")
    edited_title = models.CharField("titre modifié", max_length=160, blank=True)
    edited_text = models.TextField("texte modifié", blank=True)
    removed = models.BooleanField("retirée", default=False)

    class Meta:
        verbose_name = "clause de la convention"
        verbose_name_plural = "clauses de la convention"
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["convention", "kind"], name="conventions_clause_once")]

    def __str__(self) -> str:
        return f"{self.convention} – {self.kind}"
