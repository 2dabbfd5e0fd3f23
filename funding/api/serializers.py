"""What the API shows of plans and keys. Amounts are strings in euros."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.fields import AmountField, label_of
from funding.models import AllocationKey, AllocationKeyLine, CostComponent, FundingPlan, PlanEvent, Share
from funding.tables import plan_table
from funding.workflow import ACT_LABELS
from parties.api import OrganisationRefSerializer
from posts.api import PostRefSerializer


class KeyRefSerializer(serializers.ModelSerializer):
    class Meta:
        model = AllocationKey
        fields = ["uuid", "key", "label", "basis", "source", "vintage"]
        read_only_fields = fields


class KeyLineSerializer(serializers.ModelSerializer):
    organisation = OrganisationRefSerializer(read_only=True)

    class Meta:
        model = AllocationKeyLine
        fields = ["organisation", "population", "percent", "communes"]
        read_only_fields = fields


class AllocationKeySerializer(serializers.ModelSerializer):
    basis_label = label_of("basis")
    source_label = label_of("source")
    lines = KeyLineSerializer(many=True, read_only=True)

    class Meta:
        model = AllocationKey
        fields = ["uuid", "key", "label", "basis", "basis_label", "source", "source_label", "vintage", "lines"]
        read_only_fields = fields


class CostSerializer(serializers.ModelSerializer):
    kind_label = label_of("kind")

    class Meta:
        model = CostComponent
        fields = ["kind", "kind_label", "label", "amount", "borne_by"]
        read_only_fields = fields


class ExplanationSerializer(serializers.Serializer):
    text = serializers.CharField(label="Le calcul en une phrase")
    steps = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField()),
        label="Étapes rejouables : opération, valeur, libellé",
    )
    exact = serializers.CharField(allow_null=True, label="Montant exact, avant arrondi")
    travel = serializers.CharField(label="Frais supportés en plus")
    posts = serializers.DictField(
        child=serializers.CharField(), required=False, label="Part de chaque poste (par clé), dans un plan de plusieurs"
    )


class ShareSerializer(serializers.ModelSerializer):
    """One line with its children; ``context["children"]`` holds the whole plan's lines by parent."""

    label = serializers.CharField(source="display_label", read_only=True, label="Libellé")  # type: ignore[assignment]
    financer = OrganisationRefSerializer(read_only=True, allow_null=True)
    mode_label = label_of("mode")
    source_label = label_of("source")
    allocation_key = KeyRefSerializer(read_only=True, allow_null=True)
    explanation = serializers.SerializerMethodField(label="Calcul")
    children = serializers.SerializerMethodField(label="Parts du groupe")

    class Meta:
        model = Share
        fields = [
            "ref",
            "label",
            "financer",
            "source",
            "source_label",
            "mode",
            "mode_label",
            "fixed_amount",
            "fixed_is_annual",
            "percent",
            "parts",
            "percent_of",
            "percent_note",
            "allocation_key",
            "amount",
            "explanation",
            "footnote",
            "stated",
            "children",
        ]
        read_only_fields = fields

    @extend_schema_field(ExplanationSerializer(allow_null=True))
    def get_explanation(self, share: Share) -> Any:
        return share.explanation or None

    @extend_schema_field({"type": "array", "items": {"$ref": "#/components/schemas/Share"}})
    def get_children(self, share: Share) -> Any:
        return ShareSerializer(self.context["children"].get(share.pk, []), many=True, context=self.context).data


class PlanSerializer(serializers.ModelSerializer):
    status_label = label_of("status")
    employer = OrganisationRefSerializer(read_only=True)
    posts = PostRefSerializer(many=True, read_only=True)
    covered = serializers.SerializerMethodField(label="Total des parts connues")

    class Meta:
        model = FundingPlan
        fields = [
            "uuid",
            "key",
            "label",
            "year",
            "employer",
            "posts",
            "status",
            "status_label",
            "period_start",
            "period_end",
            "covered",
            "version",
            "updated_at",
        ]
        read_only_fields = fields

    @extend_schema_field(AmountField())
    def get_covered(self, plan: FundingPlan) -> str:
        amounts = [share.amount for share in plan.shares.all() if not share.is_group and share.amount is not None]
        return f"{sum(amounts, start=Decimal(0)):.2f}"


class BalanceSerializer(serializers.Serializer):
    total = AmountField(allow_null=True, label="Coût de la période ; null s'il n'est pas connu")
    covered = AmountField(label="Ce que paient les parts")
    imbalance = AmountField(allow_null=True, label="Coût moins parts")
    balanced = serializers.BooleanField(label="Équilibré")
    words = serializers.CharField(source="balance_words", label="L'équilibre en une phrase")
    problems = serializers.ListField(child=serializers.CharField(), label="Ce qui n'est pas calculable")
    roundings = serializers.ListField(child=serializers.CharField(), label="Arrondis")


class PlanEventSerializer(serializers.ModelSerializer):
    act_label = serializers.SerializerMethodField(label="Acte")

    class Meta:
        model = PlanEvent
        fields = ["act", "act_label", "from_status", "to_status", "by_label", "reason", "created_at"]
        read_only_fields = fields

    def get_act_label(self, event: PlanEvent) -> str:
        return ACT_LABELS.get(event.act, event.act)


class PlanDetailSerializer(PlanSerializer):
    costs = CostSerializer(many=True, read_only=True)
    shares = serializers.SerializerMethodField(label="Parts, en arbre")
    balance = serializers.SerializerMethodField(label="Équilibre")
    events = PlanEventSerializer(many=True, read_only=True)
    note = serializers.SerializerMethodField(label="Note interne, vide hors du service gestionnaire")

    class Meta(PlanSerializer.Meta):
        fields = [
            *PlanSerializer.Meta.fields,
            "prorata",
            "rounding_unit",
            "rounding_method",
            "residue_ref",
            "span_start",
            "span_end",
            "breakdown",
            "legal_basis",
            "note",
            "costs",
            "shares",
            "balance",
            "events",
        ]
        read_only_fields = fields

    @extend_schema_field(ShareSerializer(many=True))
    def get_shares(self, plan: FundingPlan) -> Any:
        children: dict[int | None, list[Share]] = {}
        for share in plan.shares.all():
            children.setdefault(share.parent_id, []).append(share)
        context = {**self.context, "children": children}
        return ShareSerializer(children.get(None, []), many=True, context=context).data

    @extend_schema_field(BalanceSerializer)
    def get_balance(self, plan: FundingPlan) -> Any:
        return BalanceSerializer(plan_table(plan)).data

    def get_note(self, plan: FundingPlan) -> str:
        return plan.note if self.context["actor"].is_staff else ""


__all__ = ["AllocationKeySerializer", "PlanDetailSerializer", "PlanSerializer"]
