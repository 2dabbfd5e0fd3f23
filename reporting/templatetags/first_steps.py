"""``{% load first_steps %}{% first_steps as steps %}``: the list of first steps, on the home page of each role."""

from django import template
from django.template import Context

from reporting.first_steps import FirstStepsList, first_steps_of

register = template.Library()


@register.simple_tag(takes_context=True)
def first_steps(context: Context) -> FirstStepsList | None:
    """Nothing once every step is done or the list was put away."""
    request = context["request"]
    by = request.actor or request.platform
    found = first_steps_of(by) if by else None
    return found if found and not found.finished else None
