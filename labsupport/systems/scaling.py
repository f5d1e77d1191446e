"""The same jobs on one, two and more processes of this machine, beside N times the work of one."""

from __future__ import annotations

import contextlib
import datetime as dt
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import TYPE_CHECKING

from labsupport import checks
from labsupport.simulators import scaling
from labsupport.systems import comparison, links
from labsupport.systems.children import end_with_the_parent
from labsupport.systems.cluster import MOST_WORKERS, Cluster
from labsupport.systems.comparison import RECORDED, Comparison, describe_machine
from labsupport.systems.progress import Progress
from labsupport.systems.server import ServerError

if TYPE_CHECKING:
    import pandas as pd
    from distributed import Client

    Round = Callable[[int, int], list[float]]  # lets so many workers do so many jobs, and says what each took

__all__ = ["compare", "record", "recorded", "watch", "work"]

WORKERS = (1, 2, 3, 4)
JOBS = 12  # can be shared evenly by 1, 2, 3 and 4
ROUNDS = 8  # of which the quickest counts, since whatever else the machine does can only slow it down
RECORDED_ROUNDS = 80
SIZE = 300_000  # steps of a job: some tens of milliseconds, so that handing it over costs little beside it
PATIENCE = 60.0  # seconds until all workers are there, each a Python that imports Dask
LONGEST_LOOK = 3_600
COLUMNS = ["source", "workers", "throughput"]


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
    """Let more and more workers do the same jobs, each on its own, and count how many jobs a second are done.

    The workers are processes of a Dask cluster on this machine, whose dashboard can be opened meanwhile. Where Dask is not installed,
    they are Python's own (``concurrent.futures``). Where nothing is to be measured (see
    `labsupport.systems.comparison.reason_not_to_measure`), the recorded run is shown.

    Parameters
    ----------
    workers : sequence of int, optional
        Numbers of workers, rising, the first of them 1, at most 32.
    jobs : int, optional
        How many jobs there are for each number of workers, at least as many as workers. They are done eight times over, and the
        quickest time counts.
    progress : callable, optional
        Called with the share of the work that is done, from 0 to 1, instead of showing a line of text.

    Returns
    -------
    Comparison
        Its table has the columns ``source``, ``workers``, ``throughput`` (jobs per second) and ``recorded``. Theory is N × X; the
        simulation gives the jobs, each as long as one worker took for it, to as many workers as this machine has processors.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    References
    ----------
    Dask documentation, "Futures". Python documentation, concurrent.futures, ProcessPoolExecutor.

    Examples
    --------
    >>> sorted(set(recorded().table["source"]))  # what compare() measures here takes seconds
    ['measurement', 'simulation', 'theory']
    """
    counts = checks.integers("workers", workers, 1, MOST_WORKERS, kind="number of workers").tolist()
    if counts != sorted(set(counts)) or counts[0] != 1:
        raise ValueError(f"workers is {counts}, but must begin with 1 and be rising")
    jobs = checks.integer("jobs", jobs, counts[-1])
    reason = comparison.reason_not_to_measure()
    if reason:
        return recorded(reason)
    try:
        with Progress("Sharing jobs among workers") as line:
            return _measured(counts, jobs, ROUNDS, progress or line)
    except (OSError, BrokenProcessPool, ServerError) as error:
        return recorded(f"The workers could not be started here, or were ended: {error}")


def watch(workers: int = WORKERS[-1], seconds: float = 60.0) -> str:
    """Let workers do jobs over and over, to be watched on Dask's dashboard, until the time is over or the cell is interrupted.

    Parameters
    ----------
    workers : int, optional
        How many, at most 32.
    seconds : float, optional
        For how long, at most an hour.

    Returns
    -------
    str
        What was done, or why nothing could be.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    References
    ----------
    Dask documentation, "Dashboard Diagnostics".

    Examples
    --------
    >>> watch(seconds=0)
    Traceback (most recent call last):
        ...
    ValueError: seconds is 0, but must be a finite number above 0 and at most 3,600
    """
    workers = checks.integer("workers", workers, 1, MOST_WORKERS)
    seconds = checks.number("seconds", seconds, above=0, maximum=LONGEST_LOOK)
    reason = comparison.reason_not_to_measure()
    if reason or Cluster.find() is None:
        return reason or Cluster.missing()
    done, cluster = 0, Cluster(workers)
    try:
        with cluster as client:
            once = _shared(cluster, client)
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                done += len(once(workers, 4 * workers))
    except KeyboardInterrupt:  # whoever has seen enough
        pass
    except (ServerError, OSError) as error:
        return str(error)
    return f"{workers} workers did {done} jobs."


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
    return comparison.recorded("scaling", notice, summarise=_summary)


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
    return _measured(WORKERS, JOBS, RECORDED_ROUNDS, lambda _: None).save("scaling", directory)


