"""What ends a convention before its term, or at the end of one: denunciation, termination. Written once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from conventions.enums import EndingKind, Status
from conventions.models import Convention, ConventionEnding
from conventions.services.avenant_effects import follow_up
from conventions.services.locking import lock
from conventions.services.terms import refresh_term
from conventions.situation import situation_on
from conventions.terms import Effect, denunciation_effect, last_day_of, renewal_of
from conventions.workflow import advance
from core.errors import BusinessError, InvalidInput
from core.french import add_months
from core.french.dates import date_long
from core.french.numbers import counted
from core.money import euros
from funding.enums import PlanStatus, TitreKind
from funding.models import FundingPlan, Titre
from funding.services.amendments import amend_plan
from funding.titre_facts import debtor_of, facts_by_plan
from parties.actors import Actor
from parties.models import Organisation

#: Months a party in breach has to put things right, when the convention sets no notice (shipped models, "resiliation").
BREACH_MONTHS = 1


@transaction.atomic
def denounce_convention(
    *,
    convention: Convention,
    received_on: dt.date,
    cause: str,
    by: Actor,
    by_organisation: Organisation | None = None,
    form: str = "",
    expected: int | None = None,
) -> ConventionEnding:
    """Record a denunciation: its effect is computed from its reception and the notice.

    Raises InvalidInput when the convention ends by itself before, or for someone who may not leave.
    """
    by.require("convention.edit")
    locked = lock(convention, expected=expected)
    if locked.status != Status.SIGNEE:
        raise BusinessError(
            f"La convention {locked.reference} est « {locked.get_status_display()} » : on ne dénonce qu'une convention"
            " signée."
        )
    _check_leaver(locked, by_organisation, received_on)
    effect = denunciation_effect(locked, received_on)
    ending = _record(
        locked,
        EndingKind.DENUNCIATION,
        effect,
        received_on=received_on,
        cause=cause,
        form=form,
        who=by_organisation,
        by=by,
    )
    advance(locked, "denounce", by=by, reason=f"{cause.strip()} – {effect.working}")
    _settle(locked, ending, by)
    return ending


@transaction.atomic
def terminate_convention(
    *,
    convention: Convention,
    decided_on: dt.date,
    last_day: dt.date,
    cause: str,
    by: Actor,
    by_organisation: Organisation | None = None,
    breach_notice_on: dt.date | None = None,
    expected: int | None = None,
) -> ConventionEnding:
    """Record a termination: for breach, after a formal notice that was not followed; or by agreement.

    Raises InvalidInput for an effect that precedes the end of the formal notice, or follows the convention's own end.
    """
    by.require("convention.edit")
    locked = lock(convention, expected=expected)
    effect = termination_effect(locked, decided_on, last_day, breach_notice_on)
    form = f"Mise en demeure du {date_long(breach_notice_on)}" if breach_notice_on else "Sans mise en demeure"
    ending = _record(
        locked,
        EndingKind.TERMINATION,
        effect,
        received_on=decided_on,
        cause=cause,
        form=form,
        who=by_organisation,
        by=by,
    )
    advance(locked, "terminate", by=by, reason=f"{cause.strip()} – {effect.working}")
    _settle(locked, ending, by)
    return ending


def termination_effect(
    convention: Convention, decided_on: dt.date, last_day: dt.date, breach_notice_on: dt.date | None
) -> Effect:
    """The effect of a termination, or InvalidInput. Reads only."""
    final = last_day_of(convention)
    if last_day < convention.period_start or last_day > final:
        end = "sans limite" if final == dt.date.max else f"au {date_long(final)}"
        raise InvalidInput(
            f"La convention court du {date_long(convention.period_start)} {end} : choisissez un jour de cette période.",
            place="last_day",
        )
    if breach_notice_on is None:
        return Effect(last_day, 0, f"Décidée le {date_long(decided_on)}, effet au {date_long(last_day)}.")
    months = convention.notice_months or BREACH_MONTHS
    earliest = add_months(breach_notice_on, months)
    delay = counted(months, "mois", "mois")
    if last_day < earliest:
        raise InvalidInput(
            f"La mise en demeure du {date_long(breach_notice_on)} laisse {delay} : la résiliation ne prend pas effet"
            f" avant le {date_long(earliest)}.",
            place="last_day",
        )
    working = (
        f"Mise en demeure du {date_long(breach_notice_on)} restée sans effet pendant {delay} ; décidée le"
        f" {date_long(decided_on)}, effet au {date_long(last_day)}."
    )
    return Effect(last_day, 0, working)


@dataclass(frozen=True)
class Consequence:
    """What an end means for one share: euros for the whole period, due until the end, and what its titre becomes."""

    plan: FundingPlan
    label: str
    agreed: Decimal
    due: Decimal
    working: str
    titre: Titre | None
    claimed: Decimal

    @property
    def to_reduce(self) -> Decimal:
        """What the titre that already left claims too much."""
        return max(self.claimed - self.due, Decimal(0))

    @property
    def proposal(self) -> str:
        """What is done, or to be done, in French."""
        if self.titre is None:
            return "Aucun titre : la somme due sera appelée telle quelle."
        if self.titre.batch_id is None:
            return "Titre non exporté : son montant suit, au prorata."
        if self.to_reduce:
            return "Titre déjà exporté : une réduction est à faire."
        return "Titre déjà exporté : rien à reprendre."


def consequences(convention: Convention, last_day: dt.date) -> list[Consequence]:
    """Each share of the committed plans that the end cuts short. Reads only."""
    return list(_consequences(convention, last_day))


def _consequences(convention: Convention, last_day: dt.date) -> Iterator[Consequence]:
    plans = [row.plan for row in situation_on(convention, last_day).plans if _is_cut(row.plan, last_day)]
    facts = facts_by_plan(plans)
    titres: dict[tuple[int, str], list[Titre]] = {}
    for titre in Titre.objects.filter(plan__in=plans, kind=TitreKind.TITRE).order_by("pk"):
        titres.setdefault((titre.plan_id, titre.share_ref), []).append(titre)
    for plan in plans:
        known = facts[plan.pk]
        for share in plan.shares.select_related("financer__parent").order_by("position", "pk"):
            debtor = debtor_of(share)
            if debtor is None or debtor.pk == plan.employer_id or not share.amount:
                continue
            claim = known.until_day(last_day).claim(share.amount, share.ref)
            mine = titres.get((plan.pk, share.ref), [])
            claimed = sum((titre.net for titre in mine if titre.batch_id is not None), Decimal(0))
            text = f"{euros(share.amount)} × {claim.ratio}"
            yield Consequence(
                plan, share.display_label, share.amount, claim.amount, text, mine[-1] if mine else None, claimed
            )


def _is_cut(plan: FundingPlan, last_day: dt.date) -> bool:
    return plan.status == PlanStatus.ENGAGE and plan.period_end > last_day


def _record(
    convention: Convention,
    kind: str,
    effect: Effect,
    *,
    received_on: dt.date,
    cause: str,
    form: str,
    who: Organisation | None,
    by: Actor,
) -> ConventionEnding:
    if not cause.strip():
        raise InvalidInput("Écrivez le motif : il reste au dossier.", place="cause")
    return ConventionEnding.objects.create(
        convention=convention,
        kind=kind,
        by_organisation=who,
        received_on=received_on,
        form=form.strip(),
        cause=cause.strip(),
        notice_months=effect.notice_months,
        last_day=effect.last_day,
        working=effect.working,
        by=by.user,
        by_label=by.label,
    )


def _settle(convention: Convention, ending: ConventionEnding, by: Actor) -> None:
    """The last day, and what is no longer due after it: titres not exported follow at once."""
    refresh_term(convention)
    for plan in _cut(convention, ending, by):
        follow_up(plan, by)


def replay_ending(*, ending: ConventionEnding, by: Actor) -> None:
    """What an end read from a dossier does to the plans that are committed here."""
    _cut(ending.convention, ending, by)


def _cut(convention: Convention, ending: ConventionEnding, by: Actor) -> list[FundingPlan]:
    """The committed plans of which nothing is due after the last day. Doing it again changes nothing."""
    label = f"{ending.get_kind_display().lower()} de la convention {convention.reference}"
    text = f"{label}, {date_long(ending.received_on)}"
    basis = {
        "text": text,
        "reference": convention.reference,
        "date": ending.received_on.isoformat(),
        "last_day": ending.last_day.isoformat(),
    }
    plans = [link.plan for link in convention.convention_plans.select_related("plan")]
    cut = [plan for plan in plans if _is_cut(plan, ending.last_day)]
    for plan in cut:
        amend_plan(
            plan=plan,
            source=f"fin:{ending.uuid}",
            text=text,
            effective_on=ending.received_on,
            legal_basis=basis,
            due_until=ending.last_day,
            by=by,
        )
    return cut


def _check_leaver(convention: Convention, who: Organisation | None, day: dt.date) -> None:
    if who is None:
        return
    bound = situation_on(convention, day).parties
    if all(party.organisation.pk != who.pk for party in bound):
        raise InvalidInput(f"{who} n'est pas partie à la convention à cette date.", place="by_organisation")
    renewal = renewal_of(convention)
    if renewal is not None and renewal.leavers and who.key not in renewal.leavers:
        names = [str(party.organisation) for party in bound if party.organisation.key in renewal.leavers]
        raise InvalidInput(
            f"La convention ne permet pas à {who} de s'opposer à son renouvellement : seuls le peuvent"
            f" {', '.join(names) or 'les signataires désignés'}.",
            place="by_organisation",
        )
