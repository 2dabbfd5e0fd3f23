"""ProConnect against a real OpenID provider on loopback: who comes in, who does not, and what a forged answer obtains.

The provider is idpyoidc served over HTTP (tests/oidc.py); nothing of the client is replaced.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.db import connection
from django.test import Client

from core import rls
from parties import services
from parties.enums import MemberAct
from parties.models import MemberEvent, User
from tests.cast import PASSWORD, Cast
from tests.oidc import CLIENT_ID, CLIENT_SECRET, LIES, LOGGED_OUT, STRONG, WEAK, Provider, serve

START, LOGIN = "/connexion/proconnect/", "/connexion/"
#: CC du Sud-Artois (epci_a of the cast) and another body.
SIRET_A, SIRET_ELSEWHERE = "20003544200018", "13002526500013"


@pytest.fixture(scope="module")
def served() -> Iterator[Provider]:
    with serve("RS256") as provider:
        yield provider


@pytest.fixture
def provider(served: Provider, settings: Any) -> Provider:
    configure(served, settings)
    return served


def configure(provider: Provider, settings: Any, **changes: Any) -> None:
    provider.person = {"email": "finances_a@exemple.fr", "email_verified": True, "siret": SIRET_A, "given_name": "F"}
    provider.uid, provider.acr, provider.lie, provider.asked = "personne", STRONG, "", []
    settings.COSIGNE_PROCONNECT = settings.COSIGNE_PROCONNECT | {
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "issuer": provider.issuer,
        "endpoints": {},
        **changes,
    }


@dataclass
class Browser:
    """One person's browser: our site through Django's client, the provider over HTTP."""

    site: Client = field(default_factory=Client)
    provider: requests.Session = field(default_factory=requests.Session)

    def ask(self, **query: str) -> str:
        """Our address of the way back, with the provider's answer in it."""
        away = self.site.get(START, query)
        assert away.status_code == 302, away.content
        with self.provider.get(away.url, allow_redirects=False) as answer:
            assert answer.status_code == 302, answer.text
            return answer.headers["Location"].removeprefix("http://testserver")

    def sign_in(self, **query: str) -> Any:
        return self.site.get(self.ask(**query))

    def is_in(self) -> bool:
        return self.site.get("/").status_code == 200


@pytest.fixture
def visit() -> Iterator[Browser]:
    found = Browser()
    yield found
    found.provider.close()


def link_of(cast: Cast, name: str) -> list[SocialAccount]:
    with rls.acting(rls.Context(user_id=cast.user[name].pk)):
        return list(SocialAccount.objects.all())


# --- Coming in --------------------------------------------------------------------------------------------------------


def test_from_the_button_to_the_home_page(cast: Cast, provider: Provider, visit: Browser, jobs):
    page = visit.site.get(LOGIN).content.decode()
    assert "Se connecter avec ProConnect" in page
    assert f'href="{START}"' in page
    answer = visit.sign_in()
    assert (answer.status_code, answer.url) == (302, "/")
    assert "CC du Sud-Artois" in visit.site.get("/").content.decode()
    # Everything was asked of the provider over HTTP, and asked for well.
    assert {"/authorize", "/token", "/userinfo", "/jwks"} <= set(provider.asked)
    asked = provider.requested
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["nonce"]) >= 32
    assert asked["redirect_uri"] == "http://testserver/connexion/proconnect/retour/"
    jobs.run()
    assert "est relié à ProConnect" in " ".join(m.subject for m in mail.outbox)
    with cast.acting("gestionnaire"):
        assert MemberEvent.objects.filter(act=MemberAct.LINKED).count() == 1


def test_the_next_time_the_subject_is_enough(cast: Cast, provider: Provider, visit: Browser):
    visit.sign_in()
    [link] = link_of(cast, "finances_a")
    # The address changed over there, and another account has it here: the subject decides.
    provider.person |= {"email": "finances_b@exemple.fr"}
    other = Browser()
    other.sign_in()
    assert "CC du Sud-Artois" in other.site.get("/").content.decode()
    assert [row.pk for row in link_of(cast, "finances_a")] == [link.pk]
    assert not link_of(cast, "finances_b")
    other.provider.close()


