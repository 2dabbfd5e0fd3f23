"""Models through the API: read, taken as a draft, published once nothing stands in the way."""

from __future__ import annotations

import json

from conventions.models import Template
from tests.cast import Cast
from tests.conventions.model_files import load_two_models

ADDRESS = "/api/v1/models/"


def test_a_model_travels_through_the_api(cast: Cast):
    load_two_models()
    client = cast.client("gestionnaire")
    listed = client.get(ADDRESS, {"family": "F2"}).json()["results"]
    assert [(row["family"], row["national"], row["draft"]) for row in listed] == [("F2", True, False)]
    detail = client.get(f"{ADDRESS}{listed[0]['uuid']}/").json()
    content = detail["content"]
    assert (detail["problems"], content["clauses"][0]["kind"]) == ([], "visas")

    wrong = json.loads(json.dumps(content))
    wrong["clauses"][5]["variants"][0]["blocks"][0] = {"type": "p", "text": "{{ nulle.part }}"}
    refused = client.post(ADDRESS, wrong, content_type="application/json")
    assert refused.status_code == 400
    assert "variable inconnue : « nulle.part »" in refused.json()["detail"]
    with cast.acting("gestionnaire"):
        assert not Template.objects.drafts().exists()

    content["clauses"] = [clause for clause in content["clauses"] if clause["kind"] != "recouvrement"]
    for clause in content["clauses"]:
        for variant in clause["variants"]:
            for block in variant["blocks"]:
                block["text"] = block.get("text", "").replace("{{ ref:recouvrement }}", "article suivant") or "x"
                if block["type"] != "p":
                    del block["text"]
    made = client.post(ADDRESS, content, content_type="application/json")
    assert made.status_code == 201
    draft = made.json()
    assert (draft["draft"], draft["version"]) == (True, 1)
    assert any("est obligatoire" in problem["message"] for problem in draft["problems"] if problem["blocking"])
    publish = f"{ADDRESS}{draft['uuid']}/publish/"
    assert client.post(publish, {}, content_type="application/json").status_code == 409
    assert cast.client("instructeur").post(publish, {}, content_type="application/json").status_code == 404
    assert cast.client("finances_a").get(ADDRESS).status_code == 403


def test_a_draft_is_published_by_who_read_its_last_version(cast: Cast):
    load_two_models()
    client = cast.client("gestionnaire")
    [source] = client.get(ADDRESS, {"family": "F3"}).json()["results"]
    content = client.get(f"{ADDRESS}{source['uuid']}/").json()["content"]
    draft = client.post(ADDRESS, content, content_type="application/json").json()
    publish = f"{ADDRESS}{draft['uuid']}/publish/"
    stale = client.post(publish, {"lock_version": draft["lock_version"] + 1}, content_type="application/json")
    assert stale.status_code == 409
    done = client.post(publish, {"lock_version": draft["lock_version"]}, content_type="application/json")
    assert done.status_code == 200
    assert done.json()["draft"] is False
    assert client.post(publish, {}, content_type="application/json").status_code == 409


def test_bodies_that_are_no_model_are_refused_with_their_place(cast: Cast):
    load_two_models()
    client = cast.client("gestionnaire")
    for body in (
        "[]",
        '"x"',
        "3",
        "null",
        "{}",
        '{"family": [], "name": 1, "clauses": {}}',
        '{"clauses": [[], 1, null]}',
    ):
        answer = client.post(ADDRESS, body, content_type="application/json")
        assert answer.status_code == 400, body
        assert "attendu" in answer.json()["detail"] or "manquant" in answer.json()["detail"], body
    assert client.post(ADDRESS, {"family": "F2", "name": "x", "clauses": "y"}).status_code in (400, 415)
    with cast.acting("gestionnaire"):
        assert not Template.objects.drafts().exists()
