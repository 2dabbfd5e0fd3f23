"""The pictures of the user guide, made by the walks that newcomers take.

``COSIGNE_GUIDE_PICTURES=1`` writes them (docs/guide/images); otherwise each one is checked: it is there, and the screen
it shows still has the words it is there to illustrate. A picture that lies is worse than none.
"""

from __future__ import annotations

import io
import math
import os

from PIL import Image
from playwright.sync_api import Locator, expect

from parties.guide import IMAGES
from tests.e2e.pages import Visitor

WRITING = os.environ.get("COSIGNE_GUIDE_PICTURES") == "1"
#: What one may weigh (bytes), so that a page of the guide opens on a slow line; tests/parties/test_guide.py holds it.
HEAVIEST = 80_000
#: Left around the part, in pixels.
ROOM = 14
#: Fewer colours until it is light enough: screens have few.
PALETTES = (96, 64, 48, 32, 24, 16)


def picture(person: Visitor, name: str, *words: str, part: Locator | None = None, height: int = 760) -> None:
    """What ``person`` sees of ``part`` (the page's own content unless said), ``height`` pixels at most.

    ``words`` are those the picture is there for: the page must show them, in the part of it that is pictured.
    """
    shown = part or person.main
    for word in words:
        expect(shown).to_contain_text(word)
    path = IMAGES / f"{name}.png"
    if not WRITING:
        assert path.is_file(), f"{path.name} manque : COSIGNE_GUIDE_PICTURES=1 le fait"
        return
    path.write_bytes(light(taken(person, shown, height)))


def taken(person: Visitor, shown: Locator, height: int) -> bytes:
    """The picture as the browser gives it: the part, with a little room around it, from its top."""
    page = person.page
    page.mouse.move(0, 0)
    page.evaluate("document.activeElement && document.activeElement.blur(); window.scrollTo(0, 0)")
    box = shown.bounding_box()
    assert box is not None
    left, top = max(math.floor(box["x"]) - ROOM, 0), max(math.floor(box["y"]) - ROOM, 0)
    right, bottom = math.ceil(box["x"] + box["width"]) + ROOM, math.ceil(box["y"] + box["height"]) + ROOM
    width = page.evaluate("document.documentElement.clientWidth")
    clip = {"x": left, "y": top, "width": min(right, width) - left, "height": min(bottom - top, height)}
    # Hiding the caret injects a style, which our policy rightly refuses.
    return page.screenshot(clip=clip, full_page=True, caret="initial", animations="allow")  # type: ignore[arg-type]


def light(png: bytes) -> bytes:
    """The same picture in as many colours as its weight allows."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    for colours in PALETTES:
        stream = io.BytesIO()
        image.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
            stream, "PNG", optimize=True
        )
        if stream.tell() <= HEAVIEST:
            return stream.getvalue()
    raise AssertionError(f"une image de {stream.tell()} octets : montrez-en une partie")
