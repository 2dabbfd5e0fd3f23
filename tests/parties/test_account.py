"""My account: what I may do, and my password."""

import pytest

from tests.cast import PASSWORD, Cast

URL = "/mon-compte/"
NEW = "Une nouvelle phrase longue 9"


def change(client, old: str, first: str, second: str | None = None):
    return client.post(
        URL, {"old_password": old, "new_password1": first, "new_password2": first if second is None else second}
    )


def test_the_page_says_who_one_is_and_what_the_role_allows(cast: Cast):
    html = cast.client("double").get(URL).content.decode()
    assert "double@exemple.fr" in html
    assert "CA du Boulonnais" in html
    assert "Département de la Somme" in html
    assert "exporter les titres de recettes" in html
    assert html.count("En cours d’usage") == 1


def test_the_new_password_replaces_the_former_one_and_the_session_stays(cast: Cast, client):
    mine, elsewhere = cast.client("finances_a"), cast.client("finances_a")
    answer = change(mine, PASSWORD, NEW)
    assert answer.status_code == 302
    assert mine.get(URL).status_code == 200
    assert elsewhere.get(URL).status_code == 302, "other sessions of the account are closed"
    assert client.post("/connexion/", {"username": "finances_a@exemple.fr", "password": PASSWORD}).status_code == 200
    assert client.post("/connexion/", {"username": "finances_a@exemple.fr", "password": NEW}).status_code == 302


@pytest.mark.parametrize(
    ("old", "first", "second", "message"),
    [
        ("faux", NEW, NEW, "Ce n&#x27;est pas votre mot de passe actuel."),
        (PASSWORD, NEW, "autre chose de long", "Les deux saisies du nouveau mot de passe diffèrent."),
        (PASSWORD, "court", "court", "12"),
        (PASSWORD, "928374650192", "928374650192", "numérique"),
        (PASSWORD, "", "", "ce champ est à remplir"),
    ],
)
def test_a_refused_change_says_why_and_changes_nothing(cast: Cast, client, old, first, second, message):
    answer = change(cast.client("finances_a"), old, first, second)
    assert answer.status_code == 422
    assert message in answer.content.decode().split('class="error-summary"')[1].split("</div>")[0]
    assert client.post("/connexion/", {"username": "finances_a@exemple.fr", "password": PASSWORD}).status_code == 302
