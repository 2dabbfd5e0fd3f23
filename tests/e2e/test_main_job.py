"""The whole main job in a real browser: a new post, its plan, its convention, its signatures, its titres, the papers.

Five people of the demonstration take part, each in their own browser. Every page they land on is examined (see
pages.Visitor.look); what is wrong on any of them is reported at the end.
"""

from __future__ import annotations

import re
from contextlib import AbstractContextManager

from django.utils import timezone
from playwright.sync_api import Locator, expect

from tests.e2e.pages import Visitor, no_fault
from tests.e2e.papers import check_csv, check_xlsx, text_of
from tests.e2e.people import BOULONNAIS, MANAGER, PARTNER, REVIEWER, SUD_ARTOIS

#: The current year: a signature is not in the future and follows the vote.
TODAY = timezone.localdate()
YEAR = TODAY.year
FIRST_DAY, LAST_DAY = f"{YEAR}-01-01", f"{YEAR}-12-31"
VOTE = "DEL-E2E-7"
VOTERS = {"Département du Pas-de-Calais": "Commission permanente", "CC du Sud-Artois": "Conseil communautaire"}
POST = "Poste ISG Croisilles"
COST = "42 000"
THIRD = re.compile(r"14\s000,00\s€")
REMARK = "Précisez la date de remise de l'évaluation."
ANSWER = "La date est ajoutée à la clause."
SENTENCE = "L'évaluation de l'année est remise avant le 31 janvier qui suit."


def test_the_main_job(visitor) -> None:
    newcomer: Visitor = visitor()
    manager: Visitor = visitor(MANAGER)
    reviewer: Visitor = visitor(REVIEWER)
    sud_artois: Visitor = visitor(SUD_ARTOIS)
    boulonnais: Visitor = visitor(BOULONNAIS)
    partner: Visitor = visitor(PARTNER)
    with no_fault(newcomer, manager, reviewer, sud_artois, boulonnais, partner):
        newcomer.open("/connexion/", "connexion")
        create_the_post(manager)
        plan = create_the_plan(manager)
        convention = prepare_the_convention(manager)
        complete_the_convention(manager)
        submit(manager)
        send_back(reviewer)
        answer_and_submit_again(manager)
        approve(reviewer)
        collect_the_signatures(manager)
        sealed = check_the_convention_pdf(manager)
        for reader in (reviewer, sud_artois, partner):
            assert reader.fetch(f"{convention}convention.pdf") == sealed, f"{reader.who} lit un autre fichier"
        partner.open(convention, "convention lue par un partenaire")
        plan_is_committed(manager, plan)
        titre, batch = export_the_titres(sud_artois)
        see_what_is_owed(boulonnais)
        nothing_of_the_others(boulonnais, plan, convention, titre, batch)
        read_the_bilan(manager)


# --- The manager: post, plan, convention ------------------------------------------------------------------------------


def create_the_post(manager: Visitor) -> None:
    manager.look("accueil")
    expect(manager.main).to_contain_text("Ce qui vous attend")
    manager.menu("Postes")
    manager.look("postes")
    manager.follow("Créer un poste")
    manager.look("poste nouveau")
    form = manager.main
    form.get_by_label("Libellé").fill(POST)
    form.get_by_label("Type de poste").select_option("ISG")
    form.get_by_label("Employeur").select_option(label="CC du Sud-Artois")
    form.get_by_label("Heures hebdomadaires").fill("35")
    form.get_by_label("Unité").first.select_option(label="Brigade de Bapaume")
    form.get_by_label("Part du temps").first.fill("100")
    form.get_by_label("CC du Sud-Artois").check()
    form.get_by_label("Résidence administrative").fill("brigade de Bapaume")
    form.get_by_label("Autorité hiérarchique").fill("Directeur général des services")
    form.get_by_label("Autorité fonctionnelle").fill("Commandant de compagnie")
    manager.press("Créer le poste")
    expect(manager.heading).to_have_text(POST)
    manager.look("poste créé")
    manager.follow("Ajouter une période")
    manager.look("occupation")
    manager.main.get_by_label("Pourvu du").fill(FIRST_DAY)
    manager.press("Enregistrer la période")
    expect(manager.main.get_by_text("Pourvu", exact=True).first).to_be_visible()


