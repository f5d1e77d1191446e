"""Adaptive streaming: a player that chooses, segment by segment, in which quality to load the next few seconds of a film.

A film is cut into segments of equal length, each stored at every bitrate of a *ladder*. The player loads one segment after the other
into its buffer and plays from there; when the buffer runs dry the picture stands still. Its *controller* decides which rung of
the ladder comes next: a higher one looks better and takes longer to arrive.
"""

from __future__ import annotations

import bisect
import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.kernels import kernel
from labsupport.simulators.numbering import read_only

Floats = NDArray[np.float64]
Controller = Callable[[float, float, list[float]], int]

#: Six of the ten rungs, in kbit/s, that Netflix once gave every film (Netflix Technology Blog, "Per-Title Encode Optimization", 2015).
LADDER = (235.0, 750.0, 1_750.0, 3_000.0, 4_300.0, 5_800.0)

RESERVOIR, CUSHION_END = 90 / 240, 216 / 240  # of the buffer's capacity, as Huang et al. set them for 240 seconds
BOLA_GAMMA = 5.0  # γ·p of Spiteri et al.: how much an undisturbed picture is worth beside the utilities
REMEMBERED = 5  # segments whose throughput the rate-based controller remembers
CAUTION = 0.9  # of the throughput that it dares to use
MOST_SEGMENTS = 100_000
DURATION = 4.0  # seconds of film in a segment, unless told otherwise
CONTROLLERS = ("fixed", "rate_based", "bba0", "bola")


@dataclass(frozen=True)
class Session:
    """How a film was watched.

    Attributes
    ----------
    rungs : ndarray of int64, shape (segments,)
        Which rung of the ladder each segment was loaded at, from 0. Read-only.
    ladder : ndarray of float64, shape (rungs,)
        Bitrates in kbit/s. Read-only.
    requests, arrivals : ndarray of float64, shape (segments,)
        When each segment was asked for, and when the last bit of it had come, in seconds. Read-only.
    plays : ndarray of float64, shape (segments,)
        When each began to play. Read-only.
    buffers : ndarray of float64, shape (segments,)
        Seconds of film that were loaded and not yet played when each segment was asked for. Read-only.
    duration : float
        Seconds of film in a segment.
    """

    rungs: NDArray[np.int64]
    ladder: Floats
    requests: Floats
    arrivals: Floats
    plays: Floats
    buffers: Floats
    duration: float

    @property
    def startup(self) -> float:
        """Seconds until the film began."""
        return float(self.plays[0])

    @property
    def stalls(self) -> Floats:
        """How long the picture stood still before each segment; the first is the wait for the film to begin."""
        return np.asarray(np.concatenate((self.plays[:1], np.maximum(np.diff(self.plays) - self.duration, 0.0))))

    @property
    def rebuffering(self) -> float:
        """Seconds in which the picture stood still after the film had begun."""
        return float(self.stalls[1:].sum())

    @property
    def switches(self) -> int:
        """How often a segment had another rung than the one before it."""
        return int(np.count_nonzero(np.diff(self.rungs)))

    @property
    def utilities(self) -> Floats:
        """What each segment is worth: the natural logarithm of its bitrate over the lowest, so that each doubling counts the same."""
        return np.asarray(np.log(self.ladder / self.ladder[0])[self.rungs])

    def score(self, stall_cost: float = 3.0, switch_cost: float = 0.2) -> float:
        """Weigh quality against disturbance: the utility of a segment, less a times the waiting and b times the switches.

        Parameters
        ----------
        stall_cost : float, default 3.0
            a: what a second costs in which nothing plays, the wait for the beginning included.
        switch_cost : float, default 0.2
            b: what a change of the rung costs.

        Returns
        -------
        float
            For the average segment.
        """
        lost = checks.number("stall_cost", stall_cost, 0) * float(self.stalls.sum()) + checks.number("switch_cost", switch_cost, 0) * self.switches
        return (float(self.utilities.sum()) - lost) / self.rungs.size


# The bandwidth is constant within each second, and the trace begins again when it is over. A request takes one round trip until the
# first bit comes. From there on bits come at the bandwidth of the second.
@kernel
def _arrival(asked: float, kilobits: float, rates: Floats, round_trip: float) -> float:
    time = asked + round_trip
    second = int(np.floor(time))
    left = kilobits
    while True:
        rate = rates[second % rates.size]
        room = (second + 1 - time) * rate
        if room >= left:
            return float(time + left / rate)
        left -= room
        second += 1
        time = float(second)


