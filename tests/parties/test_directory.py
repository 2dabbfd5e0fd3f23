"""The directory: who finds what, adding and changing organisations and mandates, the reference data's help."""

import datetime as dt
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from core.errors import Conflict, InvalidInput, NotAllowed
from parties import services
from parties.enums import OrganisationKind
from parties.models import Mandate, Organisation, RefCommune, RefDepartement, RefEpci
from parties.models.reference import searchable
from tests.cast import Cast


def main_of(answer) -> str:
    return answer.content.decode().split("<main")[1].replace("&#x27;", "'")


@pytest.fixture
def reference(db) -> None:
    """A few official bodies: two EPCI whose names look alike, one commune of another département."""
    pas_de_calais = RefDepartement.objects.create(code="62", name="Pas-de-Calais")
    ain = RefDepartement.objects.create(code="01", name="Ain")
    for siren, name, form, where in (
        ("200035442", "CC du Sud-Artois", "CC", pas_de_calais),
        ("200033579", "CU d'Arras", "CU", pas_de_calais),
        ("200069193", "CA du Bassin de Bourg-en-Bresse", "CA", ain),
    ):
        RefEpci.objects.create(siren=siren, name=name, search_name=searchable(name), legal_form=form, departement=where)
    RefCommune.objects.create(
        code="62041", name="Arras", search_name="arras", siren="216200410", departement=pas_de_calais
    )


FIELDS = {"kind": "epci", "legal_form": "CU", "name": "CU d'Arras", "siren": "200 033 579", "city": "Arras"}


# --- Reading ----------------------------------------------------------------------------------------------------------


def test_everyone_of_the_territory_reads_the_directory_and_only_the_gestionnaire_changes_it(cast: Cast):
    url = f"/annuaire/{cast.org['epci_a'].uuid}/modifier/"
    for name in ("instructeur", "finances_b", "partenaire", "employeur_d"):
        client = cast.client(name)
        assert "CC du Sud-Artois" in main_of(client.get("/annuaire/"))
        assert "Ajouter une organisation" not in main_of(client.get("/annuaire/"))
        for forbidden in ("/annuaire/nouvelle/", url, "/annuaire/referentiel/?reference=arras"):
            assert client.get(forbidden).status_code == 403
        assert client.post(url, {"name": "Pris", "kind": "epci", "legal_form": "CC"}).status_code == 403
    assert "Ajouter une organisation" in main_of(cast.client("gestionnaire").get("/annuaire/"))


@pytest.mark.parametrize(
    ("query", "found", "absent"),
    [
        ("q=boulonnais", "CA du Boulonnais", "CC du Sud-Artois"),
        ("q=PREFECTURE calais", "État (préfecture du Pas-de-Calais)", "CA du Boulonnais"),
        ("q=200 035 442", "CC du Sud-Artois", "CA du Boulonnais"),
        ("nature=association", "France Victimes 62", "CC du Sud-Artois"),
    ],
)
def test_search_ignores_accents_and_case_and_reads_numbers(cast: Cast, query, found, absent):
    html = main_of(cast.client("finances_a").get(f"/annuaire/?{query}")).split("<tbody>")[1]
    assert found in html
    assert absent not in html


def test_names_are_sorted_as_read(cast: Cast):
    client = cast.client("gestionnaire")

    def names(sort: str) -> list[str]:
        return [organisation.name for organisation in client.get(f"/annuaire/?tri={sort}").context["page_obj"]]

    assert names("nom")[:3] == ["CA du Boulonnais", "CC du Sud-Artois", "Département du Pas-de-Calais"]
    # « État » stands among the E, not after the Z.
    assert names("nom").index("État (préfecture du Pas-de-Calais)") == 3
    assert names("-nom") == names("nom")[::-1]


