"""API of posts: units, posts, their occupancy, and monthly activity, which may be entered here."""

from __future__ import annotations

import datetime as dt
from typing import Any

import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import VisibleField, label_of
from core.api.filters import WholeNumberFilter, YearFilter
from core.api.schema import documented
from core.api.views import ReadViewSet, listed
from parties.api import OrganisationRefSerializer
from posts.api_detail import MonthActions
from posts.enums import PostKind, UnitKind, Zone
from posts.models import ActivityReturn, Occupancy, Post, PostUnit, ServiceUnit
from posts.models.activity import COUNTS
from posts.services.activity import record_activity

POSTS, ACTIVITY = "Postes", "Activité"


class UnitRefSerializer(serializers.ModelSerializer):
    class Meta:
        model = ServiceUnit
        fields = ["uuid", "key", "name", "zone"]
        read_only_fields = fields


class UnitSerializer(serializers.ModelSerializer):
    kind_label = label_of("kind")
    organisation = OrganisationRefSerializer(read_only=True)
    parent = UnitRefSerializer(read_only=True, allow_null=True)

    class Meta:
        model = ServiceUnit
        fields = ["uuid", "key", "name", "kind", "kind_label", "zone", "organisation", "parent", "communes"]
        read_only_fields = fields


class PostRefSerializer(serializers.ModelSerializer):
    class Meta:
        model = Post
        fields = ["uuid", "key", "label", "kind"]
        read_only_fields = fields


class PostUnitSerializer(serializers.ModelSerializer):
    unit = UnitRefSerializer(read_only=True)

    class Meta:
        model = PostUnit
        fields = ["unit", "percent"]
        read_only_fields = fields


class OccupancySerializer(serializers.ModelSerializer):
    class Meta:
        model = Occupancy
        fields = ["uuid", "start", "end", "working_time", "note"]
        read_only_fields = fields


class PostSerializer(serializers.ModelSerializer):
    kind_label = label_of("kind")
    employer = OrganisationRefSerializer(read_only=True)
    units = PostUnitSerializer(source="post_units", many=True, read_only=True, label="Unités et part du temps")

    class Meta:
        model = Post
        fields = [
            "uuid",
            "key",
            "label",
            "kind",
            "kind_label",
            "employer",
            "etp",
            "weekly_hours",
            "units",
            "created_on",
            "closed_on",
            "updated_at",
        ]
        read_only_fields = fields


class PostDetailSerializer(PostSerializer):
    epcis = OrganisationRefSerializer(many=True, read_only=True)
    occupancies = OccupancySerializer(many=True, read_only=True)

    class Meta(PostSerializer.Meta):
        fields = [
            *PostSerializer.Meta.fields,
            "epcis",
            "occupancies",
            "residence",
            "hierarchical_authority",
            "functional_authority",
        ]
        read_only_fields = fields


class UnitFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(field_name="name", lookup_expr="icontains", label="Nom")
    zone = django_filters.ChoiceFilter(choices=Zone.choices, label="Zone")
    kind = django_filters.ChoiceFilter(choices=UnitKind.choices, label="Type d'unité")
    organisation = django_filters.UUIDFilter(field_name="organisation__uuid", label="Organisation (uuid)")

    class Meta:
        model = ServiceUnit
        fields = ["q", "zone", "kind", "organisation"]


@documented(POSTS, list="Les unités de police et de gendarmerie", retrieve="Une unité")
class UnitViewSet(ReadViewSet):
    queryset = ServiceUnit.objects.select_related("organisation", "parent")
    serializer_class = UnitSerializer
    filterset_class = UnitFilter
    ordering_fields = ["name", "zone", "kind"]


class PostFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label="Libellé, employeur ou unité")
    employer = django_filters.UUIDFilter(field_name="employer__uuid", label="Employeur (uuid)")
    kind = django_filters.MultipleChoiceFilter(choices=PostKind.choices, label="Type de poste")
    open_on = django_filters.DateFilter(method="still_open", label="Pas fermé à cette date")

    class Meta:
        model = Post
        fields = ["q", "employer", "kind", "open_on"]

    def search(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.matching(value)

    def still_open(self, queryset: Any, name: str, value: dt.date) -> Any:
        return queryset.open_on(value)


@documented(
    POSTS,
    list="Les postes que je peux voir",
    retrieve="Un poste, ses unités et ses occupations",
    occupancies="Quand le poste a été pourvu",
)
class PostViewSet(MonthActions, ReadViewSet):
    queryset = Post.objects.all()
    serializer_class = PostDetailSerializer
    list_serializer_class = PostSerializer
    filterset_class = PostFilter
    ordering_fields = ["label", "kind", "created_on", "updated_at"]

    def with_related(self, queryset: Any) -> Any:
        queryset = queryset.select_related("employer").prefetch_related("post_units__unit")
        return queryset if self.action == "list" else queryset.prefetch_related("epcis", "occupancies")

    @extend_schema(responses=OccupancySerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None, filter_backends=[])
    def occupancies(self, request: Request, uuid: str) -> Response:
        return listed(self.get_object().occupancies.all(), OccupancySerializer, self)


# --- Activity ---------------------------------------------------------------------------------------------------------


class ActivitySerializer(serializers.ModelSerializer):
    post = PostRefSerializer(read_only=True)
    people = serializers.IntegerField(read_only=True, allow_null=True, label="Personnes (femmes, hommes et enfants)")
    interviews = serializers.IntegerField(read_only=True, allow_null=True, label="Entretiens")

    class Meta:
        model = ActivityReturn
        fields = [
            "uuid",
            "post",
            "year",
            "month",
            "zone",
            *COUNTS,
            "people",
            "interviews",
            "note",
            "missing_reason",
            "updated_at",
        ]
        read_only_fields = fields


class ActivityInputSerializer(serializers.ModelSerializer):
    post = VisibleField(queryset=Post.objects.all(), label="Poste (uuid)")
    year = serializers.IntegerField(label="Année")
    month = serializers.IntegerField(allow_null=True, label="Mois, de 1 à 12 ; null pour l'année entière")
    zone = serializers.ChoiceField(
        choices=Zone.choices, allow_blank=True, default="", label="Zone, vide pour tout le poste"
    )

    class Meta:
        model = ActivityReturn
        fields = ["post", "year", "month", "zone", *COUNTS, "note"]
        # Whether the period is already held is the service's affair: it replaces it.
        validators: list[Any] = []


class RecordedSerializer(serializers.Serializer):
    activity = ActivitySerializer(allow_null=True, label="Le relevé ; null si le mois est maintenant vide")
    changed = serializers.BooleanField(label="Quelque chose a changé")
    warnings = serializers.ListField(child=serializers.CharField(), label="Ce qui mérite d'être vérifié")


class ActivityFilter(django_filters.FilterSet):
    post = django_filters.UUIDFilter(field_name="post__uuid", label="Poste (uuid)")
    employer = django_filters.UUIDFilter(field_name="post__employer__uuid", label="Employeur (uuid)")
    year = YearFilter(label="Année")
    month = WholeNumberFilter(minimum=1, maximum=12, label="Mois")
    zone = django_filters.ChoiceFilter(choices=Zone.choices, label="Zone")

    class Meta:
        model = ActivityReturn
        fields = ["post", "employer", "year", "month", "zone"]


@documented(
    ACTIVITY,
    list="Les relevés d'activité",
    retrieve="Un relevé d'activité",
)
class ActivityViewSet(ReadViewSet):
    queryset = ActivityReturn.objects.select_related("post")
    serializer_class = ActivitySerializer
    filterset_class = ActivityFilter
    ordering_fields = ["year", "month", "updated_at"]

    @extend_schema(
        tags=[ACTIVITY],
        summary="Enregistrer les chiffres d'un mois",
        description="Remplace ce qui est tenu pour ce poste, ce mois et cette zone ; répéter l'appel ne double rien. "
        "Un compteur absent ou null est inconnu, jamais zéro. Un mois sans aucun chiffre redevient « non saisi ».",
        request=ActivityInputSerializer,
        responses=RecordedSerializer,
        filters=False,
    )
    def record(self, request: Request) -> Response:
        self.actor.require("activity.edit")
        data = self.checked(ActivityInputSerializer)
        recorded = record_activity(
            post=data["post"],
            year=data["year"],
            month=data["month"],
            zone=data["zone"],
            counts={name: data[name] for name in COUNTS if name in data},
            note=data.get("note", ""),
            by=self.actor,
        )
        return Response(RecordedSerializer(recorded, context=self.get_serializer_context()).data)
