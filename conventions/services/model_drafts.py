"""A territory's own models: drafts copied, written clause by clause, and published once nothing stands in the way.

A draft may hold mistakes, so that nobody loses work half done; a published version has none and never changes.
"""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.text import slugify

from conventions.clauses.conditions import Condition
from conventions.clauses.sets import UNNUMBERED, ClauseSetError, read_clause_set
from conventions.enums import Family
from conventions.library.data import as_data, clause_data
from conventions.library.problems import blocking, problems_of
from conventions.library.typed import read_blocks
from conventions.models import Clause, Template
from conventions.services.models_library import national_model, national_set, write_clauses
from core.errors import BusinessError, Conflict, InvalidInput, NotAllowed
from core.french.dates import date_long
from parties.actors import Actor

Json = dict[str, Any]

MOST_CLAUSES, MOST_VARIANTS = 120, 40
#: The two clauses printed before the articles, whatever their place.
HEAD_KINDS = UNNUMBERED


class NotPublishable(BusinessError):
    """A draft with problems; ``count`` says how many forbid its publication."""

    def __init__(self, message: str, count: int) -> None:
        super().__init__(message)
        self.count = count


# --- Drafts -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def start_draft(*, source: Template, by: Actor) -> Template:
    """A draft of the territory's next version, copied from a published one: the national model or its own.

    Raises BusinessError when the family already has a draft.
    """
    by.require("model.edit")
    if source.is_draft:
        raise BusinessError("Ce modèle est déjà un brouillon : modifiez-le.")
    draft = _new_draft(family=source.family, name=source.name, by=by, based_on=source)
    write_clauses(draft, [clause_data(row) for row in source.clauses.order_by("position", "pk")])
    return draft


@transaction.atomic
def import_draft(*, data: Any, by: Actor) -> Template:
    """A draft from a model's JSON, read by ``read_clause_set`` as the shipped ones are: all or nothing.

    The version in the file is not kept: the draft is the territory's next one. Raises InvalidInput listing every
    mistake with its place, BusinessError when the family already has a draft.
    """
    by.require("model.edit")
    try:
        model = read_clause_set(data)
    except ClauseSetError as error:
        raise InvalidInput("\n".join(error.errors), place="file") from error
    if model.family not in Family.values:
        known = ", ".join(Family.values)
        raise InvalidInput(f"family : « {model.family} » n'est pas une famille ; attendu : {known}.", place="file")
    draft = _new_draft(family=model.family, name=model.name, by=by, based_on=None)
    write_clauses(draft, data["clauses"])
    return draft


def _new_draft(*, family: str, name: str, by: Actor, based_on: Template | None) -> Template:
    own = Template.objects.filter(territory_id=by.territory_id, family=family)
    if (present := own.drafts().first()) is not None:
        raise BusinessError(
            f"Un brouillon de la famille {family} existe déjà (« {present.name} », version {present.version}) :"
            " publiez-le ou abandonnez-le d'abord."
        )
    latest = own.aggregate(latest=Max("version"))["latest"] or 0
    try:
        with transaction.atomic():
            return Template.objects.create(
                territory_id=by.territory_id, family=family, name=name, version=latest + 1, based_on=based_on
            )
    except IntegrityError as error:
        # Somebody started one at the same moment: the database keeps one draft per family.
        raise Conflict(f"Un brouillon de la famille {family} vient d'être commencé : ouvrez-le.") from error


@transaction.atomic
def rename_draft(*, template: Template, name: str, note: str, by: Actor, expected: int | None = None) -> Template:
    """The name of the model, and what its next version changes, in the writer's words."""
    draft = _lock(template, by, expected=expected)
    if not name.strip():
        raise InvalidInput("Donnez un nom au modèle.", place="name")
    draft.name, draft.note = name.strip(), note.strip()
    _touch(draft)
    return draft


@transaction.atomic
def discard_draft(*, template: Template, by: Actor, expected: int | None = None) -> None:
    """Throw a draft away, its clauses with it. Published versions are never removed."""
    _lock(template, by, expected=expected).delete()


@transaction.atomic
def publish_draft(*, template: Template, by: Actor, expected: int | None = None) -> Template:
    """Freeze the draft as the territory's next version. Raises NotPublishable while a problem stands."""
    draft = _lock(template, by, expected=expected)
    found = blocking(problems_of(as_data(draft), national_set(draft.family)))
    if found:
        count = "un point" if len(found) == 1 else f"{len(found)} points"
        raise NotPublishable(f"Ce brouillon ne peut pas être publié : {count} à corriger.", len(found))
    draft.published_at, draft.published_by_label = timezone.now(), by.label
    draft.save()
    return draft


