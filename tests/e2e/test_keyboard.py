"""Hands off the mouse: from the sign-in page to a convention submitted, with the keyboard alone."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e.pages import Visitor
from tests.e2e.people import MANAGER

#: More presses than any page has controls: a control not met by then is out of reach.
REACH = 200
FOCUSED = """() => {
  const element = document.activeElement || document.body;
  const style = getComputedStyle(element);
  const label = element.labels && element.labels.length ? element.labels[0].innerText : "";
  return {
    tag: element.tagName.toLowerCase(),
    text: (element.getAttribute("aria-label") || label || element.innerText || element.value || "").trim(),
    outline: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
    shadow: style.boxShadow,
    hidden: element.closest("[aria-hidden=true]") !== null,
  };
}"""


def tab_to(person: Visitor, name: str) -> None:
    """Press Tab until the control called ``name`` has the focus; each one met on the way must show that it has it."""
    # A press while the page is still coming goes to the one that leaves.
    person.page.wait_for_load_state("load")
    met = []
    for _ in range(REACH):
        person.page.keyboard.press("Tab")
        focused = person.page.evaluate(FOCUSED)
        met.append(focused["text"][:60])
        if focused["tag"] != "body":
            assert focused["outline"] >= 2 or focused["shadow"] != "none", f"focus invisible : {focused}"
            assert not focused["hidden"], f"focus sur un élément caché : {focused}"
        if re.search(rf"{re.escape(name)}", " ".join(focused["text"].split())):
            return
    raise AssertionError(f"« {name} » n'est pas atteint au clavier : {met}")


def test_from_the_sign_in_page_to_a_submission(visitor) -> None:
    manager: Visitor = visitor()
    page = manager.page
    manager.open("/connexion/")
    tab_to(manager, f"Se connecter en tant que {MANAGER}")
    page.keyboard.press("Enter")
    expect(manager.heading).to_have_text("À faire")

    # The skip link comes first and leads past the navigation.
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED)["text"] == "Aller au contenu"
    expect(page.get_by_role("link", name="Aller au contenu")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(manager.main).to_be_focused()

    tab_to(manager, "Finir la convention 62-A03")
    page.keyboard.press("Enter")
    expect(manager.heading).to_have_text("Convention 62-A03")

    tab_to(manager, "Soumettre à la préfecture")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("button", name="Annuler")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(manager.main.get_by_role("button", name="Soumettre à la préfecture")).to_be_focused()

    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    page.keyboard.press("Shift+Tab")
    expect(dialog.get_by_role("button", name="Soumettre à la préfecture")).to_be_focused()
    page.keyboard.press("Enter")
    manager.told("est soumise à la préfecture")


def test_a_menu_closes_and_gives_the_focus_back(visitor) -> None:
    manager: Visitor = visitor(MANAGER)
    tab_to(manager, "Mon compte et outils")
    manager.page.keyboard.press("Enter")
    account = manager.page.get_by_role("link", name="Mon compte")
    expect(account).to_be_visible()
    tab_to(manager, "Mon compte")
    manager.page.keyboard.press("Escape")
    expect(account).to_be_hidden()
    assert "Mon compte et outils" in manager.page.evaluate(FOCUSED)["text"]


def test_an_amount_explains_itself(visitor) -> None:
    """The explanation of a figure opens and closes from the keyboard."""
    manager: Visitor = visitor(MANAGER)
    manager.open("/financements/?q=bapaume")
    manager.follow("Poste ISG Arrageois (Bapaume) – 2023")
    expect(manager.heading).to_contain_text("Bapaume")
    tab_to(manager, "voir le calcul")
    manager.page.keyboard.press("Enter")
    body = manager.page.locator("details.explain[open] .explain__body")
    expect(body).to_be_visible()
    manager.page.keyboard.press("Enter")
    expect(body).to_have_count(0)
