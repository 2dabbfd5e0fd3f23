"""The shipped models: complete in every situation they serve, and a mistake in a model is named and placed."""

import copy
import json
import re
from itertools import product

import pytest

from conventions.clauses import (
    VARIABLES,
    ClauseError,
    ClauseSetError,
    example_context,
    mandatory_kinds,
    read_clause_set,
    render_clauses,
    shipped_set,
)
from conventions.clauses.sets import MODELS, clause_tags

OPTIONAL = ["", "funding.total", "post.hours_label", "post.residence", "post.hierarchical_authority", "tribunal"]
OPTIONAL += ["post.functional_authority", "post.split_label", "annexes.sentence", "dates.budget_deadline"]
OPTIONAL += ["dates.payment_deadline"]

EMPLOYER = {
    "F0": {"employer_epci", "titre", "multi_year", "unfunded_years"},
    "F1": {"employer_departement", "titre"},
    "F2": {"employer_epci", "titre"},
    "F3": {"employer_association", "association", "grant", "over_23000"},
    "F4": {"employer_departement", "employer_association", "several_employers", "several_posts", "multi_year"}
    | {"titre", "association", "grant", "over_23000"},
    "F5": {"employer_departement", "titre", "has_parent"},
    "F6": {"association", "grant", "over_23000", "tacit_renewal"},
}
FAMILIES = sorted(EMPLOYER)
#: Models of one post's funding, which the same promises hold for.
ONE_POST = ["F0", "F1", "F2", "F3"]
#: The kinds of clause found in the agreements published (domain: about thirty), parties and signatories aside.
KINDS = {
    *("visas", "preambule", "objet", "missions", "champ_intervention", "double_autorite", "profil_recrutement"),
    *("temps_travail", "deontologie", "donnees_personnelles", "remuneration", "locaux_equipement", "deplacements"),
    *("formation", "financement", "defaut_financeur", "non_versement", "communication", "evaluation"),
    *("comite_pilotage", "duree", "reconduction", "sort_agent", "avenant", "resiliation", "denonciation", "litiges"),
    *("annexes", "signatures"),
}


def situations(family):
    """Every combination of what a convention of the family can be."""
    zones = [{"police"}, {"gendarmerie"}, {"mixed"}]
    novelty = [{"creation"}, {"renewal"}]
    periods = [set(), {"under_one_year"}, {"under_one_year", "short_period"}]
    remainders = [set(), {"remainder_known"}, {"remainder_unknown"}]
    epcis = [{"single_epci"}, {"several_epci"}, {"several_epci", "key_split"}]
    others = [set(), {"state_financer", "has_parquet", "personal_data_software", "travel_borne"}]
    for choice in product(zones, novelty, periods, remainders, epcis, others):
        yield EMPLOYER[family].union(*choice)


def plain_text(articles):
    lines = []
    for article in articles:
        lines.append(article.title)
        for block in article.blocks:
            lines += [block["text"]] if block["type"] == "p" else block.get("items", [])
    return "\n".join(lines)


@pytest.fixture(params=FAMILIES)
def family(request):
    return request.param


@pytest.fixture(params=ONE_POST)
def one_post(request):
    return request.param


def test_every_situation_gives_a_complete_text(family):
    clauses = shipped_set(family).clauses
    count = 0
    for flags in situations(family):
        articles = render_clauses(clauses=clauses, context=example_context(), flags=flags)
        assert "{{" not in plain_text(articles)
        assert len([article for article in articles if article.number]) >= (17 if family == "F5" else 23)
        count += 1
    assert count == 324


@pytest.mark.parametrize("model", [*ONE_POST, "F4"])
def test_a_funding_model_has_every_kind_of_clause(model):
    kinds = {clause.kind for clause in shipped_set(model).clauses}
    money = {"recouvrement"} if model in ("F0", "F1", "F2", "F4") else set()
    money |= {"versement", "emploi_fonds", "fonds_dedies"} if model in ("F0", "F3", "F4") else set()
    assert KINDS | money <= kinds


@pytest.mark.parametrize("absent", OPTIONAL)
def test_what_may_be_unknown_is_left_out_without_a_hole(family, absent):
    context = {name: "" if name == absent else value for name, value in example_context().items()}
    flags = EMPLOYER[family] | {"gendarmerie", "creation", "single_epci"}
    if (family, absent) == ("F5", "funding.total"):
        # An attribution without amount attributes nothing: it is refused, where the amount is missing.
        with pytest.raises(ClauseError, match=r"Clause « financement », paragraphe 1.*funding.total"):
            render_clauses(clauses=shipped_set(family).clauses, context=context, flags=flags)
        return
    text = plain_text(render_clauses(clauses=shipped_set(family).clauses, context=context, flags=flags))
    assert not re.search(r"  | ,|\(\)| \.", text)


