"""The page of API tokens: making one, seeing it once, revoking it, and whose they are."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.utils import timezone

from core.errors import InvalidInput, NotAllowed
from parties import tokens
from parties.models import ApiToken
from parties.roles import NEVER_BY_TOKEN
from tests.cast import Cast
from tests.tokens import make_token, program

LIST, NEW = "/jetons/", "/jetons/nouveau/"
SECRET = re.compile(r"cosigne_[a-z0-9]{8}_[A-Za-z0-9_-]{43}")


def today() -> dt.date:
    return timezone.localdate()


def fields(**changes: object) -> dict[str, object]:
    return {"name": "Gestion financière", "last_day": today().isoformat(), "scopes": ["titre.view"], **changes}


def test_a_token_is_shown_once_then_serves(cast: Cast):
    browser = cast.client("finances_a")
    answer = browser.post(NEW, fields())
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    [secret] = set(SECRET.findall(answer.text))
    assert program(secret).get("titres/").status_code == 200
    listed = browser.get(LIST).text
    assert "Gestion financière" in listed
    assert "consulter les titres" in listed
    assert SECRET.search(listed) is None
    assert secret[:16] in listed, "enough of it to know which one it is"


def test_the_form_offers_what_the_role_may_and_never_tokens(cast: Cast):
    page = cast.client("finances_a").get(NEW).text
    offered = set(re.findall(r'name="scopes" value="([^"]+)"', page))
    assert offered == {"plan.view", "titre.view", "titre.propose", "titre.export"}
    assert not offered & NEVER_BY_TOKEN
    assert "checked" not in page, "nothing is given unasked"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": ""}, "Donnez un nom"),
        ({"name": "   "}, "Donnez un nom"),
        ({"name": "x" * 81}, "80"),
        ({"name": "a\x00b"}, "Le caractère nul"),
        ({"last_day": ""}, "Indiquez le dernier jour"),
        ({"last_day": "demain"}, "date"),
        ({"last_day": "2020-01-01"}, "Cette date est passée"),
        ({"last_day": "too far"}, "un an au plus"),
        ({"scopes": ["plan.edit"]}, "plan.edit"),
        ({"scopes": ["token.manage"]}, "token.manage"),
    ],
)
def test_a_refusal_says_why_and_makes_nothing(cast: Cast, changes, message):
    if changes.get("last_day") == "too far":
        changes = {"last_day": (tokens.longest_day() + dt.timedelta(days=1)).isoformat()}
    answer = cast.client("finances_a").post(NEW, fields(**changes))
    assert answer.status_code == 422
    assert message in answer.text.split('class="error-summary"')[1].split("</div>")[0]
    with cast.acting("finances_a"):
        assert not ApiToken.objects.exists()


def test_sending_the_form_twice_makes_one_token(cast: Cast):
    browser = cast.client("finances_a")
    browser.post(NEW, fields())
    again = browser.post(NEW, fields(name="gestion FINANCIÈRE"))
    assert again.status_code == 422
    assert "révoquez-le, ou choisissez un autre nom" in again.text
    assert cast.client("finances_b").post(NEW, fields()).status_code == 200, "names are each organisation's own"


def test_the_service_refuses_more_than_the_role_and_those_who_may_not(cast: Cast):
    given = {"name": "X", "last_day": today()}
    with cast.acting("finances_a"):
        for scope in ("plan.edit", "token.manage", "inconnu"):
            with pytest.raises(InvalidInput) as refusal:
                tokens.create_token(**given, scopes=[scope], by=cast.actor("finances_a"))
            assert refusal.value.place == "scopes"
    for person in ("instructeur", "partenaire", "employeur_a"):
        with cast.acting(person), pytest.raises(NotAllowed):
            tokens.create_token(**given, scopes=[], by=cast.actor(person))
    machine = tokens.recognise(make_token(cast, "gestionnaire")[1])
    assert machine is not None
    with pytest.raises(NotAllowed):
        tokens.create_token(**given, scopes=[], by=machine)


def test_revoking_is_said_and_done(cast: Cast):
    token, secret = make_token(cast, "finances_a")
    browser = cast.client("finances_a")
    answer = browser.post(f"/jetons/{token.uuid}/revoquer/", follow=True)
    assert "est révoqué" in answer.text
    assert "Révoquer «" not in answer.text
    assert "Révoqué" in answer.text
    assert program(secret).get("me/").status_code == 401
    assert browser.post(NEW, fields(name=token.name)).status_code == 200, "its name is free again"


def test_each_organisation_has_its_own_list_and_the_staff_the_territory_s(cast: Cast):
    for person in ("finances_a", "finances_b", "gestionnaire", "finances_there"):
        make_token(cast, person, name=f"Outil de {person}")
    seen = {
        person: set(re.findall(r"Outil de (\w+)", cast.client(person).get(LIST).text))
        for person in ("finances_a", "finances_b", "gestionnaire", "gestionnaire_there")
    }
    assert seen == {
        "finances_a": {"finances_a"},
        "finances_b": {"finances_b"},
        "gestionnaire": {"gestionnaire", "finances_a", "finances_b"},
        "gestionnaire_there": {"finances_there"},
    }


def test_another_s_token_is_not_revoked(cast: Cast):
    token, secret = make_token(cast, "finances_a")
    for person in ("finances_b", "gestionnaire_there", "finances_there"):
        assert cast.client(person).post(f"/jetons/{token.uuid}/revoquer/").status_code == 404, person
    assert cast.client("employeur_a").post(f"/jetons/{token.uuid}/revoquer/").status_code == 403
    assert program(secret).get("me/").status_code == 200
    assert cast.client("gestionnaire").post(f"/jetons/{token.uuid}/revoquer/").status_code == 302
    assert program(secret).get("me/").status_code == 401


def test_an_expired_token_says_so(cast: Cast, time_machine):
    make_token(cast, "finances_a", days=0)
    time_machine.move_to(timezone.now() + dt.timedelta(days=2))
    assert "Expiré" in cast.client("finances_a").get(LIST).text


def test_days_are_those_of_the_wall_clock(cast: Cast, time_machine):
    """Half past eleven in the evening of the last of July, by universal time, is the first of August here."""
    time_machine.move_to(dt.datetime(2026, 7, 31, 23, 30, tzinfo=dt.UTC))
    make_token(cast, "finances_a", days=30)
    page = " ".join(cast.client("finances_a").get(LIST).text.split())
    assert "le 1er août 2026, par" in page
    assert "jusqu’au 31 août 2026" in page


def test_my_account_leads_to_the_tokens_of_those_who_may(cast: Cast):
    assert LIST in cast.client("finances_a").get("/mon-compte/").text
    for person in ("partenaire", "sans_role"):
        assert LIST not in cast.client(person).get("/mon-compte/").text
