"""The container lab: its numbers against the simulator, its words against its numbers."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport.labs import ContainerLab
from labsupport.labs.containers import BASE, LIMITS, MINUTES, STORY, _growth
from labsupport.labs.marks import Points, Stairs
from labsupport.simulators.containers import MemoryResult, run_in_memory, throttled_response
from tests.labs.test_figure import assert_complete, assert_readable

EXTREMES = [
    {"cpus": 0.25, "work": 1_000},
    {"cpus": 3.0, "threads": 4, "work": 10},
    {"threads": 1, "cpus": 8.0},
    {"view": "memory", "limit": 400, "leak": 100},
    {"view": "memory", "limit": 1_000},
]


@pytest.mark.parametrize("state", EXTREMES)
def test_the_picture_is_complete_and_readable(state: dict[str, object]) -> None:
    lab = ContainerLab(**state)
    assert_complete(lab)
    assert_readable(lab.figure())


@pytest.mark.parametrize("cpus", [0.25, 0.75, 1.0, 3.0, 8.0])
@pytest.mark.parametrize("threads", [1, 4, 8])
@pytest.mark.parametrize("work", [10, 150, 200, 1_000])
def test_what_is_shown_running_is_the_work_within_the_quota(cpus: float, threads: int, work: int) -> None:
    lab = ContainerLab(cpus=cpus, threads=threads, work=work)
    stretches = np.array(lab._stretches())
    lengths = stretches[:, 1] - stretches[:, 0]
    assert lengths.sum() * threads == pytest.approx(work)
    assert stretches[-1, 1] == pytest.approx(lab.answer())
    assert lab.answer() == pytest.approx(1_000 * throttled_response([work / 1_000], cpus, threads=threads)[0])
    if cpus < threads:
        assert np.all(lengths * threads <= 100 * cpus + 1e-9)
        np.testing.assert_allclose(stretches[:, 0] % 100, 0, atol=1e-9)
    assert len(lab.steps().steps) == min(len(stretches), 30)


def test_the_question_is_answered() -> None:
    lab = ContainerLab()
    assert lab.answer() == 112.5
    assert "the quota of 100 ms is used up after 12.5, and then all stand still: for 87.5 ms in all" in lab.describe()
    stairs = next(mark for mark in lab.chart().panels[0].marks if isinstance(mark, Stairs))
    assert stairs.x[:4] == (0, 12.5, 100, 112.5)
    assert "does not feel the limit" in ContainerLab(work=50).describe()


@pytest.mark.parametrize(("limit", "leak"), [(450, 0), (600, 50), (400, 100)])
def test_the_day_is_the_simulators(limit: int, leak: int) -> None:
    lab = ContainerLab(view="memory", limit=limit, leak=leak)
    assert isinstance(lab.result, MemoryResult)
    expected = run_in_memory(_growth(leak), limit, base=BASE, restart=2)
    assert lab.answer() == expected.killed.size > 0
    killed = next(mark for mark in lab.chart().panels[0].marks if isinstance(mark, Points))
    assert list(killed.x) == pytest.approx((expected.killed / 60).tolist())
    assert f"not there for {expected.down} minutes" in lab.describe()
    assert lab.table().set_index("limit").killed[limit] == lab.answer()


def test_what_leaks_grows_by_that_much() -> None:
    assert _growth(24.0).sum() - _growth(0.0).sum() == pytest.approx(24 * 24)
    assert _growth(0.0).size == MINUTES


def test_the_stories_come_out_as_they_are_called() -> None:
    told = {name: ContainerLab(**state) for name, state in STORY.items()}
    assert told["One thread"].answer() == 200
    assert told["As many CPUs as threads"].answer() == 25
    assert told["Half a CPU"].answer() > 300
    assert "is killed once" in told["Too little at noon"].describe()
    assert "heals nothing" in told["A leak"].describe()
    assert "lives through the day" in ContainerLab(view="memory").describe()


def test_larger_limits_kill_less_often() -> None:
    assert ContainerLab(view="memory", leak=50).table().killed.is_monotonic_decreasing
    assert ContainerLab(view="memory").table().limit.tolist() == LIMITS


def test_what_the_view_does_not_show_rests() -> None:
    assert ContainerLab().idle() == ["limit", "leak"]
    assert ContainerLab(view="memory").idle() == ["cpus", "threads", "work"]


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="threads is 9, but must be a whole number from 1 to 8"):
        ContainerLab(threads=9)
