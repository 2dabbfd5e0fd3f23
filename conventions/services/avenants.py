"""Writing an avenant and taking it to signature. Everything it changes is structured; its text is generated."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.text import slugify

from conventions.avenant_checks import check_avenant
from conventions.avenant_workflow import advance, log
from conventions.checks import blocking
from conventions.enums import AvenantAct, AvenantStatus, ChangeKind, PartyRole, Status
from conventions.models import (
    Avenant,
    AvenantChange,
    Convention,
    ConventionPlan,
    ConventionVersion,
    Deliberation,
    Party,
    Signatory,
)
from conventions.services.drafting import mandate_on
from conventions.services.locking import lock
from conventions.services.signing import version_to_sign
from conventions.services.signing_rules import check_circulation
from conventions.situation import Situation, before_avenant, situation_on
from conventions.text import content_hash
from conventions.text.avenant import avenant_content, told_changes
from core import rls
from core.errors import BusinessError, Conflict, InvalidInput
from core.french.dates import date_long
from funding.enums import PlanStatus
from funding.models import FundingPlan
from funding.services.plans import freeze_plan, unfreeze_plan
from parties.actors import Actor
from parties.models import Mandate, Organisation

ONE_DAY = dt.timedelta(days=1)
FIELDS = ("title", "motive", "effective_on", "place")


# --- Drafting ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def create_avenant(
    *, convention: Convention, title: str, effective_on: dt.date, by: Actor, motive: str = "", place: str = ""
) -> Avenant:
    """A draft avenant to a signed convention; its signatories are those of the parties bound on its date.

    Raises BusinessError when the convention is not signed, InvalidInput for a date it does not bind on.
    """
    by.require("convention.edit")
    locked = lock(convention)
    if locked.status != Status.SIGNEE:
        raise BusinessError(
            f"La convention {locked.reference} est « {locked.get_status_display()} » : un avenant ne change qu'une"
            " convention signée."
        )
    _check_head(locked, title, effective_on)
    avenant = Avenant.objects.create(
        convention=locked,
        number=(locked.avenants.aggregate(last=Max("number"))["last"] or 0) + 1,
        title=title.strip(),
        motive=motive.strip(),
        effective_on=effective_on,
        place=place.strip() or locked.place,
    )
    log(avenant, AvenantAct.CREATE, avenant.status, by=by)
    sync_parties(avenant)
    return avenant


@transaction.atomic
def update_avenant(*, avenant: Avenant, data: dict[str, Any], by: Actor, expected: int | None = None) -> Avenant:
    """Change the head of an avenant being written: ``data`` holds some of FIELDS. Its changes must still make sense."""
    by.require("convention.edit")
    locked = lock_avenant(avenant, expected=expected, editable=True)
    unknown = set(data) - set(FIELDS)
    if unknown:
        raise LookupError(f"fields an avenant's head does not have: {sorted(unknown)}")
    for name, value in data.items():
        setattr(locked, name, value.strip() if isinstance(value, str) else value)
    _check_head(locked.convention, locked.title, locked.effective_on)
    _touch(locked)
    told_changes(locked, before_avenant(locked))
    sync_parties(locked)
    return locked


@transaction.atomic
def save_change(
    *, avenant: Avenant, kind: str, target: str, data: dict[str, Any], by: Actor, expected: int | None = None
) -> AvenantChange:
    """Say that the avenant changes one thing, or change what it says of it. InvalidInput names what cannot be."""
    by.require("convention.edit")
    locked = lock_avenant(avenant, expected=expected, editable=True)
    if kind not in ChangeKind.values:
        raise InvalidInput("Ce changement n'existe pas.", place="kind")
    if kind == ChangeKind.CLAUSE_ADDED and not target:
        target = _new_kind(locked, data.get("title", ""))
    data = _checked(locked, kind, target, data)
    position = (locked.changes.aggregate(last=Max("position"))["last"] or 0) + 1
    change, created = AvenantChange.objects.get_or_create(
        avenant=locked,
        kind=kind,
        target=target,
        defaults={"territory_id": locked.territory_id, "position": position, "data": data},
    )
    if not created:
        change.data = data
        change.save()
    told_changes(locked, before_avenant(locked))
    sync_parties(locked)
    _touch(locked)
    return change


@transaction.atomic
def remove_change(*, change: AvenantChange, by: Actor, expected: int | None = None) -> None:
    by.require("convention.edit")
    locked = lock_avenant(change.avenant, expected=expected, editable=True)
    change.delete()
    sync_parties(locked)
    _touch(locked)


@transaction.atomic
def save_avenant_party(
    *,
    party: Party,
    representative: Mandate | None,
    signatory: Mandate | None,
    deliberation: Deliberation | None,
    by: Actor,
) -> Party:
    """Who represents a party to the avenant, who signs it and the vote that authorises it.

    Once the text is approved only the vote may still be given, until the party signs.
    """
    by.require("convention.edit")
    if party.avenant is None:
        raise InvalidInput("Cette partie n'est pas d'un avenant.", place="party")
    locked = lock_avenant(party.avenant)
    for mandate in (representative, signatory):
        if mandate is not None and mandate.organisation_id != party.organisation_id:
            raise InvalidInput(f"{mandate.person} ne représente pas {party.organisation}.", place="representative")
    if deliberation is not None and deliberation.organisation_id != party.organisation_id:
        raise InvalidInput(f"{deliberation} n'est pas de {party.organisation}.", place="deliberation")
    if locked.is_editable:
        party.representative = representative
        # The second of two required signatures stays who it is.
        first = Signatory.objects.filter(party=party).order_by("position", "pk").first()
        if first is not None and first.mandate != signatory:
            first.mandate, first.delegation = signatory, None
            first.save(update_fields=["mandate", "delegation", "updated_at"])
    elif locked.status not in (AvenantStatus.APPROUVEE, AvenantStatus.EN_SIGNATURE):
        raise BusinessError(f"L'{locked} est « {locked.get_status_display()} » : ses parties ne changent plus.")
    elif version_to_sign(locked).signatures.filter(signatory__party=party).exists():
        raise BusinessError(f"{party.organisation} a déjà signé : sa délibération ne change plus.")
    party.deliberation = deliberation
    party.save(update_fields=["representative", "deliberation", "updated_at"])
    _touch(locked)
    return party


# --- Circuit ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def submit_avenant(*, avenant: Avenant, by: Actor, expected: int | None = None) -> Avenant:
    """Hand the avenant to the préfecture. Refused while a blocking finding stands (they are named)."""
    by.require("convention.submit")
    locked = lock_avenant(avenant, expected=expected)
    _refuse_blocking(locked, "bloquent la soumission")
    if locked.submitted_at is None:
        locked.submitted_at = timezone.now()
    advance(locked, "submit", by=by)
    return locked


@transaction.atomic
def send_back_avenant(*, avenant: Avenant, reason: str, by: Actor, expected: int | None = None) -> Avenant:
    """Back to the gestionnaire, with what to correct."""
    by.require("convention.approve")
    locked = lock_avenant(avenant, expected=expected)
    advance(locked, "send_back", by=by, reason=reason)
    return locked


@transaction.atomic
def approve_avenant(*, avenant: Avenant, by: Actor, expected: int | None = None) -> ConventionVersion:
    """Freeze the avenant's text, changes, parties and signatories in one hashed version of the convention."""
    by.require("convention.approve")
    locked = lock_avenant(avenant, expected=expected)
    advance(locked, "approve", by=by)
    _refuse_blocking(locked, "bloquent l'approbation")
    _freeze_plans(locked, by)
    number = locked.versions.count() + 1
    content = avenant_content(locked) | {"version": number}
    with rls.acting(replace(by.context, scope=rls.STAFF)):
        _freeze_changes(locked, content["changes"])
    return ConventionVersion.objects.create(
        convention=locked.convention,
        avenant=locked,
        number=number,
        content=content,
        sha256=content_hash(content),
        approved_by_label=by.label,
        approved_at=timezone.now(),
    )


