"""The balancers against SimPy, and least connections against the same loop in C.

Run as ``python -m benchmarks.balancing``. SimPy's least connections keep their servers in a heap, as ours keep them in a
tournament: against a scan of all servers, which is what one writes first, the ratios at 1,000 servers would be several times
higher. SimPy runs fewer requests; all times are per request.
"""

from __future__ import annotations

import bisect
import ctypes
import heapq
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import in_words, machine, ratio, take_turns
from labsupport.simulators.balancing import POINTS_PER_SERVER, POLICIES, simulate
from labsupport.simulators.hashing import hash_keys
from labsupport.simulators.placement.consistent import new_ring
from labsupport.workloads import exponential_services, poisson_arrivals, zipf_trace

REQUESTS, REQUESTS_OF_SIMPY, LOAD, SEED = 1_000_000, 20_000, 0.8, 1
FLEETS = (10, 100, 1_000)
REPEATS = 5
GOALS = {"least_connections": 130, "weighted_least_connections": 130}
Choose = Callable[[int], int]


def main() -> None:
    """Print all tables."""
    print(f"Poisson arrivals, exponential service, equal servers at {LOAD:.0%}; {REPEATS} rounds in turn\n{machine()}")
    against_simpy()
    against_c()


def work(requests: int, servers: int) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Return arrivals, services, speeds and keys."""
    keys = zipf_trace(requests, 1_000_000, 0.5, SEED + 2)
    return poisson_arrivals(requests, LOAD * servers, SEED), exponential_services(requests, 1.0, SEED + 1), np.ones(servers), keys


def against_simpy() -> None:
    """Every policy in turn with SimPy."""
    try:
        import simpy
    except ImportError:
        print("\nSimPy is not installed (pip install simpy)")
        return
    print(f"\n{REQUESTS:,} requests, SimPy {REQUESTS_OF_SIMPY:,}; nanoseconds a request, min / median")
    print("servers  policy                           ours                   SimPy         times faster     goal")
    for servers in FLEETS:
        arrivals, services, speeds, keys = work(REQUESTS, servers)
        for policy in POLICIES:
            if policy == "least_work_left":
                continue
            of_policy = {"keys": keys} if policy == "consistent_hash" else {}
            few = [array[:REQUESTS_OF_SIMPY].tolist() for array in (arrivals, services)]
            hashes = hash_keys(keys[:REQUESTS_OF_SIMPY]).tolist()
            seconds = take_turns(
                {
                    "ours": lambda: simulate(policy, arrivals, services, speeds, SEED, **of_policy),  # noqa: B023 - used at once
                    "SimPy": lambda: in_simpy(simpy, policy, *few, servers, hashes),  # noqa: B023 - used at once
                },
                REPEATS,
            )
            ours, theirs = ([1e9 * each / count for each in seconds[name]] for name, count in (("ours", REQUESTS), ("SimPy", REQUESTS_OF_SIMPY)))
            nanoseconds = [f"{min(each):9,.0f} / {np.median(each):9,.0f}" for each in (ours, theirs)]
            print(f"{servers:7,}  {policy:26} {nanoseconds[0]} {nanoseconds[1]}  {ratio(theirs, ours)}   {GOALS.get(policy, 250)}")


def in_simpy(simpy: Any, policy: str, arrivals: list[float], services: list[float], servers: int, hashes: list[int]) -> list[float]:
    """Run the same model with processes of SimPy, and return the response times."""
    environment = simpy.Environment()
    places = [simpy.Resource(environment) for _ in range(servers)]
    present, chosen, responses = [0] * servers, [-1] * servers, [0.0] * len(arrivals)
    heap = [(0, -1, server) for server in range(servers)]  # by requests, then by when last chosen; some are out of date
    idle = list(range(servers))
    by_requests = policy.endswith("least_connections")
    choose = chooser(policy, servers, present, chosen, heap, idle, hashes)

    def serve(request: int, server: int) -> Any:
        with places[server].request() as place:
            yield place
            yield environment.timeout(services[request])
        responses[request] = environment.now - arrivals[request]
        present[server] -= 1
        if by_requests:
            heapq.heappush(heap, (present[server], chosen[server], server))
        elif policy == "join_idle_queue" and present[server] == 0:
            idle.append(server)

    def balance() -> Any:
        for request, arrival in enumerate(arrivals):
            yield environment.timeout(max(arrival - environment.now, 0.0))
            server = choose(request)
            present[server] += 1
            chosen[server] = request
            if by_requests:
                heapq.heappush(heap, (present[server], request, server))
            environment.process(serve(request, server))

    environment.process(balance())
    environment.run()
    return responses


def chooser(
    policy: str, servers: int, present: list[int], chosen: list[int], heap: list[tuple[int, int, int]], idle: list[int], hashes: list[int]
) -> Choose:
    """Return the balancer's choice in plain Python."""
    chances = np.random.default_rng(SEED).random((len(hashes), 2)).tolist()
    ring = new_ring(tuple(range(servers)), POINTS_PER_SERVER, np.ones(servers))
    points, owners = ring.positions.tolist(), ring.owners.tolist()
    credit = [0] * servers

    def least_connections(_: int) -> int:
        while heap[0][:2] != (present[heap[0][2]], chosen[heap[0][2]]):
            heapq.heappop(heap)
        return heap[0][2]

    def weighted_round_robin(_: int) -> int:
        for server in range(servers):
            credit[server] += 1
        server = credit.index(max(credit))
        credit[server] -= servers
        return server

    def two_choices(request: int) -> int:
        one, other = int(chances[request][0] * servers), int(chances[request][1] * (servers - 1))
        other += other >= one
        return min(one, other, key=lambda server: (present[server], chosen[server]))

    policies: dict[str, Choose] = {
        "random": lambda request: int(chances[request][0] * servers),
        "round_robin": lambda request: request % servers,
        "weighted_round_robin": weighted_round_robin,
        "least_connections": least_connections,
        "weighted_least_connections": least_connections,
        "two_choices": two_choices,
        "join_idle_queue": lambda request: idle.pop(0) if idle else int(chances[request][0] * servers),
        "consistent_hash": lambda request: owners[bisect.bisect_left(points, hashes[request]) % len(points)],
    }
    return policies[policy]


