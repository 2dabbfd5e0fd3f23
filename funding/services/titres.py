"""Preparing the titres of a committed plan, and recording what the finance software did with them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from core.errors import BusinessError, InvalidInput, NotAllowed
from core.money import euros
from funding import titre_rules, titre_workflow
from funding.enums import PlanStatus, ProrataBasis, TitreKind, TitreStatus
from funding.models import FundingPlan, Share, Titre
from funding.prorata import Basis, Occupancy
from parties.actors import Actor
from parties.models import Organisation

#: What a proposal computes; everything else of a row belongs to its life.
COMPUTED = (
    "debtor_id",
    "base",
    "due",
    "planned",
    "unit",
    "amount",
    "subject",
    "statement",
    "reference",
    "blocked_reason",
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
    existing = {titre.share_ref: titre for titre in rows}
    facts = _facts_of(plan)
    titres = []
    for share in plan.shares.select_related("financer__parent"):
        debtor = _debtor(share)
        if debtor is None or debtor.pk == plan.employer_id or not share.amount:
            continue
        titre = existing.pop(share.ref, None)
        if titre is None or titre.batch_id is None:
            titre = _propose(titre, plan, share, debtor, facts, reference, basis, by)
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
    locked = _locked(titre, by)
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


@transaction.atomic
def record_receipt(*, titre: Titre, received: Decimal, received_on: dt.date, by: Actor) -> Titre:
    """émis → encaissé (or partly): ``received`` is the total received so far, in euros."""
    by.require("titre.export")
    locked = _locked(titre, by)
    if received <= 0 or received > locked.amount:
        raise InvalidInput(
            f"Le montant encaissé est compris entre 0,01 € et {euros(locked.amount)}, montant du titre.",
            place="received",
        )
    if locked.issued_on and received_on < locked.issued_on:
        raise InvalidInput("L'encaissement précède l'émission du titre.", place="received_on")
    act = "encaisser" if received == locked.amount else "encaisser_partie"
    titre_workflow.advance([locked], act=act, by=by, reason=euros(received), received=received, received_on=received_on)
    return locked


def outdated(titres: Iterable[Titre]) -> list[tuple[Titre, Decimal]]:
    """Titres whose amount is no longer what the posts' occupancy gives, with today's amount (euros). Reads only."""
    facts: dict[int, _Facts] = {}
    changed = []
    for titre in titres:
        plan = titre.plan
        if plan.pk not in facts:
            facts[plan.pk] = _facts_of(plan)
        found = facts[plan.pk]
        claim = _claim(plan, titre.base, found.posts_of(titre.share_ref), found.basis)
        if titre.kind == TitreKind.TITRE and claim.amount != titre.amount:
            changed.append((titre, claim.amount))
    return changed


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


def _locked(titre: Titre, by: Actor) -> Titre:
    check_issuer(titre.issuer, by)
    return Titre.objects.select_for_update(of=("self",)).get(pk=titre.pk)


@dataclass(frozen=True)
class _Facts:
    """What every share of one plan has in common."""

    posts: list[titre_rules.PostFacts]
    keys: list[str]
    parts: dict[str, dict[str, str]]  # by share: what its explanation says of each post
    costs: list[tuple[str, Decimal]]
    basis: Basis

    @property
    def kinds(self) -> list[str]:
        return [post.kind for post in self.posts]

    def posts_of(self, share_ref: str) -> list[titre_rules.PostFacts]:
        """The posts with their part of one share, when the plan divides it among them."""
        parts = self.parts.get(share_ref) or {}
        if len(self.posts) < 2 or set(parts) != set(self.keys):
            return self.posts
        return [replace(post, part=Decimal(parts[key])) for post, key in zip(self.posts, self.keys, strict=True)]


def _facts_of(plan: FundingPlan) -> _Facts:
    rows = list(plan.posts.prefetch_related("occupancies").order_by("label", "pk"))
    posts = [
        titre_rules.PostFacts(
            label=post.label,
            kind=post.kind,
            occupancies=tuple(Occupancy(o.start, o.end, o.working_time) for o in post.occupancies.all()),
        )
        for post in rows
    ]
    costs = [(str(cost), cost.amount) for cost in plan.costs.all()]
    parts = {share.ref: share.explanation.get("posts") or {} for share in plan.shares.all() if len(rows) > 1}
    by_days = plan.prorata in (ProrataBasis.DAYS, ProrataBasis.SPAN)
    return _Facts(posts, [post.key for post in rows], parts, costs, "days" if by_days else "months")


def _claim(plan: FundingPlan, base: Decimal, posts: list[titre_rules.PostFacts], basis: Basis) -> titre_rules.Claim:
    return titre_rules.claim(base=base, start=plan.period_start, end=plan.period_end, basis=basis, posts=posts)


def _debtor(share: Share) -> Organisation | None:
    """Who pays: a service of the State without legal personality gives way to the body it belongs to."""
    financer = share.financer
    if financer is not None and not financer.has_legal_personality and financer.parent is not None:
        return financer.parent
    return financer


def _propose(
    titre: Titre | None,
    plan: FundingPlan,
    share: Share,
    debtor: Organisation,
    facts: _Facts,
    reference: str,
    legal_basis: dict[str, Any],
    by: Actor,
) -> Titre:
    claim = _claim(plan, share.amount or Decimal(0), facts.posts_of(share.ref), facts.basis)
    entry = titre.entry_id if titre else _entry_id(plan, share)
    computed: dict[str, Any] = {
        "debtor_id": debtor.pk,
        "base": claim.base,
        "due": titre_rules.to_stored(claim.due),
        "planned": titre_rules.to_stored(claim.planned),
        "unit": facts.basis,
        "amount": claim.amount,
        "subject": titre_rules.subject(
            kinds=facts.kinds, year=plan.year, reference=reference, claim=claim, entry=entry
        ),
        "statement": _statement(plan, share, claim, facts, reference, legal_basis),
        "reference": reference,
        "blocked_reason": titre_rules.blocking(
            amount=claim.amount, debtor_name=debtor.name, has_legal_personality=debtor.has_legal_personality
        ),
    }
    act = "bloquer" if computed["blocked_reason"] else "preparer"
    if titre is None:
        titre = Titre.objects.create(
            plan=plan, share_ref=share.ref, issuer=plan.employer, year=plan.year, entry_id=entry, **computed
        )
        titre_workflow.advance([titre], act=act, by=by, reason=computed["blocked_reason"] or "Proposé par le plan")
    elif any(getattr(titre, name) != computed[name] for name in COMPUTED):
        reason = _change(titre, claim.amount)
        titre_workflow.advance([titre], act=act, by=by, reason=reason, **computed)
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
    facts: _Facts,
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
                titre_workflow.advance([titre], act="bloquer", by=by, reason=reason, blocked_reason=reason)
