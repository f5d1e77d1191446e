"""The cache lab: its numbers against the simulators, its words against its numbers."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pandas as pd
import pytest

from labsupport.labs import CacheLab
from labsupport.labs.cache_runs import KEYS, REQUESTS, WARM_UP
from labsupport.labs.caching import POLICIES, WORKLOADS, WRITE_POLICIES
from labsupport.labs.chart import Line
from labsupport.predictions import predict
from labsupport.simulators import caching
from labsupport.systems import caching as systems
from labsupport.workloads import zipf_trace
from tests.labs.test_figure import assert_complete, assert_readable


@pytest.fixture(scope="module")
def lab() -> CacheLab:
    return CacheLab()


def workload_of(lab: CacheLab) -> np.ndarray:
    return lab._requests.trace


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("workload", [word for word in WORKLOADS if word != "own"])
def test_the_picture_is_complete_and_readable(policy: str, workload: str) -> None:
    lab = CacheLab(policy=policy, workload=workload, size=1, write_policy="write_back")
    assert_complete(lab)
    assert_readable(lab.figure())


@pytest.mark.parametrize(("size", "write_policy"), list(itertools.product([1, 2, 100, 999, KEYS], WRITE_POLICIES)))
def test_the_picture_is_readable_at_both_ends(size: int, write_policy: str) -> None:
    predict("00.8", low=0.0, high=1.0)
    programs = ["Redis 7.0.15 allkeys-lru", "Redis 7.0.15 allkeys-lfu"]
    measured = pd.DataFrame(
        {"source": "measurement", "program": programs, "policy": ["lru", "lfu"], "capacity": 100, "warm_hit_ratio": [0.57, 0.61], "recorded": True}
    )
    lab = CacheLab(prediction="00.8", measured=measured, size=size, write_policy=write_policy)
    assert_complete(lab)
    assert_readable(lab.figure())


@pytest.mark.parametrize("policy", POLICIES)
def test_the_curve_is_what_the_simulator_says_after_the_warm_up(policy: str) -> None:
    lab = CacheLab(policy=policy, exponent=0.8)
    trace = zipf_trace(REQUESTS, KEYS, 0.8, seed=4)
    curve = next(mark for mark in lab.chart().panels[0].marks if isinstance(mark, Line) and mark.role == "main")
    for size, miss_ratio in list(zip(curve.x, curve.y, strict=True))[::5]:
        hits = caching.simulate(policy, trace, int(size)).hits[WARM_UP:]
        assert miss_ratio == pytest.approx(1 - hits.mean(), abs=1e-12)


@pytest.mark.parametrize(("policy", "workload"), list(itertools.product(["lru", "sieve", "opt"], ["zipf", "loop", "mixture"])))
def test_the_line_between_simulated_sizes_is_near_the_truth(policy: str, workload: str) -> None:
    lab = CacheLab(policy=policy, workload=workload, size=7)
    curve = next(mark for mark in lab.chart().panels[0].marks if isinstance(mark, Line) and mark.role == "main")
    trace = workload_of(lab)
    for size in (7, 40, 222, 333, 444, 495, 500, 501, 502, 800):
        drawn = np.interp(np.log(size), np.log(curve.x), curve.y)
        assert drawn == pytest.approx(1 - caching.simulate(policy, trace, size).hits[WARM_UP:].mean(), abs=0.04)


def test_theory_lies_on_the_simulation_for_lru() -> None:
    table = CacheLab(policy="lru").table().pivot_table(index="cache_size", columns="name", values="miss_ratio").dropna()
    assert len(table) >= 10
    assert np.abs(table["LRU"] - table["LRU in theory"]).max() < 0.02


@pytest.mark.parametrize("workload", [word for word in WORKLOADS if word != "own"])
@pytest.mark.parametrize("policy", [policy for policy in POLICIES if policy != "opt"])
def test_nobody_beats_the_optimum(policy: str, workload: str) -> None:
    # over the whole trace: an optimum that knows what is not counted may sacrifice the warm-up's end
    table = CacheLab(policy=policy, workload=workload).table()
    best = table[table["name"] == "optimum"].set_index("cache_size")["miss_ratio"]
    ours = table[table["name"] == POLICIES[policy]].set_index("cache_size")["miss_ratio"].reindex(best.index).dropna()
    assert (ours >= best[ours.index] - 1e-3).all()


def test_the_sentence_is_made_from_the_numbers() -> None:
    lab = CacheLab(policy="lru", size=50, write_policy="write_back", write_share=0.5)
    sentence = lab.describe()
    assert f"misses {100 * lab.result.miss_ratio:.0f} of 100" in sentence
    written = lab.result.writes["write_back"]
    assert f"{100 * written.backend_reads[50] / REQUESTS:.0f} reads" in sentence
    assert f"{written.dirty[50]} changed objects would be lost" in sentence
    assert len(re.findall(r"\.(?:\s|$)", sentence)) == 2  # two sentences


def test_a_larger_cache_never_misses_more_under_lru() -> None:
    misses = [CacheLab(size=size).answer() for size in (1, 10, 100, 500, 1000)]
    assert misses == sorted(misses, reverse=True)


def test_an_own_trace_is_a_workload_of_its_own() -> None:
    lab = CacheLab(trace=[5, 6, 5, 7, 5, 6], size=2)
    assert lab.workload == "own"
    assert lab.answer() == pytest.approx(1 - caching.simulate("lru", [5, 6, 5, 7, 5, 6], 2).hit_ratio)
    assert ("own", WORKLOADS["own"]) in next(c for c in lab.declarations() if c["name"] == "workload")["options"]
    assert_complete(lab)
    assert [name for name, _ in lab._presets] == ["Reset"]
    assert [step.label for step in lab.steps().steps] == ["A", "B", "A", "C", "A", "B"]


def test_a_real_system_is_drawn_on_the_same_axes() -> None:
    recorded = systems.recorded()
    lab = CacheLab(trace=systems.default_trace(), popularity=systems.default_popularity(), measured=recorded.table, size=2_000)
    assert_complete(lab)
    assert_readable(lab.figure())
    lab.size = 6_370  # more than the lab's own workloads have
    drawn = [mark for mark in lab.chart().panels[0].marks if mark.role == "measurement"]
    assert [mark.label for mark in drawn] == ["Redis lru, recorded", "Redis lfu, recorded", "Redis random, recorded", "Memcached lru, recorded"]
    curves = lab.table().pivot_table(index="cache_size", columns="name", values="miss_ratio").dropna(subset=["LRU", "LRU in theory"])
    full = curves.loc[:4_000]  # larger caches are not yet full after half of 30,000 requests
    assert (full["LRU"] - full["LRU in theory"]).abs().max() < 0.01
    lab.size = 2_000
    measured = recorded.table.query("policy == 'lru' and source == 'measurement' and samples == 5 and seconds >= 4")  # slow enough for its clock
    assert (measured["warm_hit_ratio"] - (1 - lab.answer())).abs().max() < 0.02


def test_without_an_own_trace_it_is_not_offered() -> None:
    lab = CacheLab()
    assert "own" not in [word for word, _ in next(c for c in lab.declarations() if c["name"] == "workload")["options"]]
    lab.workload = "own"
    assert "no trace" in lab._error
    assert lab.workload == "zipf"


@pytest.mark.parametrize(
    ("keywords", "words"),
    [
        ({"size": 0}, "size is 0, but must be a whole number from 1 to 1,000"),
        ({"size": -3}, "size is -3"),
        ({"policy": "lruu"}, "Did you mean 'lru'"),
        ({"exponent": float("nan")}, "exponent is nan"),
        ({"trace": []}, "trace is empty"),
        ({"trace": [-1]}, "the key -1"),
        ({"trace": [1.5]}, "whole number"),
        ({"measured": "x"}, "measured is 'x'"),
        ({"popularity": [1.0]}, "popularity is given without a trace"),
        ({"writes": 1}, "no control 'writes'"),
    ],
)
def test_bad_input_is_named(keywords: dict[str, object], words: str) -> None:
    with pytest.raises((ValueError, TypeError), match=re.escape(words)):
        CacheLab(**keywords)


def test_the_story_agrees_with_the_simulator() -> None:
    for policy in POLICIES:
        story = CacheLab(policy=policy).steps()
        assert all(len(step.contents) <= story.places for step in story.steps)
        for before, step in itertools.pairwise(story.steps):
            assert step.good == (step.label in before.contents)
            assert set(step.contents) == (set(before.contents) | {step.label}) - ({step.left} - {step.label})
            assert step.left == "" or step.left in step.sentence


class _Lru:
    """What a student may have written."""

    def __init__(self, capacity: int) -> None:
        self.capacity, self.entries = capacity, dict[int, int]()

    def get(self, key: int) -> int | None:
        if key not in self.entries:
            return None
        self.entries[key] = value = self.entries.pop(key)
        return value

    def put(self, key: int, value: int) -> list[int]:
        self.entries[key] = value
        if len(self.entries) <= self.capacity:
            return []
        oldest = next(iter(self.entries))
        del self.entries[oldest]
        return [oldest]


def test_ones_own_cache_is_drawn_beside_the_others() -> None:
    lab = CacheLab(own=_Lru, policy="lru", size=50)
    assert lab.result.own_miss_ratio == lab.result.miss_ratio
    assert "; your own misses " in lab.describe()
    own = lab.table()[lambda table: table["name"] == "your own cache"].set_index("cache_size")["miss_ratio"]
    assert own.index.tolist() == [1, 10, 50, 100]
    exact = 1 - caching.simulate("lru", lab._requests.trace, 10).hits[WARM_UP:].mean()
    assert own[10] == pytest.approx(exact)


def test_what_ones_own_cache_does_wrong_is_said_in_the_lab() -> None:
    class Fails(_Lru):
        def put(self, key: int, value: int) -> list[int]:
            if self.capacity == 30:
                raise KeyError("oops")
            return super().put(key, value)

    lab = CacheLab(own=Fails, size=50)
    lab.size = 30
    assert lab._error == "your own cache with room for 30: KeyError: 'oops'"
    assert lab.size == 50
    with pytest.raises(TypeError, match="own is 3, but must be a class"):
        CacheLab(own=3)
