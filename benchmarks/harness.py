"""Harness: contestants take turns, so that a slow minute of the machine hits all of them alike."""

from __future__ import annotations

import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def take_turns(contestants: dict[str, Callable[[], Any]], repeats: int) -> dict[str, list[float]]:
    """Return the seconds that each contestant took in each round; every one has run once before, unmeasured."""
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for contestant in contestants.values():
        contestant()
    for _ in range(repeats):
        for name, contestant in contestants.items():
            start = time.perf_counter()
            contestant()
            seconds[name].append(time.perf_counter() - start)
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
