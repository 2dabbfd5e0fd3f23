"""The national bilan: sums of what was given, who has not given, and nothing of what was hidden to be found."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import random
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from pypdf import PdfReader
from scipy.optimize import Bounds, LinearConstraint, milp

from core.errors import InvalidInput, NotAllowed
from parties.models import Territory
from posts.models import ActivityReturn
from reporting.contributions import contribute
from reporting.contributions.content import Content, cells, content_of, former_of
from reporting.contributions.definitions import TABLES, TOTAL
from reporting.contributions.measure import Coverage, Measured, PostLine
from reporting.contributions.protection import cells_to_hide
from reporting.national.bilan import NationalBilan, national_bilan
from reporting.national.present import bilans_of
from reporting.national.reading import Given
from reporting.national.tables import compared, notes, sum_text
from tests.cast import Cast
from tests.reporting.contribution_world import TODAY, YEAR, give_activity

NOW = dt.datetime(YEAR + 1, 2, 1, 9, tzinfo=dt.UTC)
THRESHOLD = 11
ROWS = {
    "modes": ("plainte", "intervention", "mairie", "justice", "nr"),
    "premier_contact": ("24h", "72h", "7j", "nr"),
    "connues": ("suivie", "inconnue", "nr"),
    "problematiques": ("conjugales", "intrafamiliales", "logement", "enfance"),
    "orientations": ("social", "sante", "caf"),
}


def measured(counts: dict[str, dict[str, int]]) -> Measured:
    """A territory's year made of these counts; the tables named in ROWS get their total."""
    full = {code: dict(counts.get(code, {})) for code in TABLES}
    for code, known in full.items():
        if TABLES[code].total and known:
            known.setdefault(TOTAL, sum(known.values()))
    labels = {code: tuple((row, row.capitalize()) for row in known) for code, known in full.items()}
    lines = tuple(PostLine(group, "", 2, Decimal("1.50")) for group in ("all",))
    return Measured(YEAR, lines, None, Coverage(2, 2, 24, 20, 1, 10), full, labels)


def drawn(rng: random.Random) -> dict[str, dict[str, int]]:
    """Counts a département could have: many small, some nil, tables that agree with each other as they should."""
    small = lambda: rng.choice([0, 0, rng.randint(1, 10), rng.randint(1, 10), rng.randint(11, 90)])  # noqa: E731
    found = {code: {row: small() for row in rows} for code, rows in ROWS.items()}
    base = sum(found["problematiques"].values()) + rng.choice([0, 0, 4, 30])
    detail = found["problematiques"]["conjugales"] + found["problematiques"]["intrafamiliales"]
    found["vif"] = {"vif_count": min(base, detail + rng.choice([0, 3, 15])), "vif_base": base}
    people = sum(found["connues"].values())
    women = rng.randint(0, people)
    men = rng.randint(0, people - women)
    found["personnes"] = {"women": women, "men": men, "children": people - women - men}
    return found


def given(code: str, found: Measured, content: Content | None = None) -> Given:
    territory = Territory(code=code, name=f"Territoire {code}")
    hidden = cells_to_hide(found, threshold=THRESHOLD)
    content = content or content_of(territory=territory, measured=found, hidden=hidden, threshold=THRESHOLD)
    return Given(code, territory.name, YEAR, content, "0" * 64, NOW)


# --- The attacker -----------------------------------------------------------------------------------------------------


