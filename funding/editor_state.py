"""What the plan editor holds, as text: rows of raw values, where they come from, the gestures on them.

What a person typed is kept whatever its worth, so that adding a row, recomputing or meeting somebody else's save never
loses anything, with or without JavaScript. :mod:`funding.editor` checks it and makes a plan of it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.http import QueryDict

from funding.adapter import KeyData, PlanData, ShareData
from funding.enums import CostKind, ProrataBasis, RoundingMethod, RoundingUnit, ShareMode
from funding.forms import CostForm, PlanForm, ShareForm
from parties.enums import OrganisationKind
from parties.models import Organisation
from posts.models import Post

Row = dict[str, Any]
MAX_ROWS = 200


@dataclass
class State:
    """The editor's content as text: ``head`` by field name (``posts`` a list), then one mapping per row."""

    head: Row = field(default_factory=dict)
    costs: list[Row] = field(default_factory=list)
    shares: list[Row] = field(default_factory=list)

    def row(self, ref: str) -> Row | None:
        return next((row for row in self.shares if row.get("ref") == ref), None)


# --- Where a state comes from -----------------------------------------------------------------------------------------

HEAD_FIELDS = tuple(PlanForm.base_fields)
COST_FIELDS = tuple(CostForm.base_fields)
SHARE_FIELDS = tuple(ShareForm.base_fields)


def posted_state(post: QueryDict) -> State:
    """What a browser sent. Rows over :data:`MAX_ROWS` are dropped: no plan has as many."""
    head: Row = {name: post.get(f"plan-{name}", "") for name in HEAD_FIELDS}
    head["posts"] = post.getlist("plan-posts")
    state = State(head, _posted_rows(post, "costs", COST_FIELDS), [])
    for row in _posted_rows(post, "shares", SHARE_FIELDS):
        # Refs name the rows everywhere below: a missing, strange or double one is replaced, never trusted.
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", row["ref"]) or state.row(row["ref"]):
            row["ref"] = _free_ref(state)
        state.shares.append(row)
    return state


def _posted_rows(post: QueryDict, prefix: str, names: Iterable[str]) -> list[Row]:
    names = list(names)
    numbers = {int(m[1]) for key in post for m in [re.match(rf"{prefix}-(\d{{1,4}})-", key)] if m}
    return [{name: post.get(f"{prefix}-{i}-{name}", "") for name in names} for i in sorted(numbers)[:MAX_ROWS]]


def stored_state(data: PlanData, version: int | None = None) -> State:
    """A plan ready to be edited."""
    head: Row = {
        "label": data.label,
        "posts": [str(post.uuid) for post in data.posts],
        "year": str(data.year),
        "employer": str(data.employer.uuid),
        "period_start": (data.span_start or data.period_start).isoformat(),
        "period_end": (data.span_end or data.period_end).isoformat(),
        "prorata": data.prorata,
        "rounding_unit": data.rounding_unit,
        "rounding_method": data.rounding_method,
        "residue_ref": data.residue_ref,
        "note": data.note,
        "version": "" if version is None else str(version),
    }
    costs = [
        {"kind": c.kind, "label": c.label, "amount": amount_text(c.amount), "borne_by": c.borne_by} for c in data.costs
    ]
    shares: list[Row] = []
    for share in data.shares:
        shares.append(_share_row(share, ""))
        shares.extend(_share_row(child, share.ref) for child in share.children)
    return State(head, costs, shares)


def _share_row(share: ShareData, parent: str) -> Row:
    key = share.key or KeyData()
    typed_weight = share.mode == ShareMode.KEY and share.percent is None and share.population is None
    return {
        "ref": share.ref,
        "parent": parent,
        "block": "" if share.financer else "1",
        "financer": str(share.financer.uuid) if share.financer else "",
        "label": share.label,
        "source": share.source,
        "mode": share.mode,
        "fixed_amount": amount_text(share.fixed_amount),
        "fixed_is_annual": "on" if share.fixed_is_annual else "",
        "percent": amount_text(share.weight if typed_weight or _typed_key(share) else share.percent),
        "percent_of": share.percent_of,
        "parts": "" if share.parts is None else str(share.parts),
        "footnote": share.footnote,
        "key_stored": "" if key.stored_id is None else str(key.stored_id),
        "key_source": key.source,
        "key_basis": key.basis,
        "key_vintage": "" if key.vintage is None else str(key.vintage),
    }


def _typed_key(share: ShareData) -> bool:
    """A key member whose weight is a percentage, not inhabitants."""
    return share.mode == ShareMode.KEY and share.weight is not None and share.weight <= 100


