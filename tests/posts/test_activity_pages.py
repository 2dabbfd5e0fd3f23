"""The year's matrix, the grid of one post, and the import of a file."""

from __future__ import annotations

import datetime as dt
import io

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from parties.enums import OrganisationKind, Role
from posts.enums import PostKind
from posts.models import ActivityReturn
from tests.cast import Cast
from tests.posts.builders import add_return, make_member, make_organisation, make_post, make_territory, occupy

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
def post(epci):
    found = make_post(epci, "Poste ISG Bapaume")
    occupy(found, dt.date(2022, 1, 1))
    return found


@pytest.fixture
def staff_client(client, department):
    client.force_login(make_member(department, Role.GESTIONNAIRE))
    return client


@pytest.fixture
def employer_client(client, epci):
    client.force_login(make_member(epci, Role.EMPLOYEUR))
    return client


def matrix(client, year):
    text = client.get(reverse("activity"), {"annee": year}).content.decode()
    return " ".join(text.split())


def test_the_matrix_tells_filled_missing_vacant_and_annual_apart(staff_client, post, epci):
    add_return(post, 2023, 1, women=2, men=1, children=1)
    vacant = make_post(epci, "Poste vacant", created_on=dt.date(2023, 1, 1))
    annual = make_post(epci, "Poste annuel")
    add_return(annual, 2023, women=10, men=10, children=10)
    text = matrix(staff_client, 2023)
    assert '<span class="matrix-figure">4</span><span class="matrix-word">saisi</span>' in text
    assert text.count('<span class="matrix-word">non saisi</span>') == 11
    assert text.count('<span class="matrix-word">vacant</span>') == 12
    assert text.count('<span class="matrix-word">annuel</span>') == 12
    assert vacant.label in text
    assert "3 postes, 11 mois non saisis" in text


def test_months_to_come_are_not_missing(staff_client, post):
    text = matrix(staff_client, 2024)
    assert text.count('<span class="matrix-word">non saisi</span>') == 2
    assert text.count('<span class="matrix-word">à venir</span>') == 10


def test_a_grid_is_saved_and_saving_again_changes_nothing(staff_client, post):
    address = reverse("activity-edit", args=[post.uuid, 2024])
    data = {"m1-women": "5", "m1-men": "2", "m1-children": "1", "m2-women": "1 204"}
    assert staff_client.post(address, data).status_code == 302
    assert ActivityReturn.objects.get(month=1).people == 8
    assert ActivityReturn.objects.get(month=2).women == 1204
    again = staff_client.post(address, data, follow=True).content.decode()
    assert "ces chiffres étaient déjà enregistrés" in again
    assert ActivityReturn.objects.count() == 2


def test_an_error_names_month_and_column_and_keeps_what_was_typed(staff_client, post):
    address = reverse("activity-edit", args=[post.uuid, 2024])
    response = staff_client.post(
        address, {"m1-women": "douze", "m2-interviews_phone": "3", "m2-interviews_partners": "4", "m2-women": "77"}
    )
    text = response.content.decode()
    assert response.status_code == 422
    assert "Femmes, janvier : Indiquez un nombre entier" in text
    assert "Dont téléphoniques avec des partenaires, février : 4 entretiens avec des partenaires pour 3" in text
    assert 'value="douze"' in text
    assert 'value="77"' in text
    assert not ActivityReturn.objects.exists()


def test_activity_while_vacant_warns_and_is_kept(staff_client, epci):
    vacant = make_post(epci, "Poste vacant", created_on=dt.date(2022, 1, 1))
    address = reverse("activity-edit", args=[vacant.uuid, 2024])
    text = staff_client.post(
        address, {"m1-women": "1", "m1-men": "0", "m1-children": "0"}, follow=True
    ).content.decode()
    assert "alors que le poste était vacant tout le mois" in text
    assert ActivityReturn.objects.get().women == 1


def test_a_mixed_post_has_one_grid_per_zone(staff_client, epci):
    mixed = make_post(epci, "Poste ISCG", PostKind.ISCG)
    address = reverse("activity-edit", args=[mixed.uuid, 2024])
    staff_client.post(f"{address}?zone=gendarmerie", {"m1-women": "3"})
    assert ActivityReturn.objects.get().zone == "gendarmerie"
    text = staff_client.get(address).content.decode()
    assert "Zone police" in text
    assert "Sans distinction" in text
    assert 'value="3"' in text
    refused = staff_client.post(f"{address}?zone=", {"m1-women": "4"})
    assert refused.status_code == 422
    assert "déjà saisi par zone" in refused.content.decode()


