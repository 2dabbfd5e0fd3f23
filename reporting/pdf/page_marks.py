"""A QR code in the corner of every page, drawn outside the text and outside what is read aloud.

It is vector drawing, sharp at any resolution, inside an artifact (ISO 32000-1, 14.8.2.2): assistive technology does not
spell it on each page, and PDF/UA asks for nothing more. Colour is a plain grey level: PDF/A allows it.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pydyf  # type: ignore[import-untyped]
    from weasyprint.document import Document

_POINTS_PER_MM = 72 / 25.4
#: In the foot margins (20 mm high, 21 mm wide): 5 mm from the edges, which office printers leave blank, 1.5 mm and more
#: of white around it, which readers want.
SIDE = 14.5 * _POINTS_PER_MM
OFFSET = 5 * _POINTS_PER_MM
#: Each row is drawn a little higher than it is: two rows that only touch may show a white hair between them.
_OVERLAP = 0.03


class PageMarkWriter:
    """WeasyPrint *finisher*: ``marks`` gives the text of every page's code from the number of pages."""

    def __init__(self, marks: Callable[[int], Sequence[str]]) -> None:
        self.marks = marks

    def __call__(self, document: "Document", pdf: "pydyf.PDF") -> None:
        import pydyf

        texts = self.marks(len(document.pages))
        if not texts:
            return
        # The page's own content changes the drawing matrix for good: it is put between a save and a restore.
        save = pydyf.Stream([b"q"])
        pdf.add_object(save)
        for reference, text in zip(pdf.page_references, texts, strict=True):
            drawing = pydyf.Stream([b"Q", *_drawing(text)], compress=True)
            pdf.add_object(drawing)
            page = pdf.objects[int(reference.split()[0])]
            page["Contents"] = pydyf.Array([save.reference, page["Contents"], drawing.reference])


def modules(text: str) -> list[list[bool]]:
    """The squares of the QR code, True for black, without margin. Level M: a seventh of it may be stained."""
    import qrcode

    code = qrcode.QRCode(border=0, error_correction=qrcode.ERROR_CORRECT_M)
    code.add_data(text)
    code.make(fit=True)
    matrix: Any = code.get_matrix()
    return [[bool(cell) for cell in row] for row in matrix]


def _drawing(text: str) -> Iterator[bytes]:
    matrix = modules(text)
    size = SIDE / len(matrix)
    yield b"/Artifact <</Type /Pagination>> BDC"
    yield b"q 0 g"
    for number, row in enumerate(matrix):
        bottom = OFFSET + SIDE - (number + 1) * size - _OVERLAP * size
        for start, length in _runs(row):
            box = (OFFSET + start * size, bottom, length * size, size * (1 + _OVERLAP))
            yield " ".join(f"{value:.3f}" for value in box).encode() + b" re"
    yield b"f Q"
    yield b"EMC"


def _runs(row: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Where black begins and how long it lasts, from left to right."""
    start = None
    for position, black in enumerate([*row, False]):
        if black and start is None:
            start = position
        elif not black and start is not None:
            yield start, position - start
            start = None
