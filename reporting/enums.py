"""Values of the signature circuit, as people read them."""

from django.db import models


class Mode(models.TextChoices):
    """How one person signs."""

    CODE = "code", "Code à usage unique"
    CERTIFICATE = "certificat", "Certificat personnel"
    PAPER = "papier", "Papier"
    OUTSIDE = "parapheur", "Parapheur extérieur"


class CircuitState(models.TextChoices):
    OPEN = "ouvert", "En cours"
    SUSPENDED = "suspendu", "Suspendu"
    CANCELLED = "annule", "Annulé"
    DONE = "termine", "Terminé"


class CircuitAct(models.TextChoices):
    """What can be written in a circuit's log; the label is how it reads there."""

    OPENED = "opened", "Circuit ouvert"
    SENT = "sent", "Lien envoyé"
    RESENT = "resent", "Lien renvoyé"
    REVOKED = "revoked", "Lien révoqué"
    REMINDED = "reminded", "Relance envoyée"
    CODE_SENT = "code_sent", "Code envoyé"
    CODE_WRONG = "code_wrong", "Code refusé"
    SIGNED = "signed", "Signature enregistrée"
    FILE_KEPT = "file_kept", "Fichier signé reçu"
    HELD = "held", "Fichier confié au parapheur"
    RELEASED = "released", "Fichier repris du parapheur"
    REFUSED = "refused", "Refus de signer"
    RESUMED = "resumed", "Circuit repris"
    DELEGATION_ASKED = "delegation_asked", "Délégation demandée"
    DELEGATED = "delegated", "Délégation confirmée"
    DELEGATION_REFUSED = "delegation_refused", "Délégation écartée"
    CHANGED = "changed", "Façon de signer modifiée"
    CANCELLED = "cancelled", "Circuit annulé"
    DONE = "done", "Circuit terminé"


class PageVerdict(models.TextChoices):
    """What became of one page of a scan."""

    MATCHED = "reconnue", "Reconnue"
    ASSIGNED = "rattachee", "Rattachée à la main"
    UNREADABLE = "illisible", "Code illisible"
    SUPERSEDED = "remplacee", "Version remplacée"
    FOREIGN = "etrangere", "Document inconnu ici"
    DUPLICATE = "double", "Page en double"
    SET_ASIDE = "ecartee", "Écartée"


class ReportAct(models.TextChoices):
    """What can be done with a report; the label is how it reads in its history."""

    SUBMITTED = "remis", "Remis par l'employeur"
    VALIDATED = "valide", "Validé"
    RETURNED = "renvoye", "Renvoyé à l'employeur"
    REOPENED = "rouvert", "Rouvert"
    REMINDED = "relance", "Relance envoyée"


class ReportState(models.TextChoices):
    """Where a report stands, in the words of the board."""

    AHEAD = "a_venir", "À venir"
    OPEN = "a_remplir", "À remplir"
    READY = "pret", "Prêt à remettre"
    RETURNED = "a_reprendre", "À reprendre"
    CHANGED = "change", "À remettre de nouveau"
    SUBMITTED = "remis", "Remis"
    VALIDATED = "valide", "Validé"
    KNOWN = "repris", "Chiffres de l'année repris"


class BilanSection(models.TextChoices):
    """What is written by hand in the bilan of a post."""

    PARTNERSHIP = "partenariat", "Partenariat"
    DIFFICULTIES = "difficultes", "Difficultés et propositions"
    HIGHLIGHTS = "faits", "Faits marquants"
    #: Kept apart: it is in no version that leaves.
    OPINION = "avis", "Avis de l'autorité fonctionnelle"
