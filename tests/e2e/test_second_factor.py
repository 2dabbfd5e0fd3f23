"""A security key in a real browser (Chromium's virtual authenticator); every page of the second factor, examined."""

from __future__ import annotations

from playwright.sync_api import expect

from parties import services
from parties.demo import DEMO_PASSWORD
from tests.e2e.pages import NARROW, WIDE, Visitor, no_fault
from tests.e2e.people import PARTNER

EMAIL = "partenaire.gendarmerie@demo.cosigne"


def plug_a_key(person: Visitor) -> None:
    """A key that answers at once, as if touched."""
    devtools = person.page.context.new_cdp_session(person.page)
    devtools.send("WebAuthn.enable")
    devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "usb",
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )


def look_both_ways(person: Visitor, name: str) -> None:
    for size in (NARROW, WIDE):
        person.page.set_viewport_size(size)  # type: ignore[arg-type]
        person.look(f"{name} {size['width']}")
        beyond = person.page.evaluate("document.scrollingElement.scrollWidth - window.innerWidth")
        if beyond > 0:
            person.faults.append(f"{person.path} dépasse de {beyond} px à {size['width']} px")


def sign_in_by_password(person: Visitor) -> None:
    person.open("/connexion/")
    person.field("Adresse électronique").fill(EMAIL)
    person.field("Mot de passe").fill(DEMO_PASSWORD)
    person.press("Se connecter", exact=True)


def test_a_key_is_added_opens_the_account_and_is_taken_off(visitor) -> None:
    services.reset_factors_by_operator(email=EMAIL)  # what a first, failed try may have left
    person: Visitor = visitor(PARTNER)
    with no_fault(person):
        plug_a_key(person)
        person.open("/mon-compte/")
        person.follow("Ajouter mon second facteur")
        look_both_ways(person, "second facteur, aucun")
        person.follow("Ajouter une application")
        look_both_ways(person, "application")
        person.open("/mon-compte/second-facteur/cle/")
        look_both_ways(person, "clé")
        person.field("Nom de la clé").fill("Clé du bureau")
        person.press("Lire la clé")
        expect(person.heading).to_have_text("Vos codes de secours")
        expect(person.page.locator(".recovery-codes code")).to_have_count(10)
        look_both_ways(person, "codes de secours")
        name, content = person.download(person.main.get_by_role("link", name="Télécharger"))
        assert name == "codes-de-secours-cosigne.txt"
        assert person.page.locator(".recovery-codes code").first.inner_text() in content.decode()
        person.follow("Je les ai rangés")
        expect(person.main).to_contain_text("Clé du bureau")
        look_both_ways(person, "second facteur, une clé")

        person.page.context.clear_cookies()
        sign_in_by_password(person)
        expect(person.heading).to_have_text("Second facteur")
        look_both_ways(person, "second facteur demandé")
        assert person.status_of("/titres/") == 302
        person.press("Utiliser ma clé")
        expect(person.heading).to_have_text("À faire")

        person.open("/mon-compte/second-facteur/")
        person.press("Retirer la clé Clé du bureau")
        person.page.get_by_role("dialog").get_by_role("button", name="Retirer").click()
        person.told("ne protège plus votre compte")
        person.page.context.clear_cookies()
        sign_in_by_password(person)
        expect(person.heading).to_have_text("À faire")
