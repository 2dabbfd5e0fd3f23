"""The annexes a convention can build from its data: one job description per post, and the detail of the financing.

Each builder gives ``{"kind", "title", "blocks"}`` with the blocks of an article; :func:`numbered` adds their numbers.
Nothing here is typed: what an annex says is what the posts, the plans and the articles say.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from conventions.clauses.engine import Article
from core.french import lower_first, upper_first
from core.french.dates import date_range
from core.french.numbers import enumerate_fr
from core.money import euros
from funding.enums import CostKind
from posts.models import Post

from .dossier import Draft, PlanView
from .money import funding_tables
from .names import unit_name
from .posts import etp_label, hours_label, kind_label, lower_function, split_label, zone_label
from .years import posts_table

Annex = dict[str, Any]

JOB = "fiche_poste"
FINANCING = "financement"


def job_descriptions(draft: Draft, articles: Sequence[Article] = ()) -> list[Annex]:
    """One job description per post of the convention. Missions are those of its article, so that they agree."""
    return [_job(draft, post, articles) for post in draft.posts]


def financing_annex(draft: Draft) -> Annex | None:
    """Cost, table and computation of every plan, and the detail post by post; None without plan."""
    if not draft.plans:
        return None
    blocks: list[dict[str, Any]] = [
        {
            "type": "p",
            "text": "Les montants sont en euros. Ils sont ceux des plans de financement arrêtés par les parties.",
        }
    ]
    for view, table in zip(draft.plans, funding_tables(draft), strict=True):
        blocks += _costs(view)
        blocks.append({key: value for key, value in table.items() if key != "notes"})
        blocks += [{"type": "p", "text": f"({n}) {note}"} for n, note in enumerate(table.get("notes", []), start=1)]
        blocks += _explained(view)
    return {"kind": FINANCING, "title": "Plan de financement", "blocks": blocks + posts_table(draft)}


def numbered(annexes: Iterable[Annex]) -> list[Annex]:
    """The annexes with their number, in the order given."""
    return [{**annex, "number": number} for number, annex in enumerate(annexes, start=1)]


def annexes_sentence(titles: Iterable[str]) -> str:
    """What the clause « annexes » enumerates: "annexe 1, plan de financement, et annexe 2, …"; empty without annex."""
    return enumerate_fr(f"annexe {n}, {_lower_first(title)}" for n, title in enumerate(titles, start=1))


def _lower_first(title: str) -> str:
    """A title loses its capital inside a sentence; an acronym keeps its own."""
    return title if title[:2].isupper() else lower_first(title)


def _job(draft: Draft, post: Post, articles: Sequence[Article]) -> Annex:
    units = [unit_name(link.unit).le() for link in post.post_units.all()]
    facts = [
        ("Emploi", upper_first(kind_label(post))),
        ("Employeur", upper_first(post.employer.french.le())),
        ("Quotité de travail", upper_first(etp_label(post))),
        ("Durée hebdomadaire", hours_label(post)),
        ("Lieux d'exercice", upper_first(enumerate_fr(units))),
        ("Partage du temps", split_label(post)),
        ("Ressort", upper_first(zone_label(draft, [post]))),
        ("Résidence administrative", post.residence),
        ("Autorité hiérarchique", upper_first(lower_function(post.hierarchical_authority))),
        ("Autorité fonctionnelle", upper_first(lower_function(post.functional_authority))),
        ("Période de la convention", date_range(draft.convention.period_start, draft.convention.period_end)),
    ]
    table = {
        "type": "table",
        "caption": "Le poste",
        "head": ["Rubrique", "Contenu"],
        "rows": [[label, value] for label, value in facts if value],
        "align": ["l", "l"],
    }
    blocks = [table, *_missions(articles), *_expected()]
    return {"kind": JOB, "title": f"Fiche de poste – {post.label}", "blocks": blocks}


def _missions(articles: Sequence[Article]) -> list[dict[str, Any]]:
    article = next((article for article in articles if article.kind == "missions"), None)
    if article is None:
        return []
    where = f" (article {article.number} de la convention)" if article.number else ""
    points = [dict(block) for block in article.blocks if block["type"] in ("ul", "ol")]
    return [{"type": "p", "text": f"Missions{where} :"}, *points] if points else []


def _expected() -> list[dict[str, Any]]:
    return [
        {"type": "p", "text": "Compétences attendues :"},
        {
            "type": "ul",
            "items": [
                "diplôme d'État de travail social et pratique de l'entretien d'évaluation ;",
                "connaissance de la protection de l'enfance, du droit de la famille et de l'aide aux victimes ;",
                "repérage des violences et de l'emprise, sang-froid face à l'urgence ;",
                "travail avec les policiers, les gendarmes, la justice et les services sociaux du territoire ;",
                "rédaction d'écrits professionnels et tenue de statistiques d'activité.",
            ],
        },
        {"type": "p", "text": "Conditions d'exercice :"},
        {
            "type": "ul",
            "items": [
                "bureau permettant la confidentialité dans les locaux du service d'accueil ;",
                "déplacements dans le ressort du poste ;",
                "secret professionnel, et accès aux locaux soumis à une enquête administrative favorable.",
            ],
        },
    ]


def _costs(view: PlanView) -> list[dict[str, Any]]:
    """The cost by kind, when it is known and has more than one line; a full year's, as plans hold it."""
    costs = list(view.plan.costs.all())
    if view.only_financer_id or not costs:
        return []
    rows = [[cost.label or str(CostKind(cost.kind).label), euros(cost.amount)] for cost in costs]
    return [
        {
            "type": "table",
            "caption": f"Coût prévisionnel {view.plan.year}, en année pleine – {view.plan.label}",
            "head": ["Nature de la dépense", "Montant"],
            "rows": rows,
            "foot": ["Total", euros(sum(cost.amount for cost in costs))],
            "align": ["l", "r"],
        }
    ]


def _explained(view: PlanView) -> list[dict[str, Any]]:
    """How each amount was reached, as the allocation wrote it down."""
    texts = [
        f"{share.financer.french.text if share.financer else share.display_label} : {text}"
        for share in view.leaves
        if (text := str(share.explanation.get("text", "")).rstrip(" ."))
    ]
    if not texts:
        return []
    items = [f"{text} ;" for text in texts[:-1]] + [f"{texts[-1]}."]
    return [{"type": "p", "text": f"Calcul des contributions de {view.plan.year} :"}, {"type": "ul", "items": items}]
