"""The tables of a convention over several years or several posts: financers by year, and their detail post by post.

Amounts are those of the plans, added and never computed again; an unknown one is said, and no total counts it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from core.french import upper_first
from core.french.numbers import enumerate_fr
from core.money import euros, number_fr
from funding.adapter import data_of_plans
from funding.allocation import cross_split
from funding.allocation.arithmetic import to_decimal
from funding.breakdown import weights_of
from funding.models import Share
from posts.models import Post

from .dossier import Draft
from .names import unit_name
from .posts import kind_label

UNKNOWN = "non chiffré"
NOTHING = "–"

Row = tuple[int, str]


@dataclass
class Cell:
    """What one financer pays in one year: the sum of its lines, and the notes they carry."""

    amounts: list[Decimal | None] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def amount(self) -> Decimal | None:
        """None when one of the lines is not known."""
        if any(amount is None for amount in self.amounts):
            return None
        return sum((amount for amount in self.amounts if amount is not None), Decimal(0))


@dataclass
class Notes:
    """Footnotes under a table: the same words are printed once and share their number."""

    texts: list[str] = field(default_factory=list)

    def marks(self, notes: Iterable[str]) -> str:
        """The numbers of a cell's notes, kept on the line of its amount; adds the notes not yet printed."""
        numbers = []
        for note in notes:
            if note not in self.texts:
                self.texts.append(note)
            numbers.append(self.texts.index(note) + 1)
        return "".join(f"\u00a0({number})" for number in sorted(set(numbers)))


def years_of(draft: Draft) -> list[int]:
    return sorted({view.plan.year for view in draft.plans})


def years_table(draft: Draft) -> list[dict[str, Any]]:
    """Financers by year with totals, and its footnotes; an empty list without plan."""
    years = years_of(draft)
    if not years:
        return []
    cells: dict[Row, dict[int, Cell]] = {}
    for view in draft.plans:
        for share in view.leaves:
            cell = cells.setdefault(_row(share), {}).setdefault(view.plan.year, Cell())
            cell.amounts.append(share.amount)
            cell.notes += [share.footnote] if share.footnote else []
    notes = Notes()
    names = _names(draft)
    order = {party.organisation_id: rank for rank, party in enumerate(draft.parties)}
    ranked = sorted(cells, key=lambda row: order.get(row[0], len(order)))
    rows = [[names[row], *_line(cells[row], years, notes)] for row in ranked]
    known = all(cell.amount is not None for line in cells.values() for cell in line.values())
    caption = f"Contributions par financeur, {_span(years)}"
    table: dict[str, Any] = {
        "type": "table",
        "caption": caption,
        "head": ["Financeur", *_heads(years)],
        "rows": rows,
        "foot": ["Total" if known else "Total des contributions chiffrées", *_foot(cells.values(), years)],
        "align": ["l"] + ["r"] * len(_heads(years)),
    }
    return [table, *({"type": "p", "text": f"({n}) {text}"} for n, text in enumerate(notes.texts, start=1))]


def posts_table(draft: Draft) -> list[dict[str, Any]]:
    """What each post costs each financer, year by year; an empty list when there is only one post."""
    parts = _parts(draft)
    if len(parts) < 2:
        return []
    years, names = years_of(draft), _names(draft)
    rows: list[list[str]] = []
    for post, lines in parts.items():
        whole = {year: _sum(line.get(year) for line in lines.values()) for year in years}
        rows.append([f"{post.label}, dont :", *(f"({text})" for text in _amounts(whole, years))])
        rows += [[f"– {names[row]}", *_amounts(line, years)] for row, line in lines.items()]
    totals = {year: _sum(line.get(year) for lines in parts.values() for line in lines.values()) for year in years}
    table = {
        "type": "table",
        "caption": f"Détail par poste, {_span(years)}",
        "head": ["Poste et financeur", *_heads(years)],
        "rows": rows,
        "foot": ["Total", *_amounts(totals, years)],
        "align": ["l"] + ["r"] * len(_heads(years)),
    }
    return [table]


