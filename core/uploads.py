"""Files people send: what is accepted, judged by content, and shown to an antivirus when the site has one.

One door for pages and API: :class:`UploadField` in forms, :func:`accept` elsewhere. Nothing here writes a file, and no
name given by a visitor ever becomes a path.
"""

from __future__ import annotations

import io
import logging
import socket
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.module_loading import import_string

from core.errors import BusinessError, InvalidInput

logger = logging.getLogger("cosigne.security")
MEGABYTE = 1024 * 1024
LONGEST_NAME = 150  # characters
CLAMD_TIMEOUT = 30  # seconds
CLAMD_CHUNK = 64 * 1024  # bytes


@dataclass(frozen=True)
class FileKind:
    """A sort of file: the endings of its name, what its content must look like, and the words for a refusal."""

    label: str
    endings: tuple[str, ...]
    looks_right: Callable[[bytes], bool]


def _is_text(content: bytes) -> bool:
    # A zero byte is in no text a spreadsheet or a program writes, UTF-16 apart, which our readers do not read.
    return b"\0" not in content


def _is_json(content: bytes) -> bool:
    return _is_text(content) and content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[", b"")


def _is_xml(content: bytes) -> bool:
    return _is_text(content) and content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"


def _is_pdf(content: bytes) -> bool:
    return b"%PDF-" in content[:1024]


def _is_workbook(content: bytes) -> bool:
    """A spreadsheet without macros: an archive holding a workbook and no program."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = {name.lower() for name in archive.namelist()}
    except (zipfile.BadZipFile, ValueError, OSError):
        return False
    return "xl/workbook.xml" in names and not any(name.endswith("vbaproject.bin") for name in names)


JSON = FileKind("JSON", (".json",), _is_json)
CSV = FileKind("CSV", (".csv", ".txt"), _is_text)
XLSX = FileKind("XLSX sans macro", (".xlsx",), _is_workbook)
XML = FileKind("XML", (".xml",), _is_xml)
PDF = FileKind("PDF", (".pdf",), _is_pdf)


def accept(file: UploadedFile, *, kinds: tuple[FileKind, ...], largest: int = 5 * MEGABYTE, place: str = "") -> bytes:
    """The bytes of a file that may be read. ``largest`` in bytes.

    Raises ``InvalidInput`` when its size, name or content is not one of ``kinds``, or when the antivirus refuses it;
    ``ScannerUnavailable`` when the site has an antivirus and it does not answer: nothing passes unseen.
    """
    name = file.name or ""
    if file.size is None or file.size > largest:
        raise InvalidInput(f"Le fichier dépasse {largest // MEGABYTE} Mo : allégez-le ou partagez-le.", place=place)
    if len(name) > LONGEST_NAME or not name.isprintable() or "/" in name or "\\" in name:
        raise InvalidInput(
            f"Le nom du fichier est trop long ou contient des signes interdits : renommez-le ({LONGEST_NAME} signes au "
            "plus, sans barre).",
            place=place,
        )
    kind = next((kind for kind in kinds if name.lower().endswith(kind.endings)), None)
    if kind is None:
        labels = " ou ".join(kind.label for kind in kinds)
        raise InvalidInput(
            f"Ce type de fichier n'est pas lu : enregistrez-le au format {labels}, puis choisissez-le.", place=place
        )
    file.seek(0)
    content = file.read()
    file.seek(0)
    # An empty file is every kind: its reader says better what is missing.
    if content and not kind.looks_right(content):
        raise InvalidInput(
            f"Ce fichier n'est pas un fichier {kind.label} lisible : enregistrez-le de nouveau dans ce format.",
            place=place,
        )
    scan(content, place=place)
    return content


class ScannerUnavailable(BusinessError):
    """The antivirus of the site gave no answer (HTTP 503)."""

    status = 503


def scan(content: bytes, *, place: str = "") -> None:
    """Show ``content`` to the site's antivirus (``COSIGNE_UPLOAD_SCANNER``); nothing to do when it has none.

    The setting is the path of a function taking bytes and returning the name of what it found, or "".
    """
    if not settings.COSIGNE_UPLOAD_SCANNER:
        return
    found = import_string(settings.COSIGNE_UPLOAD_SCANNER)(content)
    if found:
        logger.warning("upload refused by the antivirus: %s", found)
        raise InvalidInput("L'antivirus a refusé ce fichier : vérifiez le poste dont il vient.", place=place)


def clamd(content: bytes) -> str:
    """Ask a ClamAV daemon (``COSIGNE_CLAMD_ADDRESS``, "host:port") with its INSTREAM command.

    Source: clamd(8), "INSTREAM": chunks preceded by their length on four bytes, a zero length at the end.
    """
    host, _, port = settings.COSIGNE_CLAMD_ADDRESS.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=CLAMD_TIMEOUT) as link:
            link.sendall(b"zINSTREAM\0")
            for start in range(0, len(content), CLAMD_CHUNK):
                chunk = content[start : start + CLAMD_CHUNK]
                link.sendall(len(chunk).to_bytes(4, "big") + chunk)
            link.sendall(bytes(4))
            answer = b""
            while not answer.endswith(b"\0"):
                more = link.recv(4096)
                if not more:
                    break
                answer += more
    except (OSError, ValueError) as error:
        logger.error("antivirus unreachable: %s", error)
        raise _unavailable() from error
    words = answer.rstrip(b"\0").decode("utf-8", "replace").removeprefix("stream: ").strip()
    if words == "OK":
        return ""
    if words.endswith(" FOUND"):
        return words.removesuffix(" FOUND")
    logger.error("antivirus answered: %s", words)
    raise _unavailable()


def _unavailable() -> ScannerUnavailable:
    return ScannerUnavailable(
        "L'antivirus du site ne répond pas : votre fichier n'a pas été lu. Réessayez dans quelques minutes."
    )


class UploadField(forms.FileField):
    """A file field whose content passed :func:`accept`."""

    def __init__(self, *, kinds: tuple[FileKind, ...], largest: int = 5 * MEGABYTE, **options: Any) -> None:
        self.kinds, self.largest = kinds, largest
        endings = ",".join(ending for kind in kinds for ending in kind.endings)
        options.setdefault("widget", forms.ClearableFileInput(attrs={"accept": endings}))
        super().__init__(**options)

    def clean(self, data: Any, initial: Any = None) -> Any:
        file = super().clean(data, initial)
        if isinstance(file, UploadedFile):
            try:
                accept(file, kinds=self.kinds, largest=self.largest)
            except BusinessError as error:
                raise ValidationError(error.message) from error
        return file
