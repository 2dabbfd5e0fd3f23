"""Local edits of a convention's text. The template never changes; an edit can always be undone."""

from __future__ import annotations

from django.db import transaction

from conventions.clauses.engine import ClauseError, render_clauses
from conventions.models import Convention, ConventionClause
from conventions.services.locking import lock_for_edit, touch
from conventions.services.unlocking import Target
from conventions.text.clauses import chosen_clauses, template_clauses
from conventions.text.context import context_of
from conventions.text.dossier import read
from conventions.text.flags import flags_of
from core.errors import InvalidInput
from parties.actors import Actor


@transaction.atomic
def save_clause(
    *,
    convention: Convention,
    kind: str,
    title: str,
    text: str,
    by: Actor,
    variant: str = "",
    expected: int | None = None,
) -> ConventionClause:
    """Keep a clause's wording for this convention. Unknown variables and dangling references are refused, located."""
    by.require("convention.edit")
    locked = lock_for_edit(convention, expected=expected, about=Target.clause(kind))
    known = {c.kind: c for c in template_clauses(locked.template)} if locked.template else {}
    if kind not in known:
        raise InvalidInput(f"Le modèle n'a pas de clause « {kind} ».", place="kind")
    row, _created = ConventionClause.objects.get_or_create(
        convention=locked, kind=kind, defaults={"territory_id": locked.territory_id}
    )
    row.edited_title = title.strip() if title.strip() != known[kind].title else ""
    # A browser sends its own line ends: kept, they would show in the comparisons as changes nobody made.
    row.edited_text = unix_lines(text).strip()
    row.variant = variant
    row.removed = False
    row.save()
    _check(locked, kind)
    touch(locked)
    return row


def unix_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _check(convention: Convention, kind: str) -> None:
    draft = read(convention)
    chosen = chosen_clauses(convention)
    try:
        render_clauses(clauses=chosen.texts, context=context_of(draft), flags=flags_of(draft), choices=chosen.choices)
    except ClauseError as error:
        mine = [p for p in error.problems if p.clause == kind and "n'est pas renseignée" not in p.message]
        if mine:
            raise InvalidInput(" ".join(f"{p.place} : {p.message}" for p in mine), place="text") from error


@transaction.atomic
def choose_variant(
    *, convention: Convention, kind: str, variant: str, by: Actor, expected: int | None = None
) -> ConventionClause:
    """Take one of the model's wordings whatever its conditions; a local text of this clause gives way to it."""
    by.require("convention.edit")
    locked = lock_for_edit(convention, expected=expected)
    clause = next((c for c in template_clauses(locked.template) if c.kind == kind), None) if locked.template else None
    if clause is None or variant not in {v.key for v in clause.variants}:
        raise InvalidInput("Le modèle n'a pas cette rédaction : rechargez la page.", place="variant")
    row, _created = ConventionClause.objects.update_or_create(
        convention=locked,
        kind=kind,
        defaults={"territory_id": locked.territory_id, "variant": variant, "edited_text": "", "removed": False},
    )
    touch(locked)
    return row


@transaction.atomic
def remove_clause(*, convention: Convention, kind: str, by: Actor, expected: int | None = None) -> None:
    """Leave a clause out of this convention. Others that refer to it are then reported by the checks."""
    by.require("convention.edit")
    locked = lock_for_edit(convention, expected=expected, about=Target.clause(kind))
    ConventionClause.objects.update_or_create(
        convention=locked,
        kind=kind,
        defaults={"territory_id": locked.territory_id, "removed": True, "edited_text": "", "edited_title": ""},
    )
    touch(locked)


@transaction.atomic
def restore_clause(*, convention: Convention, kind: str, by: Actor, expected: int | None = None) -> None:
    """Back to the template's wording."""
    by.require("convention.edit")
    locked = lock_for_edit(convention, expected=expected, about=Target.clause(kind))
    ConventionClause.objects.filter(convention=locked, kind=kind).delete()
    touch(locked)
