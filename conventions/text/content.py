"""The canonical content of a convention: plain data with every word and figure that will be printed and signed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from conventions.clauses.engine import Article, ClauseProblem, render_clauses
from conventions.models import Convention, Deliberation, Party, Signatory
from core.errors import BusinessError
from core.french import lower_first, upper_first
from core.french.dates import date_long, date_range
from core.french.numbers import counted
from core.french.people import agree_function, function_with_article
from parties.enums import OrganisationKind
from parties.models import Mandate

from .annex_list import annexes_content
from .clauses import chosen_clauses, template_clauses
from .context import context_of
from .dossier import Draft, read
from .flags import flags_of
from .holes import render_with_holes
from .money import funding_tables
from .names import short_name
from .years import posts_list, posts_table, years_table


@dataclass(frozen=True)
class Preview:
    """The content as it stands, with what is missing put between brackets and listed."""

    content: dict[str, Any]
    problems: list[ClauseProblem]


def build_content(convention: Convention) -> dict[str, Any]:
    """The content as it can be approved. Raises ClauseError listing every hole, BusinessError without a model."""
    draft = read(convention)
    return _content(draft, _articles(draft, context_of(draft)))


def preview_content(convention: Convention) -> Preview:
    """The content for reading while drafting: holes show as « [à compléter : …] ». BusinessError without a model."""
    draft = read(convention)
    chosen = chosen_clauses(_with_model(convention))
    articles, problems = render_with_holes(
        clauses=chosen.texts, context=context_of(draft), flags=flags_of(draft), choices=chosen.choices
    )
    return Preview(_content(draft, articles), problems)


def model_content(convention: Convention) -> dict[str, Any]:
    """What the convention would say with its model's wording everywhere: what local edits are compared to."""
    draft = read(convention)
    template = _with_model(convention).template
    clauses = template_clauses(template) if template else []
    articles, _ = render_with_holes(clauses=clauses, context=context_of(draft), flags=flags_of(draft), choices={})
    return _content(draft, articles)


