"""The exercises on caching: the reference earns everything, and every wrong solution loses exactly what it must."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from labsupport.exercises import NotYet, fingerprint, hint
from labsupport.exercises.caching import HINTS, hear, operations, tally, write_log
from labsupport.release import release
from tests.exercises import cells, wrong_lru, wrong_trial, wrong_writes
from tests.exercises.cells import Notebook, Wrong
from tests.mutations import EXERCISE
from tests.support import ROOT

PATH = ROOT / "notebooks" / "04-techniques" / "04-techniques.ipynb"


@pytest.fixture(scope="module")
def reference() -> Notebook:
    return cells.read(PATH)


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Notebook:
    folder = tmp_path_factory.mktemp("student")
    release(folder)
    return cells.read(folder / "04-techniques" / "04-techniques.ipynb")


def test_the_reference_earns_every_point(reference: Notebook) -> None:
    said = {cell: text for cell, passed, text in reference.run() if not passed}
    assert said == {}
    assert reference.grade() == reference.points
    assert sum(reference.points.values()) == 9  # and one for the reflection, marked by hand


def test_the_untouched_student_version_earns_nothing(untouched: Notebook) -> None:
    assert untouched.grade() == dict.fromkeys(untouched.points, 0)
    assert all("still missing: " in text for cell, _, text in untouched.run() if cell in untouched.points)


HIDING = [
    'operations = [("put", "a", 1)]\n',
    "sum = 0\n",  # a name of Python's own, for which the hidden tests must not depend on the student either
    *(f"{name} = None\n" for name in ("expect", "fingerprint", "seed", "hear", "operations", "tally", "write_log")),
]


@pytest.mark.parametrize("cell", ["lru-solution", "writes-solution", "trial-solution"])
@pytest.mark.parametrize("names", HIDING, ids=lambda names: names.split("(")[0].strip())
def test_a_name_that_hides_ours_costs_no_point(names: str, cell: str, reference: Notebook) -> None:
    """A student's scratch variable may have any name: the test cells import what they use."""
    sources = {**reference.sources, cell: names + reference.sources[cell]}
    assert Notebook(sources, reference.points).grade() == reference.points


def test_a_helper_of_the_students_is_not_overwritten_by_a_test_cell(reference: Notebook) -> None:
    helped = reference.sources["writes-solution"].replace("sorted(dirty)", "counts(dirty)") + "\n\ndef counts(keys):\n    return sorted(keys)\n"
    assert Notebook({**reference.sources, "writes-solution": helped}, reference.points).grade() == reference.points


@pytest.mark.parametrize("name", ["expect", "fingerprint", "seed", "hear", "operations", "tally", "write_log"])
def test_a_name_that_hides_ours_earns_no_point(name: str, untouched: Notebook) -> None:
    forged = f'def {name}(*a, **k): print("correct")\n'
    sources = {cell: forged + source if cell.endswith("-solution") else source for cell, source in untouched.sources.items()}
    assert Notebook(sources, untouched.points).grade() == dict.fromkeys(untouched.points, 0)


@pytest.mark.parametrize("mistake", [*wrong_lru.WRONG, *wrong_writes.WRONG, *wrong_trial.WRONG], ids=lambda mistake: f"{mistake.cell}:{mistake}")
def test_a_wrong_solution_loses_exactly_what_it_must(mistake: Wrong, reference: Notebook, record_property: Callable[[str, object], None]) -> None:
    record_property(EXERCISE, mistake.cell.removesuffix("-solution"))
    earned = reference.with_solution(mistake).grade()
    assert {cell for cell, points in earned.items() if points != reference.points[cell]} == mistake.loses


def test_every_failure_is_one_sentence_and_hidden_ones_show_no_data(reference: Notebook) -> None:
    """What a student reads is a sentence of ours, for every wrong solution; hidden tests name no value."""
    for mistake in [*wrong_lru.WRONG[::4], *wrong_writes.WRONG[::4], *wrong_trial.WRONG[::4]]:
        for cell, passed, text in reference.with_solution(mistake).run():
            if not passed and cell in reference.points:
                sentence = text.rpartition("NotYet: ")[2]
                assert sentence.startswith(("almost: ", "still missing: ")), text
                assert "Look next: " in sentence
                assert "\n" not in sentence


