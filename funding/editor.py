"""The plan editor behind its page: the forms of one state of its rows, and the plan they make.

See :mod:`funding.editor_state` for what is typed and the gestures on it.
"""

from __future__ import annotations

import copy
import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.http import QueryDict
from django.utils import timezone

from core.errors import BusinessError, InvalidInput
from funding.adapter import CostData, KeyData, PlanData, ShareData
from funding.editor_state import Row, State
from funding.enums import (
    Breakdown,
    KeyBasis,
    KeySource,
    ProrataBasis,
    RoundingMethod,
    RoundingUnit,
    ShareMode,
    Source,
)
from funding.forms import Choices, CostForm, PlanForm, ShareForm
from funding.models import AllocationKey, FundingPlan
from funding.services.keys import apply_keys, official_populations
from funding.services.schedules import apply_schedule
from parties.actors import Actor
from parties.enums import WITHOUT_LEGAL_PERSONALITY, OrganisationKind
from parties.models import Organisation
from posts.models import Post

#: The credit a financer usually pays from, when the person does not say.
USUAL_SOURCE = {
    OrganisationKind.PREFECTURE: Source.FIPD,
    OrganisationKind.DEPARTEMENT: Source.DEPARTEMENT,
    OrganisationKind.EPCI: Source.EPCI,
    OrganisationKind.CIAS: Source.EPCI,
    OrganisationKind.COMMUNE: Source.COMMUNE,
    OrganisationKind.CCAS: Source.COMMUNE,
    OrganisationKind.CAF: Source.CAF,
}


@dataclass
class ShareNode:
    """A share's form with those of its members, and where its computed amount is shown."""

    form: ShareForm
    ref: str
    title: str
    members: list[ShareNode] = field(default_factory=list)
    amount: Any = None


