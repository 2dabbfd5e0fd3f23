"""The life of a compte rendu financier: started by the association, typed, certified and handed in, then reviewed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from core.errors import BusinessError, Conflict, InvalidInput, NotAllowed
from core.french import enumerate_fr, plural
from core.money import euros
from funding.enums_grants import AccountStatus, RuleKind
from funding.grant_accounts import PlannedLine, must_explain, planned_lines, totals
from funding.grant_rules import rules_of
from funding.models import FundingPlan, Grant, GrantAccount, GrantAccountEvent, GrantAccountLine
from parties.actors import Actor
from parties.models import Mandate, Organisation

from .grants import gives_grants

ZERO = Decimal(0)

LABELS = {
    "ouvrir": "Commencé",
    "remettre": "Remis aux financeurs",
    "accepter": "Accepté",
    "renvoyer": "Renvoyé à l'association",
}


@dataclass(frozen=True)
class Entry:
    """What the association types on one line; ``realised`` None: not known yet. Euros."""

    realised: Decimal | None
    explanation: str = ""


@transaction.atomic
def open_account(*, plan: FundingPlan, by: Actor) -> GrantAccount:
    """The plan's compte rendu, started from what the plan foresees; the one already there when there is one."""
    by.require("grant.request")
    if not gives_grants(plan):
        raise BusinessError("Seul un poste employé par une association donne lieu à un compte rendu financier.")
    existing = GrantAccount.objects.filter(plan=plan).first()
    if existing is not None:
        return existing
    _own(by, plan.employer_id)
    if not Grant.objects.filter(plan=plan).committed().exists():  # type: ignore[attr-defined]
        raise BusinessError("Aucune subvention de ce plan n'est attribuée : il n'y a encore rien à justifier.")
    account = GrantAccount.objects.create(plan=plan, beneficiary=plan.employer, year=plan.year)
    for rank, line in enumerate(planned_lines(plan)):
        _write_line(account, rank, line)
    _log(account, "ouvrir", "", by, by.organisation)
    return account


@transaction.atomic
def save_account(
    *, account: GrantAccount, entries: Mapping[str, Entry], narrative: str, expected: int, by: Actor
) -> GrantAccount:
    """What was realised, line by line (``entries`` by the line's uuid). Lines left out keep what they had.

    ``expected`` is the version the person was looking at. Raises :class:`Conflict` when it is no longer the stored one.
    """
    by.require("grant.request")
    locked = _locked(account)
    _own(by, locked.beneficiary_id)
    _editable(locked)
    if locked.version != expected:
        raise Conflict(
            "Une autre personne a enregistré ce compte rendu entre-temps. Votre saisie est conservée : comparez, puis "
            "enregistrez de nouveau."
        )
    for line in locked.lines.all():
        entry = entries.get(str(line.uuid))
        if entry is None:
            continue
        if entry.realised is not None and entry.realised < 0:
            raise InvalidInput("Un montant réalisé n'est pas négatif.", place=str(line.uuid))
        line.realised, line.explanation = entry.realised, entry.explanation.strip()[:500]
        line.save(update_fields=["realised", "explanation", "updated_at"])
    locked.narrative = narrative.strip()
    locked.version += 1
    locked.save(update_fields=["narrative", "version", "updated_at"])
    return locked


def obstacles(account: GrantAccount) -> list[str]:
    """What still prevents handing it in, in French; empty when nothing does."""
    lines = list(account.lines.all())
    percent = rules_of(account.territory_id).for_year(RuleKind.EXPLANATION_PERCENT, account.year).number
    found = []
    if not any(line.realised for line in lines if line.code.startswith("6")):
        found.append("Aucune charge réalisée n'est saisie.")
    blank = [line for line in lines if line.planned and line.realised is None]
    if blank:
        names = enumerate_fr([line.label for line in blank[:4]])
        found.append(f"Le réalisé manque sur {len(blank)} {plural(len(blank), 'ligne')} : {names}.")
    unexplained = [line for line in lines if must_explain(line, percent) and not line.explanation]
    for line in unexplained:
        found.append(
            f"Expliquez l'écart de {euros(line.gap or ZERO)} sur « {line.label} » (plus de {percent:f} % du prévu)."
        )
    used, given = totals(lines, "86").realised, totals(lines, "87").realised
    if used != given:
        found.append(f"Emplois en nature ({euros(used)}) et contributions en nature ({euros(given)}) diffèrent.")
    if not account.narrative:
        found.append("Le compte rendu qualitatif est vide.")
    return found


