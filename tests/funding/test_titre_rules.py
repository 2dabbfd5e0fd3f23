"""The calculation and the wording of a titre, without a database."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funding import titre_rules as rules
from funding.prorata import Occupancy

YEAR = (dt.date(2023, 1, 1), dt.date(2023, 12, 31))


def claim(base: str, *occupancies: Occupancy, basis: str = "months", period=YEAR) -> rules.Claim:
    post = rules.PostFacts("ISC Artois", "ISC", occupancies)
    return rules.claim(base=Decimal(base), start=period[0], end=period[1], basis=basis, posts=[post])


days = st.dates(dt.date(2022, 1, 1), dt.date(2024, 12, 31))
amounts = st.decimals(min_value=0, max_value=10**9, places=2)


@given(amounts, st.lists(st.tuples(days, days), max_size=3), st.sampled_from(["months", "days"]))
def test_never_more_than_the_share_never_less_than_nothing(base, spans, basis) -> None:
    held = [Occupancy(min(span), max(span)) for span in spans]
    result = claim(str(base), *held, basis=basis)
    assert 0 <= result.amount <= base
    assert 0 <= result.due <= result.planned
    assert abs(Fraction(result.amount) - result.exact) <= Fraction(1, 200)
    if not held:
        assert result.amount == base


def test_the_cent_is_rounded_half_up() -> None:
    assert rules.to_cents(Fraction(1, 200)) == Decimal("0.01")
    assert rules.to_cents(Fraction(49, 10000)) == Decimal("0.00")
    assert rules.to_cents(Fraction(100225, 12)) == Decimal("8352.08")
    assert rules.to_cents(Fraction(10**15, 3)) == Decimal("333333333333333.33")


def test_a_period_that_starts_within_a_month_is_due_in_full_when_the_post_is_filled() -> None:
    result = claim("6449", period=(dt.date(2023, 1, 5), dt.date(2023, 12, 31)))
    assert result.is_full
    assert result.ratio == "11,871/11,871"
    assert result.amount == Decimal("6449.00")


@given(
    st.text(max_size=100),
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=60),
    st.sampled_from(["months", "days"]),
)
def test_the_object_holds_in_160_plain_capitals(reference, entry, basis) -> None:
    result = claim("999999999.99", Occupancy(dt.date(2023, 3, 15)), basis=basis)
    text = rules.subject(kinds=["ISCG"], year=2023, reference=reference, claim=result, entry=entry)
    assert len(text) <= rules.SUBJECT_LENGTH
    assert text.isascii()
    assert text == text.upper()


def test_the_longest_references_still_leave_room_for_the_statement_number() -> None:
    result = claim("999999.99", period=(dt.date(2023, 1, 5), dt.date(2023, 12, 31)))
    entry = rules.entry_id(territory="974", year=2023, issuer="200069672", plan="p" * 80, share="s" * 40)
    text = rules.subject(kinds=["ISC", "ISG"], year=2023, reference="R" * 80, claim=result, entry=entry)
    assert text.endswith(f"DECOMPTE {entry.upper()}")
    assert text.startswith("PARTICIPATION ISCG 2023 CONV RRR")


def test_an_entry_is_stable_short_and_its_own() -> None:
    parts = {"territory": "62", "year": 2023, "issuer": "200035442", "plan": "plan-a12", "share": "s1"}
    assert rules.entry_id(**parts) == "62-2023-200035442-plan-a12-s1"
    long_parts = parts | {"plan": "plan-" + "x" * 70}
    first, second = rules.entry_id(**long_parts), rules.entry_id(**long_parts | {"share": "s2"})
    assert first == rules.entry_id(**long_parts)
    assert first != second
    assert max(len(first), len(second)) <= rules.ENTRY_LENGTH


@pytest.mark.parametrize(
    ("text", "plain"),
    [("Été à l’œuvre – 5 €", "ETE A L'OEUVRE - 5 EUR"), ("2 × 3", "2 X 3"), ("日本", "")],
)
def test_accounting_capitals(text: str, plain: str) -> None:
    assert rules.ascii_upper(text) == plain


def test_the_text_says_each_case() -> None:
    def said(*occupancies: Occupancy, basis: str = "months") -> str:
        return rules.explain(claim("14333", *occupancies, basis=basis), *YEAR).replace("\u202f", " ")

    assert said(Occupancy(dt.date(2020, 1, 1))).endswith("Rien n'est à déduire : elle est due en entier.")
    assert "rien n'est dû" in said(Occupancy(dt.date(2024, 1, 1)))
    partial = said(Occupancy(dt.date(2023, 3, 15)))
    assert "10 mois sont dus : 14 333,00 € × 10/12 = 11 944,17 €." in partial
    assert "Poste « ISC Artois » vacant du 1er janvier au 14 mars 2023." in partial
    assert "1 jour est dû : " in said(Occupancy(dt.date(2023, 5, 1), dt.date(2023, 5, 1)), basis="days")
