"""The bilan as people read it: one description of the columns for the page, the PDF and the spreadsheets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby

from django.utils.safestring import SafeString

from core import charts, money, sheets
from core.french import counted, enumerate_fr, month_name, plural
from reporting.bilan.model import Bilan, Figure, Row, Share, Total
from reporting.bilan.parts import ND, SECRET

NARROW = "\u202f"
#: Measure → its name in files.
HEADERS = {
    "women": "saisines_femmes",
    "men": "saisines_hommes",
    "children": "saisines_enfants",
    "people": "saisines_total",
    "interviews_in_person": "entretiens_presence",
    "interviews_phone": "entretiens_telephone",
    "interviews_partners": "dont_partenaires",
    "interviews": "entretiens_total",
    "vif_count": "violences_intrafamiliales",
    "vif_base": "situations_comptees",
}
NUMBERS = (
    ("women", "Femmes"),
    ("men", "Hommes"),
    ("children", "Enfants"),
    ("people", "Total"),
    ("interviews_in_person", "En présence"),
    ("interviews_phone", "Au téléphone"),
    ("interviews_partners", "dont partenaires"),
    ("interviews", "Total"),
)


@dataclass(frozen=True)
class Cell:
    """A figure as printed; ``reason`` says why it is missing, or what it rests on."""

    text: str
    label: str = ""
    reason: str = ""
    missing: bool = False


@dataclass(frozen=True)
class Line:
    row: Row
    epci: Cell
    communes: Cell
    numbers: tuple[Cell, ...]
    vif: Cell
    basis: str
    worked: str


@dataclass(frozen=True)
class Group:
    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class KeyFigure:
    label: str
    value: str
    hint: str


@dataclass(frozen=True)
class Presented:
    """Everything a page or a document shows of a bilan, as text."""

    groups: tuple[Group, ...]
    total: tuple[Cell, ...]
    total_vif: Cell
    known: tuple[str, ...]
    key_figures: tuple[KeyFigure, ...]
    summary: str
    missing: tuple[tuple[str, str], ...]
    reasons: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def period_of(row: Row) -> str:
    """« 3 mois sur 12 ; 9 mois travaillés »: what is known, and what could have been."""
    return row.basis if row.worked is None else f"{row.basis} ; {row.worked} mois travaillés"


def number(value: int) -> str:
    return money.number_fr(value, 0)


def shown_number(value: int | None) -> str:
    return ND if value is None else number(value)


def present(bilan: Bilan, before: Bilan | None = None) -> Presented:
    """``before``: the year before, for the key figures; as the same readers may see it."""
    lines = [_line(row) for row in bilan.rows]
    groups = tuple(Group(title, tuple(found)) for title, found in groupby(lines, key=lambda line: line.row.group))
    return Presented(
        groups=groups,
        total=tuple(_total(bilan, name, label) for name, label in NUMBERS),
        total_vif=_share(bilan.vif),
        known=tuple(f"{bilan.totals[name].rows} sur {len(bilan.rows)}" for name, _ in NUMBERS),
        key_figures=tuple(_with_before(bilan, before)),
        summary=_summary(bilan),
        missing=tuple((row.name, _missing(row)) for row in bilan.rows if row.missing),
        reasons=tuple((row.name, row.reason) for row in bilan.rows if row.reason),
        notes=tuple(_notes(bilan)),
    )


def chart(bilan: Bilan, *, chart_id: str) -> SafeString:
    """Saisines per row, cut into women, men and children; rows without figures are said to be so."""
    series = [
        charts.Series(label, [row.figures[name].value for row in bilan.rows])
        for name, label in (("women", "Femmes"), ("men", "Hommes"), ("children", "Enfants"))
    ]
    return charts.stacked_bars(
        chart_id=chart_id,
        title=f"Saisines {bilan.year} par poste : femmes, hommes et enfants",
        categories=[row.name for row in bilan.rows],
        series=series,
    )


def sheet_columns() -> list[sheets.SheetColumn]:
    """One line per row of the bilan; unknown figures are empty cells, and the last column says why."""
    number_kind = sheets.Kind.NUMBER
    columns = [
        sheets.SheetColumn("poste", lambda row: row.label, width=36),
        sheets.SheetColumn("zone", lambda row: row.zone, width=13),
        sheets.SheetColumn("employeur", lambda row: row.employer, width=30),
        sheets.SheetColumn("epci", lambda row: row.epci.value, number_kind, 8),
        sheets.SheetColumn("communes", lambda row: row.communes.value, number_kind, 11),
    ]
    for name, header in HEADERS.items():
        columns.append(sheets.SheetColumn(header, _figure_reader(name), number_kind, 14))
    return [
        *columns,
        sheets.SheetColumn("pourcentage_vif", lambda row: row.vif.value, number_kind, 16),
        sheets.SheetColumn("pourcentage_publie", lambda row: "oui" if row.vif.published else "", width=18),
        sheets.SheetColumn("periode", lambda row: row.basis, width=20),
        sheets.SheetColumn("mois_travailles", lambda row: row.worked, number_kind, 16),
        sheets.SheetColumn("mois_manquants", lambda row: " ".join(str(m) for m in row.missing), width=18),
        sheets.SheetColumn("precision", lambda row: row.reason, width=60),
        # An empty cell says nothing of why it is: this column names those that secrecy emptied.
        sheets.SheetColumn("masques", lambda row: _hidden(row, HEADERS), width=40),
    ]


def _hidden(row: Row, headers: dict[str, str]) -> str:
    return " ".join(header for name, header in headers.items() if row.figures[name].hidden)


def _figure_reader(name: str):  # type: ignore[no-untyped-def]
    return lambda row: row.figures[name].value


def _line(row: Row) -> Line:
    return Line(
        row=row,
        epci=_cell(row.epci, "EPCI"),
        communes=_cell(row.communes, "Communes"),
        numbers=tuple(_cell(row.figures[name], label) for name, label in NUMBERS),
        vif=_share(row.vif),
        basis=row.basis,
        worked="" if row.worked is None else f"{row.worked} mois travaillés",
    )


def _cell(figure: Figure, label: str) -> Cell:
    if figure.value is None:
        return Cell(SECRET if figure.hidden else ND, label, figure.reason, missing=True)
    return Cell(number(figure.value), label)


def _share(share: Share) -> Cell:
    if share.value is None:
        return Cell(ND, "% VIF", share.reason, missing=True)
    return Cell(money.percent(share.value), "% VIF", "publié" if share.published else "")


def _total(bilan: Bilan, name: str, label: str) -> Cell:
    total = bilan.totals[name]
    if total.value is None:
        return Cell(SECRET if total.hidden else ND, label, missing=True)
    return Cell(number(total.value), label)


def _percent(value: Decimal | None) -> str:
    return money.percent(value, 1) if value is not None else ND


def compared(now: int | None, then: int | None, year: int) -> str:
    """« 598 en 2021 (+ 12,5 %) »; empty when nothing is known of the year before."""
    if then is None:
        return ""
    said = f"{number(then)} en {year}"
    if now is None or not then:
        return said
    change = (Decimal(now - then) * 100 / Decimal(then)).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
    sign = "+" if change > 0 else "−" if change < 0 else ""
    return f"{said} ({sign}{NARROW if sign else ''}{money.percent(abs(change), 1)})"


def comparisons(bilan: Bilan, before: Bilan | None) -> list[tuple[str, str, str, str]]:
    """(label, this year, the year before, change) of the totals; both years as the same readers may see them."""
    if before is None:
        return []
    lines = []
    for name, label in (("people", "Saisines"), *NUMBERS[:3], ("interviews", "Entretiens")):
        now, then = bilan.totals[name], before.totals[name]
        text = compared(now.value, then.value, before.year)
        change = text.partition("(")[2].rstrip(")") or "n.d."
        lines.append((label, _shown(now), _shown(then), change))
    lines.append(("Postes qui ont rendu compte", str(bilan.posts_reporting), str(before.posts_reporting), ""))
    return lines


def _shown(total: Total) -> str:
    if total.value is None:
        return SECRET if total.hidden else ND
    return number(total.value)


def _with_before(bilan: Bilan, before: Bilan | None) -> Iterable[KeyFigure]:
    names = {"Saisines": "people", "Entretiens": "interviews"} | {label: name for name, label in NUMBERS[:3]}
    for one in _key_figures(bilan):
        if before is not None:
            name = names[one.label]
            said = compared(bilan.totals[name].value, before.totals[name].value, before.year)
            one = replace(one, hint=f"{one.hint} ; {said}" if said else one.hint)
        yield one


def _key_figures(bilan: Bilan) -> Iterable[KeyFigure]:
    total = bilan.totals["people"]
    yield KeyFigure(
        "Saisines",
        (SECRET if total.hidden else ND) if total.value is None else number(total.value),
        f"{bilan.reporting} {plural(bilan.reporting, 'ligne renseignée', 'lignes renseignées')} sur {len(bilan.rows)}",
    )
    for name, label in NUMBERS[:3]:
        value = bilan.totals[name].value
        if value is not None:
            yield KeyFigure(label, number(value), f"{_percent(bilan.share_of_people(name))} des saisines")
    interviews, partners = bilan.totals["interviews"].value, bilan.totals["interviews_partners"].value
    if interviews is not None:
        hint = f"dont {number(partners)} avec des partenaires" if partners is not None else "partenaires non distingués"
        yield KeyFigure("Entretiens", number(interviews), hint)


def _summary(bilan: Bilan) -> str:
    """The year in one sentence, each part with its total."""
    values = {name: bilan.totals[name].value for name in ("people", "women", "men", "children")}
    if any(bilan.totals[name].hidden for name in values):
        return f"{bilan.posts_reporting} postes sur {bilan.posts} ont rendu compte de leurs saisines."
    if None in values.values():
        return "Aucun poste n'a rendu compte de ses saisines."
    total, women, men, children = (number(value or 0) for value in values.values())
    return (
        f"{total} saisines, soit {women} femmes, {men} hommes et {children} enfants, reçues par "
        f"{bilan.posts_reporting} postes sur {bilan.posts} ({bilan.reporting} lignes du tableau sur {len(bilan.rows)})."
    )


def _missing(row: Row) -> str:
    """« mars et juillet à octobre »: three months in a row or more are told by their ends."""
    if len(row.missing) == 12:
        return "les douze mois"
    runs: list[list[int]] = []
    for month in row.missing:
        if runs and runs[-1][-1] == month - 1:
            runs[-1].append(month)
        else:
            runs.append([month])
    parts: list[str] = []
    for run in runs:
        names = [month_name(month) for month in run]
        parts += names if len(names) < 3 else [f"{names[0]} à {names[-1]}"]
    return enumerate_fr(parts)


def _notes(bilan: Bilan) -> Iterable[str]:
    posts = counted(bilan.posts, "poste")
    yield (
        f"Le tableau compte {counted(len(bilan.rows), 'ligne', gender='f')} pour {posts} : un poste mixte qui rend "
        "compte séparément de ses deux zones occupe deux lignes."
        if len(bilan.rows) != bilan.posts
        else f"Le tableau compte une ligne par poste, soit {posts}."
    )
    yield (
        "Une saisine est une demande ou un signalement reçu ; femmes, hommes et enfants s'additionnent. "
        "Les totaux ne portent que sur les lignes renseignées ; ce qui n'est pas connu est noté n.d., jamais zéro."
    )
    interviews, partners = bilan.totals["interviews"], bilan.totals["interviews_partners"]
    if interviews.value is not None and partners.value is not None:
        lines = "une ligne les distingue" if partners.rows == 1 else f"{partners.rows} lignes les distinguent"
        yield (
            f"Sur {number(interviews.value)} entretiens, {number(partners.value)} sont des échanges avec des "
            f"partenaires ({lines}) : {number(bilan.interviews_with_people or 0)} entretiens sans eux."
        )
    if any(row.vif.published for row in bilan.rows):
        yield (
            "« publié » : pourcentage repris d'un bilan publié, dont les nombres de situations ne sont pas connus ; "
            "ces pourcentages ne peuvent être ni vérifiés ni additionnés."
        )
    yield "Les EPCI et les communes ne s'additionnent pas : un même territoire peut relever de plusieurs postes."
    yield bilan.notice or "Version complète : les petits effectifs y figurent. Les deux autres versions les masquent."
    yield (
        "Une année incomplète n'est jamais extrapolée. Les mois saisis l'emportent sur les chiffres annuels dès qu'ils "
        "sont tous connus."
    )
