"""Two people at the same moment: the last gestionnaire stays, a link opens one account, tries are all counted."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from core import rls
from parties import links, services, throttle
from parties.enums import Role
from parties.models import Membership, Throttle, User
from tests.cast import Cast, build_cast

pytestmark = pytest.mark.django_db(transaction=True)


def together(*acts: Callable[[], object]) -> list[str]:
    """Run the acts in connections of their own that start together; the sorted names of what they gave or raised."""
    barrier = threading.Barrier(len(acts))
    results: list[str] = []

    def run(act: Callable[[], object]) -> None:
        try:
            barrier.wait(timeout=30)
            results.append(type(act()).__name__)
        except Exception as error:
            results.append(type(error).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return sorted(results)


@pytest.fixture
def world() -> Cast:
    with transaction.atomic():
        return build_cast()


def test_two_managers_closing_one_another_leave_one(world: Cast):
    with world.acting("gestionnaire"):
        world.membership["second"] = Membership.objects.create(
            user=world.user["sans_role"], organisation=world.org["departement"], role=Role.GESTIONNAIRE
        )

    def close(by: str, other: str) -> Membership:
        with rls.acting(world.actor(by).context):
            return services.close_membership(membership=world.membership[other], by=world.actor(by))

    results = together(lambda: close("gestionnaire", "second"), lambda: close("second", "gestionnaire"))
    assert results == ["Conflict", "Membership"]
    with world.acting("gestionnaire"):
        open_ones = Membership.objects.filter(role=Role.GESTIONNAIRE, closed_at=None, territory=world.territory["here"])
        assert open_ones.count() == 1


def test_a_link_opened_twice_at_once_makes_one_account(world: Cast):
    with world.acting("gestionnaire"):
        invitation = services.invite(
            organisation=world.org["epci_a"], by=world.actor("gestionnaire"), email="nouvelle@exemple.fr",
            role="finances", is_admin=False, link=lambda token: token,
        )  # fmt: skip
    token = links.token_of(invitation)

    def accept() -> Membership:
        return services.accept_as_new(token=token, name="Camille", password="Une nouvelle phrase longue 9")

    assert together(accept, accept) == ["Conflict", "Membership"]
    assert User.objects.filter(email="nouvelle@exemple.fr").count() == 1


def test_tries_sent_all_at_once_are_all_counted(world: Cast):
    def attempt() -> bool:
        with transaction.atomic():
            begun = throttle.begin("sign-in", throttle.SIGN_IN, account="a@exemple.fr", address="192.0.2.1")
        if begun.refused:
            raise PermissionError
        return True

    most = throttle.SIGN_IN[0].most
    results = together(*[attempt] * (most + 3))
    assert results == ["PermissionError"] * 3 + ["bool"] * most
    assert set(Throttle.objects.values_list("count", flat=True)) == {most + 3}
