"""``{% load parties %}``: numbers of the directory as people read them, the help about the page shown."""

from django import template
from django.template import Context

from parties.directory import siren_fr
from parties.guide_links import help_for

register = template.Library()


@register.filter
def siren(value: str) -> str:
    """ "200035442" → "200 035 442" (no-break spaces); a SIRET keeps its five last digits together."""
    return siren_fr(value)


@register.simple_tag(takes_context=True)
def page_help(context: Context) -> str:
    """The address of the guide's section about the page shown; "" where the request is unknown (a failed page)."""
    request = context.get("request")
    match = getattr(request, "resolver_match", None)
    if request is None or match is None:
        return ""
    who = getattr(request, "actor", None) or getattr(request, "platform", None)
    return help_for(match.url_name or "", who.role if who else "")
