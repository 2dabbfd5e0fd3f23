"""R34 (parties of the vote, parties of the convention) and R36 (obligations on somebody who does not sign)."""

from __future__ import annotations

from collections.abc import Iterator

from conventions.enums import DecisionKind, PartyRole
from conventions.models import Decision
from conventions.text.dossier import Draft
from core.findings import Finding, Mark, Severity
from core.french.numbers import enumerate_fr
from parties.models import Organisation

from .around import around, distinct, mapping, plain, texts
from .places import place, tab

BENEFICIARIES = frozenset({PartyRole.EMPLOYER, PartyRole.GRANTEE, PartyRole.BEARER})


# --- R34 --------------------------------------------------------------------------------------------------------------


def r34_votes(draft: Draft) -> Iterator[Finding]:
    """A vote gives money to a body of the convention, and authorises signing with the bodies that sign."""
    seen: set[int] = set()
    for decision in around(draft).decisions:
        yield from _beneficiary(draft, decision)
        if decision.deliberation_id not in seen:
            seen.add(decision.deliberation_id)
            yield from _named_parties(draft, decision)


def _beneficiary(draft: Draft, decision: Decision) -> Iterator[Finding]:
    beneficiary = decision.beneficiary
    if decision.kind != DecisionKind.ATTRIBUTION or beneficiary is None:
        return
    receiving = [p.organisation for p in draft.parties if BENEFICIARIES & set(p.roles)]
    if beneficiary in receiving or not receiving:
        return
    yield _r34(
        draft,
        decision,
        f"L'article {decision.position} de la délibération attribue à {beneficiary.name} ; la convention prévoit"
        f" {enumerate_fr([o.name for o in receiving])}.",
        beneficiary.name,
        enumerate_fr([o.name for o in receiving]),
    )


def _named_parties(draft: Draft, decision: Decision) -> Iterator[Finding]:
    """The bodies the vote names for this convention, against those of the convention; the voter itself is one."""
    deliberation = decision.deliberation
    named = set(texts(mapping(deliberation.stated.get("parties")).get(draft.convention.reference)))
    if not named:
        return
    mine = {party.organisation.key: party.organisation for party in draft.parties}
    named.add(deliberation.organisation.key)
    missing = [mine[key].name for key in mine if key not in named]
    extra = sorted(named - set(mine))
    if not missing and not extra:
        return
    names = dict(Organisation.objects.filter(key__in=extra).values_list("key", "name"))
    parts = []
    if missing:
        parts.append(f"ne nomme pas {enumerate_fr(missing)}, qui signe" + ("nt" if len(missing) > 1 else ""))
    if extra:
        parts.append(
            f"nomme {enumerate_fr([names.get(k, k) for k in extra])}, qui ne signe"
            + ("nt" if len(extra) > 1 else "")
            + " pas"
        )
    yield _r34(
        draft,
        decision,
        f"La délibération {'n° ' + deliberation.number + ' ' if deliberation.number else ''}{' et '.join(parts)}.",
        ", ".join(sorted(named)),
        ", ".join(sorted(mine)),
    )


def _r34(draft: Draft, decision: Decision, message: str, stated: str, computed: str) -> Finding:
    key = decision.deliberation.key
    return Finding(
        code="R34",
        severity=Severity.EXPLAIN,
        place=place(draft.convention, f".deliberations[{key}].decisions[{decision.position}]"),
        message=message,
        stated=stated,
        computed=computed,
        source="Contrôle R34 de Cosigne",
        url=decision.deliberation.get_absolute_url(),
    )


# --- R36 --------------------------------------------------------------------------------------------------------------


def r36_third_parties(draft: Draft) -> Iterator[Finding]:
    """Whoever pays, hosts or is asked something is a party."""
    if draft.is_bipartite:
        return
    parties = {party.organisation_id for party in draft.parties}
    if not parties:
        return
    yield from _payers(draft, parties)
    obliged = distinct(texts(draft.convention.stated.get("obliged")))
    # Who read a published text says whom it names; else the post's units tell who receives it.
    if not obliged:
        yield from _hosts(draft, parties)
    known = {plain(p.organisation.name) for p in draft.parties} | {plain(p.stated.get("name")) for p in draft.parties}
    for rank, name in enumerate(obliged):
        if plain(name) not in known:
            yield _r36(
                draft,
                f".stated.obliged[{rank}]",
                f"Le texte met des obligations à la charge de « {name} », qui n'est pas partie à la convention.",
                name,
                "texte",
            )


def _payers(draft: Draft, parties: set[int]) -> Iterator[Finding]:
    bodies = {s.financer_id: s.financer for v in draft.plans for s in v.leaves if s.financer and s.amount != 0}
    for body in bodies.values():
        if body is not None and body.pk not in parties:
            yield _r36(
                draft,
                f".plans[{body.key}]",
                f"« {body.name} » paie une part du plan et n'est pas partie à la convention.",
                body.name,
                "plan",
            )


def _hosts(draft: Draft, parties: set[int]) -> Iterator[Finding]:
    hosts = {
        link.unit.organisation_id: link.unit.organisation for post in draft.posts for link in post.post_units.all()
    }
    for body in hosts.values():
        if body.pk not in parties:
            yield _r36(
                draft,
                f".posts[{body.key}]",
                f"Le poste exerce dans une unité de « {body.name} », qui doit l'accueillir et n'est pas partie à la"
                " convention.",
                body.name,
                "parties",
                Mark.UNVERIFIED,
            )


def _r36(draft: Draft, path: str, message: str, stated: str, page: str, mark: Mark = Mark.STATED) -> Finding:
    return Finding(
        code="R36",
        severity=Severity.EXPLAIN,
        place=place(draft.convention, path),
        message=message,
        stated=stated,
        source="Contrôle R36 de Cosigne ; domaine, cas 18",
        mark=mark,
        url=tab(draft.convention, page),
    )
