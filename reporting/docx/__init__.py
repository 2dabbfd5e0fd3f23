"""The text of a convention for a word processor: to annotate, never to sign."""

from reporting.docx.convention import DRAFT, WORKING_COPY, convention_docx
from reporting.docx.convert import DocxUnavailable

__all__ = ["DRAFT", "WORKING_COPY", "DocxUnavailable", "convention_docx"]
