"""What is said of a post: its kind, its time, its units and its territory, as finished French."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from core.french import lower_first
from core.french.names import Name
from core.french.numbers import enumerate_fr
from core.french.people import post_title
from core.money import percent
from posts.enums import PostKind, Zone
from posts.models import Post

from .dossier import Draft
from .names import unit_name

#: Functions lose their capital inside a sentence; a name that stands for an authority keeps it.
_FUNCTIONS = re.compile(
    r"(?i)(direct|command|commissaire|chef|conjoint|responsable|présid|maire|tribunal|officier|adjoint|sous-|autorité)"
)


def kind_label(post: Post) -> str:
    return "psychologue" if post.kind == PostKind.PSYCHOLOGUE else post_title(post.kind)


def etp_label(post: Post) -> str:
    return "à temps plein" if post.etp == 1 else f"à temps partiel ({percent(post.etp * 100)} d'un temps plein)"


def hours_label(post: Post) -> str:
    return f"{_number(post.weekly_hours)} heures hebdomadaires" if post.weekly_hours else ""


def split_label(post: Post) -> str:
    """ "50 % au commissariat d'Arras et 50 % à la compagnie d'Arras"; empty unless every unit has its part."""
    links = list(post.post_units.all())
    if len(links) < 2 or any(link.percent is None for link in links):
        return ""
    return enumerate_fr([f"{percent(link.percent)} {unit_name(link.unit).a()}" for link in links if link.percent])


def zone_label(draft: Draft, posts: Sequence[Post]) -> str:
    """The territory ``posts`` serve, with its article and its zone."""
    covered = [link.organisation for post in posts for link in post.coverage.all()]
    if not covered:
        return f"le territoire {Name.of_departement(draft.convention.territory.code).de()}"
    names = enumerate_fr(dict.fromkeys(o.french.de() for o in covered))
    head = "le territoire" if len(set(covered)) == 1 else "les territoires"
    zones = {zone for post in posts for zone in post.zones}
    if zones == {Zone.POLICE, Zone.GENDARMERIE}:
        return f"{head} {names}, en zone police et en zone gendarmerie"
    return f"{head} {names}" + "".join(f", zone {zone}" for zone in sorted(zones))


def lower_function(text: str) -> str:
    """ "Directrice de la MDS" → "directrice de la MDS"; "France Victimes 62" stays."""
    return lower_first(text) if _FUNCTIONS.match(text) else text


def _number(value: Decimal) -> str:
    return f"{value.normalize():f}".replace(".", ",")
