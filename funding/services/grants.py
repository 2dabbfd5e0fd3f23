"""Bringing grants into being from a plan's shares, asking for them, awarding them, scheduling their payment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction

from core.errors import BusinessError, InvalidInput, NotAllowed
from core.money import euros
from funding import grant_workflow
from funding.enums_grants import COMMITTED, OPEN, GrantStatus, RuleKind
from funding.grant_rules import rules_of
from funding.grant_schedule import Instalment, PaymentTerm, Terms, schedule
from funding.models import FundingPlan, Grant, GrantInstalment, Share
from parties.actors import Actor
from parties.enums import OrganisationKind
from parties.models import Organisation


def gives_grants(plan: FundingPlan) -> bool:
    """Whether the plan's financers pay grants: its employer is an association."""
    return plan.employer.kind == OrganisationKind.ASSOCIATION


def payer_of(share: Share) -> Organisation | None:
    """Who pays: a service of the State without legal personality gives way to the body it belongs to."""
    financer = share.financer
    if financer is not None and not financer.has_legal_personality and financer.parent is not None:
        return financer.parent
    return financer


def default_terms(plan: FundingPlan) -> Terms:
    """The territory's usual dates, for a plan no convention says more of. Dates outside its period are dropped."""
    rules = rules_of(plan.territory_id)
    asked = rules.for_year(RuleKind.REQUEST_DAY, plan.year).day_of(plan.year)
    paid = rules.for_year(RuleKind.PAYMENT_DAY, plan.year).day_of(plan.year)
    inside = plan.period_start <= asked <= plan.period_end
    return Terms(
        payments=(PaymentTerm(within(plan, paid)),),
        request_deadline=asked if inside else None,
        budget_deadline=asked if inside else None,
    )


def within(plan: FundingPlan, day: dt.date) -> dt.date:
    """A payment is due during the period it pays for: a date before it begins gives way to its end."""
    return day if day >= plan.period_start else plan.period_end


@transaction.atomic
def prepare_grants(*, plan: FundingPlan, by: Actor, terms: Terms | None = None) -> list[Grant]:
    """One grant per share another body pays, with its deadlines and instalments. Amounts are the shares'.

    Can be run again: what is not awarded follows the plan and ``terms``; what is awarded keeps its amount. ``terms``
    default to the territory's settings. Raises :class:`BusinessError` for an employer that is not an association.
    """
    by.require("grant.manage")
    return _refresh(plan, by, terms, signed=False)


def _refresh(plan: FundingPlan, by: Actor, terms: Terms | None, *, signed: bool) -> list[Grant]:
    """``signed``: by the convention, which replaces an earlier decision while nothing was paid."""
    # Locked: two preparations at once would each create the grants.
    locked = FundingPlan.objects.select_for_update(of=("self",)).get(pk=plan.pk)
    if not gives_grants(locked):
        raise BusinessError(
            f"{locked.employer} n'est pas une association : ses financeurs règlent des titres de recettes, pas des "
            "subventions."
        )
    chosen = terms or default_terms(locked)
    existing = {grant.share_ref: grant for grant in locked.grants.select_for_update(of=("self",))}
    grants = []
    for share in locked.shares.select_related("financer__parent"):
        payer = payer_of(share)
        if payer is None or payer.pk == locked.employer_id or not share.amount:
            continue
        grant = existing.pop(share.ref, None)
        if grant is None:
            grants.append(_created(locked, share, payer, chosen, by))
        else:
            grants.append(_followed(grant, share, chosen, by, signed=signed))
    for orphan in existing.values():
        if orphan.status in OPEN:
            grant_workflow.advance(orphan, act="ecarter", by=by)
    return grants


@transaction.atomic
def request_grant(*, grant: Grant, requested_on: dt.date, by: Actor) -> Grant:
    """à demander → demandée, by the association (or by the managers who received the request)."""
    by.require("grant.request")
    locked = lock_grant(grant)
    _only(by, locked.beneficiary_id, "Seule l'association demande sa subvention.")
    if locked.status == GrantStatus.DEMANDEE and locked.requested_on == requested_on:
        return locked
    return grant_workflow.advance(locked, act="demander", by=by, requested_on=requested_on)


@transaction.atomic
def award_grant(*, grant: Grant, awarded_on: dt.date, decision: str, by: Actor) -> Grant:
    """demandée → attribuée, by the financer's decision (a vote may attribute before the convention is signed).

    The signature of a convention does it by itself. Raises :class:`BusinessError` when the plan's share moved since.
    """
    by.require("grant.pay")
    locked = lock_grant(grant)
    _only(by, locked.financer_id, "Seul le financeur attribue cette subvention.")
    if not decision.strip():
        raise InvalidInput("Indiquez la décision : délibération, arrêté ou convention.", place="decision")
    _check_amount(locked)
    return grant_workflow.advance(
        locked, act="attribuer", by=by, reason=decision, awarded_on=awarded_on, decision=decision.strip()[:160]
    )


