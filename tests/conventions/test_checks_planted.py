"""Each rule on an error planted for it, and silent on the case next to it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conventions.calendar.frequency import frequency_of
from conventions.checks import check_convention, check_convention_fully
from conventions.checks.bodies import ended_bodies
from conventions.checks.people import heads_of, name_words, ranks_of
from conventions.checks.references import meant
from conventions.checks.statements import typed_amounts, typed_dates
from conventions.models import Convention, Decision, DecisionConvention, Deliberation, Party
from core.findings import Finding, Mark, Severity
from funding.grant_rules import set_rule
from funding.grant_sums import grant_sums
from parties.models import Mandate, Organisation
from posts.models import PostUnit
from tests.cast import YEAR
from tests.conventions.pages import make_draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def convention(cast):
    """Convention d for one year: an association, the State, the Département, the gendarmerie."""
    with cast.acting("gestionnaire"):
        found = Convention.objects.get(pk=cast.convention["d"].pk)
        found.period_end = dt.date(YEAR, 12, 31)
        found.save()
        yield found


@pytest.fixture
def draft(cast):
    """A draft with its model, of an EPCI employer."""
    with cast.acting("gestionnaire"):
        yield make_draft(cast)


def found(convention: Convention, code: str) -> list[Finding]:
    return [finding for finding in check_convention(convention) if finding.code == code]


def one(convention: Convention, code: str) -> Finding:
    [finding] = found(convention, code)
    assert finding.url
    assert finding.source
    return finding


def vote_of(cast, convention: Convention, organisation: str, day: dt.date, **stated) -> Deliberation:
    """A vote of ``organisation`` with one article that names the convention."""
    made = Deliberation.objects.create(organisation=cast.org[organisation], date=day, stated=stated, key="vote")
    article = Decision.objects.create(deliberation=made, position=1, kind="attribution", amount=Decimal(15000))
    DecisionConvention.objects.create(decision=article, convention=convention)
    return made


def edit(cast, draft: Convention, kind: str, text: str) -> None:
    draft.clauses.update_or_create(kind=kind, defaults={"edited_text": text, "territory_id": draft.territory_id})


# --- R02, R14, R15 ----------------------------------------------------------------------------------------------------


def test_r02_two_signatures_for_one_party_ask_for_no_more_originals(cast, convention):
    """An elected and an administrative signatory may both be required: one original each party all the same."""
    party = convention.parties.get(organisation=cast.org["departement"])
    second = Mandate.objects.create(
        organisation=cast.org["departement"], key="dgs", person="Dominique Exemple", function="Directeur général",
        capacity="administratif",
    )  # fmt: skip
    convention.signatories.create(territory_id=convention.territory_id, party=party, mandate=second, position=9)
    convention.stated = {"originals": 4}
    assert found(convention, "R02") == []
    convention.stated = {"originals": 5}
    assert one(convention, "R02").computed == "4"


def test_r02_says_nothing_of_a_text_nobody_has(convention):
    convention.stated = {"absent": True, "duration_months": 12}
    assert found(convention, "R02") == []


def test_r14_finds_printed_days_that_are_not_the_data_s(convention):
    convention.stated = {"originals": 4, "start": f"{YEAR}-02-01", "end": f"{YEAR}-12-31"}
    finding = one(convention, "R14")
    assert (finding.place, finding.stated) == ("conventions[62-D].stated.start", f"{YEAR}-02-01")
    assert finding.severity is Severity.BLOCKING
    convention.stated = {"originals": 4, "start": f"{YEAR}-01-01", "end": f"{YEAR}-12-31"}
    assert found(convention, "R14") == []


def test_r14_asks_a_text_that_says_neither_its_length_nor_its_end(convention):
    convention.stated = {"originals": 4, "start": f"{YEAR}-01-01"}
    finding = one(convention, "R14")
    assert finding.severity is Severity.EXPLAIN
    assert "ne dit ni sa durée ni sa fin" in finding.message
    convention.stated |= {"duration_months": 12}
    assert found(convention, "R14") == []


def test_r14_a_period_that_is_none_blocks(convention):
    convention.period_start, convention.period_end = dt.date(YEAR, 6, 1), dt.date(YEAR, 1, 1)
    assert one(convention, "R14").severity is Severity.BLOCKING


def test_r14_counts_from_the_vote_that_names_the_convention(cast, convention):
    vote_of(cast, convention, "departement", dt.date(YEAR, 7, 3))
    assert "183 jours" in one(convention, "R14").message
    Deliberation.objects.update(date=dt.date(YEAR - 1, 12, 1))
    assert found(Convention.objects.get(pk=convention.pk), "R14") == []


def test_r15_one_ended_by_an_act_leaves_no_overlap(cast, convention):
    before = Convention.objects.create(
        territory_id=convention.territory_id, reference="62-AVANT", family=convention.family,
        period_start=dt.date(YEAR - 1, 1, 1), period_end=dt.date(YEAR, 3, 31), status="signee",
    )  # fmt: skip
    before.convention_posts.create(territory_id=convention.territory_id, post=cast.post["d"])
    assert "se chevauchent" in one(convention, "R15").message
    Convention.objects.filter(pk=before.pk).update(status="resiliee")
    assert found(convention, "R15") == []


# --- R20 --------------------------------------------------------------------------------------------------------------


def test_r20_reads_its_threshold_from_the_dated_rules(cast, convention):
    """15 000 € is under the national threshold, over one the territory would set from that year on."""
    assert found(convention, "R20") == []
    set_rule(
        kind="threshold", value="10000", valid_from=dt.date(YEAR, 1, 1), source="Essai", by=cast.actor("gestionnaire")
    )
    assert {row.threshold for row in grant_sums(cast.org["association"], [YEAR])} == {Decimal("10000.00")}
    assert {row.threshold for row in grant_sums(cast.org["association"], [YEAR - 1])} <= {Decimal(23000)}
    assert "plus de 10\u202f000,00\u202f€" in one(Convention.objects.get(pk=convention.pk), "R20").message


# --- R22, R23 ---------------------------------------------------------------------------------------------------------


def test_r22_a_signatory_for_the_association_sits_in_the_assembly_that_votes(cast, convention):
    vote_of(cast, convention, "departement", dt.date(YEAR - 1, 12, 1))
    assert found(convention, "R22") == []
    person = convention.signatories.get(party__organisation=cast.org["association"]).mandate.person
    sitting = Mandate.objects.create(
        organisation=cast.org["departement"], key="conseillere", person=person.upper(), function="Conseillère",
        end=dt.date(YEAR - 1, 6, 30),
    )  # fmt: skip
    assert found(convention, "R22") == [], "she left before the vote"
    Mandate.objects.filter(pk=sitting.pk).update(end=None)
    finding = one(convention, "R22")
    assert finding.severity is Severity.WATCH
    assert finding.mark is Mark.UNVERIFIED
    assert finding.place == "conventions[62-D].signatories[association]"


def test_r22_reads_the_members_an_act_names(cast, convention):
    person = convention.signatories.get(party__organisation=cast.org["association"]).mandate.person
    vote_of(cast, convention, "departement", dt.date(YEAR - 1, 12, 1), members=[f"Mme {person}"])
    assert one(convention, "R22").stated == person


def printed(convention: Convention, key: str, **stated: str) -> None:
    convention.signatories.filter(party__organisation__key=key).update(stated=stated)


def test_r23_another_rank_another_name_another_function(cast, convention):
    Mandate.objects.filter(pk=cast.mandate["gendarmerie"].pk).update(
        person="Frantz TAVART", rank="Général", function="Commandant du groupement"
    )
    printed(convention, "gendarmerie", name="M. Frantz Tavart", function="Le Général, commandant du groupement")
    assert found(convention, "R23") == []
    for stated, path in (
        ({"name": "TAVART", "function": "Commandant du groupement"}, ".name"),
        ({"name": "Frantz TAVART", "function": "Le Colonel, commandant le groupement"}, ".function"),
        ({"name": "Frantz TAVART", "function": "Le Général, directeur de la gendarmerie"}, ".function"),
    ):
        printed(convention, "gendarmerie", **stated)
        finding = one(convention, "R23")
        assert finding.place == f"conventions[62-D].signatories[gendarmerie].stated{path}"


def test_r23_one_person_twice_in_the_directory(cast, convention):
    twin = Mandate.objects.create(
        organisation=cast.org["association"], key="double", person="Association", function="Présidente",
        start=dt.date(YEAR - 3, 1, 1),
    )  # fmt: skip
    assert "deux fois" in one(convention, "R23").message
    Mandate.objects.filter(pk=twin.pk).update(end=dt.date(YEAR - 3, 6, 1))
    Mandate.objects.filter(pk=cast.mandate["association"].pk).update(start=dt.date(YEAR - 2, 1, 1))
    assert found(Convention.objects.get(pk=convention.pk), "R23") == [], "one after the other"


def test_names_ranks_and_functions_are_told_apart():
    assert name_words("M. Jean-Claude LEROY") == name_words("Jean Claude Leroy")
    assert name_words("CREPIN (sans prénom)") < name_words("Fabrice CRÉPIN")
    assert ranks_of("Contrôleur Général, Directeur départemental") == {"controleur general"}
    assert ranks_of("Le Lieutenant-colonel") == {"lieutenant colonel"}
    assert ranks_of("Directeur général des services") == set()
    assert heads_of("La Présidente du conseil") == heads_of("Président")
    assert heads_of("Vice-président délégué") == {"vicepresident"}


# --- R26 --------------------------------------------------------------------------------------------------------------


def test_r26_one_thing_said_in_two_ways(convention):
    convention.stated = {"originals": 4, "values": {"service": ["compagnie d'Arras", "Compagnie d’ARRAS"]}}
    assert found(convention, "R26") == [], "the same words"
    convention.stated["values"]["service"].append("compagnie de Calais")
    assert one(convention, "R26").place == "conventions[62-D].stated.values.service"


def test_r26_the_circular_under_another_reference(convention):
    for reference, wrong in (
        ("NOR/INT/K/06/30043/J", False),
        ("NOR INT K 06 30043 J", False),
        ("NOR/INT/K/06/30043", False),
        ("NOR/INT/K/06/30043/T", True),
    ):
        convention.stated = {"originals": 4, "circular": reference}
        assert bool(found(convention, "R26")) is wrong, reference


def test_r26_a_total_that_its_years_do_not_make(cast, convention):
    plan = convention.convention_plans.get().plan
    plan.stated = {"total": "30000.00"}
    plan.save()
    convention.stated = {"originals": 4, "total": "30000.00"}
    assert found(convention, "R26") == []
    convention.stated = {"originals": 4, "total": "30001.00"}
    assert one(convention, "R26").computed == "30000.00"


@pytest.mark.parametrize(
    ("kind", "text", "wrong"),
    [
        ("financement", "Le coût du poste est de 36 000,00 €. Chacun verse 12 000 euros.", ""),
        ("financement", "Le coût du poste est de 63 000,00 €.", "63\u202f000,00\u202f€"),
        ("financement", "Le coût est de {{ funding.total }} ({{ funding.total_words }}) pour {{ period.label }}, soit"
         " {{ funding.lines_sentence }} ; un véhicule vaut 9 000 €.", ""),
        ("duree", f"La convention court du 1er janvier {YEAR} au 31/12/{YEAR}.", ""),
        ("duree", f"La convention court du 1er janvier {YEAR} au 30 juin {YEAR}.", f"le 30 juin {YEAR}"),
        ("resiliation", "Elle se résilie avec un préavis de trois mois, par lettre.", ""),
        ("resiliation", "Elle se résilie avec un préavis de six mois, par lettre.", "6 mois de préavis"),
    ],
)  # fmt: skip
def test_r26_a_figure_typed_over_a_variable(cast, draft, kind, text, wrong):
    Convention.objects.filter(pk=draft.pk).update(notice_months=3)
    draft.refresh_from_db()
    edit(cast, draft, kind, text)
    findings = found(draft, "R26")
    assert [finding.stated for finding in findings] == ([wrong] if wrong else [])
    assert all(f"#clause-{kind}" in finding.url for finding in findings)


def test_figures_and_days_are_read_as_people_type_them():
    assert typed_amounts("12 000 euros, 4\u202f666,67 € et 1500€") == [
        Decimal("12000.00"), Decimal("4666.67"), Decimal("1500.00"),
    ]  # fmt: skip
    assert typed_amounts("35 heures, 12 postes") == []
    assert typed_dates("le 1er mars 2026, le 31/02/2026 et le 30/06/2026") == [
        dt.date(2026, 3, 1), dt.date(2026, 6, 30),
    ]  # fmt: skip


# --- R30 --------------------------------------------------------------------------------------------------------------


def test_r30_a_court_that_ended_before_and_one_that_ended_after(convention):
    convention.variables = {"committee": {"name": "comité", "members": ["le tribunal judiciaire"]}}
    assert found(convention, "R30") == []
    convention.variables["committee"]["members"] = ["le Tribunal de Grande Instance d'Arras"]
    finding = one(convention, "R30")
    assert (finding.severity, finding.computed) == (Severity.EXPLAIN, "tribunal judiciaire")
    # The same words in a convention of its time.
    convention.period_start, convention.period_end = dt.date(2019, 1, 1), dt.date(2019, 12, 31)
    assert found(convention, "R30") == []


def test_r30_a_party_whose_service_has_ended(cast, convention):
    Organisation.objects.filter(pk=cast.org["gendarmerie"].pk).update(name="Police nationale (DDSP du Pas-de-Calais)")
    assert one(convention, "R30").place == "conventions[62-D].parties[gendarmerie]"
    Organisation.objects.filter(pk=cast.org["gendarmerie"].pk).update(name="Police nationale (DDPN du Pas-de-Calais)")
    assert found(convention, "R30") == []


def test_r30_s_table_says_where_each_line_comes_from():
    for row in ended_bodies():
        assert row.names
        assert row.successor
        assert row.source
        # An abbreviation is met as a word, never inside another.
        assert not any(row.pattern.search(f"x{name}x") for name in row.names)


# --- R32, R33, R34, R36 -----------------------------------------------------------------------------------------------


def test_r32_the_vote_of_another_body_authorises_nobody(cast, convention):
    other = Deliberation.objects.create(
        organisation=cast.org["epci_b"], date=dt.date(YEAR, 1, 5), transmitted_on=dt.date(YEAR, 1, 6),
        published_on=dt.date(YEAR, 1, 6),
    )  # fmt: skip
    Party.objects.filter(convention=convention, organisation=cast.org["departement"]).update(deliberation=other)
    assert "n'est pas celle de l'assemblée du Département" in one(convention, "R32").message


def test_r33_software_without_a_word_on_personal_data(convention):
    convention.variables = {"software": "Progest"}
    convention.stated = {"originals": 4, "personal_data_clause": True}
    assert found(convention, "R33") == []
    convention.stated["personal_data_clause"] = False
    assert "Progest" in one(convention, "R33").message
    convention.variables = {}
    assert found(convention, "R33") == []


def test_r34_money_given_to_who_does_not_receive(cast, convention):
    vote_of(cast, convention, "departement", dt.date(YEAR - 1, 12, 1))
    Decision.objects.update(beneficiary=cast.org["association"])
    assert found(convention, "R34") == []
    Decision.objects.update(beneficiary=cast.org["epci_a"])
    assert "attribue à CC du Sud-Artois" in one(convention, "R34").message


def test_r34_the_vote_names_other_parties(cast, convention):
    named = ["association", "prefecture", "gendarmerie"]
    made = vote_of(cast, convention, "departement", dt.date(YEAR - 1, 12, 1), parties={"62-D": named})
    assert found(convention, "R34") == [], "the voter is a party without being named"
    made.stated = {"parties": {"62-D": ["association", "prefecture", "police"]}}
    made.save()
    message = one(convention, "R34").message
    assert "ne nomme pas Groupement de gendarmerie" in message
    assert "nomme Police nationale" in message


def test_r36_a_financer_that_does_not_sign(cast, convention):
    assert found(convention, "R36") == []
    convention.convention_plans.get().plan.shares.filter(financer=cast.org["departement"]).update(
        financer=cast.org["epci_b"]
    )
    assert "CA du Boulonnais" in one(convention, "R36").message


def test_r36_a_service_that_receives_the_post_and_does_not_sign(cast, convention):
    PostUnit.objects.create(post=cast.post["d"], unit=cast.unit["police"])
    finding = one(convention, "R36")
    assert finding.mark is Mark.UNVERIFIED
    assert "Police nationale" in finding.message


def test_r36_whom_the_text_obliges(convention):
    convention.stated = {"originals": 4, "obliged": ["le CCAS d'Arras", "FRANCE VICTIMES 62"]}
    assert one(convention, "R36").stated == "le CCAS d'Arras"


# --- R39, R45, R49 ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("report", "months"),
    [
        ("un compte rendu d'activité semestriel", 6),
        ("une synthèse intermédiaire chaque trimestre", 3),
        ("une synthèse trimestrielle", 3),
        ("des bilans annuels", 12),
        ("un compte rendu mensuel", 1),
        ("une évaluation tous les semestres", 6),
        ("un bilan en fin de convention", None),
        ("une note sur la manière de servir", None),
    ],
)
def test_how_often_a_report_is_due_is_read_from_its_words(report, months):
    assert frequency_of(report) == months


def test_r39_a_half_yearly_report_in_four_months(convention):
    convention.variables = {"reports": ["un compte rendu semestriel", "un bilan annuel"]}
    assert found(convention, "R39") == []
    convention.period_start = dt.date(YEAR, 9, 1)
    finding = one(convention, "R39")
    assert (finding.place, finding.stated) == ("conventions[62-D].variables.reports[0]", "6 mois")


def test_r39_a_committee_that_meets_after_the_end(convention):
    convention.stated = {"originals": 4, "first_meeting_months": 12}
    assert found(convention, "R39") == []
    convention.stated["first_meeting_months"] = 13
    assert one(convention, "R39").severity is Severity.EXPLAIN


def test_r39_days_outside_the_life_of_the_convention(convention):
    convention.variables = {"budget_deadline": f"{YEAR}-02-28", "payment_deadline": f"{YEAR + 1}-07-31"}
    assert one(convention, "R39").place == "conventions[62-D].variables.payment_deadline"
    convention.variables["payment_deadline"] = f"{YEAR}-07-31"
    assert found(convention, "R39") == []


def test_r39_a_notice_longer_than_the_convention(convention):
    convention.notice_months = 11
    assert found(convention, "R39") == []
    convention.notice_months = 12
    assert one(convention, "R39").place == "conventions[62-D].notice.months"


def test_r45_the_day_for_notice_is_past_at_the_vote(cast, convention):
    """Ends on 31 December, three months' notice: 30 September."""
    vote_of(cast, convention, "departement", dt.date(YEAR, 9, 30))
    assert found(convention, "R45") == []
    Deliberation.objects.update(date=dt.date(YEAR, 10, 3))
    finding = one(Convention.objects.get(pk=convention.pk), "R45")
    assert "3 jours avant le vote" in finding.message


