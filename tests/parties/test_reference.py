"""Reference data of France: the shipped files, building them, reading them back."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from parties.reference.build import VERSIONS, build_reference, parse_vintages
from parties.reference.files import (
    COMMUNES,
    DEFAULT_DIRECTORY,
    EPCI,
    MANIFEST,
    CommuneYear,
    Reference,
    ReferenceDataError,
    read_reference,
    write_reference,
)

from .reference_archives import DEPARTEMENTS, commune, epci, sources, write_archive

# The official list of 2024 for the EPCI of the real deliberation: SIREN → members, municipal and total population.
PAS_DE_CALAIS_2024 = {
    "200018083": (31, 23_221, 23_824),
    "200033579": (46, 109_776, 111_727),
    "200035442": (64, 27_059, 27_789),
    "200044030": (69, 29_444, 29_950),
    "200044048": (49, 42_651, 43_198),
    "200069029": (46, 65_760, 67_416),
    "200069037": (53, 104_937, 107_574),
    "200069235": (49, 15_703, 16_478),
    "200069482": (96, 33_141, 34_069),
    "200069672": (103, 37_469, 38_122),
    "200072460": (100, 275_327, 278_431),
    "200072478": (23, 25_186, 25_550),
    "200090751": (14, 98_828, 100_079),
    "246200380": (21, 22_332, 22_673),
    "246200729": (22, 112_264, 113_742),
    "246200844": (15, 28_077, 28_445),
    "246201016": (36, 24_187, 24_650),
}


@pytest.fixture(scope="module")
def france() -> Reference:
    return read_reference()


# --- the shipped files


def test_shipped_files_hold_six_vintages_of_all_france(france: Reference) -> None:
    assert france.years == [2021, 2022, 2023, 2024, 2025, 2026]
    assert [vintage.package.rpartition("@")[2] for vintage in france.vintages] == list(VERSIONS.values())
    assert len([row for row in france.departements if len(row.code) == 2]) == 96
    for year in france.years:
        assert 1250 <= sum(row.vintage == year for row in france.epci_years) <= 1260
        assert 34_900 <= sum(row.vintage == year for row in france.commune_years) <= 35_100


def test_shipped_files_stay_small() -> None:
    assert sum(path.stat().st_size for path in DEFAULT_DIRECTORY.iterdir()) < 4_000_000


def test_population_key_of_a_real_convention(france: Reference) -> None:
    known = {row.siren: row.population_municipale for row in france.epci_years if row.vintage == 2021}
    saint_omer, lumbres = known["200069037"], known["246201016"]
    assert (saint_omer, lumbres) == (105_169, 24_170)
    share = Decimal(100 * saint_omer) / (saint_omer + lumbres)
    assert round(share, 2) == Decimal("81.31")


def test_epci_of_the_deliberation_agree_with_the_official_list_of_2024(france: Reference) -> None:
    rows = {row.siren: row for row in france.epci_years if row.vintage == 2024}
    found = {
        siren: (rows[siren].members_count, rows[siren].population_municipale, rows[siren].population_totale)
        for siren in PAS_DE_CALAIS_2024
    }
    assert found == PAS_DE_CALAIS_2024
    attached = {row.siren: row.departement for row in france.epci}
    assert {attached[siren] for siren in PAS_DE_CALAIS_2024} == {"62"}


def test_members_add_up_to_their_epci_in_every_vintage(france: Reference) -> None:
    totals: dict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0])
    for row in france.commune_years:
        if row.epci:
            totals[row.epci, row.vintage][0] += 1
            totals[row.epci, row.vintage][1] += row.population
    assert totals == {
        (row.siren, row.vintage): [row.members_count, row.population_municipale] for row in france.epci_years
    }


def test_epci_figures_that_the_source_repeats_are_marked(france: Reference) -> None:
    assert {vintage.year: vintage.figures_of for vintage in france.vintages if vintage.figures_of != vintage.year} == {
        2026: 2025
    }


# --- building


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """Three vintages: the second renames and enlarges, the third repeats the second's figures."""
    directory = tmp_path / "packages"
    directory.mkdir()
    second = sources(
        epci_json=[
            epci("200000001", "CU du Littoral", "CU", {"62001": (101, 111), "80001": (51, 53), "62003": (8, 8)})
        ],
        communes_json=[
            commune("62001", "Audinghen-sur-Mer", 106),
            commune("80001", "Ault", 50),
            commune("62003", "L'Île", 9),
        ],
    )
    write_archive(directory, "1.0.0", sources())
    write_archive(directory, "2.0.0", second)
    write_archive(directory, "3.0.0", second)
    return directory


