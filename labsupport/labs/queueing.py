"""The queue lab: how long requests take as a server gets busier, and why nobody should be proud of a server that is always busy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from labsupport import theory
from labsupport.labs import hockey_stick
from labsupport.labs.base import Lab
from labsupport.labs.chart import Axis, Chart, Panel
from labsupport.labs.controls import Choice, Slider
from labsupport.labs.hockey_stick import BEYOND, CURVE, LONGEST, REQUESTS, SERVICE, WARM_UP, Setting
from labsupport.labs.marks import Line, Mark, Rule
from labsupport.labs.scene import Scene, Station
from labsupport.simulators import estimates, queueing

WINDOW = 60_000.0  # milliseconds in which the queue is shown
MOMENTS = 150
SHOWN = 300  # requests that move on the stage
SAFE, TEMPTING = 80, 95  # percent

SERVICES = {
    "deterministic": "all alike",
    "exponential": "exponential",
    "bimodal": "one in ten is long",
    "lognormal": "widely spread (log-normal)",
    "pareto": "heavy-tailed (Pareto)",
}
ARRIVALS = {"poisson": "at random (Poisson)", "deterministic": "at regular times", "bursty": "in bursts"}
DISCIPLINES = {"first_come_first_served": "first come, first served", "processor_sharing": "all at once, shared"}
VIEWS = {"queue": "the queue over time", "responses": "all response times"}

STOPS = [*range(5, 75, 5), *range(70, 90, 2), *range(90, 101), 105, 110]

STORY: dict[str, dict[str, Any]] = {
    "Only 15 % more": {"utilization": TEMPTING},
    "Eight servers, one line": {"utilization": TEMPTING, "servers": 8},
    "A heavy tail": {"service": "pareto", "view": "responses"},
    "A heavy tail, shared out": {"service": "pareto", "discipline": "processor_sharing", "view": "responses"},
    "More than can be done": {"utilization": 105},
}


def _time(milliseconds: float) -> str:
    """Put a time into words of three digits at most."""
    if milliseconds < 1_000:
        return f"{milliseconds:.0f} ms"
    return f"{milliseconds / 1_000:.1f} s" if milliseconds < 100_000 else f"{milliseconds / 1_000:,.0f} s"


class QueueLab(Lab[queueing.QueueingResult]):
    """Make servers busier, and see how long requests take: hardly longer at first, and then without end.

    Behind every picture stand 100,000 simulated requests, each 10 ms of work on average, after a warm-up of 20,000. At every
    utilisation they are the same requests, only closer together.

    Parameters
    ----------
    utilization : int, default 80
        How much of what the servers can do is asked of them, in percent, from 5 to 110. From 100 on there is no steady state.
    servers : int, default 1
        How many equal servers share one line, from 1 to 32.
    service : str, default "exponential"
        How much the work varies: deterministic, exponential, bimodal, lognormal (squared coefficient of variation 4) or pareto
        (shape 1.8: of infinite variance, so that no mean wait exists).
    arrivals : str, default "poisson"
        When requests come: poisson, deterministic or bursty (ten times as many in a tenth of the time).
    discipline : str, default "first_come_first_served"
        Who is served: first_come_first_served, or processor_sharing for all at once.
    view : str, default "queue"
        What is shown beside the curve: queue over time, or all responses.
    prediction : str, optional
        See `Lab`. The question is the 99th percentile of the response times, in milliseconds.

    Raises
    ------
    ValueError, TypeError
        If a control does not take its value.

    Examples
    --------
    >>> lab = QueueLab(utilization=95)
    >>> lab.result.steady, round(lab.answer() / QueueLab(utilization=80).answer())
    (True, 4)
    """

    title = "Queue"
    question = "A server is busy 80 % of the time. What happens to its users when it is busy 95 %?"

    utilization = Slider("utilisation", STOPS, default=SAFE, unit="%")
    servers = Slider("servers", [1, 2, 3, 4, 6, 8, 12, 16, 24, 32], default=1)
    service = Choice("work", SERVICES, default="exponential")
    arrivals = Choice("requests come", ARRIVALS, default="poisson")
    discipline = Choice("served", DISCIPLINES, default="first_come_first_served")
    view = Choice("beside the curve", VIEWS, default="queue")

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Tell of a server made busier, and of what else makes a queue long or short."""
        return STORY

    @property
    def _setting(self) -> Setting:
        return Setting(int(self.servers), self.service, self.arrivals, self.discipline)

    def simulate(self) -> queueing.QueueingResult:
        """Let 120,000 requests come."""
        return hockey_stick.simulate(self._setting, self.utilization)

    def answer(self) -> float:
        """Give the 99th percentile of the response times, in milliseconds."""
        return hockey_stick.measured(self._setting, self.utilization)[1]

    def chart(self) -> Chart:
        """Show response times against utilisation beside the queue over time, or beside all response times."""
        return Chart((self._hockey_stick(), self._queue() if self.view == "queue" else self._responses()))

    def _hockey_stick(self) -> Panel:
        setting, (mean, percentile) = self._setting, hockey_stick.measured(self._setting, self.utilization)
        marks = self._guess_band()
        loads, curves = CURVE, hockey_stick.curves(setting)
        if self.utilization < BEYOND and self.utilization not in loads:
            place = int(np.searchsorted(loads, self.utilization))
            loads, curves = [*loads[:place], self.utilization, *loads[place:]], np.insert(curves, place, (mean, percentile), axis=0)
        marks += [hockey_stick.line("mean", loads, curves[:, 0], "main"), hockey_stick.line("99th percentile", loads, curves[:, 1], "main")]
        marks += hockey_stick.lines_in_theory(setting)
        words = f"mean {_time(mean)}, p99 {_time(percentile)}" if self.utilization < BEYOND else "no steady state"
        marks.append(Rule(f"{self.utilization:g} %: {words}", self.utilization))
        return Panel("How long requests take", Axis("utilisation", (0, 110), unit="%"), Axis("response time", (0, LONGEST), unit="ms"), tuple(marks))

    def _queue(self) -> Panel:
        moments, present = self._present()
        seconds = (moments - moments[0]) / 1_000
        most = next(limit for limit in (100, 200, 500, 1_000, 5_000, REQUESTS) if present.max() <= limit)
        marks: list[Mark] = [Line("present", seconds.tolist(), present.tolist())]
        if self.servers > 1 and most == 100:
            marks.append(Rule(f"{self.servers} servers", self.servers, axis="y", role="reference"))
        title = "How many requests are there, for a minute"
        return Panel(title, Axis("time", (0, WINDOW / 1_000), unit="s"), Axis("requests present", (0, most)), tuple(marks))

    def _present(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Look at the queue at equally distant moments."""
        result = self.result
        start = float(result.arrivals[WARM_UP if self.utilization < BEYOND else 0])  # what grows is shown as it grows
        moments = np.linspace(start, start + WINDOW, MOMENTS)
        came = np.searchsorted(result.arrivals, moments, side="right")
        gone = np.searchsorted(np.sort(result.finishes, kind="stable"), moments, side="right")
        return moments, np.asarray(came - gone)

    def _responses(self) -> Panel:
        setting, responses = self._setting, self.result.responses[WARM_UP:]
        shares = np.concatenate((np.linspace(1, 0.1, 50), np.geomspace(0.1, 0.001, 50)))
        times = np.percentile(responses, 100 * (1 - shares))
        inside = slice(0, max(1, int(np.sum(times <= LONGEST))))
        mean, percentile = hockey_stick.measured(setting, self.utilization)
        marks: list[Mark] = [Line("slower than this", np.minimum(times[inside], LONGEST).tolist(), shares[inside].tolist())]
        if setting.memoryless and self.utilization < BEYOND:
            grid = np.linspace(0, LONGEST, 60)
            tail = np.asarray(theory.mmc_response_tail(setting.rate(self.utilization), 1 / SERVICE, setting.servers, grid))
            marks.append(Line("in theory", grid[tail >= 0.001].tolist(), tail[tail >= 0.001].tolist(), "theory"))
        marks.append(Rule(f"1 in 100, from {_time(percentile)} on", 0.01, axis="y", role="reference"))
        if mean <= LONGEST:
            marks.append(Rule(f"mean {_time(mean)}", mean, role="other"))
        times_axis = Axis("response time", (0, LONGEST), unit="ms")
        return Panel("Which share of the requests is slower", times_axis, Axis("share of requests", (0.001, 1), scale="log"), tuple(marks))

    def describe(self) -> str:
        """Say how long requests take, how sure that is, and what a busier or a less busy server would mean."""
        setting, load = self._setting, self.utilization
        who = "one server" if setting.servers == 1 else f"{setting.servers} servers"
        if load >= BEYOND:
            _, present = self._present()
            last = (self.result.finishes[-1] - self.result.arrivals[-1]) / 1_000
            first = f"Asked for {load:g} % of what they can do, {who} can never catch up, so there is no steady state"
            return f"{first}. After a minute {present[-1]:,} requests are there, and the last of all {REQUESTS:,} takes {last:,.0f} s."
        mean, percentile = hockey_stick.measured(setting, load)
        first = f"At {load:g} % {who} answer{'s' if setting.servers == 1 else ''} in {self._sure(mean)} on average"
        first += f", and 1 request in 100 takes longer than {_time(percentile)}, where the work itself is {SERVICE:.0f} ms"
        return f"{first}. {self._comparison(percentile)}."

    def _comparison(self, percentile: float) -> str:
        """Say what a busier or a less busy server would mean, or why nothing can be said."""
        setting, load = self._setting, self.utilization
        if setting.service == "pareto" and setting.discipline == "first_come_first_served":
            return "With so heavy a tail the mean wait is infinite: the longer you measure, the larger it gets, while the percentiles stay"
        other = TEMPTING if load < 90 else SAFE
        mean, elsewhere = hockey_stick.measured(setting, other)
        low, high = sorted((percentile, elsewhere))
        if high < 1.05 * low:
            return f"At {other} % nothing would change: where nobody comes and nothing takes long by chance, nobody waits"
        words = f"At {other} % that {'would be' if other == TEMPTING else 'was'} {_time(mean)} and {_time(elsewhere)}"
        makes = "make" if other == TEMPTING else "made"
        return f"{words}: {abs(other - load):g} points more {makes} the slowest {high / low:.1f} times as slow"

    def _sure(self, mean: float) -> str:
        estimate = estimates.mean(self.result.responses, warm_up=WARM_UP)
        width = f" ± {_time(estimate.half_width)}" if estimate.relative_half_width > 0.05 and self.service != "pareto" else ""
        return _time(mean) + width

    def table(self) -> pd.DataFrame:
        """Give the curves as numbers.

        Returns
        -------
        pandas.DataFrame
            Columns ``source`` (simulation, theory), ``name``, ``utilization`` in percent and ``milliseconds``.
        """
        setting = self._setting
        rows: list[tuple[str, str, float, float]] = [
            ("simulation", name, load, float(value))
            for load, values in zip(CURVE, hockey_stick.curves(setting), strict=True)
            for name, value in zip(("mean", "99th percentile"), values, strict=True)
        ]
        rows += [("theory", line.label, x, y) for line in hockey_stick.lines_in_theory(setting) for x, y in zip(line.x, line.y, strict=True)]
        return pd.DataFrame(rows, columns=["source", "name", "utilization", "milliseconds"])

    def scene_key(self) -> Any:
        """Name what the scene depends on: all but the view."""
        return self.utilization, self._setting

    def scene(self) -> Scene:
        """Play a stretch that begins with nobody there and takes about as long as requests take on average."""
        result = self.result
        first = self._stretch()
        shown = slice(first, first + SHOWN)
        arrivals, finishes, services = result.arrivals[shown], result.finishes[shown], result.services[shown]
        begin = arrivals[0]
        things = np.arange(SHOWN)
        sharing = self.discipline == "processor_sharing"
        desk = Station(
            "server" if self.servers == 1 else f"{self.servers} servers", 0.75, 0.5, slots=int(self.servers), layout="heap" if sharing else "queue"
        )
        stations = [Station("users", 0.05, 0.5, slots=0), desk]
        enter, leave = np.concatenate((arrivals, arrivals)) - begin, np.concatenate((arrivals, finishes)) - begin
        return Scene(
            f"{SHOWN} requests at {self.utilization:g} %",
            stations,
            thing=np.concatenate((things, things)),
            station=np.repeat([0, 1], SHOWN),
            enter=enter,
            leave=leave,
            size=np.concatenate((services, services)),
            kind=np.tile(services > 3 * SERVICE, 2).astype(int),
            value=np.concatenate((np.full(SHOWN, np.nan), finishes - arrivals)),
            kinds=("request", "more than 30 ms of work"),
            measure="response time (ms)",
            unit="ms",
            links=[(0, 1)],
        )

    def _stretch(self) -> int:
        """Find the first request of the stretch that is played."""
        result = self.result
        last_departures = np.maximum.accumulate(result.finishes)[WARM_UP - 1 : -SHOWN]
        alone = np.flatnonzero(result.arrivals[WARM_UP : 1 - SHOWN] >= last_departures) + WARM_UP
        if not alone.size:
            return 0
        sums = np.concatenate(([0.0], np.cumsum(result.responses)))
        means = (sums[alone + SHOWN] - sums[alone]) / SHOWN
        return int(alone[np.argmin(np.abs(means - hockey_stick.measured(self._setting, self.utilization)[0]))])
