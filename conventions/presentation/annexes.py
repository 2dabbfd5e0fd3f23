"""The annexes as the page of a convention shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from conventions.enums import AnnexKind
from conventions.models import Annex, Convention
from conventions.text import preview_content
from conventions.text.reading import latest_version
from core.errors import BusinessError
from posts.models import Post


@dataclass(frozen=True)
class PrintedAnnex:
    label: str
    blocks: list[dict[str, Any]]


@dataclass(frozen=True)
class AnnexesView:
    """``posts`` without a description yet, ``funding`` when it can be added, ``cited`` titles without content."""

    rows: list[Annex]
    printed: list[PrintedAnnex]
    posts: list[Post]
    funding: bool
    cited: list[str]


def annexes_view(convention: Convention) -> AnnexesView:
    rows = list(convention.annexes.select_related("convention"))
    described = {row.post_id for row in rows if row.kind == AnnexKind.POST}
    titles = {row.title for row in rows}
    return AnnexesView(
        rows=rows,
        printed=[
            PrintedAnnex(f"Annexe {annex['number']} – {annex['title']}", annex["blocks"])
            for annex in _content(convention).get("annexes", [])
            if annex["kind"] != AnnexKind.FILE
        ],
        posts=[post for post in convention.posts.all() if post.pk not in described],
        funding=not any(row.kind == AnnexKind.FUNDING for row in rows) and convention.convention_plans.exists(),
        cited=[title for title in convention.variables.get("annexes") or [] if title not in titles],
    )


def _content(convention: Convention) -> dict[str, Any]:
    """What is approved once it is, the text being written until then."""
    version = None if convention.is_editable or convention.status == "soumise" else latest_version(convention)
    if version is not None:
        return dict(version.content)
    try:
        return preview_content(convention).content
    except BusinessError:
        return {}
