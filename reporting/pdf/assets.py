"""What a document may load while it renders: the project's own print fonts, style sheets and pictures, nothing else.

The text of a convention comes from many hands. Should a reference to a file or an address ever reach the renderer,
rendering stops: a document that silently lost a font or a picture must not be signed.
"""

from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

STATIC = Path(__file__).resolve().parents[2] / "static"
FONTS = STATIC / "fonts" / "pdf"
PRINT_STYLES = STATIC / "pdf"

# Faces declared in static/pdf/base.css; the character check keeps what all of them can print.
FACES = tuple(f"SourceSans3-{face}.ttf" for face in ("Regular", "It", "Semibold", "Bold", "BoldIt"))


def is_allowed(url: str) -> bool:
    """True for inline ``data:`` and for files inside the two print folders, whatever ``..`` or links the path holds."""
    parts = urlsplit(url)
    if parts.scheme == "data":
        return True
    if parts.scheme != "file" or parts.netloc not in ("", "localhost"):
        return False
    target = Path(unquote(parts.path)).resolve()
    return any(target.is_relative_to(root.resolve()) for root in (FONTS, PRINT_STYLES))


@cache
def printable_codepoints() -> frozenset[int]:
    """Code points present in every face, so that bold or italic never falls back to a font of the machine."""
    from fontTools.ttLib import TTFont

    maps = []
    for face in FACES:
        with TTFont(FONTS / face, lazy=True) as font:
            maps.append(frozenset(font.getBestCmap()))
    return frozenset.intersection(*maps)
