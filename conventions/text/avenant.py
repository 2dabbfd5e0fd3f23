"""The text of an avenant, generated from its structured changes: the same canonical form as a convention's.

Every change is told once as data (``changes``: kind, target, before, after, sentence), which is what the situation
reads, and once as an article. Clauses typed by people are printed as typed: they hold no tag.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.conf import settings

from conventions.clauses.engine import ClauseError, ClauseText, ClauseVariant, render_clauses
from conventions.enums import ChangeKind, PartyRole
from conventions.models import Avenant, AvenantChange
from conventions.situation import ArticleNow, PartyNow, PlanNow, Situation, before_avenant
from core.errors import InvalidInput
from core.french import lower_first, upper_first
from core.french.dates import date_long
from core.french.numbers import counted, enumerate_fr
from core.money import euros, in_words
from funding.amendments import Figure
from funding.models import FundingPlan
from parties.models import Mandate, Organisation

from .clauses import blocks_of_text
from .content import signing_parts
from .dossier import Draft, PlanView

#: Clause of the base text an article of an avenant is about, when it has one.
_PERIOD_CLAUSES = ("duree", "duree_effet", "duree_prise_effet")


@dataclass
class Told:
    """One change as data and as blocks of text."""

    kind: str
    target: str
    sentence: str
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    blocks: list[dict[str, Any]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "target": self.target,
            "before": self.before,
            "after": self.after,
            "sentence": self.sentence,
        }


def avenant_content(avenant: Avenant, *, draft: bool = False) -> dict[str, Any]:
    """The content to approve, or to read while drafting. InvalidInput names a change that no longer makes sense."""
    before = before_avenant(avenant)
    told = told_changes(avenant, before)
    parties = Draft(
        convention=avenant.convention,
        parties=list(
            avenant.parties.select_related("organisation__parent", "representative", "deliberation__organisation")
        ),
        signatories=list(avenant.signatories.select_related("party__organisation", "mandate")),
        posts=[],
        plans=[],
    )
    signing = signing_parts(parties)
    place = avenant.place or avenant.convention.place
    copies = counted(len(parties.parties), "exemplaire original", "exemplaires originaux")
    return {
        "reference": f"{avenant.convention.reference} – avenant n° {avenant.number}",
        "title": f"Avenant n° {avenant.number} à la convention {avenant.convention.reference}",
        "subtitle": avenant.convention.title,
        "status_label": "Projet" if draft else "",
        "draft": draft,
        "version": None,
        "parties": signing["parties"],
        "visas": [*_visas(avenant, before), *signing["visas"]],
        "preamble": [{"type": "p", "text": avenant.motive.strip()}] if avenant.motive.strip() else [],
        "articles": _numbered(_articles(avenant, told, before)),
        "closing": {
            "place": place,
            "copies": len(parties.parties),
            "copies_sentence": f"Fait à {place or '…………'}, en {copies}, le ………………",
        },
        "signatories": signing["signatories"],
        "annexes": [],
        "figures": _figures(told, before),
        "public_address": settings.COSIGNE_PUBLIC_URL,
        "changes": [item.as_dict() for item in told],
        "avenant": {
            "number": avenant.number,
            "effective_on": avenant.effective_on.isoformat(),
            "convention": avenant.convention.reference,
            "base_sha256": before.version.sha256 if before.version else "",
        },
    }


def told_changes(avenant: Avenant, before: Situation) -> list[Told]:
    """Each change with what it changes, read on the avenant's date. InvalidInput names what cannot be."""
    told = [_TELLERS[ChangeKind(change.kind)](change, before) for change in avenant.changes.order_by("position", "pk")]
    for item in told:
        if item.kind == ChangeKind.PERIOD:
            _due_until(item, told, before)
    return told


def _due_until(period: Told, told: list[Told], before: Situation) -> None:
    """An end brought forward: what was agreed for a longer period is due in proportion, unless amounts are stated."""
    end = dt.date.fromisoformat(period.after["end"])
    stated = {item.after["plan"] for item in told if item.kind == ChangeKind.SHARE}
    cut = [row.plan for row in before.plans if row.plan.period_start <= end < row.plan.period_end]
    plans = [plan for plan in cut if plan.key not in stated]
    if plans:
        years = enumerate_fr([str(plan.year) for plan in plans])
        sentence = f"Les contributions de {years} sont dues jusqu'à cette date, au prorata du temps écoulé."
        period.after["due_until"] = [plan.key for plan in plans]
        period.blocks.append(_p(sentence))


