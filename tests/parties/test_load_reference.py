"""Loading the reference data: what the tables hold afterwards, and what a second load changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from parties.models import RefCommune, RefCommuneYear, RefDepartement, RefEpci, RefEpciYear
from parties.reference.build import build_reference
from parties.reference.files import EPCI, ReferenceDataError, write_reference
from parties.reference.load import load_reference, missing_vintages

from .reference_archives import commune, epci, sources, write_archive

pytestmark = pytest.mark.django_db

TABLES = (RefDepartement, RefEpci, RefEpciYear, RefCommune, RefCommuneYear)


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the five tables, keys included: a repeated load must not even renumber."""
    return {model.__name__: sorted(model.objects.values_list()) for model in TABLES}


def files_of(tmp_path: Path, name: str, *vintages: dict[str, Any]) -> Path:
    """Reference files built from one archive per vintage, from 2021 on."""
    for rank, files in enumerate(vintages):
        write_archive(tmp_path, f"{rank}.0.0", files)
    versions = {2021 + rank: f"{rank}.0.0" for rank in range(len(vintages))}
    write_reference(build_reference(versions, packages=tmp_path), tmp_path / name)
    return tmp_path / name


ENLARGED = sources(
    epci_json=[epci("200000001", "CU du Littoral", "CU", {"62001": (101, 111), "80001": (51, 53), "62003": (8, 8)})],
    communes_json=[commune("62001", "Audinghen", 1), commune("80001", "Ault", 1), commune("62003", "L'Île", 1)],
)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return files_of(tmp_path, "files", sources(), ENLARGED, ENLARGED)


def test_the_tables_hold_what_the_files_say(directory: Path) -> None:
    report = load_reference(directory=directory)
    assert (report.departements, report.epci, report.epci_years, report.commune_years) == (2, 2, 4, 10)
    littoral = RefEpci.objects.get(siren="200000001")
    assert (littoral.name, littoral.legal_form, littoral.departement_id) == ("CU du Littoral", "CU", "62")
    in_2021 = littoral.years.of_vintage(2021).get()
    assert (in_2021.name, in_2021.legal_form, in_2021.members_count) == ("CA du Littoral", "CA", 2)
    assert (in_2021.population_municipale, in_2021.population_totale, in_2021.is_carried_over) == (150, 162, False)
    assert RefEpciYear.objects.get(epci="200000002").source_form == "METRO"
    assert littoral.years.get(vintage=2023).source_vintage == 2022
    assert littoral.years.get(vintage=2023).is_carried_over


def test_loading_twice_changes_nothing(directory: Path) -> None:
    load_reference(directory=directory)
    before = everything()
    report = load_reference(directory=directory)
    assert (report.written, report.removed) == (0, 0)
    assert everything() == before


def test_loading_again_repairs_what_was_altered(directory: Path) -> None:
    load_reference(directory=directory)
    before = {name: [row[-3:] for row in rows] for name, rows in everything().items()}
    RefEpciYear.objects.filter(epci="200000001", vintage=2021).update(population_municipale=1)
    RefCommuneYear.objects.filter(commune="62001", vintage=2021).update(epci=None)
    RefCommuneYear.objects.filter(commune="80001", vintage=2022).delete()
    RefCommuneYear.objects.create(commune_id="62004", vintage=2022, population=3)
    report = load_reference(directory=directory)
    assert (report.written, report.removed) == (3, 1)
    assert {name: sorted(row[-3:] for row in rows) for name, rows in everything().items()} == {
        name: sorted(rows) for name, rows in before.items()
    }


def test_other_vintages_are_left_alone(directory: Path) -> None:
    load_reference(vintages=[2021], directory=directory)
    load_reference(vintages=[2022], directory=directory)
    assert RefEpciYear.objects.vintages() == [2021, 2022]
    assert missing_vintages(directory=directory) == [2023]


