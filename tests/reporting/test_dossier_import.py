"""Importing: all or nothing, twice the same as once, what is frozen stays, what is absent is left alone."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from django.apps import apps

from conventions.enums import Status
from conventions.models import Convention, Decision
from core import rls
from core.errors import NotAllowed
from funding.enums import PlanStatus
from funding.models import FundingPlan, Share
from parties.actors import Actor
from parties.models import Organisation, Territory
from posts.models import Occupancy, Post
from reporting.dossier.importer import import_dossier
from reporting.dossier.reader import DossierRefused
from reporting.dossier.sections import SECTIONS
from reporting.dossier.territory import import_file
from tests.cast import Cast
from tests.reporting.dossiers import DEMO, content, small

pytestmark = pytest.mark.django_db


def system(code: str = "80") -> Actor:
    return Actor.system(Territory.objects.get(code=code))


def everything(code: str = "80") -> dict[str, list[tuple]]:
    """Every row of the exchanged tables with the moment it was last written."""
    models = {section.model for section in SECTIONS}
    models |= {children.model for section in SECTIONS for children in section.children}
    models |= {links.model for section in SECTIONS for links in section.links}
    with rls.acting(system(code).context):
        return {model.__name__: list(model.objects.order_by("pk").values_list("pk", "updated_at")) for model in models}


def refused(dossier: dict) -> dict[str, str]:
    with pytest.raises(DossierRefused) as caught:
        import_file(content(dossier))
    return {error.path: error.message for error in caught.value.errors}


def test_amounts_are_computed_never_read():
    import_file(content(small()))

    with rls.acting(system().context):
        amounts = dict(Share.objects.values_list("ref", "amount"))
        text = Share.objects.get(ref="etat").explanation["text"]
    assert amounts == {
        "etat": Decimal("21000.00"),
        "bloc": Decimal("21000.00"),
        "dep": Decimal("10500.00"),
        "epci": Decimal("10500.00"),
    }
    assert "50" in text


def test_a_second_import_changes_nothing():
    import_file(DEMO.read_bytes())
    before = everything("62")

    outcome = import_file(DEMO.read_bytes())

    assert (outcome.created, outcome.updated, outcome.removed) == (0, 0, 0)
    assert everything("62") == before


def test_check_only_writes_nothing_and_tells_the_same():
    checked = import_file(content(small()), check_only=True)

    assert not Territory.objects.filter(code="80").exists()
    applied = import_file(content(small()))
    assert (checked.created, checked.findings) == (applied.created, applied.findings)


def test_an_error_found_while_writing_undoes_everything():
    import_file(content(small()))
    dossier = small()
    dossier["organisations"][0]["name"] = "Somme, nouveau nom"
    dossier["organisations"].append(
        {"key": "autre", "kind": "epci", "legal_form": "CC", "name": "Autre", "siren": "200035442"}
    )
    del dossier["organisations"][3]
    before = everything()

    errors = refused(dossier)

    assert list(errors) == ["organisations[3]"]
    assert "SIREN" in errors["organisations[3]"]
    assert everything() == before


@pytest.mark.parametrize("check_only", [True, False])
def test_a_wrong_file_creates_no_territory(check_only: bool):
    dossier = small()
    dossier["plans"][0]["costs"][0]["amount"] = "-1.00"

    with pytest.raises(DossierRefused):
        import_file(content(dossier), check_only=check_only)

    assert not Territory.objects.filter(code="80").exists()


def test_what_the_file_leaves_out_is_left_alone():
    import_file(content(small()))
    dossier = small()
    for name in ("mandates", "units", "deliberations", "conventions", "activity", "plans", "allocation_keys"):
        del dossier[name]
    dossier["posts"] = [{"key": "poste", "label": "Poste renommé", "kind": "ISC", "employer": "epci"}]

    outcome = import_file(content(dossier))

    assert (outcome.created, outcome.updated, outcome.removed) == (0, 1, 0)
    with rls.acting(system().context):
        assert Post.objects.get().label == "Poste renommé"
        assert Occupancy.objects.count() == 2
        assert Convention.objects.count() == 1


def test_a_list_that_is_given_replaces_the_stored_one():
    import_file(content(small()))
    dossier = small()
    dossier["posts"][0]["occupancies"] = [{"start": "2023-02-01", "end": "2023-06-30"}]

    outcome = import_file(content(dossier))

    assert (outcome.created, outcome.removed) == (1, 2)
    with rls.acting(system().context):
        assert [str(row.start) for row in Occupancy.objects.all()] == ["2023-02-01"]


def test_a_changed_plan_is_computed_again_and_counts_a_save():
    import_file(content(small()))
    dossier = small()
    dossier["plans"][0]["costs"][0]["amount"] = "40000.00"

    import_file(content(dossier))

    with rls.acting(system().context):
        plan = FundingPlan.objects.get()
        assert plan.version == 2
        assert plan.shares.get(ref="etat").amount == Decimal("20000.00")


def test_decisions_point_at_conventions_that_come_later_in_the_file():
    import_file(content(small()))

    with rls.acting(system().context):
        assert [c.reference for c in Decision.objects.get().conventions.all()] == ["C-1"]


@pytest.mark.parametrize(
    ("section", "change", "path"),
    [
        ("conventions", {"title": "Autre"}, "conventions[0].title"),
        ("conventions", {"signatories": []}, "conventions[0].signatories"),
        ("plans", {"costs": [{"kind": "payroll", "amount": "1.00"}]}, "plans[0].costs[0].amount"),
        ("plans", {"posts": []}, "plans[0].posts"),
    ],
)
def test_what_is_frozen_does_not_change(section: str, change: dict, path: str):
    import_file(content(small()))
    with rls.acting(system().context):
        Convention.objects.update(status=Status.APPROUVEE)
        FundingPlan.objects.update(status=PlanStatus.ARRETE)
    dossier = small()
    dossier[section][0].update(change)
    before = everything()

    errors = refused(dossier)

    assert list(errors) == [path]
    assert "figé" in errors[path]
    assert everything() == before


def test_the_same_content_passes_over_what_is_frozen():
    import_file(content(small()))
    with rls.acting(system().context):
        Convention.objects.update(status=Status.APPROUVEE)
        FundingPlan.objects.update(status=PlanStatus.ARRETE)
    before = everything()

    outcome = import_file(content(small()))

    assert (outcome.created, outcome.updated, outcome.removed) == (0, 0, 0)
    assert everything() == before


def test_a_state_never_moves_by_a_file():
    import_file(content(small()))
    dossier = small()
    dossier["conventions"][0]["status"] = "soumise"

    import_file(content(dossier))

    with rls.acting(system().context):
        assert Convention.objects.get().status == Status.BROUILLON


def test_a_gestionnaire_may_not_bring_in_what_nobody_approved(cast: Cast):
    dossier = small()
    dossier["territory"] = {"code": "62", "name": "Pas-de-Calais"}
    dossier["organisations"] = [{"key": "neuve", "kind": "other", "name": "Neuve"}]
    dossier = {name: dossier[name] for name in ("format", "version", "territory", "organisations")}
    dossier["conventions"] = [
        {
            "reference": "X-1",
            "title": "Reprise",
            "family": "F2",
            "period": {"start": "2023-01-01", "end": "2023-12-31"},
            "status": "approuvee",
        }
    ]

    with cast.acting("gestionnaire"), pytest.raises(DossierRefused) as caught:
        import_dossier(content=content(dossier), by=cast.actor("gestionnaire"))

    assert [error.path for error in caught.value.errors] == ["conventions[0].status"]
    with cast.acting("gestionnaire"):
        assert not Organisation.objects.filter(key="neuve").exists()


def test_the_dossier_of_another_territory_is_refused(cast: Cast):
    with cast.acting("gestionnaire"), pytest.raises(DossierRefused) as caught:
        import_dossier(content=content(small()), by=cast.actor("gestionnaire"))

    assert [error.path for error in caught.value.errors] == ["territory.code"]


def test_other_roles_may_not_import(cast: Cast):
    with cast.acting("finances_a"), pytest.raises(NotAllowed):
        import_dossier(content=content(small()), by=cast.actor("finances_a"))


def test_every_exchanged_table_is_among_the_apps():
    """A section naming a model nobody migrates would fail only when used."""
    known = set(apps.get_models())
    assert all(section.model in known for section in SECTIONS)


def test_the_act_gives_the_findings_expected_of_it():
    outcome = import_file(DEMO.read_bytes())
    findings = {(finding.code, finding.place): finding for finding in outcome.findings}

    assert findings["R02", "conventions[62-A16].stated.originals"].stated == "7"
    assert findings["R02", "conventions[62-A16].stated.originals"].computed == "8"
    assert findings["R01", "plans[isg-calaisis-2023].shares[epci]"].stated == "12219.00"
    assert findings["R01", "plans[isg-boulonnais-2023]"].stated == "59109.00"
    assert findings["R16", "plans[isc-boulonnais-2022].posts[isc-boulonnais]"].computed == "8352.08"
    stated = {f.stated: f.computed for f in outcome.findings if f.place.startswith("plans[isg-calaisis-2023].shares[c")}
    assert stated == {"1588.00": "1582.00", "5095.00": "5106.00", "5536.00": "5532.00"}


def test_the_act_is_silent_where_it_is_right():
    outcome = import_file(DEMO.read_bytes())

    for plan in ("isg-artois-2023", "isg-avesnes-2023", "isg-bapaume-2023"):
        assert [f.code for f in outcome.findings if f.place.startswith(f"plans[{plan}]")] == []
    assert [f.code for f in outcome.findings if f.code == "R04"] == []


def test_the_act_is_computed_as_it_prints():
    import_file(DEMO.read_bytes())

    with rls.acting(system("62").context):
        amounts = {
            (share.plan.key, share.ref): share.amount for share in Share.objects.select_related("plan").iterator()
        }
        shares = json.loads(DEMO.read_text(encoding="utf-8"))["plans"]
    assert amounts["isc-artois-2023", "departement"] == Decimal("17510.00")
    assert amounts["isg-osartis-2023", "etat"] == Decimal("4666.00")
    assert amounts["isg-osartis-2023", "cc-osartis-marquion"] == Decimal("4668.00")
    assert amounts["iscg-audomarois-2023", "ca-saint-omer"] == Decimal("9639.00")
    assert amounts["iscg-montreuillois-2023", "ca-deux-baies"] == Decimal("7853.00")
    for plan in shares:
        for share in plan["shares"]:
            stated = share.get("stated", {}).get("amount")
            if stated:
                assert amounts[plan["key"], share["ref"]] == Decimal(stated), (plan["key"], share["ref"])
