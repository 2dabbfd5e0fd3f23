"""A territory's contributions to the observatoire: what left, what would leave, and the act itself."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.views import Acting
from reporting.contributions.services import ABILITY, contribute, prepare, withdraw
from reporting.models import Contribution, ContributionAct

TAG = "Observatoire"


class ContributionSerializer(serializers.ModelSerializer[Contribution]):
    replaces = serializers.UUIDField(source="replaces.uuid", allow_null=True, default=None, label="Acte remplacé")
    by = serializers.CharField(source="by_label", label="Auteur")

    class Meta:
        model = Contribution
        fields = ("uuid", "year", "act", "sha256", "definitions", "replaces", "reason", "by", "created_at", "content")


class PreparedSerializer(serializers.Serializer):
    year = serializers.IntegerField(label="Année")
    sha256 = serializers.CharField(label="Empreinte de ce qui partirait, à rappeler pour transmettre")
    is_same = serializers.BooleanField(label="C'est déjà ce qui est transmis")
    hidden = serializers.IntegerField(label="Nombres masqués")
    exposed = serializers.ListField(
        child=serializers.CharField(), label="Ce qui, rapproché de la contribution, trahirait un petit effectif"
    )
    content = serializers.JSONField(label="Ce qui partirait")


class ContributionsSerializer(serializers.Serializer):
    contributions = ContributionSerializer(many=True, label="Actes, le plus récent d'abord")
    prepared = PreparedSerializer(allow_null=True, label="Ce qui partirait pour l'année demandée")


class ActSerializer(serializers.Serializer):
    year = serializers.IntegerField(label="Année", min_value=2000, max_value=2100)
    act = serializers.ChoiceField(ContributionAct.choices, label="Acte")
    sha256 = serializers.CharField(required=False, default="", label="Empreinte lue, pour une contribution")
    reason = serializers.CharField(required=False, default="", allow_blank=True, label="Motif, pour un retrait")


class YearSerializer(serializers.Serializer):
    year = serializers.IntegerField(required=False, min_value=2000, max_value=2100)


class ContributionsView(Acting, GenericAPIView):
    read_ability = ABILITY
    serializer_class = ContributionsSerializer

    @extend_schema(
        operation_id="contributions_list",
        tags=[TAG],
        summary="Les contributions du territoire, et ce qui partirait pour une année",
        parameters=[OpenApiParameter("year", int, description="Année à préparer ; sans elle, rien n'est préparé")],
    )
    def get(self, request: Request) -> Response:
        asked = YearSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        year = asked.validated_data.get("year")
        acts = Contribution.objects.visible_to(self.actor).select_related("replaces").order_by("-pk")
        prepared = prepare(year=year, by=self.actor) if year else None
        return Response(self.get_serializer({"contributions": acts, "prepared": prepared}).data)

    @extend_schema(
        operation_id="contributions_act",
        tags=[TAG],
        summary="Transmettre une année à l'observatoire, ou retirer ce qui l'a été",
        description="Transmettre demande l'empreinte (`sha256`) lue par `GET ?year=` : part ce qui a été lu.",
        request=ActSerializer,
        responses=ContributionSerializer,
    )
    def post(self, request: Request) -> Response:
        self.actor.require(ABILITY)
        asked = self.checked(ActSerializer)
        if asked["act"] == ContributionAct.WITHDRAWN:
            row = withdraw(year=asked["year"], reason=asked["reason"], by=self.actor)
        else:
            row, _ = contribute(year=asked["year"], by=self.actor, seen=asked["sha256"] or "?")
        return Response(ContributionSerializer(row, context=self.get_serializer_context()).data)
