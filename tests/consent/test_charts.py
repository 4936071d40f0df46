"""Charts: valid XML whatever the label, inside their box, the same figures in the table, no colour of their own."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent import charts
from consent.charts import Chart, ChartInvalid, Moment, Series

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = ["</svg><script>alert(1)</script>", '"><img onerror=x>', "a\x00b\ud800\uffff", "\u202egnp.exe", "🎭" * 50]
labels = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=30))
values = st.floats(0, 1e12) | st.integers(0, 10**9)
figures = st.lists(st.tuples(labels, values), max_size=24)


def every(found: list[tuple[str, float]], title: str) -> list[Chart]:
    names, numbers = [name for name, _ in found], tuple(number for _, number in found)
    two = [Series(title, numbers), Series("</text>", numbers)]
    return [
        charts.bars(title, title, names, numbers, unit=title),
        charts.stacked(title, title, names, two),
        charts.lines(title, title, names, two),
        charts.ring(title, title, names, numbers, centre=title),
        charts.sparkline(title, title, names, numbers),
        charts.timeline(title, title, [Moment(name, i / 30, title) for i, name in enumerate(names)]),
    ]


def assert_inside(root: ET.Element) -> None:
    """Every coordinate of every mark lies in the view box."""
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    for mark in root.iter():
        at = mark.attrib
        if mark.tag == f"{SVG}rect":
            assert float(at["x"]) + float(at["width"]) <= width
            assert float(at["y"]) + float(at["height"]) <= height + 0.01
        for pair in at.get("points", "").split():
            x, y = map(float, pair.split(","))
            assert 0 <= x <= width
            assert 0 <= y <= height
        for name, end in (("x", width), ("x1", width), ("x2", width), ("cx", width), ("y", height), ("cy", height)):
            assert 0 <= float(at.get(name, 0)) <= end


@settings(max_examples=60)
@given(figures, labels)
def test_every_picture_is_sound_whatever_it_shows(found: list[tuple[str, float]], title: str) -> None:
    for chart in every(found, title):
        root = ET.fromstring(chart.svg)  # noqa: S314 - what we drew ourselves
        assert {mark.tag for mark in root.iter()} <= {
            SVG + tag for tag in ("svg", "title", "desc", "line", "text", "rect", "polyline", "circle")
        }
        assert all(not {"style", "fill-opacity"} & set(mark.attrib) for mark in root.iter())
        assert all(name != "onerror" for mark in root.iter() for name in mark.attrib)
        assert len(chart.rows) == len(found)
        assert root.find(f"{SVG}title") is not None
        assert root.attrib["role"] == "img"
        assert_inside(root)


@pytest.mark.parametrize("label", HOSTILE, ids=["tag", "attribute", "no-character", "turned", "long"])
def test_a_label_is_text_and_nothing_else(label: str) -> None:
    chart = charts.bars("t", label, [label], [3])
    root = ET.fromstring(chart.svg)  # noqa: S314 - as above
    assert root.findtext(f"{SVG}desc") == charts.clean(label)
    assert chart.rows == ((charts.clean(label), "3"),)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0, 1e16])
def test_what_is_no_figure_is_refused(value: float) -> None:
    with pytest.raises(ChartInvalid):
        charts.bars("t", "a", ["x"], [value])


def test_series_of_another_length_and_too_many_marks_are_refused() -> None:
    with pytest.raises(ChartInvalid):
        charts.lines("t", "a", ["x", "y"], [Series("s", (1,))])
    with pytest.raises(ChartInvalid):
        charts.bars("t", "a", ["x"] * 401, [1] * 401)
    with pytest.raises(ChartInvalid):
        charts.timeline("t", "a", [Moment("x", float("nan"), "")])


def test_bars_of_twice_the_value_are_twice_as_high() -> None:
    root = ET.fromstring(charts.bars("t", "a", ["x", "y"], [2, 4]).svg)  # noqa: S314 - as above
    low, high = (float(mark.attrib["height"]) for mark in root.iter(f"{SVG}rect"))
    assert high == pytest.approx(2 * low, abs=0.02)


def test_the_parts_of_a_ring_fill_it_once() -> None:
    root = ET.fromstring(charts.ring("t", "a", ["x", "y", "z"], [1, 0, 3]).svg)  # noqa: S314 - as above
    dashes = [float(mark.attrib["stroke-dasharray"].split()[0]) for mark in root.iter(f"{SVG}circle") if len(mark)]
    assert sum(dashes) == pytest.approx(2 * 3.14159 * 76, abs=0.1)
    assert dashes[1] == pytest.approx(3 * dashes[0], abs=0.01)
