"""The national figures, for programs a person signed in runs; a token has no role outside its territory."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from core.french import de as french_de
from parties.roles import ABILITIES

from .figures import national_figures

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


class ActivityLineSerializer(serializers.Serializer):
    year = serializers.IntegerField(label="Année")
    territories = serializers.IntegerField(label="Territoires qui ont rendu compte")
    posts = serializers.IntegerField(label="Postes qui ont rendu compte")
    women = serializers.IntegerField(allow_null=True, label="Femmes")
    men = serializers.IntegerField(allow_null=True, label="Hommes")
    children = serializers.IntegerField(allow_null=True, label="Enfants")
    people = serializers.IntegerField(allow_null=True, label="Personnes")
    interviews = serializers.IntegerField(allow_null=True, label="Entretiens")
    vif_count = serializers.IntegerField(allow_null=True, label="Situations de violences intrafamiliales")
    vif_base = serializers.IntegerField(allow_null=True, label="Situations comptées")
    hidden = serializers.ListField(
        child=serializers.CharField(), label="Nombres tus parce qu'ils désignent moins de onze personnes"
    )


class NationalSerializer(serializers.Serializer):
    day = serializers.DateField(label="Jour où les postes sont comptés")
    total = PostLineSerializer(label="Tous les postes")
    posts = PostLineSerializer(many=True, label="Postes par zone, par employeur, par type")
    conventions = ConventionLineSerializer(many=True, label="Conventions par état")
    activity = ActivityLineSerializer(many=True, label="Activité par année")


class NationalView(GenericAPIView):
    """Aggregates only; refused to every role of a territory."""

    serializer_class = NationalSerializer

    def check_permissions(self, request: Request) -> None:
        super().check_permissions(request)
        if self.platform is None or not self.platform.can(ABILITY):
            raise exceptions.PermissionDenied(f"Votre rôle ne permet pas {french_de(ABILITIES[ABILITY])}.")

    @property
    def platform(self) -> Any:
        return getattr(self.request._request, "platform", None)

    @extend_schema(tags=["Chiffres nationaux"], summary="Sommes de tous les territoires, pour le rôle national")
    def get(self, request: Request) -> Response:
        found = national_figures(by=self.platform, day=timezone.localdate())
        return Response(self.get_serializer(found).data)