def _visas(avenant: Avenant, before: Situation) -> Iterator[str]:
    convention = avenant.convention
    signed = f" signée le {date_long(convention.signed_on)}" if convention.signed_on else ""
    yield f"Vu la convention {convention.reference}{signed} ;"
    for item in before.applied:
        yield f"Vu l'{item.label} ;"


# --- One change -------------------------------------------------------------------------------------------------------


def _period(change: AvenantChange, before: Situation) -> Told:
    end = dt.date.fromisoformat(change.data["end"])
    was = before.last_day if before.last_day < dt.date.max else before.term.end
    if end == was:
        raise InvalidInput(f"La convention prend déjà fin le {date_long(end)}.", place="end")
    verb = "reportée" if end > was else "avancée"
    sentence = f"La fin de la convention, fixée au {date_long(was)}, est {verb} au {date_long(end)}."
    blocks = [_p(sentence)]
    article = next((row for row in before.articles if row.kind in _PERIOD_CLAUSES and not row.removed), None)
    if article is not None:
        blocks.append(_p(f"{_the_article(article)} est modifié en conséquence."))
    return Told(change.kind, change.target, sentence, {"end": was.isoformat()}, {"end": end.isoformat()}, blocks)


def _share(change: AvenantChange, before: Situation) -> Told:
    plan, figure = share_of(change.target, before)
    amount = Decimal(change.data["amount"])
    if figure.amount == amount:
        raise InvalidInput(f"La part de {figure.label} est déjà de {euros(amount)}.", place="amount")
    share = plan.plan.shares.select_related("financer").get(ref=figure.ref)
    payer = share.financer.french.de() if share.financer else f"de {figure.label}"
    year = plan.plan.year
    if figure.amount is None:
        sentence = f"Le montant de la contribution {payer} pour {year} est fixé à {_worded(amount)}."
    else:
        verb = "porté" if amount > figure.amount else "ramené"
        sentence = (
            f"Le montant de la contribution {payer} pour {year} est {verb} de {_worded(figure.amount)} à"
            f" {_worded(amount)}."
        )
    return Told(
        change.kind,
        change.target,
        sentence,
        {"amount": None if figure.amount is None else str(figure.amount)},
        {"plan": plan.plan.key, "ref": figure.ref, "label": figure.label, "amount": f"{amount:.2f}"},
        [_p(sentence)],
    )


def _plan(change: AvenantChange, before: Situation) -> Told:
    plan = FundingPlan.objects.filter(territory_id=before.convention.territory_id, key=change.target).first()
    if plan is None:
        raise InvalidInput(f"Le plan « {change.target} » n'existe plus.", place="target")
    if any(known.plan.pk == plan.pk for known in before.plans):
        raise InvalidInput(f"Le plan « {plan.label} » est déjà à la convention.", place="target")
    view = PlanView(plan, list(plan.shares.select_related("financer")), None)
    total = f" d'un montant total de {euros(view.total)}," if view.total is not None else ""
    sentence = f"Le plan de financement {plan.year} du poste,{total} est ajouté à la convention."
    table = {
        "type": "table",
        "caption": f"Financement {plan.year}",
        "head": ["Financeur", "Montant"],
        "rows": [[share.display_label, _amount(share.amount)] for share in view.leaves],
        "foot": ["Total", _amount(view.total)],
        "align": ["l", "r"],
    }
    return Told(
        change.kind,
        change.target,
        sentence,
        {},
        {"plan": plan.key, "year": plan.year, "total": None if view.total is None else str(view.total)},
        [_p(sentence), table],
    )


def _party_added(change: AvenantChange, before: Situation) -> Told:
    organisation = _organisation(change.target, before)
    if any(party.organisation.pk == organisation.pk for party in before.parties):
        raise InvalidInput(f"{organisation} est déjà partie à la convention.", place="target")
    roles = change.data.get("roles") or []
    labels = enumerate_fr([str(PartyRole(role).label).lower() for role in roles])
    capacity = f", en qualité de {labels}" if labels else ""
    sentence = f"{upper_first(organisation.french.le())} devient partie à la convention{capacity}."
    return Told(change.kind, change.target, sentence, {}, {"roles": roles, "name": organisation.name}, [_p(sentence)])


