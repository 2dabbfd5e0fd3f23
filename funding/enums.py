from django.db import models


class PlanStatus(models.TextChoices):
    PROJET = "projet", "Projet"
    ARRETE = "arrete", "Arrêté"
    ENGAGE = "engage", "Engagé"
    SOLDE = "solde", "Soldé"


class CostKind(models.TextChoices):
    PAYROLL = "payroll", "Masse salariale"
    TRAVEL = "travel", "Frais de déplacement"
    EQUIPMENT = "equipment", "Équipement"
    TRAINING = "training", "Formation"
    OTHER = "other", "Autres frais"


class ShareMode(models.TextChoices):
    EQUAL = "equal", "À parts égales"
    FIXED = "fixed", "Montant fixe"
    PERCENTAGE = "percentage", "Pourcentage"
    KEY = "key", "Selon la clé de répartition"
    REMAINDER = "remainder", "Reste à charge"
    SCHEDULE = "schedule", "Barème dégressif de l'État"


class Source(models.TextChoices):
    """Where a financer's money comes from, as budgets name it."""

    FIPD = "fipd", "État (FIPD)"
    STATE = "etat", "État (autre crédit)"
    DEPARTEMENT = "departement", "Département"
    EPCI = "epci", "EPCI"
    COMMUNE = "commune", "Commune"
    CAF = "caf", "CAF"
    OTHER = "other", "Autre"


class RoundingUnit(models.TextChoices):
    CENT = "cent", "Au centime"
    EURO = "euro", "À l'euro"


class RoundingMethod(models.TextChoices):
    LARGEST_REMAINDER = "largest_remainder", "Au plus fort reste"
    HALF_UP_RESIDUE = "half_up_residue", "Au plus proche, l'écart à un financeur désigné"
    TRUNCATE_RESIDUE = "truncate_residue", "Par défaut, l'écart à un financeur désigné"


class ProrataBasis(models.TextChoices):
    NONE = "none", "Année pleine"
    MONTHS = "months", "Au prorata des mois"
    DAYS = "days", "Au prorata des jours"
    SPAN = "span", "Période à cheval sur plusieurs années, au prorata des jours"


class Breakdown(models.TextChoices):
    """How the parts of a plan for several posts divide among them."""

    EQUAL = "equal", "À parts égales"
    ETP = "etp", "Selon le temps de travail (ETP)"
    COST = "cost", "Selon le coût de chaque poste"


class RuleMark(models.TextChoices):
    """How sure a rule is (core.findings.Mark)."""

    VERIFIED = "V", "Vérifié dans une source publique"
    STATED = "S", "Lu dans un acte publié"
    UNVERIFIED = "U", "Non vérifié"


class KeyBasis(models.TextChoices):
    WHOLE = "population", "Population municipale"
    GENDARMERIE = "population_gendarmerie", "Population des communes en zone gendarmerie"


class KeySource(models.TextChoices):
    TYPED = "saisie", "Pourcentages saisis"
    OFFICIAL = "officielle", "Calculée sur les populations officielles"


class TitreKind(models.TextChoices):
    TITRE = "titre", "Titre de recettes"
    REDUCTION = "reduction", "Réduction"
    ANNULATION = "annulation", "Annulation"
    #: A correction of a closed exercice is no titre: the issuer pays back what it booked (account 673).
    MANDAT_673 = "mandat_673", "Mandat 673 à émettre"


#: What lowers what a titre claims.
CORRECTIONS = (TitreKind.REDUCTION, TitreKind.ANNULATION, TitreKind.MANDAT_673)


class TitreStatus(models.TextChoices):
    A_PREPARER = "a_preparer", "À préparer"
    PRET = "pret", "Prêt"
    EXPORTE = "exporte", "Exporté"
    EMIS = "emis", "Émis"
    ENCAISSE = "encaisse", "Encaissé"
    #: A correction given up before it left.
    ABANDONNE = "abandonne", "Abandonné"
