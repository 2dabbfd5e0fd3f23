"""``{{ text|fr }}``: French typography at the moment of display, so that stored text stays plain and comparable."""

from django import template
from django.template.defaultfilters import stringfilter

from core.typography import fr_text

register = template.Library()


@register.filter(is_safe=True)
@stringfilter
def fr(value: str) -> str:
    """The text with French no-break spaces and apostrophes; escaping stays the template's business."""
    return fr_text(value)
