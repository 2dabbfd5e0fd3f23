"""What waits for the platform's administrators: technical facts only, never what a territory holds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.urls import reverse

from core.french import date_long

from .items import TodoItem

if TYPE_CHECKING:
    from parties.models import ExceptionalAccess
    from reporting.views_platform import Facts

#: A territory where nothing changed for so long may need help. A display choice.
QUIET_DAYS = 90


def platform_items(lines: Iterable[Facts], asked: Iterable[ExceptionalAccess], *, today: dt.date) -> list[TodoItem]:
    """Territories nobody manages, suspended or silent ones, accesses one asked for and waits for."""
    items = []
    for line in lines:
        url = reverse("platform-territory", args=[line.territory.uuid])
        if line.territory.suspended_at:
            text = f"Depuis le {date_long(line.territory.suspended_at.date())}. Personne n’y entre."
            items.append(TodoItem(f"Rouvrir {line.territory} ?", url, text, "Suspendu", "danger"))
        elif not line.managers:
            text = "Personne ne peut y inviter ni y régler quoi que ce soit."
            items.append(
                TodoItem(f"Inviter un gestionnaire : {line.territory}", url, text, "Sans gestionnaire", "warning")
            )
        elif line.last_activity and (today - line.last_activity).days > QUIET_DAYS:
            text = f"Rien n’y a changé depuis le {date_long(line.last_activity)}."
            items.append(TodoItem(f"Prendre des nouvelles : {line.territory}", url, text, "Silencieux", "neutral"))
    for access in asked:
        url = reverse("platform-territory", args=[access.territory.uuid])
        text = f"Incident {access.incident}. Un gestionnaire du territoire doit répondre."
        items.append(TodoItem(f"Accès demandé : {access.territory}", url, text, "En attente", "info"))
    return items
