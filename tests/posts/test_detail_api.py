"""The API of detailed months: what is counted, a month sent twice, mistakes at their place, validation, people."""

from __future__ import annotations

import pytest

from tests.api.world import caller
from tests.cast import YEAR, cast  # noqa: F401  (a fixture)
from tests.posts.test_relations import HOLDS

pytestmark = pytest.mark.django_db
PAST = YEAR - 1
CELLS = [{"indicator": i, "row": r, "column": c, "value": v} for (i, r, c), v in HOLDS.items()]


def path(cast, act="", post="a", month=5):  # noqa: F811
    return f"posts/{cast.post[post].uuid}/months/{PAST}/{month}/{act}"


def test_what_is_counted_is_told_with_units_and_dated_lines(cast):  # noqa: F811
    found = caller(cast, "employeur_a").get("activity-lists/").json()
    ages = next(one for one in found["tables"] if one["code"] == "I4")
    assert (ages["unit"], ages["rows"], ages["columns"]) == ("personne", "age", "sexe")
    assert ages["definition"].startswith("Un être humain")
    modes = next(one for one in found["lists"] if one["code"] == "mode")
    line = {"code": "plainte", "label": "Policiers ou gendarmes, plainte", "since": "2020-01-01", "until": None}
    assert modes["items"][0] == line


def test_a_month_sent_twice_is_sent_once_then_validated_and_reopened(cast):  # noqa: F811
    person = caller(cast, "employeur_a")
    assert person.get(path(cast)).json()["state"] == "non saisi"
    first = person.put(path(cast), {"cells": CELLS})
    assert first.status_code == 200, first.content
    assert (first.json()["changed"], first.json()["state"], first.json()["breaches"]) == (True, "saisi", [])
    again = person.put(path(cast), {"cells": CELLS})
    assert again.json()["changed"] is False
    sent = {(c["indicator"], c["row"], c["column"]): c["value"] for c in again.json()["cells"]}
    assert sent == HOLDS
    assert person.get(path(cast)).json()["cells"] == again.json()["cells"]
    done = person.post(path(cast, "validate/"))
    assert (done.status_code, done.json()["state"]) == (200, "valide")
    assert done.json()["state_by"].startswith("Employeur_a")
    refused = person.put(path(cast), {"cells": CELLS[:3]})
    assert (refused.status_code, "rouvrez-le" in refused.json()["detail"]) == (409, True)
    assert person.post(path(cast, "reopen/"), {}).json()["place"] == "reason"
    back = person.post(path(cast, "reopen/"), {"reason": "Une saisine oubliée."}).json()
    assert (back["state"], back["reason"]) == ("rouvert", "Une saisine oubliée.")


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"cells": [{"indicator": "I1", "row": "pigeon", "value": 1}]}, "I1:pigeon:"),
        ({"cells": [{"indicator": "I1", "row": "plainte", "value": -1}]}, "cells[0].value"),
        ({"cells": [{"indicator": "I1", "row": "plainte", "value": 100_000}]}, "I1:plainte:"),
        ({"cells": [{"indicator": "I1", "row": "plainte", "value": 1}] * 2}, "cells[1]"),
        ({"cells": [], "zone": "mer"}, "zone"),
        ({"cells": [], "zone": "police"}, "zone"),
        ({}, "cells"),
    ],
)
def test_mistakes_are_told_at_their_place(cast, body, place):  # noqa: F811
    answer = caller(cast, "employeur_a").put(path(cast), body)
    assert (answer.status_code, answer.json()["place"]) == (400, place), answer.content
    assert caller(cast, "employeur_a").get(path(cast)).json()["cells"] == []


def test_a_relation_that_does_not_hold_is_told_and_forbids_validation(cast):  # noqa: F811
    person = caller(cast, "employeur_a")
    cells = [{"indicator": "I0", "row": row, "value": value} for row, value in (("saisines", 2), ("situations", 5))]
    (breach,) = person.put(path(cast), {"cells": cells}).json()["breaches"]
    assert (breach["rule"], breach["place"], breach["blocking"]) == (4, "I0:situations:", True)
    refused = person.post(path(cast, "validate/"))
    assert (refused.status_code, "5 situations pour 2 saisines" in refused.json()["detail"]) == (409, True)


def test_periods_that_cannot_be_are_refused(cast):  # noqa: F811
    person = caller(cast, "employeur_a")
    assert person.get(path(cast, month=13)).json()["place"] == "month"
    assert person.get(f"posts/{cast.post['a'].uuid}/months/1899/5/").json()["place"] == "year"
    assert person.get(path(cast) + "?zone=mer").json()["place"] == "zone"


def test_people_of_quarters_and_of_the_year(cast):  # noqa: F811
    person, where = caller(cast, "employeur_a"), f"posts/{cast.post['a'].uuid}/people/{PAST}/"
    unknown = person.get(where).json()["periods"]
    assert [(one["quarter"], one["people"]) for one in unknown] == [(q, None) for q in (1, 2, 3, 4, None)]
    assert "n'est pas saisie" in unknown[0]["reason"]
    body = {"periods": [{"quarter": 1, "people": 12}, {"quarter": None, "people": 30, "women": 20}]}
    sent = person.put(where, body).json()["periods"]
    assert [(sent[0]["people"], sent[0]["reason"]), (sent[4]["people"], sent[4]["women"])] == [(12, ""), (30, 20)]
    wrong = person.put(where, {"periods": [{"quarter": None, "people": 11}]})
    assert (wrong.status_code, wrong.json()["place"]) == (400, "annee:people")
    twice = person.put(where, {"periods": [{"quarter": 1, "people": 1}] * 2})
    assert (twice.status_code, twice.json()["place"]) == (400, "periods")


def test_who_may(cast):  # noqa: F811
    people = f"posts/{cast.post['a'].uuid}/people/{PAST}/"
    assert caller(cast, "employeur_d").get(path(cast)).status_code == 404
    assert caller(cast, "employeur_d").put(path(cast), {"cells": CELLS}).status_code == 404
    for role in ("instructeur", "finances_a"):
        person = caller(cast, role)
        assert person.get(path(cast)).status_code == 200, role
        for answer in (
            person.put(path(cast), {"cells": CELLS}),
            person.post(path(cast, "validate/")),
            person.post(path(cast, "reopen/"), {"reason": "X"}),
            person.put(people, {"periods": []}),
        ):
            assert answer.status_code == 403, role
    assert caller(cast, "gestionnaire").put(path(cast), {"cells": CELLS}).status_code == 200
    assert caller(cast, "anonymous").get("activity-lists/").status_code == 401
