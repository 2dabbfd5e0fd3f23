"""The journal on screen and in a spreadsheet: who reads it, in which words, through which filters."""

from __future__ import annotations

import datetime as dt
import io
import uuid
from decimal import Decimal

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from conventions.models import Deliberation
from core import sheets
from funding.models import CostComponent, Share
from parties.models import JournalEntry, Membership, Organisation
from posts.models import Occupancy
from reporting import views_journal
from reporting.journal.words import followed_tables
from tests.cast import Cast

URL = "/journal/"


def text_of(response) -> str:  # type: ignore[no-untyped-def]
    assert response.status_code == 200
    return response.content.decode().replace("\u202f", " ").replace("\xa0", " ")


@pytest.fixture
def changed(cast: Cast) -> Cast:
    """Plan D: a cost raised by the managers."""
    with cast.acting("gestionnaire"):
        CostComponent.objects.filter(plan=cast.plan["d"]).update(amount=Decimal("31000.50"))
    return cast


def test_the_page_knows_what_the_triggers_follow(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.tgrelid::regclass::text FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid"
            " WHERE p.proname = 'cosigne_journal'"
        )
        assert set(followed_tables()) == {table for (table,) in cursor.fetchall()}


def test_a_change_is_told_in_french_before_and_after(changed: Cast):
    page = text_of(changed.client("gestionnaire").get(URL, {"plan": changed.plan["d"].uuid}))
    assert "Journal : Plan D 2026" in page
    assert "Composante du coût : Salaire et charges" in page
    assert "<strong>Montant annuel</strong>" in page
    before, after = page.index("30 000,00 €"), page.index("31 000,50 €")
    assert before < after
    assert "Gestionnaire (Département)" in page
    assert "Plan A 2026" not in page


def test_dates_choices_links_and_yes_or_no_are_printed_as_pages_do(cast: Cast):
    with cast.acting("gestionnaire"):
        Occupancy.objects.filter(post=cast.post["a"]).update(end=dt.date(2026, 6, 30))
        share = Share.objects.filter(plan=cast.plan["d"]).order_by("position")[0]
        Share.objects.filter(pk=share.pk).update(
            mode="percentage", percent=Decimal("12.5"), fixed_is_annual=True, financer=cast.org["epci_b"]
        )
    client = cast.client("gestionnaire")
    told = text_of(client.get(URL, {"poste": cast.post["a"].uuid}))
    arrow = '<span aria-hidden="true">→</span><span class="visually-hidden"> après </span>'
    assert f"vide {arrow} 30/06/2026" in told
    page = text_of(client.get(URL, {"plan": cast.plan["d"].uuid, "type": "funding_share"}))
    assert "12,5 %" in page
    assert share.get_mode_display() in page
    assert "Pourcentage" in page
    assert "CA du Boulonnais" in page
    assert "Oui" in page
    assert "percentage" not in page.split("<tbody>")[1]


def test_every_object_s_page_leads_to_its_journal_for_managers_only(cast: Cast):
    pages = {
        "plan": cast.plan["a"],
        "convention": cast.convention["a"],
        "poste": cast.post["a"],
        "titre": cast.titre["a_departement"],
        "organisation": cast.org["epci_a"],
    }
    with cast.acting("gestionnaire"):
        pages["deliberation"] = Deliberation.objects.create(organisation=cast.org["epci_a"], date=dt.date(2026, 1, 5))
    manager, officer = cast.client("gestionnaire"), cast.client("finances_a")
    for kind, thing in pages.items():
        link = f'href="{URL}?{kind}={thing.uuid}"'
        assert link in manager.get(thing.get_absolute_url()).content.decode(), kind
        assert URL not in officer.get(thing.get_absolute_url()).content.decode(), kind
        assert str(thing) in text_of(manager.get(URL, {kind: thing.uuid})), kind


def test_people_of_an_organisation_are_in_its_journal(cast: Cast):
    with cast.acting("gestionnaire"):
        Membership.objects.filter(pk=cast.membership["finances_a"].pk).update(end=dt.date(2026, 1, 31))
    page = text_of(cast.client("gestionnaire").get(URL, {"organisation": cast.org["epci_a"].uuid}))
    assert "Appartenance : CC du Sud-Artois – " in page
    assert "31/01/2026" in page


def test_a_deleted_object_keeps_its_journal_and_its_name(cast: Cast):
    with cast.acting("gestionnaire"):
        gone = Organisation.objects.create(territory=cast.territory["here"], kind="other", name="Maison fermée")
        gone_uuid = gone.uuid
        gone.delete()
    client = cast.client("gestionnaire")
    page = text_of(client.get(URL, {"organisation": gone_uuid}))
    assert "Organisation, supprimé depuis" in page
    assert page.count("Organisation : Maison fermée") == 2
    assert client.get(URL, {"organisation": uuid.uuid4()}).status_code == 404
    assert client.get(URL, {"organisation": "x"}).status_code == 404


