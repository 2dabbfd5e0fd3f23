"""The seal on something that is not a PDF: a signature in a file of its own (CMS, detached), read by openssl."""

from __future__ import annotations

import asyncio

from reporting.seal import keys
from reporting.seal.apart import outside_any_loop


@outside_any_loop
def sign_detached(data: bytes) -> bytes:
    """The organisation's signature of ``data``, DER. Raises ``SealMisconfigured``.

    Checked by anybody with ``openssl cms -verify -inform DER -in F.p7s -content F -binary``.
    """
    signer = keys.seal_signer()
    made = asyncio.run(signer.async_sign_general_data(data, "sha256", detached=True))
    signature: bytes = made.dump()
    return signature


@outside_any_loop
def verify_detached(data: bytes, signature: bytes) -> tuple[str, bool]:
    """Who signed ``data``, and whether the signature holds and its certificate is believed. Never raises for bytes."""
    from asn1crypto.cms import ContentInfo
    from pyhanko.sign.validation.generic_cms import async_validate_detached_cms
    from pyhanko_certvalidator import ValidationContext

    context = ValidationContext(trust_roots=list(keys.trust_roots()), crls=list(keys.revocation_lists()))
    try:
        content = ContentInfo.load(signature)["content"]
        status = asyncio.run(async_validate_detached_cms(data, content, signer_validation_context=context))
    except Exception:
        # Damaged bytes fail anywhere in the reader, with any exception.
        return "", False
    return keys.common_name(status.signing_cert), bool(status.bottom_line)
