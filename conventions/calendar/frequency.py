"""How often a report is due, from the words of the variable that names it."""

from __future__ import annotations

import re

#: Months between two reports, by the adjective people use.
FREQUENCIES = {"mensuel": 1, "bimestriel": 2, "trimestriel": 3, "quadrimestriel": 4, "semestriel": 6, "annuel": 12}
_NOUNS = {"mois": 1, "trimestre": 3, "semestre": 6, "année": 12, "an": 12}
_ADJECTIVE = re.compile(rf"\b({'|'.join(FREQUENCIES)})(?:le)?s?\b", re.IGNORECASE)
_EACH = re.compile(rf"\b(?:chaque|tous les|toutes les|par)\s+({'|'.join(_NOUNS)})s?\b", re.IGNORECASE)


def frequency_of(report: str) -> int | None:
    """Months between two: 3 for « une synthèse intermédiaire chaque trimestre »; None when the words do not say."""
    if found := _ADJECTIVE.search(report):
        return FREQUENCIES[found[1].lower()]
    if found := _EACH.search(report):
        return _NOUNS[found[1].lower()]
    return None
