"""Correcting a titre once issued: reductions, cancellations, mandats 673, and issuing again. Rows linked to the first.

Nothing of the first titre changes but ``corrected``, the sum of what corrects it.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from core.errors import BusinessError, Conflict, InvalidInput
from core.french import date_long, enumerate_fr
from core.money import euros
from funding import titre_rules, titre_workflow
from funding.amendments import amendments_of
from funding.enums import CORRECTIONS, TitreKind, TitreStatus
from funding.exports.columns import exercise_of
from funding.models import Titre
from funding.services.titres import fresh_titre, locked_titre
from funding.titre_facts import facts_of
from funding.titre_policy import closed_on, is_closed
from parties.actors import Actor

#: Entries of corrections: the corrected titre's key, then "-r1", "-r2"…; of reissues "-v2".
SUFFIX_LENGTH = 5


@dataclass(frozen=True)
class Recomputed:
    """A titre beside what the posts' occupancy gives today: euros. ``difference`` above zero is to be reduced."""

    claim: titre_rules.Claim
    net: Decimal

    @property
    def due(self) -> Decimal:
        return self.claim.amount

    @property
    def difference(self) -> Decimal:
        return self.net - self.due


def recompute(titre: Titre) -> Recomputed:
    """What the titre would be today. Reads only."""
    return Recomputed(facts_of(titre.plan).due_of(titre), titre.net)


@transaction.atomic
def reduce_titre(*, titre: Titre, reason: str, by: Actor, amount: Decimal | None = None) -> Titre:
    """A reduction of ``amount`` euros, or of the difference with what is due today when None.

    A titre of a closed exercice gives a mandat 673 instead. Raises :class:`InvalidInput` without a reason or for an
    amount beyond what is left to correct, :class:`Conflict` when the titre is not issued, :class:`BusinessError` when
    nothing is to be reduced.
    """
    by.require("titre.export")
    locked = _correctable(titre, reason, by)
    now = recompute(locked)
    if amount is None:
        amount = now.difference
        if amount <= 0:
            more = f" ; il manque {euros(-amount)}, à réclamer par un titre complémentaire" if amount < 0 else ""
            raise BusinessError(f"L'occupation actuelle donne {euros(now.due)} : rien n'est à réduire{more}.")
        cause = "recalcul"
    else:
        cause = "montant"
    _check_amount(locked, amount)
    return _correct(locked, TitreKind.REDUCTION, amount, cause, reason.strip(), now, by)


@transaction.atomic
def cancel_titre(*, titre: Titre, reason: str, by: Actor) -> Titre:
    """Cancel all that the titre still claims. Same refusals as :func:`reduce_titre`."""
    by.require("titre.export")
    locked = _correctable(titre, reason, by)
    if locked.net <= 0:
        raise Conflict("Ce titre est déjà entièrement annulé.")
    return _correct(locked, TitreKind.ANNULATION, locked.net, "annulation", reason.strip(), recompute(locked), by)


@transaction.atomic
def withdraw_correction(*, correction: Titre, reason: str, by: Actor) -> Titre:
    """Give up a correction that has not left. Raises :class:`Conflict` once it is exported."""
    by.require("titre.export")
    if correction.kind not in CORRECTIONS:
        raise Conflict("Seule une correction s'abandonne ; un titre préparé suit son plan.")
    original = locked_titre(_original(correction), by)
    locked = locked_titre(correction, by)
    if locked.batch_id is not None:
        raise Conflict("Cette correction est déjà exportée : elle ne se modifie plus.")
    titre_workflow.advance([locked], act="abandonner", by=by, reason=reason.strip())
    _sum_corrections(original, by, "decorriger", f"{locked.get_kind_display()} de {euros(locked.amount)} abandonnée")
    return locked


@transaction.atomic
def reissue_titre(*, titre: Titre, reason: str, by: Actor) -> Titre:
    """Claim again, as computed today, what a cancelled titre claimed: a new titre linked to it, prepared, not exported.

    Raises :class:`Conflict` unless the titre is wholly cancelled and was not issued again yet.
    """
    by.require("titre.export")
    locked = locked_titre(titre, by)
    if locked.is_correction or locked.net != 0 or not locked.corrected:
        raise Conflict("Un titre se réémet après son annulation complète : annulez-le d'abord.")
    if locked.corrections.filter(kind=TitreKind.TITRE).exists():
        raise Conflict("Ce titre est déjà réémis.")
    return fresh_titre(cancelled=locked, reason=reason.strip() or "Réémis après annulation", by=by)


# --- Parts of the above -----------------------------------------------------------------------------------------------


def _original(correction: Titre) -> Titre:
    if correction.original is None:
        raise BusinessError("Cette correction ne désigne aucun titre.")
    return correction.original


def _correctable(titre: Titre, reason: str, by: Actor) -> Titre:
    locked = locked_titre(titre, by)
    if not reason.strip():
        raise InvalidInput("Écrivez le motif : il figure sur le décompte.", place="reason")
    if locked.is_correction:
        raise Conflict("Une correction ne se corrige pas : corrigez le titre lui-même.")
    if locked.status not in (TitreStatus.EMIS, TitreStatus.ENCAISSE):
        raise Conflict(
            f"Ce titre est « {locked.get_status_display()} ». Avant son émission, actualisez-le ou annulez son lot ;"
            " une réduction ou une annulation corrige un titre émis."
        )
    return locked


