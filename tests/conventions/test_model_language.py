"""The language of models as people type it: conditions in French, located problems, comparison. No database."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from conventions.clauses.conditions import FLAGS
from conventions.clauses.engine import render_clauses
from conventions.clauses.logic import situation
from conventions.clauses.sets import MODELS, ClauseSetError, examine_clause_set, read_clause_set, shipped_set
from conventions.clauses.variables import VARIABLES, example_context
from conventions.library.compare import compare_models
from conventions.library.preview import try_model
from conventions.library.problems import Problem, problems_of
from conventions.library.typed import pieces, read_blocks, type_blocks
from conventions.library.words import condition_words, read_condition

SHIPPED = sorted(path.stem for path in MODELS.glob("F*.json"))


def model(family: str = "F2") -> dict[str, Any]:
    return json.loads((MODELS / f"{family}.json").read_text(encoding="utf-8"))


def clause(data: dict[str, Any], kind: str) -> dict[str, Any]:
    return next(item for item in data["clauses"] if item["kind"] == kind)


def typed(data: dict[str, Any], kind: str, text: str, rank: int = 0) -> dict[str, Any]:
    """The model with what a person typed in the place of a wording."""
    clause(data, kind)["variants"][rank]["blocks"] = read_blocks(text)
    return data


def found(data: dict[str, Any], family: str = "F2") -> list[Problem]:
    return problems_of(data, shipped_set(family))


# --- Conditions in words ----------------------------------------------------------------------------------------------

CONDITIONS = [
    ["police"],
    ["!police", "creation"],
    [["police", "!renewal"], ["has:post.base"]],
    ["!has:funding.total"],
]


@pytest.mark.parametrize("condition", CONDITIONS + [[name] for name in FLAGS] + [[f"!{name}"] for name in FLAGS])
def test_a_condition_is_read_back_from_its_words(condition):
    assert read_condition(condition_words(condition, tags=True)) == condition


def test_every_variable_can_be_a_condition():
    for name in VARIABLES:
        assert read_condition(condition_words([f"has:{name}"], tags=True)) == [f"has:{name}"]


def test_words_of_a_condition():
    words = condition_words([["police", "!renewal"], ["has:post.base"]])
    assert words == (
        "si le service d'accueil relève de la police nationale seule et sauf si le poste existait déjà : la convention"
        " le reconduit, ou si « Lieu principal d'exercice, avec article » est renseigné"
    )


@pytest.mark.parametrize(
    "words",
    ["Si le Service d’accueil relève de la police nationale seule", "si  le service d'accueil relève de la police"
     " nationale seule", "si police"],
)  # fmt: skip
def test_case_spaces_and_apostrophes_do_not_matter(words):
    assert read_condition(words) == ["police"]


def test_an_unknown_condition_is_kept_as_typed():
    assert read_condition("si le temps le permet") == ["le temps le permet"]
    assert condition_words(["le temps le permet"]) == "si le temps le permet"


# --- The typed text ---------------------------------------------------------------------------------------------------


def bare(item: dict[str, Any]) -> dict[str, Any]:
    """Without the empty conditions a model may spell out."""
    kept = {key: value for key, value in item.items() if value != []}
    return {**kept, "items": [bare(i) for i in item["items"]]} if "items" in item else kept


@pytest.mark.parametrize("family", SHIPPED)
def test_every_shipped_text_survives_being_typed_and_read(family):
    count = 0
    for item in model(family)["clauses"]:
        for variant in item["variants"]:
            assert read_blocks(type_blocks(variant["blocks"]).text) == [bare(b) for b in variant["blocks"]]
            count += 1
    assert count >= 20


def test_a_typed_text_becomes_blocks():
    text = (
        "Premier paragraphe\nsur deux lignes.\r\n\r\n[si police] Second.\n\n"
        "[sauf si creation]\n- un\n- [si mixed] deux\n\n1. a\n2) b\n\n[Tableau de financement]"
    )
    assert read_blocks(text) == [
        {"type": "p", "text": "Premier paragraphe sur deux lignes."},
        {"type": "p", "text": "Second.", "when": ["police"]},
        {"type": "ul", "items": [{"text": "un"}, {"text": "deux", "when": ["mixed"]}], "when": ["!creation"]},
        {"type": "ol", "items": [{"text": "a"}, {"text": "b"}]},
        {"type": "funding_table"},
    ]


def test_two_marks_on_a_paragraph_both_have_to_hold():
    [block] = read_blocks("[si police] [si le poste existait déjà : la convention le reconduit] Texte.")
    assert block["when"] == ["police", "renewal"]


# --- Nothing typed is run ---------------------------------------------------------------------------------------------

HOSTILE = [
    "{% load static %}{% now 'Y' %}",
    "<script>alert(1)</script>",
    "{{ x.__class__ }}",
    "{{ ''.__class__.__mro__ }}",
    "{{ ref:{{ post.base }} }}",
    "{{ ref: }}",
    "{{ post.base|safe }}",
    "{{ settings.SECRET_KEY }}",
    "{{ }}",
    "}} {{",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_never_run_and_shown_as_typed_or_refused(text):
    data = typed(model(), "objet", f"Avant {text} après.")
    clauses, mistakes = examine_clause_set(data)
    tried = try_model(clauses.clauses, family="F2", focus=("objet", clause(data, "objet")["variants"][0]["key"]))
    [section] = tried.only("objet").sections
    words = " ".join(block["text"] for block in section.blocks)
    assert words.startswith("Avant ")
    assert "class '" not in words
    assert "2026" not in words
    if text.startswith("<script>"):
        # Plain words for us: escaped wherever they are shown, not a mistake of the language.
        assert not mistakes
        assert words == f"Avant {text} après."
    else:
        assert mistakes
        with pytest.raises(ClauseSetError):
            read_clause_set(data)


def test_a_value_that_looks_like_a_tag_is_not_read_again():
    data = typed(model(), "objet", "Le {{ post.label }}.")
    clauses, _ = examine_clause_set(data)
    context = example_context() | {"post.label": "{{ tribunal }} {{ ref:duree }}"}
    flags = {"employer_epci", "titre", "gendarmerie", "creation", "single_epci"}
    [article] = [a for a in render_clauses(clauses=clauses.clauses, context=context, flags=flags) if a.kind == "objet"]
    assert article.blocks[0]["text"] == "Le {{ tribunal }} {{ ref:duree }}."


# --- Problems, at their place -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", SHIPPED)
def test_the_shipped_models_have_no_problem(family):
    assert found(model(family), family) == []


@pytest.mark.parametrize("family", SHIPPED)
def test_a_shipped_model_reads_whole_on_the_examples(family):
    tried = try_model(shipped_set(family).clauses, family=family)
    assert tried.problems == []
    assert len(tried.sections) >= 5


def test_an_unknown_variable_is_found_at_its_character():
    text = "Un premier paragraphe.\n\n[si mixed] Auprès {{ service.du }}."
    [problem] = found(typed(model(), "deontologie", text))
    assert (problem.kind, problem.variant, problem.place) == (
        "deontologie", "standard", "paragraphe 2, caractère 8",
    )  # fmt: skip
    assert problem.message == "Variable inconnue : « service.du »."
    stored = type_blocks(read_blocks(text)).text
    assert problem.offset is not None
    assert stored[problem.offset :].startswith("{{ service.du }}")
    assert problem.excerpt[1] == "{{ service.du }}"


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("- un\n- {{ ref:inconnue }}", "paragraphe 1, point 2, caractère 1", "Renvoi à une clause absente"),
        ("Ouvert {{ post.base", "paragraphe 1, caractère 8", "Une balise {{ … }} est mal fermée"),
        ("Du **gras sans fin.", "paragraphe 1, caractère 4", "Une mise en gras"),
        ("{% if x %}", "paragraphe 1, caractère 1", "« {% » n'est pas une balise"),
        ("[si la lune est pleine] Texte.", "paragraphe 1, condition", "Condition « la lune est pleine » inconnue"),
        ("[si police Texte.", "paragraphe 1", "La condition n'est pas fermée"),
        ("[si police] [si gendarmerie] Texte.", "paragraphe 1", "Ce texte ne sera jamais imprimé"),
        ("Texte.\n\n[si police]", "paragraphe 2", "Attendu : un texte non vide"),
    ],
)
def test_each_mistake_is_told_at_its_place(text, place, message):
    problems = [p for p in found(typed(model(), "deontologie", text)) if p.kind == "deontologie"]
    assert [(p.place, p.blocking) for p in problems if p.message.startswith(message)] == [(place, True)]


def test_a_reference_to_a_removed_clause():
    data = model()
    data["clauses"] = [item for item in data["clauses"] if item["kind"] != "avenant"]
    problems = found(data)
    assert [p.kind for p in problems] == ["financement"]
    assert "Renvoi à une clause absente : « avenant »" in problems[0].message


def test_a_reference_that_some_conventions_would_lack_is_advice():
    problems = found(typed(model(), "deontologie", "Voir l'{{ ref:recouvrement }}."))
    assert [(p.blocking, "« Recouvrement" in p.message) for p in problems] == [(False, True)]
    mark = "[si l'employeur est un organisme public qui émet des titres de recettes]"
    assert found(typed(model(), "deontologie", f"{mark} Voir l'{{{{ ref:recouvrement }}}}.")) == []


def test_a_clause_the_national_model_makes_mandatory_stays():
    data = model("F3")
    data["clauses"] = [item for item in data["clauses"] if item["kind"] != "versement"]
    missing = [p.message for p in found(data, "F3") if p.blocking and not p.kind]
    assert len(missing) == 1
    assert missing[0].startswith("La clause « ")
    assert "elle est obligatoire si une association reçoit" in missing[0]


def test_a_mandatory_clause_stays_marked_and_employed():
    data = model("F3")
    clause(data, "versement")["mandatory_when"] = []
    assert [p.place for p in found(data, "F3")] == ["clause obligatoire"]
    data = model("F3")
    clause(data, "versement")["when"] = ["grant", "police"]
    problems = [p for p in found(data, "F3") if p.kind == "versement" and p.blocking]
    assert any("l'écartent de conventions où elle est obligatoire" in p.message for p in problems)


def test_a_variant_nothing_can_choose():
    data = model()
    variants = clause(data, "objet")["variants"]
    variants.reverse()
    [problem] = found(data)
    assert problem.variant == "creation"
    assert "une variante placée avant convient dans les mêmes cas" in problem.message
    variants[0]["when"] = ["police", "gendarmerie"]
    assert any("se contredisent" in p.message and p.blocking for p in found(data))


def test_a_situation_no_variant_fits_is_advice_with_an_example():
    data = model()
    clause(data, "duree")["variants"][0]["when"] = ["!mixed"]
    [problem] = found(data)
    assert not problem.blocking
    assert "Aucune variante ne convient quand le poste est partagé entre police et gendarmerie" in problem.message


def test_visas_are_paragraphs():
    [problem] = [p for p in found(typed(model(), "visas", "- Vu la loi ;")) if p.blocking]
    assert "ni liste ni tableau" in problem.message


# --- Which conditions can hold together -------------------------------------------------------------------------------


def test_flags_exclude_and_imply_each_other():
    assert situation([["police"], ["gendarmerie"]]) is None
    assert situation([["short_period", "!under_one_year"]]) is None
    assert situation([["!creation", "!renewal"]]) is None
    assert situation([["over_23000"]], [["grant"]]) is None
    assert situation([["employer_epci", "employer_association", "!several_employers"]]) is None
    assert situation([["employer_epci", "employer_association"]]) is not None
    assert situation([["police"]], [["creation"]]) == {"police": True, "creation": False}
    assert situation([], [[]]) is None
    assert situation([["a", "!a"]]) is None
    assert situation([["police"], [["gendarmerie"], ["renewal"]]]) == {"police": True, "renewal": True}


# --- Comparison -------------------------------------------------------------------------------------------------------


def test_two_versions_compared_clause_by_clause():
    old, new = model(), copy.deepcopy(model())
    kinds = [item["kind"] for item in new["clauses"]]
    new["clauses"].insert(2, new["clauses"].pop(kinds.index("litiges")))
    new["clauses"] = [item for item in new["clauses"] if item["kind"] != "communication"]
    typed(new, "duree", "La convention dure {{ period.duration }}.")
    clause(new, "objet")["title"] = "Objet"
    changes = {change.kind: change for change in compare_models(old, new)}
    told = {kind: (str(c.change), c.moved) for kind, c in changes.items() if not c.same}
    assert told == {
        "litiges": ("same", True),
        "communication": ("removed", False),
        "duree": ("changed", False),
        "objet": ("changed", False),
    }
    assert "".join(piece.text for piece in changes["objet"].title if piece.op != "removed") == "Objet"
    [variant] = [v for v in changes["duree"].variants if v.change == "changed"]
    assert "".join(p.text for line in variant.text for p in line if p.op != "removed") == (
        "La convention dure [Durée, en lettres]."
    )


def test_pieces_of_a_text_for_showing_it():
    kinds = [kind for kind, _ in pieces("[si police] Le **poste** {{ post.base }}, {{ ref:duree }} [note]")]
    assert kinds == ["condition", "text", "bold", "text", "bold", "text", "variable", "text", "reference", "text"]
