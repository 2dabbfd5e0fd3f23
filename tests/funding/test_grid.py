"""The grid financer × year: read, edited in place, saved together, undone, never at the cost of what was typed."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from funding.adapter import ShareData, data_of
from funding.enums import PlanStatus, ShareMode
from funding.grid.cells import Cell, CellError, cell_text, parse_cell, split_block, updated
from funding.grid.series import series_of
from funding.grid.state import grid_of
from funding.models import FundingPlan, PlanVersion, Share
from funding.services.plans import copy_plan_to_year, save_plan
from tests.cast import YEAR, Cast
from tests.funding.table_world import COST, NOTE, YEARS, fields, sixteen, texts, two


def url(plan: FundingPlan, name: str = "plan-grid") -> str:
    return reverse(name, args=[plan.uuid])


def cell(data: dict[str, str], row: str, year: int) -> str:
    """The name of the share's cell of a row of the form, found by the row's key beginning."""
    rank = next(name.partition("-")[2] for name, key in data.items() if name.startswith("row-") and key.startswith(row))
    return f"c-{rank}-{year}"


def row_of(cast: Cast, name: str) -> str:
    return f"f.{cast.org[name].uuid.hex}."


def stored(cast: Cast, plan: FundingPlan) -> dict[str, Any]:
    with cast.acting("gestionnaire"):
        fresh = FundingPlan.objects.get(pk=plan.pk)
        amounts = dict(Share.objects.filter(plan=plan).values_list("ref", "amount"))
        return {"version": fresh.version, "data": data_of(fresh), **amounts}


@pytest.fixture
def client(cast: Cast) -> Client:
    return cast.client("gestionnaire")


# --- Cells ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12 345,67 €", Cell("fixed", Decimal("12345.67"))),
        ("12\u202f345,67\u00a0€", Cell("fixed", Decimal("12345.67"))),
        ("12345.67", Cell("fixed", Decimal("12345.67"))),
        ("9 000 / an", Cell("fixed", Decimal(9000), annual=True)),
        ("33,3333 %", Cell("percentage", percent=Decimal("33.3333"))),
        ("100%", Cell("percentage", percent=Decimal(100))),
        ("Égal", Cell("equal")),
        ("Reste à charge", Cell("remainder")),
        ("clé 81,32", Cell("key", weight=Decimal("81.32"))),
        ("clé", Cell("key")),
        ("", None),
        ("-   €", None),
    ],
)
def test_what_a_cell_may_say(text: str, expected: Cell | None):
    assert parse_cell(text) == expected


@pytest.mark.parametrize(
    "text", ["12.345,67", "abc", "-12", "101 %", "33,33333 %", "clé deux", "12 34", "=A1*2", "1e9"]
)
def test_what_it_may_not_say_is_told_with_the_remedy(text: str):
    with pytest.raises(CellError) as refusal:
        parse_cell(text)
    assert text.strip() in str(refusal.value)


amounts = st.decimals(0, Decimal("9999999999.99"), places=2, allow_nan=False, allow_infinity=False)
rates = st.decimals(0, 100, places=4, allow_nan=False, allow_infinity=False)


@st.composite
def cells(draw: st.DrawFn) -> Cell:
    mode = draw(st.sampled_from(["fixed", "percentage", "equal", "remainder", "key"]))
    if mode == "fixed":
        return Cell(mode, amount=draw(amounts), annual=draw(st.booleans()))
    if mode == "percentage":
        return Cell(mode, percent=draw(rates))
    return Cell(mode, weight=draw(rates)) if mode == "key" else Cell(mode)


@given(cells())
def test_a_cell_written_and_read_again_says_the_same(cell: Cell):
    share = updated(ShareData(ref="a"), cell)
    assert parse_cell(cell_text(share)) == cell
    assert updated(share, cell) == share


texts_of_cells = st.text(st.characters(codec="utf-8", exclude_characters="\r\x1c\x1d\x1e\x85"), max_size=12)


@given(st.lists(st.lists(texts_of_cells, min_size=1, max_size=4), min_size=1, max_size=5))
def test_a_block_copied_and_pasted_has_the_same_cells(rows: list[list[str]]):
    """What spreadsheets put in the clipboard: tabs, line ends, quotes around cells that hold any of them."""

    def quoted(text: str) -> str:
        doubled = text.replace('"', '""')
        return f'"{doubled}"' if any(c in text for c in '"\t\n') else text

    block = "\r\n".join("\t".join(quoted(text) for text in row) for row in rows) + "\r\n"
    assert split_block(block) == [[" ".join(text.split()) for text in row] for row in rows]


# --- The page ---------------------------------------------------------------------------------------------------------


def test_three_years_of_sixteen_financers_on_one_page(cast: Cast, client: Client):
    plans = sixteen(cast)
    page = client.get(url(plans[1]))
    data, words = fields(page, "grille"), texts(page)
    assert data[cell(data, row_of(cast, "prefecture"), YEARS[0])] == "80 %"
    assert data[cell(data, row_of(cast, "prefecture"), YEARS[2])] == "30 %"
    assert data[cell(data, row_of(cast, "departement"), YEARS[1])] == "12 345,67"
    assert len([name for name in data if name.startswith("row-")]) == 17  # sixteen financers and the block's own line
    assert "Toutes les années sont équilibrées" in words
    # Two different notes a year at most, numbered once each.
    assert words.count(NOTE) == 1
    assert "Barème dégressif, 2027." in words
    total = sum((COST + n * 1000 + 1000 for n in range(3)), Decimal(0))
    assert f"{total:,.2f} €".replace(",", " ").replace(".", ",") in words
    assert "80 % de 312 345,67 €" in words


def test_saving_without_a_change_writes_nothing(cast: Cast, client: Client):
    plans = sixteen(cast)
    data = fields(client.get(url(plans[0])), "grille")
    before = [stored(cast, plan) for plan in plans]
    answer = client.post(url(plans[0]), data, follow=True)
    assert "Rien n'avait changé" in answer.content.decode().replace("&#x27;", "'")
    assert [stored(cast, plan) for plan in plans] == before


def test_amounts_modes_and_notes_are_edited_in_place_and_only_changed_years_are_saved(cast: Cast, client: Client):
    plans = sixteen(cast)
    data = fields(client.get(url(plans[0])), "grille")
    state = cell(data, row_of(cast, "prefecture"), YEARS[2])
    departement = cell(data, row_of(cast, "departement"), YEARS[2])
    data |= {state: "100 000,00 €", departement: "reste", departement.replace("c-", "n-"): "Voté le 3 juillet."}
    assert client.post(url(plans[0]), data).status_code == 302
    third = stored(cast, plans[2])
    assert (third["etat"], third["version"]) == (Decimal("100000.00"), 2)
    shares = {share.ref: share for share in third["data"].shares}
    assert shares["departement"].mode == ShareMode.REMAINDER
    assert shares["departement"].footnote == "Voté le 3 juillet."
    assert [stored(cast, plan)["version"] for plan in plans[:2]] == [1, 1]


def test_a_mistake_is_located_and_nothing_typed_is_lost(cast: Cast, client: Client):
    plans = sixteen(cast)
    data = fields(client.get(url(plans[0])), "grille")
    wrong, right = cell(data, row_of(cast, "prefecture"), YEARS[1]), cell(data, row_of(cast, "departement"), YEARS[0])
    answer = client.post(url(plans[0]), data | {wrong: "12.345,67", right: "13 000"})
    assert answer.status_code == 422
    assert f"Préfecture, {YEARS[1]} : « 12.345,67 » ne se lit pas" in texts(answer)
    assert f'href="#f-s0-{YEARS[1]}"' in answer.content.decode()
    again = fields(answer, "grille")
    assert (again[wrong], again[right]) == ("12.345,67", "13 000")
    assert stored(cast, plans[0])["version"] == 1


def test_a_refusal_of_the_plan_itself_names_the_year(cast: Cast, client: Client):
    """The Département bears the travel costs alone: its share cannot go away."""
    plans = sixteen(cast)
    data = fields(client.get(url(plans[0])), "grille")
    answer = client.post(url(plans[0]), data | {cell(data, row_of(cast, "departement"), YEARS[1]): ""})
    assert answer.status_code == 422
    assert f"Frais de déplacement, {YEARS[1]} : Ce coût est supporté par une part absente." in texts(answer)


def test_the_live_balance_writes_nothing_and_touches_no_field(cast: Cast, client: Client):
    plans = sixteen(cast)
    data = fields(client.get(url(plans[0])), "grille")
    rows = [
        name for name, key in data.items() if name.startswith("row-") and "/" not in key and not key.startswith("g.")
    ]
    changed = {f"c-{name[4:]}-{YEARS[0]}": "1 000" for name in rows}
    answer = client.post(url(plans[0], "plan-grid-preview"), data | changed)
    assert answer.status_code == 200
    assert "<input" not in answer.content.decode()
    assert f'id="y-balance-{YEARS[0]}" hx-swap-oob="true"' in answer.content.decode()
    assert stored(cast, plans[0])["version"] == 1


def test_frozen_years_are_read_only_even_for_a_forged_form(cast: Cast, client: Client):
    plans = sixteen(cast)
    with cast.acting("gestionnaire"):
        FundingPlan.objects.filter(pk=plans[0].pk).update(status=PlanStatus.ARRETE)
    page = client.get(url(plans[1]))
    data = fields(page, "grille")
    assert not [name for name in data if name.endswith(f"-{YEARS[0]}") and name[:2] in ("c-", "k-", "n-")]
    name = cell(data, row_of(cast, "prefecture"), YEARS[0])
    assert client.post(url(plans[1]), data | {name: "1"}).status_code == 302
    assert (stored(cast, plans[0])["etat"], stored(cast, plans[0])["version"]) == (Decimal("249876.54"), 1)


def test_those_who_only_read_see_the_figures_and_no_field(cast: Cast):
    plan = two(cast)
    page = cast.client("finances_b").get(url(plan))
    assert page.status_code == 200
    assert "20 045,00 €" in texts(page)
    assert "data-cell" not in page.content.decode()
    assert cast.client("finances_b").post(url(plan), {}).status_code == 403
    assert cast.client("finances_a").get(url(plan)).status_code == 404


# --- Somebody else's save, undo ---------------------------------------------------------------------------------------


def test_somebody_else_saved_first_shows_both_versions_and_keeps_what_was_typed(cast: Cast, client: Client):
    plan = two(cast)
    data = fields(client.get(url(plan)), "grille")
    state, mine = cell(data, row_of(cast, "prefecture"), YEAR), cell(data, row_of(cast, "epci_b"), YEAR)
    other = fields(client.get(url(plan)), "grille")
    # Both touch the State's share; the other also changes the cost, which this person left alone.
    assert client.post(url(plan), other | {state: "21 000", f"k-0-{YEAR}": "46 000"}).status_code == 302
    answer = client.post(url(plan), data | {state: "22 000", mine: "23 000"})
    assert answer.status_code == 409
    again = fields(answer, "grille")
    assert (again[state], again[mine], again[f"k-0-{YEAR}"]) == ("22 000", "23 000", "46 000")
    assert "Enregistré par l’autre : 21 000" in texts(answer)
    assert stored(cast, plan)["etat"] == Decimal("21000.00")
    assert client.post(url(plan), again).status_code == 302, "saving again is a decision taken knowingly"
    assert stored(cast, plan)["etat"] == Decimal("22000.00")


def test_the_last_save_is_undone_for_all_its_years_while_nobody_saved_since(cast: Cast, client: Client):
    plans = sixteen(cast)
    before = [stored(cast, plan)["data"] for plan in plans]
    data = fields(client.get(url(plans[0])), "grille")
    for year in YEARS:
        data[cell(data, row_of(cast, "prefecture"), year)] = "10 %"
    client.post(url(plans[0]), data)
    page = client.get(url(plans[0]))
    assert "Dernier enregistrement du tableau" in texts(page)
    with cast.acting("gestionnaire"):
        reference = PlanVersion.objects.latest("pk").save_ref
    assert client.post(url(plans[0], "plan-grid-undo"), {"save": str(reference)}).status_code == 302
    assert [stored(cast, plan)["data"] for plan in plans] == before
    # The same order given again meets another last save: nothing moves.
    answer = client.post(url(plans[0], "plan-grid-undo"), {"save": str(reference)}, follow=True)
    assert "rien n'a été annulé" in answer.content.decode().replace("&#x27;", "'")
    assert [stored(cast, plan)["version"] for plan in plans] == [3, 3, 3]


@pytest.mark.parametrize("why", ["frozen", "saved"])
def test_a_save_that_others_built_on_cannot_be_undone(cast: Cast, client: Client, why: str):
    plan = two(cast)
    data = fields(client.get(url(plan)), "grille")
    client.post(url(plan), data | {cell(data, row_of(cast, "prefecture"), YEAR): "21 000"})
    with cast.acting("gestionnaire"):
        reference, fresh = PlanVersion.objects.latest("pk").save_ref, FundingPlan.objects.get(pk=plan.pk)
        if why == "frozen":
            FundingPlan.objects.filter(pk=plan.pk).update(status=PlanStatus.ENGAGE)
        else:
            save_plan(plan=fresh, data=data_of(fresh), expected_version=2, by=cast.actor("gestionnaire"))
    words = texts(client.post(url(plan, "plan-grid-undo"), {"save": str(reference)}, follow=True))
    assert "ne peut plus être annulé" in words
    assert "Annuler cet enregistrement" not in words
    assert stored(cast, plan)["etat"] == Decimal("21000.00")


# --- Years and rows ---------------------------------------------------------------------------------------------------


def test_a_year_is_added_from_the_last_with_what_to_look_at_again(cast: Cast, client: Client):
    plans = sixteen(cast)
    data = fields(client.get(url(plans[0])), "grille")
    typed = cell(data, row_of(cast, "departement"), YEARS[0])
    answer = client.post(url(plans[0]), data | {typed: "14 000", "geste": "ajouter-annee"})
    words = texts(answer)
    assert answer.status_code == 200
    assert "La part de l'État est dégressive (80 %, 50 %, 30 %)" in words
    assert "Les montants fixes sont ceux de 2028" in words
    again = fields(answer, "grille")
    assert again[typed] == "14 000"
    assert again[cell(again, row_of(cast, "prefecture"), YEARS[2] + 1)] == "30 %"
    assert stored(cast, plans[0])["version"] == 1, "adding a year saves nothing else"
    assert client.post(url(plans[0]), again).status_code == 302


def test_a_partial_year_is_copied_with_a_warning(cast: Cast, client: Client):
    plan = two(cast)
    with cast.acting("gestionnaire"):
        FundingPlan.objects.filter(pk=plan.pk).update(period_start=dt.date(YEAR, 9, 1), prorata="months")
    answer = client.post(url(plan), fields(client.get(url(plan)), "grille") | {"geste": "ajouter-annee"})
    assert f"Le plan {YEAR} ne paie que 122 jours sur 365" in texts(answer)


def test_a_financer_is_added_over_all_years(cast: Cast, client: Client):
    plans = sixteen(cast)
    data = fields(client.get(url(plans[0])), "grille")
    data = fields(client.post(url(plans[0]), data | {"geste": "ajouter-financeur"}), "grille")
    rank = next(name[4:] for name, key in data.items() if name.startswith("row-") and key == "new")
    data |= {f"c-{rank}-{YEARS[0]}": "500", f"c-{rank}-{YEARS[2]}": "2 %"}
    refused = client.post(url(plans[0]), data)
    assert "choisissez le financeur de cette ligne" in texts(refused)
    assert client.post(url(plans[0]), data | {f"fin-{rank}": str(cast.org["epci_a"].uuid)}).status_code == 302
    found = [[s for s in stored(cast, p)["data"].shares if s.financer == cast.org["epci_a"]] for p in plans]
    assert [len(shares) for shares in found] == [1, 0, 1]
    assert (found[0][0].fixed_amount, found[2][0].percent) == (Decimal(500), Decimal(2))
    assert found[0][0].source == "epci"


def test_a_block_is_pasted_without_javascript_and_a_too_large_one_is_refused(cast: Cast, client: Client):
    plans = sixteen(cast)
    data = fields(client.get(url(plans[0])), "grille")
    block = "70 %\t40 %\t20 %\r\n12 000,00 €\t\t«\r\n"
    paste = {"geste": "coller", "paste-row": "0", "paste-year": str(YEARS[0]), "paste": block}
    answer = client.post(url(plans[0]), data | paste)
    again = fields(answer, "grille")
    row = [again[cell(again, row_of(cast, "prefecture"), year)] for year in YEARS]
    assert row == ["70 %", "40 %", "20 %"]
    assert [again[cell(again, row_of(cast, "departement"), year)] for year in YEARS] == ["12 000,00 €", "", "«"]
    assert f"Département, {YEARS[2]} : « « » ne se lit pas" in texts(answer)
    wide = paste | {"paste-year": str(YEARS[1])}
    assert "il n'en reste que 2 à partir de" in texts(client.post(url(plans[0]), data | wide))
    high = paste | {"paste-row": "16"}
    refused = client.post(url(plans[0]), data | high)
    assert refused.status_code == 422
    assert "Le bloc compte 2 lignes, il n'en reste que 1" in texts(refused)


def test_series_follow_the_posts_and_the_employer(cast: Cast):
    plans, alone = sixteen(cast), two(cast)
    with cast.acting("gestionnaire"):
        actor = cast.actor("gestionnaire")
        assert [p.pk for p in series_of(plans[2], actor)] == [p.pk for p in plans]
        assert [p.pk for p in series_of(alone, actor)] == [alone.pk]
        later = copy_plan_to_year(plan=plans[2], year=YEARS[2] + 2, by=actor)
        assert later.pk not in [p.pk for p in series_of(plans[0], actor)], "a year is missing in between"


# --- Workbook ---------------------------------------------------------------------------------------------------------


def test_the_workbook_comes_back_with_what_was_changed_in_it(cast: Cast, client: Client):
    plans = sixteen(cast)
    content = client.get(url(plans[0], "plan-grid-sheet")).content
    importing = url(plans[0], "plan-grid-import")

    def sent(data: bytes) -> Any:
        return client.post(importing, {"file": SimpleUploadedFile("tableau.xlsx", data)})

    assert "rien à changer" in texts(sent(content))
    book = load_workbook(io.BytesIO(content))
    sheet = book.worksheets[0]
    headers = [c.value for c in sheet[1]]
    assert headers[:6] == ["ligne", "repère", "libellé", "2026", "2026 montant", "2026 note"]
    state = next(row for row in sheet.iter_rows() if row[2].value == "Préfecture")
    state[3].value = 250000
    state[6].value = "n'importe quoi"
    sheet.append(["part", "", "CC du Sud-Artois", "500"])
    sheet.append(["part", "", "Inconnue", "500"])
    changed = io.BytesIO()
    book.save(changed)
    answer = sent(changed.getvalue())
    words = texts(answer)
    assert answer.status_code == 422
    assert "Préfecture, 2026 : avant : 80 % après : 250000" in words
    assert "« Inconnue » n'est ni une ligne du tableau" in words
    assert "Préfecture, 2027 : « n'importe quoi » ne se lit pas" in words
    assert stored(cast, plans[0])["version"] == 1
    data = fields(answer, "grille")
    data[cell(data, row_of(cast, "prefecture"), YEARS[1])] = "50 %"
    assert client.post(url(plans[0]), data).status_code == 302
    first = stored(cast, plans[0])
    assert first["etat"] == Decimal("250000.00")
    assert [s.fixed_amount for s in first["data"].shares if s.financer == cast.org["epci_a"]] == [Decimal(500)]


# --- What is saved is what was typed ----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_the_grid_saved_and_read_again_is_the_same(cast: Cast, client: Client, seed: int):
    """Random legal cells of every mode, in every year: the page shown after the save holds exactly what was sent."""
    import random

    rng, plans = random.Random(seed), sixteen(cast)
    data = fields(client.get(url(plans[0])), "grille")
    choices = ["égal", "reste", "1 234,56", "9 000", "5 %", "0,0001 %", "2 500,10 / an"]
    kept = row_of(cast, "departement")
    for name, key in list(data.items()):
        if name.startswith("row-") and key.startswith("f.") and not key.startswith(kept):
            for year in YEARS:
                if rng.random() < 0.5:
                    data[f"c-{name[4:]}-{year}"] = rng.choice([*choices, ""])
    assert client.post(url(plans[0]), data).status_code == 302
    again = fields(client.get(url(plans[0])), "grille")

    def cells_by_key(form: dict[str, str]) -> dict[str, str]:
        ranks = {name[4:]: key for name, key in form.items() if name.startswith("row-")}
        found = {f"{ranks[n.split('-')[1]]}|{n.split('-')[2]}": v for n, v in form.items() if n[:2] == "c-"}
        return {place: text for place, text in found.items() if text}

    assert cells_by_key(again) == cells_by_key(data)
    with cast.acting("gestionnaire"):
        fresh = {p.year: data_of(FundingPlan.objects.get(pk=p.pk)) for p in plans}
        assert grid_of(fresh).texts() == {k: v for k, v in grid_of(fresh).texts().items() if v}


@pytest.mark.parametrize("count", [1, 3])
def test_one_year_more_costs_the_same_few_queries(
    cast: Cast, client: Client, count: int, django_assert_max_num_queries
):
    plans = sixteen(cast)
    with cast.acting("gestionnaire"):
        for plan in plans[count:]:
            FundingPlan.objects.filter(pk=plan.pk).update(employer=cast.org["epci_a"])
    with django_assert_max_num_queries(22 + 6 * count):
        assert client.get(url(plans[0])).status_code == 200
