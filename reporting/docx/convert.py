"""From a page of simple HTML to a DOCX file, by pandoc in its sandbox: it reads no file, fetches nothing."""

from __future__ import annotations

import subprocess
from pathlib import Path

from core.errors import BusinessError

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
TIMEOUT = 30  # seconds
#: The longest convention known needs a tenth of it.
MOST_MEMORY = "512M"


class DocxUnavailable(BusinessError):
    """Pandoc is not installed, or did not manage (HTTP 503)."""

    status = 503


def html_to_docx(html: str, *, moment: int) -> bytes:
    """The DOCX of ``html``, dated ``moment`` (seconds since 1970): the same page and date give the same bytes.

    The text comes from many hands: pandoc runs with ``--sandbox``, in an empty environment, memory and time bounded.
    Raises :class:`DocxUnavailable`.
    """
    arguments = [
        _pandoc(),
        *("+RTS", f"-M{MOST_MEMORY}", "-RTS"),
        "--sandbox",
        *("--from", "html-native_divs-native_spans"),
        *("--to", "docx"),
        *("--output", "-"),
    ]
    environment = {"SOURCE_DATE_EPOCH": str(moment), "LANG": "C.UTF-8", "HOME": "/nonexistent"}
    try:
        done = subprocess.run(
            arguments, input=html.encode(), capture_output=True, timeout=TIMEOUT, env=environment, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise DocxUnavailable("Le fichier de traitement de texte n'a pas pu être produit : réessayez.") from error
    return done.stdout


def _pandoc() -> str:
    import pypandoc

    try:
        return str(Path(pypandoc.get_pandoc_path()))
    except OSError as error:
        raise DocxUnavailable("Pandoc n'est pas installé sur ce serveur : réinstallez les bibliothèques.") from error
