"""Linking a program: the pages of API tokens, wide and on a telephone, from making one to stopping it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.pages import NARROW, Visitor, no_fault
from tests.e2e.people import SUD_ARTOIS

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("shape", ["wide", "narrow"])
def test_a_token_is_made_copied_and_stopped(visitor, shape: str) -> None:
    options = {"viewport": NARROW} if shape == "narrow" else {}
    officer: Visitor = visitor(SUD_ARTOIS, **options)
    name = f"Gestion financière {shape}"
    with no_fault(officer):
        officer.open("/mon-compte/")
        officer.follow("Voir les jetons d’API")
        officer.look("jetons, aucun")
        officer.follow("Créer un jeton")
        officer.look("jeton nouveau")
        officer.press("Créer le jeton")
        officer.look("jeton refusé")
        officer.field("Nom").fill(name)
        officer.field("Consulter les titres").check()
        officer.press("Créer le jeton")
        expect(officer.heading).to_contain_text("est créé")
        officer.look("jeton créé")
        secret = officer.field("À placer dans le logiciel").input_value()
        assert re.fullmatch(r"cosigne_[a-z0-9]{8}_[A-Za-z0-9_-]{43}", secret)
        assert called(officer, secret) == 200
        officer.follow("Revenir aux jetons")
        officer.main.get_by_text("Révoquer", exact=True).first.click()
        officer.look("jetons, un")
        assert officer.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        officer.press(f"Révoquer « {name} »")
        officer.told("est révoqué")
        assert called(officer, secret) == 401


def called(officer: Visitor, secret: str) -> int:
    """What the API answers to a program presenting ``secret``."""
    headers = {"Authorization": f"Bearer {secret}"}
    return officer.page.request.get(f"{officer.url}/api/v1/titres/", headers=headers).status
