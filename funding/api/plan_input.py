"""A plan as a JSON body: read into :class:`PlanData`, the shape the page's editor and the services share."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from core.api.fields import AmountField, VisibleField
from funding.adapter import CostData, KeyData, PlanData, ShareData
from funding.enums import (
    Breakdown,
    CostKind,
    KeyBasis,
    KeySource,
    ProrataBasis,
    RoundingMethod,
    RoundingUnit,
    ShareMode,
    Source,
)
from funding.models import AllocationKey, BudgetLine, FundingPlan
from parties.models import Organisation
from posts.models import Post

#: A group, its members, and one level more for the unforeseen: beyond, the body is a mistake.
MAX_DEPTH = 3
MAX_ITEMS = 200
REF = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"


class CostInputSerializer(serializers.Serializer):
    kind = serializers.ChoiceField(choices=CostKind.choices, default=CostKind.PAYROLL, label="Nature")
    label = serializers.CharField(max_length=120, allow_blank=True, default="", label="Libellé")  # type: ignore[assignment]
    amount = AmountField(min_value=Decimal(0), label="Montant annuel")
    borne_by = serializers.CharField(
        max_length=40, allow_blank=True, default="", label="Repère de la part qui le supporte seule"
    )


class KeyInputSerializer(serializers.Serializer):
    basis = serializers.ChoiceField(choices=KeyBasis.choices, default=KeyBasis.WHOLE, label="Base")
    source = serializers.ChoiceField(choices=KeySource.choices, default=KeySource.TYPED, label="Origine")  # type: ignore[assignment]
    vintage = serializers.IntegerField(allow_null=True, default=None, label="Millésime des populations")
    stored = VisibleField(
        queryset=AllocationKey.objects.shared(),
        allow_null=True,
        default=None,
        label="Clé du territoire (uuid) : sa base, son millésime et ses pourcentages remplacent alors ceux-ci",
    )


class ShareInputSerializer(serializers.Serializer):
    """A financer's line, or a group: no financer, and ``children``."""

    ref = serializers.RegexField(REF, max_length=40, label="Repère, unique dans le plan")
    label = serializers.CharField(max_length=160, allow_blank=True, default="", label="Libellé")  # type: ignore[assignment]
    financer = VisibleField(
        queryset=Organisation.objects.all(), allow_null=True, default=None, label="Financeur (uuid)"
    )
    source = serializers.ChoiceField(choices=Source.choices, default=Source.OTHER, label="Crédit")  # type: ignore[assignment]
    mode = serializers.ChoiceField(choices=ShareMode.choices, default=ShareMode.EQUAL, label="Mode de calcul")
    fixed_amount = AmountField(min_value=Decimal(0), allow_null=True, default=None, label="Montant fixe")
    fixed_is_annual = serializers.BooleanField(default=False, label="Montant d'année pleine, à proratiser")
    percent = serializers.DecimalField(
        max_digits=7, decimal_places=4, min_value=Decimal(0), max_value=Decimal(100), allow_null=True, default=None,
        label="Pourcentage, ou poids dans une clé saisie",
    )  # fmt: skip
    parts = serializers.IntegerField(
        min_value=1, max_value=100, allow_null=True, default=None, label="Part égale : une part sur tant"
    )
    percent_of = serializers.CharField(
        max_length=40, allow_blank=True, default="", label="Repère de la part dont c'est un pourcentage"
    )
    key = KeyInputSerializer(allow_null=True, default=None, label="Clé qui partage le groupe")
    footnote = serializers.CharField(max_length=300, allow_blank=True, default="", label="Note de bas de tableau")
    budget_line = VisibleField(
        queryset=BudgetLine.objects.all(), allow_null=True, required=False, label="Ligne budgétaire (uuid)"
    )

    def get_fields(self) -> dict[str, serializers.Field]:
        fields = super().get_fields()
        fields["children"] = ShareInputSerializer(many=True, required=False, label="Parts du groupe")
        return fields


class PostCostSerializer(serializers.Serializer):
    post = VisibleField(queryset=Post.objects.all(), label="Poste (uuid)")
    amount = AmountField(min_value=Decimal(0), label="Coût annuel")


