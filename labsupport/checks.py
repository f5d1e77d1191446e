"""Checks of arguments at the border: each says which argument is wrong, what came, and what is allowed."""

from __future__ import annotations

import difflib
import math
import numbers
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

LARGEST_KEY = 2**31 - 1


def _range_in_words(minimum: float | None, maximum: float | None) -> str:
    if minimum is not None and maximum is not None:
        return f" from {minimum:,} to {maximum:,}"
    if minimum is not None:
        return f" of at least {minimum:,}"
    if maximum is not None:
        return f" of at most {maximum:,}"
    return ""


def integer(name: str, value: Any, minimum: int | None = None, maximum: int | None = None) -> int:
    """Return ``value`` as an ``int``, or say why it is none.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    value : int or numpy integer
        What came. Booleans and floats are refused, even ``3.0``.
    minimum, maximum : int, optional
        The least and greatest value allowed.

    Returns
    -------
    int

    Raises
    ------
    TypeError
        If ``value`` is not a whole number.
    ValueError
        If it is out of range.

    Examples
    --------
    >>> integer("capacity", 10, minimum=1)
    10
    >>> integer("capacity", 0, minimum=1)
    Traceback (most recent call last):
    ...
    ValueError: capacity is 0, but must be a whole number of at least 1
    """
    allowed = f"must be a whole number{_range_in_words(minimum, maximum)}"
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{name} is {value!r} ({type(value).__name__}), but {allowed}")
    result = int(value)
    if (minimum is not None and result < minimum) or (maximum is not None and result > maximum):
        raise ValueError(f"{name} is {result}, but {allowed}")
    return result


def number(name: str, value: Any, minimum: float | None = None, maximum: float | None = None, above: float | None = None) -> float:
    """Return ``value`` as a finite ``float``, or say why it is none.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    value : float or int
        What came. NaN, infinities and booleans are refused.
    minimum, maximum : float, optional
        The least and greatest value allowed.
    above : float, optional
        A bound that the value must exceed.

    Returns
    -------
    float

    Raises
    ------
    TypeError
        If ``value`` is not a real number.
    ValueError
        If it is not finite or out of range.

    Examples
    --------
    >>> number("exponent", 1, minimum=0)
    1.0
    >>> number("exponent", float("nan"), minimum=0)
    Traceback (most recent call last):
    ...
    ValueError: exponent is nan, but must be a finite number of at least 0
    """
    words = f" above {above:,}" if above is not None else ""
    if above is not None and maximum is not None:
        words += f" and at most {maximum:,}"
    allowed = f"must be a finite number{words or _range_in_words(minimum, maximum)}"
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} is {value!r} ({type(value).__name__}), but {allowed}")
    result = float(value)
    outside = (minimum is not None and result < minimum) or (maximum is not None and result > maximum)
    if not math.isfinite(result) or outside or (above is not None and result <= above):
        raise ValueError(f"{name} is {value}, but {allowed}")
    return result


def choice(name: str, value: Any, allowed: Iterable[str]) -> str:
    """Return ``value`` if it is one of the ``allowed`` words; otherwise list them and suggest the nearest.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    value : str
        What came.
    allowed : iterable of str
        The known words.

    Returns
    -------
    str

    Raises
    ------
    TypeError
        If ``value`` is no text.
    ValueError
        If it is not among the allowed words.

    Examples
    --------
    >>> choice("policy", "lruu", ["fifo", "lru"])
    Traceback (most recent call last):
    ...
    ValueError: policy is 'lruu', but must be one of 'fifo', 'lru'. Did you mean 'lru'?
    """
    known = list(allowed)
    words = ", ".join(repr(word) for word in known)
    if not isinstance(value, str):
        raise TypeError(f"{name} is {value!r} ({type(value).__name__}), but must be one of {words}")
    if value in known:
        return value
    near = difflib.get_close_matches(value.lower(), known, n=1, cutoff=0.4)
    hint = f". Did you mean {near[0]!r}?" if near else ""
    raise ValueError(f"{name} is {value!r}, but must be one of {words}{hint}")


def _row(name: str, values: Any, kind: str) -> NDArray[Any]:
    """Return ``values`` as a one-dimensional array that holds something."""
    try:
        array = np.asarray(values)
    except ValueError as error:  # rows of different lengths
        raise ValueError(f"{name} is ragged, but must be one-dimensional") from error
    if array.ndim != 1:
        raise ValueError(f"{name} has shape {array.shape}, but must be one-dimensional")
    if array.size == 0:
        raise ValueError(f"{name} is empty, but must hold at least one {kind}")
    return array


def integers(name: str, values: Any, minimum: int, maximum: int, kind: str = "number") -> NDArray[np.int64]:
    """Return ``values`` as a one-dimensional ``int64`` array of whole numbers in a range, or say why they are none.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    values : array_like of int, shape (n,)
        What came, n at least 1. Not written to; copied only where the type differs.
    minimum, maximum : int
        The least and greatest value allowed.
    kind : str
        What one of them is called, for the message.

    Returns
    -------
    ndarray of int64, shape (n,)

    Raises
    ------
    TypeError
        If the values are no numbers.
    ValueError
        If the array is empty or not one-dimensional, or a value is out of range or not of a whole number's type, such as 1.0.

    Examples
    --------
    >>> integers("capacities", [10, 0], minimum=1, maximum=100, kind="capacity")
    Traceback (most recent call last):
    ...
    ValueError: capacities holds the capacity 0, but each must be a whole number from 1 to 100
    """
    array = _row(name, values, kind)
    allowed = f"must be a whole number from {minimum:,} to {maximum:,}"
    if array.dtype.kind == "f":
        raise ValueError(f"{name} holds {array.dtype} such as {array[0]}, but each {allowed}")
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name} holds {array.dtype} such as {array.flat[0]!r}, but each {allowed}")
    smallest, largest = array.min(), array.max()
    if smallest < minimum or largest > maximum:
        raise ValueError(f"{name} holds the {kind} {smallest if smallest < minimum else largest}, but each {allowed}")
    return np.ascontiguousarray(array, dtype=np.int64)


