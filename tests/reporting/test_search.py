"""The search over everything one may see, and nothing else."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.search import containing, fold, words_of
from parties.models import Organisation
from posts.models import Post
from reporting.views_search import MOST_RESULTS
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
    assert len(many) <= len(few) + 1
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