@transaction.atomic
def start_avenant_signature(*, avenant: Avenant, by: Actor, expected: int | None = None) -> Avenant:
    """Circulate the approved text. Refused when the situation it was approved on has changed since."""
    by.require("convention.sign")
    locked = lock_avenant(avenant, expected=expected)
    version = version_to_sign(locked)
    told = [item.as_dict() for item in told_changes(locked, before_avenant(locked))]
    if told != version.content.get("changes"):
        raise BusinessError(
            "Un autre avenant, signé depuis l'approbation, a changé ce que celui-ci modifie. Reprenez sa rédaction :"
            " il sera approuvé à nouveau sur la situation actuelle."
        )
    check_circulation(locked.convention, locked)
    advance(locked, "circulate", by=by)
    return locked


@transaction.atomic
def reopen_avenant(*, avenant: Avenant, reason: str, by: Actor, expected: int | None = None) -> Avenant:
    """Take an approved text back to the desk: a new version will be needed, signatures of the former stay with it."""
    by.require("convention.edit")
    locked = lock_avenant(avenant, expected=expected)
    advance(locked, "reopen", by=by, reason=reason)
    _release_plans(locked, by, reason)
    return locked


@transaction.atomic
def abandon_avenant(*, avenant: Avenant, reason: str, by: Actor, expected: int | None = None) -> Avenant:
    """Give up an avenant nobody has finished signing. Its log and versions stay."""
    by.require("convention.edit")
    locked = lock_avenant(avenant, expected=expected)
    advance(locked, "abandon", by=by, reason=reason)
    _release_plans(locked, by, reason)
    return locked


