"""The search that `labsupport.simulators.designs.FRONT` comes from, to be made again when prices or `shop_day` change. Its designs are answers.

Run as ``python -m tests.simulators.front``: ten minutes on a processor, less on more of them, and the same every time. It prints both tables, for
`FRONT` and for `DESIGNS` below.

Pareto local search: of all designs looked at so far that keep enough users answered, take those that no other beats in both p99 and cost, and look
at each design that is one step of one choice away from them; again, until none of these is new (Paquete, Chiarandini, Stützle, "Pareto Local
Optimum Sets in the Biobjective Traveling Salesman Problem: An Experimental Study", 2004). What is kept of them is their lower convex hull, since
`front_cost` draws straight lines from point to point: nothing that was looked at lies below these.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, astuple

from labsupport.exercises.whole_system import AVAILABILITY, judge
from labsupport.simulators.designs import BALANCERS, EVICTIONS, STRATEGIES, Design

SEEDS = (911, 912, 913)
START = Design(4, "modulo", 2, 9_000, "lru", "least_connections", 6, 12, 0.55)  # the reference solution: it keeps all promises
LADDERS = {  # numbers change by one rung, names to any other
    "shards": range(1, 17),
    "strategy": STRATEGIES,
    "replicas": range(1, 6),
    "cache": range(0, 20_001, 500),
    "eviction": EVICTIONS,
    "balancer": BALANCERS,
    "minimum": range(1, 21),
    "maximum": range(1, 31),
    "target": [share / 100 for share in range(30, 85, 5)],
}


DESIGNS = (  # of the points of `FRONT`, in their order
    Design(4, "modulo", 4, 10_000, "lru", "join_idle_queue", 7, 12, 0.45),
    Design(5, "rendezvous", 3, 10_000, "lru", "join_idle_queue", 7, 12, 0.5),
    Design(3, "rendezvous", 3, 10_000, "lru", "least_connections", 7, 13, 0.5),
    Design(3, "rendezvous", 3, 10_000, "lru", "least_connections", 7, 11, 0.55),
    Design(3, "rendezvous", 3, 10_000, "lru", "least_connections", 6, 11, 0.55),
    Design(5, "rendezvous", 2, 10_000, "lfu", "least_connections", 6, 12, 0.55),
    Design(5, "modulo", 2, 9_000, "clock", "least_connections", 5, 11, 0.55),
    Design(4, "modulo", 2, 9_500, "lru", "least_connections", 6, 11, 0.55),
    Design(4, "modulo", 2, 8_500, "clock", "least_connections", 6, 10, 0.6),
    Design(3, "consistent", 2, 8_000, "clock", "least_connections", 5, 10, 0.6),
    Design(3, "consistent", 2, 7_000, "lru", "least_connections", 5, 10, 0.6),
    Design(3, "consistent", 2, 6_500, "lru", "least_connections", 5, 10, 0.6),
    Design(3, "consistent", 2, 6_500, "lru", "least_connections", 5, 9, 0.65),
    Design(3, "rendezvous", 2, 6_000, "lru", "least_connections", 5, 9, 0.65),
    Design(3, "rendezvous", 2, 5_500, "clock", "least_connections", 4, 9, 0.65),
)


def value(design):
    """Return p99 and cost, or nothing if too few are answered."""
    found = judge(asdict(design), SEEDS)
    return (found["p99"], found["cost"]) if found["availability"] >= AVAILABILITY else None


def neighbours(design):
    """One step of one choice away."""
    choices = asdict(design)
    for name, ladder in LADDERS.items():
        place = ladder.index(choices[name])
        near = ladder if isinstance(choices[name], str) else ladder[max(place - 1, 0) : place + 2]
        for other in near:
            changed = choices | {name: other}
            if changed != choices and changed["minimum"] <= changed["maximum"]:
                yield Design(**changed)


def unbeaten(known):
    """Those that are cheaper than all that are as fast, from the fastest on."""
    front = []
    for design, found in sorted(((design, found) for design, found in known.items() if found), key=lambda pair: pair[1]):
        if not front or found[1] < known[front[-1]][1]:
            front.append(design)
    return front


def hull(points):
    """The points of a falling row between which straight lines lie below all others."""
    kept = []
    for x, y in points:
        while len(kept) > 1 and (kept[-1][1] - kept[-2][1]) * (x - kept[-2][0]) >= (y - kept[-2][1]) * (kept[-1][0] - kept[-2][0]):
            kept.pop()
        kept.append((x, y))
    return kept


def search():
    """Return the designs on the front, and what each comes to."""
    known, new = {}, [START]
    with ProcessPoolExecutor() as pool:
        while new:
            known.update(zip(new, pool.map(value, new, chunksize=4), strict=True))
            front = unbeaten(known)
            print(f"{len(known):,} designs, {len(front)} of them unbeaten", flush=True)
            new = list(dict.fromkeys(near for design in front for near in neighbours(design) if near not in known))
    return {design: known[design] for design in front}


def thinned(found):
    """Keep the designs on the hull, with p99 to a thousandth and cost to a hundredth, and none that is no cheaper than a faster one."""
    rounded = {}
    for design, (p99, cost) in found.items():  # from the fastest on, each cheaper than those before
        point = (round(p99, 3), round(cost, 2))
        if all(point[1] < other[1] for other in rounded.values()):
            rounded = {other: known for other, known in rounded.items() if known[0] < point[0]} | {design: point}
    kept = hull(rounded.values())
    return {design: point for design, point in rounded.items() if point in kept}


def main():
    kept = thinned(search())
    print("FRONT = (", *(f"    {point}," for point in kept.values()), ")", sep="\n")
    print("DESIGNS = (", *(f"    Design{astuple(design)}," for design in kept), ")", sep="\n")


if __name__ == "__main__":
    main()
