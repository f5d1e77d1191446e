"""Queues against SimPy and Ciw, and time and memory against the number of customers.

Run as ``python -m benchmarks.queueing``. All three serve the same customers, and the result is compared before it is timed. SimPy and
Ciw serve fewer of them, in some minutes less; all times are per customer. ``--all`` lets them serve the full million.
"""

from __future__ import annotations

import math
import sys
import time
import tracemalloc
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import machine, ratio, take_turns
from labsupport.simulators.queueing import DISCIPLINES, simulate
from labsupport.workloads import exponential_services, poisson_arrivals

CUSTOMERS, CUSTOMERS_OF_OTHERS, LOAD, SEED = 1_000_000, 20_000, 0.8, 1
FLEETS = (1, 8, 64)
REPEATS = 5
SIZES = (20_000, 200_000, 2_000_000, 20_000_000)
GOALS = {"SimPy": 250, "Ciw": 500}
Times = NDArray[np.float64]


def main() -> None:
    """Print all tables."""
    print(f"Poisson arrivals, exponential service, equal servers at {LOAD:.0%}; {REPEATS} rounds in turn\n{machine()}")
    others = {"SimPy": in_simpy, "Ciw": in_ciw}
    few = CUSTOMERS if "--all" in sys.argv else CUSTOMERS_OF_OTHERS
    print(f"\n{CUSTOMERS:,} customers, the others {few:,}; nanoseconds a customer, min / median")
    print("servers  ours              other   its                         times faster     goal")
    for servers in FLEETS:
        arrivals, services = work(CUSTOMERS, servers)
        for name, other in others.items():
            try:
                same = [list(array[:few]) for array in (arrivals, services)]
                theirs = other(*same, servers)
            except ImportError:
                print(f"{servers:7}  {name} is not installed (pip install {name.lower()})")
                continue
            ours = simulate(*same, servers).finishes
            if not np.allclose(ours[: theirs.size], theirs, rtol=1e-9, equal_nan=True):
                raise AssertionError(f"{name} serves otherwise")
            compare(servers, arrivals, services, name, lambda: other(*same, servers), few)  # noqa: B023 - used at once
    growth()


def compare(servers: int, arrivals: Times, services: Times, name: str, theirs: Any, few: int) -> None:
    """Take turns, and print one line."""
    seconds = take_turns({"ours": lambda: simulate(arrivals, services, servers), "theirs": theirs}, REPEATS if few < CUSTOMERS else 1)
    ours, others = [1e9 * each / CUSTOMERS for each in seconds["ours"]], [1e9 * each / few for each in seconds["theirs"]]
    cells = [f"{min(each):9,.1f} / {np.median(each):9,.1f}" for each in (ours, others)]
    print(f"{servers:7}  {cells[0]}  {name:5} {cells[1]}  {ratio(others, ours)}   {GOALS[name]}")


def work(customers: int, servers: int) -> tuple[Times, Times]:
    """Return arrivals and services."""
    return poisson_arrivals(customers, LOAD * servers, SEED), exponential_services(customers, 1.0, SEED + 1)


def in_simpy(arrivals: list[float], services: list[float], servers: int) -> Times:
    """Run the same queue with processes of SimPy."""
    import simpy

    environment = simpy.Environment()
    desk, finishes = simpy.Resource(environment, servers), [math.nan] * len(arrivals)

    def serve(customer: int) -> Any:
        with desk.request() as place:
            yield place
            yield environment.timeout(services[customer])
        finishes[customer] = environment.now

    def come() -> Any:
        for customer, arrival in enumerate(arrivals):
            yield environment.timeout(max(arrival - environment.now, 0.0))
            environment.process(serve(customer))

    environment.process(come())
    environment.run()
    return np.array(finishes)


def in_ciw(arrivals: list[float], services: list[float], servers: int) -> Times:
    """Run the same queue with Ciw."""
    import ciw

    gaps = np.diff(arrivals, prepend=0.0).tolist()
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Sequential([*gaps, math.inf])],
        service_distributions=[ciw.dists.Sequential(services)],
        number_of_servers=[servers],
    )
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_customers(len(gaps))
    finishes = np.full(len(gaps), math.nan)
    for record in simulation.get_all_records():
        finishes[record.id_number - 1] = record.service_end_date
    return finishes


def growth() -> None:
    """Time and memory over the number of customers: a straight line of slope 1 on logarithmic axes is linear."""
    print("\n8 servers                           ns a customer, fastest of 3, and bytes a customer at most while it runs")
    print("discipline                 " + "".join(f"{size:>20,}" for size in SIZES) + "   slope of time")
    for discipline in DISCIPLINES:
        seconds, cells = [], []
        for size in SIZES:
            arrivals, services = work(size, 8)
            options = {"priorities": np.arange(size) % 3} if discipline.endswith("priority") else {}

            def ours() -> Any:
                return simulate(arrivals, services, 8, discipline=discipline, **options)  # noqa: B023 - used at once

            seconds.append(min(take_turns({"ours": ours}, 3)["ours"]))
            tracemalloc.start()
            ours()
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            cells.append(f"{1e9 * seconds[-1] / size:9,.0f} ns {peak / size:5,.0f} B")
        slope = np.polyfit(np.log(SIZES[1:]), np.log(seconds[1:]), 1)[0]
        print(f"{discipline:27}" + "".join(f"{cell:>20}" for cell in cells) + f"   {slope:.3f}")


if __name__ == "__main__":
    start = time.perf_counter()
    main()
    print(f"\n{time.perf_counter() - start:.0f} s")
