"""Detailed activity as a dossier describes it: cells of a month, people of quarters and years, months answered for."""

from __future__ import annotations

from posts.enums import MonthAct
from posts.indicators import INDICATORS
from posts.models import ActivityCell, MonthStep, PeriodPeople

from .fields import Field, choice, integer, ref, text
from .structure import Children, Section

CELLS = Children(
    "cells",
    ActivityCell,
    "activity",
    (
        Field(
            "indicator",
            "indicator",
            {
                "type": "string",
                "enum": sorted(INDICATORS),
                "description": "Table. " + "; ".join(f"{one.code}: {one.label}" for one in INDICATORS.values()) + ".",
            },
            True,
        ),
        text("row", "Line of the table: the code of an item of its list.", most=24, required=True),
        text("column", "Column of the table; empty when it has none.", most=24),
        integer("value", "Number.", required=True),
    ),
    ("indicator", "row", "column"),
    "Detailed counts of a month. An absent one is unknown.",
    order=("indicator", "row", "column"),
)

PEOPLE = Section(
    "people",
    PeriodPeople,
    (
        ref("post", "posts", "Post.", required=True),
        integer("year", "Year.", least=2000, most=2100, required=True),
        integer("quarter", "Quarter; null: the whole year.", least=1, most=4),
        integer("people", "People, each counted once over the period.", required=True),
        integer("women", "Women among them; null when unknown."),
        integer("men", "Men among them; null when unknown."),
        integer("children", "Children among them; null when unknown."),
    ),
    "People of quarters and years: never the sum of the months.",
    key="",
    identity=("post", "year", "quarter"),
    order=("post__key", "year", "quarter"),
)

MONTH_STEPS = Section(
    "month_steps",
    MonthStep,
    (
        ref("post", "posts", "Post.", required=True),
        integer("year", "Year.", least=2000, most=2100, required=True),
        integer("month", "Month.", least=1, most=12, required=True),
        choice("act", MonthAct, "What was done.", required=True),
        text("reason", "Why the month was reopened."),
        text("recorded_by", "Who did it.", most=200, attr="by_label", required=True),
    ),
    "Months validated and reopened, oldest first: the last line of a month tells its state.",
    key="",
    order=("post__key", "year", "month", "pk"),
)