# --- Clauses ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def add_clause(*, template: Template, by: Actor, title: str = "", source: Clause | None = None) -> Clause:
    """Add a clause at the end: one of the catalogue with its wordings (``source``, of a published model), or one's own,
    known by its ``title``, with one wording to write. Raises InvalidInput when the model has it already.
    """
    draft = _lock(template, by)
    rows = list(draft.clauses.order_by("position", "pk"))
    if len(rows) >= MOST_CLAUSES:
        raise BusinessError(f"Un modèle a au plus {MOST_CLAUSES} clauses.")
    taken = {row.kind for row in rows}
    if source is not None:
        if source.kind in taken:
            raise InvalidInput(f"Le modèle a déjà une clause « {source.title} ».", place="source")
        row = Clause(**clause_data(source))
    else:
        if not title.strip():
            raise InvalidInput("Donnez un titre à la clause.", place="title")
        first = {"key": "standard", "label": "Rédaction courante", "blocks": []}
        row = Clause(kind=_free(title, taken, "clause"), title=title.strip(), variants=[first])
    row.template, row.territory_id = draft, draft.territory_id
    row.position = max((r.position for r in rows), default=0) + 1
    row.save()
    if row.kind in HEAD_KINDS:
        _order(draft, [row.kind, *(r.kind for r in rows)])
    _touch(draft)
    return row


@transaction.atomic
def save_clause_settings(
    *,
    clause: Clause,
    title: str,
    when: Condition,
    mandatory_when: Condition,
    by: Actor,
    expected: int | None = None,
) -> Clause:
    """The title of a clause, when it is used and when it is mandatory."""
    row = _lock_clause(clause, by, expected=expected)
    if not title.strip():
        raise InvalidInput("Donnez un titre à la clause.", place="title")
    row.title, row.when, row.mandatory_when = title.strip(), when, mandatory_when
    return _save_clause(row)


@transaction.atomic
def move_clause(*, clause: Clause, by: Actor, up: bool | None = None, after: str | None = None) -> None:
    """One place up or down, or just after the clause of kind ``after`` ("": first of the articles).

    The visas and the preamble stay at the head; moving past an end changes nothing.
    """
    row = _lock_clause(clause, by)
    kinds = list(row.template.clauses.order_by("position", "pk").values_list("kind", flat=True))
    if row.kind in HEAD_KINDS:
        raise BusinessError("Les visas et le préambule restent en tête.")
    head = [kind for kind in kinds if kind in HEAD_KINDS]
    body = [kind for kind in kinds if kind not in HEAD_KINDS]
    here = body.index(row.kind)
    body.remove(row.kind)
    if after is not None:
        if after and after not in body:
            raise InvalidInput("Choisissez une clause du modèle.", place="after")
        there = body.index(after) + 1 if after else 0
    else:
        there = max(0, here - 1) if up else min(len(body), here + 1)
    body.insert(there, row.kind)
    _order(row.template, [*head, *body])
    _touch(row.template)


@transaction.atomic
def remove_clause(*, clause: Clause, by: Actor, expected: int | None = None) -> None:
    """Leave a clause out of the draft. References to it, and its absence when it is mandatory, are then told."""
    row = _lock_clause(clause, by, expected=expected)
    draft = row.template
    row.delete()
    _touch(draft)


# --- Variants ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def add_variant(*, clause: Clause, label: str, text: str, when: Condition, by: Actor) -> str:
    """A new wording, placed before those that fit every case, so that it can be chosen. Returns its key."""
    row = _lock_clause(clause, by)
    if len(row.variants) >= MOST_VARIANTS:
        raise BusinessError(f"Une clause a au plus {MOST_VARIANTS} variantes.")
    key = _free(label, {v["key"] for v in row.variants}, "variante")
    made = _variant(key, label, text, when)
    always = next((rank for rank, v in enumerate(row.variants) if not v.get("when")), len(row.variants))
    row.variants.insert(always if when else len(row.variants), made)
    _save_clause(row)
    return key


@transaction.atomic
def save_variant(
    *, clause: Clause, key: str, label: str, text: str, when: Condition, by: Actor, expected: int | None = None
) -> Clause:
    """The name, conditions and text (typed as ``library.typed`` reads it) of one wording."""
    row = _lock_clause(clause, by, expected=expected)
    row.variants[_rank(row, key)] = _variant(key, label, text, when)
    return _save_clause(row)


