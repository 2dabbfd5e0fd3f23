"""Closed lists of the grants paid to associations. Values are stored; labels are shown."""

from django.db import models


class GrantStatus(models.TextChoices):
    A_DEMANDER = "a_demander", "À demander"
    DEMANDEE = "demandee", "Demandée"
    ATTRIBUEE = "attribuee", "Attribuée"
    PARTIELLE = "partielle", "Versée partiellement"
    VERSEE = "versee", "Versée"
    A_REVERSER = "a_reverser", "À reverser"
    SANS_OBJET = "sans_objet", "Sans objet"


#: The share is promised: the amount and the schedule no longer move.
COMMITTED = (GrantStatus.ATTRIBUEE, GrantStatus.PARTIELLE, GrantStatus.VERSEE, GrantStatus.A_REVERSER)
#: Asked or to be asked: the schedule may still change.
OPEN = (GrantStatus.A_DEMANDER, GrantStatus.DEMANDEE)


class PaymentKind(models.TextChoices):
    """A line of the account between a financer and an association; amounts are positive, the kind gives the sign."""

    VERSEMENT = "versement", "Versement"
    REVERSEMENT = "reversement", "Reversement par l'association"
    EXTOURNE = "extourne", "Annulation d'une écriture"


class FundStatus(models.TextChoices):
    OUVERT = "ouvert", "En cours"
    ARRETE = "arrete", "Arrêté"


class AccountStatus(models.TextChoices):
    A_ETABLIR = "a_etablir", "À établir"
    SOUMIS = "soumis", "Soumis"
    RENVOYE = "renvoye", "Renvoyé"
    ACCEPTE = "accepte", "Accepté"


class RuleKind(models.TextChoices):
    """What a dated rule sets; how its value is written is in :mod:`funding.grant_rules`."""

    THRESHOLD = "threshold", "Seuil de convention obligatoire (euros par an et par autorité)"
    ACCOUNT_MONTHS = "account_months", "Délai du compte rendu financier (mois après l'exercice)"
    PUBLICATION_MONTHS = "publication_months", "Délai de publication des données (mois après la signature)"
    REQUEST_DAY = "request_day", "Date limite de demande (mois et jour)"
    PAYMENT_DAY = "payment_day", "Date limite de versement (mois et jour)"
    EXPLANATION_PERCENT = "explanation_percent", "Écart à expliquer au compte rendu (en % du prévu)"
