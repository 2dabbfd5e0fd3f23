"""Parties and signatures as pages show them."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone

from conventions.checks import authorisation_problem
from conventions.enums import Anchor, Status
from conventions.models import Comment, Convention, ConventionVersion, Party, Signatory, Signature
from conventions.models.agreement import UNDER_REVIEW
from conventions.services.signing_rules import mandate_problem
from conventions.text.reading import latest_version

from .clauses import by_target


@dataclass(frozen=True)
class PartyView:
    """A party, who signs for it, and whether its vote allows it (``problem`` says what is missing)."""

    party: Party
    signatory: Signatory | None
    problem: str
    comments: list[Comment]
    signers: list[Signatory]

    @property
    def other_signatory(self) -> bool:
        """The person who signs is not the representative named in the heading."""
        if self.signatory is None:
            return False
        return self.signatory.mandate_id != self.party.representative_id


def party_views(convention: Convention, comments: list[Comment]) -> list[PartyView]:
    remarks = by_target(comments, Anchor.PARTY)
    signers: dict[int, list[Signatory]] = {}
    for row in convention.signatories.select_related("mandate", "delegation__delegator").order_by("position", "pk"):
        signers.setdefault(row.party_id, []).append(row)
    day = convention.signed_on or timezone.localdate()
    parties = convention.parties.select_related("organisation", "representative", "deliberation")
    return [
        PartyView(
            p,
            next(iter(signers.get(p.pk, [])), None),
            authorisation_problem(p, day),
            remarks.get(str(p.uuid), []),
            signers.get(p.pk, []),
        )
        for p in parties
    ]


@dataclass(frozen=True)
class SignatureView:
    """One signatory of the version being signed: signed, or what prevents it today."""

    signatory: Signatory
    signature: Signature | None
    problem: str
    #: Where the missing authorisation is given: the deliberation, or the party when it has none.
    remedy_url: str


@dataclass(frozen=True)
class SignatureBoard:
    version: ConventionVersion
    lines: list[SignatureView]

    @property
    def done(self) -> int:
        return sum(1 for line in self.lines if line.signature)

    @property
    def progress(self) -> str:
        return f"{self.done} sur {len(self.lines)}"


def signature_board(convention: Convention) -> SignatureBoard | None:
    """The signatures of the last approved version; None before any approval."""
    version = latest_version(convention)
    if version is None or convention.status in (Status.BROUILLON, *UNDER_REVIEW, Status.A_CORRIGER):
        return None
    signatures = {s.signatory_id: s for s in version.signatures.all()}
    signatories = convention.signatories.select_related(
        "convention",
        "party__organisation",
        "party__deliberation",
        "party__representative",
        "mandate",
        "delegation__delegator",
    )
    lines = [_line(s, signatures.get(s.pk)) for s in signatories]
    return SignatureBoard(version, lines)


def _line(signatory: Signatory, signature: Signature | None) -> SignatureView:
    if signature is not None:
        return SignatureView(signatory, signature, "", "")
    party = signatory.party
    if signatory.mandate is None:
        problem = f"Aucun signataire n'est désigné pour {party.organisation.french.le()}."
    else:
        today = timezone.localdate()
        problem = mandate_problem(signatory, today) or authorisation_problem(party, today)
    remedy = ""
    if problem and party.deliberation is not None:
        remedy = reverse("deliberation-edit", args=[party.deliberation.uuid])
    elif problem and signatory.mandate is not None:
        remedy = reverse("convention-party-vote", args=[signatory.convention.uuid, party.uuid])
    return SignatureView(signatory, None, problem, remedy)
