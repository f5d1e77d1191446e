"""Wrong solutions of the balancer, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "balancer-solution"
EQUAL, UNEQUAL, SLOW, LEARNS = ALL = ("balancer-equal", "balancer-unequal", "balancer-slow", "balancer-learns")


def _balancer(start: str, choose: str, replied: str = "pass") -> tuple[str, str]:
    return (
        "",
        f"""
import random

class Balancer:
    def __init__(self, servers):
        self.servers = servers
        {start}

    def choose(self):
        {choose}

    def replied(self, server, elapsed):
        {replied}
""",
    )


_COUNT = "(self.under_way[server], self.typical[server])"
_RANDOM = "self.chance = random.Random(1)"
_SMOOTH = "self.score = [one + own for one, own in zip(self.score, self.weights)]; best = self.score.index(max(self.score)); "
_SMOOTH += "self.score[best] -= sum(self.weights); return best"
_WEIGHTS = "self.weights = ([3, 3, 3, 3, 1, 1] * servers)[:servers]"
_WRAPPER = """
from labsupport.simulators import balancing

class Balancer:
    def __init__(self, servers):
        self.choices = iter(balancing.simulate("least_connections", range(4_000), [servers * 0.8] * 4_000, [1] * servers).servers.tolist())

    def choose(self):
        return next(self.choices)

    def replied(self, server, elapsed):
        pass
"""

WRONG: list[Wrong] = [
    wrong("round robin", CELL, _balancer("self.last = -1", "self.last = (self.last + 1) % self.servers; return self.last"), *ALL),
    wrong("random", CELL, _balancer(_RANDOM, "return self.chance.randrange(self.servers)"), *ALL),
    wrong(
        "random by fixed weights", CELL, _balancer(f"{_WEIGHTS}; {_RANDOM}", "return self.chance.choices(range(self.servers), self.weights)[0]"), *ALL
    ),
    wrong("weighted round robin", CELL, _balancer(f"{_WEIGHTS}; self.score = [0] * servers", _SMOOTH), *ALL),
    wrong("fixed weights, the other way round", CELL, _balancer(f"{_WEIGHTS}; self.weights.reverse(); self.score = [0] * servers", _SMOOTH), *ALL),
    wrong("always the first", CELL, _balancer("pass", "return 0"), *ALL),
    wrong("a wrapper of least connections on traffic of its own", CELL, ("", _WRAPPER), *ALL),
    wrong("replies are not heard", CELL, ("        self.under_way[server] -= 1\n        self.typical", "        self.typical"), *ALL),
    wrong("requests are not counted", CELL, ("        self.under_way[chosen] += 1\n", ""), *ALL),
    wrong("the fastest reply only", CELL, (_COUNT, "self.typical[server]"), *ALL),
    wrong("the busiest server", CELL, ("min(candidates", "max(candidates"), *ALL),
    wrong("never more than ten servers", CELL, ("range(len(self.under_way))", "range(min(10, len(self.under_way)))"), EQUAL),
    wrong("the last server is forgotten", CELL, ("range(len(self.under_way))", "range(max(1, len(self.under_way) - 1))"), *ALL),
    wrong("servers are counted from one", CELL, ("        return chosen\n", "        return chosen + 1\n"), *ALL),
    wrong("one server is left out after its first reply", CELL, ("[server] -= 1\n", "[server] -= server > 0\n"), *ALL),
    wrong("nothing comes back", CELL, ("        return chosen\n", ""), *ALL),
    wrong("least connections, the lowest number first", CELL, (_COUNT, "self.under_way[server]"), LEARNS),
    wrong("least connections, the highest number first", CELL, (_COUNT, "(self.under_way[server], -server)"), LEARNS),
    wrong("the slowest reply first", CELL, (_COUNT, "(self.under_way[server], -self.typical[server])"), LEARNS),
    wrong(
        "whether a server is idle, but not how busy it is", CELL, (_COUNT, "(self.under_way[server] > 0, self.typical[server])"), EQUAL, UNEQUAL, SLOW
    ),
    wrong(
        "counts of all balancers together",
        CELL,
        (
            "        self.under_way = [0] * servers\n",
            "        self.under_way = vars(Balancer).get('all') or setattr(Balancer, 'all', [0] * servers) or Balancer.all\n",
        ),
        *ALL,
    ),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
]
