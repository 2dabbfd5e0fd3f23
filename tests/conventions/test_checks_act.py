"""The fifteen conventions of the act give the findings that are true, each with its reason, and no other."""

from __future__ import annotations

import pytest

from conventions.checks import blocking, blocking_now, check_convention, check_convention_fully
from conventions.models import Convention
from core import rls
from core.findings import Finding, Mark, Severity
from tests.reporting.dossiers import DEMO
from tests.reporting.test_dossier_import import import_file, system

pytestmark = pytest.mark.django_db

NAMED_SERVICE = "a service of the State is named as a party; the State alone contracts"
LATE = "voted on 3 July 2023, after it took effect"
CIRCULAR = "cites NOR/INT/K/06/30043/T; the vote and the circular say /J"
NO_VOTE = "the text leaves the vote blank, or cites none"
ORIGINAL_8 = "seven originals, eight parties"
SHARED = "the brigade is in another employer's post as well"
GRANT = "four grants of 2023 make 47 669 € from each of the State and the Département; the text prints no amount"
OFFER = "« offre d'emploi » is cited as an annex and is not attached"
PROGEST = "the Progest software holds personal data and no clause protects them"
REQUEST = "the request is due by 28 February, the vote is of 3 July"
NO_GIVEN_NAME = "the signature block prints the surname alone"
CALENDAR = "the convention runs from day to day of two years, the plans pay calendar years"

#: convention → (code, place inside it) → why it is true. R32 apart: it looks at signatures, not at what is printed.
TRUE: dict[str, dict[tuple[str, str], str]] = {
    "62-A03": {
        ("R14", ".period.start"): LATE,
        ("R15", ".period"): CALENDAR,
        ("R26", ".stated.circular"): CIRCULAR,
        ("R29", ".parties[ddsp-62].stated.name"): NAMED_SERVICE,
    },
    "62-A04": {
        ("R14", ".period.start"): LATE,
        ("R15", ".period"): CALENDAR,
        ("R26", ".stated.circular"): CIRCULAR,
        ("R29", ".parties[ddsp-62].stated.name"): NAMED_SERVICE,
    },
    "62-A05": {
        ("R14", ".period.start"): LATE,
        ("R15", ".period"): CALENDAR,
        ("R26", ".stated.circular"): CIRCULAR,
        ("R26", ".stated.values.service"): "three times « de Calais » for the company of Boulogne-sur-Mer",
        ("R29", ".parties[ggd-62].stated.name"): NAMED_SERVICE,
    },
    "62-A06": {
        ("R14", ".period.start"): LATE,
    },
    "62-A07": {
        ("R14", ".period.start"): LATE,
    },
    "62-A08": {
        ("R14", ".period.start"): LATE,
        ("R29", ".parties[ggd-62].stated.name"): NAMED_SERVICE,
        ("R46", ".posts[isg-ternois].units[bta-frevent]"): SHARED,
        ("R48", ".stated.references[0]"): "article 8 cites article 5 for what article 6 says",
        ("R48", ".stated.references[1]"): "article 10 cites article 5 for what article 6 says",
    },
    "62-A09": {
        ("R14", ".period.start"): LATE,
        ("R29", ".parties[departement-62].stated.name"): "« Conseil départemental » for the Département",
        ("R29", ".parties[ggd-62].stated.name"): NAMED_SERVICE,
        ("R46", ".stated.units[1]"): "article 3 adds Béthune to the units of the other articles",
    },
    "62-A10": {
        ("R14", ".period.start"): LATE,
        ("R29", ".parties[prefecture-62].stated.name"): "« la Préfecture » for the State",
        ("R30", ".stated.committee_members[1]"): "the tribunal de grande instance ended in 2019",
        ("R36", ".stated.obliged[0]"): "the police station hosts and does not sign",
        ("R36", ".stated.obliged[1]"): "the gendarmerie company hosts and does not sign",
    },
    "62-A11": {
        ("R14", ".period.start"): LATE,
        ("R23", ".parties[ggd-62].stated.function"): "a colonel here, a general in the fourteen others",
        ("R29", ".parties[cc-campagnes-artois].stated.name"): "« des Campagne » for « des Campagnes »",
        ("R29", ".parties[ggd-62].stated.name"): NAMED_SERVICE,
        ("R29", ".parties[prefecture-62].stated.name"): "« la Préfecture » for the State",
        ("R46", ".posts[isg-avesnes].units[bta-beaumetz]"): SHARED,
        ("R46", ".posts[isg-avesnes].units[bta-frevent]"): SHARED,
    },
    "62-A12": {
        ("R14", ".period.start"): LATE,
        ("R29", ".parties[ggd-62].stated.name"): NAMED_SERVICE,
        ("R46", ".posts[isg-bapaume].units[bta-beaumetz]"): SHARED,
        ("R46", ".posts[isg-bapaume].units[bta-vis]"): SHARED,
        ("R46", ".stated.units[1]"): "article 7 equips five brigades that are not the post's",
    },
    "62-A13": {
        ("R29", ".parties[ggd-62].stated.name"): NAMED_SERVICE,
        ("R39", ".stated.first_meeting_months"): "the committee meets after six months of a four-month convention",
        ("R39", ".variables.reports[0]"): "a half-yearly report in a four-month convention",
        ("R46", ".posts[isg-osartis].units[bta-vis]"): SHARED,
    },
    "62-A14": {
        ("R14", ".period.start"): LATE,
        ("R20", ".clauses"): GRANT,
        ("R29", ".parties[ddsp-62].stated.name"): NAMED_SERVICE,
        ("R33", ".stated.personal_data_clause"): PROGEST,
        ("R42", ".stated.annexes[0]"): OFFER,
        ("R45", ".variables.budget_deadline"): REQUEST,
    },
    "62-A15": {
        ("R14", ".period.start"): LATE,
        ("R20", ".clauses"): GRANT,
        ("R29", ".parties[ggd-62].stated.name"): NAMED_SERVICE,
        ("R33", ".stated.personal_data_clause"): PROGEST,
        ("R42", ".stated.annexes[0]"): OFFER,
        ("R45", ".variables.budget_deadline"): REQUEST,
    },
    "62-A16": {
        ("R02", ".stated.originals"): ORIGINAL_8,
        ("R14", ".period.start"): LATE,
        ("R20", ".clauses"): GRANT,
        ("R23", ".parties[france-victimes-62].stated.name"): NO_GIVEN_NAME,
        ("R29", ".parties[ddsp-62].stated.name"): NAMED_SERVICE,
        ("R29", ".parties[ggd-62].stated.name"): NAMED_SERVICE,
        ("R33", ".stated.personal_data_clause"): PROGEST,
        ("R42", ".stated.annexes[0]"): OFFER,
        ("R45", ".variables.budget_deadline"): REQUEST,
    },
    "62-A17": {
        ("R14", ".period.start"): LATE,
        ("R20", ".clauses"): GRANT,
        ("R23", ".signatories[ca-deux-baies].stated.name"): NO_GIVEN_NAME,
        ("R23", ".signatories[cc-7-vallees].stated.name"): NO_GIVEN_NAME,
        ("R23", ".signatories[cc-haut-pays].stated.name"): NO_GIVEN_NAME,
        ("R23", ".signatories[france-victimes-62].stated.name"): NO_GIVEN_NAME,
        ("R29", ".parties[cc-haut-pays].stated.name"): "« en Montreuillois » for « du Montreuillois »",
        ("R29", ".parties[ddsp-62].stated.name"): NAMED_SERVICE,
        ("R29", ".parties[ggd-62].stated.name"): NAMED_SERVICE,
        ("R33", ".stated.personal_data_clause"): PROGEST,
        ("R42", ".stated.annexes[0]"): OFFER,
        ("R45", ".variables.budget_deadline"): REQUEST,
    },
}
#: Rules that find nothing wrong in the act, read on it all the same.
SILENT = {"R22", "R34", "R43", "R49"}


