"""One decorator for every inner loop: compiled where numba is installed, plain Python where it is not.

A kernel is a function of numbers and arrays. It is written so that both ways of running it give the
same answer; only the speed differs. Compiled code is kept on disk (``cache=True``), so the second start
of a notebook does not compile again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., Any])

try:
    import numba
    from numba.core.caching import FunctionCache
except ImportError:  # a slow course is better than none
    COMPILED = False
else:
    COMPILED = True

    class _Cache(FunctionCache):
        """What numba keeps on disk; on a full one nothing is kept, and the next start compiles again."""

        def save_overload(self, signature: Any, compiled: Any) -> None:
            with contextlib.suppress(OSError):
                super().save_overload(signature, compiled)  # type: ignore[no-untyped-call] # numba has no types


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
    compiled = numba.njit(function)
    with contextlib.suppress(RuntimeError):  # no folder to keep it in: code typed at a prompt, or a home directory that cannot be written to
        compiled._cache = _Cache(function)  # type: ignore[no-untyped-call] # what cache=True does, with a cache of ours
    return cast(Function, compiled)
