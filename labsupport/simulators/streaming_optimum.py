"""The best that a streaming session could have been, had somebody known beforehand what the line would carry."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport import checks
from labsupport.kernels import kernel
from labsupport.simulators.streaming import DURATION, LADDER, Floats, Line, Session, arrival, play, rungs_of
from labsupport.simulators.streaming_controllers import _bba0, _bola, _fixed, _rate_based


@dataclass(frozen=True)
class Optimum:
    """What could have been done by somebody who knew the bandwidth beforehand.

    Attributes
    ----------
    session : Session
        A session that comes near the best, and that is no worse than any by a controller of `streaming_controllers`.
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
def _on_grid(steps: int, step: float, sizes: Floats, rates: Floats, round_trip: float, up: bool) -> NDArray[np.int64]:
    arrive = np.empty((steps, sizes.size), dtype=np.int64)
    for index in range(steps):
        for rung in range(sizes.size):
            came = arrival(index * step, sizes[rung], rates, round_trip) / step
            arrive[index, rung] = int(np.ceil(came - 1e-9)) if up else int(np.floor(came + 1e-9))
    return arrive


def optimum(
    bandwidth: Any,
    segments: int = 75,
    *,
    stall_cost: float = 3.0,
    switch_cost: float = 0.2,
    ladder: Any = LADDER,
    duration: float = DURATION,
    capacity: float = 30.0,
    round_trip: float = 0.0,
    window: float | None = None,
    steps: int = 20,
) -> Optimum:
    """Find how good a session could have been, by dynamic programming over times on a grid, with the bandwidth known beforehand.

    Parameters
    ----------
    bandwidth, segments, ladder, duration, capacity, round_trip, window
        As for `streaming.play`; the capacity must be a whole number of steps.
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
    rates, length = rungs_of(ladder), checks.number("duration", duration, above=0)
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
    first = int(arrival(0.0, float(sizes[0]), line.rates, line.round_trip) / step)
    last = max(first + 1, int((most - count * worth(best)) / (waiting * step)) + 1)  # to stand still for longer cannot pay
    arrive = {up: _on_grid(count * fine + last + 1, *grid) for up, grid in grids.items()}

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
