"""The ring against uhashring and against the same loop in C, every strategy's time for a key, and how both grow with the keys.

Run as ``python -m benchmarks.sharding``. Both rings have ten shards with 160 points each, uhashring's default, and are ready
before the first lookup.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import in_words, machine, ratio, take_turns
from labsupport.simulators.sharding import STRATEGIES, assign, ring
from labsupport.workloads import uniform_trace

SHARDS, VIRTUAL_NODES, SEED = [f"node-{shard}" for shard in range(10)], 160, 1
FEW, MANY = 200_000, 5_000_000  # for a peer that takes a microsecond or two a key, and for the others
SIZES = (200_000, 2_000_000, 20_000_000)
REPEATS = 5


def main() -> None:
    """Print all tables."""
    print(f"{len(SHARDS)} shards, {VIRTUAL_NODES} points each; keys drawn alike from 2³¹; {REPEATS} rounds in turn\n{machine()}")
    keys = uniform_trace(MANY, 2**31, SEED)
    against_uhashring(keys[:FEW])
    against_c(keys)
    growth()


def against_uhashring(keys: NDArray[np.int64]) -> None:
    """Look up the same keys, as texts and as whole numbers, in turn with uhashring."""
    try:
        import uhashring
    except ImportError:
        print("\nuhashring is not installed (pip install uhashring)")
        return
    theirs = uhashring.HashRing(SHARDS, vnodes=VIRTUAL_NODES)
    ours = ring(SHARDS, VIRTUAL_NODES)
    print(f"\n{keys.size:,} keys  ours, ms min/median   uhashring, ms         times faster")
    kinds: dict[str, list[Any]] = {"texts": [f"user:{key}" for key in keys.tolist()], "numbers": keys.tolist()}
    for kind, same in kinds.items():
        given = keys if kind == "numbers" else same
        contestants: dict[str, Callable[[], Any]] = {
            "ours": lambda: ours.place(given),  # noqa: B023 - used at once
            "assign": lambda: assign("consistent", given, SHARDS, virtual_nodes=VIRTUAL_NODES),  # noqa: B023 - used at once
            "theirs": lambda: [theirs.get_node(key) for key in same],  # noqa: B023 - used at once
        }
        seconds = take_turns(contestants, REPEATS)
        for way, name in (("ours", kind), ("assign", "  by assign")):  # which checks the keys and makes the ring, each time
            print(f"{name:12}  {in_words(seconds[way])}     {in_words(seconds['theirs'])}     {ratio(seconds['theirs'], seconds[way])}")
    if ours.positions.size != len(theirs.ring):
        raise AssertionError("the rings have different numbers of points")


def against_c(keys: NDArray[np.int64]) -> None:
    """Look up numbers in turn with the same loop in C, on the same ring."""
    compiler = shutil.which("gcc")
    if compiler is None:
        print("\ngcc is not installed")
        return
    ours = ring(SHARDS, VIRTUAL_NODES)
    positions, owners, first_points, shift = ours.pieces
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "sharding.so"
        source = Path(__file__).with_suffix(".c")
        subprocess.run([compiler, "-O3", "-march=native", "-shared", "-fPIC", "-o", str(library), str(source)], check=True)
        loop = ctypes.CDLL(str(library)).ring

    def in_c() -> NDArray[np.int64]:
        shards = np.empty(keys.size, dtype=np.int64)
        pointers = [ctypes.c_void_p(array.ctypes.data) for array in (positions, owners, first_points)]
        loop(ctypes.c_void_p(keys.ctypes.data), ctypes.c_int64(keys.size), *pointers, ctypes.c_int64(shift), ctypes.c_void_p(shards.ctypes.data))
        return shards

    if not np.array_equal(ours.place(keys), in_c()):
        raise AssertionError("the loop in C finds other shards")
    seconds = take_turns({"ours": lambda: ours.place(keys), "C": in_c}, REPEATS)
    print(f"\n{keys.size:,} keys  ours, ms min/median   C (gcc -O3), ms       ours / C")
    print(f"{'ring':14}  {in_words(seconds['ours'])}     {in_words(seconds['C'])}     {ratio(seconds['ours'], seconds['C'])}")


def growth() -> None:
    """Time and memory for each key, for more and more keys."""
    print("\nstrategy    " + "".join(f"{f'{size:,} keys':>36}" for size in SIZES))
    for strategy in STRATEGIES:
        options: dict[str, Any] = (
            {"directory": {key: SHARDS[key % 10] for key in range(1_000)}, "default": SHARDS[0]} if strategy == "directory" else {}
        )
        cells = []
        for size in SIZES:
            keys = uniform_trace(size, 2**31, SEED)
            assign(strategy, keys[:100], SHARDS, **options)
            tracemalloc.start()
            assign(strategy, keys, SHARDS, **options)
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            fastest = np.inf
            for _ in range(3):
                start = time.perf_counter()
                assign(strategy, keys, SHARDS, **options)
                fastest = min(fastest, time.perf_counter() - start)
            cells.append(f"{1e9 * fastest / size:18.1f} ns {peak / size:7.1f} bytes")
        print(f"{strategy:12}" + "".join(f"{cell:>36}" for cell in cells))


if __name__ == "__main__":
    main()
