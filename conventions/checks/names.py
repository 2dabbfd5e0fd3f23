"""R29: parties under their official name, and able to contract."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from conventions.enums import PartyRole
from conventions.models import Party
from conventions.text.dossier import Draft
from core.findings import Finding, Mark, Severity
from core.french.names import Name, expand
from parties.enums import LOCAL_AUTHORITIES, OrganisationKind

from .places import place, tab

#: Words that do not tell one body from another.
_STOP = frozenset(["de", "du", "des", "d", "la", "le", "les", "l"])
_NUMBERS = {
    "2": "deux",
    "3": "trois",
    "4": "quatre",
    "5": "cinq",
    "6": "six",
    "7": "sept",
    "8": "huit",
    "9": "neuf",
}


def words(name: str) -> tuple[str, ...]:
    """The words that count in a name: no case, accent, punctuation, small word; digits spelled out."""
    plain = unicodedata.normalize("NFKD", expand(name.replace("’", "'")).replace("œ", "oe"))
    plain = "".join(c for c in plain if not unicodedata.combining(c)).lower()
    return tuple(_NUMBERS.get(w, w) for w in re.findall(r"[a-z0-9]+", plain) if w not in _STOP)


def r29_names(draft: Draft) -> Iterator[Finding]:
    for party in draft.parties:
        yield from _name(draft, party)
        yield from _personality(draft, party)


def _name(draft: Draft, party: Party) -> Iterator[Finding]:
    """Local authorities have an official name; other bodies' spelling is not checked."""
    organisation = party.organisation
    stated = str(party.stated.get("name") or "")
    if not stated:
        return
    if organisation.kind == OrganisationKind.PREFECTURE:
        if words(stated) and words(stated)[0] == "prefecture":
            yield _finding(
                draft,
                party,
                Severity.EXPLAIN,
                "La préfecture n'a pas de personnalité juridique : la partie est l'État, représenté par le préfet.",
                stated,
                "État",
            )
        return
    if organisation.kind not in LOCAL_AUTHORITIES:
        return
    official: Name = organisation.french
    if words(stated) == words(official.text):
        return
    yield _finding(
        draft,
        party,
        Severity.BLOCKING,
        f"Le texte nomme « {stated} » ; le nom officiel est « {official.text} ».",
        stated,
        official.text,
    )


def _personality(draft: Draft, party: Party) -> Iterator[Finding]:
    """A service without legal personality cannot contract; beside the State it is an associated signatory."""
    organisation = party.organisation
    if organisation.has_legal_personality:
        return
    contracts = {PartyRole.EMPLOYER, PartyRole.FINANCER, PartyRole.GRANTEE, PartyRole.BEARER} & set(party.roles)
    if contracts or draft.state is None:
        yield _finding(
            draft,
            party,
            Severity.BLOCKING,
            f"{organisation.name} n'a pas la personnalité juridique : l'État contracte pour lui.",
            party.stated.get("name") or organisation.name,
            "État",
        )
    elif party.stated.get("name") and PartyRole.ASSOCIATED not in party.roles:
        yield _finding(
            draft,
            party,
            Severity.WATCH,
            f"{organisation.name} : service sans personnalité juridique nommé comme partie ; l'État contracte pour"
            " lui, donnez-lui la qualité « associé ».",
            str(party.stated["name"]),
            "signataire associé",
        )


def _finding(draft: Draft, party: Party, severity: Severity, message: str, stated: str, computed: str) -> Finding:
    return Finding(
        code="R29",
        severity=severity,
        place=place(draft.convention, f".parties[{party.organisation.key}].stated.name"),
        message=message,
        stated=stated,
        computed=computed,
        source="Référentiel des EPCI (populations et noms officiels) ; domaine, cas 16",
        mark=Mark.VERIFIED,
        url=tab(draft.convention, "parties", f"partie-{party.uuid}"),
    )
