"""Where the guide explains each screen: the one map from the name of an address to a page and a section of the guide.

A key is the name of an address, or the beginning of several; the longest that fits wins. What several roles do on one
screen is told to each in their own page: such a value is by role, "" standing for everybody else.
"""

from __future__ import annotations

from parties.enums import PlatformRole, Role
from parties.guide import INDEX, address

Topic = str | dict[str, str]

MANAGER, REVIEWER, FINANCE = Role.GESTIONNAIRE, Role.INSTRUCTEUR, Role.FINANCES
PARTNER, EMPLOYER = Role.PARTENAIRE, Role.EMPLOYEUR

#: One's own page: where one begins.
HOMES: dict[str, str] = {
    MANAGER: "gestionnaire#les-premiers-pas",
    REVIEWER: "instructeur#les-premiers-pas",
    FINANCE: "finances#les-premiers-pas",
    PARTNER: "partenaire#les-premiers-pas",
    EMPLOYER: "employeur#les-premiers-pas",
    PlatformRole.NATIONAL: "national#les-premiers-pas",
    PlatformRole.PLATFORM: "plateforme#les-premiers-pas",
    "": "index#se-reperer",
}
READING_CONVENTIONS: dict[str, str] = {
    MANAGER: "gestionnaire#la-convention",
    REVIEWER: "instructeur#relire",
    PARTNER: "partenaire#ce-que-vous-voyez",
    EMPLOYER: "employeur#ce-que-vous-voyez-encore",
    FINANCE: "finances#si-votre-organisation-paie-prevoir",
    "": "gestionnaire#la-convention",
}
GRANTS: dict[str, str] = {
    MANAGER: "gestionnaire#les-associations-qui-emploient",
    EMPLOYER: "employeur#si-vous-etes-une-association-vos-subventions",
    "": "finances#si-votre-organisation-subventionne-une-association",
}

