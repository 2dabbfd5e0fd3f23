"""What the list of titres can be narrowed and sorted by; every choice is in the address."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import django_filters
from django.db.models import Case, Exists, F, OuterRef, Q, Sum, Value, When

from funding.enums import TitreKind, TitreStatus
from funding.models import Titre
from funding.models.titre import TitreQuerySet
from parties.models import Organisation
from posts.models import Occupancy

#: Sort key of the address → ordering. Ties are settled so that two visits list the same.
SORTS = {
    "debiteur": ("debtor__name", "year"),
    "emetteur": ("issuer__name", "debtor__name"),
    "exercice": ("year", "issuer__name", "debtor__name"),
    "convention": ("reference", "debtor__name"),
    "montant": ("amount", "debtor__name"),
    "etat": ("status", "debtor__name"),
}
DEFAULT_SORT = "-exercice"


class TitreFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label="Rechercher")
    annee = django_filters.ChoiceFilter(field_name="year", label="Exercice", empty_label="Tous")
    emetteur = django_filters.ModelChoiceFilter(
        field_name="issuer",
        queryset=Organisation.objects.none(),
        label="Émetteur",
        empty_label="Tous",
        to_field_name="uuid",
    )
    debiteur = django_filters.ModelChoiceFilter(
        field_name="debtor",
        queryset=Organisation.objects.none(),
        label="Débiteur",
        empty_label="Tous",
        to_field_name="uuid",
    )
    statut = django_filters.ChoiceFilter(
        field_name="status", choices=TitreStatus.choices, label="État", empty_label="Tous"
    )
    nature = django_filters.ChoiceFilter(
        field_name="kind", choices=TitreKind.choices, label="Nature", empty_label="Toutes"
    )

    class Meta:
        model = Titre
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        titres = self.queryset.order_by()
        years = titres.order_by("-year").values_list("year", flat=True).distinct()
        self.filters["annee"].extra["choices"] = [(str(year), str(year)) for year in years]
        self.filters["emetteur"].queryset = Organisation.objects.filter(pk__in=titres.values("issuer_id"))
        self.filters["debiteur"].queryset = Organisation.objects.filter(pk__in=titres.values("debtor_id"))

    def search(self, queryset: TitreQuerySet, name: str, value: str) -> TitreQuerySet:
        return queryset.filter(
            Q(debtor__name__icontains=value)
            | Q(issuer__name__icontains=value)
            | Q(reference__icontains=value)
            | Q(entry_id__icontains=value)
            | Q(number__iexact=value)
            | Q(plan__label__icontains=value)
        )


def sorted_by(titres: TitreQuerySet, key: str) -> TitreQuerySet:
    """``exercice`` or ``-exercice``; an unknown key gives the usual order."""
    name = key.removeprefix("-")
    if name not in SORTS:
        key, name = DEFAULT_SORT, DEFAULT_SORT.removeprefix("-")
    first, *rest = SORTS[name]
    order = F(first).desc() if key.startswith("-") else F(first).asc()
    return titres.order_by(order, *rest, "pk")


def totals(titres: TitreQuerySet) -> dict[str, Any]:
    """Sums over every titre of the list, in euros, not only those of the page; corrections lower the first."""
    claimed = Case(
        When(status=TitreStatus.ABANDONNE, then=Value(Decimal(0))),
        When(kind=TitreKind.TITRE, then=F("amount")),
        default=-F("amount"),
    )
    sums = titres.order_by().aggregate(amount=Sum(claimed), received=Sum("received"))
    return {name: value or 0 for name, value in sums.items()}


def overtaken(titres: TitreQuerySet) -> TitreQuerySet:
    """Not exported, and prepared before somebody last changed when the posts were filled."""
    later = Occupancy.objects.filter(post__plans=OuterRef("plan"), updated_at__gt=OuterRef("updated_at"))
    return titres.filter(Exists(later), batch__isnull=True)
