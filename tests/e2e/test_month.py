"""One month in detail at the keyboard: down a column and back, sent by the button only, then validated."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.pages import Visitor, no_fault
from tests.e2e.people import EMPLOYER


def test_a_month_is_typed_down_its_columns_then_validated(visitor: Callable[..., Visitor]):
    person = visitor(EMPLOYER)
    page = person.page
    with no_fault(person):
        person.open("/activite/?annee=2024")
        page.locator("main tbody th a").first.click()
        person.open(f"{page.url.partition('?')[0]}3/", "un mois")
        saisines = page.get_by_label("Totaux du mois, Saisines reçues")
        situations = page.get_by_label("Totaux du mois, Situations ouvertes")
        saisines.focus()
        for text in ("12", "15"):
            page.keyboard.type(text)
            page.keyboard.press("Enter")
        expect(page.get_by_label("Totaux du mois, Prises en charge")).to_be_focused()
        page.keyboard.press("ArrowUp")
        expect(situations).to_be_focused()
        expect(situations).to_have_value("15")
        # From one table to the next, by its first column.
        page.get_by_label("Totaux du mois, Permanences tenues").focus()
        page.keyboard.press("ArrowDown")
        expect(page.get_by_label("Saisines par mode, Policiers ou gendarmes, plainte")).to_be_focused()
        person.press("Enregistrer et valider le mois")
        expect(page.get_by_text("15 situations pour 12 saisines").first).to_be_visible()
        expect(situations).to_have_value("15")
        situations.fill("10")
        person.press("Enregistrer et valider le mois")
        person.told("est validé")
        expect(page.get_by_text("Historique du mois")).to_be_visible()
        expect(saisines).to_have_count(0)
        person.look("un mois validé")
