"""The same servers and balancers as processes of SimPy, with scans instead of indexes."""

from __future__ import annotations

import bisect
import math
from fractions import Fraction

import numpy as np
import simpy

AFTER_DEPARTURES = 5  # a priority behind all of SimPy's own


class Balancer:
    """One balancer, its servers, and what became of every request."""

    def __init__(self, arrivals, services, speeds, seed=0, width=1):
        self.environment = simpy.Environment()
        self.arrivals, self.services, self.speeds = list(map(float, arrivals)), list(map(float, services)), list(map(float, speeds))
        self.places = [simpy.Resource(self.environment) for _ in self.speeds]
        self.present = [0] * len(self.speeds)
        self.chosen = [(-1, server) for server in range(len(self.speeds))]  # when last, and before that by number
        self.idle = list(range(len(self.speeds)))
        self.chances = np.random.default_rng(seed).random((len(self.arrivals), width))
        self.servers, self.waits, self.responses, self.found = ([0] * len(self.arrivals) for _ in range(4))

    def run(self, choose):
        for request, arrival in enumerate(self.arrivals):
            event = self.environment.event()
            event.callbacks.append(lambda _, request=request: self.send(request, choose(self, request)))
            event._ok, event._value = True, None
            self.environment.schedule(event, AFTER_DEPARTURES, arrival)
        self.environment.run()
        return self

    def send(self, request, server):
        self.servers[request], self.found[request] = server, self.present[server]
        self.present[server] += 1
        self.chosen[server] = (request, server)
        if server in self.idle:
            self.idle.remove(server)
        self.environment.process(self.serve(request, server))

    def serve(self, request, server):
        with self.places[server].request() as place:
            yield place
            self.waits[request] = self.environment.now - self.arrivals[request]
            yield self.environment.timeout(self.services[request] / self.speeds[server])
        self.responses[request] = self.environment.now - self.arrivals[request]
        self.present[server] -= 1
        if self.present[server] == 0:
            self.idle.append(server)


def random(balancer, request):
    return int(balancer.chances[request, 0] * len(balancer.speeds))


def round_robin(balancer, request):
    return request % len(balancer.speeds)


def weighted_round_robin(weights):
    credit = [0] * len(weights)

    def choose(balancer, request):
        for server, weight in enumerate(weights):
            credit[server] += weight
        server = credit.index(max(credit))
        credit[server] -= sum(weights)
        return server

    return choose


def least_connections(weights):
    def choose(balancer, request):
        return min(range(len(weights)), key=lambda server: (Fraction(balancer.present[server], weights[server]), balancer.chosen[server]))

    return choose


def two_choices(balancer, request):
    left = list(range(len(balancer.speeds)))
    drawn = [left.pop(int(chance * len(left))) for chance in balancer.chances[request]]
    return min(drawn, key=lambda server: (balancer.present[server], balancer.chosen[server]))


def join_idle_queue(balancer, request):
    return balancer.idle[0] if balancer.idle else random(balancer, request)


def consistent_hash(points, owners, hashes, bound=math.inf):
    def choose(balancer, request):
        point = bisect.bisect_left(points, hashes[request]) % len(points)
        servers = len(balancer.speeds)
        while balancer.present[owners[point]] >= (math.ceil(bound * (sum(balancer.present) + 1) / servers) if math.isfinite(bound) else math.inf):
            point = (point + 1) % len(points)
        return owners[point]

    return choose
