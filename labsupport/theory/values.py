"""Values: numbers or arrays of numbers, as a closed form takes and returns them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = float | NDArray[np.float64]

_WHOLE = "a whole number"
_FINITE = "a finite number"


def values(
    name: str, value: Any, *, minimum: float | None = None, maximum: float | None = None, above: float | None = None, whole: bool = False
) -> NDArray[Any]:
    """Return ``value`` as an array of checked numbers."""
    array = np.asarray(value)
    if array.dtype.kind not in ("iu" if whole else "iuf"):
        raise TypeError(f"{name} is {value!r} ({array.dtype}), but must be {_WHOLE if whole else 'a number'}, or an array of such")
    array = array.astype(np.int64 if whole else np.float64)
    wrong = ~np.isfinite(array)
    allowed = _WHOLE if whole else _FINITE
    if above is not None:
        wrong |= array <= above
        allowed += f" above {above:,}"
    if minimum is not None:
        wrong |= array < minimum
        allowed += f" of at least {minimum:,}"
    if maximum is not None:
        wrong |= array > maximum
        allowed += f" {'and ' if minimum is not None or above is not None else 'of '}at most {maximum:,}"
    if wrong.any():
        raise ValueError(f"{name} is {array[wrong].flat[0]}, but must be {allowed}")
    return array


def plain(array: Any) -> Numbers:
    """Return a number for an array without dimensions."""
    result = np.asarray(array, dtype=np.float64)
    return result if result.ndim else float(result)
