"""Rounding of one level: exact shares in, whole cents or euros out, summing to the level's amount."""

from dataclasses import dataclass
from fractions import Fraction

from core.money import euros, euros_short
from funding.allocation.arithmetic import floor_to, half_up, largest_remainder, to_decimal
from funding.allocation.model import Line, Method, Mode, Residue, Rounding
from funding.allocation.shares import Problems


@dataclass(frozen=True, slots=True)
class RoundedLevel:
    amounts: dict[str, Fraction | None]
    extra: dict[str, Fraction]  # residue placed on a line after its own rounding (residue methods)
    residue: Residue | None


def is_rigid(line: Line, prorated: bool) -> bool:
    """A typed amount is what the financer votes: rounding never changes it."""
    return line.mode is Mode.FIXED and not (line.annual and prorated)


def _alone(value: Fraction, rounding: Rounding) -> Fraction:
    unit = Fraction(rounding.unit)
    return floor_to(value, unit) if rounding.method is Method.TRUNCATE_RESIDUE else half_up(value, unit)


def round_level(
    *,
    lines: tuple[Line, ...],
    level: str,
    exact: dict[str, Fraction | None],
    base: Fraction | None,
    target: Fraction | None,
    rounding: Rounding,
    prorated: bool,
    residue_ref: str | None,
    problems: Problems,
) -> RoundedLevel:
    """Round the lines of one level.

    When the exact shares cover `base`, the amounts sum to `target` (the base to the cent). When they do not, each is
    rounded alone and the plan's imbalance says what is missing: spreading an error would hide it.
    """
    known = {ref: value for ref, value in exact.items() if value is not None}
    rigid = {line.ref for line in lines if is_rigid(line, prorated)}
    for ref in sorted(known):
        if known[ref] < 0:
            _report_negative(lines, ref, known[ref], problems)
            known[ref] = Fraction(0)
    covered = (
        base is not None
        and target is not None
        and len(known) == len(exact)
        and sum(known.values(), Fraction(0)) == base
    )
    amounts: dict[str, Fraction | None] = dict.fromkeys(exact)
    amounts.update({ref: known[ref] for ref in known if ref in rigid})
    flexible = {ref: value for ref, value in known.items() if ref not in rigid}
    if not covered or target is None:
        amounts.update({ref: _alone(value, rounding) for ref, value in flexible.items()})
        return RoundedLevel(amounts, {}, None)
    wanted = target - sum((known[ref] for ref in known if ref in rigid), Fraction(0))
    if not flexible:
        return RoundedLevel(amounts, {}, None)
    spread, extra = _spread(flexible, wanted, rounding, _residue_line(lines, flexible, residue_ref), level, problems)
    amounts.update(spread)
    return RoundedLevel(amounts, extra, _describe(lines, level, flexible, spread, extra, rounding))


def _report_negative(lines: tuple[Line, ...], ref: str, value: Fraction, problems: Problems) -> None:
    line = next(line for line in lines if line.ref == ref)
    over = euros(to_decimal(half_up(-value)))
    if line.mode is Mode.REMAINDER:
        problems.add(
            "negative_remainder",
            ref,
            f"{line.label} : les autres parts dépassent le coût de {over}, il ne reste rien à prendre.",
        )
    else:
        problems.add(
            "negative_share", ref, f"{line.label} : cette part serait négative de {over}, elle est ramenée à zéro."
        )


def _residue_line(lines: tuple[Line, ...], flexible: dict[str, Fraction], wanted: str | None) -> str:
    """Who takes the residue: the line the policy names, else the remainder, else the largest share."""
    if wanted in flexible:
        return wanted  # type: ignore[return-value]
    remainder = next((line.ref for line in lines if line.mode is Mode.REMAINDER and line.ref in flexible), None)
    return remainder or min(flexible, key=lambda ref: (-flexible[ref], ref))


def _spread(
    exact: dict[str, Fraction], target: Fraction, rounding: Rounding, receiver: str, level: str, problems: Problems
) -> tuple[dict[str, Fraction], dict[str, Fraction]]:
    unit = Fraction(rounding.unit)
    if rounding.method is Method.LARGEST_REMAINDER:
        return largest_remainder(exact, target, unit), {}
    rounded = {ref: _alone(value, rounding) for ref, value in exact.items()}
    residue = target - sum(rounded.values(), Fraction(0))
    if rounded[receiver] + residue < 0:
        problems.add(
            "negative_residue",
            receiver,
            "L'arrondi laisserait une part négative : les plus fortes décimales ont été utilisées à la place.",
        )
        return largest_remainder(exact, target, unit), {}
    rounded[receiver] += residue
    return rounded, {receiver: residue} if residue else {}


def _describe(
    lines: tuple[Line, ...],
    level: str,
    exact: dict[str, Fraction],
    rounded: dict[str, Fraction],
    extra: dict[str, Fraction],
    rounding: Rounding,
) -> Residue | None:
    """Say in words where the rounding went, or None when everything divided."""
    if all(rounded[ref] == exact[ref] for ref in exact):
        return None
    if rounding.method is Method.LARGEST_REMAINDER or not extra:
        unit = Fraction(rounding.unit)
        placed = {ref: rounded[ref] - floor_to(exact[ref], unit) for ref in sorted(exact)}
    else:
        placed = extra
    labels = {line.ref: line.label for line in lines}
    shown = tuple((ref, to_decimal(value)) for ref, value in placed.items() if value)
    if not shown:
        return None
    text = ", ".join(f"{euros_short(value)} sur {labels[ref]}" for ref, value in shown)
    why = "plus fortes décimales" if rounding.method is Method.LARGEST_REMAINDER else "financeur désigné pour l'arrondi"
    return Residue(level, shown, f"L'arrondi a été placé ainsi ({why}) : {text}.")
