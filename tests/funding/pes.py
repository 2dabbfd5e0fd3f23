"""What the tests of PES V2 share: the official schemas, when this machine has them, and pieces made up."""

from __future__ import annotations

import datetime as dt
import io
import os
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from hypothesis import strategies as st
from lxml import etree

from funding.exports.pes import reading, schema
from funding.exports.pes.model import (
    AFTER_PAYMENT,
    OF_RECEIPT,
    OF_TITRE,
    ORDINARY,
    REDUCTION,
    Debtor,
    Envelope,
    Origin,
    Piece,
    Sender,
)
from funding.exports.pes.text import Style, write
from funding.exports.pes.writer import slips_of, write_flow

DAY = dt.date(2026, 11, 20)
SENDER = Sender("22620001200012", "062090", "020", "00", "BUDGET PRINCIPAL")
DEBTOR = Debtor(
    name="CA EXEMPLE",
    identifier="246200729",
    identifier_kind="02",
    reference="CAB",
    category="24",
    legal_nature="09",
    line2="1 RUE DU PORT",
    postal_code="62200",
    city="BOULOGNE",
)
PIECE = Piece(
    key="62-2026-a",
    number=101,
    triplet=ORDINARY,
    subject="PARTICIPATION ISCG 2026 CONV 62-A04 - CF DECOMPTE NO 62-2026-A",
    amount=Decimal("8352.08"),
    account="74758",
    product="0100",
    debtor=DEBTOR,
)
ENVELOPE = Envelope("PESALR2", "PESALR2_22620001200012_261120_260001", DAY, SENDER)


def piece(number: int = 101, **more: Any) -> Piece:
    return replace(PIECE, number=number, key=f"62-2026-{number}", **more)


def flow(*pieces: tuple[Piece, int], envelope: Envelope = ENVELOPE) -> bytes:
    """The file of (piece, slip number) pairs."""
    stream = io.BytesIO()
    write_flow(stream, envelope, slips_of(pieces, exercice=2026, issued_on=DAY))
    return stream.getvalue()


def conforms(content: bytes) -> reading.Contents:
    """Assert that the file holds together, and that the official schema takes it where this machine has it.

    In CI the schemas must be there: an absent folder fails, it is never a reason to look away.
    """
    contents = reading.read(io.BytesIO(content))
    assert contents.wrong == []
    if settings.PES_XSD_DIR:
        assert schema.errors_of(io.BytesIO(content)) == []
    elif os.environ.get("CI"):
        pytest.fail("PES_XSD_DIR is not set: CI must validate PES files against the official schemas (see .ci/run)")
    return contents


def tags(content: bytes, tag: str) -> list[str]:
    return [element.get("V", "") for element in etree.fromstring(content).iter(tag)]


# --- Anything a plan may give -----------------------------------------------------------------------------------------

#: Up to what a titre's column holds (twelve digits).
amounts = st.integers(min_value=1, max_value=999_999_999_999).map(lambda cents: Decimal(cents) / 100)
styles = st.builds(Style, capitals=st.booleans(), accents=st.booleans())
digits = st.text("0123456789", min_size=1)


def texts(width: int, empty: bool = True) -> st.SearchStrategy[str]:
    """Whatever people type, as the exporter writes it."""
    written = st.builds(lambda raw, style: write(raw, width, style), st.text(max_size=width * 2), styles)
    return written if empty else written.map(lambda text: text or "INCONNU")


def codes(most: int, alphabet: str = "0123456789ABCDEFabcdef") -> st.SearchStrategy[str]:
    return st.text(alphabet, min_size=1, max_size=most).filter(lambda text: text.strip("0") != "")


debtors = st.builds(
    Debtor,
    name=texts(38, empty=False),
    name_more=texts(38),
    identifier=st.sampled_from(["", "22620001200012"]),
    identifier_kind=st.just("01"),
    reference=texts(30),
    category=st.sampled_from(["20", "22", "24", "60"]),
    legal_nature=st.sampled_from(["06", "07", "09"]),
    line1=texts(38),
    line2=texts(38, empty=False),
    line3=texts(38),
    postal_code=st.integers(1, 99999).map(lambda number: f"{number:05d}"),
    city=texts(38, empty=False),
)
numbers = codes(13, "0123456789")
origins = st.builds(Origin, kind=st.just(OF_TITRE), exercice=st.just(2026), number=numbers, line=st.just("1"))
receipts = st.builds(Origin, kind=st.just(OF_RECEIPT), exercice=st.just(2026), number=numbers)


@st.composite
def pieces(draw: st.DrawFn) -> Piece:
    triplet = draw(st.sampled_from([ORDINARY, REDUCTION, AFTER_PAYMENT]))
    origin = {REDUCTION: draw(origins), AFTER_PAYMENT: draw(receipts)}.get(triplet)
    return Piece(
        key="x",
        number=1,
        triplet=triplet,
        subject=draw(texts(160)),
        line_subject=draw(texts(160)),
        amount=draw(amounts),
        account=draw(codes(12, "123456789")),
        product=draw(codes(4)),
        debtor=draw(debtors),
        service=draw(texts(10)),
        function=draw(st.one_of(st.just(""), codes(10, "0123456789"))),
        operation=draw(st.one_of(st.just(""), codes(10))),
        edition=draw(st.sampled_from(["", "04"])),
        engagement=draw(texts(50)),
        debtor_service=draw(texts(100)),
        origin=origin,
    )
