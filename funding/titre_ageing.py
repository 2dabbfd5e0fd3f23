"""Titres issued and not received, by age: since how long, how much, who. Reads only; amounts in euros."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import django_filters
from django.db.models import F, Q
from django.utils import timezone

from funding.models import Titre
from funding.models.titre import TitreQuerySet
from parties.models import Organisation

#: Key in the address, words, days since the issue: at least, at most.
BUCKETS: tuple[tuple[str, str, int, int | None], ...] = (
    ("30", "30 jours au plus", 0, 30),
    ("60", "31 à 60 jours", 31, 60),
    ("90", "61 à 90 jours", 61, 90),
    ("plus", "Plus de 90 jours", 91, None),
)
SORTS = {
    "debiteur": ("debtor__name", "issued_on"),
    "emission": ("issued_on", "debtor__name"),
    "reste": ("left", "debtor__name"),
    "exercice": ("year", "debtor__name"),
}


def age_of(titre: Titre, today: dt.date) -> int:
    """Days since it was issued; 0 for one dated later."""
    return max((today - titre.issued_on).days, 0) if titre.issued_on else 0


def bucket_of(days: int) -> str:
    return next(key for key, _label, _low, high in BUCKETS if high is None or days <= high)


@dataclass(frozen=True)
class Unpaid:
    """A titre to remind of."""

    titre: Titre
    days: int

    @property
    def left(self) -> Decimal:
        return self.titre.balance

    @property
    def bucket(self) -> str:
        return bucket_of(self.days)

    @property
    def bucket_label(self) -> str:
        return next(label for key, label, _low, _high in BUCKETS if key == self.bucket)

    @property
    def barred_on(self) -> dt.date | None:
        return self.titre.prescribed_on


@dataclass
class Balance:
    """What one debtor, or all of them, owe by age."""

    debtor: Organisation | None
    count: int = 0
    by_bucket: dict[str, Decimal] = field(default_factory=lambda: {key: Decimal(0) for key, *_ in BUCKETS})

    @property
    def total(self) -> Decimal:
        return sum(self.by_bucket.values(), Decimal(0))

    @property
    def cells(self) -> list[tuple[str, Decimal]]:
        return [(label, self.by_bucket[key]) for key, label, _low, _high in BUCKETS]

    def add(self, line: Unpaid) -> None:
        self.count += 1
        self.by_bucket[line.bucket] += line.left


class ReminderFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label="Rechercher")
    annee = django_filters.ChoiceFilter(field_name="year", label="Exercice", empty_label="Tous")
    debiteur = django_filters.ModelChoiceFilter(
        field_name="debtor",
        queryset=Organisation.objects.none(),
        label="Débiteur",
        empty_label="Tous",
        to_field_name="uuid",
    )
    age = django_filters.ChoiceFilter(
        method="aged", choices=[(key, label) for key, label, *_ in BUCKETS], label="Ancienneté", empty_label="Toutes"
    )

    class Meta:
        model = Titre
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = self.queryset.order_by()
        years = rows.order_by("-year").values_list("year", flat=True).distinct()
        self.filters["annee"].extra["choices"] = [(str(year), str(year)) for year in years]
        self.filters["debiteur"].queryset = Organisation.objects.filter(pk__in=rows.values("debtor_id"))

    def search(self, queryset: TitreQuerySet, name: str, value: str) -> TitreQuerySet:
        return queryset.filter(
            Q(debtor__name__icontains=value) | Q(number__iexact=value) | Q(reference__icontains=value)
        )

    def aged(self, queryset: TitreQuerySet, name: str, value: str) -> TitreQuerySet:
        today = timezone.localdate()
        low, high = next((low, high) for key, _label, low, high in BUCKETS if key == value)
        if high is not None:
            queryset = queryset.filter(issued_on__gte=today - dt.timedelta(days=high))
        # A titre dated after today is as young as can be.
        return queryset.filter(issued_on__lte=today - dt.timedelta(days=low)) if low else queryset


def sorted_by(rows: TitreQuerySet, key: str) -> TitreQuerySet:
    """Oldest first unless the address says otherwise."""
    name = key.removeprefix("-")
    if name not in SORTS:
        key = name = "emission"
    first, *rest = SORTS[name]
    order = F(first).desc() if key.startswith("-") else F(first).asc()
    return rows.order_by(order, *rest, "pk")


def lines_of(titres: Iterable[Titre], today: dt.date) -> list[Unpaid]:
    return [Unpaid(titre, age_of(titre, today)) for titre in titres]


def balances(lines: Iterable[Unpaid]) -> tuple[list[Balance], Balance]:
    """By debtor, the most owing first, and all of them."""
    total = Balance(None)
    found: dict[int, Balance] = {}
    for line in lines:
        debtor = line.titre.debtor
        found.setdefault(debtor.pk, Balance(debtor)).add(line)
        total.add(line)
    return sorted(found.values(), key=lambda each: (-each.total, str(each.debtor))), total
