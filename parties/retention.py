"""How long what is about people is kept, and why: read by the job that applies it and by the page that says so."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from dateutil.relativedelta import relativedelta
from django.conf import settings


@dataclass(frozen=True)
class Rule:
    """``months`` after ``since``, ``what`` is dealt with as ``then`` says (French words). 0: as soon as it ends."""

    code: str
    what: str
    since: str
    months: int
    then: str
    reason: str

    def limit(self, now: dt.datetime) -> dt.datetime:
        """What ended before this moment has been kept long enough."""
        return now - relativedelta(months=self.months)

    @property
    def length(self) -> str:
        """« 24 mois », « 10 ans », « aucune »."""
        if not self.months:
            return "aucune"
        years, months = divmod(self.months, 12)
        if months:
            return f"{self.months} mois"
        return f"{years} ans" if years > 1 else "un an"


def rules() -> dict[str, Rule]:
    """The rules in force on this site, by code, in the order of the register."""
    every = (
        Rule(
            "sessions", "Sessions et compteurs d'essais de connexion", "leur expiration", 0, "supprimés",
            "Ils ne servent plus à rien.",
        ),
        Rule(
            "invitations", "Adresse électronique d'une invitation", "la fin de l'invitation",
            settings.COSIGNE_RETENTION["invitations"], "effacée ; l'invitation reste, sans adresse",
            "Répondre à une question sur une invitation récente.",
        ),
        Rule(
            "accounts", "Nom et adresse d'un compte qui n'ouvre plus rien", "le dernier accès ou la dernière connexion",
            settings.COSIGNE_RETENTION["accounts"],
            "effacés ; le compte reste, anonyme, pour que les actes gardent leur lien",
            "Laisser le temps d'un retour dans la fonction.",
        ),
        Rule(
            "jobs", "Travaux de fond et courriels envoyés", "leur fin", settings.COSIGNE_RETENTION["jobs"], "supprimés",
            "Comprendre un incident récent.",
        ),
        Rule(
            "journal", "Journal des modifications", "l'écriture", settings.COSIGNE_RETENTION["journal"],
            "début du journal retiré ; son empreinte reste, la suite se vérifie toujours",
            "Justifier un acte ou une somme tant que des comptes peuvent être demandés.",
        ),
    )  # fmt: skip
    return {rule.code: rule for rule in every}
