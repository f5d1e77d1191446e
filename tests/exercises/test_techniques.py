"""Notebook 04 as a whole: the reference earns everything, the untouched one nothing, and every wrong solution loses exactly what it must."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from labsupport.exercises import hint
from labsupport.exercises.hints import HINTS
from labsupport.release import release
from tests.exercises import cells, wrong_balancer, wrong_fresh, wrong_key, wrong_lru, wrong_ring, wrong_trial, wrong_writes
from tests.exercises.cells import Notebook, Wrong
from tests.mutations import EXERCISE

EXERCISES = [wrong_key, wrong_ring, wrong_lru, wrong_writes, wrong_fresh, wrong_balancer, wrong_trial]
WRONG = [mistake for exercise in EXERCISES for mistake in exercise.WRONG]
SOLUTIONS = [exercise.CELL for exercise in EXERCISES]


@pytest.fixture(scope="module")
def reference() -> Notebook:
    return cells.techniques()


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Notebook:
    folder = tmp_path_factory.mktemp("student")
    release(folder)
    return cells.read(folder / "04-techniques" / "04-techniques.ipynb")


def offered(notebook: Notebook) -> list[str]:
    """The names of ours that a test cell uses: a student's code has `position` and `shard_of` for its own use, and imports no more."""
    names: dict[str, object] = {}
    exec(notebook.sources["setup"], names)  # noqa: S102 - the course's own cell
    return sorted(name for name, value in names.items() if callable(value) and name not in ("position", "shard_of", "predict", "student", "hint"))


def test_the_reference_earns_every_point(reference: Notebook) -> None:
    said = {cell: text for cell, passed, text in reference.run() if not passed}
    assert said == {}
    assert reference.grade() == reference.points
    assert sum(reference.points.values()) == 19  # and one for the reflection, marked by hand


def test_every_solution_has_its_wrong_ones(reference: Notebook) -> None:
    assert [cell for cell in reference.sources if cell.endswith("-solution")] == SOLUTIONS
    for exercise in EXERCISES:
        tests = set(reference.only(exercise.CELL, "").points)
        assert tests
        assert set().union(*(mistake.loses for mistake in exercise.WRONG)) == tests
        for test in tests:
            assert sum(test in mistake.loses for mistake in exercise.WRONG) >= 8, test


def test_the_untouched_student_version_earns_nothing(untouched: Notebook) -> None:
    assert untouched.grade() == dict.fromkeys(untouched.points, 0)
    assert all("still missing: " in text for cell, _, text in untouched.run() if cell in untouched.points)


@pytest.mark.parametrize("cell", SOLUTIONS)
def test_names_that_hide_ours_cost_no_point(cell: str, reference: Notebook) -> None:
    """A student's scratch variable may have any name: the test cells import what they use, also of Python's own."""
    hiding = "".join(f"{name} = None\n" for name in [*offered(reference), "Traffic", "COLUMNS"])
    exercise = reference.only(cell, hiding + reference.sources[cell])
    assert exercise.grade() == exercise.points


def test_a_name_of_pythons_own_may_be_given_away(reference: Notebook) -> None:
    exercise = reference.only("fresh-solution", "sum = range = 0\n" + reference.sources["fresh-solution"])
    assert exercise.grade() == exercise.points


def test_a_helper_of_the_students_is_not_overwritten_by_a_test_cell(reference: Notebook) -> None:
    helped = reference.sources["writes-solution"].replace("sorted(dirty)", "counts(dirty)") + "\n\ndef counts(keys):\n    return sorted(keys)\n"
    exercise = reference.only("writes-solution", helped)
    assert exercise.grade() == exercise.points


def test_a_shard_key_may_come_back_as_a_tuple(reference: Notebook) -> None:
    """As `itertools.combinations` gives it; the visible tests take it, and so must the hidden one."""
    source = reference.sources["key-solution"].replace("return min([[column]", "return (*min([[column]").replace("key=time)", "key=time),)")
    exercise = reference.only("key-solution", source)
    assert source != reference.sources["key-solution"]
    assert exercise.grade() == exercise.points


def test_names_that_hide_ours_earn_no_point(untouched: Notebook, reference: Notebook) -> None:
    forged = "".join(f'def {name}(*a, **k): print("correct")\n' for name in offered(reference))
    sources = {cell: forged + source if cell.endswith("-solution") else source for cell, source in untouched.sources.items()}
    assert Notebook(sources, untouched.points).grade() == dict.fromkeys(untouched.points, 0)


@pytest.mark.parametrize("mistake", WRONG, ids=lambda mistake: f"{mistake.cell}:{mistake}")
def test_a_wrong_solution_loses_exactly_what_it_must(mistake: Wrong, reference: Notebook, record_property: Callable[[str, object], None]) -> None:
    """And whatever is said about it is one sentence of ours."""
    record_property(EXERCISE, mistake.cell.removesuffix("-solution"))
    reference.check(mistake)


def test_hints_open_one_at_a_time_and_the_last_one_stays(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labsupport.exercises.hints._opened", {})
    for name in (cell.removesuffix("-solution") for cell in SOLUTIONS):
        hints = HINTS[name]
        assert len(hints) == 3
        for number in (1, 2, 3, 3):
            hint(name)
            assert capsys.readouterr().out == f"hint {number} of 3: {hints[number - 1]}\n"
    with pytest.raises(ValueError, match="Did you mean 'lru'"):
        hint("lruu")
