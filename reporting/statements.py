"""The décompte of a titre: the working of its amount, as a document that goes with it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone

from core.french import date_long
from core.money import euros, in_words
from funding import titre_display
from funding.exports.addresses import address_of, identifier_of
from funding.models import Titre
from parties.enums import OrganisationKind
from parties.models import Organisation
from reporting.pdf.engine import render_pdf

TEMPLATE = "pdf/decompte.html"
#: Acts of the log after which the figures are what the statement says.
SETTLING = ("preparer", "bloquer", "exporter")


def render_statement(*, titre: Titre) -> bytes:
    """The décompte's PDF/A-3a. Reads the titre's frozen statement: the same titre gives the same bytes.

    Holds no personal data: bodies, dates and figures only. Errors are those of ``render_pdf``.
    """
    return render_pdf(
        template=TEMPLATE,
        context=statement_context(titre),
        title=f"Décompte {titre.entry_id}",
        created=statement_date(titre),
    )


def statement_date(titre: Titre) -> dt.datetime:
    """When the figures were settled: the export, else the last computation.

    Read in the titre's log, which issuer and debtor both see: the batch is the issuer's alone.
    """
    settled = titre.events.filter(act__in=SETTLING).order_by("-pk").values_list("created_at", flat=True).first()
    return settled or titre.created_at


def statement_context(titre: Titre) -> dict[str, Any]:
    """Everything the template prints, formatted."""
    data = titre.statement
    return {
        "titre": titre,
        "plan_label": titre.plan.label,
        "issuer": body(titre.issuer),
        "debtor": body(titre.debtor),
        "draft": titre.batch_id is None,
        "correction": titre.is_correction,
        "date": date_long(timezone.localdate(statement_date(titre))),
        "annual_costs": bool(data.get("costs_are_annual")),
        "amount": euros(titre.amount),
        "words": in_words(titre.amount),
    } | titre_display.lines_of(titre)


def body(organisation: Organisation) -> dict[str, Any]:
    """An organisation as a letterhead shows it: full name, address lines, number."""
    address = address_of(organisation)
    lines = [address.line1, address.line2, address.line3, f"{address.postal_code} {address.city}".strip()]
    number, kind = identifier_of(organisation)
    return {
        # The State acts through its préfecture: the letter must reach that one.
        "name": organisation.name if organisation.kind == OrganisationKind.PREFECTURE else organisation.french.text,
        "lines": [line for line in lines if line],
        "number": f"{'SIRET' if kind == '01' else 'SIREN'} {_spaced(number)}" if number else "",
    }


def _spaced(number: str) -> str:
    """ "176 200 016 00017", as INSEE prints it."""
    return " ".join(filter(None, [number[:3], number[3:6], number[6:9], number[9:]]))
