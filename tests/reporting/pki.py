"""An authority, its certificates, its revocation list and its timestamp service, made for the tests, in files."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PASSWORD = "mot de passe du cachet"
NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)


@dataclass
class Authority:
    """``folder`` holds autorite.pem, liste.crl, cachet.p12 (with PASSWORD), cachet.key, cachet.pem."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def issue(self, name: str, *, key=None, until: dt.datetime | None = None, timestamping: bool = False):
        key = key or ec.generate_private_key(ec.SECP256R1())
        builder = _builder(name, self.certificate.subject, key, until or NOW + 700 * DAY)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_usage(content_commitment=not timestamping), critical=True)
        if timestamping:
            builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        return key, builder.sign(self.key, hashes.SHA256())

    def write(self, name: str, key, certificate) -> tuple[Path, Path]:
        files = self.folder / f"{name}.key", self.folder / f"{name}.pem"
        files[0].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        files[1].write_bytes(certificate.public_bytes(Encoding.PEM))
        return files

    def signer(self, name: str, **options):
        """A person's certificate, ready to sign with."""
        from pyhanko.sign.signers import SimpleSigner

        key, certificate = self.write(name, *self.issue(name, **options))
        return SimpleSigner.load(str(key), str(certificate), ca_chain_files=[str(self.folder / "autorite.pem")])

    def timestamper(self):
        """A timestamp service in this process, as the real one answers."""
        from pyhanko.keys import load_cert_from_pemder, load_private_key_from_pemder
        from pyhanko.sign.timestamps import DummyTimeStamper

        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        files = self.write("horodatage", *self.issue("Horodatage d'essai", key=key, timestamping=True))
        return DummyTimeStamper(load_cert_from_pemder(str(files[1])), load_private_key_from_pemder(str(files[0]), None))


def make_authority(folder: Path) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Autorité d'essai")
    builder = _builder("Autorité d'essai", name, key, NOW + 3000 * DAY)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    certificate = builder.add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True).sign(
        key, hashes.SHA256()
    )
    authority = Authority(folder, key, certificate)
    (folder / "autorite.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    crl = x509.CertificateRevocationListBuilder().issuer_name(name).last_update(NOW - DAY).next_update(NOW + 90 * DAY)
    (folder / "liste.crl").write_bytes(crl.sign(key, hashes.SHA256()).public_bytes(Encoding.DER))
    seal = authority.issue("Conseil départemental d'essai")
    authority.write("cachet", *seal)
    (folder / "cachet.p12").write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"cachet", seal[0], seal[1], [certificate], BestAvailableEncryption(PASSWORD.encode())
        )
    )
    return authority


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(name: str, issuer: x509.Name, key, until: dt.datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - 400 * DAY)
        .not_valid_after(until)
    )


def _usage(**allowed: bool) -> x509.KeyUsage:
    names = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign")
    names += ("crl_sign", "encipher_only", "decipher_only")
    return x509.KeyUsage(digital_signature=True, **(dict.fromkeys(names, False) | allowed))
