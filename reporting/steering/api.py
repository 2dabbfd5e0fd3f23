"""API of steering, read only: the money at risk and what posts cost."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.views import Acting
from core.errors import InvalidInput

from .costs import YearCosts
from .costs_reading import costs_of
from .summary import Picture, picture

STEERING = "Pilotage"
FIRST_YEAR, LAST_YEAR = 2000, 2100
YEAR = OpenApiParameter("year", int, OpenApiParameter.PATH, description="Année")


def _amount(label: str, *, null: bool = False) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=14, decimal_places=2, allow_null=null, label=f"{label}, en euros")


class _Ref(serializers.Serializer):
    uuid = serializers.CharField(label="Identifiant")
    label = serializers.CharField(label="Nom")  # type: ignore[assignment]


class RiskLineSerializer(serializers.Serializer):
    reason = serializers.CharField(label="Raison")
    reason_label = serializers.CharField(source="reason.label", label="Raison, en français")
    amount = _amount("Montant à risque")
    counted = serializers.SerializerMethodField(label="Compté dans le total ; faux pour une hypothèse")
    financer = _Ref(source="share.financer", allow_null=True, label="Financeur ; null s'il manque")
    employer = _Ref(source="share.employer", label="Employeur")
    posts = _Ref(source="share.posts", many=True, label="Postes")
    plan = _Ref(source="share.plan", label="Plan de financement")
    share = _amount("Part du plan")
    due = _amount("Part due, absences déduites")
    received = _amount("Déjà encaissé")
    formula = serializers.CharField(label="Calcul du montant")
    why = serializers.CharField(label="Pourquoi")
    since = serializers.DateField(allow_null=True, label="Depuis")
    others = serializers.ListField(child=serializers.CharField(), label="Autres raisons, non comptées")

    def get_fields(self) -> dict[str, serializers.Field]:
        fields = super().get_fields()
        fields["share"].source, fields["due"].source = "share.amount", "share.due"
        fields["received"].source = "share.called.received"
        return fields

    def get_counted(self, line: object) -> bool:
        return not line.is_assumed  # type: ignore[attr-defined]


class RiskTotalSerializer(serializers.Serializer):
    key = serializers.CharField(label="Clé")
    label = serializers.CharField(label="Nom")  # type: ignore[assignment]
    amount = _amount("Montant")
    lines = serializers.IntegerField(label="Lignes")


class RiskSerializer(serializers.Serializer):
    year = serializers.IntegerField(label="Année")
    on = serializers.DateField(source="today", label="Situation au")
    total = _amount("Total à risque, hypothèses non comptées")
    total_assumed = _amount("Hypothèses : périodes sans plan")
    expected = _amount("Ce que les financeurs doivent")
    received = _amount("Déjà encaissé")
    partial = serializers.BooleanField(  # type: ignore[assignment]
        source="reading.partial", label="Une partie des plans n'est pas visible"
    )
    by_reason = RiskTotalSerializer(many=True, label="Par raison")
    by_financer = RiskTotalSerializer(many=True, label="Par financeur")
    by_post = RiskTotalSerializer(many=True, label="Par poste")
    lines = RiskLineSerializer(many=True, label="Lignes")


class RatioSerializer(serializers.Serializer):
    value = _amount("Rapport", null=True)
    top = _amount("Numérateur", null=True)
    bottom = serializers.DecimalField(max_digits=14, decimal_places=2, allow_null=True, label="Dénominateur")
    unit = serializers.CharField(label="Unité du dénominateur")
    reason = serializers.CharField(allow_blank=True, label="Pourquoi le rapport n'est pas donné")


class _RatiosSerializer(serializers.Serializer):
    planned = _amount("Coût du plan", null=True)
    cost = _amount("Coût retenu, au temps occupé", null=True)
    per_person = RatioSerializer(label="Par personne reçue")
    per_inhabitant = RatioSerializer(label="Par habitant couvert")
    per_etp = RatioSerializer(label="Par temps plein travaillé")

    def get_fields(self) -> dict[str, serializers.Field]:
        fields = super().get_fields()
        fields["planned"].source, fields["cost"].source = "planned.value", "cost.value"
        return fields


class PostCostSerializer(_RatiosSerializer):
    uuid = serializers.CharField(source="key", label="Poste")
    label = serializers.CharField(label="Nom du poste")  # type: ignore[assignment]
    employer = serializers.CharField(label="Employeur")


class CostsSerializer(_RatiosSerializer):
    year = serializers.IntegerField(label="Année")
    per_post = RatioSerializer(label="Coût moyen d'un poste")
    posts = PostCostSerializer(many=True, label="Postes")


class RisksView(Acting, GenericAPIView):
    read_ability = "plan.view"
    serializer_class = RiskSerializer

    @extend_schema(
        operation_id="steering_risks",
        tags=[STEERING],
        summary="L'argent à risque d'une année, ligne par ligne",
        parameters=[YEAR],
    )
    def get(self, request: Request, year: int) -> Response:
        found: Picture = picture(self.actor, year=checked(year), today=timezone.localdate())
        return Response(self.get_serializer(found).data)


class CostsView(Acting, GenericAPIView):
    read_ability = "plan.view"
    serializer_class = CostsSerializer

    @extend_schema(
        operation_id="steering_costs", tags=[STEERING], summary="Ce que coûte chaque poste", parameters=[YEAR]
    )
    def get(self, request: Request, year: int) -> Response:
        found = costs_of(self.actor, years=[checked(year)], today=timezone.localdate())
        return Response(self.get_serializer(found[0] if found else YearCosts(year, ())).data)


def checked(year: int) -> int:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise InvalidInput(f"L'année {year} n'est pas possible.", place="year")
    return year
