"""Counters and alerts as Prometheus itself reckons: its rate and increase are the simulator's, and so is when an alert fires."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess

import numpy as np
import pytest

from labsupport.simulators.monitoring import alert, increase, rate
from labsupport.systems.prometheus import Prometheus
from tests.support import require

pytestmark = pytest.mark.real_system

BEGIN = 1_700_000_000  # seconds since 1970; any past will do
COUNTERS = {
    "steady": ([0, 10, 20, 30, 40, 50, 60], [1_000, 1_010, 1_020, 1_030, 1_040, 1_050, 1_060]),
    "uneven": ([0.123, 9.8, 21.007, 30.5, 39.999, 52.25, 60], [1_000, 1_003, 1_003, 1_090, 1_091.5, 1_200, 1_201]),
    "reset": ([1, 11, 21, 31, 41, 51, 59], [1_000, 1_020, 5, 15, 18, 2, 9]),
    "reset twice at once": ([0, 10, 20, 30, 40, 50, 60], [70, 3, 1, 0, 0, 4, 4]),
    "young": ([3, 13, 23, 33, 43, 53], [2, 12, 22, 32, 42, 52]),  # at 0 only 2 s before its first sample
    "late": ([40, 50, 60], [100, 110, 120]),
    "gone": ([0, 10, 20], [100, 110, 120]),
    "missed": ([0, 10, 40, 50, 60], [100, 110, 140, 150, 160]),
    "still": ([0, 10, 20, 30, 40, 50, 60], [7] * 7),
    "single": ([30], [5]),
}
RANGES = [(0, 60), (0, 30), (10, 40), (5, 45), (-3, 57), (15, 36), (29, 31), (30, 60), (-60, 90), (5, 64), (20, 21)]


class Backfilled(Prometheus):
    """A server that finds in its storage what others had scraped before."""

    def command(self, program):
        storage = self.directory / "data"
        text = self.directory / "counters.txt"
        text.write_text(exposition(), encoding="utf-8")
        subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", text, storage], capture_output=True, check=True, timeout=20)
        return [*super().command(program), "--storage.tsdb.retention.time=100y"]


def exposition() -> str:
    """Write all counters in the format of OpenMetrics, with the moment of each sample."""
    lines = ["# TYPE c counter"]
    for name, (times, values) in COUNTERS.items():
        lines += [f'c_total{{name="{name}"}} {value} {BEGIN + time:.3f}' for time, value in zip(times, values, strict=True)]
    return "\n".join([*lines, "# EOF", ""])


def test_rates_and_increases_are_those_of_the_server(workplace) -> None:
    """Resets, ranges that end at a sample, soon after one, and long after; on the samples that the server says it has."""
    require(Prometheus.find() and shutil.which("promtool"), "needs prometheus and promtool")
    server, compared = Backfilled(), 0
    with server as client:
        left_open = "Prometheus 2." not in server.version(server.find())
        for start, end in RANGES:
            window = f"c_total[{1_000 * (end - start):.0f}ms]"
            held = {each["metric"]["name"]: each for each in client.samples(window, BEGIN + end)}
            for name, ours in (("increase", increase), ("rate", rate)):
                theirs = {each["metric"]["name"]: each["value"] for each in client.query(f"{name}({window})", BEGIN + end)}
                for counter, samples in held.items():
                    times = np.round(np.array(samples["times"]) - BEGIN, 3)  # the server counts in milliseconds, too
                    expected = ours(times + 60, samples["values"], start + 60, end + 60, left_open=left_open)  # times are never negative
                    assert theirs.pop(counter, np.nan) == pytest.approx(expected, rel=1e-9, abs=1e-9, nan_ok=True), (name, counter, start, end)
                    compared += not np.isnan(expected)
                assert not theirs
    assert compared > 100


def test_a_range_must_be_named(workplace) -> None:
    require(Prometheus.find(), "needs prometheus")
    with Prometheus() as client, pytest.raises(ValueError, match="selector is 'up', but must name a range"):
        client.samples("up")


STEP = 15  # seconds between two evaluations
SHAPES = {
    "quiet": [1, 2, 2, 1, 0, 2, 1, 2],  # at the threshold is not above it
    "always": [3] * 12,
    "twice": [0, 3, 3, 1, 3, 3, 3, 3, 1, 3],
    "flapping": [3, 1] * 6,
    "gap": [0, 3, 3, 3, np.nan, 3, 3, 3, 3, 0],  # nothing is known at one evaluation
    "late": [1] * 7 + [5, 5, 5],
}
DURATIONS = [0, 15, 20, 30, 45, 200]


def unit_tests(wrong: bool) -> str:
    """Write for promtool when each alert is pending and firing by the simulator; ``wrong``: a step late."""
    tests = []
    for shape, values in SHAPES.items():
        times = STEP * np.arange(len(values))
        questions = []
        for duration in DURATIONS:
            result = alert(times, values, threshold=2, duration=duration)
            for state, (here, time) in itertools.product(("pending", "firing"), enumerate(times)):
                holds = bool(getattr(result, state)[here - int(wrong)])
                labels = f'ALERTS{{alertname="held_{duration}",alertstate="{state}"}}'
                questions.append({"expr": labels, "eval_time": f"{time}s", "exp_samples": [{"labels": labels, "value": 1}] if holds else []})
        numbers = " ".join("stale" if np.isnan(value) else f"{value:g}" for value in values)
        series = [{"series": "v", "values": numbers}]
        tests.append({"name": shape, "interval": f"{STEP}s", "input_series": series, "promql_expr_test": questions})
    return json.dumps({"rule_files": ["rules.yml"], "evaluation_interval": f"{STEP}s", "tests": tests})  # JSON is YAML


@pytest.mark.parametrize("wrong", [False, True])
def test_alerts_fire_when_promtool_says_so(tmp_path, wrong: bool) -> None:
    promtool = shutil.which("promtool")
    require(promtool, "needs promtool")
    rules = [{"alert": f"held_{duration}", "expr": "v > 2", "for": f"{duration}s"} for duration in DURATIONS]
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "g", "interval": f"{STEP}s", "rules": rules}]}), encoding="utf-8")
    (tmp_path / "tests.yml").write_text(unit_tests(wrong), encoding="utf-8")
    done = subprocess.run([promtool, "test", "rules", "tests.yml"], cwd=tmp_path, capture_output=True, text=True, timeout=20, check=False)
    assert (done.returncode == 0) is not wrong, done.stdout + done.stderr
