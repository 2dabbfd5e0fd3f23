"""Which organisation one acts for, and an account that has none."""

from uuid import uuid4

from parties.models import Membership
from tests.cast import Cast

SWITCH = "/changer-d-organisation/"


def shown(client, url: str) -> str:
    """The page's own content, without the frame (whose menu names all of one's organisations)."""
    return client.get(url).content.decode().split("<main")[1]


def test_switching_changes_territory_role_and_what_is_seen(cast: Cast):
    client = cast.client("double")
    before = shown(client, "/annuaire/")
    assert "CA du Boulonnais" in before
    assert "Département de la Somme" not in before
    answer = client.post(SWITCH, {"membership": cast.membership["double_there"].uuid}, follow=True)
    assert answer.redirect_chain == [("/", 302)]
    html = answer.content.decode()
    assert "Vous agissez maintenant pour Département de la Somme (Somme)." in html
    assert "Gestionnaire du dispositif" in html
    after = shown(client, "/annuaire/")
    assert "CA du Boulonnais" not in after


def test_another_person_s_membership_is_refused(cast: Cast):
    client = cast.client("double")
    for wanted in (cast.membership["gestionnaire"].uuid, cast.membership["gestionnaire_there"].uuid, uuid4(), "", "x"):
        assert client.post(SWITCH, {"membership": wanted}).status_code == 404
    assert "CA du Boulonnais, Responsable financier" in client.get("/").content.decode()


def test_switching_is_a_post(cast: Cast):
    assert cast.client("double").get(SWITCH).status_code == 405


def test_the_switch_is_offered_only_when_there_is_a_choice(cast: Cast):
    assert SWITCH in cast.client("double").get("/").content.decode()
    assert SWITCH not in cast.client("finances_a").get("/").content.decode()


def test_an_ended_membership_no_longer_opens_anything(cast: Cast):
    client = cast.client("double")
    client.post(SWITCH, {"membership": cast.membership["double_there"].uuid})
    with cast.acting("gestionnaire_there"):
        Membership.objects.filter(pk=cast.membership["double_there"].pk).update(end="2020-01-01")
    html = client.get("/").content.decode()
    assert "CA du Boulonnais, Responsable financier" in html
    assert client.post(SWITCH, {"membership": cast.membership["double_there"].uuid}).status_code == 404


def test_an_account_without_membership_is_told_whom_to_ask(cast: Cast):
    client = cast.client("sans_role")
    for url in ("/", "/annuaire/", "/recherche/?q=arras"):
        answer = client.get(url)
        assert answer.status_code == 403
        assert "n’est rattaché à aucune organisation" in answer.content.decode().replace("&#x27;", "’")
    assert "Se déconnecter" in answer.content.decode()
    # It can still read its account, the help page, and leave.
    assert "aucune organisation pour le moment" in client.get("/mon-compte/").content.decode()
    assert client.get("/aide/").status_code == 200
    assert client.post("/deconnexion/").status_code == 302