@transaction.atomic
def submit_account(*, account: GrantAccount, mandate: Mandate, certified_on: dt.date, by: Actor) -> GrantAccount:
    """The representative certifies it and it goes to the financers: nothing in it moves any more.

    Raises :class:`BusinessError` naming what is missing, :class:`InvalidInput` when the mandate does not cover the day.
    """
    by.require("grant.request")
    locked = _locked(account)
    _own(by, locked.beneficiary_id)
    _editable(locked)
    missing = obstacles(locked)
    if missing:
        raise BusinessError("Ce compte rendu n'est pas complet. " + " ".join(missing))
    if certified_on > timezone.localdate():
        raise InvalidInput("La date de certification est dans l'avenir.", place="certified_on")
    if mandate.organisation_id != locked.beneficiary_id:
        raise InvalidInput("Cette personne ne représente pas l'association.", place="mandate")
    if not Mandate.objects.filter(pk=mandate.pk).in_force_on(certified_on).exists():  # type: ignore[attr-defined]
        raise InvalidInput(f"Le mandat de {mandate.person} ne couvre pas cette date.", place="mandate")
    source = locked.status
    locked.certified_by, locked.certified_on = mandate, certified_on
    locked.certified_as = f"{mandate.civility} {mandate.person}, {mandate.function}"
    locked.submitted_on = timezone.localdate()
    locked.submission += 1
    locked.status = AccountStatus.SOUMIS
    locked.save()
    _log(locked, "remettre", source, by, locked.beneficiary)
    return locked


@transaction.atomic
def review_account(*, account: GrantAccount, accept: bool, by: Actor, reason: str = "") -> GrantAccount:
    """A financer accepts it or sends it back with its reason.

    It is accepted once every financer has accepted this submission, or once the managers accept it for all.
    """
    by.require("grant.pay")
    locked = _locked(account)
    financers = financers_of(locked)
    if not by.is_staff and (by.organisation is None or by.organisation.pk not in financers):
        raise NotAllowed("Seuls les financeurs du poste se prononcent sur son compte rendu.")
    if locked.status != AccountStatus.SOUMIS:
        if accept and locked.status == AccountStatus.ACCEPTE:
            return locked
        raise BusinessError(f"Ce compte rendu est « {locked.get_status_display()} » : il n'est pas à examiner.")
    if not accept:
        if not reason.strip():
            raise InvalidInput("Dites ce qui est à reprendre.", place="reason")
        _change(locked, AccountStatus.RENVOYE)
        _log(locked, "renvoyer", AccountStatus.SOUMIS, by, by.organisation, reason)
        return locked
    done = set(accepted_by(locked))
    mine = by.organisation.pk if by.organisation else None
    if by.is_staff or set(financers) <= {*done, mine}:
        _change(locked, AccountStatus.ACCEPTE)
    elif mine in done:
        return locked
    _log(locked, "accepter", AccountStatus.SOUMIS, by, by.organisation, reason)
    return locked


def financers_of(account: GrantAccount) -> dict[int, Organisation]:
    """Those who pay a grant of the plan. A financer sees its own grant only: the lines name the others."""
    rows = account.lines.filter(code="74", financer__isnull=False).select_related("financer")
    return {row.financer_id: row.financer for row in rows if row.planned and row.financer_id and row.financer}


def accepted_by(account: GrantAccount) -> list[int]:
    """Organisations that accepted the submission now in hand."""
    rows = account.events.filter(act="accepter", submission=account.submission, organisation__isnull=False)
    return list(rows.values_list("organisation_id", flat=True))


# --- Parts of the above -----------------------------------------------------------------------------------------------


def _own(by: Actor, beneficiary_id: int) -> None:
    if by.organisation is None or by.organisation.pk != beneficiary_id:
        raise NotAllowed("Le compte rendu financier est établi par l'association elle-même.")


def _editable(account: GrantAccount) -> None:
    if not account.is_editable:
        raise BusinessError(f"Ce compte rendu est « {account.get_status_display()} » : il ne se modifie plus.")


def _locked(account: GrantAccount) -> GrantAccount:
    locked = GrantAccount.objects.select_for_update(of=("self",)).filter(pk=account.pk).first()
    if locked is None:
        raise BusinessError("Ce compte rendu n'existe plus ou ne vous est plus accessible.")
    return locked


def _change(account: GrantAccount, status: str) -> None:
    account.status = status
    account.save(update_fields=["status", "updated_at"])


def _write_line(account: GrantAccount, rank: int, line: PlannedLine) -> None:
    GrantAccountLine.objects.create(
        account=account,
        position=rank,
        code=line.code,
        label=line.label,
        financer=line.financer,
        planned=line.planned,
    )


def _log(
    account: GrantAccount, act: str, source: str, by: Actor, organisation: Organisation | None, reason: str = ""
) -> None:
    GrantAccountEvent.objects.create(
        account=account,
        act=act,
        submission=account.submission,
        organisation=organisation,
        from_status=source,
        to_status=account.status,
        by=by.user,
        by_label=by.label,
        reason=reason.strip(),
    )
