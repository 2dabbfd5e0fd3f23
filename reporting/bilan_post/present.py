"""The bilan of a post as people read it: its charts, its words, its pages. The same for the page and the PDF."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.safestring import SafeString

from core import charts
from posts.screening import Suspicion, screened
from reporting.bilan_post.grid import Box, DataTable
from reporting.bilan_post.sections import Block, blocks
from reporting.bilan_post.service import SECTIONS, PostBilan
from reporting.enums import BilanSection
from reporting.models import BilanText

#: The most lines a chart has: more of them say less.
LONGEST = 6
#: The most columns of figures that hold in half a printed page's width, after the labels.
NARROW = 4
#: Chapter → the tables it holds; those of keys that begin so.
CHAPTERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Chiffres clés", ("totaux", "taux", "trimestres", "chiffres", "zones", "mois")),
    ("Saisines", ("I1", "I2", "I3")),
    ("Personnes", ("I4", "I4R", "I6", "personnes-mois")),
    ("Situations", ("I7", "I9", "I10")),
    ("Actes et suites", ("I11", "I12", "I13", "I14", "I15", "I16", "I18")),
    ("Financement", ("financement",)),
)
#: Tables there may be several of.
SEVERAL = ("chiffres", "financement")


@dataclass(frozen=True)
class Piece:
    """A table, with the chart that shows it if there is one."""

    table: DataTable
    caption: str = ""
    chart: SafeString | None = None


@dataclass(frozen=True)
class Chapter:
    title: str
    pieces: tuple[Piece, ...]

    @property
    def narrow(self) -> list[Piece]:
        """The tables that hold in half a printed page's width."""
        return [piece for piece in self.pieces if len(piece.table.columns) <= NARROW]

    @property
    def wide(self) -> list[Piece]:
        return [piece for piece in self.pieces if len(piece.table.columns) > NARROW]


@dataclass(frozen=True)
class Words:
    """One written section as it is shown; ``suspicions``: what it seems to tell of somebody."""

    section: str
    label: str
    text: BilanText | None
    blocks: tuple[Block, ...]
    suspicions: tuple[Suspicion, ...]

    @property
    def is_opinion(self) -> bool:
        return self.section == BilanSection.OPINION


def chapters(bilan: PostBilan) -> tuple[Chapter, ...]:
    """The tables in reading order, each in its chapter; a chapter without table is left out."""
    found = []
    for title, keys in CHAPTERS:
        pieces = [
            Piece(table, *chart_of(bilan, table))
            for key in keys
            for table in bilan.tables
            if table.key == key or (key in SEVERAL and table.key.startswith(f"{key}-"))
        ]
        if pieces:
            found.append(Chapter(title, tuple(pieces)))
    return tuple(found)


def words(bilan: PostBilan) -> tuple[Words, ...]:
    """The written sections, the empty ones too (a version that leaves has no opinion at all)."""
    found = []
    for section in SECTIONS:
        if bilan.version is not None and section == BilanSection.OPINION:
            continue
        text = bilan.text(section)
        written = text.text if text else ""
        found.append(Words(section, str(section.label), text, tuple(blocks(written)), tuple(screened(written))))
    return tuple(found)


Drawn = tuple[str, SafeString | None]
NO_CHART: Drawn = ("", None)


def chart_of(bilan: PostBilan, table: DataTable) -> Drawn:
    """The title and the chart of a table, from the figures it shows: what the one hides, the other does not draw."""
    name = f"poste-{table.key.lower()}"
    if table.key == "mois":
        line = table.lines[0]
        title = f"{line.label} par mois, {bilan.year}"
        values = [_number(box) for box in line.boxes[:12]]
        return title, charts.months_line(chart_id=name, title=title, values=values)
    if table.key in ("I1", "I7"):
        return _pairs(bilan, table, name)
    if table.key == "I4":
        return _ages(bilan, table, name)
    return NO_CHART


def _pairs(bilan: PostBilan, table: DataTable, name: str) -> Drawn:
    former = next((r for r, column in enumerate(table.columns) if column.label.endswith(str(bilan.year - 1))), None)
    lines = [line for line in table.lines if not line.total and line.boxes[0].value]
    lines = sorted(lines, key=lambda line: -(_number(line.boxes[0]) or 0))[:LONGEST]
    if not lines:
        return NO_CHART
    most = "" if len(lines) < LONGEST else f" (les {LONGEST} premières lignes)"
    title = f"{table.title}, {bilan.year}{most}"
    labels = [line.label for line in lines]
    now = charts.Series(str(bilan.year), [_number(line.boxes[0]) for line in lines])
    values = [None] if former is None else [_number(line.boxes[former]) for line in lines]
    if any(value is None for value in values):
        # Unknown or hidden: a bar left out would be read as zero.
        return title, charts.bars(chart_id=name, title=title, categories=labels, values=now.values)
    title = f"{table.title}, {bilan.year} et {bilan.year - 1}{most}"
    before = charts.Series(str(bilan.year - 1), values)
    return title, charts.paired_bars(chart_id=name, title=title, categories=labels, now=now, before=before)


def _ages(bilan: PostBilan, table: DataTable, name: str) -> Drawn:
    labels = [column.label for column in table.columns]
    lines = [line for line in table.lines if not line.total and not any(box.hidden for box in line.boxes[:2])]
    if not lines or len(labels) < 2:
        return NO_CHART
    title = f"Âge et sexe des personnes de l'année {bilan.year}"
    return title, charts.pyramid(
        chart_id=name,
        title=title,
        categories=[line.label for line in reversed(lines)],
        left=charts.Series(labels[0], [_number(line.boxes[0]) for line in reversed(lines)]),
        right=charts.Series(labels[1], [_number(line.boxes[1]) for line in reversed(lines)]),
    )


def _number(box: Box) -> int | None:
    return box.value if isinstance(box.value, int) else None
