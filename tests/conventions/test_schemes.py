"""Agreements unknown to the act, ready to approve: departmental scheme, national partnership, national model."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from conventions.checks import blocking, check_convention_fully
from conventions.models import Convention
from conventions.services.models_library import load_shipped_models
from conventions.text import build_content, canonical_bytes
from conventions.text.annexes import annexes_sentence, financing_annex, job_descriptions, numbered
from conventions.text.clauses import text_of_blocks
from conventions.text.dossier import read
from core.money import parse_euros
from tests.cast import YEAR, Cast
from tests.conventions import schemes

pytestmark = pytest.mark.django_db


def content_of(convention: Convention) -> dict[str, Any]:
    content = build_content(convention)
    assert json.loads(canonical_bytes(content)) == content, "the content is plain data"
    return content


def article(content: dict[str, Any], kind: str) -> str:
    found = next(item for item in content["articles"] if item["kind"] == kind)
    return text_of_blocks(found["blocks"])


def table(content: dict[str, Any], kind: str, caption: str) -> dict[str, Any]:
    blocks = next(item for item in content["articles"] if item["kind"] == kind)["blocks"]
    return next(block for block in blocks if block.get("caption", "").startswith(caption))


def euros_of(text: str) -> Decimal:
    """The amount of a cell, whatever notes follow it."""
    return parse_euros(text.split("\u00a0(")[0])


@pytest.fixture
def scheme(cast: Cast) -> Convention:
    with cast.acting("gestionnaire"):
        return schemes.scheme(cast)


def test_a_scheme_of_twenty_is_ready_to_approve(cast, scheme):
    with cast.acting("gestionnaire"):
        content = content_of(scheme)

        assert len(content["parties"]) == len(content["signatories"]) == content["closing"]["copies"] == 20
        assert content["title"].endswith(f"{YEAR}-{YEAR + 2}")
        assert "vingt exemplaires originaux" in article(content, "signatures")
        assert "sept postes" in article(content, "postes")
        assert "trois ans" in article(content, "duree")
        employers = (
            "le Département du Pas-de-Calais",
            "la Communauté d'agglomération du Boulonnais",
            "la Communauté de communes du Sud-Artois",
            "l'association France Victimes 62",
        )
        assert all(employer in article(content, "objet") for employer in employers)
        # What is left is true of it: nobody voted yet.
        assert {finding.code for finding in blocking(check_convention_fully(scheme), at_signature=True)} == {"R32"}


def test_financers_by_year_add_up_and_carry_their_notes(cast, scheme):
    with cast.acting("gestionnaire"):
        content = content_of(scheme)
        found = table(content, "financement", "Contributions par financeur")

        assert found["head"] == ["Financeur", *map(str, schemes.YEARS), "Total"]
        assert len(found["rows"]) == 2 + len(schemes.NAMES) + 1, "the State, the Département and each EPCI that pays"
        for column in range(1, 5):
            assert sum(euros_of(row[column]) for row in found["rows"]) == euros_of(found["foot"][column])
        for row in found["rows"]:
            assert sum(euros_of(cell) for cell in row[1:4]) == euros_of(row[4])
        state = next(row for row in found["rows"] if row[0] == "État")
        assert [cell.endswith("\u00a0(1)") for cell in state[1:]] == [False, True, True, False]
        assert f"(1) {schemes.SHARED_NOTE}" in article(content, "financement")
        figures = sum(Decimal(line["amount"]) for plan in content["figures"] for line in plan["lines"])
        assert figures == euros_of(found["foot"][4]), "the table and the data are the same money"


def test_the_detail_post_by_post_is_the_same_money(cast, scheme):
    with cast.acting("gestionnaire"):
        content = content_of(scheme)
        detail = table(content, "financement", "Détail par poste")
        whole = table(content, "financement", "Contributions par financeur")

        assert detail["foot"][1:] == whole["foot"][1:]
        posts = [row for row in detail["rows"] if not row[0].startswith("–")]
        assert [row[0] for row in posts] == [f"Poste {key.upper()}, dont :" for key in schemes.POSTS]
        lines = [row for row in detail["rows"] if row[0].startswith("–")]
        for column in range(1, 5):
            assert sum(euros_of(row[column]) for row in lines) == euros_of(detail["foot"][column])
            assert sum(euros_of(row[column].strip("()")) for row in posts) == euros_of(detail["foot"][column])


def test_a_merged_plan_is_divided_among_its_posts(cast, scheme):
    with cast.acting("gestionnaire"):
        plan = cast.plan[f"un-{YEAR}"]
        plan.plan_posts.create(post=cast.post["deux"], weight=1)
        plan.shares.filter(financer=cast.org["departement"]).update(amount=Decimal("10000.01"))
        content = content_of(scheme)
        detail = table(content, "financement", "Détail par poste")
        whole = table(content, "financement", "Contributions par financeur")

        assert detail["foot"][1] == whole["foot"][1], "to the cent"


def test_an_unknown_amount_is_said_and_no_total_counts_it(cast, scheme):
    with cast.acting("gestionnaire"):
        cast.plan[f"un-{YEAR}"].shares.filter(financer=cast.org["epci_1"]).update(amount=None)
        content = content_of(scheme)
        found = table(content, "financement", "Contributions par financeur")

        row = next(row for row in found["rows"] if row[0] == "Communauté de communes du Ternois")
        assert row[1] == row[4] == "non chiffré"
        assert found["foot"][0] == "Total des contributions chiffrées"
        known = sum(euros_of(row[1]) for row in found["rows"] if row[1] != "non chiffré")
        assert known == euros_of(found["foot"][1])
        assert "coût prévisionnel de l’ensemble" not in article(content, "financement")


def test_a_mixed_scheme_has_titres_and_grants_and_their_mandatory_clauses(cast, scheme):
    with cast.acting("gestionnaire"):
        kinds = {item["kind"] for item in content_of(scheme)["articles"]}

        assert {"recouvrement", "versement", "emploi_fonds", "fonds_dedies"} <= kinds
        scheme.clauses.create(kind="emploi_fonds", removed=True)
        found = {finding.code for finding in check_convention_fully(scheme)}
        assert {"R20", "R33"} <= found, "a grant over the threshold must say how it is used"


def test_annexes_are_built_from_the_data(cast, scheme):
    with cast.acting("gestionnaire"):
        draft = read(scheme)
        jobs, financing = job_descriptions(draft), financing_annex(draft)

        assert financing is not None
        annexes = numbered([financing, *jobs])
        assert [annex["number"] for annex in annexes] == list(range(1, 9))
        assert jobs[0]["title"] == "Fiche de poste – Poste UN"
        facts = dict(jobs[0]["blocks"][0]["rows"])
        assert facts["Emploi"] == "Intervenant social en commissariat"
        assert facts["Employeur"] == "Le Département du Pas-de-Calais"
        costs = [block for block in financing["blocks"] if block.get("caption", "").startswith("Coût prévisionnel")]
        assert len(costs) == len(schemes.POSTS) * len(schemes.YEARS)
        sentence = annexes_sentence(annex["title"] for annex in annexes[:2])
        assert sentence == "annexe 1, plan de financement et annexe 2, fiche de poste – Poste UN"


def test_a_national_partnership_renews_itself_and_reports_each_year(cast):
    with cast.acting("gestionnaire"):
        convention = schemes.partnership(cast)
        content = content_of(convention)

        assert "dans la limite de deux fois, par périodes d'un an" in article(content, "reconduction")
        assert f"31 décembre {YEAR + 2}" in article(content, "reconduction")
        assert f"30 septembre {YEAR}" in article(content, "reconduction"), "three months before the end"
        assert "deux sièges de son conseil d’administration" in article(content, "gouvernance")
        assert "rapport annuel" in article(content, "evaluation")
        assert "60\u202f000,00" in article(content, "financement")
        assert {f.code for f in blocking(check_convention_fully(convention), at_signature=True)} == {"R32"}


def test_a_partnership_without_limit_says_so(cast):
    with cast.acting("gestionnaire"):
        text = article(content_of(schemes.partnership(cast, limit=None)), "reconduction")

        assert "tant qu’aucune partie ne s’y oppose" in text
        assert "au-delà du" not in text


def test_the_national_model_leaves_its_blanks_for_the_pen(cast):
    with cast.acting("gestionnaire"):
        content = content_of(schemes.national(cast))

        assert "trois ans" in article(content, "duree")
        assert "……… heures hebdomadaires" in article(content, "temps_travail")
        assert "annexe financière" in article(content, "financement"), "two years have no plan yet"
        assert table(content, "financement", "Contributions par financeur")["head"] == ["Financeur", str(YEAR)]


def test_a_scheme_is_prepared_from_the_page(cast):
    with cast.acting("gestionnaire"):
        load_shipped_models()
        plans = schemes.scheme_plans(cast)
    client = cast.client("gestionnaire")
    data = {
        "reference": "62-PAGE",
        "plans": [plan.pk for plan in plans],
        "period_start": f"{YEAR}-01-01",
        "period_end": f"{YEAR + 2}-12-31",
        "notice_months": 3,
    }

    refused = client.post(reverse("convention-create"), data)
    made = client.post(reverse("convention-create"), data | {"family": "F4"})

    assert refused.status_code == 422
    assert "choisissez la famille F4" in refused.content.decode().replace("&#x27;", "'")
    assert made.status_code == 302
    with cast.acting("gestionnaire"):
        convention = Convention.objects.get(reference="62-PAGE")
        assert (convention.family, convention.parties.count()) == ("F4", 20)
        assert convention.parties.filter(roles__contains=["employeur"]).count() == 4
