"""Free text that looks as if it told about somebody: warned of before it is kept, never read by anything else.

Only shapes are known here (telephone numbers, dates of birth, numbers of procedures, names after a title): what is
found is shown to the person writing, who decides. A text that passes may still name somebody.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TITLES = r"(?:M\.|Mr|Mme|Mlle|Madame|Monsieur|Mademoiselle|Dr)"
#: Offices are named without naming anybody: « Madame la Préfète », « M. le Maire ».
_OFFICES = r"(?!le\b|la\b|l'|Procureur|Préf|Maire|Président)"
_STREETS = r"(?:rue|avenue|boulevard|place|impasse|allée|chemin)"

_SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("un numéro de téléphone", re.compile(r"(?<!\d)(?:\+33|0)\s?[1-9](?:[\s.-]?\d{2}){4}(?!\d)")),
    ("une adresse électronique", re.compile(r"[\w.+-]+@[\w-]+\.[a-z]{2,}", re.IGNORECASE)),
    ("une date de naissance", re.compile(r"\b(?:née?s?\s+(?:le|en)|naissance\s*:?)\s*\d{1,4}", re.IGNORECASE)),
    (
        "un numéro de procédure",
        re.compile(r"\b(?:PV|procédure|MC|main courante)\s*(?:n[°o]\s*)?\d[\d/ -]{3,}", re.IGNORECASE),
    ),
    (
        "un numéro de sécurité sociale",
        re.compile(r"(?<!\d)[12]\s?\d{2}\s?(?:0[1-9]|1[0-2])\s?\d{2}\s?\d{3}\s?\d{3}(?!\d)"),
    ),
    ("un nom de personne", re.compile(rf"\b{_TITLES}\s+{_OFFICES}[A-ZÀ-Ý][\w'-]+")),
    ("une adresse postale", re.compile(rf"\b\d{{1,4}}\s?(?:bis|ter)?,?\s+{_STREETS}\s+", re.IGNORECASE)),
)


@dataclass(frozen=True)
class Suspicion:
    """What a text seems to hold: ``kind`` in French, and the very words."""

    kind: str
    words: str

    def __str__(self) -> str:
        return f"{self.kind} (« {self.words} »)"


def screened(text: str) -> list[Suspicion]:
    """Everything in ``text`` that has the shape of a personal datum, in the order of the text."""
    found = [
        (match.start(), Suspicion(kind, match.group().strip()))
        for kind, shape in _SHAPES
        for match in shape.finditer(text)
    ]
    return [suspicion for _start, suspicion in sorted(found, key=lambda pair: pair[0])]
