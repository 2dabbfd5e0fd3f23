"""What a steering committee is given: one year of a territory, or of one convention. Reads only, no page.

Everybody around the table reads it: activity is in the version shared between partners. For one convention the rows
are taken from the territory's protected table, never protected apart: two tables of the same figures, each hiding
other cells, would give both back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from conventions.calendar.obligation import Obligation
from conventions.calendar.reading import calendar_of
from conventions.enums import Status
from conventions.models import Convention, Party
from core.french import enumerate_fr, plural
from core.french.dates import add_months
from core.money import euros, number_fr
from parties.actors import Actor
from parties.models import RefCommuneYear
from posts.models import Post
from posts.timeline import life_of
from reporting.bilan.service import TerritoryBilan
from reporting.campaigns.report import Report

from .costs import Covered, YearCosts, inhabitants
from .costs_reading import costs_of
from .facts import ZERO, ShareFacts
from .reasons import Reason
from .shared import shared_bilan
from .summary import Picture, picture

#: The calendar the pack shows, from its day on.
MONTHS_AHEAD = 6
UNKNOWN = "n. d."
HIDDEN = "s."


@dataclass(frozen=True)
class KeyFigure:
    label: str
    value: str
    before: str
    note: str = ""


@dataclass(frozen=True)
class ActivityRow:
    """A post in the shared version; figures as printed."""

    label: str
    employer: str
    figures: tuple[str, ...]
    basis: str


@dataclass(frozen=True)
class FinancerMoney:
    """What one financer is expected to pay for the year, and how far it went. Euros."""

    label: str
    planned: Decimal
    committed: Decimal
    called: Decimal
    received: Decimal


@dataclass(frozen=True)
class Decision:
    """Something the committee has to settle; ``amount`` is what is at stake."""

    text: str
    posts: str
    amount: Decimal


@dataclass(frozen=True)
class Attendant:
    organisation: str
    represented_by: str
    conventions: str


@dataclass(frozen=True)
class Copil:
    year: int
    today: dt.date
    territory: str
    scope: str
    convention: str
    key_figures: tuple[KeyFigure, ...]
    activity: tuple[ActivityRow, ...]
    activity_total: tuple[str, ...]
    activity_notice: str
    coverage: tuple[str, ...]
    money: tuple[FinancerMoney, ...]
    risk: Picture
    reports: tuple[Report, ...]
    dates: tuple[Obligation, ...]
    decisions: tuple[Decision, ...]
    attendants: tuple[Attendant, ...]

    @property
    def year_before(self) -> int:
        return self.year - 1

    @property
    def money_total(self) -> FinancerMoney:
        names = ("planned", "committed", "called", "received")
        return FinancerMoney("Total", *(sum((getattr(row, name) for row in self.money), ZERO) for name in names))

    @property
    def received_reports(self) -> int:
        return sum(1 for each in self.reports if each.is_handed)

    @property
    def late_reports(self) -> list[Report]:
        return [each for each in self.reports if each.late]


#: Measures of the bilan printed for each post, with their headings.
MEASURES = (
    ("people", "Saisines"),
    ("women", "Femmes"),
    ("men", "Hommes"),
    ("children", "Enfants"),
    ("interviews", "Entretiens"),
)


def read_copil(by: Actor, *, year: int, today: dt.date, convention: Convention | None = None) -> Copil:
    """The pack of ``year``, as things stand on ``today``. Raises ``NotAllowed``."""
    by.require("copil.prepare")
    posts = _posts(by, convention)
    labels = {post.key: post for post in posts}
    shared, shared_before = (shared_bilan(by, year=each, today=today)[0] for each in (year, year - 1))
    costs = [_of_posts(each, posts) for each in costs_of(by, years=[year, year - 1], today=today, shared=True)]
    risk = _of_convention(picture(by, year=year, today=today), convention, posts)
    past = _of_convention(picture(by, year=year - 1, today=today), convention, posts)
    rows = calendar_of(by, today=today, convention=convention)
    last = add_months(today, MONTHS_AHEAD)
    return Copil(
        year=year,
        today=today,
        territory=shared.territory,
        scope="tous les postes du département" if convention is None else f"la convention {convention.reference}",
        convention=convention.reference if convention else "",
        key_figures=tuple(_key_figures(year, posts, (shared, shared_before), costs, (risk, past))),
        activity=tuple(_activity(shared, labels)),
        activity_total=tuple(_column(shared, labels, name) for name, _label in MEASURES),
        activity_notice=shared.bilan.notice,
        coverage=tuple(_coverage(by, costs[0], convention)),
        money=tuple(_money(risk.reading.shares)),
        risk=risk,
        reports=risk.reading.reports,
        dates=tuple(each for each in rows if today <= each.due_on <= last and not each.done),
        decisions=tuple(_decisions(risk)),
        attendants=tuple(_attendants(by, year, convention)),
    )


# --- What it is about -------------------------------------------------------------------------------------------------


def _posts(by: Actor, convention: Convention | None) -> list[Post]:
    rows = Post.objects.visible_to(by).select_related("employer").prefetch_related("occupancies")
    if convention is not None:
        rows = rows.filter(convention_posts__convention=convention)
    return list(rows.order_by("employer__name", "label", "pk"))


def _of_posts(found: YearCosts, posts: Sequence[Post]) -> YearCosts:
    wanted = {str(post.uuid) for post in posts}
    return replace(found, posts=tuple(row for row in found.posts if row.key in wanted))


def _of_convention(found: Picture, convention: Convention | None, posts: Sequence[Post]) -> Picture:
    """The shares the convention carries, and what no plan covers yet of its posts."""
    if convention is None:
        return found
    wanted = {str(post.uuid) for post in posts}

    def kept(share: ShareFacts) -> bool:
        carried = any(each.reference == convention.reference for each in share.agreements)
        mine = all(post.uuid in wanted for post in share.posts)
        return carried or (share.assumed and mine) or (share.financer is None and mine)

    reading = found.reading
    reports = tuple(each for each in reading.reports if each.convention == convention.reference)
    narrow = replace(reading, shares=tuple(share for share in reading.shares if kept(share)), reports=reports)
    return replace(found, reading=narrow, lines=tuple(line for line in found.lines if kept(line.share)))


# --- Figures ----------------------------------------------------------------------------------------------------------


def _key_figures(
    year: int,
    posts: Sequence[Post],
    bilans: tuple[TerritoryBilan, TerritoryBilan],
    costs: Sequence[YearCosts],
    risks: tuple[Picture, Picture],
) -> Iterable[KeyFigure]:
    labels = {post.key: post for post in posts}
    now, then = (_alive(posts, each) for each in (year, year - 1))
    yield KeyFigure("Postes ouverts dans l’année", str(len(now)), str(len(then)))
    yield KeyFigure("Équivalents temps plein ouverts", _etp(now), _etp(then))
    for name, label in (("people", "Saisines"), ("interviews", "Entretiens")):
        values = [_column(bilan, labels, name) for bilan in bilans]
        yield KeyFigure(label, values[0], values[1], "version partagée")
    (at, before) = (_money(each.reading.shares) for each in risks)
    for attribute, label in (("planned", "Prévu par les plans"), ("committed", "Engagé"), ("received", "Encaissé")):
        yield KeyFigure(label, _euros_of(at, attribute), _euros_of(before, attribute))
    yield KeyFigure("À risque", euros(risks[0].total), euros(risks[1].total), "hors hypothèses")
    for attribute, label in (("per_person", "Coût par personne reçue"), ("per_etp", "Coût par temps plein travaillé")):
        shown = [getattr(each, attribute) for each in costs]
        yield KeyFigure(label, shown[0].shown, shown[1].shown, shown[0].words)


def _alive(posts: Sequence[Post], year: int) -> list[Post]:
    first, last = dt.date(year, 1, 1), dt.date(year, 12, 31)
    return [
        post
        for post in posts
        if life_of(post.created_on, post.closed_on, list(post.occupancies.all())).exists_in(first, last)
    ]


def _etp(posts: Sequence[Post]) -> str:
    return number_fr(sum((post.etp for post in posts), ZERO))


def _euros_of(rows: Sequence[FinancerMoney], name: str) -> str:
    return euros(sum((getattr(row, name) for row in rows), ZERO)) if rows else UNKNOWN


def _activity(shared: TerritoryBilan, labels: dict[str, Post]) -> Iterable[ActivityRow]:
    for row in shared.bilan.rows:
        if row.key in labels:
            texts = tuple(_figure(row.figures[name].value, row.figures[name].hidden) for name, _label in MEASURES)
            yield ActivityRow(row.name, row.employer, texts, row.basis)


def _column(shared: TerritoryBilan, labels: dict[str, Post], name: str) -> str:
    """The sum over the posts of the pack: the published total for all of them, else only of figures that are shown."""
    rows = [row for row in shared.bilan.rows if row.key in labels]
    if len(rows) == len(shared.bilan.rows):
        found = shared.bilan.totals[name]
        return _figure(found.value, found.hidden)
    figures = [row.figures[name] for row in rows]
    if any(figure.hidden for figure in figures):
        return HIDDEN
    known = [figure.value for figure in figures if figure.value is not None]
    return _figure(sum(known) if known else None, False)


def _figure(value: int | None, hidden: bool) -> str:
    if value is None:
        return HIDDEN if hidden else UNKNOWN
    return number_fr(value, 0)


def _coverage(by: Actor, costs: YearCosts, convention: Convention | None) -> Iterable[str]:
    """How many inhabitants are served, by how many posts, and by none."""
    covers = [row.covered for row in costs.posts if row.covered.communes]
    unknown = [row.label for row in costs.posts if not row.covered.communes]
    if covers:
        found = inhabitants(covers)
        communes = {code for cover in covers for code in cover.communes}
        several = _served_twice(covers)
        people = number_fr(found.value or ZERO, 0)
        count = f"{len(covers)} {plural(len(covers), 'poste')}"
        yield f"{len(communes)} communes et {people} habitants sont couverts par {count}."
        if several:
            yield f"{several} communes sont couvertes par plusieurs postes."
        if convention is None:
            yield from _white(by, communes, costs.year)
    if unknown:
        yield f"Territoire couvert non renseigné : {enumerate_fr(unknown)}."


def _served_twice(covers: Sequence[Covered]) -> int:
    seen: dict[str, int] = {}
    for cover in covers:
        for code in cover.communes:
            seen[code] = seen.get(code, 0) + 1
    return sum(1 for count in seen.values() if count > 1)


def _white(by: Actor, covered: set[str], year: int) -> Iterable[str]:
    """Communes of the département that no post serves."""
    vintages = sorted(RefCommuneYear.objects.order_by().values_list("vintage", flat=True).distinct())
    vintage = max((each for each in vintages if each <= year), default=min(vintages, default=None))
    if vintage is None:
        return
    rows = RefCommuneYear.objects.of_vintage(vintage).filter(commune__departement=by.territory.code)
    missing = [population for code, population in rows.values_list("commune_id", "population") if code not in covered]
    if missing:
        count, people = len(missing), number_fr(sum(missing), 0)
        verb = "n’est couverte" if count == 1 else "ne sont couvertes"
        yield f"{count} {plural(count, 'commune')} du département ({people} habitants) {verb} par aucun poste."


def _money(shares: Iterable[ShareFacts]) -> list[FinancerMoney]:
    found: dict[str, FinancerMoney] = {}
    for share in shares:
        if share.assumed:
            continue
        label = share.financer.label if share.financer else "Sans financeur"
        row = found.get(label, FinancerMoney(label, ZERO, ZERO, ZERO, ZERO))
        found[label] = FinancerMoney(
            label,
            row.planned + share.amount,
            row.committed + (share.amount if share.committed else ZERO),
            row.called + share.called.claimed,
            row.received + share.called.received,
        )
    return sorted(found.values(), key=lambda row: (-row.planned, row.label))


# --- What is to be settled, and by whom -------------------------------------------------------------------------------

ASKED = {
    Reason.VACANCY: "Pourvoir le poste, ou convenir de ce que deviennent les parts non dues",
    Reason.NO_FINANCER: "Trouver qui prend la part sans financeur",
    Reason.EXPIRED: "Décider du renouvellement de la convention",
    Reason.UNPRICED: "Arrêter le plan de financement de la période",
    Reason.DELIBERATION: "Fixer la date à laquelle chaque assemblée délibère",
    Reason.UNSIGNED: "Fixer la date de signature de la convention",
    Reason.REPORT: "Fixer la date à laquelle les comptes rendus sont rendus",
    Reason.NOT_ISSUED: "Fixer la date d’émission des titres",
    Reason.UNPAID: "Relancer les débiteurs",
    Reason.GRANT_LATE: "Fixer la date de versement des subventions",
}


def _decisions(risk: Picture) -> Iterable[Decision]:
    """One question for each reason that puts money at risk, with the posts concerned."""
    for row in risk.by_reason():
        lines = [line for line in risk.firm if line.reason == row.key]
        posts = sorted({post.label for line in lines for post in line.share.posts})
        yield Decision(ASKED[Reason(row.key)], ", ".join(posts), row.amount)
    if risk.assumed:
        posts = sorted({post.label for line in risk.assumed for post in line.share.posts})
        yield Decision("Préparer la suite des postes sans plan (hypothèse)", ", ".join(posts), risk.total_assumed)


def _attendants(by: Actor, year: int, convention: Convention | None) -> Iterable[Attendant]:
    rows = Party.of_base.filter(convention__in=Convention.objects.visible_to(by).exclude(status=Status.ABANDONNEE))
    if convention is not None:
        rows = rows.filter(convention=convention)
    else:
        rows = rows.filter(convention__in=Convention.objects.covering_year(year).values("pk"))
    found: dict[int, tuple[Party, list[str]]] = {}
    for party in rows.select_related("organisation", "representative", "convention").order_by(
        "organisation__name", "convention__reference"
    ):
        known = found.setdefault(party.organisation_id, (party, []))
        known[1].append(party.convention.reference)
    for party, references in found.values():
        head = party.representative
        said = f"{head.civility} {head.person}, {head.function}" if head else ""
        yield Attendant(party.organisation.name, said, ", ".join(references))
