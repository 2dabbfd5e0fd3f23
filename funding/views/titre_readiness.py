"""What each titre to come still needs, debtor by debtor, and checking all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from core.errors import BusinessError
from core.french import plural
from funding.enums import PlanStatus, TitreStatus
from funding.models import FundingPlan, Share, Titre
from funding.services.titre_checks import Verified, verify_titres
from funding.titre_facts import debtor_of
from funding.views.titres import actor_of, titre_tabs, to_issue
from parties.access import ability_required
from parties.actors import Actor
from parties.models import Organisation


@dataclass
class Debtor:
    """A body and the titres that wait for it; amounts in euros."""

    organisation: Organisation
    titres: list[Titre] = field(default_factory=list)

    @property
    def ready(self) -> int:
        return sum(1 for titre in self.titres if titre.status == TitreStatus.PRET)

    @property
    def blocked(self) -> int:
        return len(self.titres) - self.ready

    @property
    def total(self) -> Decimal:
        return sum((titre.amount for titre in self.titres), Decimal(0))


@require_safe
@ability_required("titre.propose")
def readiness(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    year = request.GET.get("annee", "")
    waiting = to_issue(actor).filter(batch__isnull=True).exclude(status=TitreStatus.ABANDONNE)
    years = sorted(set(waiting.order_by().values_list("year", flat=True)), reverse=True)
    if year.isdecimal():
        waiting = waiting.filter(year=int(year))
    debtors = by_debtor(waiting)
    context = {
        "debtors": debtors,
        "ready": sum(debtor.ready for debtor in debtors),
        "blocked": sum(debtor.blocked for debtor in debtors),
        "coming": coming(actor),
        "years": [str(each) for each in years],
        "year": year,
        "all_issuers": actor.is_staff,
        "tabs": titre_tabs(actor, "titre-readiness"),
    }
    return render(request, "funding/titre_readiness.html", context)


def by_debtor(titres: Any) -> list[Debtor]:
    found: dict[int, Debtor] = {}
    for titre in titres.for_list().order_by("debtor__name", "-year", "plan__label", "pk"):
        found.setdefault(titre.debtor_id, Debtor(titre.debtor)).titres.append(titre)
    return list(found.values())


def coming(actor: Actor) -> list[tuple[FundingPlan, list[str], Decimal]]:
    """Plans not committed yet: no titre can be prepared, and this is what they will claim from others, in euros."""
    shares = Share.objects.select_related("financer__parent").order_by("position")
    plans = FundingPlan.objects.visible_to(actor).filter(status__in=[PlanStatus.PROJET, PlanStatus.ARRETE])
    plans = plans if actor.is_staff else plans.filter(employer=actor.organisation)
    rows = []
    for plan in plans.select_related("employer").prefetch_related(Prefetch("shares", queryset=shares)):
        owed = [(debtor_of(share), share.amount) for share in plan.shares.all() if share.amount]
        others = [(body, amount) for body, amount in owed if body and body.pk != plan.employer_id and amount]
        if others and plan.employer.issues_titres:
            names = list(dict.fromkeys(body.label for body, _amount in others))
            rows.append((plan, names, sum((amount for _body, amount in others), Decimal(0))))
    return rows


@require_POST
@ability_required("titre.propose")
def verify(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    try:
        result = verify_titres(by=actor)
    except BusinessError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, said(result))
    return redirect("titre-readiness")


def said(result: Verified) -> str:
    parts = [
        f"{result.checked} {plural(result.checked, 'titre vérifié', 'titres vérifiés')} :"
        f" {result.ready} {plural(result.ready, 'prêt')}, {result.blocked} à compléter"
    ]
    if result.outdated:
        parts.append(f"{result.outdated} à actualiser, dont le montant a changé")
    return ", ".join(parts) + "."