# --- Parts of the above -----------------------------------------------------------------------------------------------


def lock_avenant(avenant: Avenant, *, expected: int | None = None, editable: bool = False) -> Avenant:
    """The avenant and its convention, locked until the transaction ends. Conflict when another save came between."""
    lock(avenant.convention)
    locked = Avenant.objects.select_for_update(of=("self",)).select_related("convention").filter(pk=avenant.pk).first()
    if locked is None:
        raise BusinessError("Cet avenant n'existe plus ou ne vous est plus accessible.")
    if expected is not None and locked.lock_version != expected:
        raise Conflict(
            f"L'{locked} a été modifié pendant que vous l'aviez sous les yeux. Rien n'a été enregistré : relisez-le,"
            " puis recommencez."
        )
    if editable and not locked.is_editable:
        raise BusinessError(
            f"L'{locked} est « {locked.get_status_display()} » : il ne se modifie plus. Reprenez sa rédaction."
        )
    return locked


def sync_parties(avenant: Avenant) -> None:
    """Who signs: those bound on its date, those who join; what was typed for each of them stays."""
    before = before_avenant(avenant)
    wanted = {party.organisation.pk: (party.organisation, list(party.roles)) for party in before.parties}
    representatives = {party.organisation.pk: party.representative for party in before.parties}
    for change in avenant.changes.order_by("position", "pk"):
        _join(avenant, change, wanted, representatives, before)
    present = {party.organisation_id: party for party in avenant.parties}
    for pk, party in present.items():
        if pk not in wanted:
            party.delete()
    for position, (pk, (organisation, roles)) in enumerate(wanted.items(), start=1):
        mandate = representatives.get(pk) or mandate_on(organisation, avenant.effective_on)
        if pk in present:
            _update_party(avenant, present[pk], position, roles, mandate)
        else:
            _create_party(avenant, organisation, position, roles, mandate)


def _join(
    avenant: Avenant,
    change: AvenantChange,
    wanted: dict[int, tuple[Organisation, list[str]]],
    representatives: dict[int, Mandate | None],
    before: Situation,
) -> None:
    if change.kind in (ChangeKind.PARTY_ADDED, ChangeKind.PARTY_REPLACED):
        key = change.target if change.kind == ChangeKind.PARTY_ADDED else change.data["by"]
        organisation = Organisation.objects.get(territory_id=avenant.territory_id, key=key)
        replaced = next((p for p in before.parties if p.organisation.key == change.target), None)
        roles = change.data.get("roles") or (list(replaced.roles) if replaced else [])
        wanted[organisation.pk] = (organisation, roles)
        representatives[organisation.pk] = mandate_on(organisation, avenant.effective_on)
    elif change.kind == ChangeKind.SIGNATORY:
        mandate = Mandate.objects.select_related("organisation").filter(
            organisation__territory_id=avenant.territory_id,
            organisation__key=change.target,
            key=change.data["mandate"],
        )
        for row in mandate:
            representatives[row.organisation_id] = row


def _update_party(avenant: Avenant, party: Party, position: int, roles: list[str], mandate: Mandate | None) -> None:
    changed = avenant.changes.filter(kind=ChangeKind.SIGNATORY, target=party.organisation.key).exists()
    party.position, party.roles = position, sorted(roles)
    if changed or party.representative is None:
        party.representative = mandate
        first = Signatory.objects.filter(party=party).order_by("position", "pk").first()
        if first is not None:
            first.mandate = mandate
            first.save(update_fields=["mandate", "updated_at"])
    party.save()
    Signatory.objects.filter(party=party).update(position=position)


def _create_party(
    avenant: Avenant, organisation: Organisation, position: int, roles: list[str], mandate: Mandate | None
) -> None:
    # Someone whose mandate ended since the convention does not sign its avenant.
    if mandate is not None and mandate.end is not None and mandate.end < avenant.effective_on:
        mandate = mandate_on(organisation, avenant.effective_on) or mandate
    party = Party.objects.create(
        convention=avenant.convention,
        avenant=avenant,
        organisation=organisation,
        position=position,
        roles=sorted(roles),
        representative=mandate,
    )
    # Those who signed the convention for this representative sign its avenant, delegations and double signatures
    # included.
    signing = Signatory.of_base.filter(
        convention=avenant.convention, party__organisation=organisation, party__representative=mandate
    )
    standing = [row for row in signing.select_related("mandate") if _holds(row.mandate, avenant.effective_on)]
    for row in standing or [Signatory(mandate=mandate)]:
        Signatory.objects.create(
            convention=avenant.convention,
            territory_id=avenant.territory_id,
            avenant=avenant,
            party=party,
            mandate=row.mandate,
            delegation=row.delegation,
            channel=row.channel,
            position=position,
        )


