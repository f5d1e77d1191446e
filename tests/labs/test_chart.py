"""The description of a chart: what it refuses, and what goes over the wire."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport.labs.chart import Area, Axis, Band, Bars, Chart, Columns, Line, Panel, Points, Rule, Spans
from labsupport.labs.controls import stops


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_a_linear_axis_has_two_to_eight_even_ticks_inside_its_limits(low: float, length: float) -> None:
    axis = Axis("size", (low, low + length))
    places = [place for place, _ in axis.ticks]
    assert 2 <= len(places) <= 8
    assert all(low - 1e-6 * length <= place <= low + length * (1 + 1e-6) for place in places)
    gaps = [b - a for a, b in itertools.pairwise(places)]
    assert max(gaps) == pytest.approx(min(gaps), rel=1e-3)


@given(st.integers(-3, 3), st.integers(1, 6))
def test_a_logarithmic_axis_has_a_tick_at_every_decade(low: int, decades: int) -> None:
    axis = Axis("size", (10.0**low, 10.0 ** (low + decades)), scale="log")
    assert [round(math.log10(place)) for place, _ in axis.ticks] == list(range(low, low + decades + 1))


@pytest.mark.parametrize(
    ("limits", "scale", "words"),
    [((1, 1), "linear", "smaller"), ((0, 10), "log", "above 0"), ((0, math.nan), "linear", "finite"), ((0, 1), "sqrt", "'linear', 'log'")],
)
def test_an_axis_says_what_is_wrong_with_it(limits: tuple[float, float], scale: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Axis("size", limits, scale=scale)


def test_no_mark_takes_a_number_that_is_none() -> None:
    with pytest.raises(ValueError, match="y holds nan"):
        Line("a", [1], [math.nan])
    with pytest.raises(ValueError, match="x has 2 numbers and y has 1"):
        Line("a", [1, 2], [1])
    with pytest.raises(ValueError, match="at least one"):
        Line("a", [], [])
    with pytest.raises(ValueError, match="at holds inf"):
        Rule("a", math.inf)
    with pytest.raises(ValueError, match="low and high"):
        Band("a", 0, math.inf)
    with pytest.raises(ValueError, match="low holds nan"):
        Area("a", [1], [math.nan], [1])
    with pytest.raises(ValueError, match="x, low and high have 2, 1 and 1 numbers"):
        Area("a", [1, 2], [1], [1])
    with pytest.raises(ValueError, match="left, right and heights have 1, 1 and 0 numbers"):
        Columns("a", [1], [2], [])
    with pytest.raises(ValueError, match="rows, begins and ends have 1, 1 and 0 numbers"):
        Spans("a", [1], [2], [])
    with pytest.raises(ValueError, match="names are 1, but there are 2 spans"):
        Spans("a", [1, 2], [1, 2], [3, 4], names=["one"])
    with pytest.raises(ValueError, match="names are 1, but there are 2 points"):
        Points("a", [1, 2], [1, 2], names=["one"])
    with pytest.raises(ValueError, match="names holds nan"):
        Axis("a", (0, 1), names=[(math.nan, "one")])
    with pytest.raises(ValueError, match="2 categories"):
        Bars(["a", "b"], [("part", [1.0])], ["", ""])


@given(st.integers(1, 50), st.integers(51, 100_000), st.integers(2, 30))
def test_stops_ascend_from_end_to_end(low: int, high: int, per_decade: int) -> None:
    places = stops(low, high, per_decade)
    assert places[0] == low
    assert places[-1] == high
    assert all(a < b for a, b in itertools.pairwise(places))


def test_a_name_without_room_in_its_span_is_drawn_by_nobody() -> None:
    spans = Spans("tasks", [1, 2], [0, 0], [50, 5], names=["reduce", "reduce"])
    message = Chart((Panel("Tasks", Axis("time", (0, 100)), Axis("core", (0, 3)), (spans,)),)).message()
    assert message["panels"][0]["marks"][0]["names"] == ["reduce", ""]
    assert spans.fitting(0, 10) == ("reduce", "reduce")
