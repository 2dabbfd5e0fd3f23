"""A deliberation prepared from the conventions it will adopt."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from conventions.commission import assembly_of, planned_decisions
from conventions.models import CommissionFile, Convention, Decision, DecisionConvention, Deliberation, Party
from conventions.services.parties import authorise_party
from core.errors import BusinessError, Conflict, InvalidInput
from core.french import upper_first
from funding.models import BudgetLine
from parties.actors import Actor
from parties.models import Organisation


@transaction.atomic
def prepare_deliberation(
    *,
    organisation: Organisation,
    date: dt.date,
    conventions: Sequence[Convention],
    by: Actor,
    title: str = "",
    body: str = "",
    budget_line: BudgetLine | None = None,
    deliberation: Deliberation | None = None,
) -> Deliberation:
    """A vote of ``organisation`` on ``conventions``, its articles generated; ``deliberation`` to make one again.

    The party of that body in each convention still being written rests on this vote. Done again, gives the same
    articles: nothing is added twice. Refused once the vote was held: what was voted is not written again.
    """
    by.require("convention.edit")
    _check(organisation, conventions, budget_line, by)
    if deliberation is not None:
        deliberation = _unvoted(deliberation)
    else:
        deliberation = Deliberation(territory_id=by.territory_id, key=_key(organisation, date))
    if deliberation.pk and deliberation.organisation_id != organisation.pk:
        raise InvalidInput("Une délibération ne change pas d'assemblée.", place="organisation")
    deliberation.organisation = organisation
    deliberation.date = date
    deliberation.title = title.strip() or default_title(conventions)
    deliberation.body = body.strip() or default_body(organisation, date)
    deliberation.budget_line = budget_line
    deliberation.save()
    _write_decisions(deliberation, organisation, conventions)
    _rest_on(deliberation, organisation, conventions, by)
    return deliberation


def is_voted(deliberation: Deliberation) -> bool:
    """Whether anything of a vote held was entered: a number, votes, its transmission or its publication."""
    facts = (deliberation.votes_for, deliberation.transmitted_on, deliberation.published_on)
    return bool(deliberation.number) or any(fact is not None for fact in facts)


def default_title(conventions: Sequence[Convention]) -> str:
    """The title a deliberation has when none is typed."""
    years = sorted({link.plan.year for c in conventions for link in c.convention_plans.select_related("plan")})
    span = "" if not years else f" {years[0]}" if len(years) == 1 else f" {years[0]}–{years[-1]}"
    return (
        f"Conventions relatives au financement des postes d'intervenants sociaux en commissariat et gendarmerie{span}"
    )


def default_body(organisation: Organisation, day: dt.date) -> str:
    """« Conseil communautaire », « Commission permanente du Conseil départemental »."""
    text = assembly_of(organisation, day=day).body.text
    return upper_first(text)


def _check(
    organisation: Organisation, conventions: Sequence[Convention], budget_line: BudgetLine | None, by: Actor
) -> None:
    if organisation.territory_id != by.territory_id:
        raise InvalidInput("Cet organisme n'est pas de votre territoire.", place="organisation")
    if not conventions:
        raise InvalidInput("Choisissez au moins une convention.", place="conventions")
    mine = set(Party.objects.filter(organisation=organisation).values_list("convention_id", flat=True))
    foreign = [convention.reference for convention in conventions if convention.pk not in mine]
    if foreign:
        raise InvalidInput(
            f"{organisation} n'est pas partie à {', '.join(foreign)} : retirez-les du choix.", place="conventions"
        )
    if budget_line is not None and budget_line.organisation_id != organisation.pk:
        raise InvalidInput("Cette ligne budgétaire est celle d'un autre organisme.", place="budget_line")


def _unvoted(deliberation: Deliberation) -> Deliberation:
    locked = Deliberation.objects.select_for_update(of=("self",)).get(pk=deliberation.pk)
    if is_voted(locked):
        raise BusinessError("Cette délibération a été votée : ses articles ne se réécrivent plus.")
    return locked


def _key(organisation: Organisation, date: dt.date) -> str:
    """Not taken by another vote of the same body on the same day."""
    stem = f"{organisation.key}-{date:%Y-%m-%d}"
    taken = set(
        Deliberation.objects.filter(territory_id=organisation.territory_id, key__startswith=stem).values_list(
            "key", flat=True
        )
    )
    number = 1
    while (key := stem if number == 1 else f"{stem}-{number}") in taken:
        number += 1
    return key


def _write_decisions(deliberation: Deliberation, organisation: Organisation, conventions: Sequence[Convention]) -> None:
    deliberation.decisions.all().delete()
    for position, planned in enumerate(planned_decisions(organisation, conventions), start=1):
        decision = Decision.objects.create(
            territory_id=deliberation.territory_id,
            deliberation=deliberation,
            position=position,
            kind=planned.kind,
            subject=planned.subject,
            amount=planned.amount,
            beneficiary=planned.beneficiary,
        )
        for convention in planned.conventions:
            DecisionConvention.objects.create(
                territory_id=deliberation.territory_id, decision=decision, convention=convention
            )


def _rest_on(
    deliberation: Deliberation, organisation: Organisation, conventions: Sequence[Convention], by: Actor
) -> None:
    parties = Party.objects.filter(
        convention__in=[c for c in conventions if c.is_editable], organisation=organisation, deliberation=None
    )
    for party in parties.select_related("convention", "organisation"):
        authorise_party(party=party, deliberation=deliberation, by=by)


@transaction.atomic
def save_commission_file(
    *, deliberation: Deliberation, data: Mapping[str, Any], by: Actor, expected: int | None = None
) -> CommissionFile:
    """Write what is typed for the session: ``context``, ``points``, ``visas``, ``bilan_year``, ``bilan_version``.

    ``expected``: the version the person was looking at; another save since then raises Conflict.
    """
    by.require("convention.edit")
    Deliberation.objects.select_for_update(of=("self",)).get(pk=deliberation.pk)
    file = CommissionFile.objects.filter(deliberation=deliberation).first()
    if file is None:
        file = CommissionFile(deliberation=deliberation, territory_id=deliberation.territory_id, lock_version=0)
    elif expected is not None and file.lock_version != expected:
        raise Conflict(
            "Quelqu'un a enregistré ce dossier pendant que vous l'écriviez. Rien n'a été enregistré : votre texte est"
            " ci-dessous, relisez la version enregistrée dans un autre onglet puis recommencez."
        )
    for name in ("context", "points", "visas", "bilan_year", "bilan_version"):
        setattr(file, name, data[name])
    file.lock_version += 1
    file.save()
    return file
