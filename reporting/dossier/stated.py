"""What published texts state, kept beside what the data give: the `stated` objects, and the variables of clauses."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


def _of(definition: str, description: str) -> Schema:
    return {"anyOf": [{"$ref": f"#/$defs/{definition}"}, {"type": "null"}], "description": description}


def _amount(description: str) -> Schema:
    return _of("amount", description)


def _percent(description: str) -> Schema:
    return _of("percent", description)


def _text(description: str) -> Schema:
    return {"type": "string", "description": description}


def _count(description: str) -> Schema:
    return {"type": ["integer", "null"], "minimum": 0, "description": description}


def _flag(description: str) -> Schema:
    return {"type": "boolean", "description": description}


def _list(description: str) -> Schema:
    return {"type": "array", "items": {"type": "string"}, "description": description}


def _rows(description: str, **properties: Schema) -> Schema:
    item = {"type": "object", "properties": properties, "additionalProperties": False}
    return {"type": "array", "items": item, "description": description}


NOTE = _text("Remark of whoever read the published text.")

SHARE: dict[str, Schema] = {
    "amount": _amount("Amount printed for this share."),
    "text": _text("The words printed, when they say more than the amount."),
    "percent": _percent("Percentage printed for this share."),
    "includes_travel": _flag("Whether the printed amount includes travel costs."),
    "note": NOTE,
}

PLAN: dict[str, Schema] = {
    "total": _amount("Total printed for the period of the plan."),
    "annual_total": _amount("Total printed for a full year, when the plan covers a part of the year."),
    "label": _text("How the text names that total."),
    "covers_travel": _flag("Whether the printed total covers travel costs. Absent: the text does not say."),
    "note": NOTE,
}

BUDGET_LINE: dict[str, Schema] = {
    "proposed": _amount("Amount the report proposes to draw on this line."),
    "balance": _amount("Balance the report prints."),
    "own_posts": _amount("What the body's own posts leave to its charge, as the report prints it."),
    "expected_revenue": _amount("What the body expects from others for its own posts, as the report prints it."),
    "note": NOTE,
}

DELIBERATION: dict[str, Schema] = {
    "sum": _amount("Total of the attributions, as printed."),
    "balance": _amount("Balance of the budget line, as printed."),
    "posts": _count("Number of posts the report states."),
    "posts_cofinanced": _count("Number of posts financed together, as the report states."),
    "annexes": _count("Number of conventions annexed to the vote, as the published act announces."),
    "excused": _count("Members excused, who voted by delegation."),
    "absent": _count("Members absent without delegation."),
    "text": _text("How another text cites this vote."),
    "members": _list("Members the act names as sitting."),
    "parties": {
        "type": "object",
        "additionalProperties": {"type": "array", "items": {"type": "string"}},
        "description": "For each convention (its reference), the organisations the vote names, by key.",
    },
    "note": NOTE,
}

PARTY: dict[str, Schema] = {
    "name": _text("Name of the organisation as published."),
    "representative": _text("Name of the representative as published."),
    "function": _text("Function of the representative as published."),
    "seat": _text("Seat as published."),
    "authorisation": _text("The vote that authorises it, as published; blanks included."),
    "note": NOTE,
}

SIGNATORY: dict[str, Schema] = {
    "name": _text("Name printed in the signature block."),
    "function": _text("Function printed in the signature block."),
    "on_behalf_of": _text("Organisation printed in the signature block."),
    "note": NOTE,
}

CONVENTION: dict[str, Schema] = {
    "title": _text("Title as printed."),
    "originals": _count("Number of originals printed."),
    "originals_text": _text("The words printed about originals."),
    "duration_months": _count("Duration printed, in months."),
    "posts": _count("Number of posts printed."),
    "epcis": _count("Number of EPCI printed."),
    "total": _amount("Total printed for the whole convention."),
    "period_text": _text("The words printed about the period."),
    "annexes": _list("Annexes the text cites."),
    "absent": _flag("The text was voted but is not in the published document."),
    "place_text": _text("The words printed about the place of signature."),
    "date": _of("date", "Date printed."),
    "blanks": _list("Blanks left in the text."),
    "circular": _text("Reference of the circular as printed."),
    "start": _of("date", "First day printed."),
    "end": _of("date", "Last day printed."),
    "articles": _list('Articles as printed, number first: "6 Financement".'),
    "references": _rows(
        "Articles the text cites.",
        article=_text("The article that cites."),
        cites={"type": "integer", "minimum": 1, "description": "The number cited."},
        subject=_text("What the cited article is said to be about."),
    ),
    "units": _rows(
        "Units of the post as the articles name them; the first row is the list of the post itself.",
        article=_text("The article, empty for the list of the post."),
        units=_list("Names printed."),
    ),
    "committee_members": _list("Members of the committee, as printed."),
    "obliged": _list("Bodies the text asks something of and which do not sign."),
    "plans": _list("National or local plans the text refers to."),
    "values": {
        "type": "object",
        "additionalProperties": {"type": "array", "items": {"type": "string"}},
        "description": "What the text says in several ways, by what it is about (service, period, hours, notice…).",
    },
    "personal_data_clause": _flag("Whether the text has a clause on personal data."),
    "first_meeting_months": _count("Months after which the committee first meets."),
    "breach_notice_months": _count("Notice printed for a breach, in months."),
    "note": NOTE,
}

ACTIVITY: dict[str, Schema] = {
    "label": _text("Name of the row in the published report."),
    "people": _count("Total of people printed."),
    "interviews": _count("Total of interviews printed."),
    "vif_percent": _percent("Percentage of domestic violence printed."),
    "epcis": _count("Number of EPCI printed."),
    "communes": _count("Number of communes printed."),
    "note": NOTE,
}

VARIABLES: dict[str, Schema] = {
    "committee": {
        "type": "object",
        "properties": {
            "name": _text("Name of the committee, without article."),
            "members": _list("Its members, each with its article."),
        },
        "additionalProperties": False,
        "description": "The committee that follows the convention.",
    },
    "reports": _list("Reports the convention asks for, each with its article."),
    "software": _text("Software in which personal data are recorded; empty when none."),
    "base": _text("Main place of work, with its article; empty: the first unit of the post."),
    "budget_deadline": _of("date", "Budget and request due to each financer."),
    "payment_deadline": _of("date", "Grants paid at the latest."),
    "tacit_renewal": {
        "type": "object",
        "properties": {
            "months": {"type": "integer", "minimum": 1, "description": "Length of each new period, in months."},
            "limit": _count("How many may follow; null: without limit."),
            "leavers": _list("Keys of the organisations that may leave; absent: each party."),
        },
        "required": ["months"],
        "additionalProperties": False,
        "description": "The convention renews itself unless a party objects; absent: it does not.",
    },
    "board_seats": _count("Seats of the board the financers are given (national partnership)."),
    "tribunal": _text("Court competent for disputes, without article."),
    "absent_financer": _text("What happens when a financer is missing."),
    "annexes": _list("Annexes really attached."),
}

#: A territory's own models may name other variables: simple values only.
OTHER_VARIABLE: Schema = {
    "anyOf": [
        {"type": ["string", "integer", "boolean", "null"]},
        {"type": "array", "items": {"type": "string"}},
        {"type": "object", "additionalProperties": {"type": ["string", "integer", "boolean", "null"]}},
    ]
}

#: Settings of an organisation's finance software: simple values under names it chooses.
FINANCE: Schema = OTHER_VARIABLE
