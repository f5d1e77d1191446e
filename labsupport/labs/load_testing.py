"""The load-test lab: one plan, one server, and two logs – of a tool that waits for each answer, and of users who do not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from labsupport import theory
from labsupport.labs import load_testing_runs as runs
from labsupport.labs import measurements
from labsupport.labs.base import Lab
from labsupport.labs.chart import Axis, Chart, Panel, above
from labsupport.labs.controls import Choice, Slider
from labsupport.labs.load_testing_runs import BEGINS, PEAKS, SECONDS, SHARES, WORK, Setting
from labsupport.labs.marks import Line, Mark, Points, Role, Rule, Stairs
from labsupport.labs.scene import Scene, State, Station
from labsupport.simulators.load_testing import LoadTestResult

SHAPES = {"soak": "soak: as much all the time", "ramp": "ramp: more and more", "spike": "spike", "stress": "stress, and recovery"}
VIEWS = {"time": "requests over time", "sent": "what was sent", "knee": "the knee: p99 at every load", "measured": "the knee, measured"}
TIMES = (0.1, 100_000.0)  # ms
SLOW = 0.1  # seconds: who waits longer has noticed
SHOWN = 600  # requests on the stage
DOTS = 160  # and in the picture

STORY: dict[str, dict[str, Any]] = {
    "Many connections": {"connections": 200},
    "No stall: where is the knee?": {"stall": 0.0, "view": "knee"},
    "A spike": {"shape": "spike", "peak": 120, "stall": 0.0},
    "Stress, and recovery": {"shape": "stress", "peak": 120, "stall": 0.0},
    "When the tool falls silent": {"view": "sent"},
}


@dataclass(frozen=True)
class LoadTestLabResult:
    """One minute of the same plan, in two ways.

    Attributes
    ----------
    tool : LoadTestResult
        What a tool wrote into its log whose connections wait for their answers.
    users : LoadTestResult
        What users met who came at their own times.
    tool_percentiles, users_percentiles : ndarray of float64, shape (shares,)
        The response times that all but each of `load_testing_runs.SHARES` do not exceed, in milliseconds.
    """

    tool: LoadTestResult
    users: LoadTestResult
    tool_percentiles: NDArray[np.float64]
    users_percentiles: NDArray[np.float64]


class LoadTestLab(Lab[LoadTestLabResult]):
    """Test a server for a minute with a tool in a closed loop, and see beside it what users in an open loop would have met.

    A request is 1 ms of work on average, exponentially distributed, so that the server can do 1,000 a second. The tool sends as evenly as
    the plan says, but on each of its connections only after the answer to the last request; users come at random, as many on average.

    Parameters
    ----------
    shape : str, default "soak"
        How the load changes in the minute: soak, ramp, spike or stress, which ends with a recovery.
    peak : int, default 50
        How much is asked for at most, in percent of what the server can do, 10 to 130.
    stall : float, default 2.0
        For how many seconds the server does nothing after a third of the time, 0 to 5.
    connections : int, default 10
        How many the tool has, 1 to 200.
    view : str, default "time"
        What stands beside the percentiles: single requests over time, what was sent, or the knee; or measured, if measurements are given.
    measured : pandas.DataFrame, optional
        Measurements to draw beside the simulation: the table of a comparison by `labsupport.systems.load_tools.compare`, whose server takes
        equally long for each request.
    prediction : str, optional
        See `Lab`. The question is the users' 99th percentile, in milliseconds.

    Raises
    ------
    ValueError, TypeError
        If a control does not take its value.

    Examples
    --------
    >>> lab = LoadTestLab()
    >>> lab.answer() > float(200_000 * np.percentile(lab.result.tool.responses, 99))
    True
    """

    title = "Load test"
    question = (
        "In a minute's test with ten connections a server once stops for 2 s, and 99 of 100 requests in the tool's log took less than 8 ms. "
        "Users do not wait for each other: what is their 99th percentile?"
    )
    main = "connections"

    shape = Choice("load", SHAPES, default="soak")
    peak = Slider("at most", PEAKS, default=50, unit="%")
    stall = Slider("the server stops for", [0.0, 0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 5.0], default=2.0, unit="s")
    connections = Slider("tool's connections", [1, 2, 5, 10, 20, 50, 100, 200], default=10)
    view = Choice("beside them", VIEWS, default="time")

    def __init__(self, *, measured: pd.DataFrame | None = None, **controls: Any) -> None:
        self._measured = measurements.checked(measured, "loop", "load", "throughput", "p99_ms")
        super().__init__(**controls)

    def declarations(self) -> list[dict[str, Any]]:
        """Say what the front end needs of each control; without measurements, they are not offered."""
        declared = super().declarations()
        if self._measured is None:
            offered = next(control for control in declared if control["name"] == "view")
            offered["options"] = [option for option in offered["options"] if option[0] != "measured"]
        return declared

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Tell of connections, of the knee, of spikes and of recovery, and of what a polite tool does not send."""
        return STORY

    def simulate(self) -> LoadTestLabResult:
        """Test for a minute, and let users come for a minute."""
        if self.view == "measured" and self._measured is None:
            raise ValueError("view is 'measured', but the lab was given no measurements: use LoadTestLab(measured=…)")
        setting = Setting(self.shape, self.peak, self.stall, int(self.connections))
        tool, users = runs.tool(setting), runs.users(self.shape, self.peak, self.stall)
        return LoadTestLabResult(tool.requests, users.requests, tool.percentiles, users.percentiles)

    def answer(self) -> float:
        """Give the 99th percentile of what users met, in milliseconds."""
        return self._hundredth()[1]

    def _hundredth(self) -> tuple[float, float]:
        """Return the tool's and the users' 99th percentile, in milliseconds."""
        place = int(np.searchsorted(-SHARES, -0.01))
        return float(self.result.tool_percentiles[place]), float(self.result.users_percentiles[place])

    def chart(self) -> Chart:
        """Show the percentiles of both, beside the test as it went or the knee."""
        return Chart(
            (self._percentiles(), {"time": self._over_time, "sent": self._sent, "knee": self._knee, "measured": self._in_reality}[self.view]())
        )

    def _percentiles(self) -> Panel:
        result, one_in = self.result, 1 / SHARES
        tool, users = self._hundredth()
        marks = self._guess_band()
        marks.append(Line("users", one_in.tolist(), result.users_percentiles.tolist()))
        marks.append(Line("tool’s log", one_in.tolist(), result.tool_percentiles.tolist(), "other"))
        if self.shape == "soak" and self.stall == 0 and self.peak < 100:
            exact = [1_000 * float(theory.mm1_response_percentile(self.peak / 100 / WORK, 1 / WORK, 1 - share)) for share in SHARES[::17]]
            marks.append(Points("users in theory", one_in[::17].tolist(), exact, "theory"))
        marks.append(Rule(f"p99: users {_time(users)}, tool {_time(tool)}", 100.0, role="reference"))
        names = ((2.0, "50 %"), (10.0, "90 %"), (100.0, "99 %"), (1_000.0, "99.9 %"))
        x = Axis("share of requests that are faster", (2.0, 1_000.0), scale="log", names=names)
        return Panel("Two logs of one server", x, Axis("response time", TIMES, unit="ms", scale="log"), tuple(marks))

    def _over_time(self) -> Panel:
        start, end = self._stretch()
        inside = [(each.sent >= start) & (each.sent <= end) for each in (self.result.users, self.result.tool)]
        every = max(1, -(-int(sum(each.sum() for each in inside)) // DOTS))
        dots = []
        for (name, result, role), which in zip(self._both(), inside, strict=True):
            kept = self._thinned(result, np.flatnonzero(which), every)
            dots.append(Points(name, result.sent[kept].tolist(), result.responses[kept].tolist(), role))
        top = above(1.15 * max(*(max(each.y) for each in dots), 0.01))
        x, y = Axis("second of the test", (start, end)), Axis("response time", (-0.02 * top, top), unit="s")
        return Panel(f"One request in {every}: when it was sent, how long it took", x, y, tuple(dots))

    def _both(self) -> tuple[tuple[str, LoadTestResult, Role], tuple[str, LoadTestResult, Role]]:
        return ("users", self.result.users, "main"), ("tool’s log", self.result.tool, "other")

    def _stretch(self) -> tuple[float, float]:
        """Say from when to when something is to be seen: from before the stall until nobody suffers from it, or all the time."""
        if not self.stall:
            return 0.0, float(SECONDS)
        late = self.result.users.sent[self.result.users.responses > self.stall / 20]
        return BEGINS - self.stall, min(float(SECONDS), BEGINS + above(max(2 * self.stall, 1.2 * (late[-1] - BEGINS))))

    def _thinned(self, result: LoadTestResult, which: NDArray[np.int64], every: int) -> NDArray[np.int64]:
        """Keep one request in some, so that one of those that the stall meets is among them."""
        stuck = int(np.searchsorted(result.finishes[which], BEGINS + self.stall)) if self.stall else 0
        return which[stuck % every :: every]

    def _sent(self) -> Panel:
        seconds = [float(second) for second in range(SECONDS + 1)]
        lines, most = [], 0
        for (_, result, role), name in zip(self._both(), ("users came", "tool sent"), strict=True):
            counts = runs.second_by_second(result)
            most = max(most, int(counts.max()))
            lines.append(Stairs(name, seconds, [*counts.tolist(), int(counts[-1])], role))
        x, y = Axis("second of the test", (0, SECONDS)), Axis("requests", (0, above(1.25 * most)))
        return Panel("What was sent in each second", x, y, tuple(lines))

    def _knee(self) -> Panel:
        loads = [float(peak) for peak in PEAKS]
        below = [load for load in loads if load < 100]
        exact = [1_000 * float(theory.mm1_response_percentile(load / 100 / WORK, 1 / WORK, 0.99)) for load in below]
        marks: list[Mark] = [
            Line("users", loads, runs.knee_of_users().tolist()),
            Line("tool", loads, runs.knee_of_tool(int(self.connections)).tolist(), "other"),
            Line("M/M/1", below, exact, "theory"),
            Rule(f"{self.peak:g} %", self.peak, role="reference"),
        ]
        x = Axis("asked for", (0, 140), unit="%")
        return Panel("p99 in soak tests, without a stall", x, Axis("response time", TIMES, unit="ms", scale="log"), tuple(marks))

    def _in_reality(self) -> Panel:
        """Show what tools measured of a real server, in closed loops and in an open one, beside the simulation and theory of both."""
        if self._measured is None:
            raise ValueError("there are no measurements")
        closed, opened = (self._measured[self._measured["loop"] == loop] for loop in ("closed", "open"))
        most = float(measurements.rows(closed, "theory")["throughput"].max())
        marks: list[Mark] = [Line("users, simulated", *runs.knee_of_constant_work(1 / most))]
        for source in ("simulation", "theory"):
            rows = measurements.rows(closed, source).sort_values("load")
            x, y = (100 * rows["throughput"] / most).tolist(), rows["p99_ms"].tolist()
            marks.append(Line("tools, simulated", x, y, "other") if source == "simulation" else Points("tools in theory", x, y, "theory"))
        for connections, rows in measurements.rows(closed).groupby("load"):
            words = measurements.named(rows, f"{connections:g} connection{'' if connections == 1 else 's'}")
            marks.append(Points(words, (100 * rows["throughput"] / most).tolist(), rows["p99_ms"].tolist()))
        rows = measurements.rows(opened)
        if len(rows):
            marks.append(Points(measurements.named(rows, "open loop"), (100 * rows["load"] / most).tolist(), rows["p99_ms"].tolist()))
        x_axis = Axis("served, of what the server can do", (0, 110), unit="%")
        title = f"p99 of a server that takes {1_000 / most:.3g} ms for each request"
        top = above(1.5 * max(y for mark in marks if isinstance(mark, Line) for y in mark.y), (1, 10))
        return Panel(title, x_axis, Axis("response time", (1.0, top), unit="ms", scale="log"), tuple(marks))

    def describe(self) -> str:
        """Say what both logs say, and what the tool did not ask."""
        tool, users = self._hundredth()
        first = f"In the tool’s log 1 request in 100 takes longer than {_time(tool)}; of the users who come by the same plan, 1 in 100 waits "
        first += f"longer than {_time(users)}"
        if self.stall:
            sent, came = self._during()
            second = f"In the {self.stall:g} s in which the server stops {came:,} {'user comes' if came == 1 else 'users come'}, and the tool "
            second += f"sends {sent:,} {'request' if sent == 1 else 'requests'}"
            second += (
                " and then waits: what it does not send, it does not measure" if came > 1.3 * sent else ", nearly as many: it sees what they see"
            )
            return f"{first}. {second}."
        if users > 2 * tool:
            late = self.result.users.sent[self.result.users.responses > SLOW]
            connections = "connection never has" if self.connections == 1 else f"{self.connections} connections never have"
            second = f"The tool’s {connections} more than {self.connections} on their way, where users queue up"
            last = f", {100 * late.size / self.result.users.sent.size:.0f} % of them for more than {_time(1_000 * SLOW)}" if late.size else ""
            until = f", the last of whom comes after {late[-1]:.0f} s" if late.size and late[-1] < SECONDS - 1 else ""
            return f"{first}. {second}{last}{until}."
        return f"{first}. Nothing keeps the tool from sending when it should, so both logs tell much the same."

    def _during(self) -> tuple[int, int]:
        """Count what the tool sends while the server stops, and who comes."""
        sent, came = (np.diff(np.searchsorted(each.sent, (BEGINS, BEGINS + self.stall)))[0] for each in (self.result.tool, self.result.users))
        return int(sent), int(came)

    def table(self) -> pd.DataFrame:
        """Give the percentiles of both logs.

        Returns
        -------
        pandas.DataFrame
            Columns ``percentile``, ``tool`` and ``users``, in milliseconds.
        """
        logs = {"tool": self.result.tool_percentiles, "users": self.result.users_percentiles}
        return pd.DataFrame({"percentile": 100 * (1 - SHARES), **logs})

    def scene_key(self) -> Any:
        """Name what the scene depends on: all but the view."""
        return {name: value for name, value in self.state.items() if name != "view"}

    def scene(self) -> Scene:
        """Play both around the stall, or around where it would be."""
        start, end = (BEGINS - self.stall / 2, BEGINS + 2.5 * self.stall) if self.stall else (BEGINS - 0.5, BEGINS + 2.0)
        inside = [np.flatnonzero((each.sent >= start) & (each.sent < end)) for each in (self.result.tool, self.result.users)]
        every = max(1, -(-sum(map(len, inside)) // SHOWN))
        stations = [
            Station("tool", 0.08, 0.25, f"{self.connections} connection{'' if self.connections == 1 else 's'}", slots=0),
            Station("its server", 0.8, 0.25, sets={"stall": 0.0 if self.stall else 2.0}),
            Station("users", 0.08, 0.75, slots=0),
            Station("their server", 0.8, 0.75, sets={"stall": 0.0 if self.stall else 2.0}),
        ]
        parts = []
        for place, (which, result) in enumerate(zip(inside, (self.result.tool, self.result.users), strict=True)):
            kept = self._thinned(result, which, every)
            parts.append((place, result.sent[kept], result.finishes[kept]))
        things = np.arange(sum(sent.size for _, sent, _ in parts))
        sent, finishes = (np.concatenate([part[column] for part in parts]) for column in (1, 2))
        source = np.concatenate([np.full(part[1].size, 2 * part[0]) for part in parts])
        stops: list[tuple[float, State]] = [(BEGINS, "down"), (BEGINS + self.stall, "up")] if self.stall else []
        return Scene(
            f"{'All requests' if every == 1 else f'One request in {every}'} of {end - start:.3g} s",
            stations,
            thing=np.concatenate((things, things)),
            station=np.concatenate((source, source + 1)),
            enter=np.concatenate((sent, sent)),
            leave=np.concatenate((sent, finishes)),
            value=np.concatenate((np.full(things.size, np.nan), 1_000 * (finishes - sent))),
            measure="response time (ms)",
            changes=[(time, server, state) for server in (1, 3) for time, state in stops],
            links=[(0, 1), (2, 3)],
        )


def _time(milliseconds: float) -> str:
    if milliseconds < 9.95:
        return f"{milliseconds:.1f} ms"
    return f"{milliseconds:.0f} ms" if milliseconds < 999.5 else f"{milliseconds / 1_000:.1f} s"
