"""What comes back from the finance software: matched, previewed, applied whole or not at all, never twice."""

import csv
import datetime as dt
import io
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, InternalError, transaction
from openpyxl import load_workbook

from funding.models import ExportBatch, Receipt, ReturnImport, Titre
from funding.returns.table import guess_mapping
from funding.services.titre_exports import export_titres
from funding.services.titre_returns import ReturnRefused, apply_return
from funding.services.titres import propose_titres
from funding.titre_returns import ReturnRow
from tests.funding.titre_world import World, content_of, make_world, sud_artois_2023

pytestmark = pytest.mark.django_db
DAY = dt.date(2024, 1, 15)


@pytest.fixture
def world(time_machine: Any) -> World:
    time_machine.move_to("2024-06-15 10:00:00+02:00")
    return make_world()


def exported(world: World, file_format: str = "csv") -> ExportBatch:
    propose_titres(plan=sud_artois_2023(world), by=world.system)
    return export_titres(issuer=world.sud_artois, year=2023, file_format=file_format, by=world.system)


def filled(batch: ExportBatch, *values: dict[str, str]) -> bytes:
    """The exported CSV with its return columns filled in, line by line."""
    text = content_of(batch).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))
    for row, given in zip(rows, values, strict=False):
        row.update(given)
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, list(rows[0]), delimiter=";")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue().encode("utf-8-sig")


def first_line(**more: str) -> dict[str, str]:
    return {"num_bordereau": "7", "num_titre": "41", "date_titre": "15/01/2024"} | more


def send(client: Any, content: bytes, name: str = "retour.csv") -> Any:
    return client.post("/titres/retours/", {"file": SimpleUploadedFile(name, content)}, follow=True)


def apply(client: Any, page: Any, **more: str) -> Any:
    fields = page.context["form"]
    return client.post(
        page.request["PATH_INFO"], {n: fields[n].value() or "" for n in fields.fields} | more, follow=True
    )


def test_the_exported_file_comes_back_and_only_once(world: World, client: Any) -> None:
    with world.acting():
        batch = exported(world)
    officer = world.actor(world.sud_artois)
    client.force_login(officer.user)
    paid = first_line(date_encaissement="01/02/2024", montant_encaisse="4 665,00")
    content = filled(batch, paid, {"num_titre": "42", "date_titre": "2024-01-15"})
    page = send(client, content)
    assert "Émis : titre n° 41, bordereau 7, le 15/01/2024" in page.text
    with world.acting():
        assert not Titre.objects.exclude(status="exporte").exists()  # a preview writes nothing
    done = apply(client, page)
    assert "2 titres mis à jour." in done.text
    with world.acting():
        rows = dict(Titre.objects.values_list("number", "received"))
        assert rows == {"41": Decimal("4665.00"), "42": Decimal(0)}
        trace = ReturnImport.objects.get()
        assert (trace.changed, trace.unmatched, trace.sha256) == (2, 0, trace.file.sha256)
    page = send(client, content)
    assert "Ce fichier a déjà été appliqué" in page.text
    assert "Enregistrer ce retour" not in page.text
    apply(client, page)
    with world.acting():
        assert Receipt.objects.count() == 1
        assert ReturnImport.objects.order_by("pk").last().changed == 0
        with pytest.raises((IntegrityError, InternalError), match="ne se modifie pas"), transaction.atomic():
            ReturnImport.objects.update(changed=9)
    more = filled(batch, first_line(date_encaissement="01/03/2024", montant_encaisse="14665,00"))
    apply(client, send(client, more, "mars.csv"))
    with world.acting():
        amounts = Receipt.objects.order_by("pk").values_list("amount", flat=True)
        assert list(amounts) == [Decimal("4665.00"), Decimal("10000.00")]
        assert Titre.objects.get(number="41").status == "encaisse"


def test_the_xlsx_comes_back_too(world: World, client: Any) -> None:
    with world.acting():
        batch = exported(world, "xlsx")
    book = load_workbook(io.BytesIO(content_of(batch)))
    sheet = book.worksheets[0]
    place = {cell.value: cell.column for cell in sheet[1]}
    sheet.cell(2, place["num_titre"]).value = 41
    sheet.cell(2, place["date_titre"]).value = dt.datetime(2024, 1, 15)  # noqa: DTZ001 (a sheet has no time zone)
    sheet.cell(2, place["date_encaissement"]).value = dt.datetime(2024, 2, 1)  # noqa: DTZ001
    sheet.cell(2, place["montant_encaisse"]).value = 4665.1
    buffer = io.BytesIO()
    book.save(buffer)
    client.force_login(world.actor(world.sud_artois).user)
    apply(client, send(client, buffer.getvalue(), "retour.xlsx"))
    with world.acting():
        titre = Titre.objects.get(status="emis")
        assert (titre.number, titre.issued_on, titre.received) == ("41", DAY, Decimal("4665.10"))


