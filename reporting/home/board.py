"""The page of each role, put together from the questions of the other modules."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.urls import reverse
from django.utils import timezone

from conventions.enums import Status
from core.french import plural
from parties.actors import Actor
from parties.enums import EXCEPTIONAL_ROLE, Role
from posts.models import Post
from reporting.campaigns.todo import report_items

from . import agreements, budget, circuits, grants, money, work
from .avenants import to_do as avenants_to_do
from .avenants import to_review as avenants_to_review
from .items import DateItem, Kpi, Section, TodoItem, capped

#: Dates shown; the calendar has them all.
MOST_DATES = 10


@dataclass(frozen=True)
class Board:
    """All that the page shows. ``years`` are those a plan exists for, newest first; ``year`` is the one counted."""

    year: int
    years: tuple[int, ...]
    kpis: tuple[Kpi, ...]
    sections: tuple[Section, ...]
    dates: tuple[DateItem, ...]
    #: Where the money at risk is counted, for who sees the plans; fetched apart: it costs as much as the rest.
    risk_url: str = ""

    @property
    def is_clear(self) -> bool:
        return not self.sections


def board_for(by: Actor, *, today: dt.date, year: int | None = None) -> Board:
    """What the home page says to ``by``; without ``year``, the current one, or the last that has a plan."""
    money_by_year = money.committed(by)
    years = sorted(money_by_year, reverse=True)
    chosen = year if year is not None else usual_year(years, today)
    posts = work.posts_of(by, today)
    read, texts = grants.Read(by, today), agreements.Read(by, today)
    sections = {
        Role.GESTIONNAIRE: _gestionnaire,
        Role.INSTRUCTEUR: _instructeur,
        Role.FINANCES: _finances,
        Role.PARTENAIRE: _partenaire,
        Role.EMPLOYEUR: _employeur,
        EXCEPTIONAL_ROLE: _nothing_to_do,
    }[by.role](by, posts, chosen, today, read, texts)
    return Board(
        year=chosen,
        years=tuple(years),
        kpis=tuple(_kpis(by, posts, money_by_year, chosen, texts)),
        sections=tuple(section for section in sections if section.items),
        dates=tuple(_dates(by, today, read)[:MOST_DATES]),
        risk_url=f"{reverse('steering-risks')}?annee={chosen}" if years and by.can("plan.view") else "",
    )


def usual_year(years: list[int], today: dt.date) -> int:
    """The current year when it has a plan; else the last past year that has one; else the current year."""
    if today.year in years:
        return today.year
    return max((year for year in years if year < today.year), default=today.year)


# --- Roles ------------------------------------------------------------------------------------------------------------


def _nothing_to_do(
    by: Actor, posts: list[Post], year: int, today: dt.date, read: grants.Read, texts: agreements.Read
) -> list[Section]:
    """Who only reads has nothing waiting for them."""
    return []


def _gestionnaire(
    by: Actor, posts: list[Post], year: int, today: dt.date, read: grants.Read, texts: agreements.Read
) -> list[Section]:
    plans_url = f"{reverse('plans')}?statut=projet"
    asked = money.waiting_plans(by, year)
    drafts = agreements.drafts(texts)
    conventions = [
        *capped(circuits.to_answer(by), noun="réponse", url=reverse("signatures")),
        *capped(agreements.to_correct(texts), noun="convention à corriger", url=agreements.list_url(Status.A_CORRIGER)),
        *capped(drafts, noun="brouillon", url=agreements.list_url(Status.BROUILLON), most=agreements.MOST_DRAFTS),
        *capped(agreements.to_circulate(texts), noun="convention", url=agreements.list_url(Status.APPROUVEE)),
        *capped(agreements.signatures_missing(texts), noun="convention", url=agreements.list_url(Status.EN_SIGNATURE)),
    ]
    steps = capped(money.state_steps(by, today), noun="palier", url=reverse("state-rates"))
    plans = [
        *capped(money.unbalanced(asked), noun="plan", url=plans_url),
        *capped(budget.lines_to_mend(by, year), noun="ligne", url=f"{reverse('budget')}?annee={year}"),
        *steps,
    ]
    vacant = capped(work.vacant_posts(posts, today), noun="poste", url=f"{reverse('posts')}?etat=vacant")
    titres = capped(money.titres_to_propose(asked), noun="plan", url=f"{reverse('plans')}?statut=engage")
    late = [
        *capped(agreements.expired(texts), noun="convention", url=agreements.list_url(Status.SIGNEE)),
        *_missing(posts, year, today),
        *report_items(by, today=today),
        *capped(grants.late(read), noun="retard de subvention", url=reverse("grants-due")),
        *grants.unpublished(read),
    ]
    reviews = capped(grants.to_review_all(read), noun="compte rendu", url=reverse("grant-accounts"))
    return [
        Section(
            "attente", "Ce qui vous attend", (*conventions, *avenants_to_do(by), *plans, *titres, *vacant, *reviews)
        ),
        Section("retard", "En retard", tuple(late)),
    ]


def _instructeur(
    by: Actor, posts: list[Post], year: int, today: dt.date, read: grants.Read, texts: agreements.Read
) -> list[Section]:
    review = agreements.to_review(by, today)
    late = [item for item in review if item.tone == "warning"]
    fresh = [item for item in review if item.tone != "warning"]
    url = reverse("conventions-review")
    waiting = [*capped(fresh, noun="convention", url=url), *agreements.to_widen(by), *_mine(by, texts)]
    ended = agreements.expired(texts)
    return [
        Section(
            "retard",
            f"Soumises depuis plus de {agreements.REVIEW_DAYS} jours",
            tuple(capped(late, noun="convention", url=url)),
        ),
        Section("attente", "Ce qui vous attend", (*waiting, *avenants_to_review(by))),
        Section(
            "echues",
            "Échues sans suite",
            tuple(capped(ended, noun="convention", url=agreements.list_url(Status.SIGNEE))),
        ),
    ]


def _finances(
    by: Actor, posts: list[Post], year: int, today: dt.date, read: grants.Read, texts: agreements.Read
) -> list[Section]:
    own = by.organisation
    if own is None:
        return []
    titres_url = reverse("titres")
    waiting = [
        *money.titres_ready(by, own),
        *capped(money.titres_to_propose(money.waiting_plans(by, year), own), noun="plan", url=titres_url),
        *capped(budget.lines_to_mend(by, year), noun="ligne", url=f"{reverse('budget')}?annee={year}"),
        *capped(grants.to_review(by), noun="compte rendu", url=reverse("grant-accounts")),
        *_mine(by, texts),
    ]
    late = [*grants.late(read), *grants.unpublished(read)]
    blocked = capped(money.titres_blocked(by, own), noun="titre", url=f"{titres_url}?statut=a_preparer")
    return [
        Section("attente", "Ce qui vous attend", tuple(waiting)),
        Section("retard", "En retard", tuple(capped(late, noun="retard", url=reverse("grants-due")))),
        _at_risk([*blocked, *money.titres_unpaid(by, own)]),
        Section("du", "Ce que votre organisation doit", (*money.owed(own, year), *budget.forecast_of(own, year))),
    ]


def _partenaire(
    by: Actor, posts: list[Post], year: int, today: dt.date, read: grants.Read, texts: agreements.Read
) -> list[Section]:
    own = by.organisation
    owed = [*money.owed(own, year), *budget.forecast_of(own, year)] if own else []
    return [
        Section("attente", "Ce qui vous attend", tuple(_mine(by, texts))),
        Section("du", "Ce que votre organisation doit", tuple(owed)),
    ]


def _employeur(
    by: Actor, posts: list[Post], year: int, today: dt.date, read: grants.Read, texts: agreements.Read
) -> list[Section]:
    employed = [post for post in posts if by.organisation and post.employer_id == by.organisation.pk]
    late = capped(grants.late(read), noun="retard", url=reverse("grants-due"))
    return [
        Section(
            "attente",
            "Ce qui vous attend",
            (*_mine(by, texts), *report_items(by, today=today), *_missing(employed, year, today)),
        ),
        Section("retard", "En retard", tuple(late)),
    ]


def _dates(by: Actor, today: dt.date, read: grants.Read) -> list[DateItem]:
    """What comes next, conventions and grants together; the calendar's page has the rest."""
    found = [*agreements.calendar(by, today), *grants.calendar(read)]
    return sorted(found, key=lambda item: (item.date, item.label))


