"""Charts as hand-written SVG: pure functions from numbers to markup, the same on a page and in a PDF.

Every value is written beside or inside its mark, so colour is never the only carrier of meaning; a missing value is
said to be missing, not drawn as zero. Only attributes are used (``fill=``), as the content policy forbids inline
styles, and ids derive from ``chart_id``, so the same figures always give the same bytes.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

Value = int | Decimal | None

# Each at least 4.5:1 on white, hence white text on them too; neighbours differ in lightness as well as in hue.
PALETTE = ("#14304f", "#b45309", "#0f766e", "#86198f", "#4b5563", "#a11d33")
INK = "#1f2933"
AXIS = "#6b7280"
GRID = "#d1d5db"

MISSING = "non renseigné"
MONTHS = ("janv.", "févr.", "mars", "avril", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")

_WIDTH = 720
_LABELS = 200  # room of the category labels, left of the bars
_TOTALS = 130  # room of the figures, right of the bars
_BAR = 22
_GAP = 12
_LINE = 16  # height of a line of text
_FONT = 13
_DIGIT = 7.2  # advance of a digit at that size in Source Sans 3, rounded up
_LABEL_CHARACTERS = 30


@dataclass(frozen=True)
class Series:
    """One colour of a stacked chart: its name and one value per category, None when unknown."""

    label: str
    values: Sequence[Value]


def number(value: int | Decimal) -> str:
    """« 1 804 », « 12,5 »: French digits with narrow no-break spaces."""
    return f"{value:,}".replace(",", "\u202f").replace(".", ",")


def stacked_bars(*, chart_id: str, title: str, categories: Sequence[str], series: Sequence[Series]) -> SafeString:
    """Horizontal bars, one per category, cut into the series in the order of the legend.

    A category with any unknown value shows « non renseigné » after what is known. Raises ``ValueError`` when a series
    has not one value per category, a value is negative, or there are more series than colours.
    """
    if len(series) > len(PALETTE):
        raise ValueError(f"Un graphique empilé compte au plus {len(PALETTE)} séries.")
    for one in series:
        _check(one.values, len(categories))
    rows = [[one.values[rank] for one in series] for rank in range(len(categories))]
    scale = _scale(max((_total(row) for row in rows), default=0))
    legend, top = _legend([one.label for one in series])
    body = [legend]
    for category, row in zip(categories, rows, strict=True):
        lines = _wrap(category)
        body.append(_category(lines, top))
        body.append(_stack(row, top, scale))
        top += max(_BAR, len(lines) * _LINE) + _GAP
    sentences = [
        f"{category} : " + ", ".join(f"{one.label} {_said(value)}" for one, value in zip(series, row, strict=True))
        for category, row in zip(categories, rows, strict=True)
    ]
    return _svg(chart_id, title, " ; ".join(sentences), top, body)


def bars(
    *, chart_id: str, title: str, categories: Sequence[str], values: Sequence[Value], unit: str = ""
) -> SafeString:
    """Horizontal bars of one colour, the value and its ``unit`` at the end of each. Errors as ``stacked_bars``."""
    _check(values, len(categories))
    scale = _scale(max((value for value in values if value is not None), default=0))
    top = _GAP
    body = []
    for category, value in zip(categories, values, strict=True):
        lines = _wrap(category)
        body.append(_category(lines, top))
        length = float(value or 0) * scale
        if value:
            body.append(_rectangle(_LABELS, top, length, PALETTE[0]))
        figure = f"{_said(value)}{_unit(unit)}" if value is not None else MISSING
        body.append(_text(_LABELS + length + 6, _baseline(top), figure, italic=value is None))
        top += max(_BAR, len(lines) * _LINE) + _GAP
    sentences = [f"{category} : {_said(value)}" for category, value in zip(categories, values, strict=True)]
    return _svg(chart_id, title, " ; ".join(sentences), top, body)


def paired_bars(*, chart_id: str, title: str, categories: Sequence[str], now: Series, before: Series) -> SafeString:
    """Two horizontal bars a category, ``now`` above the thinner ``before``, each with its figure at the end.

    Errors as ``stacked_bars``; a category unknown on both sides shows « non renseigné » once.
    """
    for one in (now, before):
        _check(one.values, len(categories))
    figures = [*now.values, *before.values]
    scale = _scale(max((value for value in figures if value is not None), default=0))
    legend, top = _legend([now.label, before.label])
    body = [legend]
    for category, value, former in zip(categories, now.values, before.values, strict=True):
        lines = _wrap(category)
        body.append(_category(lines, top))
        body.append(_measured(value, top, scale, PALETTE[0]))
        body.append(_measured(former, top + _BAR, scale, PALETTE[1], height=_BAR - 4))
        top += max(2 * _BAR, len(lines) * _LINE) + _GAP
    sentences = [
        f"{category} : {now.label} {_said(value)}, {before.label} {_said(former)}"
        for category, value, former in zip(categories, now.values, before.values, strict=True)
    ]
    return _svg(chart_id, title, " ; ".join(sentences), top, body)


def pyramid(*, chart_id: str, title: str, categories: Sequence[str], left: Series, right: Series) -> SafeString:
    """A pyramid: one row a category, ``left`` and ``right`` on either side of its label, figures at the ends.

    Errors as ``stacked_bars``.
    """
    for one in (left, right):
        _check(one.values, len(categories))
    figures = [*left.values, *right.values]
    highest = max((value for value in figures if value is not None), default=0)
    middle, half = 150, (_WIDTH - 150) / 2
    scale = (half - 60) / float(highest) if highest else 0.0
    legend, top = _legend([left.label, right.label])
    body = [legend]
    for category, value, other in zip(categories, left.values, right.values, strict=True):
        body.append(_text(_WIDTH / 2, _baseline(top), category, anchor="middle"))
        length, width = float(value or 0) * scale, float(other or 0) * scale
        if value:
            body.append(_rectangle(half - length, top, length, PALETTE[0]))
        if other:
            body.append(_rectangle(half + middle, top, width, PALETTE[1]))
        body.append(_text(half - length - 6, _baseline(top), _said(value), anchor="end", italic=value is None))
        body.append(_text(half + middle + width + 6, _baseline(top), _said(other), italic=other is None))
        top += _BAR + _GAP
    sentences = [
        f"{category} : {left.label} {_said(value)}, {right.label} {_said(other)}"
        for category, value, other in zip(categories, left.values, right.values, strict=True)
    ]
    return _svg(chart_id, title, " ; ".join(sentences), top, body)


def _measured(value: Value, top: float, scale: float, colour: str, height: float = _BAR - 2) -> str:
    """One bar from the labels, with its figure."""
    length = float(value or 0) * scale
    bar = _rectangle(_LABELS, top, length, colour, height=height) if value else ""
    return bar + _text(_LABELS + length + 6, _baseline(top) - 2, _said(value), italic=value is None)


def months_line(*, chart_id: str, title: str, values: Sequence[Value]) -> SafeString:
    """Twelve months as points joined by a line, which breaks where a month is missing. Errors as ``stacked_bars``."""
    _check(values, len(MONTHS))
    height, top, bottom, left = 260, 30, 210, 30
    highest = float(max((value for value in values if value is not None), default=0)) or 1.0
    step = (_WIDTH - 2 * left) / (len(MONTHS) - 1)
    points = [
        None if value is None else (left + rank * step, bottom - float(value) / highest * (bottom - top))
        for rank, value in enumerate(values)
    ]
    body = [f'<line x1="0" y1="{bottom}" x2="{_WIDTH}" y2="{bottom}" stroke="{AXIS}"/>']
    for here, there in pairwise(points):
        if here and there:
            body.append(
                f'<line x1="{_round(here[0])}" y1="{_round(here[1])}" x2="{_round(there[0])}" y2="{_round(there[1])}"'
                f' stroke="{PALETTE[0]}" stroke-width="2"/>'
            )
    for rank, (month, value, point) in enumerate(zip(MONTHS, values, points, strict=True)):
        x = left + rank * step
        body.append(_text(x, bottom + 20, month, anchor="middle"))
        if value is None or point is None:
            body.append(_text(x, bottom - 8, "n. r.", anchor="middle", italic=True))
        else:
            body.append(f'<circle cx="{_round(point[0])}" cy="{_round(point[1])}" r="4" fill="{PALETTE[0]}"/>')
            body.append(_point_label(point, number(value), *_neighbours(points, rank)))
    if None in values:
        body.append(_text(0, height - 8, f"n. r. : {MISSING}", italic=True))
    sentences = [f"{month} : {_said(value)}" for month, value in zip(MONTHS, values, strict=True)]
    return _svg(chart_id, title, " ; ".join(sentences), height, body)


def _neighbours(points: Sequence[tuple[float, float] | None], rank: int) -> tuple[bool, bool]:
    """Whether the line comes down from the month before, and goes up to the month after."""
    here = points[rank]
    before = points[rank - 1] if rank else None
    after = points[rank + 1] if rank + 1 < len(points) else None
    # SVG counts heights downwards.
    return bool(here and before and before[1] < here[1]), bool(here and after and after[1] < here[1])


def _point_label(point: tuple[float, float], figure: str, from_above: bool, to_above: bool) -> str:
    """The figure above its point, moved aside from the line that would cross it."""
    x, y = point
    if from_above == to_above:
        return _text(x, y - 9, figure, anchor="middle")
    return _text(x + 4 if from_above else x - 4, y - 9, figure, anchor="start" if from_above else "end")


def _check(values: Sequence[Value], expected: int) -> None:
    if len(values) != expected:
        raise ValueError(f"Le graphique attend {expected} valeurs, il en reçoit {len(values)}.")
    if any(value is not None and value < 0 for value in values):
        raise ValueError("Un graphique en barres ne représente pas de valeur négative.")


def _total(row: Sequence[Value]) -> int | Decimal:
    return sum((value for value in row if value is not None), start=0)


def _scale(highest: int | Decimal) -> float:
    """Pixels per unit."""
    return (_WIDTH - _LABELS - _TOTALS) / float(highest) if highest else 0.0


def _said(value: Value) -> str:
    return MISSING if value is None else number(value)


def _unit(unit: str) -> str:
    """Symbols are set closer to the figure than words."""
    space = "\u202f" if unit in ("%", "€") else "\u00a0"
    return f"{space}{unit}" if unit else ""


def _stack(row: Sequence[Value], top: float, scale: float) -> str:
    parts = []
    x = float(_LABELS)
    all_written = True
    for value, colour in zip(row, PALETTE, strict=False):
        if not value:
            continue
        length = float(value) * scale
        figure = number(value)
        # A white edge keeps neighbours apart in black and white print.
        parts.append(_rectangle(x, top, length, colour, edge=True))
        if length >= len(figure) * _DIGIT + 6:
            parts.append(_text(x + length / 2, _baseline(top), figure, anchor="middle", colour="#ffffff"))
        else:
            all_written = False
        x += length
    parts.append(_text(x + 6, _baseline(top), _row_figure(row, all_written), italic=None in row, bold=None not in row))
    return "".join(parts)


def _row_figure(row: Sequence[Value], all_written: bool) -> str:
    """The row's total; with its parts when some bar is too short to hold its figure."""
    known = [value for value in row if value is not None]
    if not known:
        return MISSING
    total = number(_total(row))
    if None in row:
        return f"{total}, incomplet"
    parts = [number(value) for value in known if value]
    return total if all_written or len(parts) < 2 else f"{total} ({' + '.join(parts)})"


