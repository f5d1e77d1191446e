"""Event logs of one report that Spark made in five ways, recorded on four cores: traces of real tasks, for the model to replay.

`labsupport.systems.event_log` made them, and says how; ``make record`` makes them again.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from labsupport import checks

FOLDER = Path(__file__).parents[1] / "systems" / "recorded"
CORES = 4  # tasks at a time when they were recorded
STAGES = ("orders", "customers", "catalogue", "report")

#: The ways in which the report was made, each with what was different.
RUNS: dict[str, str] = {
    "plain": "as it was",
    "partitions": "32 partitions instead of 8",
    "salted": "large customer in 8 parts",
    "combined": "added up before the shuffle",
    "split": "added up, 8 catalogue files",
}


def events(run: str = "plain") -> list[dict[str, Any]]:
    """Return the event log of a recorded run, as Spark 4 wrote it, less the events and the fields that nobody here needs.

    Parameters
    ----------
    run : str, optional
        One of `RUNS`.

    Returns
    -------
    list of dict
        The ends of tasks and of stages, in their order, as `labsupport.simulators.event_log.read` takes them.

    Raises
    ------
    ValueError
        If there is no such run.

    References
    ----------
    Apache Spark documentation, "Monitoring and Instrumentation".

    Examples
    --------
    >>> sorted({event["Event"] for event in events("plain")})
    ['SparkListenerStageCompleted', 'SparkListenerTaskEnd']
    """
    path = FOLDER / f"event_log_{checks.choice('run', run, RUNS)}.json"
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return found
