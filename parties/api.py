"""API of the bottom floor: the caller, their territory, organisations and mandates. Read only."""

from __future__ import annotations

import datetime as dt
from typing import Any

import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from core import rls
from core.api.fields import label_of
from core.api.schema import documented
from core.api.views import Acting, ReadViewSet
from core.errors import NotAllowed
from parties.actors import Actor
from parties.enums import OrganisationKind
from parties.models import Mandate, Organisation, Territory
from parties.roles import ABILITIES

TERRITORY, DIRECTORY = "Territoire", "Annuaire"


def require_reviewer(actor: Actor) -> None:
    """Findings are for those who prepare and review: a party would have them computed on its own part of the data."""
    if actor.context.scope not in (rls.STAFF, rls.PREFECTURE, rls.EXCEPTIONAL):
        raise NotAllowed("Votre rôle ne permet pas de consulter les constats.")


class OrganisationRefSerializer(serializers.ModelSerializer):
    label = serializers.CharField(read_only=True, label="Nom court")  # type: ignore[assignment]

    class Meta:
        model = Organisation
        fields = ["uuid", "key", "label", "kind", "siren"]
        read_only_fields = fields


class TerritorySerializer(serializers.ModelSerializer):
    class Meta:
        model = Territory
        fields = ["uuid", "code", "name", "administrative_court"]
        read_only_fields = fields


class OrganisationSerializer(serializers.ModelSerializer):
    kind_label = label_of("kind")
    french_name = serializers.CharField(source="french.text", read_only=True, label="Nom complet")
    parent = OrganisationRefSerializer(read_only=True, allow_null=True)

    class Meta:
        model = Organisation
        fields = [
            "uuid",
            "key",
            "kind",
            "kind_label",
            "legal_form",
            "name",
            "short_name",
            "french_name",
            "siren",
            "siret",
            "seat",
            "address1",
            "address2",
            "postal_code",
            "city",
            "parent",
            "updated_at",
        ]
        read_only_fields = fields


class MandateRefSerializer(serializers.ModelSerializer):
    class Meta:
        model = Mandate
        fields = ["uuid", "key", "person", "function", "rank"]
        read_only_fields = fields


class MandateSerializer(serializers.ModelSerializer):
    organisation = OrganisationRefSerializer(read_only=True)
    capacity_label = label_of("capacity")

    class Meta:
        model = Mandate
        fields = [
            "uuid",
            "key",
            "organisation",
            "person",
            "gender",
            "function",
            "rank",
            "capacity",
            "capacity_label",
            "start",
            "end",
            "delegation",
            "updated_at",
        ]
        read_only_fields = fields


class MeSerializer(serializers.Serializer):
    name = serializers.CharField(source="user.name", allow_null=True, label="Prénom et nom, null pour un jeton")
    email = serializers.EmailField(source="user.email", allow_null=True, label="Adresse, null pour un jeton")
    token = serializers.CharField(source="token.name", allow_null=True, label="Nom du jeton, null pour une personne")
    role = serializers.CharField(label="Rôle")
    organisation = OrganisationRefSerializer(allow_null=True, label="Null sous un accès exceptionnel")
    territory = TerritorySerializer()
    abilities = serializers.SerializerMethodField(label="Ce que ce rôle ou ce jeton permet : code et libellé")

    def get_abilities(self, actor: Any) -> dict[str, str]:
        return {name: ABILITIES[name] for name in sorted(actor.abilities)}


class MeView(Acting, GenericAPIView):
    """Who the session or the token acts for; switching organisation is done on the site."""

    serializer_class = MeSerializer

    @extend_schema(tags=[TERRITORY], summary="Qui je suis : compte, organisation, rôle et droits")
    def get(self, request: Request) -> Response:
        return Response(self.get_serializer(self.actor).data)


@documented(TERRITORY, list="Mon territoire", retrieve="Un territoire")
class TerritoryViewSet(ReadViewSet):
    """The caller's own territory: the others are none of their business."""

    queryset = Territory.objects.all()
    serializer_class = TerritorySerializer
    filter_backends: list[Any] = []

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return Territory.objects.none()
        return Territory.objects.filter(pk=self.actor.territory_id)


class OrganisationFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label="Nom, nom court ou SIREN")
    kind = django_filters.MultipleChoiceFilter(choices=OrganisationKind.choices, label="Nature")
    siren = django_filters.CharFilter(label="SIREN exact")

    class Meta:
        model = Organisation
        fields = ["q", "kind", "siren"]

    def search(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.matching(value)


@documented(DIRECTORY, list="Les organisations du territoire", retrieve="Une organisation")
class OrganisationViewSet(ReadViewSet):
    queryset = Organisation.objects.select_related("parent")
    serializer_class = OrganisationSerializer
    filterset_class = OrganisationFilter
    ordering_fields = ["name", "kind", "siren", "updated_at"]


class MandateFilter(django_filters.FilterSet):
    organisation = django_filters.UUIDFilter(field_name="organisation__uuid", label="Organisation (uuid)")
    in_force_on = django_filters.DateFilter(method="in_force", label="En vigueur à cette date")

    class Meta:
        model = Mandate
        fields = ["organisation", "in_force_on"]

    def in_force(self, queryset: Any, name: str, value: dt.date) -> Any:
        return queryset.in_force_on(value)


@documented(DIRECTORY, list="Les mandats : qui représente qui, et quand", retrieve="Un mandat")
class MandateViewSet(ReadViewSet):
    queryset = Mandate.objects.select_related("organisation")
    serializer_class = MandateSerializer
    filterset_class = MandateFilter
    ordering_fields = ["person", "start", "end", "updated_at"]
