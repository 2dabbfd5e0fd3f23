"""What a titre claims and how it says so. Pure: no database, no clock.

The amount is the financer's share of the plan × the months (or days) the post was filled over those of the plan's
period. A share is agreed for the plan's period, whatever its length: for a plan of four months the denominator is 4.
With several posts in a plan, each counts for its part of the share; without parts, all count the same.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from core.french import date_range, enumerate_fr, plural
from core.money import CENT, euros, number_fr
from funding.prorata import Basis, Due, Occupancy, Policy, due

SUBJECT_LENGTH = 160  # ObjPce of PES V2
REFERENCE_LENGTH = 28
ENTRY_LENGTH = 60
#: Below, a local authority's claim is not collected (décret 2017-509, CGCT D.1611-1).
THRESHOLD = Decimal(15)
UNIT_WORDS = {"months": "mois", "days": "jour"}


@dataclass(frozen=True)
class PostFacts:
    """A post and the periods it was filled; ``occupancies`` empty: nobody recorded any."""

    label: str
    kind: str
    occupancies: tuple[Occupancy, ...]
    part: Decimal | None = None  # of the share, in euros, when the plan divides it among its posts


@dataclass(frozen=True)
class PostDue:
    post: PostFacts
    due: Due
    presumed: bool  # no occupancy recorded: taken as filled, and said so


@dataclass(frozen=True)
class Claim:
    """An amount in euros and its working: ``base`` × ``due`` / ``planned``, exact, then rounded to the cent."""

    base: Decimal
    basis: Basis
    due: Fraction
    planned: Fraction
    exact: Fraction
    amount: Decimal
    posts: tuple[PostDue, ...]

    @property
    def is_full(self) -> bool:
        return self.due == self.planned

    @property
    def ratio(self) -> str:
        """ "5/12", "151/365": figures only, a comma for decimals."""
        return f"{plain(self.due)}/{plain(self.planned)}"


def claim(*, base: Decimal, start: dt.date, end: dt.date, basis: Basis, posts: Sequence[PostFacts]) -> Claim:
    """What is due of ``base`` (euros, agreed for ``start`` to ``end`` included).

    Each post gives the part of the period it was filled (:func:`funding.prorata.due`); rounding is to the cent, half
    up. Real cases: 20 045 € with the post vacant from 1 June 2022 gives 8 352,08 €; 14 665 € without absence is whole.
    """
    policy = Policy(basis=basis)
    dues = []
    for post in posts:
        held = post.occupancies or (Occupancy(start),)
        dues.append(PostDue(post, due(start, end, held, policy), presumed=not post.occupancies))
    if not dues:
        dues.append(PostDue(PostFacts("Poste", "", ()), due(start, end, [Occupancy(start)], policy), presumed=True))
    planned = dues[0].due.period_units
    mean = _mean(dues)
    exact = Fraction(base) * mean
    return Claim(base, basis, planned * mean, planned, exact, to_cents(exact), tuple(dues))


def _mean(dues: Sequence[PostDue]) -> Fraction:
    """The part of the period due for the share: each post for its part of it, or all alike."""
    parts = [item.post.part for item in dues]
    total = sum((Fraction(part) for part in parts if part is not None), Fraction(0))
    if any(part is None for part in parts) or not total:
        return sum((item.due.of_period for item in dues), Fraction(0)) / len(dues)
    return sum((Fraction(item.post.part or 0) * item.due.of_period for item in dues), Fraction(0)) / total


def to_cents(value: Fraction) -> Decimal:
    """``value`` euros to the cent, half up, exactly."""
    cents, remainder = divmod(value.numerator * 100, value.denominator)
    if 2 * remainder >= value.denominator:
        cents += 1
    return (Decimal(cents) / 100).quantize(CENT)


def to_stored(value: Fraction) -> Decimal:
    """Four decimals, as the titre's row keeps it; the exact fraction is in its statement."""
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(Decimal("0.0001"), ROUND_HALF_UP)


