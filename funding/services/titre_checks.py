"""Checking the titres that wait, all of them, and keeping what stops each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from funding import titre_workflow
from funding.checks import check_plan
from funding.enums import TitreKind, TitreStatus
from funding.models import Titre
from funding.services.titres import check_issuer
from funding.titre_facts import PlanFacts, facts_by_plan
from funding.titre_policy import PolicyBook
from funding.titre_readiness import Blocker, blockers, first_reason, provided
from parties.actors import Actor
from parties.models import Organisation

CHUNK = 500


@dataclass
class Verified:
    """How many were looked at, are ready, are stopped, or have an amount to refresh first. Amounts in euros."""

    checked: int = 0
    ready: int = 0
    blocked: int = 0
    outdated: int = 0
    first: tuple[Titre, Decimal] | None = None

    @property
    def first_outdated(self) -> tuple[Titre, Decimal]:
        if self.first is None:
            raise LookupError("no amount is outdated")
        return self.first


@transaction.atomic
def verify_titres(
    *,
    by: Actor,
    issuer: Organisation | None = None,
    year: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Verified:
    """Look again at every titre not exported yet, and keep with each what stops it, or that nothing does any more.

    ``issuer`` (all of the territory's, for its managers, when None) and ``year`` narrow it. Amounts are compared, not
    changed: preparing the titres again refreshes them.
    """
    by.require("titre.propose")
    if issuer is not None:
        check_issuer(issuer, by)
    rows = Titre.objects.visible_to(by).filter(batch__isnull=True).exclude(status=TitreStatus.ABANDONNE)
    if issuer is not None or not by.is_staff:
        rows = rows.filter(issuer=issuer or by.organisation)
    if year:
        rows = rows.filter(year=year)
    result, total = Verified(), rows.count()
    book = PolicyBook.of(by.territory_id)
    for chunk in _chunks(rows.select_related("issuer", "debtor", "plan").order_by("pk")):
        _verify(chunk, book, by, result)
        if progress:
            progress(result.checked, total)
    return result


def _chunks(rows: QuerySet[Titre]) -> Iterator[list[Titre]]:
    """Read through a server-side cursor: what a chunk changes does not move the next ones."""
    found = rows.iterator(chunk_size=CHUNK)
    while chunk := list(islice(found, CHUNK)):
        yield chunk


def _verify(titres: list[Titre], book: PolicyBook, by: Actor, result: Verified) -> None:
    plans = {titre.plan_id: titre.plan for titre in titres}
    facts = facts_by_plan(plans.values(), book)
    more = provided(plans.values())
    for titre in titres:
        result.checked += 1
        if titre.kind != TitreKind.TITRE:
            result.ready += titre.status == TitreStatus.PRET
            continue
        found = _points(titre, facts[titre.plan_id], book, more.get(titre.plan_id, []))
        _keep(titre, found, by)
        amount = facts[titre.plan_id].due_of(titre).amount
        if titre.blocked_reason:
            result.blocked += 1
        elif amount != titre.amount:
            result.outdated += 1
            result.first = result.first or (titre, amount)
        else:
            result.ready += 1


def _points(titre: Titre, facts: PlanFacts, book: PolicyBook, more: list[Blocker]) -> list[Blocker]:
    plan = titre.plan
    needs = book.requirements(issuer_id=titre.issuer_id, plan_id=plan.pk, day=timezone.localdate())
    left = [Blocker(**point) for point in titre.blockers if point["code"] == "part"]
    return [
        *left,
        *blockers(
            plan=plan,
            issuer=titre.issuer,
            debtor=titre.debtor,
            reference=titre.reference,
            legal_basis=titre.statement.get("legal_basis") or {},
            claim=facts.claim(titre.base, titre.share_ref),
            needs=needs,
            # Reading them costs several queries a plan: only where they decide.
            findings=check_plan(plan) if needs.clean_plan else (),
            more=more,
        ),
    ]


def _keep(titre: Titre, found: list[Blocker], by: Actor) -> None:
    points, reason = [each.as_dict() for each in found], first_reason(found)
    if points == titre.blockers and reason == titre.blocked_reason:
        return
    if reason == titre.blocked_reason:
        # Nothing changed for its state: no act to log.
        Titre.objects.filter(pk=titre.pk).update(blockers=points, updated_at=timezone.now())
        titre.blockers = points
        return
    act = "bloquer" if reason else "preparer"
    titre_workflow.advance(
        [titre], act=act, by=by, reason=reason or "Plus rien ne bloque", blocked_reason=reason, blockers=points
    )
