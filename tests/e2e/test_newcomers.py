"""Newcomers of each role: from the sign-in page to their first real task, with what the screen and the guide say.

They follow their first steps, read the help of the page they are on, do the thing, and see the step ticked. Every page
they meet is examined (axe, French, one title); two of them hold a telephone, one uses no mouse. On the way the pictures
of the guide are made or checked (tests/e2e/pictures.py); the day is fixed, so that they do not change with it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.core import mail
from playwright.sync_api import Locator, expect

from parties.demo import DEMO_ACCOUNTS
from parties.models import RefDepartement, RefEpci, RefEpciYear
from tests.e2e.pages import NARROW, Visitor, no_fault
from tests.e2e.people import BOULONNAIS, EMPLOYER, MANAGER, NATIONAL, PARTNER, PLATFORM, REVIEWER, SUD_ARTOIS
from tests.e2e.pictures import picture
from tests.e2e.test_keyboard import tab_to
from tests.reporting.circuit_world import code_in

Visit = Callable[..., Visitor]
#: A Monday of the year after the act's, when bilans are read and titres of the year before leave.
TODAY = dt.datetime(2024, 1, 15, 9, 0, tzinfo=dt.UTC)


@pytest.fixture(scope="module", autouse=True)
def that_day() -> Iterator[None]:
    """Before the site is filled, so that what it dates itself is of that day too."""
    with time_machine.travel(TODAY, tick=True):
        yield


#: Pages of the guide are long and the same for everybody: each is examined once.
EXAMINED: set[str] = set()
PARTNER_ADDRESS = next(account.email for account in DEMO_ACCOUNTS if account.label == PARTNER)


def begin(visitor: Visit, label: str, home: str = "À faire", **options: Any) -> Visitor:
    """From the sign-in page, as somebody who was told the address and nothing else."""
    person: Visitor = visitor(**options)
    person.who = label
    person.open("/connexion/", "connexion")
    person.press(f"en tant que {label}")
    expect(person.heading).to_have_text(home)
    expect(first_steps(person).get_by_role("heading", name="Premiers pas")).to_be_visible()
    person.look("accueil")
    return person


def first_steps(person: Visitor) -> Locator:
    return person.page.locator("#premiers-pas")


def take(person: Visitor, step: str) -> None:
    """Home, then the step's link."""
    person.page.get_by_role("banner").get_by_role("link", name="Cosigne").click()
    person.follow(step, within=first_steps(person))


def is_done(person: Visitor, *steps: str) -> None:
    """On the home page, the steps are ticked."""
    person.page.get_by_role("banner").get_by_role("link", name="Cosigne").click()
    for step in steps:
        line = first_steps(person).get_by_role("listitem").filter(has=person.page.get_by_role("link", name=step))
        expect(line).to_contain_text("Fait :")


def tick(person: Visitor, step: str) -> None:
    person.page.get_by_role("banner").get_by_role("link", name="Cosigne").click()
    person.press(re.compile(rf"C’est fait\s*: {step}"), within=first_steps(person))
    is_done(person, step)


def read_the_help(person: Visitor, section: str) -> None:
    """« Aide sur cette page » lands on the section that explains it; then back to work."""
    came_from = person.page.url
    person.page.get_by_role("link", name="Aide sur cette page").click()
    expect(person.page.get_by_role("heading", name=section, exact=True)).to_be_in_viewport()
    page = person.page.url.partition("#")[0]
    if page not in EXAMINED:
        EXAMINED.add(page)
        person.look(f"aide : {section}")
    person.page.goto(came_from)


def fits(person: Visitor) -> None:
    beyond = person.page.evaluate("document.scrollingElement.scrollWidth - window.innerWidth")
    assert beyond <= 0, f"{person.who}, {person.path} dépasse de {beyond} px"


# --- The employer, on a telephone -------------------------------------------------------------------------------------


def test_an_employer_enters_and_validates_a_month(visitor: Visit) -> None:
    person = begin(visitor, EMPLOYER, viewport=NARROW)
    with no_fault(person):
        fits(person)
        picture(person, "accueil-telephone", "Premiers pas", "Saisir et valider un mois", part=first_steps(person))
        take(person, "Saisir et valider un mois")
        person.look("activité")
        fits(person)
        read_the_help(person, "Saisir un mois")
        # The guide says where missing months are told.
        person.page.get_by_role("banner").get_by_role("link", name="Cosigne").click()
        person.follow("Saisir l’activité de « Poste ISC Calaisis »")
        expect(person.heading).to_have_text("Poste ISC Calaisis : activité 2023")
        person.look("année")
        person.follow("Janvier")
        expect(person.heading).to_contain_text("Janvier 2023")
        person.look("mois")
        fits(person)
        for total in ("Saisines reçues", "Situations ouvertes", "Prises en charge", "Personnes concernées"):
            person.main.get_by_label(f"Totaux du mois, {total}").fill("12")
        person.main.get_by_label("Saisines par mode, La personne elle-même").fill("12")
        person.main.get_by_label("Entretiens, Au téléphone").fill("14")
        picture(person, "mois-telephone", "Totaux du mois", "Saisines reçues", part=person.page.locator("#I0"))
        person.press("Enregistrer et valider le mois")
        expect(person.main.get_by_text("Validé", exact=True).first).to_be_visible()
        person.look("mois validé")
        is_done(person, "Saisir et valider un mois")


