"""Making the bundle, and checking one that comes back."""

from __future__ import annotations

import hashlib
import io
import json
import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.template.loader import render_to_string

from conventions.models import Convention
from core.errors import InvalidInput
from parties.actors import Actor
from reporting.audit import registry
from reporting.audit.registry import Piece, as_json
from reporting.seal.cms import sign_detached, verify_detached
from reporting.seal.keys import seal_fingerprint

INDEX, MANIFEST, SIGNATURE = "index.html", "manifest.json", "manifest.p7s"
TEMPLATE = "reporting/audit/index.html"
_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest a ZIP can hold
#: Already compressed: packing them again gains nothing.
_STORED = (".pdf", ".zip", ".png", ".jpg", ".docx")
#: A bundle handed in for checking, unpacked. Bytes.
LARGEST_UNPACKED = 500 * 1024 * 1024


@dataclass(frozen=True)
class Bundle:
    """The ZIP, its name, what it holds, and why some files are missing (French sentences)."""

    data: bytes
    filename: str
    paths: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass
class Checked:
    """What is wrong with a bundle; sound when ``problems`` (French sentences) is empty."""

    files: int = 0
    signer: str = ""
    problems: list[str] = field(default_factory=list)


def build_bundle(*, convention: Convention, by: Actor, progress: Callable[[int, int], None] | None = None) -> Bundle:
    """Everything ``by`` may see of ``convention``, in one ZIP. Runs in the context of ``by``.

    The same state of the database gives the same bytes: nothing says when or by whom the bundle was made, and the
    signature of a list of files already signed is the one made then.
    """
    from reporting.audit import pieces  # noqa: F401  (importing registers what is put in)

    sections = list(_sections(convention, by, progress))
    found = [one for _heading, ones in sections for one in ones if not one.missing]
    missing = tuple(f"{one.label} : {one.missing}" for _heading, ones in sections for one in ones if one.missing)
    files = {one.path: one.data for one in found}
    digests = _digests(files)
    listed = [(heading, [(one, digests.get(one.path, "")) for one in ones]) for heading, ones in sections]
    context = {"convention": convention, "sections": listed, "manifest": MANIFEST, "signature": SIGNATURE}
    files[INDEX] = render_to_string(TEMPLATE, context).encode()
    files[MANIFEST] = _manifest(convention, files, missing)
    files[SIGNATURE] = _signature(files[MANIFEST])
    return Bundle(_zip(files), bundle_filename(convention), tuple(sorted(files)), missing)


def check_bundle(data: bytes) -> Checked:
    """Whether a bundle is whole: the list of its files signed by a seal we believe, each file being the one listed."""
    found = Checked()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > LARGEST_UNPACKED:
                raise InvalidInput("Ce fichier est trop gros pour un dossier de preuves.")
            files = {name: archive.read(name) for name in archive.namelist()}
            listed = json.loads(files[MANIFEST])["files"]
            signature = files[SIGNATURE]
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError) as error:
        raise InvalidInput("Ce fichier n'est pas un dossier de preuves de Cosigne.") from error
    found.signer, trusted = verify_detached(files[MANIFEST], signature)
    if not trusted:
        found.problems.append(f"{MANIFEST} : la signature n'est pas valable, ou n'est pas d'un cachet reconnu ici.")
    for name in sorted(set(listed) | set(files) - {MANIFEST, SIGNATURE}):
        if name not in files:
            found.problems.append(f"{name} : manque.")
        elif name not in listed:
            found.problems.append(f"{name} : ajouté.")
        elif hashlib.sha256(files[name]).hexdigest() != listed[name]["sha256"]:
            found.problems.append(f"{name} : modifié.")
    found.files = len(listed)
    return found


def bundle_filename(convention: Convention) -> str:
    """ "preuves-62-A03.zip": letters, digits and hyphens only, whatever the reference holds."""
    plain = unicodedata.normalize("NFKD", convention.reference).encode("ascii", "ignore").decode()
    return f"preuves-{re.sub(r'[^A-Za-z0-9]+', '-', plain).strip('-') or 'sans-reference'}.zip"


def _sections(
    convention: Convention, by: Actor, progress: Callable[[int, int], None] | None
) -> Iterator[tuple[str, list[Piece]]]:
    for number, (heading, writers) in enumerate(registry.WRITERS.items()):
        if progress is not None:
            progress(number, len(registry.WRITERS))
        yield heading, [one for writer in writers for one in writer(convention, by)]
    if progress is not None:
        progress(len(registry.WRITERS), len(registry.WRITERS))


def _digests(files: dict[str, bytes]) -> dict[str, str]:
    return {path: hashlib.sha256(data).hexdigest() for path, data in files.items()}


def _manifest(convention: Convention, files: dict[str, bytes], missing: tuple[str, ...]) -> bytes:
    listed: dict[str, Any] = {
        path: {"sha256": digest, "size": len(files[path])} for path, digest in _digests(files).items()
    }
    return as_json(
        {
            "format": "cosigne-preuves",
            "version": 1,
            "territory": convention.territory.code,
            "convention": convention.reference,
            "uuid": str(convention.uuid),
            "files": listed,
            "missing": list(missing),
        }
    )


def _signature(manifest: bytes) -> bytes:
    """The seal's signature of a list of files; the one made the first time, for a list already signed."""
    name = f"preuves/{seal_fingerprint()[:16]}/{hashlib.sha256(manifest).hexdigest()}.p7s"
    if default_storage.exists(name):
        with default_storage.open(name) as file:
            kept: bytes = file.read()
        return kept
    made = sign_detached(manifest)
    default_storage.save(name, ContentFile(made))
    return made


def _zip(files: dict[str, bytes]) -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, date_time=_DATE)
            entry.external_attr = 0o644 << 16
            method = zipfile.ZIP_STORED if path.endswith(_STORED) else zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[path], compress_type=method)
    return output.getvalue()
