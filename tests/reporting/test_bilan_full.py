"""The whole bilan from the database: its parts on the page and in every file, its money, its open data."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from decimal import Decimal

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from core import rls
from funding.enums import PlanStatus, ShareMode, TitreStatus
from funding.models import CostComponent, ExportBatch, FundingPlan, PlanPost, Share, Titre
from parties.enums import OrganisationKind, Role
from parties.models import RefCommune, RefCommuneYear, RefDepartement, RefEpci
from posts.enums import PostKind
from reporting.bilan.full import full_bilan
from reporting.bilan.opendata import CSV, FIELDS, JSON, MASKED, SCHEMA, SHOWN, open_data, schema
from reporting.bilan.publication import Version
from reporting.models import BilanText
from tests.posts.builders import (
    actor,
    add_return,
    add_unit,
    make_member,
    make_organisation,
    make_post,
    make_territory,
    make_unit,
    occupy,
    staff,
)

pytestmark = pytest.mark.django_db
YEAR = 2023
KEYS = (
    "ratios",
    "trimestres",
    "trimestres-postes",
    "couverture",
    "communes",
    "comptes-rendus",
    "financement",
    "couts",
    "copil",
)


@pytest.fixture(autouse=True)
def _day():
    with time_machine.travel(dt.datetime(2024, 3, 15, 12, tzinfo=dt.UTC), tick=False):
        yield


@pytest.fixture
def department(db):
    return make_organisation(make_territory(), "Pas-de-Calais", OrganisationKind.DEPARTEMENT)


@pytest.fixture
def geography(db):
    departement = RefDepartement.objects.create(code="62", name="Pas-de-Calais")
    epci = RefEpci.objects.create(
        siren="200000001", name="CC des Collines", search_name="x", legal_form="CC", departement=departement
    )
    for code, population in (("62001", 900), ("62002", 1_100), ("62003", 48_000)):
        commune = RefCommune.objects.create(code=code, name=f"Commune {code}", search_name="x", departement=departement)
        RefCommuneYear.objects.create(commune=commune, vintage=2021, population=population, epci=epci)


@pytest.fixture
def posts(department, geography):
    epci = make_organisation(department.territory, "CC des Collines")
    first = make_post(department, "Poste ISC Côte", PostKind.ISC, etp=Decimal("0.80"))
    add_unit(first, make_unit(department, "Commissariat", "police", communes=("62003",)))
    occupy(first, dt.date(2022, 1, 1))
    second = make_post(epci, "Poste ISG Collines")
    add_unit(second, make_unit(epci, "Compagnie", communes=("62001",)))
    occupy(second, dt.date(2023, 4, 1))
    for month in range(1, 13):
        add_return(first, YEAR, month, women=20, men=5, children=2, interviews_in_person=30, interviews_phone=3)
        add_return(first, YEAR - 1, month, women=15, men=5, children=0, interviews_in_person=20, interviews_phone=3)
    for month in range(4, 13):
        add_return(second, YEAR, month, women=9, men=3, children=1, interviews_in_person=10, interviews_phone=3)
    return [first, second]


@pytest.fixture
def money(department, posts):
    epci = posts[1].employer
    plan = FundingPlan.objects.create(
        label="Plan", year=YEAR, employer=department, status=PlanStatus.PROJET,
        period_start=dt.date(YEAR, 1, 1), period_end=dt.date(YEAR, 12, 31),
    )  # fmt: skip
    for post, weight in zip(posts, (1, 2), strict=True):
        PlanPost.objects.create(plan=plan, post=post, weight=weight)
    CostComponent.objects.create(plan=plan, amount=Decimal("40000.01"))
    for ref, body, amount in (("dep", department, "25000.01"), ("epci", epci, "15000.00")):
        Share.objects.create(plan=plan, ref=ref, financer=body, mode=ShareMode.EQUAL, amount=Decimal(amount))
    FundingPlan.objects.filter(pk=plan.pk).update(status=PlanStatus.ENGAGE)
    batch = ExportBatch.objects.create(
        issuer=department, year=YEAR, number=1, file_format="csv", filename="x.csv", sha256="1" * 64, count=1,
        total=Decimal("11250.00"), by_label="X",
    )  # fmt: skip
    Titre.objects.create(
        plan=plan, share_ref="epci", entry_id="t1", issuer=department, debtor=epci, year=YEAR, base=Decimal("15000.00"),
        due=Decimal(9), planned=Decimal(12), amount=Decimal("11250.00"), status=TitreStatus.EMIS, batch=batch,
        received=Decimal("250.00"), subject="Participation",
    )  # fmt: skip
    return plan


@pytest.fixture
def client(department):
    client = Client()
    client.force_login(make_member(department, Role.GESTIONNAIRE))
    return client


def texts(part):
    return [[item.text.replace("\u202f", " ") for item in row] for row in (*part.rows, part.total)]


def test_every_part_is_on_the_page_with_its_anchor_and_its_file(client, posts, money):
    page = client.get(reverse("bilan", args=[YEAR])).content.decode()
    for key in KEYS:
        assert f'id="{key}"' in page
        assert f'href="#{key}"' in page
        sheet = client.get(reverse("bilan-export", args=[YEAR, "csv"]), {"tableau": key})
        assert (sheet.status_code, f"bilan-62-2023-{key}.csv" in sheet["Content-Disposition"]) == (200, True)
    assert "324 en 2023" not in page, "the year before is beside, not the year itself"
    assert "240 en 2022" in page
    assert client.get(reverse("bilan-export", args=[YEAR, "csv"]), {"tableau": "secrets"}).status_code == 404


def test_the_workbook_has_a_sheet_and_the_json_a_list_for_each_table(client, posts, money):
    book = load_workbook(io.BytesIO(client.get(reverse("bilan-export", args=[YEAR, "xlsx"])).content))
    assert book.sheetnames == ["activite", *KEYS]
    quarters = list(book["trimestres"].iter_rows(values_only=True))
    assert [row[4] for row in quarters] == ["saisines_total", 81, 120, 120, 120]
    found = json.loads(client.get(reverse("bilan-export", args=[YEAR, "json"])).content)
    assert list(found["tableaux"]) == list(KEYS)
    assert [line["saisines_total"] for line in found["lignes"]] == [324, 117]
    assert [line["mois_travailles"] for line in found["lignes"]] == [12, 9]


def test_ratios_rest_on_inhabitants_and_days_worked(department, posts):
    part = full_bilan(year=YEAR, by=staff(department)).part("ratios")
    assert texts(part)[0][1:6] == ["324", "48 000", "67,5", "0,80", "405,0"]
    assert texts(part)[1][1:6] == ["117", "900", "1 300,0", "0,75", "155,3"]
    assert texts(part)[2][1:6] == ["441", "48 900", "90,2", "1,55", "283,9"]


def test_the_commune_no_post_covers_is_white(department, posts):
    full = full_bilan(year=YEAR, by=staff(department))
    assert texts(full.part("couverture"))[0][1:7] == ["3", "50 000", "48 900", "0", "1 100", "1"]
    states = {row[2]: row[5] for row in texts(full.part("communes"))[:-1]}
    assert states == {"62001": "couverte", "62002": "zone blanche", "62003": "couverte"}


def test_money_by_financer_and_by_post_sums_exactly(department, posts, money):
    full = full_bilan(year=YEAR, by=staff(department))
    found = full.part("financement")
    assert [column.name for column in found.columns] == [
        "financeur",
        "prevu",
        "engage",
        "appele",
        "proratise",
        "encaisse",
    ]
    epci = next(row for row in found.rows if "Collines" in row[0].text)
    amounts = ["15000.00", "15000.00", "11250.00", "3750.00", "250.00"]
    assert [item.raw for item in epci[1:]] == [Decimal(amount) for amount in amounts]
    assert found.total[1].raw == Decimal("40000.01")
    costs = full.part("couts")
    assert [row[3].raw for row in costs.rows] == [Decimal("13333.34"), Decimal("26666.67")]
    assert costs.total[3].raw == Decimal("40000.01")
    safe = full_bilan(year=YEAR, by=staff(department), version=Version.PUBLISHED).part("financement")
    assert "proratise" not in [column.name for column in safe.columns], "it would date an absence"


def test_points_for_the_committee_come_from_the_data_and_from_the_posts(department, posts):
    for post, reviewed in zip(posts, (None, dt.datetime(2024, 2, 1, tzinfo=dt.UTC)), strict=True):
        BilanText.objects.create(
            post=post, year=YEAR, section="difficultes", text=f"Bureau partagé à {post.label}.", written_by_label="X",
            written_at=dt.datetime(2024, 2, 1, tzinfo=dt.UTC), reviewed_at=reviewed, reviewed_by_label="X",
        )  # fmt: skip
    points = [row[2].text for row in full_bilan(year=YEAR, by=staff(department)).part("copil").rows]
    assert any("1 commune et 1\u202f100 habitants en zone blanche" in point for point in points)
    assert any("Poste ISG Collines (9 mois)" in point for point in points)
    assert sum("Bureau partagé" in point for point in points) == 2
    safe = full_bilan(year=YEAR, by=staff(department), version=Version.INTERNAL).part("copil")
    leaving = [row[2].text for row in safe.rows]
    assert [point for point in leaving if "Bureau" in point] == ["Bureau partagé à Poste ISG Collines."], "read again"
    assert not [point for point in leaving if "9 mois" in point]
    assert full_bilan(year=YEAR, by=staff(department), version=Version.PUBLISHED).part("copil") is None


def test_an_employer_has_its_own_posts_and_neither_white_zones_nor_money(posts, money):
    by = actor(posts[1].employer, Role.EMPLOYEUR)
    with rls.acting(by.context):
        full = full_bilan(year=YEAR, by=by)
    assert [row.label for row in full.bilan.rows] == ["Poste ISG Collines"]
    assert {"couverture", "financement"}.isdisjoint(part.key for part in full.parts)


def test_queries_do_not_grow_with_posts_nor_with_years(department, posts, money, client, django_assert_num_queries):
    def read():
        full_bilan(year=YEAR, by=staff(department))

    def listed():
        return client.get(reverse("bilans"))

    listed()
    with CaptureQueriesContext(connection) as whole:
        read()
    with CaptureQueriesContext(connection) as years:
        assert len(listed().context["lines"]) == 2
    for number in range(3):
        post = make_post(posts[1].employer, f"Poste {number}")
        add_unit(post, make_unit(posts[1].employer, f"Brigade {number}", communes=("62002",)))
        for year in range(2019, 2024):
            add_return(post, year, 1, women=1, men=1, children=1)
    with django_assert_num_queries(len(whole)):
        read()
    with django_assert_num_queries(len(years)):
        assert len(listed().context["lines"]) == 5


def test_the_version_of_one_employer_hides_what_the_departments_hides(department, posts):
    """Side by side, they would otherwise give figures back."""
    add_return(posts[0], YEAR + 1, None, women=60, men=30, children=7)
    add_return(posts[1], YEAR + 1, None, women=40, men=12, children=20)
    by = actor(posts[1].employer, Role.EMPLOYEUR)
    for version in Version:
        whole = full_bilan(year=YEAR + 1, by=staff(department), version=version).bilan
        with rls.acting(by.context):
            own = full_bilan(year=YEAR + 1, by=by, version=version).bilan
        [row] = own.rows
        [same] = [each for each in whole.rows if each.key == row.key]
        assert row.figures == same.figures
    assert row.figures["children"].hidden, "it is company to the seven children of the other post"


# --- Open data --------------------------------------------------------------------------------------------------------


@pytest.fixture
def public(department, posts, money):
    return full_bilan(year=YEAR, by=staff(department), version=Version.PUBLISHED)


def lines_of(public):
    return list(csv.DictReader(io.StringIO(open_data(public, CSV).decode())))


def test_open_data_says_what_the_public_version_says(public, client):
    """Figure by figure, the tables of the public document's own files."""
    lines = lines_of(public)
    compared = 0
    for table in ("activite", *KEYS[:-1]):
        address = reverse("bilan-version-export", args=[YEAR, "publique", "csv"])
        content = client.get(address, {"tableau": table}).content.decode("utf-8-sig")
        for printed in csv.DictReader(io.StringIO(content), delimiter=";"):
            name = next(value for value in printed.values() if value)
            same = [line for line in lines if line["tableau"] == table and line["ligne"].startswith(name)]
            for line in same:
                if line["indicateur"] in printed and line["ligne"].split(" – ")[0] == name and table != "communes":
                    shown = printed[line["indicateur"]].replace(",", ".")
                    assert Decimal(shown or 0) == Decimal(line["valeur"] or 0), line
                    assert (line["statut"] == MASKED) == (line["indicateur"] in printed["masques"].split())
                    compared += 1
    assert compared > 80
    assert {line["statut"] for line in lines} == {SHOWN, MASKED, "non_connu"}


