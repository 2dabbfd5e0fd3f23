"""The annexes of a convention in order: those built from its data, the files attached, the titles merely cited."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from conventions.clauses.engine import Article
from conventions.enums import AnnexKind
from conventions.models import Annex

from .annexes import financing_annex, job_descriptions, numbered
from .dossier import Draft


def annexes_content(draft: Draft, articles: Sequence[Article]) -> list[dict[str, Any]]:
    """What is printed after the text, numbered: ``kind``, ``title``, ``blocks``; ``sha256`` and size of a file.

    An annex whose subject has gone (a post taken out of the convention) is left out: the checks say so.
    """
    return numbered(content for row in draft.annexes if (content := _content(row, draft, articles)) is not None)


def annex_titles(draft: Draft) -> list[str]:
    """The titles the clause « annexes » enumerates: the annexes attached, then those a dossier only lists."""
    titles = [row.title for row in draft.annexes]
    return titles + [title for title in draft.convention.variables.get("annexes") or [] if title not in titles]


def _content(row: Annex, draft: Draft, articles: Sequence[Article]) -> dict[str, Any] | None:
    if row.kind == AnnexKind.FILE:
        return _file(row)
    if row.kind == AnnexKind.FUNDING:
        built = financing_annex(draft)
    else:
        posts = [post.pk for post in draft.posts]
        built = job_descriptions(draft, articles)[posts.index(row.post_id)] if row.post_id in posts else None
    return {**built, "title": row.title} if built else None


def _file(row: Annex) -> dict[str, Any]:
    """A file is not printed inside the act: the act says exactly which file it is."""
    count = f", {row.pages} page{'s' if row.pages > 1 else ''}" if row.pages else ""
    text = (
        f"Document joint à la convention : « {row.filename} »{count}. Cette annexe est le seul fichier dont l'empreinte"
        " SHA-256 est :"
    )
    return {
        "kind": row.kind,
        "title": row.title,
        "blocks": [{"type": "p", "text": text}, {"type": "p", "text": _grouped(row.sha256)}],
        "sha256": row.sha256,
        "filename": row.filename,
        "size": row.size,
    }


def _grouped(digest: str) -> str:
    """Eight by eight: sixty-four signs in a row neither read nor break."""
    return " ".join(digest[start : start + 8] for start in range(0, len(digest), 8))
