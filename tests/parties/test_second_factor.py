"""The second factor: adding one, signing in with it, losing it, and a territory that requires it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.utils import ProgrammingError
from django.test import Client

from core import rls
from core.errors import Conflict, NotAllowed
from parties import factors, services, throttle, vault
from parties.enums import MemberAct
from parties.models import MemberEvent, Membership, SignInRule
from tests.cast import PASSWORD, Cast
from tests.tokens import make_token

LOGIN, CHECK, CONFIRM = "/connexion/", "/connexion/second-facteur/", "/mon-compte/confirmer/"
OVERVIEW = "/mon-compte/second-facteur/"
APP, KEY, CODES, REMOVE = (OVERVIEW + part for part in ("application/", "cle/", "codes/", "retirer/"))
NOW = 1_800_000_000  # any moment: the tests say when the person reads the code


def sign_in(email: str = "finances_a@exemple.fr", password: str = PASSWORD, **more: Any) -> Client:
    client = Client(**more)
    client.post(LOGIN, {"username": email, "password": password})
    return client


def is_in(client: Client) -> bool:
    return client.get("/").status_code == 200


def code_at(secret: str, moment: float) -> str:
    return totp.format_hotp_value(totp.hotp_value(secret, int(moment) // 30))


def add_app(client: Client, moment: float = NOW) -> tuple[str, list[str]]:
    """The seed and the recovery codes, as the pages show them."""
    with time_machine.travel(moment, tick=False):
        html = client.get(APP).content.decode()
        secret = re.findall(r'<code class="address">([A-Z2-7 ]+)</code>', html)[0].replace(" ", "")
        answer = client.post(APP, {"code": code_at(secret, moment)})
    assert answer.status_code == 200, answer
    return secret, re.findall(r"<code>(\d{4} \d{4})</code>", answer.content.decode())


def send_code(client: Client, code: str, moment: float = NOW + 60) -> Any:
    with time_machine.travel(moment, tick=False):
        return client.post(CHECK, {"how": "code", "code": code})


@pytest.fixture(autouse=True)
def moment() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def protected(cast: Cast) -> tuple[str, list[str]]:
    """finances_a has an application and ten recovery codes; the seed, and the codes."""
    return add_app(sign_in())


def rows_of(cast: Cast, name: str) -> list[Authenticator]:
    with rls.acting(rls.Context(user_id=cast.user[name].pk)):
        return list(Authenticator.objects.order_by("type"))


# --- Adding and using an application ----------------------------------------------------------------------------------


def test_from_the_account_page_to_a_sign_in_with_a_code(cast: Cast, jobs):
    client = sign_in()
    assert OVERVIEW in client.get("/mon-compte/").content.decode()
    page = client.get(APP).content.decode()
    assert 'src="data:image/svg+xml,' in page
    secret, codes = add_app(client)
    assert len(set(codes)) == 10
    assert "Actif" in client.get(OVERVIEW).content.decode()
    jobs.run()
    assert [m.subject for m in mail.outbox][-1] == "Cosigne : un second facteur est ajouté à votre compte"
    with time_machine.travel(NOW + 60, tick=False):
        back = sign_in()
        assert not is_in(back)
        html = back.get(CHECK).content.decode()
        assert "Second facteur" in html
        answer = send_code(back, code_at(secret, NOW + 60))
        assert (answer.status_code, answer.url) == (302, "/")
        assert is_in(back)


def test_the_way_one_was_going_is_kept_through_the_second_step(cast: Cast, protected):
    secret, _codes = protected
    with time_machine.travel(NOW + 60, tick=False):
        client = Client()
        body = {"username": "finances_a@exemple.fr", "password": PASSWORD, "next": "/annuaire/"}
        assert client.post(LOGIN, body).url == CHECK
        assert send_code(client, code_at(secret, NOW + 60)).url == "/annuaire/"


def test_the_password_alone_opens_nothing(cast: Cast, protected):
    client = sign_in()
    for address in ("/", "/mon-compte/", OVERVIEW, "/titres/"):
        assert client.get(address).url.startswith(LOGIN), address
    assert client.get("/api/v1/me/").status_code == 401


def test_a_code_serves_once_and_the_one_that_enrolled_does_not_sign_in(cast: Cast, protected):
    secret, _codes = protected
    first = sign_in()
    assert send_code(first, code_at(secret, NOW), NOW + 20).status_code == 422
    assert send_code(first, code_at(secret, NOW + 60), NOW + 60).url == "/"
    other = sign_in()
    refused = send_code(other, code_at(secret, NOW + 60), NOW + 65)
    assert refused.status_code == 422
    assert "il a déjà servi" in refused.content.decode()
    # Nor the one before, though a telephone may be late.
    assert send_code(other, code_at(secret, NOW + 30), NOW + 65).status_code == 422
    assert send_code(other, code_at(secret, NOW + 90), NOW + 95).url == "/"


@pytest.mark.parametrize("late", [-30, 30], ids=["telephone late", "telephone early"])
def test_a_telephone_half_a_minute_off_is_accepted(cast: Cast, protected, late: int):
    secret, _codes = protected
    assert send_code(sign_in(), code_at(secret, NOW + 90 + late), NOW + 90).url == "/"


def test_a_telephone_two_minutes_off_is_not(cast: Cast, protected):
    secret, _codes = protected
    assert send_code(sign_in(), code_at(secret, NOW + 300), NOW + 180).status_code == 422


def test_a_recovery_code_serves_once(cast: Cast, protected):
    _secret, codes = protected
    client = sign_in()
    assert send_code(client, codes[3]).url == "/"
    assert is_in(client)
    assert send_code(sign_in(), codes[3]).status_code == 422
    assert send_code(sign_in(), codes[4].replace(" ", "")).url == "/"


def test_guesses_are_counted_and_the_right_code_then_waits(cast: Cast, protected):
    secret, _codes = protected
    client = sign_in()
    for _ in range(throttle.SECOND_FACTOR[0].most):
        assert "pas le bon" in send_code(client, "000000").content.decode()
    answer = send_code(client, code_at(secret, NOW + 60))
    assert answer.status_code == 422
    assert "Attendez un quart d&#x27;heure" in answer.content.decode()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"how": "code"},
        {"how": "rien", "code": "1"},
        {"how": "code", "code": "é" * 20},
        {"how": "key", "credential": "{}"},
        {"how": "key", "credential": '{"id": 1}'},
    ],
)
def test_nonsense_at_the_second_step_opens_nothing(cast: Cast, protected, body):
    client = sign_in()
    assert client.post(CHECK, body).status_code in (200, 422)
    assert not is_in(client)


def test_the_second_step_without_the_first_goes_back(cast: Cast):
    assert Client().get(CHECK).url == LOGIN
    assert Client().post(CHECK, {"how": "code", "code": "123456"}).url == LOGIN


def test_a_closed_account_does_not_pass_the_second_step(cast: Cast, protected):
    secret, _codes = protected
    client = sign_in()
    services.set_account_active(email="finances_a@exemple.fr", active=False)
    send_code(client, code_at(secret, NOW + 60))
    assert not is_in(client)


def test_a_mistyped_first_code_keeps_the_same_seed(cast: Cast):
    client = sign_in()
    html = client.get(APP).content.decode()
    [seed] = re.findall(r'<code class="address">([A-Z2-7 ]+)</code>', html)
    answer = client.post(APP, {"code": "000000"})
    assert answer.status_code == 422
    assert seed in answer.content.decode()
    assert not rows_of(cast, "finances_a")


def test_the_first_factor_ends_the_other_sessions(cast: Cast):
    elsewhere, here = sign_in(), sign_in()
    add_app_now(here)
    assert is_in(here)
    assert not is_in(elsewhere)


def add_app_now(client: Client) -> None:
    html = client.get(APP).content.decode()
    secret = re.findall(r'<code class="address">([A-Z2-7 ]+)</code>', html)[0].replace(" ", "")
    step = next(totp.yield_hotp_counters_from_time()) + 1
    assert client.post(APP, {"code": totp.format_hotp_value(totp.hotp_value(secret, step))}).status_code == 200


# --- Managing ---------------------------------------------------------------------------------------------------------


def test_an_old_session_proves_who_one_is_first(cast: Cast):
    client = sign_in()
    with time_machine.travel(NOW + 1200, tick=False):
        answer = client.get(APP)
        assert answer.url == f"{CONFIRM}?next={APP.replace('/', '%2F')}"
        assert client.post(APP, {"code": "123456"}).url.startswith(CONFIRM)
        assert client.post(REMOVE, {"factor": "1"}).url.startswith(CONFIRM)
        page = client.get(answer.url).content.decode()
        assert "Mot de passe" in page
        wrong = client.post(CONFIRM, {"how": "password", "password": "faux", "next": APP})
        assert wrong.status_code == 422
        assert "pas votre mot de passe" in wrong.content.decode()
        assert client.post(CONFIRM, {"how": "password", "password": PASSWORD, "next": APP}).url == APP
        assert client.get(APP).status_code == 200


def test_the_way_back_from_the_proof_stays_inside_the_site(cast: Cast):
    client = sign_in()
    for hostile in ("https://ailleurs.example/", "//ailleurs.example", "javascript:alert(1)"):
        answer = client.post(CONFIRM, {"how": "password", "password": PASSWORD, "next": hostile})
        assert answer.url == "/mon-compte/"


def test_new_recovery_codes_replace_the_former_ones(cast: Cast, protected):
    secret, codes = protected
    with time_machine.travel(NOW + 60, tick=False):
        client = sign_in()
        send_code(client, code_at(secret, NOW + 60))
        assert "10 codes" in client.get(CODES).content.decode()
        page = client.post(CODES).content.decode()
        fresh = re.findall(r"<code>(\d{4} \d{4})</code>", page)
        assert len(fresh) == 10
        assert not set(fresh) & set(codes)
        # The file holds the same ones.
        assert all(code.replace(" ", "%20") in page for code in fresh)
        assert fresh[0] not in client.get(CODES).content.decode()
        assert send_code(sign_in(), codes[0]).status_code == 422
        assert send_code(sign_in(), fresh[0]).url == "/"


def test_taking_the_last_factor_off_takes_the_codes_too(cast: Cast, protected, jobs):
    secret, _codes = protected
    with time_machine.travel(NOW + 60, tick=False):
        client = sign_in()
        send_code(client, code_at(secret, NOW + 60))
        app = next(row for row in rows_of(cast, "finances_a") if row.type == "totp")
        for nonsense in ("", "x", "0", "9" * 30, "-1"):
            client.post(REMOVE, {"factor": nonsense})
        assert len(rows_of(cast, "finances_a")) == 2
        answer = client.post(REMOVE, {"factor": app.pk}, follow=True)
        assert "ne protège plus votre compte" in answer.content.decode()
    assert not rows_of(cast, "finances_a")
    jobs.run()
    assert "retiré" in mail.outbox[-1].subject
    assert is_in(sign_in())


def test_somebody_else_s_factor_is_not_taken_off(cast: Cast, protected):
    app = next(row for row in rows_of(cast, "finances_a") if row.type == "totp")
    stranger = sign_in("finances_b@exemple.fr")
    answer = stranger.post(REMOVE, {"factor": app.pk}, follow=True)
    assert "plus sur votre compte" in answer.content.decode()
    assert len(rows_of(cast, "finances_a")) == 2


# --- In the database --------------------------------------------------------------------------------------------------


def sql(statement: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else [(cursor.rowcount,)]


def test_the_seed_is_not_readable_in_the_database(cast: Cast, protected):
    secret, codes = protected
    with rls.acting(rls.Context(user_id=cast.user["finances_a"].pk)):
        stored = str(sql("SELECT data FROM mfa_authenticator"))
    assert secret not in stored
    assert not [code for code in codes if code in stored or code.replace(" ", "") in stored]
    assert vault.unseal(rows_of(cast, "finances_a")[1].data["secret"]) == secret


@pytest.mark.parametrize("who", ["finances_b", "gestionnaire", "admin_a", "gestionnaire_there", "nobody"])
def test_postgresql_shows_a_factor_to_its_account_only(cast: Cast, protected, who: str):
    context = rls.NOBODY if who == "nobody" else cast.actor(who).context
    with rls.acting(context):
        assert sql("SELECT count(*) FROM mfa_authenticator") == [(0,)]
        assert sql("DELETE FROM mfa_authenticator") == [(0,)]
        assert sql("UPDATE mfa_authenticator SET data = '{}'") == [(0,)]
        owner = cast.user["finances_a"].pk
        with pytest.raises(ProgrammingError), transaction.atomic():
            sql(
                "INSERT INTO mfa_authenticator (user_id, type, data, created_at)"
                f" VALUES ({owner}, 'webauthn', '{{}}', now())"
            )
    assert len(rows_of(cast, "finances_a")) == 2


def test_half_signed_in_one_uses_one_s_factors_and_nothing_else(cast: Cast, protected):
    with rls.acting(rls.Context(signing_in_id=cast.user["finances_a"].pk)):
        assert sql("SELECT count(*) FROM mfa_authenticator") == [(2,)]
        assert sql("DELETE FROM mfa_authenticator") == [(0,)]
        assert not Membership.objects.exists()
        assert sql("SELECT count(*) FROM parties_signin") == [(0,)]
    with rls.acting(rls.Context(signing_in_id=cast.user["finances_b"].pk)):
        assert sql("SELECT count(*) FROM mfa_authenticator") == [(0,)]


def test_the_unused_tables_of_the_library_take_nothing(cast: Cast):
    with cast.acting("gestionnaire"), pytest.raises(ProgrammingError), transaction.atomic():
        sql("INSERT INTO account_emailaddress (user_id, email, verified, \"primary\")"
            f" VALUES ({cast.user['gestionnaire'].pk}, 'x@exemple.fr', true, true)")  # fmt: skip


def test_a_former_key_still_opens_and_everything_can_be_closed_again(cast: Cast, protected, settings, capsys):
    secret, _codes = protected
    former, settings.SECRET_KEY = settings.SECRET_KEY, "une autre clé"
    settings.SECRET_KEY_FALLBACKS = [former]
    assert send_code(sign_in(), code_at(secret, NOW + 60)).url == "/"
    call_command("reencrypt_secrets")
    assert "2 secrets" in capsys.readouterr().out
    settings.SECRET_KEY_FALLBACKS = []
    assert vault.unseal(rows_of(cast, "finances_a")[1].data["secret"]) == secret
    settings.SECRET_KEY = "encore une autre"
    with pytest.raises(CommandError, match="SECRET_KEY_FALLBACKS"):
        call_command("reencrypt_secrets")


# --- Required by a territory ------------------------------------------------------------------------------------------


def require(cast: Cast, by: str = "gestionnaire", *, second_factor: bool = True) -> None:
    with cast.acting(by):
        services.set_sign_in_rule(second_factor=second_factor, by=cast.actor(by))


def test_the_rule_is_set_from_a_page_dated_and_signed(cast: Cast):
    client = cast.client("gestionnaire")
    assert "/membres/regle-de-connexion/" in client.get("/membres/").content.decode()
    answer = client.post("/membres/regle-de-connexion/", {"second_factor": "on"})
    assert answer.status_code == 302
    with cast.acting("gestionnaire"):
        [rule] = SignInRule.objects.all()
        assert (rule.second_factor, rule.by_label) == (True, "Gestionnaire (Département)")
        services.set_sign_in_rule(second_factor=True, by=cast.actor("gestionnaire"))
        assert SignInRule.objects.count() == 1, "the same rule again writes nothing"
        services.set_sign_in_rule(second_factor=False, by=cast.actor("gestionnaire"))
        assert [r.second_factor for r in SignInRule.objects.all()] == [False, True]
        with pytest.raises(Exception, match="ne se modifie pas"), transaction.atomic():
            SignInRule.objects.update(second_factor=True)


def test_only_the_territory_s_managers_set_it(cast: Cast):
    for name in ("admin_a", "instructeur", "finances_a"):
        with cast.acting(name), pytest.raises(NotAllowed):
            services.set_sign_in_rule(second_factor=True, by=cast.actor(name))
        with cast.acting(name), pytest.raises(ProgrammingError), transaction.atomic():
            SignInRule.objects.create(territory=cast.territory["here"], second_factor=True, by_label="x")


def test_who_has_no_factor_is_led_to_add_one_before_anything_else(cast: Cast):
    require(cast)
    client = sign_in()
    for address in ("/", "/postes/", "/titres/", "/jetons/nouveau/", "/annuaire/"):
        assert client.get(address).url == OVERVIEW, address
    assert client.post("/jetons/nouveau/", {"name": "x"}).url == OVERVIEW
    refused = client.get("/api/v1/me/")
    assert refused.status_code == 403
    assert "exige un second facteur" in refused.json()["detail"]
    assert client.get("/api/v1/titres/").status_code == 403
    page = client.get(OVERVIEW).content.decode()
    assert "À faire avant de continuer" in page
    assert "Financements" not in page, "no navigation: nothing of the territory is open yet"
    assert client.get("/mon-compte/").status_code == 200
    assert client.get("/aide/").status_code == 200
    add_app_now(client)
    assert is_in(client)
    assert client.get("/api/v1/me/").status_code == 200


def test_it_holds_at_once_for_sessions_already_open_and_ends_with_the_rule(cast: Cast):
    client = sign_in()
    assert is_in(client)
    require(cast)
    assert client.get("/").url == OVERVIEW
    require(cast, second_factor=False)
    assert is_in(client)


def test_another_territory_is_not_bound(cast: Cast):
    require(cast, "gestionnaire_there")
    assert is_in(sign_in())
    assert sign_in("finances_there@exemple.fr").get("/").url == OVERVIEW


def test_switching_leaves_the_territory_that_requires_it(cast: Cast):
    require(cast, "gestionnaire_there")
    client = sign_in("double@exemple.fr")
    assert is_in(client)
    there = cast.membership["double_there"]
    client.post("/changer-d-organisation/", {"membership": str(there.uuid)})
    assert client.get("/").url == OVERVIEW
    client.post("/changer-d-organisation/", {"membership": str(cast.membership["double"].uuid)})
    assert is_in(client)


def test_a_session_that_did_not_give_its_factor_gives_it(cast: Cast, protected):
    """The account has one, this session was opened another way."""
    secret, _codes = protected
    require(cast)
    client = cast.client("finances_a")
    answer = client.get("/titres/")
    assert answer.url == f"{CONFIRM}?next=/titres/"
    page = client.get(answer.url).content.decode()
    assert 'name="password"' not in page, "the password is not a second factor"
    client.post(CONFIRM, {"how": "password", "password": PASSWORD})
    assert not is_in(client)
    with time_machine.travel(NOW + 60, tick=False):
        client = cast.client("finances_a")
        client.post(CONFIRM, {"how": "code", "code": code_at(secret, NOW + 60), "next": "/titres/"})
        assert is_in(client)


def test_the_last_factor_stays_while_it_is_required(cast: Cast):
    require(cast)
    client = sign_in()
    add_app_now(client)
    app = next(row for row in rows_of(cast, "finances_a") if row.type == "totp")
    answer = client.post(REMOVE, {"factor": app.pk}, follow=True)
    assert "exige un second facteur" in answer.content.decode()
    assert len(rows_of(cast, "finances_a")) == 2


def test_a_token_goes_on(cast: Cast):
    """A program has no telephone: the person who made its token has proved their factor."""
    _token, secret = make_token(cast, "finances_a")
    require(cast)
    answer = Client().get("/api/v1/me/", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 200
    # Beside the session of somebody who has not, too: the token alone counts.
    assert sign_in().get("/api/v1/me/", headers={"Authorization": f"Bearer {secret}"}).status_code == 200


def test_a_newcomer_adds_a_factor_right_after_accepting(cast: Cast):
    from tests.parties.test_invitations import accept, invite

    require(cast)
    invitation = invite(cast)
    client = Client()
    accept(client, invitation)
    assert client.get("/").url == OVERVIEW
    assert client.get(APP).status_code == 200, "the password just chosen is proof enough"


# --- Lost devices -----------------------------------------------------------------------------------------------------


def test_an_administrator_takes_a_lost_factor_off(cast: Cast, protected, jobs):
    secret, _codes = protected
    with time_machine.travel(NOW + 60, tick=False):
        theirs = sign_in()
        send_code(theirs, code_at(secret, NOW + 60))
        manager = cast.client("gestionnaire")
        address = f"/membres/{cast.membership['finances_a'].uuid}/"
        assert "Téléphone ou clé perdus" in manager.get(address).content.decode()
        answer = manager.post(f"{address}second-facteur/retirer/", follow=True)
        assert "est retiré" in answer.content.decode()
        assert "Second facteur retiré" in answer.content.decode()
        assert not is_in(theirs), "sessions of the lost device end"
        assert is_in(sign_in())
        assert "Téléphone ou clé perdus" not in manager.get(address).content.decode()
        assert (
            "n&#x27;était pas activé" in manager.post(f"{address}second-facteur/retirer/", follow=True).content.decode()
        )
    jobs.run()
    message = next(m for m in mail.outbox if "réinitialisé" in m.subject)
    assert message.to == ["finances_a@exemple.fr"]
    assert "Gestionnaire (Département)" in message.body
    with cast.acting("gestionnaire"):
        assert MemberEvent.objects.filter(act=MemberAct.FACTOR_RESET).count() == 1


def test_an_organisation_s_administrator_does_it_for_its_people(cast: Cast, protected):
    with cast.acting("admin_a"):
        assert services.reset_factors(membership=cast.membership["finances_a"], by=cast.actor("admin_a"))


@pytest.mark.parametrize("by", ["finances_a", "instructeur", "finances_b"])
def test_nobody_else_does(cast: Cast, protected, by: str):
    with cast.acting(by), pytest.raises(NotAllowed):
        services.reset_factors(membership=cast.membership["finances_a"], by=cast.actor(by))
    assert len(rows_of(cast, "finances_a")) == 2


def test_a_factor_that_protects_something_else_is_not_taken_off_from_here(cast: Cast):
    """« double » also manages another territory: who manages one of the two accesses does not weaken the other."""
    add_app_now(sign_in("double@exemple.fr"))
    for by, held in (("gestionnaire", "double"), ("gestionnaire_there", "double_there")):
        with cast.acting(by), pytest.raises(NotAllowed, match="aussi des accès que vous ne gérez pas"):
            services.reset_factors(membership=cast.membership[held], by=cast.actor(by))
    assert len(rows_of(cast, "double")) == 2


def test_the_operators_command_does_it_and_says_so_in_each_history(cast: Cast, capsys):
    add_app_now(sign_in("double@exemple.fr"))
    call_command("reset_second_factor", "Double@exemple.fr")
    assert "retiré" in capsys.readouterr().out
    assert not rows_of(cast, "double")
    for manager in ("gestionnaire", "gestionnaire_there"):
        with cast.acting(manager):
            [event] = MemberEvent.objects.filter(act=MemberAct.FACTOR_RESET)
            assert event.by_label == "Commande d'exploitation"
    call_command("reset_second_factor", "double@exemple.fr")
    assert "n'en avait pas" in capsys.readouterr().out
    with pytest.raises(CommandError, match=r"Aucun compte n'a l'adresse inconnu@exemple\.fr"):
        call_command("reset_second_factor", "inconnu@exemple.fr")


def test_renewing_codes_without_a_factor_is_refused(cast: Cast):
    user = cast.user["finances_a"]
    with rls.acting(rls.Context(user_id=user.pk)):
        with pytest.raises(Conflict, match="Ajoutez d'abord"):
            services.renew_codes(user=user)
        assert not factors.protects(user)
