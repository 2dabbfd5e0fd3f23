"""The bilan of a year, from plain rows: no database, no page.

Which figures are used, per post (and per zone where a mixed post reports its two zones apart):

1. the months, when every month expected is known (a month wholly vacant, outside the post's life or still to come is
   not expected);
2. else the annual figures, when some were given: they cover the year, and the months known only part of it;
3. else the months known, said to be « x mois sur 12 »: a partial year is never scaled up.

When months and annual figures both exist and differ, that is a remark. A month where women, men or children is unknown
does not count for people, so that women + men + children = total always holds. Unknown is None, never zero.

Small counts are shown as they are: this is the version for the people who run the scheme. The versions for others are
made from it by ``reporting.bilan.publication``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from core.findings import Finding, Mark, Severity
from core.french import enumerate_fr, month_name
from posts import figures
from reporting.bilan.model import (
    MEASURES,
    PEOPLE,
    ZONES,
    Bilan,
    Figure,
    PostYear,
    Quarter,
    QuarterTotal,
    Return,
    Row,
    Share,
    Total,
    percentage,
)

__all__ = [
    "MEASURES",
    "PEOPLE",
    "ZONES",
    "Bilan",
    "Figure",
    "PostYear",
    "Return",
    "Row",
    "Share",
    "Total",
    "percentage",
    "year_bilan",
]


def year_bilan(*, year: int, posts: Iterable[PostYear]) -> Bilan:
    """The bilan of ``year`` over ``posts``, in the order given."""
    rows: list[Row] = []
    remarks: list[str] = []
    findings: list[Finding] = []
    for post in posts:
        for zone, returns, note in _groups(post, remarks):
            rows.append(_row(post, zone, returns, note, remarks))
            findings.extend(_findings(year, post, zone, returns))
    totals = {name: _total(rows, name) for name in MEASURES}
    return Bilan(
        year=year,
        rows=tuple(rows),
        totals=totals,
        vif=_total_share(rows),
        vif_rows=sum(1 for row in rows if row.vif.value is not None),
        findings=tuple(findings),
        remarks=tuple(remarks),
        quarters=_quarter_totals(rows),
    )


# --- From returns to rows ---------------------------------------------------------------------------------------------


def _groups(post: PostYear, remarks: list[str]) -> list[tuple[str, list[Return], str]]:
    """(zone, its returns, note) for each row of the post: apart when both detail the same thing, else together."""
    zones = sorted({r.zone for r in post.returns if r.zone}, reverse=True)
    whole = [r for r in post.returns if not r.zone]
    if not zones:
        return [("", list(post.returns), "")]
    by_zone = {zone: [r for r in post.returns if r.zone == zone] for zone in zones}
    if not whole:
        return [(zone, by_zone[zone], "") for zone in zones]
    annual_only = all(r.month is None for r in whole)
    if annual_only and all(not _lacking(post, by_zone[zone]) for zone in zones):
        remarks.append(
            f"{post.label} : les deux zones sont connues mois par mois ; ses chiffres annuels ne sont pas repris."
        )
        return [(zone, by_zone[zone], "") for zone in zones]
    remarks.append(
        f"{post.label} : une partie des relevés ne distingue pas les zones ; le poste est présenté en une seule ligne."
    )
    return [("", _merged(post.returns), "zones non distinguées")]


def _merged(returns: Sequence[Return]) -> list[Return]:
    """Returns of several zones added up, month by month; a count unknown in one zone is unknown for both."""
    merged = []
    for month in sorted({r.month for r in returns}, key=lambda m: m or 0):
        same = [r for r in returns if r.month == month]
        whole = [r for r in same if not r.zone]
        if whole:
            merged.append(whole[0])
            continue
        names = {name for r in same for name in r.counts}
        counts = {name: _sum([r.counts.get(name) for r in same]) for name in names}
        merged.append(Return(month, "", counts))
    return merged


def _sum(values: Sequence[int | None]) -> int | None:
    return None if None in values else sum(value for value in values if value is not None)


def _lacking(post: PostYear, returns: Sequence[Return]) -> list[int]:
    """Months expected whose people are not known."""
    known = {r.month for r in returns if r.month and figures.people(r.counts) is not None}
    return [month for month in range(1, 13) if month not in known and month not in post.excused]


def _row(post: PostYear, zone: str, returns: Sequence[Return], note: str, remarks: list[str]) -> Row:
    annual = next((r for r in returns if r.month is None), None)
    months = [r for r in returns if r.month is not None and r.has_counts]
    lacking = _lacking(post, returns)
    label = f"{post.label}, {ZONES[zone]}" if zone else post.label
    if months and annual and annual.has_counts:
        _compare(label, months, annual, remarks, uses_months=not lacking)
    missing: list[int] = []
    quarters: tuple[Quarter, ...] = ()
    reason = annual.missing_reason if annual else ""
    if months and (not lacking or annual is None or not annual.has_counts):
        quarters = _quarters(months)
        known, basis = _from_months(months), f"{len(months)} mois sur 12"
        missing = lacking
        incomplete = [r.month for r in months if r.month in lacking]
        if incomplete:
            reason = reason or f"saisie incomplète en {_months_fr(incomplete)}"
    elif annual and annual.has_counts:
        known, basis = _from_annual(annual), "chiffres annuels"
    else:
        known = {name: Figure(None, reason or "aucun relevé") for name in MEASURES}
        basis, missing = "aucun relevé", lacking
    stated = annual.stated if annual else {}
    return Row(
        key=post.key,
        label=post.label,
        zone=zone,
        employer=post.employer,
        group=post.group,
        epci=_coverage(stated, "epcis", post.epci_count, "EPCI couverts non renseignés"),
        communes=_coverage(stated, "communes", post.communes.get(zone), "communes non renseignées"),
        figures=known,
        vif=_share(known, stated),
        basis=f"{basis}, {note}" if note else basis,
        missing=tuple(missing),
        reason=reason,
        url=post.url,
        page=post.page,
        quarters=quarters,
        worked=post.worked,
        etp_worked=_etp(post, zone),
        population=post.population.get(zone),
    )


def _etp(post: PostYear, zone: str) -> Decimal | None:
    """Full-time equivalents worked for the row; None for one zone of a post whose time is not shared out."""
    if not zone or post.etp_worked is None:
        return post.etp_worked
    share = post.time_share.get(zone)
    return None if share is None else post.etp_worked * share


def _quarters(months: Sequence[Return]) -> tuple[Quarter, ...]:
    """The months known, three by three: their figures add up to the year's."""
    found = []
    for first in (1, 4, 7, 10):
        known = [r for r in months if r.month is not None and first <= r.month < first + 3]
        found.append(Quarter(len(known), _from_months(known)))
    return tuple(found)


