"""What a person writes in a cell of the grid, and what is written there for a stored share. Pure text, no database.

One text says mode and figure, so that a block of cells is pasted from a spreadsheet as it is:

``12 345,67`` a fixed amount · ``9 000 / an`` one for a full year, prorated · ``33,33 %`` a percentage · ``égal`` one
equal part · ``clé`` or ``clé 81,32`` by the key, with its percentage · ``reste`` the remainder · nothing: no share.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal

from core.money import AmountError, parse_euros
from funding.adapter import ShareData
from funding.enums import ShareMode

_SPACES = re.compile(r"[\s\u00a0\u202f\u2009]+")
_PERCENT = re.compile(r"(\d{1,3})(?:[.,](\d{1,4}))? ?%?")
_YEARLY = re.compile(r" ?(?:/ ?an|par an|/ ?année)$")
_WORDS = {
    ShareMode.EQUAL: {"égal", "egal", "égale", "égales", "part égale", "parts égales", "à parts égales", "="},
    ShareMode.REMAINDER: {"reste", "reste à charge", "le reste", "solde"},
}
#: What a spreadsheet shows in a cell that holds nothing.
_NOTHING = {"", "-", "–", "—", "- €", "-€"}
SCHEDULE = "schedule"
SCHEDULE_WORDS = {"barème", "bareme", "dégressif"}
#: The largest amount a plan's column holds.
LARGEST = Decimal("9999999999.99")

HELP = (
    ("12 345,67", "montant fixe"),
    ("9 000 / an", "montant d'année pleine, au prorata de la période"),
    ("33,33 %", "pourcentage du coût partagé"),
    ("égal", "part égale de ce qui reste à partager"),
    ("reste", "reste à charge"),
    ("clé 81,32", "part de la clé de répartition"),
    ("(vide)", "ne finance pas cette année-là"),
)


class CellError(ValueError):
    """The text of a cell cannot be read; the message is French and says how to mend."""


@dataclass(frozen=True)
class Cell:
    """A cell read: a mode and the figure it needs. ``weight`` is a percentage of the key, None: the key's own."""

    mode: str
    amount: Decimal | None = None
    annual: bool = False
    percent: Decimal | None = None
    weight: Decimal | None = None


def clean(text: str) -> str:
    """The text without double or exotic spaces: two writings of a cell that mean the same compare equal."""
    return _SPACES.sub(" ", text).strip()


def parse_cell(text: str) -> Cell | None:
    """Read a cell; None when it is empty. Raises :class:`CellError`."""
    found = clean(text)
    word = found.lower()
    if word in _NOTHING:
        return None
    for mode, words in _WORDS.items():
        if word in words:
            return Cell(mode)
    if word in SCHEDULE_WORDS and SCHEDULE in ShareMode.values:
        return Cell(SCHEDULE)
    if word.startswith(("clé", "cle")):
        rest = word[3:].strip()
        return Cell(ShareMode.KEY, weight=_percent(rest, found) if rest else None)
    if word.endswith("%"):
        return Cell(ShareMode.PERCENTAGE, percent=_percent(word, found))
    yearly = _YEARLY.search(word)
    amount = parse_amount(found[: yearly.start()] if yearly else found)
    return Cell(ShareMode.FIXED, amount=amount, annual=yearly is not None)


def parse_amount(text: str) -> Decimal:
    """An amount of the grid, zero or more, in euros. Raises :class:`CellError`."""
    try:
        amount = parse_euros(text)
    except AmountError as error:
        raise CellError(
            f"« {text.strip()} » ne se lit pas : écrivez un montant (12 345,67), un pourcentage (33,33 %), "
            "« égal », « reste », « clé », ou laissez vide."
        ) from error
    if amount < 0:
        raise CellError(f"« {text.strip()} » : un montant n'est pas négatif.")
    if amount > LARGEST:
        raise CellError(f"« {text.strip()} » : ce montant est trop grand.")
    return amount


def _percent(text: str, shown: str) -> Decimal:
    match = _PERCENT.fullmatch(text)
    if match is None:
        raise CellError(f"« {shown} » : écrivez un pourcentage avec quatre décimales au plus, par exemple 33,33 %.")
    value = Decimal(f"{match[1]}.{match[2] or 0}")
    if value > 100:
        raise CellError(f"« {shown} » : un pourcentage ne dépasse pas 100.")
    return value


def cell_text(share: ShareData | None) -> str:
    """What the grid shows in the cell of a stored share; :func:`parse_cell` reads it back to the same cell."""
    if share is None:
        return ""
    if share.mode == ShareMode.FIXED:
        text = "" if share.fixed_amount is None else amount_text(share.fixed_amount)
        return f"{text} / an" if share.fixed_is_annual else text
    if share.mode == ShareMode.PERCENTAGE:
        return "" if share.percent is None else f"{number_text(share.percent)} %"
    if share.mode == ShareMode.KEY:
        typed = share.weight is not None and share.population is None and share.weight <= 100
        return f"clé {number_text(share.weight)}" if typed and share.weight is not None else "clé"
    return {ShareMode.EQUAL: "égal", ShareMode.REMAINDER: "reste", SCHEDULE: "barème"}[share.mode]


def amount_text(value: Decimal) -> str:
    """12345.67 gives « 12 345,67 », with plain spaces that every keyboard types; cents only when there are some."""
    text = f"{value:,.2f}".replace(",", " ").replace(".", ",")
    return text.removesuffix(",00")


def number_text(value: Decimal) -> str:
    """81.3200 gives « 81,32 »."""
    text = f"{value:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace(".", ",")


def updated(share: ShareData, cell: Cell) -> ShareData:
    """The stored share with what the cell says. What a cell does not say (note, credit, base…) stays."""
    same = share.mode == cell.mode
    weight, population = share.weight, share.population
    if cell.mode == ShareMode.KEY and cell.weight is not None:
        weight, population = cell.weight, None
    elif cell.mode != ShareMode.KEY:
        weight, population = None, None
    keep_percent = share.percent if same and cell.mode in (ShareMode.KEY, SCHEDULE) and cell.weight is None else None
    return replace(
        share,
        mode=cell.mode,
        fixed_amount=cell.amount if cell.mode == ShareMode.FIXED else None,
        fixed_is_annual=cell.annual,
        percent=cell.weight if cell.weight is not None else cell.percent if cell.percent is not None else keep_percent,
        percent_of=share.percent_of if same and cell.mode == ShareMode.PERCENTAGE else "",
        weight=weight,
        population=population,
    )


def split_block(text: str) -> list[list[str]]:
    """A block copied from a spreadsheet: rows of cells. Tabs and line ends of a quoted cell become spaces."""
    rows: list[list[str]] = [[]]
    cell, quoted, at = "", False, 0
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    while at < len(text):
        char = text[at]
        if quoted:
            if char == '"' and text[at + 1 : at + 2] == '"':
                cell, at = cell + '"', at + 1
            elif char == '"':
                quoted = False
            else:
                cell += char
        elif char == '"' and not cell:
            quoted = True
        elif char == "\t":
            rows[-1].append(clean(cell))
            cell = ""
        elif char == "\n":
            rows[-1].append(clean(cell))
            rows.append([])
            cell = ""
        else:
            cell += char
        at += 1
    rows[-1].append(clean(cell))
    # A spreadsheet ends its block with a line end: no row after it.
    return rows[:-1] if rows[-1] == [""] and len(rows) > 1 else rows
