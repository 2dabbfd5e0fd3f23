"""Render a print template as PDF/A-3a and PDF/UA-1, reproducibly.

Same template, context and ``created`` give the same bytes: the only dates written are the ones passed in, and fonts
come from the repository. WeasyPrint is imported on first use: a machine without Pango still runs everything else.
"""

import io
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal

from django.template.loader import render_to_string

from core.errors import BusinessError
from reporting.pdf.assets import PRINT_STYLES, is_allowed, printable_codepoints
from reporting.pdf.glyphs import check_glyphs
from reporting.pdf.page_marks import PageMarkWriter
from reporting.pdf.signature_fields import SignatureFieldWriter, field_labels

if TYPE_CHECKING:
    from weasyprint.document import Document

PDF_VARIANT = "pdf/a-3a"

_PDFA_NS = "http://www.aiim.org/pdfa/ns/"
_PDFUA_NS = "http://www.aiim.org/pdfua/ns/id/"

# PDF/A allows a metadata property it does not know, here the PDF/UA claim, only if its schema is described beside it;
# validators accept these three prefixes and no others.
_UA_CLAIM = f"""<rdf:Description xmlns:pdfuaid="{_PDFUA_NS}" rdf:about="" pdfuaid:part="1"/>
<rdf:Description xmlns:pdfaExtension="{_PDFA_NS}extension/" xmlns:pdfaSchema="{_PDFA_NS}schema#"
 xmlns:pdfaProperty="{_PDFA_NS}property#" rdf:about="">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>{_PDFUA_NS}</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of ISO 14289 the file conforms to</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>
</rdf:RDF>""".encode()


class PdfUnavailable(BusinessError):
    """The system libraries WeasyPrint needs are not installed; the message says which to install (HTTP 503)."""

    status = 503


class ForbiddenAsset(ValueError):
    """The document asked for a file or an address outside the project's print folders."""


@dataclass(frozen=True)
class PdfAttachment:
    """A file embedded in the PDF. ``moment`` is explicit: an implicit one would change the bytes at each rendering.

    ``relationship`` says what the file is to the document (ISO 32000-2, 7.11.3): the data it shows, or its source.
    """

    name: str
    content: bytes
    description: str
    moment: datetime
    relationship: Literal["Data", "Source", "Supplement"] = "Data"


def render_pdf(
    *,
    template: str,
    context: Mapping[str, Any],
    title: str,
    created: datetime,
    language: str = "fr",
    attachments: Sequence[PdfAttachment] = (),
    signature_fields: bool = False,
    page_marks: Callable[[int], Sequence[str]] | None = None,
    keywords: str = "",
) -> bytes:
    """The PDF of ``template`` filled with ``context``, dated ``created`` (aware datetime).

    The template extends ``pdf/base.html`` and finds ``pdf.title`` and ``pdf.language`` in its context.
    With ``signature_fields``, each element of id ``sig-<n>`` becomes an empty signature field. ``page_marks`` gives,
    from the number of pages, the text of each page's QR code (none at all: nothing is drawn). ``keywords`` go into the
    properties of the file, in clear.

    Raises ``MissingGlyphs`` when the text cannot be printed, ``ForbiddenAsset`` when it refers to a foreign file,
    ``PdfUnavailable`` when system libraries are missing, ``ValueError`` for a date without time zone.
    """
    moment = _utc(created)
    html = printable_html(template=template, context=context, title=title, language=language)
    weasyprint = _weasyprint()
    document = _layout(weasyprint, html)
    document.metadata.title = title
    document.metadata.lang = language
    document.metadata.keywords = [keywords] if keywords else []
    document.metadata.created = document.metadata.modified = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    _claim_pdf_ua(document)
    return document.write_pdf(
        pdf_variant=PDF_VARIANT,
        finisher=_finisher(html, signature_fields, page_marks),
        attachments=[_attachment(weasyprint, attachment) for attachment in attachments],
    )


def _finisher(
    html: str, signature_fields: bool, page_marks: Callable[[int], Sequence[str]] | None
) -> Callable[["Document", Any], None] | None:
    writers: list[Callable[[Document, Any], None]] = []
    if page_marks is not None:
        writers.append(PageMarkWriter(page_marks))
    if signature_fields:
        writers.append(SignatureFieldWriter(field_labels(html)))
    if not writers:
        return None

    def finish(document: "Document", pdf: Any) -> None:
        for write in writers:
            write(document, pdf)

    return finish


def printable_html(*, template: str, context: Mapping[str, Any], title: str, language: str = "fr") -> str:
    """The page ``render_pdf`` lays out. Raises ``MissingGlyphs``: the fast answer to "can this be printed?"."""
    page_context = {**context, "pdf": {"title": title, "language": language}}
    # Text pasted from some systems comes decomposed (e + accent), which fonts print badly.
    html = unicodedata.normalize("NFC", render_to_string(template, page_context))
    check_glyphs(html, printable_codepoints())
    return html


def _weasyprint() -> ModuleType:
    try:
        import weasyprint
    except OSError as error:
        raise PdfUnavailable(
            "Les documents PDF ne peuvent pas être produits sur ce serveur : installez les bibliothèques système "
            f"libpango-1.0-0, libpangoft2-1.0-0 et libharfbuzz-subset0 ({error})."
        ) from error
    return weasyprint


def _layout(weasyprint: ModuleType, html: str) -> "Document":
    from weasyprint.urls import FatalURLFetchingError, URLFetcher

    class PrintAssets(URLFetcher):
        """Nested: its base class only exists once WeasyPrint is imported."""

        def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> Any:
            if not is_allowed(url):
                raise FatalURLFetchingError(url)
            return super().fetch(url, headers)

    source = weasyprint.HTML(string=html, base_url=PRINT_STYLES.as_uri() + "/", url_fetcher=PrintAssets())
    try:
        return source.render(pdf_variant=PDF_VARIANT)
    except FatalURLFetchingError as error:
        raise ForbiddenAsset(
            f"Le document fait appel à une ressource extérieure, ce qui est interdit : {error}"
        ) from None


def _claim_pdf_ua(document: "Document") -> None:
    """WeasyPrint writes either the PDF/A or the PDF/UA identification; this adds the second to the first."""
    generate = document.metadata.generate_rdf_metadata

    def with_claim(*args: Any) -> bytes:
        return generate(*args).replace(b"</rdf:RDF>", _UA_CLAIM)

    document.metadata.generate_rdf_metadata = with_claim


def _attachment(weasyprint: ModuleType, attachment: PdfAttachment) -> Any:
    moment = _utc(attachment.moment)
    return weasyprint.Attachment(
        file_obj=io.BytesIO(attachment.content),
        name=attachment.name,
        description=attachment.description,
        relationship=attachment.relationship,
        created=moment,
        modified=moment,
    )


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("La date d'un document doit porter un fuseau horaire.")
    return moment.astimezone(UTC)