def test_r49_a_breach_notice_as_long_as_the_convention(convention):
    convention.stated = {"originals": 4, "breach_notice_months": 3}
    assert found(convention, "R49") == []
    convention.period_start = dt.date(YEAR, 10, 1)
    assert one(convention, "R49").computed == "trois mois"
    convention.stated["breach_notice_months"] = 2
    assert found(convention, "R49") == []


# --- R42, R46, R48 ----------------------------------------------------------------------------------------------------


def test_r42_an_annex_cited_by_hand_that_is_not_there(cast, draft):
    draft.variables = {"annexes": ["budget prévisionnel"]}
    edit(cast, draft, "objet", "Le poste est décrit à l'annexe 1.")
    assert found(draft, "R42") == []
    edit(cast, draft, "objet", "Le poste est décrit à l'annexe n° 2.")
    assert one(draft, "R42").stated == "annexe 2"


def test_r46_an_article_that_names_another_unit(convention):
    units = [{"article": "", "units": ["Arras", "Vitry"]}, {"article": "7", "units": ["ARRAS"]}]
    convention.stated = {"originals": 4, "units": units}
    assert [f for f in found(convention, "R46") if ".stated." in f.place] == [], "an article may name fewer"
    units[1]["units"].append("Marquion")
    [finding] = [f for f in found(convention, "R46") if ".stated." in f.place]
    assert "L'article 7 nomme Marquion" in finding.message


