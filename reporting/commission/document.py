"""The dossier of a vote as one PDF: cover, contents, report, deliberation, annexes; pages numbered over the whole."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from reporting.bilan.present import chart, present
from reporting.commission.content import content_of
from reporting.commission.reading import Commission
from reporting.pdf.assets import PRINT_STYLES
from reporting.pdf.convention import blocks_for_print, printable
from reporting.pdf.engine import PdfAttachment, render_pdf

TEMPLATE = "pdf/commission.html"
#: Sheets of the documents joined, each applied inside its own part only.
PARTS = {"part-convention": "convention.css", "part-bilan": "bilan.css"}


def commission_pdf(commission: Commission) -> bytes:
    """PDF/A-3a and PDF/UA-1, dated by its data: the same data give the same bytes. Errors: see ``render_pdf``."""
    content = content_of(commission)
    created = commission.data_at
    data = PdfAttachment(
        name="dossier.json",
        content=(json.dumps(_data(content), ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode(),
        description="Articles, tableaux et liste des annexes, sous forme de données",
        moment=created,
    )
    cover = content["cover"]
    return render_pdf(
        template=TEMPLATE,
        context=_context(commission, content),
        title=f"{cover['number']} – {cover['title']}",
        created=created,
        attachments=[data],
    )


def commission_filename(commission: Commission) -> str:
    """ "dossier-departement-62-2023-07-03.pdf"."""
    stem = re.sub(r"[^A-Za-z0-9]+", "-", commission.deliberation.key).strip("-")
    return f"dossier-{stem}.pdf"


def _context(commission: Commission, content: dict[str, Any]) -> dict[str, Any]:
    report = content["report"]
    sections = [{**section, "blocks": blocks_for_print(section["blocks"])} for section in report["sections"]]
    return {
        "cover": content["cover"],
        "report": {**report, "sections": sections},
        "deliberation": content["deliberation"],
        "annexes": [_printed(annex) for annex in content["annexes"]],
        "bilan": _bilan(commission),
        "styles": part_styles(),
    }


def _printed(annex: dict[str, Any]) -> dict[str, Any]:
    content = annex["content"]
    return {
        **annex,
        "blocks": blocks_for_print(annex["blocks"]),
        "content": printable(content) | {"annexed": True} if content else None,
    }


def _bilan(commission: Commission) -> dict[str, Any] | None:
    if commission.bilan is None:
        return None
    bilan = commission.bilan.bilan
    return {
        "document": commission.bilan,
        "bilan": bilan,
        "shown": present(bilan),
        "chart": chart(bilan, chart_id="bilan"),
    }


def _data(content: dict[str, Any]) -> dict[str, Any]:
    """Without the whole text of each convention: each has its own file."""
    annexes = [{name: annex[name] for name in ("number", "kind", "title")} for annex in content["annexes"]]
    return {**content, "annexes": annexes}


@cache
def part_styles() -> str:
    """The sheets of the joined documents, their rules narrowed to the part they belong to; page rules as they are."""
    return "\n".join(_narrowed((PRINT_STYLES / sheet).read_text(), f".{name}") for name, sheet in PARTS.items())


def _narrowed(css: str, scope: str) -> str:
    import tinycss2  # type: ignore[import-untyped]

    rules = []
    for rule in tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True):
        if rule.type == "qualified-rule":
            selectors = tinycss2.serialize(rule.prelude).split(",")
            narrowed = ", ".join(f"{scope} {selector.strip()}" for selector in selectors)
            rules.append(f"{narrowed} {{{tinycss2.serialize(rule.content)}}}")
        else:
            rules.append(rule.serialize())
    return "\n".join(rules)
