"""R46: the same units from one article to the next, and no unit in two posts without a word about it."""

from __future__ import annotations

from collections.abc import Iterator

from conventions.text.dossier import Draft
from core.findings import Finding, Severity
from core.french.numbers import enumerate_fr

from .around import around, life, plain, rows, texts
from .places import place, tab


def r46_articles(draft: Draft) -> Iterator[Finding]:
    """No article of a published text names a unit that the list of the post's units leaves out.

    ``stated.units`` lists what each article names; the first one, without article, is the post's. An article may name
    fewer of them (all are not equipped with an office), never others.
    """
    listed = rows(draft.convention.stated.get("units"))
    if len(listed) < 2:
        return
    reference = {plain(name) for name in texts(listed[0].get("units"))}
    for rank, row in enumerate(listed[1:], start=1):
        extra = [name for name in texts(row.get("units")) if plain(name) not in reference]
        if not extra:
            continue
        article = str(row.get("article") or "")
        where = f"L'article {article}" if article else "Un article"
        yield Finding(
            code="R46",
            severity=Severity.EXPLAIN,
            place=place(draft.convention, f".stated.units[{rank}]"),
            message=f"{where} nomme {enumerate_fr(extra)}, que les autres articles ne donnent pas au poste.",
            stated=", ".join(texts(row.get("units"))),
            computed=", ".join(texts(listed[0].get("units"))),
            source="Contrôle R46 de Cosigne",
            url=tab(draft.convention, "texte"),
        )


def r46_shared(draft: Draft) -> Iterator[Finding]:
    """One unit in the posts of two employers, while the convention lives: who goes there is said twice."""
    days = life(draft.convention)
    if draft.is_bipartite or days is None:
        return
    start, end = days
    employers = {link.unit_id: post for post in draft.posts for link in post.post_units.all()}
    for link in around(draft).shared_units:
        mine, other = employers[link.unit_id], link.post
        # Two posts of one employer in one police station are how it is organised, not a contradiction.
        if other.employer_id == mine.employer_id or (other.created_on and other.created_on > end):
            continue
        if other.closed_on and other.closed_on < start:
            continue
        yield Finding(
            code="R46",
            severity=Severity.EXPLAIN,
            place=place(draft.convention, f".posts[{mine.key}].units[{link.unit.key}]"),
            message=(
                f"{link.unit.name} est dans « {mine.label} » ({mine.employer.label}) et dans « {other.label} »"
                f" ({other.employer.label}) : dites qui y intervient."
            ),
            stated=mine.label,
            computed=other.label,
            source="Contrôle R46 de Cosigne",
            url=mine.get_absolute_url(),
        )
