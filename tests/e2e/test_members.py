"""People's access in a browser: invite, accept, change, close; each page wide, on a telephone, and examined by axe."""

from __future__ import annotations

import re

from django.core import mail
from playwright.sync_api import expect

from tests.e2e.pages import NARROW, WIDE, Visitor, no_fault
from tests.e2e.people import MANAGER

EMAIL = "camille.nouvelle.avec.un.nom.compose@intercommunalite-exemple.fr"
PASSWORD = "Une nouvelle phrase longue 9"


def look_both_ways(person: Visitor, name: str) -> None:
    """Wide and narrow: nothing wrong, nothing to push sideways."""
    for size in (WIDE, NARROW):
        person.page.set_viewport_size(size)  # type: ignore[arg-type]
        person.look(f"{name} {size['width']}")
        beyond = person.page.evaluate("document.scrollingElement.scrollWidth - window.innerWidth")
        if beyond > 0:
            person.faults.append(f"{person.path} dépasse de {beyond} px à {size['width']} px")
    person.page.set_viewport_size(WIDE)  # type: ignore[arg-type]


def test_from_an_invitation_to_a_closed_access(visitor) -> None:
    manager: Visitor = visitor(MANAGER)
    newcomer: Visitor = visitor()
    with no_fault(manager, newcomer):
        manager.open("/membres/")
        look_both_ways(manager, "membres")
        manager.follow("Inviter une personne")
        manager.press("Envoyer l’invitation")
        look_both_ways(manager, "inviter, refusé")
        manager.field("Adresse électronique").fill(EMAIL)
        manager.field("Organisation").select_option(label="CC du Sud-Artois")
        manager.field("Rôle").select_option(label="Responsable financier")
        manager.field("Peut inviter et gérer les membres de son organisation").check()
        manager.press("Envoyer l’invitation")
        manager.told("est envoyée à")
        look_both_ways(manager, "membres, invitation")

        [address] = re.findall(r"/invitation/\S+/", mail.outbox[-1].body)
        newcomer.open(address)
        newcomer.press("Accepter l’invitation")
        look_both_ways(newcomer, "invitation, refusé")
        newcomer.field("Prénom et nom").fill("Camille Nouvelle")
        newcomer.field("Mot de passe").fill(PASSWORD)
        newcomer.field("Mot de passe, une seconde fois").fill(PASSWORD)
        newcomer.press("Accepter l’invitation")
        expect(newcomer.heading).to_have_text("À faire")
        newcomer.open("/membres/")
        expect(newcomer.main).to_contain_text("Camille Nouvelle (vous)")
        newcomer.open("/mon-compte/")
        look_both_ways(newcomer, "mon compte")

        manager.open("/membres/?q=Camille")
        manager.follow("Camille Nouvelle")
        look_both_ways(manager, "membre")
        manager.confirm("Fermer l’accès")
        manager.told("est fermé")
        look_both_ways(manager, "membre fermé")
        assert newcomer.status_of("/membres/") == 403
        newcomer.page.context.clear_cookies()
        newcomer.open(address)
        expect(newcomer.main).to_contain_text("déjà été acceptée")
        look_both_ways(newcomer, "invitation finie")


def test_a_forgotten_password(visitor) -> None:
    person: Visitor = visitor()
    with no_fault(person):
        person.open("/connexion/")
        person.follow("Mot de passe oublié")
        person.press("Recevoir le message")
        look_both_ways(person, "mot de passe oublié")
        person.field("Adresse électronique").fill("personne@exemple.fr")
        person.press("Recevoir le message")
        expect(person.main).to_contain_text("Si un compte existe à cette adresse")
        look_both_ways(person, "connexion")
        person.open("/mot-de-passe/nouveau/MQ/abc-def/")
        look_both_ways(person, "lien fini")
