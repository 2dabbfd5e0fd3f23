"""Everything a vote's dossier is made from, read once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import Prefetch

from conventions.budget import LineFigures, OwnPosts, figures_of, own_posts_of
from conventions.commission import Assembly, assembly_of
from conventions.enums import DecisionKind
from conventions.models import CommissionFile, Convention, Decision, Deliberation
from conventions.models.agreement import CIRCULATED
from conventions.text import preview_content
from conventions.text.dossier import Draft, read
from conventions.text.reading import latest_version
from parties.actors import Actor
from parties.enums import OrganisationKind
from reporting.bilan.publication import Version
from reporting.bilan.service import TerritoryBilan, territory_bilan


@dataclass(frozen=True)
class Annex:
    """One annex, numbered by its place among what is really attached."""

    number: int
    kind: str
    title: str
    convention: Convention | None = None
    content: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Commission:
    """A vote with the conventions it adopts, in the order of its articles."""

    deliberation: Deliberation
    file: CommissionFile
    decisions: tuple[Decision, ...]
    drafts: Mapping[int, Draft]
    assembly: Assembly
    bilan: TerritoryBilan | None
    budget: LineFigures | None
    own: OwnPosts | None

    @cached_property
    def conventions(self) -> list[Convention]:
        return [draft.convention for draft in self.drafts.values()]

    @cached_property
    def annexes(self) -> list[Annex]:
        """Bilan when one is joined, financing, then each convention with the text it is adopted in."""
        annexes = []
        if self.bilan is not None:
            annexes.append(Annex(1, "bilan", self.bilan.title))
        annexes.append(Annex(len(annexes) + 1, "financing", self.financing_title))
        for convention in self.conventions:
            content = adopted_content(convention)
            title = f"Convention {convention.reference}"
            annexes.append(Annex(len(annexes) + 1, "convention", title, convention, content))
        return annexes

    @cached_property
    def annex_numbers(self) -> dict[int, int]:
        """Annex number of each convention, by its primary key."""
        return {annex.convention.pk: annex.number for annex in self.annexes if annex.convention is not None}

    @property
    def financing_title(self) -> str:
        years = sorted({view.plan.year for draft in self.drafts.values() for view in draft.plans})
        span = "" if not years else f" {years[0]}" if len(years) == 1 else f" {years[0]}–{years[-1]}"
        return f"Financement{span} des postes"

    @property
    def attributed(self) -> Decimal:
        """Sum of the attributions, in euros."""
        amounts = [d.amount for d in self.decisions if d.kind == DecisionKind.ATTRIBUTION and d.amount is not None]
        return sum(amounts, Decimal(0))

    @property
    def data_at(self) -> dt.datetime:
        """When anything printed last changed: it dates the document, so that the same data give the same file."""
        moments = [self.deliberation.updated_at, *([self.file.updated_at] if self.file.pk else [])]
        moments += [convention.updated_at for convention in self.conventions]
        moments += [view.plan.updated_at for draft in self.drafts.values() for view in draft.plans]
        moments += [self.bilan.data_at] if self.bilan else []
        return max(moments)


def read_commission(deliberation: Deliberation, *, by: Actor) -> Commission:
    """The dossier's matter. The bilan is read as ``by`` may see it."""
    decisions = list(
        Decision.objects.filter(deliberation=deliberation)
        .select_related("beneficiary")
        .prefetch_related(
            Prefetch("conventions", Convention.objects.select_related("template").order_by("reference")),
            "conventions__convention_plans__plan",
        )
    )
    drafts = _drafts(decisions)
    grants = any(
        decision.kind == DecisionKind.ATTRIBUTION
        and decision.beneficiary is not None
        and decision.beneficiary.kind == OrganisationKind.ASSOCIATION
        for decision in decisions
    )
    organisation = deliberation.organisation
    file = file_of(deliberation)
    line = deliberation.budget_line
    years = sorted({view.plan.year for draft in drafts.values() for view in draft.plans})
    own = own_posts_of([(organisation, year) for year in years]) if years else {}
    return Commission(
        deliberation=deliberation,
        file=file,
        decisions=tuple(decisions),
        drafts=drafts,
        assembly=assembly_of(organisation, day=deliberation.date, body=deliberation.body, grants=grants),
        bilan=_bilan(file, deliberation, drafts, by),
        budget=figures_of([line])[0] if line is not None else None,
        own=own.get((organisation.pk, years[-1])) if years else None,
    )


def file_of(deliberation: Deliberation) -> CommissionFile:
    """What was typed for the session; an unsaved one when nothing was."""
    found = CommissionFile.objects.filter(deliberation=deliberation).first()
    return found or CommissionFile(deliberation=deliberation, territory_id=deliberation.territory_id)


def adopted_content(convention: Convention) -> Mapping[str, Any] | None:
    """The approved text when there is one, else the draft as it stands; None when it has no model to be read from."""
    version = latest_version(convention) if convention.status in CIRCULATED else None
    if version is not None and "articles" in version.content:
        content: Mapping[str, Any] = version.content
        return content
    return preview_content(convention).content if convention.template_id else None


def _drafts(decisions: list[Decision]) -> dict[int, Draft]:
    """Each convention named, in the order of the articles that authorise it to be signed."""
    signing = [d for d in decisions if d.kind == DecisionKind.AUTHORISATION]
    named: dict[int, Convention] = {}
    for decision in [*signing, *decisions]:
        for convention in decision.conventions.all():
            named.setdefault(convention.pk, convention)
    return {pk: read(convention) for pk, convention in named.items()}


def _bilan(
    file: CommissionFile, deliberation: Deliberation, drafts: Mapping[int, Draft], by: Actor
) -> TerritoryBilan | None:
    if not file.bilan_year:
        return None
    # The département answers for every post of its territory; another body for those it votes on.
    whole = deliberation.organisation.kind == OrganisationKind.DEPARTEMENT
    posts = None if whole else {post.pk for draft in drafts.values() for post in draft.posts}
    found = territory_bilan(year=file.bilan_year, by=by, only=posts)
    return found.for_readers(Version(file.bilan_version)) if file.bilan_version else found
