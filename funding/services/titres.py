"""Preparing the titres of a committed plan, and recording what the finance software did with them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from core.errors import BusinessError, InvalidInput, NotAllowed
from core.findings import Finding
from core.money import euros
from funding import titre_rules, titre_workflow
from funding.checks import check_plan
from funding.enums import PlanStatus, ProrataBasis, TitreKind, TitreStatus
from funding.models import FundingPlan, Share, Titre
from funding.titre_facts import PlanFacts, debtor_of, facts_by_plan, paid_by
from funding.titre_policy import PolicyBook, Requirements
from funding.titre_readiness import Blocker, blockers, first_reason, provided
from parties.actors import Actor
from parties.models import Organisation

COMPLEMENT = "Titre complémentaire : la part a été relevée par un avenant"
#: What a proposal computes; everything else of a row belongs to its life.
COMPUTED = (
    "debtor_id",
    "base",
    "due",
    "planned",
    "unit",
    "amount",
    "advances",
    "subject",
    "statement",
    "reference",
    "blocked_reason",
    "blockers",
)


@transaction.atomic
def propose_titres(
    *, plan: FundingPlan, by: Actor, reference: str = "", legal_basis: Mapping[str, Any] | None = None
) -> list[Titre]:
    """One titre per share another body pays to the plan's public employer, computed on the posts' occupancies.

    Can be run again: a titre already exported is untouched, the others are refreshed. ``reference`` is the
    convention's, ``legal_basis`` what commits the plan; both default to what the plan keeps. Amounts in euros.

    Raises :class:`BusinessError` when the plan is not committed or its employer recovers no titre,
    :class:`NotAllowed` for another organisation's plan.
    """
    by.require("titre.propose")
    check_issuer(plan.employer, by)
    # Two proposals of one plan at once would create its titres twice. A finance officer may not lock the plan's row.
    lock(f"plan:{plan.pk}")
    plan = FundingPlan.objects.select_related("employer", "territory").get(pk=plan.pk)
    _check_plan(plan)
    basis = dict(legal_basis if legal_basis is not None else plan.legal_basis)
    reference = reference or str(basis.get("reference") or "")
    # Only the titres: the default order joins the organisations, which a finance officer may not lock.
    rows = plan.titres.filter(kind=TitreKind.TITRE).select_for_update(of=("self",))
    # The last one of a share is the one in force: the others were cancelled, then issued again.
    existing: dict[str, Titre] = {}
    exported: dict[str, list[Titre]] = {}
    for titre in rows.order_by("pk"):
        existing[titre.share_ref] = titre
        if titre.batch_id is not None:
            exported.setdefault(titre.share_ref, []).append(titre)
    setting = _Setting.of(plan, reference, basis)
    titres = []
    for share in plan.shares.select_related("financer__parent"):
        debtor = debtor_of(share)
        if debtor is None or debtor.pk == plan.employer_id or not share.amount:
            continue
        last = existing.pop(share.ref, None)
        if last is None or last.batch_id is None:
            titre = _propose(last, setting, share, debtor, by, called=_called(exported.get(share.ref, [])))
        elif share.ref in setting.facts.amended:
            titre = _complement(last, exported[share.ref], setting, share, debtor, by)
        else:
            titre = last
        titres.append(titre)
    _hold_orphans(list(existing.values()), by)
    return titres


@transaction.atomic
def propose_all(*, by: Actor, year: int | None = None, issuer: Organisation | None = None) -> tuple[int, list[str]]:
    """Titres of every committed plan of ``by``'s organisation (of the territory, for its managers).

    ``year`` and ``issuer`` narrow it.

    Returns how many titres are prepared and the messages of the plans that could not be (French).
    """
    by.require("titre.propose")
    plans = FundingPlan.objects.visible_to(by).filter(status=PlanStatus.ENGAGE).select_related("employer")
    if year:
        plans = plans.filter(year=year)
    if issuer is not None or not by.is_staff:
        plans = plans.filter(employer=issuer or by.organisation)
    prepared, problems = 0, []
    for plan in plans.order_by("year", "pk"):
        if not plan.employer.issues_titres:
            continue
        try:
            prepared += len(propose_titres(plan=plan, by=by))
        except BusinessError as error:
            problems.append(error.message)
    return prepared, problems


@transaction.atomic
def record_issue(*, titre: Titre, number: str, slip_number: str = "", issued_on: dt.date, by: Actor) -> Titre:
    """exporté → émis: the number and date the finance software gave. Raises :class:`InvalidInput`."""
    by.require("titre.export")
    locked = locked_titre(titre, by)
    if not number.strip():
        raise InvalidInput("Indiquez le numéro donné par votre logiciel financier.", place="number")
    same = Titre.objects.filter(issuer=locked.issuer, year=locked.year, number=number.strip())
    if same.exclude(pk=locked.pk).exists():
        raise InvalidInput(
            f"Le titre n° {number} de {locked.year} est déjà attribué à une autre écriture.", place="number"
        )
    titre_workflow.advance(
        [locked],
        act="emettre",
        by=by,
        reason=f"Titre n° {number.strip()}",
        number=number.strip(),
        slip_number=slip_number.strip(),
        issued_on=issued_on,
    )
    return locked


def outdated(titres: Iterable[Titre]) -> list[tuple[Titre, Decimal]]:
    """Titres whose amount is no longer what the posts' occupancy gives, with today's amount (euros). Reads only."""
    rows = [titre for titre in titres if titre.kind == TitreKind.TITRE and (titre.net or not titre.corrected)]
    facts = facts_by_plan({titre.plan_id: titre.plan for titre in rows}.values())
    now = [(titre, facts[titre.plan_id].due_of(titre).amount) for titre in rows]
    return [(titre, amount) for titre, amount in now if amount != titre.net]


@transaction.atomic
def fresh_titre(*, cancelled: Titre, reason: str, by: Actor) -> Titre:
    """A titre for the same share as ``cancelled``, computed today, linked to it. The caller checked it may be."""
    plan = FundingPlan.objects.select_related("employer", "territory").get(pk=cancelled.plan_id)
    _check_plan(plan)
    share = plan.shares.select_related("financer__parent").filter(ref=cancelled.share_ref).first()
    debtor = debtor_of(share) if share else None
    if share is None or debtor is None or not share.amount:
        raise BusinessError("La part de ce titre ne figure plus au plan, ou n'a plus de montant.")
    setting = _Setting.of(plan, cancelled.reference, dict(plan.legal_basis))
    rank = Titre.objects.filter(plan=plan, share_ref=share.ref, kind=TitreKind.TITRE).count() + 1
    return _propose(None, setting, share, debtor, by, cancelled=cancelled, version=rank, reason=reason)


def lock(name: str) -> None:
    """Wait for, then hold until the end of the transaction, the application lock ``name``."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"titres:{name}"])