def _legend(labels: Sequence[str]) -> tuple[str, float]:
    """The legend and the height where the bars begin; entries wrap instead of overflowing."""
    parts = []
    x, y = 0.0, 4.0
    for label, colour in zip(labels, PALETTE, strict=False):
        width = 22 + len(label) * _DIGIT + 18
        if x and x + width > _WIDTH:
            x, y = 0.0, y + 22
        parts.append(f'<rect x="{_round(x)}" y="{_round(y)}" width="14" height="14" fill="{colour}"/>')
        parts.append(_text(x + 20, y + 12, label))
        x += width
    return "".join(parts), y + 14 + 2 * _GAP


def _wrap(label: str) -> list[str]:
    return textwrap.wrap(label, _LABEL_CHARACTERS) or [""]


def _category(lines: Sequence[str], top: float) -> str:
    return "".join(_text(0, _baseline(top) + rank * _LINE, line) for rank, line in enumerate(lines))


def _baseline(top: float) -> float:
    return top + 16


def _rectangle(x: float, y: float, width: float, colour: str, edge: bool = False, height: float = _BAR) -> str:
    stroke = ' stroke="#ffffff" stroke-width="1"' if edge else ""
    size = f'width="{_round(width)}" height="{_round(height)}"'
    return f'<rect x="{_round(x)}" y="{_round(y)}" {size} fill="{colour}"{stroke}/>'


def _text(
    x: float,
    y: float,
    text: str,
    *,
    anchor: str = "start",
    colour: str = INK,
    italic: bool = False,
    bold: bool = False,
) -> str:
    style = (' font-style="italic"' if italic else "") + (' font-weight="600"' if bold else "")
    return f'<text x="{_round(x)}" y="{_round(y)}" text-anchor="{anchor}" fill="{colour}"{style}>{escape(text)}</text>'


def _round(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


def _svg(chart_id: str, title: str, description: str, height: float, body: Sequence[str]) -> SafeString:
    identifier = escape(chart_id)
    return mark_safe(  # every text above is escaped
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" viewBox="0 0 {_WIDTH} {_round(height)}"'
        f' width="{_WIDTH}" height="{_round(height)}" font-family="Source Sans 3, sans-serif" font-size="{_FONT}"'
        f' aria-labelledby="{identifier}-title {identifier}-desc">'
        f'<title id="{identifier}-title">{escape(title)}</title>'
        f'<desc id="{identifier}-desc">{escape(description)}.</desc>' + "".join(body) + "</svg>"
    )
