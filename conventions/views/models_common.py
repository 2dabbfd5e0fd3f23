"""What the views of models share: the rows of an address, and what a person may do with them."""

from __future__ import annotations

import uuid as uuidlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse

from conventions.library.data import as_data
from conventions.library.problems import Problem, problems_of
from conventions.library.words import condition_words, mandatory_words
from conventions.models import Clause, Convention, Template
from conventions.services.model_drafts import HEAD_KINDS
from conventions.services.models_library import national_set
from parties.access import ActorRequest


def find_model(request: ActorRequest, uuid: uuidlib.UUID) -> Template:
    """The model of this address, or 404: row-level security hides those of others, and drafts from all but staff."""
    return get_object_or_404(Template.objects.visible_to(request.actor).select_related("based_on"), uuid=uuid)


def find_clause(template: Template, kind: str) -> Clause:
    clause = template.clauses.filter(kind=kind).first()
    if clause is None:
        raise Http404("Ce modèle n'a pas cette clause.")
    clause.template = template
    return clause


def find_variant(clause: Clause, key: str) -> dict[str, Any]:
    for variant in clause.variants:
        if variant["key"] == key:
            return dict(variant)
    raise Http404("Cette clause n'a pas cette variante.")


def may_write(request: ActorRequest, template: Template) -> bool:
    return request.actor.can("model.edit") and template.is_draft and not template.is_national


def draft_problems(template: Template) -> list[Problem]:
    """What forbids, or advises against, publishing a draft; nothing for what is published."""
    return problems_of(as_data(template), national_set(template.family)) if template.is_draft else []


@dataclass(frozen=True)
class Pointed:
    """A problem and the address where it is mended."""

    problem: Problem
    url: str
    where: str


def pointed(template: Template, problems: Iterable[Problem], titles: dict[str, str]) -> list[Pointed]:
    """Problems with links: to the variant's text at the character, to the clause, or to the page that adds one."""
    return [Pointed(problem, _url(template, problem), _where(problem, titles)) for problem in problems]


def _url(template: Template, problem: Problem) -> str:
    if problem.variant:
        url = reverse("model-variant", args=[template.uuid, problem.kind, problem.variant])
        return f"{url}?position={problem.offset}#id_text" if problem.offset is not None else f"{url}#conditions"
    if problem.kind:
        return reverse("model-clause", args=[template.uuid, problem.kind])
    return reverse("model-clause-add", args=[template.uuid])


def _where(problem: Problem, titles: dict[str, str]) -> str:
    parts = [f"clause « {titles.get(problem.kind, problem.kind)} »" if problem.kind else ""]
    parts += (
        [f"variante « {titles.get(f'{problem.kind}/{problem.variant}', problem.variant)} »"] if problem.variant else []
    )
    parts.append(problem.place)
    return ", ".join(part for part in parts if part)


def titles_of(clauses: Iterable[Clause]) -> dict[str, str]:
    """Kind → title, and kind/variant → label."""
    found: dict[str, str] = {}
    for clause in clauses:
        found[clause.kind] = clause.title
        found |= {f"{clause.kind}/{v['key']}": v["label"] for v in clause.variants}
    return found


@dataclass
class ClauseLine:
    """One clause of the page of a model."""

    row: Clause
    number: int | None
    when: str
    mandatory: str
    problems: list[Pointed] = field(default_factory=list)
    first: bool = False
    last: bool = False

    @property
    def movable(self) -> bool:
        return self.row.kind not in HEAD_KINDS

    @property
    def variants(self) -> list[dict[str, Any]]:
        return [
            {**variant, "words": condition_words(variant.get("when") or []) or "dans tous les cas"}
            for variant in self.row.variants
        ]


def clause_lines(rows: list[Clause], problems: list[Pointed]) -> list[ClauseLine]:
    """The clauses in order, numbered as if all were used."""
    lines, number = [], 0
    body = [row.kind for row in rows if row.kind not in HEAD_KINDS]
    for row in rows:
        number += row.numbered
        lines.append(
            ClauseLine(
                row=row,
                number=number if row.numbered else None,
                when=condition_words(row.when),
                mandatory=mandatory_words(row.mandatory_when),
                problems=[p for p in problems if p.problem.kind == row.kind],
                first=bool(body) and row.kind == body[0],
                last=bool(body) and row.kind == body[-1],
            )
        )
    return lines


def conventions_to_try(request: ActorRequest, family: str) -> list[Convention]:
    """Conventions a model can be tried on: those of its family first, then the others, the latest first."""
    rows = list(Convention.objects.visible_to(request.actor).order_by("-period_start", "reference")[:200])
    return sorted(rows, key=lambda row: row.family != family)


def chosen_convention(request: ActorRequest, text: str) -> Convention | None:
    """The convention named in the address or the form; None for the example."""
    try:
        uuid = uuidlib.UUID(text)
    except ValueError:
        return None
    return (
        Convention.objects.visible_to(request.actor).select_related("template", "territory").filter(uuid=uuid).first()
    )