def against_c() -> None:
    """Least connections in turn with the same loop in C."""
    compiler = shutil.which("gcc")
    if compiler is None:
        print("\ngcc is not installed")
        return
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "balancing.so"
        subprocess.run([compiler, "-O3", "-march=native", "-shared", "-fPIC", "-o", str(library), str(Path(__file__).with_suffix(".c"))], check=True)
        loop = ctypes.CDLL(str(library)).least_connections
    print("\nleast connections\nservers  ours, ms min/median   C (gcc -O3), ms       ours / C")
    for servers in FLEETS:
        arrivals, services, speeds, _ = work(REQUESTS, servers)

        def in_c() -> NDArray[np.int32]:
            results = [np.empty(REQUESTS, dtype=kind) for kind in (np.int32, np.float64, np.float64, np.int32, np.int32)]
            given = [ctypes.c_void_p(array.ctypes.data) for array in (arrivals, services, speeds, *results)]  # noqa: B023 - used at once
            loop(ctypes.c_int64(REQUESTS), ctypes.c_int64(servers), *given)  # noqa: B023 - used at once
            return np.asarray(results[0])

        seconds = take_turns({"ours": lambda: simulate("least_connections", arrivals, services, speeds), "C": in_c}, REPEATS)  # noqa: B023 - used at once
        if not np.array_equal(simulate("least_connections", arrivals, services, speeds).servers, in_c()):
            raise AssertionError("the loop in C chooses other servers")
        print(f"{servers:7,}  {in_words(seconds['ours'])}     {in_words(seconds['C'])}     {ratio(seconds['ours'], seconds['C'])}")


if __name__ == "__main__":
    main()