THREE = {2021: "1.0.0", 2022: "2.0.0", 2023: "3.0.0"}


def test_names_and_forms_are_those_of_the_newest_vintage(packages: Path) -> None:
    reference = build_reference(THREE, packages=packages)
    assert [tuple(row) for row in reference.epci] == [
        ("200000001", "CU du Littoral", "CU", "62"),
        ("200000002", "Métropole du Port", "ME", "62"),
    ]
    assert [row.name for row in reference.epci_years if row.siren == "200000001"] == [
        "CA du Littoral",
        "CU du Littoral",
        "CU du Littoral",
    ]
    assert {row.code: row.name for row in reference.communes} == {
        "62001": "Audinghen-sur-Mer",
        "62002": "Œuf-en-Ternois",
        "62003": "L'Île",
        "62004": "Désert",
        "80001": "Ault",
    }


def test_population_of_a_member_is_that_of_its_epci_line(packages: Path) -> None:
    reference = build_reference(THREE, packages=packages)
    assert [row for row in reference.commune_years if row.vintage == 2021] == [
        CommuneYear("62001", 2021, 100, "200000001"),
        CommuneYear("62002", 2021, 30, "200000002"),
        CommuneYear("62003", 2021, 7, None),  # of no EPCI: the figure of communes.json
        CommuneYear("80001", 2021, 50, "200000001"),
    ]  # and none for the commune without a figure


def test_a_vintage_that_repeats_another_says_whose_figures_it_holds(packages: Path) -> None:
    reference = build_reference(THREE, packages=packages)
    assert {vintage.year: vintage.figures_of for vintage in reference.vintages} == {2021: 2021, 2022: 2022, 2023: 2022}


def test_same_archives_give_the_same_bytes_and_are_read_back(packages: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for output in (first, second):
        write_reference(build_reference(THREE, packages=packages), output)
        for path in packages.iterdir():
            os.utime(path, (0, 0))  # another date must change nothing
    for path in first.iterdir():
        assert path.read_bytes() == (second / path.name).read_bytes()
    assert read_reference(first) == build_reference(THREE, packages=packages)


LITTORAL = epci("200000001", "CA du Littoral", "CA", {"62001": (100, 110)})


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (sources(epci_json=[LITTORAL | {"populationMunicipale": 99}]), "vaut 99, la somme des membres 100"),
        (sources(epci_json=[LITTORAL | {"type": "SIVU"}]), "forme juridique inconnue « SIVU »"),
        (sources(epci_json=[LITTORAL | {"membres": []}]), "aucune commune membre"),
        (sources(epci_json=[LITTORAL, LITTORAL | {"code": "200000009"}]), "62001 appartient déjà à 200000001"),
        (sources(epci_json=[LITTORAL], communes_json=[commune("80001", "Ault", 1)]), "62001 n’existe pas"),
        (sources(communes_json=[commune("62001", "A", 1), commune("62001", "B", 2)]), "62001 figure deux fois"),
        (sources(departements_json=DEPARTEMENTS[:1]), "Département inconnu de departements.json : 80"),
    ],
)
def test_an_archive_that_contradicts_itself_is_refused(tmp_path: Path, files: dict, message: str) -> None:
    write_archive(tmp_path, "1.0.0", files)
    with pytest.raises(ReferenceDataError, match=message):
        build_reference({2021: "1.0.0"}, packages=tmp_path)


def test_an_unreadable_archive_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReferenceDataError, match=r"Archive absente : .*-9\.9\.9\.tgz"):
        build_reference({2021: "9.9.9"}, packages=tmp_path)
    write_archive(tmp_path, "1.0.0", {"epci.json": []})
    with pytest.raises(ReferenceDataError, match=r"1\.0\.0\.tgz : fichier absent de l’archive .*departements\.json"):
        build_reference({2021: "1.0.0"}, packages=tmp_path)
    (tmp_path / "etalab-decoupage-administratif-1.0.0.tgz").write_bytes(b"not an archive")
    with pytest.raises(ReferenceDataError, match=r"1\.0\.0\.tgz n’est pas lisible"):
        build_reference({2021: "1.0.0"}, packages=tmp_path)


