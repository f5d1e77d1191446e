"""Things that move between stations: what a scene refuses, what goes over the wire, and that the browser sees the same."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport.labs.browser import script
from labsupport.labs.scene import FINEST, SHAPE, Ring, Scene, Station
from tests.labs.flow import FlowLab, scene

LARGEST_FRAME = 8_000  # bytes, so that a slow line keeps up with a hand


def unpacked(message: dict[str, Any]) -> dict[str, np.ndarray]:
    """Read the columns as the front end does."""
    columns = {}
    for name, packed in message["columns"].items():
        count = message["stays"] * (2 if name == "spots" else 1)
        if isinstance(packed, int):
            columns[name] = np.full(count, packed)
        else:
            data = base64.b64decode(packed)
            columns[name] = np.frombuffer(data, "u1" if len(data) == count else "<u2")
    columns["thing"] = np.cumsum(columns["thing"])
    if "value" in columns:
        low, step = message["scale"]
        columns["value"] = np.where(columns["value"] > FINEST, np.nan, low + columns["value"] * step)
    return columns


def one_stay(**changes: Any) -> Scene:
    return Scene(**{"title": "One", "stations": [Station("a", 0.5, 0.5)], "thing": [0], "station": [0], "enter": [0.0], "leave": [1.0]} | changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"stations": []}, "stations are .* at least one"),
        ({"stations": [Station("a", 0, 0), Station("a", 1, 1)]}, "a name of its own"),
        ({"thing": []}, "thing is empty"),
        ({"thing": [1_000]}, "thing holds the index 1000"),
        ({"station": [1]}, "station holds the index 1"),
        ({"station": [0, 0]}, r"station has shape \(2,\)"),
        ({"enter": [np.nan]}, "enter holds nan"),
        ({"enter": [np.inf], "leave": [np.inf]}, "enter holds inf"),
        ({"leave": [-1.0]}, r"leave\[0\] is -1.0, but must not be before"),
        ({"leave": [np.nan]}, r"leave\[0\] is nan"),
        (
            {"thing": [3, 3], "station": [0, 0], "enter": [0, 1], "leave": [2, 3]},
            "thing 3 enters a station at 1.0, but leaves the one before only at 2.0",
        ),
        ({"size": [-1.0]}, "size holds the number -1"),
        ({"kind": [1]}, "kind holds the index 1"),
        ({"kinds": ["a"] * 7}, "from 1 to 6"),
        ({"lost": [True, False]}, "lost holds 2"),
        ({"spots": [0.5]}, r"spots has shape \(1,\)"),
        ({"seconds": 0}, "seconds is 0"),
        ({"changes": [(0.0, 0, "broken")]}, "changes is 'broken'"),
        ({"changes": [(0.0, 1, "slow")]}, "changes is 1"),
        ({"links": [(0, 1)]}, "links holds the index 1"),
        ({"thing": np.zeros(10_001, dtype=int)}, "at most 10,000 stays"),
    ],
)
def test_a_scene_says_what_is_wrong_with_it(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        one_stay(**changes)


@pytest.mark.parametrize(
    ("field", "value"), [("x", 1.1), ("y", -0.1), ("state", "broken"), ("slots", -1), ("room", 101), ("layout", "pile"), ("queue", "north")]
)
def test_a_station_says_what_is_wrong_with_it(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"{field} is"):
        Station(**{"name": "a", "x": 0.5, "y": 0.5} | {field: value})


def test_the_callers_columns_are_neither_written_nor_kept() -> None:
    enter, leave = np.array([5.0, 0.0]), np.array([6.0, 1.0])
    made = one_stay(thing=[1, 0], station=[0, 0], enter=enter, leave=leave)
    assert made.enter.tolist() == [0.0, 5.0]  # sorted by thing
    assert enter.tolist() == [5.0, 0.0]
    leave[:] = 9
    assert made.leave.tolist() == [1.0, 6.0]
    with pytest.raises(ValueError, match="read-only"):
        made.enter[0] = 1


def test_things_and_values_arrive_as_they_were() -> None:
    made = one_stay(thing=[2, 700], station=[0, 0], enter=[0, 1], leave=[1, 2], value=[np.nan, -3.5], measure="depth (m)")
    columns = unpacked(made.message())
    assert columns["thing"].tolist() == [2, 700]
    assert columns["value"].tolist() == pytest.approx([np.nan, -3.5], nan_ok=True)


@given(st.lists(st.tuples(st.floats(0, 10), st.floats(0, 10)), min_size=1, max_size=30), st.floats(-1e6, 1e6))
def test_times_arrive_as_they_were_to_the_finest_step(stays: list[tuple[float, float]], start: float) -> None:
    enter = start + np.array([first for first, _ in stays])
    leave = enter + np.array([length for _, length in stays])
    made = one_stay(thing=np.arange(len(stays)), station=[0] * len(stays), enter=enter, leave=leave)
    message = made.message()
    columns = unpacked(message)
    for name, sent in (("enter", enter), ("leave", leave)):
        assert np.allclose(message["start"] + columns[name] * message["step"], sent, rtol=0, atol=0.51 * message["step"])
    assert np.all(columns["leave"] <= FINEST)


def test_what_stays_to_the_end_and_what_has_no_spot_is_told_apart() -> None:
    made = one_stay(thing=[0, 1], station=[0, 0], enter=[0, 2], leave=[np.inf, 3], spots=[[0.0, 1.0], [np.nan, np.nan]])
    columns = unpacked(made.message())
    assert columns["leave"].tolist() == [FINEST + 1, FINEST]
    assert columns["spots"].tolist() == [0, FINEST, FINEST + 1, FINEST + 1]
    assert (made.start, made.end) == (0.0, 3.0)
    assert one_stay(leave=[np.inf]).end == 1.0  # a scene in which nothing happens has some length all the same


def test_a_scene_is_small_on_the_wire() -> None:
    assert len(json.dumps(scene(225).message())) <= LARGEST_FRAME  # 450 stays, with sizes, kinds and values


def test_a_place_on_the_ring_is_round_on_the_stage() -> None:
    ring = Ring(radius=0.4)
    for turn in np.linspace(0, 1, 9):
        x, y = ring.at(float(turn))
        assert np.hypot((x - 0.5) * SHAPE, y - 0.5) == pytest.approx(0.4, abs=1e-5)
    assert ring.at(0.25)[0] > 0.5


def test_a_lab_sends_its_scene_only_when_it_changes() -> None:
    lab = FlowLab()
    sent: list[Any] = []
    lab.observe(sent.append, names="_scene")
    lab.side = 20
    assert not sent
    lab.server = "down"
    assert len(sent) == 1
    assert lab._scene["stations"][2]["state"] == "down"


def test_a_station_is_moved_by_a_control_that_exists() -> None:
    class Wrong(FlowLab):
        def scene(self) -> Scene:
            return one_stay(stations=[Station("a", 0.5, 0.5, control="sevrer")])

    with pytest.raises(ValueError, match="moved by 'sevrer', but the controls with options are power, server"):
        Wrong()


def test_what_a_station_sets_are_controls_and_values_they_take() -> None:
    class Setting(FlowLab):
        sets: dict[str, Any] = {}  # noqa: RUF012 - set by the test

        def scene(self) -> Scene:
            return one_stay(stations=[Station("a", 0.5, 0.5, sets=self.sets)])

    Setting.sets = {"side": 7, "server": "slow"}
    assert Setting()._scene["stations"][0]["sets"] == {"side": 7, "server": "slow"}
    for Setting.sets, words in (({"sied": 7}, "sets 'sied', but the controls are side"), ({"side": 700}, "side is 700")):
        with pytest.raises(ValueError, match=words):
            Setting()


@pytest.mark.browser
def test_a_step_always_says_what_happens(browser) -> None:
    """A thing that leaves for elsewhere, one that only changes its spot, and a station that joins."""
    made = one_stay(
        stations=[Station("a", 0, 0), Station("b", 1, 1, state="absent")],
        thing=[0, 0, 0],
        station=[0, 0, 1],
        enter=[0, 1, 4],
        leave=[1, 2, 5],
        spots=[[0.1, 0.1], [0.2, 0.2], [np.nan, np.nan]],
        changes=[(3, 1, "up")],
    )
    page = browser.new_page()
    said = page.evaluate(
        """async ([text, scene]) => {
          const { Film } = await import(URL.createObjectURL(new Blob([text + "\\nexport { Film };"], { type: "text/javascript" })));
          const film = new Film(scene);
          return [film.states(0)[1], ...film.events.map((time) => film.happening(time))];
        }""",
        [script(), made.message()],
    )
    page.close()
    assert said == [
        "absent",
        "0 s: request 1 comes to a.",
        "1 s: request 1 moves within a.",
        "2 s: request 1 leaves a.",
        "3 s: b is up.",
        "4 s: request 1 comes to b.",
        "5 s: request 1 leaves b.",
    ]


@pytest.mark.browser
def test_the_browser_sees_what_the_columns_say(browser) -> None:
    """Count who stands where, and the running percentiles, once in Python from the columns and once in the player."""
    made = scene(200, "down")
    message = made.message()
    columns = unpacked(message)
    times = np.linspace(0, FINEST, 41).astype(int).tolist()
    page = browser.new_page()
    seen = page.evaluate(
        """async ([text, scene, times]) => {
          const { Film } = await import(URL.createObjectURL(new Blob([text + "\\nexport { Film };"], { type: "text/javascript" })));
          const film = new Film(scene);
          const counts = times.map((time) => { film.standing(time); return [...film.count]; });
          return { counts, measured: film.measured, words: film.tally(scene.last), first: film.happening(film.events[0]) };
        }""",
        [script(), message, times],
    )
    page.close()
    for time, counts in zip(times, seen["counts"], strict=True):
        here = (columns["enter"] <= time) & (time < columns["leave"])
        assert counts == np.bincount(columns["station"][here], minlength=5).tolist()
    values = columns["value"][~np.isnan(columns["value"])]
    step = message["scale"][1]
    assert np.allclose(columns["value"], made.value, rtol=0, atol=0.51 * step, equal_nan=True)
    last = seen["measured"][-1]
    assert last["median"] == pytest.approx(np.quantile(values, 0.5, method="inverted_cdf"))
    assert last["p99"] == pytest.approx(np.quantile(values, 0.99, method="inverted_cdf"))
    lost = int(made.lost.sum())
    assert lost >= 50  # every fourth request, at least
    assert seen["words"][1:3] == [f"{200 - lost} finished", f"{lost} lost"]
    assert seen["first"].endswith(": request 1 comes to balancer.")
