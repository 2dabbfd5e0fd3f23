"""Kinds that are no rows of a territory: communes (reference data) and the pages of the guide."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse

from core.search import fold
from parties.actors import Actor
from parties.guide import INDEX, search_guide
from parties.models import Organisation, RefCommune, RefCommuneYear
from posts.models import Post

from .model import BEGINS, MOST_RESULTS, NAMED, SAME, Finder, Group, Result


def communes(by: Actor, text: str) -> Group | None:
    """Communes of the département with the posts that serve them and their EPCI. Six queries, none when none is found.

    A name of a commune is what people know of a territory; the post and the EPCI are what they look for.
    """
    needle = " ".join(fold(text).split())
    # Part of a code would bring every commune of the département.
    if not needle or (any(char.isdigit() for char in needle) and len(needle) != 5):
        return None
    rows = list(RefCommune.objects.in_departement(by.territory.code).named_like(needle).order_by("name"))
    if not rows:
        return None
    ranked = sorted(rows, key=lambda row: (_rank(row, needle), row.name))
    shown = ranked[:MOST_RESULTS]
    epcis = _epcis(shown)
    bodies = {body.siren: body for body in Organisation.objects.visible_to(by).filter(siren__in=epcis.values())}
    posts = list(Post.objects.visible_to(by).prefetch_related("post_units__unit", "coverage__organisation"))
    results = tuple(_commune(row, bodies.get(epcis.get(row.code, "")), posts) for row in shown)
    return Group("Communes", results, len(rows) - len(shown), rank=_rank(shown[0], needle))


def _rank(row: RefCommune, needle: str) -> int:
    name = fold(row.name)
    return SAME if needle in (name, row.code) else BEGINS if name.startswith(needle) else NAMED


def _epcis(rows: Iterable[RefCommune]) -> dict[str, str]:
    """SIREN of the EPCI of each commune, in the newest vintage that knows it."""
    years = RefCommuneYear.objects.of_communes(row.code for row in rows).filter(epci__isnull=False)
    return dict(years.order_by("vintage").values_list("commune_id", "epci_id"))


def _commune(row: RefCommune, epci: Organisation | None, posts: list[Post]) -> Result:
    serving = [post for post in posts if _serves(post, row.code, epci)]
    said = [", ".join(post.label for post in serving) or "aucun poste"]
    if epci is not None:
        said.append(epci.label)
    target = serving[0].get_absolute_url() if serving else epci.get_absolute_url() if epci else reverse("units")
    return Result(f"{row.name} ({row.code})", target, " ; ".join(said))


def _serves(post: Post, code: str, epci: Organisation | None) -> bool:
    """By the communes its units list; when they list none, by the EPCI it covers."""
    listed = {each for link in post.post_units.all() for each in link.unit.communes}
    if listed:
        return code in listed
    return epci is not None and any(link.organisation_id == epci.pk for link in post.coverage.all())


# --- Guide ------------------------------------------------------------------------------------------------------------


def guide(by: Actor, text: str) -> Group | None:
    """Pages and parts of the guide whose title holds every word. No query."""
    # A number is a reference of something: the guide's examples, which cite some, are no answer to it.
    if any(char.isdigit() for char in text):
        return None
    rows = search_guide(text, limit=MOST_RESULTS, in_titles=True)
    if not rows:
        return None
    shown = tuple(Result(row.title, row.url, row.excerpt) for row in rows)
    return Group("Guide d’utilisation", shown, 0, reverse("guide", args=[INDEX]))


FINDERS: tuple[Finder, ...] = (communes, guide)