class Attacker:
    """Holds every contribution and the national tables; knows no code of ours but what each row means."""

    def __init__(self, contents: dict[str, Content], national: NationalBilan) -> None:
        self.names: list[tuple[str, str, str]] = []
        self.known: dict[tuple[str, str, str], int] = {}
        for code, content in contents.items():
            for (table, row), found in cells(content).items():
                if found["count"] is not None:
                    self.known[code, table, row] = found["count"]
                elif found["hidden"]:
                    self.names.append((code, table, row))
        self.lines: list[np.ndarray] = []
        self.low: list[float] = []
        self.high: list[float] = []
        for code, content in contents.items():
            self._read(code, content)
        for table in national.tables:
            for row in table.rows:
                # A national sum is of those who tell it: what the others hide is in none.
                told = [self.known.get((code, table.code, row.code)) for code in contents]
                assert sum(each for each in told if each is not None) == (row.value or 0)

    def _read(self, code: str, content: Content) -> None:
        for table in content["tables"]:
            rows = [row["code"] for row in table["rows"]]
            if TOTAL in rows and TABLES[table["code"]].total:
                parts = {(code, table["code"], row): 1 for row in rows if row != TOTAL}
                self._note({**parts, (code, table["code"], TOTAL): -1}, 0, 0)
        vif = (code, "vif", "vif_count")
        self._note({(code, "vif", "vif_base"): 1, vif: -1}, 0, np.inf)
        problems = [(code, "problematiques", row) for row in ("conjugales", "intrafamiliales")]
        self._note({vif: 1, problems[0]: -1, problems[1]: -1}, 0, np.inf)
        self._note({(code, "vif", "vif_base"): 1, (code, "problematiques", TOTAL): -1}, 0, np.inf)

    def _note(self, terms: dict[tuple[str, str, str], int], low: float, high: float) -> None:
        line, told = np.zeros(len(self.names)), 0
        for name, sign in terms.items():
            if name in self.known:
                told += sign * self.known[name]
            elif name in self.names:
                line[self.names.index(name)] += sign
            else:
                return  # somebody does not know this one
        if line.any():
            self.lines.append(line)
            self.low.append(low - told)
            self.high.append(high - told)

    def interval(self, name: tuple[str, str, str]) -> tuple[int, int]:
        aim = np.zeros(len(self.names))
        aim[self.names.index(name)] = 1
        constraints = LinearConstraint(np.array(self.lines), self.low, self.high) if self.lines else ()
        ends = []
        for sign in (1, -1):
            found = milp(sign * aim, constraints=constraints, integrality=np.ones(len(aim)), bounds=Bounds(0, 10_000))
            ends.append(round(sign * found.fun))
        return ends[0], ends[1]


def narrowed(truth: dict[str, Measured], contents: dict[str, Content], national: NationalBilan) -> list[str]:
    """Small counts of people the attacker narrows under the threshold."""
    attacker = Attacker(contents, national)
    broken = []
    for code, table, row in attacker.names:
        count = truth[code].counts[table][row]
        if TABLES[table].sensitive and row != "nr" and 0 < count < THRESHOLD:
            least, greatest = attacker.interval((code, table, row))
            assert least <= count <= greatest
            if greatest - least + 1 < THRESHOLD:
                broken.append(f"{code} {table} {row} = {count} in {least}..{greatest}")
    return broken


@pytest.mark.parametrize("territories", [2, 3, 4])
def test_no_attacker_finds_what_a_territory_hid(territories: int):
    rng = random.Random(62 + territories)
    truth = {f"{n:02d}": measured(drawn(rng)) for n in range(1, territories + 1)}
    gifts = [given(code, found) for code, found in truth.items()]
    national = national_bilan(year=YEAR, given=gifts, opened=[(one.code, one.name) for one in gifts])
    contents = {one.code: one.content for one in gifts}
    small = [
        (code, table, row)
        for code, found in truth.items()
        for table, known in found.counts.items()
        for row, count in known.items()
        if TABLES[table].sensitive and row != "nr" and 0 < count < THRESHOLD
    ]
    assert len(small) > 3 * territories, "the draw has nothing to find"
    assert all(cells(contents[code])[table, row]["hidden"] for code, table, row in small)
    assert narrowed(truth, contents, national) == []


def test_the_attacker_would_find_it_without_the_second_hiding():
    """The test can fail: hide only what is small, and it is found."""
    found = measured({"modes": {"plainte": 40, "mairie": 3}})
    one = given("01", found)
    told = {**one.content, "tables": json.loads(json.dumps(one.content["tables"]))}
    for row in told["tables"][0]["rows"]:
        if row["code"] == "plainte":
            row |= {"count": 40, "hidden": False}
    gifts = [given("01", found, told)]
    national = national_bilan(year=YEAR, given=gifts, opened=[])
    assert narrowed({"01": found}, {"01": told}, national) == ["01 modes mairie = 3 in 3..3"]


