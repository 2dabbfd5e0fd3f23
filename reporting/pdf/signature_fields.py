"""Empty, visible and tagged signature fields, written into the PDF while WeasyPrint produces it.

Adding the fields afterwards with a signing library leaves them outside the structure tree, which PDF/UA forbids
(ISO 14289-1, 7.18.4). Each box of the template whose id is ``sig-<n>`` becomes one AcroForm signature field of that
name, at the box's place. Relies on ``Page.anchors`` giving four values (WeasyPrint 70, pinned; a test guards it).
"""

import re
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pydyf  # type: ignore[import-untyped]
    from weasyprint.document import Document

FIELD_ID = re.compile(r"sig-\d+")

_POINTS_PER_PX = 0.75
_PRINT_AND_LOCKED = 4 + 128  # annotation flags: printed, not movable
_SIGNATURES_EXIST = 1  # AcroForm SigFlags


class _LabelReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.labels: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        identifier = values.get("id") or ""
        if FIELD_ID.fullmatch(identifier):
            self.labels[identifier] = values.get("data-label") or f"Signature {identifier[4:]}"


def field_labels(html: str) -> dict[str, str]:
    """Spoken name of each signature box, from its ``data-label``: PDF/UA wants one per field."""
    reader = _LabelReader()
    reader.feed(html)
    return reader.labels


class SignatureFieldWriter:
    """WeasyPrint *finisher* (called with the document and the PDF objects just before they are written)."""

    def __init__(self, labels: Mapping[str, str]) -> None:
        self.labels = labels

    def __call__(self, document: "Document", pdf: "pydyf.PDF") -> None:
        import pydyf

        root = _object(pdf, pdf.catalog["StructTreeRoot"])
        parent_numbers = _object(pdf, root["ParentTree"])["Nums"]
        document_element = _object(pdf, bytes(root["K"][0]))
        next_number = max(parent_numbers[0::2]) + 1
        fields = pydyf.Array()
        for page, page_reference in zip(document.pages, pdf.page_references, strict=True):
            for name, corners in page.anchors.items():
                if name not in self.labels:
                    continue
                widget = self._widget(pdf, name, _rectangle(corners, page.height), page_reference, next_number)
                element = _form_element(pdf, widget, page_reference, document_element)
                document_element["K"].append(element.reference)
                parent_numbers.extend([next_number, element.reference])
                next_number += 1
                page_dictionary = _object(pdf, page_reference)
                page_dictionary.setdefault("Annots", pydyf.Array()).append(widget.reference)
                fields.append(widget.reference)
        pdf.catalog["AcroForm"] = pydyf.Dictionary({"Fields": fields, "SigFlags": _SIGNATURES_EXIST})
        _write_without_object_streams(pdf)

    def _widget(
        self, pdf: "pydyf.PDF", name: str, rectangle: list[float], page_reference: bytes, number: int
    ) -> "pydyf.Dictionary":
        import pydyf

        left, bottom, right, top = rectangle
        # PDF/A wants an appearance even for a field nobody has signed: an empty one leaves the printed frame visible.
        appearance = pydyf.Stream(
            [],
            {
                "Type": "/XObject",
                "Subtype": "/Form",
                "BBox": pydyf.Array([0, 0, round(right - left, 2), round(top - bottom, 2)]),
                "Resources": pydyf.Dictionary(),
            },
        )
        pdf.add_object(appearance)
        widget = pydyf.Dictionary(
            {
                "Type": "/Annot",
                "Subtype": "/Widget",
                "FT": "/Sig",
                "T": pydyf.String(name),
                "TU": pydyf.String(self.labels[name]),
                "Rect": pydyf.Array(rectangle),
                "F": _PRINT_AND_LOCKED,
                "P": page_reference,
                "AP": pydyf.Dictionary({"N": appearance.reference}),
                "StructParent": number,
            }
        )
        pdf.add_object(widget)
        return widget


def _object(pdf: "pydyf.PDF", reference: bytes) -> Any:
    return pdf.objects[int(reference.split()[0])]


def _rectangle(corners: tuple[float, float, float, float], page_height: float) -> list[float]:
    """CSS pixels from the top left corner to PDF points from the bottom left one."""
    left, top, right, bottom = corners
    points = (left, page_height - bottom, right, page_height - top)
    return [round(value * _POINTS_PER_PX, 2) for value in points]


def _form_element(
    pdf: "pydyf.PDF", widget: "pydyf.Dictionary", page_reference: bytes, parent: "pydyf.Dictionary"
) -> "pydyf.Dictionary":
    import pydyf

    link = pydyf.Dictionary({"Type": "/OBJR", "Obj": widget.reference, "Pg": page_reference})
    pdf.add_object(link)
    # /K must be the reference itself, not an array: signature validators compare structure trees and would otherwise
    # report a lawful signature as a forbidden change.
    element = pydyf.Dictionary(
        {"Type": "/StructElem", "S": "/Form", "P": parent.reference, "Pg": page_reference, "K": link.reference}
    )
    pdf.add_object(element)
    return element


def _write_without_object_streams(pdf: "pydyf.PDF") -> None:
    """Objects packed in streams make signature verification ten times slower; page contents stay compressed."""
    write = pdf.write
    pdf.write = lambda output, version, identifier, compress: write(output, version, identifier, False)
