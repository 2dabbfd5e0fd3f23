"""The territory's keys: made on official populations or typed, used by several plans, frozen with them (domain §4)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.errors import Conflict, InvalidInput, NotAllowed
from funding.adapter import CostData, KeyData, data_of
from funding.enums import KeyBasis, KeySource
from funding.models import AllocationKey, FundingPlan
from funding.services import plans
from funding.services import stored_keys as services
from funding.services.plan_writing import PlanWrite, save_plans
from funding.stored_keys import KeySpec, study, study_of
from parties.models import RefCommune, RefCommuneYear, RefDepartement, RefEpci, RefEpciYear
from tests.cast import Cast
from tests.funding.test_modes import CASES, form_body
from tests.funding.test_plan_services import key_group, thirds

D = Decimal
COUNTS = {
    2021: {"epci_a": (100000, 5169), "epci_b": (20000, 4170)},
    2022: {"epci_a": (90000, 10000), "epci_b": (20000, 5000)},
}


@pytest.fixture(autouse=True)
def populations(cast: Cast) -> None:
    """2021: 105 169 inhabitants of the Pays de Saint-Omer, 24 170 of the Pays de Lumbres, two communes each."""
    departement = RefDepartement.objects.create(code="62", name="Pas-de-Calais")
    for name in ("epci_a", "epci_b"):
        epci = RefEpci.objects.create(siren=cast.org[name].siren, name=name, legal_form="CC", departement=departement)
        for rank in (0, 1):
            RefCommune.objects.create(
                code=f"62{rank}{name == 'epci_b':02d}", name=f"Commune {name[-1]}{rank}", departement=departement
            )
        for vintage, counts in COUNTS.items():
            RefEpciYear.objects.create(
                epci=epci, vintage=vintage, name=name, legal_form="CC", source_form="CC", members_count=2,
                population_municipale=sum(counts[name]), population_totale=sum(counts[name]), source_vintage=vintage,
            )  # fmt: skip
            for rank, count in enumerate(counts[name]):
                RefCommuneYear.objects.create(
                    commune_id=f"62{rank}{name == 'epci_b':02d}", vintage=vintage, population=count, epci=epci
                )


@pytest.fixture
def by(cast: Cast, populations):
    with cast.acting("gestionnaire"):
        yield cast.actor("gestionnaire")


def spec(cast: Cast, label="Saint-Omer et Lumbres", basis=KeyBasis.WHOLE, vintage=2021, typed=(None, None)) -> KeySpec:
    source = KeySource.OFFICIAL if typed[0] is None else KeySource.TYPED
    bodies = (cast.org["epci_a"], cast.org["epci_b"])
    return KeySpec(label, basis, source, vintage, tuple(zip(bodies, map(number, typed), strict=True)))


def number(text: str | None) -> Decimal | None:
    return None if text is None else D(text)


def plan_on(cast: Cast, by, key: AllocationKey, **values) -> FundingPlan:
    """12 000 for one block of two EPCI that shares by the key."""
    group = key_group(cast, KeyData(stored_id=key.pk), epci_a=None, epci_b=None)
    data = thirds(cast, costs=(CostData(amount=D(12000)),), shares=(group,), **values)
    return plans.create_plan(data=data, by=by)


def parts(plan: FundingPlan) -> tuple[Decimal | None, ...]:
    return tuple(plan.shares.filter(financer__isnull=False).order_by("ref").values_list("amount", flat=True))


# --- Made -------------------------------------------------------------------------------------------------------------


def test_computed_on_the_whole_population_commune_by_commune(cast, by):
    found = study(spec(cast), D(12000))
    assert [(row.inhabitants, row.percent) for row in found.rows] == [(105169, D("81.31")), (24170, D("18.69"))]
    assert [row.amount for row in found.rows] == [D("9757.52"), D("2242.48")]
    assert [(c.name, c.population) for c in found.rows[1].communes] == [("Commune b0", 20000), ("Commune b1", 4170)]
    key = services.create_key(spec=spec(cast), by=by)
    lines = key.lines.values_list("population", "percent", "communes")
    assert list(lines) == [(105169, None, ["62000", "62100"]), (24170, None, ["62001", "62101"])]


def test_the_communes_of_every_gendarmerie_unit_of_the_territory(cast, by):
    unit = cast.unit["gendarmerie"]
    unit.communes = ["62000", "62001"]
    unit.save()
    second = type(unit).objects.create(
        organisation=unit.organisation, kind=unit.kind, zone=unit.zone, name="Autre compagnie", communes=["62101"]
    )
    key = services.create_key(spec=spec(cast, basis=KeyBasis.GENDARMERIE), by=by)
    assert list(key.lines.values_list("population", "communes")) == [(100000, ["62000"]), (24170, ["62001", "62101"])]
    second.delete()  # what was counted stays what it was
    key = AllocationKey.objects.with_lines().get(pk=key.pk)
    assert [row.inhabitants for row in study_of(key).rows] == [100000, 24170]


def test_typed_percentages_beside_the_official_ones(cast, by):
    found = study(spec(cast, typed=("81.32", "18.68")), D(12000))
    assert [(row.official, row.typed, row.gap) for row in found.rows] == [
        (D("81.31"), D("81.32"), D("0.01")),
        (D("18.69"), D("18.68"), D("-0.01")),
    ]
    assert [(row.amount, row.official_amount) for row in found.rows] == [
        (D("9758.40"), D("9757.52")),
        (D("2241.60"), D("2242.48")),
    ]


@pytest.mark.parametrize(
    ("values", "place"),
    [
        ({"label": " "}, "label"),
        ({"vintage": None}, "vintage"),
        ({"vintage": 2019}, "members"),
        ({"typed": ("81.32", "8.68")}, "members"),
        ({"basis": KeyBasis.GENDARMERIE}, "members"),
    ],
)
def test_what_no_key_may_be(cast, by, values, place):
    with pytest.raises(InvalidInput) as refusal:
        services.create_key(spec=spec(cast, **values), by=by)
    assert refusal.value.place == place
    assert not AllocationKey.objects.exists()


def test_a_label_names_one_key(cast, by):
    services.create_key(spec=spec(cast), by=by)
    with pytest.raises(InvalidInput, match="déjà ce libellé"):
        services.create_key(spec=spec(cast), by=by)


def test_only_who_may_edit_plans(cast):
    with cast.acting("instructeur"), pytest.raises(NotAllowed):
        services.create_key(spec=spec(cast), by=cast.actor("instructeur"))


# --- Used by plans ----------------------------------------------------------------------------------------------------


def test_two_plans_share_a_key_and_follow_it(cast, by):
    key = services.create_key(spec=spec(cast), by=by)
    first, second = plan_on(cast, by, key), plan_on(cast, by, key, label="Autre")
    assert parts(first) == parts(second) == (9758, 2242)
    assert data_of(first).shares[0].key == KeyData(KeyBasis.WHOLE, KeySource.OFFICIAL, 2021, key.pk)
    changed = services.change_key(key=key, spec=spec(cast, typed=("60", "40")), seen=services.stamp(key), by=by)
    assert {plan.pk for plan in changed} == {first.pk, second.pk}
    assert parts(first) == parts(second) == (7200, 4800)
    assert AllocationKey.objects.count() == 1
    assert first.events.order_by("-pk").first().by_label == by.label


def test_saving_the_plan_again_keeps_the_key_and_a_key_of_its_own_leaves_it(cast, by):
    key = services.create_key(spec=spec(cast), by=by)
    plan = plan_on(cast, by, key)
    plan = plans.save_plan(plan=plan, data=data_of(plan), expected_version=plan.version, by=by)
    assert plan.shares.filter(allocation_key=key).count() == 2
    group = key_group(cast, KeyData(), epci_a="50", epci_b="50")
    data = replace(data_of(plan), shares=(group,))
    plans.save_plan(plan=plan, data=data, expected_version=plan.version, by=by)
    assert parts(plan) == (6000, 6000)
    assert not plan.shares.filter(allocation_key=key).exists()
    assert [(line.percent, line.population) for line in key.lines.all()] == [(None, 105169), (None, 24170)]


def test_written_by_lots_the_key_is_read_once_and_held(cast, by):
    """The queries of three plans on a key are those of one; the key is locked before the plans point at it."""
    key = services.create_key(spec=spec(cast), by=by)
    group = key_group(cast, KeyData(stored_id=key.pk), epci_a=None, epci_b=None)

    def written(*labels: str) -> list[str]:
        writes = [
            PlanWrite(thirds(cast, label=label, costs=(CostData(amount=D(12000)),), shares=(group,)))
            for label in labels
        ]
        with CaptureQueriesContext(connection) as asked:
            made = save_plans(writes=writes, by=by)
        assert [parts(plan) for plan in made] == [(9758, 2242)] * len(labels)
        assert all(plan.shares.filter(allocation_key=key).count() == 2 for plan in made)
        return [query["sql"] for query in asked]

    one, three = written("Un"), written("Deux", "Trois", "Quatre")
    assert len(one) == len(three)
    locks = [sql for sql in three if 'FROM "funding_allocationkey"' in sql and "FOR UPDATE" in sql]
    assert len(locks) == 1
    assert AllocationKey.objects.count() == 1


def test_a_block_has_exactly_the_members_of_its_key(cast, by):
    key = services.create_key(spec=spec(cast), by=by)
    group = key_group(cast, KeyData(stored_id=key.pk), epci_a=None)
    with pytest.raises(InvalidInput, match="compte aussi") as refusal:
        plans.create_plan(data=thirds(cast, shares=(group,)), by=by)
    assert refusal.value.place == "shares[bloc].key_stored"
    group = key_group(cast, KeyData(stored_id=key.pk), epci_a=None, epci_b=None, departement=None)
    with pytest.raises(InvalidInput, match="ne compte pas"):
        plans.create_plan(data=thirds(cast, shares=(group,)), by=by)


def test_a_draft_that_cannot_follow_stops_the_change(cast, by):
    key = services.create_key(spec=spec(cast), by=by)
    plan = plan_on(cast, by, key)
    bodies = (cast.org["epci_a"], cast.org["association"])
    other = replace(spec(cast, typed=("60", "40")), members=((bodies[0], D(60)), (bodies[1], D(40))))
    with pytest.raises(InvalidInput, match="ne peut pas la suivre"):
        services.change_key(key=key, spec=other, seen=services.stamp(key), by=by)
    assert parts(plan) == (9758, 2242)
    assert list(key.lines.values_list("population", flat=True)) == [105169, 24170]


def test_somebody_else_s_change_is_not_overwritten(cast, by):
    key = services.create_key(spec=spec(cast), by=by)
    seen = services.stamp(key)
    services.change_key(key=key, spec=spec(cast, vintage=2022), seen=seen, by=by)
    with pytest.raises(Conflict, match="modifiée depuis"):
        services.change_key(key=key, spec=spec(cast, typed=("60", "40")), seen=seen, by=by)
    key.refresh_from_db()
    assert (key.source, key.vintage) == (KeySource.OFFICIAL, 2022)


# --- Frozen -----------------------------------------------------------------------------------------------------------


def test_a_settled_plan_freezes_its_key_until_it_is_reopened(cast, by):
    key = services.create_key(spec=spec(cast), by=by)
    plan = plans.freeze_plan(plan=plan_on(cast, by, key), by=by)
    with pytest.raises(Conflict, match="elle ne change plus"):
        services.change_key(key=key, spec=spec(cast, vintage=2022), seen=services.stamp(key), by=by)
    with pytest.raises(Conflict, match="sert à"):
        services.remove_key(key=key, by=by)
    plans.unfreeze_plan(plan=plan, by=by, reason="À corriger")
    services.change_key(key=key, spec=spec(cast, vintage=2022), seen=services.stamp(key), by=by)
    assert parts(plan) == (9600, 2400)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE funding_allocationkey SET vintage = 2022 WHERE id = %s",
        "UPDATE funding_allocationkey SET source = 'saisie' WHERE id = %s",
        "UPDATE funding_allocationkeyline SET population = population + 1 WHERE allocation_key_id = %s",
        "UPDATE funding_allocationkeyline SET communes = '[]' WHERE allocation_key_id = %s",
        "DELETE FROM funding_allocationkeyline WHERE allocation_key_id = %s",
        "INSERT INTO funding_allocationkeyline (uuid, created_at, updated_at, territory_id, allocation_key_id,"
        " organisation_id, percent, communes, position) SELECT gen_random_uuid(), now(), now(), k.territory_id, k.id,"
        " (SELECT id FROM parties_organisation WHERE kind = 'departement' LIMIT 1), 1, '[]', 9"
        " FROM funding_allocationkey k WHERE k.id = %s",
    ],
)
def test_the_database_refuses_too(cast, by, statement):
    key = services.create_key(spec=spec(cast), by=by)
    plan = plan_on(cast, by, key)
    assert run(statement, key)  # a draft lets it pass: the statement itself is right
    plans.freeze_plan(plan=plan, by=by)
    with pytest.raises(IntegrityError, match="plan arrêté"):
        run(statement, key)


def run(statement: str, key: AllocationKey) -> int:
    """How many rows it would change; undone."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SAVEPOINT before_it")
        cursor.execute(statement, [key.pk])
        count = cursor.rowcount
        cursor.execute("ROLLBACK TO SAVEPOINT before_it")
    return count


