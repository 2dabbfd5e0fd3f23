"""A real draft for the tests of pages: model, text, balanced plan, mandates."""

from __future__ import annotations

import datetime as dt

import time_machine

from conventions import services
from conventions.models import Convention, Deliberation
from conventions.services.models_library import load_shipped_models
from funding.services.plans import recompute_plan
from tests.cast import YEAR, Cast

#: Enforceable from this day on.
VOTED = dt.date(YEAR, 1, 20)


def make_draft(cast: Cast, *, reference: str = "62-NEUVE") -> Convention:
    """Convention of post e (an EPCI employer), its plan balanced. Inside ``cast.acting("gestionnaire")``."""
    load_shipped_models()
    plan = cast.plan["e"]
    recompute_plan(plan=plan)
    cast.convention["e"].convention_plans.all().delete()
    return services.create_convention(
        by=cast.actor("gestionnaire"),
        reference=reference,
        plans=[plan],
        period_start=dt.date(YEAR, 1, 1),
        period_end=dt.date(YEAR, 12, 31),
        place="Bapaume",
    )


def vote(cast: Cast, convention: Convention, *, published: dt.date | None = VOTED) -> list[Deliberation]:
    """Every local authority votes; enforceable when ``published``. Inside ``cast.acting("gestionnaire")``."""
    by = cast.actor("gestionnaire")
    made = []
    for party in convention.parties.select_related("organisation", "representative"):
        if not party.organisation.is_local_authority:
            continue
        data = {"number": f"{YEAR}-12", "date": dt.date(YEAR, 1, 12), "body": "Conseil"}
        data |= {"transmitted_on": published, "published_on": published}
        deliberation = services.save_deliberation(
            deliberation=Deliberation(organisation=party.organisation), data=data, by=by
        )
        services.save_party(
            party=party,
            roles=party.roles,
            representative=party.representative,
            signatory=party.representative,
            deliberation=deliberation,
            by=by,
        )
        made.append(deliberation)
    return made


def submitted(cast: Cast, *, voted: bool = True) -> Convention:
    """A draft handed to the préfecture."""
    with cast.acting("gestionnaire"):
        convention = make_draft(cast)
        if voted:
            vote(cast, convention)
        convention.refresh_from_db()
        return services.submit_convention(convention=convention, by=cast.actor("gestionnaire"))


def approved(cast: Cast, *, voted: bool = True) -> Convention:
    """The same, approved: one frozen version, plans arrêtés."""
    convention = submitted(cast, voted=voted)
    # A signature does not precede the approval: these conventions are approved the day the votes became enforceable.
    with time_machine.travel(dt.datetime(YEAR, 1, 20, 9, tzinfo=dt.UTC)), cast.acting("instructeur"):
        services.approve_convention(convention=convention, by=cast.actor("instructeur"))
    with cast.acting("gestionnaire"):
        convention.refresh_from_db()
    return convention


def in_signature(cast: Cast, *, voted: bool = True) -> Convention:
    convention = approved(cast, voted=voted)
    with cast.acting("gestionnaire"):
        return services.start_signature(convention=convention, by=cast.actor("gestionnaire"))
