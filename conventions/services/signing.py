"""Signatures recorded on the approved version; the last one commits the plans."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import QuerySet

from conventions.enums import Channel, Status
from conventions.models import Avenant, Convention, ConventionVersion, Signatory, Signature
from conventions.services.avenant_effects import complete_avenant
from conventions.services.grants import terms_of
from conventions.services.locking import lock
from conventions.services.signing_rules import check_circulation, check_signature
from conventions.services.terms import refresh_term
from conventions.workflow import advance
from core.errors import BusinessError, InvalidInput
from core.french.dates import date_long
from funding.enums import PlanStatus
from funding.services.grants import gives_grants, settle_grants
from funding.services.plans import commit_plan
from funding.services.titres import propose_titres
from parties.actors import Actor
from parties.models import Mandate


def current_version(convention: Convention) -> ConventionVersion:
    """The version being signed: the last approved one."""
    version = convention.versions.order_by("-number").first()
    if version is None:
        raise BusinessError(f"La convention {convention.reference} n'a pas encore de version approuvée.")
    return version


def version_to_sign(avenant: Avenant) -> ConventionVersion:
    """As :func:`current_version`, of an avenant."""
    version = avenant.versions.order_by("-number").first()
    if version is None:
        raise BusinessError(f"L'{avenant} n'a pas encore de version approuvée.")
    return version


def signatories_of(version: ConventionVersion) -> QuerySet[Signatory]:
    """Who signs this version: the convention's signatories, or the avenant's when it is an avenant's text."""
    rows = Signatory.objects.filter(convention_id=version.convention_id, avenant=version.avenant)
    return rows.select_related("party__organisation", "mandate").order_by("position", "pk")


def awaited(convention: Convention, version: ConventionVersion) -> list[Signatory]:
    """Signatories whose signature is not yet recorded on ``version``."""
    done = set(version.signatures.values_list("signatory_id", flat=True))
    return [signatory for signatory in signatories_of(version) if signatory.pk not in done]


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
    *,
    convention: Convention,
    signatory: Signatory,
    signed_on: dt.date,
    by: Actor,
    channel: str = Channel.PAPER,
    version: ConventionVersion | None = None,
    mandate: Mandate | None = None,
) -> Signature:
    """One signature on ``version`` (by default the one being signed by ``signatory``: of the convention or an avenant).

    The last one makes the convention signed and commits its plans, or makes the avenant signed and its changes take
    effect on their date. A local authority signs only after an enforceable deliberation (R32, CGCT L.2131-1 and
    L.3131-1), and a person only within their mandate. Recording twice the same signature changes nothing. ``mandate``:
    who signs in the signatory's place, of the same organisation; theirs is then the one that must cover the day.
    """
    by.require("convention.sign")
    locked = lock(convention)
    version = _version_for(locked, signatory, version)
    recorded = version.signatures.filter(signatory=signatory).first()
    if recorded is not None:
        if recorded.signed_on != signed_on:
            raise BusinessError(f"La signature de {signatory} est déjà enregistrée au {date_long(recorded.signed_on)}.")
        return recorded
    _check(locked, version, signatory, signed_on, mandate)
    signature = Signature.objects.create(
        version=version,
        signatory=signatory,
        mandate=mandate,
        signed_on=signed_on,
        channel=channel,
        by=by.user,
        by_label=by.label,
    )
    if not awaited(locked, version):
        if version.avenant is not None:
            complete_avenant(convention=locked, version=version, by=by)
        else:
            _complete(locked, version, by)
    return signature


def _version_for(convention: Convention, signatory: Signatory, asked: ConventionVersion | None) -> ConventionVersion:
    """The version being signed; a superseded one, or another text's, is refused."""
    if signatory.convention_id != convention.pk:
        raise InvalidInput("Ce signataire n'est pas de cette convention.", place="signatory")
    latest = version_to_sign(signatory.avenant) if signatory.avenant else current_version(convention)
    if asked is None or asked.pk == latest.pk:
        return latest
    if asked.avenant_id != latest.avenant_id:
        raise InvalidInput("Ce signataire n'est pas de ce document.", place="signatory")
    raise BusinessError(
        f"La version {asked.number} a été remplacée par la version {latest.number} : une signature ne passe pas de"
        " l'une à l'autre."
    )


def _check(
    convention: Convention,
    version: ConventionVersion,
    signatory: Signatory,
    signed_on: dt.date,
    delegate: Mandate | None = None,
) -> None:
    subject = version.avenant or convention
    if subject.status != Status.EN_SIGNATURE:
        name = f"L'{version.avenant}" if version.avenant else f"La convention {convention.reference}"
        raise BusinessError(f"{name} est « {subject.get_status_display()} » : commencez par la mise en signature.")
    check_signature(version, signatory, signed_on, in_place=delegate)


def _complete(convention: Convention, version: ConventionVersion, by: Actor) -> None:
    last = max(version.signatures.values_list("signed_on", flat=True))
    convention.signed_on = last
    advance(convention, "complete", by=by)
    refresh_term(convention)
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
