"""How long a session lasts, what a browser may keep, and the mail that a new browser causes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client

from parties.demo import DEMO_ACCOUNTS
from parties.models import User
from tests.cast import PASSWORD, Cast
from tests.tokens import make_token

LOGIN = "/connexion/"
NOW = 1_800_000_000
MINUTE, HOUR = 60, 3600
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture(autouse=True)
def moment() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def sign_in(client: Client | None = None, email: str = "finances_a@exemple.fr", password: str = PASSWORD) -> Client:
    client = client or Client(HTTP_USER_AGENT=FIREFOX)
    client.post(LOGIN, {"username": email, "password": password})
    return client


def status_at(client: Client, seconds: int) -> int:
    with time_machine.travel(NOW + seconds, tick=False):
        return client.get("/").status_code


# --- How long ---------------------------------------------------------------------------------------------------------


def test_a_session_left_alone_ends_and_says_why(cast: Cast):
    client = sign_in()
    assert status_at(client, 0) == 200
    with time_machine.travel(NOW + 32 * MINUTE, tick=False):
        answer = client.get("/titres/", follow=True)
        assert answer.redirect_chain == [(f"{LOGIN}?next=/titres/", 302)]
        assert "après 30 minutes sans activité" in answer.content.decode()
        assert "finances_a" not in str([s.get_decoded() for s in Session.objects.all()])
    assert status_at(client, 33 * MINUTE) == 302


def test_a_session_that_serves_goes_on(cast: Cast):
    client = sign_in()
    assert {status_at(client, minutes * MINUTE) for minutes in range(0, 121, 20)} == {200}


def test_however_busy_a_session_ends_the_same_day(cast: Cast):
    client = sign_in()
    for minutes in range(0, 10 * 60, 20):
        assert status_at(client, minutes * MINUTE) == 200
    with time_machine.travel(NOW + 10 * HOUR + MINUTE, tick=False):
        assert "10 heures au plus" in client.get("/", follow=True).content.decode()


def test_both_durations_are_settings(cast: Cast, settings):
    settings.COSIGNE_SESSION_IDLE_MINUTES, settings.COSIGNE_SESSION_HOURS = 120, 1
    client = sign_in()
    assert status_at(client, 50 * MINUTE) == 200
    assert status_at(client, 61 * MINUTE) == 302


def test_the_session_is_not_written_at_each_page(cast: Cast):
    client = sign_in()
    client.get("/aide/")
    before = Session.objects.get().session_data
    client.get("/aide/")
    assert Session.objects.get().session_data == before


# --- What a browser keeps ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/mon-compte/", "/annuaire/export.csv", "/api/v1/me/", "/titres/", "/rien/"])
def test_nothing_shown_to_somebody_is_kept(cast: Cast, path: str):
    assert sign_in().get(path)["Cache-Control"] == "private, no-store"


def test_nor_what_a_token_reads(cast: Cast):
    _token, secret = make_token(cast, "finances_a")
    answer = Client().get("/api/v1/me/", headers={"Authorization": f"Bearer {secret}"})
    assert (answer.status_code, answer["Cache-Control"]) == (200, "private, no-store")


# --- A new browser ----------------------------------------------------------------------------------------------------


def test_a_new_browser_is_told_once(cast: Cast, jobs):
    client = sign_in()
    jobs.run()
    [message] = mail.outbox
    assert message.to == ["finances_a@exemple.fr"]
    assert message.subject == "Cosigne : connexion depuis un nouveau navigateur"
    assert "Firefox, Windows, le 15/01/2027 à 09:00" in message.body
    assert "127.0.0.1" not in message.body
    client.post("/deconnexion/")
    sign_in(client)
    assert jobs.run() == 0
    client.post("/deconnexion/")
    sign_in(client, "finances_b@exemple.fr")
    sign_in(Client())
    jobs.run()
    assert [m.to[0] for m in mail.outbox[1:]] == ["finances_b@exemple.fr", "finances_a@exemple.fr"]


def test_the_cookie_names_nobody_and_is_signed(cast: Cast, jobs):
    client = sign_in()
    jobs.run()
    cookie = client.cookies["cosigne_devices"]
    assert cookie["httponly"]
    assert "finances" not in cookie.value
    client.cookies["cosigne_devices"] = cookie.value[:-4] + "aaaa"
    client.post("/deconnexion/")
    sign_in(client)
    assert jobs.run() == 1


def test_a_wrong_password_makes_no_browser_known(cast: Cast, jobs):
    client = sign_in(password="autre chose")
    assert "cosigne_devices" not in client.cookies
    assert jobs.run() == 0


def test_the_example_accounts_have_no_mailbox(cast: Cast, jobs, settings):
    settings.COSIGNE_DEMO = True
    User.objects.create_user(email=DEMO_ACCOUNTS[0].email, password=PASSWORD, name="Exemple")
    assert sign_in(email=DEMO_ACCOUNTS[0].email).get("/mon-compte/").status_code == 200
    assert jobs.run() == 0
