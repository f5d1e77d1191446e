"""The streaming lab: a film over a line that changes, and a player that must choose its quality before it knows what the line will carry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from labsupport.labs import streaming_runs
from labsupport.labs.base import Lab
from labsupport.labs.chart import Axis, Chart, Panel, above
from labsupport.labs.controls import Choice, Slider
from labsupport.labs.marks import Bars, Line, Mark, Rule, Stairs
from labsupport.labs.scene import Scene, Station
from labsupport.labs.streaming_runs import FILM, SEGMENTS
from labsupport.simulators import monitoring
from labsupport.simulators.streaming import DURATION, LADDER, Session
from labsupport.simulators.streaming_controllers import RESERVOIR

CONTROLLERS = {"fixed": "always the same", "rate_based": "by the last speeds", "bba0": "by the buffer: BBA-0", "bola": "by the buffer: BOLA"}
SHORT = {"fixed": "fixed", "rate_based": "rate-based", "bba0": "BBA-0", "bola": "BOLA"}
COURSES = {"steady": "steady", "changing": "changing", "tunnels": "with tunnels"}
CACHES = {"far": "far, 200 ms", "near": "near, 20 ms"}
VIEWS = {"buffer": "the buffer over time", "scores": "the scores of all", "alert": "what a monitor sees"}
NOTICED = 10  # percent of a minute without a picture, above which an alert is pending

STORY: dict[str, dict[str, Any]] = {
    "Look at the buffer instead": {"controller": "bola"},
    "A longer buffer": {"controller": "bba0", "buffer": 120},
    "The cache is far away": {"controller": "bola", "bandwidth": 6.0, "cache": "far"},
    "Into a tunnel": {"controller": "rate_based", "course": "tunnels"},
    "Who comes near the best?": {"controller": "bola", "view": "scores"},
}


class StreamingLab(Lab[Session]):
    """Watch a film of five minutes over a line that changes: 75 segments of four seconds, each at one of six bitrates.

    A segment's utility is the logarithm of its bitrate over the lowest, 0 for 235 kbit/s up to 3.2 for 5,800. The score is the mean utility,
    less a for each second in which nothing plays and b for each change of the bitrate, both shared out over the segments. No more than
    64 KiB come in a round trip, which is what limits a line to a cache far away. A monitor looks every 15 seconds at how much of the last
    minute the picture stood still, the wait for the beginning left out; an alert fires when that has been more than 10 % for as long as ``hold``.

    Parameters
    ----------
    controller : str, default "rate_based"
        Who chooses the bitrate: fixed, rate_based, bba0 or bola.
    course : str, default "changing"
        How the line behaves: steady, changing, or with tunnels, in which next to nothing comes.
    bandwidth : float, default 3.0
        What it carries on average, 0.5 to 10 Mbit/s.
    cache : str, default "near"
        Where the film is kept: near (round trip 20 ms) or far (200 ms).
    buffer : int, default 24
        Seconds of film that the player may hold, 8 to 240.
    rung : int, default 4
        The rung of the ladder for a fixed quality, 1 to 6.
    stall_cost : float, default 3.0
        a, 0.5 to 10.
    switch_cost : float, default 0.2
        b, 0 to 1.
    view : str, default "buffer"
        What stands beside the bitrates: buffer, scores, or alert.
    hold : int, default 30
        For how many seconds an alert is pending before it fires, 0 to 120.
    prediction : str, optional
        See `Lab`. The question is for how many seconds nothing plays.

    Raises
    ------
    ValueError, TypeError
        If a control does not take its value.

    Examples
    --------
    >>> lab = StreamingLab(controller="bba0", course="steady")
    >>> lab.result.rebuffering
    0.0
    """

    title = "Adaptive streaming"
    question = (
        "A player takes the best quality that its last segments say the line can carry. In a film of five minutes, for how many seconds "
        "does nothing play?"
    )
    main = "bandwidth"

    controller = Choice("quality", CONTROLLERS, default="rate_based")
    course = Choice("line", COURSES, default="changing")
    bandwidth = Slider("carries on average", [0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0], default=3.0, unit="Mbit/s")
    cache = Choice("cache", CACHES, default="near")
    buffer = Slider("buffer", [8, 12, 16, 24, 32, 40, 60, 120, 240], default=24, unit="s")
    rung = Slider("fixed rung", [1, 2, 3, 4, 5, 6], default=4)
    stall_cost = Slider("a: a second of waiting", [0.5, 1.0, 2.0, 3.0, 5.0, 10.0], default=3.0)
    switch_cost = Slider("b: a change", [0.0, 0.1, 0.2, 0.5, 1.0], default=0.2)
    view = Choice("show", VIEWS, default="buffer")

    hold = Slider("alert, for", [0, 15, 30, 45, 60, 90, 120], default=30, unit="s")

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Tell of buffers, of distance, of tunnels, and of who comes near the best."""
        return STORY

    def idle(self) -> list[str]:
        """Name the rung, where the quality is not fixed, and how long an alert is pending, where none is shown."""
        resting = {"rung": self.controller != "fixed" and self.view != "scores", "hold": self.view != "alert"}
        return [name for name, rests in resting.items() if rests]

    def _watched(self, controller: str) -> Session:
        return streaming_runs.watch(controller, self.course, self.bandwidth, self.cache, float(self.buffer), int(self.rung) - 1)

    def _score(self, session: Session) -> float:
        return session.score(self.stall_cost, self.switch_cost)

    def _best(self) -> Session:
        place = (self.course, self.bandwidth, self.cache, float(self.buffer))
        return streaming_runs.best(*place, self.stall_cost, self.switch_cost).session

    def simulate(self) -> Session:
        """Watch the film."""
        return self._watched(self.controller)

    def answer(self) -> float:
        """Give for how many seconds nothing plays, the beginning included."""
        return float(self.result.stalls.sum())

    def chart(self) -> Chart:
        """Show what comes and what is chosen, beside the buffer or the scores."""
        return Chart((self._bitrates(), {"buffer": self._buffer, "scores": self._scores, "alert": self._alert}[self.view]()))

    @property
    def _time(self) -> Axis:
        longest = float(self.result.plays[-1]) + DURATION
        return Axis("time", (0, FILM + 20 if longest <= FILM + 20 else above(longest)), unit="s")

    def _bitrates(self) -> Panel:
        session, axis = self.result, self._time
        carried = streaming_runs.carried(self.course, self.bandwidth, self.cache) / 1_000
        seconds = np.arange(int(axis.limits[1]))
        rates = carried[seconds % carried.size]
        kept = np.concatenate(([True], np.diff(rates) != 0))[: seconds.size]
        ends = [float(axis.limits[1])]
        marks: list[Mark] = []
        if seconds.size <= 2 * carried.size:  # later it only repeats
            marks.append(Stairs("line", [*seconds[kept].tolist(), *ends], [*rates[kept].tolist(), float(rates[-1])], "reference"))
        chosen = session.ladder[session.rungs] / 1_000
        changed = np.concatenate(([True], np.diff(chosen) != 0))
        times = [*session.requests[changed].tolist(), float(session.arrivals[-1])]
        marks.append(Stairs("chosen", times, [*chosen[changed].tolist(), float(chosen[-1])]))
        top = above(1.1 * max(float(rates.max()), LADDER[-1] / 1_000))
        return Panel("What the line carries, and what the player chooses", axis, Axis("bitrate", (0, top), unit="Mbit/s"), tuple(marks))

    def _buffer(self) -> Panel:
        session = self.result
        times, levels = [0.0], [0.0]
        for segment in range(SEGMENTS):
            came = float(session.arrivals[segment])
            if segment:
                ends = float(session.plays[segment - 1]) + DURATION
                if ends < came:
                    times.append(ends)
                    levels.append(0.0)
                times.append(came)
                levels.append(max(ends - came, 0.0))
            times.append(came)
            levels.append(levels[-1] + DURATION if segment else DURATION)
        times.append(float(session.plays[-1]) + DURATION)
        levels.append(0.0)
        marks: list[Mark] = [Line("in the buffer", times, levels), Rule("full", float(self.buffer), axis="y", role="reference")]
        if self.controller == "bba0":
            marks.append(Rule("reservoir", RESERVOIR * self.buffer, axis="y", role="theory"))
        stalls = session.stalls
        if self.controller != "bba0" and stalls[1:].max() >= 0.05:
            longest = 1 + int(np.argmax(stalls[1:]))
            marks.append(Rule(f"stands still for {stalls[longest]:.1f} s", float(session.plays[longest])))
        return Panel("What is loaded and not yet played", self._time, Axis("film", (0, 1.2 * self.buffer), unit="s"), tuple(marks))

    def _watch_over(self) -> monitoring.AlertResult:
        times, shares = streaming_runs.reports(self.result)
        return monitoring.alert(times, 100 * shares, NOTICED, float(self.hold))

    def _alert(self) -> Panel:
        times, shares = streaming_runs.reports(self.result)
        marks: list[Mark] = [Stairs("of the last minute", times.tolist(), (100 * shares).tolist())]
        marks.append(Rule("alert", NOTICED, axis="y", role="reference"))
        fired = self._watch_over().fired
        if fired.size:
            marks.append(Rule(f"fires at {fired[0]:.0f} s", float(fired[0]), role="measurement"))
        axis = Axis("picture stood still", (0, min(110.0, above(max(2 * NOTICED, 110 * float(shares.max()))))), unit="%")
        return Panel("What a monitor sees, every 15 seconds", self._time, axis, tuple(marks))

    def _scores(self) -> Panel:
        sessions = {**{SHORT[name]: self._watched(name) for name in CONTROLLERS}, "best possible": self._best()}
        scores = [self._score(session) for session in sessions.values()]
        utilities = [float(session.utilities.mean()) for session in sessions.values()]
        shown = [max(score, 0.0) for score in scores]
        labels = [
            f"{score:.2f}; waits {session.stalls.sum():.0f} s, {session.switches} changes"
            for score, session in zip(scores, sessions.values(), strict=True)
        ]
        lost = [max(utility - score, 0.0) for utility, score in zip(utilities, shown, strict=True)]
        bars = Bars(list(sessions), [("score", shown), ("lost", lost)], labels, selected=list(CONTROLLERS).index(self.controller))
        return Panel("Score", Axis("score solid, lost to waiting and changes hatched", (0, 3.5)), None, (bars,))

    def describe(self) -> str:
        """Say what was seen, and how near that comes to the best or to the other controllers."""
        session, score = self.result, self._score(self.result)
        rate = float(session.ladder[session.rungs].mean()) / 1_000
        changes = f"{session.switches} change{'' if session.switches == 1 else 's'}"
        first = f"The film is seen at {rate:.1f} Mbit/s on average, with {changes} of quality, and nothing plays for {_seconds(self.answer())}"
        before = "all" if session.rebuffering < 0.05 else _seconds(session.startup)
        first += f", {before} of it before the film begins: a score of {score:.2f}"
        if self.view == "scores":
            best = self._score(self._best())
            second = f"Who had known the line beforehand could have had {best:.2f}"
            others = {name: self._score(self._watched(name)) for name in CONTROLLERS}
            winner = max(others, key=lambda name: others[name])
            second += f"; of those who do not, {SHORT[winner]} comes nearest with {others[winner]:.2f}"
        elif self.view == "alert":
            second = self._noticed()
        elif self.cache == "far" and streaming_runs.line(self.course, self.bandwidth).max() > streaming_runs.WINDOW / 0.2:
            second = f"With 64 KiB in each round trip of 200 ms no more than {streaming_runs.WINDOW / 200:.1f} Mbit/s come from so far, "
            second += f"whatever the line can carry; from a cache nearby the score would be {self._elsewhere_score():.2f}"
        else:
            other = "bola" if self.controller != "bola" else "rate_based"
            session = self._watched(other)
            second = f"On the same line {'BOLA, which looks' if other == 'bola' else 'the rate-based player, which looks'}"
            second += f" only at {'its buffer' if other == 'bola' else 'its last speeds'}, waits for {_seconds(float(session.stalls.sum()))}"
            second += f" and scores {self._score(session):.2f}"
        return f"{first}. {second}."

    def _noticed(self) -> str:
        begins, ends = streaming_runs.stops(self.result)
        if not begins.size:
            return "The picture never stands still once it plays, and no alert fires"
        often = "once" if begins.size == 1 else f"{begins.size} times"
        again, watched = f"The picture stands still {often}, for {_seconds(float((ends - begins).sum()))} in all", self._watch_over()
        if watched.fired.size:
            fired = watched.fired[0]
            over = float(np.maximum(np.minimum(ends, fired) - begins, 0.0).sum())
            return f"{again}; the alert fires {fired - begins[0]:.0f} s after it first did, when {_seconds(over)} of it are over"
        pending = f"is pending, but not for {self.hold:g} s at a stretch" if watched.active.any() else f"needs more than {NOTICED} % of a minute"
        return f"{again}; no alert fires, since it {pending}"

    def _elsewhere_score(self) -> float:
        place = (self.controller, self.course, self.bandwidth, "near", float(self.buffer), int(self.rung) - 1)
        return self._score(streaming_runs.watch(*place))

    def table(self) -> pd.DataFrame:
        """Give every controller's film in numbers, and the best possible one.

        Returns
        -------
        pandas.DataFrame
            Columns ``controller``, ``bitrate`` in kbit/s, ``utility``, ``startup`` and ``rebuffering`` in seconds, ``switches`` and ``score``.
        """
        rows = []
        for name, session in {**{name: self._watched(name) for name in CONTROLLERS}, "best possible": self._best()}.items():
            seen = (float(session.ladder[session.rungs].mean()), float(session.utilities.mean()))
            rows.append((name, *seen, session.startup, session.rebuffering, session.switches, self._score(session)))
        return pd.DataFrame(rows, columns=["controller", "bitrate", "utility", "startup", "rebuffering", "switches", "score"])

    def scene_key(self) -> Any:
        """Name what the scene depends on: all but the costs, the view and the alert."""
        return {name: value for name, value in self.state.items() if name not in ("stall_cost", "switch_cost", "view", "hold")}

    def scene(self) -> Scene:
        """Play the film: each segment comes from the cache, waits in the buffer, and is shown."""
        session, things = self.result, np.arange(SEGMENTS)
        stations = [
            Station("cache", 0.08, 0.5, CACHES[self.cache], control="cache"),
            Station("buffer", 0.5, 0.5, f"{self.buffer:g} s", slots=0, layout="heap"),
            Station("screen", 0.92, 0.5, CONTROLLERS[self.controller], control="controller"),
        ]
        return Scene(
            f"{SEGMENTS} segments on their way to the screen",
            stations,
            thing=np.tile(things, 3),
            station=np.repeat([0, 1, 2], SEGMENTS),
            enter=np.concatenate((session.requests, session.arrivals, session.plays)),
            leave=np.concatenate((session.arrivals, session.plays, session.plays + DURATION)),
            kind=np.tile(session.rungs, 3),
            size=np.tile(session.ladder[session.rungs], 3),
            value=np.concatenate((session.arrivals - session.requests, np.full(2 * SEGMENTS, np.nan))),
            kinds=[f"{rate:,.0f} kbit/s" for rate in LADDER],
            measure="time to load (s)",
            noun="segment",
            links=[(0, 1), (1, 2)],
        )


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:,.0f} s"