def test_an_object_of_another_territory_has_no_journal_here(cast: Cast):
    response = cast.client("gestionnaire").get(URL, {"plan": cast.plan["there"].uuid})
    assert response.status_code == 404
    assert "Plan THERE" not in text_of(cast.client("gestionnaire").get(URL, {"type": "funding_fundingplan"}))


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"q": "gestionnaire"}, 1),
        ({"q": "GESTIONNAIRE departement"}, 1),
        ({"q": "Personne d'autre"}, 0),
        ({"type": "funding_costcomponent"}, 1),
        ({"type": "funding_share"}, 0),
        ({"champ": "MONTANT"}, 1),
        ({"champ": "libellé"}, 0),
        ({"champ": "aucun champ"}, 0),
    ],
)
def test_filters(changed: Cast, params: dict[str, str], expected: int):
    recent = {"q": "gestionnaire", **params, "plan": changed.plan["d"].uuid}
    response = changed.client("gestionnaire").get(URL, recent)
    page = text_of(response)
    updates = [line for line in response.context["lines"] if line.action == "update"]
    assert len(updates) == expected
    if not expected:
        assert "Aucune écriture ne correspond" in page


def test_filter_by_dates_includes_both_days(changed: Cast):
    client = changed.client("gestionnaire")
    today = timezone.localdate()
    day = dt.timedelta(days=1)

    def found(**params: dt.date) -> int:
        return (
            client.get(URL, {name: value.isoformat() for name, value in params.items()})
            .context["page_obj"]
            .paginator.count
        )

    everything = found()
    assert everything > 100
    assert found(du=today, au=today) == everything
    assert found(du=today + day) == 0
    assert found(au=today - day) == 0


def test_a_date_mistyped_is_said(cast: Cast):
    page = text_of(cast.client("gestionnaire").get(URL, {"du": "hier"}))
    assert "Erreur :" in page


def test_exports_hold_what_the_filters_show_one_row_per_field(changed: Cast):
    client = changed.client("gestionnaire")
    asked = {"plan": changed.plan["d"].uuid, "champ": "montant annuel", "q": "gestionnaire"}
    url = reverse("journal-export", args=["csv"])
    response = client.get(url, asked)
    assert response["Content-Disposition"] == 'attachment; filename="journal-62.csv"'
    header, row = response.content.decode("utf-8-sig").strip().split("\r\n")
    assert header.startswith("Numéro;Date;Heure;Personne;Acte;Objet;Désignation;Rattaché à;Champ;Avant;Après;")
    cells = row.split(";")
    assert cells[3:9] == [
        "Gestionnaire (Département)",
        "Modification",
        "Composante du coût",
        "Salaire et charges",
        "Plan de financement : Plan D 2026",
        "Montant annuel",
    ]
    assert [cell.replace("\u202f", " ") for cell in cells[9:11]] == ["30 000,00 €", "31 000,50 €"]
    book = load_workbook(io.BytesIO(client.get(reverse("journal-export", args=["xlsx"]), asked).content))
    assert book.worksheets[0].max_row == 2
    assert client.get(reverse("journal-export", args=["pdf"])).status_code == 404


def test_an_export_too_long_says_what_to_do(changed: Cast, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(views_journal, "MOST_EXPORTED", 10)
    response = changed.client("gestionnaire").get(reverse("journal-export", args=["csv"]), {"q": ""}, follow=True)
    assert "Un export compte au plus 10 écritures : réduisez la période" in text_of(response)


def test_the_export_neutralises_formulas(cast: Cast):
    with cast.acting("gestionnaire"):
        CostComponent.objects.filter(plan=cast.plan["d"]).update(label="=1+1")
    content = cast.client("gestionnaire").get(reverse("journal-export", args=["csv"]), {"champ": "libellé"}).content
    assert sheets.neutralise("=1+1") in content.decode()
    assert ";=1+1" not in content.decode()


def test_the_number_of_queries_does_not_grow_with_the_entries(cast: Cast, django_assert_max_num_queries):
    client = cast.client("gestionnaire")

    def queries() -> int:
        with django_assert_max_num_queries(60) as captured:
            client.get(URL, {"plan": cast.plan["d"].uuid, "type": "funding_costcomponent"})
        return len(captured)

    first = queries()
    with cast.acting("gestionnaire"):
        for amount in range(100, 120):
            CostComponent.objects.filter(plan=cast.plan["d"]).update(amount=amount)
        assert JournalEntry.objects.filter(table_name="funding_costcomponent", action="update").count() == 20
    assert queries() == first
