"""The dossier as plain data: texts and tables ready to print. Amounts are already written in French."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from conventions.commission import article_texts
from conventions.commission.articles import vote_sentence
from conventions.text.dossier import Draft, PlanView
from conventions.text.money import mode_label
from core.french import date_long, enumerate_fr, lower_first, plural, upper_first
from core.money import euros
from parties.enums import OrganisationKind
from parties.models import Organisation
from reporting.bilan.present import present
from reporting.commission.reading import Annex, Commission

NONE = "–"
UNKNOWN = "non chiffré"
#: The order of the financing annex.
EMPLOYERS = (
    ((OrganisationKind.DEPARTEMENT,), "Postes du Département"),
    ((OrganisationKind.EPCI,), "Postes des intercommunalités"),
    ((OrganisationKind.COMMUNE, OrganisationKind.CCAS, OrganisationKind.CIAS), "Postes des communes"),
    ((OrganisationKind.ASSOCIATION,), "Postes des associations"),
)
OTHERS = "Autres employeurs"


def content_of(commission: Commission) -> dict[str, Any]:
    """``cover``, ``report``, ``deliberation`` and ``annexes``; blocks are those of conventions (p, ul, table)."""
    return {
        "cover": _cover(commission),
        "report": {"title": commission.assembly.report_title, "sections": _report(commission)},
        "deliberation": _deliberation(commission),
        "annexes": [_annex(commission, annex) for annex in commission.annexes],
    }


def budget_label(commission: Commission) -> str:
    """The line as acts cite it: operation code, imputation, label. Empty without a line."""
    line = commission.deliberation.budget_line
    if line is None:
        return ""
    return " ".join(part for part in (line.operation, line.imputation, f"({line.label})") if part)


def _cover(commission: Commission) -> dict[str, Any]:
    deliberation = commission.deliberation
    body = commission.assembly.body
    number = f"Délibération n° {deliberation.number}" if deliberation.number else "Projet de délibération"
    organisation = deliberation.organisation.french.text
    return {
        "organisation": upper_first(organisation),
        "title": deliberation.title,
        "number": number,
        "session": f"{body.capitalised()}, séance du {date_long(deliberation.date)}",
        "draft": not deliberation.number,
    }


# --- Report -----------------------------------------------------------------------------------------------------------


def _report(commission: Commission) -> list[dict[str, Any]]:
    sections = [
        _section("Présentation", [*_paragraphs(commission.file.context), *_posts(commission)]),
        _section("Activité", _activity(commission)),
        _section("Financement proposé", [*_funding(commission), *_budget(commission), *_own(commission)]),
        _section("Points d'attention", [*_paragraphs(commission.file.points), *_watch(commission)]),
        _section("Proposition", _proposal(commission)),
    ]
    return [section for section in sections if section["blocks"]]


def _section(title: str, blocks: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {"title": title, "blocks": list(blocks)}


def _p(text: str) -> dict[str, Any]:
    return {"type": "p", "text": text}


def _paragraphs(text: str) -> list[dict[str, Any]]:
    return [_p(line.strip()) for line in text.splitlines() if line.strip()]


def _table(
    caption: str, head: list[str], rows: list[list[str]], align: str, foot: list[str] | None = None
) -> dict[str, Any]:
    return {
        "type": "table",
        "caption": caption,
        "head": head,
        "rows": rows,
        "foot": foot or [],
        "align": list(align),
    }


def _main(commission: Commission) -> list[Draft]:
    """Conventions that carry posts: bipartite children repeat those of their parent."""
    return [draft for draft in commission.drafts.values() if not draft.is_bipartite]


def _posts(commission: Commission) -> list[dict[str, Any]]:
    rows = [
        [post.label, _hosts(draft), post.employer.label, _reference(commission, draft)]
        for draft in _main(commission)
        for post in draft.posts
    ]
    if not rows:
        return []
    count = (
        "Le poste concerné est le suivant" if len(rows) == 1 else f"Les {len(rows)} postes concernés sont les suivants"
    )
    return [_p(f"{count}."), _table("Postes", ["Poste", "Service d'accueil", "Employeur", "Convention"], rows, "llll")]


def _hosts(draft: Draft) -> str:
    units = [link.unit.name for post in draft.posts for link in post.post_units.all()]
    return enumerate_fr(list(dict.fromkeys(units))) or NONE


def _reference(commission: Commission, draft: Draft) -> str:
    number = commission.annex_numbers.get(draft.convention.pk)
    return f"{draft.convention.reference} (annexe {number})" if number else draft.convention.reference


def _activity(commission: Commission) -> list[dict[str, Any]]:
    if commission.bilan is None:
        return []
    shown = present(commission.bilan.bilan)
    return [_p(f"{shown.summary} Le bilan {commission.bilan.bilan.year} figure en annexe 1.")]


def _funding(commission: Commission) -> list[dict[str, Any]]:
    organisation = commission.deliberation.organisation
    rows = []
    totals = [Decimal(0), Decimal(0)]
    for draft in _main(commission):
        for view in draft.plans:
            mine, others = _split(view, organisation)
            totals[0] += mine or 0
            totals[1] += others or 0
            rows.append(
                [
                    _posts_of(draft, view),
                    draft.employer.label if draft.employer else NONE,
                    _amount(mine),
                    _amount(others),
                ]
            )
    if not rows:
        return []
    head = ["Poste", "Employeur", organisation.label, "Autres financeurs"]
    foot = ["Total chiffré", "", euros(totals[0]), euros(totals[1])]
    return [_table("Participations par poste", head, rows, "llrr", foot)]


def _split(view: PlanView, organisation: Organisation) -> tuple[Decimal | None, Decimal | None]:
    mine = [s.amount for s in view.leaves if s.financer_id == organisation.pk]
    others = [s.amount for s in view.leaves if s.financer_id != organisation.pk]
    return _sum(mine), _sum(others)


def _sum(amounts: list[Decimal | None]) -> Decimal | None:
    """The known ones; None when there is nothing to add."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal(0)) if known else None


