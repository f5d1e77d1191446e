"""Say in one sentence what was expected, what came, and where to look next.

Every graded cell speaks this one vocabulary: *correct*, *almost*, *still missing*, *hint*. Test cells hand
over what the student's code returned, as plain data; here it is compared and the sentence is made.
"""

from __future__ import annotations

import hashlib
import json
import math
import traceback
from collections.abc import Callable
from typing import Any

import numpy as np

SHOWN = 90  # characters of a value that a sentence can hold and still be read
DEEPEST = 20  # levels of nesting; a list that holds itself has more


class NotYet(AssertionError):  # noqa: N818 - the name that a student may see says what it means
    """A test that does not hold yet. Notebooks show its sentence and no traceback."""

    def _render_traceback_(self) -> list[str]:  # IPython asks for this name instead of printing the stack
        return [str(self)]


def expect(what: str, produce: Callable[[], Any], value: Any, look: str, *, within: float = 0.0, hidden: bool = False) -> None:
    """Run the student's code and compare what it returns with what is expected.

    Parameters
    ----------
    what : str
        What is tested, as the subject of a sentence: ``"the keys evicted from a cache of size 2"``.
    produce : callable
        Calls what the student defined and returns plain data: numbers, text, ``None``, lists, tuples (which count
        as lists), dicts and NumPy arrays of these. It is called here, so that whatever it raises becomes a sentence too.
    value : plain data
        What should come.
    look : str
        One sentence on where to look next.
    within : float, optional
        How far a number may be off, in its own unit.
    hidden : bool, optional
        For hidden tests: say what is wrong, but show no data.

    Raises
    ------
    NotYet
        If something else came, or nothing in time, with the sentence as its message.

    Examples
    --------
    >>> expect("half of 6", lambda: 6 / 2, 3, "Divide by two.")
    correct: half of 6
    >>> expect("half of 6", lambda: 6 // 4, 3, "Divide by two.")
    Traceback (most recent call last):
    ...
    labsupport.exercises.expectations.NotYet: almost: half of 6 – expected 3, but 1 came. Look next: Divide by two.
    """
    try:
        returned = produce()
    except NotYet:  # a referee has already said what is wrong
        raise
    except NotImplementedError:
        raise NotYet(f"still missing: {what} – this part of your code is not written yet. Look next: {look}") from None
    except KeyboardInterrupt as error:  # the time was up, or somebody pressed stop; outside this call it stays what it is
        raise NotYet(f"almost: {what} – your code did not end in time, or was interrupted{_place(error, produce)}. Look next: {look}") from None
    except (Exception, SystemExit) as error:  # anything a student's code can raise becomes a sentence
        if type(error) is NameError:
            raise NotYet(f"still missing: {what} – {error}; write it, then run the cell that defines it. Look next: {look}") from None
        told = type(error).__name__ if hidden else " ".join(f"{type(error).__name__}: {error}".removesuffix(": ").split())
        raise NotYet(f"almost: {what} – your code stopped with {_shortened(told)}{_place(error, produce)}. Look next: {look}") from None
    try:
        wrong = difference(plain(value), plain(returned), within)
    except TypeError as error:
        wrong = str(error)
    if wrong:
        told = "with data you have not seen, something else came" if hidden else wrong
        raise NotYet(f"almost: {what} – {told}. Look next: {look}")
    print(f"correct: {what}")  # noqa: T201 - a notebook cell talks by printing


def plain(value: Any) -> Any:
    """Return a copy of ``value`` made of built-in numbers, text, ``None``, lists and dicts only.

    The exact type of every part is checked: an object that claims to equal everything is refused.

    Parameters
    ----------
    value : plain data
        Numbers, text, ``None``, lists, tuples, dicts, NumPy numbers and arrays, nested.

    Returns
    -------
    object
        The same data; tuples and arrays have become lists.

    Raises
    ------
    TypeError
        If a part is of another type, or the nesting never ends.

    Examples
    --------
    >>> plain((1, np.array([2.0])))
    [1, [2.0]]
    >>> plain({1, 2})
    Traceback (most recent call last):
    ...
    TypeError: an object of type set came, but only numbers, text, None, lists and dicts can be compared
    """
    return _plain(value, 0)