@pytest.mark.parametrize(
    ("given", "column", "words"),
    [
        (first_line(date_titre="32/01/2024"), "date_titre", "32/01/2024"),
        (first_line(date_titre=""), "date_titre", "manque"),
        (first_line(montant_encaisse="beaucoup", date_encaissement="01/02/2024"), "montant_encaisse", "beaucoup"),
        (first_line(montant_encaisse="10,00"), "date_encaissement", "manque"),
        (first_line(montant_encaisse="10,00", date_encaissement="14/01/2024"), "date_encaissement", "précède"),
        ({"montant_encaisse": "10,00", "date_encaissement": "14/02/2024"}, "montant_encaisse", "sans numéro"),
    ],
)
def test_one_error_and_nothing_is_written(world: World, client: Any, given: dict, column: str, words: str) -> None:
    with world.acting():
        batch = exported(world)
    client.force_login(world.actor(world.sud_artois).user)
    page = send(client, filled(batch, given, {"num_titre": "42", "date_titre": "15/01/2024"}))
    [problem] = page.context["problems"]
    assert (problem.line, problem.column) == (2, column)
    assert words in problem.message
    assert "rien ne sera enregistré" in page.text
    assert "Rien n" in apply(client, page).text
    with world.acting():
        assert not Titre.objects.exclude(status="exporte").exists()
        assert not ReturnImport.objects.exists()


def test_other_headings_are_chosen_and_lines_without_a_titre_are_listed(world: World, client: Any) -> None:
    with world.acting():
        exported(world)
        entry = Titre.objects.first().entry_id
    content = f"Clé;Pièce;Jour\n{entry};41;15/01/2024\n99-INCONNU;43;15/01/2024\n".encode()
    client.force_login(world.actor(world.sud_artois).user)
    page = send(client, content)
    assert page.status_code == 422  # nothing says which column is the entry
    query = {"entry_id": "cle", "number": "piece", "issued_on": "jour", "meaning": "total"}
    page = client.get(page.request["PATH_INFO"], query)
    assert [row.entry_id for row in page.context["unmatched"]] == ["99-INCONNU"]
    assert "1 titre mis à jour, 1 ligne sans titre." in apply(client, page).text
    with world.acting():
        assert Titre.objects.get(number="41").entry_id == entry


def test_payments_one_by_one_are_counted(world: World) -> None:
    with world.acting():
        exported(world)
        entry = Titre.objects.first().entry_id
        row = ReturnRow(entry, "", "41", DAY, dt.date(2024, 2, 1), Decimal(100), "V1", is_total=False, line=2)
        other = ReturnRow(entry, "", "41", DAY, dt.date(2024, 2, 1), Decimal(100), "V2", is_total=False, line=3)
        for _ in range(2):
            apply_return([row, other, other], issuer=world.sud_artois, by=world.system, source="api")
        assert sorted(Receipt.objects.values_list("reference", flat=True)) == ["V1", "V2", "V2"]
        less = ReturnRow(entry, "", "41", DAY, dt.date(2024, 2, 1), Decimal(299), line=2)
        with pytest.raises(ReturnRefused, match="contre-passez"):
            apply_return([less], issuer=world.sud_artois, by=world.system, source="api")


def test_a_number_names_one_entry_and_stays(world: World) -> None:
    with world.acting():
        exported(world)
        first, second = Titre.objects.order_by("pk")

        def given(titre: Titre, number: str, line: int) -> ReturnRow:
            return ReturnRow(titre.entry_id, "", number, DAY, line=line)

        with pytest.raises(ReturnRefused, match=r"Ligne 3.*déjà celui de l'écriture"):
            apply_return(
                [given(first, "41", 2), given(second, "41", 3)], issuer=world.sud_artois, by=world.system, source="csv"
            )
        assert not Titre.objects.exclude(number="").exists()
        apply_return([given(first, "41", 2)], issuer=world.sud_artois, by=world.system, source="csv")
        with pytest.raises(ReturnRefused, match="porte déjà le n° 41"):
            apply_return([given(first, "44", 2)], issuer=world.sud_artois, by=world.system, source="csv")


def test_another_organisation_s_titres_are_never_matched(world: World, client: Any) -> None:
    with world.acting():
        batch = exported(world)
    client.force_login(world.actor(world.ternois).user)
    page = send(client, filled(batch, first_line()))
    assert len(page.context["unmatched"]) == 2
    assert not page.context["changes"]


def test_our_headings_are_recognised_before_others() -> None:
    assert guess_mapping(["titre", "num_titre", "id_ecriture"]) == {"entry_id": "id_ecriture", "number": "num_titre"}
