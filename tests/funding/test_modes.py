"""The financing modes M1 to M12 (domain §4): each a case met in a convention, by the editor page and by the API."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from funding.models import FundingPlan, Share
from funding.services import schedules
from tests.cast import Cast

D = Decimal
API, OVER_YEARS = "/api/v1/plans/", "/api/v1/plans/over-years/"


def share(ref: str, financer: str = "", mode: str = "equal", **values: Any) -> dict[str, Any]:
    return {"ref": ref, "financer": financer or None, "mode": mode, **values}


STATE, DEPT, EPCI = share("etat", "prefecture"), share("departement", "departement"), share("epci", "epci_b")
PAYROLL = "payroll"

#: mode → (head, costs, shares, expected amounts by ref). Bodies of the act where it has one.
CASES: dict[str, tuple[dict, list, list, dict[str, Any]]] = {
    # 62-A03: three thirds.
    "M1": ({}, [(PAYROLL, "52500", "")], [STATE, DEPT, EPCI], {"etat": 17500, "departement": 17500, "epci": 17500}),
    # 62-A03: and 10 € of travel on the Département.
    "M2": (
        {},
        [(PAYROLL, "52500", ""), ("travel", "10", "departement")],
        [STATE, DEPT, EPCI],
        {"etat": 17500, "departement": 17510, "epci": 17500},
    ),
    # 62-A05: the EPCI's third in two equal parts, one euro to place.
    "M3": (
        {},
        [(PAYROLL, "58041", "")],
        [STATE, DEPT, share("epci", children=[share("a", "epci_a"), share("b", "epci_b")], label="EPCI")],
        {"etat": 19347, "departement": 19347, "epci": 19347, "a": 9674, "b": 9673},
    ),
    # 62-A16: the EPCI's third by key.
    "M4": (
        {},
        [(PAYROLL, "35559", "")],
        [
            STATE,
            DEPT,
            share(
                "epci",
                label="EPCI",
                key={"basis": "population", "source": "saisie", "vintage": 2021},
                children=[
                    share("omer", "epci_a", "key", percent="81.32"),
                    share("lumbres", "epci_b", "key", percent="18.68"),
                ],
            ),
        ],
        {"etat": 11853, "departement": 11853, "epci": 11853, "omer": 9639, "lumbres": 2214},
    ),
    # 62-A08: two fixed parts, the employer takes the rest of a cost nobody states.
    "M5": (
        {},
        [],
        [
            share("etat", "prefecture", "fixed", fixed_amount="14333"),
            share("departement", "departement", "fixed", fixed_amount="14333"),
            share("epci", "epci_b", "remainder"),
        ],
        {"etat": 14333, "departement": 14333, "epci": None},
    ),
    # 62-A12: the same, the cost known.
    "M6": (
        {},
        [(PAYROLL, "44000", "")],
        [
            share("etat", "prefecture", "fixed", fixed_amount="14665"),
            share("departement", "departement", "fixed", fixed_amount="14665"),
            share("epci", "epci_b", "remainder"),
        ],
        {"etat": 14665, "departement": 14665, "epci": 14670},
    ),
    # 62-A13: full-year amounts for four months, the residue to the employer.
    "M7": (
        {
            "period_start": "2027-09-01",
            "prorata": "months",
            "rounding_method": "truncate_residue",
            "residue_ref": "epci",
        },
        [(PAYROLL, "42000", "")],
        [
            share("etat", "prefecture", "fixed", fixed_amount="14000", fixed_is_annual=True),
            share("departement", "departement", "fixed", fixed_amount="14000", fixed_is_annual=True),
            share("epci", "epci_b", "remainder"),
        ],
        {"etat": 4666, "departement": 4666, "epci": 4668},
    ),
    # One year of a departmental table: a note on a cell.
    "M8": (
        {},
        [(PAYROLL, "45000", "")],
        [
            share("etat", "prefecture", "fixed", fixed_amount="15000", footnote="Sous réserve de la délégation."),
            share("departement", "departement", "fixed", fixed_amount="15000"),
            share("epci", "epci_b", "fixed", fixed_amount="15000", footnote="Dont 500 € de formation."),
        ],
        {"etat": 15000, "departement": 15000, "epci": 15000},
    ),
    # The State at the rate of the schedule (80 % in 2027), the others share what is left.
    "M9": (
        {},
        [(PAYROLL, "42000", "")],
        [share("etat", "prefecture", "schedule"), DEPT, EPCI],
        {"etat": 33600, "departement": 4200, "epci": 4200},
    ),
    # Two financers a third each, the other third not stated.
    "M10": (
        {},
        [(PAYROLL, "42000", "")],
        [share("etat", "prefecture", parts=3), share("departement", "departement", parts=3)],
        {"etat": 14000, "departement": 14000},
    ),
    # Two directorates of one State, each from its own credit.
    "M11": (
        {},
        [(PAYROLL, "48000", "")],
        [
            share("fipd", "prefecture", "percentage", percent="50", source="fipd", label="État – préfecture (FIPD)"),
            share("ddets", "prefecture", "percentage", percent="25", source="etat", label="État – DDETS"),
            share(
                "pjj", "prefecture", "percentage", percent="50", percent_of="ddets", source="etat", label="État – PJJ"
            ),
            share("epci", "epci_b", "remainder"),
        ],
        {"fipd": 24000, "ddets": 12000, "pjj": 6000, "epci": 6000},
    ),
}


def head(case: dict[str, Any]) -> dict[str, Any]:
    return {
        "label": "Poste D – 2027",
        "year": 2027,
        "period_start": "2027-01-01",
        "period_end": "2027-12-31",
        "rounding_unit": "euro",
        **case,
    }


def api_body(cast: Cast, case: dict, costs: list, shares: list) -> dict[str, Any]:
    def known(value: dict[str, Any]) -> dict[str, Any]:
        body = {**value, "financer": value["financer"] and str(cast.org[value["financer"]].uuid)}
        return {**body, "children": [known(child) for child in value.get("children", [])]}

    return {
        **head(case),
        "employer": str(cast.org["epci_b"].uuid),
        "posts": [str(cast.post["d"].uuid)],
        "costs": [{"kind": kind, "amount": amount, "borne_by": bearer} for kind, amount, bearer in costs],
        "shares": [known(value) for value in shares],
    }


def form_body(cast: Cast, case: dict, costs: list, shares: list) -> dict[str, Any]:
    """The same plan as a browser posts it."""
    fields: dict[str, Any] = {"plan-prorata": "none", "plan-rounding_method": "largest_remainder"}
    fields |= {f"plan-{name}": value for name, value in head(case).items()}
    fields |= {"plan-employer": str(cast.org["epci_b"].uuid), "plan-posts": [str(cast.post["d"].uuid)]}
    for rank, (kind, amount, bearer) in enumerate(costs):
        row = {"kind": kind, "amount": amount.replace(".", ","), "borne_by": bearer}
        fields |= {f"costs-{rank}-{name}": value for name, value in row.items()}
    rows: list[dict[str, Any]] = []
    for value in shares:
        children = value.get("children", [])
        key = value.get("key") or {}
        rows.append({**value, "block": "1" if children else "", **{f"key_{name}": v for name, v in key.items()}})
        rows += [{**child, "parent": value["ref"]} for child in children]
    for rank, row in enumerate(rows):
        row = {**row, "financer": row["financer"] and str(cast.org[row["financer"]].uuid)}
        flat = {
            name: value for name, value in row.items() if name not in ("children", "key") and value not in (None, False)
        }
        fields |= {f"shares-{rank}-{name}": value for name, value in flat.items()}
    return fields


def amounts(cast: Cast, year: int = 2027) -> dict[str, Decimal | None]:
    with cast.acting("gestionnaire"):
        return {row.ref: row.amount for row in Share.objects.filter(plan__year=year)}


@pytest.fixture
def schedule(cast: Cast) -> None:
    with cast.acting("gestionnaire"):
        schedules.add_rates(
            post=cast.post["d"],
            first_year=2027,
            percents=[D(80), D(50), D(30)],
            source="Lettre du préfet du 3 mars",
            mark="U",
            by=cast.actor("gestionnaire"),
        )


@pytest.mark.parametrize("mode", CASES)
def test_each_mode_by_the_api_and_from_the_editor_page(cast: Cast, schedule: None, mode: str):
    case, costs, shares, expected = CASES[mode]
    client = cast.client("gestionnaire")
    body = json.dumps(api_body(cast, case, costs, shares))
    answer = client.post(API, body, content_type="application/json")
    assert answer.status_code == 201, answer.content
    assert amounts(cast) == expected
    assert answer.json()["balance"]["balanced"] is (mode not in ("M5", "M10"))

    form = form_body(cast, case | {"year": 2028, **later(case)}, costs, shares)
    answer = client.post(reverse("plan-create"), form)
    assert answer.status_code == 302, answer.context["editor"].forms
    assert amounts(cast, 2028) == (expected if mode != "M9" else {"etat": 21000, "departement": 10500, "epci": 10500})
    # What the editor shows again is what was saved: saving it untouched changes no amount.
    with cast.acting("gestionnaire"):
        edit = reverse("plan-edit", args=[FundingPlan.objects.get(year=2028).uuid])
    before = amounts(cast, 2028)
    again = posted(client.get(edit).context["editor"])
    assert client.post(edit, again).status_code == 302
    assert amounts(cast, 2028) == before


def later(case: dict[str, Any]) -> dict[str, str]:
    """The same dates a year later."""
    start = case.get("period_start", "2027-01-01")
    return {"period_start": start.replace("2027", "2028"), "period_end": "2028-12-31"}


def posted(editor: Any) -> dict[str, Any]:
    """What a browser would send back of a page left as it is."""
    fields: dict[str, Any] = {}
    for form in editor.forms:
        for name in form.fields:
            value = form[name].value()
            if value not in (None, "", False):
                fields[f"{form.prefix}-{name}"] = value
    return fields


def page_of(cast: Cast, case: str) -> str:
    head_, costs, shares, _ = CASES[case]
    client = cast.client("gestionnaire")
    answer = client.post(reverse("plan-create"), form_body(cast, head_, costs, shares), follow=True)
    return " ".join(answer.content.decode().replace("\u202f", " ").split())


def test_m5_the_remainder_is_not_shown_and_the_check_asks_for_the_cost(cast: Cast):
    page = page_of(cast, "M5")
    assert "R35" in page
    assert "Demandez le coût annuel" in page


def test_m8_notes_on_cells_are_numbered_under_the_table(cast: Cast):
    page = page_of(cast, "M8")
    assert '<sup><a href="#note-1">(1)</a></sup>' in page
    assert '<li id="note-2">Dont 500 € de formation.</li>' in page


def test_m9_says_where_the_rate_comes_from_and_that_it_is_not_verified(cast: Cast, schedule: None):
    page_of(cast, "M9")
    with cast.acting("gestionnaire"):
        text = Share.objects.get(plan__year=2027, ref="etat").explanation["text"].replace("\u202f", " ")
    assert "80 %" in text
    assert "(barème de l'État 2027, taux non vérifié : Lettre du préfet du 3 mars) de 42 000,00 € = 33 600,00 €" in text


def test_m10_the_unstated_third_is_reported_exactly(cast: Cast):
    assert "Il manque 14 000,00 €" in page_of(cast, "M10").replace("\xa0", " ")


def test_m11_one_state_and_its_credits_are_told_apart(cast: Cast):
    page = page_of(cast, "M11")
    for label in ("État – préfecture (FIPD)", "État – DDETS", "État – PJJ"):
        assert label in page


# --- M12 --------------------------------------------------------------------------------------------------------------

TWELVE = {"period_start": "2028-12-03", "period_end": "2029-12-02", "prorata": "span", "year": 2028, "label": "Poste D"}


def years(cast: Cast) -> dict[int, dict[str, Decimal | None]]:
    with cast.acting("gestionnaire"):
        plans = FundingPlan.objects.filter(prorata="span").order_by("year")
        return {plan.year: {row.ref: row.amount for row in plan.shares.all()} for plan in plans}


def check_twelve_months(cast: Cast) -> None:
    """42 000 € over 365 days: 29 in 2028, 336 in 2029; together each financer's third, to the cent."""
    found = years(cast)
    assert set(found) == {2028, 2029}
    assert {ref: found[2028][ref] + found[2029][ref] for ref in ("etat", "departement", "epci")} == {
        "etat": D(14000),
        "departement": D(14000),
        "epci": D(14000),
    }
    assert sum(found[2028].values()) == D("3336.99")
    with cast.acting("gestionnaire"):
        text = Share.objects.get(plan__year=2028, plan__prorata="span", ref="epci").explanation["text"]
    assert "× 29/365 jours" in text