def canonical_bytes(content: dict[str, Any]) -> bytes:
    """The one byte form of a content: sorted keys, no spaces, UTF-8. What the hash is taken of."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def content_hash(content: dict[str, Any]) -> str:
    return hashlib.sha256(canonical_bytes(content)).hexdigest()


def _with_model(convention: Convention) -> Convention:
    if convention.template is None:
        raise BusinessError(
            f"La convention {convention.reference} n'a pas de modèle de texte : choisissez-en un.", place="template"
        )
    return convention


def _articles(draft: Draft, context: dict[str, str]) -> list[Article]:
    chosen = chosen_clauses(_with_model(draft.convention))
    return render_clauses(clauses=chosen.texts, context=context, flags=flags_of(draft), choices=chosen.choices)


def _content(draft: Draft, articles: list[Article]) -> dict[str, Any]:
    convention = draft.convention
    by_kind = {article.kind: article for article in articles}
    visas = _visa_texts(by_kind["visas"].blocks) if "visas" in by_kind else []
    return {
        "reference": convention.reference,
        "title": convention.title,
        "subtitle": _subtitle(draft),
        "status_label": "Projet" if convention.is_editable else "",
        "draft": convention.is_editable,
        "version": None,
        "parties": [_party(party, draft) for party in draft.parties],
        "visas": visas + [visa_of(d) for d in _deliberations(draft)],
        "preamble": _filled(by_kind["preambule"].blocks, draft) if "preambule" in by_kind else [],
        "articles": [
            {"number": a.number, "kind": a.kind, "title": a.title, "blocks": _filled(a.blocks, draft)}
            for a in articles
            if a.kind not in ("visas", "preambule")
        ],
        "closing": _closing(draft),
        "signatories": [_signatory(n, s) for n, s in enumerate(draft.signatories, start=1)],
        "annexes": annexes_content(draft, articles),
        "figures": figures_of(draft),
        # Printed on each page of the approved text: a document printed again after a move of the site must be the same.
        "public_address": settings.COSIGNE_PUBLIC_URL,
    }


def _filled(blocks: Any, draft: Draft) -> list[dict[str, Any]]:
    """Blocks with the tables put where the clause calls for them: those nobody calls for are not built."""
    filled: list[dict[str, Any]] = []
    for block in blocks:
        table = _TABLES.get(block["type"])
        filled.extend(table(draft) if table else [dict(block)])
    return filled


def _plan_tables(draft: Draft) -> list[dict[str, Any]]:
    """One table per plan, its notes under it."""
    blocks: list[dict[str, Any]] = []
    for table in funding_tables(draft):
        blocks.append({key: value for key, value in table.items() if key != "notes"})
        blocks.extend({"type": "p", "text": f"({n}) {note}"} for n, note in enumerate(table.get("notes", []), 1))
    return blocks


#: What each placeholder of a clause stands for (conventions.clauses.engine.PLACEHOLDERS).
_TABLES: dict[str, Callable[[Draft], list[dict[str, Any]]]] = {
    "funding_table": _plan_tables,
    "funding_years": years_table,
    "funding_posts": posts_table,
    "posts_list": posts_list,
}


def _visa_texts(blocks: Sequence[Mapping[str, Any]]) -> list[str]:
    """Visas are printed one a line, whether they were written as paragraphs or as points."""
    texts: list[str] = []
    for block in blocks:
        texts += [block["text"]] if block["type"] == "p" else block.get("items", [])
    return texts


def _subtitle(draft: Draft) -> str:
    return f"Période {date_range(draft.convention.period_start, draft.convention.period_end)}"


def _party(party: Party, draft: Draft) -> dict[str, Any]:
    organisation = party.organisation
    name = organisation.french
    parts = [upper_first(name.le())]
    if organisation.siren:
        parts.append(f"SIREN {organisation.siren[:3]} {organisation.siren[3:6]} {organisation.siren[6:]}")
    if organisation.seat:
        # The State has no seat: what is given is the address of its préfecture.
        state = organisation.kind == OrganisationKind.PREFECTURE
        parts.append(f"{'dont la préfecture est située' if state else 'dont le siège est situé'} {organisation.seat}")
    if party.representative:
        parts.append(f"{name.agree('représenté')} par {_representative(party.representative)}")
    if party.deliberation:
        parts.append(f"{_empowered(party)} par {_deliberation(party.deliberation)}")
    short = short_name(organisation)
    designation = ", ".join(parts)
    same = [p for p in draft.parties if short_name(p.organisation).text == short.text]
    if short.text != name.text and len(same) == 1:
        designation += f", ci-après « {short.le()} »"
    return {
        "name_le": name.le(),
        "designation": designation,
        "roles_label": ", ".join(label.lower() for label in party.role_labels),
        "siren": organisation.siren,
    }


def _empowered(party: Party) -> str:
    female = party.representative is not None and party.representative.gender == "f"
    return "dûment habilitée" if female else "dûment habilité"


def _representative(mandate: Mandate) -> str:
    function = agree_function(mandate.function, "f" if mandate.gender == "f" else "m")
    delegation = f", par délégation ({mandate.delegation})" if mandate.delegation else ""
    # An officer is named by rank, others by civility.
    title = f"le {lower_first(mandate.rank)}" if mandate.rank else mandate.civility
    if mandate.rank and mandate.gender == "f":
        title = function_with_article(lower_first(mandate.rank), "f")
    return f"{title} {mandate.person}, {lower_first(function)}{delegation}"


def _deliberation(deliberation: Deliberation) -> str:
    number = f"n° {deliberation.number} " if deliberation.number else ""
    body = f"{_of_body(deliberation.body)} " if deliberation.body else ""
    return f"la délibération {number}{body}en date du {date_long(deliberation.date)}"


def _of_body(body: str) -> str:
    text = lower_first(body)
    return f"de la {text}" if text.startswith("commission") else f"du {text}"


def _deliberations(draft: Draft) -> list[Deliberation]:
    seen: dict[int, Deliberation] = {}
    for party in draft.parties:
        if party.deliberation is not None:
            seen.setdefault(party.deliberation.pk, party.deliberation)
    return list(seen.values())


def visa_of(deliberation: Deliberation) -> str:
    """The recital of a vote, as conventions print it."""
    number = f"n° {deliberation.number} " if deliberation.number else ""
    body = _of_body(deliberation.body) if deliberation.body else deliberation.organisation.french.de()
    return f"Vu la délibération {number}{body} en date du {date_long(deliberation.date)} ;"


def _closing(draft: Draft) -> dict[str, Any]:
    place = draft.convention.place
    copies = counted(len(draft.parties), "exemplaire original", "exemplaires originaux")
    return {
        "place": place,
        "copies": len(draft.parties),
        "copies_sentence": f"Fait à {place or '…………'}, en {copies}, le ………………",
    }


def _signatory(number: int, signatory: Signatory) -> dict[str, Any]:
    mandate, organisation = signatory.mandate, signatory.party.organisation
    return {
        "id": f"sig-{number}",
        "uuid": str(signatory.uuid),
        "name": f"{mandate.rank} {mandate.person}".strip() if mandate else "",
        "function": upper_first(agree_function(mandate.function, "f" if mandate.gender == "f" else "m"))
        if mandate
        else "",
        "organisation": f"Pour {organisation.french.le()}",
        "mention": _mention(signatory),
    }


def _mention(signatory: Signatory) -> str:
    """In whose name this person signs: the delegation recorded, else the arrêté written on the mandate."""
    if signatory.delegation is not None:
        return signatory.delegation.mention
    mandate = signatory.mandate
    return f"Par délégation ({mandate.delegation})" if mandate and mandate.delegation else ""


def figures_of(draft: Draft) -> list[dict[str, Any]]:
    """The figures as data: what the titres, the API and a later verification read, exactly those printed."""
    return [
        {
            "plan": view.plan.key,
            "year": view.plan.year,
            "posts": [post.key for post in view.plan.posts.all()],
            "total": None if view.total is None else str(view.total),
            "lines": [
                {
                    "ref": share.ref,
                    "financer": share.financer.key if share.financer else "",
                    "siren": share.financer.siren if share.financer else "",
                    "mode": share.mode,
                    "amount": None if share.amount is None else str(share.amount),
                    "explanation": share.explanation.get("text", ""),
                }
                for share in view.leaves
            ],
        }
        for view in draft.plans
    ]


def signing_parts(draft: Draft) -> dict[str, Any]:
    """Parties, visas of their votes and signature blocks: what an avenant says as the convention does."""
    return {
        "parties": [_party(party, draft) for party in draft.parties],
        "visas": [visa_of(deliberation) for deliberation in _deliberations(draft)],
        "closing": _closing(draft),
        "signatories": [_signatory(n, s) for n, s in enumerate(draft.signatories, start=1)],
    }


def content_with(draft: Draft, articles: list[Article]) -> dict[str, Any]:
    """The content of a convention with articles rendered elsewhere: trying a model that is not its own."""
    return _content(draft, articles)
