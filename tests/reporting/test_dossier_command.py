"""The commands: what they print and the status they leave."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from parties.models import Territory
from reporting.dossier.schema import schema
from tests.reporting.dossiers import DEMO, content, exported, small

pytestmark = pytest.mark.django_db


@pytest.fixture
def dossier(tmp_path: Path) -> Path:
    path = tmp_path / "dossier.json"
    path.write_bytes(content(small()))
    return path


def run(*args: Any) -> tuple[int, str]:
    """(exit status, standard output)."""
    out = StringIO()
    try:
        call_command(*[str(arg) for arg in args], stdout=out)
    except SystemExit as stop:
        return int(stop.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_a_valid_file_is_imported(dossier: Path):
    status, text = run("import_dossier", dossier)

    assert status == 0
    assert "Dossier importé" in text
    assert Territory.objects.filter(code="80").exists()


def test_a_valid_file_with_findings_is_still_valid():
    status, text = run("import_dossier", DEMO, "--check-only", "--json")

    report = json.loads(text)
    assert status == 0
    assert report["errors"] == []
    assert {tuple(sorted(finding)) for finding in report["findings"]} == {
        ("code", "computed", "message", "place", "severity", "stated")
    }
    assert not Territory.objects.filter(code="62").exists()


def test_a_broken_file_is_refused_as_a_whole(dossier: Path):
    broken = small()
    broken["organisations"][0]["siren"] = "228000015"
    broken["plans"][0]["costs"][0]["amount"] = "-1.00"
    dossier.write_bytes(content(broken))

    status, text = run("import_dossier", dossier, "--json")

    assert status == 1
    assert [error["path"] for error in json.loads(text)["errors"]] == [
        "organisations[0].siren",
        "plans[0].costs[0].amount",
    ]
    assert not Territory.objects.filter(code="80").exists()


def test_errors_are_readable_by_people(dossier: Path):
    dossier.write_text('{"format": "cosigne-dossier",', encoding="utf-8")

    status, text = run("import_dossier", dossier)

    assert status == 1
    assert "Dossier refusé : 1 erreur" in text
    assert "ligne 1, colonne" in text


def test_a_file_that_names_no_territory_says_so(dossier: Path):
    dossier.write_text('{"format": "cosigne-dossier", "version": 1}', encoding="utf-8")

    status, text = run("import_dossier", dossier, "--json")

    assert status == 1
    assert [error["path"] for error in json.loads(text)["errors"]] == ["territory"]


def test_a_missing_file_is_a_mistake_of_usage(tmp_path: Path):
    with pytest.raises(CommandError) as caught:
        run("import_dossier", tmp_path / "absent.json")

    assert caught.value.returncode == 2


def test_the_export_is_written_to_a_file(dossier: Path, tmp_path: Path):
    run("import_dossier", dossier)
    output = tmp_path / "export.json"

    status, text = run("export_dossier", "--territory", "80", "--output", output)

    assert (status, text) == (0, "")
    assert output.read_text(encoding="utf-8") == exported("80")


def test_the_export_of_an_unknown_territory_is_a_mistake_of_usage():
    with pytest.raises(CommandError) as caught:
        run("export_dossier", "--territory", "99")

    assert caught.value.returncode == 2
    assert "99" in str(caught.value)


def test_the_schema_can_be_written():
    assert json.loads(run("export_dossier", "--schema")[1]) == schema()


def test_every_finding_of_a_territory_is_listed():
    run("import_dossier", DEMO)
    status, text = run("check_territory", "--territory", "62", "--json")
    rows = json.loads(text)
    assert status == 1, "the published act has blocking findings"
    found = {(row["code"], row["place"]) for row in rows}
    # One of each family, on the real act; every row was read and judged true.
    assert {
        ("R01", "plans[isg-boulonnais-2023]"),
        ("R12", "plans[iscg-audomarois-2023].shares[epci]"),
        ("R13", "plans[isc-artois-2023]"),
        ("R15", "conventions[62-A03].period"),
        ("R15", "conventions[62-A04].period"),
        ("R15", "conventions[62-A05].period"),
        ("R20", "conventions[62-A14].clauses"),
        ("R45", "conventions[62-A17].variables.budget_deadline"),
    } <= found
    assert {place for code, place in found if code == "R20"} == {
        f"conventions[62-A{number}].clauses" for number in (14, 15, 16, 17)
    }
    assert {code for code, _ in found}.isdisjoint({"R17", "R24", "R37", "R43"})
    words = run("check_territory", "--territory", "62")[1]
    assert "365 jours sont financés hors d'elle" in words


def test_an_unknown_territory_is_said():
    with pytest.raises(CommandError, match="n'existe pas ici"):
        call_command("check_territory", "--territory", "99")