def test_m12_from_the_page(cast: Cast):
    client = cast.client("gestionnaire")
    body = form_body(cast, TWELVE | {"rounding_unit": "cent"}, [(PAYROLL, "42000", "")], [STATE, DEPT, EPCI])
    answer = client.post(reverse("plan-create"), body, follow=True)
    assert "Un plan est créé par année civile (2028 et 2029)" in answer.content.decode()
    page = answer.content.decode().replace("\u202f", " ")
    assert "La période convenue, par année civile" in page
    assert "3 336,99" in page
    assert "42 000,00" in page
    check_twelve_months(cast)


def test_m12_by_the_api(cast: Cast):
    body = api_body(cast, {"rounding_unit": "cent"}, [(PAYROLL, "42000", "")], [STATE, DEPT, EPCI])
    for name in ("year", "period_start", "period_end"):
        body.pop(name)
    body |= {"span_start": "2028-12-03", "span_end": "2029-12-02"}
    client = cast.client("gestionnaire")
    answer = client.post(OVER_YEARS, json.dumps(body), content_type="application/json")
    assert answer.status_code == 201, answer.content
    assert [plan["year"] for plan in answer.json()] == [2028, 2029]
    check_twelve_months(cast)
    # A second time, the same days would be funded twice: nothing is made.
    again = client.post(OVER_YEARS, json.dumps(body), content_type="application/json")
    assert again.status_code == 400
    assert "deux fois" in again.content.decode()
    assert len(years(cast)) == 2


def test_m12_a_saved_year_keeps_its_period_and_its_amounts(cast: Cast):
    client = cast.client("gestionnaire")
    body = form_body(cast, TWELVE | {"rounding_unit": "cent"}, [(PAYROLL, "42000", "")], [STATE, DEPT, EPCI])
    client.post(reverse("plan-create"), body)
    with cast.acting("gestionnaire"):
        plan = FundingPlan.objects.get(prorata="span", year=2029)
    shown = client.get(reverse("plan-edit", args=[plan.uuid])).context["editor"]
    assert (shown.head["period_start"].value(), shown.head["period_end"].value()) == ("2028-12-03", "2029-12-02")
    before = years(cast)
    assert (
        client.post(
            reverse("plan-edit", args=[plan.uuid]), body | {"plan-year": "2029", "plan-version": "1"}
        ).status_code
        == 302
    )
    assert years(cast) == before
    with cast.acting("gestionnaire"):
        plan.refresh_from_db()
    assert (plan.period_start.isoformat(), plan.period_end.isoformat()) == ("2029-01-01", "2029-12-02")
