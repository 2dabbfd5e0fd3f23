"""Exports never forget an avenant: what is written in a dossier, read elsewhere, gives the same situation."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from conventions.enums import ChangeKind
from conventions.models import Avenant, Convention
from conventions.services.endings import denounce_convention
from conventions.situation import situation_on
from core import rls
from funding.amendments import due_until, figures_on
from funding.models import FundingPlan, Share
from parties.actors import Actor
from parties.models import Territory
from reporting.dossier.exporter import dumps, export_territory
from reporting.dossier.importer import import_dossier
from tests.cast import YEAR, Cast
from tests.conventions.avenant_cast import TODAY, draft_avenant, signed_avenant, signed_convention

pytestmark = pytest.mark.django_db

MARCH, JULY = dt.date(YEAR, 3, 1), dt.date(YEAR, 7, 1)


def described(convention: Convention, day: dt.date) -> dict:
    found = situation_on(convention, day)
    return {
        "parties": [(p.organisation.key, tuple(p.roles), p.by and p.by.number) for p in found.parties],
        "period": found.period,
        "last_day": found.last_day,
        "in_force": found.in_force,
        "amounts": [[(f.ref, f.amount, f.committed, f.source) for f in plan.figures] for plan in found.plans],
        "changes": [(avenant.number, changes) for avenant, changes in found.changes],
    }


def test_a_dossier_carries_avenants_and_ends(cast: Cast, time_machine):
    time_machine.move_to(TODAY, tick=False)
    convention = signed_convention(cast)
    with cast.acting("gestionnaire"):
        signed_avenant(cast, convention, (ChangeKind.SHARE, "plan-e/departement", {"amount": "13000.50"}), on=MARCH)
        signed_avenant(
            cast, convention, (ChangeKind.PARTY_ADDED, "epci-b", {"roles": ["financeur"]}), on=JULY, title="Entrée"
        )
        draft_avenant(cast, convention, (ChangeKind.PERIOD, "", {"end": f"{YEAR}-10-31"}), on=JULY, title="Durée")
        denounce_convention(
            convention=convention, received_on=MARCH, cause="Redéploiement", by=cast.actor("gestionnaire")
        )
        convention.refresh_from_db()
        days = (dt.date(YEAR, 2, 1), MARCH, JULY)
        expected = [described(convention, day) for day in days]
        dossier = export_territory(cast.territory["here"])
    assert [row["number"] for row in dossier["avenants"]] == [1, 2, 3]
    assert [len(row["changes"]) for row in dossier["avenants"]] == [1, 1, 1]
    there = Territory.objects.create(code="59", name="Nord", administrative_court="Lille")
    dossier["territory"] = {"code": "59", "name": "Nord", "administrative_court": "Lille"}
    actor = Actor.system(there)
    with rls.acting(actor.context):
        import_dossier(content=dumps(dossier).encode(), by=actor)
        found = Convention.objects.get(reference="62-NEUVE")
        assert [described(found, day) for day in days] == expected
        assert found.final_day == convention.final_day
        plan = FundingPlan.objects.get(key="plan-e")
        assert figures_on(plan, MARCH)["departement"].amount == Decimal("13000.50")
        assert due_until(plan) == dt.date(YEAR, 6, 1)
        assert Share.objects.get(plan=plan, ref="departement").amount == Decimal("13000.50")
        assert Avenant.objects.get(number=3).status == "brouillon"
        # Read again, it changes nothing.
        again = import_dossier(content=dumps(dossier).encode(), by=actor)
        assert (again.created, again.updated, again.removed) == (0, 0, 0)
        assert export_territory(there)["avenants"] == dossier["avenants"]
