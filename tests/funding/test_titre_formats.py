"""One interface behind every export format: names offered everywhere, refusals, rows written as they come."""

import io
import weakref
from collections.abc import Iterable
from typing import IO, Any

import pytest

from core.errors import BusinessError, InvalidInput
from core.findings import Finding, Severity
from funding.exports import registry
from funding.exports.base import BatchHead, ExportFormat
from funding.exports.columns import Entry
from funding.models import ExportBatch, Titre
from funding.services.titre_exports import export_titres
from funding.services.titres import propose_titres
from tests.funding.titre_world import World, make_world, sud_artois_2023

pytestmark = pytest.mark.django_db


class Lines(ExportFormat):
    """A layout of one line per titre, which refuses small amounts and counts what it was told beforehand."""

    name, label, extension, media_type = "lignes", "Lignes", "txt", "text/plain"

    def check(self, titres: Iterable[Titre], settings: Any) -> Iterable[Finding]:
        for titre in titres:
            if titre.amount < 10000:
                yield Finding("X1", Severity.BLOCKING, titre.entry_id, f"{titre.debtor} : montant trop petit.")

    def write(self, stream: IO[bytes], rows: Iterable[Entry], batch: BatchHead) -> None:
        stream.write(f"{batch.count} {batch.parts[0].total}\n".encode())
        for row in rows:
            stream.write(f"{row.titre.entry_id}\n".encode())


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setitem(registry.FORMATS, "lignes", Lines())
    return make_world()


def test_a_new_format_is_offered_and_writes_what_it_is_given(world: World, client: Any) -> None:
    with world.acting():
        propose_titres(plan=sud_artois_2023(world), by=world.system)
    officer = world.actor(world.sud_artois)
    client.force_login(officer.user)
    assert "Exporter en Lignes" in client.get("/titres/exporter/").content.decode()
    with world.acting(officer):
        batch = export_titres(issuer=world.sud_artois, year=2023, file_format="lignes", by=officer)
    assert batch.filename == "titres-200035442-2023-lot1.txt"
    answer = client.get(f"/titres/lots/{batch.uuid}/fichier/")
    lines = b"".join(answer).decode().splitlines()
    assert lines[0] == "2 29330.00"
    assert sorted(lines[1:]) == ["62-2023-200035442-plan-a12-s1", "62-2023-200035442-plan-a12-s2"]
    assert answer["Content-Type"] == "text/plain"


def test_what_a_format_finds_blocking_stops_the_export(world: World) -> None:
    with world.acting():
        plan = world.plan(
            employer=world.ternois, key="p", year=2023, shares=[(world.etat, "500"), (world.departement, "600")]
        )
        propose_titres(plan=plan, by=world.system)
        with pytest.raises(BusinessError, match=r"montant trop petit\. Et 1 autre point"):
            export_titres(issuer=world.ternois, year=2023, file_format="lignes", by=world.system)
        assert not ExportBatch.objects.exists()
        assert set(Titre.objects.values_list("status", flat=True)) == {"pret"}


def test_an_unknown_format_is_refused_by_name(world: World) -> None:
    with world.acting(), pytest.raises(InvalidInput, match=r"CSV, XLSX, .* ou LIGNES"):
        export_titres(issuer=world.ternois, year=2023, file_format="pdf", by=world.system)


@pytest.mark.parametrize("name", ["csv", "xlsx"])
def test_rows_are_pulled_one_by_one(world: World, name: str) -> None:
    """Each row is written before the next is asked for: nothing gathers them."""
    with world.acting():
        plan = sud_artois_2023(world)
        titres = propose_titres(plan=plan, by=world.system)
        alive: list[int] = []

        def rows() -> Iterable[Entry]:
            references = []
            for _ in range(200):
                entry = Entry(titres[0], titres[0].created_at.date())
                references.append(weakref.ref(entry))
                yield entry
                del entry
                alive.append(sum(1 for each in references if each() is not None))

        head = BatchHead(world.sud_artois, 2023, 1, titres[0].created_at, ())
        stream = io.BytesIO()
        registry.get_format(name).write(stream, rows(), head)
    assert max(alive) <= 2
    assert len(stream.getvalue()) > 1000
