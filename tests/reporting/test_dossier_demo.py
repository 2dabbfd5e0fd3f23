"""The demonstration: loaded once, loaded again, and nothing but public data outside demo mode."""

from __future__ import annotations

from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command

from conventions.enums import Status
from conventions.models import Convention, ConventionVersion
from conventions.services.models_library import load_shipped_models
from core import rls
from funding.enums import PlanStatus
from funding.models import FundingPlan, Titre
from parties.actors import Actor
from parties.demo import DEMO_ACCOUNTS, DEMO_PASSWORD
from parties.models import Membership, PlatformMembership, Territory, User
from reporting import demo

pytestmark = pytest.mark.django_db


@pytest.fixture
def models() -> None:
    load_shipped_models()


def as_staff() -> Actor:
    return Actor.system(Territory.objects.get(code="62"))


def output(*args: str) -> str:
    out = StringIO()
    call_command(*args, stdout=out)
    return out.getvalue()


def test_two_conventions_are_taken_to_their_titres(models: None):
    demo.load_demo()

    with rls.acting(as_staff().context):
        signed = set(Convention.objects.filter(status=Status.SIGNEE).values_list("reference", flat=True))
        committed = set(FundingPlan.objects.filter(status=PlanStatus.ENGAGE).values_list("key", flat=True))
        owed = {
            (titre.issuer.key, titre.debtor.key, titre.year): titre.amount
            for titre in Titre.objects.select_related("issuer", "debtor")
        }
        versions = ConventionVersion.objects.filter(convention__reference__in=signed).prefetch_related("signatures")
        dates = [
            (version.approved_at.date(), version.taken_from, {s.signed_on for s in version.signatures.all()})
            for version in versions
        ]
    assert signed == {"62-A04", "62-A12"}
    assert dates == [(demo.VOTED_ON, demo.SOURCE, {demo.SIGNED_ON})] * 2, "approved by the act, signed after it"
    assert committed == {"isg-bapaume-2023", "isc-boulonnais-2022", "isc-boulonnais-2023"}
    assert owed["cc-sud-artois", "departement-62", 2023] == Decimal("14665.00")
    assert owed["departement-62", "ca-boulonnais", 2023] == Decimal("22409.00")
    assert owed["departement-62", "ca-boulonnais", 2022] == Decimal("8352.08"), "vacant from June: five months are due"


def test_loading_again_changes_nothing(models: None):
    demo.load_demo()

    outcome = demo.load_demo()

    assert (outcome.created, outcome.updated, outcome.removed) == (0, 0, 0)
    assert User.objects.count() == len(DEMO_ACCOUNTS)


def test_accounts_open_what_their_role_says(models: None):
    demo.load_demo()

    for account in DEMO_ACCOUNTS:
        user = User.objects.get(email=account.email)
        assert user.check_password(DEMO_PASSWORD)
        with rls.acting(as_staff().context):
            roles = set(Membership.objects.filter(user=user).values_list("organisation__key", "role"))
        with rls.acting(rls.Context(user_id=user.pk)):
            roles |= {("", role) for role in PlatformMembership.objects.values_list("role", flat=True)}
        assert roles == {(account.organisation_key, account.role), *account.also}


def test_outside_demo_mode_no_account_is_created(settings, models: None):
    settings.COSIGNE_DEMO = False

    demo.load_demo()

    assert not User.objects.exists()
    assert output("demo_accounts") == ""
    with rls.acting(as_staff().context):
        assert set(Convention.objects.values_list("status", flat=True)) == {Status.BROUILLON}


def test_if_empty_leaves_an_existing_territory_alone(models: None):
    assert "chargées" in output("load_demo", "--if-empty")

    assert "déjà là" in output("load_demo", "--if-empty")


def test_accounts_are_listed_one_a_line(models: None):
    assert output("demo_accounts") == ""

    demo.load_demo()

    lines = output("demo_accounts").splitlines()
    assert len(lines) == len(DEMO_ACCOUNTS) + 1
    assert lines[0].startswith("gestionnaire@demo.cosigne")
    assert "Gestionnaire du dispositif, Département du Pas-de-Calais" in lines[0]
    assert DEMO_PASSWORD in lines[-1]
