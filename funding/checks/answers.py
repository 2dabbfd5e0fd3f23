"""Explanations given to findings: attached by fingerprint, so that new figures need a new explanation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.core import signing
from django.urls import reverse

from core.findings import Finding, Severity
from funding.models import FindingAnswer
from parties.models import Territory

SALT = "funding.finding"


@dataclass(frozen=True)
class Answer:
    """Who explained a finding, when, why."""

    reason: str
    by: str
    at: dt.datetime


def with_answers(findings: Iterable[Finding], territory: Territory, *, next_url: str = "") -> list[Finding]:
    """The findings with their answers, and the address that takes one where one may be given (one query).

    ``next_url`` is the page to come back to. A blocking finding takes no explanation: it is mended.
    """
    findings = list(findings)
    rows = FindingAnswer.objects.filter(territory=territory, fingerprint__in=[f.fingerprint for f in findings])
    answers = {row.fingerprint: Answer(row.reason, row.by_label, row.created_at) for row in rows}
    return [
        replace(
            finding,
            answer=answers.get(finding.fingerprint),
            explain_url="" if _settled(finding, answers) else explain_url(finding, next_url),
        )
        for finding in findings
    ]


def _settled(finding: Finding, answers: dict[str, Answer]) -> bool:
    return finding.severity == Severity.BLOCKING or finding.fingerprint in answers


def explain_url(finding: Finding, next_url: str = "") -> str:
    """The address that records an explanation. It carries, signed, how serious the finding is: forms can be forged."""
    token = signing.dumps(
        [finding.code, finding.place, finding.fingerprint, finding.severity.value, next_url], salt=SALT, compress=True
    )
    return f"{reverse('finding-explain')}?constat={token}"


@dataclass(frozen=True)
class FindingRef:
    """A finding as its signed address identifies it."""

    code: str
    place: str
    fingerprint: str
    severity: Severity
    next_url: str


def read_token(token: str) -> FindingRef | None:
    """The finding an address of :func:`explain_url` stands for; None when it was not written by us."""
    try:
        code, place, fingerprint, severity, next_url = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return FindingRef(code, place, fingerprint, Severity(severity), next_url)
