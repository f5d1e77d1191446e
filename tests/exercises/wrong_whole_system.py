"""Wrong designs of the whole system, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "capstone-solution"
PROMISES, BREAKDOWN, COST, FRONT = ALL = ("capstone-promises", "capstone-breakdown", "capstone-cost", "capstone-front")
SLOW = (PROMISES, COST, FRONT)

_FAST = 'if promised["p99"] < 0.76:'


def _with(changes: str, left_out: str = "") -> str:
    """Write the reference with some choices changed for every shop, and one left out."""
    return f'''
def design(promised):
    chosen = {{"replicas": 2, "balancer": "least_connections", "maximum": 12, "strategy": "modulo", "eviction": "lru"}}
    if promised["p99"] < 0.76:
        chosen |= {{"shards": 4, "cache": 9_000, "minimum": 6, "target": 0.55}}
    else:
        chosen |= {{"shards": 3, "cache": 6_000, "minimum": 5, "target": 0.6}}
    chosen.pop("{left_out}", None)
    return chosen | {changes}
'''


_A_WRAPPER_OF_THE_DEFAULTS = """
from dataclasses import asdict
from labsupport.simulators.designs import Design

def design(promised):
    return asdict(Design())
"""
_A_DESIGN_AND_NO_DICT = """
from labsupport.simulators.designs import Design

def design(promised):
    return Design(4, "modulo", 2, 9_000, "lru", "least_connections", 6, 12, 0.55)
"""
_ALL_OF_IT_AT_ANY_PRICE = """
def design(promised):
    return {"shards": 16, "strategy": "modulo", "replicas": 3, "cache": 20_000, "eviction": "lru", "balancer": "least_connections",
            "minimum": 16, "maximum": 20, "target": 0.6}
"""
_MACHINES_AND_NO_CACHE = """
def design(promised):
    return {"shards": 8, "strategy": "modulo", "replicas": 2, "cache": 0, "eviction": "lru", "balancer": "least_connections",
            "minimum": 12, "maximum": 30, "target": 0.6}
"""
_SHARDS_INSTEAD_OF_COPIES = """
def design(promised):
    return {"shards": 12, "strategy": "modulo", "replicas": 1, "cache": 9_000, "eviction": "lru", "balancer": "least_connections",
            "minimum": 6, "maximum": 12, "target": 0.55}
"""
_THE_CHEAPEST_ON_PUBLIC_DAYS = """
from labsupport.exercises.whole_system import judge

def design(promised):
    base = {"shards": 4, "strategy": "modulo", "replicas": 2, "cache": 9_000, "eviction": "lru", "balancer": "least_connections",
            "minimum": 6, "maximum": 12, "target": 0.55}
    tried = [base | {"shards": shards, "cache": cache, "minimum": minimum, "target": target}
             for shards in (3, 4) for cache in (3_000, 4_000, 8_000) for minimum in (4, 5) for target in (0.6, 0.65)]
    found = [(judge(choices), choices) for choices in tried]
    good = [(numbers["cost"], number) for number, (numbers, _) in enumerate(found)
            if numbers["p99"] <= promised["p99"] and numbers["availability"] >= promised["availability"]]
    return found[min(good)[1]][1]
"""

WRONG: list[Wrong] = [
    wrong("a wrapper of the defaults", CELL, ("", _A_WRAPPER_OF_THE_DEFAULTS), *ALL),
    wrong("a Design and no dict", CELL, ("", _A_DESIGN_AND_NO_DICT), *ALL),
    wrong("all of it at any price", CELL, ("", _ALL_OF_IT_AT_ANY_PRICE), *ALL),
    wrong("machines and no cache", CELL, ("", _MACHINES_AND_NO_CACHE), *ALL),
    wrong("shards instead of copies", CELL, ("", _SHARDS_INSTEAD_OF_COPIES), *ALL),
    wrong("the cheapest on the public days", CELL, ("", _THE_CHEAPEST_ON_PUBLIC_DAYS), *ALL),
    wrong("one copy", CELL, ("", _with('{"replicas": 1}')), *ALL),
    wrong("three copies", CELL, ("", _with('{"replicas": 3}')), *ALL),
    wrong("ranges of keys", CELL, ("", _with('{"strategy": "range"}')), *ALL),
    wrong("a target of 80 %", CELL, ("", _with('{"target": 0.8}')), *ALL),
    wrong("a target in percent", CELL, ("", _with('{"target": 60}')), *ALL),
    wrong("a target too many", CELL, ("", _with('{"aim": 0.6}')), *ALL),
    wrong("one server at night", CELL, ("", _with('{"minimum": 1}')), *ALL),
    wrong("more servers at least than at most", CELL, ("", _with('{"minimum": 20}')), *ALL),
    wrong("twenty servers at all times", CELL, ("", _with('{"minimum": 20, "maximum": 20}')), *ALL),
    wrong("servers for the peak at all times", CELL, ("", _with('{"minimum": 12}')), *ALL),
    wrong("eight servers at night", CELL, ("", _with('{"minimum": 8}')), FRONT),
    wrong("ten servers at night", CELL, ("", _with('{"minimum": 10}')), *ALL),
    wrong("too few at most", CELL, ("", _with('{"maximum": 8}')), *ALL),
    wrong("a cache too small for the hour after its loss", CELL, ("", _with('{"cache": 3_000}')), *ALL),
    wrong("all in the cache", CELL, ("", _with('{"cache": 20_000}')), *ALL),
    wrong("a larger cache than it pays for", CELL, ("", _with('{"cache": 12_000}')), *ALL),
    wrong("a cache of a fraction", CELL, ("", _with('{"cache": 6_000.5}')), *ALL),
    wrong("the balancer at random", CELL, ("", _with('{"balancer": "random"}')), *SLOW),
    wrong("round robin", CELL, ("", _with('{"balancer": "round_robin"}')), *SLOW),
    wrong("two choices", CELL, ("", _with('{"balancer": "two_choices"}')), *SLOW),
    wrong("a balancer that knows the future", CELL, ("", _with('{"balancer": "least_work_left"}')), *ALL),
    wrong("two shards", CELL, ("", _with('{"shards": 2}')), *ALL),
    wrong("a shard too many", CELL, ("", _with('{"shards": 5}')), *ALL),
    wrong("no target", CELL, ("", _with("{}", left_out="target")), *ALL),
    wrong("the cheap one for everybody", CELL, (_FAST, "if False:"), *SLOW),
    wrong("the fast one for everybody", CELL, (_FAST, "if True:"), *ALL),
    wrong("fast where it need not be", CELL, (_FAST, 'if promised["p99"] > 0.76:'), *ALL),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
    wrong("a keeps of its own", CELL, ("", 'def keeps(*a, **k): return "kept"\n'), *ALL),
]
