"""Votes of local bodies."""

from __future__ import annotations

from typing import Any

import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from conventions.checks import check_deliberation
from conventions.models import Convention, Decision, Deliberation
from core.api.fields import FindingSerializer, label_of
from core.api.filters import YearFilter
from core.api.schema import documented
from core.api.views import ReadViewSet, listed
from funding.checks import with_answers
from parties.api import OrganisationRefSerializer, require_reviewer

DELIBERATIONS = "Délibérations"


class ConventionRefSerializer(serializers.ModelSerializer):
    class Meta:
        model = Convention
        fields = ["uuid", "reference"]
        read_only_fields = fields


class DecisionSerializer(serializers.ModelSerializer):
    kind_label = label_of("kind")
    beneficiary = OrganisationRefSerializer(read_only=True, allow_null=True)
    conventions = ConventionRefSerializer(many=True, read_only=True)

    class Meta:
        model = Decision
        fields = ["position", "kind", "kind_label", "subject", "amount", "beneficiary", "annex", "conventions"]
        read_only_fields = fields


class DeliberationSerializer(serializers.ModelSerializer):
    organisation = OrganisationRefSerializer(read_only=True)

    class Meta:
        model = Deliberation
        fields = [
            "uuid",
            "key",
            "organisation",
            "body",
            "number",
            "date",
            "title",
            "transmitted_on",
            "published_on",
            "updated_at",
        ]
        read_only_fields = fields


class DeliberationDetailSerializer(DeliberationSerializer):
    decisions = DecisionSerializer(many=True, read_only=True)

    class Meta(DeliberationSerializer.Meta):
        fields = [
            *DeliberationSerializer.Meta.fields,
            "present",
            "votes_for",
            "votes_against",
            "abstentions",
            "decisions",
        ]
        read_only_fields = fields


class DeliberationFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(field_name="title", lookup_expr="icontains", label="Objet")
    number = django_filters.CharFilter(label="Numéro exact")
    year = YearFilter(field_name="date", lookup_expr="year", label="Année du vote")
    organisation = django_filters.UUIDFilter(field_name="organisation__uuid", label="Collectivité (uuid)")

    class Meta:
        model = Deliberation
        fields = ["q", "number", "year", "organisation"]


@documented(
    DELIBERATIONS,
    list="Les délibérations",
    retrieve="Une délibération et ses décisions",
    findings="Les constats sur une délibération",
)
class DeliberationViewSet(ReadViewSet):
    queryset = Deliberation.objects.select_related("organisation")
    serializer_class = DeliberationDetailSerializer
    list_serializer_class = DeliberationSerializer
    filterset_class = DeliberationFilter
    ordering_fields = ["date", "number", "updated_at"]

    def with_related(self, queryset: Any) -> Any:
        if self.action == "list":
            return queryset
        return queryset.prefetch_related("decisions__beneficiary", "decisions__conventions")

    @extend_schema(responses=FindingSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None, filter_backends=[])
    def findings(self, request: Request, uuid: str) -> Response:
        deliberation = self.get_object()
        require_reviewer(self.actor)
        return listed(with_answers(check_deliberation(deliberation), self.actor.territory), FindingSerializer, self)
