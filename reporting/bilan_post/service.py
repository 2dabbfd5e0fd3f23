"""Reading the bilan of a post from the database, for whoever may see it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Max, Q
from django.utils import timezone

from conventions.enums import Status
from conventions.models import Convention
from core.errors import InvalidInput, NotAllowed
from core.french import date_long, enumerate_fr, plural
from core.money import number_fr
from parties.actors import Actor
from parties.enums import Role
from parties.models.reference import RefCommuneYear
from posts import figures
from posts.figures import MonthState, year_states
from posts.indicators import Item
from posts.models import ActivityReturn, ListItem, Post
from posts.models.activity import COUNTS
from posts.periods import files_active
from posts.timeline import PostLife, life_of
from reporting.bilan.publication import Version
from reporting.bilan.service import FIRST_YEAR, LAST_YEAR, territory_bilan
from reporting.bilan_post.counts import Counts, Year
from reporting.bilan_post.detail import Entry, YearDetail, year_detail
from reporting.bilan_post.funding import funding_tables
from reporting.bilan_post.grid import DataTable, Ledger
from reporting.bilan_post.tables import BLANKS, Tables
from reporting.enums import BilanSection
from reporting.models import BilanText

#: The years whose figures are shown side by side need lists as in either of them.
Lists = dict[str, list[Item]]


@dataclass(frozen=True)
class Fact:
    """One line of the identity sheet; ``inside``: it dates somebody's absence, and never leaves."""

    label: str
    text: str
    inside: bool = False


@dataclass(frozen=True)
class PostBilan:
    """Everything the four pages say. ``ledger`` holds the counts, to be protected together."""

    post: Post
    year: int
    territory: str
    code: str
    facts: tuple[Fact, ...]
    conventions: tuple[Convention, ...]
    tables: tuple[DataTable, ...]
    texts: tuple[BilanText, ...]
    notes: tuple[str, ...]
    data_at: dt.datetime
    detailed: bool
    ledger: Ledger = field(default_factory=Ledger, repr=False)
    #: The names of the counts of the year, and of the year before.
    names: tuple[Counts, ...] = field(default=(), repr=False)
    version: Version | None = None
    notice: str = ""

    @property
    def title(self) -> str:
        version = f" ({self.version.label.lower()})" if self.version else ""
        return f"Bilan d'activité {self.year} – {self.post.label}{version}"

    @property
    def identity(self) -> list[tuple[str, str]]:
        """The identity sheet as terms and values."""
        return [(fact.label, fact.text) for fact in self.facts]

    @property
    def is_empty(self) -> bool:
        return not any(box.value is not None for table in self.tables for box in table.cells)

    def table(self, key: str) -> DataTable | None:
        return next((table for table in self.tables if table.key == key), None)

    def text(self, section: str) -> BilanText | None:
        return next((text for text in self.texts if text.section == section), None)


def require_reading(post: Post, by: Actor, version: Version | None) -> None:
    """Raise ``NotAllowed`` unless ``by`` may read this version of the post's bilan.

    The managers, the préfecture and the post's employer read all of them; another party of one of its conventions reads
    the version to share, and no other. The database already hid the posts ``by`` has nothing to do with.
    """
    by.require("bilan.shared")
    if by.can("bilan.view"):
        mine = by.organisation is not None and post.employer_id == by.organisation.pk
        if mine or by.role != Role.EMPLOYEUR:
            return
    if version is Version.INTERNAL and _is_party(post, by):
        return
    if version is Version.INTERNAL:
        raise NotAllowed("Le bilan partagé d'un poste se lit quand on est partie à l'une de ses conventions.")
    raise NotAllowed("Seule la version à partager de ce bilan vous est ouverte.")


def _is_party(post: Post, by: Actor) -> bool:
    if by.organisation is None:
        return False
    return Convention.objects.visible_to(by).with_party(by.organisation).filter(posts=post).exists()


def readable_version(post: Post, by: Actor) -> str | None:
    """The version a link leads ``by`` to: "" the complete one, "partagee", or None when there is none to read."""
    for name, version in (("", None), (Version.INTERNAL.value, Version.INTERNAL)):
        try:
            require_reading(post, by, version)
        except NotAllowed:
            continue
        return name
    return None


