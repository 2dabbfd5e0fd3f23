"""The grid financer × year as a person at the keyboard uses it: typed, pasted, balanced live, undone, saved."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, expect

from tests.e2e.pages import Visitor, no_fault
from tests.e2e.people import MANAGER

PASTE = """(field, text) => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""


def shares(person: Visitor) -> list[list[Locator]]:
    """The editable cells of the shares, row by row."""
    rows = person.page.locator("tbody[data-grid-section=s] tr.grid-row").all()
    return [row.locator("[data-cell]").all() for row in rows]


def test_a_table_is_filled_by_keyboard_and_paste_then_saved(visitor: Callable[..., Visitor]):
    person = visitor(MANAGER)
    page = person.page
    with no_fault(person):
        person.open("/financements/?statut=projet")
        page.locator("main tbody th a").first.click()
        person.follow("Tableau pluriannuel")
        expect(person.heading).to_have_text("Tableau pluriannuel")
        person.press("Ajouter une année")
        person.told("reprend les coûts et les parts")
        person.look("tableau")
        cells = shares(person)
        assert len(cells) >= 2
        assert len(cells[0]) >= 2
        first, right, below = cells[0][0], cells[0][1], cells[1][0]
        before = first.input_value()
        state = page.locator("#grille-etat")
        figure = page.locator(f"#m-{(first.get_attribute('id') or '').removeprefix('f-')}")

        # Moving and giving up, without being held anywhere.
        first.focus()
        first.select_text()
        page.keyboard.press("ArrowRight")
        expect(right).to_be_focused()
        page.keyboard.press("ArrowLeft")
        expect(first).to_be_focused()
        page.keyboard.type("999")
        page.keyboard.press("Escape")
        expect(first).to_have_value(before)
        page.keyboard.press("Enter")
        expect(below).to_be_focused()
        page.keyboard.press("ArrowUp")
        expect(first).to_be_focused()
        page.keyboard.press("Tab")
        expect(first).not_to_be_focused()

        # A cell that cannot be read is told at once, and holds nothing else up.
        first.fill("1.234,56")
        wrong = page.locator(f"#e-{(first.get_attribute('id') or '').removeprefix('f-')}")
        expect(wrong).to_contain_text("ne se lit pas")
        expect(state).to_contain_text("Des cases ne se lisent pas")

        # A block from a spreadsheet, with French amounts, fills the neighbours; the balance follows.
        first.evaluate(PASTE, "1 234,56 €\t2\u202f000\n10 %\treste\n")
        expect(first).to_have_value("1 234,56 €")
        expect(cells[1][1]).to_have_value("reste")
        expect(wrong).to_be_empty()
        expect(figure).to_contain_text("234,56")
        expect(state).not_to_contain_text("Des cases ne se lisent pas")
        person.look("tableau rempli")
        person.press("Défaire", exact=True)
        expect(below).not_to_have_value("10 %")
        person.press("Refaire", exact=True)
        expect(below).to_have_value("10 %")
        expect(right).to_have_value("2 000")

        person.press("Enregistrer le tableau")
        person.told("Le tableau est enregistré")
        assert [cell.input_value() for row in shares(person)[:2] for cell in row[:2]] == [
            "1 234,56",
            "2 000",
            "10 %",
            "reste",
        ]
        person.confirm("Annuler cet enregistrement")
        person.told("Le dernier enregistrement est annulé")
        assert shares(person)[0][0].input_value() == before
        person.look("tableau annulé")