def test_open_data_keeps_to_its_schema(public):
    lines = lines_of(public)
    described = schema()
    assert list(lines[0]) == [field["name"] for field in described["fields"]] == list(FIELDS)
    keys = [tuple(line[name] for name in described["primaryKey"]) for line in lines]
    assert len(keys) == len(set(keys))
    for field in described["fields"]:
        for line in lines:
            value, limits = line[field["name"]], field.get("constraints", {})
            assert value or not limits.get("required"), line
            assert value in limits.get("enum", [value])
            if field["type"] == "number" and value:
                Decimal(value)
    assert not [line for line in lines if line["statut"] != SHOWN and line["valeur"]]


def test_open_data_in_json_is_the_same_with_its_dictionary(public):
    found = json.loads(open_data(public, JSON))
    assert found["donnees"] == lines_of(public)
    assert found["licence"] == "", "the département chooses it"
    described = {(each["tableau"], each["indicateur"]) for each in found["dictionnaire"]}
    assert {(line["tableau"], line["indicateur"]) for line in found["donnees"]} <= described
    assert "Version publique" in found["protection"]


def test_only_the_public_version_is_open(department, posts):
    with pytest.raises(ValueError, match="public version"):
        open_data(full_bilan(year=YEAR, by=staff(department)), CSV)


