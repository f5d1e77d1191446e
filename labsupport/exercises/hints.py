"""Hints, opened one at a time. They point at the idea and never give the answer."""

from __future__ import annotations

from labsupport import checks
from labsupport.exercises import (
    anomalies,
    autoscaling,
    balancing,
    batching,
    benchmarking,
    caching,
    complexity,
    dashboards,
    edge,
    event_log,
    failures,
    fairness,
    garbage,
    gathering,
    geospatial,
    hot_node,
    input_output,
    laziness,
    locality,
    percentages,
    queueing,
    replication,
    request_path,
    scaling,
    scheduling,
    serverless,
    sharding,
    storage,
    streaming,
    timelines,
    tools,
    trials,
    whole_system,
)

HINTS = {
    **request_path.HINTS,
    **gathering.HINTS,
    **replication.HINTS,
    **scaling.HINTS,
    **queueing.HINTS,
    **hot_node.HINTS,
    **locality.HINTS,
    **laziness.HINTS,
    **batching.HINTS,
    **complexity.HINTS,
    **benchmarking.HINTS,
    **dashboards.HINTS,
    **event_log.HINTS,
    **tools.HINTS,
    **sharding.HINTS,
    **caching.HINTS,
    **balancing.HINTS,
    **trials.HINTS,
    **garbage.HINTS,
    **scheduling.HINTS,
    **input_output.HINTS,
    **autoscaling.HINTS,
    **fairness.HINTS,
    **storage.HINTS,
    **serverless.HINTS,
    **failures.HINTS,
    **whole_system.HINTS,
    **anomalies.HINTS,
    **edge.HINTS,
    **percentages.HINTS,
    **streaming.HINTS,
    **timelines.HINTS,
    **geospatial.HINTS,
}

_opened: dict[str, int] = {}


def hint(exercise: str) -> None:
    """Open the next hint of an exercise.

    Parameters
    ----------
    exercise : str
        The exercise's short name, as its text gives it.

    Raises
    ------
    TypeError, ValueError
        If there is no such exercise; the message lists those there are.

    Examples
    --------
    >>> hint("lru")  # doctest: +ELLIPSIS
    hint 1 of 3: ...
    """
    exercise = checks.choice("exercise", exercise, HINTS)
    hints = HINTS[exercise]
    number = min(_opened.get(exercise, 0) + 1, len(hints))
    _opened[exercise] = number
    print(f"hint {number} of {len(hints)}: {hints[number - 1]}")  # noqa: T201 - a notebook cell talks by printing
