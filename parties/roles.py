"""One map: role → abilities. Templates, pages and API read it; services enforce it."""

from __future__ import annotations

from core import rls
from parties.enums import EXCEPTIONAL_ROLE, WITHOUT_LEGAL_PERSONALITY, OrganisationKind, PlatformRole, Role

#: Ability names are "<object>.<verb>"; their French labels are shown when an act is refused.
ABILITIES: dict[str, str] = {
    "post.edit": "modifier les postes",
    "plan.view": "consulter les plans de financement",
    "plan.edit": "modifier les plans de financement",
    "budget.edit": "tenir les lignes budgétaires",
    "forecast.issue": "établir un état prévisionnel",
    "party.edit": "modifier l'annuaire",
    "convention.edit": "préparer une convention",
    "convention.submit": "soumettre une convention",
    "convention.review": "commenter une convention soumise",
    "convention.approve": "approuver une convention",
    "convention.sign": "enregistrer une signature",
    "signature.give": "signer pour son organisation",
    "model.view": "consulter les modèles de convention",
    "model.edit": "écrire les modèles de convention",
    "titre.view": "consulter les titres",
    "titre.propose": "préparer les titres de recettes",
    "titre.export": "exporter les titres de recettes",
    "grant.view": "consulter les subventions",
    "grant.request": "demander une subvention et en rendre compte",
    "grant.pay": "attribuer et verser les subventions",
    "grant.manage": "préparer les subventions et régler leurs échéances",
    "finance.edit": "régler les paramètres financiers",
    "activity.edit": "saisir l'activité",
    "report.review": "valider, renvoyer et relancer les comptes rendus d'activité",
    "bilan.view": "consulter les bilans",
    "observatory.contribute": "contribuer à l'observatoire national",
    "copil.prepare": "préparer le dossier du comité de pilotage",
    "bilan.shared": "consulter les bilans à partager",
    "bilan.write": "écrire le bilan d'un poste",
    "dossier.exchange": "importer et exporter le dossier",
    "finding.answer": "expliquer un constat",
    "document.collect": "réunir des documents en un seul fichier",
    "token.manage": "gérer les jetons d'API",
    "member.manage": "gérer les membres",
    "journal.view": "consulter le journal",
    "access.manage": "répondre aux demandes d'accès exceptionnel",
    "national.view": "consulter les chiffres nationaux",
    "platform.manage": "administrer la plateforme",
    "sign_in.rule": "régler la sécurité des connexions",
    "approval.rule": "régler les niveaux d'approbation",
}

#: What no program may do, whatever the role of its token: making other tokens, letting people in, what only pages do.
NEVER_BY_TOKEN = frozenset(
    {
        *("token.manage", "member.manage", "sign_in.rule", "budget.edit", "forecast.issue", "finance.edit"),
        *("access.manage", "national.view", "platform.manage"),
        "signature.give",
        "approval.rule",
        *("grant.view", "grant.request", "grant.pay", "grant.manage"),
        *("document.collect", "copil.prepare"),
        "report.review",
        *("bilan.shared", "bilan.write"),
    }
)

ROLE_ABILITIES: dict[str, frozenset[str]] = {
    Role.GESTIONNAIRE: frozenset(
        {
            "post.edit",
            "plan.view",
            "plan.edit",
            "budget.edit",
            "forecast.issue",
            "party.edit",
            "convention.edit",
            "convention.submit",
            "convention.sign",
            "signature.give",
            "model.view",
            "model.edit",
            "titre.view",
            "titre.propose",
            "grant.view",
            "grant.request",
            "grant.pay",
            "grant.manage",
            "finance.edit",
            "activity.edit",
            "report.review",
            "bilan.view",
            "observatory.contribute",
            "copil.prepare",
            "bilan.shared",
            "bilan.write",
            "dossier.exchange",
            "finding.answer",
            "document.collect",
            "token.manage",
            "member.manage",
            "journal.view",
            "access.manage",
            "sign_in.rule",
            "approval.rule",
        }
    ),
    Role.INSTRUCTEUR: frozenset(
        {
            *("plan.view", "convention.review", "convention.approve", "model.view", "signature.give", "grant.view"),
            *("bilan.view", "document.collect", "copil.prepare"),
            *("bilan.view", "bilan.shared", "bilan.write", "document.collect"),
        }
    ),
    Role.FINANCES: frozenset(
        {
            "plan.view",
            "budget.edit",
            "titre.view",
            "titre.propose",
            "titre.export",
            "grant.view",
            "grant.request",
            "grant.pay",
            "finance.edit",
            "document.collect",
            "token.manage",
            "signature.give",
            "bilan.shared",
        }
    ),
    Role.PARTENAIRE: frozenset(
        {"plan.view", "titre.view", "grant.view", "signature.give", "document.collect", "bilan.shared", "bilan.write"}
    ),
    Role.EMPLOYEUR: frozenset(
        {
            *("activity.edit", "bilan.view", "bilan.shared", "bilan.write"),
            *("grant.view", "grant.request", "signature.give", "document.collect"),
        }
    ),
    # Reading only, whatever is added here: PostgreSQL refuses any write under it.
    EXCEPTIONAL_ROLE: frozenset(
        {"plan.view", "model.view", "titre.view", "grant.view", "bilan.view", "bilan.shared", "journal.view"}
    ),
    # Outside any territory.
    PlatformRole.NATIONAL: frozenset({"national.view"}),
    PlatformRole.PLATFORM: frozenset({"platform.manage"}),
}

