"""What follows from the last signature of an avenant: dates, plans, titres. Read from the text that was signed."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

from conventions.avenant_workflow import advance
from conventions.avenants import avenant_label
from conventions.enums import ChangeKind
from conventions.models import Avenant, Convention, ConventionPlan, ConventionVersion
from conventions.services.grants import terms_of
from conventions.services.terms import refresh_term
from funding.amendments import due_until
from funding.enums import PlanStatus
from funding.models import FundingPlan, PlanAmendment
from funding.services.amendments import amend_plan
from funding.services.grants import gives_grants, settle_grants
from funding.services.plans import commit_plan
from funding.services.titres import propose_titres
from parties.actors import Actor


def complete_avenant(*, convention: Convention, version: ConventionVersion, by: Actor) -> Avenant:
    """Everybody signed: the avenant is, and its changes take effect on their date. The caller holds the lock."""
    assert version.avenant_id is not None
    avenant = Avenant.objects.select_for_update(of=("self",)).get(pk=version.avenant_id)
    avenant.signed_on = max(version.signatures.values_list("signed_on", flat=True))
    advance(avenant, "complete", by=by)
    changes: list[dict[str, Any]] = list(version.content.get("changes") or [])
    for plan in _amend_plans(convention, avenant, basis_of(avenant, version), changes, by):
        follow_up(plan, by)
    _add_plans(convention, avenant, version, changes, by)
    if any(change["kind"] in (ChangeKind.PERIOD, ChangeKind.REPEAL) for change in changes):
        refresh_term(convention)
    return avenant


def source_of(avenant: Avenant) -> str:
    """What names the avenant among the amendments of a plan."""
    return f"avenant:{avenant.uuid}"


def replay_avenant(*, avenant: Avenant, by: Actor) -> None:
    """What a signed avenant read from a dossier does to the plans committed here. Its titres stay elsewhere."""
    changes = [row.told for row in avenant.changes.all() if row.told]
    keys = {change["after"]["plan"] for change in changes if change["kind"] == ChangeKind.SHARE}
    committed = FundingPlan.objects.filter(territory_id=avenant.territory_id, key__in=keys, status=PlanStatus.ENGAGE)
    known = set(committed.values_list("key", flat=True))
    kept = [c for c in changes if c["kind"] != ChangeKind.SHARE or c["after"]["plan"] in known]
    _amend_plans(avenant.convention, avenant, basis_of(avenant, None), kept, by)


def basis_of(avenant: Avenant, version: ConventionVersion | None) -> dict[str, Any]:
    """The legal basis a plan and its titres keep: which avenant, of which convention, signed when, sealed how."""
    reference = avenant.convention.reference
    return {
        "text": f"{avenant_label(avenant)} à la convention {reference}",
        "reference": reference,
        "avenant": avenant.number,
        "date": avenant.signed_on.isoformat() if avenant.signed_on else "",
        "effective_on": avenant.effective_on.isoformat(),
        **({"version": version.number, "sha256": version.sha256} if version else {}),
    }


def _repeals(changes: list[dict[str, Any]]) -> list[int]:
    return [change["after"]["number"] for change in changes if change["kind"] == ChangeKind.REPEAL]


def _amend_plans(
    convention: Convention, avenant: Avenant, basis: dict[str, Any], changes: list[dict[str, Any]], by: Actor
) -> list[FundingPlan]:
    """The committed plans the avenant changes, changed. Doing it again changes nothing."""
    amounts: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for change in changes:
        if change["kind"] == ChangeKind.SHARE:
            amounts[change["after"]["plan"]][change["after"]["ref"]] = Decimal(change["after"]["amount"])
    amended: dict[int, FundingPlan] = {}
    common = {"text": basis["text"], "effective_on": avenant.effective_on, "legal_basis": basis, "by": by}
    for row in _repealed_rows(convention, changes):
        amend_plan(plan=row.plan, source=f"{source_of(avenant)}:{row.pk}", repeals=row, **common)
        amended[row.plan_id] = row.plan
    for plan in FundingPlan.objects.filter(territory_id=convention.territory_id, key__in=amounts):
        amend_plan(plan=plan, source=source_of(avenant), amounts=amounts[plan.key], **common)
        amended[plan.pk] = plan
    for plan in _cut_plans(convention, avenant, changes, basis, by):
        amended[plan.pk] = plan
    return list(amended.values())


def _cut_plans(
    convention: Convention, avenant: Avenant, changes: list[dict[str, Any]], basis: dict[str, Any], by: Actor
) -> list[FundingPlan]:
    """The plans a nearer end cuts short: nothing is due after it. A later end gives back what was cut."""
    ends = [change["after"] for change in changes if change["kind"] == ChangeKind.PERIOD]
    found = []
    for after in ends:
        end = date.fromisoformat(after["end"])
        links = convention.convention_plans.select_related("plan").filter(plan__status=PlanStatus.ENGAGE)
        for plan in (link.plan for link in links):
            until = due_until(plan)
            cut = plan.key in (after.get("due_until") or [])
            if cut or (until is not None and until < min(end, plan.period_end)):
                amend_plan(
                    plan=plan,
                    source=f"{source_of(avenant)}:fin",
                    text=basis["text"],
                    effective_on=avenant.effective_on,
                    legal_basis=basis,
                    by=by,
                    due_until=min(end, plan.period_end),
                )
                found.append(plan)
    return found


def _repealed_rows(convention: Convention, changes: list[dict[str, Any]]) -> list[PlanAmendment]:
    """What the repealed avenants had changed of plans."""
    repealed = convention.avenants.filter(number__in=_repeals(changes))
    sources = [source_of(avenant) for avenant in repealed]
    return list(PlanAmendment.objects.filter(source__in=sources).select_related("plan"))


def _add_plans(
    convention: Convention, avenant: Avenant, version: ConventionVersion, changes: list[dict[str, Any]], by: Actor
) -> None:
    keys = [change["target"] for change in changes if change["kind"] == ChangeKind.PLAN_ADDED]
    for plan in FundingPlan.objects.filter(territory_id=convention.territory_id, key__in=keys).select_related(
        "employer"
    ):
        ConventionPlan.objects.get_or_create(
            convention=convention, plan=plan, defaults={"territory_id": convention.territory_id}
        )
        if plan.status == PlanStatus.ARRETE:
            basis = basis_of(avenant, version)
            commit_plan(plan=plan, legal_basis=basis, by=by)
            if plan.employer.issues_titres:
                propose_titres(plan=plan, by=by, reference=convention.reference, legal_basis=basis)
            elif gives_grants(plan):
                settle_grants(plan=plan, terms=terms_of(plan), by=by)


def follow_up(plan: FundingPlan, by: Actor) -> None:
    """The titres of an amended plan again: those not exported take the figure in force, the others a complement.

    An association's grants, likewise, while nothing of them is paid.
    """
    fresh = FundingPlan.objects.select_related("employer").get(pk=plan.pk)
    if fresh.status != PlanStatus.ENGAGE:
        return
    if fresh.employer.issues_titres:
        propose_titres(plan=fresh, by=by)
    elif gives_grants(fresh):
        # Nothing is paid yet: the grant follows. Once something is, its own page tells the difference.
        settle_grants(plan=fresh, terms=terms_of(fresh), by=by)
