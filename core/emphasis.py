"""Bold stretches of a plain text, printed: positions in the text as stored, whatever spaces typography then puts in."""

from collections.abc import Iterable, Iterator, Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from core.typography import fr_text

Runs = list[tuple[str, bool]]


def runs(text: str, bold: Iterable[Sequence[int]], shown: str | None = None) -> Runs:
    """``shown`` (default: ``text``) cut where ``text`` is bold or not: ``[("gras", True), (" et non", False)]``.

    ``shown`` may differ from ``text`` by its spaces only, which is what ``core.typography`` changes: characters that
    are no space are counted, so a cut falls at the same letter. Raises ``ValueError`` on positions outside the text.
    """
    shown = text if shown is None else shown
    cuts: list[tuple[int, bool]] = []
    for start, end in bold:
        if not 0 <= start < end <= len(text):
            raise ValueError(f"no bold stretch from {start} to {end} in a text of {len(text)} characters")
        cuts += [(start, True), (end, False)]
    places = list(_letters(shown))
    done: Runs = []
    last, weight = 0, False
    for position, following in cuts:
        # A stretch of spaces alone closes where it opened.
        here = max(last, _place(places, sum(1 for _ in _letters(text[:position])), len(shown), opening=following))
        if here > last:
            done.append((shown[last:here], weight))
        last, weight = here, following
    if last < len(shown):
        done.append((shown[last:], weight))
    return done


def printed(text: str, bold: Iterable[Sequence[int]]) -> SafeString:
    """The text with French spacing, escaped, its bold stretches in ``<strong>``: the only markup there is."""
    return format_html_join(
        "",
        "{}",
        ((format_html("<strong>{}</strong>", piece) if strong else piece,) for piece, strong in _shown(text, bold)),
    )


def _shown(text: str, bold: Iterable[Sequence[int]]) -> Runs:
    return runs(text, bold, fr_text(text))


def _letters(text: str) -> Iterator[int]:
    return (index for index, character in enumerate(text) if not character.isspace())


def _place(places: Sequence[int], count: int, length: int, *, opening: bool) -> int:
    """Where ``count`` letters have been read: a stretch opens on its first letter and closes after its last."""
    if opening:
        return places[count] if count < len(places) else length
    return places[count - 1] + 1 if count else 0
