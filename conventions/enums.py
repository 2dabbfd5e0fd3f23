from django.db import models


class Family(models.TextChoices):
    """Families of conventions met (domain.md §3)."""

    F0 = "F0", "F0 – Modèle national triennal, à compléter"
    F1 = "F1", "F1 – Agent du Département affecté en police ou gendarmerie"
    F2 = "F2", "F2 – Employeur EPCI"
    F3 = "F3", "F3 – Employeur association"
    F4 = "F4", "F4 – Dispositif départemental, tous postes et tous financeurs"
    F5 = "F5", "F5 – Convention bipartite d'attribution"
    F6 = "F6", "F6 – Partenariat national avec une tête de réseau"


class Status(models.TextChoices):
    """Only acts are stored; what follows from dates (en vigueur, échue) is computed."""

    BROUILLON = "brouillon", "Brouillon"
    SOUMISE = "soumise", "Soumise"
    VISEE = "visee", "Visée"
    A_CORRIGER = "a_corriger", "À corriger"
    APPROUVEE = "approuvee", "Approuvée"
    EN_SIGNATURE = "en_signature", "En signature"
    SIGNEE = "signee", "Signée"
    DENONCEE = "denoncee", "Dénoncée"
    RESILIEE = "resiliee", "Résiliée"
    ABANDONNEE = "abandonnee", "Abandonnée"


class ConventionAct(models.TextChoices):
    """What can be written in a convention's log; the label is how it reads there."""

    SUBMIT = "submit", "Soumise à la préfecture"
    SEND_BACK = "send_back", "Renvoyée pour correction"
    ENDORSE = "endorse", "Avis favorable du premier niveau"
    APPROVE = "approve", "Approuvée"
    CIRCULATE = "circulate", "Mise en signature"
    COMPLETE = "complete", "Signée par toutes les parties"
    REOPEN = "reopen", "Reprise en rédaction"
    ABANDON = "abandon", "Abandonnée"
    DENOUNCE = "denounce", "Dénoncée"
    TERMINATE = "terminate", "Résiliée"
    # Leaves the state where it is; logged all the same.
    SET_ASIDE = "set_aside", "Mentions publiées écartées"
    CORRECT = "correct", "Corrigée dans sa forme"
    REISSUE = "reissue", "Nouvelle version à signer"
    ASK_WIDER = "ask_wider", "Réouverture plus large demandée"
    WIDEN = "widen", "Réouverture élargie à toute la convention"
    TAKE_OVER = "take_over", "Reprise d'un acte antérieur au logiciel"


class PartyRole(models.TextChoices):
    EMPLOYER = "employeur", "Employeur"
    FINANCER = "financeur", "Financeur"
    HOST = "service_accueil", "Service d'accueil"
    FUNCTIONAL = "autorite_fonctionnelle", "Autorité fonctionnelle"
    HIERARCHICAL = "autorite_hierarchique", "Autorité hiérarchique"
    BEARER = "porteur", "Porteur"
    GRANTEE = "beneficiaire", "Bénéficiaire"
    ASSOCIATED = "associe", "Associé"


class DecisionKind(models.TextChoices):
    RENEWAL = "reconduction", "Reconduction"
    VALIDATION = "validation", "Validation"
    ATTRIBUTION = "attribution", "Attribution"
    AUTHORISATION = "autorisation", "Autorisation de signer"
    IMPUTATION = "imputation", "Imputation budgétaire"


class Channel(models.TextChoices):
    PAPER = "papier", "Papier"
    ELECTRONIC = "electronique", "Électronique"


class Anchor(models.TextChoices):
    CONVENTION = "convention", "La convention"
    CLAUSE = "clause", "Une clause"
    SHARE = "part", "Une ligne du plan"
    PARTY = "partie", "Une partie"


class AnnexKind(models.TextChoices):
    """What an annex is made from; only the last is a file somebody gave."""

    POST = "fiche_poste", "Fiche de poste"
    FUNDING = "financement", "Tableau de financement"
    FILE = "piece", "Pièce jointe"


class ChangeKind(models.TextChoices):
    """What an avenant may change."""

    PERIOD = "periode", "Durée"
    SHARE = "montant", "Montant d'une part"
    PLAN_ADDED = "plan_ajoute", "Plan de financement ajouté"
    PARTY_ADDED = "partie_ajoutee", "Partie ajoutée"
    PARTY_REPLACED = "partie_remplacee", "Partie remplacée"
    PARTY_REMOVED = "partie_retiree", "Partie retirée"
    SIGNATORY = "representant", "Représentant d'une partie"
    CLAUSE_REPLACED = "clause_remplacee", "Article remplacé"
    CLAUSE_ADDED = "clause_ajoutee", "Article ajouté"
    CLAUSE_REMOVED = "clause_retiree", "Article supprimé"
    REPEAL = "abrogation", "Avenant antérieur abrogé"


