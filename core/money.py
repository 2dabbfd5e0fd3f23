"""Amounts in euros: parsing what people type, printing what they read.

Every amount is a `Decimal` in euros. Floats are refused: 0.1 + 0.2 has no place in a convention.
"""

import re
from decimal import ROUND_HALF_UP, Decimal, localcontext

from num2words import num2words

CENT = Decimal("0.01")
NARROW_SPACE = "\u202f"  # between thousands and before the unit, as in core.typography
MINUS = "\u2212"

_SPACES = re.compile(r"[\s\u00a0\u202f\u2009']+")
_NUMBER = re.compile(r"(?P<sign>[-\u2212]?)(?P<whole>\d{1,3}(?: \d{3})+|\d+)(?:[.,](?P<decimals>\d{1,2}))?")


class AmountError(ValueError):
    """The text is not an amount. The message is in French, ready to show beside the field."""


def _require_decimal(value: Decimal | int) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, Decimal | int):
        raise TypeError(f"an amount is a Decimal, not {type(value).__name__}")
    return Decimal(value)


def round_cent(value: Decimal) -> Decimal:
    """`value` (euros) to the cent, half away from zero, as accountants do."""
    value = _require_decimal(value)
    with localcontext() as context:
        context.prec = max(28, len(value.as_tuple().digits) + abs(value.adjusted()) + 4)
        return value.quantize(CENT, rounding=ROUND_HALF_UP)


def parse_euros(text: str) -> Decimal:
    """Read an amount typed or pasted in French ("12 345,67 €", "12345.67", "17 500 euros").

    Thousands are separated by any kind of space, never by a dot or a comma: "12.345" could mean two things,
    so it is refused rather than guessed. Raises `AmountError`.
    """
    cleaned = _SPACES.sub(" ", text).strip()
    cleaned = re.sub(r" ?(€|euros?|EUR)$", "", cleaned, flags=re.IGNORECASE).strip()
    if not cleaned:
        raise AmountError("Indiquez un montant, par exemple 12 345,67.")
    cleaned = re.sub(r"^([-\u2212]) ", r"\1", cleaned)
    match = _NUMBER.fullmatch(cleaned)
    if match is None:
        raise AmountError(
            f"« {text.strip()} » n'est pas un montant : écrivez des chiffres, une virgule et deux décimales au plus, "
            "par exemple 12 345,67."
        )
    sign = "-" if match["sign"] else ""
    return Decimal(f"{sign}{match['whole'].replace(' ', '')}.{match['decimals'] or '00'}").quantize(CENT)


def number_fr(value: Decimal | int, decimals: int = 2) -> str:
    """`value` with a decimal comma and narrow no-break spaces between thousands."""
    amount = _require_decimal(value)
    with localcontext() as context:
        context.prec = max(28, len(amount.as_tuple().digits) + abs(amount.adjusted()) + decimals + 2)
        amount = amount.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    digits = f"{amount.copy_abs():,.{decimals}f}".replace(",", NARROW_SPACE).replace(".", ",")
    return f"{MINUS}{digits}" if amount < 0 else digits


def euros(value: Decimal | int) -> str:
    """Amount with its cents: "12 345,67 €"."""
    return f"{number_fr(value)}{NARROW_SPACE}€"


def euros_short(value: Decimal | int) -> str:
    """Amount without decimals when it is whole ("17 500 €"), with both otherwise ("4 666,67 €")."""
    amount = round_cent(_require_decimal(value))
    decimals = 0 if amount == amount.to_integral_value() else 2
    return f"{number_fr(amount, decimals)}{NARROW_SPACE}€"


def percent(value: Decimal | int, max_decimals: int = 2) -> str:
    """Percentage already expressed out of 100: 81.32 gives "81,32 %", 80 gives "80 %"."""
    text = number_fr(value, max_decimals)
    if "," in text:
        text = text.rstrip("0").rstrip(",")
    return f"{text}{NARROW_SPACE}%"


def in_words(value: Decimal | int) -> str:
    """Amount in words, as it stands after the figures in a convention.

    The library's currency mode is right about hyphens and agreements but writes "un million euros" and
    "et zéro centimes"; both are put right here.
    """
    amount = round_cent(_require_decimal(value))
    text = num2words(amount.copy_abs(), lang="fr", to="currency", currency="EUR")
    text = text.removesuffix(" et zéro centimes")
    if amount.copy_abs() < 1:
        text = text.removeprefix("zéro euros et ").replace("zéro euros", "zéro euro")
    text = re.sub(r"\b((?:m|b|tr)illi(?:on|ard)s?) euro", r"\1 d'euro", text)
    return f"moins {text}" if amount < 0 else text