def post_bilan(*, post: Post, year: int, by: Actor, today: dt.date | None = None) -> PostBilan:
    """The complete bilan of a post's year. Raises ``NotAllowed``, ``InvalidInput`` for an impossible year.

    The versions that leave are made from it (:mod:`reporting.bilan_post.publication`), for who may read those.
    """
    by.require("bilan.shared")
    day = today or timezone.localdate()
    if not FIRST_YEAR <= year <= min(LAST_YEAR, day.year):
        raise InvalidInput(f"L'année {year} n'est pas possible ou n'a pas commencé.", place="year")
    lists = lists_of(year)
    now, before = read_year(post, year, lists, by, day), read_year(post, year - 1, lists, by, day)
    ledger = Ledger()
    names = Counts(ledger, now, lists), Counts(ledger, before, lists)
    tables = Tables(ledger, *names).all()
    texts = tuple(BilanText.objects.filter(post=post, year=year).exclude(text="").order_by("section"))
    return PostBilan(
        post=post,
        year=year,
        territory=by.territory.name,
        code=by.territory.code,
        facts=tuple(identity(post, year, day)),
        conventions=tuple(conventions_of(post, year, by)),
        tables=(*tables, *funding_tables(post=post, year=year, by=by)),
        texts=texts,
        notes=tuple(_notes(now, before)),
        data_at=_last_change(post, year, texts),
        detailed=bool(now.detail),
        ledger=ledger,
        names=names,
    )


# --- What is known of a year ------------------------------------------------------------------------------------------


def lists_of(year: int) -> Lists:
    """The closed lists, with every item in force at some time of the year or of the one before."""
    first, last = dt.date(year - 1, 1, 1), dt.date(year, 12, 31)
    found: dict[str, dict[str, Item]] = {}
    in_force = ListItem.objects.filter(Q(until__isnull=True) | Q(until__gte=first), since__lte=last)
    for item in in_force.order_by("list", "position", "since", "pk"):
        # Of several wordings of a code, the latest.
        found.setdefault(item.list, {})[item.code] = Item(item.code, item.label)
    return {name: list(items.values()) for name, items in found.items()}


def read_year(post: Post, year: int, lists: Lists, by: Actor, today: dt.date) -> Year:
    """Returns, cells and lines of the territory's bilan of one year."""
    returns = list(
        ActivityReturn.objects.filter(post=post, year=year).order_by("month", "zone").prefetch_related("cells")
    )
    entries = [
        Entry(row.month, {(c.indicator, c.row, c.column): c.value for c in row.cells.all()}, row.zone)
        for row in returns
    ]
    states = year_states(year=year, life=life(post), filled={}, today=today)
    # Whoever reads, the lines are those of the post: the right to it was checked, and the database narrowed the rest.
    system = Actor.system(by.territory)
    rows = territory_bilan(year=year, by=system, today=today, only={post.pk}).bilan.rows
    return Year(
        year,
        year_detail(entries, lists=lists),
        rows,
        _zones(entries, lists),
        tuple(month.number for month in states if month.state is MonthState.MISSING),
        _plain_months(returns),
        files_active([post], year=year)[post.pk],
    )


def _zones(entries: Sequence[Entry], lists: Lists) -> Mapping[str, YearDetail]:
    names = sorted({entry.zone for entry in entries if entry.zone and entry.cells}, reverse=True)
    if len(names) < 2:
        return {}
    return {name: year_detail([entry for entry in entries if entry.zone == name], lists=lists) for name in names}


def _plain_months(returns: Sequence[ActivityReturn]) -> dict[int, int]:
    """Month → women, men and children over its zones, where all of them are known."""
    found: dict[int, int | None] = {}
    for row in returns:
        if row.month is None or not any(getattr(row, name) is not None for name in COUNTS):
            continue
        people = figures.people({name: getattr(row, name) for name in COUNTS})
        before = found.get(row.month, 0)
        found[row.month] = None if people is None or before is None else before + people
    return {month: value for month, value in found.items() if value is not None}


def life(post: Post) -> PostLife:
    return life_of(post.created_on, post.closed_on, list(post.occupancies.all()))


# --- Who and where ----------------------------------------------------------------------------------------------------


