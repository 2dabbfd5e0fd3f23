"""The counts of one year of a post, entered in the ledger with every sum between them. Pure.

The counts of a year have the same names and the same sums whether the year is the bilan's own or the one it is compared
with: what was hidden of a year in its own bilan is then hidden in the next one too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from posts import indicators as ind
from posts.indicators import INDICATORS, Cell, Item, Unit
from posts.periods import FileActive
from reporting.bilan.compute import PEOPLE, Row
from reporting.bilan.joint import SENSITIVE
from reporting.bilan_post.detail import MONTHS, QUARTERS, TOTAL_OF, Tally, YearDetail
from reporting.bilan_post.grid import Ledger

#: Units whose small numbers point at nobody: exchanges and actions, not people or what happened to them.
ACTS = (Unit.INTERVIEW, Unit.PARTNER_ACT, Unit.ACTION)
#: Tables whose lines add up to something; those of collective actions count agents, meetings and actions.
NO_TOTAL = ("I0", "I18")
#: Tables of people: known for a year only when somebody counted them over the year.
PEOPLE_TABLES = ("I4", "I4R", "I6")
TOTALS = ("saisines", "situations", "prises_en_charge")
OTHER_TOTALS = ("jours", "permanences")
#: What adds up over the quarters: key → (label, indicator, column).
QUARTERLY: dict[str, tuple[str, str, str]] = {
    "entretiens": ("Entretiens avec les personnes", "I11", ""),
    "actes": ("Actes avec les partenaires", "I12", ""),
    "orientations": ("Orientations proposées", "I14", ind.PROPOSED),
}
QUICK = ("24h", "72h")
ASKED_DELAYS = ("24h", "72h", "7j", "plus")


@dataclass(frozen=True)
class Year:
    """What is known of a post's year: its detail, its lines in the territory's bilan, its zones told apart."""

    year: int
    detail: YearDetail = field(default_factory=YearDetail)
    rows: tuple[Row, ...] = ()
    zones: Mapping[str, YearDetail] = field(default_factory=dict)
    #: Months in which activity was expected.
    expected: tuple[int, ...] = MONTHS
    #: Month → women, men and children returned without any detail.
    months: Mapping[int, int] = field(default_factory=dict)
    #: People of each quarter (1 to 4) and of the year (None), each counted once.
    files: Mapping[int | None, FileActive] = field(default_factory=dict)


Lists = Mapping[str, Sequence[Item]]


class Counts:
    """The names of a year's counts in the ledger."""

    def __init__(self, ledger: Ledger, of: Year, lists: Lists) -> None:
        self.ledger, self.of, self.detail, self.lists = ledger, of, of.detail, lists
        #: (table, column) → the name of the total its lines make; (zone, measure) → the name a count already has.
        self._feet: dict[tuple[str, str], str] = {}
        self._same: dict[tuple[str, str], str] = {}
        for code in (*TOTALS, *OTHER_TOTALS):
            self._put(("I0", code, ""), costly=True)
        for indicator in INDICATORS.values():
            if indicator.code in PEOPLE_TABLES or indicator.code == "I0":
                continue
            for column in self.columns(indicator.code):
                for row in self.rows(indicator.code):
                    self._put((indicator.code, row, column))
                self._total(indicator.code, column)
        self._shares()
        self._quarters()
        self._people()
        self._zones()
        self._published()

    # --- Names --------------------------------------------------------------------------------------------------------

    def name(self, *parts: str) -> str:
        return ".".join((str(self.of.year), *parts))

    def cell(self, code: str, row: str, column: str = "") -> str:
        return self.name(code, row, column) if column else self.name(code, row)

    def foot(self, code: str, column: str = "") -> str:
        """The total that the lines of a table make."""
        return self._feet.get((code, column), self.name(code, "total", column))

    def rows(self, code: str) -> list[str]:
        return [item.code for item in self.lists.get(INDICATORS[code].rows, ())]

    def columns(self, code: str) -> list[str]:
        listed = INDICATORS[code].columns
        return [item.code for item in self.lists.get(listed, ())] if listed else [""]

    def tally(self, code: str, row: str, column: str = "") -> Tally:
        return self.detail.tally((code, row, column))

    # --- What adds up -------------------------------------------------------------------------------------------------

    def _sensitive(self, code: str) -> bool:
        return INDICATORS[code].unit not in ACTS

    def _put(self, cell: Cell, *, costly: bool = False) -> str:
        code, row, column = cell
        name = self.name("I0", row) if code == "I0" else self.cell(code, row, column)
        sensitive = row not in OTHER_TOTALS if code == "I0" else self._sensitive(code)
        return self.ledger.put(name, self.detail.tally(cell).value, sensitive=sensitive, costly=costly)

    def _total(self, code: str, column: str) -> None:
        if code not in NO_TOTAL:
            parts = [self.cell(code, row, column) for row in self.rows(code)]
            stated, counted = TOTAL_OF.get(code, ("", None))
            whole = self.name("I0", stated) if stated and column == (counted or "") else ""
            self._foot(code, column, parts, whole, sensitive=self._sensitive(code))

    def _foot(self, code: str, column: str, parts: Iterable[str], whole: str, *, sensitive: bool = True) -> None:
        """The total of the lines: ``whole`` when they make exactly that, else one of their own."""
        known = [part for part in parts if part in self.ledger.counts]
        if known and not (whole and self.ledger.relate(whole, known)):
            self._feet[code, column] = self.ledger.add_up(self.foot(code, column), known, sensitive=sensitive)
        elif known:
            self._feet[code, column] = whole

    def _shares(self) -> None:
        """The numerators and denominators of the percentages, printed beside them."""
        add = self.ledger.add_up
        add(self.name("I3", "72h au plus"), [self.cell("I3", row) for row in QUICK])
        add(self.name("I3", "connus"), [self.cell("I3", row) for row in ASKED_DELAYS])
        add(self.name("I7", "vif"), [self.cell("I7", row, ind.MAIN) for row in ind.VIF])
        add(self.name("I11", "presence"), [self.cell("I11", row) for row in ind.IN_PERSON], sensitive=False)
        add(self.name("I11", "distance"), [self.cell("I11", row) for row in ind.BY_PHONE], sensitive=False)

    def _quarters(self) -> None:
        for key in TOTALS:
            self._quarter(key, [("I0", key, "")], self.name("I0", key), sensitive=True)
        for key, (_label, code, column) in QUARTERLY.items():
            cells = [(code, row, column) for row in self.rows(code) if self.tally(code, row, column).months]
            self._quarter(key, cells, self.foot(code, column), sensitive=self._sensitive(code))

    def _quarter(self, key: str, cells: list[Cell], year: str, *, sensitive: bool) -> None:
        names = []
        for number, months in enumerate(QUARTERS, start=1):
            # Each line over the months it is known: the quarters then make the year, whatever is missing.
            found = [value for cell in cells if (value := self.detail.tally(cell, months=months).value) is not None]
            names.append(self.quarter(key, number))
            self.ledger.put(names[-1], sum(found) if found else None, sensitive=sensitive)
        self.ledger.relate(year, [name for name in names if name in self.ledger.counts])

    def quarter(self, key: str, number: int) -> str:
        return self.name(f"T{number}", key)

    # --- People -------------------------------------------------------------------------------------------------------

    def sex(self, code: str) -> str:
        """The people of one sex in the year."""
        return self.name("personnes", code)

    def age(self, code: str) -> str:
        return self.name("I4", code, "total")

    def _people(self) -> None:
        """The file active of the year, when somebody counted it: ages, roles and sexes make the same people."""
        people, put = self.detail.people, self.ledger.put
        whole = self.name("I0", "personnes")
        year = self.of.files.get(None, FileActive())
        put(whole, year.people if year.people is not None else people.get(("I0", "personnes", "")), costly=True)
        for number in range(1, 5):
            put(self.quarter("personnes", number), self.of.files.get(number, FileActive()).people)
        for code in PEOPLE_TABLES:
            columns = self.columns(code)
            for row in self.rows(code):
                cells = [put(self.cell(code, row, column), people.get((code, row, column))) for column in columns]
                if len(columns) > 1:
                    self.ledger.add_up(self.name(code, row, "total"), cells)
            if len(columns) > 1:
                self._sexes(code, columns)
                lines = [self.name(code, row, "total") for row in self.rows(code)]
            else:
                lines = [self.cell(code, row) for row in self.rows(code)]
            self._foot(code, "", lines, whole)
        for name, rows, columns in self._trio():
            cells = [self.cell("I4", row, column) for row in rows for column in columns]
            if any(cell in self.ledger.counts for cell in cells):
                self.ledger.add_up(self.name("trio", name), cells)
            else:
                put(self.name("trio", name), getattr(year, name))
        self.ledger.relate(whole, [self.name("trio", name) for name in PEOPLE])
        self.ledger.add_up(
            self.name("I6", "repondu"), [self.cell("I6", row) for row in self.rows("I6") if row != ind.UNKNOWN]
        )

    def _sexes(self, code: str, columns: list[str]) -> None:
        for column in columns:
            cells = [self.cell(code, row, column) for row in self.rows(code)]
            same = self.sex(column) if self.sex(column) in self.ledger.counts else ""
            if same or not any(cell in self.ledger.counts for cell in cells):
                self._foot(code, column, cells, same)
            else:
                self._feet[code, column] = self.ledger.add_up(self.sex(column), cells)

    def _trio(self) -> list[tuple[str, tuple[str, ...], list[str]]]:
        return [
            ("women", ind.ADULT_AGES, [ind.WOMEN]),
            ("men", ind.ADULT_AGES, [ind.MEN]),
            ("children", ind.CHILD_AGES, self.columns("I4")),
        ]

    # --- Zones, and what the territory's bilan prints -----------------------------------------------------------------

    def zone(self, key: str, zone: str) -> str:
        return self.name("zone", zone, key)

    def _zones(self) -> None:
        for key in TOTALS:
            names = [
                self.ledger.put(self.zone(key, zone), detail.tally(("I0", key, "")).value)
                for zone, detail in self.of.zones.items()
            ]
            self.ledger.relate(self.name("I0", key), names)
        for key, (_label, code, column) in QUARTERLY.items():
            names = []
            for zone, detail in self.of.zones.items():
                found = [
                    value for row in self.rows(code) if (value := detail.tally((code, row, column)).value) is not None
                ]
                names.append(self.zone(key, zone))
                self.ledger.put(names[-1], sum(found) if found else None, sensitive=self._sensitive(code))
            self.ledger.relate(self.foot(code, column), names)

    def row(self, row: Row, measure: str) -> str:
        """A figure of the territory's bilan; the same count has the same name, so that both hide together."""
        return self._same.get((row.zone, measure)) or self.name("bilan", row.zone or "poste", measure)

    def _published(self) -> None:
        """The lines of the territory's bilan: what is printed elsewhere too has the name it has there."""
        whole = {
            "interviews_in_person": self.name("I11", "presence"),
            "interviews_phone": self.name("I11", "distance"),
            "interviews": self.foot("I11"),
            "vif_count": self.name("I7", "vif"),
            "vif_base": self.foot("I7", ind.MAIN),
            **{name: self.name("trio", name) for name in PEOPLE},
            "people": self.name("I0", "personnes"),
        }
        for row in self.of.rows:
            twins = whole
            if row.zone:
                twins = {
                    "interviews": self.zone("entretiens", row.zone),
                    "vif_base": self.zone("situations", row.zone),
                }
            for measure, figure in row.figures.items():
                twin = twins.get(measure, "")
                if twin in self.ledger.counts and self.ledger.counts[twin] == figure.value:
                    self._same[row.zone, measure] = twin
                    continue
                self.ledger.put(self.row(row, measure), figure.value, sensitive=measure in SENSITIVE, costly=True)
            self.ledger.relate(self.row(row, "people"), [self.row(row, name) for name in PEOPLE])
            modes = ("interviews_in_person", "interviews_phone")
            self.ledger.relate(self.row(row, "interviews"), [self.row(row, name) for name in modes])
        if len(self.of.rows) > 1:
            for measure, name in whole.items():
                self.ledger.relate(name, [self.row(row, measure) for row in self.of.rows])