def plain(value: Fraction | Decimal) -> str:
    """A number for a title or a file: no thousands separator, decimal comma, no useless zero."""
    number = to_stored(value) if isinstance(value, Fraction) else value
    text = f"{number:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace(".", ",")


# --- What names a titre -----------------------------------------------------------------------------------------------


def entry_id(*, territory: str, year: int, issuer: str, plan: str, share: str) -> str:
    """The stable key of an entry, the one the finance software gives back. At most 60 characters."""
    full = f"{territory}-{year}-{issuer}-{plan}-{share}"
    if len(full) <= ENTRY_LENGTH:
        return full
    digest = hashlib.sha256(full.encode()).hexdigest()[:10]
    return f"{territory}-{year}-{issuer[:12]}-{digest}"


def ascii_upper(text: str) -> str:
    """Capitals without accents, for accounting software."""
    text = text.replace("œ", "oe").replace("Œ", "OE").replace("–", "-").replace("—", "-").replace("’", "'")
    text = text.replace("€", "EUR").replace("×", "X")
    decomposed = unicodedata.normalize("NFD", text)
    return decomposed.encode("ascii", "ignore").decode().upper()


def subject(*, kinds: Sequence[str], year: int, reference: str, claim: Claim, entry: str) -> str:
    """The titre's object, 160 characters at most, with its calculation and its décompte (bases de liquidation)."""
    kind = kinds[0] if len(set(kinds)) == 1 and kinds[0] else "ISCG"
    unit = " JOURS" if claim.basis == "days" else ""
    convention = f" CONV {reference[:REFERENCE_LENGTH]}" if reference else ""
    text = (
        f"PARTICIPATION {kind} {year}{convention} : {plain_amount(claim.base)} X {claim.ratio}{unit} - DECOMPTE {entry}"
    )
    return ascii_upper(text)[:SUBJECT_LENGTH]


def plain_amount(amount: Decimal) -> str:
    return f"{amount:.2f}".replace(".", ",")


# --- The décompte -----------------------------------------------------------------------------------------------------


def statement(
    *,
    claim: Claim,
    plan: Mapping[str, Any],
    start: dt.date,
    end: dt.date,
    share: Mapping[str, Any],
    costs: Sequence[tuple[str, Decimal]],
    costs_are_annual: bool,
    reference: str,
    legal_basis: Mapping[str, Any],
) -> dict[str, Any]:
    """The décompte as plain data: frozen with the titre, printed and shown from here. Amounts are strings in euros.

    ``costs_are_annual``: the plan shares only part of them, for a partial year, so no rate is told. Absences are
    periods: never a name, never a reason.
    """
    total = sum((amount for _, amount in costs), Decimal(0))
    return {
        "format": 1,
        "plan": dict(plan),
        "period": {"start": start.isoformat(), "end": end.isoformat()},
        "share": dict(share),
        "reference": reference,
        "legal_basis": dict(legal_basis),
        "costs": [{"label": label, "amount": f"{amount:.2f}"} for label, amount in costs],
        "costs_are_annual": costs_are_annual,
        "cost_total": f"{total:.2f}" if costs else "",
        "rate": "" if costs_are_annual else _rate(claim.base, total),
        "basis": claim.basis,
        "base": f"{claim.base:.2f}",
        "due": _fraction(claim.due),
        "planned": _fraction(claim.planned),
        "exact": _fraction(claim.exact),
        "amount": f"{claim.amount:.2f}",
        "posts": [_post(item) for item in claim.posts],
        "rounding": _rounding(claim),
        "formula": formula(claim),
        "text": explain(claim, start, end),
        "warnings": [
            f"Aucune période d'occupation n'est saisie pour le poste « {item.post.label} » : il est réputé pourvu."
            for item in claim.posts
            if item.presumed
        ],
    }


def _post(item: PostDue) -> dict[str, Any]:
    return {
        "label": item.post.label,
        "due": _fraction(item.due.numerator),
        "planned": _fraction(item.due.period_units),
        "presumed": item.presumed,
        **({} if item.post.part is None else {"part": f"{item.post.part:.2f}"}),
        "absences": [
            {"start": a.start.isoformat(), "end": a.end.isoformat(), "days": a.days, "tolerated": a.tolerated}
            for a in item.due.absences
        ],
    }


