"""A convention as a DOCX file: real headings, lists and tables, and on every page a warning that it binds nobody."""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

from django.template.loader import render_to_string

from reporting.docx.convert import html_to_docx
from reporting.pdf.convention import printable

TEMPLATE = "docx/convention.html"
DRAFT = "PROJET – seul le PDF approuvé fait foi"
WORKING_COPY = "COPIE DE TRAVAIL – seul le PDF approuvé fait foi"

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest a ZIP can hold: the file's own date is inside
_HEADER = "word/header1.xml"
# Signs XML cannot hold, whatever the way they are written.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def convention_docx(*, content: Mapping[str, Any], moment: datetime, warning: str = DRAFT) -> bytes:
    """The DOCX of a canonical content (see ``reporting.pdf.convention``), ``warning`` at the head of each page.

    ``moment``: aware; the same content and moment give the same bytes. Raises ``DocxUnavailable``.
    """
    context = {"content": printable(content), "warning": warning}
    html = _FORBIDDEN.sub("", unicodedata.normalize("NFC", render_to_string(TEMPLATE, context)))
    return _with_header(html_to_docx(html, moment=int(moment.timestamp())), warning)


def _with_header(docx: bytes, text: str) -> bytes:
    """The same document with a header on each page: pandoc takes one from a model file only."""
    output = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(docx)) as source, zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(source.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            _put(target, name, _rewritten(name, source.read(name)))
        _put(target, _HEADER, _header(text))
    return output.getvalue()


def _put(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, date_time=_DATE), data, compress_type=zipfile.ZIP_DEFLATED)


def _rewritten(name: str, data: bytes) -> bytes:
    if name == "[Content_Types].xml":
        kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.header+xml"
        return _before(data, "</Types>", f'<Override PartName="/{_HEADER}" ContentType="{kind}"/>')
    if name == "word/_rels/document.xml.rels":
        link = f'<Relationship Id="rIdHeader1" Type="{_RELATIONS}/header" Target="header1.xml"/>'
        return _before(data, "</Relationships>", link)
    if name == "word/document.xml":
        section = (
            f'<w:headerReference xmlns:r="{_RELATIONS}" w:type="default" r:id="rIdHeader1"/>'
            '<w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1304" w:right="1191" w:bottom="1134" w:left="1191"'
            ' w:header="624" w:footer="567" w:gutter="0"/>'
        )
        return re.sub(rb"<w:sectPr\b[^>]*?(/>|>.*?</w:sectPr>)", _section(section), data, flags=re.DOTALL)
    return data


def _section(inside: str) -> bytes:
    return f"<w:sectPr>{inside}</w:sectPr>".encode()


def _before(data: bytes, end: str, inserted: str) -> bytes:
    return data.replace(end.encode(), (inserted + end).encode())


def _header(text: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        f'<w:hdr xmlns:w="{_WORD}"><w:p><w:pPr><w:jc w:val="center"/></w:pPr><w:r><w:rPr><w:b/>'
        f'<w:color w:val="8A1C1C"/><w:sz w:val="20"/></w:rPr><w:t>{escape(text)}</w:t></w:r></w:p></w:hdr>'
    ).encode()