def test_the_employer_enters_its_own_posts(employer_client, post):
    address = reverse("activity-edit", args=[post.uuid, 2024])
    assert employer_client.post(address, {"m1-women": "5"}).status_code == 302
    assert ActivityReturn.objects.get().women == 5


def test_the_employer_of_another_post_does_not_see_it(employer_client, department):
    other = make_post(department, "Poste ISC", PostKind.ISC)
    assert employer_client.get(reverse("activity-edit", args=[other.uuid, 2024])).status_code == 404


def test_readers_see_the_grid_and_cannot_save(client, department, post):
    prefecture = make_organisation(department.territory, "Préfecture", OrganisationKind.PREFECTURE)
    client.force_login(make_member(prefecture, Role.INSTRUCTEUR))
    address = reverse("activity-edit", args=[post.uuid, 2024])
    text = client.get(address).content.decode()
    assert "Lecture seule" in text
    assert "Enregistrer l’activité" not in text
    assert client.post(address, {"m1-women": "5"}).status_code == 422
    assert not ActivityReturn.objects.exists()


@pytest.mark.parametrize("year", [1999, 2101, 99999])
def test_impossible_years_do_not_exist(staff_client, post, year):
    assert staff_client.get(reverse("activity-edit", args=[post.uuid, year])).status_code == 404


# --- Import ---------------------------------------------------------------------------------------------------


def upload(client, text, name="activite.csv"):
    content = text.encode() if isinstance(text, str) else text
    return client.post(reverse("activity-import"), {"file": SimpleUploadedFile(name, content)})


GOOD = "poste;annee;mois;femmes;hommes;enfants\nPoste ISG Bapaume;2024;janvier;5;2;1\nPoste ISG Bapaume;2024;2;3;;\n"


def test_the_preview_shows_changes_and_writes_nothing(staff_client, post):
    add_return(post, 2024, 1, women=4)
    response = upload(staff_client, GOOD)
    text = response.content.decode()
    assert response.status_code == 200
    assert "2 relevés changeront" in text
    assert "avant : </span>4" in text
    assert "après : </span>5" in text
    assert [a.women for a in ActivityReturn.objects.all()] == [4]


def test_an_agreed_import_is_written_once(staff_client, post):
    agreed = upload(staff_client, GOOD).context["agreed"]
    address = reverse("activity-import")
    assert staff_client.post(address, {"agreed": agreed}).status_code == 302
    assert [(a.month, a.women, a.men) for a in ActivityReturn.objects.all()] == [(1, 5, 2), (2, 3, None)]
    plan = upload(staff_client, GOOD).context["plan"]
    assert (plan.changes, plan.unchanged) == ((), 2)
    stale = staff_client.post(address, {"agreed": agreed})
    assert stale.status_code == 422
    assert "Des chiffres ont changé depuis" in stale.content.decode()


def test_errors_are_located_by_line_and_column_and_nothing_is_written(staff_client, post):
    bad = (
        "poste;annee;mois;femmes;entretiens_telephoniques;dont_partenaires;zone\n"
        "\n"
        "Poste ISG Bapaume;2024;janvier;5;;;\n"
        "Poste ISG Bapaume;2024;brumaire;5;;;\n"
        "Poste inconnu;2024;2;-3;;;\n"
        "Poste ISG Bapaume;2024;2;1;3;4;\n"
        "Poste ISG Bapaume;2024;2;1;;;police\n"
        "Poste ISG Bapaume;2024;1;5;;;\n"
        "Poste ISG Bapaume;24;3;5;;;\n"
        "Poste ISG Bapaume;2024;12;5;;;\n"
    )
    response = upload(staff_client, bad)
    found = {(error.line, error.column) for error in response.context["plan"].errors}
    assert found == {
        (4, "mois"),
        (5, "poste"),
        (5, "femmes"),
        (6, "dont_partenaires"),
        (7, "zone"),
        (8, "mois"),
        (9, "annee"),
        (10, "mois"),
    }
    assert response.status_code == 422
    assert response.context["agreed"] == ""
    assert "«\u202fbrumaire\u202f» n’est pas un mois" in response.content.decode()
    assert not ActivityReturn.objects.exists()


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("", "a.csv", "vide"),
        ("bonjour", "a.csv", "Il manque les colonnes poste, annee et mois"),
        ("poste;mois\nA;1", "a.csv", "Il manque la colonne annee"),
        ("poste;annee;mois;salaire\nP;2024;1;3\n", "a.csv", "« salaire » n&#x27;est pas un titre connu"),
        ("poste;annee;mois;mois\nP;2024;1;3\n", "a.csv", "figure deux fois"),
        ('poste;annee;mois\n"P;2024;1\n', "a.csv", "mal formé"),
        ("rien", "a.xlsx", "pas un fichier XLSX"),
        ("rien", "a.pdf", "CSV ou XLSX"),
    ],
)
def test_a_file_that_is_not_a_table_is_refused_in_words(staff_client, post, text, name, said):
    response = upload(staff_client, text, name)
    assert response.status_code == 422
    assert said in response.content.decode()


