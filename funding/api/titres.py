"""Titres de recettes and the files they left in."""

from __future__ import annotations

from typing import Any, cast

import django_filters
from django.db.models import Q
from django.http import FileResponse, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import label_of
from core.api.filters import YearFilter
from core.api.schema import documented
from core.api.views import AnyAccept, ReadViewSet
from core.errors import InvalidInput
from funding.api.titre_acts import ReasonInputSerializer, ReceiptSerializer, TitreActs
from funding.enums import TitreStatus
from funding.exports import registry
from funding.models import ExportBatch, FundingPlan, Titre, TitreEvent
from funding.services.titre_batches import cancel_batch
from funding.services.titre_exports import export_titres
from funding.titre_workflow import ACTS
from parties.api import OrganisationRefSerializer

TITRES = "Titres de recettes"


class PlanRefSerializer(serializers.ModelSerializer):
    class Meta:
        model = FundingPlan
        fields = ["uuid", "key", "label", "year"]
        read_only_fields = fields


class BatchRefSerializer(serializers.ModelSerializer):
    class Meta:
        model = ExportBatch
        fields = ["uuid", "number", "filename"]
        read_only_fields = fields


class TitreSerializer(serializers.ModelSerializer):
    kind_label = label_of("kind")
    status_label = label_of("status")
    plan = PlanRefSerializer(read_only=True, allow_null=True)
    issuer = OrganisationRefSerializer(read_only=True)
    debtor = OrganisationRefSerializer(read_only=True)
    batch = BatchRefSerializer(read_only=True, allow_null=True)
    original: Any = serializers.SlugRelatedField(
        slug_field="uuid", read_only=True, allow_null=True, label="Titre corrigé ou remplacé (uuid)"
    )

    class Meta:
        model = Titre
        fields = [
            "uuid",
            "entry_id",
            "kind",
            "kind_label",
            "status",
            "status_label",
            "plan",
            "share_ref",
            "issuer",
            "debtor",
            "year",
            "base",
            "due",
            "planned",
            "unit",
            "amount",
            "advances",
            "corrected",
            "original",
            "reason",
            "subject",
            "reference",
            "blocked_reason",
            "batch",
            "slip_number",
            "number",
            "issued_on",
            "received",
            "received_on",
            "updated_at",
        ]
        read_only_fields = fields


class TitreEventSerializer(serializers.ModelSerializer):
    act_label = serializers.SerializerMethodField(label="Acte")

    class Meta:
        model = TitreEvent
        fields = ["act", "act_label", "from_status", "to_status", "by_label", "reason", "created_at"]
        read_only_fields = fields

    def get_act_label(self, event: TitreEvent) -> str:
        return ACTS[event.act].label if event.act in ACTS else event.act


class TitreDetailSerializer(TitreSerializer):
    events = TitreEventSerializer(many=True, read_only=True)
    receipts = ReceiptSerializer(many=True, read_only=True)

    class Meta(TitreSerializer.Meta):
        fields = [*TitreSerializer.Meta.fields, "statement", "blockers", "receipts", "events"]
        read_only_fields = fields


class TitreFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label="Écriture, convention, objet ou débiteur")
    year = YearFilter(label="Exercice")
    status = django_filters.MultipleChoiceFilter(choices=TitreStatus.choices, label="État")
    employer = django_filters.UUIDFilter(field_name="issuer__uuid", label="Employeur émetteur (uuid)")
    debtor = django_filters.UUIDFilter(field_name="debtor__uuid", label="Débiteur (uuid)")
    plan = django_filters.UUIDFilter(field_name="plan__uuid", label="Plan (uuid)")
    batch = django_filters.UUIDFilter(field_name="batch__uuid", label="Lot d'export (uuid)")

    class Meta:
        model = Titre
        fields = ["q", "year", "status", "employer", "debtor", "plan", "batch"]

    def search(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.filter(
            Q(entry_id__icontains=value)
            | Q(reference__icontains=value)
            | Q(subject__icontains=value)
            | Q(debtor__name__icontains=value)
        )


@documented(TITRES, list="Les titres que j'émets ou que je dois", retrieve="Un titre, son décompte et son historique")
class TitreViewSet(TitreActs, ReadViewSet):
    read_ability = "titre.view"
    queryset = Titre.objects.for_list()
    serializer_class = TitreDetailSerializer
    list_serializer_class = TitreSerializer
    filterset_class = TitreFilter
    ordering_fields = ["year", "amount", "status", "updated_at"]

    def with_related(self, queryset: Any) -> Any:
        return queryset if self.action == "list" else queryset.prefetch_related("events", "receipts")


# --- Batches ----------------------------------------------------------------------------------------------------------


class ExportBatchSerializer(serializers.ModelSerializer):
    issuer = OrganisationRefSerializer(read_only=True)
    cancelled = serializers.BooleanField(source="is_cancelled", read_only=True, label="Annulé")

    class Meta:
        model = ExportBatch
        fields = [
            "uuid",
            "issuer",
            "year",
            "number",
            "file_format",
            "filename",
            "sha256",
            "size",
            "cancelled",
            "count",
            "total",
            "by_label",
            "created_at",
        ]
        read_only_fields = fields


class ExportInputSerializer(serializers.Serializer):
    year = serializers.IntegerField(min_value=2000, max_value=2100, label="Exercice")
    format = serializers.ChoiceField(choices=registry.choices(), label="Format")


class ExportBatchFilter(django_filters.FilterSet):
    year = YearFilter(label="Exercice")
    employer = django_filters.UUIDFilter(field_name="issuer__uuid", label="Employeur émetteur (uuid)")

    class Meta:
        model = ExportBatch
        fields = ["year", "employer"]


@documented(
    TITRES,
    list="Les lots exportés",
    retrieve="Un lot exporté",
    create=(
        "Exporter les titres prêts de mon organisation",
        "Un titre ne part qu'une fois. Quand rien n'est prêt, la réponse est 409 et aucun lot n'est créé.",
    ),
    file="Le fichier d'un lot, tel qu'il est parti",
)
class ExportBatchViewSet(ReadViewSet):
    read_ability = "titre.view"
    queryset = ExportBatch.objects.select_related("issuer", "cancellation").defer("content")
    serializer_class = ExportBatchSerializer
    filterset_class = ExportBatchFilter
    ordering_fields = ["year", "number", "created_at"]

    def with_related(self, queryset: Any) -> Any:
        return queryset.defer(None).select_related("issuer", "cancellation") if self.action == "file" else queryset

    @extend_schema(request=ExportInputSerializer, responses={201: ExportBatchSerializer})
    def create(self, request: Request) -> Response:
        self.actor.require("titre.export")
        data = self.checked(ExportInputSerializer)
        if self.actor.organisation is None:
            raise InvalidInput("Votre compte n'agit pour aucune organisation.")
        batch = export_titres(
            issuer=self.actor.organisation, year=data["year"], file_format=data["format"], by=self.actor
        )
        return self.detail_of(batch, status=201)

    @extend_schema(
        tags=[TITRES],
        summary="Annuler un lot que le logiciel financier n'a pas repris",
        description="Tant qu'aucun de ses titres n'est émis : ils repartent avec le même identifiant d'écriture.",
        request=ReasonInputSerializer,
        responses=ExportBatchSerializer,
        filters=False,
    )
    @action(detail=True, methods=["post"], pagination_class=None, filter_backends=[])
    def cancel(self, request: Request, uuid: str) -> Response:
        self.actor.require("titre.export")
        batch = self.get_object()
        cancel_batch(batch=batch, by=self.actor, **self.checked(ReasonInputSerializer))
        return self.detail_of(batch)

    @extend_schema(
        responses={
            (200, each.media_type.split(";")[0]): OpenApiResponse(OpenApiTypes.BINARY, description="Le fichier")
            for each in registry.FORMATS.values()
        },
        filters=False,
    )
    @action(detail=True, pagination_class=None, filter_backends=[], content_negotiation_class=AnyAccept)
    def file(self, request: Request, uuid: str) -> HttpResponse:
        batch = self.get_object()
        file = FileResponse(
            batch.open(),
            as_attachment=True,
            filename=batch.filename,
            content_type=registry.media_type_of(batch.file_format),
            headers={"ETag": f'"{batch.sha256}"'},
        )
        return cast(HttpResponse, file)
