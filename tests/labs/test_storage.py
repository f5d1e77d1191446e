"""The storage lab: its numbers against the simulator, its words against its numbers."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport.labs import StorageLab, storage_runs
from labsupport.labs.marks import Bars, Line, Points
from labsupport.labs.storage import STORY
from labsupport.labs.storage_runs import Layout
from labsupport.simulators.storage import scan, store
from labsupport.systems import storage as systems
from tests.labs.test_figure import assert_complete, assert_readable


@pytest.mark.parametrize(
    "state", [*STORY.values(), {"kind": "orc", "days": 1, "countries": "one", "partition": "both"}, {"columns": "all", "days": 100}]
)
def test_the_picture_is_complete_and_readable(state: dict[str, object]) -> None:
    lab = StorageLab(**state)
    assert_complete(lab)
    assert_readable(lab.figure())


def test_the_numbers_are_the_simulators() -> None:
    lab = StorageLab(kind="orc", days=14, columns="three", countries="one", order="user", group_rows=10_000, partition="day")
    table = store("orc", storage_runs.orders("user"), group_rows=10_000, partition_by=["day"], stride=1_000)
    direct = scan(table, ["amount", "user", "country"], {"day": (86, 99), "country": (3, 3)})
    assert lab.result == direct
    rows = lab.table().set_index(["format", "days"])
    assert rows["scanned"]["orc", 14] == direct.scanned
    bars = next(mark for mark in lab.chart().panels[1].marks if isinstance(mark, Bars))
    parts = (direct.scanned, direct.by_partition, direct.by_statistics, direct.by_column)
    assert [1e6 * length for length in bars.parts[0][1]] == pytest.approx(parts)
    line = next(mark for mark in lab.chart().panels[0].marks if isinstance(mark, Line) and mark.role == "main")
    csv = 40_000 * (11 + 5 + 4 + 6 + 41)
    assert line.y[list(line.x).index(14)] == pytest.approx(100 * direct.scanned / csv) == lab.answer()


@pytest.mark.parametrize("partition", ["none", "day", "both"])
def test_more_days_never_cost_less(partition: str) -> None:
    table = StorageLab(partition=partition).table()
    for _, rows in table.groupby("format"):
        assert (np.diff(rows["scanned"]) >= 0).all()


def test_the_orders_are_the_same_in_every_order() -> None:
    columns = [storage_runs.orders(order) for order in ("time", "user", "none")]
    for name in columns[0]:
        values = [np.sort(each[name].values) for each in columns]
        assert (values[0] == values[1]).all()
        assert (values[0] == values[2]).all()
    assert (np.diff(columns[1]["user"].values) >= 0).all()


@pytest.mark.parametrize(
    ("state", "layouts"),
    [
        ({"group_rows": 1_000}, ["CSV", "Parquet, by day", "ORC, by day (pyarrow)"]),
        ({"order": "none"}, ["Parquet, in no order"]),
        ({"order": "none", "partition": "day"}, ["Parquet, a folder for each day"]),
    ],
)
def test_what_was_measured_is_drawn_where_the_files_lie_alike(state: dict[str, object], layouts: list[str]) -> None:
    table = systems.recorded().table
    lab = StorageLab(measured=table, **state)
    read = table[table["source"] == "measurement"].set_index("layout")["read_bytes"]
    points = next(mark for mark in lab.chart().panels[0].marks if isinstance(mark, Points))
    assert points.label == "recorded"
    assert points.role == "measurement"
    assert list(points.x) == [7] * len(layouts)
    assert list(points.y) == pytest.approx([100 * read[layout] / read["CSV"] for layout in layouts])
    name = layouts[min(1, len(layouts) - 1)]
    assert f"(recorded: {100 * read[name] / read['CSV']:.3g} %)" in lab.describe()
    if "partition" not in state:  # in folders, the real reader fetches more than the footers: see the reconciliation
        assert lab.answer() == pytest.approx(100 * read[name] / read["CSV"], rel=0.1)
    assert_complete(lab)
    assert_readable(lab.figure())


def test_what_was_not_measured_has_no_points() -> None:
    table = systems.recorded().table.assign(recorded=False)
    lab = StorageLab(measured=table)
    assert "(measured: " in lab.describe()
    for state in ({"columns": "all"}, {"countries": "one"}, {"order": "user"}, {"partition": "both"}):
        lab.set_state(state)
        assert not any(isinstance(mark, Points) for mark in lab.chart().panels[0].marks)
        assert "measured" not in lab.describe()
        lab.set_state(dict(lab._presets)["Reset"])
    with pytest.raises(TypeError, match="measured is 'x', but must be the table of a comparison"):
        StorageLab(measured="x")


def test_words_say_what_spares_most() -> None:
    assert "least and greatest values of row groups" in StorageLab().describe()
    assert "no one asks for these columns" in StorageLab(order="none").describe()
    assert "their names say" in StorageLab(order="none", partition="day").describe()
    assert "only tell what is where" in StorageLab(**STORY["Two thousand small files"]).describe()
    assert "a row of text" in StorageLab(kind="csv").describe()
    assert "everything is asked for" in StorageLab(columns="all", days=100).describe()
    assert StorageLab(kind="csv").idle() == ["group_rows"]


def test_no_layout_outgrows_the_axes() -> None:
    for partition in ("none", "both"):
        assert storage_runs.stored(Layout("parquet", "none", 400, partition)).bytes < 4e6


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="days is 0, but must be a whole number from 1 to 100"):
        StorageLab(days=0)
