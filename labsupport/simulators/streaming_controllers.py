"""Bitrate controllers: which rung of the ladder comes next, as the literature has it – by the throughput, by the buffer, or by both ends of it."""

from __future__ import annotations

import bisect
from typing import Any

import numpy as np

from labsupport import checks
from labsupport.simulators.streaming import DURATION, LADDER, Controller, Session, play

RESERVOIR, CUSHION_END = 90 / 240, 216 / 240  # of the buffer's capacity, as Huang et al. set them for 240 seconds
BOLA_GAMMA = 5.0  # γ·p of Spiteri et al.: how much an undisturbed picture is worth beside the utilities
REMEMBERED = 5  # segments whose throughput the rate-based controller remembers
CAUTION = 0.9  # of the throughput that it dares to use
CONTROLLERS = ("fixed", "rate_based", "bba0", "bola")


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
        As `streaming.play` takes them.
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
