"""The state of a convention in a word, its steps and what can be done next."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone

from conventions.enums import Status
from conventions.models import Convention, Transition
from conventions.workflow import TRACK, Act, acts_open_to
from core.french.dates import date_long
from parties.actors import Actor

TONES: dict[str, str] = {
    Status.BROUILLON: "neutral",
    Status.SOUMISE: "info",
    Status.VISEE: "info",
    Status.A_CORRIGER: "warning",
    Status.APPROUVEE: "info",
    Status.EN_SIGNATURE: "info",
    Status.SIGNEE: "success",
    Status.DENONCEE: "warning",
    Status.RESILIEE: "danger",
    Status.ABANDONNEE: "neutral",
}


@dataclass(frozen=True)
class State:
    label: str
    tone: str


def state_on(convention: Convention, day: dt.date) -> State:
    """The stored state, or what follows from the dates once signed: à venir, en vigueur, échue."""
    if convention.in_force_on(day):
        if convention.status in (Status.DENONCEE, Status.RESILIEE):
            label = f"{convention.get_status_display()}, en vigueur jusqu'au {date_long(convention.final_day)}"
            return State(label, "warning")
        return State("En vigueur", "success")
    if convention.expired_on(day):
        return State("Échue", "neutral")
    if convention.status == Status.SIGNEE:
        return State("Signée, à venir", "success")
    return State(str(convention.get_status_display()), TONES[convention.status])


def moves(transitions: list[Transition]) -> list[Transition]:
    """The lines of the log that changed the state: others only keep that something was done."""
    return [line for line in transitions if line.from_status != line.to_status]


def steps(convention: Convention, transitions: list[Transition]) -> list[dict[str, Any]]:
    """The track of ``workflow.TRACK``: each step done says when and by whom."""
    sent_back = convention.status == Status.A_CORRIGER
    stopped = convention.status in (Status.ABANDONNEE, Status.RESILIEE, Status.DENONCEE)
    reached = _reached(convention, transitions)
    order = [status for status, _ in TRACK]
    rank = order.index(reached)
    done_by: dict[str, tuple[dt.date, str]] = {
        order[0]: (timezone.localdate(convention.created_at), ""),
    }
    for line in moves(transitions):
        done_by[line.to_status] = (timezone.localdate(line.created_at), line.by_label)
    track = []
    for position, (status, label) in enumerate(TRACK):
        when, by = done_by.get(status, (None, ""))
        if position < rank or (position == rank and reached == Status.SIGNEE):
            state = "done"
        elif position == rank:
            state = "blocked" if stopped else "current"
        else:
            state, when, by = "next", None, ""
        if sent_back and position == rank:
            # An imported draft may come in this state without a log of its own.
            label, (when, by) = "À corriger", done_by.get(Status.A_CORRIGER, (None, ""))
        track.append({"label": label, "state": state, "date": when, "by": by})
    return track


def _reached(convention: Convention, transitions: list[Transition]) -> str:
    if convention.status == Status.A_CORRIGER:
        return str(Status.BROUILLON)
    if convention.status == Status.VISEE:
        return str(Status.SOUMISE)
    on_track = [status for status, _ in TRACK]
    if convention.status in on_track:
        return str(convention.status)
    past = [line.from_status for line in moves(transitions) if line.from_status in on_track]
    return past[-1] if past else str(Status.BROUILLON)


#: The page that carries out an act. "complete" has none: the last signature does it.
_URLS = {
    "submit": "convention-submit",
    "send_back": "convention-send-back",
    "approve": "convention-approve",
    "endorse": "convention-approve",
    "circulate": "convention-circulate",
    "reopen": "convention-reopen",
    "abandon": "convention-abandon",
}
#: What the person is told before doing it.
_CONSEQUENCES = {
    "submit": "La préfecture pourra la lire ; le texte ne se modifie plus tant qu'elle ne l'a pas renvoyée.",
    "approve": "Le texte et les chiffres sont figés dans une version scellée par son empreinte.",
    "circulate": "Les signatures pourront être enregistrées sur la version approuvée.",
    "send_back": "Le gestionnaire pourra de nouveau modifier la convention.",
    "endorse": "Votre avis est enregistré ; une autre personne donne l'approbation qui fige le texte.",
    "reopen": "La version approuvée reste au dossier ; il en faudra une nouvelle, à signer de nouveau.",
    "abandon": "La convention ne pourra plus être reprise.",
}


@dataclass(frozen=True)
class NextAct:
    """An act open to the reader: where it is posted, and what follows."""

    name: str
    label: str
    url: str
    consequence: str
    needs_reason: bool

    @property
    def is_main(self) -> bool:
        return self.name in ("submit", "circulate", "approve", "endorse")


def next_acts(convention: Convention, by: Actor) -> list[NextAct]:
    """The acts of the table this person may do now, the main one first."""
    acts = [_next(act, convention) for act in acts_open_to(convention, by) if act.name in _URLS]
    return sorted(acts, key=lambda act: not act.is_main)


def _next(act: Act, convention: Convention) -> NextAct:
    url = reverse(_URLS[act.name], args=[convention.uuid])
    return NextAct(act.name, act.label, url, _CONSEQUENCES[act.name], act.needs_reason)


def _until(convention: Convention) -> str:
    """Announced or reached, its end."""
    if not convention.in_force_on(timezone.localdate()):
        return "Elle n'a plus cours."
    return f"Elle s'applique jusqu'au {date_long(convention.final_day)} inclus."


def waiting_for(convention: Convention) -> str:
    """Who has the convention in hand, in a sentence."""
    return {
        Status.BROUILLON: "Elle est en rédaction chez le gestionnaire.",
        Status.SOUMISE: "Elle est à l'instruction, en préfecture.",
        Status.VISEE: "Elle a reçu un premier avis favorable : elle attend la seconde approbation de la préfecture.",
        Status.A_CORRIGER: "La préfecture l'a renvoyée : le gestionnaire la corrige.",
        Status.APPROUVEE: "Le texte est approuvé : il reste à le mettre en signature.",
        Status.EN_SIGNATURE: "Les parties signent la version approuvée.",
        Status.SIGNEE: "Toutes les parties ont signé : les plans sont engagés.",
        **dict.fromkeys((Status.DENONCEE, Status.RESILIEE), _until(convention)),
    }.get(Status(convention.status), "Elle n'a plus cours.")