class PlanEditor:
    """The forms of one state. ``bound`` checks them and shows their errors; otherwise they only show what is typed."""

    def __init__(self, *, actor: Actor, state: State, plan: FundingPlan | None = None, bound: bool = False) -> None:
        self.actor, self.state, self.plan, self.bound = actor, state, plan, bound
        self.posts = {str(p.uuid): p for p in choosable_posts(actor)}
        self.organisations = {str(o.uuid): o for o in financers(actor)}
        if plan is not None:  # a body that may no longer be chosen stays where it already is
            present = Organisation.objects.filter(pk__in=plan.shares.values("financer_id"))
            self.organisations |= {str(o.uuid): o for o in present}
        self.keys: Choices = [(str(key.pk), key.label) for key in AllocationKey.objects.visible_to(actor).shared()]
        self.lines: Choices = [(str(row.get("ref", "")), self._title(row, i)) for i, row in enumerate(state.shares, 1)]
        self._make_forms()

    def _title(self, row: Mapping[str, Any], rank: int) -> str:
        body = self.organisations.get(str(row.get("financer") or ""))
        return str(row.get("label") or (body.label if body else "") or f"Part {rank}")

    def _make_forms(self) -> None:
        choices = [(key, org.name) for key, org in self.organisations.items()]
        chosen = set(self.state.head.get("posts") or [])
        # The plan's own posts first: among fifty others they would be out of sight.
        posts = sorted(((key, post.label) for key, post in self.posts.items()), key=lambda c: c[0] not in chosen)
        self.head = PlanForm(
            **self._content("plan", [self.state.head]), posts=posts, organisations=choices, lines=self.lines
        )
        self.costs = [
            CostForm(**self._content(f"costs-{i}", [row]), lines=self.lines) for i, row in enumerate(self.state.costs)
        ]
        self.shares = [
            ShareForm(**self._content(f"shares-{i}", [row]), organisations=choices, lines=self.lines, keys=self.keys)
            for i, row in enumerate(self.state.shares)
        ]

        # In the error summary a field needs the name of its row; on the page the row's legend says it.
        for form, title in [
            *zip(self.costs, self._cost_titles(), strict=True),
            *zip(self.shares, (t for _, t in self.lines), strict=True),
        ]:
            for row_field in form.fields.values():
                row_field.label = f"{title}, {str(row_field.label).lower()}"

    def _cost_titles(self) -> list[str]:
        return [f"Coût {rank}" for rank in range(1, len(self.state.costs) + 1)]

    def _content(self, prefix: str, rows: list[Row]) -> dict[str, Any]:
        row = rows[0]
        if not self.bound:
            return {"prefix": prefix, "initial": row}
        data = QueryDict(mutable=True)
        for name, value in row.items():
            data.setlist(f"{prefix}-{name}", [str(v) for v in value] if isinstance(value, list) else [str(value or "")])
        return {"prefix": prefix, "data": data}

    @property
    def is_bound(self) -> bool:
        return self.bound

    def non_form_errors(self) -> list[str]:
        """With :attr:`forms`, what the error summary reads: the editor stands there as one set of forms."""
        return []

    @property
    def forms(self) -> list[Any]:
        return [self.head, *self.costs, *self.shares]

    @property
    def tree(self) -> list[ShareNode]:
        """The shares as the page shows them: blocks first hold their members."""
        nodes = {ref: ShareNode(form, ref, title) for form, (ref, title) in zip(self.shares, self.lines, strict=True)}
        top: list[ShareNode] = []
        for row in self.state.shares:
            node, above = nodes[str(row.get("ref", ""))], self.state.row(str(row.get("parent") or ""))
            # Blocks hold members, members hold nothing: a strange parent is ignored rather than followed.
            inside = above is not None and above is not row and not above.get("parent") and above.get("block")
            (nodes[str(above["ref"])].members if above and inside else top).append(node)
        return top

    def is_valid(self) -> bool:
        self._check_all()
        return all(form.is_valid() for form in self.forms)

    def _check_all(self) -> None:
        """Every form is checked, so that all mistakes are shown at once."""
        for form in self.forms:
            form.full_clean()

    def add_error(self, error: BusinessError) -> None:
        """Show a service's refusal beside the field it names, or above the form."""
        found = re.fullmatch(r"(shares|costs)\[([^\]]+)\](?:\.(\w+))?", error.place)
        form: Any = self.head
        name = error.place if error.place in self.head.fields else None
        if found:
            rows = {ref: share for (ref, _), share in zip(self.lines, self.shares, strict=True)}
            by_rank = {str(i): cost for i, cost in enumerate(self.costs)}
            form = (rows if found[1] == "shares" else by_rank).get(found[2], self.head)
            name = found[3] if form is not self.head and found[3] in form.fields else None
        form.add_error(name, error.message)

    # --- Forms → PlanData -------------------------------------------------------------------------------------------

    def data(self) -> PlanData:
        """What to save. The forms are valid; :class:`InvalidInput` for what only the whole shows."""
        data = self._collect(strict=True)
        if not data.shares:
            raise InvalidInput("Ajoutez au moins un financeur.")
        return data

    def draft(self) -> PlanData:
        """What can be computed of it now: unreadable values count as not given."""
        reading = copy.copy(self)
        reading.bound = True
        reading._make_forms()
        reading._check_all()
        data = reading._collect(strict=False)
        for complete in (apply_schedule, apply_keys):
            try:
                data = complete(data, self.actor.territory_id)
            except InvalidInput:
                continue  # the line says it has no percentage; saving says why
        return data

    def _collect(self, *, strict: bool) -> PlanData:
        head = self.head.cleaned_data
        year = head.get("year") or timezone.localdate().year
        posts = tuple(self.posts[key] for key in head.get("posts", []) if key in self.posts)
        prorata = head.get("prorata") or ProrataBasis.NONE
        start, end = head.get("period_start"), head.get("period_end")
        if not (start and end and start <= end):
            start, end = dt.date(year, 1, 1), dt.date(year, 12, 31)
        span: tuple[dt.date | None, dt.date | None] = (None, None)
        if prorata == ProrataBasis.SPAN and start.year <= year <= end.year:
            # What is typed is the period agreed; the plan pays its year's days of it.
            span = start, end
            start, end = max(start, dt.date(year, 1, 1)), min(end, dt.date(year, 12, 31))
        shares = self._shares(posts, strict)
        refs = {share.ref for top in shares for share in (top, *top.children)}
        costs = [f.cleaned_data for f in self.costs if not f.is_blank and f.cleaned_data.get("amount") is not None]
        return PlanData(
            label=head.get("label") or _default_label(posts, year),
            year=year,
            employer=self.organisations.get(head.get("employer", "")) or Organisation(),
            posts=posts,
            period_start=start,
            period_end=end,
            costs=tuple(
                CostData(c["kind"], c.get("label", ""), c["amount"], _if_in(c.get("borne_by"), refs)) for c in costs
            ),
            shares=shares,
            prorata=prorata,
            rounding_unit=head.get("rounding_unit") or RoundingUnit.CENT,
            rounding_method=head.get("rounding_method") or RoundingMethod.LARGEST_REMAINDER,
            residue_ref=_if_in(head.get("residue_ref"), refs),
            note=head.get("note", ""),
            span_start=span[0],
            span_end=span[1],
            breakdown=self._breakdown(posts),
            post_weights=_kept_weights(self.plan),
        )

    def _breakdown(self, posts: tuple[Post, ...]) -> str:
        """The plan's own; a post added here has no cost of its own yet, so the parts are equal until it is given."""
        if self.plan is None:
            return Breakdown.EQUAL
        costed = all(post.pk in _kept_weights(self.plan) for post in posts)
        return self.plan.breakdown if costed or self.plan.breakdown != Breakdown.COST else Breakdown.EQUAL

    def _shares(self, posts: tuple[Post, ...], strict: bool) -> tuple[ShareData, ...]:
        kept = {share.ref: share for share in self.plan.shares.all()} if self.plan else {}
        top = []
        for node in self.tree:
            if node.form.is_blank:
                continue
            share = self._share(node, kept)
            members = [self._share(member, kept) for member in node.members if not member.form.is_blank]
            if node.form.is_block and not members:
                if strict:
                    raise InvalidInput(
                        "Ce bloc n'a aucun membre : ajoutez-en un ou retirez le bloc.",
                        place=f"shares[{node.ref}].label",
                    )
                continue
            top.append(replace(share, children=tuple(_weighted(share.key, members, posts))))
        return tuple(top)

    def _share(self, node: ShareNode, kept: Mapping[str, Any]) -> ShareData:
        data = node.form.cleaned_data
        financer = self.organisations.get(data.get("financer", ""))
        old = kept.get(node.ref)
        mode = data.get("mode") or ShareMode.EQUAL
        percent = data.get("percent")
        usual = USUAL_SOURCE.get(OrganisationKind(financer.kind), Source.OTHER) if financer else Source.OTHER
        key = KeyData(
            data.get("key_basis") or KeyBasis.WHOLE,
            data.get("key_source") or KeySource.TYPED,
            data.get("key_vintage"),
            int(data.get("key_stored") or 0) or None,
        )
        label = data.get("label", "")
        return ShareData(
            ref=node.ref,
            label=label if label or financer else node.title,
            financer=financer,
            source=data.get("source") or usual,
            mode=mode,
            fixed_amount=data.get("fixed_amount") if mode == ShareMode.FIXED else None,
            fixed_is_annual=bool(data.get("fixed_is_annual")) and mode == ShareMode.FIXED,
            percent=percent if mode in (ShareMode.PERCENTAGE, ShareMode.KEY) else None,
            parts=data.get("parts") if mode == ShareMode.EQUAL else None,
            percent_of=data.get("percent_of", "") if mode == ShareMode.PERCENTAGE else "",
            weight=percent if mode == ShareMode.KEY else None,
            key=key if node.form.is_block else None,
            footnote=data.get("footnote", ""),
            stated=old.stated if old else {},
            budget_line_id=old.budget_line_id if old else None,
        )