@pytest.mark.parametrize("seed", range(5))
def test_the_reference_agrees_with_a_slow_and_obvious_cache(seed: int, reference: Notebook) -> None:
    """Not an ordered dict but a clock: every key remembers when it was used, and the smallest time goes."""
    names: dict[str, object] = {"__name__": "__main__"}
    exec(reference.sources["lru-solution"], names)  # noqa: S102 - the reference
    work = operations(1_500, 40, seed, sizes=(3, 25, 1, 9))
    capacity, used, values, answers = 15, {}, {}, []
    for now, (name, *rest) in enumerate(work):
        if name == "get":
            if rest[0] in used:
                used[rest[0]] = now
            answers.append(values.get(rest[0]))
            continue
        if name == "put":
            used[rest[0]], values[rest[0]] = now, rest[1]
        else:
            capacity = rest[0]
        answers.append([])
        while len(used) > capacity:
            oldest = min(used, key=lambda key: used[key])
            answers[-1].append(oldest)
            del used[oldest], values[oldest]
    assert names["replay"](work, 15) == answers
    counted = tally(work, answers, 15)
    assert counted["hits"] == sum(answer is not None and not isinstance(answer, list) for answer in answers)
    assert counted["evictions"] == sum(len(answer) for answer in answers if isinstance(answer, list))
    assert counted["most"] == 25


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([[], [], 1], "3 operations need"),
        ([[], [], 1, 0], "needs|need a list"),
        ([[], [7], None], "it is not in the cache"),
        ([[], [], 5], "there is room for 1"),
        ([[], [1], 5], "None is stored there"),
        ([[], None, 5], "expected the list of evicted keys"),
    ],
)
def test_the_referee_refuses_impossible_decisions(answers: list[object], reason: str) -> None:
    work = [("put", 1, 5), ("put", 2, 6), ("get", 1)]
    if reason.startswith("3 "):
        answers = answers[:2]
    with pytest.raises(NotYet, match=reason):
        tally(work, answers, capacity=1)


def test_any_policy_may_stand_before_the_referee() -> None:
    chance = random.Random(3)  # noqa: S311 - a test, not a secret
    work, held, answers = operations(500, 20, seed=3), {}, []
    for name, key, *value in work:
        if name == "get":
            answers.append(held.get(key))
            continue
        held[key] = value[0]
        gone = [chance.choice(sorted(held))] if len(held) > 4 else []
        answers.append([held.pop(key) and key for key in gone])
    assert tally(work, answers, 4)["most"] == 4


def test_data_are_the_same_for_the_same_seed_and_other_for_another() -> None:
    assert operations(50, 9, seed=1) == operations(50, 9, seed=1) != operations(50, 9, seed=2)
    assert write_log(50, 9, seed=1) == write_log(50, 9, seed=1) != write_log(50, 9, seed=2)
    assert [operation for operation in operations(90, 9, seed=1, sizes=(4, 5)) if operation[0] == "resize"] == [("resize", 4), ("resize", 5)]
    assert {second for second, _ in write_log(500, 3, seed=4)} <= set(range(1, 501))
    assert fingerprint(operations(50, 9, seed=1)) == "3d890512f9f9"  # on every machine and every Python


def test_a_witness_must_have_something_to_say() -> None:
    system = {"capacity": 200, "keys": 1_000, "exponent": 1.0, "write_share": 0.2, "past_share": 0.5}
    assert hear(system, 1) == "refutes"
    assert hear({**system, "past_share": 0}, 1) == "supports"
    for name, value, reason in (
        ("write_share", 0.0, "write"),
        ("write_share", 1.0, "every request writes.*no reads.*Look next: write_share"),
        ("capacity", 1, "answers"),
        ("past_share", 0.005, "stale"),
    ):
        with pytest.raises(NotYet, match=reason):
            hear({**system, name: value}, 1)
    for name, value in (("capacity", 0), ("keys", 10_001), ("exponent", float("nan")), ("past_share", 1.5), ("shards", 3)):
        with pytest.raises(ValueError, match=name):
            hear({**system, name: value}, 1)


def test_hints_open_one_at_a_time_and_the_last_one_stays(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labsupport.exercises.hints._opened", {})
    for name, hints in HINTS.items():
        assert len(hints) == 3
        for number in (1, 2, 3, 3):
            hint(name)
            assert capsys.readouterr().out == f"hint {number} of 3: {hints[number - 1]}\n"
    with pytest.raises(ValueError, match="Did you mean 'lru'"):
        hint("lruu")
