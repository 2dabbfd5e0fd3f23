"""A territory writes its own model: values as labels, a mistake that forbids publication, the published version."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.pages import Visitor, no_fault
from tests.e2e.people import MANAGER


def test_a_model_is_copied_written_with_labels_refused_mended_and_published(visitor: Callable[..., Visitor]):
    person = visitor(MANAGER)
    page = person.page
    with no_fault(person):
        person.open("/conventions/")
        person.follow("Modèles de convention")
        person.look("modèles")
        family = page.locator("#famille-F2")
        if family.get_by_role("link", name="Écrire").count():  # left there by a first try
            person.follow("Écrire", within=family)
            person.confirm("Abandonner ce brouillon")
        person.press(re.compile("Copier pour l’adapter|Nouvelle version"), within=family)
        person.told("Le brouillon est créé")
        person.look("brouillon de modèle")
        draft = person.path

        # A wording written in the zone: typed words, then a value found by its French name, from the keyboard.
        person.open(f"{draft}clauses/litiges/variantes/standard/")
        zone = page.get_by_role("textbox", name="Texte")
        source = page.locator("#id_text")
        expect(source).to_be_hidden()
        zone.click()
        page.keyboard.press("Control+a")
        page.keyboard.press("Delete")
        page.keyboard.type("Le litige relève du ")
        search = page.get_by_label("Chercher une valeur, un renvoi, une condition")
        search.fill("TRIBUNAL competent")
        offered = page.locator(".model-palette__item:visible")
        expect(offered.filter(has_text="Tribunal compétent").first).to_contain_text("tribunal administratif de Lille")
        offered.filter(has_text="Tribunal compétent").first.focus()
        page.keyboard.press("Enter")
        expect(zone).to_be_focused()
        page.keyboard.type(".")
        expect(source).to_have_value("Le litige relève du {{ tribunal }}.")
        label = zone.locator(".chip")
        expect(label).to_have_text("Tribunal compétent, sans article")
        # It goes as one, and comes back.
        page.keyboard.press("Backspace")
        page.keyboard.press("Backspace")
        expect(source).to_have_value("Le litige relève du")
        offered.filter(has_text="Tribunal compétent").first.click()
        page.keyboard.type(".")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Liste à tirets").click()
        page.keyboard.type("un point")
        expect(source).to_have_value("Le litige relève du {{ tribunal }}.\n\n- un point")
        search.fill("partagé entre police")
        page.get_by_role("button", name="Insérer : si le poste est partagé").click()
        expect(source).to_have_value(
            "Le litige relève du {{ tribunal }}.\n\n- [si le poste est partagé entre police et gendarmerie] un point"
        )
        trial = page.locator("#essai")
        expect(trial).to_contain_text("Le litige relève du tribunal administratif de Lille.")
        person.look("texte d'un modèle")

        # A page left by mistake: what was typed is offered again, and shows with its labels.
        page.on("dialog", lambda dialog: dialog.accept())
        page.reload()
        expect(source).not_to_have_value(re.compile("un point"))
        person.press("Reprendre ma saisie")
        expect(source).to_have_value(re.compile("un point"))
        expect(zone.locator(".chip--condition")).to_have_text("si le poste est partagé entre police et gendarmerie")

        # A variable nobody knows, typed by hand: told at once, then at its place, and nothing is published.
        page.get_by_role("button", name="Texte brut").click()
        source.fill("Le litige relève du {{ tribunal }}.\n\nVoir {{ tribunaux }}.")
        expect(trial).to_contain_text("paragraphe 2, caractère 6")
        page.get_by_role("button", name="Texte brut").click()
        expect(zone.locator(".chip--unknown")).to_have_text("inconnu : tribunaux")
        person.press("Enregistrer la variante")
        person.told("est enregistrée")
        person.open(draft)
        person.press("Publier")
        person.told("Ce brouillon ne peut pas être publié : un point à corriger.")
        person.follow("paragraphe 2, caractère 6")
        expect(zone).to_be_focused()
        expect(zone.locator(".chip--here")).to_have_text("inconnu : tribunaux")
        page.keyboard.press("Backspace")
        expect(zone.locator(".chip--unknown")).to_have_count(0)
        person.press("Enregistrer la variante")
        person.told("est enregistrée")

        person.open(f"{draft}comparer/")
        expect(person.main.locator("#clause-litiges")).to_contain_text("Modifiée")
        person.look("comparaison de modèles")
        person.open(draft)
        person.confirm("Publier")
        person.told("est publiée : elle ne change plus")
        person.look("modèle publié")
