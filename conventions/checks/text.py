"""T01 (holes and dangling references in the text) and R33 (a mandatory clause left out)."""

from __future__ import annotations

from collections.abc import Iterator

from conventions.clauses.engine import ClauseError, mandatory_kinds, render_clauses
from conventions.text.clauses import chosen_clauses, template_clauses
from conventions.text.context import context_of
from conventions.text.dossier import Draft
from conventions.text.flags import flags_of
from core.findings import Finding, Mark, Severity

from .places import place, tab


def t01_text(draft: Draft) -> Iterator[Finding]:
    convention = draft.convention
    if draft.is_bipartite and convention.template is None:
        # The parent carries the text; a child without one of its own has nothing to check here.
        return
    if convention.template is None:
        yield Finding(
            code="T01",
            severity=Severity.BLOCKING,
            place=place(convention, ".template"),
            message="La convention n'a pas de modèle de texte : choisissez-en un.",
            url=tab(convention, "texte"),
        )
        return
    chosen = chosen_clauses(convention)
    flags = flags_of(draft)
    try:
        render_clauses(clauses=chosen.texts, context=context_of(draft), flags=flags, choices=chosen.choices)
    except ClauseError as error:
        for problem in error.problems:
            yield Finding(
                code="T01",
                severity=Severity.BLOCKING,
                place=place(convention, f".clauses[{problem.clause}]"),
                message=f"{problem.place} : {problem.message}",
                source="Rédaction de la convention",
                url=tab(convention, "texte", f"clause-{problem.clause}"),
            )
    kept = {clause.kind for clause in chosen.texts}
    titles = {clause.kind: clause.title for clause in template_clauses(convention.template)}
    for kind in sorted(mandatory_kinds(template_clauses(convention.template), flags) - kept):
        yield Finding(
            code="R33",
            severity=Severity.BLOCKING,
            place=place(convention, f".clauses[{kind}]"),
            message=f"La clause « {titles[kind]} » est obligatoire pour ce type de convention.",
            source="Loi 2000-321, art. 10" if "over_23000" in flags else "Contrôle R33 de Cosigne",
            mark=Mark.VERIFIED if "over_23000" in flags else Mark.STATED,
            url=tab(convention, "texte", f"clause-{kind}"),
        )


def r33_printed(draft: Draft) -> Iterator[Finding]:
    """A published text that names software holding personal data, and says nothing of those data."""
    convention = draft.convention
    software = convention.variables.get("software")
    if convention.stated.get("personal_data_clause") is not False or not software:
        return
    yield Finding(
        code="R33",
        severity=Severity.EXPLAIN,
        place=place(convention, ".stated.personal_data_clause"),
        message=(
            f"Le texte prévoit le logiciel « {software} », qui contient des données personnelles, et n'a pas de clause"
            " sur leur protection."
        ),
        source="Règlement (UE) 2016/679, articles 26 et 28",
        mark=Mark.UNVERIFIED,
        url=tab(convention, "texte", "clause-donnees_personnelles"),
    )
