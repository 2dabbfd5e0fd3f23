"""What a reader of a post's published bilan can compute: every table at once, with a solver of their own."""

from __future__ import annotations

from functools import cache

import pytest
from scipy.optimize import linprog

from reporting.bilan.publication import Version
from reporting.bilan_post.grid import Audience, DataTable, Kind
from reporting.bilan_post.publication import Outside, hidden_counts
from reporting.demo_detail import month_cells
from tests.reporting.bilan_post_world import ZONES, Entry, pure_tables, pure_year

INSIDE, OUT = Version.INTERNAL, Version.PUBLISHED
NOTHING = {version: Outside() for version in Version}
#: Tables whose lines add up to their last.
ADDED = ("I1", "I2", "I3", "I6", "I9", "I10", "I11", "I12", "I13", "I15", "I16", "I7", "I14", "I4", "I4R")
#: Acts, which point at nobody.
ACTS = ("I11", "I12", "I18")
POSTS = [  # months of about so many saisines, zones, whether the people of the year are detailed
    (8, ("",), False),
    (18, ZONES, True),
    (45, ("",), True),
]

Key = tuple[str, str, str]


@cache
def tables_of(size: int, zones: tuple[str, ...], people: bool):
    extra = {
        year: [Entry(None, {c: v for c, v in month_cells(year=year, month=0, size=size * 5).items() if c[0] != "I1"})]
        for year in (2025, 2024)
        if people
    }
    years = [pure_year(year, size=size, zones=zones, extra=extra.get(year, ())) for year in (2025, 2024)]
    return pure_tables(*years)


@cache
def leaving(
    size: int, zones: tuple[str, ...], people: bool, version: Version
) -> tuple[list[DataTable], list[DataTable]]:
    """The tables of a version, whole then as they leave."""
    ledger, tables = tables_of(size, zones, people)
    hidden = hidden_counts(ledger.table(), version, NOTHING)
    widest = Audience.PARTNERS if version is INSIDE else Audience.EVERYBODY
    whole = [table for table in tables.all() if table.audience <= widest]
    return [table.leaving(()) for table in whole], [table.leaving(hidden.names) for table in whole]


