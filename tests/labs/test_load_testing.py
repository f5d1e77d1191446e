"""The load-test lab: its numbers against the simulator, its words against its numbers."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport import theory
from labsupport.labs import LoadTestLab
from labsupport.labs import load_testing_runs as runs
from labsupport.labs.load_testing import DOTS, STORY
from labsupport.labs.load_testing_runs import BEGINS, PEAKS, SECONDS, SHARES, WORK, Setting
from labsupport.labs.marks import Points
from labsupport.systems.load_tools import recorded
from tests.labs.test_figure import assert_complete, assert_readable

EXTREMES = [
    {"peak": 130, "stall": 5.0, "connections": 1},
    {"peak": 10, "stall": 0.1, "connections": 200},
    {"shape": "ramp", "peak": 130, "stall": 0.0, "view": "sent"},
    {"shape": "stress", "peak": 10, "connections": 1, "view": "knee"},
    {"shape": "spike", "peak": 130, "stall": 0.1},
]


@pytest.mark.parametrize("state", [{}, *EXTREMES])
def test_the_picture_is_complete_and_readable(state: dict[str, object]) -> None:
    lab = LoadTestLab(**state)
    assert_complete(lab)
    assert_readable(lab.figure())


def test_the_answer_is_the_users_percentile_and_the_question_tells_the_tools() -> None:
    lab = LoadTestLab()
    assert lab.answer() == pytest.approx(1_000 * np.percentile(lab.result.users.responses, 99))
    tool = 1_000 * np.percentile(lab.result.tool.responses, 99)
    assert 7 < tool < 8
    assert "less than 8 ms" in lab.question
    assert f"longer than {tool:.1f} ms" in lab.describe()
    assert f"longer than {lab.answer() / 1_000:.1f} s" in lab.describe()
    table = lab.table().set_index("percentile")
    assert table.users[99.0] == lab.answer()


@pytest.mark.parametrize("shape", ["soak", "ramp", "spike", "stress"])
@pytest.mark.parametrize("connections", [10, 200])
def test_a_tool_that_is_not_kept_from_it_sends_what_the_plan_says(shape: str, connections: int) -> None:
    planned = runs.rates(shape, 50)
    sent = runs.second_by_second(runs.tool(Setting(shape, 50, 0.0, connections)).requests)
    assert 0.95 * planned.sum() < sent.sum() <= planned.sum() + connections
    came = runs.second_by_second(runs.users(shape, 50, 0.0).requests)
    assert came.sum() == pytest.approx(planned.sum(), rel=0.03)


@pytest.mark.parametrize("peak", [50, 120])
def test_a_tool_never_has_more_on_their_way_than_connections(peak: int) -> None:
    result = runs.tool(Setting("soak", peak, 2.0, 20)).requests
    done = np.searchsorted(np.sort(result.finishes), result.sent, side="right")
    assert (np.arange(1, result.sent.size + 1) - done).max() <= 20


def test_while_the_server_stops_the_tool_falls_silent() -> None:
    lab = LoadTestLab(stall=3.0, connections=5, view="sent")
    inside = (lab.result.tool.sent >= BEGINS) & (lab.result.tool.sent < BEGINS + 3)
    assert inside.sum() <= 5
    assert runs.second_by_second(lab.result.tool)[21] == runs.second_by_second(lab.result.tool)[22] == 0
    assert f"and the tool sends {inside.sum()} requests and then waits" in lab.describe()


def test_a_stall_that_no_connection_waits_for_long_is_in_both_logs_alike() -> None:
    lab = LoadTestLab(stall=0.1, connections=200)
    assert "nearly as many: it sees what they see" in lab.describe()
    late = [np.sum(log.responses > 0.05) for log in (lab.result.tool, lab.result.users)]
    assert late[0] > late[1] / 2  # where with ten connections it would be a few


@pytest.mark.parametrize("stall", [0.1, 1.0, 5.0])
@pytest.mark.parametrize("connections", [1, 10, 200])
def test_the_stall_is_in_both_logs_and_in_the_picture(stall: float, connections: int) -> None:
    lab = LoadTestLab(stall=stall, connections=connections)
    users, tool = (mark for mark in lab.chart().panels[1].marks if isinstance(mark, Points))
    assert max(tool.y) > 0.8 * stall
    assert max(users.y) > 0.8 * stall
    assert len(users.x) + len(tool.x) <= DOTS + 2
    scene = lab.scene()
    assert scene is not None
    assert np.nanmax(scene.value[scene.station == 1]) > 800 * stall


def test_more_connections_see_more_of_what_users_see() -> None:
    percentiles = [1_000 * np.percentile(LoadTestLab(connections=count).result.tool.responses, 99) for count in (10, 50, 200)]
    assert percentiles == sorted(percentiles)
    assert percentiles[0] < 10
    assert percentiles[-1] > 100


@pytest.mark.parametrize("peak", [10, 50, 80])
def test_without_a_stall_users_meet_what_theory_says(peak: int) -> None:
    lab = LoadTestLab(peak=peak, stall=0.0)
    exact = 1_000 * np.asarray(theory.mm1_response_percentile(peak / 100 / WORK, 1 / WORK, 1 - SHARES))
    common = SHARES >= 0.01  # beyond, a minute is too short
    np.testing.assert_allclose(lab.result.users_percentiles[common], exact[common], rtol=0.12)
    dots = next(mark for mark in lab.chart().panels[0].marks if isinstance(mark, Points))
    assert dots.y[0] == pytest.approx(exact[0])
    assert "tell much the same" in lab.describe()


def test_the_users_knee_goes_through_the_roof_and_the_tools_does_not() -> None:
    users, tool = runs.knee_of_users(), runs.knee_of_tool(10)
    below = [place for place, peak in enumerate(PEAKS) if peak <= 80]
    exact = 1_000 * np.asarray(theory.mm1_response_percentile(np.array(PEAKS)[below] / 100 / WORK, 1 / WORK, 0.99))
    np.testing.assert_allclose(users[below], exact, rtol=0.25)
    assert np.all(np.diff(users) > 0)
    assert users[-1] > 1_000
    assert tool.max() < 25  # ten requests of 1 ms each stand in line at most


def test_stress_leaves_a_line_that_takes_time_to_go() -> None:
    lab = LoadTestLab(**STORY["Stress, and recovery"])
    late = lab.result.users.sent[lab.result.users.responses > 0.1]
    assert late[-1] > 40  # where the load has fallen already
    assert f"the last of whom comes after {late[-1]:.0f} s" in lab.describe()
    assert LoadTestLab(shape="soak", peak=120, stall=0.0).result.users.sent[-1] == pytest.approx(SECONDS, abs=0.1)


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="connections is 0, but must be a whole number from 1 to 200"):
        LoadTestLab(connections=0)


def test_tools_are_measured_where_closed_loops_are_and_users_where_the_open_one_is() -> None:
    lab = LoadTestLab(measured=recorded().table, view="measured")
    assert_complete(lab)
    assert_readable(lab.figure())
    marks = {mark.label: mark for mark in lab.chart().panels[1].marks}
    assert [label for label, mark in marks.items() if mark.role == "measurement"] == [
        "1 connection, recorded",
        "8 connections, recorded",
        "open loop, recorded",
    ]
    users = dict(zip(marks["users, simulated"].x, marks["users, simulated"].y, strict=True))
    said = recorded().table.query("loop == 'open' and source == 'simulation'").set_index("load")["p99_ms"]
    assert users[50] == pytest.approx(said[100], rel=0.1)
    assert users[80] == pytest.approx(said[160], rel=0.1)
    assert marks["open loop, recorded"].x == (50, 80)
    assert marks["tools in theory"].y == (5, 40)
    assert max(marks["1 connection, recorded"].y) < users[50] < max(marks["8 connections, recorded"].y)


def test_what_was_not_measured_is_not_offered() -> None:
    assert "measured" not in [word for word, _ in next(c for c in LoadTestLab().declarations() if c["name"] == "view")["options"]]
    with pytest.raises(ValueError, match="the lab was given no measurements"):
        LoadTestLab(view="measured")
    with pytest.raises(TypeError, match="measured is 3, but must be the table of a comparison"):
        LoadTestLab(measured=3)