def test_an_epci_withdrawn_by_a_corrected_release_leaves_its_year(directory: Path, tmp_path: Path) -> None:
    load_reference(directory=directory)
    corrected = files_of(tmp_path, "corrected", ENLARGED)
    report = load_reference(directory=corrected)
    assert report.removed == 2  # the métropole and its only commune, in 2021
    assert not RefEpciYear.objects.filter(epci="200000002").exists()
    assert RefEpci.objects.filter(siren="200000002").exists()


def test_a_wrong_file_or_vintage_writes_nothing(directory: Path) -> None:
    with pytest.raises(
        ReferenceDataError, match=r"Millésime absent .* : 2019\. Millésimes disponibles : 2021, 2022, 2023"
    ):
        load_reference(vintages=[2019, 2021], directory=directory)
    (directory / EPCI).write_bytes(b"damaged")
    with pytest.raises(ReferenceDataError, match="est endommagé"):
        load_reference(directory=directory)
    assert not any(model.objects.exists() for model in TABLES)


def test_command_loads_only_what_is_missing_when_asked(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("load_reference", "--vintages", "2021,2022", "--directory", str(directory))
    assert "millésimes 2021, 2022 : 2 départements, 2 EPCI (3 populations)" in capsys.readouterr().out
    call_command("load_reference", "--if-empty", "--vintages", "2021", "--directory", str(directory))
    assert capsys.readouterr().out == "Données de référence déjà chargées.\n"
    call_command("load_reference", "--if-empty", "--directory", str(directory))
    assert "Millésime 2023 : la source reprend pour les EPCI les chiffres de 2022." in capsys.readouterr().out
    call_command("load_reference", "--if-empty", "--directory", str(directory))
    assert capsys.readouterr().out == "Données de référence déjà chargées.\n"


@pytest.mark.parametrize("vintages", ["21", "2021;2022", "deux mille"])
def test_command_refuses_what_is_not_a_year(vintages: str) -> None:
    with pytest.raises(CommandError, match="n’est pas un millésime"):
        call_command("load_reference", "--vintages", vintages)


def test_reads_as_sentences(directory: Path) -> None:
    load_reference(directory=directory)
    members = RefCommuneYear.objects.members_of("200000001", 2022)
    assert [(row.commune.name, row.population) for row in members] == [("Audinghen", 101), ("L'Île", 8), ("Ault", 51)]
    assert members.total_population() == 160
    assert members.of_communes(["62001", "62003"]).total_population() == 109
    assert RefCommuneYear.objects.members_of("200000001", 2030).total_population() == 0
    populations = RefEpciYear.objects.populations(vintage=2022, sirens=["200000001", "200000002"])
    assert populations == {"200000001": 160}  # the métropole had gone by then
    assert list(RefEpciYear.objects.in_departement("62").of_vintage(2021).values_list("epci_id", flat=True)) == [
        "200000001",
        "200000002",
    ]
    assert RefEpci.objects.existing_in(2022).get().siren == "200000001"
    assert RefEpci.objects.in_departement("80").count() == 0
    assert {row.code for row in RefCommune.objects.members_of("200000001", 2021)} == {"62001", "80001"}
    assert {row.code for row in RefCommune.objects.in_departement("80")} == {"80001"}


@pytest.mark.parametrize("text", ["metropole PORT", "Métropole", "200 000 002"])
def test_epci_are_found_with_or_without_accents(directory: Path, text: str) -> None:
    load_reference(directory=directory)
    assert [row.siren for row in RefEpci.objects.named_like(text)] == ["200000002"]


@pytest.mark.parametrize("text", ["oeuf ternois", "Œuf", "62002", "216620020"])
def test_communes_are_found_by_name_or_number(directory: Path, text: str) -> None:
    load_reference(directory=directory)
    assert [row.code for row in RefCommune.objects.named_like(text)] == ["62002"]


def test_the_shipped_files_load(django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(20):
        load_reference(vintages=[2021])
    populations = RefEpciYear.objects.populations(vintage=2021, sirens=["200069037", "246201016"])
    assert populations == {"200069037": 105_169, "246201016": 24_170}
    assert RefCommuneYear.objects.members_of("246201016", 2021).count() == 36
