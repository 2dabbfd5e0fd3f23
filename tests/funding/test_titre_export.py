"""Exporting titres: the file's columns and formats, once only, frozen, kept, each organisation its own."""

import csv
import datetime as dt
import hashlib
import io
from decimal import Decimal

import pytest
from django.db import IntegrityError, InternalError, transaction
from django.utils import timezone
from openpyxl import load_workbook

from core.errors import BusinessError, Conflict, InvalidInput, NotAllowed
from funding.exports.accounts import RULES, account_of
from funding.exports.columns import COLUMNS
from funding.models import ExportBatch, Titre, TitreEvent
from funding.services.titre_exports import NothingToExport, export_titres, preview_export
from funding.services.titre_receipts import record_receipt
from funding.services.titres import propose_titres, record_issue
from parties.enums import Role
from parties.models import Organisation
from posts.models import Occupancy
from tests.funding.titre_world import World, boulogne_2022, content_of, make_world, sud_artois_2023

pytestmark = pytest.mark.django_db

HEADERS = [
    "id_ecriture",
    "sens",
    "collectivite",
    "budget",
    "exercice",
    "code_tiers",
    "siret",
    "nat_id_tiers",
    "cat_tiers",
    "nat_jur",
    "nom",
    "adr1",
    "adr2",
    "adr3",
    "cp",
    "ville",
    "objet",
    "libelle_court",
    "nature",
    "fonction",
    "chapitre",
    "service",
    "operation",
    "code_produit",
    "montant_ht",
    "montant_tva",
    "date_proposee",
    "num_engagement",
    "code_service",
    "convention",
    "avenant",
    "periode_debut",
    "periode_fin",
    "mois_dus",
    "assiette",
    "taux",
    "base_liquidation",
    "pieces",
    "num_bordereau",
    "num_titre",
    "date_titre",
    "date_encaissement",
    "montant_encaisse",
    "type_piece",
    "id_ecriture_origine",
    "num_titre_origine",
    "exercice_origine",
    "avances",
]


@pytest.fixture
def world() -> World:
    return make_world()


def lines(batch: ExportBatch) -> list[dict[str, str]]:
    text = content_of(batch).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))


def exported(world: World, file_format: str = "csv", **plan: object) -> ExportBatch:
    propose_titres(plan=sud_artois_2023(world, **plan), by=world.system)
    return export_titres(issuer=world.sud_artois, year=2023, file_format=file_format, by=world.system)


def test_the_csv_is_what_the_finance_software_expects(world: World) -> None:
    with world.acting():
        world.sud_artois.finance = {"collectivite": "01", "budget": "00", "tiers": {"176200016": "ETAT62"}}
        world.sud_artois.save()
        batch = exported(world)
    raw = content_of(batch)
    assert raw.startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in raw
    rows = lines(batch)
    assert list(rows[0]) == HEADERS == [column.header for column in COLUMNS]
    state = next(row for row in rows if row["nom"] == "Préfecture du Pas-de-Calais")
    today = timezone.localdate()
    assert state | {"objet": ""} == dict.fromkeys(HEADERS, "") | {
        "id_ecriture": "62-2023-200035442-plan-a12-s1",
        "sens": "R",
        "collectivite": "01",
        "budget": "00",
        "exercice": "2023",
        "code_tiers": "ETAT62",
        "siret": "17620001600017",
        "nat_id_tiers": "01",
        "cat_tiers": "20",
        "nat_jur": "07",
        "nom": "Préfecture du Pas-de-Calais",
        "adr1": "rue Ferdinand Buisson",
        "cp": "62020",
        "ville": "ARRAS CEDEX 9",
        "libelle_court": "PARTICIPATION 2023 62-A12",
        "nature": "74718",
        "montant_ht": "14665,00",
        "montant_tva": "0,00",
        "date_proposee": f"{today:%d/%m/%Y}",
        "convention": "62-A12",
        "periode_debut": "01/01/2023",
        "periode_fin": "31/12/2023",
        "mois_dus": "12",
        "assiette": "14665,00",
        "taux": "33,3333",
        "base_liquidation": "14665,00 X 12/12 MOIS = 14665,00",
        "pieces": "decompte-62-2023-200035442-plan-a12-s1.pdf",
        "type_piece": "titre",
    }
    assert state["objet"].startswith("PARTICIPATION ISC 2023 CONV 62-A12 : 14665,00 X 12/12 - DECOMPTE ")
    departement = next(row for row in rows if row["nom"] == "Pas-de-Calais")
    assert (departement["siret"], departement["nat_id_tiers"], departement["nature"]) == ("226200012", "02", "7473")


