"""An avenant's page: its steps, what it changes, who signs it, what can be done next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone

from conventions.avenant_workflow import TRACK, Act, acts_open_to
from conventions.avenants import avenant_label
from conventions.checks import authorisation_problem
from conventions.enums import AvenantStatus
from conventions.models import Avenant, ConventionVersion, Signatory, Signature
from conventions.presentation.states import NextAct
from conventions.redline import Paragraph, redline
from conventions.services.signing import awaited
from conventions.situation import before_avenant
from conventions.text.avenant import avenant_content, told_changes
from conventions.text.clauses import text_of_blocks
from core.errors import InvalidInput
from core.french import upper_first
from parties.actors import Actor

TONES: dict[str, str] = {
    AvenantStatus.BROUILLON: "neutral",
    AvenantStatus.SOUMISE: "info",
    AvenantStatus.A_CORRIGER: "warning",
    AvenantStatus.APPROUVEE: "info",
    AvenantStatus.EN_SIGNATURE: "info",
    AvenantStatus.SIGNEE: "success",
    AvenantStatus.ABANDONNEE: "neutral",
}
_CONSEQUENCES = {
    "submit": "La préfecture pourra le lire ; il ne se modifie plus tant qu'elle ne l'a pas renvoyé.",
    "approve": "Le texte et les chiffres de l'avenant sont figés dans une version scellée par son empreinte.",
    "circulate": "Les signatures pourront être enregistrées sur la version approuvée.",
    "send_back": "Le gestionnaire pourra de nouveau modifier l'avenant.",
    "reopen": "La version approuvée reste au dossier ; il en faudra une nouvelle, à signer de nouveau.",
    "abandon": "L'avenant ne pourra plus être repris.",
}


@dataclass(frozen=True)
class ChangeView:
    """One change on the page: what it says, and for a rewritten article its words before and after."""

    pk: int | None
    kind: str
    target: str
    label: str
    sentence: str
    changes: list[Paragraph] | None = None


@dataclass(frozen=True)
class Line:
    signatory: Signatory
    signature: Signature | None
    problem: str


@dataclass(frozen=True)
class Board:
    """Who signs the avenant, and who did."""

    version: ConventionVersion | None
    lines: list[Line]

    @property
    def progress(self) -> str:
        return f"{sum(1 for line in self.lines if line.signature)} sur {len(self.lines)}"


def change_views(avenant: Avenant) -> list[ChangeView]:
    """What it changes: as approved, or as the draft stands. A change that no longer makes sense says why."""
    rows = list(avenant.changes.order_by("position", "pk"))
    if not avenant.is_editable and avenant.versions.exists():
        frozen = avenant.versions.latest("number").content.get("changes") or []
        kinds = {(row.kind, row.target): row for row in rows}
        return [_view(change, kinds.get((change["kind"], change["target"]))) for change in frozen]
    try:
        told = told_changes(avenant, before_avenant(avenant))
    except InvalidInput as error:
        return [ChangeView(row.pk, row.kind, row.target, row.get_kind_display(), error.message) for row in rows]
    return [_view(item.as_dict(), row) for item, row in zip(told, rows, strict=True)]


def _view(change: dict[str, Any], row: Any) -> ChangeView:
    changes = None
    if "blocks" in change["before"] or "blocks" in change["after"]:
        changes = redline(
            text_of_blocks(change["before"].get("blocks") or []), text_of_blocks(change["after"].get("blocks") or [])
        )
    label = row.get_kind_display() if row is not None else change["kind"]
    return ChangeView(row.pk if row else None, change["kind"], change["target"], label, change["sentence"], changes)


def shown_content(avenant: Avenant) -> dict[str, Any]:
    """The text to read: the approved version's, else the draft's. ``obstacle`` says why there is none."""
    if not avenant.is_editable and (version := avenant.versions.order_by("-number").first()) is not None:
        content: dict[str, Any] = version.content
        return content
    try:
        return avenant_content(avenant, draft=True)
    except InvalidInput as error:
        return {"obstacle": error.message}


def board(avenant: Avenant) -> Board:
    """Signatures on the last version; before there is one, who will sign and what would stop them today."""
    version = None if avenant.is_editable else avenant.versions.order_by("-number").first()
    done = {s.signatory_id: s for s in version.signatures.all()} if version else {}
    waited = {signatory.pk for signatory in awaited(avenant.convention, version)} if version else set()
    today = timezone.localdate()
    lines = []
    rows = avenant.signatories.select_related(
        "party__organisation", "party__deliberation", "mandate", "party__representative"
    )
    for signatory in rows.order_by("position", "pk"):
        problem = authorisation_problem(signatory.party, today) if signatory.pk in waited or version is None else ""
        lines.append(Line(signatory, done.get(signatory.pk), problem))
    return Board(version, lines)


def steps(avenant: Avenant) -> list[dict[str, Any]]:
    """The track, each step done with its date and author."""
    done: dict[str, tuple[Any, str]] = {AvenantStatus.BROUILLON: (timezone.localdate(avenant.created_at), "")}
    for line in avenant.transitions.order_by("pk"):
        done[line.to_status] = (timezone.localdate(line.created_at), line.by_label)
    sent_back = avenant.status == AvenantStatus.A_CORRIGER
    order = [status for status, _ in TRACK]
    reached = order[0] if sent_back or avenant.status not in order else str(avenant.status)
    rank = order.index(reached)
    track = []
    for position, (status, label) in enumerate(TRACK):
        when, by = done.get(status, (None, "")) if position <= rank else (None, "")
        state = "done" if position < rank or reached == AvenantStatus.SIGNEE else "next"
        if position == rank and reached != AvenantStatus.SIGNEE:
            state = "blocked" if avenant.status == AvenantStatus.ABANDONNEE else "current"
        label = "À corriger" if sent_back and position == rank else label
        track.append({"label": label, "state": state, "date": when, "by": by})
    return track


def waiting_for(avenant: Avenant) -> str:
    """Who has it in hand, in a sentence."""
    if avenant.status == AvenantStatus.SIGNEE:
        ahead = avenant.effective_on > timezone.localdate()
        return "Tous ont signé : il prendra effet à sa date." if ahead else "Tous ont signé : il s'applique."
    return {
        AvenantStatus.BROUILLON: "Il est en rédaction chez le gestionnaire.",
        AvenantStatus.SOUMISE: "Il est à l'instruction, en préfecture.",
        AvenantStatus.A_CORRIGER: "La préfecture l'a renvoyé : le gestionnaire le corrige.",
        AvenantStatus.APPROUVEE: "Le texte est approuvé : il reste à le mettre en signature.",
        AvenantStatus.EN_SIGNATURE: "Les parties signent la version approuvée.",
    }.get(AvenantStatus(avenant.status), "Il n'a plus cours.")


def next_acts(avenant: Avenant, by: Actor) -> list[NextAct]:
    """The acts of the table this person may do now, the main one first."""
    acts = [_next(act, avenant) for act in acts_open_to(avenant, by) if act.name in _CONSEQUENCES]
    return sorted(acts, key=lambda act: not act.is_main)


def _next(act: Act, avenant: Avenant) -> NextAct:
    url = reverse(f"avenant-{act.name.replace('_', '-')}", args=[avenant.uuid])
    return NextAct(act.name, act.label, url, _CONSEQUENCES[act.name], act.needs_reason)


def labelled(avenant: Avenant) -> str:
    """ "Avenant n° 1 du 3 mars 2026", for a list."""
    label = avenant_label(avenant)
    return upper_first(label)
