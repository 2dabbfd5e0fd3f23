"""Points for the steering committee: what the data point at, and what the posts wrote for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from core.french import plural
from core.money import number_fr
from reporting.bilan.coverage import Coverage, State
from reporting.bilan.model import Bilan
from reporting.bilan.parts import Column, Part, text
from reporting.campaigns.report import Report
from reporting.enums import BilanSection
from reporting.models import BilanText

#: What employers write that a committee discusses.
SECTIONS = (BilanSection.DIFFICULTIES, BilanSection.HIGHLIGHTS)


@dataclass(frozen=True)
class Written:
    """A section of a post's bilan."""

    post: str
    section: str
    text: str


def written_points(*, year: int, posts: Collection[int], safe: bool) -> list[Written]:
    """What the posts' bilans say for the year; ``safe``: only what somebody read again before it leaves. One query."""
    rows = BilanText.objects.filter(post__in=list(posts), year=year, section__in=SECTIONS).exclude(text="")
    if safe:
        rows = rows.filter(reviewed_at__isnull=False)
    found = rows.select_related("post").order_by("post__label", "section")
    return [Written(row.post.label, row.get_section_display(), " ".join(row.text.split())) for row in found]


def copil_part(
    bilan: Bilan, *, coverage: Coverage | None, reports: Iterable[Report], written: Iterable[Written], safe: bool
) -> Part:
    """One line per point: what it is about, where it comes from, the point."""
    points = [
        *(("Territoire", "Calculé", words) for words in _computed(bilan, coverage, list(reports), safe)),
        *((one.post, one.section, one.text) for one in written),
    ]
    return Part(
        key="copil",
        title="Points pour le comité de pilotage",
        columns=(Column("objet", "Objet"), Column("origine", "Origine"), Column("point", "Point")),
        rows=tuple(tuple(text(word) for word in point) for point in points),
        intro="" if points else "Aucun point : rien ne manque, et aucun poste n'en a écrit.",
        notes=(
            "Les rubriques viennent des bilans des postes"
            + (" ; seules y sont celles qui ont été relues." if safe else ", relues ou non."),
        )
        if points
        else (),
    )


def _computed(bilan: Bilan, coverage: Coverage | None, reports: list[Report], safe: bool) -> Iterable[str]:
    silent = [row.name for row in bilan.rows if not row.reports]
    if silent:
        yield f"Sans chiffre pour {bilan.year} : {', '.join(silent)}."
    partial = [row for row in bilan.rows if row.worked is not None and row.worked < 12]
    if partial and not safe:
        names = ", ".join(f"{row.name} ({row.worked} mois)" for row in partial)
        yield f"{len(partial)} {plural(len(partial), 'ligne')} sans personne en poste une partie de l'année : {names}."
    late = [report for report in reports if report.late]
    if late:
        bodies = ", ".join(dict.fromkeys(report.employer.label for report in late))
        yield f"{len(late)} {plural(len(late), 'compte rendu', 'comptes rendus')} en retard : {bodies}."
    if coverage is not None:
        white, overlap = (coverage.totals[state] for state in (State.WHITE, State.OVERLAP))
        if white:
            number = coverage.commune_totals[State.WHITE]
            yield (
                f"{number_fr(number, 0)} {plural(number, 'commune')} et {number_fr(white, 0)} "
                f"{plural(white, 'habitant')} en zone blanche."
            )
        if overlap:
            yield f"{number_fr(overlap, 0)} {plural(overlap, 'habitant')} servis par plusieurs postes de la même zone."
