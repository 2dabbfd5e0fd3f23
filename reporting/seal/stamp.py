"""What is seen in a signature frame once signed: drawn by the print engine, with the fonts of the document.

pyHanko's own stamp writes with a font that is not in the file, which PDF/A forbids.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from reporting.pdf.engine import render_pdf

TEMPLATE = "pdf/stamp.html"
_POINTS_PER_MM = 72 / 25.4


def render_stamp(*, title: str, lines: Sequence[str], moment: datetime, box: tuple[float, float]) -> bytes:
    """A one-page PDF of the size of the frame, ``box`` (width and height in points, see ``empty_fields``).

    ``title`` says what it is ("Signé électroniquement"); ``lines`` by whom, when, how: three of them at most are
    readable in a frame. ``moment`` dates the file. Raises ``MissingGlyphs`` for a name the fonts cannot print.
    """
    width, height = (round(side / _POINTS_PER_MM, 2) for side in box)
    context = {"stamp": {"title": title, "lines": list(lines), "width": f"{width}", "height": f"{height}"}}
    return render_pdf(template=TEMPLATE, context=context, title=title, created=moment)
