"""What posts and their activity ask of people. The number of queries does not grow with the rows."""

from __future__ import annotations

import datetime as dt

from django.urls import reverse

from core.french import date_long, enumerate_fr, plural
from parties.actors import Actor
from parties.models import Organisation
from posts.models import Post
from posts.timeline import life_of
from posts.views.shown import YearSummary

from .items import TodoItem


def posts_of(by: Actor, day: dt.date, employer: Organisation | None = None) -> list[Post]:
    """Posts the person sees that are open on ``day``, with all that the functions below read."""
    rows = Post.objects.visible_to(by).open_on(day).select_related("employer")
    rows = rows.prefetch_related("occupancies", "activity")
    if employer is not None:
        rows = rows.filter(employer=employer)
    return list(rows.order_by("label", "pk"))


def life(post: Post):  # type: ignore[no-untyped-def]
    return life_of(post.created_on, post.closed_on, list(post.occupancies.all()))


def vacant(posts: list[Post], today: dt.date) -> list[Post]:
    return [post for post in posts if life(post).vacant_on(today)]


def vacant_posts(posts: list[Post], today: dt.date) -> list[TodoItem]:
    """Posts that nobody holds today. What it costs is said with the money at risk."""
    items = []
    for post in vacant(posts, today):
        since = next(s.start for s in reversed(life(post).vacancies()) if s.start <= today)
        text = f"Vacant depuis le {date_long(since)} : les titres se réduisent à l’occupation réelle."
        items.append(TodoItem(f"Pourvoir « {post.label} »", post.get_absolute_url(), text, "Vacant", "warning"))
    return items


def missing_months(posts: list[Post], *, year: int, today: dt.date) -> list[TodoItem]:
    """One line per post whose months of activity are expected and not entered."""
    items = []
    for post in posts:
        months = YearSummary(post, year, today).missing
        if not months:
            continue
        count = len(months)
        text = f"{enumerate_fr(months).capitalize()} {year}." if count < 5 else f"De {months[0]} à {months[-1]} {year}."
        items.append(
            TodoItem(
                f"Saisir l’activité de « {post.label} »",
                reverse("activity-edit", args=[post.uuid, year]),
                text,
                f"{count} mois {plural(count, 'manquant')}",
                "warning",
            )
        )
    return items
