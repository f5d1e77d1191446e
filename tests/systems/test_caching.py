"""A trace on a real Redis, held against the simulator, and the recorded run for machines without one."""

from __future__ import annotations

import signal
import subprocess
import sys

import numpy as np
import psutil
import pytest

from labsupport.simulators.caching import simulate
from labsupport.systems import caching
from labsupport.systems.comparison import Comparison
from labsupport.systems.memcached import Memcached
from labsupport.systems.redis import Redis
from labsupport.systems.replay import replay_together
from labsupport.systems.server import ServerError
from labsupport.systems.stores import POLICIES, Run
from labsupport.workloads import loop_trace, zipf_trace
from tests.support import ROOT, require
from tests.systems.conftest import processes_in, wait_until_clean

TRACE = zipf_trace(3_000, 1_000, exponent=0.9, seed=2)
COLUMNS = ["source", "program", "policy", "capacity", "hit_ratio", "warm_hit_ratio", "seconds", "requests_per_second", "samples", "recorded"]


@pytest.fixture
def installed(workplace):
    require(Redis.find(), "needs redis-server")
    require(Memcached.find(), "needs memcached")


@pytest.fixture
def absent(monkeypatch):
    for server in (Redis, Memcached):
        monkeypatch.setattr(server, "find", staticmethod(lambda: None))


@pytest.mark.real_system
@pytest.mark.slow
def test_redis_comes_within_two_points_of_exact_lru_at_the_number_of_keys_it_keeps(installed):
    trace = caching.default_trace()
    replay = caching.replay_redis(trace, 2_000, "lru", seconds=12)  # unhurried, since its clock ticks once a second
    assert replay.resident == pytest.approx(2_000, rel=0.02)
    assert abs(replay.hit_ratio - simulate("lru", trace, replay.resident).hit_ratio) < 0.02
    assert replay.seconds >= 12


@pytest.mark.real_system
def test_redis_counts_what_is_used_often(installed):
    trace = caching.default_trace()
    replay = caching.replay_redis(trace, 2_000, "lfu", seconds=0)
    assert abs(replay.hit_ratio - simulate("lfu", trace, replay.resident).hit_ratio) < 0.02


@pytest.mark.real_system
@pytest.mark.parametrize("policy", POLICIES["redis"])
def test_where_everything_fits_each_policy_misses_each_key_once(installed, policy):
    replay = caching.replay_redis(TRACE, 2_000, policy, seconds=0)
    first = np.zeros(TRACE.size, dtype=bool)
    first[np.unique(TRACE, return_index=True)[1]] = True
    assert np.array_equal(replay.hits, ~first)
    assert replay.evictions == 0
    assert replay.resident == np.unique(TRACE).size


@pytest.mark.real_system
def test_memcached_comes_within_five_points_of_exact_lru_at_the_number_of_keys_it_keeps(installed):
    trace = caching.default_trace()
    replay = caching.replay_memcached(trace, 2_000, seconds=0)
    assert replay.resident == pytest.approx(2_000, rel=0.02)
    assert abs(replay.hit_ratio - simulate("lru", trace, replay.resident).hit_ratio) < 0.05
    assert replay.hit_ratio < simulate("opt", trace, replay.resident).hit_ratio


@pytest.mark.real_system
def test_memcached_misses_each_key_once_where_everything_fits_and_else_what_was_evicted(installed):
    first = np.zeros(TRACE.size, dtype=bool)
    first[np.unique(TRACE, return_index=True)[1]] = True
    assert np.array_equal(caching.replay_memcached(TRACE, 1_000, seconds=0).hits, ~first)
    replay = caching.replay_memcached(TRACE, 200, seconds=0, value_size=100)
    assert replay.resident == 200  # chunks are made so that whole pages hold just as many
    assert int((~replay.hits).sum()) - replay.evictions == 200
    assert (replay.program, replay.policy, replay.samples) == ("memcached", "lru", None)


@pytest.mark.real_system
def test_every_miss_is_a_new_key_or_one_that_was_evicted(installed):
    replay = caching.replay_redis(TRACE, 200, "lru", seconds=0, samples=10)
    misses = int((~replay.hits).sum())
    assert misses - replay.evictions == pytest.approx(replay.resident, abs=2)
    assert replay.resident == pytest.approx(200, rel=0.2)
    assert replay.bytes_per_key > 1_000
    assert replay.requests_per_second == pytest.approx(TRACE.size / replay.seconds)


@pytest.mark.real_system
def test_the_caller_s_trace_is_left_alone_and_a_list_will_do(installed):
    trace = TRACE[:200].copy()
    caching.replay_redis(trace, 100, seconds=0)
    assert np.array_equal(trace, TRACE[:200])
    assert caching.replay_redis(trace.tolist(), 100, seconds=0).hits.shape == (200,)


