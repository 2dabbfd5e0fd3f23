"""Reporting campaigns in a dossier: the calendar set for a convention, and what was done with each report."""

from __future__ import annotations

from conventions.enums import DueMode, ReportEvery
from conventions.models import ReportSchedule
from reporting.enums import ReportAct
from reporting.models import ReportStep

from .fields import Field, boolean, choice, date, integer, ref, strings, text
from .structure import Children, Section

_DAY = "^([0-9]{4}-)?[0-9]{2}-[0-9]{2}$"

REPORT_SCHEDULES = Children(
    "report_schedules",
    ReportSchedule,
    "convention",
    (
        Field(
            "every",
            "every",
            {"type": "integer", "enum": list(ReportEvery.values), "description": "Months between two reports."},
            True,
        ),
        date("valid_from", "For the periods that begin on or after this day.", required=True),
        boolean("asked", "False: no longer asked from then on."),
        boolean("anchored", "Periods follow the convention's first day rather than the civil year."),
        choice("mode", DueMode, "How the day follows the period."),
        integer("day", "Day of the month, 31: the last one (mode mois).", least=1, most=31),
        integer("after", "Months (mode mois) or days (mode jours) after the period.", most=365),
        strings("days", 'Days given one by one (mode dates): "04-15" every year, "2024-04-15" once.', _DAY),
        boolean("note_asked", "A qualitative note is asked for."),
        text("source", "Article, avenant or decision that sets it.", most=240, required=True),
    ),
    ("every", "valid_from"),
    "How often reports are asked for, when the words of the convention do not say it all.",
    order=("every", "valid_from"),
)

REPORT_STEPS = Section(
    "report_steps",
    ReportStep,
    (
        ref("convention", "conventions", "Convention that asks for the report.", required=True),
        ref("post", "posts", "Post it is about.", required=True),
        text("period", "Key of the period: trimestriel-2024-01-01.", most=40, required=True),
        integer("rank", "Rank among the acts on this report, from 1.", least=1, required=True),
        date("period_start", "First day, within the convention.", required=True),
        date("period_end", "Last day, within the convention.", required=True),
        choice("act", ReportAct, "What was done.", required=True),
        date("done_on", "Day it was done.", required=True),
        text("reason", "Why it was sent back or reopened."),
        text("note", "Qualitative note handed in. No personal data."),
        text("digest", "SHA-256 of the figures handed in, with the salt.", pattern="^([0-9a-f]{64})?$"),
        text("salt", "Salt of the digest.", most=32),
        text("recorded_by", "Who did it.", most=200, attr="by_label", required=True),
    ),
    "What was done with each report: handed in, validated, sent back, chased up. Never changed once written.",
    key="",
    identity=("convention", "post", "period", "rank"),
    order=("convention__reference", "post__key", "period", "rank"),
)