def _party_replaced(change: AvenantChange, before: Situation) -> Told:
    party, new = _party(change.target, before), _organisation(change.data["by"], before)
    le = upper_first(party.organisation.french.le())
    sentence = (
        f"{le} est {party.organisation.french.agree('remplacé')} par {new.french.le()}, qui reprend l'ensemble de ses"
        " droits et obligations."
    )
    after = {"by": new.key, "name": new.name, "roles": list(party.roles)}
    return Told(change.kind, change.target, sentence, {"name": party.organisation.name}, after, [_p(sentence)])


def _party_removed(change: AvenantChange, before: Situation) -> Told:
    party = _party(change.target, before)
    sentence = f"{upper_first(party.organisation.french.le())} cesse d'être partie à la convention."
    return Told(change.kind, change.target, sentence, {"name": party.organisation.name}, {}, [_p(sentence)])


def _signatory(change: AvenantChange, before: Situation) -> Told:
    party = _party(change.target, before)
    mandate = Mandate.objects.filter(organisation=party.organisation, key=change.data["mandate"]).first()
    if mandate is None:
        raise InvalidInput(f"Ce mandat n'est pas de {party.organisation}.", place="mandate")
    name = party.organisation.french
    sentence = (
        f"{upper_first(name.le())} est désormais {name.agree('représenté')} par {mandate.person}, {mandate.function}."
    )
    was = party.representative.person if party.representative else ""
    after = {"mandate": mandate.key, "person": mandate.person}
    return Told(change.kind, change.target, sentence, {"person": was}, after, [_p(sentence)])


def _clause_replaced(change: AvenantChange, before: Situation) -> Told:
    article = _article(change.target, before)
    title = change.data.get("title") or article.title
    blocks = clause_blocks(change.data["text"])
    sentence = f"{_the_article(article)} est remplacé par les dispositions suivantes :"
    if (title, blocks) == (article.title, list(article.blocks)):
        raise InvalidInput("Cette nouvelle rédaction est celle de l'article en vigueur.", place="text")
    heading = [] if title == article.title else [_p(f"Article {article.label} – {title}")]
    return Told(
        change.kind,
        change.target,
        sentence.removesuffix(" par les dispositions suivantes :") + ".",
        {"label": article.label, "title": article.title, "blocks": list(article.blocks)},
        {"label": article.label, "title": title, "blocks": blocks},
        [_p(sentence), *_quoted([*heading, *blocks])],
    )


def _clause_added(change: AvenantChange, before: Situation) -> Told:
    title, blocks = change.data["title"], clause_blocks(change.data["text"])
    follows = _article(change.data["follows"], before)
    taken = {row.label for row in before.articles}
    number = next(n for n in range(1, 100) if f"{follows.label}-{n}" not in taken)
    label = f"{follows.label}-{number}"
    sentence = f"Après l'article {follows.label}, il est inséré un article {label} ainsi rédigé :"
    return Told(
        change.kind,
        change.target,
        f"Un article {label} « {title} » est inséré après l'article {follows.label}.",
        {},
        {"label": label, "title": title, "blocks": blocks, "follows": follows.kind},
        [_p(sentence), *_quoted([_p(f"Article {label} – {title}"), *blocks])],
    )


def _clause_removed(change: AvenantChange, before: Situation) -> Told:
    article = _article(change.target, before)
    sentence = f"{_the_article(article)} est supprimé ; les autres articles gardent leur numéro."
    return Told(
        change.kind,
        change.target,
        sentence,
        {"label": article.label, "title": article.title, "blocks": list(article.blocks)},
        {"label": article.label},
        [_p(sentence)],
    )


def _repeal(change: AvenantChange, before: Situation) -> Told:
    number = int(change.target)
    item = next((item for item in before.signed if item.avenant.number == number), None)
    if item is None:
        raise InvalidInput(f"L'avenant n° {number} n'est pas signé : il ne s'abroge pas.", place="target")
    sentence = f"L'{item.label} est abrogé ; ses effets cessent à la prise d'effet du présent avenant."
    return Told(change.kind, change.target, sentence, {}, {"number": number}, [_p(sentence)])