@pytest.mark.real_system
def test_progress_is_told_from_the_beginning_to_the_end(installed):
    shares: list[float] = []
    caching.replay_redis(TRACE, 100, seconds=0, progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert 0 < shares[0] < 0.1


@pytest.mark.real_system
def test_a_comparison_of_two_policies_at_two_speeds(installed):
    comparison = caching.compare(TRACE, 200, seconds=(0, 0.5), popularity=np.full(1_000, 1e-3))
    assert comparison.about["system"].startswith("Redis 7")
    assert " and Memcached 1" in comparison.about["system"]
    assert list(comparison.table.columns) == COLUMNS
    assert not comparison.recorded
    assert comparison.notice == ""
    measured = comparison.table[comparison.table["source"] == "measurement"]
    assert list(measured["policy"]) == ["lru", "lfu", "lru"] * 2
    assert list(measured["samples"].fillna(0)) == [5, 5, 0] * 2
    assert list(measured["program"].str.split().str[0]) == ["Redis", "Redis", "Memcached"] * 2
    for row in comparison.table[comparison.table["source"] == "simulation"].itertuples():
        result = simulate(row.policy, TRACE, row.capacity)
        assert row.hit_ratio == pytest.approx(result.hit_ratio, abs=1e-4)
        assert row.warm_hit_ratio == pytest.approx(result.hits[1_500:].mean(), abs=1e-4)
    theory = comparison.table[comparison.table["source"] == "theory"]
    assert np.allclose(theory["hit_ratio"], theory["capacity"] / 1_000, atol=1e-4)  # all keys alike: the share that is kept
    assert {(row.policy, row.capacity) for row in measured.itertuples()} == {
        (row.policy, row.capacity) for row in comparison.table.itertuples() if row.source == "simulation"
    }
    gap = 100 * (measured["hit_ratio"].iloc[3] - simulate("lru", TRACE, measured["capacity"].iloc[3]).hit_ratio)
    assert f"{gap:+.1f} points at".replace("-", "−") in comparison.reconciliation
    for cause in ("draws 5 at random", "whole seconds", "counts in 8 bits", "held no value", "replayed at other speeds", "hot, warm and cold"):
        assert cause in comparison.reconciliation


@pytest.mark.real_system
def test_without_a_popularity_there_is_no_theory_and_one_policy_will_do(installed):
    comparison = caching.compare(loop_trace(1_000, 300), 200, policies=["random"], seconds=0)
    assert list(comparison.table["source"]) == ["measurement"]
    comparison = caching.compare(loop_trace(1_000, 300), 200, policies=["lru"], programs=["redis"], seconds=0)
    assert list(comparison.table["source"]) == ["simulation", "measurement"]
    assert "Theory" not in comparison.reconciliation
    assert "recorded run" in comparison.reconciliation  # for the other speeds


@pytest.mark.real_system
def test_an_interrupt_in_the_middle_ends_every_server(installed, workplace):
    def interrupt(share: float) -> None:
        assert len(processes_in(workplace)) == 3
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        caching.compare(TRACE, 100, seconds=60, progress=interrupt)
    assert not processes_in(workplace)


@pytest.mark.real_system
def test_ctrl_c_during_a_slow_replay(installed, workplace):
    code = """
from labsupport.systems.caching import replay_redis
replay_redis(range(1000), 100, seconds=600, progress=lambda share: print(share, flush=True))
"""
    holder = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "0.1\n"
    holder.send_signal(signal.SIGINT)
    holder.communicate(timeout=15)
    assert holder.returncode == -signal.SIGINT
    wait_until_clean(workplace)


@pytest.mark.real_system
def test_a_server_that_dies_in_the_middle(installed, workplace):
    def kill(share: float) -> None:
        for process in processes_in(workplace):
            process.kill()
        psutil.wait_procs(processes_in(workplace), timeout=5)

    with pytest.raises(ServerError, match="Redis stopped answering in the middle of the replay"):
        replay_together(TRACE, 100, [Run("lru")], seconds=0, progress=kill)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"capacity": 0}, ValueError, "capacity is 0, but must be a whole number of at least 100"),
        ({"capacity": 150.0}, TypeError, "capacity is 150.0"),
        ({"trace": []}, ValueError, "trace is empty"),
        ({"trace": [0.5]}, ValueError, "trace holds float64"),
        ({"policies": ["lruu"]}, ValueError, "policy is 'lruu'.*Did you mean 'lru'"),
        ({"policies": []}, ValueError, "policies is empty"),
        ({"programs": ["memcache"]}, ValueError, "program is 'memcache'.*Did you mean 'memcached'"),
        ({"programs": []}, ValueError, r"programs is \[\], but must name one that has a policy"),
        ({"programs": ["memcached"], "policies": ["lfu"]}, ValueError, r"one that has a policy of \['lfu'\]"),
        ({"seconds": -1}, ValueError, "seconds is -1"),
        ({"seconds": float("nan")}, ValueError, "seconds is nan"),
        ({"seconds": "10"}, TypeError, "seconds is '1'"),
        ({"seconds": []}, ValueError, "seconds is empty"),
        ({"value_size": 0}, ValueError, "value_size is 0"),
        ({"capacity": 10_000_000}, ValueError, "capacity × value_size is 10,000,000,000 bytes"),
        ({"popularity": [0.5, float("nan")]}, ValueError, "popularity"),
        ({"popularity": [[0.5]]}, ValueError, "popularity has shape"),
    ],
)
def test_bad_input_is_named_before_any_work(absent, arguments, error, message):
    with pytest.raises(error, match=message):
        caching.compare(**{"trace": TRACE, "capacity": 200, **arguments})


