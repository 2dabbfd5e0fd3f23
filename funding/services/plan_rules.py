"""What no plan may contain, wherever it comes from: page, API, import, copy."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from decimal import Decimal

from core.errors import InvalidInput
from core.french import add_months, date_range
from funding.adapter import PlanData, ShareData
from funding.allocation import WHOLE_COST
from funding.enums import Breakdown, ProrataBasis, ShareMode

MOST_MONTHS = 36


def check_data(data: PlanData) -> None:
    """Raise :class:`InvalidInput` on what no plan may contain, wherever it comes from."""
    refuse(not data.posts, "Choisissez au moins un poste.", "posts")
    refuse(data.period_end < data.period_start, "La fin de la période précède son début.", "period_end")
    one_year = data.period_start.year == data.year == data.period_end.year
    refuse(not one_year, f"La période doit tenir dans l'année {data.year} : faites un plan par année.", "period_start")
    _check_span(data)
    _check_breakdown(data)
    refuse(not data.shares, "Ajoutez au moins un financeur.", "shares")
    shares = list(data.all_shares())
    refs = [share.ref for share in shares]
    double = next((ref for ref, count in Counter(refs).items() if count > 1), None)
    refuse(double is not None, f"Deux parts portent le repère « {double} ».", f"shares[{double}]")
    bearers = set(refs)
    known = bearers | {WHOLE_COST}
    for share in shares:
        _check_share(share, known)
    for rank, cost in enumerate(data.costs):
        refuse(cost.amount is None, f"{cost.title} : indiquez le montant annuel.", f"costs[{rank}].amount")
        place = f"costs[{rank}].borne_by"
        refuse(
            bool(cost.borne_by) and cost.borne_by not in bearers,
            "Ce coût est supporté par une part absente.",
            place,
        )


def _check_span(data: PlanData) -> None:
    if data.prorata != ProrataBasis.SPAN:
        return
    start, end = data.span_start, data.span_end
    if start is None or end is None:
        raise InvalidInput("Indiquez le début et la fin de la période convenue.", place="span_start")
    refuse(end < start, "La fin de la période convenue précède son début.", "span_end")
    refuse(end > add_months(start, MOST_MONTHS), "Une période convenue dure trois ans au plus.", "span_end")
    # The plan pays all the days of its year: otherwise the years would no longer make the whole.
    first = max(start, dt.date(data.year, 1, 1)), "period_start"
    last = min(end, dt.date(data.year, 12, 31)), "period_end"
    for (day, place), chosen in ((first, data.period_start), (last, data.period_end)):
        refuse(
            day != chosen,
            f"Dans la période convenue, l'année {data.year} va {date_range(first[0], last[0])} : reprenez ces dates."
            if first[0] <= last[0]
            else f"La période convenue ne touche pas l'année {data.year}.",
            place,
        )


def _check_breakdown(data: PlanData) -> None:
    if len(data.posts) < 2 or data.breakdown != Breakdown.COST:
        return
    for post in data.posts:
        weight = data.post_weights.get(post.pk)
        refuse(weight is None or weight < 0, f"{post.label} : indiquez son coût annuel.", f"weights[{post.uuid}]")
    total = sum(data.post_weights.get(post.pk) or Decimal(0) for post in data.posts)
    refuse(not total, "Indiquez le coût d'au moins un poste.", f"weights[{data.posts[0].uuid}]")


def _check_share(share: ShareData, known: set[str]) -> None:
    place = f"shares[{share.ref}]"
    is_group = bool(share.children)
    refuse(not is_group and share.financer is None, f"{share.title} : choisissez le financeur.", f"{place}.financer")
    refuse(is_group and share.financer is not None, f"{share.title} : un bloc n'a pas de financeur.", place)
    unknown = bool(share.percent_of) and share.percent_of not in known
    refuse(unknown, f"{share.title} : le pourcentage porte sur une part absente.", f"{place}.percent_of")
    without = share.mode == ShareMode.FIXED and share.fixed_amount is None
    refuse(without, f"{share.title} : indiquez le montant fixe.", f"{place}.fixed_amount")
    without = share.mode in (ShareMode.PERCENTAGE, ShareMode.SCHEDULE) and share.percent is None
    refuse(without, f"{share.title} : indiquez le pourcentage.", f"{place}.percent")
    over = share.percent is not None and not 0 <= share.percent <= 100
    refuse(over, f"{share.title} : un pourcentage est compris entre 0 et 100.", f"{place}.percent")


def refuse(condition: bool, message: str, place: str) -> None:
    if condition:
        raise InvalidInput(message, place=place)
