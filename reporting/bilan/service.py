"""Reading the bilan of a year from the database, for whoever may see it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, replace

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from core.errors import InvalidInput
from core.french import Name
from parties.actors import Actor
from parties.enums import OrganisationKind, Role
from posts.figures import MonthState, year_states
from posts.models import ActivityReturn, Post
from posts.models.activity import COUNTS
from posts.timeline import PostLife, life_of, month_bounds
from reporting.bilan.compute import year_bilan
from reporting.bilan.geography import Geography, populations, time_shares
from reporting.bilan.model import Bilan, PostYear, Return
from reporting.bilan.publication import Version, publication
from reporting.bilan.worked import etp_worked, months_worked

FIRST_YEAR, LAST_YEAR = 2000, 2100
#: The order of the published tables: the Département's own posts, the other authorities', the associations'.
GROUPS = {
    OrganisationKind.DEPARTEMENT: "Postes du Département",
    OrganisationKind.EPCI: "Postes des EPCI",
    OrganisationKind.COMMUNE: "Postes des communes et de leurs établissements",
    OrganisationKind.CCAS: "Postes des communes et de leurs établissements",
    OrganisationKind.CIAS: "Postes des communes et de leurs établissements",
    OrganisationKind.ASSOCIATION: "Postes des associations",
}
OTHERS = "Autres employeurs"
GROUP_ORDER = [*dict.fromkeys(GROUPS.values()), OTHERS]


@dataclass(frozen=True)
class TerritoryBilan:
    """The bilan with whose it is: ``scope`` says which posts it covers, ``data_at`` when its data last changed."""

    bilan: Bilan
    code: str
    territory: str
    title: str
    scope: str
    data_at: dt.datetime
    version: Version | None = None
    #: The bilan of every post, where this one covers some of them only.
    whole: Bilan | None = None

    def for_readers(self, version: Version) -> TerritoryBilan:
        """The same bilan with its small counts hidden, as ``version`` may leave."""
        title = f"{self.title} ({version.label.lower()})"
        safe = publication(self.bilan, version, whole=self.whole).bilan
        return replace(self, bilan=safe, title=title, version=version, whole=None)


def years_available(*, by: Actor) -> list[int]:
    """Years holding at least one return ``by`` may see, newest first."""
    by.require("bilan.view")
    found = ActivityReturn.objects.filter(post__in=_posts_seen(by)).order_by("-year")
    return list(found.values_list("year", flat=True).distinct())


def territory_bilan(
    *,
    year: int,
    by: Actor,
    today: dt.date | None = None,
    only: Collection[int] | None = None,
    geography: Geography | None = None,
) -> TerritoryBilan:
    """The bilan of ``year`` over the posts ``by`` may see (row-level security narrows an organisation to its own).

    ``today`` decides which months are still to come; ``only`` narrows it to these posts (primary keys); ``geography``
    gives the inhabitants they serve. Raises ``NotAllowed``, ``InvalidInput`` for an impossible year.
    """
    return bilan_of(posts_read(by=by), year=year, by=by, today=today, only=only, geography=geography)


def territory_bilans(*, by: Actor, today: dt.date | None = None) -> list[TerritoryBilan]:
    """The bilan of every year there is one of, newest first, the posts being read once for all."""
    years = years_available(by=by)
    posts = posts_read(by=by) if years else []
    return [bilan_of(posts, year=year, by=by, today=today) for year in years]


def posts_read(*, by: Actor) -> list[Post]:
    """The posts ``by`` answers for or may see, with all a bilan reads of them."""
    by.require("bilan.view")
    posts = _posts_seen(by).select_related("employer")
    related = ("occupancies", "post_units__unit", "coverage__organisation", "activity")
    return list(posts.prefetch_related(*related).order_by("employer__name", "label"))


def bilan_of(
    posts: list[Post],
    *,
    year: int,
    by: Actor,
    today: dt.date | None = None,
    only: Collection[int] | None = None,
    geography: Geography | None = None,
) -> TerritoryBilan:
    """As :func:`territory_bilan`, over posts already read (:func:`posts_read`). No query."""
    by.require("bilan.view")
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise InvalidInput(f"L'année {year} n'est pas possible.", place="year")
    kept = post_years(posts, year, today or timezone.localdate(), geography)
    chosen = [(post, row) for post, row in kept if only is None or post.pk in only]
    found = year_bilan(year=year, posts=[row for _, row in chosen])
    return TerritoryBilan(
        bilan=found,
        code=by.territory.code,
        territory=f"Département {Name.of_departement(by.territory.code).de()}",
        title=f"Bilan d'activité {year}",
        scope=_scope(by) if only is None else "les postes des conventions adoptées",
        data_at=_last_change([post for post, _ in chosen], year),
        whole=None if only is None else year_bilan(year=year, posts=[row for _, row in kept]),
    )


def post_years(
    posts: list[Post], year: int, today: dt.date, geography: Geography | None = None
) -> list[tuple[Post, PostYear]]:
    """Each post that has a place in the year, with what the bilan takes of it, in the order of the published tables."""
    rows = [(post, _post_year(post, year, today, geography)) for post in posts_in(posts, year)]
    return sorted(rows, key=lambda each: GROUP_ORDER.index(each[1].group))


def covers_all(by: Actor) -> bool:
    """Whether ``by`` sees every post of the territory, so that what is not in its bilan does not exist."""
    return by.organisation is None or by.is_staff or by.organisation.kind == OrganisationKind.PREFECTURE


def _posts_seen(by: Actor) -> QuerySet[Post]:
    """The posts ``by`` may see; those it employs only, for the employer's people: they answer for no other."""
    posts = Post.objects.visible_to(by)
    return posts.filter(employer=by.organisation) if by.role == Role.EMPLOYEUR else posts


