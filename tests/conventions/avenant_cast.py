"""A signed convention and its avenants, for tests of what they change."""

from __future__ import annotations

import datetime as dt
from typing import Any

import time_machine

from conventions import services
from conventions.models import Avenant, Convention, Deliberation
from conventions.services import avenants
from conventions.services.models_library import load_shipped_models
from conventions.services.signing import awaited, current_version, record_signature, version_to_sign
from funding.services.plans import recompute_plan
from tests.cast import YEAR, Cast

#: The day most tests happen on.
TODAY = dt.datetime(YEAR, 3, 10, 12, tzinfo=dt.UTC)


def vote_for(cast: Cast, organisation: Any, number: str = "12") -> Deliberation:
    """An enforceable vote of January."""
    return services.save_deliberation(
        deliberation=Deliberation(organisation=organisation),
        data={
            "number": f"{YEAR}-{number}",
            "date": dt.date(YEAR, 1, 12),
            "transmitted_on": dt.date(YEAR, 1, 20),
            "published_on": dt.date(YEAR, 1, 20),
        },
        by=cast.actor("gestionnaire"),
    )


def signed_convention(
    cast: Cast, *, reference: str = "62-NEUVE", variables: dict[str, Any] | None = None
) -> Convention:
    """Plan e (36 000 €, thirds) under a convention drafted, approved and signed by its services."""
    load_shipped_models()
    by = cast.actor("gestionnaire")
    with cast.acting("gestionnaire"):
        plan = cast.plan["e"]
        recompute_plan(plan=plan)
        cast.convention["e"].convention_plans.all().delete()
        convention = services.create_convention(
            by=by,
            reference=reference,
            plans=[plan],
            period_start=dt.date(YEAR, 1, 1),
            period_end=dt.date(YEAR, 12, 31),
            place="Bapaume",
        )
        if variables:
            convention.variables = variables
            convention.save()
        for party in convention.parties.select_related("organisation"):
            if party.organisation.is_local_authority:
                services.authorise_party(party=party, deliberation=vote_for(cast, party.organisation), by=by)
        services.submit_convention(convention=convention, by=by)
        # A signature does not precede the approval.
        with time_machine.travel(dt.datetime(YEAR, 3, 1, 9, tzinfo=dt.UTC)), cast.acting("instructeur"):
            version = services.approve_convention(convention=convention, by=cast.actor("instructeur"))
        services.start_signature(convention=convention, by=by)
        for signatory in awaited(convention, version):
            record_signature(convention=convention, signatory=signatory, signed_on=dt.date(YEAR, 3, 10), by=by)
        convention.refresh_from_db()
        assert current_version(convention) == version
    return convention


def draft_avenant(
    cast: Cast, convention: Convention, *changes: tuple[str, str, dict[str, Any]], on: dt.date, title: str = "Montants"
) -> Avenant:
    """A draft with ``changes`` (kind, target, data), its local authorities having voted."""
    by = cast.actor("gestionnaire")
    avenant = avenants.create_avenant(convention=convention, title=title, effective_on=on, by=by)
    for kind, target, data in changes:
        avenants.save_change(avenant=avenant, kind=kind, target=target, data=data, by=by)
    for party in avenant.parties.select_related("organisation", "representative"):
        if party.organisation.is_local_authority:
            avenants.save_avenant_party(
                party=party,
                representative=party.representative,
                signatory=party.representative,
                deliberation=vote_for(cast, party.organisation, f"A{avenant.number}"),
                by=by,
            )
    avenant.refresh_from_db()
    return avenant


def approve(cast: Cast, avenant: Avenant) -> None:
    avenants.submit_avenant(avenant=avenant, by=cast.actor("gestionnaire"))
    with cast.acting("instructeur"):
        avenants.approve_avenant(avenant=avenant, by=cast.actor("instructeur"))


def sign_all(cast: Cast, avenant: Avenant, *, on: dt.date = dt.date(YEAR, 3, 10)) -> Avenant:
    by = cast.actor("gestionnaire")
    avenants.start_avenant_signature(avenant=avenant, by=by)
    version = version_to_sign(avenant)
    for signatory in awaited(avenant.convention, version):
        record_signature(convention=avenant.convention, signatory=signatory, signed_on=on, by=by, version=version)
    avenant.refresh_from_db()
    return avenant


def signed_avenant(
    cast: Cast, convention: Convention, *changes: tuple[str, str, dict[str, Any]], on: dt.date, title: str = "Montants"
) -> Avenant:
    """Drafted, approved and signed today."""
    avenant = draft_avenant(cast, convention, *changes, on=on, title=title)
    approve(cast, avenant)
    return sign_all(cast, avenant)
