"""Bounded attempts at signing in and at asking for a new password, and what neither says about accounts."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core import mail
from django.db.models import F
from django.test import Client, RequestFactory

from parties import throttle
from parties.models import Throttle, User
from tests.cast import PASSWORD, Cast

LOGIN = "/connexion/"
MOST = throttle.SIGN_IN[0].most
REFUSED = "Attendez un quart d&#x27;heure"


def sign_in(email: str, password: str = "autre chose", address: str = "192.0.2.1") -> str:
    """The page's answer, "in" when it let the person in."""
    answer = Client(REMOTE_ADDR=address).post(LOGIN, {"username": email, "password": password})
    return "in" if answer.status_code == 302 else answer.content.decode()


def pass_time() -> None:
    Throttle.objects.update(until=F("until") - dt.timedelta(minutes=60))


@pytest.mark.parametrize("email", ["finances_a@exemple.fr", "inconnu@exemple.fr"], ids=["account", "nobody"])
def test_after_too_many_errors_one_waits_and_the_words_are_the_same(cast: Cast, email: str):
    for _ in range(MOST):
        assert "Adresse électronique ou mot de passe incorrect" in sign_in(email)
    # The right password is not looked at either: nothing is learnt by going on.
    for password in ("autre chose", PASSWORD):
        html = sign_in(email, password)
        assert REFUSED in html
        assert "incorrect" not in html


def test_elsewhere_the_same_account_still_signs_in(cast: Cast):
    """Somebody guessing does not lock the person out."""
    for _ in range(MOST + 3):
        sign_in("finances_a@exemple.fr")
    assert sign_in("finances_a@exemple.fr", PASSWORD, "198.51.100.7") == "in"


def test_the_wait_ends_by_itself(cast: Cast):
    for _ in range(MOST + 3):
        sign_in("finances_a@exemple.fr")
    pass_time()
    assert sign_in("finances_a@exemple.fr", PASSWORD) == "in"


def test_a_right_password_starts_the_count_again(cast: Cast):
    for _ in range(3):
        for _ in range(MOST - 1):
            sign_in("finances_a@exemple.fr")
        assert sign_in("Finances_A@exemple.fr ", PASSWORD) == "in"


def test_right_passwords_are_not_attempts(cast: Cast):
    """A whole office behind one address signs in every morning."""
    for _ in range(4):
        for name in ("finances_a", "finances_b", "gestionnaire"):
            assert sign_in(f"{name}@exemple.fr", PASSWORD) == "in"
    assert not Throttle.objects.filter(count__gt=0).exists()


def test_one_place_guessing_many_accounts_is_stopped(cast: Cast, monkeypatch):
    limits = (*throttle.SIGN_IN[:2], throttle.Limit(("address",), 10))
    monkeypatch.setattr(throttle, "SIGN_IN", limits)
    for number in range(10):
        assert "incorrect" in sign_in(f"personne{number}@exemple.fr")
    assert REFUSED in sign_in("finances_a@exemple.fr", PASSWORD)
    assert sign_in("finances_a@exemple.fr", PASSWORD, "198.51.100.7") == "in"


def test_many_places_guessing_one_account_are_stopped(cast: Cast, monkeypatch):
    limits = (throttle.SIGN_IN[0], throttle.Limit(("account",), 10), throttle.SIGN_IN[2])
    monkeypatch.setattr(throttle, "SIGN_IN", limits)
    for number in range(10):
        assert "incorrect" in sign_in("finances_a@exemple.fr", address=f"192.0.2.{number}")
    assert REFUSED in sign_in("finances_a@exemple.fr", PASSWORD, "198.51.100.7")


def test_the_counters_hold_no_name_and_do_not_pile_up(cast: Cast):
    for number in range(30):
        sign_in(f"personne{number}@exemple.fr")
    stored = str(list(Throttle.objects.values_list("key", flat=True)))
    assert "personne" not in stored
    assert "192.0.2.1" not in stored
    assert Throttle.objects.count() == 61
    pass_time()
    for number in range(4):
        sign_in(f"autre{number}@exemple.fr")
    assert Throttle.objects.count() == 9


def test_an_empty_form_is_no_attempt(cast: Cast):
    for _ in range(MOST + 1):
        sign_in("finances_a@exemple.fr", "")
    assert sign_in("finances_a@exemple.fr", PASSWORD) == "in"


@pytest.mark.parametrize(
    ("address", "same"),
    [("192.0.2.1", "192.0.2.1"), ("2001:db8::1", "2001:db8::/64"), ("2001:db8::ffff:2", "2001:db8::/64"), ("x", "")],
)
def test_an_ipv6_subscriber_is_one_place(address, same):
    assert throttle.network(address) == same


@pytest.mark.parametrize(
    ("proxies", "address"), [(0, "127.0.0.1"), (1, "192.0.2.5"), (2, "10.9.9.9"), (9, "203.0.113.1")]
)
def test_behind_proxies_only_what_they_wrote_counts(settings, proxies, address):
    forwarded = {"X-Forwarded-For": "203.0.113.1, 10.9.9.9, 192.0.2.5"}
    request = RequestFactory().get("/", REMOTE_ADDR="127.0.0.1", headers=forwarded)
    settings.COSIGNE_PROXY_COUNT = proxies
    assert throttle.client_address(request) == address


# --- A forgotten password ---------------------------------------------------------------------------------------------

