"""The dated rules of titres, the closing of exercices, and money paid beforehand."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from core.errors import Conflict, InvalidInput, NotAllowed
from core.french import date_long
from core.money import euros
from funding.models import Advance, ExerciseClosing, FundingPlan, TitrePolicy
from funding.services.titres import check_issuer, lock
from parties.actors import Actor
from parties.models import Organisation

#: What a rule sets; the rest of a row says for whom and from when.
POLICY_FIELDS = (
    "basis",
    "tolerated_days",
    "month_threshold",
    "minimum",
    "needs_siret",
    "needs_address",
    "needs_code",
    "needs_occupancy",
    "needs_settings",
    "needs_clean_plan",
)


@transaction.atomic
def set_policy(
    *,
    valid_from: dt.date,
    by: Actor,
    issuer: Organisation | None = None,
    plan: FundingPlan | None = None,
    **rules: Any,
) -> TitrePolicy:
    """The rules of titres from ``valid_from`` on, for a plan, an issuer, or (managers only) the whole territory.

    The same scope and day again replaces them: the journal keeps what they were. ``rules``: :data:`POLICY_FIELDS`.
    Raises :class:`InvalidInput` naming the field, :class:`NotAllowed` for somebody else's titres.
    """
    by.require("titre.propose")
    issuer = plan.employer if plan is not None else issuer
    if issuer is not None:
        check_issuer(issuer, by)
    elif not by.is_staff:
        raise NotAllowed("Les règles de tout le territoire sont fixées par les gestionnaires du dispositif.")
    scope = {"territory_id": by.territory_id, "issuer": issuer, "plan": plan, "valid_from": valid_from}
    lock(f"policy:{by.territory_id}")
    policy = TitrePolicy.objects.filter(**scope).first() or TitrePolicy(**scope)
    for name in POLICY_FIELDS:
        if name in rules:
            setattr(policy, name, rules[name])
    policy.by_label = by.label
    try:
        policy.full_clean(exclude=["territory", "issuer", "plan"], validate_constraints=False)
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise InvalidInput(messages[0], place=name) from error
    policy.save()
    return policy


@transaction.atomic
def close_exercise(*, issuer: Organisation, year: int, closed_on: dt.date, by: Actor) -> ExerciseClosing:
    """The last day of ``issuer``'s exercice ``year``: later corrections are mandats 673. Said again, it is replaced."""
    by.require("titre.export")
    check_issuer(issuer, by)
    if closed_on.year not in (year, year + 1):
        raise InvalidInput(
            f"Un exercice {year} se clôt en {year} ou au début de {year + 1} (journée complémentaire).",
            place="closed_on",
        )
    row, _created = ExerciseClosing.objects.update_or_create(
        issuer=issuer,
        year=year,
        defaults={"closed_on": closed_on, "by_label": by.label, "territory_id": issuer.territory_id},
    )
    return row


@transaction.atomic
def record_advance(
    *, plan: FundingPlan, share_ref: str, amount: Decimal, received_on: dt.date, by: Actor, reference: str = ""
) -> Advance:
    """Money a financer of ``plan`` paid before its titre, in euros: deducted when the titres are next prepared.

    Raises :class:`InvalidInput` for an unknown share, an amount not above zero or a date to come; :class:`Conflict`
    when the same advance (share, day, amount, reference) is already there.
    """
    by.require("titre.propose")
    check_issuer(plan.employer, by)
    lock(f"plan:{plan.pk}")
    if not plan.shares.filter(ref=share_ref).exists():
        raise InvalidInput("Choisissez une part de ce plan.", place="share_ref")
    if amount <= 0 or amount != amount.quantize(Decimal("0.01")):
        raise InvalidInput("Une avance est d'au moins 0,01 €, au centime.", place="amount")
    if received_on > timezone.localdate():
        raise InvalidInput("La date de l'avance est dans l'avenir.", place="received_on")
    known = Advance.objects.filter(
        plan=plan,
        share_ref=share_ref,
        amount=amount,
        received_on=received_on,
        reference=reference.strip(),
        reversal__isnull=True,
    )
    if known.exists():
        raise Conflict(
            f"Une avance de {euros(amount)} du {date_long(received_on)} est déjà enregistrée pour cette part. Si c'en"
            " est une autre, distinguez-la par sa référence."
        )
    return Advance.objects.create(
        plan=plan,
        share_ref=share_ref,
        amount=amount,
        received_on=received_on,
        reference=reference.strip(),
        by=by.user,
        by_label=by.label,
    )


@transaction.atomic
def reverse_advance(*, advance: Advance, by: Actor) -> Advance:
    """Undo a wrong advance by a row of the opposite amount, once."""
    by.require("titre.propose")
    check_issuer(advance.plan.employer, by)
    lock(f"plan:{advance.plan_id}")
    if advance.reverses_id is not None or Advance.objects.filter(reverses=advance).exists():
        raise Conflict("Cette avance est déjà contre-passée.")
    return Advance.objects.create(
        plan=advance.plan,
        share_ref=advance.share_ref,
        amount=-advance.amount,
        received_on=timezone.localdate(),
        reference=advance.reference,
        reverses=advance,
        by=by.user,
        by_label=by.label,
    )
