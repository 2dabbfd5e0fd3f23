"""Signing in and out: the page, the demo accounts, what an error says and does not say, where one lands."""

import pytest
from django.test import Client
from django.urls import reverse

from parties.demo import DEMO_ACCOUNTS, DEMO_PASSWORD
from tests.cast import PASSWORD, Cast

LOGIN = "/connexion/"


def sign_in(client: Client, email: str, password: str = PASSWORD, **extra: str):
    return client.post(LOGIN, {"username": email, "password": password, **extra})


def test_every_page_asks_to_sign_in_and_remembers_where_one_was_going(db, client):
    answer = client.get("/annuaire/?q=arras")
    assert answer.status_code == 302
    assert answer.url == f"{LOGIN}?next=/annuaire/%3Fq%3Darras"


def test_sign_in_lands_on_the_home_page(cast: Cast, client):
    answer = sign_in(client, "finances_a@exemple.fr")
    assert (answer.status_code, answer.url) == (302, "/")
    assert "CC du Sud-Artois" in client.get("/").content.decode()


def test_the_address_is_read_whatever_its_case_and_spaces(cast: Cast, client):
    assert sign_in(client, " Finances_A@Exemple.FR ").status_code == 302


@pytest.mark.parametrize(
    ("email", "password"),
    [("finances_a@exemple.fr", "autre chose"), ("inconnu@exemple.fr", PASSWORD), ("parti@exemple.fr", PASSWORD)],
    ids=["wrong password", "unknown address", "closed account"],
)
def test_a_refusal_says_the_same_thing_whatever_the_reason(cast: Cast, client, email, password):
    cast.user["sans_role"].__class__.objects.create_user(
        email="parti@exemple.fr", password=PASSWORD, name="Parti", is_active=False
    )
    answer = sign_in(client, email, password)
    html = answer.content.decode()
    assert "Adresse électronique ou mot de passe incorrect. Vérifiez-les, puis recommencez." in html
    assert 'href="#id_' not in html.split('class="error-summary"')[1].split("</div>")[0]
    assert client.session.get("_auth_user_id") is None


def test_an_empty_form_names_what_is_missing(db, client):
    html = sign_in(client, "", "").content.decode()
    assert "Indiquez votre adresse électronique." in html
    assert "Indiquez votre mot de passe." in html


def test_next_is_followed_inside_the_site_only(cast: Cast, client):
    assert sign_in(client, "finances_a@exemple.fr", next="/annuaire/").url == "/annuaire/"
    for hostile in ("https://ailleurs.example/", "//ailleurs.example", "javascript:alert(1)", "/\\ailleurs.example"):
        client.logout()
        assert sign_in(client, "finances_a@exemple.fr", next=hostile).url == "/"


def test_someone_signed_in_is_not_asked_again(cast: Cast):
    assert cast.client("finances_a").get(LOGIN).url == "/"


def test_signing_out_is_a_post(cast: Cast):
    client = cast.client("finances_a")
    assert client.get("/deconnexion/").status_code == 405
    assert client.get("/").status_code == 200
    assert client.post("/deconnexion/").url == LOGIN
    assert client.get("/").status_code == 302


def test_demo_accounts_are_listed_in_demo_mode_only(db, client, settings):
    settings.COSIGNE_DEMO = True
    html = client.get(LOGIN).content.decode()
    assert DEMO_ACCOUNTS
    for account in DEMO_ACCOUNTS:
        assert account.email in html
    assert DEMO_PASSWORD in html
    settings.COSIGNE_DEMO = False
    html = client.get(LOGIN).content.decode()
    assert DEMO_PASSWORD not in html
    assert not [account.email for account in DEMO_ACCOUNTS if account.email in html]
    assert "démonstration" not in html.lower()


def test_a_form_without_its_token_is_refused_with_a_page_that_explains(cast: Cast):
    client = Client(enforce_csrf_checks=True)
    answer = sign_in(client, "finances_a@exemple.fr")
    assert answer.status_code == 403
    assert "ouverte depuis trop longtemps" in answer.content.decode()


def test_the_health_check_needs_neither_account_nor_database_nor_known_host(client):
    # Without the database mark, any query would fail this test.
    answer = client.get("/sante/", headers={"host": "10.0.0.7"})
    assert (answer.status_code, answer.content) == (200, b"ok")
    assert reverse("login") == LOGIN
