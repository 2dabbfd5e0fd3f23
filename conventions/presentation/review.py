"""What the préfecture reads: each clause beside the approved model, last year's text, and what was sent before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse

from conventions.checks import blocking
from conventions.enums import Anchor, ConventionAct
from conventions.models import Comment, Convention, ReviewSheet, Transition
from conventions.redline import Change, ClauseChange, Wording, compare_clauses
from conventions.services.unlocking import Unlocked
from conventions.text import content_hash, model_content, preview_content
from conventions.text.reading import Section, latest_version, sections_of, wordings
from conventions.verdict import Verdict, same_but_figures
from core.errors import BusinessError
from core.findings import Finding
from core.french.numbers import plural
from parties.actors import Actor

from .clauses import by_target

#: The parameter of the address that chooses what the text is compared to, and its values.
COMPARED = "comparer"
BOTH, MODEL, FORMER, SENT = "tout", "modele", "precedente", "envoi"


@dataclass(frozen=True)
class Comparison:
    """One clause beside one other text: the changes, what that text is called, whether only figures moved."""

    against: str
    change: ClauseChange
    only_figures: bool


@dataclass(frozen=True)
class ClauseReview:
    """One clause with its comparisons; ``section`` is None when the clause was taken out."""

    kind: str
    name: str
    section: Section | None
    comparisons: list[Comparison]
    follows: list[str]
    comments: list[Comment]

    @property
    def changed(self) -> bool:
        return bool(self.comparisons)

    @property
    def heading(self) -> str:
        return self.section.heading if self.section else f"{self.name} (retirée)"

    @property
    def only_figures(self) -> bool:
        return self.changed and all(comparison.only_figures for comparison in self.comparisons)


@dataclass(frozen=True)
class Review:
    """Clauses that differ, reworded ones first, then those that do not; ``references`` names the texts compared to."""

    changed: list[ClauseReview] = field(default_factory=list)
    same: list[ClauseReview] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    former: str = ""
    obstacle: str = ""
    #: The text or its figures moved since the submission whose verdict is shown.
    moved: bool = False


def clause_reviews(
    convention: Convention, comments: list[Comment], compared: str = BOTH, sheets: list[ReviewSheet] | None = None
) -> Review:
    """Every clause of the draft, and those the other texts had, in the order of the draft.

    ``compared`` chooses the other texts: the model, the convention renewed, both, or what was submitted before the last
    submission (``sheets``, oldest first).
    """
    try:
        content = preview_content(convention).content
    except BusinessError as error:
        return Review(obstacle=error.message)
    sheets = sheets or []
    moved = bool(sheets) and sheets[-1].sha256 != content_hash(content)
    texts = _texts(convention, compared, sheets)
    former = convention.previous.reference if convention.previous else ""
    lines = _lines(content, texts, by_target(comments, Anchor.CLAUSE))
    changed = [line for line in lines if line.changed]
    return Review(
        changed=sorted(changed, key=lambda line: line.only_figures),
        same=[line for line in lines if not line.changed],
        references=list(texts),
        former=former if any(former in name for name in texts) else "",
        moved=moved,
    )


def _texts(convention: Convention, compared: str, sheets: list[ReviewSheet]) -> dict[str, Mapping[str, Wording]]:
    """The texts to compare to, by what they are called after "par rapport"."""
    if compared == SENT and len(sheets) > 1:
        return {"au précédent envoi": wordings(sheets[-2].content)}
    found: dict[str, Mapping[str, Wording]] = {}
    previous = latest_version(convention.previous) if convention.previous else None
    if compared != FORMER or previous is None:
        found["au modèle approuvé"] = wordings(model_content(convention))
    if previous is not None and compared != MODEL:
        found[f"à {convention.previous}"] = wordings(previous.content)
    return found


def _lines(
    content: Mapping[str, Any], texts: Mapping[str, Mapping[str, Wording]], remarks: Mapping[str, list[Comment]]
) -> list[ClauseReview]:
    now = wordings(content)
    changes = {name: {c.kind: c for c in compare_clauses(before, now)} for name, before in texts.items()}
    sections = {section.kind: section for section in sections_of(content)}
    kinds = dict.fromkeys([*sections, *(kind for found in changes.values() for kind in found)])
    lines = []
    for kind in kinds:
        here = {name: found[kind] for name, found in changes.items() if kind in found}
        name = next(iter(here.values())).name
        differing = {n: c for n, c in here.items() if c.change is not Change.SAME}
        comparisons = [
            Comparison(n, c, kind in now and kind in texts[n] and same_but_figures(texts[n][kind], now[kind]))
            for n, c in differing.items()
        ]
        follows = [n for n in here if n not in differing]
        lines.append(ClauseReview(kind, name, sections.get(kind), _merged(comparisons), follows, remarks.get(kind, [])))
    return lines


def _merged(comparisons: list[Comparison]) -> list[Comparison]:
    """Two texts that said the same thing: one comparison is enough."""
    if len(comparisons) < 2:
        return comparisons
    one, two = comparisons[0], comparisons[1]
    if (one.change.title, one.change.text) != (two.change.title, two.change.text):
        return comparisons
    return [Comparison(f"{one.against} et {two.against}", one.change, one.only_figures)]


def switches(convention: Convention, compared: str, sheets: list[ReviewSheet]) -> list[dict[str, Any]]:
    """The texts one can compare to, as tabs."""
    offered = [(BOTH, "Tout")]
    offered.append((MODEL, "Modèle approuvé"))
    if convention.previous:
        offered.append((FORMER, f"Texte de {convention.previous}"))
    if len(sheets) > 1:
        offered.append((SENT, "Précédent envoi"))
    if len(offered) == 2:
        return []
    return [
        {"label": label, "url": f"?{COMPARED}={value}#clauses", "active": value == compared} for value, label in offered
    ]


@dataclass(frozen=True)
class Queue:
    """Where this convention is among those to review, the oldest submission first."""

    rank: int
    total: int
    before: Convention | None
    after: Convention | None


def queue_around(convention: Convention, by: Actor) -> Queue:
    """The conventions to review before and after this one."""
    waiting = list(Convention.objects.visible_to(by).awaiting_review().order_by("submitted_at", "pk"))  # type: ignore[attr-defined]
    ranks = {row.pk: rank for rank, row in enumerate(waiting)}
    rank = ranks.get(convention.pk, 0)
    before = waiting[rank - 1] if rank > 0 else None
    after = waiting[rank + 1] if rank + 1 < len(waiting) else None
    return Queue(rank + 1, len(waiting), before, after)


def in_brief(findings: list[Finding], pending: list[Comment]) -> list[tuple[str, str]]:
    """How much the checks and the remarks say today, each with its tone."""
    counts = {
        "danger": len(blocking(findings, at_signature=False)),
        "neutral": sum(1 for f in findings if f.blocks_signature_only),
    }
    others = sum(1 for f in findings if not f.answer) - counts["danger"] - counts["neutral"]
    said = [
        (f"{counts['danger']} {plural(counts['danger'], 'constat bloquant', 'constats bloquants')}", "danger"),
        (f"{others} {plural(others, 'autre constat', 'autres constats')}", "warning"),
        (f"{counts['neutral']} à régler avant signature", "neutral"),
        (f"{len(pending)} {plural(len(pending), 'commentaire ouvert', 'commentaires ouverts')}", "warning"),
    ]
    return [(words, tone) for words, tone in said if not words.startswith("0 ")] or [
        ("Aucun constat, aucun commentaire ouvert", "success")
    ]


def first_opinion(convention: Convention) -> Transition | None:
    """The first level's opinion on the text in hand."""
    if convention.status != "visee":
        return None
    return convention.transitions.filter(act=ConventionAct.ENDORSE).order_by("-pk").first()


