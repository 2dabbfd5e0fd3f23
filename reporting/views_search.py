"""One search over everything the person may see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from conventions.models import Convention
from core.money import euros_short
from core.search import containing
from funding.models import FundingPlan, Titre
from parties.access import member_required
from parties.actors import Actor
from parties.models import Organisation
from posts.models import Post

#: Results of one kind on the page; the list of that kind shows them all.
MOST_RESULTS = 8
SHORTEST = 2  # characters


@dataclass(frozen=True)
class Result:
    label: str
    url: str
    detail: str = ""


@dataclass(frozen=True)
class Group:
    """Results of one kind; ``more`` is how many are not shown, ``more_url`` the list that shows them."""

    title: str
    results: tuple[Result, ...]
    more: int
    more_url: str


@dataclass(frozen=True)
class Source:
    """A kind of object: where to read, in which fields to look, how to show one. ``ability`` opens it, if any."""

    title: str
    list_name: str
    rows: Callable[[Actor], QuerySet[Any]]
    fields: tuple[str, ...]
    show: Callable[[Any], Result]
    ability: str = ""


SOURCES = (
    Source(
        "Postes",
        "posts",
        lambda by: Post.objects.visible_to(by).select_related("employer"),
        ("label", "kind", "employer__name", "employer__short_name", "residence"),
        lambda p: Result(p.label, p.get_absolute_url(), f"{p.kind}, employé par {p.employer.name}"),
    ),
    Source(
        "Plans de financement",
        "plans",
        lambda by: FundingPlan.objects.visible_to(by).select_related("employer"),
        ("label", "employer__name", "employer__short_name"),
        lambda p: Result(p.label, p.get_absolute_url(), f"{p.year}, {p.employer.name}, {p.get_status_display()}"),
        "plan.view",
    ),
    Source(
        "Conventions",
        "conventions",
        lambda by: Convention.objects.visible_to(by),
        ("reference", "title"),
        lambda c: Result(c.reference, c.get_absolute_url(), f"{c.title}, {c.get_status_display()}"),
    ),
    Source(
        "Organisations",
        "organisations",
        lambda by: Organisation.objects.visible_to(by),
        ("name", "short_name", "siren"),
        lambda o: Result(o.name, o.get_absolute_url(), o.get_kind_display()),
    ),
    Source(
        "Titres de recettes",
        "titres",
        lambda by: Titre.objects.visible_to(by).select_related("issuer", "debtor"),
        ("subject", "entry_id", "number", "reference", "issuer__name", "debtor__name"),
        lambda t: Result(
            f"{t.issuer.label} à {t.debtor.label}, {t.year}",
            t.get_absolute_url(),
            f"{euros_short(t.amount)}, {t.get_status_display().lower()}, convention {t.reference or 'non précisée'}",
        ),
        "titre.view",
    ),
)


@require_GET
@member_required
def search(request: HttpRequest) -> HttpResponse:
    by: Actor = request.actor  # type: ignore[attr-defined]
    text = request.GET.get("q", "").strip()
    groups = found(text, by=by) if len(text) >= SHORTEST else []
    context = {"text": text, "groups": groups, "too_short": bool(text) and len(text) < SHORTEST}
    return render(request, "reporting/search.html", context)


def found(text: str, *, by: Actor) -> list[Group]:
    """The kinds that have results, in the order of ``SOURCES``. Two queries a kind at most."""
    groups = []
    for source in SOURCES:
        if source.ability and not by.can(source.ability):
            continue
        rows = containing(source.rows(by), text, *source.fields)
        first = list(rows[: MOST_RESULTS + 1])
        if not first:
            continue
        more = rows.count() - MOST_RESULTS if len(first) > MOST_RESULTS else 0
        url = f"{reverse(source.list_name)}?{urlencode({'q': text})}"
        groups.append(Group(source.title, tuple(source.show(row) for row in first[:MOST_RESULTS]), more, url))
    return groups
