"""What the apps of this repository put in the audit bundle."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import F, Q, QuerySet

from conventions.models import Convention, ConventionVersion, Deliberation, Party, Signature
from conventions.text import canonical_bytes
from core.errors import BusinessError
from funding.models import ExportBatch, Titre
from parties.actors import Actor
from parties.journal import verify_journal
from parties.models import JournalEntry
from reporting.audit.registry import Piece, as_json, facts, piece
from reporting.models import Document
from reporting.services_documents import KIND, document_filename, document_title, kept_bytes, version_pdf

MISSING = "le fichier conservé est absent ou altéré"


def versions_of(convention: Convention) -> QuerySet[ConventionVersion]:
    """Those of the convention's own text, then those of its avenants."""
    found = ConventionVersion.objects.filter(convention=convention).select_related("convention", "avenant")
    return found.order_by(F("avenant__number").asc(nulls_first=True), "number")


def folder_of(version: ConventionVersion) -> str:
    """ "versions/v1", "avenants/2/v1"."""
    return f"avenants/{version.avenant.number}/v{version.number}" if version.avenant else f"versions/v{version.number}"


@piece("Versions approuvées et documents scellés")
def versions(convention: Convention, by: Actor) -> Iterator[Piece]:
    """The content whose hash was approved, and every file kept of it."""
    for version in versions_of(convention):
        folder = folder_of(version)
        yield Piece(
            f"{folder}/contenu.json",
            canonical_bytes(version.content),
            f"{document_title(version)} : contenu approuvé, empreinte {version.sha256}",
        )
        documents = list(Document.objects.filter(convention_version=version).order_by("pk"))
        for document in documents:
            yield _kept(f"{folder}/{document.filename}", document.sha256, document.title)
        if not any(document.kind == KIND for document in documents):
            yield _rendered(version, folder)


def _rendered(version: ConventionVersion, folder: str) -> Piece:
    """A version whose document was not stored: rendering it gives the bytes that would have been."""
    path, label = f"{folder}/{document_filename(version)}", f"{document_title(version)} : texte approuvé"
    try:
        return Piece(path, version_pdf(version), label)
    except BusinessError as error:
        return Piece(path, b"", label, error.message)


@piece("Signatures et preuves")
def signatures(convention: Convention, by: Actor) -> Iterator[Piece]:
    for version in versions_of(convention):
        rows = version.signatures.select_related("signatory__party__organisation", "signatory__mandate")
        found = [_signature(row) for row in rows]
        if found:
            label = f"{document_title(version)} : signatures enregistrées"
            yield Piece(f"{folder_of(version)}/signatures.json", as_json(found), label)


def _kept(path: str, digest: str, label: str) -> Piece:
    data = kept_bytes(digest)
    return Piece(path, data or b"", label, "" if data is not None else MISSING)


def _signature(row: Signature) -> dict[str, Any]:
    return facts(row, without=frozenset({"by"})) | {"organisation": str(row.signatory.party.organisation)}


# Under the heading just opened: what the signature circuits keep.
import reporting.circuit.pieces  # noqa: E402, F401


@piece("Délibérations")
def deliberations(convention: Convention, by: Actor) -> Iterator[Piece]:
    """The votes the parties sign under, and those that decide on this convention."""
    named = Q(pk__in=Party.objects.filter(convention=convention).values("deliberation"))
    decided = Q(decisions__conventions=convention)
    found = Deliberation.objects.filter(named | decided).distinct().select_related("organisation", "budget_line")
    for vote in found.prefetch_related("decisions__beneficiary").order_by("date", "pk"):
        data = facts(vote) | {"decisions": [facts(decision) for decision in vote.decisions.all()]}
        yield Piece(f"deliberations/{vote.date}-{vote.uuid}.json", as_json(data), f"{vote}, {vote.organisation}")


@piece("Relecture et vie de la convention")
def history(convention: Convention, by: Actor) -> Iterator[Piece]:
    acts = [facts(row, without=frozenset({"by"})) | {"at": row.created_at} for row in convention.transitions.all()]
    if acts:
        yield Piece("vie/actes.json", as_json(acts), "Ce qui s’est passé, acte par acte")
    remarks = [facts(row, without=frozenset({"by"})) | {"at": row.created_at} for row in convention.comments.all()]
    if remarks:
        yield Piece("vie/commentaires.json", as_json(remarks), "Commentaires de la relecture")


@piece("Titres et exports")
def titres(convention: Convention, by: Actor) -> Iterator[Piece]:
    """The claims born of the convention's plans, and the files they left in, for who may see them."""
    if not by.can("titre.view"):
        return
    found = Titre.objects.visible_to(by).filter(plan__conventions=convention).for_list().distinct().order_by("entry_id")
    for titre in found:
        yield Piece(f"titres/{titre.pk}.json", as_json(facts(titre)), f"Titre {titre.entry_id}")
    batches = ExportBatch.objects.filter(pk__in=found.values("batch"), territory_id=by.territory_id)
    for batch in batches.order_by("issuer", "year", "number"):
        folder = f"titres/lots/{batch.uuid}"
        yield Piece(f"{folder}.json", as_json(facts(batch, without=frozenset({"content", "by"}))), f"Lot {batch}")
        with batch.open() as file:
            yield Piece(f"{folder}/{batch.filename}", file.read(), f"Fichier du lot {batch}")


@piece("Journal des modifications")
def journal(convention: Convention, by: Actor) -> Iterator[Piece]:
    """Every change made to the convention, and whether the chain it is sealed in is whole."""
    if not by.can("journal.view"):
        return
    table = convention._meta.db_table
    entries = JournalEntry.objects.visible_to(by).filter(root_table=table, root_id=convention.pk).order_by("seq", "id")
    rows = [facts(entry, without=frozenset({"user"})) for entry in entries]
    yield Piece("journal/ecritures.json", as_json(rows), f"Écritures du journal ({len(rows)})")
    checked = verify_journal(convention.territory)
    verdict = {"chaine_intacte": not checked.problems, "anomalies": checked.problems, "territoire": checked.label}
    yield Piece("journal/verification.json", as_json(verdict), "Vérification de la chaîne du journal")
