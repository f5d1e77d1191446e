"""Vertical partitioning: pages counted against an obvious program, byte by byte, and against Yao's formula."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport import theory
from labsupport.simulators.partitioning import LAYOUTS, Query, read

WIDTHS = {"id": 8, "name": 40, "age": 2, "photo": 950}
every_layout = pytest.mark.parametrize("layout", LAYOUTS)


def grouped(layout):
    return {"groups": [["id", "age"], ["name", "photo"]]} if layout == "groups" else {}


def obvious_pages(widths, groups, rows, query, page_size, key_width):
    """Lay out the table row by row, and collect the pages on which the bytes of the query's rows stand."""
    pages = set()
    for number, group in enumerate(groups):
        part = sum(widths[column] for column in group) + (key_width if len(groups) > 1 else 0)
        page, place = 0, 0
        for row in range(rows):
            if place > 0 and place + part > page_size:
                page, place = page + 1, 0
            if row in query.rows and set(query.columns) & set(group):
                pages |= {(number, page + (place + byte) // page_size) for byte in range(part)}
            page, place = page + (place + part) // page_size, (place + part) % page_size
            if part > page_size and place > 0:
                page, place = page + 1, 0
    return len(pages)


@st.composite
def tables(draw):
    columns = draw(st.lists(st.sampled_from("abcdef"), min_size=1, unique=True))
    widths = {column: draw(st.integers(1, 12)) for column in columns}
    rows = draw(st.integers(1, 30))
    groups = {}
    for column in columns:
        groups.setdefault(draw(st.integers(0, 2)), []).append(column)
    low = draw(st.integers(0, rows - 1))
    selected = draw(st.just(range(low, draw(st.integers(low + 1, rows)))) | st.lists(st.integers(0, rows - 1), min_size=1))
    return widths, rows, list(groups.values()), Query(draw(st.lists(st.sampled_from(columns), min_size=1)), selected)


@given(table=tables(), page_size=st.integers(1, 40), key_width=st.integers(0, 5))
def test_agrees_with_the_obvious_program(table, page_size, key_width):
    widths, rows, groups, query = table
    result = read("groups", widths, rows, [query], groups=groups, page_size=page_size, key_width=key_width)
    assert result.pages.tolist() == [obvious_pages(widths, groups, rows, query, page_size, key_width)]
    everything = [Query([column], range(rows)) for column in widths]
    whole = [obvious_pages(widths, groups, rows, one, page_size, key_width) for one in everything]
    assert read("groups", widths, rows, everything, groups=groups, page_size=page_size, key_width=key_width).pages.tolist() == whole
    assert result.table_pages.sum() == obvious_pages(widths, groups, rows, Query(list(widths), range(rows)), page_size, key_width)
    assert result.needed.tolist() == [len(set(query.rows)) * sum(widths[column] for column in set(query.columns))]


@given(table=tables(), page_size=st.integers(1, 40), key_width=st.integers(0, 5))
def test_row_and_column_stores_are_the_two_ends_of_grouping(table, page_size, key_width):
    widths, rows, _, query = table
    options = {"page_size": page_size, "key_width": key_width}
    for layout, groups in (("rows", [list(widths)]), ("columns", [[column] for column in widths])):
        ours, same = read(layout, widths, rows, [query], **options), read("groups", widths, rows, [query], groups=groups, **options)
        assert ours.pages.tolist() == same.pages.tolist()
        assert ours.groups == same.groups
        assert ours.pages_per_insert == len(groups)


@every_layout
def test_all_bytes_add_up(layout):
    queries = [Query(["age"], range(5_000), frequency=3), Query(["name", "age", "name"], [7, 7, 4_999], frequency=0.5)]
    result = read(layout, WIDTHS, 5_000, queries, page_size=4_096, **grouped(layout))
    assert result.needed.tolist() == [10_000, 84]
    assert result.bytes.tolist() == (result.pages * 4_096).tolist()
    assert result.total_bytes == 3 * result.bytes[0] + 0.5 * result.bytes[1]
    assert result.amplification == result.total_bytes / (3 * 10_000 + 0.5 * 84)
    assert sorted(column for group in result.groups for column in group) == sorted(WIDTHS)
    assert result.groups_read.tolist() == {"rows": [1, 1], "columns": [1, 2], "groups": [1, 2]}[layout]
    for array in (result.table_pages, result.pages, result.groups_read, result.needed, result.frequencies):
        assert not array.flags.writeable


def test_a_scan_of_one_column_wants_columns_and_a_lookup_of_a_row_wants_rows():
    scan, lookup = Query(["age"], range(100_000)), Query(list(WIDTHS), [4_711])
    by_rows, by_columns = (read(layout, WIDTHS, 100_000, [scan, lookup]) for layout in ("rows", "columns"))
    assert by_rows.pages.tolist() == [12_500, 1]  # eight rows of 1,000 bytes on a page of 8,192
    assert by_columns.pages.tolist() == [25, 4]  # 4,096 ages of two bytes on a page
    groups = [["id", "name", "age"], ["photo"]]
    split = read("groups", WIDTHS, 100_000, [scan, lookup], groups=groups, key_width=8)
    assert split.pages.tolist() == [math.ceil(100_000 / (8_192 // 58)), 2]


def test_a_value_wider_than_a_page_has_pages_of_its_own():
    result = read("columns", {"video": 10_000, "id": 8}, 100, [Query(["video"], [3, 5]), Query(["id"], [3, 5])], page_size=4_096)
    assert result.pages.tolist() == [6, 1]
    assert result.table_pages.tolist() == [300, 1]


@pytest.mark.parametrize("selected", [1, 30, 300, 5_000])
def test_rows_at_random_are_on_as_many_pages_as_yao_says(selected):
    # Seed 81; 400 queries of different rows. Half-width: four standard errors.
    random = np.random.default_rng(81)
    queries = [Query(["a"], random.choice(5_003, selected, replace=False)) for _ in range(400 if selected < 5_000 else 20)]
    pages = read("rows", {"a": 10, "b": 30}, 5_003, queries, page_size=1_000).pages
    expected = theory.expected_pages(5_003, 25, selected)
    assert pages.mean() == pytest.approx(expected, abs=4 * pages.std() / math.sqrt(len(queries)) + 1e-9)


def test_the_caller_s_rows_are_left_alone():
    rows = np.array([5, 3, 3])
    rows.flags.writeable = False
    assert read("rows", {"a": 1}, 10, [Query(["a"], rows)]).needed.tolist() == [2]
    assert rows.tolist() == [5, 3, 3]


GOOD = [Query(["id"], [0])]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: read("row", WIDTHS, 9, GOOD), ValueError, "layout is 'row', but must be one of .* Did you mean 'rows'"),
        (lambda: read("rows", {}, 9, GOOD), ValueError, "widths is empty"),
        (lambda: read("rows", ["id"], 9, GOOD), TypeError, r"widths is \['id'\] \(list\), but must be a mapping"),
        (lambda: read("rows", {"id": 0}, 9, GOOD), ValueError, "width of 'id' is 0, but must be a whole number from 1"),
        (lambda: read("rows", {1: 8}, 9, GOOD), TypeError, r"widths names the column 1 \(int\), but a column's name must be a text"),
        (lambda: read("rows", WIDTHS, 0, GOOD), ValueError, "rows is 0, but must be a whole number from 1 to 2,147,483,648"),
        (lambda: read("rows", WIDTHS, 9, GOOD, page_size=0), ValueError, "page_size is 0"),
        (lambda: read("rows", WIDTHS, 9, GOOD, key_width=-1), ValueError, "key_width is -1"),
        (lambda: read("rows", WIDTHS, 9, GOOD, groups=[["id"]]), TypeError, "groups is given, but must not be for the layout 'rows'"),
        (lambda: read("groups", WIDTHS, 9, GOOD), TypeError, "groups is missing, but must say"),
        (lambda: read("groups", WIDTHS, 9, GOOD, groups=[["id"], ["name", "age"]]), ValueError, "groups holds the column 'photo' 0 times"),
        (lambda: read("groups", {"id": 1}, 9, GOOD, groups=[["id"], ["id"]]), ValueError, "groups holds the column 'id' 2 times, but must hold each"),
        (lambda: read("groups", {"id": 1}, 9, GOOD, groups=[["id"], []]), ValueError, r"groups\[1\] is \[\], but must be a sequence of at least one"),
        (lambda: read("groups", {"id": 1}, 9, GOOD, groups=["id"]), ValueError, r"groups\[0\] is 'id', but must be a sequence"),
        (lambda: read("groups", {"id": 1}, 9, GOOD, groups=[["ids"]]), ValueError, r"groups\[0\] is 'ids', but must be one of 'id'. Did you mean"),
        (lambda: read("groups", {"id": 1}, 9, GOOD, groups=5), TypeError, "groups is 5, but must be a sequence of groups"),
        (lambda: read("rows", WIDTHS, 9, []), ValueError, r"queries is \[\], but must be a sequence of at least one query"),
        (lambda: read("rows", WIDTHS, 9, GOOD[0]), ValueError, "queries is Query"),
        (lambda: read("rows", WIDTHS, 9, [("id",)]), TypeError, r"queries\[0\] is \('id',\) \(tuple\), but must be a Query"),
        (lambda: read("rows", WIDTHS, 9, [Query(["ix"], [0])]), ValueError, r"queries\[0\].columns is 'ix', but must be one of"),
        (lambda: read("rows", WIDTHS, 9, [Query("id", [0])]), ValueError, r"queries\[0\].columns is 'id', but must be a sequence"),
        (lambda: read("rows", WIDTHS, 9, [Query([5], [0])]), TypeError, r"queries\[0\].columns names the column 5"),
        (lambda: read("rows", WIDTHS, 9, [Query(["id"], [9])]), ValueError, r"queries\[0\].rows holds the row 9, but each must be a whole number"),
        (lambda: read("rows", WIDTHS, 9, [Query(["id"], [])]), ValueError, r"queries\[0\].rows is empty"),
        (lambda: read("rows", WIDTHS, 9, [Query(["id"], [0.5])]), ValueError, r"queries\[0\].rows holds float64"),
        (lambda: read("rows", WIDTHS, 9, [Query(["id"], range(5, 10))]), ValueError, r"queries\[0\].rows is range\(5, 10\), but must hold at least"),
        (lambda: read("rows", WIDTHS, 9, [Query(["id"], range(0, 9, 2))]), ValueError, r"queries\[0\].rows is range\(0, 9, 2\)"),
        (lambda: read("rows", WIDTHS, 9, [Query(["id"], range(0))]), ValueError, r"queries\[0\].rows is range\(0, 0\)"),
        (lambda: read("rows", WIDTHS, 9, [Query(["id"], [0], frequency=0)]), ValueError, r"queries\[0\].frequency is 0, but must be a finite"),
        (lambda: read("rows", WIDTHS, 9, [Query(["id"], [0], frequency=math.inf)]), ValueError, r"queries\[0\].frequency is inf"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
