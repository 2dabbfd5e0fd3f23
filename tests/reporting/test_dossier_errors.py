"""Every mistake of a file is named at its place, in French, with the remedy: no database needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reporting.dossier.reader import DossierRefused, parse, validate
from tests.reporting.dossiers import content, small

Break = Callable[[dict[str, Any]], Any]


def found(dossier: dict[str, Any]) -> dict[str, str]:
    return {error.path: error.message for error in validate(parse(content(dossier)))}


def test_a_good_file_has_no_error():
    assert found(small()) == {}


def put(*steps: str | int, value: Any) -> Break:
    def change(dossier: dict[str, Any]) -> None:
        holder: Any = dossier
        for step in steps[:-1]:
            holder = holder[step]
        holder[steps[-1]] = value

    return change


def add(*steps: str | int, value: Any) -> Break:
    def change(dossier: dict[str, Any]) -> None:
        holder: Any = dossier
        for step in steps:
            holder = holder[step]
        holder.append(value)

    return change


def without(*steps: str | int) -> Break:
    def change(dossier: dict[str, Any]) -> None:
        holder: Any = dossier
        for step in steps[:-1]:
            holder = holder[step]
        del holder[steps[-1]]

    return change


CASES: list[tuple[str, Break, str, str]] = [
    ("unknown section", put("conventionss", value=[]), "conventionss", "« conventions »"),
    (
        "unknown property",
        put("plans", 0, "shares", 0, "percnt", value="1"),
        "plans[0].shares[0].percnt",
        "vouliez-vous écrire « percent »",
    ),
    (
        "unknown property without a near one",
        put("posts", 0, "zzz", value=1),
        "posts[0].zzz",
        "n'existe pas : retirez-la",
    ),
    ("missing property", without("posts", 0, "label"), "posts[0].label", "manque"),
    ("wrong type", put("posts", 0, "epcis", value="epci"), "posts[0].epcis", "une liste"),
    ("number for text", put("posts", 0, "label", value=3), "posts[0].label", "un texte"),
    ("unknown value", put("posts", 0, "kind", value="IGC"), "posts[0].kind", "Vouliez-vous écrire « ISG »"),
    ("wrong format", put("format", value="autre"), "format", "cosigne-dossier"),
    ("wrong version", put("version", value=2), "version", "écrivez « 1 »"),
    ("wrong SIREN", put("organisations", 0, "siren", value="228000015"), "organisations[0].siren", "clé de contrôle"),
    ("short SIREN", put("organisations", 0, "siren", value="2280"), "organisations[0].siren", "neuf chiffres"),
    (
        "wrong SIRET",
        put("organisations", 0, "siret", value="22800001400012"),
        "organisations[0].siret",
        "clé de contrôle",
    ),
    (
        "negative amount",
        put("plans", 0, "costs", 0, "amount", value="-42000.00"),
        "plans[0].costs[0].amount",
        "négatif",
    ),
    (
        "negative number",
        put("plans", 0, "costs", 0, "amount", value=-42000),
        "plans[0].costs[0].amount",
        "négatif",
    ),
    (
        "amount written as a number",
        put("plans", 0, "costs", 0, "amount", value=42000),
        "plans[0].costs[0].amount",
        "entre guillemets",
    ),
    (
        "share over 100 %",
        put("plans", 0, "shares", 0, "percent", value="120.00"),
        "plans[0].shares[0].percent",
        "dépasse 100 %",
    ),
    (
        "siblings over 100 %",
        add("plans", 0, "shares", value={"ref": "x", "financer": "epci", "mode": "percentage", "percent": "50.01"}),
        "plans[0].shares[2].percent",
        "100.01 %",
    ),
    (
        "time over 100 %",
        add("posts", 0, "units", value={"unit": "csp2", "percent": "41.00"}),
        "posts[0].units[1].percent",
        "101 %",
    ),
    (
        "end before start",
        put("conventions", 0, "period", "end", value="2022-12-31"),
        "conventions[0].period.end",
        "précède sa prise d'effet",
    ),
    (
        "period outside its year",
        put("plans", 0, "period", "end", value="2024-01-31"),
        "plans[0].period.end",
        "n'est pas dans l'année 2023",
    ),
    ("no such day", put("deliberations", 0, "date", value="2023-02-29"), "deliberations[0].date", "n'existe pas"),
    (
        "published before the vote",
        put("deliberations", 0, "published_on", value="2023-01-09"),
        "deliberations[0].published_on",
        "précède le vote",
    ),
    (
        "overlap",
        put("posts", 0, "occupancies", 1, "start", value="2023-05-31"),
        "posts[0].occupancies[1].start",
        "se chevauchent",
    ),
    (
        "unknown reference",
        put("conventions", 0, "parties", 0, "organisation", value="prefectur"),
        "conventions[0].parties[0].organisation",
        "vouliez-vous écrire « prefecture »",
    ),
    (
        "unknown reference in a list",
        put("posts", 0, "epcis", value=["nulle-part"]),
        "posts[0].epcis[0]",
        "ne désigne rien",
    ),
    (
        "signatory of no party",
        put("conventions", 0, "signatories", 0, "party", value="departement"),
        "conventions[0].signatories[0].party",
        "n'est pas une partie",
    ),
    (
        "double key",
        add("units", value={"key": "csp", "organisation": "police", "kind": "brigade", "zone": "police", "name": "B"}),
        "units[1].key",
        "figure déjà dans units[0]",
    ),
    (
        "double share",
        put("plans", 0, "shares", 1, "children", 0, "ref", value="etat"),
        "plans[0].shares[1].children[0].ref",
        "figure déjà",
    ),
    (
        "unknown bearer",
        put("plans", 0, "costs", 0, "borne_by", value="personne"),
        "plans[0].costs[0].borne_by",
        "ne désigne rien",
    ),
    ("EPCI without form", put("organisations", 3, "legal_form", value=""), "organisations[3].legal_form", "manque"),
    (
        "loop of parents",
        put("organisations", 1, "parent", value="police"),
        "organisations[1].parent",
        "dépendre de lui-même",
    ),
    ("month 13", put("activity", 0, "month", value=13), "activity[0].month", "trop grand"),
]


@pytest.mark.parametrize(("change", "path", "words"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_mistake_is_named_at_its_place(change: Break, path: str, words: str):
    dossier = small()
    change(dossier)

    errors = found(dossier)

    assert path in errors
    assert words in errors[path]


def test_all_the_mistakes_are_told_at_once():
    dossier = small()
    for _, change, _, _ in CASES[:6]:
        change(dossier)

    assert len(found(dossier)) >= 5


def test_a_badly_formed_value_does_not_hide_the_others():
    dossier = small()
    dossier["plans"][0]["shares"] = "rien"
    dossier["conventions"][0]["period"]["end"] = "2022-01-01"

    assert set(found(dossier)) >= {"plans[0].shares", "conventions[0].period.end"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b'{"format": "cosigne-dossier",}', "ligne 1, colonne 30"),
        (b'{"format":\n "cosigne', "ligne 2"),
        (b"[]", "un objet JSON"),
        (b"", "n'est pas du JSON"),
        (b'{"version": NaN}', "NaN"),
        (b'{"version": 1, "version": 1}', "deux fois"),
        ('{"source": "é"}'.encode("latin-1"), "UTF-8"),
    ],
)
def test_what_is_not_json_is_refused_with_the_line(text: bytes, words: str):
    with pytest.raises(DossierRefused) as refused:
        parse(text)

    assert words in refused.value.errors[0].message


def test_a_key_already_in_the_territory_may_be_pointed_at():
    dossier = small()
    del dossier["mandates"]

    assert validate(dossier)
    assert validate(dossier, {"mandates": ["president"]}) == []


@pytest.mark.parametrize(("escape", "code"), [("\\u0000", "U+0000"), ("\\ud800", "U+D800")])
def test_a_character_that_no_database_stores_is_named_at_its_place(escape: str, code: str):
    text = (
        '{"format": 1, "organisations": [{"name": "a' + escape + 'b", "x' + escape + '": {"y": ["' + escape + '"]}}]}'
    )
    with pytest.raises(DossierRefused) as refused:
        parse(text.encode())
    assert [error.path for error in refused.value.errors] == [
        "organisations[0]",
        "organisations[0].name",
        "organisations[0].x?.y[0]",
    ]
    assert all(code in error.message for error in refused.value.errors)
