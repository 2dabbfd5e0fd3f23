"""Writing a convention in a browser: the text follows what is typed, which is kept; annexes; a year to renew."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.pages import Visitor, no_fault
from tests.e2e.people import MANAGER


def test_what_is_typed_is_previewed_and_kept(visitor: Callable[..., Visitor]):
    person = visitor(MANAGER)
    page = person.page
    with no_fault(person):
        person.open("/conventions/renouveler/?annee=2024", "renouveler")
        boxes = page.locator("main tbody input[type=checkbox]")
        page.get_by_role("button", name="Ne rien choisir").click()
        assert not [box for box in boxes.all() if box.is_checked()]
        page.get_by_role("button", name="Tout choisir").click()
        assert all(box.is_checked() for box in boxes.all())

        person.open("/conventions/?q=62-A11")
        page.locator("main tbody th a").first.click()
        expect(person.heading).to_have_text("Convention 62-A11")
        person.open(f"{page.url}?onglet=annexes")
        person.press("Plan de financement détaillé")
        person.told("L'annexe est ajoutée")
        person.look("annexes")

        person.follow("Modifier")
        address = page.url
        notice = page.get_by_label("Préavis de dénonciation (mois)")
        notice.fill("6")
        expect(page.locator("#apercu ins").first).to_contain_text("six")
        expect(notice).to_be_focused()
        expect(page.locator("#apercu")).to_contain_text("elle n’est pas encore enregistrée")
        person.look("modifier avec aperçu")

        person.open(address)
        expect(notice).to_have_value("3")
        person.follow("Reprendre ma saisie")
        expect(notice).to_have_value("6")
        person.press("Enregistrer")
        person.told("La convention est enregistrée.")
        person.open(address)
        expect(page.get_by_text("Vous aviez commencé une saisie")).to_have_count(0)
