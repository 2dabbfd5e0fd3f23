"""The fifteen agreements of the published act: each gives, from its data, a text that can be approved and printed."""

from __future__ import annotations

import re
from typing import Any

import pytest

from conventions.checks import blocking, check_convention_fully
from conventions.enums import Family
from conventions.models import Convention
from conventions.services.models_library import load_shipped_models
from conventions.text import build_content, canonical_bytes
from conventions.text.clauses import text_of_blocks
from conventions.text.reading import sections_of
from core import rls
from parties.actors import Actor
from parties.models import Territory
from reporting.dossier.territory import import_file
from reporting.pdf.convention import check_convention
from tests.reporting.dossiers import DEMO

pytestmark = pytest.mark.django_db

ACT = [f"62-A{rank:02}" for rank in range(3, 18)]
LATEST = {Family.F1: 2, Family.F2: 2, Family.F3: 2, Family.F5: 1}
#: Articles of laws the texts cite by a bare number: loi 2007-297 (5), loi 2000-321 (10), RGPD (28), code civil (1367).
STATUTES = (5, 10, 28, 1367)
#: Reference → clauses that must be there, and words only its own data give.
SAYS = {
    "62-A03": ("sort_agent", "deux", "commissariat"),
    "62-A06": ("convention_mere", "22\u202f409,00", "62-A04"),
    "62-A07": ("convention_mere", "6\u202f450,00", "62-A05"),
    "62-A09": ("denonciation", "un délai suffisant", "tribunal administratif de Lille"),
    "62-A13": ("financement", "4/12", "quatre mois"),
    "62-A15": ("emploi_fonds", "France Victimes 62", "41,78"),
}


def words(content: dict[str, Any]) -> str:
    return "\n".join(
        [
            *(party["designation"] for party in content["parties"]),
            *(f"{s.heading}\n{text_of_blocks(s.blocks)}" for s in sections_of(content)),
            *(
                cell
                for article in content["articles"]
                for block in article["blocks"]
                for row in block.get("rows", [])
                for cell in row
            ),
        ]
    )


@pytest.fixture
def staff() -> Actor:
    load_shipped_models()
    import_file(DEMO.read_bytes())
    return Actor.system(Territory.objects.get(code="62"))


def test_all_fifteen_give_a_text_that_can_be_approved_and_printed(staff):
    with rls.acting(staff.context):
        conventions = list(Convention.objects.order_by("reference"))
        contents = {convention.reference: build_content(convention) for convention in conventions}
        blocked = {c.reference: blocking(check_convention_fully(c), at_signature=True) for c in conventions}

    assert list(contents) == ACT
    for convention in conventions:
        assert convention.template is not None, convention.reference
        assert convention.template.version == LATEST[Family(convention.family)]
        # What still blocks is true of the act (votes, names, counts as published): never a hole in our wording.
        assert not {finding.code for finding in blocked[convention.reference]} & {"T01", "R33"}, convention.reference
    for reference, content in contents.items():
        complete(reference, content)
    for reference, (kind, *expected) in SAYS.items():
        assert kind in {article["kind"] for article in contents[reference]["articles"]}, reference
        for found in expected:
            assert found in words(contents[reference]), f"{reference} : {found}"


def complete(reference: str, content: dict[str, Any]) -> None:
    """No hole, no mark of the clause language, signatories, articles one after the other, references to them."""
    text = words(content)
    assert canonical_bytes(content)
    check_convention(content)
    assert not re.search(r"\[à |\{\{|\*\*|\bNone\b|  ", text), reference
    assert not re.search(r"\b(?:de|à) (?:le|les) [A-ZÉ]", text), reference
    assert len(content["signatories"]) >= 2, reference
    numbers = [article["number"] for article in content["articles"]]
    assert numbers == list(range(1, len(numbers) + 1)), reference
    of_the_text = re.sub(r"article \d+ (?:du règlement|de la loi)|article L\. [\d-]+", "", text)
    cited = {int(number) for number in re.findall(r"de l’article (\d+)", of_the_text)}
    assert cited, reference
    assert cited <= {*numbers, *STATUTES}, reference