def test_the_xlsx_keeps_codes_as_text_and_amounts_as_numbers(world: World) -> None:
    with world.acting():
        batch = exported(world, "xlsx")
    sheet = load_workbook(io.BytesIO(content_of(batch))).worksheets[0]
    column = {cell.value: cell.column for cell in sheet[1]}
    row = next(r for r in (2, 3) if sheet.cell(r, column["siret"]).value == "17620001600017")
    assert sheet.cell(row, column["cp"]).value == "62020"
    assert sheet.cell(row, column["cp"]).number_format == "@"
    assert sheet.cell(row, column["montant_ht"]).value == 14665
    assert sheet.cell(row, column["montant_ht"]).data_type == "n"
    assert sheet.cell(row, column["periode_fin"]).value == dt.datetime(2023, 12, 31)  # noqa: DTZ001 (a sheet has no time zone)


def test_exported_once_then_nothing_new(world: World) -> None:
    with world.acting():
        batch = exported(world)
        assert (batch.number, batch.count, batch.total) == (1, 2, Decimal("29330.00"))
        assert batch.sha256 == hashlib.sha256(content_of(batch)).hexdigest()
        assert set(Titre.objects.values_list("status", "batch")) == {("exporte", batch.pk)}
        with pytest.raises(NothingToExport, match="lot n° 1") as refused:
            export_titres(issuer=world.sud_artois, year=2023, file_format="csv", by=world.system)
        assert refused.value.last_batch == batch
        assert ExportBatch.objects.count() == 1
        assert TitreEvent.objects.filter(act="exporter").count() == 2


def test_a_later_plan_goes_in_a_second_batch(world: World) -> None:
    with world.acting():
        exported(world)
        other = world.plan(employer=world.sud_artois, key="second", year=2023, shares=[(world.etat, "1000")])
        propose_titres(plan=other, by=world.system)
        batch = export_titres(issuer=world.sud_artois, year=2023, file_format="xlsx", by=world.system)
    assert (batch.number, batch.count, batch.total) == (2, 1, Decimal("1000.00"))


def test_a_titre_that_waits_is_left_out(world: World) -> None:
    with world.acting():
        plan = world.plan(
            employer=world.ternois, key="petit", year=2023, shares=[(world.etat, "3"), (world.departement, "500")]
        )
        propose_titres(plan=plan, by=world.system)
        preview = preview_export(issuer=world.ternois, year=2023)
        assert (preview.count, preview.total, preview.blocked) == (1, Decimal("500.00"), 1)
        batch = export_titres(issuer=world.ternois, year=2023, file_format="csv", by=world.system)
        assert [row["montant_ht"] for row in lines(batch)] == ["500,00"]


def test_without_any_titre_the_message_says_how_to_begin(world: World) -> None:
    with world.acting(), pytest.raises(NothingToExport, match="préparez d'abord") as refused:
        export_titres(issuer=world.ternois, year=2023, file_format="csv", by=world.system)
    assert refused.value.last_batch is None


def test_an_amount_overtaken_by_a_vacancy_is_not_exported(world: World) -> None:
    with world.acting():
        plan = sud_artois_2023(world)
        propose_titres(plan=plan, by=world.system)
        Occupancy.objects.filter(post__plans=plan).update(end=dt.date(2023, 6, 30))
        with pytest.raises(BusinessError, match="Actualisez"):
            export_titres(issuer=world.sud_artois, year=2023, file_format="csv", by=world.system)
        assert not ExportBatch.objects.exists()
        propose_titres(plan=plan, by=world.system)
        batch = export_titres(issuer=world.sud_artois, year=2023, file_format="csv", by=world.system)
    assert batch.total == Decimal("14665.00")


def test_formulas_are_neutralised(world: World) -> None:
    with world.acting():
        Organisation.objects.filter(pk=world.etat.pk).update(name="=HYPERLINK(0)", address1="@SUM(A1)", city="-1+1")
        csv_batch = exported(world)
        row = next(row for row in lines(csv_batch) if row["siret"] == "17620001600017")
        assert (row["nom"], row["adr1"], row["ville"]) == ("'=HYPERLINK(0)", "'@SUM(A1)", "'-1+1")
        other = world.plan(employer=world.sud_artois, key="x", year=2023, shares=[(world.etat, "1000")])
        propose_titres(plan=other, by=world.system)
        batch = export_titres(issuer=world.sud_artois, year=2023, file_format="xlsx", by=world.system)
    sheet = load_workbook(io.BytesIO(content_of(batch))).worksheets[0]
    assert all(cell.data_type != "f" for cells in sheet.iter_rows() for cell in cells)
    assert "'=HYPERLINK(0)" in {cell.value for cell in sheet[2]}


def test_the_seat_of_the_act_gives_an_address(world: World) -> None:
    with world.acting():
        Organisation.objects.filter(pk=world.departement.pk).update(
            seat="Hôtel du Département rue Ferdinand Buisson 62018 Arras Cedex 9"
        )
        row = next(row for row in lines(exported(world)) if row["nom"] == "Pas-de-Calais")
    assert [row[name] for name in ("adr1", "adr2", "cp", "ville")] == [
        "Hôtel du Département rue Ferdinand",
        "Buisson",
        "62018",
        "Arras Cedex 9",
    ]


