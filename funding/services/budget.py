"""Budget lines: created, corrected, and the attributions they pay. What is proposed on a line is never written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction

from core.errors import BusinessError, Conflict, InvalidInput, NotAllowed
from funding.models import BudgetImputation, BudgetLine, Share
from funding.models.budget import FIGURES
from parties.actors import Actor
from parties.models import Organisation

CODES = ("nature", "function", "chapter", "programme", "envelope", "service")
OWN = ("label", "operation", "imputation", *FIGURES, "situation_on", "source", "stated")


@transaction.atomic
def create_budget_line(*, organisation: Organisation, year: int, by: Actor, **values: Any) -> BudgetLine:
    """A line of ``organisation``'s budget for ``year``; ``values`` as :func:`update_budget_line` takes them.

    Raises ``NotAllowed`` for another body's line, ``InvalidInput`` for a body without a public budget or a value that
    does not hold.
    """
    by.require("budget.edit")
    check_owner(organisation, by)
    if not organisation.is_local_authority:
        raise InvalidInput(
            f"{organisation} n'est pas une collectivité : elle n'a pas de ligne budgétaire ici.",
            place="organisation",
        )
    line = BudgetLine(territory_id=by.territory_id, organisation=organisation, year=year)
    return _write(line, values)


@transaction.atomic
def update_budget_line(*, line: BudgetLine, by: Actor, seen_at: dt.datetime | None = None, **values: Any) -> BudgetLine:
    """Change the given fields of a line; its body and its year never change.

    ``values``: fields of :class:`BudgetLine` (euros), and ``since`` with the codes of :class:`BudgetImputation`: a date
    already known corrects that imputation, a new one opens another and keeps the former. ``seen_at``: the
    ``updated_at`` the person was shown; ``Conflict`` when somebody saved since.
    """
    by.require("budget.edit")
    found = BudgetLine.objects.visible_to(by).filter(pk=line.pk)
    locked = found.select_for_update(of=("self",)).select_related("organisation").first()
    if locked is None:
        raise InvalidInput("Cette ligne n'est pas de votre territoire.")
    check_owner(locked.organisation, by)
    if seen_at is not None and locked.updated_at != seen_at:
        raise Conflict(
            "Une autre personne a modifié cette ligne pendant que vous l'aviez ouverte. Rien n'a été enregistré : "
            "vérifiez ses chiffres, puis enregistrez de nouveau."
        )
    return _write(locked, values)


def check_owner(organisation: Organisation, by: Actor) -> None:
    """A body's lines are kept by its own people or by the managers of the scheme."""
    if not by.is_staff and (by.organisation is None or by.organisation.pk != organisation.pk):
        raise NotAllowed(f"Seul le service financier de {organisation} tient ses lignes budgétaires.")


def _write(line: BudgetLine, values: Mapping[str, Any]) -> BudgetLine:
    for name in OWN:
        if name in values:
            setattr(line, name, values[name])
    _clean(line, exclude={"organisation", "territory", "uuid", "key"})
    line.save()
    if values.get("since") is not None:
        _write_imputation(line, values)
    return line


def _write_imputation(line: BudgetLine, values: Mapping[str, Any]) -> None:
    since: dt.date = values["since"]
    if since.year != line.year:
        raise InvalidInput(
            f"L'imputation prend effet dans l'exercice : une date de {line.year}, pas le {since:%d/%m/%Y}.",
            place="since",
        )
    codes = {name: values[name] for name in CODES if name in values}
    row = BudgetImputation.objects.filter(budget_line=line, since=since).first()
    if row is None and not any(codes.values()):
        return
    row = row or BudgetImputation(territory_id=line.territory_id, budget_line=line, since=since)
    before = {name: getattr(row, name) for name in codes}
    for name, value in codes.items():
        setattr(row, name, value)
    if row.pk is None or codes != before:
        _clean(row, exclude={"budget_line", "territory", "uuid"})
        row.save()


def _clean(row: BudgetLine | BudgetImputation, exclude: set[str]) -> None:
    try:
        row.clean_fields(exclude=exclude)
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise InvalidInput(messages[0], place=name) from error


@transaction.atomic
def charge_shares(*, shares: Iterable[Share], line: BudgetLine | None, by: Actor) -> int:
    """Have ``line`` pay these shares, or no line any more (None). How many changed.

    The line is of the body that pays the share and of the plan's year. A frozen plan keeps its figures: which line of
    its own budget pays is the payer's affair and is said at any time. The database does it (``cosigne_charge_share``),
    since a body's people may write nothing else of a share. ``BusinessError`` for a share that cannot be charged so.
    """
    by.require("budget.edit")
    if line is not None:
        check_owner(line.organisation, by)
    target = None if line is None else line.pk
    changed = 0
    for share in shares:
        if share.budget_line_id == target:
            continue
        with connection.cursor() as cursor:
            cursor.execute("SELECT cosigne_charge_share(%s, %s)", [share.pk, target])
            (done,) = cursor.fetchone()
        if not done:
            raise BusinessError(
                f"La part « {share.display_label} » du plan « {share.plan.label} » ne peut pas être imputée ici : la"
                " ligne doit être du même organisme et du même exercice, et le poste employé par un autre."
            )
        share.budget_line_id = target
        changed += 1
    return changed
