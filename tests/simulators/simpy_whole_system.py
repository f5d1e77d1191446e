"""The whole system in SimPy: a process for each request, a resource for each server and each shard's node, an ordered dict for the cache."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

from labsupport.simulators import sharding
from labsupport.simulators.designs import Design
from labsupport.simulators.whole_system import LOOK, TIMEOUT
from labsupport.workloads import Day


def responses(day: Day, design: Design) -> NDArray[np.float64]:
    """Walk every request down its way: LRU, servers in turn and as many all day, one node for each shard, nothing lost."""
    environment = simpy.Environment()
    cache: OrderedDict[int, bool] = OrderedDict()
    servers = [simpy.Resource(environment) for _ in range(design.minimum)]
    nodes = [simpy.Resource(environment) for _ in range(design.shards)]
    homes = sharding.assign(design.strategy, day.keys, design.shards).tolist()
    columns = [values.tolist() for values in (day.arrivals, day.keys, day.fresh, day.server_works, day.database_works)]
    took, turns = np.empty(day.arrivals.size), iter(range(day.arrivals.size))

    def in_cache(key: int) -> bool:
        known = key in cache
        cache[key] = True
        cache.move_to_end(key)
        if len(cache) > design.cache:
            cache.popitem(last=False)
        return known

    def walk(request: int, arrival: float, key: int, fresh: bool, work: float, query: float) -> Iterator[Any]:
        yield environment.timeout(arrival)
        known = not fresh and in_cache(key)
        yield environment.timeout(LOOK)
        if not known:
            for place, length in ((servers[next(turns) % len(servers)], work), (nodes[homes[request]], query)):
                with place.request() as turn:
                    yield turn
                    yield environment.timeout(length)
        took[request] = environment.now - arrival

    for request, values in enumerate(zip(*columns, strict=True)):
        environment.process(walk(request, *values))
    environment.run()
    return np.minimum(took, TIMEOUT)