@dataclass(frozen=True)
class Row:
    """A convention in the list of those to review."""

    convention: Convention
    verdict: Verdict
    pending: int
    opinion: Transition | None

    @property
    def approvable(self) -> bool:
        """May be ticked: nothing to read, nothing pending, nothing that blocks. The act checks it again."""
        return self.verdict.changes_nothing and not self.pending and not self.verdict.findings.get("bloquant")

    @property
    def url(self) -> str:
        return reverse("convention-review", args=[self.convention.uuid])


def review_rows(conventions: list[Convention]) -> list[Row]:
    """From rows whose sheets, remarks and log were fetched with them (see the view): no query of its own."""
    rows = []
    for convention in conventions:
        sheets = list(convention.sheets.all())
        opinions = [t for t in convention.transitions.all() if t.act == ConventionAct.ENDORSE]
        pending = [c for c in convention.comments.all() if not c.resolved and c.organisation_id is None]
        opinion = opinions[-1] if opinions and convention.status == "visee" else None
        rows.append(Row(convention, Verdict(sheets[-1].verdict if sheets else {}), len(pending), opinion))
    return rows


@dataclass(frozen=True)
class UnlockedView:
    """What the page says of a convention sent back: whether it is limited, and what opens what."""

    state: Unlocked
    opened: list[dict[str, str]]

    @property
    def clauses(self) -> set[str]:
        return {target.value for target in self.state.targets if target.anchor == Anchor.CLAUSE}

    @property
    def parties(self) -> set[str]:
        return {target.value for target in self.state.targets if target.anchor == Anchor.PARTY}


def unlocked_view(state: Unlocked, anchors: Mapping[int, Mapping[str, str]]) -> UnlockedView:
    """``anchors``: what each remark is about, in words (:func:`conventions.presentation.history.anchors`)."""
    opened = [
        {
            "label": anchors[remark.pk]["label"],
            "url": anchors[remark.pk]["url"],
            "text": remark.text,
            "by": remark.by_label,
        }
        for remark in state.remarks
        if remark.pk in anchors
    ]
    return UnlockedView(state, opened)
