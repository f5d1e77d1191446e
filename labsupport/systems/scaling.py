"""The same jobs on one, two and more processes of this machine, beside N times the work of one."""

from __future__ import annotations

import dataclasses
import datetime as dt
import multiprocessing
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import TYPE_CHECKING

from labsupport import checks
from labsupport.simulators import scaling
from labsupport.systems import comparison
from labsupport.systems.children import end_with_the_parent
from labsupport.systems.comparison import RECORDED, Comparison, describe_machine
from labsupport.systems.progress import Progress

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["compare", "record", "recorded", "work"]

WORKERS = (1, 2, 3, 4)
MOST_WORKERS = 32
JOBS = 12  # can be shared evenly by 1, 2, 3 and 4
ROUNDS = 20  # of which the quickest counts, since whatever else the machine does can only slow it down
SIZE = 60_000  # steps of a job: some milliseconds
COLUMNS = ["source", "workers", "throughput"]
COMMAND = "python -m labsupport record scaling"


def work(size: int) -> int:
    """Do a job that needs a processor and nothing else: add up squares, one after the other.

    Parameters
    ----------
    size : int
        How many squares.

    Returns
    -------
    int
        Their sum, without the part beyond a million.

    Examples
    --------
    >>> work(4)
    14
    """
    total = 0
    for number in range(size):
        total = (total + number * number) % 1_000_000
    return total


def compare(workers: Sequence[int] = WORKERS, jobs: int = JOBS, *, progress: Callable[[float], None] | None = None) -> Comparison:
    """Let more and more processes do the same jobs, each on its own, and count how many jobs a second are done.

    The processes are Python's own (``concurrent.futures``) and are there before the clock starts. Where nothing is to be measured
    (see `labsupport.systems.comparison.reason_not_to_measure`), the recorded run is shown.

    Parameters
    ----------
    workers : sequence of int, optional
        Numbers of processes, rising, the first of them 1, at most 32.
    jobs : int, optional
        How many jobs there are for each number of processes, at least as many as processes. They are done twenty times over, and the
        quickest time counts.
    progress : callable, optional
        Called with the share of the work that is done, from 0 to 1, instead of showing a line of text.

    Returns
    -------
    Comparison
        Its table has the columns ``source``, ``workers``, ``throughput`` (jobs per second) and ``recorded``. Theory is N × X; the
        simulation gives the jobs, each as long as one process took for it, to as many workers as this machine has processors.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    References
    ----------
    Python documentation, concurrent.futures, ProcessPoolExecutor.

    Examples
    --------
    >>> sorted(set(compare([1, 2], jobs=2).table["source"]))
    ['measurement', 'simulation', 'theory']
    """
    counts = checks.integers("workers", workers, 1, MOST_WORKERS, kind="number of workers").tolist()
    if counts != sorted(set(counts)) or counts[0] != 1:
        raise ValueError(f"workers is {counts}, but must begin with 1 and be rising")
    jobs = checks.integer("jobs", jobs, counts[-1])
    reason = comparison.reason_not_to_measure()
    if reason:
        return _shipped(reason)
    try:
        with Progress("Sharing jobs among processes") as line:
            return _measured(counts, jobs, ROUNDS, progress or line)
    except (OSError, BrokenProcessPool) as error:
        return _shipped(f"The processes could not be started here, or were ended: {error}")


def recorded() -> Comparison:
    """Return the comparison that is shipped with the course, labelled as recorded.

    Returns
    -------
    Comparison

    Examples
    --------
    >>> recorded().recorded
    True
    """
    return _shipped("")


