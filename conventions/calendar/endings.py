"""How a convention ends, goes on by itself, or changes: terms, exits, falls of the State's share, avenants."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from conventions.enums import ObligationKind
from core.findings import Mark
from core.french import date_long, plural
from core.french.dates import add_months

from .facts import ConventionFacts
from .making import duty
from .obligation import Obligation

ONE_DAY = dt.timedelta(days=1)
#: Tacit renewals are announced this many years ahead.
TACIT_YEARS = 3
#: A tacit renewal is left three months before the term unless the convention says otherwise (domain, case 10).
TACIT_MONTHS = 3
#: A fall of the State's share is announced a year before (domain, M9).
STEP_MONTHS = 12


def tacit_terms(facts: ConventionFacts, today: dt.date) -> Iterator[dt.date]:
    """The ends of the periods that follow one another by tacit renewal, a few years ahead of ``today``."""
    tacit, end, rank = facts.tacit, facts.end, 0
    if tacit is None or tacit.months < 1:
        return
    last = min(tacit.until or dt.date.max, add_months(max(today, facts.end), 12 * TACIT_YEARS))
    while end <= last and (tacit.limit is None or rank <= tacit.limit):
        yield end
        rank += 1
        end = add_months(facts.end + ONE_DAY, tacit.months * rank) - ONE_DAY


def ends(facts: ConventionFacts, today: dt.date) -> Iterator[Obligation]:
    """The term, and the last day to leave before it; each tacit renewal has its own."""
    everyone = [party.body for party in facts.parties]
    if facts.tacit:
        months = facts.notice_months or TACIT_MONTHS
        for term in tacit_terms(facts, today):
            yield duty(
                facts,
                ObligationKind.EXIT,
                term.isoformat(),
                add_months(term, -months),
                f"Dernier jour pour quitter la convention {facts.reference}, avant sa reconduction tacite",
                bodies=facts.tacit.leavers or everyone,
                source=f"{months} mois avant le terme du {date_long(term)}, reconduction tacite",
            )
        return
    if facts.notice_months:
        count = facts.notice_months
        yield duty(
            facts,
            ObligationKind.NOTICE,
            "",
            add_months(facts.end, -count),
            f"Dernier jour pour dénoncer la convention {facts.reference}",
            bodies=everyone,
            source=f"Convention {facts.reference} : préavis de {count} {plural(count, 'mois', 'mois')}",
        )
    yield duty(
        facts,
        ObligationKind.EXPIRY,
        "",
        facts.end,
        f"Fin de la convention {facts.reference}",
        bodies=everyone,
        source=f"Convention {facts.reference}, terme",
        done=facts.renewed or facts.bipartite,
    )


def steps(facts: ConventionFacts) -> Iterator[Obligation]:
    for step in facts.steps:
        yield duty(
            facts,
            ObligationKind.STEP,
            step.day.isoformat(),
            add_months(step.day, -STEP_MONTHS),
            f"{step.words} : trouver qui prend le relais",
            bodies=[party.body for party in facts.parties],
            source=f"Barème de la part de l'État ({step.source})" if step.source else "Barème de la part de l'État",
            mark=Mark(step.mark),
        )


def amendments(facts: ConventionFacts) -> Iterator[Obligation]:
    """The day an avenant changes something: signed by then."""
    for row in facts.amendments:
        yield duty(
            facts,
            ObligationKind.AMENDMENT,
            row.uuid,
            row.effect_on,
            f"Prise d'effet : {row.label}",
            bodies=[party.body for party in facts.parties],
            source=row.label,
            done=row.signed,
            url=row.url,
        )
