"""Round-robin archives, held against RRDtool itself and against an obvious program."""

from __future__ import annotations

import shutil
import subprocess

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport.simulators import archives
from labsupport.simulators.archives import GANGLIA, STEP, Archive, consolidate, keep
from tests.support import require

RRD = {"average": "AVERAGE", "maximum": "MAX", "minimum": "MIN", "last": "LAST"}


def obvious(values, steps, function, unknown):
    """Row by row, in plain Python."""
    rows = []
    for begin in range(0, len(values) - steps + 1, steps):
        known = [value for value in values[begin : begin + steps] if not np.isnan(value)]
        if not known or steps - len(known) > unknown * steps:
            rows.append(float("nan"))
        else:
            rows.append({"average": sum(known) / len(known), "maximum": max(known), "minimum": min(known), "last": known[-1]}[function])
    return rows


measurements = st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(float("nan"))), min_size=1, max_size=60)


@given(measurements, st.integers(1, 9), st.sampled_from(archives.FUNCTIONS), st.sampled_from([0.0, 0.25, 0.5, 0.9]))
def test_each_row_says_what_an_obvious_program_says(values, steps, function, unknown):
    rows = consolidate(values, steps, function, unknown)
    np.testing.assert_allclose(rows, obvious(values, steps, function, unknown), rtol=1e-12, atol=1e-6)


@given(measurements, st.integers(1, 5), st.integers(1, 7))
def test_a_ring_keeps_the_newest_rows(values, steps, rows):
    kept = keep(values, [Archive(steps, rows)], step=1.0)
    every = consolidate(values, steps)
    np.testing.assert_array_equal(kept.kept[0], every[-rows:])
    whole = kept.fetch(0, len(values) + 1)
    np.testing.assert_array_equal(whole.values, every[-rows:])
    if whole.ends.size:
        assert whole.ends[-1] == steps * (len(values) // steps)
        assert (np.diff(whole.ends) == steps).all()


@given(measurements.filter(lambda values: not np.isnan(values).any()), st.integers(1, 9))
def test_rows_lie_between_their_least_and_their_largest_measurement(values, steps):
    low, mean, high = (consolidate(values, steps, function) for function in ("minimum", "average", "maximum"))
    assert (low <= mean + 1e-6).all()
    assert (mean <= high + 1e-6).all()


def test_a_spike_shrinks_by_its_share_of_the_row():
    values = np.full(400, 20.0)
    values[200:216] = 100.0  # four minutes of a step of 15 s
    shown = [consolidate(values, archive.steps).max() for archive in GANGLIA]
    assert shown == [100.0, 100.0, 20 + 80 * 16 / 40]


def test_ganglia_keeps_a_day_two_weeks_and_a_year():
    assert [archive.reach(STEP) / 86_400 for archive in GANGLIA] == pytest.approx([1.0167, 14, 366], abs=1e-4)


@pytest.mark.parametrize("function", archives.FUNCTIONS)
def test_rrdtool_itself_keeps_the_same_rows(function, tmp_path):
    """The same measurements, some missing, put into a real round-robin database, which is then asked for every row."""
    require(shutil.which("rrdtool"), "RRDtool is not installed: apt-get install rrdtool")
    generator = np.random.default_rng(7)
    values = generator.uniform(0, 100, 240).round(3)
    values[[5, 6, 7, 40, 100, 101, 210, 238]] = np.nan
    rings = [Archive(1, 50, function), Archive(4, 30, function), Archive(12, 15, function)]
    start, step, path = 1_200_000_060, 15, tmp_path / "metric.rrd"  # a multiple of every row

    def rrdtool(*arguments):
        return subprocess.run(["rrdtool", *map(str, arguments)], capture_output=True, text=True, check=True, timeout=60).stdout

    shapes = [f"RRA:{RRD[function]}:{ring.unknown}:{ring.steps}:{ring.rows}" for ring in rings]
    rrdtool("create", path, "--start", start, "--step", step, f"DS:cpu:GAUGE:{step}:U:U", *shapes)
    rrdtool("update", path, *(f"{start + step * (index + 1)}:{'U' if np.isnan(value) else value}" for index, value in enumerate(values)))
    kept = keep(values, rings, step=step)
    for ring, ours in zip(rings, kept.kept, strict=True):
        resolution = ring.steps * step
        last = start + resolution * (values.size // ring.steps)
        lines = rrdtool("fetch", path, RRD[function], "-r", resolution, "-s", last - ours.size * resolution, "-e", last).splitlines()[2:]
        theirs = {int(line.split(":")[0]): float(line.split(":")[1]) for line in lines}
        ends = [last - resolution * (ours.size - 1 - row) for row in range(ours.size)]
        np.testing.assert_allclose(ours, [theirs[at] for at in ends], rtol=1e-9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: consolidate([], 2), r"values has the shape \(0,\)"),
        (lambda: consolidate([[1.0]], 2), r"values has the shape \(1, 1\)"),
        (lambda: consolidate(["1"], 2), "values holds <U1 such as"),
        (lambda: consolidate([float("inf")], 1), "values holds inf"),
        (lambda: consolidate([1.0], 0), "steps is 0"),
        (lambda: consolidate([1.0], 1, "mean"), "function is 'mean'"),
        (lambda: consolidate([1.0], 1, unknown=1), "unknown is 1, but must be below 1"),
        (lambda: Archive(1, 0), "rows is 0"),
        (lambda: keep([1.0], []), "archives is"),
        (lambda: keep([1.0], step=0), "step is 0"),
        (lambda: keep([1.0]).fetch(2, 2), "end is 2 and start is 2"),
        (lambda: keep([1.0]).fetch(-1, 2), "start is -1"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()
