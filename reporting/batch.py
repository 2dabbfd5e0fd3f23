"""« Produire les PDF »: the documents of many conventions in one ZIP, as a work that can be stopped and taken up again.

What is kept already is copied; what is not (drafts, mostly) is rendered by worker processes. Each rendered document is
put aside under the digest of what it was made from: a work whose process died starts over and renders none again.
"""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any

from django import forms
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import QuerySet

from conventions.models import Convention
from conventions.text import canonical_bytes
from conventions.text.reading import latest_version
from core.errors import BusinessError, InvalidInput
from core.french import plural
from parties.actors import Actor
from parties.jobs import Work, runner, start_job
from parties.models import Job
from reporting.models import Document
from reporting.pdf.pool import Order, render_all
from reporting.seal.marks import PrintedMark, printed_mark
from reporting.services_documents import (
    DRAFTING,
    KIND,
    SEALED,
    check_printed,
    convention_filename,
    draft_content,
    kept_bytes,
)

BATCH = "documents.batch"
#: Conventions in one work.
MOST = 2000
PROBLEMS = "non-produits.txt"
_DATE = (1980, 1, 1, 0, 0, 0)


class ProduceForm(forms.Form):
    """The conventions to print: those ticked."""

    conventions = forms.MultipleChoiceField(
        label="Conventions",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Cochez au moins une convention.", "invalid_choice": "Convention inconnue."},
    )

    def __init__(
        self, *args: Any, conventions: QuerySet[Convention], shown: QuerySet[Convention], **kwargs: Any
    ) -> None:
        """``conventions``: those that may be asked for; ``shown``: those listed, by the filters of the address."""
        super().__init__(*args, **kwargs)
        self.known = conventions
        self.rows = list(shown)
        for row in self.rows:
            row.ticked = str(row.uuid) in self._sent if self.is_bound else True  # type: ignore[attr-defined]
        choices = [(str(row.uuid), f"{row.reference} – {row.title}") for row in conventions]
        self.fields["conventions"].choices = choices  # type: ignore[attr-defined]

    @property
    def chosen(self) -> list[Convention]:
        return list(self.known.filter(uuid__in=self.cleaned_data["conventions"]))

    @property
    def _sent(self) -> list[str]:
        return self.data.getlist("conventions")  # type: ignore[attr-defined]


@transaction.atomic
def produce_pdfs(*, conventions: Sequence[Convention], by: Actor) -> Job:
    """Have the documents of ``conventions`` put in one ZIP, by a work. Raises ``NotAllowed``, ``InvalidInput``."""
    by.require("document.collect")
    if not conventions:
        raise InvalidInput("Cochez au moins une convention.", place="conventions")
    if len(conventions) > MOST:
        raise InvalidInput(f"Un travail prend {MOST} conventions au plus : faites-en plusieurs.", place="conventions")
    count = len(conventions)
    label = f"PDF de {count} {plural(count, 'convention', 'conventions')}"
    keys = sorted(convention.pk for convention in conventions)
    return start_job(kind=BATCH, label=label, params={"conventions": keys}, by=by)


@dataclass(frozen=True)
class Wanted:
    """A document of the ZIP: ``sha256`` of the kept file, or else what to render."""

    filename: str
    sha256: str = ""
    content: dict[str, Any] = field(default_factory=dict)
    created: datetime | None = None
    mark: PrintedMark | None = None

    @property
    def key(self) -> str:
        """Digest of what the document is made from."""
        assert self.created is not None
        made_from = canonical_bytes(self.content) + f"{self.created.isoformat()} {self.mark}".encode()
        return hashlib.sha256(made_from).hexdigest()


@runner(BATCH)
def produce(work: Work) -> None:
    """Reads the database and renders; writes nothing but the ZIP and, until it is made, the documents put aside."""
    wanted, problems = _wanted(work)
    total = len(wanted) + len(problems)
    aside = Aside(work.job)
    missing = [one for one in wanted if not one.sha256 and not aside.has(one.key)]
    done = total - len(missing)
    work.progress(done, total, "Production des documents")
    orders = (Order(one.key, one.content, one.created, one.mark) for one in missing if one.created is not None)
    with closing(render_all(orders)) as rendering:
        for ready in rendering:
            if ready.data is None:
                problems += [f"{one.filename} : {ready.problem}" for one in missing if one.key == ready.key]
            else:
                aside.put(ready.key, ready.data)
            done += 1
            work.progress(done, total, "Production des documents")
    _finish(work, wanted, problems, aside)


