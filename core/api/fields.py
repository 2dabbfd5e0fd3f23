"""Fields several apps' serializers share."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework import serializers


class VisibleField(serializers.SlugRelatedField):
    """An object named by its uuid in a body, looked for among those the caller may see."""

    default_error_messages = {
        "does_not_exist": "Aucun objet visible ne porte l'identifiant {value}.",
        "invalid": "« {value} » n'est pas un identifiant (uuid).",
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(slug_field="uuid", **kwargs)

    def get_queryset(self) -> Any:
        queryset: Any = super().get_queryset()
        return queryset.visible_to(self.context["actor"])

    def to_internal_value(self, data: Any) -> Any:
        try:
            value = UUID(str(data))
        except ValueError:
            self.fail("invalid", value=str(data)[:60])
        found = self.get_queryset().filter(uuid=value).first()
        if found is None:
            self.fail("does_not_exist", value=value)
        return found


class AmountField(serializers.DecimalField):
    """Euros with two decimals, as a string."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=12, decimal_places=2, **kwargs)


def label_of(name: str, label: str = "") -> serializers.CharField:
    """The French label beside a coded value."""
    return serializers.CharField(source=f"get_{name}_display", read_only=True, label=label or "Libellé")


class AnswerSerializer(serializers.Serializer):
    reason = serializers.CharField(label="Explication")
    by = serializers.CharField(label="Donnée par")
    at = serializers.DateTimeField(label="Le")


class FindingSerializer(serializers.Serializer):
    code = serializers.CharField(label="Règle")
    severity = serializers.CharField(label="Gravité : bloquant, a_expliquer ou vigilance")
    severity_label = serializers.CharField(label="Gravité en français")
    place = serializers.CharField(label="Où")
    message = serializers.CharField(label="Constat")
    stated = serializers.CharField(label="Valeur écrite", allow_blank=True)
    computed = serializers.CharField(label="Valeur calculée", allow_blank=True)
    source = serializers.CharField(label="Source de la règle", allow_blank=True)  # type: ignore[assignment]
    mark = serializers.CharField(label="Sûreté de la règle : V vérifiée, S lue dans des actes, U non vérifiée")
    blocks_signature_only = serializers.BooleanField(label="Ne bloque que la signature")
    fingerprint = serializers.CharField(label="Empreinte")
    answer = AnswerSerializer(allow_null=True, label="Explication donnée")
