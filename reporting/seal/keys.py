"""The key of the organisation's seal, the authorities believed, the timestamp service: read once from the settings.

Everything wrong in the settings is a :class:`SealMisconfigured`, in words, raised at start-up by a system check and
again by whoever needs the key.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings

from core.errors import BusinessError

if TYPE_CHECKING:
    from asn1crypto.crl import CertificateList
    from asn1crypto.x509 import Certificate
    from pyhanko.sign.signers import SimpleSigner
    from pyhanko.sign.timestamps import TimeStamper

LEVELS = ("B-B", "B-T", "B-LT", "B-LTA")
#: A self-signed seal outlives the documents' legal life; nobody is there to renew it.
SELF_SIGNED_YEARS = 30
#: Long ago: a machine whose clock was wrong the day it drew its seal can still use it.
SELF_SIGNED_SINCE = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
SELF_SIGNED_NAME = "Cachet de Cosigne (certificat auto-signé)"


class SealMisconfigured(BusinessError):
    """The settings of the seal name a file that cannot be used; the message names the variable (HTTP 503)."""

    status = 503


@cache
def seal_signer() -> SimpleSigner:
    """The seal: PKCS#12 file, key and certificate, or a self-signed one made in the working folder.

    Loaded once in a process: reading an RSA key costs as much as sealing. Raises :class:`SealMisconfigured`.
    """
    password = settings.COSIGNE_SEAL_PASSWORD.encode() or None
    chain = certificates("SEAL_CHAIN", settings.COSIGNE_SEAL_CHAIN)
    if settings.COSIGNE_SEAL_PKCS12:
        name = "SEAL_PKCS12"
        content = _read(name, settings.COSIGNE_SEAL_PKCS12)
        signer = _from_pkcs12(content, password, chain)
    elif settings.COSIGNE_SEAL_KEY or settings.COSIGNE_SEAL_CERTIFICATE:
        name = "SEAL_KEY"
        signer = _from_pem(settings.COSIGNE_SEAL_KEY, settings.COSIGNE_SEAL_CERTIFICATE, password, chain)
    else:
        name = "COSIGNE_VAR"
        key, certificate = _self_signed(Path(settings.VAR_DIR) / "cachet")
        signer = _from_pem(str(key), str(certificate), None, [])
    if signer is None:
        raise SealMisconfigured(
            f"{name} : la clé du cachet ne se lit pas. Vérifiez que le fichier contient la clé privée et le certificat,"
            " et que SEAL_PASSWORD est le bon mot de passe."
        )
    _check_dates(signer.signing_cert)
    return signer


def seal_certificate() -> Certificate:
    """The certificate of the seal."""
    certificate = seal_signer().signing_cert
    assert certificate is not None, "a signer loaded from files has one"
    return certificate


def seal_name() -> str:
    """Whose seal it is: the name its certificate gives."""
    return common_name(seal_certificate())


def seal_fingerprint() -> str:
    """SHA-256 of the seal's certificate, in hexadecimal."""
    return hashlib.sha256(seal_certificate().dump()).hexdigest()


def is_self_signed() -> bool:
    """True when nobody but this server vouches for the seal."""
    return seal_certificate().self_signed in ("yes", "maybe")


@cache
def trust_roots() -> tuple[Certificate, ...]:
    """The certificates believed without further proof: the configured authorities, and the seal itself."""
    found = certificates("TRUST_ROOTS", settings.COSIGNE_TRUST_ROOTS)
    return (*found, seal_certificate())


@cache
def revocation_lists() -> tuple[CertificateList, ...]:
    """The lists of revoked certificates of the configured folder."""
    from asn1crypto import pem
    from asn1crypto.crl import CertificateList

    lists = []
    for path in _files("CRL_FOLDER", settings.COSIGNE_CRL_FOLDER):
        data = _read("CRL_FOLDER", str(path))
        try:
            lists.append(CertificateList.load(pem.unarmor(data)[2] if pem.detect(data) else data))
            lists[-1].native  # noqa: B018  (parsing is lazy: a wrong file is refused here)
        except ValueError as error:
            raise SealMisconfigured(f"CRL_FOLDER : {path} n'est pas une liste de révocation.") from error
    return tuple(lists)


@cache
def timestamper() -> TimeStamper | None:
    """The timestamp service; None unless one is configured."""
    if not settings.COSIGNE_TSA_URL:
        return None
    from pyhanko.sign.timestamps import HTTPTimeStamper

    address = urlsplit(settings.COSIGNE_TSA_URL)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise SealMisconfigured(f"TSA_URL : « {settings.COSIGNE_TSA_URL} » n'est pas une adresse http ou https.")
    user = settings.COSIGNE_TSA_USER
    return HTTPTimeStamper(
        settings.COSIGNE_TSA_URL,
        https=address.scheme == "https",
        timeout=20,
        auth=(user, settings.COSIGNE_TSA_PASSWORD) if user else None,
    )


