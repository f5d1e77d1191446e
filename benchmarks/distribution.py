"""A cache of several nodes against the program one writes first, and against a single cache of the same memory.

Run as ``python -m benchmarks.distribution``. The first program asks uhashring for the node of each request and keeps an ordered
dictionary for each; it is given the same keys, but its own ring, so it has not the same hits.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from benchmarks.harness import in_words, machine, ratio, take_turns
from labsupport.simulators import caching
from labsupport.simulators.distribution import ROUTINGS, Outage, simulate
from labsupport.workloads import zipf_trace

REQUESTS, KEYS, NODES, CAPACITY, SEED = 1_000_000, 100_000, 8, 2_500, 1
REPEATS = 3


def main() -> None:
    """Print the table."""
    trace = zipf_trace(REQUESTS, KEYS, 1.0, SEED)
    print(f"{REQUESTS:,} requests, Zipf 1.0 over {KEYS:,} keys, {NODES} nodes of {CAPACITY:,}; {REPEATS} rounds in turn\n{machine()}")
    contestants: dict[str, Any] = {routing: lambda routing=routing: simulate(trace, NODES, CAPACITY, routing=routing) for routing in ROUTINGS}
    contestants["hot keys on 4 nodes"] = lambda: simulate(trace, NODES, CAPACITY, hot=range(10), copies=4)
    contestants["a node lost"] = lambda: simulate(trace, NODES, CAPACITY, outages=[Outage(0, REQUESTS // 3, REQUESTS // 2)])
    contestants["one cache"] = lambda: caching.simulate("lru", trace, NODES * CAPACITY)
    try:
        import uhashring  # type: ignore[import-untyped]  # has no types
    except ImportError:
        print("uhashring is not installed (pip install uhashring)")
    else:
        keys = trace.tolist()
        contestants["uhashring and dictionaries"] = lambda: first_program(uhashring.HashRing(list(range(NODES))), keys)
    seconds = take_turns(contestants, REPEATS)
    print("                            milliseconds, min / median   times one cache   times faster than the first program")
    first = seconds.get("uhashring and dictionaries")
    for name, each in seconds.items():
        print(f"{name:27} {in_words(each)}           {ratio(each, seconds['one cache'])}   {ratio(first, each) if first else ''}")


def first_program(ring: Any, keys: list[int]) -> int:
    """Return the number of hits."""
    nodes: dict[int, OrderedDict[int, None]] = {node: OrderedDict() for node in range(NODES)}
    hits = 0
    for key in keys:
        held = nodes[ring.get_node(str(key))]
        if key in held:
            hits += 1
            held.move_to_end(key)
            continue
        held[key] = None
        if len(held) > CAPACITY:
            held.popitem(last=False)
    return hits


if __name__ == "__main__":
    main()
