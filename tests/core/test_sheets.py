"""Spreadsheets: what each format writes, and what a hostile text becomes."""

import datetime as dt
import io
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from core.sheets import Kind, SheetColumn, neutralise, values, write_csv, write_sheet, write_xlsx

COLUMNS = (
    SheetColumn("nom", lambda d: d["nom"]),
    SheetColumn("montant", lambda d: d["montant"], Kind.AMOUNT),
    SheetColumn("taux", lambda d: d["taux"], Kind.NUMBER),
    SheetColumn("jour", lambda d: d["jour"], Kind.DATE),
)
DAY = dt.date(2023, 7, 3)
ROWS = values(
    COLUMNS,
    [
        {
            "nom": "Écoles ; « a »",
            "montant": Decimal("8352.08"),
            "taux": Decimal("33.3300"),
            "jour": dt.date(2023, 7, 3),
        },
        {"nom": None, "montant": None, "taux": 12, "jour": None},
        {"nom": "01", "montant": Decimal("-1E+3"), "taux": Decimal(0), "jour": None},
    ],
)
MOMENT = dt.datetime(2023, 7, 3, 10, tzinfo=dt.UTC)


def test_csv_is_what_a_french_spreadsheet_opens() -> None:
    assert (
        write_csv(COLUMNS, ROWS)
        == (
            '\ufeffnom;montant;taux;jour\r\n"Écoles ; « a »";8352,08;33,33;03/07/2023\r\n;;12;\r\n01;-1000,00;0;\r\n'
        ).encode()
    )


def test_xlsx_cells_have_the_kind_of_their_column() -> None:
    sheet = load_workbook(io.BytesIO(write_xlsx(COLUMNS, ROWS, title="Titres 2023/2024", created=MOMENT))).worksheets[0]
    assert sheet.title == "Titres 2023-2024"
    assert [cell.value for cell in sheet[2]] == ["Écoles ; « a »", 8352.08, 33.33, dt.datetime.combine(DAY, dt.time())]
    assert [cell.number_format for cell in sheet[2]] == ["@", "#,##0.00", "General", "DD/MM/YYYY"]
    assert (sheet["A4"].value, sheet["A4"].data_type) == ("01", "s")
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("B2", "A1:D4")


def test_an_empty_list_still_has_its_header() -> None:
    assert write_csv(COLUMNS, []) == "\ufeffnom;montant;taux;jour\r\n".encode()
    sheet = load_workbook(io.BytesIO(write_xlsx(COLUMNS, [], title="Vide", created=MOMENT))).worksheets[0]
    assert sheet.max_row == 1


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("+33 3 21", "'+33 3 21"),
        ("-2", "'-2"),
        ("@cmd", "'@cmd"),
        ("\t=1", "'=1"),
        ("\rx", "'x"),
        ("  =1", "'=1"),
        ("\u00a0=1", "'=1"),
        ("\x00=1", "'=1"),
        ("\x7f@cmd", "'@cmd"),
        ("\uff1d1", "'\uff1d1"),
        ("a=1", "a=1"),
        ("ligne\nligne", "ligne ligne"),
        ("", ""),
    ],
)
def test_neutralise(text: str, safe: str) -> None:
    assert neutralise(text) == safe


@given(st.text())
def test_no_text_is_left_as_a_formula(text: str) -> None:
    safe = neutralise(text)
    assert not safe.lstrip().startswith(("=", "+", "-", "@"))
    assert not any(ord(char) < 32 for char in safe)
    assert neutralise(safe) == safe


@pytest.mark.parametrize("value", [1.5, True, "12"])
def test_an_amount_is_a_decimal(value: object) -> None:
    with pytest.raises(TypeError, match="montant"):
        write_csv(COLUMNS, [["a", value, None, None]])


def test_unknown_format() -> None:
    with pytest.raises(ValueError, match="ods"):
        write_sheet("ods", COLUMNS, ROWS, title="x", created=MOMENT)
