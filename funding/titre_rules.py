"""What a titre claims and how it says so. Pure: no database, no clock.

The amount is the financer's share of the plan × the months (or days) the post was filled over those of the plan's
period. A share is agreed for the plan's period, whatever its length: for a plan of four months the denominator is 4.
With several posts in a plan each counts for its part of the share or, without parts, for its weight
(:mod:`funding.titre_weights`): the vacancy of one lowers its part only. What was already paid (advances) is deducted.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from core.french import date_long, date_range, enumerate_fr, plural
from core.money import CENT, euros, number_fr
from funding.prorata import Absence, Basis, Due, Occupancy, Policy, due

SUBJECT_LENGTH = 160  # ObjPce of PES V2
REFERENCE_LENGTH = 28
ENTRY_LENGTH = 60
UNIT_WORDS = {"months": "mois", "days": "jour"}


@dataclass(frozen=True)
class PostFacts:
    """A post and the periods it was filled; ``occupancies`` empty: nobody recorded any.

    ``weight`` is its part of the plan beside the other posts' (any unit: they are compared).
    """

    label: str
    kind: str
    occupancies: tuple[Occupancy, ...]
    part: Decimal | None = None  # of the share, in euros, when the plan divides it among its posts
    weight: Fraction = Fraction(1)


@dataclass(frozen=True)
class Paid:
    """An advance: euros, the day, its reference."""

    amount: Decimal
    received_on: dt.date
    reference: str = ""


@dataclass(frozen=True)
class PostDue:
    post: PostFacts
    due: Due
    presumed: bool  # no occupancy recorded: taken as filled, and said so


@dataclass(frozen=True)
class Claim:
    """An amount in euros and its working: ``base`` × ``due`` / ``planned``, exact, rounded to the cent (``gross``).

    ``amount`` is what remains to be claimed once the advances are deducted, never below zero; ``overpaid`` is what the
    advances exceed it by.
    """

    base: Decimal
    basis: Basis
    due: Fraction
    planned: Fraction
    exact: Fraction
    gross: Decimal
    posts: tuple[PostDue, ...]
    advances: tuple[Paid, ...] = ()
    policy: Policy = field(default_factory=Policy)
    #: The last day of the agreement, when it ends before the plan's period: nothing is due after it.
    until: dt.date | None = None
    #: What earlier titres of the same share still claim: this one completes them.
    called: tuple[Paid, ...] = ()

    @property
    def already(self) -> Decimal:
        return sum((each.amount for each in self.called), Decimal(0))

    @property
    def advanced(self) -> Decimal:
        return sum((each.amount for each in self.advances), Decimal(0))

    @property
    def amount(self) -> Decimal:
        return max(self.gross - self.advanced - self.already, Decimal(0)).quantize(CENT)

    @property
    def overpaid(self) -> Decimal:
        return max(self.advanced - self.gross, Decimal(0))

    @property
    def equal_weights(self) -> bool:
        return len({item.post.weight for item in self.posts}) == 1

    @property
    def is_full(self) -> bool:
        return self.due == self.planned

    @property
    def ratio(self) -> str:
        """ "5/12", "151/365": figures only, a comma for decimals."""
        return f"{plain(self.due)}/{plain(self.planned)}"


def claim(
    *,
    base: Decimal,
    start: dt.date,
    end: dt.date,
    basis: Basis,
    posts: Sequence[PostFacts],
    policy: Policy | None = None,
    advances: Sequence[Paid] = (),
    until: dt.date | None = None,
    called: Sequence[Paid] = (),
) -> Claim:
    """What is due of ``base`` (euros, agreed for ``start`` to ``end`` included), less what was advanced or ``called``.

    Nothing is due after ``until``: the agreement ended that day.

    Each post gives the part of the period it was filled (:func:`funding.prorata.due`, under ``policy``, whose basis is
    ``basis`` when none is given); rounding is to the cent, half up, before the advances are deducted. Real cases:
    20 045 € with the post vacant from 1 June 2022 gives 8 352,08 €; 14 665 € without absence is whole.
    """
    policy = policy or Policy(basis=basis)
    dues = []
    for post in posts or [PostFacts("Poste", "", ())]:
        held = _held_until(post.occupancies or (Occupancy(start),), start, until)
        dues.append(PostDue(post, due(start, end, held, policy), presumed=not post.occupancies))
    planned = dues[0].due.period_units
    mean = _mean(dues)
    exact = Fraction(base) * mean
    return Claim(
        base,
        policy.basis,
        planned * mean,
        planned,
        exact,
        to_cents(exact),
        tuple(dues),
        tuple(advances),
        policy,
        until if until is not None and until < end else None,
        tuple(called),
    )


def _held_until(held: Sequence[Occupancy], start: dt.date, until: dt.date | None) -> tuple[Occupancy, ...]:
    """The occupancies that count: those of the agreement's own days."""
    if until is None:
        return tuple(held)
    kept = [o for o in held if o.start <= until]
    if not kept or until < start:
        # Held on a day before the period: nothing of it is due, and nobody is presumed to be there.
        day = min(until, start - dt.timedelta(days=1))
        return (Occupancy(day, day),)
    return tuple(Occupancy(o.start, min(o.end or until, until), o.working_time) for o in kept)


