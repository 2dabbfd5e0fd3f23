"""Agreements the published act does not know: a departmental scheme, a national partnership, the national model.

Call them inside ``cast.acting("gestionnaire")``: the texts come from the shipped models, the amounts from the plans.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from conventions import services
from conventions.enums import Family
from conventions.models import Convention
from conventions.services.models_library import load_shipped_models
from funding.enums import PlanStatus
from funding.models import FundingPlan
from parties.enums import LegalForm, OrganisationKind
from parties.models import Mandate, Organisation
from tests.cast import YEAR, Cast, make_plan, make_post

YEARS = (YEAR, YEAR + 1, YEAR + 2)
NAMES = ("du Ternois", "du Pays d'Opale", "de la Région d'Audruicq", "de la Terre des Deux Caps", "de Desvres-Samer")
NAMES += ("des 7 Vallées", "du Pays de Lumbres", "du Haut Pays du Montreuillois", "Osartis Marquion")
NAMES += ("des Campagnes de l'Artois", "Flandre Lys", "du Val de Canche", "du Cœur d'Ostrevent")
#: Post → its employer and the unit where it is exercised; each is paid by two more EPCI.
POSTS = {
    "un": ("departement", "police"),
    "deux": ("departement", "gendarmerie"),
    "trois": ("epci_a", "gendarmerie"),
    "quatre": ("epci_b", "police"),
    "cinq": ("association", "gendarmerie"),
    "six": ("association", "police"),
    "sept": ("departement", "gendarmerie"),
}
SHARED_NOTE = "Montant versé sous réserve du vote du budget de l'exercice."


def local_bodies(cast: Cast) -> list[str]:
    """Thirteen more EPCI, each with a president: with those of the cast, twenty bodies sign a scheme."""
    keys = []
    for rank, name in enumerate(NAMES, start=1):
        organisation = Organisation.objects.create(
            territory=cast.territory["here"],
            key=f"epci-{rank}",
            kind=OrganisationKind.EPCI,
            legal_form=LegalForm.CC,
            name=f"CC {name}",
        )
        cast.org[f"epci_{rank}"] = organisation
        gender = "f" if rank % 2 else "m"
        Mandate.objects.create(
            territory_id=organisation.territory_id,
            key=f"president-{rank}",
            organisation=organisation,
            person=f"Camille EXEMPLE {rank}",
            gender=gender,
            function="Président",
            start=dt.date(YEAR - 1, 1, 1),
        )
        keys.append(f"epci_{rank}")
    return keys


def scheme_plans(cast: Cast) -> list[FundingPlan]:
    """One plan per post and year; two EPCI per post, costs rising, footnotes on some cells."""
    bodies = [*local_bodies(cast), "epci_a", "epci_b"]
    plans = []
    for rank, (key, (employer, unit)) in enumerate(POSTS.items()):
        make_post(cast, key, employer=employer, unit=unit, filled_since=dt.date(YEAR - 1, 1, 1))
        locals_ = [bodies[2 * rank], bodies[2 * rank + 1]]
        for step, year in enumerate(YEARS):
            financers = ["prefecture", "departement", *locals_]
            cost = Decimal(40000 + 4000 * rank + 400 * step)
            plans.append(
                make_plan(
                    cast,
                    f"{key}-{year}",
                    post=key,
                    cost=cost,
                    financers=financers,
                    status=PlanStatus.PROJET,
                    year=year,
                )
            )
            if year != YEARS[0]:
                plans[-1].shares.filter(financer=cast.org["prefecture"]).update(footnote=SHARED_NOTE)
    return plans


def scheme(cast: Cast) -> Convention:
    """F4: seven posts, four employers, three years, twenty parties."""
    load_shipped_models()
    return _made(cast, Family.F4, scheme_plans(cast), dt.date(YEARS[-1], 12, 31), reference="62-DISPOSITIF")


def partnership(cast: Cast, *, limit: int | None = 2) -> Convention:
    """F6: grants to a network head, renewed by silence, seats on its board."""
    load_shipped_models()
    make_post(cast, "reseau", employer="association", unit="police")
    plan = make_plan(
        cast,
        f"reseau-{YEAR}",
        post="reseau",
        cost=Decimal(60000),
        financers=["prefecture", "departement"],
        status=PlanStatus.PROJET,
    )
    convention = _made(cast, Family.F6, [plan], dt.date(YEAR, 12, 31), reference="62-RESEAU")
    renewal = {"months": 12, "limit": limit} if limit else {"months": 12}
    convention.variables = {"tacit_renewal": renewal, "board_seats": 2, "reports": ["un rapport d'étape au 30 juin"]}
    convention.save(update_fields=["variables"])
    return convention


def national(cast: Cast) -> Convention:
    """F0: one post, three years, the first one's amounts known."""
    load_shipped_models()
    make_post(cast, "triennal", employer="epci_a", unit="gendarmerie")
    plan = make_plan(
        cast,
        f"triennal-{YEAR}",
        post="triennal",
        cost=Decimal(45000),
        financers=["prefecture", "departement", "epci_a"],
        status=PlanStatus.PROJET,
    )
    return _made(cast, Family.F0, [plan], dt.date(YEARS[-1], 12, 31), reference="62-TRIENNAL")


def _made(cast: Cast, family: str, plans: Sequence[FundingPlan], end: dt.date, *, reference: str) -> Convention:
    return services.create_convention(
        by=cast.actor("gestionnaire"),
        reference=reference,
        plans=plans,
        period_start=dt.date(YEAR, 1, 1),
        period_end=end,
        family=family,
        place="Arras",
    )
