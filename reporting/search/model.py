"""What a search gives, and what can be searched. Plain values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from parties.actors import Actor

#: Results of one kind on the page; the list of that kind shows them all.
MOST_RESULTS = 8
SHORTEST = 2  # characters
#: How well a row answers: its name is what was typed, begins with it, holds every word, or something else does.
SAME, BEGINS, NAMED, ELSEWHERE = range(4)


@dataclass(frozen=True)
class Result:
    label: str
    url: str
    detail: str = ""


@dataclass(frozen=True)
class Group:
    """Results of one kind, best first; ``more`` is how many are not shown, ``more_url`` the list that has them.

    ``rank``: how well the best of them answers.
    """

    title: str
    results: tuple[Result, ...]
    more: int = 0
    more_url: str = ""
    rank: int = ELSEWHERE


@dataclass(frozen=True)
class Source:
    """A kind of row: where to read, by what it is named (``keys``), where else its words may be (``fields``).

    ``own``: at least one word must be in ``keys``, so that a body's name alone does not bring all that is its own.
    ``ability`` opens it, if any; ``list_name`` is a list that takes ``?q=``.
    """

    title: str
    rows: Callable[[Actor], QuerySet[Any]]
    keys: tuple[str, ...]
    show: Callable[[Any], Result]
    fields: tuple[str, ...] = ()
    ability: str = ""
    list_name: str = ""
    own: bool = False


#: A kind that is no plain list of rows: what was typed → its group, if it has results.
Finder = Callable[[Actor, str], Group | None]