# The controllers are not public: students write one, and no single call shall be their answer.
def _fixed(rung: int) -> Controller:
    """Take the same rung always."""
    return lambda buffer, throughput, ladder: rung  # noqa: ARG005 - it looks at nothing


def _rate_based() -> Controller:
    """Take the highest rung within 90 % of the throughput that was seen: the harmonic mean of the last five segments.

    References
    ----------
    Jiang, Sekar, Zhang, "Improving Fairness, Efficiency, and Stability in HTTP-Based Adaptive Video Streaming with FESTIVE", CoNEXT 2012:
    the harmonic mean.
    """
    seen: list[float] = []

    def decide(buffer: float, throughput: float, ladder: list[float]) -> int:  # noqa: ARG001 - it does not look at the buffer
        if throughput == 0:
            return 0
        seen.append(throughput)
        recent = seen[-REMEMBERED:]
        estimate = len(recent) / sum(1 / each for each in recent)
        return max(bisect.bisect_right(ladder, CAUTION * estimate) - 1, 0)

    return decide


def _bba0(capacity: float) -> Controller:
    """Let the buffer alone decide, along a line: BBA-0.

    Up to the reservoir it takes the lowest rung, beyond the cushion the highest; between them the bitrate that the buffer allows rises
    in a straight line, and the rung changes only when that line has passed the next rung above or below. The reservoir ends at 3/8
    of the capacity, the cushion at 9/10.

    References
    ----------
    Huang, Johari, McKeown, Trunnell, Watson, "A Buffer-Based Approach to Rate Adaptation", SIGCOMM 2014, algorithm 1.
    """
    low, high = RESERVOIR * capacity, CUSHION_END * capacity
    last = 0

    def decide(buffer: float, throughput: float, ladder: list[float]) -> int:  # noqa: ARG001 - it does not look at the throughput
        nonlocal last
        top = len(ladder) - 1
        if buffer <= low:
            last = 0
        elif buffer >= high:
            last = top
        else:
            allowed = ladder[0] + (ladder[top] - ladder[0]) * (buffer - low) / (high - low)
            if last < top and allowed >= ladder[last + 1]:
                last = max(bisect.bisect_left(ladder, allowed) - 1, 0)  # the highest below what is allowed
            elif last > 0 and allowed <= ladder[last - 1]:
                last = bisect.bisect_right(ladder, allowed)  # the lowest above
        return last

    return decide


def _bola(capacity: float, duration: float) -> Controller:
    """Take the rung that gives most for its size, where a full buffer makes the small ones worth less: BOLA-BASIC.

    With Q segments in the buffer, it takes the rung m with the largest (V · (υ_m + γp) − Q) / S_m. υ_m is the rung's utility and S_m its size;
    V = (Q_max − 1) / (υ_highest + γp), so that the buffer is never asked to hold more than its Q_max segments; γp is 5.

    References
    ----------
    Spiteri, Urgaonkar, Sitaraman, "BOLA: Near-Optimal Bitrate Adaptation for Online Videos", INFOCOM 2016, sections III and IV.
    """

    def decide(buffer: float, throughput: float, ladder: list[float]) -> int:  # noqa: ARG001 - it does not look at the throughput
        rates = np.asarray(ladder)
        utilities = np.log(rates / rates[0])
        weight = max(capacity / duration - 1, 0.0) / (utilities[-1] + BOLA_GAMMA)
        scores = (weight * (utilities + BOLA_GAMMA) - buffer / duration) / rates
        return int(np.argmax(scores))  # of equals the lowest

    return decide


@dataclass(frozen=True)
class Line:
    """What lies between a player and the film, checked.

    Attributes
    ----------
    rates : ndarray of float64, shape (seconds,)
        What comes in each second, in kbit/s: the bandwidth, or less, where the window and the round trip limit it.
    round_trip : float
        Seconds.
    """

    rates: Floats
    round_trip: float

    @classmethod
    def checked(cls, bandwidth: Any, round_trip: float, window: float | None) -> Line:
        """Check a bandwidth trace, and limit it to one window in each round trip."""
        rates = checks.amounts("bandwidth", bandwidth, kind="bandwidth")
        if not rates.any():
            raise ValueError("bandwidth is 0 in every second, but something must come sometime")
        wait = checks.number("round_trip", round_trip, 0)
        if window is not None:
            limit = checks.number("window", window, above=0)
            rates = np.minimum(rates, limit / wait) if wait > 0 else rates
        return cls(rates, wait)


