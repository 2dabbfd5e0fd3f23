"""Documents made from what was approved: rendered once by a job, stored under their SHA-256, served to who may read."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import Any

from django.db import transaction

from conventions.enums import Status
from conventions.models import Convention, ConventionVersion
from conventions.services import approve_convention, endorse_convention
from conventions.text import preview_content
from conventions.text.reading import latest_version
from conventions.workflow import approval_levels
from core.errors import BusinessError
from core.keeping import Shelf
from parties.actors import Actor
from reporting.docx import DRAFT, WORKING_COPY, convention_docx
from reporting.models import Document
from reporting.pdf.convention import check_convention, render_convention
from reporting.pdf.recent import recent_pdf
from reporting.seal.marks import printed_mark
from reporting.seal.pdf import seal

#: Where every document made or brought here is kept, and how it is put, named and read there.
FILES = Shelf("documents")
keep, kept_bytes, storage_name = FILES.keep, FILES.read, FILES.name
#: Kinds of stored documents of a version: the approved text, and the same certified by the organisation.
KIND = "convention"
SEALED = "cachet"
#: States in which what is read is the text being written, even when an earlier version was approved.
DRAFTING = (Status.BROUILLON, Status.SOUMISE, Status.VISEE, Status.A_CORRIGER, Status.ABANDONNEE)
#: Parts of a content the printed convention cannot do without.
PRINTED = ("reference", "title", "parties", "visas", "preamble", "articles", "closing", "signatories")


@transaction.atomic
def approve_and_publish(*, convention: Convention, by: Actor, expected: int | None = None) -> ConventionVersion:
    """Approve, and have the approved version's PDF made and stored by a job.

    The job is enqueued in the same transaction: it exists if and only if the version does. Errors are those of
    ``approve_convention``, and ``MissingGlyphs`` for a text the document's fonts cannot print: once frozen, it could
    neither be produced nor mended.
    """
    from reporting.tasks import publish_version

    version = approve_convention(convention=convention, by=by, expected=expected)
    check_convention(version.content)
    publish_version.defer(territory_id=version.territory_id, version_id=version.pk)
    return version


@transaction.atomic
def give_approval(
    *, convention: Convention, by: Actor, opinion: str = "", expected: int | None = None
) -> ConventionVersion | None:
    """The favourable decision this reviewer can take now: the first of two levels (None), or the approval itself.

    Errors are those of ``endorse_convention`` and ``approve_and_publish``.
    """
    if convention.status == Status.SOUMISE and approval_levels(convention.territory_id) == 2:
        endorsed = endorse_convention(convention=convention, by=by, opinion=opinion, expected=expected)
        check_convention(preview_content(endorsed).content)
        return None
    return approve_and_publish(convention=convention, by=by, expected=expected)


def version_pdf(version: ConventionVersion) -> bytes:
    """The PDF/A-3a of an approved version: same version, same bytes, whenever and wherever it is rendered.

    BusinessError when the frozen content lacks a part of the printed form (a version that no approval made).
    """
    check_printed(version)
    return render_convention(content=version.content, created=version.approved_at, mark=printed_mark(version))


def check_printed(version: ConventionVersion) -> None:
    """BusinessError when the frozen content lacks a part of the printed form (a version that no approval made)."""
    missing = [part for part in PRINTED if part not in version.content]
    if missing:
        raise BusinessError(
            f"Le contenu figé de la version {version.number} est incomplet ({', '.join(missing)}) :"
            " le document ne peut pas être produit."
        )


@transaction.atomic
def store_version_document(*, version: ConventionVersion) -> Document:
    """Render and keep the PDF of a version. Doing it again changes nothing. Staff context."""
    known = stored_document(version, KIND)
    if known is not None:
        return known
    return add_document(version=version, kind=KIND, data=version_pdf(version), title="texte approuvé")


@transaction.atomic
def store_sealed_document(*, version: ConventionVersion) -> Document:
    """Keep the version's PDF certified by the organisation's seal. Doing it again changes nothing. Staff context.

    The approved file is its beginning, byte for byte. Sealing twice gives other bytes (the hour is in them): the first
    sealed file kept is the one everything is signed on. Raises what ``reporting.seal.pdf.seal`` raises.
    """
    known = stored_document(version, SEALED)
    if known is not None:
        return known
    base = stored_bytes(store_version_document(version=version)) or version_pdf(version)
    return add_document(version=version, kind=SEALED, data=seal(base), title="texte approuvé, avec cachet")


def stored_document(version: ConventionVersion, kind: str) -> Document | None:
    return Document.objects.filter(convention_version=version, kind=kind).first()


@transaction.atomic
def add_document(*, version: ConventionVersion, kind: str, data: bytes, title: str, filename: str = "") -> Document:
    """Keep a PDF made from a version. One per kind: the first one kept stays, and is what is returned."""
    suffix = "" if kind == KIND else f"-{kind}"
    document, _created = Document.objects.get_or_create(
        convention_version=version,
        kind=kind,
        defaults={
            "territory_id": version.territory_id,
            "title": f"{document_title(version)} : {title}",
            "filename": filename or document_filename(version).replace(".pdf", f"{suffix}.pdf"),
            "sha256": FILES.keep(data),
            "size": len(data),
        },
    )
    return document


def document_title(version: ConventionVersion) -> str:
    """ "Convention 62-A03, version 1", "Avenant n° 2 à la convention 62-A03, version 1"."""
    base = f"onvention {version.convention.reference}, version {version.number}"
    return f"Avenant n° {version.avenant.number} à la c{base}" if version.avenant else f"C{base}"


def document_filename(version: ConventionVersion) -> str:
    name = convention_filename(version.convention, version)
    return name.replace("convention-", f"avenant-{version.avenant.number}-", 1) if version.avenant else name


def stored_bytes(document: Document) -> bytes | None:
    """The bytes of a stored document; None when the file is missing or is no longer what was stored."""
    return FILES.read(document.sha256)


def convention_pdf(convention: Convention) -> tuple[bytes, str]:
    """The PDF to hand out and its file name: the approved version's, else the draft's marked « PROJET ».

    The stored document when there is one; else rendered from the frozen version, which gives the same bytes. Writes
    nothing. BusinessError when the convention has no model to be read from.
    """
    version = None if convention.status in DRAFTING else latest_version(convention)
    if version is None:
        return draft_pdf(convention), convention_filename(convention, None)
    document = Document.objects.filter(convention_version=version, kind=KIND).first()
    data = stored_bytes(document) if document else None
    if data is None:
        check_printed(version)
        data = recent_pdf(content=version.content, created=version.approved_at, mark=printed_mark(version))
    return data, convention_filename(convention, version)


def draft_pdf(convention: Convention) -> bytes:
    """The text as it stands, watermarked, its holes between brackets. Dated by the convention's last change."""
    return recent_pdf(content=draft_content(convention), created=_moment(convention))


