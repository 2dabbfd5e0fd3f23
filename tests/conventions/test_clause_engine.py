"""The clause language: what it replaces, what it refuses, and that nothing typed by a person is ever executed."""

import pytest

from conventions.clauses import Block, ClauseError, ClauseText, ClauseVariant, ListItem, mandatory_kinds, render_clauses
from conventions.clauses.conditions import holds, unknown_terms


def clause(kind, *texts, title="Titre", when=(), numbered=True, mandatory_when=()):
    blocks = tuple(Block("p", text=text) for text in texts)
    variants = (ClauseVariant("standard", "Courante", blocks),)
    return ClauseText(kind, title, variants, list(when), list(mandatory_when), numbered)


def render(*clauses, context=None, flags=(), choices=None):
    return render_clauses(clauses=clauses, context=context or {}, flags=set(flags), choices=choices)


def problems(*clauses, **kwargs):
    with pytest.raises(ClauseError) as caught:
        render(*clauses, **kwargs)
    return [str(problem) for problem in caught.value.problems]


def text_of(article):
    return [block["text"] for block in article.blocks]


class TestVariables:
    def test_flat_and_nested_contexts_are_the_same(self):
        objet = clause("objet", "Auprès {{ service.de }} et {{post.base}}.")
        nested = {"service": {"de": "de la brigade"}, "post": {"base": "Arras"}}
        flat = {"service.de": "de la brigade", "post.base": "Arras"}
        assert text_of(render(objet, context=nested)[0]) == ["Auprès de la brigade et Arras."]
        assert render(objet, context=nested) == render(objet, context=flat)

    def test_titles_are_filled_too(self):
        assert render(clause("c", "x", title="Le {{ a }}"), context={"a": "comité"})[0].title == "Le comité"

    def test_unknown_variable_is_located(self):
        assert problems(clause("objet", "Un.", "Le {{ rien }}.")) == [
            "Clause « objet », paragraphe 2, caractère 4 : la variable « rien » n'existe pas."
        ]

    def test_empty_value_is_refused_rather_than_printed_as_a_hole(self):
        assert "n'est pas renseignée" in problems(clause("objet", "{{ a }}"), context={"a": " "})[0]

    def test_only_strings_are_printed(self):
        assert "n'est pas un texte" in problems(clause("objet", "{{ a }}"), context={"a": 12})[0]

    def test_every_problem_is_reported_at_once(self):
        assert len(problems(clause("a", "{{ x }} {{ y }}"), clause("b", "{{ ref:z }}"))) == 3

    def test_a_list_point_is_located(self):
        items = (ListItem("bon"), ListItem("{{ rien }}"))
        listed = ClauseText("c", "T", (ClauseVariant("s", "S", (Block("ul", items=items),)),))
        assert problems(listed)[0].startswith("Clause « c », paragraphe 1, point 2, caractère 1")


class TestNothingIsExecuted:
    @pytest.mark.parametrize(
        "tag", ["a.__class__", "a()", "a|safe", "1+1", "a[0]", "'x'", "", "% load x %", "a.", "ref", "a b"]
    )
    def test_anything_but_a_name_is_refused(self, tag):
        assert len(problems(clause("c", "{{ " + tag + " }}"), context={"a": "valeur"})) == 1

    @pytest.mark.parametrize("text", ["{{ a", "a }}", "{{ a }} }}", "{{ {{ a }}"])
    def test_malformed_tags_are_refused(self, text):
        assert problems(clause("c", text), context={"a": "valeur"})

    def test_a_value_is_never_read_again(self):
        article = render(clause("c", "{{ a }}"), context={"a": "{{ b }} {% now %} ${x}", "b": "secret"})[0]
        assert text_of(article) == ["{{ b }} {% now %} ${x}"]

    def test_other_template_syntax_is_plain_text(self):
        assert text_of(render(clause("c", "{% if x %} ${y} {z} %(w)s"))[0]) == ["{% if x %} ${y} {z} %(w)s"]


