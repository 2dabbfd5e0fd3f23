"""The steps of each role, in the order they are discovered."""

from __future__ import annotations

from dataclasses import dataclass

from conventions.enums import ConventionAct
from parties.enums import PlatformAct, PlatformRole, Role

from .done import (
    Asks,
    Is,
    acted,
    asked_or_accounted,
    chose_reminders,
    commented,
    employs_publicly,
    exported,
    has_settings,
    invited,
    is_association,
    is_protected,
    platform_did,
    signed,
    validated,
    wrote,
)


@dataclass(frozen=True)
class Step:
    """One step: what to do, why, where. ``done`` reads the data; without it the person ticks the step."""

    code: str
    label: str
    text: str
    route: str
    query: str = ""
    done: Asks | None = None
    #: Whom the step is for, when not everybody in the role.
    holds: Is | None = None


PROTECT = Step(
    "second-facteur",
    "Protéger votre compte",
    "Un code de téléphone ou une clé, en plus du mot de passe.",
    "second-factor",
    done=is_protected,
)
STEPS: dict[str, tuple[Step, ...]] = {
    Role.GESTIONNAIRE: (
        Step(
            "annuaire",
            "Vérifier l'annuaire",
            "Les organisations du territoire et qui les représente.",
            "organisations",
        ),
        Step(
            "poste",
            "Créer ou compléter un poste",
            "Son employeur, ses unités, ses périodes d'occupation.",
            "posts",
            done=wrote("posts_post"),
        ),
        Step(
            "plan",
            "Faire un plan de financement",
            "Un coût, des financeurs, des parts qui tombent juste.",
            "plans",
            done=wrote("funding_fundingplan"),
        ),
        Step(
            "convention",
            "Préparer une convention",
            "À partir d'un plan : le texte, les parties, les signataires.",
            "convention-create",
            done=wrote("conventions_convention"),
        ),
        Step(
            "soumettre",
            "Soumettre une convention",
            "Quand aucun contrôle ne bloque plus, elle part à la préfecture.",
            "conventions",
            "etat=brouillon",
            done=acted(ConventionAct.SUBMIT),
        ),
        Step(
            "inviter",
            "Inviter une personne",
            "Un financeur, un employeur, la préfecture : chacun a son accès.",
            "members",
            done=invited,
        ),
        PROTECT,
    ),
    Role.INSTRUCTEUR: (
        Step(
            "lire",
            "Ouvrir une convention à instruire",
            "Ce qui change dans les chiffres et dans le texte vient d'abord.",
            "conventions-review",
        ),
        Step(
            "commenter",
            "Commenter une clause",
            "Le gestionnaire ne pourra modifier que ce que visent vos commentaires.",
            "conventions-review",
            done=commented,
        ),
        Step(
            "decider",
            "Décider",
            "Renvoyer pour correction, ou approuver.",
            "conventions-review",
            done=acted(ConventionAct.SEND_BACK, ConventionAct.ENDORSE, ConventionAct.APPROVE),
        ),
        Step(
            "modeles",
            "Parcourir un modèle de convention",
            "Celui auquel chaque texte soumis est comparé.",
            "models",
        ),
    ),
    Role.FINANCES: (
        Step(
            "regler",
            "Régler les paramètres financiers",
            "Le logiciel, l'imputation, les comptes : une seule fois.",
            "organisation-finance",
            done=has_settings,
            holds=employs_publicly,
        ),
        Step(
            "verifier",
            "Voir ce qui reste à vérifier",
            "Débiteur par débiteur, ce qui empêche un titre de partir.",
            "titre-readiness",
            holds=employs_publicly,
        ),
        Step(
            "exporter",
            "Exporter des titres",
            "Un fichier pour votre logiciel ; un titre ne part qu'une fois.",
            "titres-export",
            done=exported,
            holds=employs_publicly,
        ),
        Step(
            "payer",
            "Lire ce que vous devez",
            "Année par année, à qui, pour quel poste.",
            "debts",
        ),
        Step(
            "prevoir",
            "Lire vos prévisions",
            "Ce qu'il faudra payer sur trois ans.",
            "forecast",
        ),
    ),
    Role.PARTENAIRE: (
        Step(
            "lire",
            "Lire une convention",
            "Celles dont votre organisation est partie.",
            "conventions",
        ),
        Step(
            "signer",
            "Signer",
            "Par code, par certificat ou sur papier, quand votre organisation est attendue.",
            "to-sign",
            done=signed,
        ),
        Step(
            "engagements",
            "Lire vos engagements",
            "Ce que votre organisation doit, année par année.",
            "debts",
        ),
        Step(
            "rappels",
            "Choisir vos rappels",
            "Être prévenu d'une échéance, ou de toutes chaque lundi.",
            "calendar-settings",
            done=chose_reminders,
        ),
    ),
    Role.EMPLOYEUR: (
        Step(
            "mois",
            "Saisir et valider un mois",
            "Les comptes d'un poste ; aucun nom, jamais.",
            "activity",
            done=validated,
        ),
        Step(
            "importer",
            "Télécharger le modèle de tableau",
            "Pour saisir plusieurs mois d'un coup.",
            "activity-import",
        ),
        Step(
            "bilan",
            "Lire le bilan de vos postes",
            "Il se fait seul, à partir des mois.",
            "bilans",
        ),
        Step(
            "subventions",
            "Demander une subvention ou en rendre compte",
            "Ce que chaque financeur vous doit, et jusqu'à quand.",
            "grants",
            done=asked_or_accounted,
            holds=is_association,
        ),
    ),
    PlatformRole.NATIONAL: (
        Step(
            "lire",
            "Lire les chiffres nationaux",
            "Postes, conventions, activité : des sommes, jamais un territoire.",
            "national",
        ),
        Step(
            "secret",
            "Comprendre les petits nombres",
            "Pourquoi une case dit « secret », et son total aussi.",
            "guide",
            "national#les-petits-nombres",
        ),
        Step(
            "emporter",
            "Emporter un tableau",
            "Sous chaque titre, en XLSX ou en CSV.",
            "national",
            "#activite",
        ),
    ),
    PlatformRole.PLATFORM: (
        Step(
            "ouvrir",
            "Ouvrir un territoire",
            "Le Département, l'État, les EPCI et le premier gestionnaire, en une fois.",
            "platform-open",
            done=platform_did(PlatformAct.OPENED, PlatformAct.COMPLETED),
        ),
        Step(
            "journal",
            "Lire le journal de la plateforme",
            "Tout ce que vous faites y est noté, et y reste.",
            "platform-log",
        ),
        PROTECT,
    ),
}