class AvenantStatus(models.TextChoices):
    """The states of a convention, said of an avenant; only what an avenant goes through."""

    BROUILLON = "brouillon", "Brouillon"
    SOUMISE = "soumise", "Soumis"
    A_CORRIGER = "a_corriger", "À corriger"
    APPROUVEE = "approuvee", "Approuvé"
    EN_SIGNATURE = "en_signature", "En signature"
    SIGNEE = "signee", "Signé"
    ABANDONNEE = "abandonnee", "Abandonné"


class AvenantAct(models.TextChoices):
    """What can be written in an avenant's log."""

    CREATE = "create", "Créé"
    SUBMIT = "submit", "Soumis à la préfecture"
    SEND_BACK = "send_back", "Renvoyé pour correction"
    APPROVE = "approve", "Approuvé"
    CIRCULATE = "circulate", "Mis en signature"
    COMPLETE = "complete", "Signé par toutes les parties"
    REOPEN = "reopen", "Repris en rédaction"
    ABANDON = "abandon", "Abandonné"


class EndingKind(models.TextChoices):
    DENUNCIATION = "denonciation", "Dénonciation"
    TERMINATION = "resiliation", "Résiliation"


class Side(models.TextChoices):
    """Who speaks in the thread of a remark."""

    MANAGER = "gestionnaire", "Gestionnaire"
    REVIEWER = "prefecture", "Préfecture"
    READER = "partenaire", "Partenaire"


class ReadingOutcome(models.TextChoices):
    """What a party asked to read a draft answers."""

    NOTHING = "lu", "Lu, sans remarque"
    REMARKS = "remarques", "Remarques envoyées"


class ObligationKind(models.TextChoices):
    """What falls due; the value is part of a stable identity, never change it."""

    VOTE = "deliberation", "Délibération à prendre"
    SIGNATURE = "signature", "Signature attendue"
    FIPD = "fipd", "Demande de FIPD"
    REQUEST = "demande", "Budget et demande de subvention"
    PAYMENT = "versement", "Versement de la subvention"
    TITRE = "titre", "Titre de recettes à émettre"
    QUARTER = "trimestre", "Chiffres du trimestre"
    HALF = "semestre", "Compte rendu du semestre"
    YEAR = "annee", "Chiffres de l'année"
    MONTH = "mois", "Compte rendu du mois"
    PERIOD = "periode", "Compte rendu de la période"
    COMMITTEE = "comite", "Réunion du comité"
    ACCOUNT = "compte_rendu", "Compte rendu financier"
    PUBLICATION = "publication", "Publication des données"
    NETWORK_REPORT = "rapport_annuel", "Rapport annuel de la tête de réseau"
    NOTICE = "preavis", "Dernier jour pour dénoncer"
    EXIT = "sortie", "Sortie avant reconduction tacite"
    EXPIRY = "terme", "Fin de la convention"
    STEP = "palier", "Baisse de la part de l'État dans un an"
    AMENDMENT = "avenant", "Prise d'effet d'un avenant"


class ObligationState(models.TextChoices):
    DONE = "fait", "Fait"
    LATE = "retard", "En retard"
    SOON = "bientot", "Bientôt"
    AHEAD = "a_venir", "À venir"
    #: Past, and nothing in the data says whether it was done.
    PAST = "passe", "Passé"


class CalendarRuleKind(models.TextChoices):
    FIPD_DAY = "fipd_day", "Demande de FIPD (jour et mois de l'année financée)"
    QUARTER_1 = "quarter_1", "Chiffres du premier trimestre (jour et mois)"
    QUARTER_2 = "quarter_2", "Chiffres du deuxième trimestre (jour et mois)"
    QUARTER_3 = "quarter_3", "Chiffres du troisième trimestre (jour et mois)"
    YEAR_DAY = "year_day", "Chiffres de l'année (jour et mois de l'année suivante)"
    COMMITTEE_DAY = "committee_day", "Réunion du comité (jour et mois de l'année suivante)"
    TITRE_DAY = "titre_day", "Émission des titres (jour et mois de l'année financée)"
    SIGNATURE_DAYS = "signature_days", "Délai de signature (jours après l'approbation)"
    REPORT_DAYS = "report_days", "Compte rendu sans date fixée (jours après la fin de la période)"


class DueMode(models.TextChoices):
    """How the day of a report follows its period."""

    MONTH = "mois", "Un jour d'un mois qui suit la période"
    DAYS = "jours", "Tant de jours après la fin de la période"
    LISTED = "dates", "Des dates données une à une"


class ReportEvery(models.IntegerChoices):
    """Months between two reports; each divides a year."""

    MONTH = 1, "Mensuel"
    TWO = 2, "Bimestriel"
    QUARTER = 3, "Trimestriel"
    FOUR = 4, "Quadrimestriel"
    HALF = 6, "Semestriel"
    YEAR = 12, "Annuel"


class ReminderStage(models.TextChoices):
    SOON = "bientot", "Échéance proche"
    LATE = "retard", "Échéance dépassée"
    WEEKLY = "semaine", "Résumé de la semaine"
