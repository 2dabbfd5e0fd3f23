"""What a partnership with a network head (family F6) asks that no post's convention does: its report of each year.

The association reports on its programme within six months of the year's end, the national bilan of the observatoire
among its parts (clause « Rapport annuel et évaluation » of the F6 model). It employs no worker whose figures are
awaited: unless the convention names reports, no figures of posts are asked of it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from conventions.enums import ObligationKind
from core.french.dates import add_months

from .endings import tacit_terms
from .facts import ConventionFacts
from .making import duty
from .obligation import Body, Obligation

#: Months the association has, after the year, to hand its report in (F6 model; loi 2000-321, article 10).
REPORT_MONTHS = 6


def network_reports(facts: ConventionFacts, today: dt.date) -> Iterator[Obligation]:
    """One report for each year the partnership runs, renewals included as far ahead as the calendar announces them."""
    if not facts.network:
        return
    end = max((facts.end, *tacit_terms(facts, today)))
    for year in range(facts.start.year, end.year + 1):
        yield duty(
            facts,
            ObligationKind.NETWORK_REPORT,
            str(year),
            add_months(dt.date(year, 12, 31), REPORT_MONTHS),
            f"Rapport annuel {year} de la tête de réseau, bilan national de l'observatoire compris",
            bodies=_heads(facts),
            source=f"Convention {facts.reference} : rapport annuel, dans les six mois de la clôture de l'exercice",
        )


def _heads(facts: ConventionFacts) -> list[Body]:
    """The association, whichever years it has a plan for; every party while it has none."""
    heads = {plan.employer.pk: plan.employer for plan in facts.plans if plan.is_association}
    return list(heads.values()) or [party.body for party in facts.parties]
