"""French typography for printed and displayed text.

The rules are those of the Imprimerie nationale's usage as applied by prefectures: no line may break before a double
punctuation mark, inside guillemets, between a number and its unit, or between a title and a name. A narrow no-break
space (U+202F) is used for punctuation, percent and euro; a plain no-break space (U+00A0) where a
full word space reads better.

All functions are idempotent and leave addresses such as ``https://…`` and hours such as ``12:30`` untouched.
"""

import re

NNBSP = "\u202f"
NBSP = "\u00a0"

_SPACES = "[ \u00a0\u202f]"
_MONTHS = "janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre"

# A mark counts as punctuation only when something other than a letter or digit follows it: this spares URLs and hours.
_BEFORE_MARK = re.compile(rf"(?<=[\w»)\]’'\"%€°.…]){_SPACES}*([;:!?])(?=[\s»)\]]|$)")
_BEFORE_UNIT = re.compile(rf"(?<=\d){_SPACES}*([%€])")
_OPENING = re.compile(rf"«{_SPACES}*")
_CLOSING = re.compile(rf"(?<=\S){_SPACES}*»")
_THOUSANDS = re.compile(r"(?<![\d,.])\d{1,3}(?: \d{3})+(?=(?:,\d+)?[ \u00a0\u202f]*(?:€|euros?\b|habitants?\b))")
_AMOUNT_WORD = re.compile(r"(?<=\d) (?=(?:euros?|habitants?|heures?|communes?|mois|jours?|ans?)\b)")
_DAY = re.compile(rf"\b(\d{{1,2}}|1er) (?=(?:{_MONTHS})\b)")
_MONTH_YEAR = re.compile(rf"\b({_MONTHS}) (?=\d{{4}}\b)")
_NUMBER = re.compile(r"(n°|N°|\b[Aa]rticles?|\b[Aa]nnexes?) (?=\d|[LRD]\.)")
_CODE_ARTICLE = re.compile(r"\b([LRD]\.) ?(?=\d)")
_CIVILITY = re.compile(r"\b(M\.|MM\.|Mme|Mmes|Me) (?=[A-ZÀ-Ý])")
_APOSTROPHE = re.compile(r"(?<=\w)'(?=\w)")


def fr_spaces(text: str) -> str:
    """``text`` with the no-break spaces French punctuation asks for; ordinary characters are never changed."""
    text = _OPENING.sub(f"«{NNBSP}", text)
    text = _CLOSING.sub(f"{NNBSP}»", text)
    text = _BEFORE_MARK.sub(rf"{NNBSP}\1", text)
    text = _BEFORE_UNIT.sub(rf"{NNBSP}\1", text)
    text = _THOUSANDS.sub(lambda match: match[0].replace(" ", NNBSP), text)
    text = _AMOUNT_WORD.sub(NBSP, text)
    text = _DAY.sub(rf"\1{NBSP}", text)
    text = _MONTH_YEAR.sub(rf"\1{NBSP}", text)
    text = _NUMBER.sub(rf"\1{NBSP}", text)
    text = _CODE_ARTICLE.sub(rf"\1{NBSP}", text)
    return _CIVILITY.sub(rf"\1{NBSP}", text)


def fr_text(text: str) -> str:
    """``fr_spaces`` plus typographic apostrophes: data is typed with straight ones, a page must not mix both."""
    return fr_spaces(_APOSTROPHE.sub("’", text))
