"""The search over everything one may see, and nothing else."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from conventions.models import Avenant, Deliberation
from core.search import containing, fold, words_of
from funding.models import BudgetLine, ExportBatch, Grant
from parties.models import Organisation, RefCommune, RefCommuneYear, RefDepartement, RefEpci
from posts.models import Post
from reporting.models import Document, ForecastStatement
from reporting.search import MOST_RESULTS
from tests.cast import Cast, make_post


def groups(client, text: str) -> dict[str, list[str]]:
    answer = client.get("/recherche/", {"q": text})
    assert answer.status_code == 200
    return {group.title: [result.label for result in group.results] for group in answer.context["groups"]}


def test_a_gestionnaire_finds_each_kind_of_thing(cast: Cast):
    found = groups(cast.client("gestionnaire"), "sud artois")
    assert found["Postes"] == ["Poste A", "Poste E"]
    assert found["Plans de financement"] == ["Plan A 2026", "Plan E 2026"]
    assert found["Organisations"] == ["CC du Sud-Artois"]
    assert len(found["Titres de recettes"]) == 2
    assert groups(cast.client("gestionnaire"), "62-c") == {"Conventions": ["62-C"]}
    assert groups(cast.client("gestionnaire"), "200 035 442") == {"Organisations": ["CC du Sud-Artois"]}


@pytest.mark.parametrize("text", ["PRÉFECTURE", "prefecture", "Préfecture calais", "calais prefecture"])
def test_accents_case_and_order_do_not_count(cast: Cast, text):
    assert groups(cast.client("gestionnaire"), text)["Organisations"] == ["État (préfecture du Pas-de-Calais)"]


def test_one_epci_does_not_find_another_s_things(cast: Cast):
    found = groups(cast.client("finances_a"), "boulonnais")
    assert found == {"Organisations": ["CA du Boulonnais"]}, "the directory is shared, nothing else"
    assert groups(cast.client("finances_a"), "62-") == {"Conventions": ["62-A"]}
    mine, theirs = groups(cast.client("finances_a"), "plan"), groups(cast.client("finances_b"), "plan")
    assert mine["Plans de financement"] == ["Plan A 2026", "Plan E 2026"]
    assert theirs["Plans de financement"] == ["Plan B 2026", "Plan C 2026"]
    assert not set(mine["Titres de recettes"]) & set(theirs["Titres de recettes"])


def test_one_territory_does_not_find_another_s_things(cast: Cast):
    found = groups(cast.client("gestionnaire_there"), "sud artois")
    assert found["Organisations"] == ["CC du Sud-Artois"]
    assert found["Postes"] == ["Poste THERE"]
    assert "Conventions" not in groups(cast.client("gestionnaire_there"), "62-")


def test_a_role_without_the_ability_does_not_search_there(cast: Cast):
    assert set(groups(cast.client("employeur_a"), "sud artois")) == {"Postes", "Organisations"}


def test_a_draft_is_found_by_no_partner(cast: Cast):
    assert groups(cast.client("employeur_d"), "62-d") == {}
    assert groups(cast.client("gestionnaire"), "62-d") == {"Conventions": ["62-D"]}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "tous les mots doivent se trouver dans le résultat"),
        ("a", "au moins deux caractères"),
        ("atlantide", "Rien ne correspond"),
        ("%%", "Rien ne correspond"),
        ("62\x00-a\x00b", "Rien ne correspond"),
        ("x" * 5000, "Rien ne correspond"),
        ("' OR 1=1 --", "Rien ne correspond"),
    ],
)
def test_what_is_not_found_is_said_in_words(cast: Cast, text, sentence):
    answer = cast.client("gestionnaire").get("/recherche/", {"q": text})
    assert answer.status_code == 200
    assert sentence in answer.content.decode()


def test_what_was_typed_is_shown_as_text(cast: Cast):
    html = cast.client("gestionnaire").get("/recherche/", {"q": "<script>alert(1)</script>"}).content.decode()
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_long_results_lead_to_their_list_and_queries_do_not_grow(cast: Cast):
    client = cast.client("gestionnaire")
    with CaptureQueriesContext(connection) as few:
        client.get("/recherche/?q=sud artois")
    with cast.acting("gestionnaire"):
        for n in range(MOST_RESULTS):
            make_post(cast, f"n{n}", employer="epci_a", unit="police")
    with CaptureQueriesContext(connection) as many:
        answer = client.get("/recherche/?q=sud artois")
    assert len(many) == len(few), "one query a kind, its total included"
    [posts] = [group for group in answer.context["groups"] if group.title == "Postes"]
    assert (len(posts.results), posts.more, posts.more_url) == (MOST_RESULTS, 2, "/postes/?q=sud+artois")
    assert client.get(posts.more_url).status_code == 200


def test_words_and_folding():
    assert fold("Bœuf À L’Étal") == "boeuf a l'etal"
    assert words_of("  L'Étal  boeuf ") == ["l'etal", "boeuf"]
    assert words_of("200 035 442") == ["200035442"]
    assert len(words_of("mot " * 50)) == 8


def test_containing_gives_each_row_once(cast: Cast):
    with cast.acting("gestionnaire"):
        rows = containing(Post.objects.order_by("label"), "poste calais", "label", "units__organisation__name")
        assert [post.label for post in rows] == ["Poste A", "Poste B", "Poste C", "Poste D", "Poste E"]
        assert containing(Organisation.objects.all(), "", "name").count() == 7
        assert containing(Organisation.objects.all(), "100%", "name").count() == 0


# --- Everything else one may see --------------------------------------------------------------------------------------


def test_a_reference_lands_first(cast: Cast):
    with cast.acting("gestionnaire"):
        cast.post["b"].label = "Poste lié à 62-A"
        cast.post["b"].save()
    answer = cast.client("gestionnaire").get("/recherche/", {"q": "62-a"})
    first = answer.context["groups"][0]
    assert (first.title, [result.label for result in first.results]) == ("Conventions", ["62-A"])
    assert [group.title for group in answer.context["groups"]] == ["Conventions", "Postes"]


def test_the_best_match_of_a_kind_comes_first(cast: Cast):
    with cast.acting("gestionnaire"):
        for name in ("Groupement du Poste A", "Poste A"):
            Organisation.objects.create(territory=cast.territory["here"], key=name.lower(), kind="other", name=name)
    found = groups(cast.client("gestionnaire"), "poste a")
    assert found["Organisations"][:2] == ["Poste A", "Groupement du Poste A"]


def test_every_kind_is_found_by_who_may_see_it_and_by_no_other(cast: Cast):
    make_more(cast)
    staff, finances, employer = (cast.client(name) for name in ("gestionnaire", "finances_a", "employeur_a"))
    kinds = {
        "2026-332 participation": "Délibérations",
        "avenant montants": "Avenants",
        "imputation sociale": "Lignes budgétaires",
        "camille gendarmerie": "Personnes et mandats",
        "compagnie arras": "Unités de police et de gendarmerie",
        "bord-9": "Bordereaux exportés",
        "EP-62": "États prévisionnels",
        "convention-62-A.pdf": "Documents",
        "décision 44": "Subventions",
    }
    for text, kind in kinds.items():
        assert kind in groups(staff, text), text
    assert "Lignes budgétaires" not in groups(employer, "imputation sociale")
    assert "Lignes budgétaires" not in groups(finances, "imputation sociale"), "another body's line"
    assert "États prévisionnels" not in groups(finances, "EP-62"), "another body's statement"
    assert "Documents" in groups(finances, "convention-62-A.pdf")
    assert "Documents" not in groups(cast.client("finances_b"), "convention-62-A.pdf")
    assert "Avenants" not in groups(cast.client("finances_b"), "avenant montants")
    assert groups(cast.client("gestionnaire_there"), "convention-62-A.pdf") == {}


def test_a_commune_gives_its_post_and_its_epci(cast: Cast):
    make_commune(cast)
    answer = cast.client("gestionnaire").get("/recherche/", {"q": "bapaume"})
    [group] = [group for group in answer.context["groups"] if group.title == "Communes"]
    [result] = group.results
    assert (result.label, result.url) == ("Bapaume (62080)", f"/postes/{cast.post['a'].uuid}/")
    assert result.detail == "Poste A, Poste D, Poste E ; Sud-Artois"
    [theirs] = cast.client("finances_b").get("/recherche/?q=62080").context["groups"]
    assert theirs.results[0].detail == "aucun poste ; Sud-Artois", "the posts one does not see are not told"
    assert theirs.results[0].url == f"/annuaire/{cast.org['epci_a'].uuid}/"


def test_the_guide_answers_by_its_titles(cast: Cast):
    found = groups(cast.client("partenaire"), "notifications echeances")
    assert "Guide d’utilisation" not in found
    answer = cast.client("partenaire").get("/recherche/", {"q": "arrondi"})
    [guide] = [group for group in answer.context["groups"] if group.title == "Guide d’utilisation"]
    assert guide.results[0].url.startswith("/aide/calculs/")


def make_more(cast: Cast) -> None:
    """One of each kind the cast has not, those of EPCI A's convention and those of the Département."""
    with cast.acting("gestionnaire"):
        departement, convention = cast.org["departement"], cast.convention["a"]
        Deliberation.objects.create(
            organisation=departement, key="v", number="2026-332", date=dt.date(2026, 1, 5), title="Participations"
        )
        Avenant.objects.create(
            convention=convention, number=1, title="Avenant : montants", status="approuvee", place="Arras",
            effective_on=dt.date(2026, 7, 1), submitted_at=dt.datetime(2026, 2, 1, tzinfo=dt.UTC),
        )  # fmt: skip
        BudgetLine.objects.create(organisation=departement, key="b", year=2026, label="Imputation sociale")
        ForecastStatement.objects.create(
            debtor=departement, number="EP-62-2026-1", year=2026, sequence=1, first_year=2026, content={},
            situation_on=dt.date(2026, 1, 5), issued_at=dt.datetime(2026, 1, 5, tzinfo=dt.UTC), filename="e.pdf",
            data_sha256="0" * 64, sha256="1" * 64, size=1, by_label="X",
        )  # fmt: skip
        Document.objects.create(
            convention_version=convention.versions.get(), kind="version", title="Convention approuvée",
            filename="convention-62-A.pdf", sha256="2" * 64, size=1,
        )  # fmt: skip
        ExportBatch.objects.create(
            issuer=cast.org["epci_a"], year=2026, number=9, file_format="csv", filename="bord-9.csv", sha256="3" * 64,
            count=1, total=Decimal(1), by_label="X",
        )  # fmt: skip
        Grant.objects.create(
            plan=cast.plan["d"], share_ref="departement", financer=departement, beneficiary=cast.org["association"],
            year=2026, amount=Decimal(15000), decision="Décision 44",
        )  # fmt: skip


def make_commune(cast: Cast) -> None:
    """Bapaume, in EPCI A; the gendarmerie's unit lists it, the police station lists another commune."""
    departement = RefDepartement.objects.create(code="62", name="Pas-de-Calais")
    epci = RefEpci.objects.create(
        siren=cast.org["epci_a"].siren, name="CC du Sud-Artois", search_name="cc du sud artois", legal_form="CC",
        departement=departement,
    )  # fmt: skip
    commune = RefCommune.objects.create(code="62080", name="Bapaume", search_name="bapaume", departement=departement)
    RefCommuneYear.objects.create(commune=commune, vintage=2026, population=4000, epci=epci)
    with cast.acting("gestionnaire"):
        for key, code in (("gendarmerie", "62080"), ("police", "62160")):
            cast.unit[key].communes = [code]
            cast.unit[key].save()
