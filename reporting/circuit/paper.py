"""Paper that comes back: a scan of many pages read page by page, matched to versions, and made into signed copies."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from conventions.models import ConventionVersion
from core.errors import BusinessError, Conflict, InvalidInput
from core.french import enumerate_fr, plural
from parties.actors import Actor
from parties.jobs import Work, runner, start_job
from parties.models import Job
from reporting.circuit.acting import held, newer_version
from reporting.circuit.files import current_file
from reporting.circuit.mails import call
from reporting.circuit.record import go_on, keep_proof, proof, record
from reporting.circuit.scanning import Scan, ScanUnreadable
from reporting.circuit.texts import reference_of
from reporting.enums import Mode, PageVerdict
from reporting.models import PaperCopy, ScanBatch, ScanPage, SignatureCircuit, SignatureStep
from reporting.seal.marks import Mark, read_mark
from reporting.services_documents import document_filename, keep, kept_bytes

KIND = "signatures.scan"
MOST_PAGES = 600
#: What a person still has to look at.
TO_SORT = (PageVerdict.UNREADABLE, PageVerdict.FOREIGN, PageVerdict.DUPLICATE)
PLACED = (PageVerdict.MATCHED, PageVerdict.ASSIGNED)


@transaction.atomic
def receive_scan(*, data: bytes, filename: str, by: Actor) -> tuple[ScanBatch, Job]:
    """Keep a scan and have its pages read by a work the person follows.

    Raises ``NotAllowed``, ``InvalidInput`` (place "file") for a PDF that cannot be read or has too many pages,
    ``Conflict`` for a file received before.
    """
    by.require("convention.sign")
    with _opened(data) as scan:
        count = scan.count
    if not 1 <= count <= MOST_PAGES:
        raise InvalidInput(
            f"Une numérisation compte de 1 à {MOST_PAGES} pages ; celle-ci en a {count}. Partagez-la.", place="file"
        )
    digest = hashlib.sha256(data).hexdigest()
    known = ScanBatch.objects.visible_to(by).filter(sha256=digest).first()
    if known is not None:
        raise Conflict(f"Ce fichier a déjà été déposé, sous le nom « {known.filename} ».", place="file")
    keep(data)
    batch = ScanBatch.objects.create(
        territory_id=by.territory_id, filename=filename[:160], sha256=digest, size=len(data), by=by.user,
        by_label=by.label[:200],
    )  # fmt: skip
    label = f"Lecture de la numérisation « {filename} »"
    job = start_job(kind=KIND, label=label, params={"batch": str(batch.uuid)}, by=by)
    return batch, job


def scan_bytes(batch: ScanBatch) -> bytes:
    data = kept_bytes(batch.sha256)
    if data is None:
        raise BusinessError("Le fichier de cette numérisation ne se lit plus. Prévenez l'administrateur.")
    return data


def _opened(data: bytes) -> Scan:
    try:
        return Scan(data)
    except ScanUnreadable as error:
        raise InvalidInput(
            "Ce PDF ne se lit pas : il est abîmé ou protégé par un mot de passe. Numérisez de nouveau.", place="file"
        ) from error


@runner(KIND)
def read_scan(work: Work) -> None:
    """Read each page once, and keep what it is. All of it in one transaction: started over, it begins again."""
    with work.acting():
        work.actor.require("convention.sign")
        batch = ScanBatch.objects.get(uuid=work.params["batch"])
        if batch.pages_count is None:
            read_pages(batch, progress=work.progress)
        pages = list(batch.pages.all())
        sort = [page for page in pages if page.verdict in TO_SORT]
        words = f"{len(pages)} {plural(len(pages), 'page lue', 'pages lues')}"
        if sort:
            words += f", {len(sort)} à vérifier"
        work.finish(url=batch.get_absolute_url(), label="Voir la numérisation", message=f"{words}.")


def read_pages(batch: ScanBatch, *, progress=lambda done, total, message: None) -> list[ScanPage]:  # type: ignore[no-untyped-def]
    """What each page of the file is. Versions of other territories are not seen, hence unknown here."""
    versions: dict[UUID, ConventionVersion | None] = {}
    taken: set[tuple[int, int]] = set()
    rows = []
    with _opened(scan_bytes(batch)) as scan:
        for number in range(1, scan.count + 1):
            progress(number - 1, scan.count, "Lecture des pages")
            text, rotation = scan.read(number)
            row = ScanPage(batch=batch, territory_id=batch.territory_id, number=number, rotation=rotation)
            _judge(row, read_mark(text) if text else None, text, versions, taken)
            rows.append(row)
        batch.pages_count = scan.count
    ScanPage.objects.bulk_create(rows)
    batch.save(update_fields=["pages_count", "updated_at"])
    progress(len(rows), len(rows), "Lecture des pages")
    return rows


def _judge(
    row: ScanPage, mark: Mark | None, text: str, versions: dict[UUID, ConventionVersion | None],
    taken: set[tuple[int, int]],
) -> None:  # fmt: skip
    """Fill ``row`` in from what its code says."""
    if mark is None:
        row.verdict = PageVerdict.FOREIGN if text else PageVerdict.UNREADABLE
        row.note = "Le code de cette page n'est pas l'un des nôtres." if text else "Aucun code n'a été trouvé."
        return
    if mark.version not in versions:
        versions[mark.version] = (
            ConventionVersion.objects.filter(uuid=mark.version).select_related("convention", "avenant").first()
        )
    version = versions[mark.version]
    if version is None or version.number != mark.number or not version.sha256.startswith(mark.code):
        row.verdict = PageVerdict.FOREIGN
        row.note = "Cette page est d'un document inconnu de ce territoire."
        return
    row.version, row.page, row.pages = version, mark.page, mark.pages
    newer = newer_version(version)
    if newer is not None:
        row.verdict = PageVerdict.SUPERSEDED
        row.note = (
            f"Version {version.number} de la convention {reference_of(version)} : la version {newer.number}"
            " l'a remplacée, une signature n'y vaut plus."
        )
    elif (version.pk, mark.page) in taken:
        row.verdict = PageVerdict.DUPLICATE
        row.note = f"La page {mark.page} de la convention {reference_of(version)} est déjà dans ce fichier."
    else:
        row.verdict = PageVerdict.MATCHED
        taken.add((version.pk, mark.page))


# --- By hand ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def assign_page(*, page: ScanPage, version: ConventionVersion, number: int, by: Actor) -> ScanPage:
    """Say what a page is that no code tells. Raises ``InvalidInput`` (place "version", "page") and ``Conflict``."""
    by.require("convention.sign")
    locked = _lock_page(page)
    if locked.verdict in PLACED:
        raise Conflict(f"La page {locked.number} du fichier est déjà rattachée.")
    newer = newer_version(version)
    if newer is not None:
        raise InvalidInput(
            f"La version {version.number} a été remplacée par la version {newer.number} : une signature n'y vaut plus.",
            place="version",
        )
    total = pages_of(version)
    if not 1 <= number <= total:
        raise InvalidInput(f"Ce document compte {total} pages.", place="page")
    others = locked.batch.pages.filter(version=version, page=number, verdict__in=PLACED)
    if others.exists():
        raise Conflict(
            f"La page {number} de la convention {reference_of(version)} est déjà dans ce fichier.", place="page"
        )
    locked.version, locked.page, locked.pages = version, number, total
    locked.verdict, locked.note, locked.decided_by_label = PageVerdict.ASSIGNED, "", by.label[:200]
    locked.save()
    return locked


@transaction.atomic
def set_page_aside(*, page: ScanPage, by: Actor) -> ScanPage:
    """Say that a page is of no use: a blank, a cover, a second scan. One a copy was made from stays."""
    by.require("convention.sign")
    locked = _lock_page(page)
    if locked.version_id and locked.batch.copies.filter(version_id=locked.version_id).exists():
        raise Conflict("Un exemplaire a été enregistré avec cette page : elle ne se retire plus.")
    locked.verdict, locked.decided_by_label = PageVerdict.SET_ASIDE, by.label[:200]
    locked.save()
    return locked


def _lock_page(page: ScanPage) -> ScanPage:
    return ScanPage.objects.select_for_update(of=("self",)).select_related("batch").get(pk=page.pk)


def pages_of(version: ConventionVersion) -> int:
    """How many pages the document of a version has."""
    from pypdf import PdfReader

    return len(PdfReader(io.BytesIO(current_file(version).data)).pages)


# --- Copies -----------------------------------------------------------------------------------------------------------


@dataclass
class Group:
    """The pages of one version found in a scan. ``total`` pages are needed."""

    version: ConventionVersion
    total: int
    pages: list[ScanPage] = field(default_factory=list)
    copy: PaperCopy | None = None
    circuit: SignatureCircuit | None = None

    @property
    def reference(self) -> str:
        return reference_of(self.version)

    @property
    def missing(self) -> list[int]:
        have = {page.page for page in self.pages}
        return [number for number in range(1, self.total + 1) if number not in have]

    @property
    def missing_words(self) -> str:
        numbers = [str(number) for number in self.missing]
        return f"{plural(len(numbers), 'page')} {enumerate_fr(numbers)}" if numbers else ""

    @property
    def pending(self) -> list[SignatureStep]:
        """Whose signature may be on the paper."""
        if self.circuit is None:
            return []
        rows = self.circuit.steps.filter(signed_at__isnull=True, awaited_since__isnull=False)
        return list(rows.select_related("mandate", "organisation"))


def groups_of(batch: ScanBatch) -> list[Group]:
    """The versions of a scan, in the order of their references, each with its pages in order."""
    found: dict[int, Group] = {}
    rows = (
        batch.pages.filter(verdict__in=PLACED)
        .select_related("version__convention", "version__avenant")
        .order_by("page", "number")
    )
    for page in rows:
        assert page.version is not None
        group = found.setdefault(page.version.pk, Group(page.version, page.pages or 0))
        group.pages.append(page)
    copies = {copy.version_id: copy for copy in batch.copies.all()}
    circuits = {c.version_id: c for c in SignatureCircuit.objects.live().filter(version_id__in=list(found))}
    for pk, group in found.items():
        group.copy, group.circuit = copies.get(pk), circuits.get(pk)
    return sorted(found.values(), key=lambda group: (reference_of(group.version), group.version.number))


@transaction.atomic
def record_paper(
    *, batch: ScanBatch, version: ConventionVersion, signed: Mapping[str, dt.date], by: Actor
) -> PaperCopy:
    """Keep the copy of a version found in a scan, and record the signatures the person reads on it.

    ``signed``: uuid of a step → day of signature. The copy must be whole. Asked again for the same scan, the copy is
    the same one and signatures already recorded change nothing. Raises ``InvalidInput``, ``Conflict``, what
    ``record_signature`` raises.
    """
    by.require("convention.sign")
    group = next((g for g in groups_of(batch) if g.version.pk == version.pk), None)
    if group is None:
        raise Conflict("Cette numérisation ne contient aucune page de cette version.")
    if group.missing:
        raise Conflict(
            f"L'exemplaire de la convention {reference_of(version)} n'est pas complet : il manque"
            f" {'la' if len(group.missing) == 1 else 'les'} {group.missing_words}."
        )
    if not signed:
        raise InvalidInput("Dites qui a signé cet exemplaire, et quand.", place="signed")
    circuit = group.circuit
    first = circuit.steps.order_by("pk").first() if circuit else None
    if circuit is None or first is None:
        raise Conflict("Aucun circuit de signature n'est ouvert sur cette version : ouvrez-le d'abord.")
    with held(first) as locked:
        copy = group.copy or _make_copy(batch, group, by)
        steps = {str(s.uuid): s for s in locked.circuit.steps.select_related(
            "mandate", "organisation", "signatory__party", "territory")}  # fmt: skip
        for uuid, day in signed.items():
            step = steps.get(uuid)
            if step is None:
                raise InvalidInput("Ce signataire n'est pas de ce circuit.", place="signed")
            if step.signed_at is None:
                step.circuit = locked.circuit
                _record_one(step, day, copy, group, by)
        go_on(locked.circuit, by=by)
    return copy


def _record_one(step: SignatureStep, day: dt.date, copy: PaperCopy, group: Group, by: Actor) -> None:
    if step.awaited_since is None:
        raise Conflict(
            f"Ce n'est pas encore le tour de {step.mandate.person} : le circuit se signe l'un après l'autre."
        )
    moment = timezone.now()
    content = proof(
        step, mode=Mode.PAPER, moment=moment, date_de_signature=day.isoformat(),
        exemplaire={"sha256": copy.sha256, "fichier": copy.filename, "pages": group.total},
        numerisation={
            "sha256": copy.batch.sha256,
            "fichier": copy.batch.filename,
            "pages": [page.number for page in group.pages],
        },
        constate_par=by.label,
    )  # fmt: skip
    evidence = keep_proof(step, content, mode=Mode.PAPER)
    detail = f"{step.mandate.person}, exemplaire papier {copy.sha256[:16]}, preuve {evidence.sha256[:16]}"
    record(step, signed_on=day, mode=Mode.PAPER, by=by, detail=detail)
    call(step, "receipt")


def _make_copy(batch: ScanBatch, group: Group, by: Actor) -> PaperCopy:
    """The pages of the version, in order and upright, as one PDF."""
    with _opened(scan_bytes(batch)) as scan:
        data = scan.extract([(page.number, page.rotation) for page in group.pages])
    name = document_filename(group.version)
    return PaperCopy.objects.create(
        version=group.version, batch=batch, filename=name.replace(".pdf", "-papier.pdf"), sha256=keep(data),
        size=len(data), by=by.user, by_label=by.label[:200],
    )  # fmt: skip


__all__ = [
    "KIND",
    "Group",
    "assign_page",
    "groups_of",
    "read_pages",
    "receive_scan",
    "record_paper",
    "set_page_aside",
]
