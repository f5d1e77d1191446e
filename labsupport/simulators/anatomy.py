"""Latency anatomy: where the time of a request goes, from the user's click to the whole reply.

A request is put into bytes, goes down the wire, waits for the server, is worked on, and its reply is put into bytes, waits for
the link, is sent, travels back and is read. Each of these is one part, so that the parts of a request add up to what its user sees:

- propagation: distance over the speed of light in fibre, twice, once more for each round trip that sets up the connection;
- serialisation: turning objects into bytes and back, at either end;
- transmission: putting bytes onto the wire, at its bandwidth;
- queueing: waiting for the server, and waiting for the link that all replies share;
- service: the work itself.

Three words that are often mixed up: the *service time* is the work; the *response time* of the server is waiting and work there;
the *latency* is all of it, as the user sees it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.simulators import queueing
from labsupport.simulators.numbering import read_only

PARTS = ("propagation", "serialisation", "transmission", "queueing", "service")
LIGHT_IN_FIBRE = 299_792.458 / 1.468
"""Kilometres a second: the speed of light over the refractive index of fibre."""


@dataclass(frozen=True)
class Anatomy:
    """The parts of every request's latency, in milliseconds.

    Attributes
    ----------
    propagation, serialisation, transmission : float
        Those that are the same for all requests.
    server : QueueingResult
        The server, which works and serialises.
    link : QueueingResult
        The link that all replies share, in the order in which the server is done with them.
    size : float
        Bytes of request and reply together.
    """

    propagation: float
    serialisation: float
    transmission: float
    server: queueing.QueueingResult
    link: queueing.QueueingResult
    size: float

    @cached_property
    def parts(self) -> dict[str, NDArray[np.float64]]:
        """One array for each of `PARTS`, of a number for each request. Read-only, and made when they are first asked for."""
        requests = self.server.arrivals.size
        alike = (np.broadcast_to(np.float64(each), requests) for each in (self.propagation, self.serialisation, self.transmission))
        queueing_times = self.server_waits
        queueing_times[np.argsort(self.server.finishes, kind="stable")] += self.link.waits
        service_times = self.server.services - self.serialisation / 2  # the server serialises at one of both ends
        return dict(zip(PARTS, (*alike, read_only(queueing_times), read_only(service_times)), strict=True))

    @property
    def server_waits(self) -> NDArray[np.float64]:
        """How much of the queueing was for the server; the rest was for the link."""
        return self.server.waits

    @property
    def latencies(self) -> NDArray[np.float64]:
        """What the user sees: all parts together."""
        return np.asarray(np.sum(list(self.parts.values()), axis=0))

    @property
    def response_times(self) -> NDArray[np.float64]:
        """What the server sees: waiting for it, and the work."""
        return self.server_waits + self.parts["service"]

    @property
    def throughput(self) -> float:
        """Requests a second, from the first arrival to the last."""
        span = float(self.server.arrivals[-1] - self.server.arrivals[0])
        return 1_000 * (self.server.arrivals.size - 1) / span if span > 0 else 0.0

    @property
    def bytes_per_second(self) -> float:
        """The same throughput in bytes, of requests and replies together."""
        return self.throughput * self.size

    @property
    def steady(self) -> bool:
        """Whether server and link can both keep up."""
        return self.server.steady and self.link.steady

    @property
    def stability(self) -> str:
        """A sentence that says whether a steady state exists, and if not, whose fault it is."""
        for name, queue in (("server", self.server), ("link", self.link)):
            if not queue.steady:
                return f"No steady state: the {name} is offered {queue.load:.2f} times what it can do, and its queue grows without end."
        return f"Server and link can keep up: they are offered {self.server.load:.2f} and {self.link.load:.2f} of what they can do."


def simulate(
    arrivals: Any,
    services: Any,
    *,
    distance: float,
    reply_bytes: float,
    bandwidth: float,
    serialisation_rate: float,
    request_bytes: float = 500.0,
    setup_round_trips: int = 0,
    servers: int = 1,
) -> Anatomy:
    """Send requests to a server far away, and take their latency apart.

    Parameters
    ----------
    arrivals : array_like of float, shape (requests,)
        When each request reaches the server, in milliseconds, at least 0, never falling. Not written to.
    services : array_like of float, shape (requests,)
        The work of each, in milliseconds, at least 0. Not written to.
    distance : float
        From the user to the server along the fibre, in kilometres, at least 0.
    reply_bytes, request_bytes : float
        Their sizes, at least 0.
    bandwidth : float
        Of the link, in millions of bits a second, above 0. Users have as much each for their requests; replies share it.
    serialisation_rate : float
        Millions of bytes that either end turns into objects, or objects into bytes, in a second, above 0. The server does it as
        part of its work, so that it can do fewer requests.
    setup_round_trips : int, optional
        How many times a message goes there and back before the request is sent: 0 if the connection is open already, 1 for TCP,
        2 for TCP and TLS 1.3; at most 100.
    servers : int, optional
        How many equal servers share the line, from 1.

    Returns
    -------
    Anatomy

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    References
    ----------
    Kurose, Ross, "Computer Networking: A Top-Down Approach", section 1.4 (delay in packet-switched networks); RFC 8446 (TLS 1.3).

    Examples
    --------
    From Frankfurt to Sydney on an open connection, one small request alone:

    >>> anatomy = simulate([0], [2], distance=16_500, reply_bytes=10_000, bandwidth=100, serialisation_rate=100)
    >>> {part: round(float(times[0]), 2) for part, times in anatomy.parts.items()}
    {'propagation': 161.59, 'serialisation': 0.21, 'transmission': 0.84, 'queueing': 0.0, 'service': 2.0}
    """
    work = checks.amounts("services", services, kind="service")
    distance = checks.number("distance", distance, minimum=0)
    sizes = checks.number("request_bytes", request_bytes, minimum=0), checks.number("reply_bytes", reply_bytes, minimum=0)
    bandwidth = checks.number("bandwidth", bandwidth, above=0)
    rate = checks.number("serialisation_rate", serialisation_rate, above=0)
    round_trips = 1 + checks.integer("setup_round_trips", setup_round_trips, 0, 100)

    at_one_end = sum(sizes) / (1_000 * rate)  # one end reads what the other has written
    transmission = [8 * size / (1_000 * bandwidth) for size in sizes]
    server = queueing.simulate(arrivals, work + at_one_end, servers)
    order = np.argsort(server.finishes, kind="stable")
    link = queueing.simulate(server.finishes[order], np.full(work.size, transmission[1]))
    propagation = round_trips * 2_000 * distance / LIGHT_IN_FIBRE
    return Anatomy(propagation, 2 * at_one_end, sum(transmission), server, link, sum(sizes))
