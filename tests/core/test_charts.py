"""Charts: what is drawn, what is said, and what the content policy and PDF forbid."""

from decimal import Decimal
from xml.etree import ElementTree

import pytest

from core.charts import MISSING, PALETTE, Series, bars, months_line, number, stacked_bars

SVG = "{http://www.w3.org/2000/svg}"


def parse(markup: str) -> ElementTree.Element:
    return ElementTree.fromstring(markup)


def texts(root: ElementTree.Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def coloured(root: ElementTree.Element, colour: str, *, height: str = "22") -> list[float]:
    """Widths of the bars of one colour (the legend's squares have another height)."""
    return [
        float(element.attrib["width"])
        for element in root.iter(f"{SVG}rect")
        if element.attrib["fill"] == colour and element.attrib["height"] == height
    ]


def luminance(colour: str) -> float:
    channels = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.fixture
def stacked() -> str:
    return stacked_bars(
        chart_id="saisines",
        title="Saisines par poste",
        categories=["Béthune", "Boulogne", "Arras"],
        series=[Series("Femmes", [427, None, 95]), Series("Hommes", [68, None, 11]), Series("Enfants", [103, None, 8])],
    )


def test_bars_are_proportional_to_their_values(stacked):
    women = coloured(parse(stacked), PALETTE[0])
    assert women[1] / women[0] == pytest.approx(95 / 427, abs=0.002)


def test_every_value_is_written_on_its_bar_or_beside_the_row(stacked):
    written = texts(parse(stacked))
    assert {"427", "68", "103", "598", "95"} <= set(written)
    assert "114 (95 + 11 + 8)" in written


def test_an_unknown_row_is_said_missing_and_draws_nothing(stacked):
    root = parse(stacked)
    assert MISSING in texts(root)
    assert len(coloured(root, PALETTE[0])) == 2
    description = root.find(f"{SVG}desc").text
    assert f"Boulogne : Femmes {MISSING}" in description


def test_a_partly_known_row_is_not_passed_off_as_a_total():
    chart = stacked_bars(
        chart_id="c", title="T", categories=["A"], series=[Series("x", [5]), Series("y", [None]), Series("z", [2])]
    )
    assert "7, incomplet" in texts(parse(chart))


def test_the_image_has_a_name_and_a_description_with_deterministic_ids(stacked):
    root = parse(stacked)
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-labelledby"] == "saisines-title saisines-desc"
    assert root.find(f"{SVG}title").text == "Saisines par poste"
    assert "Femmes 427, Hommes 68, Enfants 103" in root.find(f"{SVG}desc").text


def test_no_inline_style_ever(stacked):
    line = months_line(chart_id="l", title="T", values=[1] * 12)
    simple = bars(chart_id="b", title="T", categories=["A"], values=[1])
    for chart in (stacked, line, simple):
        assert all("style" not in element.attrib for element in parse(chart).iter())


def test_labels_are_escaped():
    chart = bars(chart_id="b", title='<script>"', categories=["<b>&"], values=[1])
    root = parse(chart)
    assert texts(root)[0] == "<b>&"
    assert root.find(f"{SVG}title").text == '<script>"'


def test_palette_contrasts_with_the_paper_and_carries_white_figures():
    for colour in PALETTE:
        assert 1.05 / (luminance(colour) + 0.05) >= 4.5, colour


def test_simple_bars_write_units_and_missing_values():
    chart = bars(chart_id="b", title="T", categories=["A", "B", "C"], values=[1135, None, 42], unit="%")
    assert [text for text in texts(parse(chart)) if text not in "ABC"] == ["1\u202f135\u202f%", MISSING, "42\u202f%"]


def test_all_zero_values_draw_no_bar_and_say_zero():
    root = parse(bars(chart_id="b", title="T", categories=["A"], values=[0]))
    assert coloured(root, PALETTE[0]) == []
    assert "0" in texts(root)


def test_a_long_category_is_wrapped_never_cut():
    label = "Poste ISCG de la communauté urbaine d'Arras, commissariat central"
    written = texts(parse(bars(chart_id="b", title="T", categories=[label], values=[1])))
    assert " ".join(written[:-1]) == label


def test_the_line_breaks_at_a_missing_month():
    values = [12, 15, None, 9, 8, 7, 6, 5, 4, 3, 2, 0]
    root = parse(months_line(chart_id="l", title="T", values=values))
    segments = [line for line in root.iter(f"{SVG}line") if line.attrib["stroke"] == PALETTE[0]]
    assert len(segments) == 9
    assert len(list(root.iter(f"{SVG}circle"))) == 11
    assert "n. r." in texts(root)
    assert f"n. r. : {MISSING}" in texts(root)


def test_the_highest_month_is_the_highest_point():
    root = parse(months_line(chart_id="l", title="T", values=[1, 2, 9, 4, 5, 6, 7, 8, 3, 2, 1, 0]))
    heights = [float(circle.attrib["cy"]) for circle in root.iter(f"{SVG}circle")]
    assert heights.index(min(heights)) == 2
    assert heights.index(max(heights)) == 11


@pytest.mark.parametrize(("values", "message"), [([1] * 11, "attend 12 valeurs"), ([-1] + [1] * 11, "valeur négative")])
def test_wrong_values_are_refused(values, message):
    with pytest.raises(ValueError, match=message):
        months_line(chart_id="l", title="T", values=values)


def test_more_series_than_colours_are_refused():
    with pytest.raises(ValueError, match="au plus 6 séries"):
        stacked_bars(chart_id="c", title="T", categories=["A"], series=[Series(str(n), [1]) for n in range(7)])


def test_same_figures_same_bytes(stacked):
    again = stacked_bars(
        chart_id="saisines",
        title="Saisines par poste",
        categories=["Béthune", "Boulogne", "Arras"],
        series=[Series("Femmes", [427, None, 95]), Series("Hommes", [68, None, 11]), Series("Enfants", [103, None, 8])],
    )
    assert again == stacked


def test_numbers_are_french():
    assert number(2731) == "2\u202f731"
    assert number(Decimal("12.5")) == "12,5"
