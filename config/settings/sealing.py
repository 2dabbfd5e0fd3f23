"""The organisation's seal on documents, the timestamp service, what is trusted (docs/operations.md, « Cachet »)."""

import os

#: Address at which people reach the site ("https://cosigne.example.org"): what documents print for their verification.
COSIGNE_PUBLIC_URL = (os.environ.get("PUBLIC_URL") or "").strip().rstrip("/")

#: The key and the certificate of the seal: one PKCS#12 file, or two PEM files. Nothing at all: a self-signed one is
#: made in COSIGNE_VAR, which proves that nothing changed, not who the organisation is.
COSIGNE_SEAL_PKCS12 = os.environ.get("SEAL_PKCS12", "").strip()
COSIGNE_SEAL_KEY = os.environ.get("SEAL_KEY", "").strip()
COSIGNE_SEAL_CERTIFICATE = os.environ.get("SEAL_CERTIFICATE", "").strip()
COSIGNE_SEAL_PASSWORD = os.environ.get("SEAL_PASSWORD", "")
#: PEM or DER certificates between the seal's and its authority's, when the PKCS#12 file does not hold them.
COSIGNE_SEAL_CHAIN = os.environ.get("SEAL_CHAIN", "").strip()
#: A timestamp service (RFC 3161). With one, documents are sealed at SEAL_LEVEL: B-T, B-LT or B-LTA; without, at B-B.
COSIGNE_TSA_URL = os.environ.get("TSA_URL", "").strip()
COSIGNE_TSA_USER = os.environ.get("TSA_USER", "")
COSIGNE_TSA_PASSWORD = os.environ.get("TSA_PASSWORD", "")
COSIGNE_SEAL_LEVEL = os.environ.get("SEAL_LEVEL", "").strip().upper()
#: A file or a folder of PEM or DER certificates of the authorities believed, beside the seal's own.
COSIGNE_TRUST_ROOTS = os.environ.get("TRUST_ROOTS", "").strip()
#: A folder of revocation lists. Without one they are fetched where certificates say, when sealing at B-LT and above.
COSIGNE_CRL_FOLDER = os.environ.get("CRL_FOLDER", "").strip()