def _plain(value: Any, depth: int) -> Any:
    kind = type(value)
    if kind in (bool, int, float, str, type(None)):
        return value
    if kind is np.ndarray and value.dtype.kind in "biufU":
        return value.tolist()
    if isinstance(value, np.generic) and kind.__module__ == "numpy" and value.dtype.kind in "biufU":
        return value.item()
    if depth == DEEPEST and kind in (list, tuple, dict):
        raise TypeError(f"lists nested more than {DEEPEST} deep came, but no answer needs that")
    if kind in (list, tuple):
        return [_plain(item, depth + 1) for item in value]
    if kind is dict:
        return {_key(key, depth + 1): _plain(item, depth + 1) for key, item in value.items()}
    raise TypeError(f"an object of type {kind.__name__} came, but only numbers, text, None, lists and dicts can be compared")


def _key(key: Any, depth: int) -> Any:
    """Return a plain copy of a dict's key: as `_plain`, but a tuple stays a tuple, since a list cannot be a key."""
    if type(key) is tuple and depth < DEEPEST:
        return tuple(_key(item, depth + 1) for item in key)
    return _plain(key, depth)


def fingerprint(value: Any) -> str:
    """Return twelve characters that stand for plain data, so that a test can hold a long answer without showing it.

    Parameters
    ----------
    value : plain data
        As `plain` takes it; the keys of its dicts must be text.

    Returns
    -------
    str

    Examples
    --------
    >>> fingerprint([1, None, [2]]) == fingerprint((1, None, np.array([2])))
    True
    >>> fingerprint([1, None, [3]])
    'db3560473532'
    """
    return hashlib.sha256(json.dumps(plain(value), sort_keys=True).encode()).hexdigest()[:12]


def difference(value: Any, came: Any, within: float = 0.0) -> str:
    """Say where ``came`` differs from ``value``; nothing if it does not.

    Parameters
    ----------
    value, came : plain data
        What was expected and what came, as `plain` returns them.
    within : float, optional
        How far a number may be off.

    Returns
    -------
    str
        Empty if they agree.

    Examples
    --------
    >>> difference([1, 2, 3], [1, 5, 3])
    'expected [1, 2, 3], but [1, 5, 3] came; they first differ at [1], counting from 0: expected 2, but 5 came'
    >>> difference(0.5, 0.501, within=0.01)
    ''
    """
    found = _first_difference(value, came, within, "")
    if not found:
        return ""
    where, reason = found
    whole = f"expected {_shown(value)}, but {_shown(came)} came"
    return f"{whole}; they first differ at {where}, counting from 0: {reason}" if where else whole


def _first_difference(value: Any, came: Any, within: float, where: str) -> tuple[str, str] | None:
    """Return the place of the first difference and what differs there."""
    pairs: list[tuple[Any, Any, str]] = []
    if isinstance(value, list) and isinstance(came, list):
        pairs = [(one, other, f"{where}[{index}]") for index, (one, other) in enumerate(zip(value, came, strict=False))]
        rest = None if len(value) == len(came) else (f"{where}[{len(pairs)}]", f"expected {len(value)} items, but {len(came)} came")
    elif isinstance(value, dict) and isinstance(came, dict):
        pairs = [(value[key], came[key], f"{where}[{key!r}]") for key in value if key in came]
        missing = [(f"{where}[{key!r}]", "it is missing") for key in value if key not in came]
        surplus = [(f"{where}[{key!r}]", "it should not be there") for key in came if key not in value]
        rest = next(iter(missing + surplus), None)
    else:
        rest = None if _same(value, came, within) else (where, f"expected {_shown(value)}, but {_shown(came)} came")
    return next((found for pair in pairs if (found := _first_difference(*pair[:2], within, pair[2]))), rest)


def _same(value: Any, came: Any, within: float) -> bool:
    numbers = [type(item) in (int, float) for item in (value, came)]
    if all(numbers):
        return bool(value == came or abs(value - came) <= within or (math.isnan(value) and math.isnan(came)))
    return type(value) is type(came) and bool(value == came)


def _shown(value: Any) -> str:
    return _shortened(repr(value))


def _shortened(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 30]} … {text[-25:]}"


def _place(error: BaseException, produce: Callable[[], Any]) -> str:
    """Name the student's own line that failed, not ours and not the test cell's, in which the lambda stands that was called."""
    test_cell = produce.__code__.co_filename if getattr(produce, "__name__", "") == "<lambda>" else ""
    frames = [(frame, line) for frame, line in traceback.walk_tb(error.__traceback__) if frame.f_globals.get("__name__") == "__main__"]
    frames = [
        (frame, line) for frame, line in frames if frame.f_code.co_filename != test_cell and frame.f_code.co_name not in ("<lambda>", "<module>")
    ]
    return f" in {frames[-1][0].f_code.co_name}, line {frames[-1][1]} of its cell" if frames else ""
