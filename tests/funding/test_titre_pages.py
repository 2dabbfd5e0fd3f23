"""The pages of titres: who sees what, preparing, exporting, downloading, what comes back, what is owed."""

import csv
import datetime as dt
import io
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from funding.models import ExportBatch, Titre
from funding.services.titre_exports import export_titres
from funding.services.titres import propose_titres
from parties.enums import Role
from posts.models import Occupancy
from tests.funding.titre_world import World, boulogne_2022, content_of, make_world, sud_artois_2023, ternois_2023

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    world = make_world()
    with world.acting():
        for plan in (sud_artois_2023(world), boulogne_2022(world)):
            propose_titres(plan=plan, by=world.system)
    return world


def sign_in(world: World, organisation, role: str = Role.FINANCES) -> Client:
    client = Client()
    client.force_login(world.actor(organisation, role).user)
    return client


def titre_of(world: World, issuer, debtor) -> Titre:
    with world.acting():
        return Titre.objects.get(issuer=issuer, debtor=debtor)


def text(response) -> str:
    return response.content.decode().replace("\u202f", " ").replace("\u00a0", " ")


def test_the_issuer_lists_its_own(world: World) -> None:
    page = text(sign_in(world, world.sud_artois).get(reverse("titres")))
    assert "2 titres" in page
    assert "14 665,00 € × 12/12" in page
    assert "29 330,00 €" in page  # total
    assert "8 352,08" not in page
    assert "CA du Boulonnais" not in page


def test_managers_list_everyone_and_filter(world: World) -> None:
    client = sign_in(world, world.departement, Role.GESTIONNAIRE)
    assert "4 titres" in text(client.get(reverse("titres")))
    page = text(client.get(reverse("titres"), {"annee": "2022", "tri": "-montant"}))
    assert "2 titres" in page
    assert "16 704,16 €" in page
    assert "1 titre<" in text(client.get(reverse("titres"), {"q": "boulonnais"}))
    assert "Aucun titre ne répond" in text(client.get(reverse("titres"), {"q": "introuvable"}))


def test_the_list_as_a_sheet(world: World) -> None:
    client = sign_in(world, world.sud_artois)
    response = client.get(reverse("titres"), {"format": "csv", "debiteur": str(world.etat.uuid)})
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig")), delimiter=";"))
    assert [(row["Débiteur"], row["Montant (euros)"]) for row in rows] == [("Préfecture du Pas-de-Calais", "14665,00")]
    workbook = load_workbook(io.BytesIO(client.get(reverse("titres"), {"format": "xlsx"}).content))
    assert workbook.worksheets[0].max_row == 3


def test_a_titre_explains_itself_to_issuer_and_debtor(world: World) -> None:
    titre = titre_of(world, world.departement, world.boulonnais)
    for organisation in (world.departement, world.boulonnais):
        page = text(sign_in(world, organisation).get(titre.get_absolute_url()))
        assert "20 045,00 € × 5/12 = 8 352,08 €" in page
        assert "du 1er juin au 31 décembre 2022" in page
        assert reverse("titre-statement", args=[titre.uuid]) in page
    assert sign_in(world, world.sud_artois).get(titre.get_absolute_url()).status_code == 404
    assert sign_in(world, world.boulonnais, Role.PARTENAIRE).get(titre.get_absolute_url()).status_code == 200
    assert sign_in(world, world.boulonnais, Role.EMPLOYEUR).get(titre.get_absolute_url()).status_code == 403


def test_a_body_that_only_pays_is_led_to_what_it_owes(world: World) -> None:
    client = sign_in(world, world.boulonnais)
    assert client.get(reverse("titres")).headers["Location"] == reverse("debts")
    assert "Aucun titre à émettre" in text(client.get(reverse("titres"), {"tri": "-exercice"}))
    page = text(client.get(reverse("debts")))
    assert "8 352,08 €" in page
    assert "20 045,00 €" in page
    assert "Titre en préparation" in page
    assert "14 665" not in page
    rows = list(
        csv.DictReader(
            io.StringIO(client.get(reverse("debts"), {"format": "csv"}).content.decode("utf-8-sig")), delimiter=";"
        )
    )
    assert [(row["Créancier"], row["Dû (euros)"], row["Reste (euros)"]) for row in rows] == [
        ("Pas-de-Calais", "8352,08", "8352,08")
    ]


def test_managers_look_at_anyones_debts_others_only_at_theirs(world: World) -> None:
    query = {"organisation": str(world.boulonnais.uuid)}
    manager = sign_in(world, world.departement, Role.GESTIONNAIRE)
    assert "8 352,08 €" in text(manager.get(reverse("debts"), query))
    assert manager.get(reverse("debts"), {"organisation": "rien"}).status_code == 404
    assert "8 352,08 €" not in text(sign_in(world, world.sud_artois).get(reverse("debts"), query))


def test_preparing_from_the_list(world: World) -> None:
    with world.acting():
        plan = ternois_2023(world)
    client = sign_in(world, world.ternois)
    page = text(client.get(reverse("titres")))
    assert "Plans engagés sans titre" in page
    page = text(client.post(reverse("titres-propose"), {"plan": str(plan.uuid)}, follow=True))
    assert "2 titres sont à jour" in page
    assert "11 944,17 €" in page
    with world.acting():
        other = boulogne = Titre.objects.get(issuer=world.departement, debtor=world.boulonnais).plan
    assert client.post(reverse("titres-propose"), {"plan": str(other.uuid)}).status_code == 404
    assert client.post(reverse("titres-propose"), {"plan": "nimporte"}).status_code == 404
    assert client.get(reverse("titres-propose")).status_code == 405
    manager = sign_in(world, world.departement, Role.GESTIONNAIRE)
    for strange in ("//ailleurs.test/", "13", "/\\ailleurs.test"):
        elsewhere = manager.post(reverse("titres-propose"), {"plan": str(boulogne.uuid), "next": strange})
        assert elsewhere.headers["Location"].startswith(reverse("titres"))


