"""What keeps a titre from leaving, and where to mend it. Pure but for the providers; nothing here writes.

A blocker stops the export and is stored with the titre; a gap (``blocking`` false) is shown and can be filled in the
finance software. Which requirement is which is a dated setting (:mod:`funding.titre_policy`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from core.findings import Finding, Severity
from core.money import euros
from funding.enums import PlanStatus
from funding.exports.accounts import account_of, third_party_code
from funding.exports.addresses import address_of
from funding.models import FundingPlan
from funding.titre_policy import Requirements
from funding.titre_rules import Claim
from parties.models import Organisation


@dataclass(frozen=True)
class Blocker:
    """A point to settle: what, whether it stops the export, and the page where it is mended."""

    code: str
    message: str
    url: str = ""
    blocking: bool = True

    def as_dict(self) -> dict[str, Any]:
        return {"code": self.code, "message": self.message, "url": self.url, "blocking": self.blocking}


#: What upper floors know that stops a titre (a deliberation not yet enforceable): plans → blockers by plan id.
Provider = Callable[[Iterable[FundingPlan]], Mapping[int, list[Blocker]]]
PROVIDERS: list[Provider] = []


def provided(plans: Iterable[FundingPlan]) -> dict[int, list[Blocker]]:
    """What the other floors find about each plan."""
    found: dict[int, list[Blocker]] = {}
    plans = list(plans)
    for provider in PROVIDERS:
        for plan_id, blockers in provider(plans).items():
            found.setdefault(plan_id, []).extend(blockers)
    return found


def blockers(
    *,
    plan: FundingPlan,
    issuer: Organisation,
    debtor: Organisation,
    reference: str,
    legal_basis: Mapping[str, Any],
    claim: Claim,
    needs: Requirements,
    findings: Iterable[Finding] = (),
    more: Iterable[Blocker] = (),
) -> list[Blocker]:
    """Everything to settle before the titre of one share leaves, worst first."""
    found = [
        *_about_the_plan(plan, reference, legal_basis),
        *more,
        *_about_the_findings(plan, findings, needs),
        *_about_the_amount(plan, claim, needs),
        *_about_the_debtor(issuer, debtor, needs),
        *_about_the_issuer(issuer, debtor, needs),
    ]
    return sorted(found, key=lambda blocker: not blocker.blocking)


def first_reason(found: Iterable[Blocker]) -> str:
    """What a list shows of them: the first that blocks, and how many others do; "" when nothing blocks."""
    messages = [each.message for each in found if each.blocking]
    if not messages:
        return ""
    more = f" (et {len(messages) - 1} autre{'s' if len(messages) > 2 else ''})" if len(messages) > 1 else ""
    return messages[0][: 240 - len(more)] + more


def _about_the_plan(plan: FundingPlan, reference: str, legal_basis: Mapping[str, Any]) -> Iterable[Blocker]:
    url = plan.get_absolute_url()
    if plan.status not in (PlanStatus.ENGAGE, PlanStatus.SOLDE):
        yield Blocker(
            "plan",
            f"Le plan « {plan.label} » est « {plan.get_status_display()} » : il s'engage à la signature de la"
            " convention.",
            url,
        )
    elif not reference and not (legal_basis.get("text") or legal_basis.get("reference")):
        yield Blocker("convention", "Aucune convention signée ni autre acte ne fonde la créance.", url)


def _about_the_findings(plan: FundingPlan, findings: Iterable[Finding], needs: Requirements) -> Iterable[Blocker]:
    for finding in findings:
        if finding.severity == Severity.BLOCKING:
            url = f"{plan.get_absolute_url()}#controles"
            yield Blocker("constat", f"Constat {finding.code} : {finding.message}", url, blocking=needs.clean_plan)


def _about_the_amount(plan: FundingPlan, claim: Claim, needs: Requirements) -> Iterable[Blocker]:
    url = plan.get_absolute_url()
    if claim.overpaid:
        yield Blocker("trop-percu", f"Les avances reçues dépassent le dû de {euros(claim.overpaid)}.", url)
    elif claim.amount == 0 and claim.advances:
        yield Blocker("zero", "Rien ne reste à appeler : les avances reçues couvrent le dû.", url)
    elif claim.amount == 0:
        yield Blocker("zero", "Rien n'est dû : le poste est resté vacant sur toute la période.", url)
    elif claim.amount < needs.minimum:
        yield Blocker(
            "seuil",
            f"Le montant est inférieur à {euros(needs.minimum)}, seuil de mise en recouvrement (décret 2017-509).",
            reverse("titre-rules"),
        )
    presumed = [item.post.label for item in claim.posts if item.presumed]
    if presumed:
        names = ", ".join(f"« {name} »" for name in presumed)
        yield Blocker(
            "occupation", f"Aucune période d'occupation n'est saisie pour {names}.", url, blocking=needs.occupancy
        )


def _about_the_debtor(issuer: Organisation, debtor: Organisation, needs: Requirements) -> Iterable[Blocker]:
    url = debtor.get_absolute_url()
    if not debtor.has_legal_personality:
        yield Blocker(
            "personnalite",
            f"{debtor.name} n'a pas la personnalité morale : indiquez dans sa fiche l'organisme dont ce service"
            " dépend.",
            url,
        )
    if not debtor.name.strip():
        yield Blocker("nom", "Le débiteur n'a pas de nom : complétez sa fiche.", url)
    if not debtor.siret:
        name = "SIRET" if debtor.siren else "SIREN et SIRET"
        yield Blocker("siret", f"{debtor.label} : manque {name}.", url, blocking=needs.siret)
    if not address_of(debtor).is_complete:
        yield Blocker("adresse", f"{debtor.label} : l'adresse est incomplète.", url, blocking=needs.address)
    if needs.code and not third_party_code(issuer, debtor):
        yield Blocker(
            "code-tiers",
            f"{debtor.label} n'a pas de code tiers dans votre logiciel financier.",
            issuer.get_absolute_url(),
        )


def _about_the_issuer(issuer: Organisation, debtor: Organisation, needs: Requirements) -> Iterable[Blocker]:
    url = issuer.get_absolute_url()
    if not account_of(issuer, debtor):
        yield Blocker("imputation", f"Aucune imputation n'est connue pour une recette de {debtor.label}.", url)
    if needs.settings:
        names = {"collectivite": "code collectivité", "budget": "code budget"}
        missing = [label for name, label in names.items() if not issuer.finance.get(name)]
        if missing:
            yield Blocker("parametres", f"Paramètres de {issuer.label} à renseigner : {', '.join(missing)}.", url)
