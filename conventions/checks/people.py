"""R22 (a signatory for a beneficiary sits in the body that votes) and R23 (one person, several names or ranks)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from conventions.enums import PartyRole
from conventions.models import Deliberation, Party
from conventions.text.dossier import Draft
from core.findings import Finding, Mark, Severity
from core.french.dates import date_long
from parties.models import Mandate

from .around import around, plain, texts
from .places import place, tab

#: Parties the money goes to.
BENEFICIARIES = frozenset({PartyRole.EMPLOYER, PartyRole.GRANTEE, PartyRole.BEARER})
_CIVILITIES = frozenset(["m", "mme", "mr", "monsieur", "madame", "mlle", "dr", "docteur", "me", "maitre"])
#: Ranks, longest first: a « contrôleur général » is no « général ».
RANKS = (
    "general de corps d armee",
    "general de division",
    "general de brigade",
    "commandant divisionnaire",
    "commissaire divisionnaire",
    "commissaire general",
    "controleur general",
    "inspecteur general",
    "lieutenant colonel",
    "chef d escadron",
    "colonel",
    "general",
    "capitaine",
    "lieutenant",
    "adjudant",
    "major",
)
#: « directeur général » names no rank.
_NOT_A_RANK = re.compile(
    r"\b(?:directeur|directrice|secretaire|conseil|procureur|avocat|prefet|delegue|adjoint)s? general\b"
)
_RANK = re.compile(rf"\b({'|'.join(RANKS)})\b")
#: What a function begins with, and its other gender.
_HEADS = {
    "presidente": "president",
    "directrice": "directeur",
    "prefete": "prefet",
    "mairesse": "maire",
    "procureure": "procureur",
    "commandante": "commandant",
    "vicepresidente": "vicepresident",
    "sousprefete": "sousprefet",
}
_KNOWN_HEADS = frozenset(_HEADS.values()) | frozenset(_HEADS)


def name_words(name: str) -> frozenset[str]:
    """The words of a person's name: no civility, no remark between brackets."""
    return frozenset(plain(re.sub(r"\(.*?\)", " ", name)).split()) - _CIVILITIES


def ranks_of(text: str) -> set[str]:
    """Ranks a text names."""
    return set(_RANK.findall(_NOT_A_RANK.sub(" ", plain(text))))


def heads_of(text: str) -> set[str]:
    """The functions a text names, in the masculine: « La Présidente » gives « president »."""
    joined = plain(text).replace("vice president", "vicepresident").replace("sous prefet", "sousprefet")
    return {_HEADS.get(word, word) for word in joined.split() if word in _KNOWN_HEADS}


# --- R22 --------------------------------------------------------------------------------------------------------------


def r22_interested(draft: Draft) -> Iterator[Finding]:
    """Who signs for the body that receives does not sit in the assembly of a body that gives."""
    signing = [s for s in draft.signatories if s.mandate and BENEFICIARIES & set(s.party.roles)]
    if not signing:
        return
    for signatory in signing:
        mandate = signatory.mandate
        assert mandate is not None  # filtered above
        for organisation_id, vote in around(draft).deliberations.items():
            if organisation_id == signatory.party.organisation_id or not _sits(mandate, vote, draft):
                continue
            yield Finding(
                code="R22",
                severity=Severity.WATCH,
                place=place(draft.convention, f".signatories[{signatory.party.organisation.key}]"),
                message=(
                    f"{mandate.person} signe pour {signatory.party.organisation.french.le()}, qui reçoit, et siège dans"
                    f" l'assemblée {vote.organisation.french.de()} qui a voté le {date_long(vote.date)} : vérifiez"
                    " qu'il n'y a pas pris part."
                ),
                stated=mandate.person,
                computed=vote.organisation.name,
                source="CGCT L.2131-11 (conseiller intéressé à l'affaire)",
                mark=Mark.UNVERIFIED,
                url=tab(draft.convention, "parties", f"partie-{signatory.party.uuid}"),
            )


def _sits(mandate: Mandate, vote: Deliberation, draft: Draft) -> bool:
    mine = name_words(mandate.person)
    if any(name_words(name) == mine for name in texts(vote.stated.get("members"))):
        return True
    return any(
        other.organisation_id == vote.organisation_id
        and name_words(other.person) == mine
        and (other.start is None or other.start <= vote.date)
        and (other.end is None or other.end >= vote.date)
        for other in around(draft).mandates
    )