def _rungs_of(ladder: Any) -> Floats:
    rates = checks.amounts("ladder", ladder, above=0, kind="bitrate")
    if (np.diff(rates) <= 0).any():
        raise ValueError(f"ladder is {rates.tolist()}, but each rung must be higher than the one before")
    return rates


def _decider(controller: Any, segments: int) -> Controller:
    if callable(controller):
        own: Controller = controller
        return own
    if isinstance(controller, str):
        raise TypeError(f"controller is {controller!r} (str), but must be a function or the rungs of all segments; those with a name are watched")
    if len(controller) != segments:
        raise ValueError(f"controller holds {len(controller):,} rungs, but there are {segments:,} segments, and each must have one")
    decisions = iter(controller)
    return lambda buffer, throughput, ladder: next(decisions)  # noqa: ARG005 - they were made beforehand


def _controller(name: str, capacity: float, duration: float, rung: int) -> Controller:
    if name == "fixed":
        return _fixed(rung)
    if name == "rate_based":
        return _rate_based()
    return _bba0(capacity) if name == "bba0" else _bola(capacity, duration)


def watch(
    controller: str,
    bandwidth: Any,
    segments: int = 75,
    *,
    capacity: float = 30.0,
    round_trip: float = 0.0,
    window: float | None = None,
    rung: int = 0,
) -> Session:
    """Watch a film of segments of four seconds at the bitrates of `LADDER`, by a controller from the literature.

    Parameters
    ----------
    controller : {"fixed", "rate_based", "bba0", "bola"}
        The same rung always; the highest within 90 % of the harmonic mean of the last five throughputs; the buffer along a line, as Huang et al.
        have it; or what gives most for its size at this buffer, as Spiteri et al. have it.
    bandwidth, segments, capacity, round_trip, window
        As `play` takes them.
    rung : int, default 0
        The rung of "fixed".

    Returns
    -------
    Session

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    References
    ----------
    Jiang, Sekar, Zhang, "Improving Fairness, Efficiency, and Stability in HTTP-Based Adaptive Video Streaming with FESTIVE", CoNEXT 2012.
    Huang, Johari, McKeown, Trunnell, Watson, "A Buffer-Based Approach to Rate Adaptation", SIGCOMM 2014, algorithm 1.
    Spiteri, Urgaonkar, Sitaraman, "BOLA: Near-Optimal Bitrate Adaptation for Online Videos", INFOCOM 2016, sections III and IV.

    Examples
    --------
    >>> watch("bola", [3_000], segments=8).rungs
    array([0, 0, 0, 0, 1, 2, 2, 4])
    """
    name = checks.choice("controller", controller, CONTROLLERS)
    chosen = checks.integer("rung", rung, 0, len(LADDER) - 1)
    decide = _controller(name, checks.number("capacity", capacity, DURATION), DURATION, chosen)
    return play(decide, bandwidth, segments, capacity=capacity, round_trip=round_trip, window=window)


