"""The bilan for readers outside the scheme: small counts hidden, and nothing left that gives them back.

All the tables of a year are protected together (:mod:`reporting.bilan.joint`), and the versions are nested: what the
partners' version hides, the public one hides too, so that a reader of both learns no more than the first says. A bilan
over some posts only shows of each post what the whole one shows, and its own totals are hidden where they would tell.

Same object as the full bilan, so the same page, document and spreadsheets show it. What is hidden is said to be; words
that tell about one person's absence, or repeat a figure, are left out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from django.conf import settings

from core.french import counted
from reporting.bilan.joint import SUBSET, cell_of, extended, quarter_cell, subset_of, table_of
from reporting.bilan.model import Bilan, Figure, Quarter, Row, Share, Total
from reporting.protection import Cause, Protection, Table, protect

__all__ = ["HIDDEN", "WITHHELD", "Publication", "Version", "protected", "publication", "table_of"]

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
    #: Lines of the table it prints.
    lines: frozenset[str] = frozenset()

    @property
    def small(self) -> int:
        return self._count(Cause.SMALL)

    @property
    def others(self) -> int:
        return self._count(Cause.DEDUCTION)

    def _count(self, wanted: Cause) -> int:
        hidden = self.protection.hidden.items()
        return sum(1 for name, cause in hidden if cause is wanted and name.partition(".")[0] in self.lines)


def protected(bilan: Bilan, version: Version) -> tuple[Table, Protection]:
    """Everything the publication of a year prints, and what of it ``version`` hides."""
    table = table_of(bilan)
    inner = protect(table, threshold=Version.INTERNAL.threshold)
    if version is Version.INTERNAL or Version.PUBLISHED.threshold <= Version.INTERNAL.threshold:
        return table, protect(table, threshold=version.threshold)
    # What no table prints is nobody's choice to hide.
    hidden = {name for name, cause in inner.hidden.items() if cause is not Cause.UNPRINTED}
    return table, protect(table, threshold=version.threshold, hidden=hidden)


def publication(bilan: Bilan, version: Version, *, whole: Bilan | None = None) -> Publication:
    """``bilan`` as ``version`` may read it. ``whole``: the bilan of every post, when this one covers some of them."""
    if whole is None or whole.rows == bilan.rows:
        _, found = protected(bilan, version)
        return _made(bilan, version, found, [str(number) for number in range(len(bilan.rows))], "total")
    table, outer = protected(whole, version)
    lines = subset_of(whole, bilan)
    wider = extended(table, bilan, lines, outer)
    found = protect(wider, threshold=version.threshold, hidden=outer.hidden)
    return _made(bilan, version, found, lines, SUBSET)


def _made(bilan: Bilan, version: Version, found: Protection, lines: list[str], total: str) -> Publication:
    rows = tuple(_row(line, row, found) for line, row in zip(lines, bilan.rows, strict=True))
    totals = {name: _total(each, found.shows(cell_of(total, name))) for name, each in bilan.totals.items()}
    # A percentage and one of its counts give the other: both must be shown, and be those it was computed from.
    told = found.shows(cell_of(total, "vif_count")) and found.shows(cell_of(total, "vif_base"))
    whole = bilan.totals["vif_count"].rows == bilan.totals["vif_base"].rows == bilan.vif_rows
    vif = bilan.vif if told and whole else Share(None, reason=HIDDEN)
    quarters = tuple(
        replace(
            quarter,
            totals={
                name: _total(each, found.shows(quarter_cell(total, number, name)))
                for name, each in quarter.totals.items()
            },
        )
        for number, quarter in enumerate(bilan.quarters)
    )
    # Remarks and findings repeat figures of the returns; the map of who was away is nobody's business outside.
    made = Publication(bilan, version, found, _ends(lines, total))
    safe = replace(
        bilan,
        rows=rows,
        totals=totals,
        vif=vif,
        quarters=quarters,
        findings=(),
        remarks=(),
        notice=_notice(made),
    )
    return replace(made, bilan=safe)


def _ends(lines: list[str], total: str) -> frozenset[str]:
    return frozenset((*lines, total))


def _notice(made: Publication) -> str:
    start = f"{made.version.label} : les effectifs de personnes inférieurs à {made.version.threshold}"
    if not made.small:
        return f"{start} seraient masqués, aucun ne l'est."
    small = f"{start} sont masqués et notés s. ({counted(made.small, 'chiffre')})"
    if not made.others:
        return f"{small}."
    others = counted(made.others, "autre chiffre", "autres chiffres")
    return f"{small}, ainsi que {others} dont on pourrait les déduire."


def _row(line: str, row: Row, found: Protection) -> Row:
    shown = {name: _figure(figure, found.shows(cell_of(line, name))) for name, figure in row.figures.items()}
    vif = row.vif
    if not row.vif.published and not all(found.shows(cell_of(line, name)) for name in ("vif_count", "vif_base")):
        vif = Share(None, reason=HIDDEN)
    quarters = tuple(
        Quarter(
            quarter.months,
            {
                name: _figure(figure, found.shows(quarter_cell(line, number, name)))
                for name, figure in quarter.figures.items()
            },
        )
        for number, quarter in enumerate(row.quarters)
    )
    # How many months were counted is a matter of quality; which ones, and why, would date somebody's leave. So would
    # the exact time worked in a post that one person holds.
    return replace(row, figures=shown, vif=vif, quarters=quarters, reason="", missing=(), url="", etp_worked=None)


def _figure(figure: Figure, shown: bool) -> Figure:
    if figure.value is None:
        return Figure(None, WITHHELD)
    return figure if shown else Figure(None, HIDDEN, hidden=True)


def _total(total: Total, shown: bool) -> Total:
    return total if shown or total.value is None else Total(None, total.rows, hidden=True)