def test_the_funding_table_appears_once(one_post):
    flags = EMPLOYER[one_post] | {"police", "renewal", "single_epci"}
    articles = render_clauses(clauses=shipped_set(one_post).clauses, context=example_context(), flags=flags)
    kinds = [article.kind for article in articles for block in article.blocks if block["type"].startswith("funding")]
    assert kinds == ["financement"]


def test_grants_over_the_threshold_have_their_four_mandatory_clauses():
    clauses = shipped_set("F3").clauses
    over = EMPLOYER["F3"] | {"gendarmerie", "renewal"}
    rendered = {article.kind for article in render_clauses(clauses=clauses, context=example_context(), flags=over)}
    required = mandatory_kinds(clauses, over)
    assert {"objet", "financement", "versement", "emploi_fonds"} <= required <= rendered
    assert "versement" not in mandatory_kinds(clauses, over - {"over_23000"})


def test_software_makes_the_full_data_clause_mandatory(family):
    clauses = shipped_set(family).clauses
    flags = EMPLOYER[family] | {"gendarmerie", "creation", "personal_data_software"}
    articles = {item.kind: item for item in render_clauses(clauses=clauses, context=example_context(), flags=flags)}
    assert "donnees_personnelles" in mandatory_kinds(clauses, flags)
    assert "Progest" in plain_text([articles["donnees_personnelles"]])


def test_a_short_period_has_no_intermediate_report_nor_denunciation(one_post):
    flags = EMPLOYER[one_post] | {"gendarmerie", "creation", "short_period", "under_one_year"}
    text = plain_text(render_clauses(clauses=shipped_set(one_post).clauses, context=example_context(), flags=flags))
    assert "il n’est pas établi de compte rendu intermédiaire" in text
    assert "chaque partie peut dénoncer" not in text
    assert "aucune partie ne peut dénoncer" in text
    assert "au moins une fois par an" not in text


def test_a_renewal_does_not_speak_of_creating(one_post):
    flags = EMPLOYER[one_post] | {"police", "single_epci"}

    def objet(novelty):
        articles = render_clauses(
            clauses=shipped_set(one_post).clauses, context=example_context(), flags=flags | {novelty}
        )
        return plain_text([article for article in articles if article.kind == "objet"])

    assert not re.search(r"création|créé|mettre en place", objet("renewal"))
    assert re.search(r"création|créé|mettre en place", objet("creation"))


@pytest.mark.parametrize("model", ["F4", "F6"])
def test_every_table_has_its_place(model):
    flags = EMPLOYER[model] | {"police", "renewal"}
    articles = render_clauses(clauses=shipped_set(model).clauses, context=example_context(), flags=flags)
    tables = [(article.kind, block["type"]) for article in articles for block in article.blocks if len(block) == 1]
    expected = [("postes", "posts_list"), ("financement", "funding_years"), ("financement", "funding_posts")]
    assert tables == (expected if model == "F4" else [("financement", "funding_table")])


def test_breach_and_withdrawal_are_two_clauses(one_post):
    flags = EMPLOYER[one_post] | {"police", "creation"}
    articles = {
        article.kind: plain_text([article])
        for article in render_clauses(clauses=shipped_set(one_post).clauses, context=example_context(), flags=flags)
    }
    assert "mise en demeure" in articles["resiliation"]
    assert "dénoncer" not in articles["resiliation"]
    assert "mise en demeure" not in articles["denonciation"]


def test_without_notice_the_text_says_so_without_a_hole(family):
    context = example_context() | {"notice.months_words": ""}
    for short in (set(), {"short_period", "under_one_year"}):
        flags = EMPLOYER[family] | {"police", "creation"} | short
        text = plain_text(render_clauses(clauses=shipped_set(family).clauses, context=context, flags=flags))
        assert not re.search(r"  | ,|\(\)| \.", text)


@pytest.mark.parametrize("family", [name for name in FAMILIES if name != "F5"])
def test_tacit_renewal_says_how_often_and_until_when(family):
    flags = (EMPLOYER[family] - {"tacit_renewal"}) | {"police", "creation"}

    def clause(*more):
        articles = render_clauses(
            clauses=shipped_set(family).clauses, context=example_context(), flags=flags | set(more)
        )
        return plain_text([article for article in articles if article.kind == "reconduction"])

    assert "n’est pas reconduite tacitement" in clause()
    told = clause("tacit_renewal")
    endless = clause("tacit_renewal", "renewal_unlimited")
    assert "tant qu’aucune partie ne s’y oppose" in endless
    assert "n’est pas reconduite tacitement" not in told
    for words in ("dans la limite de deux fois", "31 décembre 2026", "30 septembre 2024", "engagement de dépense"):
        assert words in told