def _coverage(stated: Mapping[str, Any], name: str, computed: int | None, reason: str) -> Figure:
    """What was published for the year, which the present coverage may no longer be; else the present coverage."""
    if stated.get(name) is not None:
        return Figure(int(stated[name]))
    if "epcis" in stated or "communes" in stated:
        return Figure(None, "non publié")
    return Figure(computed) if computed else Figure(None, reason)


def _from_months(months: Sequence[Return]) -> dict[str, Figure]:
    known: dict[str, Figure] = {}
    whole = [r for r in months if figures.people(r.counts) is not None]
    for name in PEOPLE:
        known[name] = _figure([r.counts.get(name) for r in whole], "non saisi")
    known["people"] = _figure([figures.people(r.counts) for r in whole], "femmes, hommes ou enfants non saisis")
    for name in ("interviews_in_person", "interviews_phone", "interviews_partners"):
        known[name] = _figure([r.counts.get(name) for r in months], "non distingué")
    known["interviews"] = _figure([figures.interviews(r.counts) for r in months], "non saisi")
    both = [r for r in months if r.counts.get("vif_count") is not None and r.counts.get("vif_base") is not None]
    for name in ("vif_count", "vif_base"):
        known[name] = _figure([r.counts.get(name) for r in both], "non saisi")
    return known