def posts_in(posts: list[Post], year: int) -> list[Post]:
    """Posts that existed in the year, or of which something was returned."""
    first, last = month_bounds(year, 1)[0], month_bounds(year, 12)[1]
    return [post for post in posts if _returns(post, year) or _life(post).exists_in(first, last)]


def _returns(post: Post, year: int) -> list[ActivityReturn]:
    return [activity for activity in post.activity.all() if activity.year == year and _tells(activity)]


def _tells(activity: ActivityReturn) -> bool:
    """A year's return may be there for the detail of its people alone, which is no figure of this bilan."""
    if activity.month is not None or activity.stated or activity.missing_reason or activity.note:
        return True
    return activity.has_counts


def _life(post: Post) -> PostLife:
    return life_of(post.created_on, post.closed_on, list(post.occupancies.all()))


def _post_year(post: Post, year: int, today: dt.date, geography: Geography | None) -> PostYear:
    life = _life(post)
    states = year_states(year=year, life=life, filled={}, today=today)
    return PostYear(
        key=post.key,
        label=post.label,
        employer=post.employer.label,
        group=GROUPS.get(OrganisationKind(post.employer.kind), OTHERS),
        epci_count=len(post.coverage.all()) or None,
        communes=_communes(post),
        returns=tuple(_return(activity) for activity in _returns(post, year)),
        excused={month.number: month.state for month in states if month.state is not MonthState.MISSING},
        url=reverse("activity-edit", args=[post.uuid, year]),
        page=reverse("bilan-post", args=[year, post.uuid]),
        worked=months_worked(life, year, today),
        etp_worked=etp_worked(post.etp, list(post.occupancies.all()), year, today),
        time_share=time_shares(post),
        population=populations(geography, post),
    )


def _communes(post: Post) -> dict[str, int]:
    """Communes of the post's units, in all and by zone; nothing where no unit lists its communes."""
    codes: dict[str, set[str]] = {"": set()}
    for link in post.post_units.all():
        codes[""].update(link.unit.communes)
        codes.setdefault(link.unit.zone, set()).update(link.unit.communes)
    return {zone: len(found) for zone, found in codes.items() if found}


def _return(activity: ActivityReturn) -> Return:
    return Return(
        month=activity.month,
        zone=activity.zone,
        counts={name: getattr(activity, name) for name in COUNTS},
        note=activity.note,
        missing_reason=activity.missing_reason,
        stated=activity.stated,
    )


def _scope(by: Actor) -> str:
    if by.organisation is None or covers_all(by):
        return "tous les postes du département"
    if by.role == Role.EMPLOYEUR:
        return f"les postes qu'emploie {by.organisation.french.le()}"
    return f"les postes que peut voir {by.organisation.french.le()}"


def _last_change(posts: list[Post], year: int) -> dt.datetime:
    """When the data shown last changed: it dates the document, so that the same data give the same file."""
    moments = [post.updated_at for post in posts]
    moments += [activity.updated_at for post in posts for activity in _returns(post, year)]
    return max(moments, default=timezone.now())
