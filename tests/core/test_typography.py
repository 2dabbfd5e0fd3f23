"""French spacing: what changes, what must not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.typography import NBSP, NNBSP, fr_spaces, fr_text


@pytest.mark.parametrize(
    ("plain", "printed"),
    [
        ("Objet : ceci", f"Objet{NNBSP}: ceci"),
        ("Objet: ceci", f"Objet{NNBSP}: ceci"),
        ("un ; deux", f"un{NNBSP}; deux"),
        ("Vraiment ?", f"Vraiment{NNBSP}?"),
        ("81,32 %", f"81,32{NNBSP}%"),
        ("14 000,00 €", f"14{NNBSP}000,00{NNBSP}€"),
        ("14 000 euros", f"14{NNBSP}000{NBSP}euros"),
        ("« le Département »", f"«{NNBSP}le Département{NNBSP}»"),
        ("le 3 juillet 2023", f"le 3{NBSP}juillet{NBSP}2023"),
        ("le 1er août 2006", f"le 1er{NBSP}août{NBSP}2006"),
        ("l'article 6", f"l'article{NBSP}6"),
        ("article L. 121-1-1", f"article{NBSP}L.{NBSP}121-1-1"),
        ("délibération n° 2023-332", f"délibération n°{NBSP}2023-332"),
        ("M. Jean", f"M.{NBSP}Jean"),
        ("Préfet (ci-après : l'État)", f"Préfet (ci-après{NNBSP}: l'État)"),
    ],
)
def test_no_break_spaces(plain, printed):
    assert fr_spaces(plain) == printed


@pytest.mark.parametrize("text", ["https://exemple.fr/a?b", "à 12:30", "62018 Arras", "10/07/2023", "2023-332", ""])
def test_left_untouched(text):
    assert fr_spaces(text) == text


def test_apostrophes_become_typographic():
    assert fr_text("l'État d'accueil") == "l’État d’accueil"


@given(st.text(alphabet="aé1 0:;!?%€«»n°.'’\u00a0\u202f", max_size=40))
def test_idempotent_and_changes_only_spaces(text):
    once = fr_spaces(text)
    assert fr_spaces(once) == once
    spaces = str.maketrans("", "", " \u00a0\u202f")
    assert once.translate(spaces) == text.translate(spaces)
