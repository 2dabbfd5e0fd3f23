"""What happened to a convention, newest first, and what each remark is about."""

from __future__ import annotations

from typing import Any

from conventions.enums import Anchor, Status
from conventions.models import Comment, Convention
from conventions.text.clauses import template_clauses
from core.french.dates import date_long

_TONES: dict[str, str] = {
    Status.SOUMISE: "info",
    Status.VISEE: "success",
    Status.A_CORRIGER: "warning",
    Status.APPROUVEE: "success",
    Status.EN_SIGNATURE: "info",
    Status.SIGNEE: "success",
    Status.ABANDONNEE: "danger",
    Status.RESILIEE: "danger",
    Status.DENONCEE: "warning",
}


def timeline(convention: Convention) -> list[dict[str, Any]]:
    """Acts, signatures and remarks the reader may see, newest first."""
    events: list[dict[str, Any]] = [{"title": "Convention préparée", "at": convention.created_at, "icon": "pencil"}]
    for line in convention.transitions.all():
        events.append(
            {
                "title": line.get_act_label(),
                "by": line.by_label,
                "at": line.created_at,
                "text": line.reason,
                "tone": _TONES.get(line.to_status, "neutral"),
            }
        )
    comments = list(convention.comments.select_related("organisation").prefetch_related("messages"))
    names = anchors(convention, comments)
    for comment in comments:
        said = [
            f"{message.by_label or message.get_side_display()} : {message.text}" for message in comment.messages.all()
        ]
        text = "\n".join(
            [comment.text, *said, *([f"Clos par {comment.resolved_by_label}."] if comment.resolved_at else [])]
        )
        title = (
            f"{'Remarque de relecture' if comment.organisation_id else 'Commentaire'} sur {names[comment.pk]['label']}"
        )
        events.append(
            {
                "title": title,
                "by": comment.by_label,
                "at": comment.created_at,
                "text": text,
                "icon": "chat-left-text",
            }
        )
    for version in convention.versions.prefetch_related(
        "signatures__signatory__party__organisation", "signatures__signatory__delegation__delegator"
    ):
        for signature in version.signatures.all():
            who = signature.signatory.party.organisation.french.le()
            text = f"Signé le {date_long(signature.signed_on)}, version {version.number}."
            if signature.signatory.delegation:
                text += f" {signature.signatory.delegation.mention}."
            events.append(
                {
                    "title": f"Signature pour {who}",
                    "by": signature.by_label,
                    "at": signature.created_at,
                    "text": text,
                    "icon": "pen",
                }
            )
    return sorted(events, key=lambda event: event["at"], reverse=True)


def anchors(convention: Convention, comments: list[Comment]) -> dict[int, dict[str, str]]:
    """For each remark, what it is about in words and where that is on the page."""
    if not comments:
        return {}
    titles = {c.kind: c.title for c in template_clauses(convention.template)} if convention.template else {}
    parties = {str(p.uuid): p.organisation.french.le() for p in convention.parties.select_related("organisation")}
    lines = _lines(convention) if any(c.anchor == Anchor.SHARE for c in comments) else {}
    base = convention.get_absolute_url()
    found: dict[int, dict[str, str]] = {}
    for comment in comments:
        target = comment.target
        if comment.anchor == Anchor.CLAUSE:
            label = f"la clause « {titles.get(target, target)} »"
            url = f"{base}?onglet=texte#clause-{target}"
        elif comment.anchor == Anchor.PARTY:
            label, url = parties.get(target, "une partie retirée"), f"{base}?onglet=parties#partie-{target}"
        elif comment.anchor == Anchor.SHARE:
            label = lines.get(target, "une ligne du plan")
            url = f"{base}?onglet=plan#part-{target.replace(':', '-')}"
        else:
            label, url = "l'ensemble de la convention", f"{base}?onglet=texte#remarques"
        found[comment.pk] = {"label": label, "url": url}
    return found


def _lines(convention: Convention) -> dict[str, str]:
    links = convention.convention_plans.prefetch_related("plan__shares__financer").select_related("plan")
    return {
        f"{link.plan.year}:{share.ref}": f"la part « {share.display_label} » de {link.plan.year}"
        for link in links
        for share in link.plan.shares.all()
    }
