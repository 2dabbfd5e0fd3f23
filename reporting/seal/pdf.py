"""Sealing a PDF, signing one of its fields, and saying of any PDF what its signatures are worth.

Everything is added after the bytes already there (incremental updates): the approved file stays, whole, at the
beginning of every file made from it. The seal is a certification that lets signature fields be filled and nothing else,
so that whatever else is appended shows.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.errors import BusinessError
from reporting.seal import keys
from reporting.seal.apart import outside_any_loop

if TYPE_CHECKING:
    from pyhanko.sign.signers import PdfSignatureMetadata, Signer
    from pyhanko_certvalidator import ValidationContext

SEAL_FIELD = "cachet"
_DIGEST = "sha256"
_REVISION_END = re.compile(rb"startxref\s+\d+\s+%%EOF\r?\n?")


class SigningFailed(BusinessError):
    """The field is already signed or is not in the file, or the timestamp service does not answer (HTTP 409)."""

    status = 409


@dataclass(frozen=True)
class FieldVerification:
    """One signature of a file.

    ``intact``: the bytes it covers are those that were signed. ``allowed``: what was added after it, it permits.
    ``trusted``: its certificate leads to an authority we believe. ``bottom_line``: all three, and a valid signature.
    ``signed_at`` is the hour of the timestamp when there is one (``stamped``), else the one the signer claims.
    """

    name: str
    signer: str
    signed_at: dt.datetime | None
    intact: bool
    allowed: bool
    trusted: bool
    bottom_line: bool
    stamped: bool = False
    problem: str = ""

    @property
    def is_seal(self) -> bool:
        return self.name == SEAL_FIELD


@dataclass(frozen=True)
class Verification:
    """What a PDF's signatures say. ``readable`` is False when it is not a PDF we can read to the end.

    ``untouched``: there is a signature, every one is intact and allows what follows it, and the last covers the file to
    its last byte.
    """

    fields: tuple[FieldVerification, ...]
    untouched: bool
    readable: bool = True

    def field(self, name: str) -> FieldVerification | None:
        return next((field for field in self.fields if field.name == name), None)

    @property
    def sealed(self) -> bool:
        """The organisation's seal is there, intact and trusted."""
        seal = self.field(SEAL_FIELD)
        return seal is not None and seal.bottom_line


@outside_any_loop
def seal(pdf: bytes) -> bytes:
    """``pdf`` certified by the organisation (field "cachet"): only its signature fields may be filled from now on.

    Raises ``SealMisconfigured``, or :class:`SigningFailed` when the timestamp service does not answer.
    """
    from pyhanko.sign.fields import MDPPerm, SigFieldSpec
    from pyhanko.sign.signers import PdfSignatureMetadata

    metadata = PdfSignatureMetadata(
        field_name=SEAL_FIELD,
        certify=True,
        docmdp_permissions=MDPPerm.FILL_FORMS,
        reason="Cachet de l'organisme : texte approuvé",
        **_profile(),
    )
    spec = SigFieldSpec(SEAL_FIELD, readable_field_name="Cachet de l’organisme")
    return _sign(pdf, metadata, keys.seal_signer(), new_field=spec)


@outside_any_loop
def sign_field(pdf: bytes, *, field: str, signer: Signer | None = None, stamp: bytes | None = None) -> bytes:
    """``pdf`` with its empty signature field ``field`` ("sig-<n>") signed by ``signer``, the seal's key by default.

    ``stamp``: a one-page PDF shown in the field (see :mod:`reporting.seal.stamp`); without one the frame stays empty.
    Raises :class:`SigningFailed` when there is no such empty field.
    """
    from pyhanko.sign.signers import PdfSignatureMetadata

    if field not in empty_fields(pdf):
        raise SigningFailed("Ce cadre de signature est déjà signé, ou n'est pas dans ce document.")
    who = signer or keys.seal_signer()
    metadata = PdfSignatureMetadata(field_name=field, **_profile())
    return _sign(pdf, metadata, who, stamp=stamp)


def empty_fields(pdf: bytes) -> dict[str, tuple[float, float]]:
    """The signature fields nobody has signed, with the width and height of their frame, in points."""
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.fields import enumerate_sig_fields

    found = {}
    for name, value, reference in enumerate_sig_fields(PdfFileReader(io.BytesIO(pdf)), filled_status=False):
        if value is None:
            left, bottom, right, top = (float(side) for side in reference.get_object().get("/Rect", (0, 0, 0, 0)))
            found[name] = (right - left, top - bottom)
    return found


@outside_any_loop
def verify(pdf: bytes) -> Verification:
    """What the signatures of ``pdf`` are worth; never raises, whatever the bytes. Uses no network."""
    from pyhanko.pdf_utils.reader import PdfFileReader

    try:
        reader = PdfFileReader(io.BytesIO(pdf))
        embedded = list(reader.embedded_signatures)
        stamps = [one for one in embedded if one.sig_object_type == "/DocTimeStamp"]
        fields = tuple(_verified(one) for one in embedded if one.sig_object_type != "/DocTimeStamp")
        whole = bool(embedded) and (_covers_all(embedded[-1]) or _only_proofs_follow(pdf, reader, embedded[-1]))
        stamps_hold = all(_stamp_holds(one) for one in stamps)
    except keys.SealMisconfigured:
        raise
    except Exception:
        # A damaged file fails anywhere in the reader, with any exception.
        return Verification(fields=(), untouched=False, readable=False)
    held = bool(fields) and all(field.intact and field.allowed for field in fields)
    return Verification(fields=fields, untouched=held and whole and stamps_hold)


def extends(base: bytes, candidate: bytes) -> bool:
    """True when ``candidate`` is ``base``, byte for byte, with or without something after."""
    return candidate.startswith(base)