def _mean(dues: Sequence[PostDue]) -> Fraction:
    """The part of the period due for the share: each post for its part of it, else for its weight."""
    parts = [item.post.part for item in dues]
    total = sum((Fraction(part) for part in parts if part is not None), Fraction(0))
    if any(part is None for part in parts) or not total:
        weights = sum((item.post.weight for item in dues), Fraction(0))
        return sum((item.due.of_period * item.post.weight for item in dues), Fraction(0)) / weights
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
        "gross": f"{claim.gross:.2f}",
        "advances": [
            {"date": paid.received_on.isoformat(), "reference": paid.reference, "amount": f"{paid.amount:.2f}"}
            for paid in claim.advances
        ],
        "advanced": f"{claim.advanced:.2f}",
        **({"until": claim.until.isoformat()} if claim.until else {}),
        **({"called": [_called(paid) for paid in claim.called]} if claim.called else {}),
        "overpaid": f"{claim.overpaid:.2f}",
        "policy": {
            "basis": claim.policy.basis,
            "tolerated_days": claim.policy.tolerated_absence_days,
            "month_threshold": _fraction(claim.policy.month_threshold),
        },
        "amount": f"{claim.amount:.2f}",
        "posts": posts_of(claim),
        "rounding": _rounding(claim),
        "formula": formula(claim),
        "text": explain(claim, start, end),
        "warnings": [
            f"Aucune période d'occupation n'est saisie pour le poste « {item.post.label} » : il est réputé pourvu."
            for item in claim.posts
            if item.presumed
        ],
    }


def posts_of(claim: Claim) -> list[dict[str, Any]]:
    """Each post's part and absences, as the statement keeps them."""
    return [_post(item) for item in claim.posts]


def _post(item: PostDue) -> dict[str, Any]:
    return {
        "label": item.post.label,
        "weight": _fraction(item.post.weight),
        "due": _fraction(item.due.numerator),
        "planned": _fraction(item.due.period_units),
        "presumed": item.presumed,
        **({} if item.post.part is None else {"part": f"{item.post.part:.2f}"}),
        "absences": [
            {"start": a.start.isoformat(), "end": a.end.isoformat(), "days": a.days, "tolerated": a.tolerated}
            for a in item.due.absences
        ],
    }


def _called(paid: Paid) -> dict[str, str]:
    return {"date": paid.received_on.isoformat(), "reference": paid.reference, "amount": f"{paid.amount:.2f}"}


def _fraction(value: Fraction) -> str:
    return str(value)


def _rate(base: Decimal, total: Decimal) -> str:
    """The share in percent of the whole cost, four decimals, "" when the cost is unknown."""
    if not total:
        return ""
    return str((base * 100 / total).quantize(Decimal("0.0001"), ROUND_HALF_UP))


def _rounding(claim: Claim) -> str:
    if claim.exact == Fraction(claim.gross):
        return "Aucun arrondi : le résultat tombe au centime."
    return f"{number_fr(_six(claim.exact), 6)} € arrondi au centime le plus proche."


def _six(value: Fraction) -> Decimal:
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(Decimal("0.000001"), ROUND_HALF_UP)


