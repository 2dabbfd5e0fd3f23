"""The essential data of grants, as the law asks to publish them (loi 2000-321 art. 10, décret 2017-779).

Layout of the « subventions » schema of the Socle commun des données locales: comma-separated UTF-8, ISO dates, decimal
point. Nothing of a person is in it: bodies, dates and amounts only.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.sheets import neutralise
from funding.grant_rules import Rules, rules_of
from funding.grants import AuthorityTotal, authority_totals, publication_due
from funding.models import Grant
from parties.actors import Actor

FIELDS = (
    "nomAttribuant",
    "idAttribuant",
    "dateConvention",
    "referenceDecision",
    "nomBeneficiaire",
    "idBeneficiaire",
    "rnaBeneficiaire",
    "objet",
    "montant",
    "nature",
    "conditionsVersement",
    "datesPeriodeVersement",
    "idRAE",
    "notificationUE",
    "pourcentageSubvention",
)
MOST = 256
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
#: Field → (mandatory, pattern), as the schema sets them.
RULES: dict[str, tuple[bool, str]] = {
    "nomAttribuant": (True, r".+"),
    "idAttribuant": (True, r"\d{14}"),
    "dateConvention": (True, _DATE),
    "referenceDecision": (False, r".*"),
    "nomBeneficiaire": (True, r".+"),
    "idBeneficiaire": (True, r"\d{14}"),
    "rnaBeneficiaire": (False, r"W\d{9}"),
    "objet": (True, r".{1,256}"),
    "montant": (True, r"\d+(\.\d+)?"),
    "nature": (True, r"aide en numéraire|aide en nature|aide en numéraire;aide en nature"),
    "conditionsVersement": (True, r".{1,256}"),
    "datesPeriodeVersement": (True, rf"{_DATE}(/{_DATE})?"),
    "idRAE": (False, r".{0,5}"),
    "notificationUE": (True, r"oui|non"),
    "pourcentageSubvention": (True, r"0\.\d+|1(\.0+)?"),
}


@dataclass(frozen=True)
class Publication:
    """A signed grant and its line. ``obligatory``: its authority gives more than the threshold that year."""

    grant: Grant
    row: dict[str, str]
    problems: tuple[str, ...]
    due_on: dt.date
    obligatory: bool

    @property
    def is_ready(self) -> bool:
        return not self.problems

    def is_late(self, day: dt.date) -> bool:
        """Under the threshold, publishing is allowed and never late."""
        return self.obligatory and self.grant.published_on is None and self.due_on < day

    def state(self, day: dt.date) -> tuple[str, str]:
        """Word and tone."""
        if self.grant.published_on:
            return "Publiée", "success"
        if self.is_late(day):
            return "En retard", "danger"
        if self.problems:
            return "À compléter", "warning"
        return ("À publier", "info") if self.obligatory else ("Facultative", "neutral")


def publications(by: Actor, rules: Rules | None = None) -> list[Publication]:
    """Every signed grant the actor pays, or all of them for the managers, the most urgent first.

    ``rules``: those of the territory, when the caller has read them.
    """
    grants = Grant.objects.visible_to(by).committed().for_list().filter(signed_on__isnull=False)  # type: ignore[attr-defined]
    if not by.is_staff:
        grants = grants.filter(financer=by.organisation)
    rows = list(grants)
    rules = rules or rules_of(by.territory_id)
    totals = {
        (total.year, total.authority.pk, total.beneficiary.pk): total
        for year in {grant.year for grant in rows}
        for total in authority_totals(year, territory_id=by.territory_id)
    }
    found = [
        _publication(grant, rules, totals.get((grant.year, grant.financer_id, grant.beneficiary_id))) for grant in rows
    ]
    return sorted(found, key=lambda p: (p.grant.published_on is not None, p.due_on, p.grant.pk))


def _publication(grant: Grant, rules: Rules, total: AuthorityTotal | None) -> Publication:
    row = row_of(grant)
    due = publication_due(grant, rules) or dt.date.max
    return Publication(grant, row, tuple(problems_of(row)), due, total.is_over if total else False)


def row_of(grant: Grant) -> dict[str, str]:
    """The line of one grant; empty texts where the directory does not know."""
    days = sorted(item.due_on for item in grant.instalments.all())
    once = len(days) == 1
    rna = grant.beneficiary.rna
    return {
        "nomAttribuant": grant.financer.name,
        "idAttribuant": grant.financer.siret,
        "dateConvention": grant.signed_on.isoformat() if grant.signed_on else "",
        "referenceDecision": grant.reference or grant.decision,
        "nomBeneficiaire": grant.beneficiary.name,
        "idBeneficiaire": grant.beneficiary.siret,
        # The schema knows only nine digits after the W: numbers of Corsica and overseas are left out.
        "rnaBeneficiaire": rna if re.fullmatch(r"W\d{9}", rna) else "",
        "objet": f"Financement d'un poste d'intervenant social, {grant.year} : {grant.plan.label}"[:MOST],
        "montant": f"{grant.amount:.2f}",
        "nature": "aide en numéraire",
        "conditionsVersement": "unique" if once else "échelonné",
        "datesPeriodeVersement": "/".join(day.isoformat() for day in ([days[0]] if once else days[:1] + days[-1:])),
        "idRAE": "",
        "notificationUE": "non",
        "pourcentageSubvention": "1.00",
    }


WORDS = {
    "idAttribuant": "le SIRET du financeur",
    "idBeneficiaire": "le SIRET de l'association",
    "datesPeriodeVersement": "l'échéancier",
}


def problems_of(row: dict[str, str]) -> list[str]:
    """What the schema would refuse, in French: the fields missing or ill-formed."""
    found = []
    for name, (mandatory, pattern) in RULES.items():
        value = row[name]
        if (mandatory and not value) or (value and not re.fullmatch(pattern, value)):
            found.append(WORDS.get(name, name))
    return found


def write_csv(rows: Iterable[dict[str, str]]) -> bytes:
    """The file to publish: header and one line per grant."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(FIELDS)
    for row in rows:
        writer.writerow([neutralise(row[name]) for name in FIELDS])
    return buffer.getvalue().encode()


def total_of(found: Sequence[Publication]) -> Decimal:
    return sum((each.grant.amount for each in found), Decimal(0))
