"""Is a change of wording one of form only? Strict on purpose: in doubt the answer is no, the préfecture reads again.

Form is spacing, punctuation, capitals, accents, and one wrong letter inside a word. A figure, a name of number, a small
word (ne, ou, sans…), a word added or taken out may change what is owed: none of these is form.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import zip_longest

_WORDS = re.compile(r"\w+")
#: Words one letter away from another that says something else.
_NUMBERS = frozenset(
    re.findall(
        r"\w+",
        """zéro un une deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize vingt
        vingts trente quarante cinquante soixante cent cents mille million millions milliard milliards premier première
        second seconde demi demie tiers quart""",
    )
)
#: Shorter words than this are tools of the sentence: changing one changes it.
_SHORT = 4
#: Signs that belong to a figure or to a list of obligations.
_FIGURE_SIGNS = frozenset("%€+×÷=<>§")
#: The only exchange of small words that cannot change what is said.
_AGREEMENTS = frozenset({frozenset({"le", "la"})})


def only_form(before: str, after: str) -> bool:
    """Whether ``after`` says the same as ``before`` but for its typing. True when they are the same."""
    if any(before.count(sign) != after.count(sign) for sign in _FIGURE_SIGNS):
        return False
    if before.count("\n\n") != after.count("\n\n"):
        return False
    return all(_same(one, two) for one, two in zip_longest(_WORDS.findall(before), _WORDS.findall(after)))


def _same(one: str | None, two: str | None) -> bool:
    if one == two:
        return True
    if one is None or two is None or any(c.isdigit() for c in one + two):
        return False
    if one.casefold() == two.casefold():
        return True
    if frozenset({one.casefold(), two.casefold()}) in _AGREEMENTS:
        return True
    if {one.casefold(), two.casefold()} & _NUMBERS or min(len(one), len(two)) < _SHORT:
        return False
    if _plain(one) == _plain(two):
        return True
    # A prefix (légal, illégal) turns a word round: the first letter is never the one mistyped.
    return _plain(one)[0] == _plain(two)[0] and _one_letter(_plain(one), _plain(two))


def _plain(word: str) -> str:
    split = unicodedata.normalize("NFKD", word.casefold())
    return "".join(c for c in split if not unicodedata.combining(c))


def _one_letter(one: str, two: str) -> bool:
    """One letter added, taken out, replaced, or two neighbours exchanged."""
    if len(one) > len(two):
        one, two = two, one
    if len(two) - len(one) > 1:
        return False
    start = 0
    while start < len(one) and one[start] == two[start]:
        start += 1
    if len(one) != len(two):
        return one[start:] == two[start + 1 :]
    swapped = one[start : start + 2] == two[start : start + 2][::-1] and one[start + 2 :] == two[start + 2 :]
    return swapped or one[start + 1 :] == two[start + 1 :]