def _check_amount(titre: Titre, amount: Decimal) -> None:
    if amount <= 0 or amount != amount.quantize(Decimal("0.01")):
        raise InvalidInput("Une réduction est d'au moins 0,01 €, au centime.", place="amount")
    if amount > titre.net:
        raise InvalidInput(f"La réduction dépasse ce que le titre réclame encore ({euros(titre.net)}).", place="amount")


def _correct(original: Titre, kind: str, amount: Decimal, cause: str, reason: str, now: Recomputed, by: Actor) -> Titre:
    today = timezone.localdate()
    exercise = exercise_of(original)
    closed = is_closed(original.issuer, exercise, today)
    entry = _entry_id(original)
    row_kind = TitreKind.MANDAT_673 if closed else kind
    due, planned = (now.claim.due, now.claim.planned) if cause == "recalcul" else (None, None)
    correction = Titre.objects.create(
        kind=row_kind,
        plan=original.plan,
        share_ref=original.share_ref,
        issuer=original.issuer,
        debtor=original.debtor,
        original=original,
        entry_id=entry,
        year=today.year if closed else original.year,
        base=original.base,
        due=original.due if due is None else titre_rules.to_stored(due),
        planned=original.planned if planned is None else titre_rules.to_stored(planned),
        unit=original.unit,
        amount=amount,
        reason=reason,
        reference=original.reference,
        subject=_subject(original, row_kind, amount, entry),
        statement=_statement(original, kind, amount, cause, reason, now, closed),
    )
    titre_workflow.advance([correction], act="preparer", by=by, reason=reason)
    label = correction.get_kind_display()
    _sum_corrections(original, by, "corriger", f"{label} de {euros(amount)} : {reason}")
    return correction


def _sum_corrections(original: Titre, by: Actor, act: str, reason: str) -> None:
    """``corrected`` again from the rows, and the state that follows."""
    rows = original.corrections.filter(kind__in=CORRECTIONS).exclude(status=TitreStatus.ABANDONNE)
    original.corrected = rows.aggregate(total=Sum("amount"))["total"] or Decimal(0)
    if original.received > 0 and original.received >= original.net:
        act += "_solde"
    titre_workflow.advance([original], act=act, by=by, reason=reason, corrected=original.corrected)


def _entry_id(original: Titre) -> str:
    """The next one: rows are never removed, so their number names them."""
    rank = original.corrections.filter(kind__in=CORRECTIONS).count() + 1
    return f"{original.entry_id}-r{rank}"


def _subject(original: Titre, kind: str, amount: Decimal, entry: str) -> str:
    words = {
        TitreKind.REDUCTION: "REDUCTION DU TITRE",
        TitreKind.ANNULATION: "ANNULATION DU TITRE",
        TitreKind.MANDAT_673: "MANDAT 673 SUR TITRE",
    }[TitreKind(kind)]
    convention = f" CONV {original.reference[: titre_rules.REFERENCE_LENGTH]}" if original.reference else ""
    text = (
        f"{words} {original.number} DE {exercise_of(original)}{convention} : {titre_rules.plain_amount(amount)}"
        f" - DECOMPTE {entry}"
    )
    return titre_rules.ascii_upper(text)[: titre_rules.SUBJECT_LENGTH]


def _statement(
    original: Titre, kind: str, amount: Decimal, cause: str, reason: str, now: Recomputed, closed: bool
) -> dict[str, Any]:
    """The correction's own décompte, frozen with it. Amounts are strings in euros."""
    data = dict(original.statement)
    before, after = original.net, original.net - amount
    issued = f"du {date_long(original.issued_on)}" if original.issued_on else ""
    sentences = [
        f"Le titre n° {original.number} {issued} s'élevait à {euros(original.amount)}"
        + (f", dont {euros(original.corrected)} déjà corrigés" if original.corrected else "")
        + "."
    ]
    if cause == "recalcul":
        start, end = original.plan.period_start, original.plan.period_end
        data |= {
            "posts": titre_rules.posts_of(now.claim),
            "exact": str(now.claim.exact),
            "gross": f"{now.claim.gross:.2f}",
        }
        acts = [act.text for act in amendments_of(original.plan)]
        basis = f"l'occupation constatée et {enumerate_fr(acts)}" if acts else "l'occupation constatée"
        sentences.append(f"Recalculé sur {basis} : {titre_rules.explain(now.claim, start, end)}")
        sentences.append(f"Différence : {euros(before)} - {euros(now.due)} = {euros(amount)}.")
    elif cause == "annulation":
        sentences.append(f"Il est annulé pour ce qu'il réclame encore, {euros(amount)}.")
    else:
        sentences.append(f"Il est réduit de {euros(amount)} et ramené à {euros(after)}.")
    sentences.append(f"Motif : {reason}.")
    if closed:
        year = exercise_of(original)
        day = date_long(closed_on(original.issuer, year))
        sentences.append(
            f"L'exercice {year} est clos depuis le {day} : la correction se fait par un mandat au compte 673 (titres"
            " annulés sur exercices antérieurs)."
        )
    plain = titre_rules.plain_amount
    return data | {
        "correction": {
            "kind": kind,
            "cause": cause,
            "original": original.entry_id,
            "number": original.number,
            "issued_on": original.issued_on.isoformat() if original.issued_on else "",
            "exercise": exercise_of(original),
            "claimed": f"{original.amount:.2f}",
            "before": f"{before:.2f}",
            "after": f"{after:.2f}",
            "closed": closed,
        },
        "amount": f"{amount:.2f}",
        "working": f"{plain(before)} - {plain(after)} = {plain(amount)}",
        "text": " ".join(sentences),
    }
