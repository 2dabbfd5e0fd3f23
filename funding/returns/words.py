"""What the accountant's answers mean for a finance officer: said, with what to do and where."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from core.french import plural
from core.money import euros
from funding.enums import TitreStatus
from funding.models import Titre
from funding.returns.pes import PesLine
from funding.titre_returns import Notice

#: OrgEma that are money received, and the reference kept with the receipt. Schema 5.17, TOrgEma.
MONEY = {
    "01": "PES Retour, reçu avant l'émission",
    "02": "PES Retour",
    "03": "PES Retour, flux d'encaissement",
    "10": "PES Retour, paiement en ligne",
}
#: The others settle a titre without a payment to its issuer.
OTHER_ORIGINS = {
    "04": "un mandat correctif",
    "05": "un mandat (compensation)",
    "06": "une admission en non-valeur",
    "07": "un titre correctif",
    "08": "un autre titre",
    "09": "l'annulation de frais de poursuite",
    "11": "un encaissement technique",
    "12": "une opération diverse",
}
#: ObsEtat, Schema 5.17, TObsEtat: the reasons a prepared titre can meet; the others stay as their code.
REASONS = {
    "01": "le caractère exécutoire manque",
    "02": "la créance n'est pas indiquée",
    "03": "le débiteur n'est pas indiqué",
    "04": "imputation budgétaire erronée",
    "05": "prescription",
    "06": "autre motif",
    "07": "la pièce d'origine n'est pas citée",
    "08": "type de bordereau inconnu",
    "09": "exercice du bordereau non ouvert",
    "10": "bordereau sans date d'émission",
    "11": "montant du bordereau incohérent",
    "12": "bordereau non signé",
    "14": "signataire incompétent",
    "15": "pièces justificatives insuffisantes",
    "16": "pièces justificatives absentes ou non valables",
    "17": "domiciliation bancaire absente ou erronée",
    "18": "numéro de bordereau déjà pris",
    "19": "complément d'information demandé",
    "21": "titre incomplet",
}
STATES = {
    "01": "mis en instance par le comptable",
    "03": "pris en charge en partie",
    "04": "rejeté par le comptable",
    "05": "annulé chez le comptable",
}


def of_piece(line: PesLine, titre: Titre, place: int, where: str) -> Notice:
    """A piece that was not simply taken in charge."""
    reasons = [REASONS.get(code.strip(), f"motif {code.strip()}") for code in line.reasons.split("-") if code.strip()]
    what = STATES[line.state]
    if reasons:
        what += f" ({', '.join(reasons)})"
    if line.comment:
        what += f", avec ce commentaire : « {line.comment} »"
    if line.state == "01":
        todo = "Répondez au comptable ; le retour suivant dira s'il prend le titre en charge."
    elif line.state == "03":
        todo = "Demandez au comptable ce qu'il ne prend pas en charge ; au besoin, réduisez le titre."
    elif titre.status == TitreStatus.EXPORTE:
        todo = _send_again(line.taken_on != "")
    elif titre.net:
        todo = "Le titre est émis dans Cosigne : annulez-le avec ce motif, puis réémettez-le s'il reste dû."
    else:
        todo = "Le titre est déjà annulé dans Cosigne : rien à faire, sauf à le réémettre."
    return Notice(place, where, f"{titre.debtor.label} : {what}.", todo, titre.get_absolute_url())


def _send_again(was_taken: bool) -> str:
    renumber = "sous un autre numéro " if was_taken else ""
    return (
        "Rien n'est enregistré comme émis. Corrigez la cause, puis représentez le titre depuis votre logiciel "
        f"{renumber}ou annulez le lot avec ce motif et exportez-le de nouveau."
    )


def of_slip(line: PesLine, titres: Sequence[Titre], place: int, where: str, reasons: str) -> Notice:
    """A bordereau, or one of its pieces, refused by an acknowledgement."""
    count = len(titres)
    issued = sum(titre.status != TitreStatus.EXPORTE for titre in titres)
    what = f"Rejeté : {reasons}" if reasons else "Rejeté, sans motif"
    concerned = f"{count} {plural(count, 'titre concerné', 'titres concernés')}"
    if issued:
        todo = (
            f"{issued} {plural(issued, 'titre est déjà émis', 'titres sont déjà émis')} dans Cosigne : vérifiez avec "
            "le comptable si un envoi suivant a été accepté ; sinon annulez ces titres un par un."
        )
    else:
        todo = (
            "Rien n'est enregistré comme émis. Corrigez la cause, puis renvoyez le bordereau depuis votre logiciel, ou "
            "annulez le lot avec ce motif et exportez-le de nouveau."
        )
    batch = titres[0].batch
    url = batch.get_absolute_url() if batch is not None and count > 1 else titres[0].get_absolute_url()
    return Notice(place, where, f"{what} ({concerned}).", todo, url)


def of_flow(line: PesLine, place: int) -> Notice:
    """A refusal that names no bordereau: the whole file that was sent, or an attachment."""
    if line.domain.lstrip("0") == "4":
        name = f" {line.subject}" if line.subject else ""
        return Notice(
            place,
            f"Pièce jointe{name}",
            f"Rejetée : {line.reasons or 'sans motif'}.",
            "Transmettez-la de nouveau depuis votre logiciel.",
        )
    return Notice(
        place,
        "Fichier envoyé",
        f"Rejeté en entier : {line.reasons or 'sans motif'}.",
        "Aucun de ses bordereaux n'est parvenu au comptable, et l'accusé ne dit pas lesquels. Retrouvez le lot par la "
        "date d'envoi, corrigez la cause, puis renvoyez-le ou annulez-le et exportez-le de nouveau.",
    )


def received_only(line: PesLine, place: int, where: str) -> Notice:
    return Notice(
        place,
        where,
        "Reçu et lisible ; l'accusé ne se prononce pas encore sur les recettes.",
        "Attendez l'accusé du domaine Recette ou le PES Retour : rien n'est enregistré comme émis.",
    )


def without_date(line: PesLine, titre: Titre, place: int, where: str) -> Notice:
    day = f" le {dt.date.fromisoformat(line.taken_on):%d/%m/%Y}" if line.taken_on else ""
    return Notice(
        place,
        where,
        f"{titre.debtor.label} : pris en charge{day}, sous des numéros que Cosigne n'avait pas envoyés.",
        "Le fichier ne donne pas la date du titre : enregistrez son émission sur sa page, puis relisez ce fichier.",
        titre.get_absolute_url(),
    )


def of_movement(origin: str, day: dt.date, amount: Decimal, titre: Titre, place: int, where: str) -> Notice:
    """A recovery that is not a payment to keep."""
    if titre.is_correction:
        what, todo = "émargé sur une correction", "Rien à enregistrer : la correction agit sur le titre corrigé."
    elif amount < 0:
        what, todo = "repris", "Contre-passez l'encaissement correspondant sur la page du titre."
    else:
        what = f"soldé par {OTHER_ORIGINS.get(origin, 'une opération inconnue')}, sans encaissement"
        todo = "Rien n'est encaissé. Si le titre n'est plus dû, réduisez-le ou annulez-le avec ce motif."
    return Notice(
        place,
        where,
        f"{titre.debtor.label} : {euros(abs(amount))} {what} le {day:%d/%m/%Y}.",
        todo,
        titre.get_absolute_url(),
    )
