"""What the signature circuits put in the audit bundle."""

from __future__ import annotations

from collections.abc import Iterator

from conventions.models import Convention, ConventionVersion
from parties.actors import Actor
from reporting.audit.registry import Piece, as_json, facts, piece
from reporting.circuit.record import canonical
from reporting.circuit.texts import reference_of
from reporting.models import CircuitEvent, PaperCopy, SignatureCircuit, SignatureEvidence, SignedFile
from reporting.services_documents import document_filename, kept_bytes

GONE = "le fichier conservé est absent ou altéré"
WITHOUT = frozenset({"by", "version", "batch", "circuit", "step"})


@piece("Signatures et preuves")
def circuits(convention: Convention, by: Actor) -> Iterator[Piece]:
    """Signed files, proofs, paper copies and history, of the text and of its avenants, as far as ``by`` may see."""
    rows = ConventionVersion.objects.filter(convention=convention).select_related("convention", "avenant")
    for version in rows.order_by("avenant__number", "number"):
        folder = f"signatures/v{version.number}"
        if version.avenant:
            folder = f"signatures/avenant-{version.avenant.number}-v{version.number}"
        name = f"{reference_of(version)}, version {version.number}"
        yield from _files(version, folder, name)
        yield from _proofs(version, folder, name)
        yield from _paper(version, folder, name)
        yield from _history(version, folder, name)


def _files(version: ConventionVersion, folder: str, name: str) -> Iterator[Piece]:
    """The last signed file only: each of the others is its beginning, as long as the list says."""
    files = list(SignedFile.objects.filter(version=version).order_by("sequence"))
    if not files:
        return
    listed = [facts(file, without=WITHOUT) | {"at": file.created_at} for file in files]
    label = f"{name} : fichiers signés, chacun étant le début du suivant (rang, taille, empreinte)"
    yield Piece(f"{folder}/fichiers.json", as_json(listed), label)
    data = kept_bytes(files[-1].sha256)
    path = f"{folder}/{document_filename(version).replace('.pdf', '-signe.pdf')}"
    yield Piece(path, data or b"", f"{name} : document signé", "" if data else GONE)


def _proofs(version: ConventionVersion, folder: str, name: str) -> Iterator[Piece]:
    rows = SignatureEvidence.objects.filter(version=version).select_related("step__mandate", "step__organisation")
    for row in rows.order_by("pk"):
        label = f"{name} : preuve de la signature de {row.step.mandate.person}, empreinte {row.sha256}"
        yield Piece(f"{folder}/preuve-{row.sha256[:16]}.json", canonical(row.content).encode(), label)


def _paper(version: ConventionVersion, folder: str, name: str) -> Iterator[Piece]:
    for row in PaperCopy.objects.filter(version=version).order_by("pk"):
        data = kept_bytes(row.sha256)
        path = f"{folder}/papier-{row.sha256[:16]}.pdf"
        yield Piece(path, data or b"", f"{name} : exemplaire signé sur papier", "" if data else GONE)


def _history(version: ConventionVersion, folder: str, name: str) -> Iterator[Piece]:
    for rank, circuit in enumerate(SignatureCircuit.objects.filter(version=version).order_by("pk"), start=1):
        rows = CircuitEvent.objects.filter(circuit=circuit).select_related("step__organisation").order_by("pk")
        told = [
            facts(row, without=WITHOUT)
            | {"at": row.created_at, "organisation": str(row.step.organisation) if row.step else ""}
            for row in rows
        ]
        if told:
            yield Piece(f"{folder}/circuit-{rank}.json", as_json(told), f"{name} : circuit de signature, acte par acte")
