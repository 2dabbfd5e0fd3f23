"""National figures: right sums, small counts hidden, nothing of one territory to be had."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from core.errors import NotAllowed
from posts.models import ActivityReturn, Post
from reporting.national import national_figures
from reporting.national.figures import ActivityLine
from tests.cast import YEAR, Cast

DAY = dt.date(YEAR, 6, 1)
PAST = YEAR - 1


def figures(cast: Cast) -> Any:
    with cast.acting("national"):
        return national_figures(by=cast.outside("national"), day=DAY)


def record(cast: Cast, post: str, *, month: int | None = None, year: int = PAST, zone: str = "", **counts: int) -> None:
    with cast.acting("gestionnaire_there" if post == "there" else "gestionnaire"):
        ActivityReturn.objects.create(post=cast.post[post], year=year, month=month, zone=zone, **counts)


def people(women: int, men: int, children: int) -> dict[str, int]:
    return {"women": women, "men": men, "children": children}


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


def test_activity_is_summed_as_a_bilan_would(cast: Cast):
    for month in range(1, 13):
        record(cast, "a", month=month, **people(2, 1, 1), interviews_in_person=3, interviews_phone=2)
    record(cast, "a", **people(900, 900, 900))  # twelve months are known: they count, not the year typed beside
    record(cast, "b", month=1, **people(50, 50, 50))  # one month of a year told as a whole: the year counts
    record(cast, "b", **people(100, 20, 30), interviews_total=80, vif_count=40, vif_base=60)
    record(cast, "there", month=3, zone="police", **people(11, 0, 12))  # the only month known
    record(cast, "c", month=5, women=7)  # men and children unknown: no people
    [line] = figures(cast).activity
    assert (line.year, line.territories, line.posts) == (PAST, 2, 4)
    assert (line.women, line.men, line.children) == (24 + 100 + 11, 12 + 20, 12 + 30 + 12)
    assert line.people == line.women + line.men + line.children
    assert (line.interviews, line.vif_count, line.vif_base) == (60 + 80, 40, 60)
    assert line.hidden == frozenset()


@pytest.mark.parametrize(("men", "told"), [(0, 0), (1, None), (10, None), (11, 11)])
def test_a_small_count_of_people_is_not_told_nor_what_gives_it_away(cast: Cast, men: int, told: int | None):
    record(cast, "a", **people(100, men, 50))
    [line] = figures(cast).activity
    assert line.men == told
    assert (line.women, line.children) == (100, 50)
    assert line.people == (None if told is None else 150 + men)
    assert line.hidden == (frozenset() if told is not None else {"men", "people"})


def test_the_database_itself_keeps_the_small_count(cast: Cast):
    """Not the page: what the role may call returns nothing to show."""
    from django.db import connection

    record(cast, "a", **people(7, 3, 9))
    with cast.acting("national"), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM cosigne_national_activity()")
        row = cursor.fetchone()
    assert not {3, 7, 9, 19} & set(row[3:-1])


def test_the_page_and_its_files_show_the_same(cast: Cast):
    record(cast, "a", **people(100, 3, 50))
    client = cast.client("national")
    page = client.get("/national/").content.decode()
    assert "Chiffres nationaux" in page
    assert 'data-label="Hommes"><span class="text-soft">secret</span>' in page
    assert "premier degré du secret statistique" in page
    for word in ("Sud-Artois", "Poste A", "62-A", "Pas-de-Calais"):
        assert word not in page, word
    rows = client.get("/national/tableau.csv?tableau=activite").content.decode("utf-8-sig").splitlines()
    assert rows[1] == f"{PAST};1;1;100;secret;50;secret;n. d.;n. d.;n. d."
    posts = client.get("/national/tableau.csv").content.decode("utf-8-sig").splitlines()
    assert posts[1].startswith("Ensemble;Ensemble;2;6;6;")
    assert client.get("/national/tableau.xlsx?tableau=conventions").content[:2] == b"PK"
    assert client.get("/national/tableau.csv?tableau=plans").status_code == 404
    assert client.get("/national/tableau.pdf").status_code == 404


def test_the_api_tells_the_same_and_no_token_reaches_it(cast: Cast):
    from tests.tokens import make_token, program

    record(cast, "a", **people(100, 3, 50))
    body = cast.client("national").get("/api/v1/national/").json()
    assert (body["total"]["posts"], body["total"]["etp"]) == (6, "6.00")
    [line] = body["activity"]
    assert (line["women"], line["men"], sorted(line["hidden"])) == (100, None, ["men", "people"])
    _, secret = make_token(cast, "gestionnaire")
    assert program(secret).get("national/").status_code == 403


def test_a_reading_costs_three_queries_whatever_there_is(cast: Cast, django_assert_num_queries: Any):
    record(cast, "a", **people(100, 30, 50))
    with cast.acting("national"), django_assert_num_queries(3):
        national_figures(by=cast.outside("national"), day=DAY)
    for year in (PAST - 1, PAST - 2):
        record(cast, "a", year=year, **people(100, 30, 50))
    with cast.acting("national"), django_assert_num_queries(3):
        found = national_figures(by=cast.outside("national"), day=DAY)
    assert [line.year for line in found.activity] == [PAST, PAST - 1, PAST - 2]
    assert isinstance(found.activity[0], ActivityLine)


def test_the_platform_s_administrators_do_not_read_them(cast: Cast):
    with cast.acting("plateforme"), pytest.raises(NotAllowed):
        national_figures(by=cast.outside("plateforme"), day=DAY)
