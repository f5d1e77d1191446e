"""Harness: contestants take turns, so that a slow minute of the machine hits all of them alike."""

from __future__ import annotations

import platform
import statistics
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

MANY, SOME, FEW = 1_000_000, 100_000, 5_000  # things to do: for ours, for quick peers and for slow ones
REPEATS = 5


class Contest(NamedTuple):
    """One line of a table: what both do, on a number of things each, and what they return. The peer may do fewer; times are for one thing."""

    name: str
    peer: str
    ours: Callable[[int], Any]
    theirs: Callable[[int], Any]
    few: int = FEW
    many: int = MANY
    tolerance: float = 1e-9  # relative, of what they return


def hold(contests: Iterable[Contest]) -> None:
    """Print one line for each contest: first both must return the same, then they take turns. What a peer needs may not be installed.

    Measured is the processor time of all threads, so that a neighbour on the machine does not count.
    """
    print(f"{REPEATS} rounds in turn\n{machine()}\nnanoseconds of processor time a thing, min / median")
    print(f"{'':34} {'ours':>25}  {'other':10} {'':25}  times faster")
    for name, peer, ours, theirs, few, many, tolerance in contests:
        try:
            expected = theirs(few)
        except ImportError as error:
            print(f"{name:34}  {error.name} is not installed")
            continue
        np.testing.assert_allclose(ours(few), expected, rtol=tolerance, err_msg=f"{name}: {peer} does otherwise")
        seconds = take_turns({"ours": lambda: ours(many), "theirs": lambda: theirs(few)}, REPEATS, time.process_time)  # noqa: B023 - used at once
        mine, others = [1e9 * each / many for each in seconds["ours"]], [1e9 * each / few for each in seconds["theirs"]]
        cells = [f"{min(each):11,.1f} / {np.median(each):11,.1f}" for each in (mine, others)]
        print(f"{name:34} {cells[0]}  {peer:10} {cells[1]}  {ratio(others, mine)}")


def take_turns(contestants: dict[str, Callable[[], Any]], repeats: int, clock: Callable[[], float] = time.perf_counter) -> dict[str, list[float]]:
    """Return the seconds that each contestant took in each round; every one has run once before, unmeasured."""
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for contestant in contestants.values():
        contestant()
    for _ in range(repeats):
        for name, contestant in contestants.items():
            start = clock()
            contestant()
            seconds[name].append(clock() - start)
    return seconds


def in_words(seconds: list[float]) -> str:
    """Return the fastest and the median time, in milliseconds."""
    return f"{1000 * min(seconds):7.1f} / {1000 * statistics.median(seconds):7.1f}"


def ratio(slower: list[float], faster: list[float]) -> str:
    """Return how many times longer the first took, by the fastest and by the median times."""
    return f"{min(slower) / min(faster):6.2f} / {statistics.median(slower) / statistics.median(faster):6.2f}"


def machine() -> str:
    """Return a line that says where the numbers are from."""
    information = Path("/proc/cpuinfo")
    models = (
        [line.split(":", 1)[1].strip() for line in information.read_text().splitlines() if line.startswith("model name")]
        if information.exists()
        else []
    )
    return f"{models[0] if models else platform.processor()}, {len(models) or '?'} cores, {platform.system()}, Python {platform.python_version()}"
