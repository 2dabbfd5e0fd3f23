"""Programs: what a token opens, what it does not, and the rates."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection, transaction
from django.db.utils import IntegrityError, ProgrammingError
from django.test import Client
from django.utils import timezone

from core import rls
from core.api.throttling import CallerThrottle, WrongTokenThrottle
from parties import tokens
from parties.actors import Actor
from parties.models import ApiToken
from parties.roles import NEVER_BY_TOKEN, ROLE_ABILITIES
from tests.api.test_acts import WRITES, activity_body, plan_body
from tests.api.test_reads import LISTINGS
from tests.api.world import ROOT, caller
from tests.tokens import make_token, program

REFUSED = "Ce jeton n'est pas valable"


# --- What it opens ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("person", ["gestionnaire", "finances_a", "finances_b", "finances_there"])
def test_a_token_reads_what_its_role_reads_in_its_organisation(world, person):
    cast = world.cast
    _token, secret = make_token(cast, person)
    machine, human = program(secret), caller(cast, person)
    compared = 0
    for listing in LISTINGS:
        theirs, ours = human.get(listing.path), machine.get(listing.path)
        assert (ours.status_code, ours.json()) == (theirs.status_code, theirs.json()), listing.path
        compared += ours.json().get("count", 0)
    assert compared > 5


def test_who_i_am_with_a_token(cast):
    _token, secret = make_token(cast, "finances_a", scopes=["titre.view"], name="Gestion financière")
    me = program(secret).get("me/").json()
    assert (me["name"], me["email"], me["token"], me["role"]) == (None, None, "Gestion financière", "finances")
    assert me["organisation"]["uuid"] == str(cast.org["epci_a"].uuid)
    assert me["abilities"] == {"titre.view": "consulter les titres"}
    person = caller(cast, "finances_a").get("me/").json()
    assert (person["email"], person["token"]) == ("finances_a@exemple.fr", None)


def test_it_writes_without_a_csrf_token_and_signs_what_it_does(cast):
    _token, secret = make_token(cast, "gestionnaire", name="Paie")
    answer = program(secret).post("plans/", plan_body(cast))
    assert answer.status_code == 201, answer.content
    assert answer.json()["events"][0]["by_label"] == "Jeton « Paie » (Département)"


def test_without_scopes_it_reads_what_every_role_reads_and_writes_nothing(world):
    cast = world.cast
    for maker in ("gestionnaire", "finances_a"):
        _token, secret = make_token(cast, maker, scopes=[])
        machine = program(secret)
        assert machine.get("posts/").json()["count"] > 0
        assert machine.get("titres/").status_code == 403
        assert machine.get("plans/").status_code == 403
        places = {
            "plan": cast.plan["a"].uuid,
            "convention": cast.convention["a"].uuid,
            "titre": cast.titre["a_departement"].uuid,
            "batch": uuid.uuid4(),
        }
        for act, (method, path, _allowed) in WRITES.items():
            answer = getattr(machine, method)(path.format(**places), {})
            assert answer.status_code == 403, (act, answer.content)
            assert answer.json()["detail"].startswith("Ce jeton ne permet pas"), act
        assert machine.put("activity/", activity_body(cast, post="a")).status_code == 403


def test_each_scope_opens_its_own_acts_only(cast):
    _token, secret = make_token(cast, "gestionnaire", scopes=["plan.edit", "plan.view"])
    machine = program(secret)
    assert machine.post("plans/", plan_body(cast)).status_code == 201
    assert machine.put("activity/", activity_body(cast, post="a")).status_code == 403
    assert machine.post("dossier/check/", {}).status_code == 403


def test_what_the_role_loses_its_tokens_lose(cast, monkeypatch):
    """The abilities are the intersection, worked out at each request."""
    _token, secret = make_token(cast, "finances_a")
    assert program(secret).get("titres/").status_code == 200
    monkeypatch.setitem(ROLE_ABILITIES, "finances", frozenset({"plan.view"}))
    assert program(secret).get("titres/").status_code == 403
    assert program(secret).get("plans/").status_code == 200


def test_no_token_makes_tokens_even_when_its_row_says_so(cast):
    token, _secret = make_token(cast, "gestionnaire")
    token.scopes = [*token.scopes, *NEVER_BY_TOKEN]
    assert not Actor.of_token(token).abilities & NEVER_BY_TOKEN


def test_another_organisation_s_and_another_territory_s_things_are_not_found(world):
    cast = world.cast
    for maker, owner in (("finances_b", "a"), ("finances_there", "a"), ("gestionnaire_there", "b")):
        _token, secret = make_token(cast, maker)
        for kind, found in (("plans", cast.plan), ("conventions", cast.convention), ("posts", cast.post)):
            assert program(secret).get(f"{kind}/{found[owner].uuid}/").status_code == 404, (maker, kind)


def test_a_token_opens_the_api_and_no_page(cast):
    _token, secret = make_token(cast, "gestionnaire")
    client = program(secret).client
    assert client.get(f"{ROOT}me/").status_code == 200
    for page in ("/", "/annuaire/", "/jetons/", "/dossier/"):
        answer = client.get(page)
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/connexion/"), page


# --- What it does not -------------------------------------------------------------------------------------------------


def refused(secret: str) -> bool:
    answer = program(secret).get("me/")
    assert answer.status_code in (200, 401), answer.content
    if answer.status_code == 401:
        assert answer["WWW-Authenticate"] == 'Bearer realm="api"'
        assert answer.json()["detail"].startswith(REFUSED)
    return answer.status_code == 401


def test_a_token_that_is_no_longer_or_never_was_is_refused_in_the_same_words(cast):
    token, secret = make_token(cast, "finances_a")
    _other, other_secret = make_token(cast, "finances_b")
    assert not refused(secret)
    wrong = [
        f"{secret[:-1]}{'a' if secret[-1] != 'a' else 'b'}",
        f"cosigne_{token.prefix}_{'A' * 43}",
        secret.replace(token.prefix, "zzzzzzzz"),
        # The secret of one under the name of another.
        f"cosigne_{token.prefix}_{other_secret.removeprefix('cosigne_')[9:]}",
        secret.upper(),
        f"{secret} ",
        f"{secret}\x00",
        f"{secret[:-1]}é",
        "cosigne_",
        "'; SELECT 1 --",
        "x" * 9000,
        token.digest,
        f"cosigne_{token.prefix}_{token.digest}",
    ]
    outcomes = {text: refused(text) for text in wrong}
    # A space around the header's value is not part of it.
    assert not outcomes.pop(f"{secret} ")
    assert all(outcomes.values()), [text for text, said in outcomes.items() if not said]
    assert program("").get("me/").status_code == 401


def test_revoked_it_stops_at_once_and_for_good(cast):
    token, secret = make_token(cast, "finances_a")
    assert not refused(secret)
    with cast.acting("finances_a"):
        tokens.revoke_token(token=token, by=cast.actor("finances_a"))
    assert refused(secret)
    with cast.acting("finances_a"):
        with pytest.raises(IntegrityError, match="Un jeton ne se modifie pas"), transaction.atomic():
            ApiToken.objects.filter(pk=token.pk).update(revoked_at=None)
        first = ApiToken.objects.get(pk=token.pk).revoked_at
        assert tokens.revoke_token(token=token, by=cast.actor("finances_a")).revoked_at == first


def test_it_serves_through_its_last_day_and_no_longer(cast):
    token, secret = make_token(cast, "finances_a", days=3)
    midnight = dt.datetime.combine(timezone.localdate() + dt.timedelta(days=4), dt.time())
    end = timezone.make_aware(midnight)
    assert token.expires_at == end
    with time_machine.travel(end - dt.timedelta(seconds=5), tick=False):
        assert not refused(secret)
    with time_machine.travel(end, tick=False):
        assert refused(secret)


def test_a_wrong_token_is_not_saved_by_the_session_beside_it(cast):
    client = cast.client("gestionnaire")
    assert client.get(f"{ROOT}me/").status_code == 200
    assert program(f"cosigne_abcdefgh_{'A' * 43}", client=client).get("me/").status_code == 401


def test_a_right_token_counts_rather_than_the_session_beside_it(cast):
    _token, secret = make_token(cast, "finances_b", scopes=[])
    me = program(secret, client=cast.client("gestionnaire_there")).get("me/").json()
    assert (me["role"], me["organisation"]["label"], me["territory"]["code"]) == ("finances", "Boulonnais", "62")


def test_another_scheme_is_left_to_the_session(cast):
    client = cast.client("gestionnaire")
    assert client.get(f"{ROOT}me/", headers={"Authorization": "Basic eDp5"}).status_code == 200
    assert Client().get(f"{ROOT}me/", headers={"Authorization": "Basic eDp5"}).status_code == 401


# --- In the database --------------------------------------------------------------------------------------------------


def rows(sql: str, *params: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def test_the_secret_is_kept_nowhere(cast):
    token, secret = make_token(cast, "finances_a")
    random = secret.removeprefix(f"cosigne_{token.prefix}_")
    assert len(random) == 43
    with cast.acting("gestionnaire"):
        [(row,)] = rows("SELECT row_to_json(t)::text FROM parties_apitoken t WHERE id = %s", token.pk)
    assert random not in row
    assert tokens.digest_of(random) in row


def test_before_a_context_the_digest_shows_its_own_row_and_nothing_else(cast):
    token, secret = make_token(cast, "finances_a")
    make_token(cast, "finances_b")
    with rls.acting(rls.NOBODY):
        assert rows("SELECT count(*) FROM parties_apitoken") == [(0,)]
        rls.present_token(token.digest)
        assert rows("SELECT id FROM parties_apitoken") == [(token.pk,)]
        assert rows("SELECT count(*) FROM parties_organisation") == [(0,)]
        with connection.cursor() as cursor:
            cursor.execute("UPDATE parties_apitoken SET last_used_on = '2020-01-01'")
            assert cursor.rowcount == 0, "reading it is not writing it"
        rls.present_token("")
        assert rows("SELECT count(*) FROM parties_apitoken") == [(0,)]
        # Whatever sets a context next forgets what was presented.
        rls.present_token(token.digest)
        rls.set_context(rls.NOBODY)
        assert rows("SELECT count(*) FROM parties_apitoken") == [(0,)]
        assert tokens.recognise(secret) is not None
        assert rls.current_context() == rls.NOBODY
        assert rows("SELECT count(*) FROM parties_apitoken") == [(0,)]


def test_raw_sql_of_one_organisation_does_not_reach_another_s_tokens(cast):
    mine, _ = make_token(cast, "finances_a")
    for person in ("finances_b", "partenaire", "instructeur", "employeur_d", "gestionnaire_there", "finances_there"):
        with cast.acting(person), connection.cursor() as cursor:
            assert rows("SELECT count(*) FROM parties_apitoken") == [(0,)], person
            cursor.execute("UPDATE parties_apitoken SET revoked_at = now()")
            assert cursor.rowcount == 0, person
            cursor.execute("DELETE FROM parties_apitoken")
            assert cursor.rowcount == 0, person
    with cast.acting("finances_a"), connection.cursor() as cursor:
        assert rows("SELECT id FROM parties_apitoken") == [(mine.pk,)]
        cursor.execute("DELETE FROM parties_apitoken")
        assert cursor.rowcount == 0, "tokens are kept"


def copied(token: ApiToken, **changes: object) -> ApiToken:
    values = {f.attname: getattr(token, f.attname) for f in token._meta.fields if f.name not in ("id", "uuid")}
    return ApiToken(**{**values, "prefix": "copiecop", "digest": "0" * 64, "name": "Copie", **changes})


def test_raw_sql_makes_no_token_above_its_organisation(cast):
    token, _ = make_token(cast, "finances_a")
    intruders = (
        copied(token, role="gestionnaire"),
        copied(token, role="instructeur"),
        copied(token, organisation_id=cast.org["epci_b"].pk),
        copied(token, territory_id=cast.territory["there"].pk),
    )
    with cast.acting("finances_a"):
        for intruder in intruders:
            with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
                intruder.save()
        with transaction.atomic():
            copied(token).save()


@pytest.mark.parametrize(
    "change",
    ["role = 'gestionnaire'", "scopes = '{plan.edit}'", "expires_at = expires_at + interval '1 day'",
     "digest = repeat('0', 64)", "prefix = 'autreaut'", "name = 'Autre'"],
)  # fmt: skip
def test_a_token_is_not_changed_after_it_is_made(cast, change):
    make_token(cast, "finances_a", scopes=[])
    with cast.acting("gestionnaire"):
        with pytest.raises(IntegrityError, match="Un jeton ne se modifie pas"), transaction.atomic():
            rows(f"UPDATE parties_apitoken SET {change} RETURNING id")
        assert rows("UPDATE parties_apitoken SET last_used_on = '2026-01-02', revoked_at = now() RETURNING id")


def test_more_than_a_year_is_refused_by_the_database_too(cast):
    token, _ = make_token(cast, "finances_a")
    too_long = copied(token, expires_at=timezone.now() + dt.timedelta(days=400))
    with cast.acting("finances_a"), pytest.raises(IntegrityError, match="parties_apitoken_year"), transaction.atomic():
        too_long.save()


def test_the_day_of_the_last_use_is_written_once_a_day(cast, django_assert_num_queries):
    token, secret = make_token(cast, "finances_a")
    assert token.last_used_on is None
    program(secret).get("me/")
    with cast.acting("finances_a"):
        used = ApiToken.objects.get(pk=token.pk)
        assert used.last_used_on == timezone.localdate()
        with django_assert_num_queries(0):
            tokens.note_use(used)
    tomorrow = timezone.now() + dt.timedelta(days=1)
    with time_machine.travel(tomorrow, tick=False):
        program(secret).get("me/")
        with cast.acting("finances_a"):
            assert ApiToken.objects.get(pk=token.pk).last_used_on == timezone.localdate()


# --- Rates ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def rates(monkeypatch):
    cache.clear()
    given = {"caller": "3/min", "wrong-token": "2/min"}
    monkeypatch.setattr(CallerThrottle, "THROTTLE_RATES", given)
    monkeypatch.setattr(WrongTokenThrottle, "THROTTLE_RATES", given)
    yield
    cache.clear()


def test_too_many_requests_are_told_when_to_come_back(cast, rates):
    _one, first = make_token(cast, "finances_a")
    _two, second = make_token(cast, "finances_b")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert [program(first).get("me/").status_code for _ in range(5)] == [200, 200, 200, 429, 429]
        late = program(first).get("me/")
        assert late.json()["detail"].startswith("Trop de demandes : réessayez dans ")
        assert 0 < int(late["Retry-After"]) <= 60
        # Counted one by one: another token, and a person, are not held up.
        assert program(second).get("me/").status_code == 200
        assert caller(cast, "finances_a").get("me/").status_code == 200
        clock.shift(61)
        assert program(first).get("me/").status_code == 200


def test_too_many_wrong_tokens_close_the_door_to_right_ones_for_a_while(cast, rates):
    _token, secret = make_token(cast, "finances_a")
    wrong = f"cosigne_abcdefgh_{'A' * 43}"
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert [program(wrong).get("me/").status_code for _ in range(3)] == [401, 401, 429]
        assert program(secret).get("me/").status_code == 429
        # From elsewhere, and by a header anyone may write: only the first is elsewhere.
        assert program(secret).client.get(f"{ROOT}me/", REMOTE_ADDR="192.0.2.7").status_code == 200
        assert program(secret).client.get(f"{ROOT}me/", HTTP_X_FORWARDED_FOR="192.0.2.8").status_code == 429
        clock.shift(61)
        assert program(secret).get("me/").status_code == 200


def test_the_public_schema_is_counted_by_address(db, rates):
    client = Client()
    assert [client.get(f"{ROOT}schema/").status_code for _ in range(4)] == [200, 200, 200, 429]