def _measured(counts: Sequence[int], jobs: int, rounds: int, progress: Callable[[float], None]) -> Comparison:
    """Measure with every number of workers, and put beside it what should come."""
    import pandas as pd

    dask, busy = Cluster.find() is not None, _busy()
    quickest = dict.fromkeys(counts, (float("inf"), [0.0]))
    with _on_a_cluster(counts[-1]) if dask else _in_pools() as once:
        for done in range(rounds):  # all numbers in each, so that a noisy minute is not one number's alone
            for count in counts:
                begin = time.perf_counter()
                times = once(count, jobs)
                quickest[count] = min(quickest[count], (time.perf_counter() - begin, times))
            progress((done + 1) / rounds)
    alone, processors = quickest[1][1], _processors()
    throughput = {count: jobs / seconds for count, (seconds, _) in quickest.items()}
    rows: list[tuple[str, int, float]] = []
    for count, value in throughput.items():
        simulated = scaling.simulate(alone, [0.0] * jobs, min(count, processors)).throughput
        rows += [("measurement", count, value), ("simulation", count, simulated), ("theory", count, count * throughput[1])]
    table = pd.DataFrame(rows, columns=COLUMNS).assign(recorded=False).round({"throughput": 2})
    about = {
        "system": f"workers of {Cluster.version(Path(sys.executable))}" if dask else "worker processes of Python",
        **describe_machine(),
        "processors": processors,
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
    }
    notice = "" if dask else f"{Cluster.missing()}. Python's own processes did the jobs instead, without a dashboard."
    return Comparison(table, _reconcile(table, processors, busy, dask), about, notice, _summary(table))


@contextlib.contextmanager
def _on_a_cluster(most: int) -> Iterator[Round]:
    cluster = Cluster(most)
    with cluster as client:
        yield _shared(cluster, client)


def _shared(cluster: Cluster, client: Client) -> Round:
    """Return what lets so many workers of a cluster do so many jobs, and say where the dashboard is."""
    if cluster.dashboard:
        links.show("Dask's dashboard, until this cell ends", cluster.dashboard)
    client.wait_for_workers(cluster.workers, timeout=PATIENCE)
    names = sorted(client.scheduler_info(n_workers=-1)["workers"])

    client.run(_timed, 1)  # each imports what its first job needs

    def once(count: int, jobs: int) -> list[float]:
        times: list[float] = client.gather(client.map(_timed, [SIZE] * jobs, pure=False, workers=names[:count]))
        return times

    return once


@contextlib.contextmanager
def _in_pools() -> Iterator[Round]:
    """Yield what lets so many of Python's own processes do so many jobs."""
    with contextlib.ExitStack() as stack:
        pools: dict[int, ProcessPoolExecutor] = {}

        def once(count: int, jobs: int) -> list[float]:
            if count not in pools:  # in the first round, which is not the quickest
                # Spawned, not forked: a notebook's kernel has threads, whose locks a fork would copy as they happen to be.
                pool = ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), initializer=end_with_the_parent)
                stack.callback(pool.shutdown, cancel_futures=True)  # whoever interrupts does not want to wait for what has not begun
                pools[count] = pool
            return list(pools[count].map(_timed, [SIZE] * jobs))

        yield once


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


def _reconcile(table: pd.DataFrame, processors: int, busy: float, dask: bool) -> str:
    """Say, from the numbers, how far the measurement is from N × X and from the simulation, and why."""
    measured, simulated = (table[table["source"] == source].set_index("workers")["throughput"] for source in ("measurement", "simulation"))
    most, best = max(measured.index), measured.index[int(measured.argmax())]
    text = (
        f"One worker did {measured[1]:.3g} jobs a second. {most} workers did {measured[most] / measured[1]:.2f} times as many, not {most} times; "
        f"the most, {measured[best]:.3g} a second, were done by {best}. This machine has {processors} "
        f"{'processor' if processors == 1 else 'processors'} for it: no number of workers can do the work of more, and the "
        "simulation, which knows that and nothing else, "
        f"says {simulated[most]:.3g} for {most} workers, {abs(simulated[most] / measured[most] - 1):.0%} "
        f"{'above' if simulated[most] > measured[most] else 'below'} what was measured."
    )
    if busy > 0.1 * processors:
        text += f" But {busy:.1f} processes of others wanted a processor when it began, and all numbers may suffer from that."
    served = "Dask's scheduler, a process that needs a processor itself" if dask else "one queue, which the first process serves"
    return text + (
        f"\n\nThe jobs share nothing, so this is N × X at its best. What the simulation leaves out: jobs and answers pass through {served}; "
        "processors that are all busy share caches and memory, and run slower than one alone; and whatever else the "
        "machine does takes its part. With so few points neither contention nor coherency can be told: that takes a larger machine."
    )
