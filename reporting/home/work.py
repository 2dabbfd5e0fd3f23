"""What posts and their activity ask of people. The number of queries does not grow with the rows."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.db.models import Prefetch
from django.urls import reverse

from core.french import date_long, enumerate_fr, plural
from core.money import euros_short
from funding.filters import with_amounts
from funding.models import FundingPlan
from parties.actors import Actor
from parties.models import Organisation
from posts.models import Post
from posts.timeline import life_of
from posts.views.shown import YearSummary

from .items import TodoItem


def posts_of(by: Actor, day: dt.date, employer: Organisation | None = None) -> list[Post]:
    """Posts the person sees that are open on ``day``, with all that the functions below read."""
    rows = Post.objects.visible_to(by).open_on(day).for_list().prefetch_related("activity")
    if employer is not None:
        rows = rows.filter(employer=employer)
    return list(rows.order_by("label", "pk"))


def life(post: Post):  # type: ignore[no-untyped-def]
    return life_of(post.created_on, post.closed_on, list(post.occupancies.all()))


def vacant(posts: list[Post], today: dt.date) -> list[Post]:
    return [post for post in posts if life(post).vacant_on(today)]


def vacant_posts(by: Actor, posts: list[Post], *, year: int, today: dt.date) -> list[TodoItem]:
    """Posts that nobody holds today; the amount is what their plans of the year would pay for."""
    empty = vacant(posts, today)
    plans = with_amounts(FundingPlan.objects.visible_to(by).filter(year=year))
    found = {
        post.pk: post.year_plans
        for post in Post.objects.filter(pk__in=[p.pk for p in empty]).prefetch_related(
            Prefetch("plans", queryset=plans, to_attr="year_plans")
        )
    }
    items = []
    for post in empty:
        since = next(s.start for s in reversed(life(post).vacancies()) if s.start <= today)
        money = sum((plan.total_amount for plan in found.get(post.pk, [])), Decimal(0))
        text = f"Vacant depuis le {date_long(since)}."
        if money:
            text += f" {euros_short(money)} sont financés pour {year} : les titres se réduisent à l’occupation réelle."
        url = post.get_absolute_url()
        items.append(TodoItem(f"Pourvoir « {post.label} »", url, text, "Vacant", "warning", money or None))
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
