"""The region of the edge lab, and how its users are served with any number of sites."""

from __future__ import annotations

from functools import lru_cache

from labsupport.simulators import edge, edge_region, edge_sites
from labsupport.simulators.edge import EdgeResult
from labsupport.simulators.edge_region import Floats, Map

USERS, SITES, SEED = 96, 12, 29
WIDTH, HEIGHT = 2_400.0, 1_000.0  # km
FAR = {"region": 0.0, "neighbour": 3_000.0, "overseas": 8_000.0}  # km that the data centre lies farther west


@lru_cache(maxsize=8)
def area(far: str) -> Map:
    """Return the map."""
    return edge_region.region(USERS, SITES, SEED, width=WIDTH, height=HEIGHT, far=FAR[far])


@lru_cache(maxsize=64)
def costs(far: str, answered: int) -> Floats:
    """Return how long requests are on their way; ``answered`` is in percent."""
    return edge_region.ways(area(far), answered / 100)


@lru_cache(maxsize=64)
def best(far: str, answered: int) -> list[list[int]]:
    """Return the best set of every size."""
    return edge_sites.best_sets(costs(far, answered), area(far).weights)


@lru_cache(maxsize=2_048)
def chosen(far: str, answered: int, strategy: str, count: int) -> tuple[int, ...]:
    """Choose which sites to open."""
    if strategy == "exact":
        return tuple(best(far, answered)[count])
    return tuple(edge_sites.choose(strategy, costs(far, answered), area(far).weights, count))


@lru_cache(maxsize=8_192)
def served(far: str, answered: int, strategy: str, count: int, rate: int, load: int) -> EdgeResult:
    """Serve everybody; ``load`` is in percent."""
    opened = chosen(far, answered, strategy, count)
    return edge.serve(area(far), opened, float(rate), answered=answered / 100, load=load / 100)
