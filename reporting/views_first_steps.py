"""« Premiers pas »: the list of one's role, found again from the help; ticking, putting away."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from core.errors import InvalidInput
from parties import services
from parties.access import why_nothing
from parties.actors import Actor, PlatformActor
from reporting.first_steps import first_steps_of, ticked_by_hand


@require_http_methods(["GET", "POST"])
def first_steps(request: HttpRequest) -> HttpResponse:
    """The list; a POST says ``act``: ``tick`` or ``untick`` a ``step``, ``hide`` or ``show`` the list."""
    by: Actor | PlatformActor | None = request.actor or request.platform  # type: ignore[attr-defined]
    if by is None:
        raise PermissionDenied(why_nothing(request))
    if request.method == "POST":
        change(request, by)
        from_home = request.POST.get("from") == "home"
        return redirect("home") if from_home else redirect("first-steps")
    return render(request, "reporting/first_steps.html", {"steps": first_steps_of(by, even_hidden=True)})


def change(request: HttpRequest, by: Actor | PlatformActor) -> None:
    act, step = request.POST.get("act", ""), request.POST.get("step", "")
    if act in ("tick", "untick"):
        services.tick_step(step=step, done=act == "tick", known=ticked_by_hand(by), by=by)
    elif act in ("hide", "show"):
        services.show_first_steps(shown=act == "show", by=by)
    else:
        raise InvalidInput("Cette action n'existe pas : rechargez la page.", place="act")
