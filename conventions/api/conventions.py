"""Conventions: reading them, drafting them, and the acts of their circuit."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import django_filters
from django.db.models import Exists, OuterRef
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from conventions import services
from conventions.api.serializers import (
    AnswerInputSerializer,
    CommentInputSerializer,
    CommentSerializer,
    ContentSerializer,
    ConventionDetailSerializer,
    ConventionHeadSerializer,
    ConventionInputSerializer,
    ConventionSerializer,
    LockSerializer,
    ReasonSerializer,
    SignatureInputSerializer,
    SignatureSerializer,
    TransitionSerializer,
    VersionSerializer,
)
from conventions.api.situation import (
    AvenantSerializer,
    DayQuerySerializer,
    SituationSerializer,
    situation_data,
)
from conventions.checks import check_convention_fully
from conventions.enums import Family, Status
from conventions.models import Comment, Convention, ConventionPost, Party, Signature
from conventions.models.agreement import CIRCULATED
from conventions.situation import situation_on
from conventions.text import preview_content
from conventions.text.reading import latest_version
from core.api.fields import FindingSerializer
from core.api.filters import YearFilter
from core.api.schema import documented
from core.api.views import UUID_PATTERN, ReadViewSet, listed
from parties.api import require_reviewer

CONVENTIONS, CIRCUIT = "Conventions", "Circuit des conventions"


class ConventionFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label="Référence, intitulé ou partie")
    year = YearFilter(method="of_year", label="Année couverte par la période")
    status = django_filters.MultipleChoiceFilter(choices=Status.choices, label="État")
    family = django_filters.MultipleChoiceFilter(choices=Family.choices, label="Famille")
    employer = django_filters.UUIDFilter(method="of_employer", label="Employeur d'un poste conventionné (uuid)")
    party = django_filters.UUIDFilter(method="of_party", label="Organisation partie (uuid)")

    class Meta:
        model = Convention
        fields = ["q", "year", "status", "family", "employer", "party"]

    def search(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.matching(value)

    def of_year(self, queryset: Any, name: str, value: Any) -> Any:
        return queryset.covering_year(value)

    def of_employer(self, queryset: Any, name: str, value: Any) -> Any:
        covered = ConventionPost.objects.filter(convention=OuterRef("pk"), post__employer__uuid=value)
        return queryset.filter(Exists(covered))

    def of_party(self, queryset: Any, name: str, value: Any) -> Any:
        return queryset.filter(Exists(Party.objects.filter(convention=OuterRef("pk"), organisation__uuid=value)))


@documented(
    CONVENTIONS,
    list="Les conventions",
    retrieve="Une convention : parties, signataires, plans, actes possibles",
    create=("Préparer une convention", "Postes, parties, qualités et signataires découlent des plans et des mandats."),
    partial_update="Modifier l'en-tête d'un projet de convention",
    findings="Les constats sur le texte, les parties et les plans",
    versions="Les versions approuvées et leur empreinte",
    content=(
        "Le texte : la dernière version approuvée, ou le projet",
        "Tant que la convention se rédige, c'est le projet, avec ce qui lui manque.",
    ),
    version="Le texte d'une version approuvée",
    transitions="L'historique des actes",
)
class ConventionViewSet(ReadViewSet):
    queryset = Convention.objects.all()
    serializer_class = ConventionDetailSerializer
    list_serializer_class = ConventionSerializer
    filterset_class = ConventionFilter
    ordering_fields = ["reference", "status", "period_start", "period_end", "signed_on", "updated_at"]

    def with_related(self, queryset: Any) -> Any:
        if self.action == "list":
            return queryset.for_list()
        return queryset.select_related("template", "previous").prefetch_related(
            "posts",
            "parties__organisation",
            "parties__representative",
            "parties__deliberation",
            "signatories__party__organisation",
            "signatories__mandate",
            "convention_plans__plan",
            "convention_plans__only_financer",
        )

    # --- Reading ------------------------------------------------------------------------------------------------------

    @extend_schema(responses=FindingSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None, filter_backends=[])
    def findings(self, request: Request, uuid: str) -> Response:
        convention = self.get_object()
        require_reviewer(self.actor)
        return listed(check_convention_fully(convention), FindingSerializer, self)

    @extend_schema(responses=VersionSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None, filter_backends=[])
    def versions(self, request: Request, uuid: str) -> Response:
        return listed(self.get_object().versions.defer("content"), VersionSerializer, self)

    @extend_schema(
        tags=[CONVENTIONS],
        summary="La convention telle qu'en vigueur un jour donné, avenants compris",
        responses=SituationSerializer,
        filters=False,
        parameters=[DayQuerySerializer],
    )
    @action(detail=True, pagination_class=None, filter_backends=[])
    def situation(self, request: Request, uuid: str) -> Response:
        convention = self.get_object()
        asked = DayQuerySerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        day = asked.validated_data.get("on") or timezone.localdate()
        return Response(SituationSerializer(situation_data(situation_on(convention, day))).data)

    @extend_schema(
        tags=[CONVENTIONS],
        summary="Les avenants de la convention",
        responses=AvenantSerializer(many=True),
        filters=False,
    )
    @action(detail=True, pagination_class=None, filter_backends=[])
    def avenants(self, request: Request, uuid: str) -> Response:
        return listed(self.get_object().avenants.all(), AvenantSerializer, self)

    @extend_schema(
        responses=ContentSerializer,
        filters=False,
        parameters=[OpenApiParameter("number", int, OpenApiParameter.PATH, description="Numéro de la version")],
    )
    @action(detail=True, url_path=r"versions/(?P<number>[0-9]{1,4})", pagination_class=None, filter_backends=[])
    def version(self, request: Request, uuid: str, number: str) -> Response:
        version = self.get_object().versions.filter(number=int(number)).first()
        if version is None:
            raise NotFound
        return Response(_approved(version))

    @extend_schema(responses=ContentSerializer, filters=False)
    @action(detail=True, pagination_class=None, filter_backends=[])
    def content(self, request: Request, uuid: str) -> Response:
        convention = self.get_object()
        last = latest_version(convention) if convention.status in CIRCULATED else None
        if last is not None:
            return Response(_approved(last))
        preview = preview_content(convention)
        problems = [str(problem) for problem in preview.problems]
        return Response({"version": None, "sha256": "", "content": preview.content, "problems": problems})

    @extend_schema(responses=TransitionSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None, filter_backends=[])
    def transitions(self, request: Request, uuid: str) -> Response:
        return listed(self.get_object().transitions.all(), TransitionSerializer, self)

    # --- Drafting -----------------------------------------------------------------------------------------------------

    @extend_schema(request=ConventionInputSerializer, responses={201: ConventionDetailSerializer})
    def create(self, request: Request) -> Response:
        self.actor.require("convention.edit")
        data = self.checked(ConventionInputSerializer)
        return self.detail_of(services.create_convention(by=self.actor, **data), status=201)

    @extend_schema(request=ConventionHeadSerializer, responses=ConventionDetailSerializer)
    def partial_update(self, request: Request, uuid: str) -> Response:
        convention = self.opened_for("convention.edit")
        data = self.checked(ConventionHeadSerializer, instance=convention, partial=True)
        if "lock_version" not in data:
            # "partial" makes every field optional; this one is what tells two writers apart.
            self.checked(LockRequiredSerializer)
        if "variables" in data:
            # Those the body does not name are kept.
            variables = {**convention.variables, **data["variables"]}
            data["variables"] = {name: value for name, value in variables.items() if value}
        expected = data.pop("lock_version")
        saved = services.update_convention(convention=convention, data=data, by=self.actor, expected=expected)
        return self.detail_of(saved)

    def opened_for(self, ability: str) -> Convention:
        """The convention an act is asked on: invisible is 404, then not allowed is 403, whatever its state."""
        convention: Convention = self.get_object()
        self.actor.require(ability)
        return convention

    # --- Circuit ------------------------------------------------------------------------------------------------------

    @extend_schema(
        tags=[CIRCUIT],
        summary="Soumettre à la préfecture",
        request=LockSerializer,
        responses=ConventionDetailSerializer,
        filters=False,
    )
    @action(detail=True, methods=["post"], pagination_class=None, filter_backends=[])
    def submit(self, request: Request, uuid: str) -> Response:
        convention = self.opened_for("convention.submit")
        expected = self.checked(LockSerializer).get("lock_version")
        return self.detail_of(services.submit_convention(convention=convention, by=self.actor, expected=expected))

    @extend_schema(
        tags=[CIRCUIT],
        summary="Renvoyer pour correction",
        request=ReasonSerializer,
        responses=ConventionDetailSerializer,
        filters=False,
    )
    @action(detail=True, methods=["post"], url_path="send-back", pagination_class=None, filter_backends=[])
    def send_back(self, request: Request, uuid: str) -> Response:
        convention = self.opened_for("convention.approve")
        data = self.checked(ReasonSerializer)
        sent = services.send_back_convention(
            convention=convention, reason=data["reason"], by=self.actor, expected=data.get("lock_version")
        )
        return self.detail_of(sent)

    @extend_schema(
        tags=[CIRCUIT],
        summary="Mettre en signature la version approuvée",
        request=LockSerializer,
        responses=ConventionDetailSerializer,
        filters=False,
    )
    @action(detail=True, methods=["post"], url_path="start-signature", pagination_class=None, filter_backends=[])
    def start_signature(self, request: Request, uuid: str) -> Response:
        convention = self.opened_for("convention.sign")
        expected = self.checked(LockSerializer).get("lock_version")
        return self.detail_of(services.start_signature(convention=convention, by=self.actor, expected=expected))

    @extend_schema(
        tags=[CIRCUIT], summary="Les signatures enregistrées", responses=SignatureSerializer(many=True), filters=False
    )
    @action(detail=True, pagination_class=None, filter_backends=[])
    def signatures(self, request: Request, uuid: str) -> Response:
        convention = self.get_object()
        rows = Signature.objects.filter(version__convention=convention).select_related(
            "version__avenant", "signatory__party__organisation", "signatory__mandate"
        )
        return listed(rows, SignatureSerializer, self)

    @extend_schema(
        tags=[CIRCUIT],
        summary="Enregistrer une signature",
        description="La dernière signature rend la convention signée, engage ses plans et prépare leurs titres.",
        request=SignatureInputSerializer,
        responses={201: SignatureSerializer},
        filters=False,
    )
    @signatures.mapping.post
    def record_signature(self, request: Request, uuid: str) -> Response:
        convention = self.opened_for("convention.sign")
        data = self.checked(SignatureInputSerializer)
        signature = services.record_signature(convention=convention, by=self.actor, **data)
        serializer = SignatureSerializer(signature, context=self.get_serializer_context())
        return Response(serializer.data, status=201)

    @extend_schema(
        tags=[CIRCUIT],
        summary="Les commentaires de l'instruction",
        responses=CommentSerializer(many=True),
        filters=False,
    )
    @action(detail=True, pagination_class=None, filter_backends=[])
    def comments(self, request: Request, uuid: str) -> Response:
        return listed(
            Comment.objects.filter(convention=self.get_object()).prefetch_related("messages"), CommentSerializer, self
        )

    @extend_schema(
        tags=[CIRCUIT],
        summary="Commenter une convention soumise",
        request=CommentInputSerializer,
        responses={201: CommentSerializer},
        filters=False,
    )
    @comments.mapping.post
    def add_comment(self, request: Request, uuid: str) -> Response:
        convention = self.opened_for("convention.review")
        data = self.checked(CommentInputSerializer)
        comment = services.add_comment(convention=convention, by=self.actor, **data)
        return Response(CommentSerializer(comment).data, status=201)

    @extend_schema(
        tags=[CIRCUIT],
        summary="Répondre à un commentaire",
        request=AnswerInputSerializer,
        responses=CommentSerializer,
        filters=False,
        parameters=[OpenApiParameter("comment", UUID, OpenApiParameter.PATH, description="Le commentaire (uuid)")],
    )
    @action(
        detail=True,
        methods=["post"],
        url_path=f"comments/(?P<comment>{UUID_PATTERN})/answer",
        pagination_class=None,
        filter_backends=[],
    )
    def answer(self, request: Request, uuid: str, comment: str) -> Response:
        found = get_object_or_404(Comment.objects.filter(convention=self.get_object()), uuid=comment)
        self.actor.require("convention.edit")
        text = self.checked(AnswerInputSerializer)["answer"]
        answered = services.answer_comment(comment=found, answer=text, by=self.actor)
        return Response(CommentSerializer(answered).data)


class LockRequiredSerializer(LockSerializer):
    """As the head's ``lock_version``, alone and mandatory."""

    def get_fields(self) -> Any:
        fields = super().get_fields()
        fields["lock_version"].required = True
        return fields


def _approved(version: Any) -> dict[str, Any]:
    return {"version": version.number, "sha256": version.sha256, "content": version.content, "problems": []}