def amount_text(value: Decimal | None) -> str:
    if value is None:
        return ""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
        whole, _, decimals = text.partition(".")
        return f"{whole},{decimals:0<2}" if decimals else whole
    return text


def new_state(*, post: Post | None, year: int, directory: Iterable[Organisation]) -> State:
    """A new plan: for the post it was asked from, in equal thirds; blank otherwise."""
    start = dt.date(year, 1, 1)
    if post is not None and post.created_on and post.created_on.year == year:
        start = post.created_on
    head: Row = {
        "posts": [str(post.uuid)] if post else [],
        "year": str(year),
        "employer": str(post.employer.uuid) if post else "",
        "period_start": start.isoformat(),
        "period_end": dt.date(year, 12, 31).isoformat(),
        "prorata": ProrataBasis.NONE if start.month == 1 and start.day == 1 else ProrataBasis.MONTHS,
        "rounding_unit": RoundingUnit.EURO,
        "rounding_method": RoundingMethod.LARGEST_REMAINDER,
    }
    state = State(head, [{"kind": CostKind.PAYROLL}], [new_share("p1")])
    return thirds(state, [post] if post else [], directory) if post else state


def new_share(ref: str, **values: str) -> Row:
    return {"ref": ref, "mode": ShareMode.EQUAL, **values}


def thirds(state: State, posts: Iterable[Post], directory: Iterable[Organisation]) -> State:
    """The usual start: State, Département and EPCI one third each; several EPCI make a block. Typed costs stay."""
    posts, directory = list(posts), list(directory)
    epcis = {org.pk: org for post in posts for org in post.epcis.all()}
    epcis |= {p.employer.pk: p.employer for p in posts if p.employer.kind == OrganisationKind.EPCI}
    shares = []
    for kind, ref in ((OrganisationKind.PREFECTURE, "etat"), (OrganisationKind.DEPARTEMENT, "departement")):
        body = next((org for org in directory if org.kind == kind), None)
        shares.append(new_share(ref, financer=str(body.uuid) if body else ""))
    if len(epcis) > 1:
        shares.append(new_share("epci", block="1", label="EPCI"))
        members = sorted(epcis.values(), key=lambda org: org.name)
        shares.extend(
            new_share(f"epci-{rank}", parent="epci", financer=str(org.uuid))
            for rank, org in enumerate(members, start=1)
        )
    else:
        shares.append(new_share("epci", financer="".join(str(org.uuid) for org in epcis.values())))
    head = {**state.head, "employer": state.head.get("employer") or (str(posts[0].employer.uuid) if posts else "")}
    return State(head, state.costs or [{"kind": CostKind.PAYROLL}], shares)


# --- Gestures ---------------------------------------------------------------------------------------------------------


def apply_gesture(state: State, gesture: str) -> str:
    """Add or remove rows: ``ajouter-part``, ``ajouter-bloc``, ``ajouter-membre:<ref>``, ``retirer-part:<ref>``,
    ``ajouter-cout``, ``retirer-cout:<rank>``. Gives the ref of the row to put the cursor in ("" for none)."""
    verb, _, target = gesture.partition(":")
    if verb == "ajouter-cout":
        state.costs.append({"kind": CostKind.TRAVEL if state.costs else CostKind.PAYROLL})
        return f"cout-{len(state.costs) - 1}"
    if verb == "retirer-cout" and target.isdigit():
        state.costs[int(target) : int(target) + 1] = []
        return ""
    if verb == "retirer-part":
        state.shares = [row for row in state.shares if target not in (row.get("ref"), row.get("parent"))]
        return ""
    ref = _free_ref(state)
    if verb == "ajouter-part":
        state.shares.append(new_share(ref))
    elif verb == "ajouter-bloc":
        state.shares.append(new_share(ref, block="1", label="EPCI"))
        state.shares += [new_share(f"{ref}-1", parent=ref), new_share(f"{ref}-2", parent=ref)]
    elif verb == "ajouter-membre" and state.row(target):
        siblings = [row for row in state.shares if row.get("parent") == target]
        state.shares.append(new_share(ref, parent=target, mode=siblings[-1]["mode"] if siblings else ShareMode.EQUAL))
    else:
        return ""
    return ref


def _free_ref(state: State) -> str:
    used = {row.get("ref") for row in state.shares}
    return next(f"p{number}" for number in range(1, MAX_ROWS + 2) if f"p{number}" not in used)
