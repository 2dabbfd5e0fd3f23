"""The national figures, for programs a person signed in runs; a token has no role outside its territory."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from core.errors import InvalidInput
from core.french import de as french_de
from parties.roles import ABILITIES

from .figures import national_figures
from .present import bilans_of

ABILITY = "national.view"


class PostLineSerializer(serializers.Serializer):
    group = serializers.CharField(label="Regroupement : all, zone, employer ou kind")
    label = serializers.CharField(label="Ligne")  # type: ignore[assignment]
    territories = serializers.IntegerField(label="Territoires qui y ont un poste")
    posts = serializers.IntegerField(label="Postes")
    etp = serializers.DecimalField(max_digits=10, decimal_places=2, label="Somme des équivalents temps plein")
    filled = serializers.IntegerField(label="Postes pourvus ce jour")
    vacant = serializers.IntegerField(label="Postes vacants ce jour")


class ConventionLineSerializer(serializers.Serializer):
    status = serializers.CharField(label="État")
    label = serializers.CharField(label="Libellé de l'état")  # type: ignore[assignment]
    territories = serializers.IntegerField(label="Territoires")
    conventions = serializers.IntegerField(label="Conventions")


class YearLineSerializer(serializers.Serializer):
    year = serializers.IntegerField(label="Année")
    contributions = serializers.IntegerField(label="Territoires qui ont contribué")
    territories = serializers.IntegerField(label="Territoires ouverts")


class NationalSerializer(serializers.Serializer):
    day = serializers.DateField(label="Jour où les postes sont comptés")
    total = PostLineSerializer(label="Tous les postes")
    posts = PostLineSerializer(many=True, label="Postes par zone, par employeur, par type")
    conventions = ConventionLineSerializer(many=True, label="Conventions par état")
    years = YearLineSerializer(many=True, label="Années dont un territoire au moins a donné l'activité")


class SumSerializer(serializers.Serializer):
    code = serializers.CharField(label="Code de la ligne ; total pour la dernière")
    label = serializers.CharField(label="Ligne")  # type: ignore[assignment]
    value = serializers.IntegerField(
        allow_null=True, label="Somme des nombres donnés ; un minimum si hidden n'est pas 0"
    )
    told = serializers.IntegerField(label="Contributions qui donnent ce nombre")
    hidden = serializers.IntegerField(label="Contributions qui le masquent")


class TableSerializer(serializers.Serializer):
    code = serializers.CharField(label="Code du tableau")
    label = serializers.CharField(label="Tableau")  # type: ignore[assignment]
    unit = serializers.CharField(label="Unité de compte")
    rows = SumSerializer(many=True, label="Lignes")


class PostSumSerializer(serializers.Serializer):
    group = serializers.CharField(label="Regroupement : all, zone, employer ou kind")
    label = serializers.CharField(label="Ligne")  # type: ignore[assignment]
    territories = serializers.IntegerField(label="Territoires")
    posts = serializers.IntegerField(label="Postes")
    etp = serializers.DecimalField(max_digits=10, decimal_places=2, label="Somme des équivalents temps plein")


class RateSerializer(serializers.Serializer):
    label = serializers.CharField(label="Proportion")  # type: ignore[assignment]
    value = serializers.DecimalField(max_digits=5, decimal_places=1, allow_null=True, label="Pourcentage")
    part = serializers.IntegerField(label="Numérateur")
    whole = serializers.IntegerField(label="Dénominateur")
    territories = serializers.IntegerField(label="Contributions qui donnent les deux nombres")


class TerritoryLineSerializer(serializers.Serializer):
    code = serializers.CharField(label="Code du territoire")
    name = serializers.CharField(label="Territoire")
    given_at = serializers.DateTimeField(allow_null=True, label="Transmise le ; null s'il n'a pas contribué")
    posts = serializers.IntegerField(allow_null=True, label="Postes")
    posts_reporting = serializers.IntegerField(allow_null=True, label="Postes qui rendent compte")
    months_known = serializers.IntegerField(allow_null=True, label="Mois de poste connus")
    months_expected = serializers.IntegerField(allow_null=True, label="Mois de poste attendus")
    definitions = serializers.IntegerField(allow_null=True, label="Version des définitions")


class NationalBilanSerializer(serializers.Serializer):
    year = serializers.IntegerField(label="Année")
    response = RateSerializer(label="Taux de réponse des territoires")
    months = RateSerializer(label="Taux de réponse des postes, en mois")
    rates = RateSerializer(many=True, label="Proportions")
    posts = PostSumSerializer(many=True, label="Postes par zone, par employeur, par type")
    tables = TableSerializer(many=True, label="Tableaux d'activité")
    territories = TerritoryLineSerializer(many=True, label="Territoires, qui ont contribué ou non")
    definitions = serializers.ListField(child=serializers.IntegerField(), label="Versions des définitions")


class _ForTheNationalRole(GenericAPIView):
    """Refused to every role of a territory."""

    def check_permissions(self, request: Request) -> None:
        super().check_permissions(request)
        if self.platform is None or not self.platform.can(ABILITY):
            raise exceptions.PermissionDenied(f"Votre rôle ne permet pas {french_de(ABILITIES[ABILITY])}.")

    @property
    def platform(self) -> Any:
        return getattr(self.request._request, "platform", None)


class NationalView(_ForTheNationalRole):
    """Posts and conventions of the day, and the years contributed: aggregates only."""

    serializer_class = NationalSerializer

    @extend_schema(tags=["Chiffres nationaux"], summary="Sommes de tous les territoires, pour le rôle national")
    def get(self, request: Request) -> Response:
        found = national_figures(by=self.platform, day=timezone.localdate())
        return Response(self.get_serializer(found).data)


class NationalYearView(_ForTheNationalRole):
    """The national bilan, from the contributions in force; refused to every role of a territory."""

    serializer_class = NationalBilanSerializer

    @extend_schema(
        tags=["Chiffres nationaux"],
        operation_id="national_year",
        summary="Le bilan national d'une année, d'après les contributions",
        parameters=[OpenApiParameter("year", int, OpenApiParameter.PATH, description="Année")],
    )
    def get(self, request: Request, year: int) -> Response:
        try:
            found = bilans_of(year=year, by=self.platform)[0]
        except InvalidInput as error:
            raise exceptions.NotFound(error.message) from error
        return Response(self.get_serializer(found).data)