#: Importing the act takes seconds: its findings are plain values, read once for the tests that only look at them.
KEPT: dict[str, list[Finding]] = {}


def imported() -> None:
    import_file(DEMO.read_bytes())
    with rls.acting(system("62").context):
        KEPT.update({c.reference: check_convention(c) for c in Convention.objects.order_by("reference")})


@pytest.fixture
def findings() -> dict[str, list[Finding]]:
    if not KEPT:
        imported()
    return KEPT


def test_the_act_gives_exactly_what_is_true_of_it(findings):
    got = {
        reference: sorted((f.code, f.place.removeprefix(f"conventions[{reference}]")) for f in found if f.code != "R32")
        for reference, found in findings.items()
    }
    assert got == {reference: sorted(expected) for reference, expected in TRUE.items()}
    said = {f.code for found in findings.values() for f in found}
    assert not said & SILENT


def test_every_finding_leads_somewhere_and_says_where_its_rule_comes_from(findings):
    for found in (f for rows in findings.values() for f in rows):
        assert found.url.startswith("/"), found
        assert found.source, found
        assert found.place.startswith("conventions[62-A"), found
        assert not (found.mark is Mark.UNVERIFIED and found.severity is Severity.BLOCKING), found


def test_figures_of_the_act_stand_in_the_findings(findings):
    def one(reference: str, code: str) -> Finding:
        [found] = [f for f in findings[reference] if f.code == code]
        return found

    assert (one("62-A16", "R02").stated, one("62-A16", "R02").computed) == ("7", "8")
    assert "47\u202f669,00\u202f€" in one("62-A14", "R20").message
    assert one("62-A14", "R20").stated == "l'emploi des fonds, le montant"
    assert "212 jours" in one("62-A03", "R14").message
    assert one("62-A10", "R30").computed == "tribunal judiciaire"
    assert [f.computed for f in findings["62-A08"] if f.code == "R48"] == ["article 6", "article 6"]


def test_on_the_act_itself(django_assert_max_num_queries):
    """What needs its rows: what blocks now, how much is read, and R34 on a vote made wrong."""
    imported()
    with rls.acting(system("62").context):
        for convention in Convention.objects.order_by("reference"):
            # The quicker reading of the home page skips no rule that blocks.
            full = blocking(check_convention_fully(convention), at_signature=False)
            quick = blocking_now(convention)
            assert {(f.code, f.place) for f in quick} == {(f.code, f.place) for f in full}, convention.reference
        convention = Convention.objects.get(reference="62-A16")
        with django_assert_max_num_queries(40):
            check_convention_fully(convention)
        # R34 is silent because the vote is right, not because it was not read: the dossier carries whom it names.
        decision = convention.decision_links.first().decision
        deliberation = decision.deliberation
        assert sorted(deliberation.stated["parties"]) == sorted(TRUE)
        deliberation.stated["parties"]["62-A16"].remove("parquet-saint-omer")
        deliberation.stated["parties"]["62-A16"].append("cc-ternois")
        deliberation.save()
        [found] = [f for f in check_convention(convention) if f.code == "R34"]
    assert "ne nomme pas Parquet près le tribunal judiciaire de Saint-Omer" in found.message
    assert "nomme CC du Ternois, qui ne signe pas" in found.message
