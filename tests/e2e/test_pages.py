"""Every section beyond the main job, seen by the person it is for: accessible, in French, fitting a telephone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.e2e.pages import NARROW, WIDE, Visitor, no_fault
from tests.e2e.people import EMPLOYER, MANAGER, NATIONAL, PLATFORM, REVIEWER, SUD_ARTOIS

#: "list > beginning" is the first page linked from "list" whose address matches what follows.
BUDGET = ("/budget/", "/budget/nouvelle/", "/previsions/", "/previsions/etats/")
GRANTS = (
    "/subventions/",
    "/subventions/ > /subventions/ID/",
    "/subventions/echeances/",
    "/subventions/fonds-dedies/",
    "/subventions/comptes-rendus/",
    "/subventions/comptes-rendus/ > /subventions/comptes-rendus/ID/",
)
TITRES = ("/titres/a-verifier/", "/titres/retours/", "/titres/lots/", "/titres/relances/", "/titres/regles/")
ACCOUNT = ("/travaux/", "/mon-compte/", "/mon-compte/second-facteur/", "/donnees-personnelles/")

PAGES: dict[str, tuple[str, ...]] = {
    MANAGER: (
        "/",
        *BUDGET,
        "/budget/ > /budget/ID/",
        "/previsions/etats/ > /previsions/etats/ID/",
        *GRANTS,
        "/subventions/autorites/",
        "/subventions/publication/",
        "/subventions/regles/",
        "/financements/",
        "/financements/importer/",
        "/financements/ > /financements/ID/",
        "/financements/ > /financements/ID/ > /financements/ID/tableau/",
        "/financements/ > /financements/ID/ > /financements/ID/tableau/ > /financements/ID/tableau/importer/",
        "/financements/ > /financements/ID/ > /financements/ID/postes/",
        "/financements/ > /financements/ID/ > /financements/ID/avances/",
        "/financements/scenarios/",
        "/financements/scenarios/nouveau/",
        "/financements/bareme/",
        "/financements/bareme/ > /financements/bareme/ID/",
        "/titres/",
        "/titres/ > /titres/ID/",
        *TITRES,
        "/bilans/",
        "/bilans/2022/",
        "/bilans/2022/publique/",
        "/annuaire/ > /annuaire/ID/",
        "/annuaire/ > /annuaire/ID/ > /annuaire/ID/finances/",
        "/annuaire/ > /annuaire/ID/ > /annuaire/ID/finances/imputation/",
        "/membres/",
        "/membres/regle-de-connexion/",
        "/acces-exceptionnels/",
        "/journal/",
        "/dossier/",
        *ACCOUNT,
        "/mon-compte/second-facteur/application/",
    ),
    REVIEWER: ("/financements/bareme/", "/previsions/", "/subventions/", "/bilans/2022/"),
    SUD_ARTOIS: (*BUDGET, *GRANTS, *TITRES, "/financements/scenarios/", "/jetons/"),
    EMPLOYER: ("/", *GRANTS),
    NATIONAL: ("/national/", "/mon-compte/", "/donnees-personnelles/"),
    PLATFORM: (
        "/plateforme/territoires/",
        "/plateforme/territoires/ouvrir/",
        "/plateforme/territoires/ > /plateforme/territoires/ID/",
        "/plateforme/territoires/ > /plateforme/territoires/ID/ > /plateforme/territoires/ID/acces/",
        "/plateforme/journal/",
    ),
}


def walk(person: Visitor, way: str) -> None:
    first, *links = way.split(" > ")
    person.open(first)
    for link in links:
        pattern = re.compile(re.escape(link).replace("ID", "[0-9a-f-]{36}") + r"([?#]|$)")
        hrefs = person.main.locator("a").evaluate_all("links => links.map(a => a.getAttribute('href') || '')")
        found = next(filter(pattern.match, hrefs), None)
        if not found:
            print("ABSENT", person.who[:12], way, "|", person.path)
            raise LookupError(way)
        person.open(found)


@pytest.mark.parametrize("who", PAGES, ids=lambda name: name.split(",")[0])
def test_every_page(visitor: Callable[..., Visitor], who: str):
    person: Visitor = visitor(who)
    with no_fault(person):
        for way in PAGES[who]:
            try:
                walk(person, way)
            except LookupError:
                continue
            r = person.page.evaluate("performance.getEntriesByType('navigation')[0].responseStatus")
            if r >= 400: person.faults.append(f"{way}: {r}")
            person.look(way)
            person.page.set_viewport_size(NARROW)
            over = person.page.evaluate("document.scrollingElement.scrollWidth - window.innerWidth")
            if over > 0:
                person.faults.append(f"{who}, {person.path} dépasse de {over} px")
            person.page.set_viewport_size(WIDE)
