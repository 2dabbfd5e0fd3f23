"""Models of convention: the national ones and the territory's own, as files a program exchanges."""

from __future__ import annotations

from typing import Any

import django_filters
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from conventions.enums import Family
from conventions.library.data import as_data
from conventions.library.problems import problems_of
from conventions.models import Template
from conventions.services.model_drafts import import_draft, publish_draft
from conventions.services.models_library import national_set
from core.api.fields import label_of
from core.api.schema import documented
from core.api.views import ReadViewSet

from .serializers import LockSerializer

MODELS = "Modèles de convention"


class ModelProblemSerializer(serializers.Serializer):
    kind = serializers.CharField(label="Nature de la clause ; vide pour tout le modèle")
    variant = serializers.CharField(label="Clé de la variante ; vide pour toute la clause")
    place = serializers.CharField(label="Paragraphe, point, caractère")
    message = serializers.CharField(label="Ce qui ne va pas")
    blocking = serializers.BooleanField(label="Empêche de publier")


class ModelSerializer(serializers.ModelSerializer):
    family_label = label_of("family")
    national = serializers.BooleanField(source="is_national", read_only=True, label="Modèle national")
    draft = serializers.BooleanField(source="is_draft", read_only=True, label="Brouillon, encore modifiable")
    based_on: Any = serializers.SlugRelatedField(slug_field="uuid", read_only=True, allow_null=True)

    class Meta:
        model = Template
        fields = [
            "uuid",
            "family",
            "family_label",
            "name",
            "version",
            "national",
            "draft",
            "note",
            "based_on",
            "published_at",
            "published_by_label",
            "lock_version",
            "updated_at",
        ]
        read_only_fields = fields


class ModelDetailSerializer(ModelSerializer):
    content = serializers.SerializerMethodField(label="Le modèle, tel que POST models/ le reprend")
    problems = serializers.SerializerMethodField(label="Ce qui reste à revoir avant de publier")

    class Meta(ModelSerializer.Meta):
        fields = [*ModelSerializer.Meta.fields, "content", "problems"]
        read_only_fields = fields

    def get_content(self, model: Template) -> dict[str, Any]:
        return as_data(model)

    @extend_schema_field(ModelProblemSerializer(many=True))
    def get_problems(self, model: Template) -> list[Any]:
        found = problems_of(as_data(model), national_set(model.family)) if model.is_draft else []
        return list(ModelProblemSerializer(found, many=True).data)


class ModelInputSerializer(serializers.Serializer):
    family = serializers.ChoiceField(choices=Family.choices, label="Famille")
    name = serializers.CharField(max_length=160, label="Nom")
    version = serializers.IntegerField(required=False, min_value=1, label="Ignorée : le brouillon est la suivante")
    numbering = serializers.CharField(required=False, label="« article »")
    clauses = serializers.ListField(child=serializers.DictField(), allow_empty=False, label="Clauses, dans l'ordre")


class ModelFilter(django_filters.FilterSet):
    family = django_filters.MultipleChoiceFilter(choices=Family.choices, label="Famille")
    draft = django_filters.BooleanFilter(field_name="published_at", lookup_expr="isnull", label="Brouillons")

    class Meta:
        model = Template
        fields = ["family", "draft"]


@documented(
    MODELS,
    list="Les modèles nationaux et ceux du territoire",
    retrieve="Un modèle, ses clauses et ce qui reste à revoir",
    create=("Reprendre un modèle dans un brouillon", "Lu comme les modèles livrés : tout ou rien, erreurs localisées."),
    publish=("Publier un brouillon", "Refusé tant qu'un point reste à corriger. Une version publiée ne change plus."),
)
class ModelViewSet(ReadViewSet):
    queryset = Template.objects.select_related("based_on")
    serializer_class = ModelDetailSerializer
    list_serializer_class = ModelSerializer
    filterset_class = ModelFilter
    ordering_fields = ["family", "version", "published_at", "updated_at"]
    read_ability = "model.view"

    @extend_schema(request=ModelInputSerializer, responses={201: ModelDetailSerializer})
    def create(self, request: Request) -> Response:
        self.actor.require("model.edit")
        return self.detail_of(import_draft(data=request.data, by=self.actor), status=201)

    @extend_schema(request=LockSerializer, responses=ModelDetailSerializer, filters=False)
    @action(detail=True, methods=["post"], pagination_class=None, filter_backends=[])
    def publish(self, request: Request, uuid: str) -> Response:
        model = self.get_object()
        self.actor.require("model.edit")
        expected = self.checked(LockSerializer).get("lock_version")
        return self.detail_of(publish_draft(template=model, by=self.actor, expected=expected))