def test_r46_one_unit_in_the_posts_of_two_employers(cast, convention):
    """Posts a, d and e share a company: a and e are of one employer, d of another."""
    assert {f.computed for f in found(convention, "R46")} == {"Poste A", "Poste E"}
    mine = Convention.objects.get(pk=cast.convention["a"].pk)
    assert [f.computed for f in found(mine, "R46")] == ["Poste D"]
    cast.post["d"].closed_on = dt.date(YEAR - 1, 12, 31)
    cast.post["d"].save()
    assert found(Convention.objects.get(pk=mine.pk), "R46") == [], "closed before"


def test_r48_a_reference_of_a_published_text(convention):
    articles = ["1 Objet", "5 Communication", "6 Financement"]
    right = {"article": "8", "cites": 6, "subject": "participation financière"}
    convention.stated = {"originals": 4, "articles": articles, "references": [right]}
    assert found(convention, "R48") == []
    convention.stated["references"] = [right | {"cites": 5}]
    finding = one(convention, "R48")
    assert (finding.severity, finding.stated, finding.computed) == (Severity.BLOCKING, "article 5", "article 6")
    convention.stated["references"] = [right | {"cites": 9}]
    assert "n'existe pas" in one(convention, "R48").message
    convention.stated["references"] = [{"article": "8", "cites": 5, "subject": "la voiture"}]
    assert found(convention, "R48") == [], "nothing says which article is meant"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("Selon l'article 10 de la loi du 12 avril 2000, et l'article 99 du code civil.", ""),
        ("Comme le dit l'article 2.", ""),
        ("Comme le dit {{ ref:financement }}.", ""),
        ("Comme le dit l'article 99.", "article 99"),
        ("Comme le dit l'article 1 (financement).", "article 1"),
    ],
)
def test_r48_a_number_typed_in_a_clause(cast, draft, text, wrong):
    edit(cast, draft, "communication", text)
    assert [finding.stated for finding in found(draft, "R48")] == ([wrong] if wrong else [])


