"""Bold, numbered lists and the tables a typed text calls for: read, printed, and never more than that."""

from __future__ import annotations

import pytest
from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st

from conventions.clauses import Block, ClauseError, ClauseText, ClauseVariant, ListItem, render_clauses
from conventions.text.clauses import blocks_of_text, text_of_blocks
from conventions.text.holes import render_with_holes
from core.emphasis import printed, runs
from core.typography import fr_text


def clause(*blocks: Block, title: str = "Titre") -> ClauseText:
    return ClauseText("objet", title, (ClauseVariant("s", "S", blocks),))


def blocks_of(*blocks: Block, **context: str) -> tuple[dict, ...]:
    return render_clauses(clauses=[clause(*blocks)], context=context, flags=set())[0].blocks


def problem(*blocks: Block, title: str = "Titre", **context: str) -> str:
    with pytest.raises(ClauseError) as caught:
        render_clauses(clauses=[clause(*blocks, title=title)], context=context, flags=set())
    return str(caught.value)


def bold(block: dict) -> list[str]:
    return [block["text"][start:end] for start, end in block.get("bold", [])]


def test_bold_is_kept_beside_a_plain_text():
    (block,) = blocks_of(Block("p", text="Le **{{ who }}** verse **deux** fois {{ a }}."), who="Département", a="x")

    assert block["text"] == "Le Département verse deux fois x."
    assert bold(block) == ["Département", "deux"]


def test_without_bold_a_block_is_what_it_was():
    assert blocks_of(Block("p", text="Rien.")) == ({"type": "p", "text": "Rien."},)


def test_asterisks_of_a_value_are_no_mark():
    (block,) = blocks_of(Block("p", text="Nom : {{ a }}, **fin**."), a="**pirate** <b>")

    assert block["text"] == "Nom : **pirate** <b>, fin."
    assert bold(block) == ["fin"]
    assert "&lt;b&gt;" in printed(block["text"], block["bold"])


def test_points_of_a_list_keep_their_bold_and_their_end():
    items = (ListItem("**un** ;"), ListItem("deux **trois.**"))
    (block,) = blocks_of(Block("ol", items=items))

    assert block["type"] == "ol"
    assert block["items"] == ["un ;", "deux trois."]
    assert [[item[a:b] for a, b in ranges] for item, ranges in zip(block["items"], block["bold"], strict=True)] == [
        ["un"],
        ["trois"],
    ]


def test_an_open_bold_is_located_and_a_title_has_none():
    assert "paragraphe 2 : une mise en gras ** … ** n'est pas fermée" in problem(
        Block("p", text="a"), Block("p", text="**b")
    )
    assert "un titre ne se met pas en gras" in problem(Block("p", text="a"), title="**T**")


def test_the_preview_shows_a_text_whose_bold_is_open():
    articles, problems = render_with_holes(
        clauses=[clause(Block("p", text="**a {{ tribunal }}"))], context={"tribunal": ""}, flags=set(), choices={}
    )

    assert "gras" in " ".join(str(item) for item in problems)
    assert "**" not in articles[0].blocks[0]["text"]


@given(st.text(alphabet="ab *:;€é'«»\u00a0<&", max_size=40), st.data())
def test_runs_put_back_together_are_the_text_with_its_typography(text, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    ranges = [[start, end]] if end > start else []

    pieces = runs(text, ranges, fr_text(text))

    assert "".join(piece for piece, _ in pieces) == fr_text(text)
    strong = "".join(piece for piece, is_bold in pieces if is_bold)
    assert "".join(strong.split()).replace("’", "'") == "".join(text[start:end].split())


def test_positions_outside_the_text_are_refused():
    with pytest.raises(ValueError, match="stretch"):
        runs("abc", [[1, 9]])


@pytest.mark.parametrize("template", ["pdf/_blocks.html", "conventions/_blocks.html"])
def test_pages_and_papers_print_bold_and_numbered_lists(template):
    blocks = blocks_of(
        Block("p", text="Il **s'engage : oui** à [à compléter : x] <i>."),
        Block("ol", items=(ListItem("a **b**"), ListItem("c"))),
    )

    html = render_to_string(template, {"blocks": blocks})

    assert "<ol>" in html
    assert "<li>a <strong>b</strong>" in html
    assert "engage" in html.split("<strong>")[1].split("</strong>")[0]
    assert "&lt;i&gt;" in html
    assert "**" not in html


TYPED = (
    "Un début.\n\n- a\n- **b**\n\n1. c\n2. d\n\n"
    "[tableau pluriannuel]\n\n[tableau par poste]\n\n[liste des postes]\n\n[tableau de financement]"
)


def test_typed_text_and_blocks_are_the_same_thing():
    blocks = list(blocks_of_text(TYPED))

    assert [block.type for block in blocks] == [
        "p",
        "ul",
        "ol",
        "funding_years",
        "funding_posts",
        "posts_list",
        "funding_table",
    ]
    raw = [{"type": block.type, "text": block.text, "items": [item.text for item in block.items]} for block in blocks]
    assert text_of_blocks(raw) == TYPED


def test_lines_of_one_chunk_part_where_a_list_begins():
    blocks = list(blocks_of_text("Il faut :\n- a\n- b\nPuis\ncela.\n1) c"))

    assert [(b.type, b.text or [i.text for i in b.items]) for b in blocks] == [
        ("p", "Il faut :"),
        ("ul", ["a", "b"]),
        ("p", "Puis cela."),
        ("ol", ["c"]),
    ]
