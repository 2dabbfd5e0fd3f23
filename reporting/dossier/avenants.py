"""Avenants and ends of conventions in a dossier: what they changed, and the plans that follow once it is read."""

from __future__ import annotations

from typing import Any

from conventions.enums import AvenantStatus, ChangeKind, EndingKind
from conventions.models import Avenant, AvenantChange, Convention, ConventionEnding
from conventions.services.avenant_effects import replay_avenant
from conventions.services.endings import replay_ending
from conventions.services.terms import refresh_term
from parties.actors import Actor

from .fields import Field, choice, date, integer, ref, text
from .structure import Children, Section


def _object(name: str, description: str) -> Field:
    return Field(name, name, {"type": "object", "description": description})


ENDINGS = Children(
    "endings",
    ConventionEnding,
    "convention",
    (
        choice("kind", EndingKind, "What ends it.", required=True),
        ref("by_organisation", "organisations", "Who asked for it; null: all of them."),
        date("received_on", "Day it was received or decided.", required=True),
        text("form", "In what form.", most=240),
        text("cause", "Why.", required=True),
        integer("notice_months", "Months of notice.", most=60),
        date("last_day", "Last day the convention binds.", required=True),
        text("working", "How that day was found, in French.", required=True),
        text("recorded_by", "Who recorded it.", most=200, attr="by_label", required=True),
    ),
    ("kind", "received_on"),
    "Denunciations and terminations.",
    order=("received_on", "pk"),
)

AVENANTS = Section(
    "avenants",
    Avenant,
    (
        ref("convention", "conventions", "Convention it changes.", required=True),
        integer("number", "Number.", least=1, required=True),
        text("title", "Object.", required=True),
        text("motive", "Reason printed before its articles."),
        choice("status", AvenantStatus, "State, read when the avenant is created.", on_create_only=True),
        date("effective_on", "Day its changes take effect.", required=True),
        date("signed_on", "Day of the last signature; null when not signed."),
        text("place", "Place of signature.", most=80),
    ),
    "Changes to signed conventions.",
    key="",
    identity=("convention", "number"),
    order=("convention__reference", "number"),
    children=(
        Children(
            "changes",
            AvenantChange,
            "avenant",
            (
                choice("kind", ChangeKind, "What is changed.", required=True),
                text("target", "Which one: a clause, plan/share, an organisation, a plan, an avenant.", most=130),
                _object("data", "New value, as typed."),
                _object("told", "As approved: kind, target, before, after, sentence; empty for a draft."),
            ),
            ("kind", "target"),
            "What it changes, in order.",
            position="position",
        ),
    ),
)


def apply_acts(by: Actor) -> None:
    """After an import: plans and last days follow from signed avenants and ends. Doing it again changes nothing."""
    signed = Avenant.objects.filter(territory=by.territory, status=AvenantStatus.SIGNEE)
    touched: dict[int, Convention] = {}
    acts: list[tuple[Any, int, Any]] = [
        (avenant.signed_on or avenant.effective_on, avenant.number, avenant)
        for avenant in signed.select_related("convention").prefetch_related("changes")
    ]
    acts += [
        (ending.received_on, 0, ending)
        for ending in ConventionEnding.objects.filter(territory=by.territory).select_related("convention")
    ]
    for _day, _number, act in sorted(acts, key=lambda item: (item[0], item[1], item[2].pk)):
        if isinstance(act, Avenant):
            replay_avenant(avenant=act, by=by)
        else:
            replay_ending(ending=act, by=by)
        touched[act.convention_id] = act.convention
    for convention in touched.values():
        refresh_term(convention)
