"""The published act of 2023: its budget line, to the euro, on the page."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from conventions.budget import figures_of, own_posts_of
from conventions.checks.budget import check_budget_line
from core import rls
from funding.models import BudgetLine
from parties.actors import Actor
from parties.models import Membership, Organisation, Territory, User
from reporting.demo import DOSSIER
from reporting.dossier.territory import import_file

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> Actor:
    import_file(DOSSIER.read_bytes())
    territory = Territory.objects.get(code="62")
    with rls.acting(Actor.system(territory).context):
        body = Organisation.objects.get(key="departement-62")
        user = User.objects.create_user("g@exemple.fr", "un mot de passe long", name="Gestionnaire")
        return Actor.of(Membership.objects.create(user=user, organisation=body, role="gestionnaire"))


def test_the_six_figures_of_the_act(staff: Actor):
    with rls.acting(staff.context):
        line = BudgetLine.objects.select_related("organisation").get()
        (figures,) = figures_of([line])
        own = own_posts_of([(line.organisation, 2023)])[line.organisation_id, 2023]
        findings = check_budget_line(line)
        codes = line.imputation_on()
    assert (line.voted, line.available) == (Decimal(172_500), Decimal(149_800))
    assert (figures.proposed, figures.balance, len(figures.charges)) == (Decimal(123_687), Decimal(26_113), 10)
    assert sum((charge.stated for charge in figures.charges), Decimal(0)) == figures.proposed
    assert all(len(charge.votes) == 1 and charge.votes[0].amount == charge.amount for charge in figures.charges)
    assert (own.own, own.own_stated) == (61_248, 61_248)
    # A third of 58 044 € is 19 348 €; the act prints three times 6 449 €, one euro less.
    assert (own.revenue, own.revenue_stated) == (118_514, 118_513)
    assert [post.references for post in own.posts if post.revenue != post.revenue_stated] == ["62-A05"]
    assert (codes.nature, codes.function, codes.chapter, codes.envelope) == ("6568", "4213", "934", "EPF")
    assert [(f.code, f.place.rpartition(".")[2], f.stated, f.computed) for f in findings] == [
        ("R44", "expected_revenue", "", "118514.00"),
        ("R44", "expected_revenue_texts", "118513.00", "118514.00"),
        ("R44", "own_posts", "", "61248.00"),
    ]


def test_the_page_shows_them_with_the_conventions(staff: Actor):
    with rls.acting(staff.context):
        url = BudgetLine.objects.get().get_absolute_url()
    client = Client()
    client.force_login(staff.user)
    for address in (url, reverse("budget") + "?annee=2023"):
        page = client.get(address).content.decode().replace("\u202f", " ")
        for figure in ("172 500 €", "149 800 €", "123 687 €", "26 113 €", "61 248 €", "118 514 €"):
            assert f'<span class="kpi__value">{figure}</span>' in page, (address, figure)
        assert "publié : 118 513 €" in page
    page = client.get(url).text
    for reference in ("A03", "A04", "A05", *(f"A{n:02d}" for n in range(8, 18))):
        assert f">62-{reference}</a>" in page
