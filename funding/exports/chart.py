"""The receipts accounts of M57, as far as Cosigne knows them: the accounts 708 and 747 of the 2023 chart.

``fixtures/rules/m57_recettes_2023.csv`` lists them (docs/reference-data.md says where from): ``compte`` takes titres,
``subdivise`` does not, its subdivisions do. Other accounts are not judged: the chart is longer than what a
participation, a refund or staff made available is booked on.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from django.conf import settings

PATH = Path(settings.BASE_DIR) / "fixtures" / "rules" / "m57_recettes_2023.csv"
#: The branches of the chart the list holds whole.
COVERED = ("708", "747")


class Verdict(StrEnum):
    KNOWN = "connu"
    DIVIDED = "subdivise"
    UNKNOWN = "inconnu"  # in a branch we hold whole, and not there
    NOT_JUDGED = "hors liste"
    MALFORMED = "malforme"


@dataclass(frozen=True)
class Account:
    number: str
    label: str
    is_divided: bool


@lru_cache(maxsize=1)
def accounts() -> dict[str, Account]:
    """Number → account, of the branches we hold."""
    with PATH.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    return {row["compte"]: Account(row["compte"], row["libelle"], row["genre"] == "subdivise") for row in rows}


def verdict(number: str, chart: str = "M57") -> Verdict:
    """What is known of ``number`` as the account of a titre. M14 and M52 are closed charts: not judged."""
    if not re.fullmatch(r"[1-9]\d{2,11}", number):
        return Verdict.MALFORMED
    if chart != "M57" or not number.startswith(COVERED):
        return Verdict.NOT_JUDGED
    found = accounts().get(number)
    if found is None:
        return Verdict.UNKNOWN
    return Verdict.DIVIDED if found.is_divided else Verdict.KNOWN


def subdivisions(number: str) -> list[Account]:
    """The accounts under ``number`` that take titres."""
    return [each for each in accounts().values() if each.number.startswith(number) and not each.is_divided]