def test_a_bipartite_attribution_is_no_second_commitment():
    flags = EMPLOYER["F5"] | {"police", "creation"}
    clauses = shipped_set("F5").clauses
    articles = {a.kind: a for a in render_clauses(clauses=clauses, context=example_context(), flags=flags)}
    assert "Elle ne s’y ajoute pas" in plain_text([articles["convention_mere"]])
    assert "convention_mere" in mandatory_kinds(clauses, flags)
    alone = render_clauses(clauses=clauses, context=example_context(), flags=flags - {"has_parent"})
    assert "convention_mere" not in {article.kind for article in alone}


def test_an_earlier_version_stays_what_it_was():
    assert [shipped_set(name).version for name in FAMILIES] == [1, 2, 2, 2, 1, 1, 1]
    assert shipped_set("F1", 1).version == 1
    assert "denonciation" not in {clause.kind for clause in shipped_set("F1", 1).clauses}
    assert shipped_set("F2", 2) == shipped_set("F2")
    with pytest.raises(FileNotFoundError):
        shipped_set("F2", 7)


def test_public_employers_issue_titres_and_associations_receive_grants():
    def kinds(name):
        return {clause.kind for clause in shipped_set(name).clauses}

    assert "recouvrement" in kinds("F1") & kinds("F2")
    assert "recouvrement" not in kinds("F3")
    assert {"versement", "emploi_fonds", "fonds_dedies"} <= kinds("F3") & kinds("F6")


def test_models_use_documented_variables_only(family):
    used = {tag for clause in shipped_set(family).clauses for tag in clause_tags(clause) if not tag.startswith("ref:")}
    assert used <= set(VARIABLES)


def test_every_variable_is_described_and_exemplified():
    assert all(variable.description and variable.example for variable in VARIABLES.values())


class TestMistakes:
    @pytest.fixture
    def data(self):
        return json.loads((MODELS / "F2.json").read_text(encoding="utf-8"))

    def errors(self, data):
        with pytest.raises(ClauseSetError) as caught:
            read_clause_set(data)
        return caught.value.errors

    def test_unknown_field(self, data):
        data["clauses"][2]["wen"] = []
        assert self.errors(data) == ["clauses[2].wen : champ inconnu, à retirer."]

    def test_unknown_flag(self, data):
        data["clauses"][2]["variants"][0]["when"] = ["creationn"]
        assert self.errors(data) == ["clauses[2].variants[0].when : condition « creationn » inconnue."]

    def test_condition_of_the_wrong_shape(self, data):
        data["clauses"][2]["when"] = "police"
        assert self.errors(data)[0].startswith("clauses[2].when : attendu")

    def test_unknown_block_type(self, data):
        data["clauses"][3]["variants"][0]["blocks"][0]["type"] = "html"
        assert "clauses[3].variants[0].blocks[0].type : type « html » inconnu" in self.errors(data)[0]

    def test_empty_text(self, data):
        data["clauses"][3]["variants"][0]["blocks"][0]["text"] = " "
        assert self.errors(data) == ["clauses[3].variants[0].blocks[0].text : attendu : un texte non vide."]

    def test_missing_field(self, data):
        del data["clauses"][3]["title"]
        assert self.errors(data) == ["clauses[3].title : champ obligatoire manquant."]

    def test_same_clause_twice(self, data):
        data["clauses"].append(copy.deepcopy(data["clauses"][4]))
        kind = data["clauses"][4]["kind"]
        assert self.errors(data) == [f"clauses : la clause « {kind} » figure plusieurs fois."]

    def test_reference_to_a_removed_clause(self, data):
        data["clauses"] = [clause for clause in data["clauses"] if clause["kind"] != "avenant"]
        assert self.errors(data) == ["clause « financement » : renvoi à une clause absente : « avenant »."]

    def test_unknown_variable(self, data):
        data["clauses"][2]["variants"][0]["blocks"][0]["text"] = "Auprès {{ service.du }}."
        assert self.errors(data) == ["clause « objet » : variable inconnue : « service.du »."]

    @pytest.mark.parametrize("wrong", [None, [], "texte", {"family": "F2", "name": "x", "clauses": {}}])
    def test_anything_else_is_an_error_not_a_crash(self, wrong):
        assert self.errors(wrong)
