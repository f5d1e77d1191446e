"""What the exercise on a buffer-based player needs: films, lines, and a referee who plays what a student decides. No controller is in here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypedDict

import numpy as np

from labsupport import checks, workloads
from labsupport.exercises.expectations import NotYet
from labsupport.simulators import streaming, streaming_controllers

HINTS = {
    "controller": (
        "What does a full buffer say about the line, and what does an empty one? Which quality would you take with two seconds left, and which "
        "with the buffer full?",
        "Let the quality rise with the buffer. How much of the buffer should be kept for what the line may do while a segment of good quality "
        "is on its way – and on which line does that matter most?",
        "The steps of a ladder are factors, not sums: on a poor line, half of the way in kbit/s is far too much. What is half of the way in "
        "rungs – or in doublings?",
    ),
}


class Film(TypedDict):
    """What a player knows about a film: bitrates in kbit/s, ascending; seconds of a segment; seconds that the buffer holds."""

    ladder: list[float]
    duration: float
    capacity: float


KINDS = {"changing": (0.15, 0.4, 0.8, 1.3), "tunnels": (0.01, 0.5, 0.8, 1.1), "poor": (0.6, 2.0, 4.0, 8.0)}  # times the highest rung, or the lowest
STAYS = {"changing": 10.0, "tunnels": 8.0, "poor": 10.0}  # seconds
TITLES: Mapping[str, tuple[tuple[float, ...], float, float]] = {
    "cartoon": ((100, 150, 250, 400, 650, 1_000, 1_600, 2_500, 4_000), 4.0, 40.0),
    "match": ((500, 1_000, 2_000, 4_000, 8_000, 16_000), 2.0, 20.0),
    "talk": ((150, 400, 800, 1_500), 5.0, 50.0),
}
SECONDS, LINES = 300, 8  # of film, and lines on which it is watched
ROUND_TRIP = 0.02  # seconds
STALL_COST, SWITCH_COST = 3.0, 0.2  # a and b
NEAR = 0.9  # times BOLA's score


def film(title: str) -> Film:
    """Return what a player knows about a film.

    Parameters
    ----------
    title : {"cartoon", "match", "talk"}

    Returns
    -------
    dict
        ``ladder``, its bitrates in kbit/s, ascending; ``duration`` of a segment and ``capacity`` of the buffer, in seconds.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> film("talk")
    {'ladder': [150.0, 400.0, 800.0, 1500.0], 'duration': 5.0, 'capacity': 50.0}
    """
    ladder, duration, capacity = TITLES[checks.choice("title", title, TITLES)]
    return {"ladder": [float(rate) for rate in ladder], "duration": duration, "capacity": capacity}


def line(kind: str, title: str, seed: int) -> list[float]:
    """Make a line over which a film is watched.

    Parameters
    ----------
    kind : {"changing", "tunnels", "poor"}
        Often below and sometimes above the highest rung; good, but with tunnels in which next to nothing comes; or never far above the lowest.
    title : {"cartoon", "match", "talk"}
        What is watched: levels are multiples of its bitrates.
    seed : int
        Same seed, same line.

    Returns
    -------
    list of float
        kbit/s in each of 360 seconds.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> sorted(set(line("poor", "talk", 1)))
    [90.0, 300.0, 600.0, 1200.0]
    """
    kind = checks.choice("kind", kind, KINDS)
    ladder = film(title)["ladder"]
    levels = [level * ladder[0 if kind == "poor" else -1] for level in KINDS[kind]]
    return [float(rate) for rate in workloads.markov_bandwidth(360, levels, STAYS[kind], seed).round(6)]


def watched(choose: Callable[[float, int, Film], Any], title: str, rates: Iterable[float]) -> dict[str, float]:
    """Watch a film of five minutes with a student's controller.

    Parameters
    ----------
    choose : callable
        Takes the seconds in the buffer, the rung of the last segment (0 before the first) and the film; returns the next segment's rung.
    title : {"cartoon", "match", "talk"}
    rates : iterable of float
        kbit/s in each second; begins again when it is over.

    Returns
    -------
    dict
        ``utility`` of the average segment, ``waits`` in seconds, the beginning included, ``changes``, the ``score``, and what ``bola`` scores.

    Raises
    ------
    TypeError, ValueError
        If a rung is none.

    Examples
    --------
    >>> watched(lambda *_: 0, "talk", line("changing", "talk", 1))["utility"]
    0.0
    """
    shown, last = film(title), 0

    def decide(buffer: float, throughput: float, ladder: list[float]) -> int:  # noqa: ARG001 - who looks at the buffer sees no throughput
        nonlocal last
        chosen = choose(float(buffer), last, {"ladder": ladder, "duration": shown["duration"], "capacity": shown["capacity"]})
        last = checks.integer("rung", chosen, 0, len(ladder) - 1)
        return last

    trace = np.array(list(rates))
    settings: Any = {**shown, "round_trip": ROUND_TRIP, "segments": round(SECONDS / shown["duration"])}
    session = streaming.play(decide, trace, **settings)
    yardstick = streaming.play(streaming_controllers._bola(shown["capacity"], shown["duration"]), trace, **settings)
    return {
        "utility": float(session.utilities.mean()),
        "waits": float(session.stalls.sum()),
        "changes": float(session.switches),
        "score": session.score(STALL_COST, SWITCH_COST),
        "bola": yardstick.score(STALL_COST, SWITCH_COST),
    }


def near(choose: Callable[[float, int, Film], Any], cases: Iterable[tuple[str, str, int]]) -> str:
    """Watch films on eight lines each, and hold the mean score against BOLA's.

    Parameters
    ----------
    choose : callable
        As `watched` takes it.
    cases : iterable of (str, str, int)
        Kind of the lines, title of the film, and the seed of the first line; the others follow.

    Returns
    -------
    str
        ``"near"``.

    Raises
    ------
    NotYet
        If a mean score is less than 0.9 of BOLA's.

    Examples
    --------
    >>> near(lambda *_: 0, [("changing", "talk", 1)])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    labsupport.exercises.expectations.NotYet: almost: on eight changing lines the talk scores ...
    """
    for kind, title, seed in cases:
        seen = [watched(choose, title, line(kind, title, seed + number)) for number in range(LINES)]
        mean = {name: float(np.mean([each[name] for each in seen])) for name in seen[0]}
        if mean["score"] < NEAR * mean["bola"]:
            raise NotYet(
                f"almost: on eight {kind} lines the {title} scores {mean['score']:.2f} on average, but at least {NEAR * mean['bola']:.2f} it must, "
                f"{NEAR:g} of what BOLA scores; in each film utility {mean['utility']:.2f}, waiting {mean['waits']:.1f} s, "
                f"changes {mean['changes']:.0f}. Look next: {_look(mean)}."
            )
    return "near"


def _look(mean: Mapping[str, float]) -> str:
    """Name what costs most."""
    if mean["waits"] > 10:
        return "which rung is taken when the buffer is nearly empty"
    if mean["changes"] > 30:
        return "how often the rung goes up and down again"
    return "which rung is taken when the buffer is nearly full"