def test_without_either_the_comparison_says_how_to_get_it_and_shows_the_recorded_run(absent):
    comparison = caching.compare(TRACE, 200)
    assert comparison.recorded
    assert comparison.table["recorded"].all()
    assert "Redis is not installed here" in comparison.notice
    assert "Memcached is not installed here" in comparison.notice
    assert "To install it: " in comparison.notice
    assert "This is a recorded run, not measured here and now: Redis 7" in comparison.notice
    assert str(comparison).startswith(comparison.notice)
    assert "recorded run" in comparison._repr_html_()
    assert comparison.table.equals(caching.recorded().table)


@pytest.mark.real_system
def test_without_memcached_its_recorded_measurements_stand_beside_new_ones_of_redis(installed, monkeypatch):
    monkeypatch.setattr(Memcached, "find", staticmethod(lambda: None))
    comparison = caching.compare(policies=["lru"], seconds=0)
    measured = comparison.table[comparison.table["source"] == "measurement"]
    assert set(measured[measured["recorded"]]["program"].str.split().str[0]) == {"Memcached"}
    assert set(measured[~measured["recorded"]]["program"].str.split().str[0]) == {"Redis"}
    assert comparison.recorded
    assert comparison.notice.startswith("Memcached is not installed here")
    assert "What the table holds of Memcached is recorded." in comparison.notice
    other = caching.compare(TRACE, 200, policies=["lru"], seconds=0)  # of another trace, nothing is recorded
    assert not other.recorded
    assert other.notice.startswith("Memcached is not installed here")


@pytest.mark.real_system
def test_memcached_alone(installed):
    comparison = caching.compare(TRACE, 200, programs=["memcached"], seconds=0)
    assert list(comparison.table["source"]) == ["simulation", "measurement"]
    assert "Redis" not in comparison.reconciliation


def test_recorded_runs_can_be_asked_for(monkeypatch):
    monkeypatch.setenv("LABSUPPORT_SYSTEMS", "recorded")
    assert caching.compare(seconds=60).notice.startswith("Nothing is measured, since LABSUPPORT_SYSTEMS is set to recorded.")


def test_nothing_is_measured_while_a_notebook_is_graded(monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    comparison = caching.compare(seconds=60)
    assert comparison.notice.startswith("Nothing is measured while a notebook is being graded.")
    assert comparison.table.equals(caching.recorded().table)


def test_the_recorded_run_is_small_tidy_and_says_where_it_is_from():
    comparison = caching.recorded()
    assert list(comparison.table.columns) == COLUMNS
    assert set(comparison.table["source"]) == {"simulation", "theory", "measurement"}
    assert comparison.about["command"] == "python -m labsupport record caching"
    assert comparison.about["date"] in comparison.notice
    assert comparison.about["machine"] in comparison.notice
    assert set(comparison.about["versions"]) == {"labsupport", "python", "numpy"}
    assert set(comparison.table["samples"].dropna()) == {1, 5, 10}


def test_the_recorded_simulation_is_what_the_simulator_says_today():
    comparison = caching.recorded()
    trace = caching.default_trace()
    for row in comparison.table[comparison.table["source"] == "simulation"].itertuples():
        assert row.hit_ratio == pytest.approx(simulate(row.policy, trace, row.capacity).hit_ratio, abs=1e-4)


def test_the_recorded_run_shows_what_the_text_says_of_speed_and_sampling():
    table = caching.recorded().table
    lru = table[(table["source"] == "measurement") & (table["policy"] == "lru")].sort_values("seconds")
    usual = lru[lru["samples"] == 5]["hit_ratio"].to_numpy()
    assert usual[-1] - usual[0] > 0.02  # a slow replay comes closer to exact LRU
    by_samples = lru[lru["seconds"] > 30].set_index("samples")["hit_ratio"]
    assert by_samples[1] < by_samples[5] < by_samples[10]


def test_a_comparison_is_saved_and_read_again(tmp_path, monkeypatch):
    comparison = caching.recorded()
    rows, rest = comparison.save("caching", tmp_path)
    monkeypatch.setattr("labsupport.systems.comparison.RECORDED", tmp_path)
    again = caching.recorded()
    assert rows.name == "caching.csv"
    assert rest.name == "caching.json"
    assert again.table.equals(comparison.table)
    assert again.reconciliation == comparison.reconciliation
    assert again.about == comparison.about


def test_html_is_escaped():
    table = caching.recorded().table
    html = Comparison(table, "a < b\n\nc", notice="<script>\nnext")._repr_html_()
    assert "<p>a &lt; b</p><p>c</p>" in html
    assert "&lt;script&gt;<br>next" in html
