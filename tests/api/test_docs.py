"""The published description: complete, valid, in French, and readable as a page."""

from __future__ import annotations

import re

import pytest
import yaml
from django.core.management import call_command
from django.urls import reverse
from drf_spectacular.generators import SchemaGenerator

from tests.api.test_acts import WRITES
from tests.api.test_reads import LISTINGS
from tests.api.world import ROOT


@pytest.fixture
def schema():
    return SchemaGenerator().get_schema(request=None, public=True)


def test_the_schema_is_generated_without_warning_and_valid(tmp_path):
    target = tmp_path / "schema.yml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(target))
    paths = yaml.safe_load(target.read_text(encoding="utf-8"))["paths"]
    assert "/api/v1/plans/{uuid}/" in paths


def test_the_schema_is_served_to_those_who_have_no_account(client, db):
    answer = client.get(reverse("api-schema"))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/vnd.oai.openapi")


def test_every_operation_has_a_summary_a_subject_and_says_how_it_refuses(schema):
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            where = f"{method} {path}"
            assert operation["summary"], where
            assert operation["tags"] != ["api"], where
            assert {"401", "403", "429"} <= set(operation["responses"]), where
            paged = {"page"} & {parameter["name"] for parameter in operation.get("parameters", [])}
            assert ("404" in operation["responses"]) == ("{" in path or bool(paged)), where
            assert ("409" in operation["responses"]) == (method != "get"), where


def test_no_route_escapes_the_matrix_of_roles(schema):
    """A new operation joins LISTINGS or WRITES, or is named here with the test that covers it."""
    elsewhere = {
        "get me/": "test_who_i_am",
        "get national/": "tests/reporting/test_national.py",
        "get national/{year}/": "tests/reporting/test_national_bilan.py",
        "get contributions/": "tests/reporting/test_contributions.py",
        "post contributions/": "tests/reporting/test_contributions.py",
        "get models/": "tests/conventions/test_model_api.py",
        "post models/": "tests/conventions/test_model_api.py",
        "get models/{uuid}/": "tests/conventions/test_model_api.py",
        "post models/{uuid}/publish/": "tests/conventions/test_model_api.py",
        "get reports/": "tests/reporting/test_campaign_pages.py",
        "post reports/submit/": "tests/reporting/test_campaign_pages.py",
        "get bilans/": "test_the_bilan_of_a_year",
        "get bilans/{year}/": "test_the_bilan_of_a_year",
        "get steering/risks/{year}/": "tests/reporting/test_steering_pages.py",
        "get steering/costs/{year}/": "tests/reporting/test_steering_pages.py",
        "post plans/over-years/": "tests/funding/test_modes.py",
        "get titres-returns/": "tests/funding/test_titre_api.py",
        "get titres-returns/{uuid}/": "tests/funding/test_titre_api.py",
        "get activity-lists/": "tests/posts/test_detail_api.py",
        "get posts/{uuid}/months/{year}/{month}/": "tests/posts/test_detail_api.py",
        "put posts/{uuid}/months/{year}/{month}/": "tests/posts/test_detail_api.py",
        "post posts/{uuid}/months/{year}/{month}/validate/": "tests/posts/test_detail_api.py",
        "post posts/{uuid}/months/{year}/{month}/reopen/": "tests/posts/test_detail_api.py",
        "get posts/{uuid}/people/{year}/": "tests/posts/test_detail_api.py",
        "put posts/{uuid}/people/{year}/": "tests/posts/test_detail_api.py",
        "put activity/": "test_activity_of_whom_one_employs_only",
        "get conventions/{uuid}/document/": "test_the_pdf_is_served_to_the_parties_only",
        "get conventions/{uuid}/docx/": "tests/reporting/test_docx.py",
        "post conventions/{uuid}/comments/{comment}/answer/": "test_from_a_plan_to_its_titres",
    }
    covered = set(elsewhere)
    for listing in LISTINGS:
        covered |= {f"get {listing.path}", f"get {listing.path}{{uuid}}/"}
        covered |= {f"get {listing.path}{{uuid}}/{sub.replace('1', '{number}')}" for sub in listing.subs}
    for method, path, _allowed in WRITES.values():
        covered.add(f"{method} {re.sub(r'{[a-z]+}', '{uuid}', path)}")
    offered = {
        f"{method} {path.removeprefix(ROOT)}" for path, operations in schema["paths"].items() for method in operations
    }
    assert offered == covered


def test_a_token_or_a_session_opens_every_operation(schema):
    schemes = schema["components"]["securitySchemes"]
    assert (schemes["jeton"]["type"], schemes["jeton"]["scheme"]) == ("http", "bearer")
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            assert operation["security"] == [{"jeton": []}, {"cookieAuth": []}], (method, path)


def test_amounts_are_strings_in_the_schema(schema):
    objects = schema["components"]["schemas"]
    for name, prop in (("Titre", "amount"), ("ExportBatch", "total"), ("Cost", "amount"), ("Share", "amount")):
        assert objects[name]["properties"][prop]["type"] == "string", name
        assert objects[name]["properties"][prop]["format"] == "decimal", name


def test_nothing_of_our_code_comments_is_published(schema):
    # A list of values is described by its codes and labels; any other description would be an English docstring.
    for name, thing in schema["components"]["schemas"].items():
        assert "enum" in thing or "description" not in thing, name


def test_the_page_lists_every_operation_and_its_links_lead_somewhere(client, db, schema):
    answer = client.get(reverse("api-docs"))
    assert answer.status_code == 200
    page = answer.content.decode()
    for path, operations in schema["paths"].items():
        for method in operations:
            assert f"<code>{method.upper()} {path}</code>" in page
    identifiers = re.findall(r'\bid="([^"]+)"', page)
    assert len(identifiers) == len(set(identifiers))
    targets = set(re.findall(r'href="#([^"]+)"', page))
    assert targets - set(identifiers) == set()
    assert len(targets) > 50


def test_the_page_asks_nothing_of_anybody_and_runs_no_script_of_its_own(client, db):
    answer = client.get(reverse("api-docs"))
    page = answer.content.decode()
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)
    assert " style=" not in page
    assert "<style" not in page
    assert not re.findall(r"<script(?![^>]*\bsrc=)", page)
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