def test_the_way_one_was_going_is_kept_inside_the_site(cast: Cast, provider: Provider, visit: Browser):
    assert visit.sign_in(next="/annuaire/").url == "/annuaire/"
    assert visit.sign_in(next="https://ailleurs.example/").url == "/"


def test_the_level_wanted_is_asked_for(cast: Cast, provider: Provider, visit: Browser, settings):
    configure(provider, settings, acr_values=[STRONG])
    assert visit.sign_in().url == "/"
    assert provider.requested["acr_values"] == STRONG
    assert json.loads(provider.requested["claims"])["id_token"]["acr"] == {"essential": True, "values": [STRONG]}


def test_endpoints_may_be_given_instead_of_discovered(cast: Cast, provider: Provider, visit: Browser, settings):
    given = {"authorization_endpoint": "authorize", "token_endpoint": "token", "userinfo_endpoint": "userinfo",
             "jwks_uri": "jwks"}  # fmt: skip
    configure(provider, settings, endpoints={name: f"{provider.issuer}/{path}" for name, path in given.items()})
    assert visit.sign_in().url == "/"
    assert "/.well-known/openid-configuration" not in provider.asked


def test_elliptic_keys_serve_too(cast: Cast, visit: Browser, settings):
    with serve("ES256") as provider:
        configure(provider, settings)
        assert visit.sign_in().url == "/"
        for lie in ("userinfo-signature", "id-signature"):
            provider.lie = lie
            assert visit.sign_in().status_code == 403


# --- Not coming in ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lie", list(LIES))
def test_a_falsified_answer_opens_nothing(cast: Cast, provider: Provider, visit: Browser, lie: str):
    provider.lie = lie
    answer = visit.sign_in()
    assert answer.status_code == 403
    assert "n&#x27;a pas pu être vérifiée" in answer.content.decode()
    assert not visit.is_in()
    assert not link_of(cast, "finances_a")
    provider.lie = ""
    assert visit.sign_in().url == "/", "the same person comes in once the provider is honest"


def test_plain_userinfo_is_read_only_where_no_signature_is_required(
    cast: Cast, provider: Provider, visit: Browser, settings
):
    configure(provider, settings, signed_userinfo=False)
    provider.lie = "userinfo-plain"
    assert visit.sign_in().url == "/"


def test_a_weak_level_is_refused_in_words(cast: Cast, provider: Provider, visit: Browser, settings):
    configure(provider, settings, accepted_acr=[STRONG])
    provider.acr = WEAK
    answer = visit.sign_in()
    assert answer.status_code == 403
    assert "un moyen trop faible" in answer.content.decode()
    assert not visit.is_in()


def said(provider: Provider, **person: Any) -> str:
    provider.person |= person
    found = Browser()
    answer = found.sign_in()
    assert answer.status_code == 403
    assert not found.is_in()
    found.provider.close()
    return answer.content.decode()


def test_nobody_without_an_account_and_nobody_learns_who_has_one(cast: Cast, provider: Provider, visit: Browser):
    provider.uid = "inconnue"
    unknown = said(provider, email="inconnue@exemple.fr")
    assert "Aucun accès n&#x27;est ouvert ici" in unknown
    assert not User.objects.filter(email="inconnue@exemple.fr").exists()
    unverified = said(provider, email="finances_a@exemple.fr", email_verified=False)
    without_address = said(provider, email="")
    never_invited = said(provider, email="sans_role@exemple.fr", email_verified=True)
    services.set_account_active(email="finances_b@exemple.fr", active=False)
    closed = said(provider, email="finances_b@exemple.fr")
    assert {unverified, without_address, never_invited, closed} == {unknown}
    assert not link_of(cast, "finances_a")


def test_an_address_said_without_more_is_believed_only_if_the_settings_say_so(
    cast: Cast, provider: Provider, visit: Browser, settings
):
    del provider.person["email_verified"]
    assert visit.sign_in().status_code == 403
    person = provider.person
    configure(provider, settings, trust_email=True)
    provider.person = person
    assert visit.sign_in().url == "/"
    provider.person["email_verified"] = False


