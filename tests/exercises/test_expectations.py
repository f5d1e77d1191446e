"""The sentences that students read, and what may count as equal."""

from __future__ import annotations

import subprocess
import sys
from collections import OrderedDict
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labsupport.exercises import NotYet, expect, fingerprint
from labsupport.exercises.expectations import difference, plain

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


class Liar:
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None


class Three(int):
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = int.__hash__


def unwritten() -> int:
    raise NotImplementedError


def unknown() -> int:
    return forgotten  # noqa: F821 - that is the point


def endless() -> int:
    raise KeyboardInterrupt  # what a kernel is sent when the time is up, or when somebody presses stop


def leaking() -> int:
    raise ValueError("the secret is 4711")


@given(PLAIN)
def test_data_equal_themselves_and_their_copies(value: object) -> None:
    assert difference(plain(value), plain(value)) == ""
    assert fingerprint(value) == fingerprint(plain(value))


@given(PLAIN, PLAIN)
def test_a_difference_is_found_wherever_python_finds_one(one: object, other: object) -> None:
    if one != other:
        assert difference(plain(one), plain(other)).startswith("expected ")


@pytest.mark.parametrize(
    "value", [Liar(), Three(3), [Three(3)], {"a": Liar()}, {1, 2}, iter([3]), object(), 3j, np.array([Liar()]), np.datetime64(1, "s")]
)
def test_what_is_no_plain_data_is_never_correct(value: object) -> None:
    with pytest.raises(NotYet, match="only numbers, text, None, lists and dicts"):
        expect("three", lambda: value, 3, "the type.")


def test_a_list_that_holds_itself_is_refused() -> None:
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(NotYet, match="nested more than"):
        expect("a list", lambda: endless, [[]], "the nesting.")


@pytest.mark.parametrize(
    ("value", "kind"), [(OrderedDict(a=1), "OrderedDict"), ({frozenset("ab"): 1}, "frozenset"), ({(1, frozenset("ab")): 1}, "frozenset")]
)
def test_what_is_no_plain_data_is_called_by_its_name(value: object, kind: str) -> None:
    with pytest.raises(NotYet, match=f"an object of type {kind} came, but only numbers, text, None, lists and dicts can be compared"):
        expect("a dict", lambda: value, {}, "the type.")


def test_keys_may_be_tuples_of_tuples_but_not_without_end() -> None:
    assert plain({(1, (2, np.int64(3))): 4}) == {(1, (2, 3)): 4}
    deep: tuple[object, ...] = ()
    for _ in range(100):
        deep = (deep,)
    with pytest.raises(TypeError, match="nested more than 20 deep"):
        plain({deep: 1})


@pytest.mark.parametrize("value", [(1, 2), [1, 2], np.array([1, 2]), [np.int64(1), 2.0]])
def test_lists_tuples_and_arrays_of_the_same_numbers_are_the_same(value: object, capsys: pytest.CaptureFixture[str]) -> None:
    expect("one and two", lambda: value, [1, 2], "the order.")
    assert capsys.readouterr().out == "correct: one and two\n"


@pytest.mark.parametrize(
    ("value", "came"), [(1, True), (0, False), (0, None), ("1", 1), ([], {}), ([], None), (0, ""), ([1], [1, 1]), ({"a": 1}, {})]
)
def test_things_that_only_look_alike_differ(value: object, came: object) -> None:
    with pytest.raises(NotYet, match=r"almost: .* Look next: here"):
        expect("a value", lambda: came, value, "here.")


