"""The circuit of a convention, for the tab of its page: ``{% circuit_board convention as circuit %}``."""

from __future__ import annotations

from django import template
from django.template import Context

from conventions.models import Avenant, Convention
from reporting.circuit.present import Board, board_of

register = template.Library()


@register.simple_tag(takes_context=True)
def circuit_board(context: Context, convention: Convention, avenant: Avenant | None = None) -> Board | None:
    """The board of the circuit of a convention, or of an avenant, as the visitor may see it; None without any."""
    return board_of(convention, context["request"].actor, avenant)
