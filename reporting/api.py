"""API of the top floor: approving (which also publishes), the yearly bilan, and checking a dossier."""

from __future__ import annotations

from typing import IO, Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from conventions.api.conventions import CIRCUIT, CONVENTIONS, ConventionViewSet
from conventions.api.serializers import ConventionDetailSerializer, LockSerializer
from core.api.fields import FindingSerializer
from core.api.views import Acting
from core.errors import InvalidInput
from core.uploads import JSON, accept
from reporting.bilan.compute import MEASURES
from reporting.bilan.service import territory_bilan, years_available
from reporting.docx.convert import MEDIA_TYPE
from reporting.dossier.importer import import_dossier
from reporting.dossier.reader import DossierRefused
from reporting.services_documents import convention_pdf, give_approval, working_docx
from reporting.views_dossier import LARGEST

BILANS, INTERCHANGE = "Bilans", "Dossier d'échange"


class PublicationViewSet(ConventionViewSet):
    """What touches documents belongs here rather than with the other acts: conventions know no PDF."""

    @extend_schema(
        tags=[CIRCUIT],
        summary="Approuver : le texte et les chiffres sont figés",
        description="Avec deux niveaux d'approbation, le premier appel donne l'avis du premier (« visée »).",
        request=LockSerializer,
        responses=ConventionDetailSerializer,
        filters=False,
    )
    def approve(self, request: Request, uuid: str) -> Response:
        convention = self.opened_for("convention.approve")
        expected = self.checked(LockSerializer).get("lock_version")
        give_approval(convention=convention, by=self.actor, expected=expected)
        return self.detail_of(convention)

    @extend_schema(
        tags=[CONVENTIONS],
        summary="Le PDF : la version approuvée, ou le projet",
        responses={(200, "application/pdf"): OpenApiResponse(OpenApiTypes.BINARY, description="Le PDF")},
        filters=False,
    )
    def document(self, request: Request, uuid: str) -> HttpResponse:
        data, filename = convention_pdf(self.get_object())
        headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
        return HttpResponse(data, content_type="application/pdf", headers=headers)

    @extend_schema(
        tags=[CONVENTIONS],
        summary="Le texte pour traitement de texte : projet ou copie de travail, sans valeur d'original",
        responses={(200, MEDIA_TYPE): OpenApiResponse(OpenApiTypes.BINARY, description="Le fichier DOCX")},
        filters=False,
    )
    def docx(self, request: Request, uuid: str) -> HttpResponse:
        data, filename = working_docx(self.get_object())
        headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
        return HttpResponse(data, content_type=MEDIA_TYPE, headers=headers)


# --- Bilans -----------------------------------------------------------------------------------------------------------


class FigureSerializer(serializers.Serializer):
    value = serializers.IntegerField(allow_null=True, label="Nombre ; null s'il n'est pas connu")
    reason = serializers.CharField(allow_blank=True, label="Pourquoi il ne l'est pas, ou sur quoi il repose")


class PercentSerializer(serializers.Serializer):
    value = serializers.DecimalField(max_digits=5, decimal_places=1, allow_null=True, label="Pourcentage")
    published = serializers.BooleanField(label="Repris d'un bilan publié, faute de ses deux nombres")
    reason = serializers.CharField(allow_blank=True, label="Pourquoi il n'est pas connu")


class TotalSerializer(serializers.Serializer):
    value = serializers.IntegerField(allow_null=True, label="Somme des lignes qui connaissent ce nombre")
    rows = serializers.IntegerField(label="Combien de lignes le connaissent")


class FiguresSerializer(serializers.Serializer):
    """One field per measure of a row."""

    def get_fields(self) -> dict[str, serializers.Field]:
        return {name: FigureSerializer() for name in MEASURES}


class TotalsSerializer(serializers.Serializer):
    """One field per measure of the total row."""

    def get_fields(self) -> dict[str, serializers.Field]:
        return {name: TotalSerializer() for name in MEASURES}


class BilanRowSerializer(serializers.Serializer):
    post = serializers.CharField(source="key", label="Clé du poste")
    label = serializers.CharField(label="Poste")  # type: ignore[assignment]
    zone = serializers.CharField(allow_blank=True, label="Zone, vide pour tout le poste")
    employer = serializers.CharField(label="Employeur")
    group = serializers.CharField(label="Groupe de postes")
    basis = serializers.CharField(allow_blank=True, label="Ce sur quoi reposent les chiffres")
    epcis = FigureSerializer(source="epci", label="EPCI couverts")
    communes = FigureSerializer(label="Communes couvertes")
    figures = FiguresSerializer(label="Chiffres")
    vif = PercentSerializer(label="Part des violences intrafamiliales")
    missing_months = serializers.ListField(
        source="missing", child=serializers.IntegerField(), label="Mois attendus et non saisis"
    )
    reason = serializers.CharField(allow_blank=True, label="Pourquoi des chiffres manquent")