def _amount(amount: Decimal | None) -> str:
    return UNKNOWN if amount is None else euros(amount)


def _posts_of(draft: Draft, view: PlanView) -> str:
    names = enumerate_fr([post.label for post in view.plan.posts.all()] or [post.label for post in draft.posts])
    return f"{names} ({view.plan.year})" if len(draft.plans) > 1 else names


def _budget(commission: Commission) -> list[dict[str, Any]]:
    figures = commission.budget
    if figures is None:
        return []
    line = figures.line
    balance = None if line.available is None else line.available - commission.attributed
    row = [
        " ".join(part for part in (line.operation, line.imputation) if part) or line.label,
        _amount(line.voted),
        _amount(line.available),
        euros(commission.attributed),
        _amount(balance),
    ]
    head = ["Ligne budgétaire", "Crédits votés", "Disponible", "Proposition", "Solde"]
    return [_table(f"Incidence budgétaire {line.year} – {line.label}", head, [row], "lrrrr")]


def _own(commission: Commission) -> list[dict[str, Any]]:
    own = commission.own
    if own is None or not own.posts:
        return []
    kept = enumerate_fr([post.posts for post in own.posts])
    text = (
        f"Pour les postes qu'emploie {commission.deliberation.organisation.french.le()} ({kept}), il reste à sa charge"
        f" {euros(own.own)} ; {euros(own.revenue)} sont attendus des autres financeurs, par titres de recettes."
    )
    return [_p(text)]


def _watch(commission: Commission) -> list[dict[str, Any]]:
    items = [*_late(commission), *_unpriced(commission)]
    return [{"type": "ul", "items": [f"{item} ;" for item in items[:-1]] + [f"{items[-1]}."]}] if items else []


def _late(commission: Commission) -> list[str]:
    """Days elapsed at the vote, for conventions that took effect before it: allowed, and to be said (domain.md §5)."""
    day = commission.deliberation.date
    late = [draft.convention for draft in commission.drafts.values() if draft.convention.period_start < day]
    if not late:
        return []
    first = min(convention.period_start for convention in late)
    count = len(late)
    return [
        f"{count} {plural(count, 'convention prend', 'conventions prennent')} effet avant la séance, la première"
        f" {(day - first).days} jours plus tôt : {enumerate_fr([convention.reference for convention in late])}"
    ]