def check_issuer(issuer: Organisation, by: Actor) -> None:
    """An organisation's titres are prepared and exported by its own people or the territory's managers."""
    if not by.is_staff and (by.organisation is None or by.organisation.pk != issuer.pk):
        raise NotAllowed(f"Seul le service financier de {issuer} agit sur ses titres de recettes.")


# --- Parts of the above -----------------------------------------------------------------------------------------------


def _check_plan(plan: FundingPlan) -> None:
    if not plan.employer.issues_titres:
        raise BusinessError(
            f"{plan.employer} n'émet pas de titres de recettes : ses financeurs lui versent une subvention."
        )
    if plan.status != PlanStatus.ENGAGE:
        raise BusinessError(
            f"Le plan « {plan.label} » est « {plan.get_status_display()} » : ses titres se préparent quand il est "
            "engagé, c'est-à-dire quand la convention est signée."
        )


def locked_titre(titre: Titre, by: Actor) -> Titre:
    """The row as it is now, held until the end of the transaction; only its issuer's people may."""
    check_issuer(titre.issuer, by)
    return Titre.objects.select_for_update(of=("self",)).get(pk=titre.pk)


@dataclass(frozen=True)
class _Setting:
    """What every titre of one plan is made with."""

    plan: FundingPlan
    facts: PlanFacts
    needs: Requirements
    reference: str
    legal_basis: dict[str, Any]
    findings: list[Finding]
    more: list[Blocker]

    @classmethod
    def of(cls, plan: FundingPlan, reference: str, legal_basis: dict[str, Any]) -> _Setting:
        book = PolicyBook.of(plan.territory_id)
        needs = book.requirements(issuer_id=plan.employer_id, plan_id=plan.pk, day=timezone.localdate())
        facts = facts_by_plan([plan], book)[plan.pk]
        return cls(plan, facts, needs, reference, legal_basis, check_plan(plan), provided([plan]).get(plan.pk, []))


def _called(exported: Iterable[Titre]) -> list[titre_rules.Paid]:
    """What titres of the share that already left still claim: nothing for a cancelled one."""
    return [paid_by(titre) for titre in exported if titre.net]


