"""The versions of the bilan that leave: what is small is hidden everywhere, and cannot be computed back."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from parties.enums import OrganisationKind, Role
from posts.enums import PostKind
from reporting.bilan.documents import bilan_pdf
from reporting.bilan.full import full_bilan
from reporting.bilan.publication import HIDDEN, Version, publication, table_of
from reporting.bilan.service import territory_bilan
from tests.posts.builders import add_return, make_member, make_organisation, make_post, make_territory, occupy, staff
from tests.reporting.test_protection import deduced, narrowed

pytestmark = pytest.mark.django_db
YEAR = 2022


@pytest.fixture(autouse=True)
def _day():
    with time_machine.travel(dt.datetime(2024, 3, 15, 12, tzinfo=dt.UTC), tick=False):
        yield


@pytest.fixture
def department(db):
    return make_organisation(make_territory(), "Pas-de-Calais", OrganisationKind.DEPARTEMENT)


@pytest.fixture
def posts(department):
    epci = make_organisation(department.territory, "CC du Sud-Artois")
    given = (
        ("Artois", department, (154, 42, 7), (61, 203)),
        ("Ternois", epci, (120, 63, 35), (3, 90)),
        ("Lys", epci, (160, 57, 29), (None, None)),
    )
    for name, employer, (women, men, children), (vif, base) in given:
        post = make_post(employer, f"Poste {name}", PostKind.ISC)
        occupy(post, "2022-01-01")
        add_return(
            post, YEAR, None, women=women, men=men, children=children, interviews_in_person=300, interviews_phone=2,
            vif_count=vif, vif_base=base,
        )  # fmt: skip
    absent = make_post(epci, "Poste Marck", PostKind.ISG)
    occupy(absent, "2022-01-01")
    add_return(absent, YEAR, None, missing_reason="absence de l'intervenante depuis juin 2022")
    return epci


@pytest.fixture
def client(department):
    client = Client()
    client.force_login(make_member(department, Role.GESTIONNAIRE))
    return client


def made(department, version=Version.PUBLISHED):
    return territory_bilan(year=YEAR, by=staff(department)).for_readers(version)


def test_a_small_count_is_hidden_with_company_and_said_to_be(department, posts):
    bilan = made(department).bilan
    [artois] = [row for row in bilan.rows if "Artois" in row.label]
    assert artois.figures["children"].hidden
    assert artois.figures["children"].reason == HIDDEN
    assert artois.figures["people"].value == 203
    assert sum(figure.hidden for figure in artois.figures.values()) >= 2
    [ternois] = [row for row in bilan.rows if "Ternois" in row.label]
    assert ternois.figures["vif_count"].hidden
    assert ternois.vif.value is None, "3,3 % of 90 would tell the count"
    # Acts are not people: two phone calls stay.
    assert artois.figures["interviews_phone"].value == 2
    assert re.match(r"Version publique : les effectifs de personnes inférieurs à 11 sont masqués", bilan.notice)


def test_the_shared_version_hides_less(department, posts):
    [artois] = [row for row in made(department, Version.INTERNAL).bilan.rows if "Artois" in row.label]
    assert artois.figures["children"].value == 7
    assert "inférieurs à 5" in made(department, Version.INTERNAL).bilan.notice


@pytest.mark.parametrize("version", list(Version))
def test_no_attacker_finds_what_is_hidden(department, posts, version):
    full = territory_bilan(year=YEAR, by=staff(department)).bilan
    table, found = table_of(full), publication(full, version)
    assert found.small
    assert deduced(table, found.protection) == []
    assert narrowed(table, found.protection) == []


def test_nothing_tells_who_was_away(department, posts):
    bilan = made(department).bilan
    assert not [row for row in bilan.rows if row.reason or row.missing]
    assert (bilan.remarks, bilan.findings) == ((), ())


def test_page_document_and_files_show_the_same(department, posts, client):
    full = client.get(reverse("bilan", args=[YEAR])).content.decode()
    assert "absence de l" in full
    page = client.get(reverse("bilan-version", args=[YEAR, "publique"])).content.decode()
    assert "absence de l" not in page
    assert f'title="{HIDDEN}">s.</abbr>' in page
    assert "Version publique" in page
    sheet = client.get(reverse("bilan-version-export", args=[YEAR, "publique", "csv"]))
    assert sheet.headers["Content-Disposition"] == 'attachment; filename="bilan-62-2022-publique.csv"'
    rows = list(csv.DictReader(io.StringIO(sheet.content.decode("utf-8-sig")), delimiter=";"))
    [artois] = [row for row in rows if "Artois" in row["poste"]]
    assert artois["saisines_enfants"] == ""
    assert "saisines_enfants" in artois["masques"].split()
    data = json.loads(client.get(reverse("bilan-version-export", args=[YEAR, "publique", "json"])).content)
    assert data["avertissement"].startswith("Version publique")
    assert [line["saisines_enfants"] for line in data["lignes"] if "Artois" in line["poste"]] == [None]


def test_the_document_carries_nothing_hidden(department, posts):
    full = full_bilan(year=YEAR, by=staff(department), version=Version.PUBLISHED)
    reader = PdfReader(io.BytesIO(bilan_pdf(full)))
    text = "".join(page.extract_text() for page in reader.pages)
    assert "s." in text
    assert "absence de" not in text
    [attached] = reader.attachments["bilan-62-2022-publique.csv"]
    rows = list(csv.DictReader(io.StringIO(attached.decode("utf-8-sig")), delimiter=";"))
    assert [row["saisines_enfants"] for row in rows if "Artois" in row["poste"]] == [""]


def test_another_version_does_not_exist(posts, client):
    assert client.get(reverse("bilan-version", args=[YEAR, "secrete"])).status_code == 404
    assert client.get(reverse("bilan-version-export", args=[YEAR, "publique", "exe"])).status_code == 404


def test_thresholds_are_settings(department, posts, settings):
    settings.COSIGNE_SMALL_NUMBERS = {"internal": 2, "published": 3}
    assert "seraient masqués, aucun ne l'est" in made(department).bilan.notice
