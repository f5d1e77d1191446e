"""CPython's own garbage collector, timed in a process of its own: live objects against pauses, counting against tracing, a pool against none."""

from __future__ import annotations

import datetime as dt
import gc
import multiprocessing
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labsupport import checks
from labsupport.systems import comparison
from labsupport.systems.children import end_with_the_parent
from labsupport.systems.comparison import RECORDED, Comparison, describe_machine
from labsupport.systems.progress import Progress

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["compare", "record", "recorded"]

LIVE = (10_000, 50_000, 200_000)
MOST_LIVE = 2_000_000
PASSING = 100_000  # objects that are made and dropped while the collector is watched
REPEATS = 7  # of which the quickest counts, since whatever else the machine does can only slow it down
BUFFERS = (64, 1_000_000)  # bytes: one that Python has at hand anyway, and one that it gets from the operating system
USES = {64: 20_000, 1_000_000: 100}
FULL, LEFT_PLAIN, LEFT_CYCLES = "full collection", "dropped, left over: plain", "dropped, left over: in cycles"
NEW, POOLED = "buffer made anew", "buffer from a pool"
COLUMNS = ["source", "what", "size", "count", "milliseconds"]

Row = tuple[str, int, int, float]  # what, its size, how often it happened, and the milliseconds of one


def compare(live: Sequence[int] = LIVE, *, progress: Callable[[float], None] | None = None) -> Comparison:
    """Keep more and more objects alive in a Python process of its own, and time how long its collector stops it.

    The collector says itself when it begins and ends (``gc.callbacks``). Theory says that a full collection takes as long as there are
    live objects, and takes the rate of the largest number for all. Where nothing is to be measured (see
    `labsupport.systems.comparison.reason_not_to_measure`), the recorded run is shown.

    Parameters
    ----------
    live : sequence of int, optional
        How many objects are alive, from 1,000 to 2,000,000, rising.
    progress : callable, optional
        Called with the share of the work that is done, from 0 to 1, instead of showing a line of text.

    Returns
    -------
    Comparison
        Its table has the columns ``source`` (measurement, theory), ``what``, ``size`` (live objects; for buffers, bytes), ``count`` (how
        often it happened; for what is left over, objects), ``milliseconds`` (of one) and ``recorded``.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    References
    ----------
    Python documentation, module gc; "Garbage collector design", in CPython's internal documentation.

    Examples
    --------
    >>> sorted(set(compare([1_000, 2_000]).table["source"]))
    ['measurement', 'theory']
    """
    sizes = checks.integers("live", live, 1_000, MOST_LIVE, kind="number of objects").tolist()
    if sizes != sorted(set(sizes)):
        raise ValueError(f"live is {sizes}, but must be rising")
    reason = comparison.reason_not_to_measure()
    if reason:
        return recorded(reason)
    try:
        with Progress("Watching the garbage collector") as line:
            return _measured(sizes, progress or line)
    except (OSError, BrokenProcessPool) as error:
        return recorded(f"The process could not be started here, or was ended: {error}")


def recorded(notice: str = "") -> Comparison:
    """Return the comparison that is shipped with the course, labelled as recorded.

    Parameters
    ----------
    notice : str, optional
        What to say before the words that label it as recorded.

    Returns
    -------
    Comparison

    Examples
    --------
    >>> recorded().recorded
    True
    """
    return comparison.recorded("garbage", notice, summarise=_summary)


def record(directory: Path = RECORDED) -> list[Path]:
    """Make the recorded run again, on this machine; it takes some seconds.

    Parameters
    ----------
    directory : pathlib.Path, optional
        Where to write; by default the folder that :func:`recorded` reads.

    Returns
    -------
    list of pathlib.Path
        The files written.

    Examples
    --------
    >>> LIVE  # objects; too many for an example that runs
    (10000, 50000, 200000)
    """
    return _measured(list(LIVE), lambda _: None).save("garbage", directory)


def _measured(sizes: Sequence[int], show: Callable[[float], None]) -> Comparison:
    import pandas as pd

    rows: list[Row] = []
    for number, size in enumerate(sizes):
        rows += _in_a_process(_pauses, size)
        show((number + 1) / (len(sizes) + 1))
    rows += _in_a_process(_leftovers) + _in_a_process(_buffers)
    show(1.0)
    full = [row for row in rows if row[0] == FULL]
    table = pd.DataFrame([("measurement", *row) for row in rows], columns=COLUMNS)
    expected = pd.DataFrame([("theory", FULL, size, 0, full[-1][3] * size / sizes[-1]) for size in sizes], columns=COLUMNS)
    table = pd.concat([table, expected], ignore_index=True).assign(recorded=False).round({"milliseconds": 7})
    about = {
        "system": f"the garbage collector of {platform.python_implementation()} {platform.python_version()}",
        **describe_machine(),
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
    }
    return Comparison(table, _reconcile(table), about, summary=_summary(table))


