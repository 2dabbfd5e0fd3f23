"""The import of detailed counts: columns guessed and told, errors located, all or nothing, twice the same as once."""

from __future__ import annotations

import datetime as dt
import io
import re

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import load_workbook

from core.errors import Conflict, InvalidInput
from parties.enums import OrganisationKind, Role
from posts.detail_import.columns import propose
from posts.detail_import.services import (
    Reading,
    apply_detail,
    guesses,
    own_mappings,
    preview_detail,
    save_mapping,
    vocabulary,
)
from posts.detail_import.template import template_detail
from posts.models import ActivityCell, ActivityReturn, ImportMapping
from posts.reading import read_table
from posts.services.detail import cells_held, record_detail, validate_month
from tests.posts.builders import actor, make_member, make_organisation, make_post, make_territory, occupy, staff
from tests.posts.test_relations import HOLDS

pytestmark = pytest.mark.django_db
WHEN = {"year": 2024, "month": 2}


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
def post(epci):
    found = make_post(epci, "Poste ISG Bapaume")
    occupy(found, dt.date(2022, 1, 1))
    return found


def table(text: str, name: str = "export.csv"):
    return read_table(filename=name, content=text.encode(), most_columns=400)


def read(text: str, **said) -> Reading:
    found = table(text)
    return Reading(found, tuple(guess.target for guess in guesses(table=found, mapping=None)), **said)


def write(reading, by):
    return apply_detail(reading=reading, by=by, expected=preview_detail(reading=reading, by=by).digest)


# --- What the columns hold --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "target"),
    [
        ("POSTE", "poste"),
        ("Période", "mois"),
        ("Nb de saisines reçues", "I0:saisines:"),
        ("Prises en charge", "I0:prises_en_charge:"),
        ("Saisines par mode : école", "I1:ecole:"),
        ("femmes 26-40 ans", "I4:26_40:f"),
        ("Mis en cause (hommes)", "I4R:mis_en_cause:h"),
        ("Récuperation d'affaires", "I13:affaires:"),
        ("violences conjugales - principale", "I7:conjugales:principale"),
        ("orientations CIDFF acceptées", "I14:cidff:acceptee"),
        ("Kilomètres parcourus", ""),
        ("Autre", ""),  # many tables have such a line: nobody guesses
    ],
)
def test_a_header_is_guessed_without_accents_case_nor_plural_or_left_alone(db, title, target):
    assert propose([title], vocabulary())[0].target == target


def test_two_columns_are_never_proposed_the_same_count(db):
    found = propose(["Saisines", "Saisines reçues"], vocabulary())
    assert [guess.target for guess in found] == ["", "I0:saisines:"]


def test_columns_told_twice_or_too_few_are_refused_by_name(post, department):
    twice = Reading(table("Poste;Mois;A;B\nx;1;2;3\n"), ("poste", "mois", "I0:saisines:", "I0:saisines:"))
    with pytest.raises(InvalidInput, match="« A » et « B »") as refused:
        preview_detail(reading=twice, by=staff(department))
    assert refused.value.place == "c-3"
    with pytest.raises(InvalidInput, match="Mois et au moins un nombre"):
        preview_detail(reading=Reading(table("Poste;A\nx;2\n"), ("poste", "")), by=staff(department))


# --- A file of the user's own -----------------------------------------------------------------------------------------

OWN = (
    "Poste ;Période;Nb saisines;Km;École\n"
    "poste isg bapaume;février 2024;12;300;4\n"
    "Poste ISG Bapaume;01/01/2024;nd;250;3\n"
)


