"""Guards for pages: who may come in. What each role may do is in :mod:`parties.roles`; services check it again."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from core.french import de as french_de
from parties.actors import Actor, PlatformActor
from parties.roles import ABILITIES

View = Callable[..., HttpResponse]


class ActorRequest(HttpRequest):
    """What a view receives once :func:`member_required` let it through."""

    actor: Actor


class PlatformRequest(HttpRequest):
    """What a view receives once :func:`platform_required` let it through."""

    platform: PlatformActor


def why_nothing(request: HttpRequest) -> str:
    """What to tell an account that acts for no territory."""
    platform = getattr(request, "platform", None)
    if platform is not None:
        return (
            "Cette page est celle d'un territoire. Vous agissez ici hors de tout territoire : choisissez en haut de la"
            " page une organisation, si vous en avez une."
        )
    suspended = getattr(getattr(request, "held", None), "suspended", ())
    if suspended:
        names = ", ".join(str(territory) for territory in suspended)
        return (
            f"L'accès à ce territoire est suspendu : {names}. Rien n'est effacé. Adressez-vous aux administrateurs de"
            " la plateforme."
        )
    return "Votre compte n'est rattaché à aucune organisation. Adressez-vous à la personne qui gère le dispositif."


def member_required(view: View) -> View:
    """An account without any membership in force has nothing to see: 403 that says so."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if getattr(request, "actor", None) is None:
            raise PermissionDenied(why_nothing(request))
        return view(request, *args, **kwargs)

    return guarded


def ability_required(ability: str) -> Callable[[View], View]:
    """Refuse with a 403 naming the act when the role lacks ``ability``."""

    def decorate(view: View) -> View:
        @wraps(view)
        @member_required
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            if not request.actor.can(ability):  # type: ignore[attr-defined]
                raise PermissionDenied(f"Votre rôle ne permet pas {french_de(ABILITIES[ability])}.")
            return view(request, *args, **kwargs)

        guarded.ability = ability  # type: ignore[attr-defined]
        return guarded

    return decorate


def platform_required(ability: str) -> Callable[[View], View]:
    """For pages outside any territory: refuse whoever does not act there with ``ability``."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            platform = getattr(request, "platform", None)
            if platform is None or not platform.can(ability):
                raise PermissionDenied(f"Votre rôle ne permet pas {french_de(ABILITIES[ability])}.")
            return view(request, *args, **kwargs)

        guarded.ability = ability  # type: ignore[attr-defined]
        return guarded

    return decorate