# --- Pages ------------------------------------------------------------------------------------------------------------


def body_of(cast: Cast, **values) -> dict[str, str]:
    members = {f"member-{cast.org[name].uuid}": "on" for name in ("epci_a", "epci_b")}
    return {"label": "Saint-Omer", "source": "officielle", "basis": "population", "vintage": "2021", **members} | values


def text_of(response) -> str:
    return response.content.decode().replace("\u202f", " ").replace("\xa0", " ")


def test_shown_before_saving_then_saved(cast):
    client, url = cast.client("gestionnaire"), reverse("allocation-key-create")
    page = text_of(client.post(url, body_of(cast, base="12 000", geste="calculer")))
    for figure in ("105 169", "24 170", "81,31 %", "18,69 %", "9 757,52 €", "Commune b1", "4 170"):
        assert figure in page
    with cast.acting("gestionnaire"):
        assert not AllocationKey.objects.exists()
    page = text_of(client.post(url, body_of(cast), follow=True))
    assert "La clé est enregistrée" in page
    assert "2 communes comptées" in page
    with cast.acting("gestionnaire"):
        assert AllocationKey.objects.get().lines.count() == 2


def test_a_mistake_loses_nothing_typed(cast):
    typed = {f"percent-{cast.org['epci_a'].uuid}": "81,32", "source": "saisie"}
    response = cast.client("gestionnaire").post(reverse("allocation-key-create"), body_of(cast, **typed))
    assert response.status_code == 422
    page = text_of(response)
    assert f"Indiquez le pourcentage de {cast.org['epci_b'].label}" in page
    assert 'value="81,32"' in page


