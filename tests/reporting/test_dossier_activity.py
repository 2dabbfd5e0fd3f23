"""Detailed activity in a dossier: written, read elsewhere, the same; what was answered for is not changed by a file."""

from __future__ import annotations

import copy
import json

import pytest

from core import rls
from parties.actors import Actor
from parties.models import Territory
from posts.models import ActivityCell, ActivityReturn, MonthStep, PeriodPeople
from posts.services.detail import record_detail, reopen_month, validate_month
from posts.services.periods import record_people
from reporting.dossier.exporter import dumps, export_territory
from reporting.dossier.importer import import_dossier
from reporting.dossier.reader import DossierRefused
from tests.cast import YEAR, Cast
from tests.posts.test_relations import HOLDS

pytestmark = pytest.mark.django_db
PAST = YEAR - 1
SECTIONS = ("activity", "people", "month_steps")


@pytest.fixture
def dossier(cast: Cast) -> dict:
    """Two months in detail, one reopened then validated again, and the people of a quarter and of the year."""
    with cast.acting("gestionnaire"):
        by, post = cast.actor("gestionnaire"), cast.post["a"]
        for month in (2, 3):
            record_detail(post=post, year=PAST, month=month, cells=HOLDS, by=by)
        record_people(post=post, year=PAST, people={1: {"people": 15}, None: {"people": 40, "women": 20}}, by=by)
        validate_month(post=post, year=PAST, month=2, by=by)
        reopen_month(post=post, year=PAST, month=2, reason="Une saisine oubliée.", by=by)
        validate_month(post=post, year=PAST, month=2, by=by)
        validate_month(post=post, year=PAST, month=3, by=by)
        return export_territory(cast.territory["here"])


def only(dossier: dict) -> dict:
    """The sections about activity: what they point at is in the territory."""
    return {name: dossier[name] for name in ("format", "version", "territory", *SECTIONS)}


def here(cast: Cast) -> Actor:
    return Actor.system(cast.territory["here"])


def refused(cast: Cast, dossier: dict) -> dict[str, str]:
    with rls.acting(here(cast).context), pytest.raises(DossierRefused) as told:
        import_dossier(content=json.dumps(dossier).encode(), by=here(cast))
    return {error.path: error.message for error in told.value.errors}


def test_read_elsewhere_it_is_the_same_and_read_again_it_changes_nothing(cast: Cast, dossier: dict):
    assert [step["act"] for step in dossier["month_steps"]] == ["valide", "rouvert", "valide", "valide"]
    there = Territory.objects.create(code="59", name="Nord", administrative_court="Lille")
    moved = dossier | {"territory": {"code": "59", "name": "Nord", "administrative_court": "Lille"}}
    actor = Actor.system(there)
    with rls.acting(actor.context):
        import_dossier(content=dumps(moved).encode(), by=actor)
        assert ActivityCell.objects.count() == 2 * len(HOLDS)
        assert PeriodPeople.objects.count() == 2
        assert MonthStep.objects.count() == 4
        assert {name: export_territory(there)[name] for name in SECTIONS} == {name: dossier[name] for name in SECTIONS}
        again = import_dossier(content=dumps(moved).encode(), by=actor)
        assert (again.created, again.updated, again.removed) == (0, 0, 0)


def test_the_same_territory_passes_over_what_it_holds_in_any_order(cast: Cast, dossier: dict):
    shuffled = copy.deepcopy(only(dossier))
    for row in shuffled["activity"]:
        row["cells"].reverse()
    with rls.acting(here(cast).context):
        done = import_dossier(content=dumps(shuffled).encode(), by=here(cast))
        assert done.changes == 0


def test_a_month_answered_for_is_not_changed_by_a_file(cast: Cast, dossier: dict):
    dossier["activity"][0]["cells"][0]["value"] += 1
    rank = next(i for i, row in enumerate(dossier["people"]) if row["quarter"] == 1)
    dossier["people"][rank]["people"] = 16
    found = refused(cast, dossier)
    assert set(found) == {"activity[0].cells[0].value", f"people[{rank}].people"}
    with rls.acting(here(cast).context):
        assert PeriodPeople.objects.get(quarter=1).people == 15


def test_an_open_month_takes_the_file_s_cells(cast: Cast, dossier: dict):
    with cast.acting("gestionnaire"):
        by = cast.actor("gestionnaire")
        reopen_month(post=cast.post["a"], year=PAST, month=2, reason="X", by=by)
        dossier = export_territory(cast.territory["here"])
    row = next(row for row in dossier["activity"] if row["month"] == 2)
    row["cells"] = [{"indicator": "I0", "row": "saisines", "value": 4}]
    with rls.acting(here(cast).context):
        import_dossier(content=dumps(dossier).encode(), by=here(cast))
        held = ActivityReturn.objects.get(year=PAST, month=2)
        assert [(cell.row, cell.value) for cell in held.cells.all()] == [("saisines", 4)]


def test_a_history_is_gone_on_with_never_rewritten(cast: Cast, dossier: dict):
    shorter = only(dossier) | {"month_steps": dossier["month_steps"][:1]}
    with rls.acting(here(cast).context):
        assert import_dossier(content=dumps(shorter).encode(), by=here(cast)).changes == 0
    more = copy.deepcopy(only(dossier))
    more["month_steps"].append(more["month_steps"][0] | {"act": "rouvert", "month": 3, "reason": "Erreur."})
    with rls.acting(here(cast).context):
        assert import_dossier(content=dumps(more).encode(), by=here(cast)).created == 1
        assert MonthStep.objects.order_by("pk").last().reason == "Erreur."
    dossier["month_steps"][0]["recorded_by"] = "Quelqu'un d'autre"
    assert "ne se récrit pas" in refused(cast, dossier)["month_steps[0]"]


def test_a_manager_s_file_makes_nobody_answer_for_a_month(cast: Cast, dossier: dict):
    more = copy.deepcopy(only(dossier))
    more["month_steps"].append(more["month_steps"][0] | {"month": 5})
    with cast.acting("gestionnaire"), pytest.raises(DossierRefused) as told:
        import_dossier(content=dumps(more).encode(), by=cast.actor("gestionnaire"))
    assert [error.path for error in told.value.errors] == ["month_steps[4]"]
    with cast.acting("gestionnaire"):
        same = import_dossier(content=dumps(only(dossier)).encode(), by=cast.actor("gestionnaire"))
        assert same.changes == 0


@pytest.mark.parametrize(
    ("cell", "path"),
    [
        ({"indicator": "I1", "row": "pigeon", "value": 1}, "row"),
        ({"indicator": "I4", "row": "26_40", "value": 1}, "column"),
        ({"indicator": "I1", "row": "plainte", "column": "f", "value": 1}, "column"),
    ],
)
def test_a_cell_that_does_not_exist_is_refused_at_its_place(cast: Cast, cell: dict, path: str):
    with rls.acting(here(cast).context):
        dossier = export_territory(cast.territory["here"])
    post = dossier["posts"][0]["key"]
    dossier["activity"] = [{"post": post, "year": PAST, "month": 5, "cells": [cell]}]
    assert set(refused(cast, dossier)) == {f"activity[0].cells[0].{path}"}
    dossier["activity"] = [{"post": post, "year": PAST, "month": None, "cells": [cell]}]
    assert "par mois" in refused(cast, dossier)["activity[0].cells"]