def play(
    controller: Controller | Sequence[int],
    bandwidth: Any,
    segments: int = 75,
    *,
    ladder: Any = LADDER,
    duration: float = DURATION,
    capacity: float = 30.0,
    round_trip: float = 0.0,
    window: float | None = None,
) -> Session:
    """Watch a film over a line, with a controller of one's own.

    Segments are loaded one after the other. One is asked for as soon as the one before it has come and the buffer has room for all of it;
    the film begins with its first segment and stands still whenever the next one is not there yet.

    Parameters
    ----------
    controller : callable or sequence of int
        A function that is given the seconds in the buffer, the throughput of the last segment in kbit/s (its size over the time from the
        request to its last bit; 0 before the first) and the ladder as a list, and returns a rung from 0; or the rungs of all
        segments, decided beforehand.
    bandwidth : array_like of float, shape (seconds,)
        kbit/s in each second, at least 0; begins again when it is over. Not written to.
    segments : int, default 75
    ladder : array_like of float, shape (rungs,)
        Bitrates in kbit/s, ascending. A segment's size is its bitrate times its duration.
    duration : float, default 4.0
        Seconds of film in a segment.
    capacity : float, default 30.0
        Seconds of film that the buffer holds, at least one segment.
    round_trip : float, default 0.0
        Seconds from a request until its first bit comes: short, if a cache is near.
    window : float, optional
        Kilobits that may be on their way at once, so that no more than one window comes in a round trip; no limit, if not given.

    Returns
    -------
    Session

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong, or the controller returns what is no rung.

    Examples
    --------
    At 1,000 kbit/s a segment of 4 seconds at 500 kbit/s comes in 2 seconds, one at 2,000 in 8:

    >>> session = play([0, 1, 0], [1000], segments=3, ladder=[500, 2000])
    >>> session.arrivals, session.plays, session.rebuffering
    (array([ 2., 10., 12.]), array([ 2., 10., 14.]), 4.0)

    A controller of one's own:

    >>> play(lambda buffer, throughput, ladder: 1 if buffer > 8 else 0, [1000], 5, ladder=[500, 2000]).rungs
    array([0, 0, 0, 0, 1])
    """
    line = Line.checked(bandwidth, round_trip, window)
    count = checks.integer("segments", segments, 1, MOST_SEGMENTS)
    rates, length = _rungs_of(ladder), checks.number("duration", duration, above=0)
    room = checks.number("capacity", capacity, length)
    decide, plain = _decider(controller, count), rates.tolist()

    rungs = np.empty(count, dtype=np.int64)
    requests, arrivals, plays, buffers = (np.empty(count) for _ in range(4))
    now, ends, throughput = 0.0, 0.0, 0.0  # ends: when what is loaded will have been played
    for segment in range(count):
        now = max(now, ends + length - room)  # until the buffer has room
        buffer = max(ends - now, 0.0)
        rungs[segment] = checks.integer("the controller's rung", decide(buffer, throughput, plain), 0, rates.size - 1)
        size = plain[rungs[segment]] * length
        requests[segment], buffers[segment] = now, buffer
        now = arrivals[segment] = _arrival(now, size, line.rates, line.round_trip)
        throughput = size / (now - requests[segment])
        plays[segment] = max(ends, now)
        ends = plays[segment] + length
    timeline = (read_only(requests), read_only(arrivals), read_only(plays), read_only(buffers))
    return Session(read_only(rungs), read_only(rates.copy()), *timeline, length)


@dataclass(frozen=True)
class Optimum:
    """What could have been done by somebody who knew the bandwidth beforehand.

    Attributes
    ----------
    session : Session
        A session that comes near the best, and that is no worse than any by a controller of this module.
    bound : float
        A score that no session exceeds.
    """

    session: Session
    bound: float