class PlanInputSerializer(serializers.Serializer):
    label = serializers.CharField(max_length=160, label="Libellé")  # type: ignore[assignment]
    year = serializers.IntegerField(min_value=2000, max_value=2100, label="Année")
    employer = VisibleField(queryset=Organisation.objects.all(), label="Employeur (uuid)")
    posts = VisibleField(queryset=Post.objects.all(), many=True, label="Postes (uuid)")
    period_start = serializers.DateField(label="Du")
    period_end = serializers.DateField(label="Au")
    prorata = serializers.ChoiceField(choices=ProrataBasis.choices, default=ProrataBasis.NONE, label="Prorata")
    rounding_unit = serializers.ChoiceField(choices=RoundingUnit.choices, default=RoundingUnit.CENT, label="Arrondi")
    rounding_method = serializers.ChoiceField(
        choices=RoundingMethod.choices, default=RoundingMethod.LARGEST_REMAINDER, label="Méthode d'arrondi"
    )
    residue_ref = serializers.CharField(
        max_length=40, allow_blank=True, default="", label="Repère de la part qui prend l'écart d'arrondi"
    )
    span_start = serializers.DateField(
        allow_null=True, default=None, label="Début de la période convenue, si elle court sur plusieurs années"
    )
    span_end = serializers.DateField(allow_null=True, default=None, label="Fin de la période convenue")
    breakdown = serializers.ChoiceField(
        choices=Breakdown.choices, required=False, label="Répartition des parts entre les postes"
    )
    post_costs = PostCostSerializer(many=True, required=False, label="Coût de chaque poste, pour répartir selon lui")
    note = serializers.CharField(allow_blank=True, default="", max_length=5000, label="Note interne")
    costs = CostInputSerializer(many=True, max_length=MAX_ITEMS, label="Composantes du coût")  # type: ignore[call-arg]
    shares = ShareInputSerializer(many=True, max_length=MAX_ITEMS, label="Parts")  # type: ignore[call-arg]

    def to_internal_value(self, data: Any) -> Any:
        shares = data.get("shares") if isinstance(data, Mapping) else None
        if _too_deep(shares, MAX_DEPTH):
            raise serializers.ValidationError({"shares": f"Les groupes s'emboîtent sur {MAX_DEPTH} niveaux au plus."})
        return super().to_internal_value(data)


class SpanInputSerializer(PlanInputSerializer):
    """A plan agreed over several years: the years, their dates and the prorata follow from the period."""

    span_start = serializers.DateField(label="Début de la période convenue")
    span_end = serializers.DateField(label="Fin de la période convenue")

    def get_fields(self) -> dict[str, serializers.Field]:
        fields = super().get_fields()
        for name in ("year", "period_start", "period_end", "prorata"):
            fields.pop(name)
        return fields


def span_data(values: Mapping[str, Any]) -> PlanData:
    """The validated body of :class:`SpanInputSerializer`, for the service that makes one plan per year."""
    start, end = values["span_start"], values["span_end"]
    return plan_data(
        {**values, "year": start.year, "period_start": start, "period_end": end, "prorata": ProrataBasis.SPAN}
    )


class PlanReplacementSerializer(PlanInputSerializer):
    version = serializers.IntegerField(label="La version que vous avez lue : si le plan a changé depuis, c'est un 409")


def _too_deep(shares: Any, levels: int) -> bool:
    if not isinstance(shares, list) or not shares:
        return False
    if levels == 0:
        return True
    return any(isinstance(share, Mapping) and _too_deep(share.get("children"), levels - 1) for share in shares)


def plan_data(values: Mapping[str, Any], stored: FundingPlan | None = None) -> PlanData:
    """The validated body as the services take it.

    What a published act printed (``stated``) is not for the API to change: it stays with the line of the same ``ref``,
    and so does the budget line when the body does not mention one.
    """
    held = {share.ref: share for share in stored.shares.all()} if stored else {}

    def share_of(value: Mapping[str, Any]) -> ShareData:
        before = held.get(value["ref"])
        keyed = value["mode"] == ShareMode.KEY
        line = value.get("budget_line", before.budget_line if before else None)
        return ShareData(
            ref=value["ref"],
            label=value["label"],
            financer=value["financer"],
            source=value["source"],
            mode=value["mode"],
            fixed_amount=value["fixed_amount"],
            fixed_is_annual=value["fixed_is_annual"],
            percent=value["percent"],
            parts=value["parts"],
            percent_of=value["percent_of"],
            weight=value["percent"] if keyed else None,
            key=_key_data(value["key"]) if value["key"] else None,
            footnote=value["footnote"],
            stated=before.stated if before else {},
            budget_line_id=line.pk if line else None,
            children=tuple(share_of(child) for child in value.get("children", [])),
        )

    return PlanData(
        label=values["label"],
        year=values["year"],
        employer=values["employer"],
        posts=tuple(values["posts"]),
        period_start=values["period_start"],
        period_end=values["period_end"],
        costs=tuple(CostData(**cost) for cost in values["costs"]),
        shares=tuple(share_of(share) for share in values["shares"]),
        prorata=values["prorata"],
        rounding_unit=values["rounding_unit"],
        rounding_method=values["rounding_method"],
        residue_ref=values["residue_ref"],
        note=values["note"],
        span_start=values["span_start"],
        span_end=values["span_end"],
        breakdown=values.get("breakdown") or (stored.breakdown if stored else Breakdown.EQUAL),
        post_weights=_post_weights(values, stored),
    )


def _key_data(value: Mapping[str, Any]) -> KeyData:
    stored = value["stored"]
    return KeyData(value["basis"], value["source"], value["vintage"], stored.pk if stored else None)


def _post_weights(values: Mapping[str, Any], stored: FundingPlan | None) -> dict[int, Decimal]:
    """The costs given, else those the plan already divides by."""
    if "post_costs" in values:
        return {row["post"].pk: row["amount"] for row in values["post_costs"]}
    return {link.post_id: link.weight for link in stored.plan_posts.all()} if stored else {}