def _holds(mandate: Mandate | None, day: dt.date) -> bool:
    return mandate is not None and (mandate.end is None or mandate.end >= day)


def _touch(avenant: Avenant) -> None:
    avenant.lock_version += 1
    avenant.save()


def _check_head(convention: Convention, title: str, effective_on: dt.date) -> None:
    if not title.strip():
        raise InvalidInput("Écrivez l'objet de l'avenant en quelques mots.", place="title")
    last = situation_on(convention, effective_on).last_day
    if effective_on < convention.period_start:
        raise InvalidInput(
            f"La convention ne prend effet que le {date_long(convention.period_start)}.", place="effective_on"
        )
    if last < dt.date.max and effective_on > last + ONE_DAY:
        raise InvalidInput(
            f"La convention prend fin le {date_long(last)} : un avenant prend effet avant sa fin.", place="effective_on"
        )


def _checked(avenant: Avenant, kind: str, target: str, data: dict[str, Any]) -> dict[str, Any]:
    """What the change keeps, checked where the text alone would not tell."""
    if kind == ChangeKind.PERIOD:
        end = data["end"] if isinstance(data["end"], dt.date) else dt.date.fromisoformat(data["end"])
        if end < avenant.effective_on - ONE_DAY:
            raise InvalidInput("La nouvelle fin précède la prise d'effet de l'avenant.", place="end")
        if end < avenant.convention.period_start:
            raise InvalidInput("La nouvelle fin précède le début de la convention.", place="end")
        return {"end": end.isoformat()}
    if kind == ChangeKind.SHARE:
        return {"amount": f"{data['amount']:.2f}" if not isinstance(data["amount"], str) else data["amount"]}
    if kind in (ChangeKind.PARTY_ADDED, ChangeKind.PARTY_REPLACED):
        roles = [role for role in data.get("roles") or [] if role in PartyRole.values]
        if kind == ChangeKind.PARTY_ADDED and not roles:
            raise InvalidInput("Dites en quelle qualité elle devient partie.", place="roles")
        return {**data, "roles": roles}
    if kind in (ChangeKind.CLAUSE_REPLACED, ChangeKind.CLAUSE_ADDED):
        if kind == ChangeKind.CLAUSE_ADDED and not str(data.get("title", "")).strip():
            raise InvalidInput("Donnez un titre à l'article ajouté.", place="title")
        text = str(data.get("text", "")).replace("\r\n", "\n").replace("\r", "\n").strip()
        return {**data, "title": str(data.get("title", "")).strip(), "text": text}
    return data


def _new_kind(avenant: Avenant, title: str) -> str:
    """A name for an added article that no other one has."""
    base = slugify(title)[:40].strip("-").replace("-", "_") or "article"
    return f"avenant{avenant.number}_{base}"


def _refuse_blocking(avenant: Avenant, what: str) -> None:
    problems = blocking(check_avenant(avenant), at_signature=False)
    if problems:
        listed = " ".join(finding.message for finding in problems[:5])
        raise BusinessError(f"{len(problems)} constat(s) {what}. {listed}")


def _added_plans(avenant: Avenant) -> Iterable[FundingPlan]:
    keys = avenant.changes.filter(kind=ChangeKind.PLAN_ADDED).values_list("target", flat=True)
    return FundingPlan.objects.filter(territory_id=avenant.territory_id, key__in=list(keys))


def _freeze_plans(avenant: Avenant, by: Actor) -> None:
    """As for a convention: a consequence of the approval, done as staff."""
    with rls.acting(replace(by.context, scope=rls.STAFF)):
        for plan in _added_plans(avenant):
            if plan.status == PlanStatus.PROJET:
                freeze_plan(plan=plan, by=by)


def _freeze_changes(avenant: Avenant, told: list[dict[str, Any]]) -> None:
    """Each change keeps what the approved text says of it: what leaves without the text (dossier) still says it."""
    for row, item in zip(avenant.changes.order_by("position", "pk"), told, strict=True):
        row.told = item
        row.save(update_fields=["told", "updated_at"])


def _release_plans(avenant: Avenant, by: Actor, reason: str) -> None:
    for plan in _added_plans(avenant):
        taken = ConventionPlan.objects.filter(
            plan=plan, convention__status__in=[Status.APPROUVEE, Status.EN_SIGNATURE, Status.SIGNEE]
        )
        if plan.status == PlanStatus.ARRETE and not taken.exists():
            unfreeze_plan(plan=plan, by=by, reason=reason)
