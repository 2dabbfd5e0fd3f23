"""A three-year table of sixteen financers, as departmental schemes print them, and a two-financer plan."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from lxml import html

from funding.adapter import CostData, PlanData, ShareData
from funding.enums import CostKind, ShareMode, Source
from funding.models import FundingPlan
from funding.services.plans import create_plan
from parties.enums import LegalForm, OrganisationKind
from parties.models import Organisation
from tests.cast import YEAR, Cast, make_post

YEARS = (YEAR, YEAR + 1, YEAR + 2)
#: The State's share falls; the others bear what it leaves.
STATE = {YEAR: Decimal(80), YEAR + 1: Decimal(50), YEAR + 2: Decimal(30)}
COST = Decimal("312345.67")
NOTE = "Sous réserve du vote du budget."


def epcis(cast: Cast, count: int) -> list[Organisation]:
    here = cast.territory["here"]
    return [
        Organisation.objects.create(
            territory=here, key=f"cc-{rank}", kind=OrganisationKind.EPCI, legal_form=LegalForm.CC, name=f"CC n° {rank}"
        )
        for rank in range(1, count + 1)
    ]


def sixteen(cast: Cast) -> list[FundingPlan]:
    """State in percentage (80, 50, 30 %), Département fixed, a block of three by key, eleven equal parts; notes."""
    with cast.acting("gestionnaire"):
        post = make_post(cast, "table", employer="departement", unit="gendarmerie")
        bodies = epcis(cast, 14)
        return [create_plan(data=_year(cast, year, post, bodies), by=cast.actor("gestionnaire")) for year in YEARS]


def _year(cast: Cast, year: int, post: Any, bodies: list[Organisation]) -> PlanData:
    weights = (Decimal("50.5"), Decimal("30"), Decimal("19.5"))
    block = tuple(
        ShareData(ref=f"cle-{n}", financer=body, source=Source.EPCI, mode=ShareMode.KEY, weight=w, percent=w)
        for n, (body, w) in enumerate(zip(bodies[:3], weights, strict=True))
    )
    equal = [
        ShareData(ref=f"e{n}", financer=body, source=Source.EPCI, mode=ShareMode.EQUAL)
        for n, body in enumerate(bodies[3:])
    ]
    return PlanData(
        label=f"Table – {year}",
        year=year,
        employer=cast.org["departement"],
        posts=(post,),
        period_start=dt.date(year, 1, 1),
        period_end=dt.date(year, 12, 31),
        costs=(
            CostData(CostKind.PAYROLL, "", COST + (year - YEAR) * 1000),
            CostData(CostKind.TRAVEL, "", Decimal("1000"), "departement"),
        ),
        shares=(
            ShareData(
                ref="etat", financer=cast.org["prefecture"], source=Source.FIPD, mode=ShareMode.PERCENTAGE,
                percent=STATE[year], footnote=f"Barème dégressif, {year}.",
            ),
            ShareData(
                ref="departement", financer=cast.org["departement"], source=Source.DEPARTEMENT, mode=ShareMode.FIXED,
                fixed_amount=Decimal("12345.67"), footnote=NOTE,
            ),
            ShareData(ref="bloc", label="EPCI du bassin", mode=ShareMode.EQUAL, children=block),
            *equal,
        ),
    )  # fmt: skip


def two(cast: Cast) -> FundingPlan:
    """A municipal grant and a State grant, cost unknown to the commune's partners: both fixed."""
    with cast.acting("gestionnaire"):
        post = make_post(cast, "deux", employer="epci_b", unit="police")
        return create_plan(
            data=PlanData(
                label=f"Deux financeurs – {YEAR}",
                year=YEAR,
                employer=cast.org["epci_b"],
                posts=(post,),
                period_start=dt.date(YEAR, 1, 1),
                period_end=dt.date(YEAR, 12, 31),
                costs=(CostData(CostKind.PAYROLL, "", Decimal("45000")),),
                shares=(
                    ShareData(
                        ref="etat", financer=cast.org["prefecture"], source=Source.FIPD, mode=ShareMode.FIXED,
                        fixed_amount=Decimal("20045"),
                    ),
                    ShareData(ref="epci", financer=cast.org["epci_b"], source=Source.EPCI, mode=ShareMode.REMAINDER),
                ),
            ),
            by=cast.actor("gestionnaire"),
        )  # fmt: skip


def fields(response: Any, form_id: str) -> dict[str, str]:
    """What a browser would send of a form of the page, its buttons apart."""
    page = html.fromstring(response.content.decode())
    form = page.get_element_by_id(form_id)
    return {name: value or "" for name, value in form.form_values() if name}


def texts(response: Any) -> str:
    """The page's words with plain spaces."""
    page = html.fromstring(response.content.decode())
    return " ".join(" ".join(page.itertext()).replace("\u202f", " ").replace("\xa0", " ").split())
