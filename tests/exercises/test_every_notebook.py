"""Graded notebooks as a whole: the reference earns everything, the untouched one nothing, and every wrong solution loses exactly what it must."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from labsupport.exercises.hints import HINTS
from labsupport.release import release
from tests.exercises import (
    cells,
    wrong_anomalies,
    wrong_autoscale,
    wrong_batch,
    wrong_bottleneck,
    wrong_buckets,
    wrong_celebrity,
    wrong_claims,
    wrong_combine,
    wrong_compare,
    wrong_controller,
    wrong_cost,
    wrong_credit,
    wrong_demand,
    wrong_edge,
    wrong_even,
    wrong_failures,
    wrong_fair,
    wrong_fanout,
    wrong_fetch,
    wrong_gather,
    wrong_gmond,
    wrong_grafana,
    wrong_hot,
    wrong_hurts,
    wrong_improved,
    wrong_join,
    wrong_lazy,
    wrong_levels,
    wrong_limit,
    wrong_little,
    wrong_log,
    wrong_longest,
    wrong_memo,
    wrong_mix,
    wrong_nearest,
    wrong_omission,
    wrong_p99,
    wrong_percent,
    wrong_pool,
    wrong_product,
    wrong_pruning,
    wrong_queues,
    wrong_quorums,
    wrong_schedule,
    wrong_scrape,
    wrong_shards,
    wrong_sorts,
    wrong_speedup,
    wrong_spike,
    wrong_stages,
    wrong_throughput,
    wrong_whole_system,
)
from tests.exercises.cells import Notebook, Wrong
from tests.mutations import EXERCISE
from tests.support import ROOT

COURSE: dict[str, list[ModuleType]] = {
    "01-introduction": [wrong_bottleneck, wrong_levels, wrong_speedup, wrong_cost, wrong_credit],
    "02-distributed-systems": [wrong_quorums, wrong_fanout, wrong_gather, wrong_hurts, wrong_product],
    "03-common-issues": [wrong_p99, wrong_little, wrong_limit, wrong_mix, wrong_queues, wrong_hot],
    "05-data-algorithms": [wrong_combine, wrong_join, wrong_lazy, wrong_memo, wrong_batch, wrong_sorts],
    "06-resource-management": [wrong_pool, wrong_schedule, wrong_fetch, wrong_autoscale, wrong_fair, wrong_claims],
    "07-benchmarking-monitoring": [wrong_log, wrong_omission, wrong_compare, wrong_buckets, wrong_scrape, wrong_throughput],
    "08-case-studies": [wrong_percent, wrong_controller, wrong_celebrity, wrong_shards, wrong_nearest, wrong_improved],
    "09-tools": [wrong_stages, wrong_gmond, wrong_spike, wrong_grafana, wrong_longest],
    "10-best-practices-trends": [wrong_pruning, wrong_failures, wrong_anomalies, wrong_even, wrong_demand, wrong_edge, wrong_whole_system],
}
WRONG = [(name, mistake) for name, exercises in COURSE.items() for exercise in exercises for mistake in exercise.WRONG]
SOLUTIONS = [(name, exercise.CELL) for name, exercises in COURSE.items() for exercise in exercises]
QUADRATIC = [(name, exercise) for name, exercises in COURSE.items() for exercise in exercises if hasattr(exercise, "QUADRATIC")]
OURS = {"predict", "student", "hint"}  # of ours, but used by no test


@pytest.fixture(scope="module")
def references() -> dict[str, Notebook]:
    return {name: cells.read(ROOT / "notebooks" / name / f"{name}.ipynb") for name in COURSE}


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("student")
    release(folder)
    return folder


def offered(notebook: Notebook) -> list[str]:
    """The names of ours that a test cell may use."""
    names: dict[str, object] = {}
    exec(notebook.sources["setup"], names)  # noqa: S102 - the course's own cell
    return sorted(name for name, value in names.items() if callable(value) and name not in OURS)


@pytest.mark.parametrize("name", COURSE)
def test_the_reference_earns_every_point(name: str, references: dict[str, Notebook]) -> None:
    outcomes = list(references[name].run())
    assert [(cell, text) for cell, passed, text in outcomes if not passed] == []
    assert sum(references[name].points.values()) == 19  # and one for the reflection, marked by hand


@pytest.mark.parametrize("name", COURSE)
def test_every_solution_has_its_wrong_ones(name: str, references: dict[str, Notebook]) -> None:
    assert [cell for cell in references[name].sources if cell.endswith("-solution")] == [exercise.CELL for exercise in COURSE[name]]
    for exercise in COURSE[name]:
        tests = set(references[name].only(exercise.CELL, "").points)
        assert tests
        assert set().union(*(mistake.loses for mistake in exercise.WRONG)) == tests
        for test in tests:
            assert sum(test in mistake.loses for mistake in exercise.WRONG) >= 8, test


@pytest.mark.parametrize("name", COURSE)
def test_the_untouched_student_version_earns_nothing(name: str, student: Path) -> None:
    untouched = cells.read(student / name / f"{name}.ipynb")
    for cell, passed, text in untouched.run():
        if cell in untouched.points:
            assert not passed
            assert "still missing: " in text, cell


@pytest.mark.slow
@pytest.mark.parametrize(("name", "exercise"), QUADRATIC, ids=lambda value: value if isinstance(value, str) else value.CELL)
def test_a_right_solution_that_is_quadratic_earns_every_point(name: str, exercise: ModuleType, references: dict[str, Notebook]) -> None:
    """Size 10,000 is tested, the asymptotic cost is not: no cell may come near nbgrader's limit of 30 s."""
    plain = references[name].only(exercise.CELL, exercise.QUADRATIC)
    assert plain.grade() == plain.points


@pytest.mark.parametrize(("name", "cell"), SOLUTIONS)
def test_names_that_hide_ours_cost_no_point(name: str, cell: str, references: dict[str, Notebook]) -> None:
    """A student's scratch variable may have any name: the test cells import what they use."""
    hiding = "".join(f"{hidden} = None\n" for hidden in offered(references[name]))
    exercise = references[name].only(cell, hiding + references[name].sources[cell])
    assert exercise.grade() == exercise.points


@pytest.mark.parametrize("name", COURSE)
def test_names_that_hide_ours_earn_no_point(name: str, student: Path) -> None:
    untouched = cells.read(student / name / f"{name}.ipynb")
    forged = "".join(f'def {hidden}(*a, **k): print("correct")\n' for hidden in offered(untouched))
    sources = {cell: forged + source if cell.endswith("-solution") else source for cell, source in untouched.sources.items()}
    assert Notebook(sources, untouched.points).grade() == dict.fromkeys(untouched.points, 0)


@pytest.mark.parametrize(("name", "mistake"), WRONG, ids=lambda value: f"{value.cell}:{value}" if isinstance(value, Wrong) else value)
def test_a_wrong_solution_loses_exactly_what_it_must(
    name: str, mistake: Wrong, references: dict[str, Notebook], record_property: Callable[[str, object], None]
) -> None:
    """And whatever is said about it is one sentence of ours."""
    record_property(EXERCISE, mistake.cell.removesuffix("-solution"))
    references[name].check(mistake)


@pytest.mark.parametrize(("name", "cell"), SOLUTIONS)
def test_every_exercise_has_three_hints(name: str, cell: str) -> None:
    assert len(HINTS[cell.removesuffix("-solution")]) == 3, name