def create_the_plan(manager: Visitor) -> str:
    """Thirds of 42 000 €; the balance follows what is typed, and what is typed stays. The plan's address."""
    manager.follow("Voir les plans de financement de ce poste")
    expect(manager.main).to_contain_text("Aucun plan")
    manager.look("plans du poste")
    manager.page.go_back()
    manager.follow("Créer un plan de financement")
    manager.look("plan nouveau")
    form = manager.main
    expect(form.get_by_role("checkbox", name=POST)).to_be_checked()
    manager.field("Année").fill(str(YEAR))
    manager.field("Du").fill(FIRST_DAY)
    manager.field("Au").fill(LAST_DAY)
    with recomputed(manager):
        form.get_by_label("Montant annuel").first.fill(COST)
    balance = manager.page.locator("#equilibre")
    expect(balance).to_contain_text(re.compile(r"42\s000,00\s€"))
    expect(manager.page.locator("#montant-etat")).to_have_text(THIRD)
    # Adding a row and taking it away keeps everything else.
    with recomputed(manager):
        manager.press("Ajouter un financeur")
    extra = manager.page.locator("[data-plan-row]").nth(3)
    expect(extra).to_be_visible()
    with recomputed(manager):
        manager.press("Retirer cette part", within=extra)
    expect(extra).to_have_count(0)
    expect(form.get_by_label("Montant annuel").first).to_have_value(COST)
    expect(manager.page.locator("#montant-etat")).to_have_text(THIRD)
    manager.look("plan équilibré")
    manager.press("Créer le plan")
    manager.told("Le plan est enregistré.")
    explain = manager.page.locator("details.explain").first
    explain.locator("summary").click()
    expect(explain).to_contain_text(re.compile(r"1/3 de 42\s000,00\s€ = 14\s000,00\s€"))
    manager.look("plan")
    return manager.path


def recomputed(person: Visitor) -> AbstractContextManager[object]:
    """Around a change of the plan: wait until its balance came back."""
    return person.page.expect_response("**/financements/apercu/")


def prepare_the_convention(manager: Visitor) -> str:
    """The convention's address."""
    manager.follow(re.compile("Préparer la convention|Préparer une convention"))
    manager.look("convention nouvelle")
    form = manager.main
    expect(form.get_by_role("checkbox", name=re.compile(POST))).to_be_checked()
    form.get_by_label("Fait à").fill("Bapaume")
    form.get_by_label("La convention reconduit un poste existant").uncheck()
    manager.press("Préparer la convention")
    manager.told("est préparée")
    manager.look("convention texte")
    return manager.path


def tab(person: Visitor, name: str) -> None:
    person.page.get_by_role("navigation", name="Rubriques de la convention").get_by_role("link", name=name).click()


def row(person: Visitor, text: str) -> Locator:
    return person.main.get_by_role("row").filter(has_text=text)


def complete_the_convention(manager: Visitor) -> None:
    """Every clause is filled, every local authority has an enforceable vote."""
    tab(manager, "Parties")
    manager.look("convention parties")
    for body, assembly in VOTERS.items():
        manager.follow("Modifier", within=row(manager, body))
        form = manager.main
        form.get_by_text("Saisir une délibération nouvelle").click()
        form.get_by_label("Numéro").fill(VOTE)
        form.get_by_label("Date du vote").fill(FIRST_DAY)
        form.get_by_label("Assemblée").fill(assembly)
        form.get_by_label("Transmise au préfet le").fill(FIRST_DAY)
        form.get_by_label("Publiée le").fill(FIRST_DAY)
        manager.look("partie")
        manager.press("Enregistrer la partie")
        manager.told("la partie est enregistrée")
        expect(row(manager, body)).to_contain_text("Exécutoire")
    tab(manager, "Texte")
    manager.follow("la clause « Suivi, évaluation")
    add_to_the_clause(manager, "Le premier rapport couvre l'année entière.")
    tab(manager, "Plan")
    manager.look("convention plan")
    expect(manager.main).to_contain_text(THIRD)
    tab(manager, "Contrôles")
    manager.look("convention contrôles")
    expect(manager.main).not_to_contain_text("Bloquant")


def add_to_the_clause(manager: Visitor, sentence: str) -> None:
    text = manager.field("Texte")
    manager.look("clause")
    text.fill(f"{text.input_value()}\n\n{sentence}")
    manager.press("Enregistrer la clause")
    manager.told("est enregistrée")
    expect(manager.main).to_contain_text(sentence)


def submit(manager: Visitor) -> None:
    manager.confirm("Soumettre à la préfecture")
    manager.told("est soumise à la préfecture")
    manager.look("convention soumise")


# --- The préfecture ---------------------------------------------------------------------------------------------------


