"""The kept files of a convention, as the page shows them."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from conventions.models import Convention, ConventionVersion
from reporting.models import Document
from reporting.seal.marks import version_code
from reporting.services_documents import KIND, PRINTED, SEALED

LABELS = {KIND: "Texte approuvé", SEALED: "Texte approuvé, avec cachet"}


@dataclass(frozen=True)
class FileRow:
    label: str
    document: Document
    url: str


@dataclass(frozen=True)
class VersionRow:
    """An approved version, its kept files, and where anybody checks it. ``waiting``: a file is still being made."""

    version: ConventionVersion
    files: list[FileRow]
    verify_url: str
    waiting: bool

    @property
    def title(self) -> str:
        number = f"Version {self.version.number}"
        return f"Avenant n° {self.version.avenant.number} – {number.lower()}" if self.version.avenant else number


def document_rows(convention: Convention) -> list[VersionRow]:
    """Newest version first; two queries whatever the number of versions."""
    found = ConventionVersion.objects.filter(convention=convention).select_related("avenant")
    versions = found.prefetch_related("documents").order_by("-approved_at", "-pk")
    return [_row(convention, version) for version in versions]


def _row(convention: Convention, version: ConventionVersion) -> VersionRow:
    files = [_file(convention, version, document) for document in version.documents.all()]
    kinds = {row.document.kind for row in files}
    return VersionRow(
        version=version,
        files=sorted(files, key=lambda row: row.document.pk),
        verify_url=reverse("verify-page", args=[version.uuid, version_code(version.sha256), version.number, 1, 1]),
        waiting=not {KIND, SEALED} <= kinds and all(part in version.content for part in PRINTED),
    )


def _file(convention: Convention, version: ConventionVersion, document: Document) -> FileRow:
    url = reverse("convention-document", args=[convention.uuid, document.uuid])
    return FileRow(LABELS.get(document.kind, document.title), document, url)
