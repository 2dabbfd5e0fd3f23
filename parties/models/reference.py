"""Public reference data: départements, communes and EPCI of France, with their populations by vintage.

Nothing here belongs to a territory: the figures are public, the same for everyone, and carry no row-level security.
They are written by one door only, `parties.reference.load`, from `fixtures/reference/` (docs/reference-data.md).

A *vintage* is the year in which the figures are in force: "vintage 2021" is what the State notified for 1 January 2021.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from django.db import models

from parties.enums import LegalForm


def searchable(text: str) -> str:
    """The text as it is searched: « L'Île-d'Œuf » → « l ile d oeuf »."""
    text = text.lower().replace("œ", "oe").replace("æ", "ae")
    plain = (char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))
    return " ".join("".join(char if char.isalnum() else " " for char in plain).split())


class RefDepartement(models.Model):
    code = models.CharField("code", max_length=3, primary_key=True)
    name = models.CharField("nom", max_length=80)
    region = models.CharField("code de la région", max_length=3, blank=True)

    class Meta:
        app_label = "parties"
        verbose_name = "département de référence"
        verbose_name_plural = "départements de référence"
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"


class RefEpciQuerySet(models.QuerySet["RefEpci"]):
    def in_departement(self, code: str) -> RefEpciQuerySet:
        """EPCI attached to the département: that of their first member when they straddle several."""
        return self.filter(departement_id=code)

    def existing_in(self, vintage: int) -> RefEpciQuerySet:
        """EPCI that the official list of that year counts."""
        return self.filter(years__vintage=vintage)

    def named_like(self, text: str) -> RefEpciQuerySet:
        """EPCI whose name contains every word of the text, accents or not, or whose SIREN begins with its digits."""
        compact = "".join(text.split())
        if compact.isdigit():
            return self.filter(siren__startswith=compact)
        found = self
        for word in searchable(text).split():
            found = found.filter(search_name__contains=word)
        return found


class RefEpci(models.Model):
    """One EPCI, past or present, under its SIREN; name and form are those of the newest vintage that counts it."""

    siren = models.CharField("SIREN", max_length=9, primary_key=True)
    name = models.CharField("nom", max_length=160)
    search_name = models.CharField("nom pour la recherche", max_length=160, editable=False)
    legal_form = models.CharField("forme juridique", max_length=2, choices=LegalForm.choices)
    departement = models.ForeignKey(
        RefDepartement, on_delete=models.PROTECT, related_name="epci", verbose_name="département de rattachement"
    )

    objects = RefEpciQuerySet.as_manager()

    class Meta:
        app_label = "parties"
        verbose_name = "EPCI de référence"
        verbose_name_plural = "EPCI de référence"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class RefEpciYearQuerySet(models.QuerySet["RefEpciYear"]):
    def of_vintage(self, vintage: int) -> RefEpciYearQuerySet:
        return self.filter(vintage=vintage)

    def of_sirens(self, sirens: Iterable[str]) -> RefEpciYearQuerySet:
        return self.filter(epci_id__in=list(sirens))

    def in_departement(self, code: str) -> RefEpciYearQuerySet:
        return self.filter(epci__departement_id=code)

    def vintages(self) -> list[int]:
        """Vintages loaded, oldest first."""
        return list(self.order_by("vintage").values_list("vintage", flat=True).distinct())

    def populations(self, *, vintage: int, sirens: Iterable[str]) -> dict[str, int]:
        """Municipal population (inhabitants) by SIREN for one vintage: the weights of a population key.

        An EPCI unknown in that vintage is absent from the answer: the caller says which one is missing.
        """
        rows = self.of_vintage(vintage).of_sirens(sirens)
        return dict(rows.values_list("epci_id", "population_municipale"))


class RefEpciYear(models.Model):
    """What the official list of one year says of an EPCI. Populations in inhabitants."""

    epci = models.ForeignKey(RefEpci, on_delete=models.CASCADE, related_name="years", verbose_name="EPCI")
    vintage = models.PositiveSmallIntegerField("millésime")
    name = models.CharField("nom cette année-là", max_length=160)
    legal_form = models.CharField("forme juridique cette année-là", max_length=2, choices=LegalForm.choices)
    # The source tells the métropoles apart: that of Lyon (MET69), counted with them, is a local authority of its own.
    source_form = models.CharField("forme écrite par la source", max_length=8)
    population_municipale = models.PositiveIntegerField("population municipale")
    population_totale = models.PositiveIntegerField("population totale")
    members_count = models.PositiveSmallIntegerField("nombre de communes membres")
    # The publisher may re-issue last year's list under a new version (2026 does): what is shown must be able to say so.
    source_vintage = models.PositiveSmallIntegerField("millésime réel des chiffres")

    objects = RefEpciYearQuerySet.as_manager()

    class Meta:
        app_label = "parties"
        verbose_name = "population d’un EPCI"
        verbose_name_plural = "populations des EPCI"
        ordering = ["epci_id", "vintage"]
        constraints = [
            models.UniqueConstraint(
                fields=["epci", "vintage"],
                name="parties_refepciyear_once",
                violation_error_message="Cet EPCI a déjà une population pour ce millésime.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.vintage}"

    @property
    def is_carried_over(self) -> bool:
        """True when the source re-issued an older year's figures under this vintage."""
        return self.source_vintage != self.vintage