# --- R23 --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Print:
    """One place where a published text names who acts for a party."""

    party: Party
    path: str
    name: str
    function: str


def _prints(draft: Draft) -> Iterator[tuple[Mandate, _Print]]:
    for party in draft.parties:
        if party.representative:
            stated, key = party.stated, party.organisation.key
            yield (
                party.representative,
                _Print(party, f".parties[{key}].stated", _text(stated, "representative"), _text(stated, "function")),
            )
    for signatory in draft.signatories:
        if signatory.mandate:
            stated, key = signatory.stated, signatory.party.organisation.key
            yield (
                signatory.mandate,
                _Print(
                    signatory.party, f".signatories[{key}].stated", _text(stated, "name"), _text(stated, "function")
                ),
            )


def _text(stated: dict[str, object], name: str) -> str:
    value = stated.get(name)
    return value if isinstance(value, str) else ""


def r23_printed_people(draft: Draft) -> Iterator[Finding]:
    """What the text prints of a person is what the directory knows: name, rank, function. Said once for each."""
    said: set[tuple[int, str]] = set()
    for mandate, seen in _prints(draft):
        for what, difference in _differences(mandate, seen).items():
            if (mandate.pk, what) in said:
                continue
            said.add((mandate.pk, what))
            message, printed, known = difference
            path = f"{seen.path}.{'name' if what == 'name' else 'function'}"
            yield _finding(draft, seen.party, path, message, printed, known)


def _differences(mandate: Mandate, seen: _Print) -> dict[str, tuple[str, str, str]]:
    found = {}
    printed, known = name_words(seen.name), name_words(mandate.person)
    if printed and printed != known:
        how = "incomplètement" if printed < known else "autrement"
        found["name"] = (
            f"Le texte nomme {how} la personne : « {seen.name} » ; l'annuaire dit « {mandate.person} ».",
            seen.name,
            mandate.person,
        )
    ranks = ranks_of(seen.function)
    if mandate.rank and ranks and plain(mandate.rank) not in ranks:
        found["rank"] = (
            f"Le texte donne à {mandate.person} le grade de {', '.join(sorted(ranks))} ; l'annuaire dit"
            f" « {mandate.rank} ».",
            seen.function,
            mandate.rank,
        )
    heads, mine = heads_of(seen.function), heads_of(mandate.function)
    if heads and mine and not heads & mine:
        found["function"] = (
            f"Le texte dit {mandate.person} « {seen.function} » ; l'annuaire dit « {mandate.function} ».",
            seen.function,
            mandate.function,
        )
    return found


def r23_mandates(draft: Draft) -> Iterator[Finding]:
    """The directory itself does not hold one person twice, under two names or two ranks, in the same body."""
    mine = {signatory.mandate_id: signatory for signatory in draft.signatories if signatory.mandate_id}
    for other in around(draft).mandates if mine else ():
        for signatory in mine.values():
            mandate = signatory.mandate
            if mandate is None or other.pk in mine or other.organisation_id != mandate.organisation_id:
                continue
            one, two = name_words(mandate.person), name_words(other.person)
            if not (one <= two or two <= one) or not _overlap(mandate, other):
                continue
            ranks = bool(mandate.rank and other.rank and plain(mandate.rank) != plain(other.rank))
            if one == two and not ranks:
                continue
            yield _finding(
                draft,
                signatory.party,
                f".signatories[{signatory.party.organisation.key}]",
                f"L'annuaire connaît la même personne deux fois : « {_named(mandate)} » et « {_named(other)} ».",
                _named(mandate),
                _named(other),
            )


def _overlap(one: Mandate, two: Mandate) -> bool:
    return not (one.end and two.start and one.end < two.start) and not (two.end and one.start and two.end < one.start)


def _named(mandate: Mandate) -> str:
    return f"{mandate.rank} {mandate.person}".strip()


def _finding(draft: Draft, party: Party, path: str, message: str, stated: str, computed: str) -> Finding:
    return Finding(
        code="R23",
        severity=Severity.EXPLAIN,
        place=place(draft.convention, path),
        message=message,
        stated=stated,
        computed=computed,
        source="Contrôle R23 de Cosigne",
        url=tab(draft.convention, "parties", f"partie-{party.uuid}"),
    )