# --- The finance officer, without a mouse -----------------------------------------------------------------------------


def test_a_finance_officer_exports_titres_with_the_keyboard_alone(visitor: Visit) -> None:
    person: Visitor = visitor()
    person.who = SUD_ARTOIS
    enter = person.page.keyboard
    with no_fault(person):
        person.open("/connexion/")
        tab_to(person, f"Se connecter en tant que {SUD_ARTOIS}")
        enter.press("Enter")
        expect(person.heading).to_have_text("À faire")
        picture(person, "accueil-finances", "Premiers pas", "Exporter des titres", "Ce qui vous attend", height=960)
        tab_to(person, "Exporter des titres")
        enter.press("Enter")
        expect(person.heading).to_contain_text("Exporter")
        person.look("à exporter")
        picture(person, "titres-exporter", "Exporter en", "Paramètres financiers", height=380)
        tab_to(person, "Aide sur cette page")
        enter.press("Enter")
        expect(person.page.get_by_role("heading", name="Exporter", exact=True)).to_be_in_viewport()
        person.look("aide : exporter")
        person.page.go_back()
        expect(person.heading).to_contain_text("Exporter")
        tab_to(person, "Exporter en XLSX")
        enter.press("Enter")
        expect(person.main.get_by_role("link", name="Télécharger").first).to_be_visible()
        person.look("lots")
        picture(person, "titres-lots", "Télécharger", height=400)
        tab_to(person, "Cosigne : accueil")
        enter.press("Enter")
        is_done(person, "Exporter des titres")


def test_a_body_that_pays_reads_what_it_owes(visitor: Visit) -> None:
    person = begin(visitor, BOULONNAIS)
    with no_fault(person):
        take(person, "Lire ce que vous devez")
        picture(person, "a-payer", "Reste à payer", "Poste ISC Boulonnais")
        read_the_help(person, "Si votre organisation paie : prévoir")
        tick(person, "Lire ce que vous devez")


# --- A convention, from its draft to a partner's signature ------------------------------------------------------------


def test_a_manager_submits_a_reviewer_decides_a_partner_signs(visitor: Visit) -> None:
    manager = begin(visitor, MANAGER)
    reviewer = begin(visitor, REVIEWER)
    partner = begin(visitor, PARTNER, viewport=NARROW)
    with no_fault(manager, reviewer, partner):
        submit_and_send_for_review(manager)
        comment_and_send_back(reviewer)
        approve(reviewer)
        open_the_circuit(manager)
        read_and_sign(partner)
        follow_the_signatures(manager)


def submit_and_send_for_review(manager: Visitor) -> None:
    picture(manager, "accueil-gestionnaire", "Premiers pas", "Ce qui vous attend", height=1150)
    take(manager, "Soumettre une convention")
    expect(manager.main.get_by_role("row").filter(has_text="62-A13")).to_be_visible()
    manager.look("conventions en brouillon")
    read_the_help(manager, "La convention")
    manager.follow("62-A13")
    manager.look("convention")
    picture(manager, "convention-texte", "Soumettre à la préfecture", "Article 1", height=900)
    manager.page.get_by_role("navigation", name="Rubriques de la convention").get_by_role(
        "link", name="Contrôles"
    ).click()
    expect(manager.main).not_to_contain_text("Bloquant")
    picture(manager, "convention-controles", "Vigilance", height=900)
    manager.confirm("Soumettre à la préfecture")
    manager.told("est soumise à la préfecture")


