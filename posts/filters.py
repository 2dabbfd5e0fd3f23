"""What the list of posts can be narrowed to; the parameters stand in the address, so a list can be shared."""

from __future__ import annotations

import datetime as dt
from typing import Any

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from parties.actors import Actor
from parties.models import Organisation
from posts.enums import PostKind, Zone
from posts.models import Occupancy, Post
from posts.models.post import PostQuerySet

STATES = (("pourvu", "Pourvu"), ("vacant", "Vacant"), ("ferme", "Fermé"))


def with_state(posts: PostQuerySet, state: str, day: dt.date) -> PostQuerySet:
    """Posts filled, vacant or closed on ``day``. A post of which no date is known is in none of the three."""
    periods = Occupancy.objects.filter(post=OuterRef("pk"))
    filled = Exists(periods.filter(Q(end__isnull=True) | Q(end__gte=day), start__lte=day))
    begun = Exists(periods.filter(start__lte=day)) | Q(created_on__lte=day)
    closed = Q(closed_on__lt=day)
    if state == "pourvu":
        return posts.filter(filled)
    if state == "vacant":
        return posts.filter(begun).exclude(filled).exclude(closed)
    return posts.filter(closed)


class PostFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search")
    type = django_filters.ChoiceFilter(field_name="kind", choices=PostKind.choices, label="Type", empty_label="Tous")
    employeur = django_filters.ModelChoiceFilter(
        field_name="employer", queryset=None, to_field_name="uuid", label="Employeur", empty_label="Tous"
    )
    zone = django_filters.ChoiceFilter(method="in_zone", choices=Zone.choices, label="Zone", empty_label="Toutes")
    etat = django_filters.ChoiceFilter(method="in_state", choices=STATES, label="État", empty_label="Tous")
    tri = django_filters.OrderingFilter(
        fields=(("label", "label"), ("kind", "kind"), ("employer__name", "employer")), widget=forms.HiddenInput
    )

    class Meta:
        model = Post
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, by: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        seen = Post.objects.visible_to(by).order_by().values("employer")
        self.filters["employeur"].queryset = Organisation.objects.visible_to(by).filter(pk__in=seen)

    def search(self, posts: PostQuerySet, name: str, value: str) -> PostQuerySet:
        return posts.matching(value.strip())

    def in_zone(self, posts: PostQuerySet, name: str, value: str) -> PostQuerySet:
        """By the zone of the units; by the kind of the post where no unit is known."""
        kinds = {Zone.POLICE.value: PostKind.ISC, Zone.GENDARMERIE.value: PostKind.ISG}
        by_kind = Q(units__isnull=True, kind__in=[kinds[value], PostKind.ISCG])
        return posts.filter(Q(units__zone=value) | by_kind).distinct()

    def in_state(self, posts: PostQuerySet, name: str, value: str) -> PostQuerySet:
        return with_state(posts, value, timezone.localdate())
