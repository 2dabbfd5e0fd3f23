"""What the schema lets through and Hélios refuses: each planted error is found, located, and nothing else is."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from core.findings import Severity
from funding.exports.chart import Verdict, accounts, verdict
from funding.exports.pes import checks
from funding.exports.pes.checks import Where
from funding.exports.pes.model import AFTER_PAYMENT, OF_RECEIPT, OF_TITRE, REDUCTION, Origin, Slip
from funding.exports.thresholds import threshold_on, thresholds
from tests.funding.pes import DAY, DEBTOR, PIECE, SENDER, piece


def problems(chart: str = "M57", sender: Any = SENDER, **changes: Any) -> list[checks.Problem]:
    debtor = replace(DEBTOR, **changes.pop("debtor", {}))
    given = replace(PIECE, debtor=debtor, **changes)
    return list(checks.check_piece(given, sender=sender, exercice=2026, chart=chart, threshold=threshold_on(DAY)))


def test_a_right_titre_has_no_problem() -> None:
    assert problems() == []
    assert list(checks.check_sender(SENDER)) == []


@pytest.mark.parametrize(
    ("changes", "field", "where", "said"),
    [
        ({"debtor": {"identifier": "24620072800014", "identifier_kind": "01"}}, "IdTiers", Where.RECORD, "clé"),
        ({"debtor": {"identifier": "246200728"}}, "IdTiers", Where.RECORD, "SIREN"),
        ({"debtor": {"identifier": "226200012"}}, "IdTiers", Where.RECORD, "à soi-même"),
        ({"debtor": {"identifier_kind": "09"}}, "NatIdTiers", Where.RECORD, "identifiant"),
        ({"debtor": {"postal_code": "6220"}}, "CP", Where.RECORD, "« 6220 » n'est pas un code postal"),
        ({"debtor": {"postal_code": ""}}, "CP", Where.RECORD, "manque"),
        ({"debtor": {"line2": ""}}, "Adr2", Where.RECORD, "adresse"),
        ({"debtor": {"city": ""}}, "Ville", Where.RECORD, "ville"),
        ({"debtor": {"category": ""}}, "CatTiers", Where.DEBTORS, "CatTiers"),
        ({"debtor": {"legal_nature": "12"}}, "NatJur", Where.DEBTORS, "NatJur"),
        ({"debtor": {"name": ""}}, "Nom", Where.RECORD, "nom"),
        ({"debtor": {"reference": "x" * 31}}, "RefTiers", Where.DEBTORS, "30 caractères"),
        ({"amount": Decimal("14.99")}, "MtHT", Where.TITRE, "15,00"),
        ({"amount": Decimal("0")}, "MtHT", Where.TITRE, "supérieur à zéro"),
        ({"amount": Decimal("10000000000000")}, "MtHT", Where.TITRE, "quatorze chiffres"),
        ({"product": ""}, "CodProdLoc", Where.BOOKING, "code produit"),
        ({"product": "TROP LONG"}, "CodProdLoc", Where.BOOKING, "code produit"),
        ({"function": "42.13"}, "Fonction", Where.BOOKING, "chiffres"),
        ({"operation": "C02-421K01"}, "Operation", Where.BOOKING, "opération"),
        ({"edition": "02"}, "Edition", Where.OPTIONS, "avis des sommes à payer"),
        ({"account": ""}, "Nature", Where.ACCOUNTS, "manque"),
        ({"account": "7474"}, "Nature", Where.ACCOUNTS, "subdivisé en M57 : prenez 74741, 74748"),
        ({"account": "74799"}, "Nature", Where.ACCOUNTS, "n'existe pas en M57"),
        ({"subject": "A" * 161}, "ObjPce", Where.TITRE, "160 caractères"),
        ({"subject": "12 €"}, "ObjPce", Where.TITRE, "transmissible"),
        ({"triplet": REDUCTION}, "IdPceOrig", Where.TITRE, "n'a pas de numéro"),
        ({"triplet": REDUCTION, "origin": Origin(OF_TITRE, 2025, "7", "1")}, "IdPceOrig", Where.TITRE, "673"),
        ({"triplet": AFTER_PAYMENT}, "IdPceOrig", Where.NUMBERS, "numéro d'encaissement"),
        ({"origin": Origin(OF_TITRE, 2026, "7")}, "IdPceOrig", Where.TITRE, "ne se rattache"),
    ],
)
def test_a_planted_error_is_found_and_located(changes: dict[str, Any], field: str, where: Where, said: str) -> None:
    (found,) = problems(**changes)
    assert (found.field, found.where, found.severity) == (field, where, Severity.BLOCKING)
    assert said in found.message.replace("\u202f", " ")
    assert PIECE.key in found.message or found.message.startswith("Débiteur « ")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"siret": ""}, "IdColl"),
        ({"siret": "22620001200013"}, "IdColl"),
        ({"accountant": ""}, "IdPost"),
        ({"accountant": "62090"}, "IdPost"),
        ({"collectivity": "20"}, "CodCol"),
        ({"budget": "0"}, "CodBud"),
    ],
)
def test_what_the_accountant_has_not_given(changes: dict[str, str], field: str) -> None:
    (found,) = checks.check_sender(replace(SENDER, **changes))
    assert (found.field, found.where) == (field, Where.ACCOUNTANT)


def test_right_reductions_and_receipts_pass() -> None:
    reduction = {"triplet": REDUCTION, "origin": Origin(OF_TITRE, 2026, "87", "1"), "amount": Decimal("3")}
    assert problems(**reduction) == [], "a reduction may be under the threshold"
    assert problems(triplet=AFTER_PAYMENT, origin=Origin(OF_RECEIPT, 2026, "4512")) == []


def test_numbers_are_given_by_the_officer() -> None:
    def found(**given: Any) -> list[str]:
        numbers = {"exercice": 2026, "first_slip": 12, "first_titre": 101, "slips": 1, "titres": 3} | given
        return [each.field for each in checks.check_numbers(**numbers)]

    assert found() == []
    assert found(first_slip=None, first_titre=None) == ["IdBord", "IdPce"]
    assert found(first_titre=99_999_998) == ["IdPce"], "the third would not fit"
    assert found(first_slip=0) == ["IdBord"]
    assert found(exercice=26) == ["Exer"]


def test_a_slip_states_what_it_holds() -> None:
    slip = Slip(2026, 12, "01", DAY, (piece(101), piece(102)))
    assert list(checks.check_slip(slip, count=2, total=Decimal("16704.16"))) == []
    wrong = checks.check_slip(slip, count=3, total=Decimal("16704.15"))
    assert [each.field for each in wrong] == ["NbrPce", "MtBordHt"]


def test_the_chart_judges_what_it_knows() -> None:
    for number in ("74718", "7473", "74741", "74748", "74751", "74758", "747888", "70848", "70876", "70878"):
        assert verdict(number) is Verdict.KNOWN, number
    assert verdict("7475") is Verdict.DIVIDED
    assert verdict("7475", "M52") is Verdict.NOT_JUDGED, "M52 is another chart"
    assert verdict("6419") is Verdict.NOT_JUDGED
    assert verdict("74.1") is Verdict.MALFORMED
    assert len(accounts()) > 60
    (doubt,) = problems(account="6419")
    assert (doubt.severity, doubt.field) == (Severity.WATCH, "Nature")


def test_the_threshold_is_dated() -> None:
    assert threshold_on(DAY).amount == Decimal("15.00")
    assert threshold_on(dt.date(2016, 5, 1)).amount == Decimal("5.00")
    ends = sorted(rule.end for rule in thresholds() if rule.end)
    starts = sorted(rule.start for rule in thresholds() if rule.start)
    assert [end + dt.timedelta(days=1) for end in ends] == starts, "no gap, no overlap"
