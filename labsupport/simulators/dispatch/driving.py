"""Driving: a balancer of the student's own – any object that chooses servers and is told of replies – in plain Python."""

from __future__ import annotations

import heapq
import inspect
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from labsupport import checks
from labsupport.simulators.changes import Change
from labsupport.simulators.dispatch.fleet import Fleet, Flow, send, set_speed


class Balancer(Protocol):
    """What a balancer of one's own must be able to do."""

    def choose(self) -> int:
        """Return the number of the server that gets the request which has just come; it may take the time as an argument."""

    def replied(self, server: int, elapsed: float) -> None:
        """Take note that a server has replied, and how long after the request."""


def run_own(balancer: Balancer, fleet: Fleet, flow: Flow, changes: Sequence[Change]) -> None:
    """Ask the balancer about every request, telling it of all replies before."""
    choose, replied, failed = _methods(balancer)
    servers, to_come = fleet.speeds.size, deque(changes)
    expected: list[tuple[float, int]] = []  # when a reply comes, and to which request; some are out of date

    def deliver(now: float) -> None:
        while expected and expected[0][0] <= now:
            moment, request = heapq.heappop(expected)
            if moment == flow.finishes[request] and unanswered[request]:
                unanswered[request] = False
                tell = failed if flow.lost[request] else replied
                if tell is not None:
                    tell(int(flow.servers[request]), moment - float(flow.arrivals[request]))

    def change(change: Change) -> None:
        set_speed(fleet, flow, change.server, change.speed, change.time)
        request = int(fleet.first[change.server])
        for _ in range(fleet.present[change.server]):
            heapq.heappush(expected, (float(flow.finishes[request]), request))
            request = int(flow.following[request])

    unanswered = [True] * flow.arrivals.size
    for request, now in enumerate(flow.arrivals.tolist()):
        while to_come and to_come[0].time <= now:
            deliver(to_come[0].time)
            change(to_come.popleft())
        deliver(now)
        try:
            server = checks.integer("choose()", choose(now), 0, servers - 1)
        except (TypeError, ValueError) as error:
            error.add_note(f"This was request {request}, at time {now:g}; there are {servers} servers, numbered from 0.")
            raise
        send(fleet, flow, request, server)
        heapq.heappush(expected, (float(flow.finishes[request]), request))
    for left in to_come:
        change(left)


def _methods(balancer: Any) -> tuple[Callable[[float], Any], Callable[[int, float], Any], Callable[[int, float], Any] | None]:
    """Return what to call of the balancer, or say what it lacks."""
    for name in ("choose", "replied"):
        if not callable(getattr(balancer, name, None)):
            hint = ": make one, with ()" if isinstance(balancer, type) else ""
            raise TypeError(f"balancer is {balancer!r}, but must be an object with choose() and replied(server, elapsed); it has no {name}{hint}")
    if isinstance(balancer, type):
        raise TypeError(f"balancer is the class {balancer.__name__}, but must be an object: make one, with {balancer.__name__}()")
    plain = balancer.choose
    takes_time = any(
        parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        and (parameter.default is parameter.empty or parameter.name == "now")  # any other default is the student's own
        for parameter in inspect.signature(plain).parameters.values()
    )
    failed = getattr(balancer, "failed", None)
    return (plain if takes_time else lambda _: plain()), balancer.replied, failed if callable(failed) else None