_TELLERS = {
    ChangeKind.PERIOD: _period,
    ChangeKind.SHARE: _share,
    ChangeKind.PLAN_ADDED: _plan,
    ChangeKind.PARTY_ADDED: _party_added,
    ChangeKind.PARTY_REPLACED: _party_replaced,
    ChangeKind.PARTY_REMOVED: _party_removed,
    ChangeKind.SIGNATORY: _signatory,
    ChangeKind.CLAUSE_REPLACED: _clause_replaced,
    ChangeKind.CLAUSE_ADDED: _clause_added,
    ChangeKind.CLAUSE_REMOVED: _clause_removed,
    ChangeKind.REPEAL: _repeal,
}


# --- The articles -----------------------------------------------------------------------------------------------------

_GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Avenant antérieur", (ChangeKind.REPEAL,)),
    ("Durée de la convention", (ChangeKind.PERIOD,)),
    ("Parties", (ChangeKind.PARTY_ADDED, ChangeKind.PARTY_REPLACED, ChangeKind.PARTY_REMOVED, ChangeKind.SIGNATORY)),
    ("Montants", (ChangeKind.SHARE,)),
    ("Financement", (ChangeKind.PLAN_ADDED,)),
    ("Clauses modifiées", (ChangeKind.CLAUSE_REPLACED, ChangeKind.CLAUSE_ADDED, ChangeKind.CLAUSE_REMOVED)),
)


def _articles(avenant: Avenant, told: list[Told], before: Situation) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
    """(kind, title, blocks) of each article, in the order an avenant is usually read."""
    yield (
        "objet",
        "Objet",
        [_p(f"Le présent avenant a pour objet : {lower_first(avenant.title.strip().rstrip('.'))}.")],
    )
    for title, kinds in _GROUPS:
        mine = [item for item in told if item.kind in kinds]
        if not mine:
            continue
        blocks = [block for item in mine for block in item.blocks]
        if ChangeKind.SHARE in kinds:
            blocks += list(_amount_tables(mine, before))
        yield kinds[0], title, blocks
    yield "effet", "Prise d'effet", [_p(f"Le présent avenant prend effet le {date_long(avenant.effective_on)}.")]
    unchanged = "Toutes les clauses de la convention que le présent avenant ne modifie pas demeurent inchangées."
    if before.applied:
        unchanged = (
            "Toutes les clauses de la convention et de ses avenants en vigueur que le présent avenant ne modifie pas"
            " demeurent inchangées."
        )
    yield "maintien", "Clauses inchangées", [_p(unchanged)]


def _amount_tables(told: Iterable[Told], before: Situation) -> Iterator[dict[str, Any]]:
    """One table per plan: every financer, before and after, and totals exact to the cent."""
    after: dict[str, dict[str, Decimal]] = {}
    for item in told:
        after.setdefault(item.after["plan"], {})[item.after["ref"]] = Decimal(item.after["amount"])
    for plan in before.plans:
        if plan.plan.key not in after:
            continue
        now = {figure.ref: after[plan.plan.key].get(figure.ref, figure.amount) for figure in plan.figures}
        total = None if None in now.values() else sum((v for v in now.values() if v is not None), Decimal(0))
        yield {
            "type": "table",
            "caption": f"Financement {plan.plan.year}",
            "head": ["Financeur", "Montant jusque-là", "Nouveau montant"],
            "rows": [[f.label, _amount(f.amount), _amount(now[f.ref])] for f in plan.figures],
            "foot": ["Total", _amount(plan.total), _amount(total)],
            "align": ["l", "r", "r"],
        }


def _numbered(articles: Iterable[tuple[str, str, list[dict[str, Any]]]]) -> list[dict[str, Any]]:
    return [
        {"number": number, "kind": kind, "title": title, "blocks": blocks}
        for number, (kind, title, blocks) in enumerate(articles, start=1)
    ]