def _complement(
    last: Titre, exported: list[Titre], setting: _Setting, share: Share, debtor: Organisation, by: Actor
) -> Titre:
    """The share of an exported titre was raised by an avenant: a titre for the difference, linked to it.

    Nothing is proposed while nothing is missing: a lower figure is a reduction, made on the titre itself.
    """
    called = _called(exported)
    if setting.facts.claim(share.amount or Decimal(0), share.ref, called).amount <= 0:
        return last
    version = Titre.objects.filter(plan=setting.plan, share_ref=share.ref, kind=TitreKind.TITRE).count() + 1
    return _propose(None, setting, share, debtor, by, cancelled=last, version=version, called=called, reason=COMPLEMENT)


def _propose(
    titre: Titre | None,
    setting: _Setting,
    share: Share,
    debtor: Organisation,
    by: Actor,
    *,
    cancelled: Titre | None = None,
    version: int = 1,
    reason: str = "Proposé par le plan",
    called: Sequence[titre_rules.Paid] = (),
) -> Titre:
    plan, facts, reference = setting.plan, setting.facts, setting.reference
    claim = facts.claim(share.amount or Decimal(0), share.ref, called)
    entry = titre.entry_id if titre else _entry_id(plan, share) + (f"-v{version}" if version > 1 else "")
    found = blockers(
        plan=plan,
        issuer=plan.employer,
        debtor=debtor,
        reference=reference,
        legal_basis=setting.legal_basis,
        claim=claim,
        needs=setting.needs,
        findings=setting.findings,
        more=setting.more,
    )
    computed: dict[str, Any] = {
        "debtor_id": debtor.pk,
        "base": claim.base,
        "due": titre_rules.to_stored(claim.due),
        "planned": titre_rules.to_stored(claim.planned),
        "unit": claim.basis,
        "amount": claim.amount,
        "advances": claim.gross - claim.amount,
        "subject": titre_rules.subject(
            kinds=facts.kinds, year=plan.year, reference=reference, claim=claim, entry=entry
        ),
        "statement": _statement(plan, share, claim, facts, reference, setting.legal_basis),
        "reference": reference,
        "blocked_reason": first_reason(found),
        "blockers": [each.as_dict() for each in found],
    }
    act = "bloquer" if computed["blocked_reason"] else "preparer"
    if titre is None:
        titre = Titre.objects.create(
            plan=plan,
            share_ref=share.ref,
            issuer=plan.employer,
            year=plan.year,
            entry_id=entry,
            original=cancelled,
            **computed,
        )
        titre_workflow.advance([titre], act=act, by=by, reason=computed["blocked_reason"] or reason)
    elif any(getattr(titre, name) != computed[name] for name in COMPUTED):
        titre_workflow.advance([titre], act=act, by=by, reason=_change(titre, claim.amount), **computed)
    return titre


def _change(titre: Titre, amount: Decimal) -> str:
    if titre.amount == amount:
        return "Décompte mis à jour, montant inchangé"
    return f"Montant recalculé : {euros(titre.amount)} devient {euros(amount)}"


def _entry_id(plan: FundingPlan, share: Share) -> str:
    issuer = plan.employer
    return titre_rules.entry_id(
        territory=plan.territory.code,
        year=plan.year,
        issuer=issuer.siren or issuer.key,
        plan=plan.key,
        share=share.ref,
    )


def _statement(
    plan: FundingPlan,
    share: Share,
    claim: titre_rules.Claim,
    facts: PlanFacts,
    reference: str,
    legal_basis: dict[str, Any],
) -> dict[str, Any]:
    return titre_rules.statement(
        claim=claim,
        plan={"key": plan.key, "label": plan.label, "year": plan.year},
        start=plan.period_start,
        end=plan.period_end,
        share={
            "ref": share.ref,
            "label": share.display_label,
            "mode": share.get_mode_display(),
            "source": share.get_source_display(),
            "explanation": share.explanation,
        },
        costs=facts.costs,
        costs_are_annual=plan.prorata != ProrataBasis.NONE,
        reference=reference,
        legal_basis=legal_basis,
    )


def _hold_orphans(titres: list[Titre], by: Actor) -> None:
    """A titre whose share left the plan is never exported; its log keeps it from being deleted."""
    for titre in titres:
        if titre.batch_id is None and titre.status in (TitreStatus.PRET, TitreStatus.A_PREPARER):
            reason = "Cette part ne figure plus au plan, ou n'a plus de montant."
            if titre.blocked_reason != reason:
                point = Blocker("part", reason, titre.plan.get_absolute_url()).as_dict()
                titre_workflow.advance(
                    [titre], act="bloquer", by=by, reason=reason, blocked_reason=reason, blockers=[point]
                )