def _from_annual(annual: Return) -> dict[str, Figure]:
    counts = annual.counts
    known = {name: Figure(counts.get(name), "" if counts.get(name) is not None else "non saisi") for name in MEASURES}
    for name, value in (("people", figures.people(counts)), ("interviews", figures.interviews(counts))):
        known[name] = Figure(value, "" if value is not None else "non saisi")
    for name in ("interviews_in_person", "interviews_phone", "interviews_partners"):
        if counts.get(name) is None:
            known[name] = Figure(None, "non distingué")
    return known


def _figure(values: Sequence[int | None], reason: str) -> Figure:
    """Sum of what is known; None when nothing is."""
    known = [value for value in values if value is not None]
    return Figure(sum(known)) if known else Figure(None, reason)


def _share(known: Mapping[str, Figure], stated: Mapping[str, Any]) -> Share:
    computed = percentage(known["vif_count"].value, known["vif_base"].value)
    if computed is not None:
        return Share(computed)
    published = _decimal(stated.get("vif_percent"))
    if published is not None:
        return Share(published, published=True)
    return Share(None, reason="non publié" if stated else "non saisi")


def _decimal(value: Any) -> Decimal | None:
    """A published percentage, written "61,00%", "61.00" or 61."""
    text = str(value if value is not None else "").replace("%", "").replace(",", ".").strip()
    try:
        return Decimal(text) if text else None
    except ArithmeticError:
        return None


def _compare(label: str, months: Sequence[Return], annual: Return, remarks: list[str], *, uses_months: bool) -> None:
    summed, stated = _from_months(months)["people"].value, figures.people(annual.counts)
    if summed is None or stated is None or summed == stated:
        return
    used = "les mois sont retenus" if uses_months else "des mois manquent, les chiffres annuels sont retenus"
    remarks.append(
        f"{label} : {stated} saisines en chiffres annuels, {summed} en additionnant {len(months)} mois ; {used}."
    )


def _months_fr(months: Sequence[int | None]) -> str:
    return enumerate_fr([month_name(month) for month in months if month])


# --- Totals and findings ----------------------------------------------------------------------------------------------


def _total(rows: Sequence[Row], name: str) -> Total:
    known = [value for row in rows if (value := row.figures[name].value) is not None]
    return Total(sum(known) if known else None, len(known))


def _quarter_totals(rows: Sequence[Row]) -> tuple[QuarterTotal, ...]:
    kept = [row for row in rows if row.quarters]
    if not kept:
        return ()
    found = []
    for number in range(4):
        known = [row.quarters[number] for row in kept if row.quarters[number].months]
        totals = {}
        for name in MEASURES:
            values = [value for one in known if (value := one.figures[name].value) is not None]
            totals[name] = Total(sum(values) if values else None, len(values))
        found.append(QuarterTotal(len(known), sum(one.months for one in known), totals))
    return tuple(found)


def _total_share(rows: Sequence[Row]) -> Share:
    """Over the rows whose two counts are known: published percentages cannot be added up."""
    counted = [r for r in rows if r.figures["vif_count"].value is not None and r.figures["vif_base"].value]
    if not counted:
        return Share(None, reason="les nombres derrière les pourcentages publiés ne sont pas connus")
    return Share(percentage(_total(counted, "vif_count").value, _total(counted, "vif_base").value))


def _findings(year: int, post: PostYear, zone: str, returns: Sequence[Return]) -> Iterable[Finding]:
    """R06: what a published bilan prints as a total is the sum of its own columns."""
    for one in returns:
        place = (
            f"activity[{post.key}].{year}" + (f"-{one.month:02d}" if one.month else "") + (f".{zone}" if zone else "")
        )
        label = f"{post.label}, {ZONES[zone]}" if zone else post.label
        for name, computed, noun in (
            ("people", figures.people(one.counts), "femmes, hommes et enfants font"),
            ("interviews", figures.interviews(one.counts), "les entretiens font"),
        ):
            stated = one.stated.get(name)
            if stated is None or computed is None or int(stated) == computed:
                continue
            yield Finding(
                code="R06",
                severity=Severity.BLOCKING,
                place=f"{place}.stated.{name}",
                message=f"{label} : le total publié est {stated}, alors que {noun} {computed}.",
                stated=str(stated),
                computed=str(computed),
                mark=Mark.STATED,
                url=post.url,
            )