def test_one_line_a_month_with_the_user_s_own_columns(post, department):
    by = staff(department)
    record_detail(post=post, **WHEN, cells={("I1", "plainte", ""): 8, ("I1", "ecole", ""): 1}, note="Vu", by=by)
    found = table(OWN)
    reading = Reading(found, ("poste", "mois", "I0:saisines:", "", "I1:ecole:"))
    plan = preview_detail(reading=reading, by=by)
    assert [(c.line, c.period, c.differences) for c in plan.changes] == [
        (
            2,
            "février 2024",
            (("Totaux du mois, Saisines reçues", "vide", "12"), ("Saisines par mode, École", "1", "4")),
        ),
        (3, "janvier 2024", (("Saisines par mode, École", "vide", "3"),)),
    ]
    assert not ActivityCell.objects.filter(row="saisines").exists()
    write(reading, by)
    # What the file does not speak of stays: the other mode, and the remark.
    assert cells_held(post=post, **WHEN, zone="") == {
        ("I0", "saisines", ""): 12,
        ("I1", "ecole", ""): 4,
        ("I1", "plainte", ""): 8,
    }
    assert ActivityReturn.objects.get(month=2).note == "Vu"
    before = list(ActivityCell.objects.values_list("pk", "updated_at"))
    again = write(reading, by)
    assert (again.changes, again.unchanged) == ((), 2)
    assert list(ActivityCell.objects.values_list("pk", "updated_at")) == before


def test_one_count_a_line(post, department):
    text = (
        "poste;annee;mois;indicateur;ligne;colonne;nombre\n"
        "Poste ISG Bapaume;2024;2;I0;saisines;;12\n"
        "Poste ISG Bapaume;2024;février;Personnes par âge et sexe;26 à 40 ans;Femmes et filles;5\n"
        "Poste ISG Bapaume;2024;2;Saisines par mode;Bailleur;;\n"
    )
    by = staff(department)
    plan = write(read(text), by)
    assert plan.ignored == 1
    assert cells_held(post=post, **WHEN, zone="") == {("I0", "saisines", ""): 12, ("I4", "26_40", "f"): 5}


def test_what_the_file_does_not_say_is_said_once_for_all_of_it(post, department):
    reading = read("ligne;nombre\nSaisines reçues;7\n", post=str(post.uuid), year=2024, month=2)
    write(reading, staff(department))
    assert cells_held(post=post, **WHEN, zone="") == {("I0", "saisines", ""): 7}


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        ("Poste d'ailleurs;2024;2;I0;saisines;;1", "poste", "n'est pas un poste"),
        ("Poste ISG Bapaume;24;2;I0;saisines;;1", "annee", "n'est pas une année"),
        ("Poste ISG Bapaume;2024;brumaire;I0;saisines;;1", "mois", "n'est pas un mois"),
        ("Poste ISG Bapaume;2024;année;I0;saisines;;1", "mois", "indiquez lequel"),
        ("Poste ISG Bapaume;2024;4;I0;saisines;;1", "", "n'a pas commencé"),
        ("Poste ISG Bapaume;2024;2;I99;saisines;;1", "indicateur", "n'est pas un tableau"),
        ("Poste ISG Bapaume;2024;2;I1;pigeon;;1", "ligne", "« pigeon » n'est pas une ligne de « Saisines par mode »"),
        ("Poste ISG Bapaume;2024;2;I4;26_40;martien;1", "colonne", "« martien » n'en est pas une"),
        ("Poste ISG Bapaume;2024;2;I0;saisines;;douze", "nombre", "« douze » n'est pas un nombre entier"),
        ("Poste ISG Bapaume;2024;2;I0;saisines;;-3", "nombre", "n'est pas un nombre entier"),
        ("Poste ISG Bapaume;2024;2;I0;saisines;;123456", "nombre", "n'est pas vraisemblable"),
        ("Poste ISG Bapaume;2024;1;I0;situations;;9", "ligne", "figure déjà à la ligne 2"),
    ],
)
def test_a_mistake_is_told_by_line_and_column_and_nothing_is_written(post, department, row, column, words):
    head = "poste;annee;mois;indicateur;ligne;colonne;nombre\nPoste ISG Bapaume;2024;1;I0;situations;;9\n"
    reading = read(head + row + "\n")
    plan = preview_detail(reading=reading, by=staff(department))
    assert [(error.line, error.column) for error in plan.errors] == [(3, column)]
    assert words in plan.errors[0].message
    with pytest.raises(InvalidInput):
        apply_detail(reading=reading, by=staff(department), expected=plan.digest)
    assert not ActivityReturn.objects.exists()