class BilanSerializer(serializers.Serializer):
    year = serializers.IntegerField(source="bilan.year", label="Année")
    title = serializers.CharField(label="Titre")
    territory = serializers.CharField(label="Territoire")
    scope = serializers.CharField(label="Postes compris")
    data_at = serializers.DateTimeField(label="Dernier changement des données")
    posts = serializers.IntegerField(source="bilan.posts", label="Postes")
    posts_reporting = serializers.IntegerField(source="bilan.posts_reporting", label="Postes dont les chiffres sont là")
    rows = BilanRowSerializer(source="bilan.rows", many=True, label="Lignes")
    totals = TotalsSerializer(source="bilan.totals", label="Total")
    vif = PercentSerializer(source="bilan.vif", label="Part des violences intrafamiliales")
    findings = FindingSerializer(source="bilan.findings", many=True, label="Constats")
    remarks = serializers.ListField(source="bilan.remarks", child=serializers.CharField(), label="Remarques")


class BilanYearsSerializer(serializers.Serializer):
    years = serializers.ListField(child=serializers.IntegerField(), label="Années dont un chiffre est connu")


class BilanYearsView(Acting, GenericAPIView):
    read_ability = "bilan.view"
    serializer_class = BilanYearsSerializer

    @extend_schema(operation_id="bilans_years", tags=[BILANS], summary="Les années qui ont un bilan")
    def get(self, request: Request) -> Response:
        return Response({"years": years_available(by=self.actor)})


class BilanView(Acting, GenericAPIView):
    read_ability = "bilan.view"
    serializer_class = BilanSerializer

    @extend_schema(
        tags=[BILANS],
        summary="Le bilan d'activité d'une année, calculé",
        parameters=[OpenApiParameter("year", int, OpenApiParameter.PATH, description="Année")],
    )
    def get(self, request: Request, year: int) -> Response:
        return Response(self.get_serializer(territory_bilan(year=year, by=self.actor)).data)


# --- Dossier ----------------------------------------------------------------------------------------------------------


class DossierErrorSerializer(serializers.Serializer):
    path = serializers.CharField(allow_blank=True, label="Chemin dans le fichier ; vide pour le fichier lui-même")
    message = serializers.CharField(label="Ce qui ne va pas, et le remède")


class DossierReportSerializer(serializers.Serializer):
    valid = serializers.BooleanField(label="Le dossier peut être importé, quels que soient les constats")
    errors = DossierErrorSerializer(many=True, label="Erreurs")  # type: ignore[assignment]
    findings = FindingSerializer(many=True, label="Constats")
    created = serializers.IntegerField(label="Objets qui seraient créés")
    updated = serializers.IntegerField(label="Objets qui seraient modifiés")
    removed = serializers.IntegerField(label="Objets qui seraient retirés")


class DossierUploadSerializer(serializers.Serializer):
    file = serializers.FileField(label="Le dossier, en JSON")


class WholeBodyParser(BaseParser):
    """The bytes as sent: the dossier's own reader says where a mistake is, repeated properties included."""

    media_type = "application/json"

    def parse(self, stream: IO[bytes], media_type: Any = None, parser_context: Any = None) -> Any:
        return stream.read()


class DossierCheckView(Acting, GenericAPIView):
    """What an import would do, and every mistake and finding. Nothing is kept."""

    serializer_class = DossierReportSerializer
    parser_classes = [WholeBodyParser, MultiPartParser]

    @extend_schema(
        tags=[INTERCHANGE],
        summary="Vérifier un dossier sans rien écrire",
        description="Corps JSON au format du dossier d'échange, ou fichier envoyé par formulaire (champ `file`).",
        request={"application/json": {"type": "object"}, "multipart/form-data": DossierUploadSerializer},
        responses=DossierReportSerializer,
    )
    def post(self, request: Request) -> Response:
        self.actor.require("dossier.exchange")
        try:
            outcome = import_dossier(content=self.content(), by=self.actor, check_only=True)
        except DossierRefused as refused:
            report: dict[str, Any] = {"valid": False, "errors": refused.errors, "findings": []}
            return Response(self.get_serializer({**report, "created": 0, "updated": 0, "removed": 0}).data)
        report = {"valid": True, "errors": [], "findings": outcome.findings}
        counts = {"created": outcome.created, "updated": outcome.updated, "removed": outcome.removed}
        return Response(self.get_serializer({**report, **counts}).data)

    def content(self) -> bytes:
        data: Any = self.request.data
        if isinstance(data, bytes):
            return data
        upload = self.request.FILES.get("file")
        if upload is None:
            raise InvalidInput("Joignez le dossier dans le champ « file ».", place="file")
        return accept(upload, kinds=(JSON,), largest=LARGEST, place="file")
