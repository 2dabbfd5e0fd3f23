"""The sentences and the table that say who pays what. Amounts come from the plan, never computed here."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from core.french import upper_first
from core.french.dates import date_range
from core.french.numbers import enumerate_fr
from core.money import euros, in_words, number_fr, percent
from funding.adapter import data_of, prorata_of
from funding.enums import CostKind, KeyBasis, ShareMode
from funding.models import AllocationKey, Share

from .dossier import Draft, PlanView


def digits_and_words(amount: Decimal) -> str:
    return f"{euros(amount)} ({in_words(amount)})"


def per_year(draft: Draft, texts: list[str]) -> str:
    """One text per plan, said with its year when the convention spans several."""
    if len(texts) == 1:
        return texts[0]
    years = [view.plan.year for view in draft.plans]
    said = [
        # Two plans of one year are told apart by their name.
        f"{year} ({view.plan.label})" if years.count(year) > 1 else str(year)
        for view, year in zip(draft.plans, years, strict=True)
    ]
    return " ; ".join(f"pour {name}, {text}" for name, text in zip(said, texts, strict=True) if text)


def total_by_year(draft: Draft) -> dict[int, Decimal | None]:
    """Euros per year, all plans together; None when one line of the year is not known."""
    found: dict[int, Decimal | None] = {}
    for view in draft.plans:
        before, total = found.get(view.plan.year, Decimal(0)), view.total
        found[view.plan.year] = None if before is None or total is None else before + total
    return found


def funding_variables(draft: Draft) -> dict[str, str]:
    views = draft.plans
    totals = [view.total for view in views]
    known = bool(totals) and all(total is not None for total in totals)
    single = len(views) == 1
    employer_shares = [s for view in views for s in view.remainders if s.amount is not None]
    travel_views = [view for view in views if view.travel and view.travel_bearer]
    values = {
        "funding.total": "",
        "funding.total_words": "",
        "funding.lines_sentence": per_year(draft, [_lines(draft, view) for view in views]) if views else "",
        "funding.employer_share": digits_and_words(employer_shares[-1].amount) if employer_shares else "",  # type: ignore[arg-type]
        "funding.prorata_label": _prorata(views[-1]) if views else "",
        "funding.travel": "",
        "funding.travel_bearer": "",
        "funding.key_basis": "",
        "funding.key_sentence": "",
    }
    if known and single and totals[0] is not None:
        values["funding.total"] = euros(totals[0])
        values["funding.total_words"] = in_words(totals[0])
    elif known:
        by_year = sorted((year, total) for year, total in total_by_year(draft).items() if total is not None)
        values["funding.total"] = enumerate_fr([f"{euros(total)} pour {year}" for year, total in by_year])
        values["funding.total_words"] = enumerate_fr([f"{in_words(total)} pour {year}" for year, total in by_year])
    if travel_views:
        bearer = travel_views[-1].travel_bearer
        amounts = {view.travel for view in travel_views}
        values["funding.travel"] = (
            f"{euros(amounts.pop())}{' par an' if len(travel_views) > 1 else ''}"
            if len(amounts) == 1
            else enumerate_fr([f"{euros(view.travel)} pour {view.plan.year}" for view in travel_views])
        )
        values["funding.travel_bearer"] = bearer.french.le() if bearer else ""
    values.update(_key(draft))
    return values


def _lines(draft: Draft, view: PlanView) -> str:
    fixed = [s for s in view.leaves if s.amount is not None and not _is_employer_remainder(draft, s)]
    return enumerate_fr(
        [
            f"{digits_and_words(s.amount)} pour {s.financer.french.le()}"
            for s in fixed
            if s.amount is not None and s.financer
        ]
    )


def _is_employer_remainder(draft: Draft, share: Share) -> bool:
    return share.mode == ShareMode.REMAINDER and share.financer == draft.employer


def _prorata(view: PlanView) -> str:
    part = prorata_of(data_of(view.plan))
    return f"{number_fr(Decimal(int(part.numerator)), 0)}/{part.denominator}" if part and _whole(part.numerator) else ""


def _whole(number: Decimal | int | Fraction) -> bool:
    """Fractions of a month are explained under the table; a clause only quotes whole ones."""
    return Fraction(number).denominator == 1


def key_of(share: Share) -> AllocationKey | None:
    """The key a line is split by: its own, or the one its group was given."""
    if share.mode != ShareMode.KEY:
        return None
    return share.allocation_key or (share.parent.allocation_key if share.parent else None)


def _key(draft: Draft) -> dict[str, str]:
    """Basis and percentages of the key; empty when several posts have each their own: no sentence holds for all."""
    keys = {key.pk for view in draft.plans for share in view.leaves if (key := key_of(share))}
    if len(draft.posts) > 1 and len(keys) > 1:
        return {}
    for view in draft.plans:
        for share in view.leaves:
            key = key_of(share)
            if key is None:
                continue
            lines = list(key.lines.all())
            total = sum((line.weight for line in lines), start=Decimal(0))
            basis = (
                "le nombre d'habitants des communes situées en zone gendarmerie"
                if key.basis == KeyBasis.GENDARMERIE
                else "le nombre d'habitants"
            )
            if key.vintage:
                basis += f" (population municipale, millésime {key.vintage})"
            return {
                "funding.key_basis": basis,
                "funding.key_sentence": enumerate_fr(
                    [
                        f"{percent(line.weight * 100 / total)} pour {line.organisation.french.le()}"
                        for line in lines
                        if total
                    ]
                ),
            }
    return {}


def funding_tables(draft: Draft) -> list[dict[str, Any]]:
    """One table per plan: who pays, how it is computed, how much; groups are followed by their members."""
    return [_table(draft, view) for view in draft.plans]


def _table(draft: Draft, view: PlanView) -> dict[str, Any]:
    rows: list[list[str]] = []
    notes: list[str] = []
    for share in view.top:
        children = view.children(share)
        if share.financer_id is None:
            kept = [c for c in children if c in view.leaves]
            if not kept:
                continue
            if not view.only_financer_id:
                rows.append(
                    [
                        f"{share.display_label}, part commune ainsi répartie :",
                        mode_label(share),
                        _amount(share, in_group=True),
                    ]
                )
            # The one member of a group a bipartite attribution keeps stands alone.
            mark = "" if view.only_financer_id else "– "
            rows.extend(
                [[f"{mark}{_who(child)}{_note(child, notes)}", mode_label(child), _amount(child)] for child in kept]
            )
        elif share in view.leaves:
            rows.append([f"{_who(share)}{_note(share, notes)}", mode_label(share), _amount(share)])
    total = view.total
    label = "Total" if total is not None else "Total des contributions fixées"
    known = sum((s.amount for s in view.leaves if s.amount is not None), start=Decimal(0))
    caption = f"Financement {view.plan.year}"
    if not view.plan.is_full_year:
        caption += f", {date_range(view.plan.period_start, view.plan.period_end)}"
    table: dict[str, Any] = {
        "type": "table",
        "caption": caption,
        "head": ["Financeur", "Calcul", "Montant"],
        "rows": rows,
        "foot": [label, "", euros(total if total is not None else known)],
        "align": ["l", "l", "r"],
    }
    if notes:
        table["notes"] = notes
    return table


def _who(share: Share) -> str:
    return upper_first(share.financer.french.text) if share.financer else share.display_label


def _note(share: Share, notes: list[str]) -> str:
    if not share.footnote:
        return ""
    notes.append(share.footnote)
    return f" ({len(notes)})"


def mode_label(share: Share) -> str:
    """How a line is computed, in two or three words: the financing annex of a vote says it too."""
    if share.mode == ShareMode.PERCENTAGE and share.percent is not None:
        text = percent(share.percent)
    elif share.mode == ShareMode.KEY and (key := key_of(share)) is not None:
        lines = list(key.lines.all())
        total = sum((line.weight for line in lines), start=Decimal(0))
        mine = next((line.weight for line in lines if line.organisation_id == share.financer_id), None)
        text = f"clé : {percent(mine * 100 / total)}" if mine is not None and total else "clé"
    else:
        text = {
            ShareMode.EQUAL: "part égale",
            ShareMode.FIXED: "montant fixe",
            ShareMode.REMAINDER: "reste à charge",
        }.get(ShareMode(share.mode), share.get_mode_display())
    borne = [c for c in share.plan.costs.all() if c.borne_by == share.ref and c.kind == CostKind.TRAVEL]
    return f"{text} + déplacements" if borne else text


def _amount(share: Share, *, in_group: bool = False) -> str:
    if share.amount is None:
        return "non chiffré"
    # Between brackets: its members below are what the total adds up.
    return f"({euros(share.amount)})" if in_group else euros(share.amount)
