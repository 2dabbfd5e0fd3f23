"""The conditions clauses are chosen by (names in conventions.clauses.conditions.FLAGS)."""

from __future__ import annotations

from funding.enums import ShareMode
from parties.enums import OrganisationKind
from posts.enums import Zone

from .dossier import LOCAL_FINANCERS, STATE_SOURCES, Draft


def flags_of(draft: Draft) -> set[str]:
    """Names of the conditions that hold."""
    employer_kind = draft.employer.kind if draft.employer else ""
    association = employer_kind == OrganisationKind.ASSOCIATION
    leaves = [share for view in draft.plans for share in view.leaves]
    local = len(draft.local_financers) + (1 if employer_kind in LOCAL_FINANCERS else 0)
    tests = {
        "police": draft.zones == {Zone.POLICE},
        "gendarmerie": draft.zones == {Zone.GENDARMERIE},
        "mixed": draft.is_mixed,
        "employer_departement": employer_kind == OrganisationKind.DEPARTEMENT,
        "employer_epci": employer_kind in LOCAL_FINANCERS,
        "employer_association": association,
        "association": association,
        "grant": association,
        "titre": bool(draft.employer and draft.employer.issues_titres),
        "several_epci": local > 1,
        "single_epci": local == 1,
        "renewal": draft.convention.is_renewal,
        "creation": not draft.convention.is_renewal,
        "short_period": draft.months < 6,
        "under_one_year": draft.months < 12,
        "over_23000": bool(draft.grants_over_threshold),
        "personal_data_software": bool(draft.convention.variables.get("software")),
        "remainder_known": any(s.mode == ShareMode.REMAINDER and s.amount is not None for s in leaves),
        "remainder_unknown": any(s.mode == ShareMode.REMAINDER and s.amount is None for s in leaves),
        "travel_borne": any(view.travel and view.travel_bearer for view in draft.plans),
        "key_split": any(s.mode == ShareMode.KEY for s in leaves),
        "state_financer": any(s.source in STATE_SOURCES for s in leaves),
        "has_parquet": any(p.organisation.kind == OrganisationKind.PARQUET for p in draft.parties),
        "several_posts": len(draft.posts) > 1,
    }
    return {name for name, holds in tests.items() if holds}
