"""The bilan on screen and as files, for whoever may see it."""

from __future__ import annotations

import datetime as dt
import io

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook
from pypdf import PdfReader

from core import rls
from core.errors import NotAllowed
from funding.enums import ShareMode
from funding.models import FundingPlan, PlanPost, Share
from parties.enums import OrganisationKind, Role
from posts.enums import PostKind
from posts.models import Post
from reporting.bilan.documents import bilan_pdf
from reporting.bilan.full import full_bilan
from reporting.bilan.service import territory_bilan, years_available
from tests.posts.builders import (
    actor,
    add_return,
    cover,
    make_member,
    make_organisation,
    make_post,
    make_territory,
    occupy,
    staff,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _day():
    with time_machine.travel(dt.datetime(2024, 3, 15, 12, tzinfo=dt.UTC), tick=False):
        yield


@pytest.fixture
def department(db):
    return make_organisation(make_territory(), "Pas-de-Calais", OrganisationKind.DEPARTEMENT)


@pytest.fixture
def epci(department):
    return make_organisation(department.territory, "CC du Sud-Artois")


@pytest.fixture
def posts(department, epci):
    first = make_post(department, "Poste ISC Artois", PostKind.ISC)
    add_return(
        first,
        2022,
        women=427,
        men=68,
        children=103,
        interviews_in_person=398,
        interviews_phone=737,
        stated={"people": 598, "vif_percent": "61.00", "epcis": 1, "communes": 52},
    )
    second = make_post(epci, "=Poste ISG Bapaume")
    cover(second, epci)
    occupy(second, dt.date(2022, 3, 1))
    for month in (3, 4, 6):
        add_return(second, 2022, month, women=2, men=1, children=1, interviews_total=5, vif_count=3, vif_base=4)
    return [first, second]


@pytest.fixture
def staff_client(client, department):
    client.force_login(make_member(department, Role.GESTIONNAIRE))
    return client


def page(client, name, *args):
    response = client.get(reverse(name, args=args))
    return response, " ".join(response.content.decode().split())


def test_the_bilan_shows_figures_sources_and_what_is_missing(staff_client, posts):
    response, text = page(staff_client, "bilan", 2022)
    assert response.status_code == 200
    assert [total.value for total in response.context["bilan"].totals.values()][:4] == [433, 71, 106, 610]
    for expected in ("Bilan d’activité 2022", "chiffres annuels", "3 mois sur 12", "publié", "2 sur 2"):
        assert expected in text
    assert "mai et juillet à décembre" in text
    assert "janvier" not in text.split('id="manque"')[1].split("Lecture du tableau")[0]


def test_years_are_listed_newest_first(staff_client, posts):
    add_return(posts[0], 2023, 1, women=1, men=1, children=1)
    response, text = page(staff_client, "bilans")
    assert [line["year"] for line in response.context["lines"]] == [2023, 2022]
    assert "610" in text


def test_no_data_says_how_to_begin(staff_client):
    assert "Aucun bilan" in page(staff_client, "bilans")[1]


@pytest.mark.parametrize("year", [1999, 2025, 99999])
def test_impossible_years_do_not_exist(staff_client, posts, year):
    assert page(staff_client, "bilan", year)[0].status_code == 404


def test_the_spreadsheet_holds_numbers_and_no_formula(staff_client, posts):
    response = staff_client.get(reverse("bilan-export", args=[2022, "xlsx"]))
    header, first, second = load_workbook(io.BytesIO(response.content))["activite"].iter_rows(values_only=True)
    row = dict(zip(header, second, strict=True))
    assert row["poste"] == "'=Poste ISG Bapaume"
    assert (row["saisines_total"], row["entretiens_presence"], row["pourcentage_vif"]) == (12, None, 75)
    assert row["mois_manquants"] == "5 7 8 9 10 11 12"
    assert dict(zip(header, first, strict=True))["pourcentage_publie"] == "oui"
    assert staff_client.get(reverse("bilan-export", args=[2022, "ods"])).status_code == 404


def test_the_pdf_holds_the_total_row_and_its_data(staff_client, posts):
    response = staff_client.get(reverse("bilan-pdf", args=[2022]))
    assert response["Content-Type"] == "application/pdf"
    reader = PdfReader(io.BytesIO(response.content))
    text = "\n".join(part.extract_text() for part in reader.pages)
    assert "610" in text
    assert "non saisis" in text
    assert list(reader.attachments)[:2] == ["bilan-62-2022.csv", "bilan-62-2022-ratios.csv"]
    content = reader.attachments["bilan-62-2022.csv"][0].decode("utf-8-sig")
    assert content.splitlines()[1].startswith("Poste ISC Artois;;Pas-de-Calais;1;52;427;68;103;598;")


def test_the_same_data_give_the_same_file(department, posts):
    first = bilan_pdf(full_bilan(year=2022, by=staff(department)))
    with time_machine.travel(dt.datetime(2024, 6, 1, tzinfo=dt.UTC)):
        assert bilan_pdf(full_bilan(year=2022, by=staff(department))) == first


def test_the_number_of_queries_does_not_grow_with_the_posts(posts, department, epci, django_assert_num_queries):
    with CaptureQueriesContext(connection) as two:
        territory_bilan(year=2022, by=staff(department))
    for number in range(3):
        add_return(make_post(epci, f"Poste {number}"), 2022, 1, women=1, men=1, children=1)
    with django_assert_num_queries(len(two)):
        territory_bilan(year=2022, by=staff(department))


def test_only_those_who_may_see_bilans_do(client, epci, posts):
    client.force_login(make_member(epci, Role.FINANCES))
    for name, args in (("bilans", []), ("bilan", [2022]), ("bilan-pdf", [2022]), ("bilan-export", [2022, "csv"])):
        assert client.get(reverse(name, args=args)).status_code == 403
    with pytest.raises(NotAllowed):
        years_available(by=actor(epci, Role.FINANCES))


def test_an_employers_bilan_covers_the_posts_it_employs_not_those_it_pays_for(client, department, epci, posts):
    """The EPCI pays a share of the Département's post: it sees the post, and does not answer for it."""
    paid = Post.objects.get(employer=department)
    plan = FundingPlan.objects.create(
        label="Plan", year=2022, employer=department, period_start=dt.date(2022, 1, 1), period_end=dt.date(2022, 12, 31)
    )
    PlanPost.objects.create(plan=plan, post=paid)
    Share.objects.create(plan=plan, ref="epci", financer=epci, mode=ShareMode.EQUAL)
    client.force_login(make_member(epci, Role.EMPLOYEUR))
    assert paid.label in client.get(reverse("posts")).content.decode()
    page = client.get(reverse("bilan", args=[2022])).content.decode()
    assert "Poste ISG Bapaume" in page
    assert paid.label not in page
    assert client.get(reverse("bilans")).status_code == 200


def test_an_employers_bilan_says_what_it_covers(epci, posts):
    by = actor(epci, Role.EMPLOYEUR)
    with rls.acting(by.context):
        found = territory_bilan(year=2022, by=by)
    assert [row.label for row in found.bilan.rows] == ["=Poste ISG Bapaume"]
    assert found.scope == "les postes qu'emploie la Communauté de communes du Sud-Artois"


def test_a_post_created_later_or_closed_before_is_left_out(department, posts, epci):
    make_post(epci, "Plus tard", created_on=dt.date(2023, 1, 1))
    make_post(epci, "Avant", closed_on=dt.date(2021, 12, 31))
    labels = [row.label for row in territory_bilan(year=2022, by=staff(department)).bilan.rows]
    assert labels == ["Poste ISC Artois", "=Poste ISG Bapaume"]


@pytest.mark.parametrize(("extension", "start"), [("pdf", b"%PDF"), ("csv", b"\xef\xbb\xbfposte"), ("xlsx", b"PK")])
def test_the_command_writes_the_file_its_name_asks_for(posts, tmp_path, extension, start):
    output = tmp_path / f"bilan.{extension}"
    call_command("bilan", territory="62", year=2022, output=output, stdout=io.StringIO())
    assert output.read_bytes().startswith(start)


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ({"territory": "99"}, 2, "Territoire 99 inconnu"),
        ({"year": 2019}, 1, "Aucune activité pour 2019"),
        ({"year": 12}, 2, "L'année 12 n'est pas possible"),
        ({"output": "bilan.docx"}, 2, ".pdf, .csv, .xlsx ou .json"),
        ({"output": "absent/bilan.csv"}, 1, "ne peut pas être écrit"),
    ],
)
def test_the_command_says_what_is_wrong(posts, tmp_path, options, code, said):
    values = {"territory": "62", "year": 2022, "output": "bilan.csv", **options}
    values["output"] = tmp_path / str(values["output"])
    with pytest.raises(CommandError, match=said) as refused:
        call_command("bilan", stdout=io.StringIO(), **values)
    assert refused.value.returncode == code
    assert list(tmp_path.iterdir()) == []
