"""Storage formats: bytes as counted by hand, sizes and skipped groups as pyarrow and DuckDB have them, and properties for every layout."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport.simulators.storage import FORMATS, Column, scan, store
from tests.support import require

try:
    import pyarrow as pa
    import pyarrow.parquet as pq
except ImportError:
    pa = None

SMALL = {"day": Column([1, 1, 2, 2, 3], 4, 11), "shop": Column([7, 8, 7, 8, 7], 8, 2), "amount": Column([5.0, 7.5, 1.0, 2.5, 9.5], 8, 5)}


def orders(rows: int, days: int, seed: int) -> dict[str, Column]:
    generator = np.random.default_rng(seed)
    return {
        "day": Column(np.sort(generator.integers(0, days, rows)), 4, 11),
        "user": Column(generator.integers(0, 5_000, rows), 4, 5),
        "country": Column(generator.integers(0, 20, rows), 7, 4),
        "amount": Column(generator.integers(100, 20_000, rows), 8, 6),
    }


def test_csv_is_read_whole_unless_a_files_name_tells() -> None:
    whole = scan(store("csv", SMALL), ["amount"], {"day": (2, 2)})
    assert (whole.scanned, whole.files, whole.rows) == (5 * 18, 1, 5)
    split = scan(store("csv", SMALL, partition_by=["day"]), ["amount"], {"day": (2, 3)})
    assert (split.scanned, split.by_partition, split.files, split.rows) == (3 * 7, 2 * 7, 2, 3)


def test_columns_and_groups_by_hand() -> None:
    stored = store("parquet", SMALL, group_rows=2)
    footer = 300 + 3 * 3 * 120
    assert stored.rows.tolist() == [2, 2, 1]
    # days: one value of 4 bytes and a bit for each of two rows, or, in the last group, one value as it is; amounts: value after value
    assert stored.sizes[:, [0, 2]].tolist() == [[5, 16], [5, 16], [4, 8]]
    result = scan(stored, ["amount"], {"day": (2, 2)})
    assert (result.scanned, result.by_statistics, result.by_column) == (footer + 21, stored.sizes[[0, 2]].sum(), stored.sizes[1, 1])
    both = scan(stored, ["day"], {"day": (1, 2), "amount": (9, 10)})
    assert (both.units, both.rows) == (0, 0)


def test_an_index_within_a_stripe_skips_more_than_the_stripe() -> None:
    columns = orders(10_000, 100, 1)
    parquet, orc = (scan(store(kind, columns, group_rows=5_000, stride=500), ["amount"], {"day": (40, 41)}) for kind in ("parquet", "orc"))
    assert (parquet.units, parquet.rows) == (1, 5_000)
    assert orc.rows == 500 * orc.units <= 1_000
    assert orc.scanned < parquet.scanned


def test_rows_out_of_order_have_statistics_that_exclude_nothing() -> None:
    columns = orders(10_000, 100, 1)
    shuffled = np.random.default_rng(2).permutation(10_000)
    mixed = {name: Column(np.asarray(column.values)[shuffled], column.width, column.text) for name, column in columns.items()}
    results = [scan(store("parquet", table, group_rows=500), ["amount"], {"day": (40, 41)}) for table in (columns, mixed)]
    assert results[0].units <= 2
    assert results[1].units == 20


def test_many_small_files_cost_their_footers() -> None:
    columns = orders(10_000, 100, 1)
    few, many = (store("parquet", columns, partition_by=keys) for keys in (["day"], ["day", "country"]))
    assert few.footers.size == 100
    assert many.footers.size > 1_900
    assert scan(many, ["amount"]).scanned > 2 * scan(few, ["amount"]).scanned
    assert scan(many, ["amount"], {"country": (3, 3)}).files == np.unique(many.files[many.least[:, 2] == 3]).size


@given(
    kind=st.sampled_from(FORMATS),
    rows=st.integers(1, 300),
    group_rows=st.integers(1, 400),
    stride=st.integers(1, 60),
    keys=st.sets(st.sampled_from(["day", "country"])),
    low=st.integers(0, 9),
    span=st.integers(0, 9),
    seed=st.integers(0, 99),
)
def test_shares_add_up_and_no_row_asked_for_is_missed(kind, rows, group_rows, stride, keys, low, span, seed) -> None:
    columns = orders(rows, 10, seed)
    stored = store(kind, columns, group_rows=group_rows, partition_by=sorted(keys), stride=stride)
    assert stored.rows.sum() == rows
    assert (stored.rows <= (rows if kind == "csv" else group_rows)).all()
    result = scan(stored, ["amount"], {"day": (low, low + span)})
    parts = (result.scanned, result.by_partition, result.by_statistics, result.by_column)
    assert min(parts) >= 0
    assert sum(parts) == pytest.approx(stored.bytes)
    days = np.asarray(columns["day"].values)
    assert np.sum((days >= low) & (days <= low + span)) <= result.rows <= rows
    assert scan(stored, list(columns)).rows == rows


def test_the_callers_arrays_are_left_alone_and_results_are_read_only() -> None:
    days = np.array([3.0, 1.0, 2.0])
    stored = store("orc", {"day": Column(days, 4, 11)}, partition_by=[])
    assert days.tolist() == [3, 1, 2]
    with pytest.raises(ValueError, match="read-only"):
        stored.sizes[0, 0] = 1


def written(tmp_path: Path, rows: int = 60_000) -> tuple[dict[str, Column], Path]:
    require(pa, "needs pyarrow: python -m pip install pyarrow")
    columns = orders(rows, 100, 3)
    table = pa.table(
        {
            "day": pa.array(np.asarray(columns["day"].values), pa.int32()),
            "user": pa.array(np.asarray(columns["user"].values), pa.int32()),
            "country": [f"C{value:02}" for value in columns["country"].values],
            "amount": np.asarray(columns["amount"].values) / 100,
        }
    )
    path = tmp_path / "orders.parquet"
    pq.write_table(table, path, row_group_size=6_000, compression="none")
    return columns, path


def test_sizes_are_about_those_of_pyarrow(tmp_path: Path) -> None:
    """Each column of each group within 8 %, or 200 bytes where it has hardly any; footers within a fifth."""
    columns, path = written(tmp_path)
    stored = store("parquet", columns, group_rows=6_000)
    meta = pq.ParquetFile(path).metadata
    real = np.array([[meta.row_group(group).column(column).total_uncompressed_size for column in range(4)] for group in range(10)])
    assert (np.abs(stored.sizes - real) <= np.maximum(200, 0.08 * real)).all()
    assert stored.footers[0] == pytest.approx(meta.serialized_size, rel=0.2)


def test_groups_are_skipped_as_duckdb_skips_them(tmp_path: Path) -> None:
    columns, path = written(tmp_path)
    from labsupport.systems.engine import Engine

    stored = store("parquet", columns, group_rows=6_000)
    with Engine() as engine:
        for low, high in ((0, 99), (40, 46), (7, 7), (99, 120), (200, 300)):
            read = engine.profile(f"SELECT sum(amount) FROM '{path}' WHERE day BETWEEN {low} AND {high}")  # noqa: S608 - our own file
            assert read.groups == scan(stored, ["amount"], {"day": (low, high)}).units


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: store("avro", SMALL), "format is 'avro'"),
        (lambda: store("csv", {}), "columns is empty"),
        (lambda: store("csv", [1]), "columns is .* must be a mapping"),
        (lambda: store("csv", {"a": 1}), "columns holds 'a': int"),
        (lambda: store("csv", {"a": Column([1, 2], 4, 4), "b": Column([1], 4, 4)}), r"columns have \[1, 2\] rows"),
        (lambda: store("csv", {"a": Column([], 4, 4)}), "values of a must be a row of 1"),
        (lambda: store("csv", {"a": Column(["x"], 4, 4)}), "values of a must be a row"),
        (lambda: store("csv", {"a": Column([np.nan], 4, 4)}), "values of a must be finite"),
        (lambda: store("csv", {"a": Column([1], 0, 4)}), "width of a is 0"),
        (lambda: store("csv", {"a": Column([1], 4, -1)}), "text of a is -1"),
        (lambda: store("parquet", SMALL, group_rows=0), "group_rows is 0"),
        (lambda: store("orc", SMALL, stride=0), "stride is 0"),
        (lambda: store("orc", SMALL, partition_by=["month"]), "partition_by is 'month'"),
        (lambda: store("orc", SMALL, partition_by="day"), "partition_by is 'day', but must be a sequence"),
        (lambda: scan(SMALL, ["day"]), "stored is .* must be what store returned"),
        (lambda: scan(store("csv", SMALL), []), "select is empty"),
        (lambda: scan(store("csv", SMALL), ["year"]), "select is 'year'"),
        (lambda: scan(store("csv", SMALL), ["day"], {"year": (1, 2)}), "where is 'year'"),
        (lambda: scan(store("csv", SMALL), ["day"], {"day": (2, 1)}), "where asks day for 2 to 1"),
        (lambda: scan(store("csv", SMALL), ["day"], {"day": 2}), "where asks day for 2, but"),
    ],
)
def test_bad_input_is_named(call, message) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        call()
