"""A plan for several posts: each share by post, its page, and what a vacancy then costs."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest
from django.urls import reverse

from core.errors import Conflict, InvalidInput
from funding.checks import check_plan
from funding.enums import Breakdown
from funding.services import plans
from funding.services.plan_years import set_breakdown
from funding.services.titres import outdated, propose_titres
from posts.models import Occupancy
from tests.cast import Cast
from tests.funding.test_plan_services import thirds

D = Decimal


@pytest.fixture
def by(cast: Cast):
    actor = cast.actor("gestionnaire")
    with cast.acting("gestionnaire"):
        yield actor


def merged(cast: Cast, **values):
    return replace(thirds(cast), posts=(cast.post["d"], cast.post["e"]), employer=cast.org["epci_a"], **values)


def parts(plan, ref: str) -> dict[str, str]:
    return plan.shares.get(ref=ref).explanation.get("posts", {})


def set_(plan, by, basis: str, weights=None, version: int | None = None):
    return set_breakdown(plan=plan, basis=basis, weights=weights or {}, expected_version=version or plan.version, by=by)


def test_equal_parts_are_stored_and_told(cast, by):
    plan = plans.create_plan(data=merged(cast), by=by)
    d, e = cast.post["d"], cast.post["e"]
    assert parts(plan, "etat") == {d.key: "8750.00", e.key: "8750.00"}
    text = plan.shares.get(ref="etat").explanation["text"]
    assert "Par poste (à parts égales) : 8\u202f750,00\u202f€ pour « Poste D »" in text


def test_by_cost_and_by_working_time(cast, by):
    plan = plans.create_plan(data=merged(cast), by=by)
    d, e = cast.post["d"], cast.post["e"]
    plan = set_(plan, by, Breakdown.COST, {d.pk: D(35000), e.pk: D(17500)})
    assert parts(plan, "etat") == {d.key: "11666.67", e.key: "5833.33"}
    e.etp = D("0.5")
    e.save()
    plan = set_(plan, by, Breakdown.ETP)
    assert parts(plan, "departement") == {d.key: "11673.33", e.key: "5836.67"}
    assert plan.plan_posts.get(post=e).weight == D("0.5")


def test_the_parts_of_a_settled_plan_do_not_follow_the_post(cast, by):
    plan = set_(plans.create_plan(data=merged(cast), by=by), by, Breakdown.ETP)
    before = parts(plan, "etat")
    cast.post["e"].etp = D("0.2")
    cast.post["e"].save()
    plans.freeze_plan(plan=plan, by=by)
    assert parts(plan, "etat") == before
    plan.refresh_from_db()
    with pytest.raises(Conflict):
        set_(plan, by, Breakdown.EQUAL)


def test_a_cost_missing_or_somebody_else_s_save_is_refused(cast, by):
    plan = plans.create_plan(data=merged(cast), by=by)
    with pytest.raises(InvalidInput, match="indiquez son coût"):
        set_(plan, by, Breakdown.COST, {cast.post["d"].pk: D(100)})
    with pytest.raises(InvalidInput, match="au moins un poste"):
        set_(plan, by, Breakdown.COST, {cast.post["d"].pk: D(0), cast.post["e"].pk: D(0)})
    set_(plan, by, Breakdown.ETP)
    with pytest.raises(Conflict):
        set_(plan, by, Breakdown.EQUAL, version=1)


def vacant_e(cast: Cast) -> None:
    """Nobody in post e from 1 July 2027; d is filled all along."""
    Occupancy.objects.filter(post__in=[cast.post["d"], cast.post["e"]]).delete()
    Occupancy.objects.create(post=cast.post["d"], start=dt.date(2026, 1, 1))
    Occupancy.objects.create(post=cast.post["e"], start=dt.date(2026, 1, 1), end=dt.date(2027, 6, 30))


def committed(cast: Cast, by):
    d, e = cast.post["d"], cast.post["e"]
    plan = plans.create_plan(data=merged(cast), by=by)
    plan = set_(plan, by, Breakdown.COST, {d.pk: D(35000), e.pk: D(17500)})
    plans.freeze_plan(plan=plan, by=by)
    return plans.commit_plan(plan=plan, legal_basis={"text": "convention", "reference": "62-X"}, by=by)


def test_a_vacancy_reduces_the_part_of_its_post_only(cast, by):
    """Post e is a third of the State's 17 500 €: half a year vacant takes half of 5 833,33 €."""
    vacant_e(cast)
    titres = {titre.share_ref: titre for titre in propose_titres(plan=committed(cast, by), by=by)}
    assert titres["etat"].amount == D("14583.34")
    assert titres["etat"].statement["posts"][1]["part"] == "5833.33"
    assert "chaque poste compte pour la sienne" in titres["etat"].statement["text"]
    assert outdated(titres.values()) == []


def test_the_vacancy_check_counts_the_same_part(cast, by):
    vacant_e(cast)
    [found] = [f for f in check_plan(committed(cast, by)) if f.code == "R16"]
    assert "Poste E" in found.message
    assert "14\u202f583,34" in found.message


class TestPage:
    def test_shows_and_changes(self, cast):
        with cast.acting("gestionnaire"):
            plan = plans.create_plan(data=merged(cast), by=cast.actor("gestionnaire"))
        client, page = cast.client("gestionnaire"), reverse("plan-breakdown", args=[plan.uuid])
        d, e = cast.post["d"], cast.post["e"]
        assert page in client.get(plan.get_absolute_url()).content.decode()
        assert "8\u202f750,00" in client.get(page).content.decode()
        body = {"version": "1", "basis": "cost", f"poids-{d.uuid}": "35 000", f"poids-{e.uuid}": ""}
        refused = client.post(page, body)
        assert refused.status_code == 422
        assert "35 000" in refused.content.decode()
        answer = client.post(page, body | {f"poids-{e.uuid}": "17 500,00 €"}, follow=True).content.decode()
        assert "La répartition par poste est enregistrée" in answer
        assert "11\u202f666,67" in answer
        stale = client.post(page, body | {f"poids-{e.uuid}": "1"})
        assert stale.status_code == 422
        assert "après que vous l&#x27;avez ouvert" in stale.content.decode()

    def test_saving_the_plan_keeps_the_breakdown(self, cast):
        from tests.funding.test_modes import posted

        d, e = cast.post["d"], cast.post["e"]
        with cast.acting("gestionnaire"):
            by = cast.actor("gestionnaire")
            plan = plans.create_plan(data=merged(cast), by=by)
            set_(plan, by, Breakdown.COST, {d.pk: D(35000), e.pk: D(17500)})
        edit = reverse("plan-edit", args=[plan.uuid])
        client = cast.client("gestionnaire")
        assert client.post(edit, posted(client.get(edit).context["editor"])).status_code == 302
        with cast.acting("gestionnaire"):
            assert parts(plan, "etat") == {d.key: "11666.67", e.key: "5833.33"}

    def test_one_post_has_nothing_to_divide(self, cast):
        with cast.acting("gestionnaire"):
            plan = plans.create_plan(data=thirds(cast), by=cast.actor("gestionnaire"))
        page = cast.client("gestionnaire").get(reverse("plan-breakdown", args=[plan.uuid])).content.decode()
        assert "rien à répartir" in page