class TestNumbering:
    def test_only_numbered_clauses_count(self):
        articles = render(clause("visas", "Vu", numbered=False), clause("a", "x"), clause("b", "y"))
        assert [article.number for article in articles] == [None, 1, 2]

    def test_references_follow_what_the_conditions_keep(self):
        clauses = [clause("a", "Voir l'{{ ref:c }}."), clause("b", "x", when=["police"]), clause("c", "y")]
        assert text_of(render(*clauses)[0]) == ["Voir l'article 2."]
        assert text_of(render(*clauses, flags={"police"})[0]) == ["Voir l'article 3."]

    def test_dangling_reference_is_refused(self):
        clauses = [clause("a", "Voir l'{{ ref:b }}."), clause("b", "x", when=["police"])]
        (problem,) = problems(*clauses)
        assert problem.startswith("Clause « a », paragraphe 1, caractère 8 : le renvoi vise la clause « b »")

    def test_reference_to_an_unnumbered_clause_is_dangling(self):
        assert problems(clause("visas", "Vu", numbered=False), clause("a", "{{ ref:visas }}"))


class TestConditions:
    @pytest.mark.parametrize(
        ("condition", "flags", "expected"),
        [
            ([], set(), True),
            (["police"], {"police"}, True),
            (["police"], set(), False),
            (["!police"], set(), True),
            (["police", "!renewal"], {"police", "renewal"}, False),
            ([["police"], ["mixed"]], {"mixed"}, True),
            ([["police", "renewal"], ["mixed"]], {"police"}, False),
        ],
    )
    def test_and_or_not(self, condition, flags, expected):
        assert holds(condition, flags) is expected

    def test_presence_of_a_variable(self):
        known = Block("p", text="Au {{ base }}.", when=["has:base"])
        unknown = Block("p", text="Sur place.", when=["!has:base"])
        one = ClauseText("c", "T", (ClauseVariant("s", "S", (known, unknown)),))
        assert text_of(render(one, context={"base": "poste"})[0]) == ["Au poste."]
        assert text_of(render(one, context={"base": ""})[0]) == ["Sur place."]

    def test_misspelt_terms_are_found(self):
        assert unknown_terms([["police", "!polices"], ["has:a", "has:b"]], ["a"]) == ["!polices", "has:b"]

    def test_items_left_by_conditions_are_punctuated(self):
        items = (ListItem("un ;"), ListItem("deux"), ListItem("trois.", ["police"]))
        listed = ClauseText("c", "T", (ClauseVariant("s", "S", (Block("ul", items=items),)),))
        assert render(listed)[0].blocks[0]["items"] == ["un ;", "deux."]
        assert render(listed, flags={"police"})[0].blocks[0]["items"] == ["un ;", "deux ;", "trois."]

    def test_mandatory_kinds(self):
        grant = clause("versement", "x", mandatory_when=[["association", "over_23000"]])
        free = clause("objet", "x")
        assert mandatory_kinds([grant, free], {"association", "over_23000"}) == {"versement"}
        assert mandatory_kinds([grant, free], {"association"}) == set()


class TestVariants:
    @pytest.fixture
    def two(self):
        creation = ClauseVariant("creation", "Création", (Block("p", text="créer"),), ["creation"])
        renewal = ClauseVariant("renewal", "Reconduction", (Block("p", text="reconduire"),), ["renewal"])
        return ClauseText("objet", "Objet", (creation, renewal))

    def test_first_that_fits(self, two):
        assert render(two, flags={"renewal"})[0].variant == "renewal"

    def test_an_explicit_choice_wins(self, two):
        assert text_of(render(two, flags={"renewal"}, choices={"objet": "creation"})[0]) == ["créer"]

    def test_no_variant_fits(self, two):
        assert "aucune variante ne convient" in problems(two)[0]

    def test_unknown_choice(self, two):
        assert "« autre » n'existe pas" in problems(two, choices={"objet": "autre"})[0]

    def test_an_article_without_paragraph_is_refused(self):
        empty = ClauseText("c", "T", (ClauseVariant("s", "S", (Block("p", text="x", when=["police"]),)),))
        assert "aucun paragraphe ne s'applique" in problems(empty)[0]

    def test_placeholders_pass_through(self):
        one = ClauseText("f", "F", (ClauseVariant("s", "S", (Block("funding_table"),)),))
        assert render(one)[0].as_dict()["blocks"] == [{"type": "funding_table"}]
