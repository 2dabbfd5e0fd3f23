"""Documents rendered a moment ago: asking twice for the same draft lays it out once.

Kept in the cache under the digest of everything the bytes depend on: content, date, mark, template and style sheets.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from functools import cache as once
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.cache import cache

from conventions.text import canonical_bytes
from reporting.pdf.assets import PRINT_STYLES
from reporting.pdf.convention import render_convention
from reporting.seal.marks import PrintedMark

#: Seconds: a working day. A draft that changes is another content, hence another key.
KEPT = 10 * 3600
#: Larger documents are rendered each time rather than fill the cache. Bytes.
LARGEST = 2 * 1024 * 1024


def recent_pdf(*, content: Mapping[str, Any], created: datetime, mark: PrintedMark | None = None) -> bytes:
    """What ``render_convention`` gives, from the cache when it was asked for lately. Errors are those of that one."""
    made_from = canonical_bytes(dict(content)) + f"{created.isoformat()} {mark} {_design()}".encode()
    key = f"pdf:{hashlib.sha256(made_from).hexdigest()}"
    found: bytes | None = cache.get(key)
    if found is not None:
        return found
    data = render_convention(content=content, created=created, mark=mark)
    if len(data) <= LARGEST:
        cache.set(key, data, KEPT)
    return data


@once
def _design() -> str:
    """Digest of templates and style sheets: a new version of the program does not serve the former one's pages."""
    styles = [path for path in PRINT_STYLES.iterdir() if path.is_file()]
    files = [*styles, *(Path(settings.BASE_DIR) / "templates" / "pdf").glob("*.html")]
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(path.read_bytes())
    return digest.hexdigest()
