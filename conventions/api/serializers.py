"""What the API shows and takes of a convention."""

from __future__ import annotations

import datetime as dt
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from conventions.enums import Anchor, Channel, Family
from conventions.models import (
    Comment,
    CommentMessage,
    Convention,
    ConventionPlan,
    ConventionVersion,
    Deliberation,
    Party,
    Signatory,
    Signature,
    Template,
    Transition,
)
from conventions.workflow import acts_open_to
from core.api.fields import VisibleField, label_of
from funding.api.titres import PlanRefSerializer
from funding.models import FundingPlan
from parties.api import MandateRefSerializer, OrganisationRefSerializer
from posts.api import PostRefSerializer
from posts.models import Post


class DeliberationRefSerializer(serializers.ModelSerializer):
    class Meta:
        model = Deliberation
        fields = ["uuid", "key", "number", "date"]
        read_only_fields = fields


class PartyRefSerializer(serializers.ModelSerializer):
    organisation = OrganisationRefSerializer(read_only=True)

    class Meta:
        model = Party
        fields = ["uuid", "organisation", "roles"]
        read_only_fields = fields


class PartySerializer(PartyRefSerializer):
    role_labels = serializers.ListField(child=serializers.CharField(), read_only=True, label="Qualités en français")
    representative = MandateRefSerializer(read_only=True, allow_null=True)
    deliberation = DeliberationRefSerializer(read_only=True, allow_null=True)

    class Meta(PartyRefSerializer.Meta):
        fields = [*PartyRefSerializer.Meta.fields, "position", "role_labels", "representative", "deliberation"]
        read_only_fields = fields


class SignatorySerializer(serializers.ModelSerializer):
    organisation = OrganisationRefSerializer(source="party.organisation", read_only=True)
    mandate = MandateRefSerializer(read_only=True, allow_null=True)

    class Meta:
        model = Signatory
        fields = ["uuid", "organisation", "mandate", "position", "channel"]
        read_only_fields = fields


class TemplateSerializer(serializers.ModelSerializer):
    class Meta:
        model = Template
        fields = ["uuid", "name", "family", "version"]
        read_only_fields = fields


class ConventionPlanSerializer(serializers.ModelSerializer):
    plan = PlanRefSerializer(read_only=True, allow_null=True)
    only_financer = OrganisationRefSerializer(read_only=True, allow_null=True)

    class Meta:
        model = ConventionPlan
        fields = ["plan", "only_financer"]
        read_only_fields = fields


class ConventionSerializer(serializers.ModelSerializer):
    status_label = label_of("status")
    family_label = label_of("family")
    posts = PostRefSerializer(many=True, read_only=True)
    parties = PartyRefSerializer(many=True, read_only=True)
    last_day = serializers.DateField(
        source="known_end",
        read_only=True,
        allow_null=True,
        label="Dernier jour, avenants et fins compris ; null : renouvelée tacitement sans limite",
    )

    class Meta:
        model = Convention
        fields = [
            "uuid",
            "reference",
            "title",
            "family",
            "family_label",
            "status",
            "status_label",
            "period_start",
            "period_end",
            "last_day",
            "signed_on",
            "posts",
            "parties",
            "lock_version",
            "updated_at",
        ]
        read_only_fields = fields


class ActSerializer(serializers.Serializer):
    name = serializers.CharField(label="Acte")
    label = serializers.CharField(label="En français")  # type: ignore[assignment]