def test_a_second_identity_does_not_take_the_first_one_s_place(cast: Cast, provider: Provider, visit: Browser):
    visit.sign_in()
    provider.uid = "usurpatrice"
    assert "Aucun accès" in said(provider)
    [link] = link_of(cast, "finances_a")
    assert visit.is_in()
    assert link.extra_data == {}, "nothing of the identity but its subject is kept"


def test_an_answer_serves_once_and_in_its_own_browser(cast: Cast, provider: Provider, visit: Browser):
    address = visit.ask()
    other = Client()
    stolen = other.get(address)
    assert stolen.status_code == 403
    assert "ne répond à aucune demande" in stolen.content.decode()
    assert visit.site.get(address).url == "/"
    visit.site.post("/deconnexion/")
    assert visit.site.get(address).status_code == 403
    assert not visit.is_in()


@pytest.mark.parametrize("query", [{}, {"code": "x"}, {"state": "x"}, {"state": "x", "code": "y"}, {"error": "e"}])
def test_nonsense_on_the_way_back_is_refused(cast: Cast, provider: Provider, query):
    assert Client().get(f"{START}retour/", query).status_code == 403


def test_a_person_who_gives_up_is_told_so(cast: Cast, provider: Provider, visit: Browser):
    state = parse_qs(urlsplit(visit.site.get(START).url).query)["state"][0]
    answer = visit.site.get(f"{START}retour/", {"state": state, "error": "access_denied"})
    assert "a été abandonnée" in answer.content.decode()


def test_a_code_of_our_own_making_is_refused(cast: Cast, provider: Provider, visit: Browser):
    state = parse_qs(urlsplit(visit.site.get(START).url).query)["state"][0]
    answer = visit.site.get(f"{START}retour/", {"state": state, "code": "inventé"})
    assert "n&#x27;a pas pu être vérifiée" in answer.content.decode()


def test_a_provider_that_does_not_answer_is_said(cast: Cast, provider: Provider, visit: Browser, settings):
    configure(provider, settings, issuer="http://127.0.0.1:9")
    answer = visit.site.get(START)
    assert answer.status_code == 403
    assert "ProConnect ne répond pas" in answer.content.decode()


def test_another_issuer_s_discovery_is_not_believed(cast: Cast, provider: Provider, visit: Browser, settings):
    configure(provider, settings, issuer=f"{provider.issuer}/")
    assert visit.site.get(START).status_code == 403


# --- Second factor, organisation, leaving -----------------------------------------------------------------------------


def require(cast: Cast) -> None:
    with cast.acting("gestionnaire"):
        services.set_sign_in_rule(second_factor=True, by=cast.actor("gestionnaire"))


def test_a_level_of_two_factors_counts_as_the_second_factor(cast: Cast, provider: Provider, visit: Browser):
    require(cast)
    visit.sign_in()
    assert visit.is_in()
    provider.acr = WEAK
    weak = Browser()
    weak.sign_in()
    assert weak.site.get("/").url == "/mon-compte/second-facteur/"
    weak.provider.close()


def test_an_account_s_own_factor_is_asked_after_a_level_of_one(cast: Cast, provider: Provider, visit: Browser):
    user = cast.user["finances_a"]
    with rls.acting(rls.Context(user_id=user.pk)):
        services.add_app(user=user, secret="JBSWY3DPEHPK3PXP", step=0, session_key="")
    provider.acr = WEAK
    assert visit.sign_in().url == "/connexion/second-facteur/"
    assert not visit.is_in()
    provider.acr = STRONG
    strong = Browser()
    assert strong.sign_in().url == "/"
    strong.provider.close()


def test_another_organisation_s_number_is_told_to_who_manages_the_members_once(
    cast: Cast, provider: Provider, visit: Browser
):
    provider.person |= {"siret": SIRET_ELSEWHERE}
    for _ in range(2):
        assert visit.sign_in().url == "/"
    with cast.acting("gestionnaire"):
        [event] = MemberEvent.objects.filter(act=MemberAct.SIRET_GAP)
    assert SIRET_ELSEWHERE in event.text
    manager = cast.client("gestionnaire")
    page = manager.get(f"/membres/{cast.membership['finances_a'].uuid}/").content.decode()
    assert "Autre organisation annoncée par ProConnect" in page