ROLE_SCOPE: dict[str, str] = {
    Role.GESTIONNAIRE: rls.STAFF,
    Role.INSTRUCTEUR: rls.PREFECTURE,
    Role.FINANCES: rls.ORGANISATION,
    Role.PARTENAIRE: rls.ORGANISATION,
    Role.EMPLOYEUR: rls.ORGANISATION,
    EXCEPTIONAL_ROLE: rls.EXCEPTIONAL,
    PlatformRole.NATIONAL: rls.NATIONAL,
    PlatformRole.PLATFORM: rls.ADMINISTRATOR,
}

#: The most urgent part of the job first; at most seven entries (interface.md). name of the url, label, icon, ability.
NAVIGATION: tuple[tuple[str, str, str, str], ...] = (
    ("home", "À faire", "list-check", ""),
    ("posts", "Postes", "geo-alt", ""),
    ("plans", "Financements", "cash-coin", "plan.view"),
    ("conventions", "Conventions", "file-earmark-text", ""),
    ("titres", "Titres", "receipt", "titre.view"),
    ("grants", "Subventions", "cash-coin", "grant.view"),
    ("activity", "Activité", "activity", ""),
    ("bilans", "Bilans", "bar-chart", "bilan.view"),
)

#: The entries of the roles outside any territory; the first one a role has is its home page.
PLATFORM_NAVIGATION: tuple[tuple[str, str, str, str], ...] = (
    ("national", "Chiffres nationaux", "bar-chart", "national.view"),
    ("platform", "Territoires", "geo-alt", "platform.manage"),
    ("platform-lists", "Listes d'activité", "list-check", "platform.manage"),
    ("platform-log", "Journal de la plateforme", "clock-history", "platform.manage"),
)

#: Entries found elsewhere by who has another ability: grants are a tab of « Titres ».
REACHED_FROM: dict[str, str] = {"grants": "titre.view"}
#: The entry under which other addresses are found, so that the menu always says where one is.
WITHIN: dict[str, tuple[str, ...]] = {
    "plans": ("/budget/",),
    "titres": ("/previsions/", "/subventions/"),
    "conventions": ("/signatures/", "/a-signer/", "/modeles/", "/calendrier/"),
    "bilans": ("/pilotage/",),
}

#: What a membership adds to its role when it administers its organisation (``Membership.is_admin``).
ADMINISTRATOR_ABILITIES = frozenset({"member.manage"})


def abilities_of(role: str, *, is_admin: bool = False) -> frozenset[str]:
    abilities = ROLE_ABILITIES.get(role, frozenset())
    return abilities | ADMINISTRATOR_ABILITIES if is_admin else abilities


def platform_home(role: str) -> str:
    """The name of the page where a role outside any territory begins."""
    held = abilities_of(role)
    return next(name for name, _label, _icon, ability in PLATFORM_NAVIGATION if ability in held)


def abilities_by_token(role: str) -> frozenset[str]:
    """What a token of this role may be given."""
    return abilities_of(role) - NEVER_BY_TOKEN


def roles_for(kind: str) -> tuple[Role, ...]:
    """The roles that make sense in an organisation of this kind.

    The scheme is run by the Département and examined by the préfecture: nobody else has these two roles. A service
    without legal personality has no finances of its own.
    """
    roles = [Role.PARTENAIRE, Role.EMPLOYEUR]
    if kind not in WITHOUT_LEGAL_PERSONALITY:
        roles.insert(0, Role.FINANCES)
    if kind == OrganisationKind.DEPARTEMENT:
        roles.insert(0, Role.GESTIONNAIRE)
    if kind == OrganisationKind.PREFECTURE:
        roles.insert(0, Role.INSTRUCTEUR)
    return tuple(roles)