class RefCommuneQuerySet(models.QuerySet["RefCommune"]):
    def in_departement(self, code: str) -> RefCommuneQuerySet:
        return self.filter(departement_id=code)

    def named_like(self, text: str) -> RefCommuneQuerySet:
        """Communes whose name contains every word, accents or not, or whose code or SIREN begins with the digits."""
        compact = "".join(text.split())
        if any(char.isdigit() for char in compact):
            return self.filter(models.Q(code__istartswith=compact) | models.Q(siren__startswith=compact))
        found = self
        for word in searchable(text).split():
            found = found.filter(search_name__contains=word)
        return found

    def members_of(self, siren: str, vintage: int) -> RefCommuneQuerySet:
        """Communes that belong to the EPCI in that vintage."""
        return self.filter(years__epci_id=siren, years__vintage=vintage)


class RefCommune(models.Model):
    """One commune, past or present, under its INSEE code; the name is that of the newest vintage that counts it."""

    code = models.CharField("code INSEE", max_length=5, primary_key=True)
    name = models.CharField("nom", max_length=80)
    search_name = models.CharField("nom pour la recherche", max_length=80, editable=False)
    siren = models.CharField("SIREN", max_length=9, blank=True)
    departement = models.ForeignKey(
        RefDepartement, on_delete=models.PROTECT, related_name="communes", verbose_name="département"
    )

    objects = RefCommuneQuerySet.as_manager()

    class Meta:
        app_label = "parties"
        verbose_name = "commune de référence"
        verbose_name_plural = "communes de référence"
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"


class RefCommuneYearQuerySet(models.QuerySet["RefCommuneYear"]):
    def of_vintage(self, vintage: int) -> RefCommuneYearQuerySet:
        return self.filter(vintage=vintage)

    def members_of(self, siren: str, vintage: int) -> RefCommuneYearQuerySet:
        """Member communes of the EPCI in that vintage, with their names at hand, by code."""
        return self.of_vintage(vintage).filter(epci_id=siren).select_related("commune").order_by("commune_id")

    def of_communes(self, codes: Iterable[str]) -> RefCommuneYearQuerySet:
        """Some communes only: the gendarmerie-zone members that a key counts, for instance."""
        return self.filter(commune_id__in=list(codes))

    def total_population(self) -> int:
        """Inhabitants of the communes selected (0 when none is). Meant for a selection of one vintage."""
        return self.aggregate(total=models.Sum("population"))["total"] or 0


class RefCommuneYear(models.Model):
    """Municipal population (inhabitants) of a commune in one vintage, and the EPCI it belongs to that year, if any."""

    commune = models.ForeignKey(RefCommune, on_delete=models.CASCADE, related_name="years", verbose_name="commune")
    vintage = models.PositiveSmallIntegerField("millésime")
    population = models.PositiveIntegerField("population municipale")
    # No index of its own: the one on (epci, vintage) below serves it.
    epci = models.ForeignKey(
        RefEpci,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="commune_years",
        verbose_name="EPCI",
    )

    objects = RefCommuneYearQuerySet.as_manager()

    class Meta:
        app_label = "parties"
        verbose_name = "population d’une commune"
        verbose_name_plural = "populations des communes"
        ordering = ["commune_id", "vintage"]
        constraints = [
            models.UniqueConstraint(
                fields=["commune", "vintage"],
                name="parties_refcommuneyear_once",
                violation_error_message="Cette commune a déjà une population pour ce millésime.",
            ),
        ]
        indexes = [models.Index(fields=["epci", "vintage"], name="parties_refcommuneyear_epci")]

    def __str__(self) -> str:
        return f"{self.commune_id}, {self.vintage}"
