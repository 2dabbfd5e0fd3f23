"""A partner without an account signs from the mail's link, on a telephone: reads, asks for the code, types it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core import mail
from django.db import connection, transaction
from playwright.sync_api import Browser, expect

from reporting.circuit.opening import Way, open_circuit
from reporting.models import SignatureEvidence
from tests.cast import build_cast
from tests.e2e.axe import violations
from tests.e2e.conftest import PATIENCE
from tests.e2e.pages import NARROW
from tests.reporting.circuit_world import CircuitWorld, build_world, code_in, email_of

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file .*sRGB2014:ResourceWarning")


def opened(site: str) -> CircuitWorld:
    """A circuit by code. In a thread of its own: the browser's event loop keeps the queue from being written here."""
    try:
        with transaction.atomic():
            world = build_world(build_cast())
            with world.cast.acting("gestionnaire"):
                ways = [Way(s, "code", email_of(key)) for key, s in world.signatory.items()]
                open_circuit(version=world.version, ways=ways, by=world.cast.actor("gestionnaire"), site=site)
        return world
    finally:
        connection.close()


def test_signing_by_code(live_server: Any, browser: Browser, browser_context_args: dict[str, Any]) -> None:
    with ThreadPoolExecutor(1) as elsewhere:
        world = elsewhere.submit(opened, live_server.url).result()
    with transaction.atomic():
        address = f"{live_server.url}{world.address('epci_a')}"
    context = browser.new_context(**(browser_context_args | {"viewport": NARROW}))
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(address)
    expect(page.get_by_role("heading", name="Convention 62-NEUVE")).to_be_visible()
    assert page.evaluate("document.scrollingElement.scrollWidth - window.innerWidth") <= 0
    assert violations(page) == []
    page.get_by_role("button", name="Recevoir mon code").click()
    expect(page.get_by_role("textbox", name="Code reçu")).to_be_visible()
    page.get_by_role("button", name="Signer la convention").click()
    expect(page.get_by_text("Recopiez le code à six chiffres").first).to_be_visible()
    page.get_by_role("textbox", name="Code reçu").fill(code_in(mail.outbox))
    page.get_by_role("checkbox", name="J'ai lu la convention").check()
    assert violations(page) == []
    page.get_by_role("button", name="Signer la convention").click()
    expect(page.get_by_text("Empreinte de la preuve")).to_be_visible()
    assert page.evaluate("document.scrollingElement.scrollWidth - window.innerWidth") <= 0
    context.close()
    with transaction.atomic(), world.cast.acting("gestionnaire"):
        proof = SignatureEvidence.objects.get()
    assert proof.content["adresse"] == email_of("epci_a")
    assert "Chrom" in proof.content["connexion"]["navigateur"]
