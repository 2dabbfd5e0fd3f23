"""Lines of a PES return against an organisation's titres: rows for the common comparison, and what a person must do.

A titre is found by its key (``id_ecriture``, which our PES writes at the end of the piece's object and the accountant
gives back), else by exercice, bordereau and number, those it was issued with or those the file sent carried. The amount
must be the same. A doubt is never settled here: the line is listed with its reason.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import CharField, F, Func, Q, Value
from django.db.models.functions import Upper
from django.utils import timezone

from core.money import euros
from funding.enums import TitreStatus
from funding.models import Titre
from funding.models.titre import TitreQuerySet
from funding.returns import words
from funding.returns.pes import PesLine
from funding.titre_returns import Notice, ReturnRow
from parties.models import Organisation

RECEIPTS_DOMAIN = "6"  # DomaineAck: Recette
SPENDING = frozenset({"5", "8", "9", "10", "11"})  # DomaineAck: nothing of ours can be in these
TAKEN, PARTLY = "02", "03"  # EtatPce
_KEY = re.compile(r"DECOMPTE\s+(?:N\S?\s+)?(\S+)\s*$", re.IGNORECASE)


@dataclass
class Resolved:
    """``rows`` name their titre by ``entry_id``, or say why none answers."""

    rows: list[ReturnRow] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)


@dataclass
class _Titres:
    by_key: dict[str, Titre] = field(default_factory=dict)
    by_number: dict[tuple[str, str], Titre] = field(default_factory=dict)
    by_sent: dict[tuple[str, str, str], Titre] = field(default_factory=dict)
    by_slip: dict[tuple[str, str], list[Titre]] = field(default_factory=dict)


def resolve(lines: Sequence[PesLine], numbers: Sequence[int], issuer: Organisation) -> Resolved:
    """``numbers`` are the lines' places in the file. One query."""
    found, titres = Resolved(), _titres_of(lines, issuer)
    acquits: dict[tuple[str, str], list[tuple[PesLine, int]]] = {}
    for line, place in zip(lines, numbers, strict=True):
        if line.kind == "acquit":
            acquits.setdefault((line.year, line.slip), []).append((line, place))
        elif line.kind == "piece":
            _piece(line, place, titres, found)
        else:
            found.rows.append(_nobody(line, place, "un bordereau à plusieurs créanciers : Cosigne n'en prépare pas"))
    for about in acquits.values():
        _acquit(about, titres, found)
    return found


def key_of(subject: str) -> str:
    """The titre's key in the object of a piece, in capitals; "" when there is none."""
    read = _KEY.search(subject)
    return read[1].upper() if read else ""


def _titres_of(lines: Sequence[PesLine], issuer: Organisation) -> _Titres:
    keys = {key for line in lines if (key := key_of(line.subject))}
    pieces = {line.piece for line in lines if line.piece}
    slips = {line.slip for line in lines if line.slip and line.kind == "acquit"}
    years = {int(line.year) for line in lines if line.year and len(line.year) == 4}
    mine: TitreQuerySet = Titre.objects.issued_by(issuer).filter(batch__isnull=False)
    named = Q(key__in=keys)
    if years:
        named |= Q(year__in=years) & (Q(bare__in=pieces) | Q(sent_number__in=pieces) | Q(sent_slip__in=slips))
    found = _Titres()
    # Numbers typed with zeros before them are the same numbers.
    bare = Func(F("number"), Value("0"), function="LTRIM", output_field=CharField())
    rows = mine.annotate(key=Upper("entry_id"), bare=bare).filter(named)
    for titre in rows.select_related("debtor", "batch").defer("batch__content"):
        year = str(titre.year)
        found.by_key[titre.entry_id.upper()] = titre
        if titre.number:
            found.by_number[year, titre.number.lstrip("0")] = titre
        elif titre.sent_number:
            found.by_sent[year, titre.sent_slip, titre.sent_number] = titre
        if titre.sent_slip:
            found.by_slip.setdefault((year, titre.sent_slip), []).append(titre)
    return found


def _nobody(line: PesLine, place: int, why: str) -> ReturnRow:
    return ReturnRow(number=line.piece, slip_number=line.slip, line=place, why=f"{_place(line)} : {why}.")


def _place(line: PesLine) -> str:
    slip = f"Bordereau n° {line.slip or '?'}" + (f" de {line.year}" if line.year else "")
    return f"{slip}, titre n° {line.piece}" if line.piece else slip


# --- PES Retour -------------------------------------------------------------------------------------------------------


def _piece(line: PesLine, place: int, titres: _Titres, found: Resolved) -> None:
    if line.piece_kind == "13" or line.domain in ("04", "05"):
        what = "un encaissement que le comptable demande de régulariser par un titre"
        found.rows.append(_nobody(line, place, f"{what} ({euros(Decimal(line.amount))})"))
        return
    titre = _titre_of(line, titres)
    if titre is None:
        found.rows.append(_nobody(line, place, "aucun titre exporté par votre organisation n'a ces numéros"))
        return
    if titre.amount != Decimal(line.amount):
        told = f"{euros(titre.amount)} dans Cosigne, {euros(Decimal(line.amount))} dans le fichier"
        found.rows.append(_nobody(line, place, f"le montant diffère, {told}"))
        return
    if line.state != TAKEN:
        found.notices.append(words.of_piece(line, titre, place, _place(line)))
    if line.state in (TAKEN, PARTLY):
        _taken(line, place, titre, found)


