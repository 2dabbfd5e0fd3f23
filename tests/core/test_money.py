from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import AmountError, euros, euros_short, in_words, number_fr, parse_euros, percent, round_cent

NNBSP = "\u202f"


def plain(text: str) -> str:
    return text.replace(NNBSP, " ")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("12 345,67 €", "12345.67"),
        ("12\u202f345,67\u202f€", "12345.67"),
        ("12\u00a0345,6", "12345.60"),
        ("17 500 euros", "17500.00"),
        ("12345.67", "12345.67"),
        ("0,5", "0.50"),
        ("-1 200,00 €", "-1200.00"),
        ("\u2212 3", "-3.00"),
    ],
)
def test_amounts_typed_in_french_are_read(typed, expected):
    assert parse_euros(typed) == Decimal(expected)


@pytest.mark.parametrize(
    "typed", ["", "  €", "douze", "12.345", "12,345.67", "1 23", "1,234", "12,", "1e3", "NaN", "3 €€"]
)
def test_what_is_not_clearly_an_amount_is_refused_in_french(typed):
    with pytest.raises(AmountError, match=r"montant"):
        parse_euros(typed)


def test_euros_use_no_break_spaces_and_both_decimals():
    assert euros(Decimal("1234567.5")) == f"1{NNBSP}234{NNBSP}567,50{NNBSP}€"
    assert euros(Decimal("-12.345")) == f"\u221212,35{NNBSP}€"
    assert euros(0) == f"0,00{NNBSP}€"


def test_euros_short_hides_decimals_only_when_whole():
    assert plain(euros_short(Decimal("17500.00"))) == "17 500 €"
    assert plain(euros_short(Decimal("4666.67"))) == "4 666,67 €"


def test_percent_keeps_what_is_significant():
    assert plain(percent(Decimal("81.32"))) == "81,32 %"
    assert plain(percent(Decimal("80.00"))) == "80 %"
    assert plain(percent(Decimal("12.50"))) == "12,5 %"
    assert plain(percent(Decimal(100))) == "100 %"


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("14665", "quatorze mille six cent soixante-cinq euros"),
        ("14665.67", "quatorze mille six cent soixante-cinq euros et soixante-sept centimes"),
        ("1000000", "un million d'euros"),
        ("2000000", "deux millions d'euros"),
        ("1200000", "un million deux cent mille euros"),
        ("1000000000", "un milliard d'euros"),
        ("1", "un euro"),
        ("0", "zéro euro"),
        ("0.01", "un centime"),
        ("0.80", "quatre-vingts centimes"),
        ("80", "quatre-vingts euros"),
        ("83", "quatre-vingt-trois euros"),
        ("200", "deux cents euros"),
        ("-5.50", "moins cinq euros et cinquante centimes"),
        ("-1000000", "moins un million d'euros"),
    ],
)
def test_amounts_in_words(amount, words):
    assert in_words(Decimal(amount)) == words


def test_floats_are_refused():
    for function in (euros, euros_short, in_words, percent, round_cent, number_fr):
        with pytest.raises(TypeError):
            function(0.1)


@given(st.integers(-(10**14), 10**14))
def test_what_is_printed_can_be_read_back(cents):
    amount = Decimal(cents).scaleb(-2)
    assert parse_euros(euros(amount)) == amount
    assert parse_euros(euros_short(amount)) == amount


@given(st.integers(10**28, 10**40))
def test_very_large_amounts_lose_no_cent(cents):
    assert plain(euros(Decimal(f"{cents}E-2"))).replace(" ", "").replace(",", "") == f"{cents}€"
