"""R42: every annex the text cites is attached."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conventions.text.dossier import Draft
from core.findings import Finding, Severity
from core.french.numbers import counted

from .around import around, plain, texts
from .places import place, tab

_CITED = re.compile(r"\bannexe\s+(?:n[°o]\s*)?(\d{1,2})\b", re.IGNORECASE)


def attached(draft: Draft) -> list[str]:
    """Titles of the annexes of the convention: those listed in its variables, and those added to it as rows."""
    titles = [str(row) for row in draft.annexes]
    return titles or texts(draft.convention.variables.get("annexes"))


def r42_annexes(draft: Draft) -> Iterator[Finding]:
    titles = attached(draft)
    known = {plain(title) for title in titles}
    for rank, cited in enumerate(texts(draft.convention.stated.get("annexes"))):
        if plain(cited) not in known:
            yield _finding(
                draft,
                f".stated.annexes[{rank}]",
                f"Le texte cite en annexe « {cited} », qui n'est pas jointe.",
                cited,
                ", ".join(titles),
                "",
            )
    for row in around(draft).edited:
        for number in sorted({int(found) for found in _CITED.findall(row.edited_text)}):
            if not 1 <= number <= len(titles):
                count = counted(len(titles), "annexe", gender="f") if titles else "aucune annexe"
                yield _finding(
                    draft,
                    f".clauses[{row.kind}].text",
                    f"La clause modifiée cite l'annexe {number} ; la convention a {count}.",
                    f"annexe {number}",
                    str(len(titles)),
                    f"clause-{row.kind}",
                )


def _finding(draft: Draft, path: str, message: str, stated: str, computed: str, anchor: str) -> Finding:
    return Finding(
        code="R42",
        severity=Severity.BLOCKING,
        place=place(draft.convention, path),
        message=message,
        stated=stated,
        computed=computed,
        source="Contrôle R42 de Cosigne",
        url=tab(draft.convention, "texte", anchor),
    )
