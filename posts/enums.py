from django.db import models


class PostKind(models.TextChoices):
    ISC = "ISC", "ISC – en commissariat"
    ISG = "ISG", "ISG – en gendarmerie"
    ISCG = "ISCG", "ISCG – en commissariat et gendarmerie"
    PSYCHOLOGUE = "PSY", "Psychologue"


class UnitKind(models.TextChoices):
    COMMISSARIAT = "commissariat", "Commissariat"
    CIRCONSCRIPTION = "circonscription", "Circonscription de police nationale"
    COMPAGNIE = "compagnie", "Compagnie de gendarmerie"
    COB = "cob", "Communauté de brigades"
    BRIGADE = "brigade", "Brigade de gendarmerie"


class Zone(models.TextChoices):
    POLICE = "police", "Zone police"
    GENDARMERIE = "gendarmerie", "Zone gendarmerie"


class MonthAct(models.TextChoices):
    """What happens to a month once entered."""

    VALIDATED = "valide", "Validé"
    REOPENED = "rouvert", "Rouvert"


class FileLayout(models.TextChoices):
    """How a file of detailed counts is laid out."""

    WIDE = "large", "Une ligne par poste et par mois, une colonne par nombre"
    LONG = "long", "Une ligne par nombre"
