"""A key beside the official populations, before and after saving (domain §4: Saint-Omer and Lumbres)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from funding.adapter import CostData, KeyData
from funding.enums import KeyBasis, KeySource
from funding.key_views import key_views
from funding.models import FundingPlan
from funding.services import plans
from parties.models import RefCommune, RefCommuneYear, RefDepartement, RefEpci, RefEpciYear
from tests.cast import Cast
from tests.funding.test_modes import CASES, form_body
from tests.funding.test_plan_services import key_group, thirds

D = Decimal


@pytest.fixture
def populations(cast: Cast) -> None:
    """2021: 105 169 inhabitants of the Pays de Saint-Omer, 24 170 of the Pays de Lumbres."""
    departement = RefDepartement.objects.create(code="62", name="Pas-de-Calais")
    for name, population in (("epci_a", 105169), ("epci_b", 24170)):
        epci = RefEpci.objects.create(siren=cast.org[name].siren, name=name, legal_form="CC", departement=departement)
        RefEpciYear.objects.create(
            epci=epci, vintage=2021, name=name, legal_form="CC", source_form="CC", members_count=1,
            population_municipale=population, population_totale=population, source_vintage=2021,
        )  # fmt: skip
        for rank, count in enumerate((1000, 500)):
            commune = RefCommune.objects.create(
                code=f"62{rank}{name[-1] == 'b':02d}", name=f"Commune {name[-1]}{rank}", departement=departement
            )
            RefCommuneYear.objects.create(commune=commune, vintage=2021, population=count, epci=epci)


def view_of(cast: Cast, key: KeyData, **weights):
    group = key_group(cast, key, **weights)
    data = thirds(cast, costs=(CostData(amount=D(11853)),), shares=(group,))
    [view] = key_views(data)
    return view


def test_the_printed_key_beside_the_populations(cast, populations):
    with cast.acting("gestionnaire"):
        view = view_of(cast, KeyData(KeyBasis.WHOLE, KeySource.TYPED, 2021), epci_a="81.32", epci_b="18.68")
    assert [(row.inhabitants, row.official, row.typed) for row in view.rows] == [
        (105169, D("81.31"), D("81.32")),
        (24170, D("18.69"), D("18.68")),
    ]
    assert [(row.amount, row.official_amount, row.gap) for row in view.rows] == [(9639, 9638, 1), (2214, 2215, -1)]
    assert (view.base, view.total, view.differs) == (11853, 129339, True)


def test_the_official_percentages_themselves_raise_no_warning(cast, populations):
    with cast.acting("gestionnaire"):
        view = view_of(cast, KeyData(KeyBasis.WHOLE, KeySource.TYPED, 2021), epci_a="81.31", epci_b="18.69")
    assert not view.differs


def test_a_vintage_that_lacks_a_member_compares_nothing(cast, populations):
    with cast.acting("gestionnaire"):
        view = view_of(cast, KeyData(KeyBasis.WHOLE, KeySource.TYPED, 2022), epci_a="81.32", epci_b="18.68")
    assert not view.complete
    assert all(row.official is None and row.official_amount is None for row in view.rows)


def test_a_gendarmerie_key_says_which_communes_it_counts(cast, populations):
    with cast.acting("gestionnaire"):
        unit = cast.unit["gendarmerie"]
        unit.communes = list(RefCommune.objects.exclude(name="Commune b1").values_list("code", flat=True))
        unit.save()
        view = view_of(cast, KeyData(KeyBasis.GENDARMERIE, KeySource.TYPED, 2021), epci_a="60", epci_b="40")
    assert [row.communes for row in view.rows] == [("Commune a0", "Commune a1"), ("Commune b0",)]
    assert [row.official for row in view.rows] == [D("60.00"), D("40.00")]
    assert not view.differs


def test_shown_before_saving_and_on_the_plan(cast, populations):
    head, costs, shares, _ = CASES["M4"]
    body = form_body(cast, head, costs, shares)
    client = cast.client("gestionnaire")
    preview = client.post(reverse("plan-preview"), body).content.decode()
    assert "105169" in preview.replace("\u202f", "")
    assert "81,31" in preview
    assert "9\u202f638,00" in preview
    with cast.acting("gestionnaire"):
        assert not FundingPlan.objects.filter(year=2027).exists()
    page = client.post(reverse("plan-create"), body, follow=True).content.decode()
    assert "Clés de répartition" in page
    assert "le contrôle R12 demande pourquoi" in page


def test_a_plan_without_key_shows_none(cast):
    with cast.acting("gestionnaire"):
        plan = plans.create_plan(data=thirds(cast), by=cast.actor("gestionnaire"))
    assert "Clés de répartition" not in cast.client("gestionnaire").get(plan.get_absolute_url()).content.decode()
