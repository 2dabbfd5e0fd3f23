"""The bilan for readers outside the scheme: small counts hidden, and nothing left that gives them back.

Same object as the full bilan, so the same page, document and spreadsheets show it. What is hidden is said to be; words
that tell about one person's absence, or repeat a figure, are left out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from django.conf import settings

from core.french import counted
from reporting.bilan.compute import MEASURES, PEOPLE, Bilan, Figure, Row, Share, Total
from reporting.protection import Cause, Protection, Sum, Table, protect

#: The measures that count people; interviews are acts.
SENSITIVE = (*PEOPLE, "people", "vif_count")
HIDDEN = "masqué : petit effectif, ou chiffre qui permettrait de le retrouver"
WITHHELD = "non communiqué"


class Version(Enum):
    """Who will read: the partners of the scheme (committees), or anyone."""

    INTERNAL = "partagee"
    PUBLISHED = "publique"

    @property
    def label(self) -> str:
        return "Version à partager entre partenaires" if self is Version.INTERNAL else "Version publique"

    @property
    def threshold(self) -> int:
        """A count of people under this is hidden. A setting: no legal threshold exists for these bilans."""
        return int(settings.COSIGNE_SMALL_NUMBERS[self.name.lower()])


@dataclass(frozen=True)
class Publication:
    """A bilan that may leave, with what was hidden in it."""

    bilan: Bilan
    version: Version
    protection: Protection

    @property
    def small(self) -> int:
        return self.protection.count(Cause.SMALL)

    @property
    def others(self) -> int:
        return self.protection.count(Cause.DEDUCTION)


def publication(bilan: Bilan, version: Version) -> Publication:
    """``bilan`` as ``version`` may read it."""
    found = protect(table_of(bilan), threshold=version.threshold)
    rows = tuple(_row(number, row, found) for number, row in enumerate(bilan.rows))
    totals = {name: _total(name, total, found) for name, total in bilan.totals.items()}
    vif = bilan.vif if found.shows(_cell("total", "vif_count")) else Share(None, reason=HIDDEN)
    # Remarks and findings repeat figures of the returns; the map of who was away is nobody's business outside.
    made = Publication(bilan, version, found)
    safe = replace(bilan, rows=rows, totals=totals, vif=vif, findings=(), remarks=(), notice=_notice(made))
    return replace(made, bilan=safe)


def _notice(made: Publication) -> str:
    start = f"{made.version.label} : les effectifs de personnes inférieurs à {made.version.threshold}"
    if not made.small:
        return f"{start} seraient masqués, aucun ne l'est."
    small = f"{start} sont masqués et notés s. ({counted(made.small, 'chiffre')})"
    if not made.others:
        return f"{small}."
    others = counted(made.others, "autre chiffre", "autres chiffres")
    return f"{small}, ainsi que {others} dont on pourrait les déduire."


def table_of(bilan: Bilan) -> Table:
    """Every count the bilan prints and every sum a reader can check in it."""
    counts: dict[str, int] = {}
    sums: list[Sum] = []
    for number, row in enumerate(bilan.rows):
        for name in MEASURES:
            if (value := row.figures[name].value) is not None:
                counts[_cell(number, name)] = value
        people = tuple(_cell(number, name) for name in PEOPLE)
        total = _cell(number, "people")
        if total in counts and all(name in counts for name in people):
            sums.append(Sum(total, people))
    for name in MEASURES:
        parts = tuple(cell for number in range(len(bilan.rows)) if (cell := _cell(number, name)) in counts)
        if parts:
            total = _cell("total", name)
            counts[total] = sum(counts[cell] for cell in parts)
            sums.append(Sum(total, parts))
    people = tuple(_cell("total", name) for name in PEOPLE)
    total = _cell("total", "people")
    # Not always: a post may know its total without its detail, and the columns then rest on different lines.
    if total in counts and counts[total] == sum(counts.get(name, 0) for name in people):
        sums.append(Sum(total, tuple(name for name in people if name in counts)))
    ends = tuple(f".{name}" for name in SENSITIVE)
    sensitive = frozenset(cell for cell in counts if cell.endswith(ends))
    costly = frozenset(cell for cell in counts if cell.startswith("total.") or cell.endswith(".people"))
    return Table(counts, tuple(sums), sensitive, costly)


def _cell(line: int | str, name: str) -> str:
    return f"{line}.{name}"


def _row(number: int, row: Row, found: Protection) -> Row:
    figures = {name: _figure(figure, found.shows(_cell(number, name))) for name, figure in row.figures.items()}
    vif = row.vif
    if not row.vif.published and not found.shows(_cell(number, "vif_count")):
        vif = Share(None, reason=HIDDEN)
    # How many months were counted is a matter of quality; which ones, and why, would date somebody's leave.
    return replace(row, figures=figures, vif=vif, reason="", missing=(), url="")


def _figure(figure: Figure, shown: bool) -> Figure:
    if not shown:
        return Figure(None, HIDDEN, hidden=True)
    return Figure(None, WITHHELD) if figure.value is None else figure


def _total(name: str, total: Total, found: Protection) -> Total:
    return total if found.shows(_cell("total", name)) else Total(None, total.rows, hidden=True)
