"""One map: role → abilities. Templates, pages and API read it; services enforce it."""

from __future__ import annotations

from core import rls
from parties.enums import Role

#: Ability names are "<object>.<verb>"; their French labels are shown when an act is refused.
ABILITIES: dict[str, str] = {
    "post.edit": "modifier les postes",
    "plan.view": "consulter les plans de financement",
    "plan.edit": "modifier les plans de financement",
    "party.edit": "modifier l'annuaire",
    "convention.edit": "préparer une convention",
    "convention.submit": "soumettre une convention",
    "convention.review": "commenter une convention soumise",
    "convention.approve": "approuver une convention",
    "convention.sign": "enregistrer une signature",
    "titre.view": "consulter les titres",
    "titre.propose": "préparer les titres de recettes",
    "titre.export": "exporter les titres de recettes",
    "activity.edit": "saisir l'activité",
    "bilan.view": "consulter les bilans",
    "dossier.exchange": "importer et exporter le dossier",
    "finding.answer": "expliquer un constat",
    "journal.view": "consulter le journal",
}

ROLE_ABILITIES: dict[str, frozenset[str]] = {
    Role.GESTIONNAIRE: frozenset(
        {
            "post.edit",
            "plan.view",
            "plan.edit",
            "party.edit",
            "convention.edit",
            "convention.submit",
            "convention.sign",
            "titre.view",
            "titre.propose",
            "activity.edit",
            "bilan.view",
            "dossier.exchange",
            "finding.answer",
            "journal.view",
        }
    ),
    Role.INSTRUCTEUR: frozenset({"plan.view", "convention.review", "convention.approve", "bilan.view"}),
    Role.FINANCES: frozenset({"plan.view", "titre.view", "titre.propose", "titre.export"}),
    Role.PARTENAIRE: frozenset({"plan.view", "titre.view"}),
    Role.EMPLOYEUR: frozenset({"activity.edit", "bilan.view"}),
}

ROLE_SCOPE: dict[str, str] = {
    Role.GESTIONNAIRE: rls.STAFF,
    Role.INSTRUCTEUR: rls.PREFECTURE,
    Role.FINANCES: rls.ORGANISATION,
    Role.PARTENAIRE: rls.ORGANISATION,
    Role.EMPLOYEUR: rls.ORGANISATION,
}

#: The most urgent part of the job first; at most seven entries (interface.md). name of the url, label, icon, ability.
NAVIGATION: tuple[tuple[str, str, str, str], ...] = (
    ("home", "À faire", "list-check", ""),
    ("posts", "Postes", "geo-alt", ""),
    ("plans", "Financements", "cash-coin", "plan.view"),
    ("conventions", "Conventions", "file-earmark-text", ""),
    ("titres", "Titres", "receipt", "titre.view"),
    ("activity", "Activité", "activity", ""),
    ("bilans", "Bilans", "bar-chart", "bilan.view"),
)


def abilities_of(role: str) -> frozenset[str]:
    return ROLE_ABILITIES.get(role, frozenset())