class ConventionDetailSerializer(ConventionSerializer):
    parties = PartySerializer(many=True, read_only=True)
    signatories = SignatorySerializer(many=True, read_only=True)
    plans = ConventionPlanSerializer(source="convention_plans", many=True, read_only=True)
    template = TemplateSerializer(read_only=True, allow_null=True)
    previous: Any = serializers.SlugRelatedField(slug_field="uuid", read_only=True, allow_null=True)
    open_acts = serializers.SerializerMethodField(label="Actes que votre rôle et l'état présent permettent")

    class Meta(ConventionSerializer.Meta):
        fields = [
            *ConventionSerializer.Meta.fields,
            "signatories",
            "plans",
            "template",
            "place",
            "notice_months",
            "notice_form",
            "is_renewal",
            "previous",
            "variables",
            "submitted_at",
            "open_acts",
        ]
        read_only_fields = fields

    @extend_schema_field(ActSerializer(many=True))
    def get_open_acts(self, convention: Convention) -> Any:
        return ActSerializer(acts_open_to(convention, self.context["actor"]), many=True).data


class VersionSerializer(serializers.ModelSerializer):
    class Meta:
        model = ConventionVersion
        fields = ["number", "sha256", "approved_by_label", "approved_at"]
        read_only_fields = fields


class ContentSerializer(serializers.Serializer):
    version = serializers.IntegerField(allow_null=True, label="Numéro de la version approuvée ; null pour un projet")
    sha256 = serializers.CharField(allow_blank=True, label="Empreinte du contenu approuvé ; vide pour un projet")
    content = serializers.JSONField(label="Tous les mots et chiffres qui seront imprimés")
    problems = serializers.ListField(child=serializers.CharField(), label="Ce qui manque au projet")


class TransitionSerializer(serializers.ModelSerializer):
    act_label = serializers.CharField(source="get_act_label", read_only=True, label="Acte")

    class Meta:
        model = Transition
        fields = ["act", "act_label", "from_status", "to_status", "by_label", "reason", "created_at"]
        read_only_fields = fields


class SignatureSerializer(serializers.ModelSerializer):
    version = serializers.IntegerField(source="version.number", read_only=True, label="Version signée")
    avenant = serializers.IntegerField(
        source="version.avenant.number", read_only=True, allow_null=True, label="Avenant signé ; null : la convention"
    )
    signatory = SignatorySerializer(read_only=True)

    class Meta:
        model = Signature
        fields = ["uuid", "version", "avenant", "signatory", "signed_on", "channel", "by_label"]
        read_only_fields = fields


class CommentMessageSerializer(serializers.ModelSerializer):
    class Meta:
        model = CommentMessage
        fields = ["side", "text", "by_label", "created_at"]
        read_only_fields = fields


class CommentSerializer(serializers.ModelSerializer):
    answer = serializers.CharField(read_only=True, label="Dernière réponse du gestionnaire ; vide s'il n'y en a pas")
    messages = CommentMessageSerializer(many=True, read_only=True)

    class Meta:
        model = Comment
        fields = ["uuid", "anchor", "target", "text", "answer", "messages", "resolved", "by_label", "created_at"]
        read_only_fields = fields


# --- Bodies -----------------------------------------------------------------------------------------------------------


class ConventionInputSerializer(serializers.Serializer):
    reference = serializers.CharField(max_length=40, label="Référence")
    plans = VisibleField(queryset=FundingPlan.objects.all(), many=True, label="Plans de financement (uuid)")
    posts = VisibleField(
        queryset=Post.objects.all(), many=True, required=False, label="Postes (uuid) ; par défaut ceux des plans"
    )
    period_start = serializers.DateField(label="Prend effet le")
    period_end = serializers.DateField(label="Prend fin le")
    title = serializers.CharField(allow_blank=True, default="", max_length=1000, label="Intitulé")
    family = serializers.ChoiceField(
        choices=Family.choices, allow_blank=True, default="", label="Famille ; vide : selon l'employeur"
    )
    place = serializers.CharField(allow_blank=True, default="", max_length=80, label="Fait à")
    notice_months = serializers.IntegerField(
        min_value=0, max_value=60, allow_null=True, default=3, label="Préavis (mois)"
    )
    is_renewal = serializers.BooleanField(default=False, label="Renouvellement")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["period_end"] < attrs["period_start"]:
            raise serializers.ValidationError({"period_end": "La fin de la convention précède sa prise d'effet."})
        return attrs


