"""Relations that must hold inside one detailed return (design of indicators, §4). Pure: cells in, findings out.

A relation that cannot hold blocks validation; one that only surprises asks for a comment. Percentages are never typed:
numerator and denominator are counts, and what is computed from them is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from posts import indicators as ind
from posts.indicators import Cell

Cells = Mapping[Cell, int]

#: Rates of change from one year to the next beyond which a comment is asked for (§4, rule 13).
OUTLIER = 30
#: Under this number a change of a third is ordinary: nobody is asked about four instead of three.
OUTLIER_FROM = 20


@dataclass(frozen=True)
class Breach:
    """A relation that does not hold: ``place`` is the cell or table to look at; ``blocking`` forbids validation."""

    rule: int
    place: Cell
    message: str
    stated: int
    computed: int
    blocking: bool = True


def breaches(cells: Cells) -> list[Breach]:
    """Every relation of §4 that one month's cells break. Unknown figures break nothing."""
    return [breach for rule in RULES for breach in rule(cells)]


def total(cells: Cells, code: str) -> int | None:
    """A total of the month (indicator I0); None when it was not given."""
    return cells.get(("I0", code, ""))


def sum_of(
    cells: Cells, indicator: str, *, column: str | None = None, rows: tuple[str, ...] | None = None
) -> int | None:
    """Sum of the cells given of a table; None when none was."""
    found = [
        value
        for (code, row, col), value in cells.items()
        if code == indicator and (column is None or col == column) and (rows is None or row in rows)
    ]
    return sum(found) if found else None


def _equal(
    cells: Cells, indicator: str, rule: int, total_code: str, words: str, column: str | None = None
) -> Iterator[Breach]:
    stated, computed = total(cells, total_code), sum_of(cells, indicator, column=column)
    if stated is not None and computed is not None and stated != computed:
        yield Breach(
            rule,
            ("I0", total_code, ""),
            f"{words} : le total est {stated}, le tableau fait {computed}.",
            stated,
            computed,
        )


def people_tables(cells: Cells) -> Iterator[Breach]:
    """Rule 2: ages, roles and known-or-not each add up to the people of the month."""
    yield from _equal(cells, "I4", 2, "personnes", "Personnes par âge et sexe")
    yield from _equal(cells, "I4R", 2, "personnes", "Personnes par rôle et sexe")
    yield from _equal(cells, "I6", 2, "personnes", "Personnes déjà connues ou non")
    for sex in sorted({col for code, _row, col in cells if code in ("I4", "I4R")}):
        by_age, by_role = sum_of(cells, "I4", column=sex), sum_of(cells, "I4R", column=sex)
        if by_age is not None and by_role is not None and by_age != by_role:
            yield Breach(
                2,
                ("I4R", "", sex),
                f"Une colonne compte {by_age} personnes par âge et {by_role} par rôle.",
                by_role,
                by_age,
            )


def modes(cells: Cells) -> Iterator[Breach]:
    """Rule 3: the modes add up to the saisines."""
    yield from _equal(cells, "I1", 3, "saisines", "Saisines par mode")
    yield from _equal(cells, "I3", 3, "saisines", "Délais du premier contact")


def inclusions(cells: Cells) -> Iterator[Breach]:
    """Rule 4: situations ≤ saisines, prises en charge ≤ situations, people ≥ situations taken up."""
    saisines, situations = total(cells, "saisines"), total(cells, "situations")
    taken, people = total(cells, "prises_en_charge"), total(cells, "personnes")
    refused = sum_of(cells, "I2")
    if saisines is not None and situations is not None and situations > saisines:
        yield _more("situations", situations, saisines, "situations", "saisines", 4)
    if situations is not None and taken is not None and taken > situations:
        yield _more("prises_en_charge", taken, situations, "prises en charge", "situations", 4)
    if people is not None and taken is not None and people < taken:
        yield Breach(
            4,
            ("I0", "personnes", ""),
            f"{people} personnes pour {taken} prises en charge : chacune concerne au moins une personne.",
            people,
            taken,
        )
    if refused is not None and saisines is not None and refused > saisines:
        yield Breach(4, ("I2", "", ""), f"{refused} saisines sans suite pour {saisines} saisines.", refused, saisines)


def _more(code: str, stated: int, most: int, what: str, of: str, rule: int) -> Breach:
    return Breach(rule, ("I0", code, ""), f"{stated} {what} pour {most} {of} : c'est impossible.", stated, most)


