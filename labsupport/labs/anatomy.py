"""The anatomy lab: where the milliseconds of a request go, and which of them money can buy back."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from labsupport import workloads
from labsupport.labs.base import Lab
from labsupport.labs.chart import Axis, Chart, Panel
from labsupport.labs.controls import Choice, Slider, stops
from labsupport.labs.marks import Bars, Line, Mark, Rule
from labsupport.labs.scene import Scene, Station
from labsupport.simulators import anatomy
from labsupport.simulators.anatomy import PARTS

WARM_UP = 20_000  # requests before anything is counted
REQUESTS = WARM_UP + 100_000
SHOWN = 150  # requests that move on the stage
SHARES = np.concatenate((np.linspace(1, 0.1, 30), np.geomspace(0.1, 0.001, 30)))  # where the distributions are drawn
TIMES = (1.0, 10_000.0)  # milliseconds on the axis

SETUPS = {"open": "stays open", "tcp": "opened anew (TCP)", "tls": "opened anew (TCP, TLS)"}
ROUND_TRIPS = {"open": 0, "tcp": 1, "tls": 2}
REMEDIES = {
    "propagation": "light in fibre cannot be hurried, so only a nearer server or fewer round trips would help",
    "serialisation": "a faster format or smaller replies would help, and give the server time for other requests",
    "transmission": "more bandwidth or smaller replies would help",
    "queueing": "requests wait for the server, so less load, less work or more servers would help",
    "link": "replies wait for the link, so smaller replies, fewer of them or more bandwidth would help",
    "service": "faster work would help",
}

STORY: dict[str, dict[str, Any]] = {
    "In the same room": {"distance": 0},
    "From another continent": {"distance": 16_500, "setup": "tls"},
    "A clumsy format": {"size": 500, "serialisation": 200, "bandwidth": 1_000},
    "A film, not a page": {"size": 10_000, "requests": 10, "serialisation": 5_000},
    "A busy evening": {"requests": 160},
}


@lru_cache(maxsize=1)
def _draws() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return arrivals and services with a mean of 1 each."""
    return workloads.poisson_arrivals(REQUESTS, 1.0, seed=12), workloads.exponential_services(REQUESTS, 1.0, seed=112)


@lru_cache(maxsize=1)
def _services_in_order() -> NDArray[np.float64]:
    return np.sort(_draws()[1][WARM_UP:])


def _longest_percent(times: NDArray[np.float64]) -> float:
    """Return the 99th percentile after the warm-up."""
    return float(np.percentile(times[WARM_UP:], 99))


def _time(milliseconds: float) -> str:
    return f"{milliseconds:.3g} ms" if milliseconds < 999.5 else f"{milliseconds / 1_000:,.3g} s"


