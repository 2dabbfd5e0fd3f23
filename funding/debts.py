"""What an organisation owes to the employers of the posts it funds. Reads only; amounts in euros."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q

from funding.enums import PlanStatus, TitreKind, TitreStatus
from funding.models import FundingPlan, Share, Titre
from parties.models import Organisation

#: A plan promises money from the day its figures are frozen.
PROMISED = (PlanStatus.ARRETE, PlanStatus.ENGAGE, PlanStatus.SOLDE)
ISSUED = (TitreStatus.EMIS, TitreStatus.ENCAISSE)


@dataclass(frozen=True)
class Debt:
    """A share of one plan: what was agreed, what is claimed, what was paid. ``titre`` is None until one is prepared."""

    year: int
    creditor: Organisation
    plan: FundingPlan
    share: Share
    posts: str
    titre: Titre | None

    @property
    def agreed(self) -> Decimal | None:
        return self.share.amount

    @property
    def due(self) -> Decimal | None:
        """What the titre claims once prepared (vacancies and corrections deducted), else the share."""
        return self.titre.net if self.titre else self.share.amount

    @property
    def received(self) -> Decimal:
        return self.titre.received if self.titre else Decimal(0)

    @property
    def remaining(self) -> Decimal | None:
        return None if self.due is None else self.due - self.received

    @property
    def instrument(self) -> str:
        return "Titre de recettes" if self.creditor.issues_titres else "Subvention"

    @property
    def reference(self) -> str:
        return (self.titre.reference if self.titre else "") or str(self.plan.legal_basis.get("reference") or "")

    @property
    def state(self) -> str:
        """In the debtor's words: what it will receive, or has."""
        if not self.creditor.issues_titres:
            return "À verser" if self.plan.status == PlanStatus.ENGAGE else "Convention à signer"
        if self.titre is None:
            return "À venir" if self.plan.status == PlanStatus.ENGAGE else "Convention à signer"
        if self.titre.status == TitreStatus.ENCAISSE:
            return "Payé"
        if self.titre.status == TitreStatus.EMIS:
            return "Payé en partie" if self.titre.received else "Titre émis"
        return "Titre en préparation"

    @property
    def tone(self) -> str:
        return {"Payé": "success", "Titre émis": "warning", "Payé en partie": "warning"}.get(self.state, "info")

    @property
    def explanation(self) -> str:
        if self.titre:
            return str(self.titre.statement.get("text", ""))
        return str(self.share.explanation.get("text") or self.share.explanation.get("formula") or "")


@dataclass(frozen=True)
class YearOfDebts:
    """Everything owed for one year. ``unknown``: shares whose amount nobody stated."""

    year: int
    debts: tuple[Debt, ...]

    @property
    def due(self) -> Decimal:
        return sum((debt.due or Decimal(0) for debt in self.debts), Decimal(0))

    @property
    def received(self) -> Decimal:
        return sum((debt.received for debt in self.debts), Decimal(0))

    @property
    def remaining(self) -> Decimal:
        return self.due - self.received

    @property
    def title(self) -> str:
        return f"Sommes à payer en {self.year}"

    @property
    def issued(self) -> Decimal:
        """What is claimed by titres already issued."""
        return sum((d.titre.net for d in self.debts if d.titre and d.titre.status in ISSUED), Decimal(0))

    @property
    def unknown(self) -> int:
        return sum(1 for debt in self.debts if debt.due is None)


def debts_of(organisation: Organisation, *, year: int | None = None) -> list[YearOfDebts]:
    """What ``organisation`` owes, year by year, latest first, from settled plans and titres; ``year``: that one only.

    A titre addressed to it for a service that depends on it (police, gendarmerie) is included.
    """
    shares = (
        Share.objects.filter(Q(financer=organisation) | Q(financer__parent=organisation))
        .filter(plan__status__in=PROMISED)
        .exclude(plan__employer=organisation)
        .exclude(amount=0)
        .select_related("plan__employer", "financer")
        .prefetch_related("plan__posts")
        .order_by("-plan__year", "plan__employer__name", "plan__label", "position")
    )
    if year:
        shares = shares.filter(plan__year=year)
    own = [share for share in shares if share.financer_id == organisation.pk or not _is_body(share)]
    titres = _titres_by_share(organisation, own)
    debts = [
        Debt(
            year=share.plan.year,
            creditor=share.plan.employer,
            plan=share.plan,
            share=share,
            posts=", ".join(sorted(post.label for post in share.plan.posts.all())),
            titre=titres.get((share.plan_id, share.ref)),
        )
        for share in own
    ]
    years = sorted({debt.year for debt in debts}, reverse=True)
    return [YearOfDebts(each, tuple(d for d in debts if d.year == each)) for each in years]


def _is_body(share: Share) -> bool:
    """Whether the financer is a body of its own: then it owes, not the organisation above it."""
    return share.financer is not None and share.financer.has_legal_personality


def _titres_by_share(organisation: Organisation, shares: Iterable[Share]) -> dict[tuple[int, str], Titre]:
    plans = {share.plan_id for share in shares}
    # The last one of a share is the one in force: an earlier one was cancelled, then issued again.
    titres = Titre.objects.owed_by(organisation).filter(plan__in=plans, kind=TitreKind.TITRE).order_by("pk")
    return {(titre.plan_id, titre.share_ref): titre for titre in titres}