def comment_and_send_back(reviewer: Visitor) -> None:
    take(reviewer, "Commenter une clause")
    reviewer.look("à instruire")
    picture(reviewer, "a-instruire", "62-A10", "62-A13", "Verdict", height=470)
    read_the_help(reviewer, "Relire")
    reviewer.follow("62-A10")
    picture(reviewer, "revue", "Ce qui change dans les chiffres", "Contrôles automatiques", height=900)
    clause = reviewer.page.locator("#clause-evaluation")
    clause.locator("summary").first.click()
    clause.get_by_text("Commenter").first.click()
    clause.get_by_label("Commentaire sur la clause").fill("Précisez la date de remise de l'évaluation.")
    reviewer.press("Enregistrer le commentaire", within=clause)
    reviewer.told("Votre commentaire est enregistré.")
    reviewer.main.get_by_label("Ce qui est à corriger").fill("Une date manque.")
    reviewer.press("Renvoyer pour correction")
    reviewer.told("est renvoyée au gestionnaire")
    reviewer.look("convention renvoyée")
    is_done(reviewer, "Commenter une clause", "Décider")


def approve(reviewer: Visitor) -> None:
    take(reviewer, "Décider")
    reviewer.follow("62-A13")
    reviewer.press("Approuver la convention")
    reviewer.page.get_by_role("dialog").get_by_role("button", name="Approuver").click()
    reviewer.told("est approuvée")


def open_the_circuit(manager: Visitor) -> None:
    manager.page.reload()
    manager.page.get_by_role("navigation", name="Rubriques de la convention").get_by_role(
        "link", name="Signatures"
    ).click()
    manager.look("onglet des signatures")
    manager.follow("Ouvrir le circuit de signature")
    manager.look("ouvrir le circuit")
    read_the_help(manager, "Ouvrir un circuit (gestionnaire)")
    # Who signs with an account receives the code at that account's address.
    for number, signatory in enumerate(manager.main.get_by_role("group").all(), 1):
        address = PARTNER_ADDRESS if "endarmerie" in signatory.inner_text() else f"signataire-{number}@exemple.fr"
        signatory.get_by_label("Adresse électronique").fill(address)
    for way in manager.main.get_by_label("Façon de signer").all():
        way.select_option(label="Code à usage unique")
    picture(manager, "circuit-ouvrir", "Façon de signer", "Code à usage unique", height=900)
    manager.press("Ouvrir le circuit")
    manager.look("circuit ouvert")


def read_and_sign(partner: Visitor) -> None:
    take(partner, "Signer")
    partner.look("à signer")
    fits(partner)
    read_the_help(partner, "Signer")
    partner.follow("Lire et signer")
    partner.look("signer")
    fits(partner)
    partner.press("Recevoir mon code")
    expect(partner.main.get_by_role("textbox", name="Code reçu")).to_be_visible()
    picture(partner, "signer-telephone", "Code reçu", "Signer la convention", height=1400)
    partner.main.get_by_role("textbox", name="Code reçu").fill(code_in(mail.outbox))
    partner.main.get_by_role("checkbox", name="J'ai lu la convention").check()
    partner.press("Signer la convention")
    expect(partner.main).to_contain_text("Empreinte de la preuve")
    partner.look("signé")
    is_done(partner, "Signer")


def follow_the_signatures(manager: Visitor) -> None:
    manager.open("/signatures/", "signatures en cours")
    picture(manager, "signatures-en-cours", "62-A13", "Suivre", height=560)


# --- Outside the territories ------------------------------------------------------------------------------------------


def test_the_observatory_reads_national_figures(visitor: Visit) -> None:
    person = begin(visitor, NATIONAL, "Chiffres nationaux")
    with no_fault(person):
        picture(person, "chiffres-nationaux", "Équivalents temps plein", "Par zone", height=900)
        take(person, "Comprendre les petits nombres")
        expect(person.page.get_by_role("heading", name="Les petits nombres")).to_be_in_viewport()
        person.look("guide : les petits nombres")
        tick(person, "Comprendre les petits nombres")
        take(person, "Emporter un tableau")
        name, content = person.download(person.main.get_by_role("link", name=re.compile(r"^CSV\s+des postes")))
        assert name.endswith(".csv")
        assert "Zone police" in content.decode("utf-8-sig")
        person.press("Masquer les premiers pas")
        expect(first_steps(person)).to_have_count(0)
        person.page.get_by_role("contentinfo").get_by_role("link", name="Aide", exact=True).click()
        person.look("aide")
        person.follow("Vos premiers pas")
        expect(person.heading).to_have_text("Premiers pas")
        person.look("premiers pas")
        person.press("Afficher sur la page d’accueil")
        expect(person.main.get_by_role("button", name="Masquer sur la page d’accueil")).to_be_visible()


