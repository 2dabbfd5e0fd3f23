"""What avenants wait for, on the home page: one query for each person."""

from __future__ import annotations

from conventions.enums import AvenantStatus
from conventions.models import Avenant
from parties.actors import Actor

from .items import TodoItem

_NEXT = {
    AvenantStatus.BROUILLON: ("Finir", "Il est en rédaction.", "neutral"),
    AvenantStatus.A_CORRIGER: ("Corriger", "La préfecture l'a renvoyé.", "warning"),
    AvenantStatus.APPROUVEE: ("Mettre en signature", "La préfecture l'a approuvé.", "info"),
    AvenantStatus.EN_SIGNATURE: ("Recueillir les signatures de", "Les parties signent.", "info"),
}


def to_do(by: Actor) -> list[TodoItem]:
    """The managers' avenants, the oldest first."""
    rows = Avenant.objects.filter(territory_id=by.territory_id, status__in=_NEXT).select_related("convention")
    items = []
    for row in rows.order_by("created_at", "pk"):
        verb, detail, tone = _NEXT[AvenantStatus(row.status)]
        items.append(TodoItem(f"{verb} l'{row}", row.get_absolute_url(), detail, str(row.get_status_display()), tone))
    return items


def to_review(by: Actor) -> list[TodoItem]:
    """Submitted avenants, for the préfecture."""
    rows = Avenant.objects.filter(territory_id=by.territory_id).awaiting_review().select_related("convention")
    return [
        TodoItem(f"Instruire l'{row}", row.get_absolute_url(), row.title, "À instruire", "info")
        for row in rows.order_by("submitted_at", "pk")
    ]
