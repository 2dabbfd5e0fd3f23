"""The bytes of a PES flow: order, characters, sums, slips; any plan gives a file the official schema takes."""

import datetime as dt
import io
import re
import tomllib
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from lxml import etree

from funding.exports.pes import reading, schema, text, writer
from funding.exports.pes.model import OF_TITRE, ORDINARY, REDUCTION, Attachment, Origin, Piece
from funding.exports.pes.numbering import Series, numbered
from tests.funding import pes
from tests.funding.pes import PIECE, conforms, flow, piece, tags


def test_the_file_is_what_hélios_reads() -> None:
    content = flow((piece(101), 12), (piece(102, amount=Decimal("15000")), 12))
    assert content.startswith(b"<?xml version='1.0' encoding='ISO-8859-1'?>\n<n:PES_Aller xmlns:n=")
    contents = conforms(content)
    assert (contents.slips, contents.pieces, contents.total) == ([("01", "12")], ["101", "102"], Decimal("23352.08"))
    assert tags(content, "InfoDematerialisee") == ["0"]
    assert tags(content, "MtBordHt") == ["23352.08"]
    assert tags(content, "NbrPce") == ["2"]
    assert tags(content, "MtHT") == ["8352.08", "15000.00"]
    assert tags(content, "DteBordEm") == ["2026-11-20"]
    assert [tags(content, tag)[0] for tag in ("TypBord", "TypPce", "NatPce")] == ["01", "01", "01"]
    assert tags(content, "IdLigne") == ["1", "1"]
    root = etree.fromstring(content)
    namespaces = {etree.QName(element).namespace for element in root.iter("*")}
    assert namespaces == {writer.NAMESPACE, None}, "only the root has a namespace"


def test_nothing_is_said_where_nothing_is_known() -> None:
    """No empty value, no edition, no attachment to an agreement of Hélios: its number is Hélios's own."""
    content = flow((piece(), 12))
    assert b'V=""' not in content
    for tag in ("Edition", "LiensIdent", "IdConv", "PJRef", "RattachPiece", "Adr1", "Operation", "FinJur"):
        assert tags(content, tag) == [], tag
    assert etree.fromstring(content).find(".//LiensIdent") is None


def test_a_reduction_is_attached_to_its_titre() -> None:
    reduction = piece(102, triplet=REDUCTION, amount=Decimal("1000"), origin=Origin(OF_TITRE, 2026, "87", "1"))
    content = flow((piece(101), 12), (reduction, 13))
    assert conforms(content).slips == [("01", "12"), ("02", "13")]
    assert tags(content, "TypPce") == ["01", "02"]
    assert tags(content, "NatPce") == ["01", "06"]
    assert [tags(content, tag) for tag in ("NatPceOrig", "ExerRat", "IdPceOrig", "IdLigneOrig")] == [
        ["01"],
        ["2026"],
        ["87"],
        ["1"],
    ]


def test_optional_tags_have_their_place() -> None:
    full = piece(
        service="DGAS",
        edition="04",
        line_subject="PARTICIPATION 2026",
        function="4213",
        operation="OP1",
        engagement="EJ 2026/1",
        debtor_service="SOCIAL",
        attachment=Attachment("22620001200012REC2026AB", "decompte.pdf"),
    )
    content = flow((full, 12))
    conforms(content)
    block = [child.tag for child in etree.fromstring(content).find(".//BlocPiece")]  # type: ignore[union-attr]
    assert block == [
        "CodServ",
        "IdPce",
        "TypPce",
        "NatPce",
        "Edition",
        "ObjPce",
        "PJRef",
        "NumeroEngagement",
        "CodeService",
    ]


def test_the_same_pieces_give_the_same_bytes() -> None:
    assert flow((piece(), 12)) == flow((piece(), 12))
    later = replace(pes.ENVELOPE, day=dt.date(2026, 11, 21))
    assert flow((piece(), 12)) != flow((piece(), 12), envelope=later)


def test_the_file_s_name_follows_the_rule() -> None:
    stem = writer.file_stem("PESALR2", "22620001200012", dt.date(2026, 11, 20), "230001")
    assert stem == "PESALR2_22620001200012_261120_230001"
    assert re.fullmatch(r"PESALR2_\d{14}_\d{6}_\w+", stem)


def test_the_sender_is_this_version_of_the_program() -> None:
    project = tomllib.loads((Path(settings.BASE_DIR) / "pyproject.toml").read_text())["project"]
    assert project["version"] == writer.SOFTWARE_VERSION


def test_an_amount_is_never_rounded_at_the_door() -> None:
    assert writer.amount(Decimal("1000")) == "1000.00"
    with pytest.raises(ValueError, match="more than two decimals"):
        writer.amount(Decimal("10.005"))