def test_a_reader_of_both_contributions_finds_nothing_more():
    """A corrected figure beside the copy somebody kept: what did not change and was told is known from then on."""
    rng = random.Random(80)
    kept = 0
    for _ in range(5):
        before = measured(drawn(rng))
        first = given("01", before).content
        changed = {code: dict(known) for code, known in before.counts.items()}
        for code in ROWS:
            changed[code].pop(TOTAL)
        changed["personnes"].pop(TOTAL)
        changed["modes"]["justice"] += 25
        after = measured(changed)
        hidden = cells_to_hide(after, threshold=THRESHOLD, former=former_of(first))
        second = content_of(territory=Territory(code="01"), measured=after, hidden=hidden, threshold=THRESHOLD)
        known_before = cells(first)
        for cell, row in cells(second).items():
            assert row["hidden"] or not known_before[cell]["hidden"], f"{cell} was hidden and is told"
            if row["hidden"] and known_before[cell]["count"] == after.counts[cell[0]][cell[1]]:
                row |= {"count": known_before[cell]["count"], "hidden": False}
        gifts = [given("01", after, second)]
        national = national_bilan(year=YEAR, given=gifts, opened=[])
        if hidden.exposed:
            continue  # said before it leaves: tests/reporting/test_contributions.py
        assert narrowed({"01": after}, {"01": second}, national) == []
        kept += sum(1 for row in cells(second).values() if row["hidden"])
    assert kept > 15, "little was left to find"


# --- Sums -------------------------------------------------------------------------------------------------------------


def test_a_sum_says_how_many_tell_it_and_is_at_least_what_they_tell():
    first = measured(
        {"modes": {"plainte": 40, "intervention": 50, "mairie": 30}, "vif": {"vif_count": 30, "vif_base": 60}}
    )
    second = measured({"modes": {"plainte": 20, "intervention": 60, "mairie": 3}})
    gifts = [given("01", first), given("02", second)]
    found = national_bilan(year=YEAR, given=gifts, opened=[("01", "A"), ("02", "B"), ("03", "C")])
    modes = found.table("modes")
    assert modes is not None
    read = {row.code: (row.value, row.told, row.hidden, sum_text(row)) for row in modes.rows}
    assert read["mairie"] == (30, 1, 1, "au moins 30")
    assert read["plainte"] == (40, 1, 1, "au moins 40")
    assert read["intervention"] == (110, 2, 0, "110")
    assert read[TOTAL] == (203, 2, 0, "203")
    vif = found.rates[0]
    assert (vif.part, vif.whole, vif.territories, vif.value) == (30, 60, 1, Decimal("50.0"))
    assert (found.response.part, found.response.whole, found.response.value) == (2, 3, Decimal("66.7"))
    assert [line.code for line in found.missing] == ["03"]
    assert (found.months.part, found.months.whole) == (40, 48)


def test_years_of_other_definitions_are_said_not_to_compare(monkeypatch: pytest.MonkeyPatch):
    from reporting.national import tables

    monkeypatch.setitem(tables.VERSIONS, 2, "Autres unités.")
    one = given("01", measured({"modes": {"plainte": 40}}))
    later = Given("01", "A", YEAR + 1, {**one.content, "definitions": 2}, "1" * 64, NOW)
    bilans = [national_bilan(year=year, given=[one, later], opened=[]) for year in (YEAR + 1, YEAR)]
    assert any(note.startswith("Rupture de série") for note in notes(bilans))
    assert compared(bilans)[-1].texts == ("2", "1")
    assert not any(note.startswith("Rupture") for note in notes(bilans[:1]))


# --- Page, files, API -------------------------------------------------------------------------------------------------


@pytest.fixture
def two_years(cast: Cast) -> Cast:
    """Territory "here" gave YEAR, with children hidden; "there" gave YEAR and nothing is known of the year before."""
    for person, post, children in (("gestionnaire", "a", 5), ("gestionnaire_there", "there", 30)):
        by = cast.actor(person)
        give_activity(by, cast.post[post], women=80, men=25, children=children)
        with cast.acting(person):
            contribute(year=YEAR, by=by, today=TODAY)
    with cast.acting("gestionnaire"):
        ActivityReturn.objects.create(
            post=cast.post["b"], year=YEAR - 1, month=None, women=60, men=40, children=20, interviews_total=90
        )
        contribute(year=YEAR - 1, by=cast.actor("gestionnaire"), today=TODAY)
    return cast


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))