def described(pdf: bytes) -> dict[str, str]:
    """Title, subject… of a file. A signature may say which program made it and when: the rest is the document's own."""
    from pypdf import PdfReader

    found: dict[str, Any] = dict(PdfReader(io.BytesIO(pdf)).metadata or {})
    return {str(name): str(value) for name, value in found.items() if name not in ("/Producer", "/ModDate")}


def _profile() -> dict[str, Any]:
    from pyhanko.sign.fields import SigSeedSubFilter

    level = keys.seal_level()
    profile: dict[str, Any] = {"md_algorithm": _DIGEST, "subfilter": SigSeedSubFilter.PADES}
    if level in ("B-LT", "B-LTA"):
        profile |= {
            "embed_validation_info": True,
            "use_pades_lta": level == "B-LTA",
            "validation_context": _context(fetch=not keys.revocation_lists()),
        }
    return profile


def _context(*, fetch: bool = False) -> ValidationContext:
    from pyhanko_certvalidator import ValidationContext

    return ValidationContext(
        trust_roots=list(keys.trust_roots()), crls=list(keys.revocation_lists()), allow_fetching=fetch
    )


def _sign(
    pdf: bytes, metadata: PdfSignatureMetadata, signer: Signer, *, new_field: Any = None, stamp: bytes | None = None
) -> bytes:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.general import SigningError
    from pyhanko.sign.signers import PdfSigner
    from pyhanko.sign.timestamps import TimestampRequestError
    from pyhanko_certvalidator.errors import PathError

    stamper = keys.timestamper() if keys.seal_level() != "B-B" else None
    output = io.BytesIO()
    with _stamp_style(stamp) as style:
        writer = PdfSigner(metadata, signer=signer, timestamper=stamper, stamp_style=style, new_field_spec=new_field)
        try:
            writer.sign_pdf(
                IncrementalPdfFileWriter(io.BytesIO(pdf)), existing_fields_only=new_field is None, output=output
            )
        except TimestampRequestError as error:
            raise SigningFailed(f"Le service d'horodatage n'a pas répondu : réessayez plus tard ({error}).") from error
        except (SigningError, PathError) as error:
            raise SigningFailed(f"Le document n'a pas pu être signé : {error}.") from error
    return output.getvalue()


@contextmanager
def _stamp_style(stamp: bytes | None) -> Iterator[Any]:
    """pyHanko reads the picture of the frame from a file, while it signs."""
    from pyhanko.pdf_utils.layout import AxisAlignment, Margins, SimpleBoxLayoutRule
    from pyhanko.stamp import StaticStampStyle

    if stamp is None:
        # Nothing drawn: pyHanko's own stamp would use a font that is not in the file, which PDF/A forbids.
        yield StaticStampStyle(border_width=0)
        return
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(stamp)
        file.flush()
        # The picture has the size of the frame: no margin, or it would be shrunk.
        filled = SimpleBoxLayoutRule(AxisAlignment.ALIGN_MIN, AxisAlignment.ALIGN_MIN, Margins(0, 0, 0, 0))
        yield StaticStampStyle.from_pdf_file(file.name, border_width=0, background_layout=filled)


def _verified(embedded: Any) -> FieldVerification:
    from pyhanko.sign.validation import validate_pdf_signature

    try:
        status = validate_pdf_signature(embedded, _context())
    except Exception as error:
        return FieldVerification(
            name=embedded.field_name,
            signer="",
            signed_at=None,
            intact=False,
            allowed=False,
            trusted=False,
            bottom_line=False,
            problem=type(error).__name__,
        )
    stamp = status.timestamp_validity
    return FieldVerification(
        name=embedded.field_name,
        signer=keys.common_name(embedded.signer_cert),
        signed_at=stamp.timestamp if stamp is not None else status.signer_reported_dt,
        intact=bool(status.intact and status.valid),
        allowed=bool(status.docmdp_ok),
        trusted=bool(status.trusted),
        bottom_line=bool(status.bottom_line),
        stamped=stamp is not None,
    )


def _stamp_holds(embedded: Any) -> bool:
    """A document timestamp: intact, by an authority we believe."""
    from pyhanko.sign.validation import validate_pdf_timestamp

    try:
        status = validate_pdf_timestamp(embedded, _context())
        return bool(status.intact and status.valid and status.trusted)
    except Exception:
        return False


def _covers_all(embedded: Any) -> bool:
    from pyhanko.sign.validation.status import SignatureCoverageLevel

    embedded.compute_integrity_info()
    return bool(embedded.coverage == SignatureCoverageLevel.ENTIRE_FILE)


def _only_proofs_follow(pdf: bytes, reader: Any, last: Any) -> bool:
    """B-LT and B-LTA: certificates and revocation lists come after the last signature, and nothing else at all."""
    from pyhanko.sign.diff_analysis import ModificationLevel
    from pyhanko.sign.validation import validate_pdf_signature, validate_pdf_timestamp

    validate = validate_pdf_timestamp if last.sig_object_type == "/DocTimeStamp" else validate_pdf_signature
    level = validate(last, _context()).modification_level
    # Bytes that belong to no revision change nothing a reader sees; they are not ours either.
    revisions = _REVISION_END.findall(pdf)
    tidy = len(revisions) == reader.xrefs.total_revisions and pdf.endswith(revisions[-1])
    if not tidy or level not in (ModificationLevel.NONE, ModificationLevel.LTA_UPDATES):
        return False
    # pyHanko lets such an update rewrite the title and the subject too; we do not.
    return described(pdf[: last.byte_range[2] + last.byte_range[3]]) == described(pdf)
