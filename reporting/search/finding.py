"""Searching each kind, one query a kind, the best answers first."""

from __future__ import annotations

from functools import reduce
from operator import and_, or_
from urllib.parse import urlencode

from django.db.models import Case, CharField, Count, F, IntegerField, Q, Value, When, Window
from django.db.models.functions import Concat
from django.urls import reverse

from core.search import Folded, containing, fold, words_of
from parties.actors import Actor

from .finders import FINDERS
from .model import BEGINS, ELSEWHERE, MOST_RESULTS, NAMED, SAME, SHORTEST, Group, Result, Source
from .sources import SOURCES


def found(text: str, *, by: Actor) -> list[Group]:
    """The kinds that have results: those whose best answer is the best, then in the order of ``SOURCES``."""
    groups = [group for source in SOURCES if (group := _of_source(source, text, by)) is not None]
    groups += [group for finder in FINDERS if (group := finder(by, text)) is not None]
    # A stable sort: kinds that answer as well stay in their order.
    return sorted(groups, key=lambda group: group.rank if group.rank == SAME else BEGINS)


def _of_source(source: Source, text: str, by: Actor) -> Group | None:
    words = words_of(text)
    if not words or (source.ability and not by.can(source.ability)):
        return None
    rows = containing(source.rows(by), text, *source.keys, *source.fields)
    order = rows.query.order_by or rows.model._meta.ordering or ()
    names = {f"_key{rank}": Folded(F(key)) for rank, key in enumerate(source.keys)}
    joined = Folded(Concat(*_spaced(source.keys), output_field=CharField()))
    ranked = rows.alias(**names, _named=joined).annotate(_rank=_rank(names, words, text), _all=Window(Count("*")))
    if source.own:
        ranked = ranked.filter(reduce(or_, (Q(_named__contains=word) for word in words)))
    first = list(ranked.order_by("_rank", *order, "pk")[:MOST_RESULTS])
    if not first:
        return None
    more = max(first[0]._all - MOST_RESULTS, 0)
    url = f"{reverse(source.list_name)}?{urlencode({'q': text})}" if source.list_name else ""
    return Group(source.title, tuple(source.show(row) for row in first), more, url, first[0]._rank)


def _spaced(keys: tuple[str, ...]) -> list[object]:
    # Concat takes two expressions at least.
    return [Value(" "), *(part for key in keys for part in (F(key), Value(" ")))]


def _rank(names: dict[str, Folded], words: list[str], text: str) -> Case:
    needle = " ".join(fold(text).split())
    same = reduce(or_, (Q(**{name: needle}) for name in names))
    begins = reduce(or_, (Q(**{f"{name}__startswith": needle}) for name in names))
    named = reduce(and_, (Q(_named__contains=word) for word in words))
    whens = (When(same, then=SAME), When(begins, then=BEGINS), When(named, then=NAMED))
    return Case(*whens, default=Value(ELSEWHERE), output_field=IntegerField())


__all__ = ["MOST_RESULTS", "SHORTEST", "Group", "Result", "found"]
