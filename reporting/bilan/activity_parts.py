"""Ratios and quarters: what the returns say beside inhabitants, time worked and the course of the year."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from core import charts
from core.french import counted
from core.sheets import Kind
from reporting.bilan.model import Bilan, Row
from reporting.bilan.parts import HUNDREDTH, Column, Item, Part, count, decimal, figure, text, total_of, unknown
from reporting.bilan.present import period_of

NUMBERS = (
    ("women", "saisines_femmes", "Femmes"),
    ("men", "saisines_hommes", "Hommes"),
    ("children", "saisines_enfants", "Enfants"),
    ("people", "saisines_total", "Saisines"),
    ("interviews_in_person", "entretiens_presence", "Entretiens en présence"),
    ("interviews_phone", "entretiens_telephone", "Au téléphone"),
    ("interviews_partners", "dont_partenaires", "dont partenaires"),
    ("interviews", "entretiens_total", "Entretiens"),
)
QUARTERS = ("1er trimestre", "2e trimestre", "3e trimestre", "4e trimestre")
ONE_HOLDER = "non communiqué : un poste n'a qu'un titulaire"
#: A total of time worked is told from so many posts: under it, it would tell about one of them.
FEWEST_POSTS = 3
PER = 10_000


# --- Ratios -----------------------------------------------------------------------------------------------------------


def ratios(bilan: Bilan, *, full: Bilan, inhabitants: int | None) -> Part:
    """Saisines per 10 000 inhabitants and per full-time equivalent worked, numerator and denominators beside.

    ``full``: the complete bilan, for the totals of time worked; ``inhabitants``: those of the posts that report.
    """
    columns = (
        Column("poste", "Poste"),
        Column("saisines_total", "Saisines", Kind.NUMBER, "saisines"),
        Column("habitants", "Habitants", Kind.NUMBER, "habitants", "Population municipale des communes couvertes"),
        Column("saisines_pour_10000_habitants", "Saisines pour 10 000 hab.", Kind.NUMBER, "pour 10 000 habitants"),
        Column("etp_travailles", "ETP travaillés", Kind.NUMBER, "équivalents temps plein"),
        Column("saisines_par_etp", "Saisines par ETP", Kind.NUMBER, "saisines par équivalent temps plein"),
        Column("entretiens_par_etp", "Entretiens par ETP", Kind.NUMBER, "entretiens par équivalent temps plein"),
        Column("periode", "Période"),
    )
    safe = bool(bilan.notice)
    return Part(
        key="ratios",
        title="Ratios par habitant et par temps travaillé",
        columns=columns,
        rows=tuple(_ratio_row(row, len(whole.missing), safe) for row, whole in zip(bilan.rows, full.rows, strict=True)),
        total=_ratio_total(bilan, full, inhabitants, safe),
        intro="Chaque ratio est donné avec ce qu'il divise.",
        notes=(
            "Habitants : population municipale des communes couvertes. Un même habitant peut relever de plusieurs "
            "postes ; le total le compte une fois.",
            "ETP travaillés : quotité du poste × temps de travail × jours pourvus, sur les jours de l'année. Une "
            "vacance réduit donc le diviseur.",
            "Aucun ratio n'est calculé quand des mois attendus manquent. Quand le poste n'a pas été pourvu toute "
            "l'année, la période le dit et rien n'est ramené à douze mois.",
        ),
    )


def _ratio_row(row: Row, lacking: int, safe: bool) -> tuple[Item, ...]:
    people, interviews = row.figures["people"], row.figures["interviews"]
    etp = decimal(row.etp_worked, HUNDREDTH, ONE_HOLDER if safe else _no_etp(row))
    if lacking:
        missing = unknown(counted(lacking, "mois manque", "mois manquent"))
        ratio = per_etp = per_etp_interviews = missing
    else:
        ratio = _divided(people.value, row.population, PER, "habitants non connus", hidden=people.hidden)
        reason = ONE_HOLDER if safe else _no_etp(row)
        per_etp = _divided(people.value, row.etp_worked, 1, reason, hidden=people.hidden)
        per_etp_interviews = _divided(interviews.value, row.etp_worked, 1, reason)
    return (
        text(row.name),
        figure(people),
        count(row.population, "habitants non connus"),
        ratio,
        etp,
        per_etp,
        per_etp_interviews,
        text(period_of(row)),
    )


def _no_etp(row: Row) -> str:
    return "temps non réparti entre les deux zones" if row.zone else "occupation du poste non connue"


def _ratio_total(bilan: Bilan, full: Bilan, inhabitants: int | None, safe: bool) -> tuple[Item, ...]:
    people, interviews = bilan.totals["people"], bilan.totals["interviews"]
    rows = [row for row in full.rows if row.reports]
    etp, reason = _etp_total(rows, safe)
    # Over some rows only, the sum would be another one, which the tables above do not print.
    partial = any(row.missing for row in rows)
    missing = unknown("des mois manquent pour au moins un poste")
    ratio = missing if partial else _divided(people.value, inhabitants, PER, "habitants non connus", people.hidden)
    per_etp = missing if partial else _divided(people.value, etp, 1, reason, people.hidden)
    same = interviews.rows == len(rows)
    per_interviews = missing if partial or not same else _divided(interviews.value, etp, 1, reason)
    return (
        text("Total des lignes renseignées"),
        total_of(people),
        count(inhabitants, "habitants non connus"),
        ratio,
        decimal(etp, HUNDREDTH, reason),
        per_etp,
        per_interviews,
        text(""),
    )


def _etp_total(rows: list[Row], safe: bool) -> tuple[Decimal | None, str]:
    if safe and len({row.key for row in rows}) < FEWEST_POSTS:
        return None, ONE_HOLDER
    if any(row.etp_worked is None for row in rows):
        return None, "temps travaillé non connu pour au moins une ligne"
    return sum((row.etp_worked for row in rows if row.etp_worked is not None), Decimal(0)), ""


def _divided(part: int | None, whole: int | Decimal | None, per: int, reason: str, hidden: bool = False) -> Item:
    if part is None:
        return unknown("chiffre masqué" if hidden else "non saisi", hidden=hidden)
    if not whole:
        return unknown(reason)
    return decimal(Decimal(part) * per / Decimal(whole))


# --- Quarters ---------------------------------------------------------------------------------------------------------

ADDING = (
    "Saisines et entretiens s'additionnent d'un trimestre à l'autre. Les personnes ne s'additionnent pas : la même "
    "peut revenir. Leur nombre sur l'année est dans le bilan de chaque poste."
)


def quarters(bilan: Bilan) -> Part:
    """The four quarters side by side, over the rows reported by month."""
    columns = (
        Column("trimestre", "Trimestre"),
        *(Column(name, label, Kind.NUMBER, _unit(key)) for key, name, label in NUMBERS),
        Column("lignes", "Lignes", Kind.NUMBER, "lignes", "Lignes du tableau dont au moins un mois est connu"),
        Column("mois", "Mois saisis", Kind.NUMBER, "mois"),
    )
    rows = tuple(
        (
            text(label),
            *(total_of(quarter.totals[key]) for key, _, _ in NUMBERS),
            count(quarter.rows),
            count(quarter.months),
        )
        for label, quarter in zip(QUARTERS, bilan.quarters, strict=False)
    )
    yearly = [row.name for row in bilan.rows if row.reports and not row.quarters]
    notes = [ADDING]
    if yearly:
        lines = counted(len(yearly), "ligne", gender="f")
        notes.append(f"{lines.capitalize()} dont seule l'année est connue : leurs chiffres n'y sont pas.")
    chart = charts.stacked_bars(
        chart_id="trimestres",
        title=f"Saisines {bilan.year} par trimestre : femmes, hommes et enfants",
        categories=list(QUARTERS[: len(bilan.quarters)]),
        series=[
            charts.Series(label, [quarter.totals[key].value for quarter in bilan.quarters])
            for key, _, label in NUMBERS[:3]
        ],
    )
    return Part(
        key="trimestres",
        title="Les quatre trimestres",
        columns=columns,
        rows=rows,
        intro="" if rows else "Aucun poste n'a rendu compte mois par mois : les trimestres ne sont pas connus.",
        notes=tuple(notes) if rows else (),
        chart=chart if rows else Part.chart,
    )


def quarters_by_post(bilan: Bilan) -> Part:
    """Saisines and interviews of each row, quarter by quarter."""
    columns = [Column("poste", "Poste")]
    for measure, label in (("saisines", "Saisines"), ("entretiens", "Entretiens")):
        columns += [Column(f"{measure}_t{n}", f"{label} T{n}", Kind.NUMBER, measure) for n in range(1, 5)]
        columns.append(Column(f"{measure}_total", f"{label}, année", Kind.NUMBER, measure))
    rows = tuple(
        (text(row.name), *_quarters_of(row, "people"), *_quarters_of(row, "interviews"))
        for row in bilan.rows
        if row.quarters
    )
    return Part(
        key="trimestres-postes",
        title="Les trimestres de chaque poste",
        columns=tuple(columns),
        rows=rows,
        intro="" if rows else "Aucun poste n'a rendu compte mois par mois.",
    )


def _quarters_of(row: Row, name: str) -> Iterable[Item]:
    yield from (figure(quarter.figures[name]) for quarter in row.quarters)
    yield figure(row.figures[name])


def _unit(key: str) -> str:
    return "entretiens" if key.startswith("interviews") else "saisines"