def test_a_forged_agreement_is_refused(staff_client, post):
    assert staff_client.post(reverse("activity-import"), {"agreed": "faux"}).status_code == 400


def test_the_template_comes_back_as_it_left(staff_client, post):
    add_return(post, 2023, 1, women=4, men=1, children=0, note="=SOMME(A1)")
    response = staff_client.get(reverse("activity-template"), {"annee": "2023", "format": "xlsx"})
    sheet = load_workbook(io.BytesIO(response.content)).active
    rows = list(sheet.iter_rows(values_only=True))
    assert len(rows) == 13
    assert rows[1][:7] == ("Poste ISG Bapaume", 2023, "janvier", None, 4, 1, 0)
    plan = upload(staff_client, response.content, "activite.xlsx").context["plan"]
    assert (plan.errors, plan.changes, plan.unchanged, plan.ignored) == ((), (), 1, 11)


def test_the_template_of_a_mixed_post_has_a_line_per_zone(staff_client, epci):
    make_post(epci, "Poste ISCG", PostKind.ISCG)
    response = staff_client.get(reverse("activity-template"), {"annee": "2023", "format": "csv"})
    lines = response.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 25
    assert lines[1].startswith("Poste ISCG;2023;janvier;police;")


def test_the_employers_file_covers_its_own_posts_only(employer_client, department, post):
    make_post(department, "Poste ISC Artois", PostKind.ISC)
    response = employer_client.get(reverse("activity-template"), {"annee": "2023", "format": "csv"})
    assert "Artois" not in response.content.decode("utf-8-sig")
    plan = upload(employer_client, GOOD.replace("Poste ISG Bapaume", "Poste ISC Artois")).context["plan"]
    assert {error.column for error in plan.errors} == {"poste"}


def test_an_employer_imports_its_own_figures(employer_client, post):
    agreed = upload(employer_client, GOOD).context["agreed"]
    assert employer_client.post(reverse("activity-import"), {"agreed": agreed}).status_code == 302
    assert ActivityReturn.objects.count() == 2


def test_roles_without_the_ability_may_not_import(client, epci, post):
    client.force_login(make_member(epci, Role.FINANCES))
    assert client.get(reverse("activity-import")).status_code == 403
    assert client.get(reverse("activity-template")).status_code == 403


def test_a_column_the_file_does_not_have_changes_nothing(staff_client, post):
    add_return(post, 2024, 1, women=4, men=9, interviews_total=30, note="canicule")
    agreed = upload(staff_client, "poste;annee;mois;femmes;hommes\nPoste ISG Bapaume;2024;1;5;\n").context["agreed"]
    staff_client.post(reverse("activity-import"), {"agreed": agreed})
    held = ActivityReturn.objects.get()
    assert (held.women, held.men, held.interviews_total, held.note) == (5, None, 30, "canicule")


def test_the_matrix_asks_the_database_as_often_for_one_post_as_for_four(
    staff_client, post, epci, django_assert_num_queries
):
    with CaptureQueriesContext(connection) as one:
        matrix(staff_client, 2023)
    for number in range(3):
        add_return(make_post(epci, f"Poste {number}"), 2023, 1, women=1, men=1, children=1)
    with django_assert_num_queries(len(one)):
        matrix(staff_client, 2023)


def test_last_year_can_be_chosen_before_anything_of_it_is_entered(cast: Cast):
    page = cast.client("gestionnaire").get("/activite/").content.decode()
    last = timezone.localdate().year - 1
    assert f'<option value="{last}">{last}</option>' in page
