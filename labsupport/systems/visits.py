"""Visits: requests sent to load balancers at given times, whether or not the earlier ones have been answered.

An open stream, as the simulator has it: each request has a time at which it is due, and its response time counts from there, so
that a client that comes late, or waits, cannot hide how long people had to wait.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from labsupport.simulators.changes import Change
from labsupport.systems.backends import WORK, Backends, new_loop

LONGEST = 20.0  # seconds that a request may take before it counts as failed
LEAD = 0.1  # seconds before the first arrival, so that everything is ready
NOBODY = -1


@dataclass(frozen=True)
class Visits:
    """What became of the requests that were sent to one load balancer.

    Parameters
    ----------
    servers : ndarray of int32, shape (requests,)
        Which server answered; −1 if none did.
    responses : ndarray of float64, shape (requests,)
        Seconds from the moment each request was due to its answer, or to its failure.
    failed : ndarray of bool, shape (requests,)
        Whether it got no answer, or an error.
    latest : float
        By how many seconds a request was sent too late, at most.
    """

    servers: NDArray[np.int32]
    responses: NDArray[np.float64]
    failed: NDArray[np.bool_]
    latest: float


class _Visit(asyncio.Protocol):
    """One request on a connection of its own, which the load balancer closes after its answer."""

    def __init__(self, request: bytes, done: Callable[[bytes], None]) -> None:
        self._request, self._done, self._answer = request, done, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.Transport", transport).write(self._request)

    def data_received(self, data: bytes) -> None:
        self._answer += data

    def connection_lost(self, exc: Exception | None) -> None:
        self._done(b"" if exc else self._answer)


class _Stream:
    """The requests to one port."""

    def __init__(self, port: int, requests: int) -> None:
        self._port = port
        self.servers = np.full(requests, NOBODY, dtype=np.int32)
        self.responses = np.full(requests, LONGEST)
        self.latest = 0.0
        self.answered = 0

    async def send(self, number: int, due: float, work: float, key: int) -> None:
        loop = asyncio.get_running_loop()
        self.latest = max(self.latest, loop.time() - due)

        def done(answer: bytes) -> None:
            head, _, body = answer.partition(b"\r\n\r\n")
            if head.startswith(b"HTTP/1.1 200 "):
                self.servers[number] = int(body)
            self.responses[number] = loop.time() - due
            self.answered += 1

        request = f"GET /{key} HTTP/1.1\r\nHost: lab\r\n{WORK}: {work:.9f}\r\nConnection: close\r\n\r\n".encode()
        try:
            await loop.create_connection(lambda: _Visit(request, done), "127.0.0.1", self._port)
        except OSError:
            done(b"")

    def result(self) -> Visits:
        return Visits(self.servers, self.responses, self.servers == NOBODY, self.latest)


def visit(
    ports: Sequence[int],
    arrivals: NDArray[np.float64],
    services: NDArray[np.float64],
    keys: NDArray[np.int64],
    *,
    backends: Sequence[Backends] = (),
    changes: Sequence[Change] = (),
    progress: Callable[[float], None] | None = None,
) -> list[Visits]:
    """Send the same requests to several load balancers, at the same times, and wait for all answers.

    Parameters
    ----------
    ports : sequence of int
        Where the load balancers listen.
    arrivals : ndarray of float64, shape (requests,)
        When each request is due, in seconds from the start.
    services : ndarray of float64, shape (requests,)
        How much work it is, in seconds at speed 1.
    keys : ndarray of int64, shape (requests,)
        What it asks for: its path.
    backends : sequence of Backends, optional
        The servers behind each load balancer, for the changes.
    changes : sequence of Change, optional
        When which server changes its speed, behind every load balancer.
    progress : callable, optional
        Called with the share that is done, from 0 to 1.

    Returns
    -------
    list of Visits
        One for each port.

    Raises
    ------
    OSError
        If a load balancer cannot be reached, or hangs up.
    """
    streams = [_Stream(port, arrivals.size) for port in ports]
    plan = list(zip(range(arrivals.size), arrivals.tolist(), services.tolist(), keys.tolist(), strict=True))
    stop, begun = threading.Event(), 0
    failure: list[BaseException] = []

    async def send() -> None:
        nonlocal begun
        loop = asyncio.get_running_loop()
        start = loop.time() + LEAD
        for change in changes:
            for each in backends:
                loop.call_at(start + change.time, each.change, change.server, change.speed)
        tasks = set()
        for number, arrival, work, key in plan:
            while (early := start + arrival - loop.time()) > 0 and not stop.is_set():
                await asyncio.sleep(min(early, 0.1))
            begun = number + 1
            tasks |= {loop.create_task(stream.send(number, start + arrival, work, key)) for stream in streams}
            if stop.is_set():
                return
        last = loop.time() + LONGEST
        while any(stream.answered < arrivals.size for stream in streams) and loop.time() < last and not stop.is_set():
            await asyncio.sleep(0.01)

    def run() -> None:  # in a thread of its own, since a notebook's has a loop that runs already
        try:
            with asyncio.Runner(loop_factory=new_loop) as runner:
                runner.run(send())
        except BaseException as error:
            failure.append(error)

    thread = threading.Thread(target=run, name="visits", daemon=True)
    thread.start()
    try:
        while thread.is_alive():
            thread.join(0.1)
            if progress is not None:
                progress(begun / arrivals.size)
    finally:
        stop.set()
        thread.join()
    if failure:
        raise failure[0]
    return [stream.result() for stream in streams]
