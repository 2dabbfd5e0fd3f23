"""Handing a report in, validating it, sending it back, chasing it up. Pages, API and imports come through here."""

from __future__ import annotations

import datetime as dt
import secrets

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from conventions.models import ConventionPost
from core.errors import BusinessError, InvalidInput, NotAllowed
from funding.services.titres import lock
from parties.actors import Actor
from posts.models import Post
from posts.screening import screened
from posts.services.activity import may_record
from reporting.enums import ReportAct, ReportState
from reporting.models import ReportStep

from .figures import digest_of, returns_of
from .missing import missing_of, sentence
from .reading import read_campaign
from .report import Report


class NoSuchReport(BusinessError):
    """No report at this address for who asks (HTTP 404)."""

    status = 404


#: Characters of a qualitative note or of a reason.
LONGEST = 8000


def find_report(by: Actor, *, link: str, key: str, today: dt.date) -> Report:
    """The report of this address as ``by`` sees it. Raises ``NoSuchReport``."""
    held = ConventionPost.objects.visible_to(by).select_related("convention").filter(uuid=link).first()
    if held is None or held.convention is None:
        raise NoSuchReport("Ce compte rendu n'existe pas, ou n'est pas de vos conventions.")
    found = read_campaign(by, today=today, convention=held.convention)
    report = next((each for each in found.reports if each.link == str(held.uuid) and each.key == key), None)
    if report is None:
        raise NoSuchReport("La convention ne demande pas de compte rendu pour cette période.")
    return report


@transaction.atomic
def submit_report(*, link: str, key: str, note: str = "", by: Actor, today: dt.date | None = None) -> ReportStep:
    """The employer answers for the figures of a period, which are frozen as a digest. Twice is once.

    Refused with what is missing, in French, when a month is not validated or the note the convention asks is not
    written; ``NotAllowed`` for anybody but the employer of the post and who runs the scheme.
    """
    by.require("activity.edit")
    report = hold_report(by, link, key, today)
    post = Post.objects.filter(pk=report.post_id).first()
    if post is None or not may_record(post=post, by=by):
        raise NotAllowed("Seuls l'employeur du poste et le gestionnaire remettent un compte rendu.")
    if len(note) > LONGEST:
        raise InvalidInput(f"La note dépasse {LONGEST} caractères : abrégez-la.", place="note")
    steps = telling_steps(report)
    last = steps[-1] if steps else None
    if report.state in (ReportState.SUBMITTED, ReportState.VALIDATED) and last is not None:
        if not note.strip() or note.strip() == report.note:
            return last
        if report.state is ReportState.VALIDATED:
            raise BusinessError("Ce compte rendu est validé : demandez au gestionnaire de le rouvrir.")
    missing = missing_of(report, note=note or report.note)
    if missing:
        raise BusinessError(f"Ce compte rendu ne peut pas encore être remis. {sentence(missing)}")
    salt = secrets.token_hex(16)
    rows = returns_of(report.post_id, [(line.year, line.month) for line in report.months])
    return write_step(
        report, ReportAct.SUBMITTED, by, note=note.strip() or report.note, digest=digest_of(rows, salt), salt=salt
    )


@transaction.atomic
def validate_report(*, link: str, key: str, by: Actor, today: dt.date | None = None) -> ReportStep:
    """Who runs the scheme accepts what was handed in. Twice is once."""
    by.require("report.review")
    report = hold_report(by, link, key, today)
    if report.state is ReportState.VALIDATED:
        return telling_steps(report)[-1]
    if report.state is ReportState.CHANGED:
        raise BusinessError("Les chiffres ont changé depuis la remise : l'employeur doit remettre ce compte rendu.")
    if report.state is not ReportState.SUBMITTED:
        raise BusinessError("Ce compte rendu n'est pas remis : il n'y a rien à valider.")
    if report.reopened:
        raise BusinessError("Un mois est rouvert depuis la remise : il doit d'abord être validé de nouveau.")
    return write_step(report, ReportAct.VALIDATED, by)


@transaction.atomic
def return_report(*, link: str, key: str, reason: str, by: Actor, today: dt.date | None = None) -> ReportStep:
    """Send back what was handed in, or reopen what was validated, with the reason the employer reads."""
    by.require("report.review")
    reason = reason.strip()
    if not reason:
        raise InvalidInput("Dites pourquoi ce compte rendu est renvoyé.", place="reason")
    if len(reason) > LONGEST:
        raise InvalidInput(f"Le motif dépasse {LONGEST} caractères : abrégez-le.", place="reason")
    report = hold_report(by, link, key, today)
    steps = telling_steps(report)
    last = steps[-1] if steps else None
    if last is not None and last.act in (ReportAct.RETURNED, ReportAct.REOPENED) and last.reason == reason:
        return last
    if last is None or last.act not in (ReportAct.SUBMITTED, ReportAct.VALIDATED):
        raise BusinessError("Ce compte rendu n'est pas remis : il n'y a rien à renvoyer.")
    act = ReportAct.REOPENED if last.act == ReportAct.VALIDATED else ReportAct.RETURNED
    return write_step(report, act, by, reason=reason)


def note_warnings(note: str) -> list[str]:
    """What a note seems to hold that must not be there: no report speaks of a person."""
    found = screened(note)
    if not found:
        return []
    kinds = ", ".join(str(one) for one in found)
    return [f"La note semble contenir {kinds} : aucune donnée sur une personne n'a sa place ici, retirez-la."]


# --- Parts ------------------------------------------------------------------------------------------------------------


def hold_report(by: Actor, link: str, key: str, today: dt.date | None) -> Report:
    """The report as it is now, alone at work on it until the end of the transaction."""
    lock(f"report:{link}:{key}")
    return find_report(by, link=link, key=key, today=today or timezone.localdate())


def telling_steps(report: Report) -> list[ReportStep]:
    """Its acts that tell where it stands, oldest first."""
    rows = ReportStep.objects.filter(convention_id=report.convention_id, post_id=report.post_id, period=report.key)
    return list(rows.exclude(act=ReportAct.REMINDED).order_by("rank"))


def write_step(
    report: Report,
    act: ReportAct,
    by: Actor,
    *,
    reason: str = "",
    note: str = "",
    digest: str = "",
    salt: str = "",
) -> ReportStep:
    held = ReportStep.objects.filter(convention_id=report.convention_id, post_id=report.post_id, period=report.key)
    return ReportStep.objects.create(
        rank=(held.aggregate(last=Max("rank"))["last"] or 0) + 1,
        territory_id=by.territory_id,
        convention_id=report.convention_id,
        post_id=report.post_id,
        period=report.key,
        period_start=report.start,
        period_end=report.end,
        act=act,
        reason=reason,
        note=note,
        digest=digest,
        salt=salt,
        by=by.user,
        by_label=by.label,
    )