def _shipped(notice: str) -> Comparison:
    shipped = comparison.recorded("scaling", notice)
    return dataclasses.replace(shipped, summary=_summary(shipped.table))


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
    >>> WORKERS  # processes; too many for an example that runs
    (1, 2, 3, 4)
    """
    made = _measured(WORKERS, JOBS, 10 * ROUNDS, lambda _: None)
    return dataclasses.replace(made, about={**made.about, "command": COMMAND}).save("scaling", directory)


def _measured(counts: Sequence[int], jobs: int, rounds: int, progress: Callable[[float], None]) -> Comparison:
    """Measure with every number of processes, and put beside it what should come."""
    import pandas as pd

    throughput, alone, busy = [], [0.0], _busy()
    for done, count in enumerate(counts, 1):
        seconds, times = _run(count, jobs, rounds)
        throughput.append(jobs / seconds)
        alone = times if count == 1 else alone
        progress(done / len(counts))
    processors = _processors()
    rows: list[tuple[str, int, float]] = []
    for count, value in zip(counts, throughput, strict=True):
        simulated = scaling.simulate(alone, [0.0] * jobs, min(count, processors)).throughput
        rows += [("measurement", count, value), ("simulation", count, simulated), ("theory", count, count * throughput[0])]
    table = pd.DataFrame(rows, columns=COLUMNS).assign(recorded=False).round({"throughput": 2})
    about = {
        "system": "worker processes of Python",
        **describe_machine(),
        "processors": processors,
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
    }
    return Comparison(table, _reconcile(table, processors, busy), about, summary=_summary(table))


def _run(count: int, jobs: int, rounds: int) -> tuple[float, list[float]]:
    """Let processes do the jobs; return the seconds from the first to the last, and what each job took, in the quickest round."""
    # Spawned, not forked: a notebook's kernel has threads, whose locks a fork would copy as they happen to be.
    with ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), initializer=end_with_the_parent) as pool:
        list(pool.map(time.sleep, [0.1] * count))  # until all are there
        return min(_round(pool, jobs) for _ in range(rounds))


def _round(pool: ProcessPoolExecutor, jobs: int) -> tuple[float, list[float]]:
    begin = time.perf_counter()
    times = list(pool.map(_timed, [SIZE] * jobs))
    return time.perf_counter() - begin, times


def _timed(size: int) -> float:
    begin = time.perf_counter()
    work(size)
    return time.perf_counter() - begin


def _processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _busy() -> float:
    """Return how many processes wanted a processor in the minute before; 0 where the machine does not tell."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


def _summary(table: pd.DataFrame) -> pd.DataFrame:
    """Put the sources beside each other, one line for each number of workers."""
    wide = table.pivot_table(index="workers", columns="source", values="throughput")
    wide = wide.rename(columns=lambda source: f"{source} (jobs/s)").reset_index()
    measured = wide["measurement (jobs/s)"]
    return wide.assign(**{"times one worker": (measured / measured.iloc[0]).round(2)})


def _reconcile(table: pd.DataFrame, processors: int, busy: float) -> str:
    """Say, from the numbers, how far the measurement is from N × X and from the simulation, and why."""
    measured, simulated = (table[table["source"] == source].set_index("workers")["throughput"] for source in ("measurement", "simulation"))
    most, best = max(measured.index), measured.index[int(measured.argmax())]
    text = (
        f"One process did {measured[1]:.3g} jobs a second. {most} processes did {measured[most] / measured[1]:.2f} times as many, not {most} times; "
        f"the most, {measured[best]:.3g} a second, were done by {best}. This machine has {processors} "
        f"{'processor' if processors == 1 else 'processors'} for it: no number of processes can do the work of more, and the "
        "simulation, which knows that and nothing else, "
        f"says {simulated[most]:.3g} for {most} processes, {abs(simulated[most] / measured[most] - 1):.0%} "
        f"{'above' if simulated[most] > measured[most] else 'below'} what was measured."
    )
    if busy > 0.1 * processors:
        text += f" But {busy:.1f} processes of others wanted a processor when it began, and all numbers may suffer from that."
    return text + (
        "\n\nThe jobs share nothing, so this is N × X at its best. What the simulation leaves out: jobs and answers pass through one queue, which "
        "the first process serves; processors that are all busy share caches and memory, and run slower than one alone; and whatever else the "
        "machine does takes its part. With so few points neither contention nor coherency can be told: that takes a larger machine."
    )