FORGOTTEN = "/mot-de-passe/oublie/"
NEW = "Une nouvelle phrase longue 9"


def ask(email: str, address: str = "192.0.2.1") -> str:
    answer = Client(REMOTE_ADDR=address).post(FORGOTTEN, {"email": email}, follow=True)
    assert answer.redirect_chain == [(LOGIN, 302)]
    return answer.content.decode().split("<h1>")[1].split("<form")[0]


def test_from_the_forgotten_password_to_another_one(cast: Cast, jobs, client):
    elsewhere = cast.client("finances_a")
    assert FORGOTTEN in client.get(LOGIN).content.decode()
    assert "un message vient d&#x27;y être envoyé" in ask(" Finances_A@exemple.fr")
    jobs.run()
    [message] = mail.outbox
    assert message.to == ["finances_a@exemple.fr"]
    address = next(line for line in message.body.splitlines() if line.startswith("http://testserver/"))
    page = client.get(address.removeprefix("http://testserver"), follow=True)
    assert "Nouveau mot de passe" in page.content.decode()
    place = page.redirect_chain[-1][0]
    assert message.body.count(place) == 0, "the token has left the address"
    short = client.post(place, {"new_password1": "court", "new_password2": "court"})
    assert short.status_code == 422
    done = client.post(place, {"new_password1": NEW, "new_password2": NEW}, follow=True)
    assert "Votre mot de passe est changé. Connectez-vous." in done.content.decode()
    assert elsewhere.get("/").status_code == 302, "the sessions opened with the former password are over"
    assert sign_in("finances_a@exemple.fr", NEW) == "in"
    again = Client().get(address.removeprefix("http://testserver"))
    assert "Ce lien ne peut plus servir" in again.content.decode()


def test_an_unknown_and_a_closed_account_get_the_same_answer_and_no_mail(cast: Cast, jobs):
    User.objects.filter(email="finances_b@exemple.fr").update(is_active=False)
    answers = {ask(email) for email in ("finances_a@exemple.fr", "inconnu@exemple.fr", "finances_b@exemple.fr")}
    assert len(answers) == 1
    # The same work is put off for each: the time taken does not tell either.
    assert [name for name, _args in jobs.waiting()] == ["parties.send_password_reset"] * 3
    assert "@" not in str([args["user_id"] for _name, args in jobs.waiting()])
    jobs.run()
    assert [message.to for message in mail.outbox] == [["finances_a@exemple.fr"]]


def test_a_mailbox_is_not_flooded_and_the_answer_does_not_change(cast: Cast, jobs):
    answers = {ask("finances_a@exemple.fr", f"192.0.2.{number}") for number in range(8)}
    assert len(answers) == 1
    jobs.run()
    assert len(mail.outbox) == 3


def test_an_address_that_is_none_is_said(cast: Cast, client):
    answer = client.post(FORGOTTEN, {"email": "camille"})
    assert answer.status_code == 422
    assert "n&#x27;est pas complète" in answer.content.decode()


# --- My sessions ------------------------------------------------------------------------------------------------------

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Safari/604.1"


def signed_in(user_agent: str) -> Client:
    client = Client(HTTP_USER_AGENT=user_agent)
    client.post(LOGIN, {"username": "finances_a@exemple.fr", "password": PASSWORD})
    return client


def sessions(client: Client) -> str:
    return client.get("/mon-compte/").content.decode().split('id="sessions"')[1]


def test_the_account_page_lists_where_one_is_signed_in(cast: Cast):
    here, phone = signed_in(FIREFOX), signed_in(SAFARI)
    html = sessions(here)
    assert "Firefox, Windows" in html
    assert "Safari, iPhone" in html
    assert html.count("Cette session") == 1
    phone.post("/deconnexion/")
    assert "Safari, iPhone" not in sessions(here)


def test_another_session_is_closed_at_once(cast: Cast):
    here, phone, third = signed_in(FIREFOX), signed_in(SAFARI), signed_in("curl")
    other = next(i["row"] for i in here.get("/mon-compte/").context["sign_ins"] if i["row"].device == "Safari, iPhone")
    answer = here.post("/mon-compte/sessions/fermer/", {"session": str(other.uuid)}, follow=True)
    assert "La session est fermée." in answer.content.decode()
    assert phone.get("/").status_code == 302
    assert third.get("/").status_code == 200
    here.post("/mon-compte/sessions/fermer/")
    assert third.get("/").status_code == 302
    assert here.get("/").status_code == 200


def test_somebody_else_s_session_or_nonsense_closes_nothing(cast: Cast):
    here, stranger = signed_in(FIREFOX), cast.client("finances_b")
    theirs = stranger.get("/mon-compte/").context["sign_ins"][0]["row"].uuid
    own = here.get("/mon-compte/").context["sign_ins"][0]["row"].uuid
    for wanted in (theirs, own, "x"):
        answer = here.post("/mon-compte/sessions/fermer/", {"session": str(wanted)}, follow=True)
        assert "n&#x27;est plus ouverte" in answer.content.decode()
    assert stranger.get("/").status_code == here.get("/").status_code == 200


def test_after_a_change_of_password_one_session_is_left(cast: Cast):
    here, _phone = signed_in(FIREFOX), signed_in(SAFARI)
    here.post("/mon-compte/", {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW})
    html = sessions(here)
    assert "Firefox, Windows" in html
    assert "Safari" not in html
