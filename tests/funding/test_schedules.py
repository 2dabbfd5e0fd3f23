"""The State's degressive share: rows people edit, what plans take from them, the steps they announce (M9)."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest
from django.urls import reverse

from core.errors import Conflict, InvalidInput, NotAllowed
from funding.adapter import ShareData
from funding.enums import ShareMode
from funding.models import FundingPlan, Share, StateRate
from funding.services import plans, schedules
from tests.cast import Cast
from tests.funding.test_plan_services import thirds

D = Decimal


@pytest.fixture
def by(cast: Cast):
    actor = cast.actor("gestionnaire")
    with cast.acting("gestionnaire"):
        yield actor


def add(cast: Cast, by, post: str | None = "d", first: int = 2027, percents=(80, 50, 30), mark: str = "U"):
    return schedules.add_rates(
        post=cast.post[post] if post else None,
        first_year=first,
        percents=[D(value) for value in percents],
        source="Appel à projets 2026",
        mark=mark,
        by=by,
    )


def degressive(cast: Cast, year: int = 2027):
    data = thirds(cast, year=year, period_start=dt.date(year, 1, 1), period_end=dt.date(year, 12, 31), costs=())
    data = replace(data, costs=thirds(cast).costs[:1])
    state = ShareData("etat", financer=cast.org["prefecture"], mode=ShareMode.SCHEDULE)
    return replace(data, shares=(state, *data.shares[1:]))


def test_one_row_a_year(cast, by):
    rows = add(cast, by)
    assert [(row.year, row.percent) for row in rows] == [(2027, 80), (2028, 50), (2029, 30)]
    with pytest.raises(Conflict, match="déjà un taux pour 2027"):
        add(cast, by, percents=(70,))
    add(cast, by, post=None)  # the territory's own rows are others
    with pytest.raises(Conflict):
        add(cast, by, post=None)


@pytest.mark.parametrize(
    ("values", "place"),
    [({"percents": (120,)}, "percents"), ({"percents": ()}, "percents"), ({"first": 1990}, "first_year")],
)
def test_what_no_row_may_say(cast, by, values, place):
    with pytest.raises(InvalidInput) as caught:
        add(cast, by, **values)
    assert caught.value.place == place
    assert not StateRate.objects.exists()


@pytest.mark.parametrize("person", ["instructeur", "finances_a"])
def test_only_the_gestionnaire_writes_rows(cast, person):
    with cast.acting(person), pytest.raises(NotAllowed):
        add(cast, cast.actor(person))


def test_copying_a_plan_takes_the_next_step(cast, by):
    add(cast, by)
    plan = plans.create_plan(data=degressive(cast), by=by)
    assert plan.shares.get(ref="etat").amount == 42000
    following = plans.copy_plan_to_year(plan=plan, year=2028, by=by)
    share = following.shares.get(ref="etat")
    assert (share.percent, share.amount) == (50, 26250)
    assert "barème de l'État 2028" in share.explanation["text"]


def test_the_territory_rate_serves_posts_without_their_own(cast, by):
    add(cast, by, post=None, percents=(60,))
    plan = plans.create_plan(data=degressive(cast), by=by)
    assert plan.shares.get(ref="etat").percent == 60


def test_without_a_row_the_plan_is_refused_with_a_remedy(cast, by):
    with pytest.raises(InvalidInput, match="pas de taux pour 2027") as caught:
        plans.create_plan(data=degressive(cast), by=by)
    assert caught.value.place == "shares[etat].mode"


def test_posts_with_different_rates_do_not_share_a_line(cast, by):
    add(cast, by)
    data = replace(degressive(cast), posts=(cast.post["d"], cast.post["e"]))
    with pytest.raises(InvalidInput, match="n'ont pas le même taux"):
        plans.create_plan(data=data, by=by)


def test_a_corrected_rate_moves_drafts_and_leaves_settled_plans(cast, by):
    rate = add(cast, by)[0]
    draft = plans.create_plan(data=degressive(cast), by=by)
    settled = plans.create_plan(data=replace(degressive(cast), posts=(cast.post["d"],), label="Autre"), by=by)
    plans.freeze_plan(plan=settled, by=by)
    schedules.change_rate(rate=rate, value=D(70), source="Rectificatif", mark="S", by=by)
    assert draft.shares.get(ref="etat").amount == 36750
    share = settled.shares.get(ref="etat")
    assert share.amount == 42000
    assert "non vérifié" in share.explanation["text"]


def test_steps_are_announced_a_year_before(cast, by):
    add(cast, by)
    assert schedules.steps_ahead(by=by, today=dt.date(2026, 12, 31)) == []
    [step] = schedules.steps_ahead(by=by, today=dt.date(2027, 1, 1))
    assert (step.year, step.before, step.after) == (2028, 80, 50)
    assert "passe de 80 % à 50 % en 2028" in step.words.replace("\u202f", " ").replace("\xa0", " ")
    assert [s.year for s in schedules.steps_ahead(by=by, today=dt.date(2028, 6, 1))] == [2029]
    assert schedules.steps_ahead(by=by, today=dt.date(2029, 1, 1)) == []


def test_a_rate_that_stays_is_no_step(cast, by):
    add(cast, by, percents=(80, 80))
    assert schedules.steps_ahead(by=by, today=dt.date(2027, 6, 1)) == []


class TestPages:
    def test_add_change_remove(self, cast):
        client, page = cast.client("gestionnaire"), reverse("state-rates")
        body = {
            "post": str(cast.post["d"].uuid),
            "first_year": "2026",
            "percents": "80 / 50 / 30",
            "source": "Lettre du préfet",
            "mark": "U",
        }
        answer = client.post(page, body, follow=True)
        text = answer.content.decode()
        assert "compte 3 taux de plus" in text
        assert "Non vérifié" in text
        with cast.acting("gestionnaire"):
            rate = StateRate.objects.get(year=2027)
        one = reverse("state-rate", args=[rate.uuid])
        assert "Poste D" in client.get(one).content.decode()
        client.post(one, {"percent": "45", "source": "Lettre", "mark": "S"})
        with cast.acting("gestionnaire"):
            assert StateRate.objects.get(year=2027).percent == 45
        client.post(one, {"geste": "retirer"})
        with cast.acting("gestionnaire"):
            assert not StateRate.objects.filter(year=2027).exists()

    @pytest.mark.parametrize("percents", ["beaucoup", "80 / 120", ""])
    def test_mistakes_are_said_and_kept(self, cast, percents):
        body = {"first_year": "2026", "percents": percents, "source": "Lettre du préfet", "mark": "U"}
        answer = cast.client("gestionnaire").post(reverse("state-rates"), body)
        assert answer.status_code == 422
        assert "Lettre du préfet" in answer.content.decode()

    def test_the_home_page_warns(self, cast, time_machine):
        with cast.acting("gestionnaire"):
            add(cast, cast.actor("gestionnaire"), first=2026)
        time_machine.move_to(dt.datetime(2026, 5, 4, 9, tzinfo=dt.UTC))
        text = cast.client("gestionnaire").get(reverse("home")).content.decode()
        assert "Préparer la baisse de la part de l’État" in text

    def test_the_plan_editor_computes_before_saving(self, cast):
        from tests.funding.test_plan_pages import form

        with cast.acting("gestionnaire"):
            add(cast, cast.actor("gestionnaire"))
        body = form(cast, **{"shares-0-mode": "schedule"})
        answer = cast.client("gestionnaire").post(reverse("plan-preview"), body).content.decode()
        assert "42\u202f000,00\u202f€" in answer
        with cast.acting("gestionnaire"):
            assert not FundingPlan.objects.filter(year=2027).exists()
            assert not Share.objects.filter(mode="schedule").exists()