def open_the_review(reviewer: Visitor) -> None:
    reviewer.menu("À faire")
    reviewer.look("accueil")
    reviewer.follow("Instruire la convention")
    expect(reviewer.heading).to_contain_text("Relire la convention")


def send_back(reviewer: Visitor) -> None:
    open_the_review(reviewer)
    clause = reviewer.page.locator("#clause-evaluation")
    expect(clause.locator("ins").first).to_be_visible()
    reviewer.look("revue")
    clause.get_by_text("Commenter").click()
    clause.get_by_label("Commentaire sur la clause").fill(REMARK)
    reviewer.press("Enregistrer le commentaire", within=clause)
    reviewer.told("Votre commentaire est enregistré.")
    expect(reviewer.page.locator("#clause-evaluation")).to_contain_text(REMARK)
    reviewer.look("revue commentée")
    reviewer.main.get_by_label("Ce qui est à corriger").fill("Une date manque.")
    reviewer.press("Renvoyer pour correction")
    reviewer.told("est renvoyée au gestionnaire")
    reviewer.look("convention renvoyée")


def answer_and_submit_again(manager: Visitor) -> None:
    manager.menu("À faire")
    manager.look("accueil")
    manager.follow("Corriger la convention")
    expect(manager.main).to_contain_text("Une date manque.")
    clause = manager.page.locator("#clause-evaluation")
    expect(clause).to_contain_text(REMARK)
    manager.look("convention à corriger")
    expect(manager.main).to_contain_text("Ce qui peut être modifié")
    clause.get_by_role("link", name="Modifier la clause « Suivi, évaluation").click()
    add_to_the_clause(manager, SENTENCE)
    clause.get_by_text("Répondre").click()
    clause.get_by_label("Ce qui a été fait").fill(ANSWER)
    manager.press("Enregistrer la réponse", within=clause)
    manager.told("Votre message est enregistré")
    expect(clause).to_contain_text("Commentaire répondu")
    manager.confirm("Soumettre à la préfecture")
    manager.told("est soumise à la préfecture")


def approve(reviewer: Visitor) -> None:
    open_the_review(reviewer)
    expect(reviewer.main).to_contain_text(ANSWER)
    reviewer.press("Approuver la convention")
    reviewer.page.get_by_role("dialog").get_by_role("button", name="Approuver").click()
    reviewer.told("est approuvée")
    reviewer.look("convention approuvée")


# --- Signatures and papers --------------------------------------------------------------------------------------------


def collect_the_signatures(manager: Visitor) -> None:
    manager.menu("À faire")
    manager.follow("Mettre en signature la convention")
    manager.look("convention à mettre en signature")
    manager.confirm("Mettre en signature")
    manager.told("est en signature")
    manager.look("signatures")
    record = manager.page.get_by_role("button", name="Enregistrer la signature pour")
    expect(record).to_have_count(4)
    for left in (3, 2, 1, 0):
        line = manager.main.get_by_role("row").filter(has=record).first
        line.get_by_label("Signé le").fill(TODAY.isoformat())
        record.first.click()
        manager.told("est enregistrée")
        expect(record).to_have_count(left)
    expect(manager.main).to_contain_text("Signée")
    manager.look("signatures recueillies")
    tab(manager, "Historique")
    manager.look("convention historique")
    for step in ("Soumise", "Renvoyée", "Approuvée", "Mise en signature", "Signée par toutes"):
        expect(manager.main).to_contain_text(step)


def check_the_convention_pdf(manager: Visitor) -> bytes:
    """The sealed file: who binds themselves, for how much in figures and in words, and the clause as agreed."""
    name, content = manager.download(manager.main.get_by_role("link", name="Télécharger le PDF"))
    assert name.endswith(".pdf")
    words = text_of(content)
    reference = manager.heading.inner_text().removeprefix("Convention ")
    for expected in (
        reference,
        "Département du Pas-de-Calais",
        "Communauté de communes du Sud-Artois",
        "Jacques BILLANT",
        "Jean-Jacques COTTEL",
        "14 000",
        "quatorze mille euros",
        SENTENCE,
        "Bapaume",
    ):
        assert expected.lower() in words.lower().replace("’", "'"), f"{expected} manque dans le PDF :\n{words[:3000]}"
    return content


def plan_is_committed(manager: Visitor, plan: str) -> None:
    manager.open(plan, "plan engagé")
    expect(manager.main.get_by_text("Engagé", exact=True).first).to_be_visible()
    expect(manager.main.get_by_role("link", name="Modifier le plan")).to_have_count(0)
    manager.menu("Titres")
    manager.look("titres du territoire")
    expect(row(manager, POST)).to_have_count(2)