def _wanted(work: Work) -> tuple[list[Wanted], list[str]]:
    """What each convention gives, in the context of who asked; those that give nothing, with the reason."""
    wanted, problems = [], []
    with work.acting():
        work.actor.require("document.collect")
        chosen = Convention.objects.filter(pk__in=work.params["conventions"]).order_by("reference")
        for convention in chosen.select_related("template", "territory"):
            try:
                wanted.append(_document(convention))
            except BusinessError as error:
                problems.append(f"{convention.reference} : {error.message}")
    return wanted, problems


def _document(convention: Convention) -> Wanted:
    version = None if convention.status in DRAFTING else latest_version(convention)
    filename = convention_filename(convention, version)
    if version is None:
        return Wanted(filename, content=draft_content(convention), created=convention.updated_at)
    kept = {document.kind: document for document in Document.objects.filter(convention_version=version)}
    document = kept.get(SEALED) or kept.get(KIND)
    if document is not None and kept_bytes(document.sha256) is not None:
        return Wanted(filename, sha256=document.sha256)
    check_printed(version)
    return Wanted(filename, content=version.content, created=version.approved_at, mark=printed_mark(version))


class Aside:
    """Documents rendered and not yet in the ZIP, in a folder of the work."""

    def __init__(self, job: Job) -> None:
        self.folder = f"travaux/{job.territory.uuid}/pdf/{job.uuid}"

    def has(self, key: str) -> bool:
        return default_storage.exists(self._name(key))

    def put(self, key: str, data: bytes) -> None:
        if not self.has(key):
            default_storage.save(self._name(key), ContentFile(data))

    def read(self, key: str) -> bytes | None:
        if not self.has(key):
            return None
        with default_storage.open(self._name(key)) as file:
            data: bytes = file.read()
        return data

    def remove(self, keys: Sequence[str]) -> None:
        for key in keys:
            if self.has(key):
                default_storage.delete(self._name(key))

    def _name(self, key: str) -> str:
        return f"{self.folder}/{key}.pdf"


def _finish(work: Work, wanted: list[Wanted], problems: list[str], aside: Aside) -> None:
    with tempfile.TemporaryFile() as file:
        count = _zip(file, wanted, problems, aside)
        file.seek(0)
        name = default_storage.save(f"{aside.folder}.zip", File(file))
    with work.acting():
        words = f"{count} {plural(count, 'PDF produit', 'PDF produits')}"
        impossible = plural(len(problems), "impossible", "impossibles")
        words += f", {len(problems)} {impossible} : voir {PROBLEMS} dans le fichier." if problems else "."
        work.finish(message=words, label="Télécharger les PDF", file=name, filename="conventions.zip")
    aside.remove([one.key for one in wanted if not one.sha256])


def _zip(file: IO[bytes], wanted: list[Wanted], problems: list[str], aside: Aside) -> int:
    """Write the ZIP, one document in memory at a time; how many it holds."""
    count = 0
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for filename, data in _contents(wanted, aside):
            archive.writestr(zipfile.ZipInfo(filename, date_time=_DATE), data)
            count += 1
        if problems:
            archive.writestr(zipfile.ZipInfo(PROBLEMS, date_time=_DATE), "\r\n".join([*problems, ""]))
    return count


def _contents(wanted: list[Wanted], aside: Aside) -> Iterator[tuple[str, bytes]]:
    taken: set[str] = set()
    for one in wanted:
        data = kept_bytes(one.sha256) if one.sha256 else aside.read(one.key)
        if data is None:
            continue
        name = one.filename
        # References that only differ by a sign give one file name.
        number = 2
        while name in taken:
            name = one.filename.replace(".pdf", f"-{number}.pdf")
            number += 1
        taken.add(name)
        yield name, data
