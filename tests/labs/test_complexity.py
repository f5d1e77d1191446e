"""The complexity lab: its crossovers, its words, and its stories step by step."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from labsupport.labs.chart import Line
from labsupport.labs.complexity import ORDERS, SORTS, ComplexityLab
from labsupport.labs.complexity_runs import ASKED, HANDFUL, LOOKUPS, LookUps, sorted_step_by_step
from labsupport.simulators import complexity
from labsupport.systems.complexity import recorded
from tests.labs.test_figure import assert_complete, assert_readable


def test_insertion_sort_wins_small_and_where_little_is_to_do():
    assert 10 < ComplexityLab().answer() < 40
    for order in ("sorted", "nearly_sorted"):
        assert ComplexityLab(order=order, algorithm="bubble" if order == "sorted" else "insertion").answer() == 10_000
    assert "it wins at no size" in ComplexityLab(algorithm="merge", order="sorted").describe()


def test_a_table_that_is_built_for_one_look_up_never_pays():
    assert "so the list wins" in ComplexityLab(lookups=1, size=10_000).describe()
    assert "so the hash table wins" in ComplexityLab(lookups=10_000, size=1_000).describe()
    assert "so the list wins" in ComplexityLab(lookups=10_000, size=8).describe()


@pytest.mark.parametrize("misses", [0, 30, 100])
@pytest.mark.parametrize("lookups", [1, 40, 10_000])
def test_looking_up_is_counted_by_the_simulator(lookups, misses):
    """The mean over many drawn look-ups, within four standard errors and the collisions of other keys, is what the lab says of each."""
    size, hashing, generator = 500, 7, np.random.default_rng(4)
    asked = LookUps(lookups, misses, hashing)
    keys = generator.choice(2**31 - 1, 2 * size, replace=False)
    drawn = keys[generator.integers(size, size=20_000) + size * (generator.random(20_000) < misses / 100)]
    found = {structure: complexity.search(structure, keys[:size], drawn) for structure in complexity.STRUCTURES}
    assert asked.work("list", size) == pytest.approx(lookups * found["list"].comparisons.mean(), rel=0.02)
    build = found["hash"].build + hashing * size
    assert asked.work("hash", size) == pytest.approx(build + lookups * (hashing + found["hash"].comparisons.mean()), rel=0.05)


@pytest.mark.parametrize("misses", [0, 50, 100])
@pytest.mark.parametrize("size", [200, 1_000, 5_000, 10_000])
def test_looking_up_agrees_with_theory(size, misses):
    asked = LookUps(1_000, misses, 1)
    assert asked.work("list", size) == pytest.approx(asked.expected("list", size), rel=1e-12)
    assert asked.work("hash", size) == pytest.approx(asked.expected("hash", size), rel=0.1)


@pytest.mark.parametrize("state", [{}, {"misses": 60}, {"hashing": 50, "size": 5_000}, {"lookups": 10_000, "hashing": 1}, {"lookups": 1}])
def test_the_list_wins_up_to_where_the_lines_cross(state):
    lab = ComplexityLab(beside="lookups", **state)
    assert_complete(lab)
    assert_readable(lab.figure())
    assert lab.idle() == ["algorithm", "order", "counted"]
    asked = LookUps(lab.lookups, lab.misses, lab.hashing)
    wins = [size for size in ASKED if asked.work("list", size) < asked.work("hash", size)]
    assert lab.answer() == max(wins, default=1)
    most = lab._list_wins_for()
    if most < LOOKUPS[-1]:
        for number, cheaper in ((most, True), (most + 1, False)):
            asked = asked._replace(number=number)
            assert (asked.work("list", lab.size) < asked.work("hash", lab.size)) == cheaper or not number
    drawn = {mark.label: mark for mark in lab.chart().panels[1].marks if isinstance(mark, Line)}
    table = lab.table().query("source == 'simulation' and lookups.notna()").set_index(["name", "size", "lookups"])["value"]
    assert drawn["list"].y == pytest.approx([number * table["list", lab.size, number] for number in LOOKUPS])
    assert drawn["hash table"].y == pytest.approx([number * table["hash", lab.size, number] for number in LOOKUPS])


def test_words_say_until_when_a_list_is_cheaper():
    assert "so the list wins" in ComplexityLab(beside="lookups", lookups=1).describe()
    assert "up to the largest size shown" in ComplexityLab(beside="lookups", lookups=1).describe()
    assert "for any number of look-ups" in ComplexityLab(beside="lookups", size=8, lookups=10_000).describe()
    assert "30 % of them in vain" in ComplexityLab(beside="lookups", misses=30).describe()
    assert "in vain" not in ComplexityLab(beside="lookups").describe()


def test_six_numbers_are_sorted_where_sorting_is_shown():
    assert ComplexityLab().steps() is not None
    assert ComplexityLab(beside="lookups").steps() is None


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("algorithm", SORTS)
def test_the_steps_are_the_comparisons_that_are_counted(algorithm, order):
    steps = sorted_step_by_step(algorithm, order)
    assert [int(item) for item in steps[-1].contents] == sorted(HANDFUL[order]) or algorithm == "builtin"
    if algorithm != "builtin":  # Python finds runs before it inserts, which six numbers in a story need not
        assert len(steps) == complexity.sort(algorithm, HANDFUL[order]).comparisons


def test_the_table_holds_every_count():
    table = ComplexityLab(order="reversed").table()
    row = table[(table["name"] == "insertion") & (table["size"] == 1_000) & (table["quantity"] == "comparisons")]
    assert row["value"].tolist() == [499_500]
    assert set(table["source"]) == {"simulation", "theory"}


def test_what_was_measured_lies_on_what_was_counted_and_they_cross_at_one_place():
    lab = ComplexityLab(measured=recorded().table, counted="time")
    assert lab.idle() == ["order"]
    assert ("time", "time, as measured") in next(c for c in lab.declarations() if c["name"] == "counted")["options"]
    for algorithm in SORTS:
        for size in (2, 100, 10_000):
            lab.state = {"algorithm": algorithm, "size": size}
            assert_complete(lab)
            assert_readable(lab.figure())
    lab.state = {"algorithm": "insertion", "size": 1_000}
    marks = lab.chart().panels[0].marks
    assert [mark.label for mark in marks if mark.role in ("theory", "measurement")] == ["n² fitted", "n log₂ n fitted", "recorded"]
    assert f"insertion sort wins up to {lab.answer():.0f}" in [mark.label for mark in marks]
    timed = lab.table().query("source == 'measurement' and name == 'insertion sort'").set_index("size")["value"]
    assert timed[30] < lab.table().query("source == 'measurement' and name == 'merge sort'").set_index("size")["value"][30]
    assert 30 < lab.answer() < 300  # where the measured points change places
    drawn = {mark.label: dict(zip(mark.x, mark.y, strict=True)) for mark in marks if isinstance(mark, Line)}
    assert drawn["insertion sort"][100] == pytest.approx(timed[100], rel=0.25)
    assert drawn["insertion sort"][1_000] == pytest.approx(timed[1_000], rel=0.35)


def test_time_needs_measurements():
    with pytest.raises(ValueError, match="the lab was given no measurements"):
        ComplexityLab(counted="time")
    with pytest.raises(TypeError, match="measured is 3, but must be the table of a comparison"):
        ComplexityLab(measured=3)
    with pytest.raises(ValueError, match="measured has the columns a, but must have source, recorded, what, items, median_us as well"):
        ComplexityLab(measured=pd.DataFrame({"a": [1]}))
