"""Writing the directory: organisations and mandates."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model

from core.errors import Conflict, InvalidInput
from core.french import date_long
from parties.actors import Actor
from parties.enums import OrganisationKind
from parties.models import Mandate, Organisation

#: Fields a caller may give; anything else is a programming error.
ORGANISATION_FIELDS = (
    "kind",
    "legal_form",
    "name",
    "short_name",
    "siren",
    "siret",
    "rna",
    "association_form",
    "statutory_object",
    "declared_on",
    "seat",
    "address1",
    "address2",
    "postal_code",
    "city",
    "parent",
    "finance",
)
MANDATE_FIELDS = ("person", "gender", "function", "rank", "capacity", "start", "end", "delegation")


@transaction.atomic
def create_organisation(*, by: Actor, **fields: Any) -> Organisation:
    """A new organisation of ``by``'s territory. ``fields`` are those of ``ORGANISATION_FIELDS`` (and ``key``).

    Raises ``NotAllowed``; ``InvalidInput`` with ``place`` the field's name.
    """
    by.require("party.edit")
    organisation = Organisation(territory=by.territory)
    _fill(organisation, fields, (*ORGANISATION_FIELDS, "key"))
    _save_organisation(organisation, by)
    return organisation


@transaction.atomic
def update_organisation(
    *, organisation: Organisation, by: Actor, seen_at: dt.datetime | None = None, **fields: Any
) -> Organisation:
    """Change the given ``fields``. Texts already approved keep the wording they were frozen with.

    ``seen_at``: the ``updated_at`` the person was shown; ``Conflict`` when somebody saved since.
    Raises ``NotAllowed``, ``InvalidInput``.
    """
    by.require("party.edit")
    locked = _lock(Organisation, organisation.pk, by, seen_at)
    _fill(locked, fields, ORGANISATION_FIELDS)
    _save_organisation(locked, by)
    return locked


@transaction.atomic
def create_mandate(*, organisation: Organisation, by: Actor, **fields: Any) -> Mandate:
    """A person's function in an organisation. ``fields`` are those of ``MANDATE_FIELDS`` (and ``key``).

    Raises ``NotAllowed``; ``InvalidInput`` with ``place`` the field's name.
    """
    by.require("party.edit")
    if organisation.territory_id != by.territory_id:
        raise InvalidInput("Cette organisation n'est pas de votre territoire.", place="organisation")
    mandate = Mandate(organisation=organisation, territory=by.territory)
    _fill(mandate, fields, (*MANDATE_FIELDS, "key"))
    _save_mandate(mandate)
    return mandate


@transaction.atomic
def update_mandate(*, mandate: Mandate, by: Actor, seen_at: dt.datetime | None = None, **fields: Any) -> Mandate:
    """Correct or close a mandate. Same errors as :func:`update_organisation`."""
    by.require("party.edit")
    locked = _lock(Mandate, mandate.pk, by, seen_at)
    _fill(locked, fields, MANDATE_FIELDS)
    _save_mandate(locked)
    return locked


# --- Parts of the above -----------------------------------------------------------------------------------------------


def _lock(model: type[Any], pk: int, by: Actor, seen_at: dt.datetime | None) -> Any:
    row = model.objects.visible_to(by).select_for_update(of=("self",)).filter(pk=pk).first()
    if row is None:
        raise Conflict("Cette fiche n'existe plus dans votre territoire.")
    if seen_at is not None and row.updated_at != seen_at:
        raise Conflict(
            "Une autre personne a modifié cette fiche pendant que vous l'aviez ouverte. Rien n'a été enregistré : "
            "comparez avec sa version, puis enregistrez de nouveau."
        )
    return row


def _fill(row: Model, fields: dict[str, Any], allowed: tuple[str, ...]) -> None:
    unknown = set(fields) - set(allowed)
    if unknown:
        raise LookupError(f"fields {type(row).__name__} does not have: {sorted(unknown)}")
    for name, value in fields.items():
        setattr(row, name, value.strip() if isinstance(value, str) else value)


def _save_organisation(organisation: Organisation, by: Actor) -> None:
    organisation.siren = "".join(organisation.siren.split())
    organisation.siret = "".join(organisation.siret.split())
    if organisation.kind != OrganisationKind.EPCI:
        organisation.legal_form = ""  # only an EPCI has one here: a kind changed leaves none behind
    if organisation.kind != OrganisationKind.ASSOCIATION:
        organisation.rna = organisation.association_form = organisation.statutory_object = ""
        organisation.declared_on = None
    organisation.rna = organisation.rna.upper()
    _check_numbers(organisation)
    _check_parent(organisation, by)
    _clean(organisation)
    organisation.save()


def _check_numbers(organisation: Organisation) -> None:
    if organisation.siren and organisation.siret and not organisation.siret.startswith(organisation.siren):
        raise InvalidInput(
            f"Ce SIRET n'est pas celui d'un établissement du SIREN {organisation.siren} : il doit commencer par lui.",
            place="siret",
        )
    if organisation.postal_code and not (organisation.postal_code.isdigit() and len(organisation.postal_code) == 5):
        raise InvalidInput("Le code postal compte cinq chiffres.", place="postal_code")
    if not organisation.siren:
        return
    same = Organisation.objects.filter(territory_id=organisation.territory_id, siren=organisation.siren)
    other = same.exclude(pk=organisation.pk).first()
    if other is not None:
        raise InvalidInput(f"Ce SIREN est déjà celui de « {other.name} » dans l'annuaire.", place="siren")


def _check_parent(organisation: Organisation, by: Actor) -> None:
    ancestor = organisation.parent
    if ancestor is not None and ancestor.territory_id != by.territory_id:
        raise InvalidInput("La personne morale de rattachement n'est pas de votre territoire.", place="parent")
    while ancestor is not None:
        if ancestor.pk == organisation.pk:
            raise InvalidInput("Une organisation ne peut pas se rattacher à elle-même.", place="parent")
        ancestor = ancestor.parent


def _save_mandate(mandate: Mandate) -> None:
    if mandate.start and mandate.end and mandate.end < mandate.start:
        raise InvalidInput(
            f"La fin du mandat ({date_long(mandate.end)}) précède son début ({date_long(mandate.start)}).", place="end"
        )
    _clean(mandate)
    mandate.save()


def _clean(row: Model) -> None:
    try:
        row.full_clean()
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise InvalidInput(messages[0], place="" if name == "__all__" else name) from error
