"""The file of a version as it stands, and the files people bring back signed: read, judged, kept."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import Any

from conventions.models import ConventionVersion
from core.errors import BusinessError, Conflict, InvalidInput
from parties.actors import Actor
from reporting.models import Document, SignatureStep, SignedFile
from reporting.seal.keys import seal_signer
from reporting.seal.pdf import SEAL_FIELD, Verification, described, empty_fields, extends, verify
from reporting.services_documents import SEALED, document_filename, keep, kept_bytes

ADDED = (
    "Autre chose qu'une signature a été ajouté à ce document (annotation, page, tampon, titre…), ou une signature n'est"
    " plus intacte. Repartez du document téléchargé ici."
)
NOT_READY = (
    "Le document scellé de cette version est en préparation : il est prêt quelques secondes après l'approbation."
    " Rechargez la page ; s'il n'arrive pas, prévenez l'administrateur."
)


@dataclass(frozen=True)
class CurrentFile:
    """The document with the signatures given so far. ``sequence`` counts them: 0 for the sealed document itself."""

    data: bytes
    sha256: str
    sequence: int
    filename: str


def current_file(version: ConventionVersion) -> CurrentFile:
    """The last signed file, else the sealed document. BusinessError when it is not made yet, or no longer whole."""
    last = version.signed_files.order_by("-sequence").first()
    digest = last.sha256 if last else _sealed(version).sha256
    data = kept_bytes(digest)
    if data is None:
        raise BusinessError(
            "Le fichier conservé de cette version ne se lit plus : rien ne peut être signé. Prévenez l'administrateur,"
            " qui le restaurera depuis une sauvegarde."
        )
    name = document_filename(version)
    if last:
        name = name.replace(".pdf", f"-s{last.sequence}.pdf")
    return CurrentFile(data, digest, last.sequence if last else 0, name)


def _sealed(version: ConventionVersion) -> Document:
    document = Document.objects.filter(convention_version=version, kind=SEALED).first()
    if document is None:
        raise BusinessError(NOT_READY)
    return document


def keep_file(version: ConventionVersion, data: bytes, *, mode: str, fields: list[str], by: Actor) -> SignedFile:
    """Keep the next file of a version. The circuit is locked: two signatures make two files, one after the other."""
    last = version.signed_files.order_by("-sequence").first()
    return SignedFile.objects.create(
        version=version,
        sequence=last.sequence + 1 if last else 1,
        mode=mode,
        fields=fields,
        sha256=keep(data),
        size=len(data),
        by=by.user,
        by_label=by.label[:200],
    )


@dataclass(frozen=True)
class Certificate:
    """Whose certificate signed a field, in the certificate's own words."""

    field: str
    person: str
    organisation: str
    issuer: str
    valid_until: str
    signed_at: str
    trusted: bool

    def as_dict(self) -> dict[str, Any]:
        return dict(vars(self))


@dataclass(frozen=True)
class Brought:
    """A file somebody brings back: the signatures it adds to ours."""

    data: bytes
    sha256: str
    certificates: tuple[Certificate, ...]

    @property
    def fields(self) -> list[str]:
        return [certificate.field for certificate in self.certificates]


