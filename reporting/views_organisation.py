"""An organisation's own page: who it is, who binds it, and what the upper floors know of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from conventions.models import Convention
from conventions.presentation.states import state_on
from core.french import date_long
from parties.access import member_required
from parties.actors import Actor
from parties.directory import difference_with_official, siren_fr
from parties.enums import OrganisationKind
from parties.models import Mandate, Organisation
from posts.models import Post


@dataclass(frozen=True)
class MandateLine:
    """A mandate as the table shows it on a day."""

    mandate: Mandate
    day: dt.date

    @property
    def state(self) -> tuple[str, str]:
        if self.mandate.end and self.mandate.end < self.day:
            return "Terminé", "neutral"
        if self.mandate.start and self.mandate.start > self.day:
            return "À venir", "info"
        return "En fonction", "success"

    @property
    def period(self) -> str:
        start, end = self.mandate.start, self.mandate.end
        if not start and not end:
            return "dates inconnues"
        first = f"depuis le {date_long(start)}" if start and not end else f"du {date_long(start)}" if start else ""
        last = f"{'au' if start else 'jusqu’au'} {date_long(end)}" if end else ""
        return f"{first} {last}".strip()


@require_GET
@member_required
def organisation(request: HttpRequest, uuid: UUID) -> HttpResponse:
    by: Actor = request.actor  # type: ignore[attr-defined]
    found = get_object_or_404(Organisation.objects.visible_to(by).select_related("parent"), uuid=uuid)
    today = timezone.localdate()
    mandates = [MandateLine(m, today) for m in Mandate.objects.visible_to(by).filter(organisation=found)]
    mandates.sort(key=lambda line: (line.state[0] != "En fonction", line.mandate.person))
    conventions = Convention.objects.visible_to(by).with_party(found).order_by("reference")
    context = {
        "organisation": found,
        "identity": identity(found),
        "mandates": mandates,
        "services": list(Organisation.objects.visible_to(by).filter(parent=found)),
        "posts": posts_around(found, by),
        "conventions": [{"convention": c, "state": state_on(c, today)} for c in conventions],
        "may_edit": by.can("party.edit"),
        "may_settle": may_settle(found, by),
        "difference": difference_with_official(found) if by.can("party.edit") else "",
    }
    return render(request, "parties/organisation.html", context)


def may_settle(found: Organisation, by: Actor) -> bool:
    """Whether the person may open the organisation's finance settings."""
    own = by.is_staff or by.organisation == found
    return by.can("finance.edit") and found.has_legal_personality and own


def identity(found: Organisation) -> list[tuple[str, Any]]:
    """Terms and values of the identity panel; the full name is the one acts print."""
    address = ", ".join(
        part for part in (found.address1, found.address2, f"{found.postal_code} {found.city}".strip()) if part
    )
    rows: list[tuple[str, Any]] = [
        ("Dans les actes", found.french.le()),
        ("Nature", found.get_kind_display()),
        ("SIREN", siren_fr(found.siren)),
        ("SIRET", siren_fr(found.siret)),
        ("Siège", found.seat),
        ("Adresse de facturation", address),
    ]
    if found.legal_form:
        rows.insert(2, ("Forme juridique", found.get_legal_form_display()))
    if found.kind == OrganisationKind.ASSOCIATION:
        rows += [
            ("Statut", found.get_association_form_display()),
            ("Numéro RNA", found.rna),
            ("Déclarée le", date_long(found.declared_on) if found.declared_on else ""),
            ("Objet statutaire", found.statutory_object),
        ]
    return rows


def posts_around(found: Organisation, by: Actor) -> list[dict[str, Any]]:
    """Posts the person sees that the organisation employs, hosts, or whose service covers it. Three queries."""
    posts = Post.objects.visible_to(by).select_related("employer").order_by("label")
    groups = (
        ("Employés", posts.filter(employer=found)),
        (
            "Accueillis dans ses unités",
            posts.filter(pk__in=posts.filter(units__organisation=found).order_by().values("pk")),
        ),
        ("Qui couvrent son territoire", posts.filter(pk__in=posts.filter(epcis=found).order_by().values("pk"))),
    )
    return [{"title": title, "posts": rows} for title, queryset in groups if (rows := list(queryset))]
