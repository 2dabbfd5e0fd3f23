"""Plans and allocation keys."""

from __future__ import annotations

from typing import Any

import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import FindingSerializer
from core.api.filters import YearFilter
from core.api.schema import documented
from core.api.views import ReadViewSet, listed
from funding.api.plan_input import (
    PlanInputSerializer,
    PlanReplacementSerializer,
    SpanInputSerializer,
    plan_data,
    span_data,
)
from funding.api.serializers import AllocationKeySerializer, PlanDetailSerializer, PlanSerializer
from funding.api.titres import TITRES, TitreSerializer
from funding.checks import check_plan, with_answers
from funding.enums import PlanStatus
from funding.models import AllocationKey, FundingPlan, Titre
from funding.services.plan_years import create_plans_over_years
from funding.services.plans import create_plan, save_plan
from funding.services.titres import propose_titres
from parties.api import require_reviewer

FUNDING = "Financements"


class PlanFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label="Libellé, employeur ou poste")
    year = YearFilter(label="Année")
    status = django_filters.MultipleChoiceFilter(choices=PlanStatus.choices, label="État")
    employer = django_filters.UUIDFilter(field_name="employer__uuid", label="Employeur (uuid)")
    post = django_filters.UUIDFilter(field_name="posts__uuid", label="Poste (uuid)")

    class Meta:
        model = FundingPlan
        fields = ["q", "year", "status", "employer", "post"]

    def search(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.matching(value)


@documented(
    FUNDING,
    list="Les plans de financement",
    retrieve="Un plan : coûts, parts, montants expliqués, équilibre",
    create=("Créer un plan", "Le plan naît en projet, calculé."),
    update=(
        "Remplacer un plan en projet",
        "Le corps entier remplace coûts et parts. `version` est celle que vous avez lue : si quelqu'un a enregistré "
        "depuis, rien n'est écrit et la réponse est 409.",
    ),
    findings="Les constats sur un plan",
)
class PlanViewSet(ReadViewSet):
    read_ability = "plan.view"
    queryset = FundingPlan.objects.all()
    serializer_class = PlanDetailSerializer
    list_serializer_class = PlanSerializer
    filterset_class = PlanFilter
    ordering_fields = ["year", "label", "status", "updated_at"]

    def with_related(self, queryset: Any) -> Any:
        queryset = queryset.for_list()
        if self.action == "list":
            return queryset
        return queryset.prefetch_related("shares__allocation_key", "events")

    @extend_schema(request=PlanInputSerializer, responses={201: PlanDetailSerializer})
    def create(self, request: Request) -> Response:
        self.actor.require("plan.edit")
        data = self.checked(PlanInputSerializer)
        return self.detail_of(create_plan(data=plan_data(data), by=self.actor), status=201)

    @extend_schema(request=PlanReplacementSerializer, responses=PlanDetailSerializer)
    def update(self, request: Request, uuid: str) -> Response:
        plan = self.get_object()
        self.actor.require("plan.edit")
        data = self.checked(PlanReplacementSerializer)
        saved = save_plan(plan=plan, data=plan_data(data, plan), expected_version=data["version"], by=self.actor)
        return self.detail_of(saved)

    @extend_schema(
        tags=[FUNDING],
        summary="Créer les plans d'une période à cheval sur plusieurs années",
        description="Coûts et parts sont ceux de la période ; un plan naît par année civile, au prorata des jours, et "
        "leurs montants font exactement la période. Refusé si un plan finance déjà un de ces jours.",
        request=SpanInputSerializer,
        responses={201: PlanSerializer(many=True)},
        filters=False,
    )
    @action(detail=False, methods=["post"], url_path="over-years", pagination_class=None, filter_backends=[])
    def over_years(self, request: Request) -> Response:
        self.actor.require("plan.edit")
        made = create_plans_over_years(data=span_data(self.checked(SpanInputSerializer)), by=self.actor)
        rows = FundingPlan.objects.visible_to(self.actor).filter(pk__in=[plan.pk for plan in made]).order_by("year")
        answer = listed(rows.for_list(), PlanSerializer, self)
        answer.status_code = 201
        return answer

    @extend_schema(responses=FindingSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None, filter_backends=[])
    def findings(self, request: Request, uuid: str) -> Response:
        plan = self.get_object()
        require_reviewer(self.actor)
        return listed(with_answers(check_plan(plan), self.actor.territory), FindingSerializer, self)

    @extend_schema(
        tags=[TITRES],
        summary="Préparer les titres d'un plan engagé",
        description="Peut être répété : un titre déjà exporté ne bouge pas, les autres sont recalculés.",
        request=None,
        responses=TitreSerializer(many=True),
        filters=False,
    )
    @action(detail=True, methods=["post"], url_path="titres", pagination_class=None, filter_backends=[])
    def propose(self, request: Request, uuid: str) -> Response:
        prepared = propose_titres(plan=self.get_object(), by=self.actor)
        rows = Titre.objects.visible_to(self.actor).filter(pk__in=[titre.pk for titre in prepared]).for_list()
        return listed(rows, TitreSerializer, self)


class AllocationKeyFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(field_name="label", lookup_expr="icontains", label="Libellé")
    vintage = YearFilter(label="Millésime")

    class Meta:
        model = AllocationKey
        fields = ["q", "vintage"]


@documented(FUNDING, list="Les clés de répartition", retrieve="Une clé de répartition")
class AllocationKeyViewSet(ReadViewSet):
    read_ability = "plan.view"
    queryset = AllocationKey.objects.prefetch_related("lines__organisation")
    serializer_class = AllocationKeySerializer
    filterset_class = AllocationKeyFilter
    ordering_fields = ["label", "vintage"]
