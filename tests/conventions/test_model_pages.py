"""The pages of models, as a browser without scripts uses them: forms posted, addresses followed."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from conventions.library.data import as_data
from conventions.models import Clause, ModelChoice, Template
from conventions.services.model_drafts import publish_draft, start_draft
from conventions.services.models_library import national_model
from tests.cast import Cast
from tests.conventions.model_files import load_two_models


@pytest.fixture
def draft(cast: Cast) -> Template:
    load_two_models()
    with cast.acting("gestionnaire"):
        source = national_model("F2")
        assert source is not None
        return start_draft(source=source, by=cast.actor("gestionnaire"))


@pytest.fixture
def client(cast: Cast) -> Client:
    return cast.client("gestionnaire")


def clause_of(cast: Cast, draft: Template, kind: str) -> Clause:
    with cast.acting("gestionnaire"):
        return draft.clauses.get(kind=kind)


def at(name: str, draft: Template, *args: str) -> str:
    return reverse(name, args=[draft.uuid, *args])


def rows(prefix: str, *terms: tuple[str, str, str]) -> dict[str, str]:
    """The rows of a condition: (link, si or sauf, term)."""
    data = {f"{prefix}-TOTAL_FORMS": str(len(terms) + 1), f"{prefix}-INITIAL_FORMS": "0"}
    for rank, (link, sense, term) in enumerate([*terms, ("et", "si", "")]):
        data |= {f"{prefix}-{rank}-link": link, f"{prefix}-{rank}-sense": sense, f"{prefix}-{rank}-term": term}
    return data


def variant_form(text: str, lock: int | str = "", **more: Any) -> dict[str, Any]:
    return {"label": "Courante", "text": text, "lock_version": lock, **rows("when"), **more}


def test_the_list_is_reached_from_the_conventions_and_a_model_is_copied(cast: Cast, client: Client):
    load_two_models()
    assert reverse("models") in client.get(reverse("conventions")).text
    page = client.get(reverse("models")).text
    national = re.search(r'action="(/modeles/[0-9a-f-]+/copier/)"', page)
    assert national is not None
    made = client.post(national[1], follow=True)
    assert "Le brouillon est créé" in made.text
    assert "Rien n’empêche de publier ce brouillon." in made.text
    again = client.post(national[1], follow=True)
    assert "existe déjà" in again.text


def test_every_page_of_a_draft_opens(client: Client, draft: Template):
    for name, args in (
        ("model", ()),
        ("model-compare", ()),
        ("model-preview", ()),
        ("model-edit", ()),
        ("model-clause-add", ()),
        ("model-clause", ("financement",)),
        ("model-variant", ("financement", "standard")),
        ("model-variant-add", ("financement",)),
    ):
        assert client.get(at(name, draft, *args)).status_code == 200, name
    for name, args in (("model-clause", ("nulle-part",)), ("model-variant", ("duree", "nulle-part"))):
        assert client.get(at(name, draft, *args)).status_code == 404, name


def test_a_wording_is_saved_with_its_mistakes_shown_where_they_are_and_publication_refused(
    cast: Cast, client: Client, draft: Template
):
    address = at("model-variant", draft, "deontologie", "standard")
    lock = clause_of(cast, draft, "deontologie").lock_version
    saved = client.post(address, variant_form("Bon.\r\n\r\nAuprès {{ service.du }}.", lock), follow=True)
    assert "est enregistrée" in saved.text
    page = client.get(at("model", draft)).text
    assert "Variable inconnue : « service.du »." in page
    assert "paragraphe 2, caractère 8" in page
    assert f"{address}?position=13#id_text" in page
    assert "<mark>{{ service.du }}</mark>" in page
    refused = client.post(at("model-publish", draft), follow=True).text
    assert "Ce brouillon ne peut pas être publié : un point à corriger." in refused
    mended = client.post(address, variant_form("Auprès {{ service.de }}.", lock + 1), follow=True)
    assert "À corriger ou à vérifier dans ce texte" not in mended.text
    published = client.post(at("model-publish", draft), follow=True).text
    assert "La version 1 est publiée" in published
    # Published, its text shows with values as labels and no act to change it.
    assert re.search(r'<span class="chip chip--variable"[^>]*>Services d&#x27;accueil précédés de « de »', published)
    assert "Ajouter une clause" not in published
    assert client.get(address).status_code == 302
    closed = client.post(address, variant_form("Pris."), follow=True)
    assert "ne se modifie pas" in closed.text


def test_trying_a_wording_writes_nothing(cast: Cast, client: Client, draft: Template):
    address = at("model-variant", draft, "deontologie", "standard")
    before = clause_of(cast, draft, "deontologie")
    text = "Pour {{ employeur.le }} <script>alert(1)</script> {{ rien }}"
    answer = client.post(address, variant_form(text, essai="oui"))
    assert answer.status_code == 200
    assert "Pour la Communauté de communes Osartis Marquion &lt;script&gt;" in answer.text
    assert "<script>alert" not in answer.text
    assert "Variable inconnue : « rien »." in answer.text
    on = cast.convention["e"]
    answer = client.post(address, variant_form(text, essai="oui", convention=str(on.uuid)))
    assert "Pour la Communauté de communes du Sud-Artois &lt;script&gt;" in answer.text
    visas = client.post(
        at("model-variant", draft, "visas", "standard"), variant_form("- Vu la loi.", essai="oui", convention=on.uuid)
    )
    assert "ni liste ni tableau" in visas.text
    elsewhere = client.post(address, variant_form(text, essai="oui", convention=str(cast.convention["there"].uuid)))
    assert "Osartis Marquion" in elsewhere.text
    after = clause_of(cast, draft, "deontologie")
    assert (after.variants, after.lock_version) == (before.variants, before.lock_version)


def test_somebody_else_s_save_is_not_overwritten_and_nothing_typed_is_lost(cast: Cast, client: Client, draft: Template):
    address = at("model-variant", draft, "litiges", "standard")
    lock = clause_of(cast, draft, "litiges").lock_version
    client.post(address, variant_form("Texte de Camille.", lock))
    answer = client.post(address, variant_form("Texte de Sacha.", lock))
    assert answer.status_code == 409
    assert "Texte de Sacha." in answer.text
    assert "Votre saisie est conservée" in answer.text
    assert '<span class="visually-hidden">supprimé : </span>Camille' in answer.text
    again = re.search(r'name="lock_version" value="(\d+)"', answer.text)
    assert again is not None
    client.post(address, variant_form("Texte de Sacha.", again[1]))
    assert clause_of(cast, draft, "litiges").variants[0]["blocks"] == [{"type": "p", "text": "Texte de Sacha."}]


def test_conditions_are_chosen_in_lists_and_told_in_french(cast: Cast, client: Client, draft: Template):
    new = at("model-variant-add", draft, "duree")
    chosen = rows("when", ("et", "si", "police"), ("et", "sauf", "renewal"), ("ou", "si", "has:post.base"))
    made = client.post(new, variant_form("Un an.") | chosen | {"label": "Police"}, follow=True)
    assert "est ajoutée" in made.text
    first = clause_of(cast, draft, "duree").variants[0]
    assert (first["label"], first["when"]) == ("Police", [["police", "!renewal"], ["has:post.base"]])
    page = client.get(at("model", draft)).text
    assert "si le service d&#x27;accueil relève de la police nationale seule et sauf si" in page
    assert "ou si « Lieu principal d&#x27;exercice, avec article » est renseigné" in page
    # Opened again, the same rows are there; sent back as they are, nothing changes.
    settings = at("model-clause", draft, "donnees_personnelles")
    clause = clause_of(cast, draft, "donnees_personnelles")
    assert 'value="personal_data_software" selected' in client.get(settings).text
    form = {"title": "Données", "lock_version": clause.lock_version, **rows("when", ("et", "si", "several_posts"))}
    form |= rows("mandatory", ("et", "si", "personal_data_software"))
    assert client.post(settings, form).status_code == 302
    after = clause_of(cast, draft, "donnees_personnelles")
    assert (after.title, after.when, after.mandatory_when) == (
        "Données", ["several_posts"], ["personal_data_software"],
    )  # fmt: skip
    wrong = client.post(settings, form | rows("when", ("et", "si", "polise")))
    assert wrong.status_code == 422
    assert "Choisissez une condition de la liste." in wrong.text


def test_clauses_are_added_moved_and_removed_by_buttons(cast: Cast, client: Client, draft: Template):
    def kinds() -> list[str]:
        with cast.acting("gestionnaire"):
            return list(draft.clauses.order_by("position").values_list("kind", flat=True))

    before = kinds()
    client.post(at("model-clause-move", draft, "missions"), {"sens": "monter"})
    assert kinds()[2:4] == ["missions", "objet"]
    client.post(at("model-clause-move", draft, "missions"), {"apres": "objet"})
    assert kinds() == before
    assert client.post(at("model-clause-remove", draft, "nulle_part")).status_code == 404
    client.post(at("model-clause-remove", draft, "communication"))
    assert "communication" not in kinds()
    page = client.get(at("model-clause-add", draft)).text
    source = re.search(r'<option value="(\d+)">Communication', page)
    assert source is not None
    client.post(at("model-clause-add", draft), {"source": source[1], "title": ""})
    assert kinds()[-1] == "communication"
    neither = client.post(at("model-clause-add", draft), {"source": "", "title": " "})
    assert neither.status_code == 422
    assert "donnez un titre à la vôtre" in neither.text


def test_files_go_out_and_come_back(cast: Cast, client: Client, draft: Template):
    exported = client.get(at("model-export", draft))
    assert exported["Content-Disposition"].endswith('-v1.json"')
    with cast.acting("gestionnaire"):
        assert json.loads(exported.content) == as_data(draft)
    client.post(at("model-discard", draft))

    def send(content: bytes) -> Any:
        file = SimpleUploadedFile("modele.json", content, "application/json")
        return client.post(reverse("models-import"), {"file": file}, follow=True)

    assert "n&#x27;est pas du JSON lisible (ligne 1)" in send(b"{'a': 1}").text
    assert "n&#x27;est pas du JSON lisible" in send(b'{"a":' + b"[" * 100_000).text
    wrong = send(exported.content.replace(b"{{ post.base }}", b"{{ post.bas }}"))
    assert wrong.status_code == 422
    assert "variable inconnue : « post.bas »" in wrong.text
    with cast.acting("gestionnaire"):
        assert not Template.objects.drafts().exists()
    assert "est repris dans un brouillon" in send(exported.content).text


def test_the_choice_of_new_conventions(cast: Cast, client: Client, draft: Template):
    with cast.acting("gestionnaire_there"):
        source = national_model("F2")
        assert source is not None
        theirs = start_draft(source=source, by=cast.actor("gestionnaire_there"))
        publish_draft(template=theirs, by=cast.actor("gestionnaire_there"))
    choose = reverse("models-choose")
    for wanted in (theirs.uuid, uuid.uuid4(), "n'importe quoi"):
        assert client.post(choose, {"family": "F2", "model": wanted}).status_code == 404
    assert "version publiée" in client.post(choose, {"family": "F2", "model": draft.uuid}, follow=True).text
    assert "Choisissez un modèle" in client.post(choose, {"family": "F9", "model": ""}, follow=True).text
    with cast.acting("gestionnaire"):
        assert not ModelChoice.objects.exists()
    done = client.post(choose, {"family": "F2", "model": "national"}, follow=True)
    assert "Le choix est enregistré" in done.text
    assert '<option value="national" selected>' in done.text


def test_the_prefecture_reads_what_is_published_only(cast: Cast, draft: Template):
    reader = cast.client("instructeur")
    assert reader.get(at("model", draft)).status_code == 404
    page = reader.get(reverse("models"))
    assert page.status_code == 200
    assert "Brouillon" not in page.text
    assert "Copier" not in page.text
    with cast.acting("gestionnaire"):
        publish_draft(template=draft, by=cast.actor("gestionnaire"))
    assert reader.get(at("model", draft)).status_code == 200
    assert reader.get(at("model-edit", draft)).status_code == 403


def test_the_list_costs_the_same_whatever_the_number_of_versions(cast: Cast, client: Client, draft: Template):
    client.get(reverse("models"))
    with CaptureQueriesContext(connection) as one:
        client.get(reverse("models"))
    by = cast.actor("gestionnaire")
    with cast.acting("gestionnaire"):
        for _ in range(2):
            draft = start_draft(source=publish_draft(template=draft, by=by), by=by)
    with CaptureQueriesContext(connection) as three:
        client.get(reverse("models"))
    assert len(three) == len(one)
