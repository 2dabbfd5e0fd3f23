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
    APPROVE = "approve", "Approuvée"
    CIRCULATE = "circulate", "Mise en signature"
    COMPLETE = "complete", "Signée par toutes les parties"
    REOPEN = "reopen", "Reprise en rédaction"
    ABANDON = "abandon", "Abandonnée"
    DENOUNCE = "denounce", "Dénoncée"
    TERMINATE = "terminate", "Résiliée"
    # Leaves the state where it is; logged all the same.
    SET_ASIDE = "set_aside", "Mentions publiées écartées"


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
