"""Many plans written at once: the same rows as one by one, and queries that the number of plans does not make."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.errors import Conflict, InvalidInput
from funding.adapter import KeyData, PlanData, allocate_data, data_of, data_of_plans
from funding.enums import Breakdown, PlanStatus, ProrataBasis, RuleMark, ShareMode
from funding.models import AllocationKey, FundingPlan, PlanEvent, Share
from funding.plan_sheets.importing import apply, plans_file, review, table_of
from funding.scenarios.study import study
from funding.services import scenarios
from funding.services.plan_writing import PlanWrite, refusals, save_plans
from funding.services.plans import create_plan, recompute_plan, save_plan
from funding.services.schedules import add_rates
from tests.cast import Cast
from tests.funding.test_plan_services import key_group, thirds

D = Decimal


@pytest.fixture
def by(cast: Cast):
    actor = cast.actor("gestionnaire")
    with cast.acting("gestionnaire"):
        yield actor


def of_all_kinds(cast: Cast) -> list[PlanData]:
    """One plan of each way of sharing that the allocation reads from somewhere else than the share itself."""
    by = cast.actor("gestionnaire")
    add_rates(
        post=None, first_year=2027, percents=[D("33.3333")], source="Lettre", mark=RuleMark.STATED, by=by
    )  # fmt: skip
    plain = thirds(cast)
    state, departement, epci = plain.shares
    members = {"epci_a": "60.1234", "epci_b": "39.8766"}
    merged = replace(plain, posts=(cast.post["d"], cast.post["e"]), label="Deux postes", employer=cast.org["epci_a"])
    weights = {cast.post["d"].pk: D("35000.01"), cast.post["e"].pk: D("17499.99")}
    return [
        replace(plain, label="Barème", shares=(replace(state, mode=ShareMode.SCHEDULE), departement, epci)),
        replace(plain, label="Un tiers", shares=(replace(state, parts=3), departement)),
        replace(plain, label="Clé", costs=plain.costs[:1], shares=(state, key_group(cast, KeyData(), **members))),
        replace(merged, breakdown=Breakdown.COST, post_weights=weights),
        replace(merged, label="Temps de travail", breakdown=Breakdown.ETP),
        replace(
            plain,
            label="À cheval",
            prorata=ProrataBasis.SPAN,
            span_start=dt.date(2026, 9, 1),
            span_end=dt.date(2027, 8, 31),
            period_end=dt.date(2027, 8, 31),
        ),
    ]


def stored(plan: FundingPlan) -> list[tuple[Any, ...]]:
    rows = Share.objects.filter(plan=plan).order_by("ref")
    return list(rows.values_list("pk", "ref", "amount", "explanation"))


def test_what_is_written_at_once_is_what_the_stored_rows_compute(cast: Cast, by):
    plans = save_plans(writes=[PlanWrite(data) for data in of_all_kinds(cast)], by=by)
    for plan in plans:
        written = stored(plan)
        assert written
        assert all(amount is not None for _, _, amount, _ in written)
        recompute_plan(plan=plan)
        assert stored(plan) == written, plan.label
    again = data_of_plans(plans)
    assert [again[p.pk] for p in plans] == [data_of(FundingPlan.objects.get(pk=p.pk)) for p in plans]
    # Saved as they are: rows stay, the version and the log tell the save.
    before = [stored(plan) for plan in plans]
    saved = save_plans(writes=[PlanWrite(again[p.pk], p, p.version) for p in plans], by=by)
    assert [stored(plan) for plan in saved] == before
    assert [plan.version for plan in saved] == [2] * len(plans)
    assert PlanEvent.objects.filter(plan__in=plans).count() == 2 * len(plans)


def test_one_plan_of_many_refused_and_none_is_written(cast: Cast, by):
    first, second, settled = (create_plan(data=thirds(cast, label=name), by=by) for name in ("un", "deux", "trois"))
    FundingPlan.objects.filter(pk=settled.pk).update(status=PlanStatus.ARRETE)
    changed = thirds(cast, label="changé")
    writes = [PlanWrite(changed, first, 1), PlanWrite(changed, second, 9), PlanWrite(changed, settled, 1)]
    writes.append(PlanWrite(replace(changed, shares=()), key="neuf"))
    found = refusals(writes=writes, by=by)
    assert [(write, type(error)) for write, error in found] == [
        (writes[1], Conflict),
        (writes[2], Conflict),
        (writes[3], InvalidInput),
    ]
    with pytest.raises(Conflict, match="a enregistré ce plan"):
        save_plans(writes=writes, by=by)
    with pytest.raises(Conflict):  # the same plan twice: the second would hide the first
        save_plans(writes=[writes[0], writes[0]], by=by)
    assert list(FundingPlan.objects.filter(label="changé")) == []


def test_a_key_loses_a_member_then_goes(cast: Cast, by):
    group = key_group(cast, KeyData(), epci_a="60", epci_b="40")
    data = thirds(cast, costs=thirds(cast).costs[:1], shares=(group,))
    plans = [create_plan(data=data, by=by) for _ in range(2)]
    alone = replace(data, shares=(replace(group, children=(replace(group.children[0], weight=D(100)),)),))
    plans = save_plans(writes=[PlanWrite(alone, p, p.version) for p in plans], by=by)
    assert [key.lines.count() for key in AllocationKey.objects.all()] == [1, 1]
    save_plan(plan=plans[0], data=thirds(cast), expected_version=2, by=by)
    [left] = AllocationKey.objects.all()
    assert plans[1].shares.filter(allocation_key=left).count() == 1


def copies(plan: FundingPlan, count: int, prefix: str, *, cost: str = "") -> bytes:
    """The file of a plan under other keys; ``cost`` takes the place of its first cost."""
    head, *rows = plans_file([plan], file_format="csv").decode("utf-8-sig").splitlines()
    if cost:
        rows = [row.replace("52500,00", cost).replace("52 500,00", cost) for row in rows]
        assert any(cost in row for row in rows)
    lines = [head, *(row.replace(plan.key, f"{prefix}-{n}", 1) for n in range(count) for row in rows)]
    return "\r\n".join(lines).encode()


def measured(content: bytes, by: Any) -> tuple[int, int]:
    """Queries of checking the file, then of writing it."""
    table = table_of(filename="plans.csv", content=content)
    with CaptureQueriesContext(connection) as checking:
        found = review(table=table, by=by)
    assert found.problems == []
    assert found.acts
    with CaptureQueriesContext(connection) as writing:
        apply(table=table, by=by, expected=found.digest)
    return len(checking), len(writing)


def test_the_number_of_queries_does_not_grow_with_the_plans(cast: Cast, by):
    members = {"epci_a": "60", "epci_b": "40"}
    data = thirds(cast)
    plan = create_plan(data=replace(data, shares=(*data.shares, key_group(cast, KeyData(), **members))), by=by)
    few, many = (measured(copies(plan, count, f"n{count}"), by) for count in (5, 50))
    assert many == few, "new plans"
    few, many = (measured(copies(plan, count, f"n{count}", cost="60000,00"), by) for count in (5, 50))
    # An UPDATE takes a hundred rows: 250 shares want two more than 25.
    assert many[0] == few[0]
    assert many[1] - few[1] <= 8
    assert FundingPlan.objects.filter(key__startswith="n50-", version=2).count() == 50
    with CaptureQueriesContext(connection) as five:
        plans_file(FundingPlan.objects.filter(key__startswith="n5-").select_related("employer"), file_format="csv")
    with CaptureQueriesContext(connection) as fifty:
        plans_file(FundingPlan.objects.filter(key__startswith="n50-").select_related("employer"), file_format="csv")
    assert len(five) == len(fifty) <= 6


def test_what_only_the_service_refuses_is_located_before_anything_is_written(cast: Cast, by):
    group = key_group(cast, KeyData(), epci_a="60", epci_b="40")
    plan = create_plan(data=thirds(cast, costs=thirds(cast).costs[:1], shares=(group,)), by=by)
    content = copies(plan, 3, "officielle").decode()
    content = content.replace("saisie", "officielle").replace(";60;", ";;").replace(";40;", ";;")
    head, *rows = content.splitlines()
    at = head.split(";").index("millésime")
    rows = [_put(row, at, "2023") if ";bloc;" in row else row for row in rows]
    found = review(table=table_of(filename="plans.csv", content="\r\n".join([head, *rows]).encode()), by=by)
    members = [n for n, row in enumerate(rows, start=2) if ";m0;" in row]
    assert [(p.line, p.column) for p in found.problems] == [(line, "pourcentage") for line in members]
    assert all("aucune population officielle de 2023" in p.message for p in found.problems)


def _put(row: str, at: int, text: str) -> str:
    cells = row.split(";")
    cells[at] = text
    return ";".join(cells)


def test_a_scenario_of_every_kind_of_plan_is_its_source_to_the_cent(cast: Cast, by):
    plans = save_plans(writes=[PlanWrite(data) for data in of_all_kinds(cast)], by=by)
    made = scenarios.create_scenario(label="Étude", plans=plans, by=by)
    found = study(made)
    assert found.result == found.base == [data_of(plan) for plan in plans]
    for plan, data in zip(plans, found.result, strict=True):
        amounts = {ref: line.amount for ref, line in allocate_data(data).lines.items()}
        assert amounts == dict(Share.objects.filter(plan=plan).values_list("ref", "amount")), plan.label
    # Adopted as it is, it writes nothing.
    assert scenarios.adopt(scenario=made, by=by) == []


@pytest.mark.parametrize("kept", ["parts", "span", "breakdown", "note"])
def test_a_plan_that_moved_since_the_study_is_not_taken_for_the_same(cast: Cast, by, kept: str):
    kinds = {data.label: data for data in of_all_kinds(cast)}
    label, moved = {
        "parts": ("Un tiers", lambda d: replace(d, shares=(replace(d.shares[0], parts=4), *d.shares[1:]))),
        "span": ("À cheval", lambda d: replace(d, span_start=dt.date(2026, 8, 1))),
        "breakdown": ("Deux postes", lambda d: replace(d, breakdown=Breakdown.EQUAL, post_weights={})),
        "note": ("Barème", lambda d: replace(d, note="Relu.")),
    }[kept]
    plan = create_plan(data=kinds[label], by=by)
    assert not scenarios.same(moved(data_of(plan)), data_of(plan))
    assert scenarios.same(data_of(plan), data_of(plan))
