"""The detail of a month: saved, checked, validated, reopened; by the employer, on its page."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import time_machine
from django.db import Error, connection, transaction
from django.urls import reverse

from core import rls
from core.errors import BusinessError, InvalidInput, NotAllowed
from parties.enums import OrganisationKind, Role
from posts.models import ActivityCell, ActivityReturn, ListItem, MonthStep
from posts.screening import screened
from posts.services.activity import record_activity
from posts.services.detail import lists_on, record_detail, reopen_month, validate_month
from posts.services.periods import record_people
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


def test_cells_are_kept_and_the_counts_of_bilans_follow(post, department):
    by = staff(department)
    done = record_detail(post=post, **WHEN, cells=HOLDS, by=by)
    held = ActivityReturn.objects.get()
    assert (held.women, held.men, held.children, held.interviews, held.vif_count, held.vif_base) == (5, 2, 2, 11, 6, 8)
    assert (done.breaches, ActivityCell.objects.count()) == ((), len(HOLDS))
    kept = {cell.pk for cell in ActivityCell.objects.all()}
    record_detail(post=post, **WHEN, cells=HOLDS, by=by)
    assert {cell.pk for cell in ActivityCell.objects.all()} == kept
    without = {key: value for key, value in HOLDS.items() if key[0] != "I14"} | {("I1", "plainte", ""): None}
    record_detail(post=post, **WHEN, cells=without, by=by)
    assert not ActivityCell.objects.filter(indicator="I14").exists()
    assert not ActivityCell.objects.filter(indicator="I1", row="plainte").exists()


def test_a_cell_that_does_not_exist_that_month_is_refused(post, department):
    by = staff(department)
    with pytest.raises(InvalidInput) as refused:
        record_detail(post=post, **WHEN, cells={("I1", "pigeon", ""): 1}, by=by)
    assert refused.value.place == "I1:pigeon:"
    with rls.acting(rls.Context(scope=rls.PLATFORM)):
        ListItem.objects.filter(list="mode", code="bailleur").update(until=dt.date(2023, 12, 31))
    with pytest.raises(InvalidInput):
        record_detail(post=post, **WHEN, cells={("I1", "bailleur", ""): 1}, by=by)
    assert not ActivityReturn.objects.exists()
    assert "bailleur" in {item.code for item in lists_on(2023, 12)["mode"]}


def test_validated_by_its_employer_then_read_only_until_reopened_with_a_reason(post, department, epci):
    employer = actor(epci, Role.EMPLOYEUR)
    other = actor(make_organisation(department.territory, "CC du Ternois"), Role.EMPLOYEUR)
    with pytest.raises(BusinessError, match="Rien n'est saisi"):
        validate_month(post=post, **WHEN, by=employer)
    record_detail(post=post, **WHEN, cells=HOLDS, by=employer)
    with pytest.raises(NotAllowed):
        validate_month(post=post, **WHEN, by=other)
    first = validate_month(post=post, **WHEN, by=employer)
    assert validate_month(post=post, **WHEN, by=employer) == first
    with pytest.raises(BusinessError, match="rouvrez-le"):
        record_detail(post=post, **WHEN, cells=HOLDS | {("I18", "agents", ""): 4}, by=employer)
    with pytest.raises(BusinessError, match="rouvrez-le"):
        record_activity(post=post, **WHEN, counts={"women": 50}, by=employer)
    with pytest.raises(InvalidInput):
        reopen_month(post=post, **WHEN, reason=" ", by=employer)
    reopen_month(post=post, **WHEN, reason="Une saisine oubliée.", by=employer)
    record_detail(post=post, **WHEN, cells=HOLDS | {("I18", "agents", ""): 4}, by=employer)
    assert [step.act for step in MonthStep.objects.all()] == ["valide", "rouvert"]
    with pytest.raises(BusinessError, match="n'est pas validé"):
        reopen_month(post=post, **WHEN, reason="Encore.", by=employer)
    with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE posts_monthstep SET reason = 'x'")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE posts_activityreturn SET women = 99",
        "DELETE FROM posts_activityreturn",
        "UPDATE posts_activitycell SET value = 99 WHERE indicator = 'I0'",
        "DELETE FROM posts_activitycell",
        "INSERT INTO posts_activitycell (uuid, created_at, updated_at, territory_id, activity_id, indicator, row,"
        " \"column\", value) SELECT gen_random_uuid(), now(), now(), territory_id, id, 'I18', 'agents', '', 1"
        " FROM posts_activityreturn",
        "INSERT INTO posts_activityreturn (uuid, created_at, updated_at, territory_id, post_id, year, month, zone,"
        " note, missing_reason, stated) SELECT gen_random_uuid(), now(), now(), territory_id, post_id, year, month,"
        " 'police', '', '', '{}' FROM posts_activityreturn",
    ],
)
def test_the_database_itself_keeps_a_validated_month(post, epci, statement):
    by = actor(epci, Role.EMPLOYEUR)
    with rls.acting(by.context):
        record_detail(post=post, **WHEN, cells=HOLDS, by=by)
        validate_month(post=post, **WHEN, by=by)
        with pytest.raises(Error, match="Ce mois est validé"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
        reopen_month(post=post, **WHEN, reason="Une saisine oubliée.", by=by)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
            assert cursor.rowcount > 0
            transaction.set_rollback(True)


def test_figures_that_cannot_hold_are_kept_but_not_validated_and_surprises_need_words(post, department):
    by = staff(department)
    done = record_detail(post=post, **WHEN, cells=HOLDS | {("I0", "situations", ""): 11}, by=by)
    assert [breach.rule for breach in done.breaches] == [4, 6]
    with pytest.raises(BusinessError, match="ne peut pas être validé"):
        validate_month(post=post, **WHEN, by=by)
    few = HOLDS | {("I11", "unite", ""): 1, ("I11", "telephone", ""): 1}
    record_detail(post=post, **WHEN, cells=few, by=by)
    with pytest.raises(BusinessError, match="demande une observation"):
        validate_month(post=post, **WHEN, by=by)
    record_detail(post=post, **WHEN, cells=few, note="Deux semaines d'arrêt.", by=by)
    assert validate_month(post=post, **WHEN, by=by).act == "valide"


def test_the_page_saves_shows_the_month_before_and_loses_nothing(client, post, epci):
    client.force_login(make_member(epci, Role.EMPLOYEUR))
    january = reverse("activity-detail", args=[post.uuid, 2024, 1])
    saved = client.post(january, {":".join(cell): value for cell, value in HOLDS.items()})
    assert saved.status_code == 302
    february = reverse("activity-detail", args=[post.uuid, 2024, 2])
    text = client.get(february).content.decode()
    assert '<span class="detail-before">10<span' in text
    assert "Une demande ou un signalement reçu" in text
    typed = {"I0:saisines:": "12", "I1:plainte:": "douze", "note": "Appeler le 06 12 34 56 78"}
    refused = client.post(february, typed)
    assert refused.status_code == 422
    text = refused.content.decode()
    assert "« douze » n&#x27;est pas un nombre entier" in text
    assert 'value="12"' in text
    assert "Appeler le 06 12 34 56 78" in text
    kept = client.post(february, typed | {"I1:plainte:": "12"}, follow=True)
    assert "un numéro de téléphone" in kept.content.decode()
    validated = client.post(february, typed | {"I1:plainte:": "12", "validate": "1"}, follow=True)
    assert "Validé par" in validated.content.decode()
    assert 'name="I0:saisines:"' not in validated.content.decode()
    url = reverse("activity-reopen", args=[post.uuid, 2024, 2])
    assert "Dites pourquoi" in client.post(url, {"reason": ""}, follow=True).content.decode()
    assert "est rouvert" in client.post(url, {"reason": "Erreur."}, follow=True).content.decode()
    assert client.get(reverse("activity-detail", args=[post.uuid, 2024, 4])).status_code == 404


def test_the_page_tells_vacancy_unknown_from_zero_history_and_the_people_of_the_quarter(client, post, department, epci):
    client.force_login(make_member(epci, Role.EMPLOYEUR))
    vacant = make_post(epci, "Poste vacant", created_on=dt.date(2022, 1, 1))
    shown = client.get(reverse("activity-detail", args=[vacant.uuid, 2024, 1])).content.decode()
    assert "Poste vacant tout le mois" in shown
    assert "Historique du mois" not in shown
    by = staff(department)
    record_people(post=post, year=2024, people={1: {"people": 8}}, by=by)
    cells = HOLDS | {("I18", "agents", ""): 0}
    record_detail(post=post, year=2024, month=3, cells=cells, by=by)
    march = reverse("activity-detail", args=[post.uuid, 2024, 3])
    text = client.get(march).content.decode().replace("&#x27;", "'")
    assert "1er trimestre 2024 : 8 personnes, alors que mars 2024 en compte 9" in text
    assert "Poste vacant tout le mois" not in text
    assert 'js/month.js" defer' in text
    record_people(post=post, year=2024, people={1: {"people": 12}}, by=by)
    validate_month(post=post, year=2024, month=3, by=by)
    reopen_month(post=post, year=2024, month=3, reason="Une saisine oubliée.", by=by)
    validate_month(post=post, year=2024, month=3, by=by)
    text = client.get(march).content.decode()
    assert text.count("<strong>Validé</strong>") == 2
    assert ": Une saisine oubliée.</li>" in text
    # Read only: nothing counted is « n.r. », none is 0.
    assert re.search(r'detail-cell">0<', text)
    assert re.search(r'detail-cell">n\.r\.<', text)


def test_refused_validation_keeps_nothing_and_says_why(client, post, epci):
    client.force_login(make_member(epci, Role.EMPLOYEUR))
    url = reverse("activity-detail", args=[post.uuid, 2024, 2])
    answer = client.post(url, {"I0:saisines:": "2", "I0:situations:": "5", "validate": "1"})
    assert answer.status_code == 422
    assert "5 situations pour 2 saisines" in answer.content.decode()
    assert 'value="5"' in answer.content.decode()
    assert not ActivityReturn.objects.exists()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Rappeler au 06.12.34.56.78", "un numéro de téléphone"),
        ("née le 12/03/1990", "une date de naissance"),
        ("PV n° 2023/1234", "un numéro de procédure"),
        ("Mme Durand est partie", "un nom de personne"),
        ("écrire à a.b@exemple.fr", "une adresse électronique"),
        ("au 12 rue des Lilas", "une adresse postale"),
    ],
)
def test_texts_that_look_like_somebody_are_noticed(text, kind):
    assert kind in [suspicion.kind for suspicion in screened(text)]


@pytest.mark.parametrize(
    "text",
    [
        "Poste vacant jusqu'au 15/03",
        "Réunion avec Mme la Préfète et M. le Maire",
        "72 saisines dont 12 par plainte",
        "",
    ],
)
def test_ordinary_observations_are_left_alone(text):
    assert screened(text) == []