def test_open_data_has_stable_names_and_is_linked_from_the_public_version(client, posts):
    page = client.get(reverse("bilan-version", args=[YEAR, "publique"])).content.decode()
    names = {CSV: "bilan-iscg-62-2023.csv", JSON: "bilan-iscg-62-2023.json", SCHEMA: "bilan-iscg-schema.json"}
    for name, filename in names.items():
        address = reverse("bilan-open-data", args=[YEAR, name])
        assert address in page
        assert filename in client.get(address)["Content-Disposition"]
    assert "donnees-ouvertes" not in client.get(reverse("bilan", args=[YEAR])).content.decode()
    assert client.get(reverse("bilan-open-data", args=[YEAR, "tout.zip"])).status_code == 404


def test_an_employer_does_not_open_the_departments_data(posts):
    client = Client()
    client.force_login(make_member(posts[1].employer, Role.EMPLOYEUR))
    assert client.get(reverse("bilan-open-data", args=[YEAR, CSV])).status_code == 403


# --- The command ------------------------------------------------------------------------------------------------------


def test_the_command_writes_a_version_a_table_and_the_open_data(posts, tmp_path):
    said = io.StringIO()
    given = {"territory": "62", "year": YEAR, "stdout": said}
    table = tmp_path / "t.csv"
    call_command("bilan", output=table, table="trimestres-postes", readers="publique", **given)
    rows = list(csv.DictReader(io.StringIO(table.read_text("utf-8-sig")), delimiter=";"))
    assert [row["poste"] for row in rows] == ["Poste ISC Côte", "Poste ISG Collines"]
    call_command("bilan", open_data=tmp_path, **given)
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "bilan-iscg-62-2023.csv",
        "bilan-iscg-62-2023.json",
        "bilan-iscg-schema.json",
        "t.csv",
    ]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "--output FICHIER ou --open-data"),
        ({"output": "b.csv", "table": "secrets"}, "Tableaux disponibles : activite, ratios"),
    ],
)
def test_the_command_says_what_is_wrong(posts, tmp_path, options, said):
    if "output" in options:
        options = options | {"output": tmp_path / options["output"]}
    with pytest.raises(CommandError, match=said) as refused:
        call_command("bilan", territory="62", year=YEAR, stdout=io.StringIO(), **options)
    assert refused.value.returncode == 2
    assert list(tmp_path.iterdir()) == []
