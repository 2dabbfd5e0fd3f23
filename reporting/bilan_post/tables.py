"""The tables of a post's bilan, each year beside the one before. Pure: counts in, tables out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from core.charts import MONTHS as MONTH_NAMES
from core.french import enumerate_fr
from posts import indicators as ind
from posts.enums import Zone
from posts.indicators import INDICATORS
from reporting.bilan_post.counts import OTHER_TOTALS, PEOPLE_TABLES, QUARTERLY, TOTALS, Counts
from reporting.bilan_post.detail import MONTHS, QUARTERS
from reporting.bilan_post.grid import Audience, Box, Column, DataTable, Kind, Ledger, Line

#: Lines of the territory's bilan: (measure, label).
PUBLISHED = (
    ("women", "Femmes"),
    ("men", "Hommes"),
    ("children", "Enfants"),
    ("people", "Femmes, hommes et enfants"),
    ("interviews_in_person", "Entretiens en présence"),
    ("interviews_phone", "Entretiens au téléphone ou à distance"),
    ("interviews_partners", "dont échanges avec des partenaires"),
    ("interviews", "Entretiens"),
    ("vif_count", "Situations de violences intrafamiliales"),
    ("vif_base", "Situations comptées"),
)
TOTAL_LABELS = {
    "saisines": "Saisines reçues",
    "situations": "Situations ouvertes",
    "prises_en_charge": "Prises en charge",
    "jours": "Jours travaillés",
    "permanences": "Permanences tenues",
}
#: Tables of one figure a line, in the order of the four pages.
SIMPLE = ("I1", "I2", "I3", "I9", "I10", "I11", "I12", "I13", "I15", "I16", "I18")
NOT_ADDED = "Une personne revue un autre mois est la même personne : les personnes ne s'additionnent pas."
BLANKS = "Les lignes à zéro ou non renseignées pour les deux années ne sont pas reprises."


class Tables:
    """Every table of the bilan of a year, beside the year before."""

    def __init__(self, ledger: Ledger, now: Counts, before: Counts) -> None:
        self.ledger, self.now, self.before = ledger, now, before
        self.year = now.of.year

    def all(self) -> tuple[DataTable, ...]:
        """Those about which something is known, in reading order."""
        found = [*self.published(), self.totals(), self.rates(), self.quarters(), self.months(), self.zones()]
        found += [self.simple(code) for code in SIMPLE[:3]]
        found += [self.ages(), self.roles(), self.known(), self.people_months(), self.problems()]
        found += [self.simple(code) for code in SIMPLE[3:8]]
        found += [self.referrals(), *(self.simple(code) for code in SIMPLE[8:])]
        return tuple(table.trimmed() for table in found if table is not None and table.lines)

    # --- Lines --------------------------------------------------------------------------------------------------------

    def pair(
        self, label: str, now: str, before: str, *, total: bool = False, of: str = "", inside: bool = False
    ) -> Line:
        """A count, the same a year before, the change; ``of``: the whole it is a share of."""
        boxes = [self.ledger.box(now)]
        if of:
            boxes.append(self.ledger.share(now, of))
        boxes += [self.ledger.box(before), self.ledger.change(now, before)]
        return Line(label, tuple(boxes), total, inside)

    def columns(self, *, share: str = "") -> tuple[Column, ...]:
        middle = (Column(share, Kind.PERCENT),) if share else ()
        return (Column(str(self.year)), *middle, *self.before_columns())

    def before_columns(self, what: str = "") -> tuple[Column, ...]:
        """The year before and the change, left out when nothing is known of it."""
        label = f"{what} {self.year - 1}".strip()
        return (Column(label, optional=True), Column("Évolution", Kind.CHANGE, optional=True))

    def worth(self, *names: str) -> bool:
        """Whether a line says something: a count that is not zero, this year or the year before."""
        return any(self.ledger.counts.get(name) for name in names)

    def items(self, code: str, *columns: str) -> Iterable[tuple[str, str]]:
        """(code, label) of the lines of a table that say something."""
        for item in self.now.lists.get(INDICATORS[code].rows, ()):
            both = [side.cell(code, item.code, column) for side in (self.now, self.before) for column in columns]
            if self.worth(*both):
                yield item.code, item.label

    def months_known(self, code: str) -> tuple[str, ...]:
        """Over how many months a table was filled in, when that is not the whole year."""
        months = {month for cell, by in self.now.detail.by_month.items() if cell[0] == code for month in by}
        lacking = [month for month in self.now.of.expected if month not in months]
        if not months or not lacking:
            return ()
        return (f"Connu pour {len(months)} mois sur {len(self.now.of.expected)} attendus.",)

    # --- Tables -------------------------------------------------------------------------------------------------------

    def published(self) -> Iterable[DataTable]:
        """The figures of the territory's bilan: one table, or one a zone where the two report apart."""
        former = {row.zone: row for row in self.before.of.rows}
        for row in self.now.of.rows:
            past = former.get(row.zone)
            lines = []
            for measure, label in PUBLISHED:
                now, before = self.now.row(row, measure), self.before.row(past, measure) if past else ""
                if self.worth(now, before) or measure == "people":
                    lines.append(self.pair(label, now, before, total=measure in ("people", "interviews")))
            lines.append(self._vif_line(row, past))
            zone = f", {Zone(row.zone).label.lower()}" if row.zone else ""
            reason = (f"{row.reason[:1].upper()}{row.reason[1:].rstrip('.')}.",) if row.reason else ()
            yield DataTable(
                f"chiffres-{row.zone}" if row.zone else "chiffres",
                f"Chiffres du bilan du territoire{zone}",
                "Chiffre",
                self.columns(),
                tuple(lines),
                (f"Période : {row.basis}.",),
                reason,
            )

    def _vif_line(self, row, past) -> Line:  # type: ignore[no-untyped-def]
        boxes = []
        for side, one in ((self.now, row), (self.before, past)):
            box = Box(None, Kind.PERCENT)
            if one is not None:
                box = self.ledger.share(side.row(one, "vif_count"), side.row(one, "vif_base"))
                if box.value is None and one.vif.published:
                    box = Box(one.vif.value, Kind.PERCENT, reason="publié")
            boxes.append(box)
        return Line("Part des violences intrafamiliales", (boxes[0], boxes[1], Box("", Kind.CHANGE)))

    def totals(self) -> DataTable | None:
        lines = [
            self.pair(label, self.now.name("I0", code), self.before.name("I0", code), inside=code in OTHER_TOTALS)
            for code, label in TOTAL_LABELS.items()
            if self.worth(self.now.name("I0", code), self.before.name("I0", code))
        ]
        people = self.now.name("I0", "personnes"), self.before.name("I0", "personnes")
        if lines:
            lines.append(self.pair("Personnes différentes dans l'année", *people))
        for label, code, column in QUARTERLY.values():
            names = self.now.foot(code, column), self.before.foot(code, column)
            if self.worth(*names):
                lines.append(self.pair(label, *names))
        reason = self.now.of.files[None].reason if None in self.now.of.files else ""
        notes = () if people[0] in self.ledger.counts else (reason or NOT_ADDED,)
        return DataTable("totaux", "Chiffres clés", "Total", self.columns(), tuple(lines), notes)

    def quarters(self) -> DataTable | None:
        lines = []
        labels = {code: TOTAL_LABELS[code] for code in TOTALS} | {key: value[0] for key, value in QUARTERLY.items()}
        for key, label in labels.items():
            names = [self.now.quarter(key, number) for number in range(1, 5)]
            if self.worth(*names):
                code, column = (QUARTERLY[key][1], QUARTERLY[key][2]) if key in QUARTERLY else ("", "")
                year = self.now.foot(code, column) if code else self.now.name("I0", key)
                lines.append(Line(label, tuple(self.ledger.box(name) for name in (*names, year))))
        people = [self.now.quarter("personnes", number) for number in range(1, 5)]
        if self.worth(*people):
            names = [*people, self.now.name("I0", "personnes")]
            lines.append(Line("Personnes différentes, dans la période", tuple(self.ledger.box(name) for name in names)))
        if not lines:
            return None
        columns = tuple(Column(f"T{number}") for number in range(1, 5))
        note = "Saisines, situations et actes s'additionnent d'un trimestre à l'autre ; les personnes, non."
        short = [
            f"{number}{'er' if number == 1 else 'e'} trimestre, {len(held)} mois sur {len(wanted)}"
            for number, months in enumerate(QUARTERS, start=1)
            if (wanted := [m for m in months if m in self.now.of.expected])
            and len(held := [m for m in wanted if m in self.now.detail.months]) < len(wanted)
        ]
        return DataTable(
            "trimestres",
            "Les quatre trimestres",
            "Total",
            (*columns, Column("Année")),
            tuple(lines),
            (note,),
            (f"Incomplets : {enumerate_fr(short)}.",) if short else (),
            Audience.PARTNERS,
        )

    def months(self) -> DataTable | None:
        """Inside only: twelve months of one worker date their absences."""
        detail, row = self.now.detail, self._plain_months()
        if not detail.months and not any(value is not None for value in row):
            return None
        lines = []
        for key, label in TOTAL_LABELS.items():
            if key in OTHER_TOTALS or not any(detail.month(("I0", key, ""), m) is not None for m in MONTHS):
                continue
            lines.append(self._month_line(label, [detail.month(("I0", key, ""), m) for m in MONTHS], sums=True))
        if any(value is not None for value in row):
            lines.append(self._month_line("Femmes, hommes et enfants", row, sums=True))
        return DataTable(
            "mois", "Mois par mois", "Total", self._month_columns("Année"), tuple(lines), audience=Audience.INSIDE
        )

    def _plain_months(self) -> list[int | None]:
        return [self.now.of.months.get(month) for month in MONTHS]

    def _month_columns(self, last: str = "") -> tuple[Column, ...]:
        return (*(Column(name) for name in MONTH_NAMES), *((Column(last),) if last else ()))

    def _month_line(self, label: str, values: Sequence[int | None], *, sums: bool = False) -> Line:
        boxes = [Box(value) for value in values]
        if sums:
            known = [value for value in values if value is not None]
            boxes.append(Box(sum(known) if known else None))
        return Line(label, tuple(boxes))

    def people_months(self) -> DataTable | None:
        """People as each month counted them; never added up, so shown when the year was not counted. Inside only."""
        detail = self.now.detail
        if not any(cell[0] in PEOPLE_TABLES or cell == ("I0", "personnes", "") for cell in detail.by_month):
            return None
        lines = [self._people_line("Personnes", [("I0", "personnes", "")])]
        for code, listed in (("I4", "sexe"), ("I4", "age"), ("I4R", "role"), ("I6", "connu")):
            for item in self.now.lists.get(listed, ()):
                if code == "I6":
                    cells = [(code, item.code, "")]
                elif listed == "sexe":
                    cells = [(code, row, item.code) for row in self.now.rows(code)]
                else:
                    cells = [(code, item.code, column) for column in self.now.columns(code)]
                line = self._people_line(item.label, cells)
                if any(box.value for box in line.boxes):
                    lines.append(line)
        return DataTable(
            "personnes-mois",
            "Personnes, telles que chaque mois les compte",
            "Personnes",
            self._month_columns(),
            tuple(lines),
            (NOT_ADDED,),
            audience=Audience.INSIDE,
        )

    def _people_line(self, label: str, cells: list[tuple[str, str, str]]) -> Line:
        detail = self.now.detail
        values: list[int | None] = []
        for month in MONTHS:
            known = [value for cell in cells if (value := detail.month(cell, month)) is not None]
            values.append(sum(known) if known else None)
        return self._month_line(label, values)

    def simple(self, code: str) -> DataTable | None:
        """A table of one figure a line."""
        indicator = INDICATORS[code]
        whole = self.now.foot(code)
        lines = [
            self.pair(label, self.now.cell(code, row), self.before.cell(code, row), of=whole)
            for row, label in self.items(code, "")
        ]
        share = "Part"
        if code == "I18":
            share = ""
            lines = [
                self.pair(label, self.now.cell(code, row), self.before.cell(code, row))
                for row, label in self.items(code, "")
            ]
        elif lines:
            lines.append(self.pair("Total", whole, self.before.foot(code), total=True, of=whole))
        notes = self.months_known(code)
        return DataTable(code, indicator.label, _head(code), self.columns(share=share), tuple(lines), notes)

    def problems(self) -> DataTable | None:
        whole = self.now.foot("I7", ind.MAIN)
        lines = []
        for row, label in self.items("I7", ind.MAIN, ind.SECONDARY):
            main, second = self.now.cell("I7", row, ind.MAIN), self.now.cell("I7", row, ind.SECONDARY)
            before = self.before.cell("I7", row, ind.MAIN)
            lines.append(
                Line(
                    label,
                    (
                        self.ledger.box(main),
                        self.ledger.share(main, whole),
                        self.ledger.box(second),
                        self.ledger.box(before),
                        self.ledger.change(main, before),
                    ),
                )
            )
        if not lines:
            return None
        before = self.before.foot("I7", ind.MAIN)
        lines.append(
            Line(
                "Total",
                (
                    self.ledger.box(whole),
                    self.ledger.share(whole, whole),
                    self.ledger.box(self.now.foot("I7", ind.SECONDARY)),
                    self.ledger.box(before),
                    self.ledger.change(whole, before),
                ),
                total=True,
            )
        )
        columns = (
            Column(f"Principale {self.year}"),
            Column("Part", Kind.PERCENT),
            Column(f"Secondaire {self.year}"),
            *self.before_columns("Principale"),
        )
        note = "Une problématique principale par situation ; les secondaires peuvent être plusieurs."
        return DataTable(
            "I7", "Problématiques", "Problématique", columns, tuple(lines), (note, *self.months_known("I7"))
        )

    def referrals(self) -> DataTable | None:
        steps = (ind.PROPOSED, ind.ACCEPTED, ind.EFFECTIVE)
        lines = []
        for row, label in self.items("I14", *steps):
            boxes = [self.ledger.box(self.now.cell("I14", row, step)) for step in steps]
            proposed = self.now.cell("I14", row, ind.PROPOSED), self.before.cell("I14", row, ind.PROPOSED)
            boxes += [self.ledger.box(proposed[1]), self.ledger.change(*proposed)]
            lines.append(Line(label, tuple(boxes)))
        if not lines:
            return None
        feet = [self.ledger.box(self.now.foot("I14", step)) for step in steps]
        proposed = self.now.foot("I14", ind.PROPOSED), self.before.foot("I14", ind.PROPOSED)
        feet += [self.ledger.box(proposed[1]), self.ledger.change(*proposed)]
        lines.append(Line("Total", tuple(feet), total=True))
        columns = (
            Column("Proposées"),
            # Accepted and effective ones are among those proposed: a small number would bound another.
            *(Column(label, inside=True) for label in ("Acceptées", "Effectives")),
            *self.before_columns("Proposées"),
        )
        return DataTable(
            "I14",
            INDICATORS["I14"].label,
            "Service",
            columns,
            tuple(lines),
            self.months_known("I14"),
        )

    # --- People of the year -------------------------------------------------------------------------------------------

    def ages(self) -> DataTable | None:
        return self._by_sex("I4", "Personnes de l'année par âge et sexe", "Âge")

    def roles(self) -> DataTable | None:
        return self._by_sex("I4R", "Personnes de l'année par rôle et sexe", "Rôle")

    def _by_sex(self, code: str, title: str, head: str) -> DataTable | None:
        if not any(cell[0] == code for cell in self.now.detail.people):
            return None
        sexes = self.now.lists.get("sexe", ())
        lines = []
        for item in self.now.lists.get(INDICATORS[code].rows, ()):
            whole, before = self.now.name(code, item.code, "total"), self.before.name(code, item.code, "total")
            if self.worth(whole, before):
                boxes = [self.ledger.box(self.now.cell(code, item.code, sex.code)) for sex in sexes]
                lines.append(Line(item.label, (*boxes, self.ledger.box(whole), self.ledger.box(before))))
        boxes = [self.ledger.box(self.now.foot(code, sex.code)) for sex in sexes]
        whole, before = self.now.foot(code), self.before.foot(code)
        lines.append(Line("Total", (*boxes, self.ledger.box(whole), self.ledger.box(before)), total=True))
        columns = (
            *(Column(sex.label) for sex in sexes),
            Column(str(self.year)),
            Column(str(self.year - 1), optional=True),
        )
        return DataTable(code, title, head, columns, tuple(lines))

    def known(self) -> DataTable | None:
        if not any(cell[0] == "I6" for cell in self.now.detail.people):
            return None
        return self.simple("I6")

    # --- Rates and zones ----------------------------------------------------------------------------------------------

    def rates(self) -> DataTable | None:
        """Every percentage the bilan speaks of, with its numerator and denominator."""
        asked = (
            ("Premier contact en 72 heures au plus", ("I3", "72h au plus"), ("I3", "connus")),
            ("Situations de violences intrafamiliales", ("I7", "vif"), ("I7", "")),
            ("Personnes inconnues des services sociaux", ("I6", "inconnue"), ("I6", "repondu")),
        )
        lines = []
        for label, top, bottom in asked:
            sides = []
            for side in (self.now, self.before):
                part = side.name(*top)
                whole = side.foot("I7", ind.MAIN) if bottom == ("I7", "") else side.name(*bottom)
                sides.append((part, whole))
            if not any(whole in self.ledger.counts for _part, whole in sides):
                continue
            (part, whole), (former, base) = sides
            boxes = (
                self.ledger.box(part),
                self.ledger.box(whole),
                self.ledger.share(part, whole),
                self.ledger.share(former, base),
            )
            lines.append(Line(label, boxes))
        columns = (
            Column("Nombre"),
            Column("Sur"),
            Column(f"Taux {self.year}", Kind.PERCENT),
            Column(f"Taux {self.year - 1}", Kind.PERCENT, optional=True),
        )
        note = "Les pourcentages sont calculés ; les réponses inconnues ne sont pas au dénominateur."
        return DataTable("taux", "Taux", "Taux", columns, tuple(lines), (note,)) if lines else None

    def zones(self) -> DataTable | None:
        """The two zones of a mixed post beside its total."""
        zones = list(self.now.of.zones)
        if len(zones) < 2:
            return None
        labels = {code: TOTAL_LABELS[code] for code in TOTALS} | {key: value[0] for key, value in QUARTERLY.items()}
        lines = []
        for key, label in labels.items():
            names = [self.now.zone(key, zone) for zone in zones]
            if not self.worth(*names):
                continue
            whole = self.now.name("I0", key) if key in TOTALS else self.now.foot(*QUARTERLY[key][1:])
            lines.append(Line(label, tuple(self.ledger.box(name) for name in (*names, whole))))
        columns = (*(Column(str(Zone(zone).label)) for zone in zones), Column("Poste"))
        return DataTable("zones", "Police et gendarmerie", "Total", columns, tuple(lines))


def _head(code: str) -> str:
    return {
        "I1": "Mode",
        "I2": "Raison",
        "I3": "Délai",
        "I6": "Réponse",
        "I9": "Cadre",
        "I10": "Danger",
        "I11": "Lieu",
        "I12": "Partenaire",
        "I13": "Démarche",
        "I15": "Écrit",
        "I16": "Motif",
        "I18": "Action",
    }[code]