def test_an_unknown_filter_filters_nothing_and_an_empty_answer_says_so(cast: Cast):
    client = cast.client("gestionnaire")
    assert "7 organisations" in main_of(client.get("/annuaire/?nature=soucoupe&tri=zzz&page=999"))
    assert "Aucune organisation ne correspond" in main_of(client.get("/annuaire/?q=atlantide"))


def test_the_list_takes_as_many_queries_whatever_its_length(cast: Cast):
    client = cast.client("gestionnaire")
    with CaptureQueriesContext(connection) as few:
        client.get("/annuaire/?q=boulonnais")
    with cast.acting("gestionnaire"):
        Organisation.objects.filter(pk=cast.org["police"].pk).update(parent=cast.org["prefecture"])
    with CaptureQueriesContext(connection) as many:
        client.get("/annuaire/?q=a")
    assert len(many) == len(few)


def test_exports_hold_what_the_list_shows(cast: Cast):
    client = cast.client("gestionnaire")
    csv = client.get("/annuaire/export.csv?nature=epci").content.decode("utf-8-sig").splitlines()
    assert len(csv) == 3
    assert csv[0].startswith("Nom officiel;")
    assert "200035442" in csv[2]
    book = load_workbook(io.BytesIO(client.get("/annuaire/export.xlsx").content))
    sheet = book.active
    assert sheet.max_row == 8
    assert client.get("/annuaire/export.pdf").status_code == 404


def test_the_page_of_an_organisation_gathers_what_its_reader_may_see(cast: Cast):
    boulonnais = cast.org["epci_b"]
    full = main_of(cast.client("gestionnaire").get(f"/annuaire/{boulonnais.uuid}/"))
    assert "246\u00a0200\u00a0729" in full
    assert "Communauté d'agglomération" in full
    assert "En fonction" in full
    for seen in ("Poste B", "62-B", "62-C"):
        assert seen in full
    other = main_of(cast.client("finances_a").get(f"/annuaire/{boulonnais.uuid}/"))
    assert "CA du Boulonnais" in other
    for hidden in ("Poste B", "62-B", "62-C", "Modifier"):
        assert hidden not in other
    assert cast.client("gestionnaire_there").get(f"/annuaire/{boulonnais.uuid}/").status_code == 404


def test_mandates_say_whether_they_run(cast: Cast):
    with cast.acting("gestionnaire"):
        for person, start, end in (("Ancien Président", None, "2020-01-01"), ("Future Présidente", "2090-01-01", None)):
            Mandate.objects.create(
                organisation=cast.org["epci_a"], person=person, function="président", start=start, end=end
            )
    html = main_of(cast.client("gestionnaire").get(f"/annuaire/{cast.org['epci_a'].uuid}/"))
    for word in ("En fonction", "Terminé", "À venir", "jusqu’au 1er janvier 2020", "depuis le 1er janvier 2090"):
        assert word in html


# --- Adding and changing an organisation ------------------------------------------------------------------------------


def test_the_reference_data_fills_the_form(cast: Cast, reference):
    client = cast.client("gestionnaire")
    html = main_of(client.get("/annuaire/nouvelle/?reference=arras"))
    assert "?siren=200033579" in html
    assert "?siren=216200410" in html
    html = main_of(client.get("/annuaire/nouvelle/?reference=sud artois"))
    assert "Déjà dans l’annuaire" in html
    assert "?siren=200035442" not in html
    assert "ne connaît ni EPCI ni commune" in main_of(client.get("/annuaire/nouvelle/?reference=atlantide"))
    filled = main_of(client.get("/annuaire/nouvelle/?siren=200033579"))
    assert 'value="CU d\'Arras"' in filled
    assert '<option value="CU" selected' in filled
    assert '<option value="epci" selected' in filled


def test_suggestions_alone_for_the_page_being_typed_in(cast: Cast, reference):
    url = "/annuaire/referentiel/?reference=2000&page=/annuaire/nouvelle/"
    html = cast.client("gestionnaire").get(url).content.decode()
    assert html.count("<strong>") == 3
    assert "<html" not in html
    assert 'href="/annuaire/nouvelle/?siren=200033579"' in html
    # Those of the territory come first.
    assert html.index("CU d") < html.index("Bourg-en-Bresse")


