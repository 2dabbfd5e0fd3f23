"""Printed documents: one template and one context in, one conformant and reproducible PDF out."""

from reporting.pdf.engine import PdfAttachment, PdfUnavailable, render_pdf
from reporting.pdf.glyphs import MissingGlyph, MissingGlyphs

__all__ = ["MissingGlyph", "MissingGlyphs", "PdfAttachment", "PdfUnavailable", "render_pdf"]
