"""The comparison of two texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conventions.redline import Change, Op, Wording, compare_clauses, compare_words, redline

TEXTS = st.text(alphabet="ab é'0 ,\n", max_size=60)


@given(TEXTS, TEXTS)
def test_both_texts_can_be_read_back(old, new):
    pieces = compare_words(old, new)
    assert "".join(p.text for p in pieces if p.op is not Op.ADDED) == old
    assert "".join(p.text for p in pieces if p.op is not Op.REMOVED) == new


@given(TEXTS)
def test_a_text_compared_to_itself_has_no_change(text):
    assert all(piece.op is Op.SAME for piece in compare_words(text, text))


def test_an_amount_changes_as_a_whole():
    pieces = compare_words("soit 17 500,00 € par an", "soit 17 510,00 € par an")
    assert [(p.op, p.text) for p in pieces if p.op is not Op.SAME] == [
        (Op.REMOVED, "17 500,00"),
        (Op.ADDED, "17 510,00"),
    ]


def test_a_rewritten_phrase_reads_as_one_change():
    pieces = compare_words("L'État verse la somme due.", "La commune paie la somme due.")
    assert [p.op for p in pieces] == [Op.REMOVED, Op.ADDED, Op.SAME]


def test_paragraphs_are_kept():
    first, second = redline("Un.\n\nDeux.", "Un.\n\nTrois.")
    assert [p.op for p in first] == [Op.SAME]
    assert [p.op for p in second] == [Op.REMOVED, Op.ADDED, Op.SAME]


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        ({"a": Wording("T", "x")}, {"a": Wording("T", "x")}, Change.SAME),
        ({"a": Wording("T", "x")}, {"a": Wording("T", "y")}, Change.CHANGED),
        ({"a": Wording("T", "x")}, {"a": Wording("U", "x")}, Change.CHANGED),
        ({}, {"a": Wording("T", "x")}, Change.ADDED),
        ({"a": Wording("T", "x")}, {}, Change.REMOVED),
    ],
)
def test_each_clause_says_what_became_of_it(old, new, change):
    (clause,) = compare_clauses(old, new)
    assert clause.change is change
    assert clause.name


def test_removed_clauses_come_last():
    old = {"a": Wording("A", "x"), "b": Wording("B", "x")}
    new = {"b": Wording("B", "x"), "c": Wording("C", "x")}
    assert [clause.kind for clause in compare_clauses(old, new)] == ["b", "c", "a"]
