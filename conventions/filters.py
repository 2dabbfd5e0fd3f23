"""Filters of the lists, read from the address."""

from __future__ import annotations

import datetime as dt
from typing import Any

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, QuerySet

from conventions.enums import Family, Status
from conventions.models import Convention, Deliberation
from parties.models import Organisation
from posts.models import Post

#: What each column sorts by; the reference settles ties.
SORTS = {
    "reference": "reference",
    "titre": "title",
    "famille": "family",
    "debut": "period_start",
    "fin": "period_end",
    "etat": "status",
}


def _employers(request: Any) -> QuerySet[Organisation]:
    return Organisation.objects.filter(Exists(Post.objects.filter(employer=OuterRef("pk"))))


class ConventionFilter(django_filters.FilterSet):
    """``?q=…&etat=…&famille=…&employeur=…&annee=…&tri=…``; an unknown value filters nothing."""

    q = django_filters.CharFilter(method="search", label="Rechercher")
    etat = django_filters.ChoiceFilter(field_name="status", choices=Status.choices, label="État", empty_label="Tous")
    famille = django_filters.ChoiceFilter(
        field_name="family", choices=Family.choices, label="Famille", empty_label="Toutes"
    )
    employeur = django_filters.ModelChoiceFilter(
        queryset=_employers, to_field_name="uuid", method="of_employer", label="Employeur", empty_label="Tous"
    )
    annee = django_filters.NumberFilter(
        method="of_year", label="Année", widget=forms.NumberInput(attrs={"min": 2000, "max": 2100, "size": 4})
    )

    class Meta:
        model = Convention
        fields: list[str] = []

    def search(self, queryset: QuerySet[Convention], name: str, value: str) -> QuerySet[Convention]:
        return queryset.matching(value.strip())  # type: ignore[attr-defined]

    def of_employer(self, queryset: QuerySet[Convention], name: str, value: Organisation) -> QuerySet[Convention]:
        posts = Post.objects.filter(employer=value, convention_posts__convention=OuterRef("pk"))
        return queryset.filter(Exists(posts))

    def of_year(self, queryset: QuerySet[Convention], name: str, value: Any) -> QuerySet[Convention]:
        if not dt.MINYEAR <= value <= dt.MAXYEAR:
            return queryset  # an address edited by hand: not a year
        year = int(value)
        return queryset.covering_year(year)  # type: ignore[attr-defined]


def ordered(queryset: QuerySet[Convention], tri: str) -> QuerySet[Convention]:
    """Sorted by the column ``tri`` names ("-" first: descending); by reference otherwise."""
    column = SORTS.get(tri.removeprefix("-"))
    if column is None:
        return queryset.order_by("reference")
    return queryset.order_by(f"-{column}" if tri.startswith("-") else column, "reference")


class DeliberationFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label="Rechercher")
    organisation = django_filters.ModelChoiceFilter(
        queryset=lambda request: Organisation.objects.filter(
            Exists(Deliberation.objects.filter(organisation=OuterRef("pk")))
        ),
        to_field_name="uuid",
        label="Collectivité",
        empty_label="Toutes",
    )

    class Meta:
        model = Deliberation
        fields: list[str] = []

    def search(self, queryset: QuerySet[Deliberation], name: str, value: str) -> QuerySet[Deliberation]:
        from django.db.models import Q

        text = value.strip()
        return queryset.filter(
            Q(number__icontains=text) | Q(title__icontains=text) | Q(organisation__name__icontains=text)
        )
