"""Reading grants: what each authority gives an association, what is due or late, dedicated funds' chain. Euros."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from core.findings import Finding, Mark, Severity
from core.french.dates import add_months
from core.money import euros
from funding.enums import PlanStatus
from funding.enums_grants import GrantStatus, RuleKind
from funding.grant_accounts import due_date
from funding.grant_rules import Rule, Rules, rules_of
from funding.models import DedicatedFund, FundingPlan, Grant, GrantAccount, GrantInstalment, Share
from funding.services.grants import payer_of
from parties.actors import Actor
from parties.enums import OrganisationKind
from parties.models import Organisation

ZERO = Decimal(0)

# --- The 23 000 € rule ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AuthorityPart:
    """One share of one plan: what composes a total."""

    plan: FundingPlan
    share: Share
    amount: Decimal

    @property
    def is_settled(self) -> bool:
        return self.plan.status != PlanStatus.PROJET

    @property
    def reference(self) -> str:
        return str(self.plan.legal_basis.get("reference") or "")


@dataclass(frozen=True)
class AuthorityTotal:
    """All that one authority gives one association for one year, over every plan and convention.

    Bodies are told apart by SIREN when they have one: two records of one SIREN are one authority.
    """

    year: int
    authority: Organisation
    beneficiary: Organisation
    threshold: Rule
    parts: tuple[AuthorityPart, ...] = field(default_factory=tuple)

    @property
    def total(self) -> Decimal:
        return sum((part.amount for part in self.parts), ZERO)

    @property
    def is_over(self) -> bool:
        """Over the threshold a convention is mandatory, with object, amount, payment and use (R20)."""
        return self.total > self.threshold.number


def authority_totals(year: int, *, territory_id: int, plans: Iterable[int] | None = None) -> list[AuthorityTotal]:
    """What each authority gives each association in ``year``, largest first. Two queries.

    Every share of every plan whose employer is an association counts, once, whatever the instrument that promises it,
    settled or not: the rule is checked before signing. ``plans`` (ids) keeps the totals those plans are part of.
    """
    rows = (
        Share.objects.filter(
            plan__territory_id=territory_id,
            plan__year=year,
            plan__employer__kind=OrganisationKind.ASSOCIATION,
            financer__isnull=False,
            amount__gt=0,
        )
        .select_related("plan__employer", "financer__parent")
        .order_by("plan__label", "position", "pk")
    )
    threshold = rules_of(territory_id).for_year(RuleKind.THRESHOLD, year)
    groups: dict[tuple[str, str], list[AuthorityPart]] = {}
    bodies: dict[tuple[str, str], tuple[Organisation, Organisation]] = {}
    for share in rows:
        payer, beneficiary = payer_of(share), share.plan.employer
        if payer is None or payer.pk == beneficiary.pk:
            continue
        key = (_identity(payer), _identity(beneficiary))
        bodies.setdefault(key, (payer, beneficiary))
        groups.setdefault(key, []).append(AuthorityPart(share.plan, share, share.amount or ZERO))
    found = [AuthorityTotal(year, *bodies[key], threshold, tuple(parts)) for key, parts in groups.items()]
    if plans is not None:
        wanted = set(plans)
        found = [total for total in found if wanted & {part.plan.pk for part in total.parts}]
    return sorted(found, key=lambda t: (-t.total, t.authority.name, t.beneficiary.name))


def _identity(organisation: Organisation) -> str:
    return organisation.siren or f"#{organisation.pk}"


# --- What is due and late ---------------------------------------------------------------------------------------------


def due_instalments(by: Actor, *, until: dt.date) -> list[GrantInstalment]:
    """Instalments of awarded grants due on or before ``until`` and not wholly paid, oldest first. Three queries."""
    grants = (
        Grant.objects.visible_to(by)
        .for_list()
        .filter(  # type: ignore[attr-defined]
            status__in=[GrantStatus.ATTRIBUEE, GrantStatus.PARTIELLE]
        )
    )
    found = []
    for grant in grants:
        for instalment in grant.instalments.all():
            instalment.grant = grant
            if instalment.due_on <= until and instalment.remaining > 0:
                found.append(instalment)
    return sorted(found, key=lambda row: (row.due_on, row.pk))


def late_requests(by: Actor, *, until: dt.date) -> list[Grant]:
    """Grants not asked for whose deadline falls on or before ``until``."""
    rows = Grant.objects.visible_to(by).for_list()  # type: ignore[attr-defined]
    return list(
        rows.filter(status=GrantStatus.A_DEMANDER, request_deadline__lte=until).order_by("request_deadline", "pk")
    )


@dataclass(frozen=True)
class AccountDue:
    """A funded plan and its compte rendu, if begun."""

    plan: FundingPlan
    account: GrantAccount | None
    due_on: dt.date

    @property
    def is_done(self) -> bool:
        return self.account is not None and self.account.status in ("soumis", "accepte")

    def is_late(self, day: dt.date) -> bool:
        return not self.is_done and self.due_on < day


def accounts_due(by: Actor, rules: Rules | None = None) -> list[AccountDue]:
    """Every plan with an awarded grant the actor sees, with its compte rendu and its due date, newest first.

    ``rules``: those of the territory, when the caller has read them.
    """
    grants = Grant.objects.visible_to(by).committed()  # type: ignore[attr-defined]
    plans = FundingPlan.objects.filter(pk__in=grants.order_by().values("plan_id")).select_related("employer")
    accounts = {account.plan_id: account for account in GrantAccount.objects.visible_to(by)}  # type: ignore[attr-defined]
    rules = rules or rules_of(by.territory_id)
    return [
        AccountDue(plan, accounts.get(plan.pk), due_date(plan.year, rules)) for plan in plans.order_by("-year", "label")
    ]


# --- Open data --------------------------------------------------------------------------------------------------------


def publication_due(grant: Grant, rules: Rules) -> dt.date | None:
    """Three months after the signature (décret 2017-779, article 2); None while nothing is signed."""
    if grant.signed_on is None:
        return None
    return add_months(grant.signed_on, int(rules.on(RuleKind.PUBLICATION_MONTHS, grant.signed_on).number))


# --- Findings ---------------------------------------------------------------------------------------------------------


def fund_findings(funds: Iterable[DedicatedFund], paid: dict[tuple[int, int, int], Decimal]) -> list[Finding]:
    """The chain of dedicated funds: each opening is the closing of the year before, each closed year its payments.

    ``paid``: (association, financer, year) → what the payments recorded give today.
    """
    found = []
    rows = {(fund.beneficiary_id, fund.financer_id, fund.year): fund for fund in funds}
    for key, fund in sorted(rows.items()):
        place = f"fonds_dedies[{fund.financer.key}][{fund.year}]"
        previous = rows.get((key[0], key[1], fund.year - 1))
        if previous is not None and previous.closing != fund.opening:
            found.append(
                Finding(
                    "FD1",
                    Severity.EXPLAIN,
                    f"{place}.report",
                    f"Fonds dédiés de {fund.financer.label} : {fund.year} s'ouvre à {euros(fund.opening)}, "
                    f"{previous.year} s'est clos à {euros(previous.closing)}.",
                    stated=f"{fund.opening:f}",
                    computed=f"{previous.closing:f}",
                    source="Règlement ANC n° 2018-06 : les fonds dédiés se reportent d'un exercice à l'autre",
                    mark=Mark.STATED,
                )
            )
        now = paid.get(key, ZERO)
        if fund.received != now:
            found.append(
                Finding(
                    "FD2",
                    Severity.EXPLAIN,
                    f"{place}.recu",
                    f"Fonds dédiés de {fund.financer.label} en {fund.year} : {euros(fund.received)} comptés, "
                    f"{euros(now)} de versements enregistrés.",
                    stated=f"{fund.received:f}",
                    computed=f"{now:f}",
                    source="Versements enregistrés dans Cosigne",
                    mark=Mark.VERIFIED,
                )
            )
    return found


def grant_findings(grants: Iterable[Grant], shares: dict[tuple[int, str], Share]) -> list[Finding]:
    """An awarded grant whose share moved since. ``shares``: (plan, ref) → the share today."""
    found = []
    for grant in grants:
        share = shares.get((grant.plan_id, grant.share_ref))
        now = share.amount if share is not None else None
        if grant.is_committed and now != grant.amount:
            told = euros(now) if now is not None else "plus aucun montant"
            found.append(
                Finding(
                    "R03",
                    Severity.BLOCKING,
                    f"plans[{grant.plan.key}].shares[{grant.share_ref}]",
                    f"Subvention de {grant.financer.label} : {euros(grant.amount)} attribués, le plan dit {told}.",
                    stated=f"{grant.amount:f}",
                    computed="" if now is None else f"{now:f}",
                    source="Un montant est le même au plan, à la convention et au versement",
                    mark=Mark.VERIFIED,
                    url=grant.plan.get_absolute_url(),
                )
            )
    return found
