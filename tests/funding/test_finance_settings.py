"""The settings assistant: who settles what, forms of each value, nothing typed lost, the journal, the verdict."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.errors import Conflict, InvalidInput, NotAllowed
from funding.finance_settings import BY_KEY, ISSUER_STEPS, SETTINGS, TABLES, FinanceSettings, Step, cleaned
from funding.forms_finance import StepForm
from funding.models import Titre
from funding.services.finance import save_finance
from parties.models import JournalEntry, Organisation
from tests.cast import YEAR, Cast, make_titre

pytestmark = pytest.mark.django_db


def settings_of(cast: Cast, name: str) -> FinanceSettings:
    with cast.acting("gestionnaire"):
        return FinanceSettings(Organisation.objects.get(pk=cast.org[name].pk).finance)


def save(cast: Cast, person: str, name: str, **given: Any) -> Organisation:
    with cast.acting(person):
        return save_finance(organisation=cast.org[name], by=cast.actor(person), **given)


def address(cast: Cast, step: str = "", name: str = "epci_a") -> str:
    if not step:
        return reverse("organisation-finance", args=[cast.org[name].uuid])
    return reverse("organisation-finance-step", args=[cast.org[name].uuid, step])


# --- The service ------------------------------------------------------------------------------------------------------


def test_its_finance_people_and_the_managers_settle_an_organisation(cast: Cast) -> None:
    save(cast, "finances_a", "epci_a", values={"id_post": "062015"})
    save(cast, "gestionnaire", "epci_a", values={"cod_col": "310"})
    found = settings_of(cast, "epci_a")
    assert (found.get("id_post"), found.get("cod_col"), found.get("typ_fic")) == ("062015", "310", "PESALR2")


def test_nobody_else_does(cast: Cast) -> None:
    for person in ("finances_b", "partenaire", "employeur_a", "instructeur", "gestionnaire_there"):
        with pytest.raises(NotAllowed):
            save(cast, person, "epci_a", values={"id_post": "062015"})
    assert settings_of(cast, "epci_a").get("id_post") == ""


def test_what_changed_is_in_the_journal(cast: Cast) -> None:
    save(cast, "finances_a", "epci_a", values={"id_post": "062015"})
    with cast.acting("gestionnaire"):
        entry = JournalEntry.objects.filter(table_name="parties_organisation").latest("pk")
    assert "finance" in str(entry.changes)
    assert "062015" in str(entry.changes)


@pytest.mark.parametrize(
    ("key", "wrong", "right"),
    [
        ("siret_budget", "22620001200013", "226 200 012 00012"),
        ("id_post", "6209", "062090"),
        ("id_post", "02C123", "02A123"),
        ("cod_col", "20", "020"),
        ("cod_bud", "a0", "A0"),
        ("code_produit", "0000", "0100"),
        ("fonction", "42-13", "4213"),
        ("operation", "C02-421K01", "C02421K01"),
        ("edition", "02", "04"),
        ("nomenclature", "M99", "M52"),
        ("capitales", "peut-être", "non"),
    ],
)
def test_each_value_has_its_form(key: str, wrong: str, right: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        cleaned(key, wrong)
    assert refused.value.place == key
    assert refused.value.message.startswith(BY_KEY[key].label)
    assert cleaned(key, f" {right} ") == right.replace(" ", "")


def test_tables_keep_one_line_each(cast: Cast) -> None:
    save(cast, "finances_a", "epci_a", tables={"bordereaux": {"2026": "12", "2025": "7"}})
    save(cast, "finances_a", "epci_a", tables={"bordereaux": {"2025": ""}, "comptes": {"departement": "7473"}})
    found = settings_of(cast, "epci_a")
    assert found.table("bordereaux") == {"2026": "12"}
    assert (found.number("bordereaux", 2026), found.number("titres", 2026)) == (12, None)
    with pytest.raises(InvalidInput, match=r"subdivisé en M57. Prenez par exemple 74741") as refused:
        save(cast, "finances_a", "epci_a", tables={"comptes": {"commune": "7474"}})
    assert refused.value.place == "comptes.commune"
    with pytest.raises(InvalidInput, match="n'existe pas en M57"):
        save(cast, "finances_a", "epci_a", tables={"comptes": {"commune": "74799"}})
    save(cast, "finances_a", "epci_a", values={"nomenclature": "M52"}, tables={"comptes": {"commune": "7474"}})


def test_a_body_that_issues_nothing_only_says_how_it_pays(cast: Cast) -> None:
    save(cast, "gestionnaire", "prefecture", values={"num_engagement": "EJ 12"})
    with pytest.raises(InvalidInput, match="n'émet pas de titres"):
        save(cast, "gestionnaire", "prefecture", values={"id_post": "062090"})
    assert settings_of(cast, "prefecture").get("num_engagement") == "EJ 12"


def test_two_people_do_not_overwrite_each_other(cast: Cast) -> None:
    seen = cast.org["epci_a"].updated_at
    save(cast, "finances_a", "epci_a", values={"id_post": "062015"}, seen_at=seen)
    with pytest.raises(Conflict):
        save(cast, "admin_a", "epci_a", values={"id_post": "062016"}, seen_at=seen)


def test_odd_stored_values_read_as_absent() -> None:
    odd = FinanceSettings(
        {"id_post": ["x"], "bordereaux": "12", "capitales": True, "titres": {"2026": "abc", "2025": 7}}
    )
    assert (odd.get("id_post"), odd.table("bordereaux"), odd.has("capitales")) == ("", {}, True)
    assert (odd.number("titres", 2026), odd.number("titres", 2025)) == (None, 7)


def test_every_setting_is_asked_somewhere() -> None:
    assert {setting.step for setting in SETTINGS} | {table.step for table in TABLES} == {*ISSUER_STEPS, Step.PAYER}
    assert all(setting.choices or setting.is_flag or (setting.pattern and setting.wrong) for setting in SETTINGS)


# --- The pages --------------------------------------------------------------------------------------------------------


def test_step_by_step_until_ready(cast: Cast) -> None:
    with cast.acting("gestionnaire"):
        Organisation.objects.filter(pk=cast.org["departement"].pk).update(
            siren="226200012", address1="Hôtel du Département", postal_code="62018", city="ARRAS"
        )
    client = cast.client("finances_a")
    page = client.get(address(cast)).text
    assert "Incomplet" in page
    assert "Le codique du poste comptable manque" in page
    answers: dict[str, dict[str, str]] = {
        "logiciel": {"logiciel": "magnus", "format": "pes", "collectivite": "CCSA", "budget": "01"},
        "comptable": {
            "siret_budget": "20003544200017",
            "id_post": "062015",
            "cod_col": "310",
            "cod_bud": "00",
            "typ_fic": "PESALR2",
        },
        "imputation": {
            "nomenclature": "M57",
            "vote": "nature",
            "fonction": "424",
            "retirer_93": "oui",
            "code_produit": "ISCG",
        },
        "comptes": {},
        "debiteurs": {},
        "options": {
            "fipd": "avant",
            "capitales": "oui",
            "accents": "non",
            "reference_decompte": "non",
            "magnus_encodage": "cp1252",
        },
        "numeros": {f"bordereaux-{YEAR}": "12", f"titres-{YEAR}": "101"},
    }
    order = [step.value for step in (*ISSUER_STEPS, Step.PAYER)]
    for position, (step, given) in enumerate(answers.items()):
        answer = client.post(address(cast, step), given | {"next": "1"})
        assert answer.status_code == 302, answer.content.decode()
        assert answer["Location"] == address(cast, order[position + 1])
    page = client.get(address(cast)).text
    assert "Incomplet" not in page
    assert page.count("Prêt") >= 4
    export = client.get(reverse("titres-export")).text
    assert export.index('value="pes"') < export.index('value="csv"'), "the usual format comes first"


def test_the_export_page_says_what_each_format_lacks(cast: Cast) -> None:
    page = cast.client("finances_a").get(reverse("titres-export")).text
    assert 'value="csv"' in page
    assert 'value="pes"' not in page
    assert "PES V2 (comptable public) :" in page
    assert address(cast, "comptable") in page
    assert address(cast) in page


def test_a_wrong_value_is_said_beside_its_field_and_kept(cast: Cast) -> None:
    client: Client = cast.client("finances_a")
    answer = client.post(address(cast, "comptable"), {"id_post": "12", "cod_col": "310", "typ_fic": "PESALR2"})
    assert answer.status_code == 422
    page = answer.text
    assert "Codique du poste comptable (IdPost) : six ou sept chiffres" in page
    assert 'value="12"' in page
    assert 'value="310"' in page
    assert settings_of(cast, "epci_a").get("cod_col") == "", "all or nothing"
    answer = client.post(address(cast, "comptes"), {"comptes-commune": "7474"})
    assert answer.status_code == 422
    assert 'id="id_comptes-commune_error"' in answer.text


def test_someone_else_s_save_is_not_overwritten_silently(cast: Cast) -> None:
    client = cast.client("finances_a")
    page = client.get(address(cast, "comptable"))
    seen = page.context["form"]["seen_at"].value()
    save(cast, "gestionnaire", "epci_a", values={"cod_col": "310"})
    given = {"id_post": "062015", "cod_col": "311", "typ_fic": "PESALR2"}
    answer = client.post(address(cast, "comptable"), given | {"seen_at": seen})
    assert answer.status_code == 422
    assert 'value="062015"' in answer.text
    again = answer.context["form"]["seen_at"].value()
    assert client.post(address(cast, "comptable"), given | {"seen_at": again}).status_code == 302


def test_the_debtors_are_those_of_one_s_plans_and_titres(cast: Cast) -> None:
    with cast.acting("finances_a"):
        form = StepForm(None, organisation=cast.org["epci_a"], step=Step.DEBTORS)
        titles = {group.title for group in form.groups}
    assert titles == {cast.org["departement"].name, cast.org["prefecture"].name}


def test_links_lead_there(cast: Cast) -> None:
    link = f'href="{address(cast)}"'
    assert link in cast.client("finances_a").get(cast.org["epci_a"].get_absolute_url()).text
    assert link in cast.client("gestionnaire").get(cast.org["epci_a"].get_absolute_url()).text
    assert link not in cast.client("finances_b").get(cast.org["epci_a"].get_absolute_url()).text
    assert link not in cast.client("employeur_a").get(cast.org["epci_a"].get_absolute_url()).text


def test_an_unknown_step_is_not_found(cast: Cast) -> None:
    assert cast.client("finances_a").get(address(cast, "inconnue")).status_code == 404
    assert cast.client("gestionnaire").get(address(cast, "comptable", "prefecture")).status_code == 404
    assert cast.client("gestionnaire").get(address(cast, "paiement", "prefecture")).status_code == 200


def test_queries_do_not_grow_with_titres(cast: Cast) -> None:
    """With one ready titre, then with three: as many queries, on the settings page and on the export page."""
    client = cast.client("finances_a")
    counts = []
    for round_ in range(2):
        for url in (address(cast), reverse("titres-export")):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(url).status_code == 200
            counts.append(len(queries))
        with cast.acting("gestionnaire"):
            Titre.objects.filter(issuer=cast.org["epci_a"]).update(status="pret", blocked_reason="")
            make_titre(cast, f"more{round_}", plan="a", debtor="epci_b", amount=Decimal(1000))
    assert counts[:2] == counts[2:]