# Time on a grid. Say that the picture stands still for S seconds altogether. Segment n must then have come by n·p + S, and that alone matters,
# since a second costs the same whenever nothing plays. So for each S a table over (segment, time of its arrival, rung) holds the
# largest sum of utilities less switches (Bellman 1957). With arrivals rounded down to the grid, and room in the buffer
# as early as if nothing had stood still, no session is worth more; rounded up, and with room only after all S, each one found can be played.
@kernel
def _best(
    arrive: NDArray[np.int64], utilities: Floats, switch_cost: float, segments: int, length: int, room: int, deadline: int, delay: int
) -> tuple[float, NDArray[np.int64]]:
    """Return the largest value and its rungs. Times are in steps of the grid; what is asked for at t comes in step ``arrive[t, m]``."""
    rungs, width = utilities.size, room + deadline + 2
    values = np.full((rungs, width), -np.inf)
    chosen = np.full((segments, rungs, width), -1, dtype=np.int32)  # the cell before: rung · width + place
    for segment in range(segments):
        base = max(segment * length - room, 0)  # nothing can come earlier: there is no room for it
        before = max((segment - 1) * length - room, 0)
        latest = segment * length + deadline
        following = np.full((rungs, width), -np.inf)
        for last in range(rungs if segment else 1):
            for place in range(width if segment else 1):
                value = values[last, place] if segment else 0.0
                if value == -np.inf:
                    continue
                asked = max(before + place, (segment + 1) * length - room + delay) if segment else 0
                if asked >= arrive.shape[0]:
                    continue
                for rung in range(rungs):
                    came = arrive[asked, rung]
                    if came > latest or came < base:
                        continue
                    worth = value + utilities[rung] - (switch_cost if segment and rung != last else 0.0)
                    if worth > following[rung, came - base]:
                        following[rung, came - base] = worth
                        chosen[segment, rung, came - base] = last * width + place
        values = following
    best, found = -np.inf, np.full(segments, -1, dtype=np.int64)
    cell = -1
    for rung in range(rungs):
        for place in range(width):
            if values[rung, place] > best:
                best, cell = values[rung, place], rung * width + place
    if cell >= 0:
        for back in range(segments):
            segment = segments - 1 - back
            found[segment] = cell // width
            cell = chosen[segment, cell // width, cell % width]
    return best, found


@kernel
def _arrivals_on_grid(steps: int, step: float, sizes: Floats, rates: Floats, round_trip: float, up: bool) -> NDArray[np.int64]:
    arrive = np.empty((steps, sizes.size), dtype=np.int64)
    for index in range(steps):
        for rung in range(sizes.size):
            came = _arrival(index * step, sizes[rung], rates, round_trip) / step
            arrive[index, rung] = int(np.ceil(came - 1e-9)) if up else int(np.floor(came + 1e-9))
    return arrive


def optimum(
    bandwidth: Any,
    segments: int = 75,
    *,
    stall_cost: float = 3.0,
    switch_cost: float = 0.2,
    ladder: Any = LADDER,
    duration: float = 4.0,
    capacity: float = 30.0,
    round_trip: float = 0.0,
    window: float | None = None,
    steps: int = 20,
) -> Optimum:
    """Find how good a session could have been, by dynamic programming over times on a grid, with the bandwidth known beforehand.

    Parameters
    ----------
    bandwidth, segments, ladder, duration, capacity, round_trip, window
        As for `play`; the capacity must be a whole number of steps.
    stall_cost, switch_cost : float
        As for `Session.score`; a wait must cost something.
    steps : int, default 20
        How many steps of the grid a segment's duration has. Finer steps bring session and bound nearer to each other.

    Returns
    -------
    Optimum

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> best = optimum([1000], segments=3, ladder=[500, 2000])
    >>> best.session.rungs, best.session.score() <= best.bound
    (array([0, 0, 0]), True)
    """
    line = Line.checked(bandwidth, round_trip, window)
    count = checks.integer("segments", segments, 1, 1_000)
    waiting, switching = checks.number("stall_cost", stall_cost, above=0), checks.number("switch_cost", switch_cost, 0)
    rates, length = _rungs_of(ladder), checks.number("duration", duration, above=0)
    fine = checks.integer("steps", steps, 1, 1_000)
    step = length / fine
    room = round(checks.number("capacity", capacity, length) / step)
    if abs(room * step - capacity) > 1e-6 * capacity:
        raise ValueError(f"capacity is {capacity}, but must be a whole number of steps of {step} s")
    utilities, sizes = np.log(rates / rates[0]), rates * length
    film: dict[str, Any] = {"ladder": rates, "duration": length, "capacity": capacity, "round_trip": round_trip, "window": window}

    def worth(session: Session) -> float:
        return session.score(waiting, switching)

    known = [_fixed(rung) for rung in range(rates.size)] + [_rate_based(), _bba0(float(capacity)), _bola(float(capacity), length)]
    best = max((play(controller, bandwidth, count, **film) for controller in known), key=worth)
    grids = {up: (step, sizes, line.rates, line.round_trip, up) for up in (False, True)}
    most, spacing = count * float(utilities[-1]), max(1, fine // 8)
    first = int(_arrival(0.0, float(sizes[0]), line.rates, line.round_trip) / step)
    last = max(first + 1, int((most - count * worth(best)) / (waiting * step)) + 1)  # to stand still for longer cannot pay
    arrive = {up: _arrivals_on_grid(count * fine + last + 1, *grid) for up, grid in grids.items()}

    # From the fewest to the most seconds in which nothing plays: the range that promises most is halved, until it is short.
    ranges = [(-np.inf, first, last)]
    while True:
        _, low, high = heapq.heappop(ranges)
        middle = (low + high) // 2
        for begin, end in ((low, middle), (middle, high)):
            value, _ = _best(arrive[False], utilities, switching, count, fine, room, end, 0)
            heapq.heappush(ranges, (-(value - waiting * begin * step) / count, begin, end))
            _, rungs = _best(arrive[True], utilities, switching, count, fine, room, end, end)
            if rungs[0] >= 0:
                best = max(best, play(rungs.tolist(), bandwidth, count, **film), key=worth)
        promise, low, high = ranges[0]
        if high - low <= spacing or -promise <= worth(best):
            return Optimum(best, max(-promise, worth(best)))
