"""A dossier applied by a command: its territory is created if need be, and the whole is one transaction."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from core import rls
from parties.actors import Actor
from parties.models import Territory

from .importer import Outcome, import_dossier
from .reader import DossierRefused, parse, validate


def import_file(content: bytes, *, check_only: bool = False) -> Outcome:
    """Apply ``content`` as the system, to the territory it names. Raises :class:`DossierRefused`, nothing written."""
    data = parse(content)
    if not _names_territory(data):
        raise DossierRefused(validate(data))
    with transaction.atomic():
        territory = _territory(data["territory"])
        actor = Actor.system(territory)
        with rls.acting(actor.context):
            outcome = import_dossier(content=content, by=actor, check_only=check_only)
        if check_only:
            transaction.set_rollback(True)
    return outcome


def _names_territory(data: dict[str, Any]) -> bool:
    """Whether the territory is well formed: then it can exist while the rest is checked."""
    return not any(error.path.startswith("territory") for error in validate({**data})) and "territory" in data


def _territory(described: dict[str, Any]) -> Territory:
    territory = Territory.objects.filter(code=described["code"]).first() or Territory(code=described["code"])
    wanted = {name: described[name] for name in ("name", "administrative_court") if name in described}
    if territory.pk is None or any(getattr(territory, name) != value for name, value in wanted.items()):
        for name, value in wanted.items():
            setattr(territory, name, value)
        territory.save()
    return territory