def seal_level() -> str:
    """The PAdES level of seals and signatures: B-B without a timestamp service, B-LTA with one unless set otherwise."""
    asked = settings.COSIGNE_SEAL_LEVEL
    if asked and asked not in LEVELS:
        raise SealMisconfigured(f"SEAL_LEVEL : « {asked} » n'est pas un niveau. Choisissez {', '.join(LEVELS)}.")
    if timestamper() is None:
        if asked not in ("", "B-B"):
            raise SealMisconfigured(f"SEAL_LEVEL vaut {asked} : il faut un service d'horodatage (TSA_URL).")
        return "B-B"
    return asked or "B-LTA"


def forget() -> None:
    """Read the settings again at the next use (tests, certificate just replaced)."""
    for cached in (seal_signer, trust_roots, revocation_lists, timestamper):
        cached.cache_clear()


def problems() -> list[str]:
    """What is wrong in the settings, each in one sentence. Draws no key."""
    found = []
    reads: list[Callable[[], object]] = [revocation_lists, seal_level]
    if settings.COSIGNE_SEAL_PKCS12 or settings.COSIGNE_SEAL_KEY or settings.COSIGNE_SEAL_CERTIFICATE:
        reads.insert(0, seal_signer)
    reads.append(lambda: certificates("TRUST_ROOTS", settings.COSIGNE_TRUST_ROOTS))
    for read in reads:
        try:
            read()
        except SealMisconfigured as error:
            if error.message not in found:
                found.append(error.message)
    return found


def common_name(certificate: Certificate) -> str:
    """Who a certificate names, as a person reads it."""
    names = certificate.subject.native
    return str(names.get("common_name") or names.get("organization_name") or certificate.subject.human_friendly)


def certificates(name: str, place: str) -> list[Certificate]:
    """The certificates of a file or of a folder's files; none when ``place`` is empty. ``name``: the variable."""
    from pyhanko.keys import load_certs_from_pemder_data

    found: list[Certificate] = []
    for path in _files(name, place):
        try:
            read = list(load_certs_from_pemder_data(_read(name, str(path))))
            for certificate in read:
                certificate.native  # noqa: B018  (parsing is lazy: a wrong file is refused here)
        except ValueError as error:
            raise SealMisconfigured(f"{name} : {path} n'est pas un certificat (PEM ou DER).") from error
        found += read
    return found


def _files(name: str, place: str) -> list[Path]:
    if not place:
        return []
    path = Path(place)
    if path.is_dir():
        return sorted(entry for entry in path.iterdir() if entry.is_file() and not entry.name.startswith("."))
    if not path.is_file():
        raise SealMisconfigured(f"{name} : « {place} » n'existe pas.")
    return [path]


def _read(name: str, place: str) -> bytes:
    try:
        return Path(place).read_bytes()
    except OSError as error:
        raise SealMisconfigured(f"{name} : « {place} » ne se lit pas ({error.strerror}).") from error


def _from_pkcs12(content: bytes, password: bytes | None, chain: list[Certificate]) -> SimpleSigner | None:
    from pyhanko.sign.signers import SimpleSigner

    try:
        signer: SimpleSigner | None = SimpleSigner.load_pkcs12_data(content, other_certs=chain, passphrase=password)
    except ValueError:
        return None
    return signer


def _from_pem(key: str, certificate: str, password: bytes | None, chain: list[Certificate]) -> SimpleSigner | None:
    from pyhanko.sign.signers import SimpleSigner

    if not (key and certificate):
        raise SealMisconfigured("SEAL_KEY et SEAL_CERTIFICATE vont ensemble : il en manque un.")
    for name, place in (("SEAL_KEY", key), ("SEAL_CERTIFICATE", certificate)):
        _read(name, place)
    signer: SimpleSigner | None = SimpleSigner.load(key, certificate, key_passphrase=password, other_certs=chain)
    return signer


def _check_dates(certificate: Certificate) -> None:
    now = dt.datetime.now(dt.UTC)
    if not certificate.not_valid_before <= now <= certificate.not_valid_after:
        first, last = certificate.not_valid_before, certificate.not_valid_after
        raise SealMisconfigured(
            f"Le certificat du cachet ({common_name(certificate)}) vaut du {first:%d/%m/%Y} au {last:%d/%m/%Y} :"
            " installez celui qui est en vigueur."
        )


def _self_signed(folder: Path) -> tuple[Path, Path]:
    """The key and the certificate of this installation, drawn at the first use."""
    key, certificate = folder / "cle.pem", folder / "certificat.pem"
    if not certificate.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix="cachet-", dir=folder.parent))
        _draw(draft / key.name, draft / certificate.name)
        try:
            # Both files at once: two processes starting together agree on the pair of the first one.
            draft.rename(folder)
        except OSError:
            shutil.rmtree(draft)
    return key, certificate


def _draw(key_file: Path, certificate_file: Path) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, SELF_SIGNED_NAME)])
    now = dt.datetime.now(dt.UTC)
    usage = dict.fromkeys(
        ("key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign", "encipher_only"), False
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(SELF_SIGNED_SINCE)
        .not_valid_after(now + dt.timedelta(days=365 * SELF_SIGNED_YEARS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=True, content_commitment=True, decipher_only=False, **usage), critical=True
        )
        .sign(key, hashes.SHA256())
    )
    key_file.touch(mode=0o600)
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