def test_the_page_and_its_files_say_the_same(two_years: Cast):
    client = two_years.client("national")
    address = f"/national/bilans/{YEAR}/"
    assert f'href="{address}"' in client.get("/national/").content.decode()
    page = client.get(address).content.decode()
    activity = rows_of(client.get(f"{address}tableau.csv").content)
    children = next(row for row in activity if row["ligne"] == "Enfants")
    assert (children["nombre"], children["contributions_qui_le_masquent"], children["lecture"]) == (
        "30",
        "1",
        "au moins 30",
    )
    for row in activity:
        assert f">{row['lecture']}<" in page, row
    data = json.loads(client.get(f"{address}tableau.json").content)
    assert [str(row["lecture"]) for row in data["activite"]] == [row["lecture"] for row in activity]
    territories = rows_of(client.get(f"{address}tableau.csv?tableau=territoires").content)
    assert [(row["code"], row["a_contribue"]) for row in territories] == [("62", "oui"), ("80", "oui")]
    years = rows_of(client.get(f"{address}tableau.csv?tableau=annees").content)
    assert next(row for row in years if row["chiffre"] == "Personnes")[str(YEAR - 1)] == "120"
    assert client.get(f"{address}tableau.xlsx?tableau=postes").content[:2] == b"PK"
    for wrong in (f"{address}tableau.csv?tableau=plans", f"{address}tableau.pdf", "/national/bilans/2019/"):
        assert client.get(wrong).status_code == 404
    for word in ("Poste A", "62-A", "Sud-Artois"):
        assert word not in page
    api = client.get(f"/api/v1/national/{YEAR}/").json()
    told = {(table["code"], row["code"]): row for table in api["tables"] for row in table["rows"]}
    assert told["personnes", "children"] | {"label": ""} == {
        "code": "children", "label": "", "value": 30, "told": 1, "hidden": 1
    }  # fmt: skip
    assert client.get("/api/v1/national/2019/").status_code == 404


def test_who_has_not_contributed_is_said(two_years: Cast):
    page = two_years.client("national").get(f"/national/bilans/{YEAR - 1}/").content.decode()
    assert "Contributions qui manquent" in page
    assert "Somme (80)" in page
    home = two_years.client("national").get("/national/").content.decode()
    assert "1 sur 2" in home
    assert "2 sur 2" in home


def test_the_pdf_holds_the_tables_and_their_data(two_years: Cast):
    client = two_years.client("national")
    content = client.get(f"/national/bilans/{YEAR}/bilan.pdf").content
    reader = PdfReader(io.BytesIO(content))
    text = " ".join("\n".join(page.extract_text() for page in reader.pages).split())
    assert "au moins 30" in text
    [data] = reader.attachments[f"observatoire-{YEAR}-activite.csv"]
    assert data == client.get(f"/national/bilans/{YEAR}/tableau.csv").content


def test_a_withdrawn_contribution_is_gone(two_years: Cast):
    from reporting.contributions import withdraw

    with two_years.acting("gestionnaire"):
        withdraw(year=YEAR - 1, reason="Erreur", by=two_years.actor("gestionnaire"))
    with two_years.acting("national"):
        by = two_years.outside("national")
        assert [bilan.year for bilan in bilans_of(year=YEAR, by=by)] == [YEAR]
        with pytest.raises(InvalidInput, match="Aucun territoire"):
            bilans_of(year=YEAR - 1, by=by)


def test_nobody_else_reads_it(two_years: Cast):
    with two_years.acting("plateforme"), pytest.raises(NotAllowed):
        bilans_of(year=YEAR, by=two_years.outside("plateforme"))
    for person in ("gestionnaire", "plateforme", "instructeur"):
        assert two_years.client(person).get(f"/national/bilans/{YEAR}/").status_code == 403


def test_a_reading_costs_the_same_whatever_there_is(two_years: Cast, django_assert_num_queries: Any):
    with two_years.acting("national"):
        for year in (YEAR, YEAR - 1):
            with django_assert_num_queries(2):
                bilans_of(year=year, by=two_years.outside("national"))
