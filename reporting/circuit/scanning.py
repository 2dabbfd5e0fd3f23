"""A scanned PDF as pictures: the code of a page, a preview, and some of its pages as another PDF.

pdfium draws the pages, zxing reads the codes; both are imported on first use.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from types import TracebackType
from typing import Any

#: Dots per inch pages are read at; tried in turn until a code is read.
READ_AT = (150, 250)
PREVIEW_AT = 50
#: A page of a scan may be announced larger than any paper: no picture beyond this many dots a side.
MOST_DOTS = 4200


class ScanUnreadable(ValueError):
    """Not a PDF that can be drawn: damaged, or protected by a password."""


class Scan:
    """One file, opened; use as a context manager."""

    def __init__(self, data: bytes) -> None:
        import pypdfium2

        self.data = data
        try:
            self.document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            raise ScanUnreadable(str(error)) from error

    def __enter__(self) -> Scan:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.document.close()

    @property
    def count(self) -> int:
        return len(self.document)

    def picture(self, number: int, dpi: int, rotation: int = 0) -> Any:
        """Page ``number`` (from 1) in shades of grey, a PIL image."""
        page = self.document[number - 1]
        try:
            scale = min(dpi / 72, MOST_DOTS / max(*page.get_size(), 1))
            return page.render(scale=scale, grayscale=True, rotation=rotation).to_pil()
        finally:
            page.close()

    def read(self, number: int) -> tuple[str, int]:
        """The text of the page's QR code, "" when none is read, and the degrees that set the page upright."""
        import zxingcpp

        other = ""
        for dpi in READ_AT:
            found = zxingcpp.read_barcodes(
                self.picture(number, dpi),
                formats=zxingcpp.BarcodeFormat.QRCode,  # type: ignore[arg-type]
                try_rotate=True,
                try_downscale=True,
            )
            for code in found:
                rotation = round(-code.orientation / 90) * 90 % 360
                if _is_ours(code.text):
                    return code.text, rotation
                other = other or code.text
        return other, 0

    def preview(self, number: int, rotation: int = 0) -> bytes:
        """A small PNG of a page, set upright."""
        stream = io.BytesIO()
        self.picture(number, PREVIEW_AT, rotation).save(stream, "PNG", optimize=True)
        return stream.getvalue()

    def extract(self, pages: Sequence[tuple[int, int]]) -> bytes:
        """Some pages (number from 1, degrees to turn it by), in the order given, as a PDF."""
        from pypdf import PdfReader, PdfWriter

        reader, writer = PdfReader(io.BytesIO(self.data)), PdfWriter()
        for number, rotation in pages:
            page = writer.add_page(reader.pages[number - 1])
            if rotation:
                page.rotate(rotation)
        stream = io.BytesIO()
        writer.write(stream)
        return stream.getvalue()


def _is_ours(text: str) -> bool:
    from reporting.seal.marks import read_mark

    return read_mark(text) is not None
