"""What a careful reader would question in a bilan before it leaves: R07, R08, R09, R10, R11, R51 and R52.

R06 (sums that do not hold) is found while computing. These need more: what was published, coverage, the year before.
They are said to whoever prepares the bilan, and never travel with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from statistics import quantiles
from typing import Any

from core.findings import Finding, Mark, Severity
from core.money import number_fr, percent
from reporting.bilan.joint import SENSITIVE
from reporting.bilan.model import Bilan, PostYear, Row, percentage

#: A change from one year to the next that asks for a comment (indicators, relation 13).
CHANGE = Decimal(30)
#: Fewer posts than this have no usual range.
FEWEST = 5


@dataclass(frozen=True)
class Known:
    """What a row is compared with: what its bilan published, and what its post covers."""

    stated: Mapping[str, Any]
    epcis: int | None
    communes: int | None


def known_of(posts: Iterable[PostYear]) -> dict[str, Known]:
    """By post key; only posts whose annual figures are those of one row say what they published."""
    found = {}
    for post in posts:
        annual = [one for one in post.returns if one.month is None]
        stated = annual[0].stated if len(annual) == 1 else {}
        found[post.key] = Known(stated, post.epci_count, post.communes.get(""))
    return found


def checks(bilan: Bilan, *, known: Mapping[str, Known], before: Bilan | None, threshold: int) -> tuple[Finding, ...]:
    """The findings, row by row then over the whole; ``threshold``: of the public version."""
    earlier = {(row.key, row.zone): row for row in before.rows} if before else {}
    ranges = {name: _range([_share(row, name) for row in bilan.rows]) for name in ("men", "children")}
    found: list[Finding] = []
    for row in bilan.rows:
        facts = known.get(row.key, Known({}, None, None))
        found += _empty(bilan.year, row)
        found += _coverage(bilan.year, row, facts)
        found += _percentage(bilan.year, row, facts)
        found += _interviews(bilan.year, row)
        found += _change(bilan.year, row, earlier.get((row.key, row.zone)))
        found += _unusual(bilan.year, row, ranges)
    return (*found, *_units(bilan), *_small(bilan, threshold))


def _finding(code: str, severity: Severity, year: int, row: Row | None, message: str, **more: Any) -> Finding:
    place = f"activity[{row.key}].{year}" if row else f"bilan.{year}"
    url = row.url if row else ""
    return Finding(code=code, severity=severity, place=place, message=message, url=url, mark=Mark.STATED, **more)


def _empty(year: int, row: Row) -> Iterable[Finding]:
    """R07: nothing is known, and nobody says why."""
    if not row.reports and not row.reason and all(figure.value is None for figure in row.figures.values()):
        words = f"{row.name} : aucun chiffre et aucune raison. Saisissez-les, ou dites pourquoi ils manquent."
        yield _finding("R07", Severity.BLOCKING, year, row, words)


def _coverage(year: int, row: Row, known: Known) -> Iterable[Finding]:
    """R08: EPCI or communes published are not those the post covers."""
    for name, computed, noun in (("epcis", known.epcis, "EPCI"), ("communes", known.communes, "communes")):
        stated = known.stated.get(name)
        if stated is not None and computed is not None and int(stated) != computed:
            words = f"{row.name} : {stated} {noun} publiés, {computed} dans la fiche du poste."
            yield _finding("R08", Severity.EXPLAIN, year, row, words, stated=str(stated), computed=str(computed))


def _percentage(year: int, row: Row, known: Known) -> Iterable[Finding]:
    """R09: a published percentage that no whole number of the people of the row gives."""
    stated, people = known.stated.get("vif_percent"), row.figures["people"].value
    if stated is None or not people or not row.vif.published or row.vif.value is None:
        return
    text = str(stated).replace("%", "").replace(",", ".").strip()
    step = Decimal(1).scaleb(-len(text.partition(".")[2]))
    wanted = Decimal(text)
    nearest = int((wanted * people / 100).to_integral_value(ROUND_HALF_UP))
    given = {
        count: (Decimal(count) * 100 / people).quantize(step, ROUND_HALF_UP)
        for count in (nearest - 1, nearest, nearest + 1)
        if 0 <= count <= people
    }
    if wanted not in given.values():
        ways = f"{nearest} en font {percent(given[nearest])}"
        words = f"{row.name} : {percent(wanted)} de {people} saisines n'est pas possible ({ways})."
        yield _finding("R09", Severity.EXPLAIN, year, row, words, stated=text)


def _interviews(year: int, row: Row) -> Iterable[Finding]:
    """R10: fewer interviews than people received."""
    people, interviews = row.figures["people"].value, row.figures["interviews"].value
    if people is not None and interviews is not None and interviews < people:
        words = f"{row.name} : {interviews} entretiens pour {people} saisines. Tout le monde a-t-il été reçu ?"
        yield _finding("R10", Severity.EXPLAIN, year, row, words)


def _change(year: int, row: Row, before: Row | None) -> Iterable[Finding]:
    """R52: more than 30 % from one year to the next."""
    now, then = row.figures["people"].value, before.figures["people"].value if before else None
    if now is None or not then:
        return
    change = Decimal(now - then) * 100 / Decimal(then)
    if abs(change) > CHANGE:
        way = "de plus" if change > 0 else "de moins"
        gap = number_fr(abs(change).quantize(Decimal(1), ROUND_HALF_UP), 0)
        words = f"{row.name} : {now} saisines contre {then} l'année précédente, soit {gap} % {way}. À expliquer."
        yield _finding("R52", Severity.EXPLAIN, year, row, words)


def _share(row: Row, name: str) -> Decimal | None:
    return percentage(row.figures[name].value, row.figures["people"].value)


def _range(shares: Iterable[Decimal | None]) -> tuple[Decimal, Decimal] | None:
    """The usual range of a share (quartiles and one and a half times what is between them); None for too few posts."""
    known = [share for share in shares if share is not None]
    if len(known) < FEWEST:
        return None
    first, _, third = quantiles(known, n=4, method="inclusive")
    margin = (third - first) * 3 / 2
    return first - margin, third + margin


def _unusual(year: int, row: Row, ranges: Mapping[str, tuple[Decimal, Decimal] | None]) -> Iterable[Finding]:
    """R52: a share of men or children outside what the other posts of the département have."""
    for name, noun in (("men", "hommes"), ("children", "enfants")):
        share, usual = _share(row, name), ranges[name]
        if share is None or usual is None or usual[0] <= share <= usual[1]:
            continue
        words = (
            f"{row.name} : {percent(share, 1)} d'{noun}, hors de la plage des autres postes "
            f"({percent(max(usual[0], Decimal(0)).quantize(Decimal('0.1')), 1)} à "
            f"{percent(usual[1].quantize(Decimal('0.1')), 1)}). À expliquer."
        )
        yield _finding("R52", Severity.EXPLAIN, year, row, words)


def _units(bilan: Bilan) -> Iterable[Finding]:
    """R51: contacts with partners counted among interviews, in some rows only."""
    interviews, partners = bilan.totals["interviews"], bilan.totals["interviews_partners"]
    if interviews.value is not None and partners.value and partners.rows < interviews.rows:
        words = (
            f"Unités mêlées : {number_fr(partners.value, 0)} échanges avec des partenaires comptent parmi les "
            f"{number_fr(interviews.value, 0)} entretiens, et {partners.rows} ligne(s) sur {interviews.rows} seulement "
            "les distinguent."
        )
        yield _finding("R51", Severity.EXPLAIN, bilan.year, None, words)


def _small(bilan: Bilan, threshold: int) -> Iterable[Finding]:
    """R11: counts of people too small to leave."""
    small = [
        row.name
        for row in bilan.rows
        for name in SENSITIVE
        if (value := row.figures[name].value) is not None and 0 < value < threshold
    ]
    if small:
        rows = ", ".join(dict.fromkeys(small))
        words = (
            f"{len(small)} effectif(s) de moins de {threshold} personnes ({rows}) : la version complète ne se publie "
            "pas. Publiez la version publique, qui les masque."
        )
        yield _finding("R11", Severity.BLOCKING, bilan.year, None, words)