def test_accounts_follow_the_chart_and_give_way_to_the_issuer(world: World) -> None:
    assert account_of(world.departement, world.boulonnais) == "74758"
    world.departement.finance = {"nomenclature": "M52"}
    assert account_of(world.departement, world.boulonnais) == "7475"
    world.departement.finance = {"comptes": {"epci": "70876", "246200729": "70878"}}
    assert account_of(world.departement, world.boulonnais) == "70878"
    assert account_of(world.departement, world.ternois) == "70876"
    assert len({(r.chart, r.debtor, r.issuer) for r in RULES}) == len(RULES)


@pytest.mark.parametrize(
    "change",
    [
        {"amount": Decimal("1")},
        {"subject": "AUTRE"},
        {"statement": {}},
        {"due": 1},
        {"batch": None, "status": "pret"},
    ],
)
def test_the_database_refuses_to_touch_an_exported_titre(world: World, change: dict) -> None:
    with world.acting():
        exported(world)
        with pytest.raises((IntegrityError, InternalError), match="exporté ne se modifie"), transaction.atomic():
            Titre.objects.update(**change)
        with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
            Titre.objects.filter(share_ref="s1")._raw_delete("default")
        assert Titre.objects.count() == 2


def test_the_database_refuses_to_touch_a_batch(world: World) -> None:
    with world.acting():
        exported(world)
        with pytest.raises((IntegrityError, InternalError), match="lot exporté"), transaction.atomic():
            ExportBatch.objects.update(content=b"")


def test_proposing_again_leaves_exported_titres_alone(world: World) -> None:
    with world.acting():
        batch = exported(world)
        plan = batch.titres.first().plan
        Occupancy.objects.filter(post__plans=plan).update(end=dt.date(2023, 6, 30))
        titres = propose_titres(plan=plan, by=world.system)
    assert {titre.amount for titre in titres} == {Decimal("14665.00")}


def test_then_issued_and_received(world: World) -> None:
    with world.acting():
        first, second = exported(world).titres.order_by("pk")
        day = dt.date(2024, 1, 15)
        with pytest.raises(Conflict):
            record_receipt(titre=first, amount=Decimal("1"), received_on=day, by=world.system)
        issued = record_issue(titre=first, number="12", slip_number="3", issued_on=day, by=world.system)
        assert (issued.status, issued.number) == ("emis", "12")
        with pytest.raises(InvalidInput, match="déjà attribué"):
            record_issue(titre=second, number="12", issued_on=day, by=world.system)
        record_receipt(titre=first, amount=Decimal("4665"), received_on=day, by=world.system)
        first.refresh_from_db()
        assert (first.status, first.received) == ("emis", Decimal("4665.00"))
        record_receipt(titre=first, amount=Decimal("10000"), received_on=day, by=world.system)
        paid = Titre.objects.get(pk=first.pk)
        assert (paid.status, paid.received) == ("encaisse", Decimal("14665.00"))
        assert [event.act for event in paid.events.all()] == [
            "preparer",
            "exporter",
            "emettre",
            "encaisser_partie",
            "encaisser",
        ]


def test_another_organisation_neither_sees_nor_exports(world: World) -> None:
    with world.acting():
        plan = sud_artois_2023(world)
        propose_titres(plan=plan, by=world.system)
        propose_titres(plan=boulogne_2022(world), by=world.system)
    own, debtor = world.actor(world.sud_artois), world.actor(world.boulonnais)
    with world.acting(debtor):
        assert [titre.share_ref for titre in Titre.objects.all()] == ["s2"]  # what it owes to the Département
        with pytest.raises(NotAllowed):
            export_titres(issuer=world.sud_artois, year=2023, file_format="csv", by=debtor)
        with pytest.raises(NotAllowed):
            export_titres(issuer=world.departement, year=2022, file_format="csv", by=debtor)
        with pytest.raises(NotAllowed):
            record_issue(titre=Titre.objects.get(), number="1", issued_on=dt.date(2024, 1, 1), by=debtor)
        assert Titre.objects.update(number="9") == 0
    with world.acting(own):
        batch = export_titres(issuer=world.sud_artois, year=2023, file_format="csv", by=own)
        assert batch.by == own.user
    with world.acting(debtor):
        assert not ExportBatch.objects.exists()
        assert not TitreEvent.objects.exclude(titre__debtor=world.boulonnais).exists()
    manager = world.actor(world.departement, Role.GESTIONNAIRE)
    with world.acting(manager), pytest.raises(NotAllowed, match="exporter"):
        export_titres(issuer=world.departement, year=2022, file_format="csv", by=manager)
