"""The annexes of a convention: built from its data or given as files, in the order people choose."""

from __future__ import annotations

import hashlib
import io

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Max
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from conventions.enums import AnnexKind
from conventions.models import Annex, Convention
from conventions.services.locking import lock_for_edit, touch
from core import uploads
from core.errors import BusinessError, InvalidInput
from core.keeping import Shelf
from parties.actors import Actor
from posts.models import Post

LARGEST = 10 * uploads.MEGABYTE
#: Where attached files are kept.
FILES = Shelf("annexes", ".pdf")
#: An act with more annexes than this is a bundle, not an act.
MOST = 40


@transaction.atomic
def add_annex(
    *, convention: Convention, kind: str, by: Actor, post: Post | None = None, expected: int | None = None
) -> Annex:
    """Add an annex built from the data: the description of one of its posts, or the financing. Done once for each."""
    by.require("convention.edit")
    locked = lock_for_edit(convention, expected=expected)
    if kind == AnnexKind.POST:
        if post is None or not locked.posts.filter(pk=post.pk).exists():
            raise InvalidInput("Choisissez un poste de cette convention.", place="post")
        title = f"Fiche de poste – {post.label}"
    elif kind == AnnexKind.FUNDING:
        post, title = None, "Plan de financement"
    else:
        raise InvalidInput("Cette annexe ne s'établit pas à partir des données : joignez un fichier.", place="kind")
    known = locked.annexes.filter(kind=kind, post=post).first()
    if known is not None:
        return known
    row = Annex.objects.create(convention=locked, kind=kind, post=post, title=title[:200], position=_last(locked) + 1)
    touch(locked)
    return row


@transaction.atomic
def attach_annex(
    *, convention: Convention, title: str, file: UploadedFile, by: Actor, expected: int | None = None
) -> Annex:
    """Attach a PDF, kept under its SHA-256. InvalidInput when it is not one, is locked, or is there already."""
    by.require("convention.edit")
    content = uploads.accept(file, kinds=(uploads.PDF,), largest=LARGEST, place="file")
    locked = lock_for_edit(convention, expected=expected)
    pages = _pages(content)
    digest = hashlib.sha256(content).hexdigest()
    same = locked.annexes.filter(sha256=digest).first()
    if same is not None:
        raise InvalidInput(f"Ce fichier est déjà joint : « {same.title} ».", place="file")
    if not title.strip():
        raise InvalidInput("Donnez un titre à l'annexe : c'est lui que le texte cite.", place="title")
    position = _last(locked) + 1
    FILES.keep(content)
    row = Annex.objects.create(
        convention=locked,
        kind=AnnexKind.FILE,
        title=title.strip()[:200],
        position=position,
        sha256=digest,
        filename=(file.name or "annexe.pdf")[:160],
        size=len(content),
        pages=pages,
    )
    touch(locked)
    return row


def _last(convention: Convention) -> int:
    if convention.annexes.count() >= MOST:
        raise BusinessError(f"Une convention a {MOST} annexes au plus : réunissez des documents.")
    return convention.annexes.aggregate(last=Max("position"))["last"] or 0


def _pages(content: bytes) -> int:
    if not content:
        raise InvalidInput("Ce fichier est vide : choisissez-en un autre.", place="file")
    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted:
            raise InvalidInput("Ce PDF est protégé par un mot de passe : joignez-en une copie lisible.", place="file")
        return len(reader.pages)
    except (PyPdfError, ValueError, KeyError, RecursionError) as error:
        raise InvalidInput("Ce PDF est abîmé : enregistrez-le de nouveau, puis joignez-le.", place="file") from error


@transaction.atomic
def move_annex(*, annex: Annex, up: bool, by: Actor, expected: int | None = None) -> None:
    """One rank up or down; nothing at the end of the list. The numbers printed follow."""
    by.require("convention.edit")
    locked = lock_for_edit(annex.convention, expected=expected)
    rows = list(locked.annexes.all())
    rank = next(rank for rank, row in enumerate(rows) if row.pk == annex.pk)
    other = rank - 1 if up else rank + 1
    if not 0 <= other < len(rows):
        return
    rows[rank], rows[other] = rows[other], rows[rank]
    for position, row in enumerate(rows, start=1):
        if row.position != position:
            row.position = position
            row.save(update_fields=["position", "updated_at"])
    touch(locked)


@transaction.atomic
def remove_annex(*, annex: Annex, by: Actor, expected: int | None = None) -> None:
    """Leave an annex out. Its file stays in the storage: an approved version may cite it."""
    by.require("convention.edit")
    locked = lock_for_edit(annex.convention, expected=expected)
    locked.annexes.filter(pk=annex.pk).delete()
    touch(locked)