def look_at(version: ConventionVersion, data: bytes, *, awaited: dict[str, SignatureStep]) -> Brought:
    """What a file brought back adds. ``awaited``: the fields that may be signed now.

    Raises ``InvalidInput`` (place "file") when it is not our file with signatures of these fields and nothing else, and
    ``Conflict`` when somebody signed here since it was downloaded.
    """
    current = current_file(version)
    if not extends(current.data, data):
        _refuse_other_file(version, data)
    if len(data) == len(current.data):
        raise _refusal("Ce fichier est celui qui a été téléchargé : aucune signature n'y a été ajoutée.")
    found = verify(data)
    _check_whole(found)
    if described(data) != described(current.data):
        raise _refusal(ADDED)
    before = set(empty_fields(current.data))
    added = [field for field in found.fields if field.name in before or field.name not in _names(current.data)]
    if not added:
        raise _refusal("Ce fichier a été complété sans qu'aucun cadre de signature y soit signé.")
    for field in added:
        step = awaited.get(field.name)
        if step is None:
            raise _refusal(
                f"Le cadre « {field.name} » a été signé alors que ce n'est pas celui qui était attendu :"
                f" {_expected(awaited)}."
            )
        if not field.trusted:
            raise _refusal(
                f"Le certificat de {field.signer or 'ce signataire'} n'est pas délivré par une autorité reconnue par ce"
                " site. Signez avec un autre certificat, ou demandez à l'administrateur d'ajouter cette autorité."
            )
        if not field.bottom_line:
            raise _refusal(f"La signature du cadre « {field.name} » n'est pas valable : signez de nouveau.")
    certificates = tuple(_certificates(data, {field.name: field for field in added}))
    return Brought(data, hashlib.sha256(data).hexdigest(), certificates)


def _refuse_other_file(version: ConventionVersion, data: bytes) -> None:
    """Say which of our files it begins with, if any."""
    earlier = [row.sha256 for row in version.signed_files.order_by("-sequence")[1:]]
    for digest in [*earlier, *(row.sha256 for row in _sealed_rows(version))]:
        known = kept_bytes(digest)
        if known is not None and extends(known, data):
            raise Conflict(
                "Une autre signature est arrivée depuis que ce fichier a été téléchargé : les deux ne peuvent pas être"
                " réunies. Téléchargez de nouveau le document, signez-le, puis déposez-le.",
                place="file",
            )
    raise _refusal(
        "Ce fichier n'est pas le document à signer, ou il a été modifié (réenregistré, imprimé en PDF, fusionné…)."
        " Téléchargez le document ici, signez le cadre prévu sans rien changer d'autre, puis déposez-le."
    )


def _sealed_rows(version: ConventionVersion) -> list[Document]:
    return list(Document.objects.filter(convention_version=version, kind=SEALED))


def _check_whole(found: Verification) -> None:
    if not found.readable:
        raise _refusal("Ce fichier PDF est abîmé : il ne se lit pas jusqu'au bout.")
    if not found.sealed or not found.untouched:
        raise _refusal(ADDED)


def _names(data: bytes) -> set[str]:
    return {field.name for field in verify(data).fields}


def _expected(awaited: dict[str, SignatureStep]) -> str:
    names = ", ".join(f"« {name} » ({step.mandate.person})" for name, step in sorted(awaited.items()))
    return f"le cadre à signer est {names}" if names else "aucun n'est attendu par cette voie"


def _certificates(data: bytes, added: dict[str, Any]) -> list[Certificate]:
    from pyhanko.pdf_utils.reader import PdfFileReader

    found: list[Certificate] = []
    for embedded in PdfFileReader(io.BytesIO(data)).embedded_signatures:
        field = added.get(embedded.field_name)
        if field is None or embedded.field_name == SEAL_FIELD:
            continue
        certificate = embedded.signer_cert
        own = seal_signer().signing_cert
        if own is not None and certificate.sha256 == own.sha256:
            raise _refusal("Ce cadre porte le cachet du site, qui n'est la signature de personne.")
        subject, issuer = certificate.subject.native, certificate.issuer.native
        found.append(
            Certificate(
                field=field.name,
                person=str(subject.get("common_name", "")),
                organisation=str(subject.get("organization_name", "")),
                issuer=str(issuer.get("common_name") or issuer.get("organization_name", "")),
                valid_until=certificate.not_valid_after.date().isoformat(),
                signed_at=field.signed_at.isoformat() if field.signed_at else "",
                trusted=field.trusted,
            )
        )
    return found


def _refusal(message: str) -> InvalidInput:
    return InvalidInput(message, place="file")
