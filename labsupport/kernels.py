"""One decorator for every inner loop: compiled where numba is installed, plain Python where it is not.

A kernel is a function of numbers and arrays. It is written so that both ways of running it give the
same answer; only the speed differs. Compiled code is kept on disk (``cache=True``), so the second start
of a notebook does not compile again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., Any])

try:
    import numba
except ImportError:  # a slow course is better than none
    COMPILED = False
else:
    COMPILED = True


def kernel(function: Function) -> Function:
    """Compile ``function`` with numba and keep the result on disk; leave it alone where numba is absent.

    Parameters
    ----------
    function : callable
        A function of numbers and NumPy arrays only.

    Returns
    -------
    callable
        The same function, compiled when it is first called.

    References
    ----------
    Numba documentation, "Compiling Python code with @jit".

    Examples
    --------
    >>> @kernel
    ... def total(values):
    ...     result = 0.0
    ...     for value in values:
    ...         result += value
    ...     return result
    >>> import numpy
    >>> total(numpy.array([1.0, 2.5]))
    3.5
    """
    if not COMPILED:
        return function
    try:
        return cast(Function, numba.njit(cache=True)(function))
    except RuntimeError:  # no folder to keep it in: code typed at a prompt, or a home directory that cannot be written to
        return cast(Function, numba.njit(function))