def keys(name: str, values: Any) -> NDArray[np.int64]:
    """Return ``values`` as a one-dimensional ``int64`` array of keys, or say why they are none.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    values : array_like of int, shape (requests,)
        Keys from 0 to 2³¹ − 1. Not written to; copied only where the type differs.

    Returns
    -------
    ndarray of int64, shape (requests,)

    Raises
    ------
    TypeError
        If the values are not whole numbers.
    ValueError
        If the array is empty, not one-dimensional, or a key is out of range.

    Examples
    --------
    >>> keys("trace", [3, 1, 2])
    array([3, 1, 2])
    >>> keys("trace", [])
    Traceback (most recent call last):
    ...
    ValueError: trace is empty, but must hold at least one key
    >>> keys("trace", [3, -1])
    Traceback (most recent call last):
    ...
    ValueError: trace holds the key -1, but each must be a whole number from 0 to 2,147,483,647
    """
    return integers(name, values, 0, LARGEST_KEY, kind="key")


def flags(name: str, values: Any, length: int) -> NDArray[np.bool_]:
    """Return ``values`` as a one-dimensional array of ``length`` booleans, or say why they are none.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    values : array_like of bool, shape (length,)
        What came. Not written to.
    length : int
        How many there must be.

    Returns
    -------
    ndarray of bool, shape (length,)

    Raises
    ------
    TypeError
        If the values are not booleans.
    ValueError
        If their number is another.

    Examples
    --------
    >>> flags("writes", [True, False], length=3)
    Traceback (most recent call last):
    ...
    ValueError: writes holds 2 values, but must hold one for each of the 3 requests
    """
    array = _row(name, values, "value")
    if array.dtype.kind != "b":
        raise TypeError(f"{name} holds {array.dtype} such as {array.flat[0]!r}, but each must be True or False")
    if array.size != length:
        raise ValueError(f"{name} holds {array.size:,} values, but must hold one for each of the {length:,} requests")
    return np.ascontiguousarray(array, dtype=np.bool_)


def amounts(name: str, values: Any, *, above: float | None = None, kind: str = "number", length: int | None = None) -> NDArray[np.float64]:
    """Return ``values`` as a one-dimensional ``float64`` array of finite numbers of at least 0, or say why they are none.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    values : array_like of float, shape (n,)
        What came, n at least 1. Not written to.
    above : float, optional
        A bound that each must exceed.
    kind : str
        What one of them is called, for the message.
    length : int, optional
        How many there must be: one for each request.

    Returns
    -------
    ndarray of float64, shape (n,)

    Raises
    ------
    TypeError
        If the values are not numbers.
    ValueError
        If the array is empty or not one-dimensional, has another length, or a number is negative, NaN, infinite or too small.

    Examples
    --------
    >>> amounts("speeds", [2, 0], above=0, kind="speed")
    Traceback (most recent call last):
    ...
    ValueError: speeds holds the speed 0.0, but each must be a finite number above 0
    """
    array = _row(name, values, kind)
    allowed = "must be a finite number " + ("of at least 0" if above is None else f"above {above:,}")
    if array.dtype.kind not in "fiu":
        raise TypeError(f"{name} holds {array.dtype} such as {array.flat[0]!r}, but each {allowed}")
    if length is not None and array.size != length:
        raise ValueError(f"{name} holds {array.size:,} numbers, but must hold one for each of the {length:,} requests")
    array = np.ascontiguousarray(array, dtype=np.float64)
    wrong = array[~(np.isfinite(array) & (array >= 0 if above is None else array > above))]
    if wrong.size:
        raise ValueError(f"{name} holds the {kind} {wrong[0]}, but each {allowed}")
    return array


def times(name: str, values: Any) -> NDArray[np.float64]:
    """Return ``values`` as a one-dimensional ``float64`` array of times that never fall, or say why they are none.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    values : array_like of float, shape (n,)
        What came, n at least 1: finite, at least 0, in order. Not written to.

    Returns
    -------
    ndarray of float64, shape (n,)

    Raises
    ------
    TypeError
        If the values are not numbers.
    ValueError
        If the array is empty or not one-dimensional, or a time is negative, NaN, infinite or before the one in front of it.

    Examples
    --------
    >>> times("arrivals", [0.5, 2, 1])
    Traceback (most recent call last):
    ...
    ValueError: arrivals falls from 2.0 to 1.0 at index 2, but times must never fall
    """
    array = _row(name, values, "time")
    if array.dtype.kind not in "fiu":
        raise TypeError(f"{name} holds {array.dtype} such as {array.flat[0]!r}, but times must be numbers")
    array = np.ascontiguousarray(array, dtype=np.float64)
    wrong = array[~(np.isfinite(array) & (array >= 0))]
    if wrong.size:
        raise ValueError(f"{name} holds the time {wrong[0]}, but times must be finite and at least 0")
    falls = np.flatnonzero(array[1:] < array[:-1])
    if falls.size:
        index = int(falls[0]) + 1
        raise ValueError(f"{name} falls from {array[index - 1]} to {array[index]} at index {index}, but times must never fall")
    return array