class Attacker:
    """Somebody with the published tables, a pencil and a linear solver: knows nothing of how they were protected."""

    def __init__(self, tables: list[DataTable]) -> None:
        self.shown: dict[Key, int | None] = {}
        for table in tables:
            for rank, column in enumerate(table.columns):
                if column.kind is Kind.COUNT:
                    for line in table.lines:
                        box = line.boxes[rank]
                        if box.kind is Kind.COUNT and (box.value is not None or box.hidden):
                            self.shown[table.key, line.label, column.label] = box.value
        self.sums: list[tuple[Key, list[Key]]] = []
        for table in tables:
            self._sums(table)
        self._links(tables)
        unknown = [key for key, value in self.shown.items() if value is None]
        self.position = {key: rank for rank, key in enumerate(unknown)}

    def _sums(self, table: DataTable) -> None:
        labels = [line.label for line in table.lines]
        for column in table.columns:
            if column.kind is not Kind.COUNT:
                continue
            if table.key in ADDED and table.lines[-1].total:
                self._add((table.key, "Total", column.label), [(table.key, each, column.label) for each in labels[:-1]])
            if table.key.startswith("chiffres"):
                names = [(table.key, each, column.label) for each in ("Femmes", "Hommes", "Enfants")]
                self._add((table.key, "Femmes, hommes et enfants", column.label), names)
                modes = [each for each in labels if each.startswith("Entretiens ")]
                self._add((table.key, "Entretiens", column.label), [(table.key, m, column.label) for m in modes])
        counts = [column.label for column in table.columns if column.kind is Kind.COUNT]
        if table.key in ("trimestres", "zones"):
            for each in labels:
                *parts, whole = [(table.key, each, label) for label in counts]
                self._add(whole, parts)
        if table.key in ("I4", "I4R"):
            for each in labels:
                *sexes, now, _before = [(table.key, each, label) for label in counts]
                self._add(now, sexes)

    def _links(self, tables: list[DataTable]) -> None:
        """The same figure under several names."""
        same = {
            "Saisines reçues": [("I1", "Total"), ("I3", "Total")],
            "Situations ouvertes": [("I9", "Total"), ("I10", "Total")],
            "Personnes différentes dans l'année": [("I4", "Total"), ("I4R", "Total"), ("I6", "Total")],
            "Entretiens avec les personnes": [("I11", "Total")],
            "Actes avec les partenaires": [("I12", "Total")],
        }
        for label, places in same.items():
            for year in ("2025", "2024"):
                for table, line in places:
                    self._equal(("totaux", label, year), (table, line, year))
            self._equal(("totaux", label, "2025"), ("trimestres", label, "Année"))
            self._equal(("totaux", label, "2025"), ("zones", label, "Poste"))
        for year in ("2025", "2024"):
            self._equal(("totaux", "Situations ouvertes", year), ("I7", "Total", f"Principale {year}"))
        self._equal(("totaux", "Orientations proposées", "2025"), ("I14", "Total", "Proposées"))
        self._equal(("totaux", "Orientations proposées", "2024"), ("I14", "Total", "Proposées 2024"))
        self._equal(("trimestres", "Orientations proposées", "Année"), ("I14", "Total", "Proposées"))
        vif = ("Violences conjugales", "Violences intrafamiliales hors couple")
        rate = ("taux", "Situations de violences intrafamiliales", "Nombre")
        self._add(rate, [("I7", each, "Principale 2025") for each in vif])
        self._equal(("taux", "Situations de violences intrafamiliales", "Sur"), ("I7", "Total", "Principale 2025"))
        quick = ("24 heures au plus", "72 heures au plus")
        first = "Premier contact en 72 heures au plus"
        self._add(("taux", first, "Nombre"), [("I3", each, "2025") for each in quick])
        late = ("7 jours au plus", "Plus de 7 jours")
        self._add(("taux", first, "Sur"), [("I3", each, "2025") for each in (*quick, *late)])
        known = ("Connue et suivie", "Connue, sans suivi", "Inconnue")
        unknown = "Personnes inconnues des services sociaux"
        self._add(("taux", unknown, "Sur"), [("I6", each, "2025") for each in known])
        self._equal(("taux", unknown, "Nombre"), ("I6", "Inconnue", "2025"))
        parts = [table.key for table in tables if table.key.startswith("chiffres")]
        for line, name in (("Situations de violences intrafamiliales", "Nombre"), ("Situations comptées", "Sur")):
            whole = ("taux", "Situations de violences intrafamiliales", name)
            self._add(whole, [(key, line, "2025") for key in parts])
        for zone in ZONES:
            key, label = f"chiffres-{zone}", f"Zone {zone}"
            self._equal((key, "Entretiens", "2025"), ("zones", "Entretiens avec les personnes", label))
            self._equal((key, "Situations comptées", "2025"), ("zones", "Situations ouvertes", label))

    def _add(self, whole: Key, parts: list[Key]) -> None:
        parts = [each for each in parts if each in self.shown]
        if whole in self.shown and parts:
            self.sums.append((whole, parts))

    def _equal(self, one: Key, other: Key) -> None:
        self._add(one, [other])

    def system(self) -> tuple[list[list[float]], list[float]]:
        rows, right = [], []
        for whole, parts in self.sums:
            row, known = [0.0] * len(self.position), 0
            for key, sign in ((whole, -1), *((part, 1) for part in parts)):
                value = self.shown[key]
                if value is None:
                    row[self.position[key]] += sign
                else:
                    known += sign * value
            if any(row):
                rows.append(row)
                right.append(float(-known))
            else:
                assert known == 0, (whole, parts)  # the attacker's own premises hold
        return rows, right

    def width(self, key: Key) -> float:
        """How many whole numbers a hidden figure may be."""
        rows, right = self.system()
        ends = []
        for sign in (1.0, -1.0):
            aim = [0.0] * len(self.position)
            aim[self.position[key]] = sign
            found = linprog(aim, A_eq=rows or None, b_eq=right or None, bounds=(0, 5000), method="highs")
            assert found.success, (key, found.message)
            ends.append(sign * found.fun)
        return ends[1] - ends[0] + 1


