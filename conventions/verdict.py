"""What a submitted text changes, computed once: against the model, against last year's text, and in figures.

The list of the préfecture reads it, and approving several conventions at once relies on it: see
:func:`obstacle_to_batch`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from conventions.models import Convention, ReviewSheet
from conventions.presentation.figures import figure_changes
from conventions.redline import Wording
from conventions.text import content_hash, model_content, preview_content
from conventions.text.reading import latest_version, wordings
from core.errors import BusinessError
from core.findings import Finding, Severity
from core.french import upper_first
from core.french.numbers import counted

_MONTHS = "janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre"
_UNITS = (
    "zéro|une?|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|treize|quatorze|quinze|seize|vingts?|trente"
    "|quarante|cinquante|soixante|septante|nonante|cents?|mille|millions?|premier|première"
)
#: A number in figures or in words, a month: what a year changes without anybody rewording anything.
_FIGURE = re.compile(rf"\d+(?:er|e)?|\b(?:{_MONTHS}|{_UNITS})\b", re.IGNORECASE)
#: Figures that follow one another, whatever joins them ("17 500,00", "dix-sept mille cinq cents"), count as one.
_RUN = re.compile(r"#(?:[\s\u00a0\u202f.,/-]*(?:et\s+)?#)+")


def without_figures(text: str) -> str:
    """The words alone: every number, date and amount replaced by one sign."""
    return _RUN.sub("#", _FIGURE.sub("#", text))


def same_but_figures(before: Wording, after: Wording) -> bool:
    return before.title == after.title and without_figures(before.text) == without_figures(after.text)


def count_changes(before: Mapping[str, Wording], after: Mapping[str, Wording], *, figures_apart: bool) -> int:
    """Clauses added, removed or reworded between two texts; those where only figures move too, unless set apart."""
    changed = len(set(before) ^ set(after))
    for kind in set(before) & set(after):
        same = before[kind] == after[kind] or (figures_apart and same_but_figures(before[kind], after[kind]))
        changed += not same
    return changed


#: Kind of finding → how the list counts them, and their tone.
_FINDINGS = (
    (Severity.BLOCKING.value, "{n} bloquant{s}", "danger"),
    (Severity.EXPLAIN.value, "{n} à expliquer", "warning"),
    (Severity.WATCH.value, "{n} point{s} de vigilance", "info"),
    ("signature", "{n} avant signature", "neutral"),
)


@dataclass(frozen=True)
class Verdict:
    """The words and the decisions read from a sheet. ``data`` is :func:`verdict_of`'s."""

    data: Mapping[str, Any]

    @property
    def obstacle(self) -> str:
        return str(self.data.get("obstacle", ""))

    @property
    def words(self) -> list[str]:
        """For the list, the most telling first."""
        if not self.data:
            return ["Verdict non établi : relisez-la."]
        if self.obstacle:
            return [self.obstacle]
        said = []
        former = self.data["former"]
        if former == 0:
            said.append(f"Identique à {self.data['former_reference']}, chiffres à part")
        elif former is not None:
            said.append(f"{_clauses(former)} depuis {self.data['former_reference']}")
        model = self.data["model"]
        said.append("Identique au modèle" if model == 0 else f"{_clauses(model)} par rapport au modèle")
        if former and model == 0 and self.data["same_model"]:
            said.append("Modèle suivi les deux fois")
        if self.data["parties"]:
            said.append("Parties changées")
        if self.data["problems"]:
            said.append(f"Texte incomplet ({self.data['problems']})")
        return said

    @property
    def changes_nothing(self) -> bool:
        """No wording to read: last year's text but its figures, or the model's own, now as before."""
        if not self.data or self.obstacle or self.data["problems"] or self.data["parties"]:
            return False
        former = self.data["former"]
        return former == 0 or (self.data["model"] == 0 and (former is None or self.data["same_model"]))

    @property
    def findings(self) -> Mapping[str, int]:
        return dict(self.data.get("findings", {}))

    @property
    def finding_words(self) -> list[tuple[str, str]]:
        """What the checks said at submission, with the tone of each: blocking ones first."""
        found = self.findings
        return [
            (words.format(n=found[name], s="s" if found[name] > 1 else ""), tone)
            for name, words, tone in _FINDINGS
            if found.get(name)
        ]

    @property
    def figures(self) -> list[Mapping[str, Any]]:
        return list(self.data.get("figures", []))


def _clauses(count: int) -> str:
    words = counted(count, "clause modifiée", "clauses modifiées", gender="f")
    return upper_first(words)


def verdict_of(convention: Convention, findings: list[Finding]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The content as it stands and what it changes, both as plain data to be stored."""
    # What only holds the pen back (a vote still to come) is no reason to send the text back.
    open_ones = [f for f in findings if not f.answer and not f.blocks_signature_only]
    counts = {s.value: sum(1 for f in open_ones if f.severity is s) for s in Severity}
    counts["signature"] = sum(1 for f in findings if f.blocks_signature_only)
    try:
        preview = preview_content(convention)
    except BusinessError as error:
        return {}, {"obstacle": error.message, "findings": counts}
    now = wordings(preview.content)
    former = latest_version(convention.previous) if convention.previous else None
    figures = [
        {"label": row.label, "before": _text(row.before), "after": _text(row.after), "gap": row.words}
        for year in figure_changes(convention)
        for row in year.changed
    ]
    return preview.content, {
        "clauses": len(now),
        "problems": len(preview.problems),
        "model": count_changes(wordings(model_content(convention)), now, figures_apart=False),
        "former": count_changes(wordings(former.content), now, figures_apart=True) if former else None,
        "same_model": former is not None and _follows_model(convention),
        "former_reference": convention.previous.reference if former and convention.previous else "",
        "parties": _names(former.content) != _names(preview.content) if former else False,
        "figures": figures,
        "findings": counts,
    }


def _follows_model(convention: Convention) -> bool:
    """The convention renewed had this very model, and no wording of its own: what differs comes from the model's
    conditions (a renewal is not worded as a first convention) and from the data."""
    previous = convention.previous
    if previous is None or previous.template_id != convention.template_id:
        return False
    own = Q(removed=True) | ~Q(edited_text="") | ~Q(edited_title="") | ~Q(variant="")
    return not previous.clauses.filter(own).exists()


def _text(amount: Any) -> str | None:
    return None if amount is None else str(amount)


def _names(content: Mapping[str, Any]) -> set[str]:
    return {party["name_le"] for party in content.get("parties", [])}


def last_sheet(convention: Convention) -> ReviewSheet | None:
    return convention.sheets.order_by("-pk").first()


def obstacle_to_batch(convention: Convention) -> str:
    """Why this convention must be read before it is approved; empty when it may be approved with others.

    The text is computed again: what was changed since the verdict (a plan, a mandate) is not approved unseen.
    """
    sheet = last_sheet(convention)
    if sheet is None:
        return "son verdict n'est pas établi : relisez-la"
    verdict = Verdict(sheet.verdict)
    if verdict.findings.get(Severity.BLOCKING):
        return "un constat bloque"
    if not verdict.changes_nothing:
        return f"elle est à relire ({', '.join(verdict.words).lower()})"
    if convention.comments.filter(resolved=False, to_review=True).exists():
        return "un commentaire attend d'être clos"
    if content_hash(preview_content(convention).content) != sheet.sha256:
        return "son texte ou ses chiffres ont changé depuis sa soumission : relisez-la"
    return ""
