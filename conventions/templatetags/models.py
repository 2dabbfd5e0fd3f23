"""Models of convention on screen: a text with its values as labels, conditions in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from conventions.clauses.engine import LISTS
from conventions.clauses.variables import VARIABLES
from conventions.enums import Family
from conventions.library.palette import short_label
from conventions.library.typed import pieces
from conventions.library.words import condition_words
from conventions.text.clauses import TABLE_NAMES

register = template.Library()


@register.simple_tag
def model_blocks(blocks: Iterable[Mapping[str, Any]], titles: Mapping[str, str]) -> SafeString:
    """The blocks of a variant for reading: values and references as labels, conditions before what they rule.

    ``titles``: kind of clause → its title, for the references.
    """
    return format_html_join("\n", "{}", ((_block(block, titles),) for block in blocks))


def _block(block: Mapping[str, Any], titles: Mapping[str, str]) -> SafeString:
    mark = _condition(block.get("when") or [])
    if block["type"] in LISTS:
        items = format_html_join(
            "",
            "<li>{} {}</li>",
            (
                (_condition(item.get("when") or []), _text(str(item.get("text", "")), titles))
                for item in block.get("items", ())
            ),
        )
        before = format_html("<p>{}</p>", mark) if mark else ""
        return format_html("{}<{}>{}</{}>", before, block["type"], items, block["type"])
    if block["type"] == "p":
        return format_html("<p>{} {}</p>", mark, _text(str(block.get("text", "")), titles))
    name = TABLE_NAMES.get(block["type"], block["type"]).strip("[]").capitalize()
    return format_html("<p>{} {}</p>", mark, _chip("table", name))


def _condition(condition: Any) -> SafeString:
    return _chip("condition", condition_words(condition)) if condition else SafeString("")


def _text(text: str, titles: Mapping[str, str]) -> SafeString:
    """Escaped words; labels and bold are the only markup."""
    shown: list[SafeString | str] = []
    bold = False
    for kind, words in pieces(text):
        if kind == "bold":
            bold = not bold
        elif kind == "text":
            shown.append(format_html("<strong>{}</strong>", words) if bold else words)
        else:
            shown.append(_chip(*_label(kind, words, titles)))
    return format_html_join("", "{}", ((piece,) for piece in shown))


def _label(kind: str, words: str, titles: Mapping[str, str]) -> tuple[str, str, str]:
    name = words.strip("{} ")
    if kind == "reference":
        target = name.removeprefix("ref:").strip()
        return (kind, f"article « {titles[target]} »", "") if target in titles else ("unknown", name, "")
    if kind == "variable":
        variable = VARIABLES.get(name)
        return (kind, short_label(variable.description), variable.example) if variable else ("unknown", name, "")
    return kind, words.strip("[]"), ""


def _chip(kind: str, label: str, example: str = "") -> SafeString:
    title = format_html(' title="Exemple : {}"', example) if example else ""
    return format_html('<span class="chip chip--{}"{}>{}</span>', kind, title, label)


@register.simple_tag
def family_label(code: str) -> str:
    return str(Family(code).label) if code in Family.values else code
