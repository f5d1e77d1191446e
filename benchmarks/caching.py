"""The cache simulator against libCacheSim, against the same loops in C, and one pass for all sizes against one run for each.

Run as ``python -m benchmarks.caching``. libCacheSim reads its trace from a memory-mapped file, in the compact form it is made
for; the power of two of its hash table is the best of several, found for each policy before the measurement.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import in_words, machine, ratio, take_turns
from labsupport.simulators.caching import POLICIES, miss_ratio_curve, simulate
from labsupport.simulators.eviction.opt import next_uses
from labsupport.workloads import zipf_popularity, zipf_trace

REQUESTS, KEYS, EXPONENT, CAPACITY, SEED = 5_000_000, 1_000_000, 1.0, 10_000, 1
REPEATS = 5
HASH_POWERS = (14, 15, 16, 17)  # of places; 10,000 keys and as many ghosts fill about 2¹⁴


def main() -> None:
    """Print all tables."""
    print(f"{REQUESTS:,} Zipf({EXPONENT:g}) requests over {KEYS:,} keys, capacity {CAPACITY:,}; {REPEATS} rounds in turn\n{machine()}")
    trace = zipf_trace(REQUESTS, KEYS, EXPONENT, SEED)
    with tempfile.TemporaryDirectory() as folder:
        against_libcachesim(trace, Path(folder))
        against_c(trace, Path(folder))
    curve(trace)
    drawing()


def against_libcachesim(trace: NDArray[np.int64], folder: Path) -> None:
    """Every policy in turn with libCacheSim's."""
    try:
        import libcachesim
    except ImportError:
        print("\nlibCacheSim is not installed (pip install libcachesim; Linux only)")
        return
    caches: dict[str, Any] = {
        "fifo": libcachesim.FIFO,
        "lru": libcachesim.LRU,
        "lfu": libcachesim.LFU,
        "clock": libcachesim.Clock,
        "arc": libcachesim.ARC,
        "sieve": libcachesim.Sieve,
        "s3fifo": libcachesim.S3FIFO,
        "wtinylfu": libcachesim.WTinyLFU,
        "opt": libcachesim.Belady,
    }
    path = folder / "trace.oracleGeneral"
    write_trace(trace, path)
    reader = libcachesim.TraceReader(str(path), libcachesim.TraceType.ORACLE_GENERAL_TRACE, libcachesim.ReaderInitParam())

    def theirs(policy: str, power: int) -> float:
        reader.reset()
        missed, _ = caches[policy](CAPACITY, hashpower=power).process_trace(reader)
        return float(missed)

    print("\npolicy      ours, ms min/median   libCacheSim, ms       times faster       hash power  hit ratio ours   theirs")
    for policy in POLICIES:
        tuning = take_turns({str(power): lambda power=power: theirs(policy, power) for power in HASH_POWERS}, 1)  # type: ignore[misc] # noqa: B023 - used at once
        power = int(min(tuning, key=lambda name: tuning[name]))
        contestants: dict[str, Callable[[], Any]] = {
            "ours": lambda: simulate(policy, trace, CAPACITY),  # noqa: B023 - used at once
            "theirs": lambda: theirs(policy, power),  # noqa: B023 - used at once
        }
        seconds = take_turns(contestants, REPEATS)
        ours, other = simulate(policy, trace, CAPACITY).hit_ratio, 1 - theirs(policy, power)
        print(
            f"{policy:10}  {in_words(seconds['ours'])}     {in_words(seconds['theirs'])}     {ratio(seconds['theirs'], seconds['ours'])}"
            f"          {power:2}      {ours:.6f}        {other:.6f}"
        )


def write_trace(trace: NDArray[np.int64], path: Path) -> None:
    """Write the trace as libCacheSim's ``oracleGeneral``: time, key, size, and when the key is asked for next (−1: never)."""
    upcoming = next_uses(trace, int(trace.max()) + 1).astype(np.int64)
    record = np.dtype([("time", "<u4"), ("key", "<u8"), ("size", "<u4"), ("next", "<i8")])
    records = np.zeros(trace.size, dtype=record)
    records["time"], records["key"], records["size"] = np.arange(trace.size), trace, 1
    records["next"] = np.where(upcoming < trace.size, upcoming, -1)
    records.tofile(path)


def against_c(trace: NDArray[np.int64], folder: Path) -> None:
    """LRU and SIEVE in turn with the same loops in C."""
    compiler = shutil.which("gcc")
    if compiler is None:
        print("\ngcc is not installed")
        return
    library = folder / "caching.so"
    subprocess.run([compiler, "-O3", "-march=native", "-shared", "-fPIC", "-o", str(library), str(Path(__file__).with_suffix(".c"))], check=True)
    loops = ctypes.CDLL(str(library))
    print("\npolicy      ours, ms min/median   C (gcc -O3), ms       ours / C")
    for policy in ("lru", "sieve"):
        loop = getattr(loops, policy)
        loop.restype = ctypes.c_int64

        def in_c() -> NDArray[np.uint8]:
            hits = np.zeros(trace.size, dtype=np.uint8)
            sizes = [ctypes.c_int64(size) for size in (trace.size, int(trace.max()) + 1, CAPACITY)]
            loop(ctypes.c_void_p(trace.ctypes.data), *sizes, ctypes.c_void_p(hits.ctypes.data))  # noqa: B023 - used at once
            return hits

        seconds = take_turns({"ours": lambda: simulate(policy, trace, CAPACITY), "C": in_c}, REPEATS)  # noqa: B023 - used at once
        if not np.array_equal(simulate(policy, trace, CAPACITY).hits, in_c()):
            raise AssertionError(f"{policy}: the loop in C gives other hits")
        print(f"{policy:10}  {in_words(seconds['ours'])}     {in_words(seconds['C'])}     {ratio(seconds['ours'], seconds['C'])}")


def curve(trace: NDArray[np.int64]) -> None:
    """All LRU sizes in one pass, in turn with one LRU run."""
    sizes = np.arange(1, CAPACITY + 1)
    seconds = take_turns(
        {
            "one run": lambda: simulate("lru", trace, CAPACITY),
            "10,000 sizes": lambda: miss_ratio_curve("lru", trace, sizes),
            "every size": lambda: miss_ratio_curve("lru", trace),
        },
        REPEATS,
    )
    every = miss_ratio_curve("lru", trace).capacities.size
    print("\nLRU sizes in one pass   ms min/median        in LRU runs          per 1,000 sizes (goal: below 3)")
    for name, count in (("one run", 1), ("10,000 sizes", sizes.size), ("every size", every)):
        runs = min(seconds[name]) / min(seconds["one run"])
        per_thousand = f"{1000 * runs / count:8.4f}" if count > 1 else ""
        print(f"{count:9,}               {in_words(seconds[name])}    {ratio(seconds[name], seconds['one run'])}      {per_thousand}")


def drawing() -> None:
    """Draw a Zipf trace, in turn with the usual way to do it."""

    def usual() -> NDArray[np.int64]:
        cumulative = np.cumsum(zipf_popularity(KEYS, EXPONENT))
        return np.searchsorted(cumulative, np.random.default_rng(SEED).random(REQUESTS), side="right")

    seconds = take_turns({"ours": lambda: zipf_trace(REQUESTS, KEYS, EXPONENT, SEED), "searchsorted": usual}, REPEATS)
    print("\ndrawing     ours, ms min/median   searchsorted, ms      times faster")
    print(f"{'zipf':10}  {in_words(seconds['ours'])}     {in_words(seconds['searchsorted'])}     {ratio(seconds['searchsorted'], seconds['ours'])}")


if __name__ == "__main__":
    main()