def test_exporting_and_downloading_again(world: World) -> None:
    client = sign_in(world, world.sud_artois)
    page = text(client.get(reverse("titres-export")))
    assert "2 titres prêts, total 29 330,00 €" in page
    answer = client.post(reverse("titres-export"), {"year": "2023", "file_format": "csv"})
    page = text(client.get(answer.headers["Location"]))
    assert "téléchargez le lot n° 1" in page
    assert "Nouveau" in page
    with world.acting():
        batch = ExportBatch.objects.get()
        content = content_of(batch)
    url = reverse("batch-download", args=[batch.uuid])
    assert url in page
    first = client.get(url)
    assert b"".join(first) == b"".join(client.get(url)) == content
    assert first["Content-Disposition"] == 'attachment; filename="titres-200035442-2023-lot1.csv"'

    refused = client.post(reverse("titres-export"), {"year": "2023", "file_format": "csv"})
    assert refused.status_code == 422
    assert "Rien de nouveau à exporter" in text(refused)
    with world.acting():
        assert ExportBatch.objects.count() == 1
    for other in (world.boulonnais, world.departement):
        assert sign_in(world, other).get(url).status_code == 404
    assert b"".join(sign_in(world, world.departement, Role.GESTIONNAIRE).get(url)) == content
    assert sign_in(world, world.departement, Role.GESTIONNAIRE).get(reverse("titres-export")).status_code == 403


@pytest.mark.parametrize("data", [{}, {"year": "2023", "file_format": "ods"}, {"year": "hier", "file_format": "csv"}])
def test_a_wrong_export_form_writes_nothing(world: World, data: dict) -> None:
    assert sign_in(world, world.sud_artois).post(reverse("titres-export"), data).status_code == 422
    with world.acting():
        assert not ExportBatch.objects.exists()


def test_a_vacancy_recorded_later_must_be_taken_in_before_exporting(world: World) -> None:
    with world.acting():
        occupancy = Occupancy.objects.get(post__label="Poste plan-a12")
        occupancy.end = occupancy.start.replace(year=2023, month=6, day=30)
        occupancy.save()
    client = sign_in(world, world.sud_artois)
    assert "occupation des postes a changé" in text(client.get(reverse("titres")))
    assert "2 montants à recalculer" in text(client.get(reverse("titres-export")))
    titre = titre_of(world, world.sud_artois, world.etat)
    assert "donne 7 332,50 €" in text(client.get(titre.get_absolute_url()))
    client.post(reverse("titres-propose"), {"next": reverse("titres-export")})
    assert "total 14 665,00 €" in text(client.get(reverse("titres-export")))


def test_what_the_finance_software_gave_back(world: World) -> None:
    with world.acting():
        export_titres(issuer=world.departement, year=2022, file_format="csv", by=world.system)
    titre = titre_of(world, world.departement, world.boulonnais)
    client = sign_in(world, world.departement)
    issue, receive = (reverse(name, args=[titre.uuid]) for name in ("titre-issue", "titre-receive"))
    wrong = client.post(issue, {"number": "", "issued_on": "2999-01-01"})
    assert wrong.status_code == 422
    assert "dans l'avenir" in text(wrong).replace("&#x27;", "'")
    page = text(client.post(issue, {"number": "41", "slip_number": "7", "issued_on": "2023-01-20"}, follow=True))
    assert "Titre n° 41 enregistré" in page
    wrong = client.post(receive, {"amount": "8 352,09", "received_on": "2023-01-19"})
    assert "précède" in text(wrong)
    assert "8 352,09" in text(wrong)  # what was typed is kept
    assert client.post(receive, {"amount": "beaucoup", "received_on": "2023-02-01"}).status_code == 422
    client.post(receive, {"amount": "8 352,08", "received_on": "2023-02-01"})
    with world.acting():
        titre.refresh_from_db()
    assert (titre.status, titre.received) == ("encaisse", Decimal("8352.08"))
    page = text(sign_in(world, world.boulonnais).get(reverse("debts")))
    assert "Payé" in page
    assert "Titre de recettes n° 41" in page
    debtor = sign_in(world, world.boulonnais)
    assert debtor.post(issue, {"number": "1", "issued_on": "2023-01-20"}).status_code == 404


def test_queries_do_not_grow_with_the_list(world: World, django_assert_max_num_queries) -> None:
    client = sign_in(world, world.departement, Role.GESTIONNAIRE)
    client.get(reverse("titres"))

    def count(name: str) -> int:
        with django_assert_max_num_queries(60) as queries:
            client.get(reverse(name))
        return len(queries)

    before = {name: count(name) for name in ("titres", "debts", "batches")}
    with world.acting():
        for year in range(2015, 2022):
            plan = world.plan(
                employer=world.sud_artois,
                key=f"p{year}",
                year=year,
                shares=[(world.etat, "500"), (world.departement, "500")],
                occupancies=[(dt.date(2010, 1, 1), None)],
            )
            propose_titres(plan=plan, by=world.system)
            export_titres(issuer=world.sud_artois, year=year, file_format="csv", by=world.system)
    assert {name: count(name) for name in before} == before
