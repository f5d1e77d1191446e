"""The same queues in SimPy and in Ciw, and processor sharing in the obvious way."""

from __future__ import annotations

import math

import ciw
import simpy

AFTER_DEPARTURES = 5  # a priority behind all of SimPy's own


def in_simpy(arrivals, services, servers, discipline="first_come_first_served", capacity=math.inf, priorities=None):
    """Starts and finishes of every customer; NaN for who was lost."""
    environment = simpy.Environment()
    kinds = {"first_come_first_served": simpy.Resource, "priority": simpy.PriorityResource, "preemptive_priority": simpy.PreemptiveResource}
    desk = kinds[discipline](environment, servers)
    starts, finishes = ([math.nan] * len(arrivals) for _ in range(2))
    present = [0]

    def ask(customer):
        if discipline == "first_come_first_served":
            return desk.request()
        return desk.request(priority=(priorities[customer], customer))

    def serve(customer):
        left = services[customer]
        while left is not None:
            with ask(customer) as place:
                yield place
                if math.isnan(starts[customer]):
                    starts[customer] = environment.now
                finish = environment.now + left
                try:
                    yield environment.timeout(left)
                    left = None
                except simpy.Interrupt:
                    left = finish - environment.now
        finishes[customer] = environment.now
        present[0] -= 1

    def come(customer):
        if present[0] < capacity:
            present[0] += 1
            environment.process(serve(customer))

    for customer, arrival in enumerate(arrivals):
        event = environment.event()
        event.callbacks.append(lambda _, customer=customer: come(customer))
        event._ok, event._value = True, None
        environment.schedule(event, AFTER_DEPARTURES, arrival)
    environment.run()
    return starts, finishes


def in_ciw(gaps, services, servers, *, sharing=False, capacity=math.inf):
    """Starts and finishes of every customer; NaN for who was lost."""

    class Own(ciw.dists.Distribution):
        def sample(self, t=None, ind=None):  # noqa: ARG002 - Ciw's own signature
            return services[ind.id_number - 1]

    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Sequential([*gaps, math.inf])],
        service_distributions=[Own()],
        number_of_servers=[math.inf if sharing else servers],
        system_capacity=capacity,
        **({"ps_thresholds": [servers]} if sharing else {}),
    )
    simulation = ciw.Simulation(network, node_class=ciw.PSNode if sharing else ciw.Node)
    simulation.simulate_until_max_customers(len(gaps), method="Finish")
    starts, finishes = ([math.nan] * len(gaps) for _ in range(2))
    for record in simulation.get_all_records():
        if record.record_type == "service":
            starts[record.id_number - 1], finishes[record.id_number - 1] = record.service_start_date, record.service_end_date
    return starts, finishes


def shared_obviously(arrivals, services, servers, capacity=math.inf):
    """Finishes under processor sharing, by looking at everybody present at every arrival and departure."""
    finishes, left, now = [math.nan] * len(arrivals), {}, 0.0
    for customer in range(len(arrivals) + 1):
        until = arrivals[customer] if customer < len(arrivals) else math.inf
        while left:
            pace = min(1.0, servers / len(left))
            least = min(left.values())
            if now + least / pace > until:
                break
            now += least / pace
            left = {each: work - least for each, work in left.items()}
            for each in [each for each, work in left.items() if work <= 1e-12]:
                finishes[each] = now
                del left[each]
        if customer < len(arrivals):
            left = {each: work - (until - now) * min(1.0, servers / len(left)) for each, work in left.items()}
            if len(left) < capacity:
                left[customer] = services[customer]
            now = until
    return finishes
