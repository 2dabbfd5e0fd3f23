"""The signature circuit (docs/operations.md, « Signatures »)."""

import os

#: Days a personal link to sign serves, from its last sending.
COSIGNE_SIGNING_LINK_DAYS = int(os.environ.get("SIGNING_LINK_DAYS") or 30)
#: Whether a proof of signature keeps the whole network address; by default the network alone (/24, /48).
COSIGNE_EVIDENCE_FULL_ADDRESS = (os.environ.get("EVIDENCE_FULL_ADDRESS") or "").strip().lower() in {"1", "true", "oui"}
