"""Scripts off: every act is a form. A plan is written row by row, a convention goes to the préfecture."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e.people import MANAGER


def test_a_plan_row_by_row(visitor) -> None:
    manager = visitor(MANAGER, java_script_enabled=False)
    manager.open("/financements/nouveau/")
    manager.main.get_by_role("checkbox", name="Poste ISG Ternois").check()
    manager.press("Préremplir en tiers égaux")
    expect(manager.field("Employeur")).to_have_value(re.compile(".+"))
    cost = manager.field("Montant annuel")
    cost.fill("45 000")
    manager.press("Recalculer")
    expect(manager.page.locator("#equilibre")).to_contain_text(re.compile(r"couvrent exactement 45\s000,00\s€"))
    expect(cost).to_have_value("45 000")
    expect(manager.page.locator("#montant-etat")).to_have_text(re.compile(r"15\s000,00\s€"))

    # One financer more: the three others now share what it leaves.
    manager.press("Ajouter un financeur")
    extra = manager.page.locator("[data-plan-row]").nth(3)
    manager.field("Financeur", within=extra).select_option(label="CU d'Arras")
    manager.field("Mode de calcul", within=extra).select_option("fixed")
    manager.field("Montant fixe", within=extra).fill("3000")
    manager.press("Recalculer")
    expect(cost).to_have_value("45 000")
    expect(manager.page.locator("#montant-etat")).to_have_text(re.compile(r"14\s000,00\s€"))
    manager.press("Retirer cette part", within=extra)
    expect(manager.page.locator("[data-plan-row]")).to_have_count(3)

    # What is refused is said at the top, and nothing typed is lost.
    cost.fill("quarante-cinq mille")
    manager.press("Créer le plan")
    summary = manager.page.locator("[data-error-summary]")
    expect(summary).to_be_visible()
    expect(cost).to_have_value("quarante-cinq mille")
    cost.fill("45 000")
    manager.press("Créer le plan")
    manager.told("Le plan est enregistré.")
    expect(manager.main).to_contain_text(re.compile(r"couvrent exactement 45\s000,00\s€"))


def test_a_convention_is_submitted(visitor) -> None:
    manager = visitor(MANAGER, java_script_enabled=False)
    manager.open("/conventions/")
    manager.follow("62-A03")
    expect(manager.heading).to_have_text("Convention 62-A03")
    manager.press("Soumettre à la préfecture")
    manager.told("La convention 62-A03 est soumise à la préfecture.")
    expect(manager.main).to_contain_text("Soumise")
