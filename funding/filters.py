"""What the list of plans can be narrowed and sorted by; every choice is in the address."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import DecimalField, Exists, F, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from funding.enums import PlanStatus, Source
from funding.models import FundingPlan, Share
from funding.models.plan import PlanQuerySet
from parties.models import Organisation
from posts.models import Post

MONEY = DecimalField(max_digits=14, decimal_places=2)

#: Sort key of the address → ordering. Ties are settled so that two visits list the same.
SORTS = {
    "libelle": ("label",),
    "annee": ("year", "label"),
    "employeur": ("employer__name", "label"),
    "etat": ("state_amount", "label"),
    "departement": ("departement_amount", "label"),
    "autres": ("other_amount", "label"),
    "total": ("total_amount", "label"),
}
DEFAULT_SORT = "-annee"


class PlanFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label="Rechercher")
    annee = django_filters.ChoiceFilter(field_name="year", label="Année", empty_label="Toutes")
    employeur = django_filters.ModelChoiceFilter(
        field_name="employer",
        queryset=Organisation.objects.none(),
        label="Employeur",
        empty_label="Tous",
        to_field_name="uuid",
    )
    poste = django_filters.ModelChoiceFilter(
        field_name="posts", queryset=Post.objects.none(), label="Poste", empty_label="Tous", to_field_name="uuid"
    )
    statut = django_filters.ChoiceFilter(
        field_name="status", choices=PlanStatus.choices, label="État du plan", empty_label="Tous"
    )

    class Meta:
        model = FundingPlan
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        plans = self.queryset
        years = plans.order_by("-year").values_list("year", flat=True).distinct()
        self.filters["annee"].extra["choices"] = [(str(year), str(year)) for year in years]
        self.filters["employeur"].queryset = Organisation.objects.filter(pk__in=plans.values("employer_id"))
        self.filters["poste"].queryset = Post.objects.filter(plan_posts__plan__in=plans).distinct().order_by("label")

    def search(self, queryset: PlanQuerySet, name: str, value: str) -> PlanQuerySet:
        # A subquery: the joins of the search must not multiply the sums of the list.
        return queryset.filter(pk__in=FundingPlan.objects.matching(value).values("pk"))


def with_amounts(plans: PlanQuerySet) -> PlanQuerySet:
    """Add, in euros, what the State, the département and the others pay, and the total of the known parts.

    ``has_unknown``: a part has no amount yet (a remainder whose cost is not stated)."""

    def paid(condition: Q) -> Coalesce:
        leaves = Share.objects.filter(condition, plan=OuterRef("pk"), financer__isnull=False).order_by()
        total = leaves.values("plan").annotate(total=Sum("amount")).values("total")
        return Coalesce(Subquery(total, output_field=MONEY), Value(0, output_field=MONEY))

    state = Q(source__in=[Source.FIPD, Source.STATE])
    departement = Q(source=Source.DEPARTEMENT)
    return plans.annotate(
        state_amount=paid(state),
        departement_amount=paid(departement),
        other_amount=paid(~state & ~departement),
        has_unknown=Exists(Share.objects.filter(plan=OuterRef("pk"), financer__isnull=False, amount__isnull=True)),
    ).annotate(total_amount=F("state_amount") + F("departement_amount") + F("other_amount"))


def sorted_by(plans: PlanQuerySet, key: str) -> PlanQuerySet:
    """``annee`` or ``-annee``; an unknown key gives the usual order."""
    name = key.removeprefix("-")
    if name not in SORTS:
        key, name = DEFAULT_SORT, DEFAULT_SORT.removeprefix("-")
    first, *rest = SORTS[name]
    order = F(first).desc() if key.startswith("-") else F(first).asc()
    return plans.order_by(order, *rest, "pk")


def totals(plans: PlanQuerySet) -> dict[str, Any]:
    """Sums over every plan of the list, not only those of the page."""
    names = ("state_amount", "departement_amount", "other_amount", "total_amount")
    # Under their own names the sums would hide the annotations they add up.
    sums = {f"sum_{name}": Coalesce(Sum(name), Value(0, output_field=MONEY)) for name in names}
    found = plans.order_by().aggregate(**sums)
    return {name: found[f"sum_{name}"] for name in names}