def main_problems(cells: Cells) -> Iterator[Breach]:
    """Rule 6: one main problem per situation; secondary ones may be more."""
    yield from _equal(cells, "I7", 6, "situations", "Problématiques principales", column=ind.MAIN)


def interviews(cells: Cells) -> Iterator[Breach]:
    """Rule 7 (R10): each situation taken up has at least one interview; otherwise it is to be explained."""
    held, taken = sum_of(cells, "I11"), total(cells, "prises_en_charge")
    if held is not None and taken is not None and held < taken:
        yield Breach(
            7,
            ("I11", "", ""),
            f"{held} entretiens pour {taken} prises en charge : dites pourquoi en observation.",
            held,
            taken,
            blocking=False,
        )


def referrals(cells: Cells) -> Iterator[Breach]:
    """Rule 8: orientations proposed ≥ accepted ≥ effective, service by service."""
    for service in sorted({row for code, row, _col in cells if code == "I14"}):
        steps = [(state, cells.get(("I14", service, state))) for state in (ind.PROPOSED, ind.ACCEPTED, ind.EFFECTIVE)]
        known = [(state, value) for state, value in steps if value is not None]
        for (_before, more), (state, less) in pairwise(known):
            if less > more:
                yield Breach(
                    8, ("I14", service, state), f"{less} orientations après {more} à l'étape d'avant.", less, more
                )


RULES: tuple[Callable[[Cells], Iterator[Breach]], ...] = (
    people_tables,
    modes,
    inclusions,
    main_problems,
    interviews,
    referrals,
)


def year_breaches(quarters: list[int], year: int) -> list[Breach]:
    """Rule 5: people counted over the year are no more than the sum of the quarters, since one may come back."""
    total_of_quarters = sum(quarters)
    if year <= total_of_quarters:
        return []
    message = f"{year} personnes dans l'année pour {total_of_quarters} en additionnant les périodes."
    return [Breach(5, ("I0", "personnes", ""), message, year, total_of_quarters)]


def outliers(now: Cells, before: Cells) -> list[Breach]:
    """Rule 13: totals that changed by more than a third from the same month a year before; a comment is asked for."""
    found = []
    for (code, row, column), value in now.items():
        former = before.get((code, row, column))
        if code != "I0" or former is None or max(value, former) < OUTLIER_FROM:
            continue
        if abs(value - former) * 100 > OUTLIER * max(former, 1):
            message = f"{value}, contre {former} un an plus tôt : dites pourquoi en observation."
            found.append(Breach(13, (code, row, column), message, value, former, blocking=False))
    return found


@dataclass(frozen=True)
class Derived:
    """The counts every bilan reads, computed from the cells; None where the cells do not tell."""

    women: int | None = None
    men: int | None = None
    children: int | None = None
    interviews_in_person: int | None = None
    interviews_phone: int | None = None
    vif_count: int | None = None
    vif_base: int | None = None


def _unsure(age: str, sex: str) -> bool:
    """Whether these people are neither children nor adults of a known sex: « non renseigné », or an unknown line."""
    if age in ind.ADULT_AGES:
        return sex not in (ind.WOMEN, ind.MEN)
    return age not in ind.CHILD_AGES


def derived(cells: Cells) -> Derived:
    """Rule 1 and I5, I8: women, men and children from the ages; interviews from the places; VIF from main problems.

    Adults of unknown sex, or people of unknown age, leave the three numbers unknown rather than short.
    """
    ages = {key: value for key, value in cells.items() if key[0] == "I4"}
    people: tuple[int | None, int | None, int | None] = (None, None, None)
    unsure = sum(value for (_code, row, column), value in ages.items() if _unsure(row, column))
    if ages and not unsure:
        adults = {
            sex: sum(v for (_c, row, col), v in ages.items() if row in ind.ADULT_AGES and col == sex)
            for sex in (ind.WOMEN, ind.MEN)
        }
        minors = sum(v for (_c, row, _col), v in ages.items() if row in ind.CHILD_AGES)
        people = (adults[ind.WOMEN], adults[ind.MEN], minors)
    main = sum_of(cells, "I7", column=ind.MAIN)
    vif = sum_of(cells, "I7", column=ind.MAIN, rows=ind.VIF)
    return Derived(
        *people,
        sum_of(cells, "I11", rows=ind.IN_PERSON),
        sum_of(cells, "I11", rows=ind.BY_PHONE),
        None if main is None else (vif or 0),
        main,
    )
