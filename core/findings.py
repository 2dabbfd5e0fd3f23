"""One finding of one check, whatever it was found on (draft, plan, imported dossier)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    BLOCKING = "bloquant"
    EXPLAIN = "a_expliquer"
    WATCH = "vigilance"

    @property
    def label(self) -> str:
        return {"bloquant": "Bloquant", "a_expliquer": "À expliquer", "vigilance": "Vigilance"}[self.value]


class Mark(StrEnum):
    """How sure the rule itself is: verified in a public source, stated in published acts, unverified."""

    VERIFIED = "V"
    STATED = "S"
    UNVERIFIED = "U"

    @property
    def label(self) -> str:
        return {
            "V": "règle vérifiée",
            "S": "règle lue dans des actes publiés",
            "U": "règle non vérifiée : elle avertit sans bloquer",
        }[self.value]


def show(value: Any) -> str:
    """A figure as text for findings: Decimals keep their exact digits, nothing is rounded."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value)


@dataclass(frozen=True)
class Finding:
    """A check's result.

    ``place`` is where the figure stands, in the path notation of the dossier
    (``conventions[62-A16].stated.originals``); ``stated`` is what a text prints, ``computed`` what the data give.
    ``blocks_signature_only`` is for what must hold when the pen is taken, not when the text is submitted.
    """

    code: str
    severity: Severity
    place: str
    message: str
    stated: str = ""
    computed: str = ""
    source: str = ""
    mark: Mark = Mark.STATED
    url: str = field(default="", compare=False)
    answer: Any = field(default=None, compare=False)
    explain_url: str = field(default="", compare=False)
    blocks_signature_only: bool = False

    @property
    def severity_label(self) -> str:
        """Which act it forbids, when it forbids one."""
        return "Bloque la signature" if self.blocks_signature_only else self.severity.label

    @property
    def mark_label(self) -> str:
        return self.mark.label

    @property
    def fingerprint(self) -> str:
        """Identity of the finding with its figures: an answer given for other figures no longer holds."""
        text = "\x1f".join([self.code, self.place, self.stated, self.computed, self.message])
        return hashlib.sha256(text.encode()).hexdigest()

    def as_dict(self) -> dict[str, str]:
        return {
            "code": self.code,
            "severity": self.severity.value,
            "place": self.place,
            "message": self.message,
            "stated": self.stated,
            "computed": self.computed,
            "source": self.source,
            "mark": self.mark.value,
        }


SEVERITY_ORDER = {Severity.BLOCKING: 0, Severity.EXPLAIN: 1, Severity.WATCH: 2}


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """Worst first, then by code and place, so that two runs list the same."""
    return sorted(findings, key=lambda f: (SEVERITY_ORDER[f.severity], f.code, f.place))


def count_by_severity(findings: Iterable[Finding]) -> dict[str, int]:
    counts = {severity.value: 0 for severity in Severity}
    for finding in findings:
        counts[finding.severity.value] += 1
    return counts
