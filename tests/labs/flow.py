"""The smallest lab with things that move: requests through a balancer to servers, one of which a click slows or stops."""

from __future__ import annotations

import numpy as np

from labsupport.labs.controls import Choice
from labsupport.labs.scene import Scene, Station
from tests.labs.squares import SquaresLab

SERVERS = 4


def scene(requests: int, state: str = "up") -> Scene:
    """Send requests round robin to servers with room for two; each is one time unit on the way."""
    rng = np.random.default_rng(7)
    arrivals = np.cumsum(rng.exponential(0.3, requests)) + 1
    services = rng.exponential(1.0, requests)
    free = np.zeros(SERVERS)
    rows = []
    for request, (arrival, service) in enumerate(zip(arrivals, services, strict=True)):
        server = request % SERVERS
        rows.append((request, 0, arrival - 1, arrival - 1, service, False, np.nan))
        lost = free[server] > arrival + 3 or (server == 1 and state == "down")
        if not lost:
            free[server] = max(free[server], arrival) + service * (3 if server == 1 and state == "slow" else 1)
        rows.append((request, 1 + server, arrival, arrival if lost else free[server], service, lost, np.nan if lost else free[server] - arrival))
    thing, station, enter, leave, size, dropped, value = (np.array(column) for column in zip(*rows, strict=True))
    servers = [
        Station(
            f"server {index + 1}", 0.7, (index + 0.5) / SERVERS, room=3, control="server" if index == 1 else "", state=state if index == 1 else "up"
        )
        for index in range(SERVERS)
    ]
    return Scene(
        f"{requests} requests, round robin",
        [Station("balancer", 0.1, 0.5, slots=0), *servers],
        thing,
        station,
        enter,
        leave,
        size=size,
        kind=thing % 2,
        kinds=("read", "write"),
        lost=dropped,
        value=value,
        measure="response time (s)",
        links=[(0, 1 + index) for index in range(SERVERS)],
        seconds=10,
    )


class FlowLab(SquaresLab):
    title = "Flow"

    server = Choice("server 2", {"up": "up", "slow": "slow", "down": "down"}, default="up")
    requests = 60

    def scene_key(self) -> str:
        return self.server

    def scene(self) -> Scene:
        return scene(self.requests, self.server)

    def describe(self) -> str:
        return f"Server 2 is {self.server}. {super().describe()}"

    def steps(self) -> None:
        return None
