"""The décompte: figures, absences, words, nothing personal, same bytes."""

import datetime as dt

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from funding.models import Titre
from funding.services.titre_exports import export_titres
from funding.services.titres import propose_titres, record_issue
from posts.models import Occupancy
from reporting.statements import render_statement, statement_context
from tests.funding.titre_world import World, boulogne_2022, make_world, sud_artois_2023

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def titre_of(world: World) -> Titre:
    """62-A04: vacant from 1 June 2022; what the CA du Boulonnais owes."""
    basis = {"text": "convention 62-A04", "reference": "62-A04", "date": "2022-12-01", "deliberation": "2022-398"}
    titres = propose_titres(plan=boulogne_2022(world), by=world.system, legal_basis=basis)
    return Titre.objects.for_list().get(pk=titres[1].pk)


def test_the_working_line_by_line(world: World) -> None:
    with world.acting():
        context = statement_context(titre_of(world))
    plain = [(letter, label, value.replace("\u202f", " ")) for letter, label, value in context["steps"]]
    assert plain == [
        ("A", "Part convenue pour la période (32,83\u202f% du coût)", "20 045,00 €"),
        ("B", "Durée de la période, en mois", "12"),
        ("C", "Durée due (poste pourvu), en mois", "5"),
        ("D", "Montant avant arrondi : A × C / B", "8 352,083333 €"),
    ]
    assert context["amount"].replace("\u202f", " ") == "8 352,08 €"
    assert context["words"] == "huit mille trois cent cinquante-deux euros et huit centimes"
    assert context["legal"] == [
        ("Convention", "62-A04"),
        ("Délibération", "2022-398"),
        ("Signée le", "1er décembre 2022"),
    ]
    assert context["absences"] == [
        {"post": "Poste plan-a04", "when": "du 1er juin au 31 décembre 2022", "days": "214", "effect": "déduite"}
    ]
    assert context["debtor"]["name"] == "Communauté d'agglomération du Boulonnais"
    assert context["debtor"]["number"] == "SIREN 246 200 729"


def test_an_exported_titre_gives_the_same_pdf_for_ever(world: World) -> None:
    with world.acting():
        plan = sud_artois_2023(world)
        propose_titres(plan=plan, by=world.system)
        assert statement_context(Titre.objects.for_list()[0])["draft"] is True
        export_titres(issuer=world.sud_artois, year=2023, file_format="csv", by=world.system)
        first, second = (render_statement(titre=Titre.objects.for_list()[0]) for _ in range(2))
    assert first == second
    assert first.startswith(b"%PDF-1.7")


def test_only_the_issuer_the_debtor_and_the_managers_read_it(world: World, client: Client) -> None:
    with world.acting():
        titre = titre_of(world)
    url = reverse("titre-statement", args=[titre.uuid])
    for organisation, status in [(world.departement, 200), (world.boulonnais, 200), (world.sud_artois, 404)]:
        client.force_login(world.actor(organisation).user)
        response = client.get(url)
        assert response.status_code == status
        if status == 200:
            assert response["Content-Type"] == "application/pdf"
            assert response["Content-Disposition"] == f'attachment; filename="decompte-{titre.entry_id}.pdf"'


def test_the_issuer_and_the_debtor_read_the_same_bytes(world: World) -> None:
    with world.acting():
        titre = titre_of(world)
        export_titres(issuer=world.departement, year=2022, file_format="csv", by=world.system)
    copies = []
    for organisation in (world.departement, world.boulonnais):
        with world.acting(world.actor(organisation)):
            copies.append(render_statement(titre=Titre.objects.for_list().get(pk=titre.pk)))
    assert copies[0] == copies[1]


def test_later_receipts_do_not_change_the_document(world: World) -> None:
    with world.acting():
        titre = titre_of(world)
        export_titres(issuer=world.departement, year=2022, file_format="csv", by=world.system)
        titre.refresh_from_db()
        before = render_statement(titre=titre)
        record_issue(titre=titre, number="7", issued_on=dt.date(2023, 2, 1), by=world.system)
        assert render_statement(titre=Titre.objects.for_list().get(pk=titre.pk)) == before


def test_nothing_says_who_was_away_or_why(world: World) -> None:
    with world.acting():
        plan = boulogne_2022(world)
        Occupancy.objects.filter(post__plans=plan).update(note="congé maternité de Mme Untel")
        titres = propose_titres(plan=plan, by=world.system)
        said = render_to_string(
            "pdf/decompte.html", statement_context(titres[0]) | {"pdf": {"title": "", "language": ""}}
        )
    assert "Untel" not in said + str(titres[0].statement)
    assert "congé" not in said + str(titres[0].statement)