@pytest.fixture
def nord(site: str) -> None:
    """A département of the reference data that nobody opened yet, with one EPCI."""
    lille = {"name": "Métropole Européenne de Lille", "legal_form": "ME"}
    departement, _ = RefDepartement.objects.get_or_create(code="59", defaults={"name": "Nord", "region": "32"})
    epci, _ = RefEpci.objects.get_or_create(
        siren="200093201", defaults=lille | {"search_name": "lille", "departement": departement}
    )
    counted = {"population_municipale": 1, "population_totale": 1, "members_count": 1, "source_vintage": 2024}
    RefEpciYear.objects.get_or_create(epci=epci, vintage=2024, defaults=lille | counted | {"source_form": "ME"})


def test_an_administrator_opens_a_territory(visitor: Visit, nord: None) -> None:
    person = begin(visitor, PLATFORM, "Territoires")
    with no_fault(person):
        take(person, "Ouvrir un territoire")
        person.look("ouvrir")
        read_the_help(person, "Ouvrir un territoire")
        person.field("Département").select_option("59")
        person.field("SIREN du Département").fill("225 900 018")
        person.field("Adresse du premier gestionnaire").fill("gestionnaire@nord.exemple.fr")
        person.press("Voir ce qui sera créé")
        expect(person.main).to_contain_text("Métropole Européenne de Lille")
        person.look("ce qui sera créé")
        picture(person, "ouvrir-territoire", "Ce qui sera créé", "Ouvrir le territoire", height=1100)
        person.press("Ouvrir le territoire")
        expect(person.heading).to_contain_text("Nord")
        person.look("territoire ouvert")
        is_done(person, "Ouvrir un territoire")
        take(person, "Lire le journal de la plateforme")
        expect(person.main).to_contain_text("Territoire ouvert")
        tick(person, "Lire le journal de la plateforme")


# --- Reading ----------------------------------------------------------------------------------------------------------


def test_a_manager_looks_around(visitor: Visit) -> None:
    """The screens the guide shows beside those of the walks: each still says what its picture is there for."""
    person: Visitor = visitor(MANAGER)
    person.open("/annuaire/")
    picture(person, "annuaire", "Ajouter une organisation", "CC du Sud-Artois", height=620)
    person.open("/membres/")
    picture(person, "membres", "Inviter une personne", "Employeur, France Victimes 62", height=620)
    person.menu("Postes")
    picture(person, "postes", "Créer un poste", "Poste ISG Arrageois", height=620)
    person.open("/financements/?q=bapaume")
    person.follow("Poste ISG Arrageois (Bapaume) – 2023")
    picture(person, "plan", "CC du Sud-Artois", "Qui paie quoi", height=900)
    person.open("/financements/?q=Arrageois")
    person.open(next(link for link in links(person) if re.search(r"/financements/[0-9a-f-]{36}/", link)) + "tableau/")
    picture(person, "tableau", "Enregistrer", height=700)
    person.open("/calendrier/?vue=mois&mois=2023-12")
    picture(person, "calendrier", "écembre 2023", height=1180)
    person.open("/modeles/")
    picture(person, "modeles", "Copier pour l’adapter", height=700)
    person.open("/budget/")
    picture(person, "lignes-budgetaires", "Proposé", height=560)
    person.open("/activite/?annee=2022")
    picture(person, "activite", "Saisines", "saisi", height=620)
    person.open("/bilans/2022/")
    picture(person, "bilan", "2022", "Saisines", height=900)


def links(person: Visitor) -> list[str]:
    found = person.main.locator("a").evaluate_all("links => links.map(link => link.getAttribute('href') || '')")
    return [str(link).split("?")[0] for link in found]


def test_the_guide_is_read_without_an_account_at_twice_the_size(visitor: Visit) -> None:
    """Public, as its pictures are; at 200 % of text nothing is cut nor goes beyond the window."""
    person: Visitor = visitor()
    with no_fault(person):
        person.open("/verifier/", "vérifier")
        picture(person, "verifier", "Vérifier ce fichier")
        read_the_help(person, "Un fichier")
        person.open("/aide/gestionnaire/", "guide")
        shown = person.page.locator("figure img").first
        shown.scroll_into_view_if_needed()
        expect(shown).to_have_js_property("complete", True)
        assert shown.evaluate("image => image.naturalWidth > 300 && image.alt.length > 30")
        person.follow("Agrandir")
        assert person.page.url.endswith(".png")
        person.page.go_back()
        person.page.get_by_role("searchbox", name="Chercher dans le guide").fill("délégation de signature")
        person.press("Chercher")
        expect(person.main.get_by_role("link", name="Gestionnaire : Qui signe")).to_be_visible()
        person.look("recherche dans le guide")
        person.open("/aide/gestionnaire/")
        for width in (1280, 375):
            person.page.set_viewport_size({"width": width, "height": 900})
            person.page.evaluate("document.documentElement.style.fontSize = '200%'")
            fits(person)
            person.look(f"guide à 200 %, {width} px")
