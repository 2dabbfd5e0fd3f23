"""``{% load parties %}``: numbers of the directory as people read them."""

from django import template

from parties.directory import siren_fr

register = template.Library()


@register.filter
def siren(value: str) -> str:
    """ "200035442" → "200 035 442" (no-break spaces); a SIRET keeps its five last digits together."""
    return siren_fr(value)
