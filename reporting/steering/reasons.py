"""Why an expected euro may not come, and which reason counts when there are several."""

from __future__ import annotations

from django.db import models


class Reason(models.TextChoices):
    """In order of precedence: an amount counts once, under the first of these that applies to it.

    The part nobody owes comes first (vacancy). The rest follows the road from the agreement to the receipt: the
    earliest step not taken is what must be mended first, and what comes after could not happen without it.
    """

    VACANCY = "vacance", "Poste vacant : part non due"
    NO_FINANCER = "sans_financeur", "Part du coût sans financeur"
    EXPIRED = "echue", "Convention échue ou près de l’être, poste maintenu"
    UNPRICED = "sans_plan", "Convention en cours sans plan de financement"
    DELIBERATION = "deliberation", "Délibération absente ou pas exécutoire"
    UNSIGNED = "non_signee", "Convention non signée alors que l’année court"
    REPORT = "bilan", "Bilan ou compte rendu non rendu"
    NOT_ISSUED = "titre_a_emettre", "Titre non émis pour un plan engagé"
    UNPAID = "impaye", "Titre émis, impayé après 30 jours"
    GRANT_LATE = "versement", "Subvention non versée à l’échéance"


ORDER = tuple(Reason)

#: What each one means and how its amount is found, as the page says it.
MEANING = {
    Reason.VACANCY: "La part de l’année où personne n’occupe le poste n’est pas due : c’est le calcul des titres.",
    Reason.NO_FINANCER: "Le coût du plan moins la somme de ses parts.",
    Reason.EXPIRED: "Ce que les financeurs paieraient après la fin de la convention ; alerte dès le préavis.",
    Reason.UNPRICED: "Une convention signée couvre la période, mais aucun plan ne dit qui paie combien.",
    Reason.DELIBERATION: "La part de la collectivité dont le vote manque, ou n’est pas transmis et publié.",
    Reason.UNSIGNED: "Les parts d’un plan qu’aucune convention signée n’engage, une fois sa période commencée.",
    Reason.REPORT: "Ce qui reste à recevoir, tant qu’un compte rendu dû aux financeurs manque.",
    Reason.NOT_ISSUED: "Ce qui est dû d’une part engagée, et qu’aucun titre n’a encore demandé.",
    Reason.UNPAID: "Ce qui reste à encaisser d’un titre émis depuis plus de 30 jours.",
    Reason.GRANT_LATE: "Ce qui reste à verser à l’association après la date prévue.",
}

PRECEDENCE = (
    "Un même euro n’est compté qu’une fois. La part que la vacance rend non due est retirée d’abord. Le reste compte"
    " sous la première étape non franchie, de l’accord à l’encaissement : financeur trouvé, convention en cours, plan"
    " chiffré, délibération, signature, compte rendu, titre, paiement. Les autres raisons sont citées sur la ligne."
    " La part que l’employeur paie lui-même et ce qui est déjà encaissé ne sont jamais à risque."
)