def _unpriced(commission: Commission) -> list[str]:
    unknown = [
        draft.convention.reference
        for draft in _main(commission)
        if any(s.amount is None for view in draft.plans for s in view.leaves)
    ]
    if not unknown:
        return []
    which = plural(len(unknown), "la convention", "les conventions")
    return [f"une part n'est pas chiffrée dans {which} {enumerate_fr(unknown)}"]


def _proposal(commission: Commission) -> list[dict[str, Any]]:
    body = commission.assembly.body
    text = f"Il est proposé {body.a()} d'adopter la délibération jointe, en {len(commission.decisions)} articles"
    paid = f", et d'attribuer {euros(commission.attributed)} au total" if commission.attributed else ""
    return [_p(f"{text}{paid}.")]


# --- Deliberation -----------------------------------------------------------------------------------------------------


def _deliberation(commission: Commission) -> dict[str, Any]:
    deliberation = commission.deliberation
    visas = [*commission.assembly.visas, *_typed_visas(commission)]
    visas.append(f"Vu {_report_word(commission)} joint à la présente délibération ;")
    articles = article_texts(
        decisions=commission.decisions,
        assembly=commission.assembly,
        drafts=commission.drafts,
        annexes=commission.annex_numbers,
        budget_line=budget_label(commission),
    )
    return {
        "title": f"Délibération n° {deliberation.number}" if deliberation.number else "Projet de délibération",
        "subject": deliberation.title,
        "visas": visas,
        "decides": f"{commission.assembly.body.capitalised()}, après en avoir délibéré, décide :",
        "articles": [{"number": number, "text": text} for number, text in articles],
        "vote": vote_sentence(
            present=deliberation.present,
            delegations=deliberation.delegations,
            votes_for=deliberation.votes_for,
            against=deliberation.votes_against,
            abstentions=deliberation.abstentions,
        ),
        "voted": deliberation.votes_for is not None,
    }


def _typed_visas(commission: Commission) -> list[str]:
    lines = [line.strip().rstrip(";. ") for line in commission.file.visas.splitlines() if line.strip()]
    return [f"{line if line.lower().startswith('vu ') else f'Vu {line}'} ;" for line in lines]


def _report_word(commission: Commission) -> str:
    title = commission.assembly.report_title
    return f"le {lower_first(title)}"


# --- Annexes ----------------------------------------------------------------------------------------------------------


def _annex(commission: Commission, annex: Annex) -> dict[str, Any]:
    blocks = financing_tables(commission) if annex.kind == "financing" else []
    if annex.kind == "convention" and annex.content is None:
        blocks = [_p("Le texte de cette convention n'est pas encore rédigé.")]
    return {
        "number": annex.number,
        "kind": annex.kind,
        "title": annex.title,
        "blocks": blocks,
        "content": annex.content,
    }


def financing_tables(commission: Commission) -> list[dict[str, Any]]:
    """One table per kind of employer: who pays how much for each post, subtotal by post, total of what is known."""
    found = []
    drafts = _main(commission)
    known = {kind for kinds, _title in EMPLOYERS for kind in kinds}
    for kinds, title in (*EMPLOYERS, ((), OTHERS)):
        concerned = [
            d for d in drafts if d.employer and (d.employer.kind in kinds if kinds else d.employer.kind not in known)
        ]
        rows: list[list[str]] = []
        total = Decimal(0)
        for draft in concerned:
            for view in draft.plans:
                part, amount = _financing_rows(commission, draft, view)
                rows += part
                total += amount
        if rows:
            head = ["Poste et financeurs", "Calcul", "Montant"]
            found.append(_table(title, head, rows, "llr", ["Total chiffré", "", euros(total)]))
    return found


def _financing_rows(commission: Commission, draft: Draft, view: PlanView) -> tuple[list[list[str]], Decimal]:
    known = sum((s.amount for s in view.leaves if s.amount is not None), Decimal(0))
    whole = all(s.amount is not None for s in view.leaves)
    name = f"{_posts_of(draft, view)} – {_reference(commission, draft)}"
    rows = [[name, "coût" if whole else "parts chiffrées", euros(known)]]
    rows += [
        [f"– {s.financer.french.text if s.financer else s.display_label}", mode_label(s), _amount(s.amount)]
        for s in view.leaves
    ]
    return rows, known
