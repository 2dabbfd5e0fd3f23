"""French grammar for documents and screens: articles, agreements, dates, numbers in words. Pure functions."""

from core.french.dates import (
    MONTHS,
    add_months,
    date_in_words,
    date_long,
    date_range,
    duration,
    month_name,
    split_duration,
)
from core.french.departements import DEPARTEMENTS
from core.french.letters import lower_first, upper_first
from core.french.names import Name, elides, expand, feminine_word
from core.french.numbers import counted, enumerate_fr, number_in_words, ordinal, plural, pluralise
from core.french.people import (
    agree_function,
    civility,
    de,
    forces,
    function_with_article,
    officers,
    post_title,
)

__all__ = [
    "DEPARTEMENTS",
    "MONTHS",
    "Name",
    "add_months",
    "agree_function",
    "civility",
    "counted",
    "date_in_words",
    "date_long",
    "date_range",
    "de",
    "duration",
    "elides",
    "enumerate_fr",
    "expand",
    "feminine_word",
    "forces",
    "function_with_article",
    "lower_first",
    "month_name",
    "number_in_words",
    "officers",
    "ordinal",
    "plural",
    "pluralise",
    "post_title",
    "split_duration",
    "upper_first",
]