def _titre_of(line: PesLine, titres: _Titres) -> Titre | None:
    titre = titres.by_key.get(key_of(line.subject))
    if titre is not None and str(titre.year) == line.year:
        return titre
    titre = titres.by_number.get((line.year, line.piece))
    if titre is not None and titre.slip_number.lstrip("0") in ("", line.slip):
        return titre
    return titres.by_sent.get((line.year, line.slip, line.piece))


def _taken(line: PesLine, place: int, titre: Titre, found: Resolved) -> None:
    """A piece the accountant took in charge: its titre is issued, and here is what was received."""
    issued_on, number = titre.issued_on, titre.number
    if number.lstrip("0") != line.piece:
        number = line.piece
    if not titre.number:
        if (titre.sent_slip, titre.sent_number) != (line.slip, line.piece):
            # The file gives the day it was taken in charge, not the titre's own.
            found.notices.append(words.without_date(line, titre, place, _place(line)))
            return
        issued_on = sent_on(titre)
    base = ReturnRow(
        entry_id=titre.entry_id, slip_number=line.slip, number=number, issued_on=issued_on, line=place, is_total=False
    )
    found.rows.extend(_receipts(line, base, titre, found) or [base])


def _receipts(line: PesLine, base: ReturnRow, titre: Titre, found: Resolved) -> list[ReturnRow]:
    """The payments, one row each. What settles a titre without money, or takes money back, is left to a person."""
    money, other = [], Decimal(0)
    for origin, day, amount in line.movements:
        origin = origin.zfill(2)
        if amount > 0 and origin in words.MONEY and not titre.is_correction:
            reference = words.MONEY[origin]
            if origin == "01" and base.issued_on and day < base.issued_on:
                # Received before the titre that regularises it: settled the day the titre was issued.
                reference, day = f"{reference} ({day:%d/%m/%Y})", base.issued_on
            money.append((amount, day, reference))
        elif amount:
            other += amount
            found.notices.append(words.of_movement(origin, day, amount, titre, base.line, _place(line)))
    most = Decimal(line.total) - other if line.total else None
    return [
        ReturnRow(
            entry_id=base.entry_id,
            slip_number=base.slip_number,
            number=base.number,
            issued_on=base.issued_on,
            received_on=day,
            received=amount,
            reference=reference,
            is_total=False,
            line=base.line,
            any_reference=True,
            most=most,
        )
        for amount, day, reference in money
    ]


def sent_on(titre: Titre) -> dt.date | None:
    """The date its bordereau carried (DteBordEm): the day of the batch."""
    return timezone.localdate(titre.batch.created_at) if titre.batch else None


# --- PES_ACQUIT -------------------------------------------------------------------------------------------------------


def _acquit(about: Sequence[tuple[PesLine, int]], titres: _Titres, found: Resolved) -> None:
    """Everything a file says of one bordereau: it is accepted when its domain is receipts and nothing refuses it."""
    wholes = [(line, place) for line, place in about if not line.piece]
    refused = [(line, place) for line, place in wholes if line.state == "0"]
    first, where = about[0]
    domains = {line.domain.lstrip("0") or "0" for line, _ in about}
    if not first.slip:
        for line, place in about:
            if line.state == "0":
                found.notices.append(words.of_flow(line, place))
        return
    if domains <= SPENDING:
        found.rows.append(_nobody(first, where, "un bordereau d'un autre domaine que les recettes"))
        return
    mine = titres.by_slip.get((first.year, first.slip), [])
    if not mine:
        why = "aucun titre de votre organisation n'est parti dans ce bordereau"
        if not first.year:
            why = "l'exercice manque, ce bordereau ne se reconnaît pas"
        found.rows.append(_nobody(first, where, why + (" (rejeté)" if refused else "")))
        return
    faults = {line.piece: (line, place) for line, place in about if line.piece and line.state == "0"}
    if refused or (faults and RECEIPTS_DOMAIN not in domains):
        line, place = (refused or list(faults.values()))[0]
        reasons = " ; ".join(dict.fromkeys(line.reasons for line, _ in about if line.reasons))
        found.notices.append(words.of_slip(line, mine, place, _place(PesLine("acquit", line.year, line.slip)), reasons))
        return
    for titre in mine:
        if titre.sent_number in faults:
            line, place = faults[titre.sent_number]
            found.notices.append(words.of_slip(line, [titre], place, _place(line), line.reasons))
        elif RECEIPTS_DOMAIN in domains:
            found.rows.append(_accepted(titre, where))
    if RECEIPTS_DOMAIN not in domains:
        found.notices.append(words.received_only(first, where, _place(first)))


def _accepted(titre: Titre, place: int) -> ReturnRow:
    if titre.status != TitreStatus.EXPORTE:
        # Already issued, with a number that may have been typed: an acknowledgement adds nothing to it.
        return ReturnRow(entry_id=titre.entry_id, line=place)
    return ReturnRow(
        entry_id=titre.entry_id,
        slip_number=titre.sent_slip,
        number=titre.sent_number,
        issued_on=sent_on(titre),
        line=place,
    )