def test_changed_on_its_page(cast, by):
    key = services.create_key(spec=spec(cast), by=by)
    plan = plan_on(cast, by, key)
    client, url = cast.client("gestionnaire"), reverse("allocation-key-edit", args=[key.uuid])
    assert plan.label in text_of(client.get(url))
    body = body_of(cast, vintage="2022", seen=services.stamp(key))
    assert "1 plan recalculé" in text_of(client.post(url, body, follow=True))
    with cast.acting("gestionnaire"):
        assert parts(plan) == (9600, 2400)


def test_a_frozen_key_says_so_and_offers_a_duplicate(cast, by):
    key = services.create_key(spec=spec(cast), by=by)
    plans.freeze_plan(plan=plan_on(cast, by, key), by=by)
    client, url = cast.client("gestionnaire"), reverse("allocation-key-edit", args=[key.uuid])
    page = text_of(client.get(url))
    assert "elle ne change plus" in page
    assert 'name="label"' not in page
    refused = client.post(url, body_of(cast, vintage="2022", seen=services.stamp(key)))
    assert refused.status_code == 422
    copy = reverse("allocation-key-duplicate", args=[key.uuid])
    body = {"label": "Saint-Omer 2022", "vintage": "2022"}
    page = text_of(client.post(copy, body | {"geste": "comparer"}))
    for figure in ("105 169", "100 000", "81,31 %", "80 %", "− 1,31 point"):
        assert figure in page
    page = text_of(client.post(copy, body, follow=True))
    assert "celle d" in page
    with cast.acting("gestionnaire"):
        assert set(AllocationKey.objects.values_list("vintage", flat=True)) == {2021, 2022}