TOPICS: dict[str, Topic] = {
    # Account and frame
    "home": HOMES,
    "first-steps": HOMES,
    "help": "index#se-reperer",
    "guide": "index#se-reperer",
    "accessibility": "accessibilite#signaler-un-defaut",
    "search": "index#se-reperer",
    "login": "compte#se-connecter",
    "logout": "compte#se-connecter",
    "account": "compte#se-connecter",
    "switch-membership": "index#se-reperer",
    "session-end": "compte#se-connecter",
    "password": "compte#mot-de-passe-oublie",
    "proconnect": "compte#se-connecter",
    "confirm-identity": "compte#ajouter-un-second-facteur",
    "second-factor": "compte#ajouter-un-second-facteur",
    "second-factor-check": "compte#telephone-ou-cle-perdus",
    "privacy": "compte#vos-donnees",
    "own-data": "compte#vos-donnees",
    "token": {MANAGER: "gestionnaire#relier-un-logiciel", "": "finances#relier-votre-logiciel"},
    "job": "index#les-travaux-longs",
    "styleguide": "index#se-reperer",
    # People and directory
    "member": "gestionnaire#les-membres",
    "invitation": "compte#accepter-une-invitation",
    "sign-in-rules": "compte#quand-le-territoire-lexige",
    "access": "gestionnaire#repondre-a-un-acces-exceptionnel",
    "access-enter": "plateforme#lacces-exceptionnel",
    "access-end": "plateforme#lacces-exceptionnel",
    "organisation": "gestionnaire#lannuaire",
    "organisation-finance": "finances#regler-une-fois",
    "mandate": "gestionnaire#lannuaire",
    "journal": "gestionnaire#retrouver-qui-a-change-quoi",
    # Outside any territory
    "national": "national#lire-les-chiffres",
    "national-bilan": "national#le-bilan-national",
    "platform": "plateforme#ouvrir-un-territoire",
    "platform-list": "plateforme#les-listes-dactivite",
    "platform-territory": "plateforme#suspendre-et-rouvrir",
    "platform-suspend": "plateforme#suspendre-et-rouvrir",
    "platform-reopen": "plateforme#suspendre-et-rouvrir",
    "platform-access": "plateforme#lacces-exceptionnel",
    # Posts and activity
    "post": {MANAGER: "gestionnaire#les-postes", PARTNER: "partenaire#ce-que-vous-voyez", "": "glossaire#poste"},
    "unit": "gestionnaire#les-unites",
    "activity": {MANAGER: "gestionnaire#lactivite-et-le-bilan", "": "employeur#saisir-un-mois"},
    "activity-edit": "employeur#saisir-un-mois",
    "activity-detail": "employeur#saisir-un-mois-en-detail-puis-le-valider",
    "activity-reopen": "employeur#saisir-un-mois-en-detail-puis-le-valider",
    "activity-import": "employeur#importer-un-tableau",
    "activity-template": "employeur#importer-un-tableau",
    "activity-people": "employeur#la-file-active-les-personnes-dun-trimestre-dune-annee",
    "activity-detail-import": "employeur#importer-le-detail-dun-autre-outil",
    "activity-detail-template": "employeur#importer-le-detail-dun-autre-outil",
    "activity-mapping": "employeur#importer-le-detail-dun-autre-outil",
    "report": {
        EMPLOYER: "employeur#remettre-un-compte-rendu",
        "": "gestionnaire#suivre-la-campagne-des-comptes-rendus",
    },
    "report-schedule": "calendrier#les-comptes-rendus-dune-convention",
    "bilan": "bilans#le-bilan-du-territoire",
    "bilan-open-data": "bilans#donnees-ouvertes",
    "bilan-post": "bilans#le-bilan-dun-poste",
    "bilan-post-write": "bilans#ecrire-les-rubriques",
    "contribution": "gestionnaire#contribuer-a-lobservatoire",
    "steering": "pilotage#largent-a-risque",
    "steering-costs": "pilotage#les-couts",
    "steering-copil": "pilotage#le-dossier-du-comite",
    # Money
    "plan": {MANAGER: "gestionnaire#le-plan-de-financement", "": "calculs#les-modes-de-repartition"},
    "plan-grid": "tableau#ecrire-dans-les-cases",
    "plan-grid-import": "tableau#par-un-fichier",
    "plan-advances": "finances#verifier",
    "plan-breakdown": "calculs#un-plan-pour-plusieurs-postes",
    "plans-import": "tableau#beaucoup-de-plans-dun-coup",
    "plans-template": "tableau#beaucoup-de-plans-dun-coup",
    "plans-rows": "tableau#beaucoup-de-plans-dun-coup",
    "scenario": "tableau#etudier-des-scenarios",
    "allocation-key": "calculs#les-cles-du-territoire",
    "state-rate": "calculs#le-bareme-degressif-de-letat",
    "finding-explain": "controles#trois-gravites",
    "budget": {MANAGER: "gestionnaire#les-lignes-budgetaires", "": "finances#tenir-vos-lignes-budgetaires"},
    "forecast": {MANAGER: "gestionnaire#les-previsions", "": "finances#si-votre-organisation-paie-prevoir"},
    "titre": "finances#si-votre-organisation-emploie-emettre",
    "titres-propose": "finances#preparer",
    "titres-verify": "finances#verifier",
    "titre-readiness": "finances#verifier",
    "titre-rules": "finances#fixer-les-regles",
    "exercise-close": "finances#fixer-les-regles",
    "titres-export": "finances#exporter",
    "batch": "finances#exporter",
    "return": "finances#relire-ce-que-votre-logiciel-a-fait",
    "titre-issue": "finances#relire-ce-que-votre-logiciel-a-fait",
    "titre-receive": "finances#relire-ce-que-votre-logiciel-a-fait",
    "titre-receipt-reverse": "finances#relire-ce-que-votre-logiciel-a-fait",
    "titre-reduce": "finances#corriger-un-titre-emis",
    "titre-cancel": "finances#corriger-un-titre-emis",
    "titre-withdraw": "finances#corriger-un-titre-emis",
    "titre-reissue": "finances#corriger-un-titre-emis",
    "titre-reminders": "finances#relancer",
    "titre-statement": "calculs#ce-que-reclame-un-titre",
    "debts": "finances#si-votre-organisation-paie-prevoir",
    "grant": GRANTS,
    # Conventions
    "convention": READING_CONVENTIONS,
    "convention-create": "gestionnaire#la-convention",
    "convention-edit": "gestionnaire#changer-une-convention-approuvee",
    "convention-change": "gestionnaire#changer-une-convention-approuvee",
    "convention-review": "instructeur#relire",
    "conventions-review": "instructeur#relire",
    "conventions-approve-several": "instructeur#plusieurs-a-la-fois",
    "convention-approve": "instructeur#decider",
    "convention-send-back": "instructeur#decider",
    "convention-widen": "instructeur#decider",
    "convention-comment": {MANAGER: "gestionnaire#corriger-apres-un-renvoi", "": "instructeur#commenter"},
    "convention-ask-wider": "gestionnaire#corriger-apres-un-renvoi",
    "convention-reading": {MANAGER: "gestionnaire#faire-relire-avant-de-soumettre", "": "partenaire#relire-un-projet"},
    "convention-signatories": "gestionnaire#qui-signe",
    "convention-signatory": "gestionnaire#qui-signe",
    "convention-take-over": "gestionnaire#qui-signe",
    "convention-sign": "gestionnaire#les-signatures",
    "convention-circulate": "gestionnaire#les-signatures",
    "convention-circuit": "signature#ouvrir-un-circuit-gestionnaire",
    "convention-circuit-bring": "signature#le-parapheur-exterieur",
    "convention-circuit-pack": "signature#le-parapheur-exterieur",
    "convention-step": "signature#suivre",
    "convention-countersign": "signature#signer",
    "convention-avenant": "gestionnaire#les-avenants",
    "convention-end": "gestionnaire#la-fin-dune-convention",
    "convention-denounce": "gestionnaire#la-fin-dune-convention",
    "convention-terminate": "gestionnaire#la-fin-dune-convention",
    "convention-document": "verification#les-documents-dune-convention",
    "convention-docx": "verification#les-documents-dune-convention",
    "convention-proofs": "verification#le-dossier-de-preuves",
    "conventions-pdf": "verification#plusieurs-pdf-a-la-fois",
    "approval-levels": "gestionnaire#les-niveaux-dapprobation",
    "avenant": {REVIEWER: "instructeur#les-avenants", "": "gestionnaire#les-avenants"},
    "signing-delegation": "gestionnaire#qui-signe",
    "signing-practice": "gestionnaire#qui-signe",
    "deliberation": "gestionnaire#les-deliberations",
    "commission": "gestionnaire#preparer-un-vote-et-son-dossier-de-seance",
    "calendar": "calendrier#lire-le-calendrier",
    "calendar-settings": "calendrier#recevoir-des-rappels",
    "calendar-rules": "calendrier#regler-les-dates",
    "calendar-feed": "calendrier#suivre-dans-son-agenda",
    "model": "modeles#partir-dun-modele",
    "models-choose": "modeles#ce-que-suivent-les-conventions",
    "model-clause": "modeles#les-clauses",
    "model-variant": "modeles#le-texte",
    "model-publish": "modeles#publier",
    # Signatures and documents
    "signatures": "signature#suivre",
    "to-sign": "signature#signer",
    "scan": "signature#le-papier",
    "paper-copy": "signature#le-papier",
    "signature-proof": "signature#suivre",
    "signing": "signature#signer",
    "verify": "verification#un-fichier",
    "verify-page": "verification#une-page-imprimee",
    "dossier": "dossier#quitter-ses-tableurs",
}


def begins(route: str, key: str) -> bool:
    """Whether ``key`` is the name of an address, or its beginning, in the plural or not."""
    return route == key or route.startswith((f"{key}-", f"{key}s", f"{key}es"))


def topic_of(route: str, role: str = "") -> str:
    """The page and section that explain an address to a role, as « page#section »; "" when nothing says."""
    fits = [key for key in TOPICS if begins(route, key)]
    topic = TOPICS[max(fits, key=len)] if fits else ""
    return topic if isinstance(topic, str) else topic.get(role, topic[""])


def help_for(route: str, role: str = "") -> str:
    """The address of the help about a page; the guide's first page when the map says nothing of it."""
    page, _, anchor = (topic_of(route, role) or INDEX).partition("#")
    return address(f"{page}.md#{anchor}" if anchor else f"{page}.md")