@pytest.mark.parametrize(
    ("produce", "sentence"),
    [
        (lambda: 2, "almost: a value – expected 3, but 2 came. Look next: here."),
        (unwritten, "still missing: a value – this part of your code is not written yet. Look next: here."),
        (unknown, "still missing: a value – name 'forgotten' is not defined; write it, then run the cell that defines it. Look next: here."),
        (lambda: 1 // 0, "almost: a value – your code stopped with ZeroDivisionError: integer division or modulo by zero. Look next: here."),
        (lambda: sys.exit(2), "almost: a value – your code stopped with SystemExit: 2. Look next: here."),
        (endless, "almost: a value – your code did not end in time, or was interrupted. Look next: here."),
    ],
)
def test_the_sentences(produce: Callable[[], object], sentence: str) -> None:
    with pytest.raises(NotYet) as caught:
        expect("a value", produce, 3, "here.")
    assert str(caught.value) == sentence


@pytest.mark.parametrize("produce", [lambda: 4711, leaking, lambda: [4711]])
def test_a_hidden_test_shows_no_data(produce: Callable[[], object]) -> None:
    with pytest.raises(NotYet) as caught:
        expect("a value", produce, 4712, "here.", hidden=True)
    assert "471" not in str(caught.value)
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_the_students_own_line_is_named() -> None:
    names: dict[str, object] = {"__name__": "__main__"}
    exec("def half(number):\n    rest = number // 2\n    return rest / 0", names)  # noqa: S102 - a student's cell
    with pytest.raises(NotYet, match="division by zero in half, line 3 of its cell"):
        expect("half of 6", lambda: names["half"](6), 3, "the division.")


def test_a_line_of_the_test_cell_is_not_called_the_students() -> None:
    names: dict[str, object] = {"__name__": "__main__"}
    exec("def half(number):\n    return number / 0", names)  # noqa: S102 - a student's cell
    names["expect"] = expect
    cell = "def halves(numbers):\n    return [half(number) for number in numbers]\n"
    cell += "expect('halves', lambda: halves([]) + [1 / 0], [], 'the division.')"
    with pytest.raises(NotYet, match=r"ZeroDivisionError: division by zero\. Look next"):
        exec(compile(cell, "test cell", "exec"), names)  # noqa: S102 - a test cell
    with pytest.raises(NotYet, match="in half, line 2 of its cell"):
        exec(compile(cell.replace("[]) + [1 / 0]", "[6])"), "test cell", "exec"), names)  # noqa: S102 - a test cell


def test_what_is_wrong_is_said_and_not_what_was_noted_besides() -> None:
    def choose() -> int:
        error = ValueError("choose() is -1,\nbut must be 0")
        error.add_note("This was request 7.")
        raise error

    with pytest.raises(NotYet, match=r"your code stopped with ValueError: choose\(\) is -1, but must be 0\. Look next"):
        expect("a choice", choose, 0, "choose.")


def test_the_line_that_did_not_end_is_named() -> None:
    names: dict[str, object] = {"__name__": "__main__", "stop": endless}
    exec("def count():\n    while True:\n        stop()", names)  # noqa: S102 - a student's cell
    with pytest.raises(NotYet, match="did not end in time, or was interrupted in count, line 3 of its cell"):
        expect("a count", names["count"], 3, "the loop.", hidden=True)


def test_an_interruption_outside_the_students_code_stays_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labsupport.exercises.expectations.difference", lambda *_: endless())
    with pytest.raises(KeyboardInterrupt):
        expect("three", lambda: 3, 3, "here.")


def test_a_notebook_shows_one_line_and_no_stack() -> None:
    assert NotYet("almost: x")._render_traceback_() == ["almost: x"]


@pytest.mark.parametrize(
    ("environment", "folder", "typed", "expected"),
    [
        ("autograde", "Zoe", "someone else", "zoe"),
        ("autograde", "zoe", "", "zoe"),
        ("validate", "zoe", "", "nobody"),
        ("", "zoe", " AB1 ", "ab1"),
        ("", "zoe", "", "nobody"),
    ],
)
def test_grading_takes_the_id_from_the_path(tmp_path, environment: str, folder: str, typed: str, expected: str) -> None:
    place = tmp_path / folder / "04-techniques"
    place.mkdir(parents=True)
    program = f"from labsupport.exercises.students import *; student({typed!r}); print(current(), seed('writes'))"
    answers = [
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=place,
            env={"PYTHONPATH": ":".join(sys.path), "NBGRADER_EXECUTION": environment},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for _ in range(2)
    ]
    assert answers[0] == answers[1]
    assert answers[0].splitlines()[-1].split()[0] == expected