def test_the_list_costs_the_same_with_one_key_or_three(cast, by, django_assert_num_queries):
    client, url = cast.client("gestionnaire"), reverse("allocation-keys")
    assert "Aucune clé de répartition" in text_of(client.get(url))
    plan_on(cast, by, services.create_key(spec=spec(cast), by=by))
    with CaptureQueriesContext(connection) as one:
        page = text_of(client.get(url))
    assert "81,31 %" in page
    assert "Poste D – 2027" in page
    for rank in (2, 3):
        plan_on(cast, by, services.create_key(spec=spec(cast, label=f"Clé {rank}"), by=by), label=f"Plan {rank}")
    with django_assert_num_queries(len(one)):
        page = text_of(client.get(url + "?tri=-libelle"))
    assert page.index("Saint-Omer et Lumbres</a>") < page.index("Clé 3</a>") < page.index("Clé 2</a>")


def test_an_unused_key_can_be_removed(cast, by):
    key = services.create_key(spec=spec(cast), by=by)
    client = cast.client("gestionnaire")
    page = text_of(client.post(reverse("allocation-key-remove", args=[key.uuid]), follow=True))
    assert "est supprimée" in page
    with cast.acting("gestionnaire"):
        assert not AllocationKey.objects.exists()


def test_chosen_in_the_plan_editor(cast, by):
    key = services.create_key(spec=spec(cast), by=by)
    head, costs, shares, _ = CASES["M4"]
    body = form_body(cast, head, costs, shares)
    block = next(name for name, value in body.items() if name.endswith("-block") and value)
    body |= {block.replace("-block", "-key_stored"): str(key.pk)}
    client = cast.client("gestionnaire")
    assert "81,31" in text_of(client.post(reverse("plan-preview"), body))
    page = text_of(client.post(reverse("plan-create"), body, follow=True))
    assert reverse("allocation-key", args=[key.uuid]) in page
    with cast.acting("gestionnaire"):
        plan = FundingPlan.objects.filter(shares__allocation_key=key).distinct().get()
    assert f'<option value="{key.pk}" selected>' in text_of(client.get(reverse("plan-edit", args=[plan.uuid])))