def _in_a_process(work: Callable[..., list[Row]], *arguments: int) -> list[Row]:
    """Let a new process do it: what a notebook holds alive would be looked through in every collection, too."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=end_with_the_parent) as pool:
        return pool.submit(work, *arguments).result()


# From here on: the child's side.


def _pauses(live: int) -> list[Row]:
    """Keep objects alive; make and drop others, and let the collector tell what it does; then ask for full collections."""
    gc.collect()
    gc.freeze()  # what the interpreter has needed so far is not looked at
    began, told = [0.0], dict[int, list[float]]()

    def watch(phase: str, details: dict[str, int]) -> None:
        if phase == "start":
            began[0] = time.perf_counter()
        else:
            told.setdefault(details["generation"], []).append(time.perf_counter() - began[0])

    kept: list[list[Any]] = [[] for _ in range(live)]
    for number, each in enumerate(kept):
        each.append(kept[number - 1])  # each holds another, so that none is left out as holding nothing
    gc.callbacks.append(watch)
    for _ in range(PASSING):
        knot: list[Any] = []
        knot.append(knot)  # it holds itself, so that counting alone never gets rid of it
    by_generation = {generation: list(times) for generation, times in told.items()}
    told.clear()
    for _ in range(REPEATS):
        gc.collect()
    gc.callbacks.remove(watch)
    full = [time for times in told.values() for time in times]
    rows = [(f"generation {generation}", live, len(times), 1_000 * statistics.median(times)) for generation, times in sorted(by_generation.items())]
    return [*rows, (FULL, live, len(full), 1_000 * min(full))]


def _leftovers() -> list[Row]:
    """Drop objects while the collector is off: count what stays."""
    rows: list[Row] = []
    gc.disable()
    for what, knotted in ((LEFT_PLAIN, False), (LEFT_CYCLES, True)):
        gc.collect()
        before = len(gc.get_objects())
        _drop(PASSING // 10, knotted)
        left = len(gc.get_objects()) - before
        begin = time.perf_counter()
        gc.collect()
        # of some hundred objects nobody knows whose they are: what Python does by itself in the meantime
        rows.append((what, PASSING // 10, max(0, left), 1_000 * (time.perf_counter() - begin)))
    gc.enable()
    return rows


def _drop(objects: int, knotted: bool) -> None:
    for _ in range(objects):
        each: list[Any] = []
        each.append(each if knotted else [])


def _buffers() -> list[Row]:
    """Write a byte into a buffer that is made anew each time, and into one that is taken from a pool and put back."""
    rows: list[Row] = []
    for size in BUFFERS:
        uses = USES[size]
        pool = [bytearray(size) for _ in range(4)]
        times: dict[str, list[float]] = {NEW: [], POOLED: []}
        for _ in range(REPEATS):
            begin = time.perf_counter()
            for _ in range(uses):
                fresh = bytearray(size)
                fresh[0] = 1
                del fresh
            middle = time.perf_counter()
            for _ in range(uses):
                taken = pool.pop()
                taken[0] = 1
                pool.append(taken)
            times[NEW].append(middle - begin)
            times[POOLED].append(time.perf_counter() - middle)
        rows += [(what, size, uses, 1_000 * min(spent) / uses) for what, spent in times.items()]
    return rows


def _summary(table: pd.DataFrame) -> pd.DataFrame:
    """Put the pauses beside the theory, and the rest below."""
    measured = table[table["source"] == "measurement"].drop(columns=["source", "recorded"])
    expected = table[table["source"] == "theory"].set_index(["what", "size"])["milliseconds"]
    keys = list(zip(measured["what"], measured["size"], strict=True))
    shown = measured.assign(theory=[_microseconds(expected[key]) if key in expected else "" for key in keys])
    shown["milliseconds"] = shown["milliseconds"].map(_microseconds)
    for column in ("size", "count"):
        shown[column] = shown[column].map("{:,}".format)
    return shown.rename(columns={"size": "objects or bytes", "milliseconds": "µs each", "theory": "theory, µs each"})


def _microseconds(milliseconds: float) -> str:
    return f"{1_000 * milliseconds:,.0f}" if milliseconds >= 0.01 else f"{1_000 * milliseconds:.3f}"


def _reconcile(table: pd.DataFrame) -> str:
    """Say, from the numbers, what the pauses depend on, what counting does alone, and what a pool saves."""
    measured = table[table["source"] == "measurement"]
    full = measured[measured["what"] == FULL].set_index("size")["milliseconds"]
    few, many = full.index[0], full.index[-1]
    if full[many] / full[few] > 1.3 * many / few:
        more = " That it is more than in proportion is the memory: what no longer fits into the processor's caches takes longer to look at."
    else:
        more = ""
    young = measured[(measured["what"] == "generation 0") & (measured["size"] == many)]
    left = measured.set_index("what")["count"]
    cost = measured[measured["what"].isin([NEW, POOLED])].set_index(["size", "what"])["milliseconds"] * 1_000
    small, large = BUFFERS
    text = (
        f"A full collection stopped the process for {full[few]:.3g} ms with {few:,} live objects, and for {full[many]:.3g} ms with {many:,}: "
        f"{full[many] / full[few]:.1f} times as long for {many / few:g} times as many, although there was hardly any garbage in either. What is "
        f"alive makes the pause, not what is dead.{more}"
    )
    if len(young):
        text += (
            f" That is why there are generations: {int(young['count'].iloc[0]):,} collections of the youngest alone took "
            f"{1_000 * young['milliseconds'].iloc[0]:.3g} µs each beside the same {many:,} objects, since they do not look at the old ones."
        )
    return text + (
        f"\n\nWhat the simulation does not know: CPython counts references. Of {PASSING // 10:,} plain objects that were dropped with "
        f"the collector switched off, {left[LEFT_PLAIN]:,} were left – each went at the moment when nobody held it any more, with no pause at all. "
        f"Only those that hold themselves in a cycle must wait for the collector: {left[LEFT_CYCLES]:,} were left. Java's and Go's collectors, "
        "whose way the simulation follows, get everything by looking through what is alive; and most of today's do most of that "
        "while the program goes on."
        f"\n\nThe pool: a buffer of {small} bytes took {cost[small, NEW]:.3g} µs when made anew and {cost[small, POOLED]:.3g} µs from the pool – "
        f"Python has pools of its own for small objects. One of {large:,} bytes took {cost[large, NEW]:.3g} µs and {cost[large, POOLED]:.3g} µs: "
        "what is saved is getting the memory and filling it with zeros – and a buffer from the pool still has what was in it before. "
        "Access to it is no faster than to any other."
    )
