"""The circuit of a convention, for the tab of its page: ``{% circuit_board convention as circuit %}``."""

from __future__ import annotations

from django import template
from django.template import Context

from conventions.models import Convention
from reporting.circuit.present import Board, board_of

register = template.Library()


@register.simple_tag(takes_context=True)
def circuit_board(context: Context, convention: Convention) -> Board | None:
    """The board of the convention's circuit as the visitor may see it; None when there is none."""
    return board_of(convention, context["request"].actor)
