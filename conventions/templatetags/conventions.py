"""`{% load conventions %}`: the state of a convention, holes and changes made visible."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import conditional_escape, escape, format_html, format_html_join, linebreaks
from django.utils.safestring import SafeString, mark_safe

from conventions.models import Avenant, Convention
from conventions.presentation.avenants import TONES as AVENANT_TONES
from conventions.presentation.states import state_on
from conventions.redline import Op, Paragraph, Piece, redline
from core.emphasis import runs
from core.templatetags.ui import TONE_ICONS

register = template.Library()

_HOLE = re.compile(r"\[à (?:compléter|corriger) : [^\]]*\]")


@register.inclusion_tag("ui/status.html")
def convention_status(convention: Convention) -> dict[str, Any]:
    """The state today: `{% convention_status convention %}`."""
    state = state_on(convention, timezone.localdate())
    return {"label": state.label, "tone": state.tone, "icon_name": TONE_ICONS[state.tone]}


@register.inclusion_tag("ui/status.html")
def avenant_status(avenant: Avenant) -> dict[str, Any]:
    """The state of an avenant in a word: `{% avenant_status avenant %}`."""
    tone = AVENANT_TONES[avenant.status]
    return {"label": avenant.get_status_display(), "tone": tone, "icon_name": TONE_ICONS[tone]}


@register.filter
def holes(text: str) -> SafeString:
    """The text with « [à compléter : …] » marked."""
    escaped = str(conditional_escape(text))
    # Escaping first: the mark added afterwards is the only markup.
    return mark_safe(_HOLE.sub(lambda found: f"<mark>{found[0]}</mark>", escaped))


@register.filter
def block_holes(block: Mapping[str, Any]) -> SafeString:
    """A paragraph as it will be printed: bold stretches in bold, holes marked."""
    return _marked(block["text"], block.get("bold", ()))


@register.filter
def point_holes(block: Mapping[str, Any]) -> list[SafeString]:
    """The points of a list, as ``block_holes`` shows a paragraph."""
    items = block["items"]
    bold = block.get("bold") or [()] * len(items)
    return [_marked(item, stretches) for item, stretches in zip(items, bold, strict=True)]


def _marked(text: str, bold: Iterable[Sequence[int]]) -> SafeString:
    return format_html_join(
        "", "{}", ((format_html("<strong>{}</strong>", holes(t)) if b else holes(t),) for t, b in runs(text, bold))
    )


@register.simple_tag
def redline_paragraphs(paragraphs: Iterable[Paragraph]) -> SafeString:
    """Paragraphs of a comparison; each change also says in words what it is."""
    return format_html_join("\n", "<p>{}</p>", ((redline_line(paragraph),) for paragraph in paragraphs))


@register.simple_tag
def redline_line(pieces: Paragraph) -> SafeString:
    """One line of a comparison, without its paragraph."""
    return format_html_join("", "{}", ((_piece(piece),) for piece in pieces))


@register.simple_tag
def redline_between(before: str, after: str) -> SafeString:
    """The paragraphs that differ between two texts, and only them."""
    changed = [p for p in redline(before, after) if any(piece.op is not Op.SAME for piece in p)]
    return redline_paragraphs(changed)


def _piece(piece: Piece) -> SafeString:
    # Line ends are kept for lists; the text itself is escaped first.
    text = mark_safe(escape(piece.text).replace("\n", "<br>"))
    if piece.op is Op.REMOVED:
        return format_html('<del><span class="visually-hidden">supprimé : </span>{}</del>', text)
    if piece.op is Op.ADDED:
        return format_html('<ins><span class="visually-hidden">ajouté : </span>{}</ins>', text)
    return text


@register.filter
def typed(text: str) -> SafeString:
    """A text typed by a person, its paragraphs kept."""
    return mark_safe(linebreaks(text, autoescape=True))