def _weighted(key: KeyData | None, members: list[ShareData], posts: tuple[Post, ...]) -> list[ShareData]:
    """Members with their official populations as weights, when the block's key says so."""
    if key is None or key.stored_id or key.source != KeySource.OFFICIAL or not key.vintage:
        return members
    bodies = [member.financer for member in members if member.financer]
    found = official_populations(basis=key.basis, vintage=key.vintage, financers=bodies, posts=posts)
    result = []
    for member in members:
        count = found.get(member.financer.pk) if member.financer and member.mode == ShareMode.KEY else None
        result.append(replace(member, weight=Decimal(count), population=count, percent=None) if count else member)
    return result


def _kept_weights(plan: FundingPlan | None) -> dict[int, Decimal]:
    if plan is None:
        return {}
    return {link.post_id: link.weight for link in plan.plan_posts.all()}


def _if_in(ref: str | None, refs: set[str]) -> str:
    return ref if ref and ref in refs else ""


def _default_label(posts: tuple[Post, ...], year: int) -> str:
    names = " et ".join(post.label for post in posts)
    return f"{names[:150]} – {year}" if names else f"Plan {year}"


def choosable_posts(actor: Actor) -> list[Post]:
    """Posts a plan may pay for, with what the usual start needs (employer, EPCI covered)."""
    return list(Post.objects.visible_to(actor).select_related("employer").prefetch_related("epcis"))


def financers(actor: Actor) -> list[Organisation]:
    """Bodies that may pay: those with a legal personality of their own."""
    rows = Organisation.objects.visible_to(actor).exclude(kind__in=WITHOUT_LEGAL_PERSONALITY)
    return list(rows.order_by("name"))
