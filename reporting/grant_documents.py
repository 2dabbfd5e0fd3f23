"""Documents of the grants: the compte rendu financier, and the data prepared for the State's forms."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone

from core.french import date_long
from core.money import euros, percent
from funding.grant_forms import ACCOUNT, FormData, FormField, form_data
from funding.models import FundingPlan, GrantAccount, GrantAccountLine
from funding.views.grants_accounts import summary
from reporting.pdf.engine import render_pdf
from reporting.statements import body


def render_account(*, account: GrantAccount) -> bytes:
    """The compte rendu's PDF/A-3a. A handed-in one always gives the same bytes: it is dated of its submission."""
    return render_pdf(
        template="pdf/compte_rendu.html",
        context=account_context(account),
        title=f"Compte rendu financier {account.year} – {account.plan.label}",
        created=settled_at(account),
    )


def settled_at(account: GrantAccount) -> dt.datetime:
    """When its figures stopped moving; the last save while they still do."""
    handed = account.events.filter(act="remettre", submission=account.submission).order_by("-pk").first()
    return handed.created_at if handed is not None and not account.is_editable else account.updated_at


def account_context(account: GrantAccount) -> dict[str, Any]:
    """Everything the template prints, formatted."""
    data = summary(account)
    sections = [
        ("Charges", data["charges"], data["total_charges"]),
        ("Produits", data["products"], data["total_products"]),
        ("Contributions volontaires en nature", data["in_kind"], None),
    ]
    return {
        "account": account,
        "body": body(account.beneficiary),
        "draft": account.is_editable,
        "accepted": account.status == "accepte",
        "due": date_long(data["due_on"]),
        "percent": percent(data["percent"]),
        "sections": [_section(name, lines, totals) for name, lines, totals in sections if lines],
        "explained": [(line, euros(line.gap or 0), line.explanation) for line in _explained(data)],
        "result": euros(data["result"]),
        "paragraphs": [text for text in account.narrative.splitlines() if text.strip()],
        "certified_on": date_long(account.certified_on) if account.certified_on else "",
        "submitted_on": date_long(account.submitted_on) if account.submitted_on else "",
    }


def _section(name: str, lines: list[GrantAccountLine], totals: Any) -> dict[str, Any]:
    return {
        "name": name,
        "rows": [
            (line.code, line.label, euros(line.planned), _amount(line.realised), _amount(line.gap)) for line in lines
        ],
        "total": [euros(totals.planned), euros(totals.realised), euros(totals.gap)] if totals else None,
    }


def _explained(data: dict[str, Any]) -> list[GrantAccountLine]:
    lines = [*data["charges"], *data["products"], *data["in_kind"]]
    return [line for line in lines if line.explanation]


def _amount(value: Any) -> str:
    return "non saisi" if value is None else euros(value)


# --- Data of the State's forms ----------------------------------------------------------------------------------------


def render_form(*, plan: FundingPlan, form: str) -> bytes:
    """« Données préparées »: what the form asks and Cosigne knows, in our own layout."""
    data = form_data(plan, form)
    return render_pdf(
        template="pdf/donnees_cerfa.html",
        context=form_context(data),
        title=f"{data.title} – données préparées",
        created=timezone.now(),
    )


def form_context(data: FormData) -> dict[str, Any]:
    realised = data.form == ACCOUNT
    return {
        "data": data,
        "body": body(data.plan.employer),
        "plan_label": data.plan.label,
        "date": date_long(timezone.localdate()),
        "sections": [
            (name, [(field.label, _value(field)) for field in fields if not field.is_missing])
            for name, fields in data.sections
            if any(not field.is_missing for field in fields)
        ],
        "missing": [f"{field.section} : {field.label}" for field in data.missing],
        "realised": realised,
        "budget": [
            (
                side.capitalize(),
                [_budget(line, realised) for line in data.budget if line.side == side],
                euros(data.total(side)),
            )
            for side in ("charges", "produits")
        ],
    }


def _budget(line: Any, realised: bool) -> tuple[str, ...]:
    cells = (line.code, line.label, euros(line.planned))
    return (*cells, _amount(line.realised)) if realised else cells


def _value(field: FormField) -> str:
    if field.is_amount:
        return euros(field.value)  # type: ignore[arg-type]
    if field.is_day:
        return date_long(field.value)  # type: ignore[arg-type]
    return str(field.value)