def test_relations_and_surprises_are_said_without_refusing(post, department):
    by = staff(department)
    record_detail(post=post, year=2023, month=2, cells={("I0", "saisines", ""): 40}, by=by)
    text = "poste;annee;mois;ligne;nombre\n" + "".join(
        f"Poste ISG Bapaume;2024;2;{line};{value}\n" for line, value in (("saisines", 20), ("situations", 25))
    )
    (change,) = preview_detail(reading=read(text), by=by).changes
    assert "25 situations pour 20 saisines" in " ".join(change.warnings)
    assert "20, contre 40 un an plus tôt" in " ".join(change.warnings)


def test_a_validated_month_is_refused_at_its_line(post, department):
    by = staff(department)
    record_detail(post=post, **WHEN, cells=HOLDS, by=by)
    validate_month(post=post, **WHEN, by=by)
    plan = preview_detail(reading=read("poste;annee;mois;ligne;nombre\nPoste ISG Bapaume;2024;2;saisines;11\n"), by=by)
    assert [(error.line, "rouvrez-le" in error.message) for error in plan.errors] == [(2, True)]


def test_figures_that_moved_since_the_preview_are_not_written_over(post, department):
    by = staff(department)
    reading = read("poste;annee;mois;ligne;nombre\nPoste ISG Bapaume;2024;2;saisines;11\n")
    plan = preview_detail(reading=reading, by=by)
    record_detail(post=post, **WHEN, cells={("I0", "saisines", ""): 5}, by=by)
    with pytest.raises(Conflict):
        apply_detail(reading=reading, by=by, expected=plan.digest)
    assert cells_held(post=post, **WHEN, zone="") == {("I0", "saisines", ""): 5}


# --- What is remembered, what is given to fill ------------------------------------------------------------------------


def test_columns_are_remembered_for_the_organisation_and_no_other(post, department, epci):
    by, found = staff(department), table(OWN)
    told = ("poste", "mois", "I0:saisines:", "", "I1:ecole:")
    first = save_mapping(name="Notre outil", table=found, columns=told, by=by)
    assert save_mapping(name=" Notre  outil ", table=found, columns=told, by=by).updated_at == first.updated_at
    next_month = table("période;NB SAISINES;ecole;km;poste\nmars 2024;1;1;1;x\n")
    assert [(g.target, g.certain) for g in guesses(table=next_month, mapping=own_mappings(by)[0])] == [
        ("mois", True),
        ("I0:saisines:", True),
        ("I1:ecole:", True),
        ("", True),
        ("poste", True),
    ]
    assert own_mappings(actor(epci, Role.EMPLOYEUR)) == []
    with pytest.raises(InvalidInput, match="Donnez un nom"):
        save_mapping(name=" ", table=found, columns=told, by=by)


@pytest.mark.parametrize(("month", "file_format"), [(2, "xlsx"), (None, "xlsx"), (2, "csv"), (None, "csv")])
def test_the_template_sent_back_as_it_is_changes_nothing(post, department, month, file_format):
    by = staff(department)
    record_detail(post=post, **WHEN, cells=HOLDS, note="Vu", by=by)
    now = dt.datetime(2024, 3, 1, tzinfo=dt.UTC)
    content = template_detail(year=2024, month=month, by=by, file_format=file_format, created=now)
    if file_format == "xlsx":
        assert load_workbook(io.BytesIO(content)).active.max_row > (100 if month else 10)
    found = read_table(filename=f"x.{file_format}", content=content, most_columns=400)
    seen = guesses(table=found, mapping=None)
    assert all(guess.certain for guess in seen)
    plan = write(Reading(found, tuple(guess.target for guess in seen)), by)
    assert (plan.changes, plan.errors, plan.unchanged) == ((), (), 1)
    assert cells_held(post=post, **WHEN, zone="") == HOLDS