def posts_list(draft: Draft) -> list[dict[str, Any]]:
    """The posts of the convention: who employs, where, for how long a week; an empty list without post."""
    rows = [
        [
            post.label,
            upper_first(kind_label(post)),
            upper_first(post.employer.french.text),
            enumerate_fr(unit_name(link.unit).text for link in post.post_units.all()) or NOTHING,
            number_fr(post.etp).rstrip("0").rstrip(",") + " ETP",
        ]
        for post in draft.posts
    ]
    if not rows:
        return []
    table = {
        "type": "table",
        "caption": "Postes d'intervenants sociaux",
        "head": ["Poste", "Emploi", "Employeur", "Unités", "Temps"],
        "rows": rows,
        "align": ["l", "l", "l", "l", "r"],
    }
    return [table]


def _parts(draft: Draft) -> dict[Post, dict[Row, dict[int, Decimal]]]:
    """Post → financer → year → euros, for the lines whose amount is known; a merged plan is divided among its posts."""
    data = data_of_plans([view.plan for view in draft.plans])
    found: dict[Post, dict[Row, dict[int, Decimal]]] = {}
    for view in draft.plans:
        posts = data[view.plan.pk].posts
        rows = {share.ref: Fraction(share.amount) for share in view.leaves if share.amount is not None}
        weights = {str(pk): Fraction(weight) for pk, weight in weights_of(data[view.plan.pk]).items()}
        divided = cross_split(rows, weights) if rows and weights else {}
        for post in posts:
            for share in view.leaves:
                if share.ref in divided:
                    line = found.setdefault(post, {}).setdefault(_row(share), {})
                    amount = to_decimal(divided[share.ref][str(post.pk)])
                    line[view.plan.year] = line.get(view.plan.year, Decimal(0)) + amount
    return found


def _row(share: Share) -> Row:
    """A financer has one line per credit: the State's two directorates are not added together."""
    return (share.financer_id or 0, share.source)


def _names(draft: Draft) -> dict[Row, str]:
    """The financer's name, with the credit when it pays on several."""
    shares = [share for view in draft.plans for share in view.leaves]
    sources: dict[int, set[str]] = {}
    for share in shares:
        sources.setdefault(share.financer_id or 0, set()).add(share.source)
    return {_row(share): _name(share, len(sources[share.financer_id or 0])) for share in shares}


def _name(share: Share, credits_count: int) -> str:
    name = upper_first(share.financer.french.text) if share.financer else share.display_label
    return f"{name} ({share.get_source_display()})" if credits_count > 1 else name


def _heads(years: list[int]) -> list[str]:
    return [str(year) for year in years] + (["Total"] if len(years) > 1 else [])


def _span(years: list[int]) -> str:
    return str(years[0]) if len(years) == 1 else f"{years[0]}-{years[-1]}"


def _line(line: Mapping[int, Cell], years: list[int], notes: Notes) -> list[str]:
    texts = []
    for year in years:
        cell = line.get(year)
        if cell is None:
            texts.append(NOTHING)
        else:
            texts.append((UNKNOWN if cell.amount is None else euros(cell.amount)) + notes.marks(cell.notes))
    if len(years) > 1:
        whole = [cell.amount for cell in line.values()]
        texts.append(UNKNOWN if any(amount is None for amount in whole) else euros(_sum(whole)))
    return texts


def _foot(lines: Iterable[Mapping[int, Cell]], years: list[int]) -> list[str]:
    """Sums of what is known: each year's, then the whole."""
    lines = list(lines)
    known = {
        year: _sum(a for line in lines if year in line for a in line[year].amounts if line[year].amount is not None)
        for year in years
    }
    return _amounts(known, years)


def _amounts(line: Mapping[int, Decimal], years: list[int]) -> list[str]:
    texts = [euros(line[year]) if year in line else NOTHING for year in years]
    return [*texts, euros(_sum(line.values()))] if len(years) > 1 else texts


def _sum(amounts: Iterable[Decimal | None]) -> Decimal:
    return sum((amount for amount in amounts if amount is not None), Decimal(0))