# --- The finance officers ---------------------------------------------------------------------------------------------


def export_the_titres(officer: Visitor) -> tuple[str, str]:
    """The addresses of a titre and of a batch."""
    officer.open("/")
    expect(officer.main).to_contain_text("Exporter 4 titres prêts")
    officer.look("accueil finances")
    officer.menu("Titres")
    officer.look("titres")
    lines = row(officer, POST)
    expect(lines).to_have_count(2)
    for line in lines.all():
        expect(line).to_contain_text(THIRD)
        expect(line).to_contain_text("Prêt")
    lines.first.get_by_role("link").first.click()
    officer.look("titre")
    titre = officer.path
    statement = officer.main.get_by_role("link", name="Décompte (PDF)").get_attribute("href")
    words = text_of(officer.fetch(str(statement)))
    assert "14 000,00" in words
    assert POST in words
    officer.menu("Titres")
    officer.follow("Exporter")
    officer.look("titres à exporter")
    batch = export_year(officer, YEAR, "CSV")
    _, content = officer.download(officer.page.locator(f"main a[href='{batch}']"))
    check_csv(content, YEAR)
    other = export_year(officer, 2023, "XLSX")
    name, content = officer.download(officer.page.locator(f"main a[href='{other}']"))
    assert name.endswith(".xlsx")
    check_xlsx(content)
    officer.menu("Titres")
    for line in row(officer, POST).all():
        expect(line).to_contain_text("Exporté")
    officer.open("/titres/exporter/", "rien à exporter")
    expect(officer.main).to_contain_text("Rien à exporter")
    return titre, batch


def export_year(officer: Visitor, year: int, file_format: str) -> str:
    """Export one year; the address of the file made."""
    officer.open("/titres/exporter/")
    officer.press(re.compile(rf"Exporter en {file_format} .* l’exercice {year}"))
    officer.look("lots")
    made = row(officer, "Nouveau").get_by_role("link", name="Télécharger")
    return str(made.get_attribute("href"))


def see_what_is_owed(officer: Visitor) -> None:
    """The post of Boulogne (A04) was vacant from June 2022: five months of twelve are claimed, not the year."""
    officer.look("accueil")
    officer.menu("Titres")
    officer.follow("À payer")
    officer.look("à payer")
    debts = officer.main.get_by_role("row").filter(has_text="Poste ISC Boulonnais")
    expect(debts).to_have_count(2)
    expect(debts.first).to_contain_text(re.compile(r"22\s409,00\s€"))
    expect(debts.last).to_contain_text(re.compile(r"20\s045,00\s€.*8\s352,08\s€", re.DOTALL))
    debts.last.get_by_role("link").first.click()
    expect(officer.heading).to_contain_text(re.compile(r"8\s352,08\s€"))
    officer.look("titre dû")
    statement = officer.main.get_by_role("link", name="Décompte (PDF)").get_attribute("href")
    assert "8 352,08" in text_of(officer.fetch(str(statement)))


def nothing_of_the_others(officer: Visitor, plan: str, convention: str, titre: str, batch: str) -> None:
    """Another body's plan, convention, titre and files do not exist for this one: page, file and API."""
    for address in (plan, convention, f"{convention}convention.pdf", titre, f"{titre}decompte.pdf", batch):
        assert officer.status_of(address) == 404, f"{address} est ouvert"
    for kind, address in (("plans", plan), ("conventions", convention), ("titres", titre), ("titres-exports", batch)):
        key = address.strip("/").split("/")[-1]
        assert officer.status_of(f"/api/v1/{kind}/{key}/") == 404, f"{kind} {key} est ouvert par l'API"
        assert key not in officer.fetch(f"/api/v1/{kind}/").decode()
    assert POST not in officer.fetch("/titres/?format=csv").decode("utf-8-sig")
    officer.open(titre, "page introuvable")
    expect(officer.heading).to_contain_text("introuvable")


def read_the_bilan(manager: Visitor) -> None:
    manager.menu("Bilans")
    manager.look("bilans")
    manager.follow("Bilan 2022")
    manager.look("bilan 2022")
    expect(manager.main).to_contain_text(re.compile(r"2\s731"))
    _, content = manager.download(manager.main.get_by_role("link", name="Télécharger le PDF"))
    words = text_of(content)
    for total in ("2 731", "1 804", "522", "405"):
        assert total in words, f"{total} manque dans le bilan"