def test_an_article_is_known_by_the_words_of_its_title():
    articles = {1: "Objet", 2: "Financement du poste", 3: "Durée de la convention"}
    assert meant("participation financière", articles) == [2]
    assert meant("l'objet", articles) == [1]
    assert meant("la voiture", articles) == []


# --- Any data ---------------------------------------------------------------------------------------------------------

#: PostgreSQL holds neither a null character nor half a surrogate pair in JSON.
TEXT = st.characters(exclude_characters="\x00", exclude_categories=["Cs"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 3000) | st.text(TEXT, max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(TEXT, max_size=6), inner, max_size=3),
    max_leaves=6,
)
STATED = [
    *("originals", "duration_months", "posts", "epcis", "annexes", "absent", "circular", "start", "end", "articles"),
    *("references", "units", "obliged", "plans", "committee_members", "values", "personal_data_clause", "total"),
    *("first_meeting_months", "breach_notice_months", "blanks"),
]
VARIABLES = [
    *("committee", "reports", "software", "base", "budget_deadline", "payment_deadline", "tribunal", "annexes"),
    "breach_notice_months",
]
DAYS = st.dates(dt.date(1990, 1, 1), dt.date(2090, 1, 1)) | st.none()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    stated=st.dictionaries(st.sampled_from(STATED), JSON, max_size=8),
    variables=st.dictionaries(st.sampled_from(VARIABLES), JSON, max_size=6),
    start=DAYS,
    end=DAYS,
    notice=st.none() | st.integers(0, 400),
    names=st.dictionaries(st.sampled_from(["name", "function", "representative"]), JSON, max_size=3),
)
def test_no_rule_ever_fails_on_odd_or_missing_data(convention, stated, variables, start, end, notice, names):
    convention.stated, convention.variables = stated, variables
    convention.period_start, convention.period_end, convention.notice_months = start, end, notice
    convention.parties.update(stated=names)
    convention.signatories.update(stated=names)
    for finding in check_convention(convention):
        assert finding.message
        assert not (finding.mark is Mark.UNVERIFIED and finding.severity is Severity.BLOCKING)


def test_a_finished_draft_has_only_what_is_left_to_do(cast, draft):
    """Nothing to say of a text made here, but the votes to come and a company two employers share."""
    assert {finding.code for finding in check_convention_fully(draft)} == {"R32", "R46"}
