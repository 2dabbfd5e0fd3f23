"""Bodies and the people who may bind them."""

from __future__ import annotations

import datetime as dt
import re
from functools import cached_property

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from stdnum.exceptions import ValidationError as StdnumError
from stdnum.fr import siren as stdnum_siren
from stdnum.fr import siret as stdnum_siret

from core.french import Name
from parties.enums import (
    LOCAL_AUTHORITIES,
    PUBLIC_EMPLOYERS,
    WITHOUT_LEGAL_PERSONALITY,
    AssociationForm,
    Capacity,
    Gender,
    LegalForm,
    OrganisationKind,
)

from .territory import KeyedRecord, TerritoryQuerySet


def validate_siren(value: str) -> None:
    try:
        stdnum_siren.validate(value)
    except StdnumError as error:
        raise ValidationError(
            "%(value)s n'est pas un SIREN : neuf chiffres, le dernier est une clé de contrôle.",
            params={"value": value},
        ) from error


def validate_siret(value: str) -> None:
    try:
        stdnum_siret.validate(value)
    except StdnumError as error:
        raise ValidationError(
            "%(value)s n'est pas un SIRET : quatorze chiffres, le dernier est une clé de contrôle.",
            params={"value": value},
        ) from error


def validate_rna(value: str) -> None:
    """W, two characters of the département (or three overseas), then digits: ten in all."""
    if not re.fullmatch(r"W[0-9A-Z]{2}[0-9]{7}", value):
        raise ValidationError(
            "%(value)s n'est pas un numéro RNA : la lettre W puis neuf caractères.", params={"value": value}
        )


class OrganisationQuerySet(TerritoryQuerySet):
    def local_authorities(self) -> OrganisationQuerySet:
        return self.filter(kind__in=LOCAL_AUTHORITIES)

    def matching(self, text: str) -> OrganisationQuerySet:
        """Rows whose name, short name or SIREN contains ``text``."""
        return self.filter(Q(name__icontains=text) | Q(short_name__icontains=text) | Q(siren__startswith=text))


class Organisation(KeyedRecord):
    """Any body met in a convention. ``name`` is the short official form ("CC du Sud-Artois")."""

    kind = models.CharField("nature", max_length=20, choices=OrganisationKind)
    legal_form = models.CharField("forme juridique", max_length=2, choices=LegalForm, blank=True)
    name = models.CharField("nom officiel", max_length=200)
    short_name = models.CharField("nom court", max_length=60, blank=True)
    siren = models.CharField("SIREN", max_length=9, blank=True, validators=[validate_siren])
    siret = models.CharField("SIRET", max_length=14, blank=True, validators=[validate_siret])
    rna = models.CharField("numéro RNA", max_length=10, blank=True, validators=[validate_rna])
    association_form = models.CharField("statut de l'association", max_length=12, choices=AssociationForm, blank=True)
    statutory_object = models.TextField("objet statutaire", blank=True)
    declared_on = models.DateField("déclarée le", null=True, blank=True)
    seat = models.CharField("siège", max_length=240, blank=True, help_text="Adresse telle qu'elle figure dans l'acte.")
    address1 = models.CharField("adresse", max_length=38, blank=True)
    address2 = models.CharField("complément d'adresse", max_length=38, blank=True)
    postal_code = models.CharField("code postal", max_length=5, blank=True)
    city = models.CharField("ville", max_length=38, blank=True)
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="services",
        verbose_name="personne morale de rattachement",
        help_text="Pour un service sans personnalité morale (police, gendarmerie, parquet) : l'État.",
    )
    finance = models.JSONField(
        "paramètres financiers",
        default=dict,
        blank=True,
        help_text="Codes du logiciel de gestion financière : collectivité, budget, imputations.",
    )

    objects = OrganisationQuerySet.as_manager()

    class Meta(KeyedRecord.Meta):
        verbose_name = "organisation"
        verbose_name_plural = "organisations"
        ordering = ["name"]
        constraints = [
            *KeyedRecord.Meta.constraints,
            models.UniqueConstraint(
                fields=["territory", "siren"],
                condition=~Q(siren=""),
                name="parties_organisation_siren",
                violation_error_message="Une organisation de ce territoire porte déjà ce SIREN.",
            ),
            models.CheckConstraint(
                condition=Q(siren="") | Q(siren__regex=r"^[0-9]{9}$"),
                name="parties_organisation_siren_form",
                violation_error_message="Le SIREN compte neuf chiffres.",
            ),
            models.CheckConstraint(
                condition=~Q(kind="epci") | ~Q(legal_form=""),
                name="parties_organisation_epci_form",
                violation_error_message="Indiquez la forme juridique de l'EPCI : CU, CA, CC ou métropole.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("organisation", args=[self.uuid])

    @cached_property
    def french(self) -> Name:
        """The full name with its article: ``org.french.le()``, ``.de()``, ``.a()``."""
        return Name.of_organisation(self.kind, self.legal_form, self.name)

    @property
    def label(self) -> str:
        return self.short_name or self.name

    @property
    def has_legal_personality(self) -> bool:
        return self.kind not in WITHOUT_LEGAL_PERSONALITY

    @property
    def is_local_authority(self) -> bool:
        return self.kind in LOCAL_AUTHORITIES

    @property
    def issues_titres(self) -> bool:
        """Whether it recovers money by titre de recettes (a public accountant collects for it)."""
        return self.kind in PUBLIC_EMPLOYERS


class MandateQuerySet(TerritoryQuerySet):
    def in_force_on(self, day: dt.date) -> MandateQuerySet:
        """Mandates covering ``day``; an unknown start is taken as covering."""
        return self.filter(Q(start__isnull=True) | Q(start__lte=day), Q(end__isnull=True) | Q(end__gte=day))


class Mandate(KeyedRecord):
    """A person's function in an organisation, from a date to a date (both may be unknown: null)."""

    territory_from = "organisation"

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="mandates", verbose_name="organisation"
    )
    person = models.CharField("prénom et nom", max_length=120)
    gender = models.CharField("genre", max_length=1, choices=Gender, default=Gender.MALE)
    function = models.CharField("fonction", max_length=200)
    rank = models.CharField("grade", max_length=60, blank=True)
    capacity = models.CharField("qualité", max_length=20, choices=Capacity, default=Capacity.ELECTED)
    start = models.DateField("début", null=True, blank=True)
    end = models.DateField("fin", null=True, blank=True)
    delegation = models.CharField(
        "délégation de signature",
        max_length=200,
        blank=True,
        help_text="Référence de l'arrêté, s'il signe par délégation.",
    )

    objects = MandateQuerySet.as_manager()

    class Meta(KeyedRecord.Meta):
        verbose_name = "mandat"
        verbose_name_plural = "mandats"
        ordering = ["organisation__name", "person"]
        constraints = [
            *KeyedRecord.Meta.constraints,
            models.CheckConstraint(
                condition=Q(start__isnull=True) | Q(end__isnull=True) | Q(end__gte=F("start")),
                name="parties_mandate_dates",
                violation_error_message="La fin du mandat précède son début.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}, {self.function}"

    @property
    def civility(self) -> str:
        return "Mme" if self.gender == Gender.FEMALE else "M."
