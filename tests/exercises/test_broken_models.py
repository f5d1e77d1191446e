"""What the notebooks say of the models that are broken in them: each holds of the recorded runs that are shipped."""

from __future__ import annotations

from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest

from labsupport.simulators import event_log
from labsupport.simulators.caching import simulate
from labsupport.systems import caching, distance, geospatial, input_output, load_tools, request_path, scaling, shuffle, storage
from labsupport.workloads.spark_logs import RUNS, events
from tests.support import ROOT


def source_of(notebook: str, cell: str) -> str:
    book = nbformat.read(ROOT / "notebooks" / notebook / f"{notebook}.ipynb", 4)
    [found] = [each.source for each in book.cells if each.id == cell]
    return str(found)


def run(notebook: str, cell: str, names: dict[str, Any], *changes: tuple[str, str]) -> pd.DataFrame:
    """Run a cell, some of it changed as the text invites to, and return the table that it ends with."""
    source = source_of(notebook, cell)
    for old, new in changes:
        assert old in source
        source = source.replace(old, new)
    names |= {"pd": pd}
    exec(source, names)  # noqa: S102 - a cell of our own notebook
    model = names.get("model")
    assert isinstance(model, pd.DataFrame)
    return model


def test_a_line_through_the_small_tables_comes_out_too_low_at_the_large_one() -> None:
    names: dict[str, Any] = {"real_databases": request_path, "pd": pd}
    exec(source_of("01-introduction", "further-break-data"), names)  # noqa: S102 - as above
    model = run("01-introduction", "further-break-fit", names)
    assert model["off by (%)"].loc[[10_000, 100_000]].abs().max() < 2
    assert model["off by (%)"].loc[1_000_000] < -5


def test_no_share_meets_both_two_workers_and_four() -> None:
    for tenths in range(0, 1_001, 25):
        change = ("spread = 0.9", f"spread = {tenths / 1_000}")
        model = run("02-distributed-systems", "further-break-fit", {"processes": scaling}, change)
        law = model["Amdahl's law"] / model["measured"] - 1
        assert abs(law.loc[2]) > 0.05 or law.loc[4] > 0.2
    names: dict[str, Any] = {"processes": scaling}
    run("02-distributed-systems", "further-break-fit", names, ("spread = 0.9", "spread = 0.8"))
    mended = run("02-distributed-systems", "further-break-mend", names)
    assert (mended["with two processors"] / mended["measured"] - 1).abs().max() < 0.1


def test_one_delay_too_many_in_each_round_trip_meets_near_and_far() -> None:
    model = run("03-common-issues", "further-break-fit", {"distance": distance}, ("more = 0.0", "more = 1.35"))
    assert model["off by (%)"].loc[2.0:].abs().max() < 2.5  # type: ignore[misc] - a slice of an index of numbers
    assert run("03-common-issues", "further-break-fit", {"distance": distance})["off by (%)"].loc[2.0] < -30


@pytest.mark.parametrize(("drawn", "tick", "holds"), [(5, 1, True), (5, 0, False), (3, 0, False), (2, 0, False), (1, 0, False)])
def test_redis_is_met_at_every_speed_only_with_its_clock(drawn: int, tick: int, *, holds: bool) -> None:
    names: dict[str, Any] = {"redis_caching": caching, "simulate": simulate}
    exec(source_of("04-techniques", "further-break-model"), names)  # noqa: S102 - as above
    model = run("04-techniques", "further-break-fit", names, ("drawn, tick = 3, 0", f"drawn, tick = {drawn}, {tick}"))
    assert (model["off by (points)"].abs().max() <= 0.6) == holds


def test_combined_records_are_larger_on_the_way() -> None:
    model = run("05-data-algorithms", "further-break-fit", {"shuffle": shuffle})
    assert abs(model["off by (%)"].loc["Spark, no combiner"]) < 1
    assert -60 < model["off by (%)"].loc["Spark"] < -20


def test_what_does_not_overlap_becomes_the_larger_part() -> None:
    names = {"input_output": input_output}
    model = run("06-resource-management", "further-break-fit", names)
    assert model["off by (%)"].loc[16] < -25
    model = run("06-resource-management", "further-break-fit", names, ("own = 0.0", "own = 0.49"))
    assert model["off by (%)"].abs().max() < 10
    shares = 100 * 48 * 0.49 / model["measured (ms)"]
    assert shares.loc[4] == pytest.approx(10, abs=3)
    assert shares.loc[16] == pytest.approx(30, abs=5)


def test_the_moment_between_two_requests_matters_to_one_user_only() -> None:
    for change, off in ((("5.0, 0.0", "5.0, 0.35"), (0.01, 0.01)), (("5.0, 0.0", "5.0, 0.0"), (0.1, 0.01))):
        model = run("07-benchmarking-monitoring", "further-break-fit", {"load_tools": load_tools, "np": np}, change)
        error = (model["foretold throughput"] / model["throughput"] - 1).abs()
        assert error.loc[1.0] < off[0]
        assert error.loc[8.0] < off[1]


def test_each_level_of_a_tree_takes_its_time() -> None:
    names = {"geospatial": geospatial, "np": np}
    model = run("08-case-studies", "further-break-fit", names, ("find, level = 0.0, 0.0", "find, level = 2.0, 0.0"))
    assert (model["off by (%)"].loc[[1_000, 30_000]] * [1, -1]).between(15, 30).all()
    assert -50 < model["off by (%)"].loc[1_000_000] < -35
    model = run("08-case-studies", "further-break-fit", names, ("find, level = 0.0, 0.0", "find, level = 0.0, 0.52"))
    assert model["off by (%)"].abs().max() < 10
    assert model["levels"].round().tolist() == [3, 5, 8]
    assert model["median_us"].loc[1_000_000] / model["median_us"].loc[1_000] == pytest.approx(2.1, abs=0.2)


def test_what_is_spilled_is_paid_for_by_the_straggler_alone() -> None:
    names: dict[str, Any] = {"timeline": event_log, "RUNS": RUNS, "events": events, "np": np}
    model = run("09-tools", "further-break-fit", names, ("0.05, 0.0", "0.090, 0.0"))
    assert abs(model["off by (%)"].loc[RUNS["salted"]]) < 2
    assert model["spilled (MB)"].loc[RUNS["salted"]] == 0
    assert model["off by (%)"].loc[[RUNS["partitions"], RUNS["plain"]]].between(-20, -12).all()
    model = run("09-tools", "further-break-fit", names, ("0.05, 0.0", "0.090, 0.0165"))
    assert model["off by (%)"].abs().max() < 2


def test_what_each_small_file_costs_is_no_share_of_the_data() -> None:
    fitted = ("1.0, 0.0", "1.02, 0.0")
    model = run("10-best-practices-trends", "further-break-fit", {"storage": storage}, fitted)
    assert model["off by (%)"].iloc[:2].abs().max() < 3
    assert model["off by (%)"].iloc[2] < -40
    mended = run("10-best-practices-trends", "further-break-fit", {"storage": storage}, ("1.0, 0.0", "1.02, 16.4"))
    assert mended["off by (%)"].abs().max() < 10
