"""On a telephone, 375 pixels wide: nothing to push sideways, every section within reach."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.pages import NARROW, Visitor, no_fault
from tests.e2e.people import EMPLOYER, MANAGER, PARTNER, REVIEWER, SUD_ARTOIS

CONVENTION_TABS = ("texte", "plan", "parties", "controles", "calendrier", "historique")
#: Beside the sections of the menu, which are all visited.
PAGES = {
    MANAGER: (
        "/postes/nouveau/",
        "/financements/nouveau/",
        "/conventions/nouvelle/",
        "/deliberations/",
        "/calendrier/",
        "/calendrier/?vue=mois&mois=2023-12",
        "/annuaire/",
        "/dossier/",
        "/journal/",
        "/bilans/2022/",
        "/activite/?annee=2022",
        "/titres/a-payer/",
        "/aide/",
        "/mon-compte/",
    ),
    REVIEWER: ("/bilans/2022/", "/recherche/?q=artois"),
    SUD_ARTOIS: ("/titres/exporter/", "/titres/a-payer/", "/titres/lots/"),
    PARTNER: ("/annuaire/",),
    EMPLOYER: ("/activite/?annee=2022",),
}


def overflow(person: Visitor) -> int:
    """How many pixels the page goes beyond the window."""
    return int(person.page.evaluate("document.scrollingElement.scrollWidth - window.innerWidth"))


@pytest.mark.parametrize("who", PAGES, ids=lambda name: name.split(",")[0])
def test_every_section_fits(visitor, who: str) -> None:
    person: Visitor = visitor(who, viewport=NARROW)
    wide: list[str] = []

    def measure() -> None:
        if overflow(person) > 0:
            wide.append(f"{person.path} dépasse de {overflow(person)} px")

    menu = person.page.locator("details.nav-fold")
    entries = menu.locator("nav a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert "/" in entries
    for entry in entries:
        menu.locator("summary").click()
        link = menu.locator(f"a[href='{entry}']")
        expect(link).to_be_in_viewport()
        measure()
        link.click()
        expect(menu.locator("a[aria-current=page]")).to_have_attribute("href", entry)
        measure()
    for path in PAGES[who]:
        person.open(path)
        expect(person.heading).to_be_visible()
        measure()
    assert not wide, "\n".join(wide)


def test_a_convention_fits(visitor) -> None:
    """The widest contents: the text, the plan as cards, the checks, then a long form and the plan being typed."""
    manager: Visitor = visitor(MANAGER, viewport=NARROW)
    manager.open("/conventions/?q=62-A15")
    manager.follow("62-A15")
    address = manager.path
    wide = []
    for tab in CONVENTION_TABS:
        manager.open(f"{address}?onglet={tab}")
        if overflow(manager) > 0:
            wide.append(f"{tab} dépasse de {overflow(manager)} px")
    manager.open(f"{address}?onglet=plan")
    manager.follow("Ouvrir le plan")
    for action in ("", "Modifier le plan"):
        if action:
            manager.follow(action)
        expect(manager.heading).to_be_visible()
        if overflow(manager) > 0:
            wide.append(f"{manager.path} dépasse de {overflow(manager)} px")
    assert not wide, "\n".join(wide)


def test_the_pages_of_a_telephone_are_accessible(visitor) -> None:
    """Tables become cards and the menu folds: another page for a screen reader, examined as such."""
    officer: Visitor = visitor(SUD_ARTOIS, viewport=NARROW)
    with no_fault(officer):
        for path in ("/", "/titres/", "/financements/", "/conventions/"):
            officer.open(path, path)
        officer.page.locator("details.nav-fold summary").click()
        officer.look("menu ouvert")
