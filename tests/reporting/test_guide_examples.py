"""The examples of the guide's page on calculations are what the application computes on the real act, to the cent."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.conf import settings

from conventions.models import ConventionPlan
from core import rls
from core.money import euros
from funding.models import Share
from parties.actors import Actor
from parties.models import Territory
from reporting import demo
from reporting.dossier.territory import import_file

pytestmark = pytest.mark.django_db
YEAR = 2023


@pytest.fixture
def shares() -> dict[str, list[Share]]:
    """Reference of a convention → the shares of its plan of 2023."""
    import_file(demo.DOSSIER.read_bytes())
    with rls.acting(Actor.system(Territory.objects.get(code="62")).context):
        links = ConventionPlan.objects.filter(plan__year=YEAR).select_related("convention", "plan")
        return {
            link.convention.reference: list(link.plan.shares.select_related("financer", "plan__employer"))
            for link in links
        }


@pytest.fixture(scope="module")
def sections() -> dict[str, str]:
    """Reference → its section of the guide."""
    text = (settings.BASE_DIR / "docs" / "guide" / "calculs.md").read_text(encoding="utf-8")
    parts = re.split(r"^###? ", text, flags=re.MULTILINE)
    return {part[:6]: part for part in parts if part.startswith("62-")}


def spaces(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ").replace("’", "'")


def figure(amount: Decimal) -> str:
    """« 9 639 € », « 17 500,00 € »: as the guide writes it, with or without cents."""
    return spaces(euros(amount)).replace(",00 €", " €")


def test_the_examples_are_those_the_guide_announces(sections):
    assert set(sections) == {"62-A03", "62-A13", "62-A15", "62-A16", "62-A17"}


@pytest.mark.parametrize("reference", ["62-A03", "62-A13", "62-A16"])
def test_each_explanation_quoted_is_the_one_shown(shares, sections, reference):
    written = {spaces(share.explanation["text"]) for share in shares[reference]}
    quoted = {text for text in re.findall(r"`([^`]+)`", sections[reference]) if text.startswith(("1/3", "81", "18"))}
    assert quoted
    assert quoted <= written


@pytest.mark.parametrize("reference", ["62-A03", "62-A13", "62-A15", "62-A16", "62-A17"])
def test_each_member_has_its_line_and_its_amount(shares, sections, reference):
    rows = [spaces(line).replace(",00 €", " €") for line in sections[reference].splitlines() if line.startswith("| ")]
    blocks = {share.parent_id for share in shares[reference] if share.parent_id}
    told = [share for share in shares[reference] if (share.parent_id in blocks if blocks else True)]
    for share in told:
        amount, stated = figure(share.amount), share.stated.get("amount")
        row = next((row for row in rows if name_of(share) in row), None)
        assert row is not None, f"{name_of(share)} manque à {reference}"
        assert amount in row
        if "l'acte imprime" in sections[reference]:
            assert row.rstrip(" |").endswith(figure(Decimal(stated)))


def name_of(share: Share) -> str:
    """How the guide names a financer: without the end of a long official name."""
    return {"prefecture-62": "État", "departement-62": "Département"}.get(
        share.financer.key, share.financer.name.partition(",")[0]
    )
