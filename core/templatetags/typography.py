"""``{{ text|fr }}``: French typography at the moment of display, so that stored text stays plain and comparable."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.template.defaultfilters import stringfilter
from django.utils.safestring import SafeString

from core.emphasis import printed
from core.typography import fr_text

register = template.Library()


@register.filter(is_safe=True)
@stringfilter
def fr(value: str) -> str:
    """The text with French no-break spaces and apostrophes; escaping stays the template's business."""
    return fr_text(value)


@register.filter
def fr_block(block: Mapping[str, Any]) -> SafeString:
    """The text of a paragraph (``text``, ``bold``) with French typography, its bold stretches marked."""
    return printed(str(block["text"]), block.get("bold", ()))


@register.filter
def fr_points(block: Mapping[str, Any]) -> list[SafeString]:
    """The points of a list (``items``, ``bold``) as ``fr_block`` prints a paragraph."""
    items = block["items"]
    bold = block.get("bold") or [()] * len(items)
    return [printed(str(item), stretches) for item, stretches in zip(items, bold, strict=True)]