@pytest.fixture
def fake_npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An `npm` that knows one version, « 1.0.0 », and notes how it was called."""
    write_archive(tmp_path, "1.0.0", sources())
    program = tmp_path / "npm"
    program.write_text(
        "#!/bin/sh\n"
        f'echo "$@" > "{tmp_path}/called"\n'
        'for last; do :; done\ncase "$last" in *@1.0.0) ;; *) echo "E404 $last" >&2; exit 1;; esac\n'
        f'cp "{tmp_path}"/*.tgz "$4"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    return tmp_path


def test_archives_are_obtained_with_npm_by_name(fake_npm: Path) -> None:
    reference = build_reference({2021: "1.0.0"})
    assert len(reference.epci) == 2
    called = (fake_npm / "called").read_text().split()
    assert called[0] == "pack"
    assert called[-1] == "@etalab/decoupage-administratif@1.0.0"


def test_a_version_npm_does_not_know_is_reported_with_its_words(fake_npm: Path) -> None:
    with pytest.raises(ReferenceDataError, match=r"(?s)npm n’a pas obtenu .*@7\.7\.7.*E404"):
        build_reference({2021: "7.7.7"})


def test_a_machine_without_npm_is_told_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ReferenceDataError, match=r"installez Node\.js"):
        build_reference({2021: "1.0.0"})


def test_vintages_are_chosen_by_year_or_by_version() -> None:
    assert parse_vintages("2027=7.0.0, 2021") == {2021: VERSIONS[2021], 2027: "7.0.0"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("21", "« 21 » n’est pas un millésime"),
        ("", "n’est pas un millésime"),
        ("1999", "Version du paquet inconnue pour 1999"),
    ],
)
def test_a_wrong_vintage_is_refused(text: str, message: str) -> None:
    with pytest.raises(ReferenceDataError, match=message):
        parse_vintages(text)


def test_build_command_writes_the_files_and_warns_of_repeats(
    packages: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "output"
    chosen = ",".join(f"{year}={version}" for year, version in THREE.items())
    call_command("build_reference", "--vintages", chosen, "--packages", str(packages), "--output", str(output))
    assert read_reference(output).years == [2021, 2022, 2023]
    printed = capsys.readouterr()
    assert "2021 (@etalab/decoupage-administratif@1.0.0) : 2 EPCI, 4 communes" in printed.out
    assert "republie pour 2023 les chiffres des EPCI de 2022" in printed.err


def test_build_command_leaves_the_files_alone_when_it_fails(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Archive absente"):
        call_command("build_reference", "--packages", str(tmp_path), "--output", str(tmp_path / "output"))
    assert not (tmp_path / "output").exists()


# --- reading damaged files


@pytest.fixture
def directory(packages: Path, tmp_path: Path) -> Path:
    output = tmp_path / "files"
    write_reference(build_reference(THREE, packages=packages), output)
    return output


def rewrite(path: Path, old: str, new: str) -> None:
    text = gzip.decompress(path.read_bytes()).decode()
    assert old in text
    path.write_bytes(gzip.compress(text.replace(old, new, 1).encode()))


def test_missing_files_are_named(directory: Path) -> None:
    (directory / COMMUNES).unlink()
    with pytest.raises(ReferenceDataError, match=r"communes\.csv\.gz n’existe pas"):
        read_reference(directory)
    shutil.rmtree(directory)
    with pytest.raises(ReferenceDataError, match=r"manifest\.json n’existe pas"):
        read_reference(directory)


def test_a_truncated_file_is_named(directory: Path) -> None:
    path = directory / EPCI
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(ReferenceDataError, match=r"epci\.csv\.gz est endommagé"):
        read_reference(directory)


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        (EPCI, "members_count", "members", "colonnes .* au lieu de"),
        (EPCI, ",METRO,", ",SIVU,", "forme juridique inconnue « SIVU » pour 200000002"),
        (EPCI, ",METRO,30,", ",METRO,-30,", "« -30 » n’est pas un nombre entier"),
        (COMMUNES, "Ault,", "Ault,,", "11 colonnes au lieu de 10"),
        (COMMUNES, ",7,", ",sept,", r"« sept » n’est pas un nombre entier \(commune 62003, 2021\)"),
    ],
)
def test_a_wrong_line_is_named(directory: Path, name: str, old: str, new: str, message: str) -> None:
    rewrite(directory / name, old, new)
    with pytest.raises(ReferenceDataError, match=message):
        read_reference(directory)


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        ("{", "n’est pas un fichier JSON lisible"),
        (json.dumps([1]), "est au format None"),
        (json.dumps({"format": 99}), "est au format 99"),
        (json.dumps({"format": 1, "vintages": {"2021": {}}}), "description d’un millésime incomplète"),
    ],
)
def test_a_wrong_manifest_is_named(directory: Path, manifest: str, message: str) -> None:
    (directory / MANIFEST).write_text(manifest)
    with pytest.raises(ReferenceDataError, match=message):
        read_reference(directory)