def draft_content(convention: Convention) -> dict[str, Any]:
    """What the draft's PDF is made from. BusinessError when the convention has no model."""
    return {**preview_content(convention).content, "draft": True, "status_label": "Projet"}


def working_docx(convention: Convention) -> tuple[bytes, str]:
    """The text for a word processor and its file name: the draft, or a working copy of what is approved.

    Every page says that only the approved PDF counts. Errors are those of ``convention_docx`` and ``preview_content``.
    """
    version = None if convention.status in DRAFTING else latest_version(convention)
    if version is None:
        content, moment, warning = preview_content(convention).content, _moment(convention), DRAFT
    else:
        check_printed(version)
        content, moment, warning = version.content, version.approved_at, WORKING_COPY
    data = convention_docx(content=content, moment=moment, warning=warning)
    suffix = "-copie-de-travail.docx" if version else ".docx"
    return data, convention_filename(convention, version).replace(".pdf", suffix)


def _moment(convention: Convention) -> dt.datetime:
    return convention.updated_at


def convention_filename(convention: Convention, version: ConventionVersion | None) -> str:
    """ "convention-62-A03-v1.pdf": letters, digits and hyphens only, whatever the reference holds."""
    plain = unicodedata.normalize("NFKD", convention.reference).encode("ascii", "ignore").decode()
    name = re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-") or "sans-reference"
    return f"convention-{name}-{f'v{version.number}' if version else 'projet'}.pdf"
