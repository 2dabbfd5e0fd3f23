"""The first steps of each role, and which of them this person has really done.

A step the data can show is read from them, for this person: what they created, submitted, decided, exported, signed.
The others are things one looks at; the person ticks them.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists
from django.urls import reverse

from parties.actors import Actor
from parties.guide import address
from parties.guide_links import HOMES
from parties.models import User
from parties.services import first_steps_row

from .done import Anybody
from .steps import STEPS, Step


@dataclass(frozen=True)
class ShownStep:
    """A step as one person sees it: ``url`` of the screen, ``help_url`` of what explains it."""

    code: str
    label: str
    text: str
    url: str
    done: bool
    by_hand: bool


@dataclass(frozen=True)
class FirstStepsList:
    """The list of one person, and whether the home page shows it."""

    steps: list[ShownStep]
    help_url: str
    hidden: bool

    @property
    def done(self) -> int:
        return sum(step.done for step in self.steps)

    @property
    def finished(self) -> bool:
        return self.done == len(self.steps)


def steps_of(by: Anybody) -> list[Step]:
    """The steps for ``by``: of their role, and of what their organisation is."""
    return [step for step in STEPS.get(by.role, ()) if step.holds is None or step.holds(by)]


def ticked_by_hand(by: Anybody) -> frozenset[str]:
    """The codes of the steps the person ticks themselves."""
    return frozenset(step.code for step in steps_of(by) if step.done is None)


def first_steps_of(by: Anybody, *, even_hidden: bool = False) -> FirstStepsList | None:
    """The list of ``by``; None for a role without steps, a program, or (unless asked) once it was put away."""
    steps = steps_of(by)
    if not steps or by.user is None or (isinstance(by, Actor) and (by.token is not None or by.access is not None)):
        return None
    row = first_steps_row(by)
    hidden = row is not None and row.hidden_at is not None
    if hidden and not even_hidden:
        return None
    ticked = set(row.ticked) if row else set()
    done = shown_by_the_data(steps, by)
    shown = [
        ShownStep(
            step.code, step.label, step.text, _url(step, by),
            done.get(step.code, step.code in ticked), step.done is None,
        )
        for step in steps
    ]  # fmt: skip
    page, _, anchor = HOMES[by.role].partition("#")
    return FirstStepsList(shown, address(f"{page}.md#{anchor}"), hidden)


def shown_by_the_data(steps: list[Step], by: Anybody) -> dict[str, bool]:
    """Code of a step the data can show → whether they do. One query for all of them."""
    answers = {step.code: step.done(by) for step in steps if step.done}
    known = {code: answer for code, answer in answers.items() if isinstance(answer, bool)}
    asked = {code: Exists(answer) for code, answer in answers.items() if not isinstance(answer, bool)}
    if not asked or by.user is None:
        return known
    names = {f"did_{number}": code for number, code in enumerate(asked)}
    exist = {name: asked[code] for name, code in names.items()}
    row = User.objects.filter(pk=by.user.pk).annotate(**exist).values(*names).get()
    return known | {code: bool(row[name]) for name, code in names.items()}


def _url(step: Step, by: Anybody) -> str:
    if step.route == "guide":
        page, _, anchor = step.query.partition("#")
        return address(f"{page}.md#{anchor}")
    own = []
    if step.route == "organisation-finance" and isinstance(by, Actor) and by.organisation is not None:
        own = [by.organisation.uuid]
    url = reverse(step.route, args=own)
    return url + step.query if step.query.startswith("#") else f"{url}?{step.query}" if step.query else url


__all__ = ["STEPS", "FirstStepsList", "ShownStep", "first_steps_of", "steps_of", "ticked_by_hand"]
