"""R48: a cross-reference leads to the right article, in a text brought in or in a clause typed here.

A model's own references are symbolic and cannot be wrong; only what was typed is read here, the one check on prose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from conventions.text.clauses import chosen_clauses
from conventions.text.context import context_of
from conventions.text.dossier import Draft
from conventions.text.flags import flags_of
from conventions.text.holes import render_with_holes
from core.findings import Finding, Severity

from .around import around, plain, rows, texts, whole
from .places import place, tab

_NUMBERED = re.compile(r"^\s*(\d{1,2})\s+(.+)$")
#: « article 5 (participation financière) »; never an article of a law, a code, a decree…
_TYPED = re.compile(
    r"\barticles?\s+(\d{1,2})(?!\d|-\d|\.\d)(?:er)?(?!\s*(?:,\s*)?(?:alinéa[^,.;]*)?(?:du|de la|des|de l[’'])\s*"
    r"(?:code|loi|décret|arrêté|règlement|rgpd|circulaire|ordonnance|constitution|délibération|traité|statuts?))"
    r"(?:\s*\(([^()]{3,80})\))?",
    re.IGNORECASE,
)
_SMALL = frozenset({"article", "articles", "clause", "pour", "dans", "avec"})


def stems(words: str) -> set[str]:
    """The beginnings of the words that count: « participation financière » and « Financement » share one."""
    return {word[:6] for word in plain(words).split() if word not in _SMALL and len(word) > 3}


def meant(subject: str, articles: Mapping[int, str]) -> list[int]:
    """The articles whose title shares a word with ``subject``."""
    asked = stems(subject)
    return [number for number, title in articles.items() if asked & stems(title)]


def r48_imported(draft: Draft) -> Iterator[Finding]:
    """References of a published text, against the titles it prints."""
    stated = draft.convention.stated
    found = (_NUMBERED.match(line) for line in texts(stated.get("articles")))
    articles = {int(match[1]): match[2] for match in found if match}
    if not articles:
        return
    for rank, row in enumerate(rows(stated.get("references"))):
        cited = whole(row.get("cites"))
        if cited is None:
            continue
        problem = _problem(cited, str(row.get("subject") or ""), articles)
        if problem:
            origin = row.get("article")
            where = f"L'article {origin}" if origin else "Le texte"
            yield _finding(draft, f".stated.references[{rank}]", f"{where} {problem[0]}", cited, problem[1], "")


def r48_edited(draft: Draft) -> Iterator[Finding]:
    """References typed by hand in a clause edited here, against the numbers the text has now."""
    convention = draft.convention
    typed = {row.kind: _TYPED.findall(row.edited_text) for row in around(draft).edited}
    if convention.template is None or not any(typed.values()):
        return
    chosen = chosen_clauses(convention)
    rendered, _ = render_with_holes(
        clauses=chosen.texts, context=context_of(draft), flags=flags_of(draft), choices=chosen.choices
    )
    articles = {article.number: article.title for article in rendered if article.number}
    for kind, citations in typed.items():
        for number, subject in dict.fromkeys(citations):
            problem = _problem(int(number), subject, articles)
            if problem:
                yield _finding(
                    draft,
                    f".clauses[{kind}].text",
                    f"La clause modifiée {problem[0]} Insérez un renvoi plutôt qu'un numéro : il suivra.",
                    int(number),
                    problem[1],
                    f"clause-{kind}",
                )


def _problem(cited: int, subject: str, articles: Mapping[int, str]) -> tuple[str, str] | None:
    """What is wrong, and the right article; None when nothing is, or when the words do not say."""
    last = max(articles, default=0)
    named = f"renvoie à l'article {cited}{f' ({subject})' if subject else ''}"
    right = [number for number in meant(subject, articles) if number != cited] if subject else []
    if cited not in articles:
        hint = f" Il s'agit sans doute de l'article {right[0]}." if len(right) == 1 else ""
        return f"{named}, qui n'existe pas : le texte en compte {last}.{hint}", ", ".join(map(str, right))
    if not subject or cited in meant(subject, articles) or not right:
        return None
    goal = right[0]
    return (
        f"{named}, qui traite de « {articles[cited]} » : il s'agit de l'article {goal}, « {articles[goal]} ».",
        str(goal),
    )


def _finding(draft: Draft, path: str, message: str, cited: int, right: str, anchor: str) -> Finding:
    return Finding(
        code="R48",
        severity=Severity.BLOCKING,
        place=place(draft.convention, path),
        message=message,
        stated=f"article {cited}",
        computed=f"article {right}" if right else "",
        source="Contrôle R48 de Cosigne",
        url=tab(draft.convention, "texte", anchor),
    )
