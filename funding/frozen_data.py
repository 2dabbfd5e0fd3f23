"""A plan's content as JSON and back, whatever fields it gains: what undoing a save and scenarios keep.

Values that JSON has no word for carry a mark (``{"€": "12.50"}`` a Decimal, ``{"date": …}``, ``{"org": id}``,
``{"post": id}``, ``{"class": …}`` one of our dataclasses, ``{"map": [[key, value], …]}``). A field that no longer
exists is left out when read.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from core.errors import Conflict
from funding.adapter import CostData, KeyData, PlanData, ShareData
from parties.models import Organisation
from posts.models import Post

CLASSES: dict[str, type] = {cls.__name__: cls for cls in (PlanData, ShareData, CostData, KeyData)}


def frozen(value: Any) -> Any:
    """``value`` as JSON. Raises ``TypeError`` for what a plan does not hold."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Decimal):
        return {"€": str(value)}
    if isinstance(value, dt.date):
        return {"date": value.isoformat()}
    if isinstance(value, Organisation):
        return {"org": value.pk}
    if isinstance(value, Post):
        return {"post": value.pk}
    if type(value).__name__ in CLASSES:
        fields = {f.name: frozen(getattr(value, f.name)) for f in dataclasses.fields(value)}
        return {"class": type(value).__name__, "fields": fields}
    if isinstance(value, Mapping):
        return {"map": [[frozen(key), frozen(item)] for key, item in value.items()]}
    if isinstance(value, tuple | list):
        return [frozen(item) for item in value]
    raise TypeError(f"a plan does not hold {type(value).__name__}")


def thawed_plans(contents: Iterable[Any]) -> list[PlanData]:
    """Plans back from :func:`frozen`, in two queries for all of them.

    Raises :class:`Conflict` when a body or a post they name no longer exists.
    """
    contents = list(contents)
    organisations = Organisation.objects.in_bulk(_named(contents, "org"))
    posts = Post.objects.in_bulk(_named(contents, "post"))
    try:
        return [_thawed(content, organisations, posts) for content in contents]
    except KeyError as error:
        raise Conflict(
            "Un organisme ou un poste de cette version n'existe plus : elle ne peut pas être reprise."
        ) from error


def _named(value: Any, mark: str) -> set[int]:
    if isinstance(value, list):
        return {pk for item in value for pk in _named(item, mark)}
    if isinstance(value, dict):
        return {value[mark]} if mark in value else {pk for item in value.values() for pk in _named(item, mark)}
    return set()


def _thawed(value: Any, organisations: Mapping[int, Organisation], posts: Mapping[int, Post]) -> Any:
    def again(item: Any) -> Any:
        return _thawed(item, organisations, posts)

    if isinstance(value, list):
        return tuple(again(item) for item in value)
    if not isinstance(value, dict):
        return value
    if "€" in value:
        return Decimal(value["€"])
    if "date" in value:
        return dt.date.fromisoformat(value["date"])
    if "org" in value:
        return organisations[value["org"]]
    if "post" in value:
        return posts[value["post"]]
    if "map" in value:
        return {again(key): again(item) for key, item in value["map"]}
    cls = CLASSES[value["class"]]
    known = {f.name for f in dataclasses.fields(cls)}
    return cls(**{name: again(item) for name, item in value["fields"].items() if name in known})
