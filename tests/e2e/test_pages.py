"""Every section beyond the main job, seen by the person it is for: accessible, in French, fitting a telephone.

Each person walks their pages once, in one browser. ``> address`` is the first link of the page shown that leads there
(``ID`` standing for an identifier), so that a page nothing links to is found out.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.pages import NARROW, WIDE, Visitor, no_fault
from tests.e2e.people import BOULONNAIS, EMPLOYER, MANAGER, NATIONAL, PLATFORM, REVIEWER, SUD_ARTOIS

GRANTS = ("/subventions/", "/subventions/echeances/", "/subventions/fonds-dedies/", "/subventions/comptes-rendus/")
TITRES = ("/titres/a-verifier/", "/titres/lots/", "/titres/relances/", "/titres/regles/", "/titres/a-payer/")

PAGES: dict[str, tuple[str, ...]] = {
    MANAGER: (
        "/conventions/",
        "> /calendrier/",
        "/calendrier/?vue=mois&mois=2023-12",
        "/calendrier/rappels/",
        "/activite/comptes-rendus/",
        "/activite/comptes-rendus/?vue=tableau&annee=2023",
        "/calendrier/regles/",
        "/budget/",
        "> /budget/ID/",
        "/budget/nouvelle/",
        "/previsions/",
        "/previsions/etats/",
        *GRANTS,
        "/subventions/autorites/",
        "/subventions/publication/",
        "/subventions/regles/",
        "/verifier/",
        "/conventions/",
        "> /conventions/pdf/",
        "/conventions/",
        "> /conventions/ID/",
        "> /conventions/ID/documents/",
        "/financements/",
        "> /financements/importer/",
        "/financements/scenarios/",
        "> /financements/scenarios/nouveau/",
        *TITRES,
        "/pilotage/",
        "/pilotage/risques/?annee=2023",
        "/pilotage/couts/?annee=2022",
        "/bilans/2022/",
        "> /bilans/2022/publique/",
        "/bilans/2022/",
        "> /bilans/2022/observatoire/",
        "/membres/regle-de-connexion/",
        "/acces-exceptionnels/",
        "/travaux/",
        "/donnees-personnelles/",
        "/mon-compte/second-facteur/",
        "> /mon-compte/second-facteur/application/",
    ),
    REVIEWER: ("/subventions/", "/bilans/2022/"),
    SUD_ARTOIS: ("/budget/", "/previsions/", "/titres/retours/", "/titres/regles/", "/jetons/"),
    BOULONNAIS: ("/subventions/", "/subventions/echeances/", "/previsions/etats/"),
    EMPLOYER: (
        "/activite/?annee=2024",
        "> /activite/importer/detail/?annee=2024",
        "/activite/?annee=2024",
        "> /activite/ID/2024/",
        "> /activite/ID/2024/personnes/",
        *GRANTS,
        "/subventions/",
        "> /subventions/ID/",
        "> /subventions/plans/ID/cerfa/demande/",
        "/bilans/2023/",
        "> /bilans/2023/poste/ID/",
        "> /bilans/2023/poste/ID/ecrire/partenariat/",
        "/bilans/2023/",
        "> /bilans/2023/poste/ID/",
        "> /bilans/2023/poste/ID/publique/",
    ),
    NATIONAL: ("/national/", "> /national/bilans/2023/", "/mon-compte/"),
    PLATFORM: (
        "/plateforme/territoires/ouvrir/",
        "/plateforme/territoires/",
        "> /plateforme/territoires/ID/",
        "> /plateforme/territoires/ID/acces/",
        "/plateforme/listes/",
        "> /plateforme/listes/mode/",
        "> /plateforme/listes/mode/bailleur/",
        "/plateforme/journal/",
    ),
}


def go(person: Visitor, step: str) -> None:
    if not step.startswith("> "):
        person.open(step)
        return
    wanted = re.compile(re.escape(step[2:]).replace("ID", "[0-9a-f-]{36}") + r"([?#]|$)")
    links = person.main.locator("a").evaluate_all("links => links.map(link => link.getAttribute('href') || '')")
    found = next(filter(wanted.match, links), None)
    assert found, f"{person.who} : aucun lien de {person.path} ne mène à {step[2:]}"
    person.open(found)


def examine(person: Visitor, name: str) -> None:
    """As any page; besides, it was given, and nothing goes beyond a telephone's window."""
    status = person.page.evaluate("performance.getEntriesByType('navigation')[0].responseStatus")
    if status != 200:
        person.faults.append(f"{person.who}, {person.path} répond {status}")
    person.look(name)
    person.page.set_viewport_size(NARROW)
    beyond = person.page.evaluate("document.scrollingElement.scrollWidth - window.innerWidth")
    if beyond > 0:
        person.faults.append(f"{person.who}, {person.path} dépasse de {beyond} px")
    person.page.set_viewport_size(WIDE)


@pytest.mark.parametrize("who", PAGES, ids=lambda name: name.split(",")[0])
def test_the_pages_of(visitor: Callable[..., Visitor], who: str):
    person: Visitor = visitor(who)
    with no_fault(person):
        for step in PAGES[who]:
            go(person, step)
            examine(person, step.removeprefix("> "))


def test_what_a_manager_makes(visitor: Callable[..., Visitor]):
    """A rate, a scenario, a statement: pages that exist only once something was made."""
    person = visitor(MANAGER)
    with no_fault(person):
        person.open("/financements/bareme/")
        if not person.main.get_by_role("table").count():  # a second try finds the first one's
            person.field("Pourcentages, un par année").fill("80 / 50")
            person.field("Source").fill("Lettre de la préfecture")
            person.press("Ajouter au barème")
        expect(person.main.get_by_role("table")).to_contain_text("Lettre de la préfecture")
        examine(person, "barème")
        person.follow("Modifier")
        examine(person, "un taux")

        person.open("/financements/scenarios/nouveau/")
        person.field("Nom du scénario").fill("L’État à 50 %")
        person.main.get_by_label("2023").check()
        person.press("Créer le scénario")
        expect(person.heading).to_contain_text("L’État à 50 %")
        examine(person, "scénario")

        person.open("/previsions/?annee=2023")
        person.follow("CA du Boulonnais")
        examine(person, "prévisions d’un organisme")
        person.press("Établir l’état")
        examine(person, "état prévisionnel")

        person.open("/financements/?q=Arrageois")
        for step in ("> /financements/ID/", "> /financements/ID/tableau/", "> /financements/ID/tableau/importer/"):
            go(person, step)
            examine(person, step.removeprefix("> "))


def test_the_finances_of_an_organisation(visitor: Callable[..., Visitor]):
    """Its settings, then each step of the assistant, by its « Modifier » links."""
    person = visitor(SUD_ARTOIS)
    with no_fault(person):
        person.open("/annuaire/?q=Sud-Artois")
        for step in ("> /annuaire/ID/", "> /annuaire/ID/finances/"):
            go(person, step)
        examine(person, "finances")
        links = person.main.locator("a").evaluate_all("links => links.map(link => link.getAttribute('href') || '')")
        steps = sorted({link.split("#")[0] for link in links if re.search(r"/finances/[a-z-]+/", link)})
        assert len(steps) >= 4
        for step in steps:
            person.open(step)
            examine(person, f"finances {step.rstrip('/').rsplit('/', 1)[-1]}")


def test_an_association_accounts_for_its_grant(visitor: Callable[..., Visitor]):
    person = visitor(EMPLOYER)
    with no_fault(person):
        person.open("/subventions/comptes-rendus/")
        person.press("Commencer")
        examine(person, "compte rendu")
