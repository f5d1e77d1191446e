"""The vertical-partitioning lab: its numbers against simulator and theory."""

from __future__ import annotations

import re

import numpy as np
import pytest

from labsupport.labs import PartitioningLab
from labsupport.labs.chart import Line
from labsupport.labs.partitioning import COLUMNS, LAYOUTS, PLACES, QUERIES, ROWS, WIDTHS
from labsupport.predictions import predict
from tests.labs.test_figure import assert_complete, assert_readable


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize(("layout", "users", "purchases"), [("rows", 1, 12_800), ("columns", ROWS, 50), ("groups", 1_000, 800)])
def test_the_picture_is_complete_and_readable(query: str, layout: str, users: int, purchases: int) -> None:
    predict("00.8", low=0.2, high=40)
    lab = PartitioningLab(prediction="00.8", query=query, storage=layout, users=users, purchases=purchases)
    assert_complete(lab)
    assert_readable(lab.figure())


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_theory_lies_on_the_simulation(query: str, layout: str) -> None:
    lab = PartitioningLab(query=query, storage=layout)
    lines = {mark.role: mark for mark in lab.chart().panels[0].marks if isinstance(mark, Line)}
    expected = np.interp(np.log(lines["main"].x), np.log(lines["theory"].x), lines["theory"].y)
    page = 8192 / 1e6
    assert np.all(np.abs(np.array(lines["main"].y) - expected) < 0.05 * expected + 2 * page)  # one draw of the rows, seed 4


def test_a_scan_of_all_rows_is_exact() -> None:
    for layout, width in (("rows", sum(WIDTHS.values()) + 800), ("groups", sum(WIDTHS.values()) + 8)):
        assert PartitioningLab(storage=layout, users=ROWS).result[layout].pages[0] == -(-ROWS // (8192 // width))
    pages = sum(-(-ROWS // (8192 // WIDTHS[column])) for column in COLUMNS["login"])
    assert PartitioningLab(storage="columns", users=ROWS).answer() == pytest.approx(pages * 8192 / 1e6)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("query", QUERIES)
def test_more_rows_never_read_less_and_nothing_reads_less_than_asked(place: str, query: str) -> None:
    lab = PartitioningLab(place=place, query=query)
    for layout in LAYOUTS:
        reads = []
        for users in (1, 10, 1_000, 50_119, ROWS):
            lab.users = users
            assert lab.result[layout].bytes[0] >= lab.result[layout].needed[0]
            reads.append(lab.result[layout].pages[0])
        assert reads == sorted(reads)


def test_the_sentence_is_made_from_the_numbers() -> None:
    lab = PartitioningLab(storage="columns", query="profile", users=1)
    assert lab.describe().startswith("Showing everything of 1 user, 892 bytes in all, takes reading 57.3 kB with a column store, 8.19 kB with a row")
    assert "A row store reads least here" in lab.describe()
    lab.state = {"query": "report", "users": ROWS, "storage": "groups"}
    assert "Column groups" not in lab.describe()
    assert "A column store reads least here" in lab.describe()


def test_a_prediction_is_judged_in_megabytes() -> None:
    predict("00.9", low=80, high=100)
    lab = PartitioningLab(prediction="00.9", users=ROWS)
    assert lab.answer() == pytest.approx(91.0, abs=0.1)
    lab.reveal()
    assert "You said 80 to 100" in lab._words["verdict"]


@pytest.mark.parametrize(
    ("keywords", "words"),
    [
        ({"users": 0}, "users is 0, but must be a whole number from 1 to 100,000"),
        ({"storage": "row"}, "Did you mean 'rows'"),
        ({"page_size": 3}, "page_size is 3"),
        ({"columns": 1}, "no control 'columns'"),
    ],
)
def test_bad_input_is_named(keywords: dict[str, object], words: str) -> None:
    with pytest.raises((ValueError, TypeError), match=re.escape(words)):
        PartitioningLab(**keywords)