class AnatomyLab(Lab[anatomy.Anatomy]):
    """Take the latency of a request apart: distance, bytes, waiting, work.

    Behind every picture stand 100,000 simulated requests, after a warm-up of 20,000. They come at random (Poisson), and their work
    is exponential.

    Parameters
    ----------
    distance : int, default 1,000
        From the user to the server, along the fibre, in kilometres, from 0 to 20,000.
    setup : str, default "open"
        What the connection costs: open (nothing), tcp (a round trip) or tls (two).
    size : int, default 100
        Thousands of bytes in a reply, from 1 to 10,000.
    bandwidth : int, default 1,000
        Of the link that all replies share, in megabits a second, from 10 to 10,000.
    serialisation : int, default 200
        Megabytes that either end turns into objects, or objects into bytes, in a second, from 10 to 5,000.
    work : int, default 5
        Milliseconds that a server works for a request on average, from 1 to 100.
    requests : int, default 100
        How many come in a second, from 1 to 1,000.
    servers : int, default 1
        How many equal servers share the line, from 1 to 32.
    prediction : str, optional
        See `Lab`. The question is the mean latency, in milliseconds.

    Raises
    ------
    ValueError, TypeError
        If a control does not take its value.

    Examples
    --------
    >>> lab = AnatomyLab(distance=16_500)
    >>> print(lab.describe().split(": ")[0])
    A user sees 175 ms on average, of which propagation is 162 ms, and 1 in 100 sees more than 216 ms
    """

    title = "Latency anatomy"
    question = "A user waits for a reply. Where does the time go?"

    distance = Slider("distance", [0, 1, 10, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 16_500, 20_000], default=1_000, unit="km")
    setup = Choice("connection", SETUPS, default="open")
    size = Slider("reply", stops(1, 10_000, per_decade=4), default=100, unit="kB")
    bandwidth = Slider("bandwidth", stops(10, 10_000, per_decade=4), default=1_000, unit="Mbit/s")
    serialisation = Slider("serialisation", stops(10, 5_000, per_decade=4), default=200, unit="MB/s")
    work = Slider("work", [1, 2, 3, 5, 7, 10, 20, 30, 50, 70, 100], default=5, unit="ms")
    requests = Slider("requests", [1, 2, 5, 10, 20, 50, 80, 100, 120, 140, 150, 160, 170, 180, 200, 500, 1_000], default=100, unit="per second")
    servers = Slider("servers", [1, 2, 3, 4, 6, 8, 12, 16, 24, 32], default=1)

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Tell of five users, each of whom waits for something else."""
        return STORY

    def simulate(self) -> anatomy.Anatomy:
        """Send 120,000 requests."""
        arrivals, services = _draws()
        return anatomy.simulate(
            arrivals * 1_000 / self.requests,
            services * self.work,
            distance=self.distance,
            reply_bytes=1_000 * self.size,
            bandwidth=self.bandwidth,
            serialisation_rate=self.serialisation,
            setup_round_trips=ROUND_TRIPS[self.setup],
            servers=self.servers,
        )

    def answer(self) -> float:
        """Give the mean latency, in milliseconds."""
        return float(self.result.latencies[WARM_UP:].mean())

    def _means(self) -> dict[str, float]:
        return {part: float(self.result.parts[part][WARM_UP:].mean()) for part in PARTS}

    def chart(self) -> Chart:
        """Show the parts of a request beside what user, server and stopwatch call its time."""
        return Chart((self._parts(), self._words_for_time()))

    def _parts(self) -> Panel:
        means = self._means()
        total = sum(means.values())
        varying = {part: _longest_percent(self.result.parts[part]) for part in ("queueing", "service")}
        rest = [max(0.0, varying.get(part, means[part]) - means[part]) for part in PARTS]
        bars = Bars(
            PARTS,
            [("mean", list(means.values())), ("up to the 99th percentile", rest)],
            [f"{_time(means[part])}, {100 * means[part] / total:.0f} %" for part in PARTS],
            selected=PARTS.index(self._largest(means)),
        )
        longest = max(mean + more for mean, more in zip(means.values(), rest, strict=True))
        limit = next(10.0**decade * step for decade in range(12) for step in (1, 2, 5) if longest <= 10.0**decade * step)
        return Panel("Where the time goes", Axis("mean solid, up to the 99th percentile hatched", (0, limit), unit="ms"), None, (bars,))

    def _words_for_time(self) -> Panel:
        result, places = self.result, np.rint((1 - SHARES) * (REQUESTS - WARM_UP - 1)).astype(int)
        ordered = _services_in_order() * self.work, np.sort(result.response_times[WARM_UP:]), np.sort(result.latencies[WARM_UP:])
        service, response, latency = (np.clip(times[places], *TIMES).tolist() for times in ordered)
        marks: list[Mark] = [
            Line("service time", service, SHARES.tolist(), "other"),
            Line("response time", response, SHARES.tolist(), "reference"),
            Line("latency", latency, SHARES.tolist(), "main"),
        ]
        marks.append(Rule("1 in 100", 0.01, axis="y", role="reference"))
        axis = Axis("time", TIMES, unit="ms", scale="log")
        return Panel(
            "The work, the server's time, and the user's", axis, Axis("share of requests that take longer", (0.001, 1), scale="log"), tuple(marks)
        )

    @staticmethod
    def _largest(means: dict[str, float]) -> str:
        return max(PARTS, key=lambda part: means[part])

    def describe(self) -> str:
        """Say what a user sees, what the largest part of it is, and what would help."""
        means, result = self._means(), self.result
        largest = self._largest(means)
        first = f"A user sees {_time(self.answer())} on average, of which {largest} is {_time(means[largest])}"
        first += f", and 1 in 100 sees more than {_time(_longest_percent(result.latencies))}"
        if not result.steady:
            return f"{first}. {result.stability.removesuffix('.')}."
        waits_for_link = largest == "queueing" and 2 * result.server_waits[WARM_UP:].mean() < means["queueing"]
        remedy = REMEDIES["link" if waits_for_link else largest]
        idle = 100 * (1 - result.server.load)
        who = "The server is" if self.servers == 1 else "The servers are"
        traffic = f"{result.throughput:,.0f} requests or {result.bytes_per_second / 1e6:,.3g} MB a second"
        return f"{first}: {remedy}. {who} idle {idle:.0f} % of the time, and {traffic} take {100 * result.link.load:.0f} % of the link."

    def table(self) -> pd.DataFrame:
        """Give the parts as numbers.

        Returns
        -------
        pandas.DataFrame
            Columns ``part``, ``mean``, ``median`` and ``p99``, in milliseconds; the last row is all of them together.
        """
        rows = [(name, times[WARM_UP:]) for name, times in [*self.result.parts.items(), ("latency", self.result.latencies)]]
        numbers = [(name, float(times.mean()), *np.percentile(times, [50, 99]).tolist()) for name, times in rows]
        return pd.DataFrame(numbers, columns=["part", "mean", "median", "p99"])

    def scene(self) -> Scene:
        """Play the first requests: down the fibre, through the server, onto the link, and back."""
        result, count = self.result, SHOWN
        parts = {part: times[:count] for part, times in result.parts.items()}
        link_order = np.argsort(result.server.finishes, kind="stable")
        sent = np.empty(REQUESTS)
        sent[link_order] = result.link.finishes
        arrived, worked, sent = result.server.arrivals[:count], result.server.finishes[:count], sent[:count]
        one_way = parts["propagation"] / (2 * (1 + ROUND_TRIPS[self.setup]))
        upload = parts["transmission"] - result.link.services[:count]
        left, back = arrived - one_way - upload, sent + one_way
        begun, read = left - (parts["propagation"] - 2 * one_way), back + parts["serialisation"] / 2
        stays = [(0, begun, left), (1, arrived, worked), (2, worked, sent), (0, back, read)]
        first = float(begun.min())  # the simulator's clock starts when a request reaches the server, the scene's when one leaves the user
        stays = [(station, enter - first, leave - first) for station, enter, leave in stays]
        latencies = np.concatenate((np.full(3 * count, np.nan), result.latencies[:count]))
        stations = (
            Station("user", 0.06, 0.5, f"{self.distance:,} km away", slots=0),
            Station("server" if self.servers == 1 else f"{self.servers} servers", 0.8, 0.25, slots=int(self.servers)),
            Station("link", 0.8, 0.75, f"{self.bandwidth:,} Mbit/s"),
        )
        return Scene(
            f"{count} requests over {self.distance:,} km",
            stations,
            thing=np.tile(np.arange(count), len(stays)),
            station=np.repeat([station for station, _, _ in stays], count),
            enter=np.concatenate([enter for _, enter, _ in stays]),
            leave=np.concatenate([leave for _, _, leave in stays]),
            kind=np.repeat([0, 0, 1, 1], count),
            value=latencies,
            kinds=("request", "reply"),
            measure="latency (ms)",
            unit="ms",
            links=[(0, 1), (1, 2), (2, 0)],
        )
