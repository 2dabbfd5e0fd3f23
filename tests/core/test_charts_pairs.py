"""Two years side by side, and the pyramid of ages: every value written, nothing unknown drawn as zero."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from core import charts
from core.charts import Series

SVG = "{http://www.w3.org/2000/svg}"


def parsed(markup: str) -> tuple[list[ElementTree.Element], list[str]]:
    root = ElementTree.fromstring(markup)
    return root.findall(f"{SVG}rect"), [text.text or "" for text in root.findall(f"{SVG}text")]


def test_paired_bars_draw_both_years_to_the_same_scale():
    markup = charts.paired_bars(
        chart_id="c", title="T", categories=["A", "B"], now=Series("2025", [40, 10]), before=Series("2024", [20, None])
    )
    bars, texts = parsed(markup)
    widths = [float(bar.get("width", "0")) for bar in bars[2:]]  # after the two squares of the legend
    assert len(widths) == 3  # what is unknown has no bar
    assert widths[0] == pytest.approx(2 * widths[1], rel=0.01)
    assert widths[0] == pytest.approx(4 * widths[2], rel=0.01)
    assert {"2025", "2024", "40", "20", "10", charts.MISSING} <= set(texts)
    assert "A : 2025 40, 2024 20" in markup
    assert " style=" not in markup


def test_the_pyramid_has_two_sides_to_the_same_scale():
    markup = charts.pyramid(
        chart_id="p", title="T", categories=["18 à 25 ans"], left=Series("Femmes", [30]), right=Series("Hommes", [15])
    )
    bars, texts = parsed(markup)
    left, right = bars[2:]
    assert float(left.get("width", "0")) == pytest.approx(2 * float(right.get("width", "0")), rel=0.01)
    assert float(left.get("x", "0")) < float(right.get("x", "0"))
    assert {"18 à 25 ans", "30", "15"} <= set(texts)
    assert not re.search(r"NaN|inf", markup)


def test_wrong_series_are_refused():
    with pytest.raises(ValueError, match="attend 2 valeurs"):
        charts.pyramid(chart_id="p", title="T", categories=["A", "B"], left=Series("F", [1]), right=Series("H", [1, 2]))
    with pytest.raises(ValueError, match="négative"):
        charts.paired_bars(chart_id="p", title="T", categories=["A"], now=Series("N", [-1]), before=Series("B", [1]))
