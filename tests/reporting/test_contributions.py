"""Contributions to the observatoire: what leaves, by whom, and nothing that was hidden."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from core import rls
from core.errors import BusinessError, InvalidInput, NotAllowed
from parties.actors import Actor
from parties.models import JournalEntry
from posts.models import ActivityReturn, Post
from reporting.bilan.publication import Version, publication
from reporting.bilan.service import territory_bilan
from reporting.contributions import contribute, prepare, withdraw
from reporting.contributions.content import cells
from reporting.models import Contribution
from tests.cast import Cast
from tests.posts.builders import add_return
from tests.reporting.contribution_world import DETAIL, TODAY, YEAR, give_activity, keep_cells, territory_with

PAGE = f"/bilans/{YEAR}/observatoire/"


def given(cast: Cast, **people: int) -> None:
    counts = {"women": 80, "men": 25, "children": 5, **people}
    with cast.acting("gestionnaire"):
        give_activity(cast.actor("gestionnaire"), cast.post["a"], **counts)


def of(cast: Cast, person: str = "gestionnaire") -> Actor:
    return cast.actor(person)


def act(cast: Cast, **more: Any) -> Contribution:
    with cast.acting("gestionnaire"):
        return contribute(year=YEAR, by=of(cast), today=TODAY, **more)[0]


def in_force() -> list[tuple[str, int, dict[str, Any]]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT code, year, content FROM cosigne_national_contributions()")
        return [(code, year, json.loads(content)) for code, year, content in cursor.fetchall()]


def figures(content: dict[str, Any], table: str) -> dict[str, Any]:
    return {row: found["count"] for (code, row), found in cells(content).items() if code == table}


# --- What leaves ------------------------------------------------------------------------------------------------------


def test_what_leaves_is_the_year_s_sums_small_ones_hidden(cast: Cast):
    given(cast)
    content = act(cast).content
    assert figures(content, "personnes") == {"women": 80, "men": None, "children": None, "total": 110}
    assert figures(content, "vif") == {"vif_count": 65, "vif_base": 90}
    modes = figures(content, "modes")
    assert (modes["intervention"], modes["mairie"], modes["plainte"], modes["total"]) == (57, None, None, 100)
    assert figures(content, "connues")["inconnue"] == 60
    assert figures(content, "problematiques")["conjugales"] == 45
    assert figures(content, "orientations")["total"] == 47
    hidden = {cell for cell, row in cells(content).items() if row["hidden"]}
    assert hidden == {("personnes", "men"), ("personnes", "children"), ("modes", "mairie"), ("modes", "plainte")}
    assert content["coverage"] == {
        "posts": 5, "posts_reporting": 1, "months_expected": 36, "months_known": 12, "posts_detailed": 1,
        "months_detailed": 1,
    }  # fmt: skip
    # Five posts of which one never filled: two of the twelve-month years it was created for.
    assert content["vacancy"]["vacant_days"] > 0
    assert {line["code"]: line["posts"] for line in content["posts"] if line["group"] == "zone"} == {
        "police": 2,
        "gendarmerie": 3,
    }


def test_nothing_of_a_post_an_organisation_or_a_text_leaves(cast: Cast):
    given(cast)
    with cast.acting("gestionnaire"):
        ActivityReturn.objects.filter(year=YEAR).update(note="Madame Untel", missing_reason="congé")
    text = json.dumps(act(cast).content, ensure_ascii=False)
    for word in ("Poste", "62-A", "Sud-Artois", "Boulonnais", "Untel", "congé", "post-a"):
        assert word not in text, word


def test_the_vacancy_of_two_posts_is_somebody_s_leave(db: None):
    by, posts = territory_with("59", "Nord", posts=2)
    give_activity(by, posts[0], women=80, men=25, children=15)
    with rls.acting(by.context):
        assert prepare(year=YEAR, by=by, today=TODAY).content["vacancy"] is None


def test_it_is_frozen_under_its_digest(cast: Cast):
    given(cast)
    row = act(cast)
    canonical = json.dumps(row.content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    assert hashlib.sha256(canonical).hexdigest() == row.sha256
    client = cast.client("gestionnaire")
    assert client.get(f"{PAGE}contribution.json").content == canonical
    refused = pytest.raises(DatabaseError, match="ne se modifie ni ne se supprime")
    with cast.acting("gestionnaire"), connection.cursor() as cursor:
        with refused, transaction.atomic():
            cursor.execute("UPDATE reporting_contribution SET year = 2001")
        cursor.execute("DELETE FROM reporting_contribution")
        assert cursor.rowcount == 0
    with cast.acting("gestionnaire"):
        assert Contribution.objects.get().sha256 == row.sha256


# --- Once, corrected, withdrawn ---------------------------------------------------------------------------------------


def test_giving_again_what_did_not_change_does_nothing(cast: Cast):
    given(cast)
    first = act(cast)
    assert act(cast) == first
    with cast.acting("gestionnaire"):
        assert Contribution.objects.count() == 1


def test_a_correction_replaces_and_keeps_what_was_hidden(cast: Cast):
    given(cast)
    first = act(cast)
    with cast.acting("gestionnaire"):
        # The small count is no more one: telling it would give the former one, the total having hardly changed.
        ActivityReturn.objects.filter(year=YEAR, month=None).update(children=15)
    second = act(cast)
    assert second.replaces == first
    assert figures(second.content, "personnes") == {"women": 80, "men": None, "children": None, "total": 120}
    with cast.acting("national"):
        [(code, year, content)] = in_force()
    assert (code, year, content) == ("62", YEAR, second.content)
    with cast.acting("gestionnaire"):
        assert list(Contribution.objects.values_list("pk", flat=True)) == [first.pk, second.pk]


def test_a_correction_says_what_the_former_one_gives_back(cast: Cast):
    """Three become small beside figures told before: nothing hidden now would protect them."""
    given(cast, men=30, children=20)
    act(cast)
    with cast.acting("gestionnaire"):
        ActivityReturn.objects.filter(year=YEAR, month=None).update(children=3, men=47)
        found = prepare(year=YEAR, by=of(cast), today=TODAY)
    assert figures(found.content, "personnes")["children"] is None
    # Women and the total are as before: hiding the men is what protects the children now.
    assert figures(found.content, "personnes")["men"] is None
    assert found.exposed == ()
    with cast.acting("gestionnaire"):
        ActivityReturn.objects.filter(year=YEAR, month=None).update(men=30, children=3, women=97)
        assert figures(prepare(year=YEAR, by=of(cast), today=TODAY).content, "personnes")["women"] is None
        ActivityReturn.objects.filter(year=YEAR, month=None).update(men=30, children=3, women=80)
        # Women and men are known from before, and the total is new: hidden, it protects, but from whoever reads the
        # public bilan, which shows it.
        last = prepare(year=YEAR, by=of(cast), today=TODAY)
    assert figures(last.content, "personnes")["total"] is None
    assert last.exposed == ("la version publique du bilan",)
    page = cast.client("gestionnaire").get(PAGE).content.decode()
    assert "Un petit effectif se déduirait" in page
    assert "la version publique du bilan" in page


def test_what_the_public_bilan_hides_is_hidden_too(cast: Cast):
    """One figure, two publications: a reader of both finds no more than in either."""
    given(cast, men=25, children=5)
    with cast.acting("gestionnaire"):
        by = of(cast)
        found = prepare(year=YEAR, by=by, today=TODAY).content
        public = publication(territory_bilan(year=YEAR, by=by, today=TODAY).bilan, Version.PUBLISHED).bilan
    hidden = {name for name, total in public.totals.items() if total.hidden}
    assert hidden, "nothing to compare"
    for name in hidden:
        told = figures(found, "personnes").get("total" if name == "people" else name)
        assert told is None, name


def test_withdrawing_is_an_act_with_a_reason(cast: Cast):
    given(cast)
    first = act(cast)
    with cast.acting("gestionnaire"):
        with pytest.raises(InvalidInput, match="pourquoi"):
            withdraw(year=YEAR, reason="  ", by=of(cast))
        row = withdraw(year=YEAR, reason="Chiffres d'un autre territoire", by=of(cast))
        assert withdraw(year=YEAR, reason="Encore", by=of(cast)) == row
    assert (row.replaces, row.content, row.is_given) == (first, {}, False)
    with cast.acting("national"):
        assert in_force() == []
    again = act(cast)
    assert again.replaces == row
    with cast.acting("national"):
        assert len(in_force()) == 1


def test_it_is_in_the_journal_with_who_and_when(cast: Cast):
    given(cast)
    row = act(cast)
    with cast.acting("gestionnaire"):
        entry = JournalEntry.objects.get(table_name="reporting_contribution")
        assert (entry.row_id, entry.user_id) == (row.pk, cast.user["gestionnaire"].pk)
        assert entry.changes["sha256"] == [None, row.sha256]
        assert "content" not in entry.changes
    page = cast.client("gestionnaire").get("/journal/").content.decode()
    assert "Contribution à l'observatoire" in page or "Contribution à l&#x27;observatoire" in page


def test_refusals_say_why(cast: Cast):
    with cast.acting("gestionnaire"):
        with pytest.raises(BusinessError, match="rien à transmettre"):
            contribute(year=YEAR, by=of(cast), today=TODAY)
        with pytest.raises(BusinessError, match="n'est pas finie"):
            contribute(year=YEAR, by=of(cast), today=dt.date(YEAR, 12, 31))
        with pytest.raises(InvalidInput, match="n'a pas commencé"):
            prepare(year=YEAR + 1, by=of(cast), today=dt.date(YEAR, 12, 31))
        with pytest.raises(BusinessError, match="Aucune contribution"):
            withdraw(year=YEAR, reason="Erreur", by=of(cast))
    given(cast)
    with cast.acting("gestionnaire"), pytest.raises(BusinessError, match="ont changé"):
        contribute(year=YEAR, by=of(cast), today=TODAY, seen="0" * 64)


# --- Who --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("person", ["instructeur", "finances_a", "partenaire", "employeur_a"])
def test_nobody_else_of_the_territory_contributes_or_reads(cast: Cast, person: str):
    given(cast)
    act(cast)
    with cast.acting(person):
        for call in (
            lambda: prepare(year=YEAR, by=of(cast, person)),
            lambda: contribute(year=YEAR, by=of(cast, person)),
        ):
            with pytest.raises(NotAllowed):
                call()
        assert Contribution.objects.count() == 0
    client = cast.client(person)
    assert client.get(PAGE).status_code == 403
    assert "Contribuer" not in client.get(f"/bilans/{YEAR}/").content.decode()


def test_another_territory_and_the_national_role_read_no_row(cast: Cast):
    given(cast)
    row = act(cast)
    for person in ("gestionnaire_there", "national", "plateforme"):
        with cast.acting(person), connection.cursor() as cursor:
            for table in ("reporting_contribution", "posts_activityreturn", "posts_activitycell", "posts_post"):
                cursor.execute(f"SELECT count(*) FROM {table} WHERE territory_id = %s", [row.territory_id])
                assert cursor.fetchone() == (0,), (person, table)
            cursor.execute("SELECT count(*) FROM cosigne_national_contributions()")
            assert cursor.fetchone() == (1 if person == "national" else 0,)


def test_saying_the_scope_is_not_enough(cast: Cast):
    given(cast)
    act(cast)
    with rls.acting(rls.Context(scope=rls.NATIONAL, user_id=cast.user["gestionnaire"].pk)):
        assert in_force() == []


# --- Page, API, command -----------------------------------------------------------------------------------------------


def test_the_page_shows_what_leaves_then_asks(cast: Cast):
    given(cast)
    client = cast.client("gestionnaire")
    assert f'href="{PAGE}"' in client.get(f"/bilans/{YEAR}/").content.decode()
    page = client.get(PAGE).content.decode()
    with cast.acting("gestionnaire"):
        found = prepare(year=YEAR, by=of(cast))
        assert Contribution.objects.count() == 0, "reading gives nothing"
    assert "4 nombres masqués" in page
    for row in cells(found.content).values():
        assert row["label"].replace("'", "&#x27;") in page
    stale = client.post(PAGE, {"sha256": "0" * 64})
    assert stale.status_code == 422
    assert "ont changé depuis" in stale.content.decode()
    shown = re.search(r'name="sha256" value="(\w{64})"', page)
    assert shown
    done = client.post(PAGE, {"sha256": shown[1]}, follow=True).content.decode()
    assert "Déjà transmise" in done
    assert 'name="sha256"' not in done
    refused = client.post(f"{PAGE}retrait/", {"reason": ""})
    assert refused.status_code == 422
    assert "Dites pourquoi" in refused.content.decode()
    assert "est retirée" in client.post(f"{PAGE}retrait/", {"reason": "Doublon"}, follow=True).content.decode()
    assert client.get(f"{PAGE}contribution.json").status_code == 404


def test_the_api_asks_for_the_digest_that_was_read(cast: Cast):
    given(cast)
    client = cast.client("gestionnaire")
    address = "/api/v1/contributions/"

    def send(**body: Any) -> Any:
        return client.post(address, json.dumps(body), content_type="application/json")

    prepared = client.get(address, {"year": YEAR}).json()["prepared"]
    assert (prepared["hidden"], prepared["is_same"]) == (4, False)
    assert send(year=YEAR, act="contribution").status_code == 409
    made = send(year=YEAR, act="contribution", sha256=prepared["sha256"])
    assert (made.status_code, made.json()["content"]) == (200, prepared["content"])
    assert [row["act"] for row in client.get(address).json()["contributions"]] == ["contribution"]
    assert send(year=YEAR, act="retrait").status_code in (400, 422)
    assert send(year=YEAR, act="retrait", reason="Doublon").json()["replaces"] == made.json()["uuid"]


def test_the_command_shows_then_gives(cast: Cast, capsys: pytest.CaptureFixture[str]):
    given(cast)
    call_command("contribute", territory="62", year=YEAR, dry_run=True)
    out, err = capsys.readouterr()
    assert figures(json.loads(out), "personnes")["women"] == 80
    assert "4 nombres masqués" in err
    assert "rien n'est transmis" in err
    for said in ("transmise (", "déjà transmise"):
        call_command("contribute", territory="62", year=YEAR)
        assert said in capsys.readouterr().out
    with cast.acting("gestionnaire"):
        assert Contribution.objects.count() == 1
    for arguments, code in (({"territory": "99", "year": YEAR}, 2), ({"territory": "62", "year": 2019}, 1)):
        with pytest.raises(CommandError) as refusal:
            call_command("contribute", **arguments)
        assert refusal.value.returncode == code


# --- Which returns count ----------------------------------------------------------------------------------------------


def test_months_of_two_zones_add_up_and_the_whole_stands_for_them(db: None):
    by, [post, *_] = territory_with("59", "Nord", posts=1)
    with rls.acting(by.context):
        for zone, mode in (("police", "plainte"), ("gendarmerie", "intervention")):
            keep_cells(add_return(post, YEAR, 1, zone=zone), {("I1", mode, ""): 20})
        keep_cells(add_return(post, YEAR, 2, zone="police"), {("I1", "plainte", ""): 500})
        keep_cells(add_return(post, YEAR, 2), {("I1", "plainte", ""): 30})
        found = prepare(year=YEAR, by=by, today=TODAY).content
    modes = figures(found, "modes")
    assert (modes["plainte"], modes["intervention"], modes["total"]) == (50, 20, 70)
    assert found["coverage"]["months_detailed"] == 2


def test_the_cost_does_not_grow_with_the_posts(db: None, django_assert_max_num_queries: Any):
    for code, count in (("59", 1), ("80", 4)):
        by, posts = territory_with(code, f"T{code}", posts=count)
        for post in posts:
            give_activity(by, post, women=80, men=25, children=25, cells=DETAIL)
        with rls.acting(by.context), django_assert_max_num_queries(20):
            prepare(year=YEAR, by=by, today=TODAY)
            assert Post.objects.visible_to(by).count() == count