@transaction.atomic
def move_variant(*, clause: Clause, key: str, up: bool, by: Actor) -> None:
    """One place up or down: the first variant whose conditions hold is the one chosen."""
    row = _lock_clause(clause, by)
    here = _rank(row, key)
    there = max(0, here - 1) if up else min(len(row.variants) - 1, here + 1)
    row.variants.insert(there, row.variants.pop(here))
    _save_clause(row)


@transaction.atomic
def remove_variant(*, clause: Clause, key: str, by: Actor, expected: int | None = None) -> None:
    """Leave a wording out; the last one goes with its clause only."""
    row = _lock_clause(clause, by, expected=expected)
    if len(row.variants) == 1:
        raise BusinessError("Une clause garde au moins une variante : retirez plutôt la clause.")
    row.variants.pop(_rank(row, key))
    _save_clause(row)


# --- What they share --------------------------------------------------------------------------------------------------


def _lock(template: Template, by: Actor, *, expected: int | None = None) -> Template:
    by.require("model.edit")
    if template.is_national:
        raise NotAllowed("Le modèle national ne se modifie pas ici : copiez-le pour en faire le vôtre.")
    locked = Template.objects.select_for_update(of=("self",)).filter(pk=template.pk).first()
    if locked is None:
        raise BusinessError("Ce modèle n'existe plus ou ne vous est plus accessible.")
    if not locked.is_draft:
        raise BusinessError(
            f"La version {locked.version} est publiée : elle ne se modifie plus. Commencez une nouvelle version."
        )
    if expected is not None and locked.lock_version != expected:
        raise Conflict(
            f"Ce brouillon a été modifié {_when(locked)}. Rien n'a été enregistré : relisez, puis recommencez."
        )
    return locked


def _lock_clause(clause: Clause, by: Actor, *, expected: int | None = None) -> Clause:
    draft = _lock(clause.template, by)
    row = draft.clauses.filter(pk=clause.pk).first()
    if row is None:
        raise BusinessError("Cette clause a été retirée du brouillon entre-temps.")
    if expected is not None and row.lock_version != expected:
        raise Conflict(
            f"La clause « {row.title} » a été modifiée {_when(row)} pendant que vous l'aviez sous les yeux. Rien n'a"
            " été enregistré : votre saisie est gardée, comparez puis enregistrez de nouveau."
        )
    row.template = draft
    return row


def _when(row: Template | Clause) -> str:
    saved = timezone.localtime(row.updated_at)
    return f"le {date_long(saved.date())} à {saved:%H:%M}"


def _save_clause(row: Clause) -> Clause:
    row.lock_version += 1
    row.save()
    _touch(row.template)
    return row


def _touch(draft: Template) -> None:
    draft.lock_version += 1
    draft.save()


def _order(draft: Template, kinds: list[str]) -> None:
    rows = {row.kind: row for row in draft.clauses.all()}
    for position, kind in enumerate(kinds, start=1):
        if rows[kind].position != position:
            rows[kind].position = position
            rows[kind].save(update_fields=["position", "updated_at"])


def _variant(key: str, label: str, text: str, when: Condition) -> Json:
    if not label.strip():
        raise InvalidInput("Donnez un nom à la variante.", place="label")
    blocks = read_blocks(text)
    if not blocks:
        raise InvalidInput("Une variante a un texte : pour l'écarter, retirez-la.", place="text")
    return {"key": key, "label": label.strip(), "when": when, "blocks": blocks}


def _rank(row: Clause, key: str) -> int:
    for rank, variant in enumerate(row.variants):
        if variant["key"] == key:
            return rank
    raise BusinessError("Cette variante a été retirée du brouillon entre-temps.")


def _free(words: str, taken: set[str], fallback: str) -> str:
    """A name for addresses and references, made from ``words``, that nobody has."""
    base = slugify(words).replace("-", "_")[:34] or fallback
    name, number = base, 2
    while name in taken:
        name, number = f"{base}_{number}", number + 1
    return name


__all__ = [
    "HEAD_KINDS",
    "NotPublishable",
    "add_clause",
    "add_variant",
    "discard_draft",
    "import_draft",
    "move_clause",
    "move_variant",
    "national_model",
    "publish_draft",
    "remove_clause",
    "remove_variant",
    "rename_draft",
    "save_clause_settings",
    "save_variant",
    "start_draft",
]
