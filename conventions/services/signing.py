"""Signatures recorded on the approved version; the last one commits the plans."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from conventions.enums import Channel, Status
from conventions.models import Convention, ConventionVersion, Signatory, Signature
from conventions.services.grants import terms_of
from conventions.services.locking import lock
from conventions.services.signing_rules import check_circulation, check_signature
from conventions.workflow import advance
from core.errors import BusinessError, InvalidInput
from core.french.dates import date_long
from funding.enums import PlanStatus
from funding.services.grants import gives_grants, settle_grants
from funding.services.plans import commit_plan
from funding.services.titres import propose_titres
from parties.actors import Actor


def current_version(convention: Convention) -> ConventionVersion:
    """The version being signed: the last approved one."""
    version = convention.versions.order_by("-number").first()
    if version is None:
        raise BusinessError(f"La convention {convention.reference} n'a pas encore de version approuvée.")
    return version


def awaited(convention: Convention, version: ConventionVersion) -> list[Signatory]:
    """Signatories whose signature is not yet recorded on ``version``."""
    done = set(version.signatures.values_list("signatory_id", flat=True))
    return [s for s in convention.signatories.select_related("party__organisation", "mandate") if s.pk not in done]


@transaction.atomic
def start_signature(*, convention: Convention, by: Actor, expected: int | None = None) -> Convention:
    """Circulate the approved text for signature."""
    by.require("convention.sign")
    locked = lock(convention, expected=expected)
    current_version(locked)
    check_circulation(locked)
    advance(locked, "circulate", by=by)
    return locked


@transaction.atomic
def record_signature(
    *, convention: Convention, signatory: Signatory, signed_on: dt.date, by: Actor, channel: str = Channel.PAPER
) -> Signature:
    """One signature on the current version. The last one makes the convention signed and commits its plans.

    A local authority signs only after an enforceable deliberation (R32, CGCT L.2131-1 and L.3131-1), and a person only
    within their mandate. Recording twice the same signature changes nothing.
    """
    by.require("convention.sign")
    locked = lock(convention)
    version = current_version(locked)
    recorded = version.signatures.filter(signatory=signatory).first()
    if recorded is not None:
        if recorded.signed_on != signed_on:
            raise BusinessError(f"La signature de {signatory} est déjà enregistrée au {date_long(recorded.signed_on)}.")
        return recorded
    _check(locked, version, signatory, signed_on)
    signature = Signature.objects.create(
        version=version,
        signatory=signatory,
        signed_on=signed_on,
        channel=channel,
        by=by.user,
        by_label=by.label,
    )
    if not awaited(locked, version):
        _complete(locked, version, by)
    return signature


def _check(convention: Convention, version: ConventionVersion, signatory: Signatory, signed_on: dt.date) -> None:
    if convention.status != Status.EN_SIGNATURE:
        raise BusinessError(
            f"La convention {convention.reference} est « {convention.get_status_display()} » :"
            " mettez-la d'abord en signature."
        )
    if signatory.convention_id != convention.pk:
        raise InvalidInput("Ce signataire n'est pas de cette convention.", place="signatory")
    check_signature(version, signatory, signed_on)


def _complete(convention: Convention, version: ConventionVersion, by: Actor) -> None:
    last = max(version.signatures.values_list("signed_on", flat=True))
    convention.signed_on = last
    advance(convention, "complete", by=by)
    basis = {
        "text": f"convention {convention.reference}",
        "reference": convention.reference,
        "date": last.isoformat(),
        "version": version.number,
        "sha256": version.sha256,
    }
    for link in convention.convention_plans.select_related("plan__employer"):
        plan = link.plan
        if plan.status == PlanStatus.ARRETE:
            commit_plan(plan=plan, legal_basis=basis, by=by)
            if plan.employer.issues_titres:
                propose_titres(plan=plan, by=by, reference=convention.reference, legal_basis=basis)
            elif gives_grants(plan):
                settle_grants(plan=plan, terms=terms_of(plan), by=by)