def identity(post: Post, year: int, today: dt.date) -> list[Fact]:
    """The post's identity sheet, unknown things said to be."""
    units = list(post.post_units.select_related("unit"))
    where = [
        f"{link.unit.name} ({_percent(link.percent)} du temps)" if link.percent else link.unit.name for link in units
    ]
    epcis = [link.organisation.name for link in post.coverage.select_related("organisation")]
    codes = {code for link in units for code in link.unit.communes}
    return [
        Fact("Employeur", post.employer.name),
        Fact("Type de poste", post.get_kind_display()),
        Fact("Unités", enumerate_fr(where) if where else "non renseignées"),
        Fact("Temps de travail", f"{_plain(post.etp)} ETP"),
        Fact("Durée hebdomadaire", f"{_plain(post.weekly_hours)} heures" if post.weekly_hours else "non renseignée"),
        Fact("Autorité hiérarchique", post.hierarchical_authority or "non renseignée"),
        Fact("Autorité fonctionnelle", post.functional_authority or "non renseignée"),
        Fact("EPCI couverts", enumerate_fr(epcis) if epcis else "non renseignés"),
        Fact("Communes", f"{len(codes)}" if codes else "non renseignées"),
        Fact("Habitants", _inhabitants(codes, year)),
        Fact(f"Occupation en {year}", _occupation(post, year, today), inside=True),
    ]


def _inhabitants(codes: set[str], year: int) -> str:
    """Municipal population of the communes served, of the latest vintage known in the year (else the first after)."""
    if not codes:
        return "non renseignés, faute de communes"
    rows = RefCommuneYear.objects.of_communes(codes)
    vintage = rows.filter(vintage__lte=year).aggregate(last=Max("vintage"))["last"] or (
        rows.order_by("vintage").values_list("vintage", flat=True).first()
    )
    if vintage is None:
        return "population de référence inconnue"
    found = rows.of_vintage(vintage)
    text = f"{number_fr(found.total_population(), 0)} (population municipale {vintage})"
    lacking = len(codes) - found.count()
    return f"{text}, sans {lacking} {plural(lacking, 'commune')} de population inconnue" if lacking else text


def _occupation(post: Post, year: int, today: dt.date) -> str:
    lived = life(post)
    if lived.begins is None:
        return "non renseignée"
    first, last = max(dt.date(year, 1, 1), lived.begins), min(dt.date(year, 12, 31), today)
    if post.closed_on:
        last = min(last, post.closed_on)
    if last < first:
        return "le poste n'existait pas"
    days = (last - first).days + 1
    vacant = lived.vacant_days(first, last)
    held = days - vacant
    text = f"{held} {plural(held, 'jour pourvu', 'jours pourvus')}, "
    text += f"{vacant} {plural(vacant, 'jour vacant', 'jours vacants')}"
    return text if days >= 365 else f"{text}, du {date_long(first)} au {date_long(last)}"


def conventions_of(post: Post, year: int, by: Actor) -> list[Convention]:
    """The conventions that cover some of the year, among those ``by`` may see."""
    found = Convention.objects.visible_to(by).filter(posts=post).covering_year(year).exclude(status=Status.ABANDONNEE)
    return list(found.order_by("reference").distinct())


def _percent(value) -> str:  # type: ignore[no-untyped-def]
    return f"{_plain(value)}\u202f%"


def _plain(value) -> str:  # type: ignore[no-untyped-def]
    text = number_fr(value)
    return text.rstrip("0").rstrip(",") if "," in text else text


# --- What to know before reading --------------------------------------------------------------------------------------


def _notes(now: Year, before: Year) -> list[str]:
    if not now.detail:
        return [
            "Le détail n'est pas connu pour cette année : ni modes de saisine, ni problématiques, ni orientations. "
            "Seuls le sont les chiffres ci-dessous."
        ]
    notes = [BLANKS]
    known, expected = len(now.detail.months), len(now.expected)
    if now.detail.months and set(now.expected) - set(now.detail.months):
        notes.append(
            f"Le détail est connu pour {known} mois, sur {expected} attendus : rien n'est extrapolé à l'année entière."
        )
    if not before.detail:
        notes.append(f"Le détail de {before.year} n'est pas connu : les tableaux détaillés sont sans comparaison.")
    return notes


def _last_change(post: Post, year: int, texts: Sequence[BilanText]) -> dt.datetime:
    """When what is shown last changed: it dates the document, so that the same data give the same file."""
    returns = ActivityReturn.objects.filter(post=post, year__in=(year, year - 1))
    changed = returns.aggregate(own=Max("updated_at"), cells=Max("cells__updated_at"))
    moments = [post.updated_at, *(text.updated_at for text in texts), changed["own"], changed["cells"]]
    return max(moment for moment in moments if moment is not None)


#: The sections in reading order; the opinion comes last, apart.
SECTIONS = (BilanSection.PARTNERSHIP, BilanSection.DIFFICULTIES, BilanSection.HIGHLIGHTS, BilanSection.OPINION)