def _figures(told: Iterable[Told], before: Situation) -> list[dict[str, Any]]:
    """The changed plans' lines as data, exactly those printed."""
    changed = {(i.after["plan"], i.after["ref"]): i.after["amount"] for i in told if i.kind == ChangeKind.SHARE}
    keys = {plan for plan, _ in changed}
    return [
        {
            "plan": plan.plan.key,
            "year": plan.plan.year,
            "lines": [
                {
                    "ref": f.ref,
                    "before": None if f.amount is None else str(f.amount),
                    "amount": changed.get((plan.plan.key, f.ref), None if f.amount is None else str(f.amount)),
                }
                for f in plan.figures
            ],
        }
        for plan in before.plans
        if plan.plan.key in keys
    ]


# --- Parts ------------------------------------------------------------------------------------------------------------


def share_of(target: str, before: Situation) -> tuple[PlanNow, Figure]:
    """« plan/part » → the plan and its line that day. InvalidInput when the convention has no such line."""
    key, _, ref = target.partition("/")
    for plan in before.plans:
        for figure in plan.figures:
            if (plan.plan.key, figure.ref) == (key, ref):
                return plan, figure
    raise InvalidInput(f"La part « {target} » n'est pas à cette convention à cette date.", place="target")


def clause_blocks(text: str) -> list[dict[str, Any]]:
    """Typed text as blocks of the content. A tag is refused: what is typed is what is signed."""
    if "{{" in text or "}}" in text:
        raise InvalidInput(
            "Écrivez le texte tel qu'il sera signé : les variables entre accolades ne servent que dans les modèles.",
            place="text",
        )
    typed = tuple(blocks_of_text(text))
    if not typed:
        raise InvalidInput("Écrivez la nouvelle rédaction.", place="text")
    if any(block.type not in ("p", "ul", "ol") for block in typed):
        raise InvalidInput("Un tableau de financement se change montant par montant.", place="text")
    variant = ClauseVariant("avenant", "Texte de l'avenant", typed)
    try:
        [article] = render_clauses(clauses=[ClauseText("texte", "Texte", (variant,))], context={}, flags=set())
    except ClauseError as error:
        raise InvalidInput(" ".join(f"{p.place} : {p.message}" for p in error.problems), place="text") from error
    return [dict(block) for block in article.blocks]


def _quoted(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Between French quotation marks, opened on the first paragraph and closed on the last."""
    quoted = [dict(block) for block in blocks]
    first, last = quoted[0], quoted[-1]
    if first["type"] == "p":
        first["text"] = f"{_OPEN}{first['text']}"
        first["bold"] = _shifted(first.get("bold"))
    else:
        first["items"] = [f"{_OPEN}{first['items'][0]}", *first["items"][1:]]
        if first.get("bold"):
            first["bold"] = [_shifted(first["bold"][0]), *first["bold"][1:]]
    if last["type"] == "p":
        last["text"] = f"{last['text']} »"
    else:
        last["items"] = [*last["items"][:-1], f"{last['items'][-1]} »"]
    return [{key: value for key, value in block.items() if key != "bold" or value} for block in quoted]


_OPEN = "« "


def _shifted(bold: Any) -> list[list[int]]:
    """The bold stretches of a text to which the opening mark was added."""
    return [[start + len(_OPEN), end + len(_OPEN)] for start, end in bold or []]


def _article(kind: str, before: Situation) -> ArticleNow:
    found = next((row for row in before.articles if row.kind == kind and not row.removed), None)
    if found is None:
        raise InvalidInput(f"L'article « {kind} » n'est pas dans la convention à cette date.", place="target")
    return found


def _the_article(article: ArticleNow) -> str:
    return f"L'article {article.label} « {article.title} »" if article.label else f"La clause « {article.title} »"


def _party(key: str, before: Situation) -> PartyNow:
    found = next((party for party in before.parties if party.organisation.key == key), None)
    if found is None:
        raise InvalidInput(f"« {key} » n'est pas partie à la convention à cette date.", place="target")
    return found


def _organisation(key: str, before: Situation) -> Organisation:
    found = Organisation.objects.filter(territory_id=before.convention.territory_id, key=key).first()
    if found is None:
        raise InvalidInput(f"L'organisation « {key} » n'est pas à l'annuaire.", place="target")
    return found


def _worded(amount: Decimal) -> str:
    return f"{euros(amount)} ({in_words(amount)})"


def _amount(amount: Decimal | None) -> str:
    return "non chiffré" if amount is None else euros(amount)


def _p(text: str) -> dict[str, Any]:
    return {"type": "p", "text": text}
