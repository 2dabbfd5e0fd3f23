"""Exporting, and the round trip: what comes out goes in, and comes out the same."""

from __future__ import annotations

import json

import pytest

from reporting.dossier.territory import import_file
from tests.cast import Cast
from tests.reporting.dossiers import DEMO, content, exported, small

pytestmark = pytest.mark.django_db


def moved(text: str, code: str) -> str:
    """The same dossier for another territory: its code is on one line of its own."""
    dossier = json.loads(text)
    return text.replace(f'"code": "{dossier["territory"]["code"]}"', f'"code": "{code}"', 1)


def contains(given: object, stored: object, path: str = "") -> list[str]:
    """Places where ``stored`` does not say what ``given`` says; more may be stored."""
    if isinstance(given, dict) and isinstance(stored, dict):
        return [place for name in given for place in contains(given[name], stored.get(name), f"{path}.{name}")]
    if isinstance(given, list) and isinstance(stored, list) and len(given) == len(stored):
        pairs = enumerate(zip(given, stored, strict=True))
        return [place for rank, (one, two) in pairs for place in contains(one, two, f"{path}[{rank}]")]
    return [] if given == stored else [path]


def by_key(rows: list[dict]) -> dict:
    return {row.get("key") or row.get("reference"): row for row in rows}


def test_an_export_says_what_the_import_said():
    import_file(DEMO.read_bytes())
    given, stored = json.loads(DEMO.read_text(encoding="utf-8")), json.loads(exported("62"))

    for name, rows in given.items():
        if name in ("format", "version", "territory"):
            assert stored[name] == rows
        elif name == "activity":
            assert len(stored[name]) == len(rows)
        elif name != "source":
            assert contains(by_key(rows), by_key(stored[name])) == [], name


def test_the_round_trip_gives_the_same_bytes():
    import_file(DEMO.read_bytes())
    first = exported("62")

    import_file(moved(first, "80").encode())

    assert exported("80") == moved(first, "80")


def test_a_territory_with_signed_conventions_makes_the_round_trip(cast: Cast):
    first = exported("62")

    import_file(moved(first, "02").encode())

    assert exported("02") == moved(first, "02")
    assert '"status": "signee"' in first


def test_importing_an_export_where_it_comes_from_changes_nothing():
    import_file(content(small()))

    outcome = import_file(exported("80").encode())

    assert (outcome.created, outcome.updated, outcome.removed) == (0, 0, 0)


def test_the_number_of_queries_does_not_grow_with_the_territory(django_assert_max_num_queries):
    import_file(DEMO.read_bytes())

    with django_assert_max_num_queries(60):
        exported("62")