def _fraction(value: Fraction) -> str:
    return str(value)


def _rate(base: Decimal, total: Decimal) -> str:
    """The share in percent of the whole cost, four decimals, "" when the cost is unknown."""
    if not total:
        return ""
    return str((base * 100 / total).quantize(Decimal("0.0001"), ROUND_HALF_UP))


def _rounding(claim: Claim) -> str:
    if claim.exact == Fraction(claim.amount):
        return "Aucun arrondi : le résultat tombe au centime."
    return f"{number_fr(_six(claim.exact), 6)} € arrondi au centime le plus proche."


def _six(value: Fraction) -> Decimal:
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(Decimal("0.000001"), ROUND_HALF_UP)


def formula(claim: Claim) -> str:
    """ "20 045,00 € × 5/12 = 8 352,08 €"."""
    return f"{euros(claim.base)} × {claim.ratio} = {euros(claim.amount)}"


def units_fr(value: Fraction, basis: str) -> str:
    """ "5 mois", "151 jours", "10,87 mois"."""
    word = UNIT_WORDS[basis]
    text = number_fr(to_stored(value), 4).rstrip("0").rstrip(",") if value.denominator > 1 else str(value)
    return f"{text} {plural(int(value), word, 'mois' if word == 'mois' else 'jours')}"


def explain(claim: Claim, start: dt.date, end: dt.date) -> str:
    """The décompte in a few sentences of French."""
    period = date_range(start, end)
    due_text, planned_text = units_fr(claim.due, claim.basis), units_fr(claim.planned, claim.basis)
    agreed = f"La part s'élève à {euros(claim.base)} pour la période {period}"
    if claim.is_full:
        first = f"{agreed}. Rien n'est à déduire : elle est due en entier."
    elif not claim.due:
        first = f"{agreed}. Le poste est resté vacant : rien n'est dû."
    else:
        verb = "est dû" if claim.due < 2 else "sont dus"
        first = f"{agreed} ({planned_text}). {due_text} {verb} : {formula(claim)}."
    sentences = [first, *(_post_sentence(item) for item in claim.posts if item.due.absences)]
    if len(claim.posts) > 1 and all(item.post.part is not None for item in claim.posts):
        parts = enumerate_fr(f"{euros(item.post.part or 0)} pour « {item.post.label} »" for item in claim.posts)
        sentences.append(f"La part se répartit ainsi : {parts} ; chaque poste compte pour la sienne.")
    elif len(claim.posts) > 1 and not claim.is_full:
        sentences.append(f"Les {len(claim.posts)} postes du plan comptent pour autant : la durée due est leur moyenne.")
    if not claim.is_full and claim.basis == "months" and claim.due:
        sentences.append("Un mois est dû en entier quand le poste est pourvu au moins la moitié de ses jours.")
    return " ".join(sentences)


def _post_sentence(item: PostDue) -> str:
    spans = enumerate_fr(date_range(a.start, a.end) for a in item.due.absences)
    return f"Poste « {item.post.label} » vacant {spans}."


# --- What stands in the way -------------------------------------------------------------------------------------------


def blocking(*, amount: Decimal, debtor_name: str, has_legal_personality: bool) -> str:
    """Why a titre cannot be exported, and how to mend it; "" when it can.

    A missing SIRET or address is completed in the finance software: it is shown, it does not block.
    """
    if not has_legal_personality:
        return (
            f"{debtor_name} n'a pas la personnalité morale : indiquez dans sa fiche l'organisme dont ce service dépend."
        )
    if not debtor_name.strip():
        return "Le débiteur n'a pas de nom : complétez sa fiche."
    if amount == 0:
        return "Rien n'est dû : le poste est resté vacant sur toute la période."
    if amount < THRESHOLD:
        return f"Le montant est inférieur à {euros(THRESHOLD)}, seuil de mise en recouvrement (décret 2017-509)."
    return ""
