"""API of the campaigns: the reports one sees, and handing one in."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from conventions.enums import ReportEvery
from core.api.views import Acting
from core.errors import InvalidInput
from reporting.enums import ReportState

from .missing import missing_of
from .reading import campaign_of
from .services import NoSuchReport, find_report, note_warnings, submit_report

CAMPAIGNS = "Comptes rendus"


class ReportSerializer(serializers.Serializer):
    link = serializers.UUIDField(label="Poste de la convention (uuid), à rendre pour remettre le compte rendu")
    key = serializers.CharField(label="Période, à rendre pour remettre le compte rendu")
    convention = serializers.CharField(label="Référence de la convention")
    convention_uuid = serializers.UUIDField(label="Convention (uuid)")
    post = serializers.CharField(label="Poste")
    employer = serializers.CharField(source="employer.label", label="Employeur")
    every = serializers.ChoiceField(choices=ReportEvery.choices, label="Mois entre deux comptes rendus")
    period = serializers.CharField(source="label", label="Période en mots")
    start = serializers.DateField(label="Premier jour")
    end = serializers.DateField(label="Dernier jour")
    due_on = serializers.DateField(label="Échéance")
    due_source = serializers.CharField(source="source", label="D'où vient l'échéance")
    state = serializers.ChoiceField(choices=ReportState.choices, label="État")
    late = serializers.BooleanField(label="En retard")
    days_late = serializers.IntegerField(label="Jours de retard")
    progress = serializers.CharField(label="Mois validés, en mots")
    flags = serializers.ListField(child=serializers.CharField(), label="Ce qui est à savoir sur la période")
    handed_on = serializers.DateField(allow_null=True, label="Remis le")


class ReportSubmitSerializer(serializers.Serializer):
    link = serializers.UUIDField(label="Poste de la convention (uuid)")
    key = serializers.SlugField(max_length=40, label="Période")
    note = serializers.CharField(
        allow_blank=True, default="", max_length=8000, label="Note qualitative, sans aucune donnée sur une personne"
    )


class ReportSubmittedSerializer(serializers.Serializer):
    report = ReportSerializer(label="Le compte rendu tel qu'il est maintenant")
    missing = serializers.ListField(child=serializers.CharField(), label="Ce qui manque encore")
    warnings = serializers.ListField(child=serializers.CharField(), label="Ce qui mérite d'être vérifié")


class ReportsView(Acting, GenericAPIView):
    """A campaign is one list, computed whole: no page, no generic filter."""

    serializer_class = ReportSerializer
    pagination_class = None
    filter_backends = []

    @extend_schema(
        operation_id="reports_list",
        tags=[CAMPAIGNS],
        summary="Les comptes rendus d'une année, en retard d'abord",
        description="Ceux des conventions que vous voyez, dont la période finit cette année-là.",
        parameters=[
            OpenApiParameter("year", OpenApiTypes.INT, description="Année ; l'année en cours si absente"),
            OpenApiParameter("late", OpenApiTypes.BOOL, description="Seulement ceux en retard"),
        ],
        responses=ReportSerializer(many=True),
        filters=False,
    )
    def get(self, request: Request) -> Response:
        today = timezone.localdate()
        text = request.query_params.get("year", str(today.year))
        if not (text.isascii() and text.isdigit() and 2000 <= int(text) <= 2100):
            raise InvalidInput("Indiquez une année entre 2000 et 2100.", place="year")
        found = campaign_of(self.actor, year=int(text), today=today).reports
        if request.query_params.get("late", "").lower() in ("1", "true"):
            found = tuple(report for report in found if report.late)
        return Response(ReportSerializer(found, many=True).data)


class ReportSubmitView(Acting, GenericAPIView):
    serializer_class = ReportSubmitSerializer

    @extend_schema(
        operation_id="reports_submit",
        tags=[CAMPAIGNS],
        summary="Remettre un compte rendu",
        description="L'employeur répond des chiffres de la période. Remettre deux fois vaut une. Refusé (409) avec ce "
        "qui manque quand un mois n'est pas validé ou que la note demandée n'est pas écrite.",
        request=ReportSubmitSerializer,
        responses=ReportSubmittedSerializer,
    )
    def post(self, request: Request) -> Response:
        self.actor.require("activity.edit")
        data = self.checked(ReportSubmitSerializer)
        place = {"link": str(data["link"]), "key": data["key"]}
        try:
            submit_report(note=data["note"], by=self.actor, **place)
        except NoSuchReport as error:
            # Named in the body, not in the address: a mistake of what was sent.
            raise InvalidInput(error.message, place="link") from error
        report = find_report(self.actor, today=timezone.localdate(), **place)
        answer = {
            "report": report,
            "missing": [] if report.is_handed else [each.message for each in missing_of(report, note=report.note)],
            "warnings": note_warnings(data["note"]),
        }
        return Response(ReportSubmittedSerializer(answer).data)