@pytest.mark.parametrize(("size", "zones", "people"), POSTS)
@pytest.mark.parametrize("version", [INSIDE, OUT])
def test_no_small_count_can_be_found_from_all_the_tables_together(size, zones, people, version):
    whole, published = leaving(size, zones, people, version)
    truth, attacker = Attacker(whole).shown, Attacker(published)
    targets = []
    for key, value in attacker.shown.items():
        small = 0 < (truth[key] or 0) < version.threshold and key[0] not in ACTS and not key[1].startswith("Entretiens")
        if key[1] in ("Actes avec les partenaires",) or "partenaires" in key[1]:
            continue
        assert not (small and value is not None), f"{key} is small and printed"
        if small:
            targets.append(key)
    assert targets, "nothing to protect: the case proves nothing"
    # The narrowest of a sample spread over all the tables: solving for each of hundreds takes minutes.
    for key in targets[:: max(1, len(targets) // 24)]:
        assert attacker.width(key) >= version.threshold, key


def test_an_attacker_of_unprotected_totals_does_find():
    """The solver is a real one: hide small counts only, and it computes some of them."""
    whole, _published = leaving(18, ZONES, True, OUT)
    ledger, _tables = tables_of(18, ZONES, True)
    small = {name for name in ledger.sensitive if 0 < ledger.counts[name] < OUT.threshold}
    naive = [table.leaving(small) for table in tables_of(18, ZONES, True)[1].all() if table.audience <= 0]
    truth, attacker = Attacker(whole).shown, Attacker(naive)
    hidden = [key for key, value in attacker.shown.items() if value is None and key[0] in ("I3", "I13", "I15", "I7")]
    assert any(attacker.width(key) < OUT.threshold and truth[key] for key in hidden)


def test_the_public_version_hides_what_the_shared_one_hides():
    ledger, _tables = tables_of(18, ZONES, True)
    shared = hidden_counts(ledger.table(), INSIDE, NOTHING).names
    public = hidden_counts(ledger.table(), OUT, NOTHING).names
    assert shared <= public


def test_a_year_hides_the_same_in_its_own_bilan_and_beside_the_next():
    before, now = pure_year(2024, size=12), pure_year(2025, size=12)
    own, _tables = pure_tables(before, pure_year(2023, size=12))
    later, _tables = pure_tables(now, before)
    for version in Version:
        first = {n for n in hidden_counts(own.table(), version, NOTHING).names if n.startswith("2024.")}
        assert first
        assert first == {n for n in hidden_counts(later.table(), version, NOTHING).names if n.startswith("2024.")}


def test_what_the_territory_hides_of_the_post_is_hidden_here_and_what_it_shows_is_not():
    ledger, _tables = tables_of(45, ("",), True)
    table = ledger.table()
    women, men, all_people = "2025.bilan.poste.women", "2025.bilan.poste.men", "2025.bilan.poste.people"
    assert {women, men, all_people} <= set(table.counts)
    assert min(table.counts[women], table.counts[men]) >= OUT.threshold
    outside = Outside(frozenset({women}), frozenset({men}))
    found = hidden_counts(table, OUT, dict.fromkeys(Version, outside)).names
    assert women in found
    assert men not in found
    # Women are the whole less men and children: one of these two goes with them.
    assert all_people in found or "2025.bilan.poste.children" in found


def test_a_box_computed_from_a_hidden_count_is_hidden_and_months_stay_inside():
    _whole, published = leaving(18, ZONES, True, OUT)
    keys = {table.key for table in published}
    assert not keys & {"mois", "personnes-mois", "trimestres"}
    for table in published:
        labels = [column.label for column in table.columns]
        assert not {"Acceptées", "Effectives"} & set(labels)
        if table.key not in ("I1", "I3", "I9"):
            continue
        for line in table.lines:
            boxes = dict(zip(labels, line.boxes, strict=True))
            if boxes["2025"].hidden:
                assert boxes["Part"].value is None
                assert boxes["Évolution"].value is None
                assert boxes["2025"].text == "s."
