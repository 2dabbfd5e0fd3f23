"""Closed lists: dated words, kept lines, and months that keep the words of their day."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.db import Error, transaction
from django.urls import reverse

from core import rls
from core.errors import BusinessError, InvalidInput, NotAllowed
from parties.actors import PlatformActor
from parties.enums import PlatformAct, PlatformRole
from parties.models import PlatformEvent, PlatformMembership, User
from parties.roles import abilities_of
from posts.models import ListItem
from posts.services.detail import lists_on
from posts.services.lists import add_item, close_item, reword_item

pytestmark = pytest.mark.django_db
TODAY = dt.date(2024, 3, 15)


@pytest.fixture(autouse=True)
def _day():
    with time_machine.travel(dt.datetime(2024, 3, 15, 12, tzinfo=dt.UTC), tick=False):
        yield


@pytest.fixture
def admin(db):
    user = User.objects.create_user(email="plateforme@exemple.test", password="motdepasse", name="Administratrice")
    with rls.acting(rls.Context(scope=rls.PLATFORM)):
        PlatformMembership.objects.create(user=user, role=PlatformRole.PLATFORM)
    return user


@pytest.fixture
def by(admin):
    made = PlatformActor(
        role=PlatformRole.PLATFORM, label="Administratrice", user=admin, abilities=abilities_of(PlatformRole.PLATFORM)
    )
    with rls.acting(made.context):
        yield made


def words(year, month, name="mode"):
    return {item.code: item.label for item in lists_on(year, month)[name]}


def test_other_words_from_a_day_on_and_months_keep_those_of_their_day(by):
    reword_item(list_name="mode", code="bailleur", label="Bailleur social", since=dt.date(2024, 4, 1), by=by)
    assert words(2024, 3)["bailleur"] == "Bailleur"
    assert words(2024, 4)["bailleur"] == "Bailleur social"
    again = reword_item(list_name="mode", code="bailleur", label="Bailleur social", since=dt.date(2024, 5, 1), by=by)
    assert again.since == dt.date(2024, 4, 1)
    assert list(PlatformEvent.objects.filter(act=PlatformAct.LISTED).values_list("text", flat=True)) == [
        "Modes de saisine : « Bailleur » devient « Bailleur social » à partir du 1er avril 2024."
    ]
    assert ListItem.objects.filter(list="mode", code="bailleur").count() == 2


def test_a_line_is_added_from_a_day_on_and_once(by):
    made = add_item(list_name="mode", label="France Services", since=dt.date(2024, 5, 1), by=by)
    assert add_item(list_name="mode", label="France Services", since=dt.date(2024, 5, 1), by=by) == made
    assert "france_services" not in words(2024, 4)
    assert list(words(2024, 5))[-1] == "france_services"
    with pytest.raises(InvalidInput, match="figure déjà"):
        add_item(list_name="mode", label="École", since=dt.date(2024, 5, 1), by=by)
    with pytest.raises(InvalidInput, match="Écrivez un libellé"):
        add_item(list_name="mode", label=" ", since=dt.date(2024, 5, 1), by=by)


def test_a_line_is_closed_not_deleted_and_may_come_back_under_its_code(by):
    close_item(list_name="mode", code="bailleur", until=dt.date(2024, 3, 31), by=by)
    close_item(list_name="mode", code="bailleur", until=dt.date(2024, 3, 31), by=by)
    assert ("bailleur" in words(2024, 3), "bailleur" in words(2024, 4)) == (True, False)
    back = add_item(list_name="mode", label="Bailleur", since=dt.date(2025, 1, 1), by=by)
    assert (back.code, words(2025, 1)["bailleur"]) == ("bailleur", "Bailleur")
    assert ListItem.objects.filter(list="mode", code="bailleur").count() == 2
    assert PlatformEvent.objects.filter(act=PlatformAct.LISTED).count() == 2


@pytest.mark.parametrize(
    ("name", "code"), [("mode", "nr"), ("probleme", "conjugales"), ("age", "26_40"), ("suite", "acceptee")]
)
def test_a_line_the_rules_name_is_not_closed(by, name, code):
    with pytest.raises(BusinessError, match="ne se ferme pas"):
        close_item(list_name=name, code=code, until=dt.date(2024, 12, 31), by=by)
    with pytest.raises(BusinessError, match="ne reçoit pas d'autre ligne"):
        add_item(list_name="sexe", label="Autre", since=dt.date(2025, 1, 1), by=by)


def test_days_gone_by_are_refused_with_the_first_that_is_possible(by):
    with pytest.raises(InvalidInput, match="1er mars 2024 ou plus tard") as refused:
        reword_item(list_name="mode", code="ecole", label="Collège", since=dt.date(2024, 2, 1), by=by)
    assert refused.value.place == "since"
    with pytest.raises(InvalidInput, match="15 mars 2024 ou plus tard"):
        close_item(list_name="mode", code="ecole", until=dt.date(2024, 3, 14), by=by)


def test_the_database_keeps_words_and_lines(by):
    with pytest.raises(Error, match="ne se récrit pas"), transaction.atomic():
        ListItem.objects.filter(list="mode", code="ecole").update(label="Lycée")
    # Not a refusal: no row may be removed, so none is.
    assert ListItem.objects.filter(list="mode", code="ecole").delete()[0] == 0


def test_only_the_platform_s_administrators_may(db):
    national = PlatformActor(
        role=PlatformRole.NATIONAL, label="X", user=None, abilities=abilities_of(PlatformRole.NATIONAL)
    )
    with pytest.raises(NotAllowed):
        add_item(list_name="mode", label="Autre chose", since=TODAY, by=national)


def test_the_pages_show_change_and_tell(client, admin):
    client.force_login(admin)
    assert "Modes de saisine" in client.get(reverse("platform-lists")).content.decode()
    url = reverse("platform-list", args=["mode"])
    added = client.post(url, {"label": "France Services", "since": "2024-05-01"}, follow=True).content.decode()
    assert "« France Services » à partir du 1er mai 2024" in added
    refused = client.post(url, {"label": "École", "since": "2024-05-01"})
    assert (refused.status_code, 'value="École"' in refused.content.decode()) == (422, True)
    item = reverse("platform-list-item", args=["mode", "bailleur"])
    late = client.post(item, {"act": "words", "label": "Bailleur social", "since": "2024-01-01"})
    assert (late.status_code, "ou plus tard" in late.content.decode()) == (422, True)
    changed = client.post(item, {"act": "words", "label": "Bailleur social", "since": "2024-04-01"}, follow=True)
    assert "« Bailleur » du 1er janvier 2020 au 31 mars 2024" in changed.content.decode()
    closed = client.post(item, {"act": "close", "until": "2024-12-31"}, follow=True).content.decode()
    assert "Fermeture prévue" in closed
    kept = client.get(reverse("platform-list-item", args=["probleme", "conjugales"])).content.decode()
    assert "Cette ligne ne se ferme pas" in kept
    assert 'name="until"' not in kept
    assert client.get(reverse("platform-list", args=["pigeon"])).status_code == 404
    assert client.get(reverse("platform-list-item", args=["mode", "pigeon"])).status_code == 404
