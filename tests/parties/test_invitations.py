"""Invitations: the mail, the link, who may send and answer one, and what a link that is over says."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from core.errors import BusinessError, Conflict, InvalidInput, NotAllowed
from parties import links, services
from parties.enums import MemberAct, Role
from parties.models import Invitation, MemberEvent, Membership, User
from parties.services.invitations import VALIDITY
from tests.cast import PASSWORD, Cast

INVITE = "/membres/inviter/"
NEW = "Une nouvelle phrase longue 9"
EMAIL = "nouvelle@exemple.fr"


def link(token: str) -> str:
    return f"https://cosigne.example/invitation/{token}/"


def invite(cast: Cast, by: str = "gestionnaire", *, email: str = EMAIL, role: str = "finances",
           organisation: str = "epci_a", is_admin: bool = False) -> Invitation:  # fmt: skip
    with cast.acting(by):
        return services.invite(
            organisation=cast.org[organisation], by=cast.actor(by), email=email, role=role, is_admin=is_admin, link=link
        )


def page(invitation: Invitation) -> str:
    return f"/invitation/{links.token_of(invitation)}/"


def accept(client: Client, invitation: Invitation, name: str = "Nouvelle Personne", password: str = NEW, **more: str):
    body = {"name": name, "new_password1": password, "new_password2": password} | more
    return client.post(page(invitation), body, follow=True)


def set_fields(cast: Cast, invitation: Invitation, **fields: object) -> None:
    with cast.acting("gestionnaire"):
        Invitation.objects.filter(pk=invitation.pk).update(**fields)


def make_admin(cast: Cast, name: str) -> None:
    with cast.acting("gestionnaire"):
        Membership.objects.filter(pk=cast.membership[name].pk).update(is_admin=True)
    cast.membership[name].is_admin = True


# --- Sending ----------------------------------------------------------------------------------------------------------


def test_from_the_page_to_the_home_of_a_newcomer(cast: Cast):
    client = cast.client("gestionnaire")
    assert client.get("/membres/").content.decode().count(INVITE) == 1
    answer = client.post(
        INVITE, {"email": " Nouvelle@Exemple.fr", "organisation": cast.org["epci_a"].pk, "role": "finances"}
    )
    assert (answer.status_code, answer.url) == (302, "/membres/")
    assert f"L&#x27;invitation est envoyée à {EMAIL}." in client.get("/membres/").content.decode()
    [message] = mail.outbox
    assert message.to == [EMAIL]
    assert message.subject == "Pas-de-Calais : invitation à rejoindre Cosigne pour CC du Sud-Artois"
    assert "Gestionnaire (Département) vous invite" in message.body
    assert "Responsable financier" in message.body
    [address] = re.findall(r"http://testserver(/invitation/\S+/)", message.body)

    newcomer = Client()
    html = newcomer.get(address).content.decode()
    assert "Rejoindre CC du Sud-Artois" in html
    assert EMAIL in html
    body = {"name": "Camille Nouvelle", "new_password1": NEW, "new_password2": NEW}
    home = newcomer.post(address, body, follow=True)
    assert home.redirect_chain == [("/", 302)]
    assert "CC du Sud-Artois" in home.content.decode()
    assert newcomer.get("/titres/").status_code == 200
    user = User.objects.get(email=EMAIL)
    assert user.name == "Camille Nouvelle"
    assert user.check_password(NEW)
    with cast.acting("gestionnaire"):
        membership = Membership.objects.get(user=user)
        assert (membership.role, membership.is_admin, membership.start) == ("finances", False, timezone.localdate())
        acts = MemberEvent.objects.order_by("pk").values_list("act", "by_label")
        assert list(acts) == [
            (MemberAct.INVITED, "Gestionnaire (Département)"),
            (MemberAct.ACCEPTED, "Camille Nouvelle (Sud-Artois)"),
        ]
    history = client.get(f"/membres/{membership.uuid}/").content.decode()
    assert "Invitation envoyée" in history
    assert "Invitation acceptée" in history
    assert "Invitations sans réponse" not in client.get("/membres/").content.decode()


def test_the_database_keeps_no_link(cast: Cast):
    invitation = invite(cast)
    token = links.token_of(invitation)
    assert token in mail.outbox[0].body
    with cast.acting("gestionnaire"):
        stored = Invitation.objects.filter(pk=invitation.pk).values().get()
    assert token not in str(stored)
    assert stored["token_hash"] == links.digest(token)
    assert stored["expires_at"] - stored["sent_at"] == VALIDITY


def test_the_invited_account_is_not_told_to_who_invites(cast: Cast):
    """An address known elsewhere and an unknown one read the same, page and mail."""
    said = []
    for email in ("finances_there@exemple.fr", EMAIL):
        client = cast.client("gestionnaire")
        body = {"email": email, "organisation": cast.org["epci_a"].pk, "role": "finances"}
        html = client.post(INVITE, body, follow=True).content.decode()
        body_text = re.sub(r"/invitation/\S+", "", mail.outbox[-1].body)
        shown = re.search(r"L&#x27;invitation est envoyée à \S+", html)
        assert shown
        said.append((shown.group().replace(email, "…"), body_text))
    assert said[0] == said[1]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"email": ""}, "Indiquez l&#x27;adresse électronique de la personne."),
        ({"email": "camille"}, "n&#x27;est pas complète"),
        ({"organisation": ""}, "Choisissez l&#x27;organisation"),
        ({"role": ""}, "Choisissez un rôle."),
        ({"role": "gestionnaire"}, "n&#x27;existe pas dans une organisation de cette nature"),
        ({"email": "finances_a@exemple.fr"}, "a déjà ce rôle"),
    ],
)
def test_a_form_that_cannot_be_sent_says_why(cast: Cast, fields, message):
    body = {"email": EMAIL, "organisation": str(cast.org["epci_a"].pk), "role": "finances"} | fields
    answer = cast.client("gestionnaire").post(INVITE, body)
    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert not mail.outbox


def test_the_same_invitation_waits_once(cast: Cast):
    invite(cast)
    with pytest.raises(Conflict, match="attend déjà sa réponse"):
        invite(cast)
    assert invite(cast, role="employeur").role == "employeur"


def test_a_mail_that_cannot_leave_leaves_no_invitation(cast: Cast, monkeypatch):
    def down(self: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("django.core.mail.EmailMessage.send", down)
    with pytest.raises(BusinessError, match="n'a pas pu partir"):
        invite(cast)
    with cast.acting("gestionnaire"):
        assert not Invitation.objects.exists()
        assert not MemberEvent.objects.exists()


# --- Delegated --------------------------------------------------------------------------------------------------------


def test_an_administrator_invites_for_its_own_organisation_only(cast: Cast):
    make_admin(cast, "finances_a")
    client = cast.client("finances_a")
    html = client.get(INVITE).content.decode()
    assert "CC du Sud-Artois" in html
    assert "CA du Boulonnais" not in html
    assert "Gestionnaire du dispositif" not in html.split("<main")[1]
    assert invite(cast, "finances_a", role="employeur").organisation_id == cast.org["epci_a"].pk
    with pytest.raises(NotAllowed, match="votre organisation seulement"):
        invite(cast, "finances_a", organisation="epci_b")
    answer = client.post(INVITE, {"email": EMAIL, "organisation": cast.org["epci_b"].pk, "role": "finances"})
    assert answer.status_code == 422
    assert len(mail.outbox) == 1


def test_an_administrator_of_the_departement_gives_no_manager(cast: Cast):
    with cast.acting("gestionnaire"):
        row = Membership.objects.create(
            user=cast.user["sans_role"], organisation=cast.org["departement"], role=Role.FINANCES, is_admin=True
        )
    cast.membership["admin"] = row
    with pytest.raises(NotAllowed, match="gestionnaire du dispositif"):
        invite(cast, "admin", organisation="departement", role="gestionnaire")
    assert invite(cast, "admin", organisation="departement", role="finances")


def test_invitations_of_others_are_not_found(cast: Cast):
    make_admin(cast, "finances_a")
    theirs = invite(cast, organisation="epci_b")
    client = cast.client("finances_a")
    assert EMAIL not in client.get("/membres/").content.decode()
    for act in ("renvoyer", "annuler"):
        assert client.post(f"/membres/invitations/{theirs.uuid}/{act}/").status_code == 404
    with cast.acting("finances_a"), pytest.raises(Conflict):
        services.revoke_invitation(invitation=theirs, by=cast.actor("finances_a"))


# --- Answering --------------------------------------------------------------------------------------------------------


def test_a_known_person_signs_in_and_confirms(cast: Cast):
    invitation = invite(cast, email="finances_b@exemple.fr", organisation="epci_a", is_admin=True)
    client = Client()
    html = client.get(page(invitation)).content.decode()
    assert f"/connexion/?next={page(invitation)}" in html
    assert 'type="password"' not in html
    accept(client, invitation)  # a name and a password sent anyway change nothing
    assert not User.objects.get(email="finances_b@exemple.fr").check_password(NEW)
    back = client.post(
        "/connexion/", {"username": "finances_b@exemple.fr", "password": PASSWORD, "next": page(invitation)}
    )
    assert back.url == page(invitation)
    assert "Accepter l’invitation" in client.get(page(invitation)).content.decode()
    home = client.post(page(invitation), follow=True)
    assert "Bienvenue" in home.content.decode()
    assert client.get("/membres/").status_code == 200, "now acting for EPCI A, as its administrator"
    assert cast.org["epci_b"].name in home.content.decode(), "the other membership is still in the switch"


def test_somebody_else_s_invitation_is_refused_without_naming_anybody(cast: Cast):
    invitation = invite(cast)
    client = cast.client("finances_b")
    for answer in (client.get(page(invitation)), client.post(page(invitation))):
        html = answer.content.decode()
        assert "autre compte que le vôtre" in html
        assert EMAIL not in html
        assert "Sud-Artois" not in html
    with cast.acting("gestionnaire"):
        assert Invitation.objects.get().state == "waiting"
    with pytest.raises(Conflict):
        services.accept_as(token=links.token_of(invitation), user=cast.user["finances_b"])


@pytest.mark.parametrize(
    ("fields", "status", "message"),
    [
        ({"expires_at": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)}, 410, "a expiré"),
        ({"revoked_at": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)}, 410, "a été annulée"),
        ({"accepted_at": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)}, 410, "a déjà été acceptée"),
    ],
    ids=["expired", "revoked", "accepted"],
)
@pytest.mark.parametrize("email", [EMAIL, "finances_b@exemple.fr"], ids=["unknown", "known"])
def test_a_link_that_is_over_says_so_and_no_more(cast: Cast, fields, status, message, email):
    invitation = invite(cast, email=email)
    set_fields(cast, invitation, **fields)
    answers = [Client().get(page(invitation)), accept(Client(), invitation)]
    for answer in answers:
        html = answer.content.decode()
        assert answer.status_code == status
        assert message in html
        assert email not in html
        assert "Sud-Artois" not in html
    with pytest.raises(Conflict, match=message):
        services.accept_as_new(token=links.token_of(invitation), name="X", password=NEW)
    with cast.acting("gestionnaire"):
        assert not Membership.objects.filter(user__email=email, organisation=cast.org["epci_a"]).exists()


def test_a_forged_link_opens_nothing(cast: Cast):
    token = links.token_of(invite(cast))
    forged = token[:-1] + ("A" if token[-1] != "A" else "B")
    never = links.token_of(Invitation())
    for wrong in (forged, never, "x", token.split(".")[0], token.upper()):
        answer = Client().get(f"/invitation/{wrong}/")
        assert answer.status_code == 404
        assert "n&#x27;est pas valable" in answer.content.decode()


def test_a_link_serves_once(cast: Cast):
    invitation = invite(cast)
    assert accept(Client(), invitation).status_code == 200
    answer = accept(Client(), invitation, "Quelqu'un d'autre", "Une autre phrase longue 7")
    assert answer.status_code == 410
    assert User.objects.get(email=EMAIL).name == "Nouvelle Personne"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": ""}, "Indiquez votre prénom et votre nom."),
        ({"new_password1": "court", "new_password2": "court"}, "12"),
        ({"new_password2": "autre chose de long 8"}, "diffèrent"),
        ({"new_password1": "nouvelle@exemple.fr", "new_password2": "nouvelle@exemple.fr"}, "trop semblable"),
    ],
)
def test_a_newcomer_is_told_what_to_mend(cast: Cast, fields, message):
    invitation = invite(cast)
    answer = accept(Client(), invitation, **fields)
    assert answer.status_code == 422
    assert message in answer.content.decode().split('class="error-summary"')[1].split("</div>")[0]
    assert not User.objects.filter(email=EMAIL).exists()


def test_who_left_comes_back_by_the_same_membership(cast: Cast):
    with cast.acting("gestionnaire"):
        services.close_membership(membership=cast.membership["finances_a"], by=cast.actor("gestionnaire"))
    invitation = invite(cast, email="finances_a@exemple.fr")
    services.accept_as(token=links.token_of(invitation), user=cast.user["finances_a"])
    with cast.acting("gestionnaire"):
        row = Membership.objects.get(user=cast.user["finances_a"])
        assert (row.pk, row.closed_at) == (cast.membership["finances_a"].pk, None)
        assert MemberEvent.objects.filter(membership=row, act=MemberAct.CLOSED).exists()


# --- Sending again, withdrawing ---------------------------------------------------------------------------------------


def test_sent_again_the_first_link_still_works_and_the_date_is_new(cast: Cast):
    invitation = invite(cast)
    past = timezone.now() - dt.timedelta(days=30)
    set_fields(cast, invitation, sent_at=past, expires_at=past + VALIDITY)
    assert Client().get(page(invitation)).status_code == 410
    manager = cast.client("gestionnaire")
    assert "Expirée" in manager.get("/membres/").content.decode()
    answer = manager.post(f"/membres/invitations/{invitation.uuid}/renvoyer/", follow=True)
    assert "est renvoyée" in answer.content.decode()
    links_sent = [re.findall(r"/invitation/\S+/", message.body) for message in mail.outbox]
    assert links_sent[0] == links_sent[1]
    assert Client().get(page(invitation)).status_code == 200
    with cast.acting("gestionnaire"):
        assert Invitation.objects.count() == 1
        assert MemberEvent.objects.filter(act=MemberAct.RESENT).count() == 1


def test_a_mailbox_is_not_flooded(cast: Cast):
    invitation = invite(cast)
    with cast.acting("gestionnaire"), pytest.raises(Conflict, match="deux minutes"):
        services.resend_invitation(invitation=invitation, by=cast.actor("gestionnaire"), link=link)
    assert len(mail.outbox) == 1


def test_withdrawn_it_opens_nothing_and_is_not_sent_again(cast: Cast):
    invitation = invite(cast)
    manager = cast.client("gestionnaire")
    assert manager.post(f"/membres/invitations/{invitation.uuid}/annuler/").status_code == 302
    assert Client().get(page(invitation)).status_code == 410
    answer = manager.post(f"/membres/invitations/{invitation.uuid}/renvoyer/", follow=True)
    assert "a été annulée" in answer.content.decode()
    assert len(mail.outbox) == 1
    assert invite(cast).pk != invitation.pk


def test_an_accepted_invitation_is_not_withdrawn(cast: Cast):
    invitation = invite(cast)
    accept(Client(), invitation)
    with cast.acting("gestionnaire"), pytest.raises(Conflict, match="déjà été acceptée"):
        services.revoke_invitation(invitation=invitation, by=cast.actor("gestionnaire"))


def test_an_address_is_checked_by_the_service_too(cast: Cast):
    with pytest.raises(InvalidInput, match="n'est pas complète"):
        invite(cast, email="camille")
