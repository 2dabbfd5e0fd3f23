"""National figures: right sums, nothing of one territory to be had. Activity: test_national_bilan.py."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from core.errors import NotAllowed
from posts.models import ActivityReturn, Post
from reporting.national import national_figures
from tests.cast import YEAR, Cast

DAY = dt.date(YEAR, 6, 1)
PAST = YEAR - 1


def figures(cast: Cast) -> Any:
    with cast.acting("national"):
        return national_figures(by=cast.outside("national"), day=DAY)


def test_posts_of_every_territory_are_counted(cast: Cast):
    found = figures(cast)
    total = found.total
    assert (total.territories, total.posts, total.etp, total.filled, total.vacant) == (2, 6, Decimal(6), 5, 1)
    by_zone = {line.label: (line.territories, line.posts, line.vacant) for line in found.posts_by("zone")}
    assert by_zone == {"Zone police": (2, 3, 1), "Zone gendarmerie": (1, 3, 0)}
    by_employer = {line.label: line.posts for line in found.posts_by("employer")}
    assert by_employer == {"EPCI": 4, "Département": 1, "Association": 1}
    for group in ("zone", "employer", "kind"):
        assert sum(line.posts for line in found.posts_by(group)) == total.posts
        assert sum(line.etp for line in found.posts_by(group)) == total.etp


def test_a_closed_or_future_post_does_not_count(cast: Cast):
    with cast.acting("gestionnaire"):
        Post.objects.filter(pk=cast.post["a"].pk).update(closed_on=dt.date(YEAR, 5, 31))
        Post.objects.filter(pk=cast.post["b"].pk).update(created_on=dt.date(YEAR, 6, 2))
    assert figures(cast).total.posts == 4


def test_conventions_are_counted_by_state(cast: Cast):
    found = {line.label: (line.territories, line.conventions) for line in figures(cast).conventions}
    assert found == {"Brouillon": (1, 1), "Soumise": (1, 1), "En signature": (1, 1), "Signée": (2, 3)}


def test_the_page_and_its_files_show_the_same(cast: Cast):
    client = cast.client("national")
    page = client.get("/national/").content.decode()
    assert "Chiffres nationaux" in page
    assert "Aucune contribution" in page
    for word in ("Sud-Artois", "Poste A", "62-A", "Pas-de-Calais"):
        assert word not in page, word
    posts = client.get("/national/tableau.csv").content.decode("utf-8-sig").splitlines()
    assert posts[1].startswith("Ensemble;Ensemble;2;6;6;")
    assert client.get("/national/tableau.xlsx?tableau=conventions").content[:2] == b"PK"
    for gone in ("activite", "plans"):
        assert client.get(f"/national/tableau.csv?tableau={gone}").status_code == 404
    assert client.get("/national/tableau.pdf").status_code == 404


def test_the_api_tells_the_same_and_no_token_reaches_it(cast: Cast):
    from tests.tokens import make_token, program

    body = cast.client("national").get("/api/v1/national/").json()
    assert (body["total"]["posts"], body["total"]["etp"], body["years"]) == (6, "6.00", [])
    _, secret = make_token(cast, "gestionnaire")
    assert program(secret).get("national/").status_code == 403


def test_activity_is_read_by_no_function_but_what_territories_gave(cast: Cast):
    """The former sums of every territory's returns are gone: an activity nobody gave reaches nobody."""
    with cast.acting("gestionnaire"):
        ActivityReturn.objects.create(post=cast.post["a"], year=PAST, women=100, men=30, children=50)
    with cast.acting("national"), connection.cursor() as cursor:
        cursor.execute("SELECT to_regproc('cosigne_national_activity')")
        assert cursor.fetchone() == (None,)
        cursor.execute("SELECT count(*) FROM cosigne_national_contributions()")
        assert cursor.fetchone() == (0,)
    assert figures(cast).years == ()


def test_a_reading_costs_four_queries_whatever_there_is(cast: Cast, django_assert_num_queries: Any):
    with cast.acting("national"), django_assert_num_queries(4):
        national_figures(by=cast.outside("national"), day=DAY)


def test_the_platform_s_administrators_do_not_read_them(cast: Cast):
    with cast.acting("plateforme"), pytest.raises(NotAllowed):
        national_figures(by=cast.outside("plateforme"), day=DAY)
