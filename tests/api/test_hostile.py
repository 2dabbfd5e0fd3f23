"""Nothing a caller may type ends in a crash: the answer is JSON and says what is wrong, or finds nothing."""

from __future__ import annotations

import json

from parties.api import MeView
from tests.api.test_acts import plan_body
from tests.api.world import JSON, ROOT, caller

HUGE = "9" * 30
QUERIES = {
    "year": ("0", "-1", "1.5", HUGE, "NaN", "Infinity", "1e400", "x", "\x00"),
    "month": (HUGE, "x"),
    "vintage": (HUGE,),
    "q": ("'", "%", "\\", "\x00", "\ud800", "é" * 5000),
    "employer": ("x", HUGE, "\x00"),
    "organisation": ("x",),
    "party": ("x",),
    "batch": ("x",),
    "status": ("", "\x00"),
    "in_force_on": ("hier", "0000-00-00", "99999-01-01"),
    "open_on": ("2026-02-30",),
    "ordering": ("secret", "-", "label;drop"),
    "page": ("0", "-1", "x", HUGE),
    "page_size": ("0", "-1", "x", HUGE),
}
LISTS = ("posts/", "plans/", "conventions/", "titres/", "activity/", "deliberations/", "mandates/", "titres-exports/")


def test_query_strings(cast):
    person = caller(cast, "gestionnaire")
    for path in LISTS:
        for name, values in QUERIES.items():
            for value in values:
                answer = person.get(path, **{name: value.encode("utf-8", "surrogatepass")})
                assert answer.status_code in (200, 400, 404), (path, name, value)
                assert answer.headers["Content-Type"] == "application/json", (path, name, value)


def test_bodies(cast):
    client = cast.client("gestionnaire")
    path = f"{ROOT}conventions/{cast.convention['d'].uuid}/"
    lock = cast.convention["d"].lock_version
    bodies = [
        ("post", f"{ROOT}plans/", []),
        ("post", f"{ROOT}plans/", "texte"),
        ("post", f"{ROOT}plans/", None),
        ("post", f"{ROOT}plans/", plan_body(cast, label="a\x00b")),
        ("post", f"{ROOT}plans/", plan_body(cast, costs=[{"amount": "NaN"}])),
        ("post", f"{ROOT}plans/", plan_body(cast, costs=[{"amount": HUGE}])),
        ("post", f"{ROOT}plans/", plan_body(cast, costs=None)),
        ("post", f"{ROOT}plans/", plan_body(cast, shares=[None])),
        ("post", f"{ROOT}plans/", plan_body(cast, shares=[{"ref": "x", "key": {"vintage": int(HUGE)}}])),
        ("post", f"{ROOT}plans/", plan_body(cast, posts=[{}])),
        ("patch", path, {"lock_version": int(HUGE), "title": "x"}),
        ("patch", path, {"lock_version": lock, "variables": {"base": "x\x00"}}),
        ("patch", path, {"lock_version": lock, "variables": {"reports": "x"}}),
        ("patch", path, {"lock_version": lock, "variables": {"committee": 5}}),
        ("patch", path, {"lock_version": lock, "variables": []}),
        ("patch", path, {"lock_version": lock, "variables": {"a\x00": "x"}}),
        ("patch", path, {"lock_version": lock, "variables": {"a": {"b": ["\x00"]}}}),
        ("patch", path, {"lock_version": lock, "notice_months": -3}),
        ("patch", path, {"lock_version": lock, "period_end": "1999-01-01"}),
        ("patch", path, {"lock_version": lock, "title": None}),
        ("post", f"{path}signatures/", {"signatory": 12, "signed_on": "31/12/2026"}),
        ("put", f"{ROOT}activity/", {"post": str(cast.post["a"].uuid), "year": 2025, "month": 5, "women": int(HUGE)}),
        ("put", f"{ROOT}activity/", {"post": str(cast.post["a"].uuid), "year": int(HUGE), "month": int(HUGE)}),
    ]
    for method, address, body in bodies:
        answer = getattr(client, method)(address, json.dumps(body), content_type=JSON)
        assert answer.status_code in (400, 409), (address, body, answer.content)
        assert answer.json()["detail"], (address, body)


def test_a_comment_on_a_party_that_is_none(cast):
    body = {"text": "Qui ?", "anchor": "partie", "target": "personne"}
    answer = caller(cast, "instructeur").post(f"conventions/{cast.convention['e'].uuid}/comments/", body)
    assert answer.status_code == 400


def test_json_nested_without_end(cast):
    answer = cast.client("gestionnaire").post(f"{ROOT}plans/", "[" * 100_000, content_type=JSON)
    assert answer.status_code == 400


def test_an_address_that_leads_nowhere_is_answered_in_json(cast):
    for path in ("inconnu/", "plans/pas-un-uuid/", f"plans/{HUGE}/", "posts/%00/"):
        for person in ("gestionnaire", "anonymous"):
            answer = caller(cast, person).get(path)
            assert answer.status_code == 404, path
            assert answer.json() == {"detail": answer.json()["detail"], "place": ""}, path
    assert "text/html" in cast.client("gestionnaire").get("/inconnu/").headers["Content-Type"]


def test_a_fault_of_ours_is_answered_in_json_and_tells_nothing(cast, monkeypatch):
    monkeypatch.setattr(MeView, "get", lambda *_: 1 / 0)
    client = cast.client("gestionnaire")
    client.raise_request_exception = False
    answer = client.get(f"{ROOT}me/")
    assert (answer.status_code, set(answer.json())) == (500, {"detail", "place"})
    assert "division" not in answer.text
