"""National models shipped with the product, loaded once per version; and which model new conventions follow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from conventions.clauses.sets import MODELS, ClauseSet, read_clause_set, shipped_files
from conventions.enums import Family
from conventions.library.data import as_data
from conventions.models import Clause, ModelChoice, Template
from core import rls
from core.errors import BusinessError, InvalidInput
from parties.actors import Actor

#: Values of a choice that is no version: the default rule, and the national model whatever its version.
AUTOMATIC, NATIONAL = "", "national"


def load_shipped_models(directory: Path = MODELS) -> list[str]:
    """Create the national templates not yet in the database; a published version is never rewritten.

    Every version shipped is loaded, older ones included: a convention or a dossier may name any of them.
    Returns a French line per file; one says so when the file no longer is what was published under its number.
    Raises ClauseSetError on a file with mistakes.
    """
    lines = []
    with rls.acting(rls.Context(scope="platform")):
        for path in shipped_files(directory):
            data = json.loads(path.read_text(encoding="utf-8"))
            read_clause_set(data)
            template, created = Template.objects.get_or_create(
                territory=None, family=data["family"], version=data["version"], defaults={"name": data["name"]}
            )
            rows = [_row(clause, position) for position, clause in enumerate(data["clauses"], start=1)]
            if created:
                write_clauses(template, data["clauses"])
                template.published_at = timezone.now()
                template.published_by_label = "Cosigne"
                template.save()
            state = "chargé" if created else "déjà présent" if rows == _stored(template) else CHANGED
            lines.append(f"Modèle {template.family} version {template.version} ({template.name}) : {state}")
    return lines


CHANGED = "déjà présent, gardé tel que publié : le fichier a changé, donnez-lui un nouveau numéro de version"
_COLUMNS = ("position", "kind", "title", "numbered", "when", "mandatory_when", "variants")


def _row(clause: dict[str, Any], position: int) -> dict[str, Any]:
    """A clause of a file as its row, in the order of ``_COLUMNS``."""
    given = {"position": position, "numbered": True, "when": [], "mandatory_when": []} | clause
    return {name: given[name] for name in _COLUMNS}


def _stored(template: Template) -> list[dict[str, Any]]:
    return list(template.clauses.order_by("position").values(*_COLUMNS))


def write_clauses(template: Template, clauses: list[dict[str, Any]]) -> None:
    """Put the clauses of a model read from JSON into a draft that has none."""
    Clause.objects.bulk_create(
        Clause(template=template, territory_id=template.territory_id, **_row(clause, position))
        for position, clause in enumerate(clauses, start=1)
    )


def national_model(family: str) -> Template | None:
    """The latest national model of the family; None when the family has none."""
    return Template.objects.national().published().filter(family=family).order_by("-version").first()


def national_set(family: str) -> ClauseSet | None:
    """The same, read: what says which clauses are mandatory."""
    template = national_model(family)
    return read_clause_set(as_data(template)) if template else None


def model_for(family: str, by: Actor) -> Template | None:
    """The model a new convention of the family follows: the one chosen by the territory; without a choice its own
    latest published version, else the national one. None when there is no model at all.
    """
    choice = ModelChoice.objects.filter(territory_id=by.territory_id, family=family).select_related("template").first()
    if choice is not None:
        return choice.template or national_model(family)
    own = Template.objects.published().filter(territory_id=by.territory_id, family=family).order_by("-version").first()
    return own or national_model(family)


@transaction.atomic
def choose_model(*, family: str, template: Template | None, by: Actor, rule: str = AUTOMATIC) -> None:
    """Say which model new conventions of ``family`` follow: a published version, else the ``rule`` (``AUTOMATIC`` or
    ``NATIONAL``). Conventions already drafted keep theirs. Can be repeated. Raises InvalidInput.
    """
    by.require("model.edit")
    if family not in Family.values:
        raise InvalidInput("Cette famille de conventions n'existe pas.", place="family")
    if template is not None and (template.is_draft or template.family != family):
        raise InvalidInput("Choisissez une version publiée de cette famille.", place="template")
    if template is None and rule == AUTOMATIC:
        ModelChoice.objects.filter(territory_id=by.territory_id, family=family).delete()
        return
    if template is None and national_model(family) is None:
        raise BusinessError("Cette famille n'a pas de modèle national.", place="template")
    ModelChoice.objects.update_or_create(territory_id=by.territory_id, family=family, defaults={"template": template})
