"""From a committed plan to its titres: the button, for whom, and what it does."""

from __future__ import annotations

import pytest
from django.urls import reverse

from funding.enums import PlanStatus
from funding.models import FundingPlan, Titre

pytestmark = pytest.mark.django_db
BUTTON = "Préparer les titres"


def plan_page(cast, person, plan) -> str:
    with cast.acting("gestionnaire"):
        address = cast.plan[plan].get_absolute_url()
    answer = cast.client(person).get(address)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize(
    ("person", "plan", "shown"),
    [
        ("finances_a", "a", True),
        ("gestionnaire", "a", True),
        ("gestionnaire", "c", True),
        ("finances_b", "c", False),  # pays, does not issue
        ("partenaire", "c", False),
        ("instructeur", "a", False),
        ("gestionnaire", "b", False),  # agreed, not committed
        ("finances_a", "e", False),  # a draft
    ],
)
def test_the_button_is_for_the_issuer_of_a_committed_plan(cast, person, plan, shown):
    if person == "partenaire":
        # A partner sees the plan of the posts it pays for only: give the police a share of it.
        with cast.acting("gestionnaire"):
            share = cast.plan[plan].shares.get(financer=cast.org["epci_b"])
            share.financer = cast.org["police"]
            share.save()
    assert (BUTTON in plan_page(cast, person, plan)) is shown


def test_an_association_gets_grants_not_titres(cast):
    with cast.acting("gestionnaire"):
        FundingPlan.objects.filter(pk=cast.plan["d"].pk).update(status=PlanStatus.ENGAGE)
    assert BUTTON not in plan_page(cast, "gestionnaire", "d")


def test_the_button_prepares_and_leads_to_the_list_of_the_year(cast):
    with cast.acting("gestionnaire"):
        Titre.objects.all().delete()
        plan = cast.plan["a"]
    page = plan_page(cast, "finances_a", "a")
    assert f'action="{reverse("titres-propose")}"' in page
    after = f"{reverse('titres')}?annee={plan.year}"
    assert f'name="next" value="{after}"' in page
    answer = cast.client("finances_a").post(reverse("titres-propose"), {"plan": str(plan.uuid), "next": after})
    assert answer.headers["Location"] == after
    with cast.acting("finances_a"):
        assert sorted(t.debtor.key for t in Titre.objects.filter(plan=plan)) == ["departement", "prefecture"]
