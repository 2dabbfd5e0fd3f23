"""From a fresh start, the demonstration's employers export their titres as the accountant takes them."""

from __future__ import annotations

import io
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import call_command

from conventions.services.models_library import load_shipped_models
from funding.exports.registry import FORMATS
from reporting import demo
from tests.funding.pes import conforms, tags

pytestmark = pytest.mark.django_db


def export(output: Path, siren: str, year: int, file_format: str) -> str:
    out = io.StringIO()
    arguments = ["--organisation", siren, "--year", str(year), "--format", file_format, "--output", str(output)]
    call_command("export_titres", *arguments, stdout=out)
    return out.getvalue().replace("\u202f", " ")


def test_the_demonstration_s_titres_leave_as_pes_and_for_magnus(tmp_path: Path) -> None:
    load_shipped_models()
    demo.load_demo()
    output = tmp_path / "F"

    said = export(output, "226200012", 2023, "pes")

    assert "2 titres exportés pour 2023" in said
    contents = conforms(output.read_bytes())
    assert (contents.slips, contents.pieces) == ([("01", "47")], ["3207", "3208"])
    assert contents.total == Decimal("44818.00"), "the thirds of the act, twice 22 409 €"
    assert tags(output.read_bytes(), "IdPost") == ["062090"]

    export(output, "226200012", 2022, "pes")
    assert conforms(output.read_bytes()).total == Decimal("16704.16"), "twice 8 352,08 €: five months"

    export(output, "200035442", 2023, "magnus")
    with zipfile.ZipFile(output) as archive:
        lines = archive.read("WTAMC001.txt").decode("cp1252").splitlines()
    assert ['"14665.00"' in line for line in lines] == [True, True]
    assert set(FORMATS) >= {"csv", "xlsx", "pes", "magnus"}