def test_adding_an_organisation(cast: Cast, reference):
    answer = cast.client("gestionnaire").post("/annuaire/nouvelle/", FIELDS, follow=True)
    html = main_of(answer)
    assert "est ajoutée à l'annuaire" in html
    assert "Le référentiel national" not in html
    with cast.acting("gestionnaire"):
        added = Organisation.objects.get(siren="200033579")
        assert (added.name, added.legal_form, added.territory) == ("CU d'Arras", "CU", cast.territory["here"])
    with cast.acting("gestionnaire_there"):
        assert not Organisation.objects.filter(siren="200033579").exists()


def test_a_name_that_is_not_the_official_one_is_kept_and_said(cast: Cast, reference):
    answer = cast.client("gestionnaire").post("/annuaire/nouvelle/", FIELDS | {"name": "Grand Arras"}, follow=True)
    assert "Le référentiel national nomme le SIREN" in main_of(answer)
    with cast.acting("gestionnaire"):
        assert Organisation.objects.get(siren="200033579").name == "Grand Arras"


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"siren": "200033578"}, "siren", "n'est pas un SIREN"),
        ({"siren": "12"}, "siren", "n'est pas un SIREN"),
        ({"siren": "200035442"}, "siren", "déjà celui de « CC du Sud-Artois »"),
        ({"siret": "20003357900001"}, "siret", "n'est pas un SIRET"),
        ({"siret": "22620001200012"}, "siret", "doit commencer par lui"),
        ({"legal_form": ""}, "", "Indiquez la forme juridique de l'EPCI"),
        ({"name": ""}, "name", "Indiquez le nom officiel."),
        ({"kind": "soucoupe"}, "kind", "soucoupe"),
        ({"postal_code": "6200"}, "postal_code", "cinq chiffres"),
        ({"address1": "x" * 39}, "address1", "38"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_lost(cast: Cast, changes, field, message):
    answer = cast.client("gestionnaire").post("/annuaire/nouvelle/", FIELDS | changes)
    html = main_of(answer)
    assert answer.status_code == 422
    summary = html.split('class="error-summary"')[1].split("</div>")[0]
    assert message in summary
    if field:
        assert f'href="#id_{field}"' in summary
    assert 'value="Arras"' in html, "what was typed is given back"
    with cast.acting("gestionnaire"):
        assert Organisation.objects.count() == 7


def test_changing_an_organisation_and_somebody_else_s_change(cast: Cast):
    client, url = cast.client("gestionnaire"), f"/annuaire/{cast.org['association'].uuid}/modifier/"
    page = client.get(url)
    assert "Les conventions déjà approuvées gardent le nom" in main_of(page)
    data = {k: v for k, v in page.context["form"].initial.items() if v is not None}
    assert client.post(url, data | {"name": "France Victimes Pas-de-Calais"}).status_code == 302
    late = client.post(url, data | {"name": "Autre nom"})
    assert late.status_code == 422
    assert "Une autre personne a modifié cette fiche" in main_of(late)
    assert 'value="Autre nom"' in main_of(late)
    with cast.acting("gestionnaire"):
        assert Organisation.objects.get(pk=cast.org["association"].pk).name == "France Victimes Pas-de-Calais"
    # Sending the same form again, now that one knows, is a decision.
    again = data | {"name": "Autre nom", "seen_at": late.context["form"].data["seen_at"]}
    assert client.post(url, again).status_code == 302


def test_a_kind_changed_leaves_no_legal_form_behind(cast: Cast):
    with cast.acting("gestionnaire"):
        by, organisation = cast.actor("gestionnaire"), cast.org["epci_a"]
        changed = services.update_organisation(organisation=organisation, by=by, kind=OrganisationKind.CIAS)
        assert changed.legal_form == ""


def test_attachment_never_turns_in_circles_nor_leaves_the_territory(cast: Cast):
    with cast.acting("gestionnaire"):
        by = cast.actor("gestionnaire")
        state, police = cast.org["prefecture"], cast.org["police"]
        services.update_organisation(organisation=police, by=by, parent=state)
        with pytest.raises(InvalidInput, match="ne peut pas se rattacher à elle-même") as caught:
            services.update_organisation(organisation=state, by=by, parent=Organisation.objects.get(pk=police.pk))
        assert caught.value.place == "parent"
        with pytest.raises(InvalidInput, match="n'est pas de votre territoire"):
            services.update_organisation(organisation=police, by=by, parent=cast.org["epci_there"])


def test_services_refuse_whoever_may_not(cast: Cast):
    with cast.acting("finances_a"):
        by = cast.actor("finances_a")
        with pytest.raises(NotAllowed, match="modifier l'annuaire"):
            services.create_organisation(by=by, kind="other", name="X")
        with pytest.raises(NotAllowed):
            services.update_organisation(organisation=cast.org["epci_a"], by=by, name="X")
        with pytest.raises(NotAllowed):
            services.create_mandate(organisation=cast.org["epci_a"], by=by, person="X", function="x")
    with cast.acting("gestionnaire"):
        by = cast.actor("gestionnaire")
        with pytest.raises(Conflict, match="n'existe plus"):
            services.update_organisation(organisation=cast.org["epci_there"], by=by, name="X")
        with pytest.raises(LookupError):
            services.create_organisation(by=by, territory=cast.territory["there"])


# --- Mandates ---------------------------------------------------------------------------------------------------------

MANDATE = {"person": "Camille Martin", "gender": "f", "function": "présidente", "capacity": "elu"}


def test_adding_then_ending_a_mandate(cast: Cast):
    client, organisation = cast.client("gestionnaire"), cast.org["epci_a"]
    answer = client.post(
        f"/annuaire/{organisation.uuid}/mandats/nouveau/", MANDATE | {"start": "2024-07-01"}, follow=True
    )
    assert "Le mandat de Camille Martin est ajouté." in main_of(answer)
    assert "Mme Camille Martin" in main_of(answer)
    with cast.acting("gestionnaire"):
        mandate = Mandate.objects.get(person="Camille Martin")
    url = f"/annuaire/mandats/{mandate.uuid}/modifier/"
    data = {k: v for k, v in client.get(url).context["form"].initial.items() if v is not None}
    assert client.post(url, data | {"end": "2025-06-30"}).status_code == 302
    with cast.acting("gestionnaire"):
        mandate.refresh_from_db()
        assert mandate.end == dt.date(2025, 6, 30)
    assert cast.client("gestionnaire_there").get(url).status_code == 404


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"start": "2024-07-01", "end": "2024-06-30"}, "(30 juin 2024) précède son début (1er juillet 2024)"),
        ({"start": "hier"}, "date"),
        ({"person": " "}, "Indiquez le prénom et le nom."),
        ({"capacity": "roi"}, "roi"),
    ],
)
def test_a_wrong_mandate_is_refused_in_words(cast: Cast, changes, message):
    url = f"/annuaire/{cast.org['epci_a'].uuid}/mandats/nouveau/"
    answer = cast.client("gestionnaire").post(url, MANDATE | changes)
    assert answer.status_code == 422
    assert message in main_of(answer).split('class="error-summary"')[1].split("</div>")[0]


@pytest.mark.parametrize(
    ("organisation", "capacity"), [("epci_a", "elu"), ("police", "etat"), ("association", "association")]
)
def test_the_usual_capacity_is_proposed(cast: Cast, organisation, capacity):
    url = f"/annuaire/{cast.org[organisation].uuid}/mandats/nouveau/"
    assert f'<option value="{capacity}" selected' in main_of(cast.client("gestionnaire").get(url))