# --- Characters -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("Préfecture – cœur d’Artois… 12 €", "PREFECTURE - COEUR D'ARTOIS... 12 EUR"),
        ("CC de l'Artois & Ternois <62>", "CC DE L'ARTOIS & TERNOIS <62>"),
        ("n° 5 « a »", 'NO 5 " A "'),
        ("deux\nlignes\t et  blancs\u00a0", "DEUX LIGNES ET BLANCS"),
        ("Œuvre Ÿ µ", "OEUVRE Y µ"),
        ("漢字", ""),
        ("nc", ""),
        (" . ", ""),
        ("0000", ""),
    ],
)
def test_texts_are_carried_in_capitals_without_accents(typed: str, written: str) -> None:
    assert text.write(typed, 160) == written


def test_accents_stay_when_the_accountant_takes_them() -> None:
    assert text.write("Préfecture – ÿ", 40, text.Style(capitals=True, accents=True)) == "PRÉFECTURE - Y"
    assert text.write("Cœur n° 5", 40, text.Style(capitals=False, accents=True)) == "Coeur n° 5"
    assert tags(flow((piece(subject="PRÉFECTURE N° 5"), 1)), "ObjPce") == ["PRÉFECTURE N° 5"]


@given(st.text(max_size=80), st.integers(1, 60), pes.styles)
def test_any_text_becomes_one_line_of_the_charset(raw: str, width: int, style: text.Style) -> None:
    written = text.write(raw, width, style)
    assert len(written) <= width
    assert written.encode(text.ENCODING).decode(text.ENCODING) == written
    assert written == "" or text.is_carried(written)


# --- Any plan ---------------------------------------------------------------------------------------------------------


@hypothesis_settings(max_examples=35)
@given(st.lists(pes.pieces(), min_size=1, max_size=6), st.integers(1, 9_000_000), st.integers(1, 90_000_000))
def test_any_plan_gives_a_valid_file(plan: list[Piece], slip: int, first: int) -> None:
    series = Series(slip, first, size=3)
    rows = [
        (replace(each, number=number.titre), number.slip)
        for each, number in numbered(((each.triplet.slip, each) for each in plan), series)
    ]
    contents = conforms(flow(*rows))
    assert contents.total == sum(each.amount for each in plan)
    assert [int(number) for number in contents.pieces] == list(range(first, first + len(plan)))
    assert len(contents.slips) == len(set(contents.slips))


def test_a_full_bordereau_gives_way_to_the_next() -> None:
    kinds = [("01", rank) for rank in range(5)] + [("02", 5)]
    found = [(number.slip, number.titre) for _, number in numbered(kinds, Series(12, 101, size=2))]
    assert found == [(12, 101), (12, 102), (13, 103), (13, 104), (14, 105), (15, 106)]


# --- Reading again ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (b'MtBordHt V="8352.08"', b'MtBordHt V="8352.09"', "sum to 8352.08"),
        (b'NbrPce V="1"', b'NbrPce V="2"', "states 2 pieces"),
        (b'<Majo V="0"/>', b"", "lacks Majo"),
        (b'<Majo V="0"/>', b'<Majo V="0"/><Autre V="1"/>', "holds Autre"),
        (b'Nom V="CA EXEMPLE"', b'Nom V=""', "Nom says nothing"),
        (b"<Tiers>", b"<Tiers/><Tiers>", "several debtors"),
        (b'<CodRes V="0"/>', b'<CodRes V="0"/><CP V="62000"/>', "out of order"),
    ],
)
def test_a_file_that_does_not_hold_together_is_seen(before: bytes, after: bytes, said: str) -> None:
    content = flow((PIECE, 12))
    assert before in content
    found = reading.read(io.BytesIO(content.replace(before, after, 1)))
    assert said in " / ".join(found.wrong)


def test_the_schema_refuses_what_it_should() -> None:
    """The check is not a formality: a wrong tag name is seen, be it by the schema or by the reading."""
    content = flow((PIECE, 12)).replace(b"MtBordHt", b"MtBordHT")
    assert reading.read(io.BytesIO(content)).wrong
    if settings.PES_XSD_DIR:
        assert "MtBordHT" in schema.errors_of(io.BytesIO(content))[0]


def test_a_folder_without_schemas_is_said_so(settings, tmp_path: Path) -> None:
    settings.PES_XSD_DIR = str(tmp_path)
    with pytest.raises(schema.SchemaUnavailable, match="PES_XSD_DIR"):
        schema.errors_of(io.BytesIO(flow((PIECE, 12))))


def test_ordinary_pieces_have_the_ordinary_triplet() -> None:
    assert (ORDINARY.slip, ORDINARY.piece, ORDINARY.nature) == ("01", "01", "01")
    assert (REDUCTION.slip, REDUCTION.piece, REDUCTION.nature) == ("02", "02", "06")
