"""Money received on titres: rows that are added, never changed. And the states that follow from them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.db import transaction
from django.db.models import Max, Sum
from django.utils import timezone

from core.errors import Conflict, InvalidInput
from core.french import date_long
from core.money import euros
from funding import titre_workflow
from funding.enums import TitreStatus
from funding.models import Receipt, ReturnImport, Titre
from funding.services.titres import check_issuer, locked_titre
from parties.actors import Actor


@transaction.atomic
def record_receipt(
    *,
    titre: Titre,
    amount: Decimal,
    received_on: dt.date,
    by: Actor,
    reference: str = "",
    source: ReturnImport | None = None,
) -> Receipt:
    """One payment received, in euros, beside the others. What exceeds the titre is kept too, and told as a finding.

    Raises :class:`InvalidInput` for an amount not above zero or a date before the titre or to come;
    :class:`Conflict` when the titre is not issued, or when the same payment (day, amount, reference) is already there.
    """
    by.require("titre.export")
    locked = locked_titre(titre, by)
    reference = reference.strip()
    _check_receipt(locked, amount, received_on)
    same = locked.receipts.filter(
        amount=amount, received_on=received_on, reference=reference, reverses__isnull=True, reversal__isnull=True
    )
    # A return counts the payments of a day itself: two of the same amount there are two.
    if source is None and same.exists():
        raise Conflict(
            f"Un encaissement de {euros(amount)} le {date_long(received_on)} est déjà enregistré. Si c'en est un autre,"
            " distinguez-le par sa référence."
        )
    receipt = Receipt.objects.create(
        titre=locked,
        amount=amount,
        received_on=received_on,
        reference=reference,
        source=source,
        by=by.user,
        by_label=by.label,
    )
    settle(locked, by=by, reason=f"{euros(amount)} le {received_on:%d/%m/%Y}" + (f", {reference}" if reference else ""))
    return receipt


@transaction.atomic
def reverse_receipt(*, receipt: Receipt, reason: str, by: Actor) -> Receipt:
    """Undo a wrong receipt by a row of the opposite amount, once. :class:`InvalidInput` without a reason."""
    by.require("titre.export")
    check_issuer(receipt.titre.issuer, by)
    locked = locked_titre(receipt.titre, by)
    if not reason.strip():
        raise InvalidInput("Écrivez pourquoi cet encaissement est contre-passé.", place="reason")
    if receipt.reverses_id is not None:
        raise Conflict("Cette ligne est elle-même une contre-passation : enregistrez un nouvel encaissement.")
    if Receipt.objects.filter(reverses=receipt).exists():
        raise Conflict("Cet encaissement est déjà contre-passé.")
    row = Receipt.objects.create(
        titre=locked,
        amount=-receipt.amount,
        received_on=timezone.localdate(),
        reference=receipt.reference,
        reason=reason.strip()[:240],
        reverses=receipt,
        by=by.user,
        by_label=by.label,
    )
    settle(locked, by=by, reason=f"{euros(receipt.amount)} contre-passés : {reason.strip()}", act="contre_passer")
    return row


def settle(titre: Titre, *, by: Actor, reason: str, act: str = "encaisser_partie") -> None:
    """Sums the receipts again (exactly), and moves the titre to the state they give. ``titre`` is locked.

    ``act`` is what is logged when something is still to be received.
    """
    sums = titre.receipts.aggregate(total=Sum("amount"))
    standing = titre.receipts.filter(reverses__isnull=True, reversal__isnull=True)
    received: Decimal = sums["total"] or Decimal(0)
    paid = received >= titre.net and received > 0
    if paid:
        act = {"encaisser_partie": "encaisser", "contre_passer": "encaisser"}.get(act, act)
    changes = {"received": received, "received_on": standing.aggregate(last=Max("received_on"))["last"]}
    titre_workflow.advance([titre], act=act, by=by, reason=reason, **changes)


def _check_receipt(titre: Titre, amount: Decimal, received_on: dt.date) -> None:
    if titre.is_correction:
        raise Conflict("Un encaissement s'enregistre sur le titre, non sur sa correction.")
    if titre.status not in (TitreStatus.EMIS, TitreStatus.ENCAISSE):
        raise Conflict(
            f"Le titre {titre.entry_id} est « {titre.get_status_display()} » : enregistrez d'abord son émission."
        )
    if amount <= 0 or amount != amount.quantize(Decimal("0.01")):
        raise InvalidInput(
            "Un encaissement est d'au moins 0,01 €, au centime ; un encaissement erroné se contre-passe.",
            place="amount",
        )
    if titre.issued_on and received_on < titre.issued_on:
        raise InvalidInput("L'encaissement précède l'émission du titre.", place="received_on")
    if received_on > timezone.localdate():
        raise InvalidInput("La date d'encaissement est dans l'avenir.", place="received_on")