def _mine(by: Actor, texts: agreements.Read) -> list[TodoItem]:
    if by.organisation is None:
        return []
    items, followed = circuits.to_sign(by)
    items += agreements.my_signature(texts, by.organisation, followed)
    drafts = capped(agreements.to_read(by, timezone.localdate()), noun="relecture", url=reverse("conventions"))
    return [*drafts, *capped(items, noun="convention", url=agreements.list_url(Status.EN_SIGNATURE))]


def _missing(posts: list[Post], year: int, today: dt.date) -> list[TodoItem]:
    items = work.missing_months(posts, year=year, today=today)
    return capped(items, noun="poste", url=f"{reverse('activity')}?annee={year}")


def _at_risk(items: list[TodoItem]) -> Section:
    """What the body has to collect: the money at risk, reason by reason, is counted apart."""
    amounts = [item.amount for item in items if item.amount is not None]
    return Section("risque", "Argent à recouvrer", tuple(items), sum(amounts, Decimal(0)) if amounts else None)


# --- Key figures ------------------------------------------------------------------------------------------------------


def _kpis(by: Actor, posts: list[Post], committed: dict[int, Decimal], year: int, texts: agreements.Read) -> list[Kpi]:
    empty = len(work.vacant(posts, texts.today))
    hint = f"{empty} {plural(empty, 'vacant')}" if empty else "tous pourvus" if posts else ""
    found = [Kpi("Postes", len(posts), hint, "warning" if empty else "success" if posts else "", reverse("posts"))]
    found.append(Kpi("Conventions en vigueur", texts.running, url=agreements.list_url(Status.SIGNEE)))
    # A body that no plan concerns (a service that hosts a post) has no money to look at.
    if committed and by.can("plan.view"):
        found.append(
            Kpi(
                f"Engagé pour {year}",
                committed.get(year, Decimal(0)),
                "tous financeurs",
                url=f"{reverse('plans')}?annee={year}",
            )
        )
    if committed and by.can("titre.view"):
        count, total = money.exported(by, year)
        sent = f"{count} {plural(count, 'titre')} {plural(count, 'exporté')}"
        found.append(Kpi(f"Appelé pour {year}", total, sent, url=f"{reverse('titres')}?annee={year}"))
    return found