def formula(claim: Claim) -> str:
    """ "20 045,00 € × 5/12 = 8 352,08 €"."""
    text = f"{euros(claim.base)} × {claim.ratio} = {euros(claim.gross)}"
    if claim.advances or claim.called:
        text += f" - {euros(claim.advanced + claim.already)} = {euros(claim.amount)}"
    return text


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
    elif not claim.due and claim.until:
        first = f"{agreed}. La convention avait pris fin avant elle : rien n'est dû."
    elif not claim.due:
        first = f"{agreed}. Le poste est resté vacant : rien n'est dû."
    else:
        verb = "est dû" if claim.due < 2 else "sont dus"
        first = f"{agreed} ({planned_text}). {due_text} {verb} : {formula(claim)}."
    sentences = [first, *_ended(claim)]
    sentences += [_post_sentence(item, claim.until) for item in claim.posts if _vacancies(item, claim.until)]
    if len(claim.posts) > 1 and all(item.post.part is not None for item in claim.posts):
        parts = enumerate_fr(f"{euros(item.post.part or 0)} pour « {item.post.label} »" for item in claim.posts)
        sentences.append(f"La part se répartit ainsi : {parts} ; chaque poste compte pour la sienne.")
    elif len(claim.posts) > 1 and not claim.is_full:
        sentences.append(_weights_sentence(claim))
    if not claim.is_full and claim.basis == "months" and claim.due:
        sentences.append(
            f"Un mois est dû en entier quand le poste est pourvu au moins {_threshold(claim.policy.month_threshold)} de"
            " ses jours."
        )
    tolerated = claim.policy.tolerated_absence_days
    if tolerated and any(item.due.absences for item in claim.posts):
        sentences.append(f"Une absence continue de {tolerated} {plural(tolerated, 'jour')} au plus ne se déduit pas.")
    if claim.advances:
        sentences.append(_advances_sentence(claim))
    if claim.called:
        sentences.append(_called_sentence(claim))
    return " ".join(sentences)


def _ended(claim: Claim) -> list[str]:
    if claim.until is None:
        return []
    return [f"La convention a pris fin le {date_long(claim.until)} : rien n'est dû au-delà."]


def _vacancies(item: PostDue, until: dt.date | None) -> list[Absence]:
    """The days nobody was in post while the agreement lasted: those after its end are no vacancy."""
    if until is None:
        return list(item.due.absences)
    return [replace(a, end=min(a.end, until)) for a in item.due.absences if a.start <= until]


def _called_sentence(claim: Claim) -> str:
    """What earlier titres claim of the same share, and what this one adds."""
    parts = enumerate_fr(f"{euros(paid.amount)} par {paid.reference}" for paid in claim.called)
    return f"Déjà appelé : {parts}. Reste à appeler : {euros(claim.amount)}."


def _threshold(value: Fraction) -> str:
    """ "la moitié", else "60 %"."""
    return "la moitié" if value == Fraction(1, 2) else f"{plain(value * 100)} %"


def _weights_sentence(claim: Claim) -> str:
    count = len(claim.posts)
    if claim.equal_weights:
        return f"Les {count} postes du plan comptent pour autant : la durée due est leur moyenne."
    parts = enumerate_fr(f"« {item.post.label} » pour {plain(item.post.weight)}" for item in claim.posts)
    return f"Chaque poste du plan compte pour son poids ({parts}) : la durée due est leur moyenne pondérée."


def _advances_sentence(claim: Claim) -> str:
    """What was already paid, and what is left to claim."""
    parts = enumerate_fr(f"{euros(paid.amount)} le {paid.received_on:%d/%m/%Y}" for paid in claim.advances)
    start = f"Déjà versé à titre d'avance : {parts}."
    if claim.overpaid:
        return f"{start} Les avances dépassent le dû de {euros(claim.overpaid)} : rien ne reste à appeler."
    return f"{start} Reste à appeler : {euros(claim.gross)} - {euros(claim.advanced)} = {euros(claim.amount)}."


def _post_sentence(item: PostDue, until: dt.date | None = None) -> str:
    spans = enumerate_fr(date_range(a.start, a.end) for a in _vacancies(item, until))
    return f"Poste « {item.post.label} » vacant {spans}."
