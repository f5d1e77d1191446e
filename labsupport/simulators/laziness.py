"""Laziness: work that is put off until somebody asks – how much a pipeline computes, and which calls a memory spares.

References
----------
Hughes, "Why Functional Programming Matters", 1989; Graefe, "Volcano – An Extensible and Parallel Query Evaluation System", 1994;
Boncz, Zukowski, Nes, "MonetDB/X100: Hyper-Pipelining Query Execution", CIDR 2005; Michie, "Memo Functions and Machine Learning", 1968.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.kernels import kernel
from labsupport.simulators.numbering import read_only

MOST_ITEMS = 1_000_000_000
MOST_NUMBER = 30  # without a memory, fib(30) is a tree of 2.7 million calls

Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class PipelineResult:
    """What a pipeline computed until it had what was wanted.

    Attributes
    ----------
    looked : ndarray of int64, shape (steps,)
        How many items each step looked at; the first one read the input. Read-only.
    found : int
        How many results it handed out: as many as wanted, if there are so many.
    asks : int
        How often the first step was asked for its next item, or its next chunk of items.
    """

    looked: Numbers
    found: int
    asks: int


@dataclass(frozen=True)
class CallTree:
    """The calls of a recursive function, in the order in which they begin.

    Attributes
    ----------
    arguments : ndarray of int64, shape (calls,)
        What each was called with. Read-only.
    parents : ndarray of int64, shape (calls,)
        Which call made it, by its place; −1 for the first. Read-only.
    known : ndarray of bool, shape (calls,)
        Whether the memory had the answer, so that nothing was computed. Read-only.
    """

    arguments: Numbers
    parents: Numbers
    known: Flags

    @property
    def computed(self) -> int:
        """How many calls computed something."""
        return int((~self.known).sum())


def pull(passes: Any, wanted: int, *, chunk: int | None = 1) -> PipelineResult:
    """Pull results out of a pipeline, item by item or in chunks, or let each step finish before the next begins.

    Parameters
    ----------
    passes : array_like of bool, shape (items, steps)
        Whether each step lets each item pass, if the item comes so far. Not written to.
    wanted : int
        How many results are taken from the end, at least 0.
    chunk : int or None, optional
        How many items are read at a time, at least 1; 1 is lazy in the strict sense. With None all are read: the eager pipeline.

    Returns
    -------
    PipelineResult

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    Every step lets every other item pass, and one result is wanted:

    >>> passes = [[True, False], [False, True], [True, True], [False, False], [True, True], [False, True]]
    >>> pull(passes, 1).looked, pull(passes, 1, chunk=4).looked, pull(passes, 1, chunk=None).looked
    (array([3, 2]), array([4, 2]), array([6, 3]))
    """
    table = np.asarray(passes)
    if table.dtype != np.bool_ or table.ndim != 2 or 0 in table.shape:
        raise TypeError(f"passes has shape {table.shape} of {table.dtype}, but must hold True or False for each of its items and steps")
    count = checks.integer("wanted", wanted, minimum=0, maximum=MOST_ITEMS)
    items = table.shape[0]
    size = items if chunk is None else checks.integer("chunk", chunk, minimum=1, maximum=MOST_ITEMS)
    comes = np.ones_like(table)  # whether an item comes as far as each step
    np.logical_and.accumulate(table[:, :-1], axis=1, out=comes[:, 1:])
    results = np.flatnonzero(comes[:, -1] & table[:, -1])
    if chunk is None:
        asks = 1
    elif count == 0:
        asks = 0
    else:
        asks = -(-(int(results[count - 1]) + 1 if count <= results.size else items) // size)
    looked = comes[: min(asks * size, items)].sum(axis=0, dtype=np.int64)
    return PipelineResult(read_only(looked), min(count, results.size), asks)


# The calls that have begun and not ended stand on a stack. One that needs no other, or has asked both, ends: its answer goes into the
# memory, where it takes the place of the one that was used least recently. Constant work for each call, but for finding that place.
@kernel
def _calls(number: int, room: int, arguments: Numbers, parents: Numbers, known: Flags) -> int:
    used = np.zeros(number + 1, dtype=np.int64)  # when an answer that is kept was used last; 0 if it is not kept
    stack, asked = np.empty(number + 1, dtype=np.int64), np.zeros(number + 1, dtype=np.int64)
    kept, clock, count, depth = 0, 0, 0, -1
    argument, parent = number, -1
    while True:
        clock += 1
        place = count
        arguments[place], parents[place], known[place] = argument, parent, used[argument] > 0
        count += 1
        if known[place]:
            used[argument] = clock
        else:
            depth += 1
            stack[depth], asked[depth] = place, 0 if argument > 1 else 2
        while depth >= 0 and asked[depth] == 2:
            clock += 1
            done = arguments[stack[depth]]
            depth -= 1
            if room == 0:
                continue
            if kept == room:
                oldest = -1
                for other in range(number + 1):
                    if used[other] > 0 and (oldest < 0 or used[other] < used[oldest]):
                        oldest = other
                used[oldest] = 0
            else:
                kept += 1
            used[done] = clock
        if depth < 0:
            return count
        asked[depth] += 1
        parent = stack[depth]
        argument = arguments[parent] - asked[depth]


def call_tree(number: int, room: int | None = None) -> CallTree:
    """Call ``fib(n) = fib(n − 1) + fib(n − 2)``, with a memory that forgets the answer used least recently.

    Parameters
    ----------
    number : int
        n, from 0 to 30; ``fib(0)`` and ``fib(1)`` call nobody.
    room : int or None, optional
        How many answers the memory holds, at least 0; with None all of them.

    Returns
    -------
    CallTree

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> call_tree(4, room=0).arguments
    array([4, 3, 2, 1, 0, 1, 2, 1, 0])
    >>> call_tree(4).arguments, call_tree(4).computed
    (array([4, 3, 2, 1, 0, 1, 2]), 5)
    """
    top = checks.integer("number", number, minimum=0, maximum=MOST_NUMBER)
    space = top + 1 if room is None else min(checks.integer("room", room, minimum=0, maximum=MOST_ITEMS), top + 1)
    most, following = 1, 1  # calls for n and for n + 1 without a memory: nobody makes more
    for _ in range(top):
        most, following = following, most + following + 1
    arguments, parents, known = np.empty(most, dtype=np.int64), np.empty(most, dtype=np.int64), np.empty(most, dtype=np.bool_)
    count = _calls(top, space, arguments, parents, known)
    return CallTree(read_only(arguments[:count].copy()), read_only(parents[:count].copy()), read_only(known[:count].copy()))
