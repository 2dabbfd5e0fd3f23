"""The conditions clauses are chosen by (names in conventions.clauses.conditions.FLAGS)."""

from __future__ import annotations

from funding.enums import ShareMode
from parties.enums import OrganisationKind
from posts.enums import PostKind, Zone

from .dossier import LOCAL_FINANCERS, STATE_SOURCES, Draft


def flags_of(draft: Draft) -> set[str]:
    """Names of the conditions that hold."""
    kinds = {employer.kind for employer in draft.employers}
    # What a bipartite attribution or a national partnership gives goes to its beneficiary, employer or not.
    receiving = kinds | ({draft.beneficiary.kind} if draft.beneficiary else set())
    association = OrganisationKind.ASSOCIATION in receiving
    leaves = [share for view in draft.plans for share in view.leaves]
    local = len(draft.local_financers) + len(kinds & LOCAL_FINANCERS)
    years = {view.plan.year for view in draft.plans}
    tests = {
        "police": draft.zones == {Zone.POLICE},
        "gendarmerie": draft.zones == {Zone.GENDARMERIE},
        "mixed": draft.is_mixed,
        "employer_departement": OrganisationKind.DEPARTEMENT in kinds,
        "employer_epci": bool(kinds & LOCAL_FINANCERS),
        "employer_association": OrganisationKind.ASSOCIATION in kinds,
        "association": association,
        "grant": association,
        "titre": any(employer.issues_titres for employer in draft.employers),
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
        "multi_year": len(years) > 1,
        "unfunded_years": bool(years) and draft.convention.period_end.year > max(years),
        "several_employers": len(draft.employers) > 1,
        "psychologist": any(post.kind == PostKind.PSYCHOLOGUE for post in draft.posts),
        "has_parent": draft.convention.parent_id is not None,
        "tacit_renewal": draft.tacit is not None,
        "renewal_unlimited": draft.tacit is not None and draft.tacit.limit is None,
    }
    return {name for name, holds in tests.items() if holds}
