"""What the signature circuits ask of people. The number of queries does not grow with the rows."""

from __future__ import annotations

from django.urls import reverse
from django.utils import timezone

from parties.actors import Actor
from reporting.circuit.present import StepLine, pending_lines

from .items import TodoItem, since


def to_sign(by: Actor) -> tuple[list[TodoItem], set[int]]:
    """What waits for the person's own organisation, and the conventions a circuit follows for it."""
    if by.organisation is None:
        return [], set()
    lines = pending_lines(by, organisation=by.organisation)
    items = [_mine(line) for line in lines if line.step.awaited_since and not line.closed and line.step.signatory]
    return items, {line.circuit.version.convention_id for line in lines if not line.circuit.version.avenant_id}


def _mine(line: StepLine) -> TodoItem:
    convention, step = line.circuit.version.convention, line.step
    assert step.signatory is not None
    assert step.awaited_since is not None
    url = reverse("convention-countersign", args=[convention.uuid, step.signatory.uuid])
    day = timezone.localdate(step.awaited_since)
    awaited = "attendue" if step.mandate.gender == "f" else "attendu"
    text = f"{step.mandate.person} est {awaited} {since(day, timezone.localdate())}."
    return TodoItem(f"Signer la convention {line.reference}", url, text, step.get_mode_display(), "info")


def to_answer(by: Actor) -> list[TodoItem]:
    """Refusals and delegations: the circuit stops there until the staff answers."""
    items = []
    for line in pending_lines(by):
        if not (line.step.refused_at or line.delegation):
            continue
        word, tone, _icon = line.state
        title = f"Répondre à {line.step.organisation.label}, convention {line.reference}"
        items.append(TodoItem(title, line.address, line.next_action, word, tone))
    return items