@transaction.atomic
def settle_grants(*, plan: FundingPlan, terms: Terms, by: Actor) -> list[Grant]:
    """The convention is signed: every grant of its plan is awarded by it. A consequence: ``by`` is for the log."""
    grants = _refresh(plan, by, terms, signed=True)
    decision = f"Convention {terms.reference}".strip()
    for grant in grants:
        signed: dict[str, Any] = {"reference": terms.reference, "signed_on": terms.signed_on}
        if grant.status in OPEN:
            grant_workflow.advance(
                grant, act="attribuer", by=by, reason=decision, awarded_on=terms.signed_on, decision=decision, **signed
            )
        elif grant.signed_on != terms.signed_on:
            grant_workflow.advance(grant, act="signer", by=by, reason=decision, **signed)
    return grants


@transaction.atomic
def set_schedule(
    *,
    grant: Grant,
    payments: Sequence[PaymentTerm],
    request_deadline: dt.date | None,
    budget_deadline: dt.date | None,
    by: Actor,
) -> Grant:
    """Replace the deadlines and instalments of a grant nobody has awarded yet; their sum is the grant's amount."""
    by.require("grant.manage")
    locked = lock_grant(grant)
    if locked.status not in OPEN:
        raise BusinessError("L'échéancier d'une subvention attribuée ne change plus : la convention le fixe.")
    _write_schedule(locked, schedule(locked.amount, payments))
    return grant_workflow.advance(
        locked, act="echeancier", by=by, request_deadline=request_deadline, budget_deadline=budget_deadline
    )


def lock_grant(grant: Grant) -> Grant:
    """The row, locked until the transaction ends and read again."""
    locked = Grant.objects.select_for_update(of=("self",)).filter(pk=grant.pk).first()
    if locked is None:
        raise BusinessError("Cette subvention n'existe plus ou ne vous est plus accessible.")
    return locked


def current_share(grant: Grant) -> Share | None:
    """The share the grant comes from, as the plan has it today."""
    return Share.objects.filter(plan_id=grant.plan_id, ref=grant.share_ref).first()


# --- Parts of the above -----------------------------------------------------------------------------------------------


def _only(by: Actor, organisation_id: int, message: str) -> None:
    if not by.is_staff and (by.organisation is None or by.organisation.pk != organisation_id):
        raise NotAllowed(message)


def _check_amount(grant: Grant) -> None:
    share = current_share(grant)
    if share is None or share.amount != grant.amount:
        now = euros(share.amount) if share and share.amount is not None else "sans montant"
        raise BusinessError(
            f"La part du plan est aujourd'hui {now} et la subvention de {euros(grant.amount)} : actualisez d'abord les "
            "subventions du plan."
        )


def _created(plan: FundingPlan, share: Share, payer: Organisation, terms: Terms, by: Actor) -> Grant:
    grant = Grant.objects.create(
        plan=plan,
        share_ref=share.ref,
        financer=payer,
        beneficiary=plan.employer,
        year=plan.year,
        amount=share.amount or Decimal(0),
        request_deadline=terms.request_deadline,
        budget_deadline=terms.budget_deadline,
        reference=terms.reference,
    )
    _write_schedule(grant, schedule(grant.amount, terms.payments))
    grant_workflow.log(grant, act="preparer", source="", by=by, reason=euros(grant.amount))
    return grant


def _followed(grant: Grant, share: Share, terms: Terms, by: Actor, *, signed: bool) -> Grant:
    """An existing grant brought to what the plan says today; an awarded one only by a signature, before any payment."""
    amount = share.amount or Decimal(0)
    if grant.status == GrantStatus.SANS_OBJET:
        grant_workflow.advance(grant, act="reprendre", by=by)
    if grant.status in COMMITTED:
        moved = grant.amount != amount and grant.status == GrantStatus.ATTRIBUEE and not grant.payments.exists()
        if not signed or not moved:
            return grant
        reason = f"{euros(grant.amount)} devient {euros(amount)}"
        grant_workflow.advance(grant, act="rouvrir", by=by, reason=reason, awarded_on=None, decision="")
    if grant.amount != amount:
        reason = f"{euros(grant.amount)} devient {euros(amount)}"
        terms_now = _stored_terms(grant) or terms.payments
        grant_workflow.advance(grant, act="recalculer", by=by, reason=reason, amount=amount)
        _write_schedule(grant, schedule(amount, terms_now))
    if terms.reference and grant.reference != terms.reference:
        Grant.objects.filter(pk=grant.pk).update(reference=terms.reference)
        grant.reference = terms.reference
    return grant


def _stored_terms(grant: Grant) -> tuple[PaymentTerm, ...]:
    """The schedule somebody set, as terms for another amount: percentages stay, the last fixed one takes the rest."""
    rows = list(grant.instalments.all())
    last_fixed = next((row.pk for row in reversed(rows) if row.percent is None), None)
    return tuple(
        PaymentTerm(
            row.due_on,
            row.percent,
            None if row.percent is not None or row.pk == last_fixed else row.amount,
            row.condition,
        )
        for row in rows
    )


def _write_schedule(grant: Grant, wanted: Sequence[Instalment]) -> None:
    GrantInstalment.objects.filter(grant=grant).delete()
    for rank, item in enumerate(wanted, start=1):
        GrantInstalment.objects.create(
            grant=grant,
            position=rank,
            percent=item.percent,
            amount=item.amount,
            due_on=item.due_on,
            condition=item.condition[:200],
        )