def test_chosen_through_the_api(cast, by):
    """``key.stored`` alone is enough: the members bring no percentage of their own."""
    key = services.create_key(spec=spec(cast), by=by)
    plan = plan_on(cast, by, services.create_key(spec=spec(cast, label="Autre", typed=("50", "50")), by=by))
    members = [
        {"ref": f"m{rank}", "mode": "key", "financer": str(cast.org[name].uuid)}
        for rank, name in enumerate(("epci_a", "epci_b"))
    ]
    body = {
        "label": plan.label, "year": 2027, "employer": str(plan.employer.uuid), "posts": [str(cast.post["d"].uuid)],
        "period_start": "2027-01-01", "period_end": "2027-12-31", "costs": [{"amount": "12000.00"}],
        "version": plan.version,
        "shares": [{"ref": "bloc", "label": "EPCI", "key": {"stored": str(key.uuid)}, "children": members}],
    }  # fmt: skip
    client, url = cast.client("gestionnaire"), reverse("api-plan-detail", args=[plan.uuid])
    response = client.put(url, body, content_type="application/json")
    assert response.status_code == 200, response.content
    with cast.acting("gestionnaire"):
        assert parts(plan) == (D("9757.52"), D("2242.48"))
        assert plan.shares.filter(allocation_key=key).count() == 2
    body["version"] += 1
    body["shares"][0]["key"]["stored"] = "00000000-0000-4000-8000-000000000000"
    assert client.put(url, body, content_type="application/json").status_code == 400