def test_the_right_number_is_no_news(cast: Cast, provider: Provider, visit: Browser):
    visit.sign_in()
    with cast.acting("gestionnaire"):
        assert not MemberEvent.objects.filter(act=MemberAct.SIRET_GAP).exists()


def test_leaving_ends_the_session_over_there_too(cast: Cast, provider: Provider, visit: Browser):
    visit.sign_in()
    before = provider.sessions_ended
    page = visit.site.post("/deconnexion/").content.decode()
    assert not visit.is_in()
    [written] = re.findall(r'content="0;url=([^"]+)"', page)
    assert f'href="{written}"' in page, "for browsers that do not follow by themselves"
    address = written.replace("&amp;", "&")
    assert address.startswith(f"{provider.issuer}/logout?")
    with visit.provider.get(address, allow_redirects=False) as asked:
        assert asked.status_code == 302, asked.text
    assert provider.left["post_logout_redirect_uri"] == LOGGED_OUT
    assert provider.left["id_token_hint"].count(".") == 2
    with visit.provider.get(asked.headers["Location"], allow_redirects=False) as agreed:
        back = agreed.headers["Location"]
    assert provider.sessions_ended == before + 1
    answer = visit.site.get(back.removeprefix("http://testserver"), follow=True)
    assert "Vous êtes déconnecté, de ProConnect aussi." in answer.content.decode()
    # Somebody else's « state » says nothing.
    assert "ProConnect aussi" not in Client().get(f"{LOGGED_OUT}?state=x", follow=True).content.decode()


def test_a_session_opened_by_password_leaves_as_before(cast: Cast, provider: Provider):
    client = Client()
    client.post(LOGIN, {"username": "finances_a@exemple.fr", "password": PASSWORD})
    assert client.post("/deconnexion/").url == LOGIN


def test_the_link_is_forgotten_from_the_account_page(cast: Cast, provider: Provider, visit: Browser):
    visit.sign_in()
    assert "Oublier ProConnect" in visit.site.get("/mon-compte/").content.decode()
    answer = visit.site.post("/mon-compte/proconnect/oublier/", follow=True)
    assert "plus relié à ProConnect" in answer.content.decode()
    assert not link_of(cast, "finances_a")
    user = cast.user["finances_a"]
    User.objects.filter(pk=user.pk).update(password="!")
    again = Browser()
    again.sign_in()
    assert "choisissez-en un" in again.site.post("/mon-compte/proconnect/oublier/", follow=True).content.decode()
    assert len(link_of(cast, "finances_a")) == 1
    again.provider.close()


# --- In the database, and off -----------------------------------------------------------------------------------------


def count() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM socialaccount_socialaccount")
        return int(cursor.fetchone()[0])


def test_postgresql_shows_a_link_to_its_account_only(cast: Cast, provider: Provider, visit: Browser):
    visit.sign_in()
    [link] = link_of(cast, "finances_a")
    for name in ("gestionnaire", "finances_b", "admin_a"):
        with cast.acting(name):
            assert count() == 0
    with rls.acting(rls.NOBODY):
        assert count() == 0
        rls.present_subject("proconnect", link.uid)
        assert count() == 1
        rls.present_subject("proconnect", "autre")
        assert count() == 0
        rls.set_context(rls.NOBODY)


def test_the_identity_token_is_not_kept_in_the_clear(cast: Cast, provider: Provider, visit: Browser):
    visit.sign_in()
    kept = visit.site.session["proconnect_id_token"]
    assert kept.count(".") == 0
    assert "eyJ" not in str(dict(visit.site.session))


def test_off_unless_configured(cast: Cast, client):
    page = client.get(LOGIN).content.decode()
    assert "ProConnect" not in page
    for path in (START, f"{START}retour/"):
        assert client.get(path).status_code == 404
