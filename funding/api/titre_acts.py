"""What a program may do on titres, batches and returns: the same services as the pages."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.schema import documented
from core.api.views import ReadViewSet
from core.errors import InvalidInput
from funding.models import Receipt, ReturnImport, Titre
from funding.services import titre_corrections, titre_receipts, titre_returns, titres
from funding.services.titre_checks import verify_titres
from funding.titre_returns import ReturnRow
from parties.api import OrganisationRefSerializer
from parties.models import Organisation

TITRES = "Titres de recettes"


class ReceiptSerializer(serializers.ModelSerializer):
    class Meta:
        model = Receipt
        fields = ["uuid", "amount", "received_on", "reference", "reason", "by_label", "created_at"]
        read_only_fields = fields


class MoneyField(serializers.DecimalField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=12, decimal_places=2, **kwargs)


class IssueInputSerializer(serializers.Serializer):
    number = serializers.CharField(max_length=20, label="Numéro du titre")
    slip_number = serializers.CharField(max_length=20, required=False, allow_blank=True, default="", label="Bordereau")
    issued_on = serializers.DateField(label="Date d'émission")


class ReceiptInputSerializer(serializers.Serializer):
    amount = MoneyField(label="Ce paiement seul, en euros")
    received_on = serializers.DateField(label="Date d'encaissement")
    reference = serializers.CharField(max_length=80, required=False, allow_blank=True, default="", label="Référence")


class ReversalInputSerializer(serializers.Serializer):
    receipt = serializers.UUIDField(label="Encaissement (uuid)")
    reason = serializers.CharField(max_length=240, label="Motif")


class ReasonInputSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=240, label="Motif")


class ReductionInputSerializer(ReasonInputSerializer):
    amount = MoneyField(
        required=False, allow_null=True, default=None, label="Montant ; absent : l'écart avec le calcul"
    )


class VerifiedSerializer(serializers.Serializer):
    checked = serializers.IntegerField(label="Titres regardés")
    ready = serializers.IntegerField(label="Prêts")
    blocked = serializers.IntegerField(label="Bloqués")
    outdated = serializers.IntegerField(label="Montant à actualiser")


def act(summary: str, body: Any, description: str = "") -> Any:
    """A POST on one titre, described."""

    def decorate(method: Any) -> Any:
        options: dict[str, Any] = {"pagination_class": None, "filter_backends": []}
        path = method.__name__.replace("_", "-")
        routed = action(detail=True, methods=["post"], url_path=path, **options)(method)
        return extend_schema(tags=[TITRES], summary=summary, description=description, request=body, filters=False)(
            routed
        )

    return decorate


class TitreActs:
    """Mixed into the view of titres; each act answers the titre as it is after it."""

    actor: Any
    checked: Any
    detail_of: Any
    get_object: Any

    def mine(self, ability: str = "titre.export") -> Titre:
        """The titre, for those who act for its issuer: for the others it only exists to be read."""
        self.actor.require(ability)
        titre: Titre = self.get_object()
        titres.check_issuer(titre.issuer, self.actor)
        return titre

    @act("Enregistrer l'émission d'un titre", IssueInputSerializer)
    def issue(self, request: Request, uuid: str) -> Response:
        titre = self.mine()
        return self.detail_of(titres.record_issue(titre=titre, by=self.actor, **self.checked(IssueInputSerializer)))

    @act("Enregistrer un encaissement", ReceiptInputSerializer, "Un paiement à la fois ; le dépassement est signalé.")
    def receipts(self, request: Request, uuid: str) -> Response:
        titre = self.mine()
        titre_receipts.record_receipt(titre=titre, by=self.actor, **self.checked(ReceiptInputSerializer))
        return self.detail_of(titre)

    @act("Contre-passer un encaissement", ReversalInputSerializer)
    def reverse_receipt(self, request: Request, uuid: str) -> Response:
        titre = self.mine()
        data = self.checked(ReversalInputSerializer)
        receipt = get_object_or_404(titre.receipts.select_related("titre__issuer"), uuid=data["receipt"])
        titre_receipts.reverse_receipt(receipt=receipt, reason=data["reason"], by=self.actor)
        return self.detail_of(titre)

    @act("Réduire un titre émis", ReductionInputSerializer, "Répond la réduction, ou le mandat 673 d'un exercice clos.")
    def reduce(self, request: Request, uuid: str) -> Response:
        titre = self.mine()
        data = self.checked(ReductionInputSerializer)
        return self.detail_of(titre_corrections.reduce_titre(titre=titre, by=self.actor, **data))

    @act("Annuler un titre émis", ReasonInputSerializer, "Répond l'annulation, ou le mandat 673 d'un exercice clos.")
    def cancel(self, request: Request, uuid: str) -> Response:
        titre = self.mine()
        data = self.checked(ReasonInputSerializer)
        return self.detail_of(titre_corrections.cancel_titre(titre=titre, by=self.actor, **data))

    @act("Abandonner une correction non exportée", ReasonInputSerializer)
    def withdraw(self, request: Request, uuid: str) -> Response:
        titre = self.mine()
        data = self.checked(ReasonInputSerializer)
        return self.detail_of(titre_corrections.withdraw_correction(correction=titre, by=self.actor, **data))

    @act("Réémettre un titre annulé", ReasonInputSerializer, "Répond le nouveau titre, à exporter.")
    def reissue(self, request: Request, uuid: str) -> Response:
        titre = self.mine()
        data = self.checked(ReasonInputSerializer)
        return self.detail_of(titre_corrections.reissue_titre(titre=titre, by=self.actor, **data))

    @extend_schema(
        tags=[TITRES],
        summary="Vérifier tous les titres en attente",
        description="Garde avec chacun ce qui l'empêche de partir, ou qu'il est prêt.",
        request=None,
        responses=VerifiedSerializer,
        filters=False,
    )
    @action(detail=False, methods=["post"], pagination_class=None, filter_backends=[])
    def verify(self, request: Request) -> Response:
        return Response(VerifiedSerializer(verify_titres(by=self.actor)).data)


# --- Returns ----------------------------------------------------------------------------------------------------------


class ReturnRowSerializer(serializers.Serializer):
    entry_id = serializers.CharField(max_length=120, label="Identifiant d'écriture")
    number = serializers.CharField(max_length=20, required=False, allow_blank=True, default="", label="Numéro du titre")
    slip_number = serializers.CharField(max_length=20, required=False, allow_blank=True, default="", label="Bordereau")
    issued_on = serializers.DateField(required=False, allow_null=True, default=None, label="Date du titre")
    received = MoneyField(required=False, allow_null=True, default=None, min_value=0, label="Montant encaissé")
    received_on = serializers.DateField(required=False, allow_null=True, default=None, label="Date d'encaissement")
    reference = serializers.CharField(max_length=80, required=False, allow_blank=True, default="", label="Référence")
    is_total = serializers.BooleanField(default=True, label="Le montant est le total encaissé à ce jour")


class ReturnInputSerializer(serializers.Serializer):
    rows = ReturnRowSerializer(many=True, allow_empty=False, label="Lignes")


class ReturnImportSerializer(serializers.ModelSerializer):
    issuer = OrganisationRefSerializer(read_only=True)

    class Meta:
        model = ReturnImport
        fields = [
            "uuid",
            "issuer",
            "source",
            "filename",
            "sha256",
            "changed",
            "unchanged",
            "unmatched",
            "changes",
            "by_label",
            "created_at",
        ]
        read_only_fields = fields


@documented(
    TITRES,
    list="Les retours appliqués",
    retrieve="Un retour appliqué, ligne par ligne",
    create=(
        "Enregistrer ce que le logiciel financier a fait",
        "Numéros, dates et encaissements des titres de mon organisation : tout, ou rien. Répété, rien n'est doublé.",
    ),
)
class ReturnImportViewSet(ReadViewSet):
    read_ability = "titre.view"
    queryset = ReturnImport.objects.select_related("issuer")
    serializer_class = ReturnImportSerializer
    ordering_fields = ["created_at"]

    @extend_schema(request=ReturnInputSerializer, responses={201: ReturnImportSerializer})
    def create(self, request: Request) -> Response:
        self.actor.require("titre.export")
        data = self.checked(ReturnInputSerializer)
        issuer: Organisation | None = self.actor.organisation
        if issuer is None:
            raise InvalidInput("Votre compte n'agit pour aucune organisation.")
        rows = [ReturnRow(**row, line=line) for line, row in enumerate(data["rows"], start=1)]
        try:
            trace = titre_returns.apply_return(rows, issuer=issuer, by=self.actor, source="api")
        except titre_returns.ReturnRefused as error:
            first = error.problems[0]
            raise InvalidInput(error.message, place=f"rows[{first.line - 1}]") from error
        return self.detail_of(trace, status=201)


__all__ = ["ReceiptSerializer", "ReturnImportViewSet", "TitreActs"]
