"""What a text is missing, where it is used, why, and where it is given."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse

from conventions.clauses.engine import ClauseProblem
from conventions.clauses.variables import VARIABLES
from conventions.forms.holes import ASKED
from conventions.models import Convention
from conventions.text import preview_content
from conventions.text.reading import sections_of

_EMPTY = re.compile(r"la variable « ([\w.]+) » n'est pas renseignée")
#: First letters of the variables given on the page of parties.
_OF_PARTIES = ("departement", "etat", "employeur", "beneficiaire", "financeur", "epci", "service", "originals")


@dataclass
class Hole:
    """One missing variable: ``places`` print it; ``control`` is None when it is given elsewhere."""

    variable: str
    label: str
    example: str
    places: list[tuple[str, str]] = field(default_factory=list)
    control: Any = None
    url: str = ""
    url_label: str = ""


def holes_in(problems: Iterable[ClauseProblem], convention: Convention, titles: Mapping[str, str]) -> list[Hole]:
    """The variables missing, each once, in the order the text meets them. ``titles``: clause → how it is named."""
    found: dict[str, Hole] = {}
    for problem in problems:
        for name in _EMPTY.findall(problem.message):
            if name not in found:
                known = VARIABLES[name]
                url, label = ("", "") if name in ASKED else _elsewhere(name, convention)
                found[name] = Hole(name, known.description, known.example, url=url, url_label=label)
            place = (problem.clause, titles.get(problem.clause, problem.clause))
            if place not in found[name].places:
                found[name].places.append(place)
    return list(found.values())


def convention_holes(convention: Convention) -> list[Hole]:
    """Those of the text as it stands. BusinessError without a model."""
    preview = preview_content(convention)
    titles = {section.kind: section.heading for section in sections_of(preview.content)}
    return holes_in(preview.problems, convention, titles)


def _elsewhere(variable: str, convention: Convention) -> tuple[str, str]:
    head = variable.partition(".")[0]
    if head in ("funding", "year"):
        plan = convention.plans.order_by("-year").first()
        return (reverse("plan-edit", args=[plan.uuid]), "Compléter le plan") if plan else ("", "")
    if head in ("post", "posts"):
        post = convention.posts.first()
        return (reverse("post-edit", args=[post.uuid]), "Compléter le poste") if post else ("", "")
    if head.rstrip("s") in _OF_PARTIES or head in _OF_PARTIES:
        return f"{convention.get_absolute_url()}?onglet=parties", "Voir les parties"
    if head == "annexes":
        return f"{convention.get_absolute_url()}?onglet=annexes", "Voir les annexes"
    return reverse("convention-edit", args=[convention.uuid]), "Modifier la convention"