class Words(serializers.ListField):
    """A short list of short texts."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=serializers.CharField(max_length=300), max_length=50, **kwargs)


class CommitteeSerializer(serializers.Serializer):
    name = serializers.CharField(allow_blank=True, required=False, max_length=120, label="Nom")
    members = Words(required=False, label="Membres")


class TacitRenewalSerializer(serializers.Serializer):
    months = serializers.IntegerField(min_value=1, max_value=60, label="Durée de chaque reconduction, en mois")
    limit = serializers.IntegerField(
        min_value=1, max_value=20, allow_null=True, required=False, label="Reconductions au plus ; vide : sans limite"
    )
    leavers = Words(required=False, label="Clés des organisations qui peuvent s'y opposer ; absent : chaque partie")


class VariablesSerializer(serializers.Serializer):
    """What people type for the clauses; conventions.text.context reads them."""

    base = serializers.CharField(allow_blank=True, required=False, max_length=240, label="Base du poste")
    tribunal = serializers.CharField(allow_blank=True, required=False, max_length=120, label="Tribunal administratif")
    software = serializers.CharField(allow_blank=True, required=False, max_length=120, label="Logiciel")
    committee = CommitteeSerializer(required=False, label="Comité")
    reports = Words(required=False, label="Comptes rendus demandés")
    annexes = Words(required=False, label="Annexes, dans l'ordre")
    budget_deadline = serializers.DateField(allow_null=True, required=False, label="Échéance du budget")
    payment_deadline = serializers.DateField(allow_null=True, required=False, label="Échéance du versement")
    board_seats = serializers.IntegerField(
        min_value=1, max_value=50, allow_null=True, required=False, label="Sièges réservés aux financeurs (F6)"
    )

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        unknown = sorted(set(data) - set(self.fields)) if isinstance(data, dict) else []
        if unknown:
            raise serializers.ValidationError({name[:40]: "Cette variable n'existe pas." for name in unknown[:10]})
        values = super().to_internal_value(data)
        # Stored as JSON: dates as they are written.
        return {name: value.isoformat() if isinstance(value, dt.date) else value for name, value in values.items()}


class ConventionHeadSerializer(serializers.ModelSerializer):
    lock_version = serializers.IntegerField(
        label="La version d'enregistrement que vous avez lue : si la convention a changé depuis, c'est un 409"
    )
    variables = VariablesSerializer(required=False, label="Variables du texte ; une valeur vide retire la variable")

    class Meta:
        model = Convention
        fields = [
            "lock_version",
            "title",
            "period_start",
            "period_end",
            "notice_months",
            "notice_form",
            "place",
            "is_renewal",
            "variables",
        ]


class LockSerializer(serializers.Serializer):
    lock_version = serializers.IntegerField(
        required=False, allow_null=True, label="Si donnée : la version lue ; 409 si la convention a changé depuis"
    )


class ReasonSerializer(LockSerializer):
    reason = serializers.CharField(
        allow_blank=True, default="", max_length=5000, label="Motif ; vide si des commentaires l'expliquent"
    )


class SignatureInputSerializer(serializers.Serializer):
    signatory = VisibleField(queryset=Signatory.objects.all(), label="Signataire (uuid)")
    signed_on = serializers.DateField(label="Signé le")
    channel = serializers.ChoiceField(choices=Channel.choices, default=Channel.PAPER, label="Circuit")


class CommentInputSerializer(serializers.Serializer):
    text = serializers.CharField(max_length=5000, label="Commentaire")
    anchor = serializers.ChoiceField(choices=Anchor.choices, default=Anchor.CONVENTION, label="Porte sur")
    target = serializers.CharField(
        allow_blank=True, default="", max_length=80, label="Élément : clause, repère de part ou uuid de partie"
    )


class AnswerInputSerializer(serializers.Serializer):
    answer = serializers.CharField(max_length=5000, label="Réponse au commentaire")
