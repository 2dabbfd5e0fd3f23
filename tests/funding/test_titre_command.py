"""`export_titres` on the command line: counts, refusals, files whole or absent."""

import datetime as dt
import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from core import rls
from funding.models import ExportBatch, Titre
from parties.actors import Actor
from parties.enums import OrganisationKind
from parties.models import Organisation, Territory
from posts.models import Occupancy
from tests.funding.titre_world import World, content_of, make_world, sud_artois_2023

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    world = make_world()
    with world.acting():
        sud_artois_2023(world)
    return world


def run(output: Path, *extra: str, siren: str = "200035442", year: int = 2023, file_format: str = "csv") -> str:
    out = io.StringIO()
    call_command(
        "export_titres",
        "--organisation",
        siren,
        "--year",
        str(year),
        "--format",
        file_format,
        "--output",
        str(output),
        *extra,
        stdout=out,
        stderr=out,
    )
    return out.getvalue().replace("\u202f", " ")


def test_prepares_exports_and_counts(world: World, tmp_path: Path) -> None:
    output = tmp_path / "titres.csv"
    message = run(output)
    assert message.startswith("2 titres exportés pour 2023 (CC du Sud-Artois), total 29 330,00 € : lot n° 1")
    with world.acting():
        assert output.read_bytes() == content_of(ExportBatch.objects.get())
    assert list(tmp_path.iterdir()) == [output]


def test_again_gives_the_same_bytes(world: World, tmp_path: Path) -> None:
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    run(first)
    with pytest.raises(CommandError, match=r"Rien de nouveau.*--again"):
        run(second)
    assert not second.exists()
    assert run(second, "--again").startswith("2 titres réécrits")
    assert second.read_bytes() == first.read_bytes()
    with pytest.raises(CommandError, match="aucun fichier XLSX"):
        run(second, "--again", file_format="xlsx")
    with world.acting():
        assert ExportBatch.objects.count() == 1


def test_follows_a_vacancy_recorded_since(world: World, tmp_path: Path) -> None:
    with world.acting():
        Occupancy.objects.update(end=dt.date(2023, 6, 30))
    assert "total 14 665,00 €" in run(tmp_path / "t.xlsx", file_format="xlsx")


def test_refusals_write_nothing(world: World, tmp_path: Path) -> None:
    output = tmp_path / "titres.csv"
    output.write_text("avant")
    with pytest.raises(CommandError, match="Aucune organisation ne porte le SIREN 123456789"):
        run(output, siren="123456789")
    with pytest.raises(CommandError, match="prêt pour 2019"):
        run(output, year=2019)
    with pytest.raises(CommandError, match="dossier qui existe"):
        run(tmp_path / "absent" / "t.csv")
    with pytest.raises(CommandError, match="dossier qui existe"):
        run(tmp_path)
    assert output.read_text() == "avant"
    assert list(tmp_path.iterdir()) == [output]


def test_a_file_that_cannot_be_written_leaves_the_titres_ready(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(source: object, target: object) -> None:
        raise OSError(28, "plus d'espace disponible")

    monkeypatch.setattr("shutil.copyfileobj", full_disk)
    with pytest.raises(CommandError, match="plus d'espace"):
        run(tmp_path / "t.csv")
    with world.acting():
        assert not Titre.objects.filter(status="exporte").exists()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("bad", [["--format", "pdf"], ["--year", "vingt"]])
def test_bad_usage(world: World, tmp_path: Path, bad: list[str]) -> None:
    with pytest.raises(CommandError) as refused:
        run(tmp_path / "t.csv", *bad)
    assert bad[0] in str(refused.value)


def test_an_organisation_of_two_territories_must_be_told_apart(world: World, tmp_path: Path) -> None:
    somme = Territory.objects.get_or_create(code="80", defaults={"name": "Somme"})[0]
    with rls.acting(Actor.system(somme).context):
        Organisation.objects.create(
            territory=somme,
            key="ccsa",
            kind=OrganisationKind.EPCI,
            legal_form="CC",
            name="CC du Sud-Artois",
            siren="200035442",
        )
    with pytest.raises(CommandError, match=r"62, 80.*--territory"):
        run(tmp_path / "t.csv")
    assert "2 titres" in run(tmp_path / "t.csv", "--territory", "62")
