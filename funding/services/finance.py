"""Saving what an organisation tells of its finance software: by its own finance people, or the territory's managers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from core.errors import Conflict, InvalidInput, NotAllowed
from funding.exports.chart import Verdict, subdivisions, verdict
from funding.finance_settings import BY_KEY, TABLE_BY_KEY, FinanceSettings, Step, cleaned, cleaned_entry
from parties.actors import Actor
from parties.models import Organisation


def check_may_settle(organisation: Organisation, by: Actor) -> None:
    """Raise :class:`NotAllowed` unless ``by`` may see and change the finance settings of ``organisation``."""
    by.require("finance.edit")
    own = by.organisation is not None and by.organisation.pk == organisation.pk
    if organisation.territory_id != by.territory_id or not (by.is_staff or own):
        raise NotAllowed(f"Seul le service financier de {organisation} règle ses paramètres financiers.")


@transaction.atomic
def save_finance(
    *,
    organisation: Organisation,
    by: Actor,
    values: Mapping[str, Any] | None = None,
    tables: Mapping[str, Mapping[str, Any]] | None = None,
    seen_at: dt.datetime | None = None,
) -> Organisation:
    """Change the settings given in ``values`` and the lines given in ``tables``; an empty text forgets one.

    The names are those of :mod:`funding.finance_settings`; what is not given stays. ``seen_at``: the ``updated_at`` the
    person was shown. Raises ``NotAllowed``; ``InvalidInput``, its place the setting (``table.line`` in a table);
    ``Conflict`` when somebody saved since.
    """
    check_may_settle(organisation, by)
    locked = Organisation.objects.select_for_update(of=("self",)).get(pk=organisation.pk)
    if seen_at is not None and locked.updated_at != seen_at:
        raise Conflict(
            "Ces paramètres ont changé pendant que vous les aviez ouverts. Rien n'a été enregistré : comparez, puis "
            "enregistrez de nouveau."
        )
    finance = dict(locked.finance)
    for key, value in (values or {}).items():
        if key not in BY_KEY:
            raise LookupError(f"no finance setting {key}")
        if BY_KEY[key].step is not Step.PAYER and not locked.issues_titres:
            raise InvalidInput(f"{locked} n'émet pas de titres : ce réglage ne la concerne pas.", place=key)
        _keep(finance, key, cleaned(key, value), BY_KEY[key].default)
    for key, lines in (tables or {}).items():
        if key not in TABLE_BY_KEY:
            raise LookupError(f"no finance table {key}")
        known = FinanceSettings(finance).table(key)
        for name, value in lines.items():
            text = cleaned_entry(key, str(name), value)
            if key == "comptes" and text:
                _check_account(text, FinanceSettings(finance).get("nomenclature"), f"{key}.{name}")
            _keep(known, str(name), text, "")
        _keep(finance, key, known, {})
    if finance != locked.finance:
        locked.finance = finance
        locked.save(update_fields=["finance", "updated_at"])
    return locked


def _check_account(number: str, chart: str, place: str) -> None:
    """An account of M57 we know not to take titres is refused at once."""
    found = verdict(number, chart)
    if found is Verdict.DIVIDED:
        under = ", ".join(f"{account.number} ({account.label})" for account in subdivisions(number)[:3])
        raise InvalidInput(f"Le compte {number} est subdivisé en M57. Prenez par exemple {under}.", place=place)
    if found is Verdict.UNKNOWN:
        raise InvalidInput(f"Le compte {number} n'existe pas en M57.", place=place)


def _keep(store: dict[str, Any], key: str, value: Any, default: Any) -> None:
    """A default is not stored: it may change for all."""
    if value in ("", {}) or value == default:
        store.pop(key, None)
    else:
        store[key] = value