# --- The page ---------------------------------------------------------------------------------------------------------


def hidden(text: str, name: str) -> str:
    return re.search(rf'name="{name}" value="([^"]*)"', text).group(1)


def test_the_page_from_the_file_to_the_counts_and_the_month_after_in_one_step(client, post, epci):
    client.force_login(make_member(epci, Role.EMPLOYEUR))
    url = reverse("activity-detail-import")
    assert "Modèle XLSX" in client.get(url).content.decode()
    sent = client.post(url, {"file": SimpleUploadedFile("export.csv", OWN.encode())}).content.decode()
    assert re.search(r'<option value="mois" selected', sent)
    assert "février 2024, 01/01/2024" in sent
    told = {"c-0": "poste", "c-1": "mois", "c-2": "I0:saisines:", "c-3": "", "c-4": "I1:ecole:", "name": "Notre outil"}
    wrong = client.post(url, {"table": hidden(sent, "table"), **told, "c-3": "I1:ecole:"})
    assert (wrong.status_code, ImportMapping.objects.exists()) == (422, False)
    assert "« Km » et « École »" in wrong.content.decode().replace("&#x27;", "'")
    assert 'value="Notre outil"' in wrong.content.decode()
    shown = client.post(url, {"table": hidden(sent, "table"), **told}).content.decode()
    assert "2 mois changeront" in shown
    assert not ActivityReturn.objects.exists()
    corrected = client.post(url, {"table": hidden(shown, "table"), "correct": "1", "name": "Notre outil"})
    assert re.search(r'<option value="I1:ecole:" selected', corrected.content.decode())
    agreed = {"table": hidden(shown, "table"), "agreed": hidden(shown, "agreed")}
    done = client.post(url, agreed, follow=True)
    assert "2 mois enregistrés." in done.content.decode()
    mapping = ImportMapping.objects.get()
    again = client.post(url, {"file": SimpleUploadedFile("mars.csv", OWN.encode()), "mapping": str(mapping.uuid)})
    assert "il n’y a rien à changer" in again.content.decode()
    assert client.post(url, {**agreed, "agreed": "faux"}).status_code == 400
    gone = client.post(reverse("activity-mapping-forget", args=[mapping.uuid]), follow=True)
    assert "est oubliée" in gone.content.decode()
    assert not ImportMapping.objects.exists()


def test_a_file_with_mistakes_is_refused_with_its_places(client, post, epci):
    client.force_login(make_member(epci, Role.EMPLOYEUR))
    content = b"poste;annee;mois;ligne;nombre\nPoste ISG Bapaume;2024;2;saisines;x\n"
    answer = client.post(reverse("activity-detail-import"), {"file": SimpleUploadedFile("a.csv", content)})
    assert answer.status_code == 422
    assert "Ligne 2" in answer.content.decode()
    not_a_table = client.post(reverse("activity-detail-import"), {"file": SimpleUploadedFile("a.pdf", b"%PDF-1.7")})
    assert not_a_table.status_code == 422


def test_the_file_active_is_entered_on_its_page_with_its_mistakes_beside(client, post, epci):
    client.force_login(make_member(epci, Role.EMPLOYEUR))
    url = reverse("activity-people", args=[post.uuid, 2024])
    assert "File active" in client.get(reverse("activity-edit", args=[post.uuid, 2024])).content.decode()
    refused = client.post(url, {"T1:people": "douze"})
    assert refused.status_code == 422
    assert 'value="douze"' in refused.content.decode()
    too_many = client.post(url, {"T1:people": "5", "T1:women": "6"})
    assert "déjà 6" in too_many.content.decode()
    saved = client.post(url, {"T1:people": "12"}, follow=True)
    assert "est enregistrée" in saved.content.decode()
    assert 'value="12"' in saved.content.decode()
