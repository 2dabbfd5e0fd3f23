"""« Situation au … » over the API: what a convention is on a day, avenants folded in."""

from __future__ import annotations

import datetime as dt
from typing import Any

from rest_framework import serializers

from conventions.avenants import SignedAvenant
from conventions.models import Avenant
from conventions.situation import ArticleNow, PartyNow, PlanNow, Situation
from core.api.fields import label_of


class DayQuerySerializer(serializers.Serializer):
    on = serializers.DateField(label="Le jour de la situation (AAAA-MM-JJ) ; absent : aujourd'hui", required=False)


class AvenantSerializer(serializers.ModelSerializer):
    status_label = label_of("status")

    class Meta:
        model = Avenant
        fields = ["uuid", "number", "title", "status", "status_label", "effective_on", "signed_on", "lock_version"]
        read_only_fields = fields


class ChangeSerializer(serializers.Serializer):
    kind = serializers.CharField(label="Nature")
    target = serializers.CharField(label="Élément changé")
    sentence = serializers.CharField(label="En français")
    before = serializers.JSONField(label="Valeur d'avant")
    after = serializers.JSONField(label="Nouvelle valeur")


class AppliedSerializer(serializers.Serializer):
    number = serializers.IntegerField(label="Numéro de l'avenant")
    effective_on = serializers.DateField(label="Prend effet le")
    signed_on = serializers.DateField(label="Signé le", allow_null=True)
    sha256 = serializers.CharField(label="Empreinte de la version signée ; vide sans texte", allow_blank=True)
    changes = ChangeSerializer(many=True)


class SituationPartySerializer(serializers.Serializer):
    uuid = serializers.UUIDField()
    name = serializers.CharField()
    siren = serializers.CharField(allow_blank=True)
    roles = serializers.ListField(child=serializers.CharField())
    avenant = serializers.IntegerField(label="Avenant qui le dit ; null : la convention", allow_null=True)


class SituationFigureSerializer(serializers.Serializer):
    ref = serializers.CharField(label="Repère de la part")
    label = serializers.CharField(label="Financeur")  # type: ignore[assignment]
    amount = serializers.DecimalField(12, 2, label="Montant en vigueur (€)", allow_null=True)
    committed = serializers.DecimalField(12, 2, label="Montant à la signature (€)", allow_null=True)
    source: Any = serializers.CharField(label="Acte qui l'a changé ; vide : la convention", allow_blank=True)


class SituationPlanSerializer(serializers.Serializer):
    key = serializers.CharField()
    year = serializers.IntegerField()
    total = serializers.DecimalField(12, 2, allow_null=True)
    shares = SituationFigureSerializer(many=True)


class SituationArticleSerializer(serializers.Serializer):
    label = serializers.CharField(label="Numéro", allow_blank=True)  # type: ignore[assignment]
    kind = serializers.CharField()
    title = serializers.CharField()
    removed = serializers.BooleanField(label="Supprimé par un avenant")
    avenant = serializers.IntegerField(allow_null=True)
    blocks = serializers.JSONField()


class SituationSerializer(serializers.Serializer):
    on = serializers.DateField()
    in_force = serializers.BooleanField(label="En vigueur ce jour-là")
    period_start = serializers.DateField()
    period_end = serializers.DateField()
    last_day = serializers.DateField(
        label="Dernier jour connu ; null : renouvelée tacitement sans limite", allow_null=True
    )
    avenants = AppliedSerializer(many=True, label="Avenants en vigueur, dans l'ordre où ils s'appliquent")
    upcoming = serializers.ListField(child=serializers.IntegerField(), label="Avenants signés, d'effet ultérieur")
    repealed = serializers.ListField(child=serializers.IntegerField(), label="Avenants abrogés")
    parties = SituationPartySerializer(many=True)
    plans = SituationPlanSerializer(many=True)
    articles = SituationArticleSerializer(many=True)


def situation_data(situation: Situation) -> dict[str, Any]:
    """What the serializer renders."""
    start, end = situation.period
    return {
        "on": situation.day,
        "in_force": situation.in_force,
        "period_start": start,
        "period_end": end,
        "last_day": None if situation.last_day == dt.date.max else situation.last_day,
        "avenants": [_applied(item) for item in situation.applied],
        "upcoming": [item.avenant.number for item in situation.upcoming],
        "repealed": [item.avenant.number for item in situation.repealed],
        "parties": [_party(party) for party in situation.parties],
        "plans": [_plan(plan) for plan in situation.plans],
        "articles": [_article(article) for article in situation.articles],
    }


def _applied(item: SignedAvenant) -> dict[str, Any]:
    return {
        "number": item.avenant.number,
        "effective_on": item.avenant.effective_on,
        "signed_on": item.avenant.signed_on,
        "sha256": item.version.sha256 if item.version else "",
        "changes": item.changes,
    }


def _party(party: PartyNow) -> dict[str, Any]:
    organisation = party.organisation
    return {
        "uuid": organisation.uuid,
        "name": organisation.name,
        "siren": organisation.siren,
        "roles": list(party.roles),
        "avenant": party.by.number if party.by else None,
    }


def _plan(plan: PlanNow) -> dict[str, Any]:
    return {
        "key": plan.plan.key,
        "year": plan.plan.year,
        "total": plan.total,
        "shares": [
            {
                "ref": figure.ref,
                "label": figure.label,
                "amount": figure.amount,
                "committed": figure.committed,
                "source": figure.source,
            }
            for figure in plan.figures
        ],
    }


def _article(article: ArticleNow) -> dict[str, Any]:
    return {
        "label": article.label,
        "kind": article.kind,
        "title": article.title,
        "removed": article.removed,
        "avenant": article.by.number if article.by else None,
        "blocks": list(article.blocks),
    }
