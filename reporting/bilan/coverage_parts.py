"""Coverage as tables and bars: inhabitants covered, overlapping or in a white zone, by EPCI and by commune."""

from __future__ import annotations

from core import charts
from core.french import enumerate_fr, plural
from core.money import number_fr
from core.sheets import Kind
from reporting.bilan.coverage import CommuneLine, Coverage, EpciCoverage, State
from reporting.bilan.parts import Column, Item, Part, count, text

LABELS = {State.ONCE: "Couverts une fois", State.OVERLAP: "En recouvrement", State.WHITE: "En zone blanche"}


def coverage_parts(coverage: Coverage | None, *, code: str, under: int = 0) -> list[Part]:
    """By EPCI, then by commune; communes under ``under`` inhabitants are told together."""
    if coverage is None:
        words = f"Les communes du département {code} ne sont pas dans les données de référence chargées."
        return [Part("couverture", "Couverture par EPCI", (), (), intro=words)]
    return [_by_epci(coverage, under), _by_commune(coverage, under)]


def _by_epci(coverage: Coverage, under: int) -> Part:
    columns = (
        Column("epci", "EPCI"),
        Column("communes", "Communes", Kind.NUMBER, "communes"),
        Column("habitants", "Habitants", Kind.NUMBER, "habitants"),
        Column("habitants_couverts", "Couverts une fois", Kind.NUMBER, "habitants"),
        Column("habitants_recouvrement", "En recouvrement", Kind.NUMBER, "habitants"),
        Column("habitants_zone_blanche", "En zone blanche", Kind.NUMBER, "habitants"),
        Column("communes_zone_blanche", "Communes en zone blanche", Kind.NUMBER, "communes"),
        Column("postes", "Postes"),
    )
    totals, communes = coverage.totals, coverage.commune_totals
    chart = charts.stacked_bars(
        chart_id="couverture",
        title="Habitants par EPCI : couverts une fois, en recouvrement, en zone blanche",
        categories=[epci.name for epci in coverage.epcis],
        series=[charts.Series(LABELS[state], [epci.inhabitants[state] for epci in coverage.epcis]) for state in LABELS],
    )
    return Part(
        key="couverture",
        title="Couverture par EPCI",
        columns=columns,
        rows=tuple(_epci_row(epci) for epci in coverage.epcis),
        total=(
            text("Département"),
            count(sum(communes.values())),
            count(sum(totals.values())),
            *(count(totals[state]) for state in LABELS),
            count(communes[State.WHITE]),
            text(""),
        ),
        intro=_words(coverage),
        notes=(*_notes(coverage), *(() if under else ("La liste des communes est dans les fichiers joints.",))),
        chart=chart,
    )


def _epci_row(epci: EpciCoverage) -> tuple[Item, ...]:
    return (
        text(epci.name),
        count(epci.commune_count),
        count(epci.population),
        *(count(epci.inhabitants[state]) for state in LABELS),
        count(epci.communes[State.WHITE]),
        text(", ".join(epci.posts) or "aucun"),
    )


def _words(coverage: Coverage) -> str:
    totals, communes = coverage.totals, coverage.commune_totals
    whole = sum(totals.values())
    covered = whole - totals[State.WHITE]
    return (
        f"{number_fr(covered, 0)} habitants sur {number_fr(whole, 0)} sont couverts par au moins un poste ; "
        f"{_communes(communes[State.WHITE])} en zone blanche "
        f"({_inhabitants(totals[State.WHITE])}), "
        f"{_communes(communes[State.OVERLAP])} en recouvrement "
        f"({_inhabitants(totals[State.OVERLAP])})."
    )


def _inhabitants(number: int) -> str:
    return f"{number_fr(number, 0)} {plural(number, 'habitant')}"


def _communes(number: int) -> str:
    return f"{number_fr(number, 0)} {plural(number, 'commune')}"


def _notes(coverage: Coverage) -> list[str]:
    notes = [
        f"Population municipale, millésime {coverage.vintage}. D'un EPCI à cheval sur plusieurs départements, seules "
        "les communes d'ici sont comptées.",
        "Recouvrement : plusieurs postes de la même zone (police ou gendarmerie) servent la commune. Zone blanche : "
        "aucun poste. La couverture est celle qui est organisée : une vacance ne la change pas.",
    ]
    if coverage.declared:
        posts = enumerate_fr(list(coverage.declared))
        notes.append(
            "D'après les EPCI déclarés, leurs unités n'énumérant pas leurs communes (toutes celles de l'EPCI sont "
            f"alors comptées) : {posts}."
        )
    if coverage.outside:
        notes.append(
            "Hors du département, ou inconnus de ce millésime : "
            f"{plural(len(coverage.outside), 'le code', 'les codes')} de commune {', '.join(coverage.outside)}."
        )
    return notes


def _by_commune(coverage: Coverage, under: int) -> Part:
    columns = (
        Column("epci", "EPCI"),
        Column("commune", "Commune"),
        Column("code_insee", "Code INSEE"),
        Column("communes", "Communes", Kind.NUMBER, "communes"),
        Column("habitants", "Habitants", Kind.NUMBER, "habitants"),
        Column("etat", "État"),
        Column("postes", "Postes"),
    )
    note = f"Les communes de moins de {number_fr(under, 0)} habitants sont réunies par EPCI, jamais seules."
    return Part(
        key="communes",
        title="Couverture par commune",
        columns=columns,
        rows=tuple(_commune_row(line) for line in coverage.lines(under=under)),
        intro="",
        notes=(note,) if under else (),
        fold=True,
        files_only=not under,
    )


def _commune_row(line: CommuneLine) -> tuple[Item, ...]:
    states = [(number, state.value) for state, number in line.states.items() if number]
    return (
        text(line.epci),
        text(line.name),
        text("" if line.told.is_group else line.told.communes[0].code),
        count(len(line.told.communes)),
        count(line.told.population),
        text(states[0][1] if len(states) == 1 else ", ".join(f"{state} : {number}" for number, state in states)),
        text(", ".join(line.posts) or "aucun"),
    )
